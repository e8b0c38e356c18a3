"""The protected panel against the raw one it comes from."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from naveval.disclosure import keys
from naveval.registers.reading import open_registers
from naveval.studies.hedmark import panel as panels
from naveval.studies.hedmark.contracts import TABLES
from naveval.studies.hedmark.panel import FLOW_COUNTS, STOCKS, Panel
from naveval.studies.hedmark.simulate.registers import simulate

SECRET = keys.secret("simulated")
MONTHS = (2014 * 12 + 10, 2011 * 12, 2015 * 12 + 11)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Panel, Panel]:
    folder = tmp_path_factory.mktemp("protection")
    simulate(folder, scale=0.01, seed=5)
    with open_registers(folder, TABLES) as opened:
        raw = panels.build(opened, SECRET)
    return folder, raw, panels.protect(raw, SECRET, MONTHS)


def test_every_count_is_changed_by_at_most_five_and_none_is_one_to_four(
    both: tuple[Path, Panel, Panel],
) -> None:
    _, raw, found = both
    pairs = [
        *((raw.counts[name], found.counts[name]) for name in [*STOCKS, "inflow"]),
        *((raw.flows[name], found.flows[name]) for name in FLOW_COUNTS),
        (raw.levels["stock"], found.levels["stock"]),
    ]
    for before, after in pairs:
        assert before.isna().equals(after.isna())
        known = before.notna()
        change = (after - before)[known]
        assert change.abs().max() <= 5
        assert change.ne(0).any()
        assert (after[known][before[known] == 0] == 0).all()
        assert not set(after[known]) & {1, 2, 3, 4}


def test_no_key_and_no_exact_number_of_persons_is_left(both: tuple[Path, Panel, Panel]) -> None:
    _, raw, found = both
    for frame in (found.counts, found.levels, found.flows, found.spans):
        assert not [name for name in frame.columns if name.endswith("_key")]
    assert found.persons % 10 == 0
    assert abs(found.persons - raw.persons) <= 5
    assert found.protection is not None
    assert raw.protection is None


def test_keys_are_those_of_the_distinct_persons_of_each_cell(
    both: tuple[Path, Panel, Panel],
) -> None:
    folder, raw, _ = both
    rows = pd.read_parquet(folder / "job_seekers")
    month = pd.to_datetime(rows["month"])
    rows["month"] = month.dt.year * 12 + month.dt.month - 1
    rows["group"] = np.where(rows["benefit_right"], "with", "without")
    rows["county"] = rows["county"].astype(str)
    by = ["county", "month", "group"]
    own = raw.counts.set_index(by)
    stock = keys.cell_keys(rows, by, SECRET).set_index(by)["n_key"]
    pd.testing.assert_series_equal(
        own["stock_key"], stock.reindex(own.index).fillna(0), check_names=False, check_dtype=False
    )
    women = keys.cell_keys(rows[rows["sex"] == "kvinne"], by, SECRET).set_index(by)["n_key"]
    levels = raw.levels[raw.levels["level"] == "kvinne"].set_index(by)["stock_key"]
    pd.testing.assert_series_equal(
        levels.sort_index(), women.sort_index(), check_names=False, check_dtype=False
    )


def test_the_same_persons_have_the_same_number_in_stock_and_flows(
    both: tuple[Path, Panel, Panel],
) -> None:
    """104 weeks and more are a cell of the durations; so are all who are of one level alone."""
    _, raw, found = both
    pairs = raw.levels.merge(
        raw.counts, on=["county", "month", "group"], suffixes=("_level", "_whole")
    )
    shown = found.levels.merge(
        found.counts, on=["county", "month", "group"], suffixes=("_level", "_whole")
    )
    alone = (pairs["stock_level"] == pairs["stock_whole"]).to_numpy()
    assert alone.any()
    assert (shown["stock_level"] == shown["stock_whole"])[alone].all()
