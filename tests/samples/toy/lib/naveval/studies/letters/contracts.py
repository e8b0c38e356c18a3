"""Contract of the study's one register table."""

import pandera.pandas as pa

from naveval.project import places

LETTERS = pa.DataFrameSchema(
    {
        "person": pa.Column("int64", pa.Check.ge(0), unique=True),
        "county": pa.Column(str, pa.Check.isin(list(places.codes(places.CURRENT_YEAR)))),
        "letter": pa.Column(bool),
        "work": pa.Column(bool),
    },
    description="A row is a person who was drawn to get a letter, or not to.",
)
TABLES = {"letters": LETTERS}
