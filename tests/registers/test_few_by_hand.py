"""Few rows that are too much together are a warning: they say nothing of the extract."""

import pandas as pd
import pandera.pandas as pa
import pytest

from naveval.registers.rules.breaches import ODD, Rule
from naveval.registers.tables import check_tables

ROWS = 4000
SCHEMA = pa.DataFrameSchema({"person": pa.Column("int64"), "wage": pa.Column("int64")})
SQL = "SELECT file_name, row_no FROM numbered.b WHERE wage < 100"
WORDS = "b.parquet, column wage: {n} rows (first: 1, 2, 3, 4{fifth}): expected a wage"


@pytest.mark.parametrize(
    ("few", "n", "warned"), [(True, 4, True), (True, 5, False), (False, 4, False)]
)
def test_a_thousandth_of_the_rows_is_told_and_stops_nothing(tmp_path, few, n, warned) -> None:
    frame = pd.DataFrame({"person": range(ROWS), "wage": 30_000})
    frame.loc[: n - 1, "wage"] = 99
    frame.to_parquet(tmp_path / "b.parquet", index=False)
    (found,) = check_tables({"b": SCHEMA}, tmp_path, (Rule("b", "wage", "a wage", SQL, few=few),))
    assert found.warning == warned
    assert str(found) == WORDS.format(n=n, fifth=", 5" * (n > 4)) + ODD * warned
