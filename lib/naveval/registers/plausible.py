"""Rules on typical values, so that a wrong unit (thousands, days, hours a week) is a breach."""

from naveval.registers.breaches import Rule


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
        f"SELECT mean FROM (SELECT avg({of or column}) AS mean FROM {rows}{condition}) "
        f"WHERE mean IS NOT NULL AND mean NOT BETWEEN {low} AND {high}",
    )
