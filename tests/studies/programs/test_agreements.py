"""Relations that the programme study's tables are compared by."""

import duckdb

from naveval.studies.programs.agreements import IN_PROGRAM


def test_months_of_stays_without_an_end_are_those_of_the_period() -> None:
    """A stay to December 9999 would be 96 000 rows, and a check take minutes."""
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE program_spells (person BIGINT, from_month BIGINT, to_month BIGINT); "
            "INSERT INTO program_spells VALUES (1, 101, 200902), (2, 202211, 999912), "
            "(3, 202001, 202001)"
        )
        found = connection.execute(f"SELECT person, count(*) FROM ({IN_PROGRAM}) GROUP BY 1")
        assert sorted(found.fetchall()) == [(1, 2), (2, 2), (3, 1)]
