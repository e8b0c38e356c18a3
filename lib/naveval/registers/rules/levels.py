"""What tells that numbers of a table are not what it says: their size, places and totals.

Each function makes one rule of one query; see `breaches.Rule` for what its columns mean.
"""

from dataclasses import dataclass

from naveval.registers.connections import quote
from naveval.registers.rules.breaches import Rule
from naveval.registers.rules.signs import (
    DEVIATIONS,
    LEAST_PAIRS,
    LEAST_PERSONS,
    MONTH,
    SURE,
    UNLIKELY,
    most_alike,
    some,
)
from naveval.registers.views import PERSON, part_of, sampled

LEAST_ROWS, LEAST_ORDERED = 200, 1000
MOVED, EXCHANGED = 1.2, 1.015  # times the period before, beside the other places
MOST_APART = 2.5  # times what the median place has
OPPOSITE = 0.05  # of a share; persons have several rows


@dataclass(frozen=True)
class Limit:
    """A mean of a column between two limits far apart; or a share of rows.

    Attributes
    ----------
    words
        What the values should be: "kroner a month"; or what the rows of a share are.
    of
        SQL of the value; "" is the column itself. True or false makes a share.
    where
        SQL of the rows that count.
    usual
        Two limits of a mean inside those; a mean beyond them is a warning.
    """

    column: str
    low: float
    high: float
    words: str
    of: str = ""
    where: str = "true"
    share: bool = False
    usual: tuple[float, float] | None = None

    def expected(self) -> str:
        """What should hold, in words.

        >>> Limit("hours", 10, 60, "hours a week", usual=(20, 45)).expected()
        'hours a week (a mean from 10 to 60, usually from 20 to 45)'
        """
        if not self.share:
            usual = ", usually from {:g} to {:g}".format(*self.usual) if self.usual else ""
            return f"{self.words} (a mean from {self.low:g} to {self.high:g}{usual})"
        shares = f"{100 * self.low:g} to {100 * self.high:g}"
        return f"{self.words} in {shares} per cent of the rows"

    def odd(self, mean: str, n: str) -> str:
        """SQL of whether the mean lies outside, and a share by more than chance of so few rows.

        >>> Limit("hours", 0, 0.5, "", share=True).odd("x", "n")
        '(x < 0 - 4 * sqrt(0 / n) OR x > 0.5 + 4 * sqrt(0.25 / n)) AND n >= 200'
        """

        def chance(end: float) -> str:
            return f"{SURE} * sqrt({end * (1 - end):g} / {n})" if self.share else "0"

        low = f"{mean} < {self.low:g} - {chance(self.low)}"
        high = f"{mean} > {self.high:g} + {chance(self.high)}"
        return f"({low} OR {high}) AND {n} >= {LEAST_ROWS if self.share else 1}"

    def told(self, mean: str, n: str) -> str:
        """SQL of whether the mean is told: it is odd, or unusual.

        >>> Limit("hours", 10, 60, "", usual=(20, 45)).told("x", "n")
        '((x < 10 - 0 OR x > 60 + 0) AND n >= 1 OR x NOT BETWEEN 20 AND 45)'
        """
        unusual = (
            f"{mean} NOT BETWEEN {self.usual[0]:g} AND {self.usual[1]:g}" if self.usual else ""
        )
        return f"({' OR '.join(filter(None, (self.odd(mean, n), unusual)))})"


def plausible(table: str, *limits: Limit, rows: str = "", sample: str = "") -> Rule:
    """Means and shares of a table's rows, each between its limits, in one pass.

    Parameters
    ----------
    rows
        SQL of the rows, when other than the table.
    sample
        Column of which some values are enough to judge by in a large table; "" reads all rows.
    """
    relation = f"({rows})" if rows else table
    some_rows = f" WHERE {sampled(table, sample)}" if sample else ""
    judged = part_of(table) if sample == PERSON and not rows else f"{relation}{some_rows}"
    found = ", ".join(
        f"{{'about': {quote(limit.column)}, 'expected': {quote(limit.expected())}, "
        f"'seen': printf({quote('%.1f per cent' if limit.share else 'a mean of %.3g')}, "
        f"{100 if limit.share else 1} * mean_{i}), 'told': {limit.told(f'mean_{i}', f'n_{i}')}, "
        f"'warning': NOT ({limit.odd(f'mean_{i}', f'n_{i}')})}}"
        for i, limit in enumerate(limits)
    )
    means = ", ".join(
        f"avg(({limit.of or limit.column})::DOUBLE) FILTER ({limit.where}) AS mean_{i}, "
        f"count({limit.of or limit.column}) FILTER ({limit.where}) AS n_{i}"
        for i, limit in enumerate(limits)
    )
    shares = ", ".join(f"count_if({limit.where})" for limit in limits if limit.share)
    return Rule(
        table,
        ", ".join(dict.fromkeys(limit.column for limit in limits)),
        "means and shares within limits far apart",
        f"""
        SELECT about, expected, seen, warning FROM (
            SELECT unnest([{found}], recursive := true)
            FROM (SELECT {means} FROM {judged})
        ) WHERE told
        """,
        basis=f"SELECT least({shares}) FROM {relation}" if shares else "",
        least=LEAST_ROWS,
    )


def steady(
    table: str,
    place: str,
    period: str,
    value: str,
    *,
    label: str = MONTH,
    warning: bool = False,
    moved: float = MOVED,
) -> Rule:
    """A number of each place, such as its labour force, from one period to the next.

    It moves about as in the other places: no place falls or rises by a sixth or more beside them,
    nor do all together; no two places that move apart end where the other was; and no period
    is a copy of the one before.

    Parameters
    ----------
    period
        SQL for the number of a row's period; consecutive periods have consecutive numbers.
    value
        Column that is summed within place and period.
    label
        SQL of the text of the period `t`.
    moved
        Times the period before that is too much; places that are exchanged are then not looked for.
    """
    told = f"place || ' ' || {label} || printf(' (%.2f)', level / was)"
    small = EXCHANGED if moved == MOVED else moved
    most, least = (f"greatest(ln({times}), usual)" for times in (moved, small))
    return Rule(
        table,
        value,
        "about as much in each place as in the period before",
        f"""
        WITH levels AS (
            SELECT {place} AS place, {period} AS t, sum({value})::DOUBLE AS level FROM {table}
            GROUP BY ALL HAVING level > 0
        ),
        steps AS (
            SELECT *, lag(level) OVER earlier AS was, ln(level / was) AS step FROM levels
            WINDOW earlier AS (PARTITION BY place ORDER BY t) QUALIFY lag(t) OVER earlier = t - 1
        ),
        country AS (SELECT t, median(step) AS whole FROM steps GROUP BY t),
        still AS (SELECT t, count(*) AS n, count_if(step = 0) AS same FROM steps GROUP BY t),
        own AS (SELECT *, step - whole AS alone FROM steps JOIN country USING (t)),
        calm AS (
            SELECT *, {DEVIATIONS} * 1.4826 * mad(alone) OVER (PARTITION BY place) AS usual FROM own
        ),
        moved AS (
            SELECT *, abs(alone) > {most} OR abs(whole) > ln({moved}) AS far
            FROM calm WHERE far OR abs(alone) > {least}
        )
        SELECT {quote(value)} AS about, 'about as much in each place as in the period before, '
            || 'or as much more or less as elsewhere; places exchanged, or another unit?'
            AS expected,
            'times the period before in ' || {some(told, "t, place")} AS seen,
            {some(f"place || ' ' || {label}", "t, place")} AS places
        FROM moved WHERE far OR EXISTS (
            SELECT 1 FROM moved AS other
            WHERE other.t = moved.t AND other.alone * moved.alone < 0
                AND abs(ln(moved.level / other.was) - moved.whole) < abs(moved.alone) / 4
                AND abs(ln(other.level / moved.was) - moved.whole) < abs(moved.alone) / 4
        )
        HAVING count(*) > 0
        UNION ALL
        SELECT {quote(value)}, 'numbers that are not all as in the period before; a period '
            || 'delivered for another?', 'all the same in ' || {some(label)}, {some(label)}
        FROM still, ({most_alike("still")})
        WHERE same = n AND n * -ln(usual) > {UNLIKELY}
        HAVING count(*) > 0
        """,
        warning,
    )


def proportional(
    table: str,
    column: str,
    part: str,
    whole: str,
    low: float,
    high: float,
    words: str,
    *,
    usual: float = 0.0,
) -> Rule:
    """What each place has of a whole: neither far from possible nor from the other places.

    Parameters
    ----------
    part, whole
        SQL of rows with place, period `t` and number `n`.
    low, high
        Least and most of the whole; no place has `MOST_APART` times more or less than the median.
    usual
        Less than this in the median place is a warning.

    Example
    -------
    >>> rows = "SELECT county AS place, year AS t, n FROM"
    >>> proportional("b", "n", f"{rows} a", f"{rows} b", 0, 1, "persons").expected
    'persons'
    """
    told = "place || printf(' (%.3g)', share)"
    return Rule(
        table,
        column,
        words,
        f"""
        WITH shares AS (
            SELECT place, sum(part.n) AS parts, parts / sum(whole.n) AS share
            FROM ({part}) AS part JOIN ({whole}) AS whole USING (place, t)
            GROUP BY place HAVING parts >= {LEAST_PERSONS}
        ),
        usual AS (SELECT median(share) AS level FROM shares),
        judged AS (
            SELECT *, share NOT BETWEEN {low} AND {high}
                OR share NOT BETWEEN level / {MOST_APART} AND level * {MOST_APART} AS wrong
            FROM shares, usual
        )
        SELECT 'shares in ' || {some(told, "wrong DESC, place")}
            || printf('; %.3g in the median place', any_value(level)) AS seen,
            NOT bool_or(wrong) AS warning
        FROM judged WHERE wrong OR level < {usual}
        HAVING count(*) > 0
        """,
    )


def no_total(table: str, code: str, value: str, *by: str) -> Rule:
    """No code of a table of numbers is the sum of the others.

    Parameters
    ----------
    by
        Columns within which the codes add up: region and month.
    """
    groups = ", ".join(by)
    return Rule(
        table,
        code,
        "codes that are parts",
        f"""
        WITH wholes AS (
            SELECT {groups}, sum({value}) AS whole FROM {table}
            GROUP BY {groups} HAVING count(*) > 2
        )
        SELECT {quote(code)} AS about, 'codes of which none is the total of the others' AS expected,
            {code} || ' is half of the sum of {value} in ' || count(*)
            || ' rows; a mapping leaves totals out by without: {{{code}: [' || {code} || ']}}'
            AS seen
        FROM {table} JOIN wholes USING ({groups}) WHERE whole > 0
        GROUP BY {code}
        HAVING count(*) >= {LEAST_PAIRS}
            AND count_if(abs(2 * {value} - whole) <= 0.005 * whole) > 0.9 * count(*)
        """,
    )


def ordered(
    table: str,
    column: str,
    value: str,
    more: str,
    less: str,
    words: str,
    *,
    period: str,
    times: float = 1.0,
    apart: float = 0.0,
    least: int = LEAST_ORDERED,
    rows: str = "",
    sample: str = "",
    warning: bool = False,
    place: str = "",
) -> Rule:
    """Rows of which some have more of a value than others; told with the periods of the opposite.

    Parameters
    ----------
    value
        SQL of a number, or of true and false.
    more, less
        SQL of who has more and less of it.
    period
        SQL of the number of a row's month.
    times, apart
        A breach where the mean of `more` is less than the other times this, by more than this.
    least
        Rows that both have.
    rows
        SQL of the rows, when other than the table.
    sample
        Column of which some values are enough to judge by in a large table; "" reads all rows.
    place
        Column of places, of which one with the opposite is a warning, when the value is a share.
    """
    relation = f"({rows})" if rows else part_of(table) if sample == PERSON else table
    some_rows = sampled(table, sample) if sample else "true"
    sums = ", ".join(
        f"sum(({value})::DOUBLE) FILTER ({who}) AS {of}, count({value}) FILTER ({who}) AS n_{of}"
        for of, who in (("high", more), ("low", less))
    )
    return Rule(
        table,
        column,
        words,
        f"""
        WITH months AS (
            SELECT {period} AS t, {sums} FROM {relation} WHERE {some_rows} GROUP BY t
        ),
        whole AS (
            SELECT sum(high) / sum(n_high) AS high, sum(low) / sum(n_low) AS low,
                least(sum(n_high), sum(n_low)) AS fewer FROM months
        )
        SELECT printf('%.2f, against %.2f; the opposite in ', any_value(whole.high),
            any_value(whole.low)) || {some(MONTH)} AS seen, {warning} AS warning
        FROM whole, months
        WHERE fewer >= {least} AND whole.high < {times} * whole.low - {apart}
            AND months.high / n_high < months.low / n_low
        HAVING count(*) > 0
        {_opposite(place, sums, f"FROM {relation} WHERE {some_rows}") if place else ""}
        """,
        warning,
        basis=f"SELECT least(count_if({more}), count_if({less})) FROM {relation}",
        least=least,
    )


def _opposite(place: str, sums: str, rows: str) -> str:
    """SQL of the places where those who should have more have less, and not by chance."""
    told = "place || printf(' (%.2f, against %.2f)', high / n_high, low / n_low)"
    return f"""
        UNION ALL
        SELECT 'the opposite in ' || {some(told, "place")}, true FROM (
            SELECT {place} AS place, {sums} {rows} GROUP BY 1
        )
        WHERE least(n_high, n_low) >= {LEAST_ROWS}
            AND low / n_low - high / n_high
                > {OPPOSITE} + {SURE} * sqrt(0.25 / least(n_high, n_low))
        HAVING count(*) > 0
    """
