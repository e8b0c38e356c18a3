"""What a contract says across tables, and what is told when data break it."""

from dataclasses import dataclass


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
        `row_no` and `file_name`; if the query returns these, the first are shown. A text column
        `what` is shown too, for breaches without a row (a missing month): never an id. A text
        column `seen` makes each row of the query a message of its own about the table as a whole;
        the columns `about` and `expected` stand for the rule's where they are returned.
    warning
        Whether it is told and shown in the report, but does not stop a run.
    """

    table: str
    column: str
    expected: str
    sql: str
    warning: bool = False


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
        return f"{self.n_rows} row{'' if self.n_rows == 1 else 's'}{self._first()}"

    def _first(self) -> str:
        if not self.rows:
            return ""
        if {file for file, _ in self.rows} == {self.file}:
            return f" (first: {', '.join(str(row) for _, row in self.rows)})"
        return f" (first: {', '.join(f'{row} in {file}' for file, row in self.rows)})"


def mean_between(
    table: str,
    column: str,
    low: float,
    high: float,
    unit: str,
    *,
    of: str = "",
    where: str = "",
    table_sql: str = "",
) -> Rule:
    """The mean of a column lies between two limits far apart.

    Parameters
    ----------
    unit
        What the values should be, in words: "kroner a month".
    of
        SQL of the value; "" is the column itself.
    where
        Condition on the rows that count.
    table_sql
        SQL of the rows, when other than the table.

    Example
    -------
    >>> mean_between("jobs", "hours", 10, 60, "hours a week").expected
    'hours a week (a mean from 10 to 60)'
    """
    rows = f"({table_sql})" if table_sql else table
    condition = f" WHERE {where}" if where else ""
    return Rule(
        table,
        column,
        f"{unit} (a mean from {low:g} to {high:g})",
        f"SELECT printf('a mean of %.3g', mean) AS seen "
        f"FROM (SELECT avg({of or column})::DOUBLE AS mean FROM {rows}{condition}) "
        f"WHERE mean NOT BETWEEN {low} AND {high}",
    )


def share_between(
    table: str,
    column: str,
    condition: str,
    low: float,
    high: float,
    words: str,
    table_sql: str = "",
) -> Rule:
    """The share of rows that a condition holds for lies between two limits far apart.

    Example
    -------
    >>> share_between("jobs", "hours", "hours > 37.5", 0, 0.5, "full time or more").expected
    'full time or more in 0 to 50 per cent of the rows'
    """
    rows = f"({table_sql})" if table_sql else table
    return Rule(
        table,
        column,
        f"{words} in {100 * low:g} to {100 * high:g} per cent of the rows",
        f"""
        SELECT printf('%.1f per cent', 100 * share) AS seen FROM (
            SELECT count_if({condition}) / count(*) AS share, count(*) AS n FROM {rows}
        ) WHERE n >= {LEAST_ROWS} AND share NOT BETWEEN {low} AND {high}
        """,
    )


LEAST_PERSONS = 20
LEAST_ROWS = 1000
LEAST_SHARED = 0.01


def same_persons(table: str, other: str, *, period: str = "month") -> Rule:
    """In each period of a table, persons with ids of the other table's kind.

    Two deliveries made with different keys share no ids, or a few by chance. The table has one
    row per person and period.

    Example
    -------
    >>> same_persons("hours", "stock").expected
    'persons of stock in every month (1 per cent or more of the fewer); ids made with another key?'
    """
    return Rule(
        table,
        "person",
        f"persons of {other} in every {period} ({100 * LEAST_SHARED:g} per cent or more of the "
        "fewer); ids made with another key?",
        f"""
        WITH others AS (SELECT DISTINCT person FROM {other}),
        found AS (
            SELECT {period}, count(*) AS n, count(others.person) AS shared
            FROM {table} LEFT JOIN others USING (person) GROUP BY {period}
        )
        SELECT CAST({period} AS VARCHAR) AS what FROM found
        WHERE n >= {LEAST_PERSONS}
            AND shared < {LEAST_SHARED} * least(n, (SELECT count(*) FROM others))
        """,
    )


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
