"""What the registers of the work indicator must cover, from its windows and horizons.

Base months of the seasonal adjustment need their outcomes, and an outcome the months after it;
the stock needs the hours of its own months; months that are compared must be in the stock.
"""

from naveval.registers.rules.breaches import Rule
from naveval.registers.rules.coverage import Need
from naveval.studies.indicator.contracts import COUNTIES
from naveval.studies.indicator.contracts.limits import T
from naveval.studies.indicator.market import LOOK_BACK
from naveval.studies.indicator.parameters import (
    Parameters,
    ends_of_hours,
    last_of_stock,
    require_inside,
    stock_months,
)


def rules_for(parameters: Parameters) -> tuple[Rule, ...]:
    """The market's months around those of the stock that the parameters choose, in every region."""
    chosen = f"month >= '{parameters.first_month}'"
    chosen += f" AND month <= '{parameters.last_month}'" if parameters.last_month else ""
    regions = f"(SELECT DISTINCT region FROM stock WHERE {chosen})"
    return (
        _every_region(
            "inflow",
            "every region of the stock in every month from its first to the last of hours",
            regions,
            f"(SELECT min(month) FROM stock WHERE {chosen})",
            f"(SELECT max(month) FROM (SELECT month FROM hours UNION ALL "
            f"SELECT month FROM stock WHERE {chosen}))",
        ),
        _every_region(
            "industry",
            f"every region of the stock in every month from {LOOK_BACK} months before its first",
            regions,
            f"(SELECT min(month) FROM stock WHERE {chosen})",
            f"(SELECT max(month) FROM stock WHERE {chosen})",
            LOOK_BACK,
        ),
    )


def _every_region(
    table: str, expected: str, regions: str, first: str, last: str, earlier: int = 0
) -> Rule:
    return Rule(
        table,
        "region, month",
        expected,
        f"""
        WITH span AS (SELECT unnest(generate_series(
            strptime({first} || '-01', '%Y-%m-%d') - INTERVAL {earlier} MONTH,
            strptime({last} || '-01', '%Y-%m-%d'), INTERVAL 1 MONTH)) AS day),
        wanted AS (
            SELECT region, strftime(day, '%Y-%m') AS month FROM span CROSS JOIN {regions}
        )
        SELECT wanted.region || ' ' || wanted.month AS what
        FROM wanted ANTI JOIN {table} USING (region, month)
        """,
    )


def needs(parameters: Parameters) -> tuple[Need, ...]:
    """Months of the stock, by county, and of the hours.

    Raises
    ------
    ParameterError
        When a month to compare lies outside `first_month` to `last_month`.
    """
    require_inside(parameters)
    first, last = stock_months(parameters)
    counted = max(last, *(end for end, _ in ends_of_hours(parameters, last)))
    return (
        Need("stock", "month", T, first, last, place="county", places=tuple(COUNTIES)),
        Need("hours", "month", T, first, counted, until=last_of_stock(parameters)),
        Need("inflow", "month", T, first, counted, until=last_of_stock(parameters)),
        Need("industry", "month", T, first - LOOK_BACK, last),
    )
