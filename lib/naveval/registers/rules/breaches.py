"""What a contract says across tables, and what is told when data break it."""

from dataclasses import dataclass
from typing import Any

from naveval.project.errors import how_many
from naveval.registers.connections import identifier

MOST_REPEATED = 0.05
MOST_OF_MONTH, LEAST_OF_MONTH = 0.25, 30  # of a month's rows; rows
MOST_ODD = 0.001  # of a table's rows: so many of a register are seldom true
ODD = "; so few are used as they are"
LEAST_KINDS, MOST_EVEN = 100, 0.95  # of the kinds of rows
FIRST_FILE, FIRST_ROW = "first_file", "first_row"  # of the row that one repeats


@dataclass(frozen=True)
class Rule:
    """A rule across rows or tables.

    Attributes
    ----------
    table, column
        What to name in the message.
    expected
        What should hold, in words.
    sql
        Query with one row per breach. The tables are `numbered.<table>`, with the columns
        `row_no` and `file_name`; if the query returns these, the first are shown, with the rows
        that they repeat where it returns `first_row` and `first_file` too. A text column
        `what` is shown too, for breaches without a row (a missing month): never an id. A text
        column `seen` makes each row of the query a message of its own about the table as a whole;
        the columns `about`, `expected` and `warning` stand for the rule's where they are
        returned, and `places` is what the report names of a warning.
    warning
        Whether it is told and shown in the report, but does not stop a run.
    few
        Whether rows up to `MOST_ODD` of the table's are a warning: values that are possible one by
        one and too much together, as some have in a register of millions.
    basis, least
        SQL of the number of rows, persons or rows a period that it judges by, and how many it
        takes: of fewer the reading report says that they are not judged.
    """

    table: str
    column: str
    expected: str
    sql: str
    warning: bool = False
    few: bool = False
    basis: str = ""
    least: int = 0


@dataclass(frozen=True)
class Breach:
    """One breach: where, how many rows, the first rows (file and number), what was expected.

    `n_rows` is 0 when the breach is about the whole file or column. A warning stops nothing;
    the report names `where` it is about (places and periods).
    """

    table: str
    file: str
    column: str
    n_rows: int
    rows: tuple[tuple[str, int], ...]
    expected: str
    warning: bool = False
    where: str = ""

    def __str__(self) -> str:
        where = self.file + (f", column {self.column}" if self.column else "")
        if not self.n_rows:
            return f"{where}: {self.expected}"
        return f"{where}: {self.counted()}: expected {self.expected}"

    def counted(self) -> str:
        """Number of rows and the first of them."""
        return how_many(self.n_rows, "row") + self._first()

    def _first(self) -> str:
        if not self.rows:
            return ""
        if {file for file, _ in self.rows} == {self.file}:
            return f" (first: {', '.join(str(row) for _, row in self.rows)})"
        return f" (first: {', '.join(f'{row} in {file}' for file, row in self.rows)})"


def known_persons(table: str, other: str = "persons") -> Rule:
    """Everybody in a table is in another: who is not would be left out in silence.

    Example
    -------
    >>> known_persons("dialogues").expected
    'a person who is in persons'
    """
    return Rule(
        table,
        "person",
        f"a person who is in {other}",
        f"""
        SELECT file_name, row_no FROM numbered.{table}
        WHERE person IN (
            SELECT DISTINCT person FROM {table} WHERE person IS NOT NULL
            EXCEPT SELECT person FROM {other}
        )
        """,
    )


def one_per_person(table: str, column: str, expected: str, *, of: str = "", apart: int = 0) -> Rule:
    """A characteristic of a person that no two rows may differ in by more than `apart`.

    Parameters
    ----------
    of
        SQL of the characteristic; "" is the column itself.
    """
    return Rule(
        table,
        column,
        expected,
        f"""
        WITH wanted AS (
            SELECT person, min({of or column}) AS low FROM {table}
            GROUP BY person HAVING max({of or column}) - low > {apart}
        )
        SELECT file_name, row_no FROM numbered.{table} JOIN wanted USING (person)
        WHERE {of or column} - low > {apart}
        """,
    )


def repeated(table: str, schema: Any, *, where: str = "true", day: str = "") -> Rule:
    """A table without a key: some rows may be alike in all columns, a table delivered twice not.

    Nor may a month that was delivered twice.

    Parameters
    ----------
    where
        SQL of the rows that count: those of which two alike change numbers.
    day
        Column of days, of whose months each is looked at; "" looks at the whole table alone.

    Example
    -------
    >>> import pandera.pandas as pa
    >>> repeated("spells", pa.DataFrameSchema({"person": pa.Column(int)})).column
    'person'
    """
    names = list(schema.columns)
    listed = ", ".join(identifier(name) for name in names)
    month = f"date_trunc('month', {day})" if day else "NULL"
    of_month = f", and of a month's {100 * MOST_OF_MONTH:g}" if day else ""
    return Rule(
        table,
        ", ".join(names),
        f"rows of which at most {100 * MOST_REPEATED:g} per cent are the same as an earlier row in "
        f"all columns{of_month}; delivered twice?",
        f"""
        WITH again AS (
            SELECT file_name, row_no, first(file_name) OVER same AS {FIRST_FILE},
                first(row_no) OVER same AS {FIRST_ROW}, {month} AS month
            FROM numbered.{table} WHERE {where}
            WINDOW same AS (PARTITION BY {listed} ORDER BY file_name, row_no)
            QUALIFY row_number() OVER same > 1
        )
        SELECT * EXCLUDE (month) FROM again
        WHERE (SELECT count(*) FROM again) > {MOST_REPEATED} * (SELECT count(*) FROM {table})
            OR month IN (
                SELECT month FROM (SELECT month, count(*) AS twice FROM again GROUP BY month)
                    JOIN (SELECT {month} AS month, count(*) AS n FROM {table} GROUP BY 1)
                    USING (month)
                WHERE twice >= {LEAST_OF_MONTH} AND twice > {MOST_OF_MONTH} * n
            )
        """,
    )


def doubled(table: str, schema: Any, period: str = "") -> Rule:
    """Persons who are there twice, with two ids: of every kind of row there is an even number.

    Where persons are told apart by their ids alone, nothing else shows it, and standard errors are
    too small.

    Parameters
    ----------
    period
        Column of the period, of which the last is looked at; "" looks at all rows.

    Example
    -------
    >>> import pandera.pandas as pa
    >>> doubled("wages", pa.DataFrameSchema({"person": pa.Column(int)})).column
    'person'
    """
    listed = ", ".join(identifier(name) for name in schema.columns if name != "person")
    last = f"WHERE {period} = (SELECT max({period}) FROM {table})" if period else ""
    return Rule(
        table,
        "person",
        "rows that are not all there twice but for the id; persons delivered with two ids?",
        f"""
        SELECT printf('an even number of %.0f per cent of the kinds of rows', 100 * share) AS seen
        FROM (
            SELECT count(*) AS kinds, avg((n % 2 = 0)::INTEGER) AS share FROM (
                SELECT count(*) AS n FROM {table} {last} GROUP BY {listed}
            )
        ) WHERE kinds >= {LEAST_KINDS} AND share > {MOST_EVEN}
        """,
    )
