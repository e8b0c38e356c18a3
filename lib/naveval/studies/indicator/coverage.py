"""What the registers of the work indicator must cover, from its windows and horizons.

Base months of the seasonal adjustment need their outcomes, and an outcome the months after it;
the stock needs the hours of its own months; months that are compared must be in the stock.
"""

from collections.abc import Iterable

from naveval.project.errors import ParameterError
from naveval.project.months import month_number, month_text, text_sql
from naveval.registers.coverage import Need
from naveval.studies.indicator.characteristics import HORIZON
from naveval.studies.indicator.contracts import COUNTIES, LOOK_BACK
from naveval.studies.indicator.parameters import Parameters


def needs(parameters: Parameters) -> tuple[Need, ...]:
    """Months of the stock, by county, and of the hours.

    Raises
    ------
    ParameterError
        When a month to compare lies outside `first_month` to `last_month`.
    """
    _require_inside(parameters)
    first, last = stock_months(parameters)
    month = text_sql("month")
    counted = max(last, *(end for end, _ in _ends(parameters, last)))
    return (
        Need("stock", "month", month, first, last, place="county", places=tuple(COUNTIES)),
        Need("hours", "month", month, first, counted, until=_last_of_stock(parameters)),
        Need("inflow", "month", month, first, counted, until=_last_of_stock(parameters)),
        Need("industry", "month", month, first - LOOK_BACK, last),
    )


def stock_months(parameters: Parameters) -> tuple[int, int]:
    """First and last month of the stock that the parameters ask for."""
    windows = [month_number(m) for window in _windows(parameters) for m in window]
    windows += [month_number(parameters.compare_from), month_number(parameters.compare_to)]
    first = month_number(parameters.first_month) if parameters.first_month else min(windows)
    last = month_number(parameters.last_month) if parameters.last_month else max(windows)
    return first, last


def _windows(parameters: Parameters) -> Iterable[tuple[str, str]]:
    return (*parameters.base3, *parameters.base12)


def _ends(parameters: Parameters, last: int) -> Iterable[tuple[int, str]]:
    """Last month of hours that each outcome's base windows need."""
    for outcome, windows in (("atid3", parameters.base3), ("atid12", parameters.base12)):
        for _, end in windows:
            yield min(month_number(end), last) + HORIZON[outcome], outcome


def _last_of_stock(parameters: Parameters) -> str:
    where = f"WHERE month <= '{parameters.last_month}'" if parameters.last_month else ""
    return f"SELECT max({text_sql('month')}) FROM stock {where}"


def _require_inside(parameters: Parameters) -> None:
    first, last = stock_months(parameters)
    for name in ("compare_from", "compare_to"):
        month = getattr(parameters, name)
        if not first <= month_number(month) <= last:
            raise ParameterError(
                f"{name}: {month}: expected a month from {month_text(first)} to {month_text(last)}"
            )
