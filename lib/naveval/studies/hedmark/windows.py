"""Months of the study: which are before, after and left out, for each outcome.

A month is a whole number, year × 12 + month − 1, so that differences are months. The month in
which the practice starts is always left out. Source: the document, tables 1 to 5.
"""

from dataclasses import dataclass
from typing import Literal

from naveval.project.errors import ParameterError
from naveval.project.months import month_text, require_month

Outcome = Literal["stock", "inflow", "26-51", "52-77", "78-103", "104+"]
Season = Literal["unadjusted", "matched"]
OUTCOMES: tuple[Outcome, ...] = ("stock", "inflow", "26-51", "52-77", "78-103", "104+")
DURATIONS: tuple[Outcome, ...] = OUTCOMES[2:]
# Months after the start until the first newcomers under the new practice can be in the group.
FREE_OF_INFLOW = {"26-51": 5, "52-77": 11, "78-103": 17, "104+": 23}
MATCHED_YEARS = 4
LAGGED = 12  # months back that lagged composition looks
NEWCOMER = 2  # months back without registration that make a newcomer
RIGHT_SOON = 3  # months in which a newcomer's right to benefit may come
PLACEBO_MONTHS = 20  # from the document's March 2013 to its November 2014
LAST_MATCHED = 11


@dataclass(frozen=True)
class Window:
    """Month numbers before and after the start, in order."""

    before: tuple[int, ...]
    after: tuple[int, ...]

    @property
    def months(self) -> tuple[int, ...]:
        return self.before + self.after


def number(month: str) -> int:
    """Month number of "2014-11"."""
    return require_month(month)


def text(month: int) -> str:
    """Text such as 2014-11 of a month number."""
    return month_text(month)


def require_outcome(outcome: str) -> Outcome:
    """The outcome if it is one; ParameterError listing them otherwise."""
    for known in OUTCOMES:
        if known == outcome:
            return known
    raise ParameterError(f"unknown outcome «{outcome}»; allowed: {', '.join(OUTCOMES)}")


def last_free(outcome: str, start: int, last: int) -> int:
    """Last month in which a changed inflow cannot have reached the outcome.

    Somebody who registers in the start month has been registered 26 weeks six months later, so
    26–51 weeks can be followed for five months, 52–77 for eleven. The longer groups could be
    followed further; the document stops at the same month for the sake of the seasons.
    """
    if outcome not in FREE_OF_INFLOW:
        return last
    return min(last, start + min(FREE_OF_INFLOW[outcome], LAST_MATCHED))


def window(outcome: Outcome, season: Season, start: int, first: int, last: int) -> Window:
    """Windows of tables 1 to 4.

    Parameters
    ----------
    outcome, season
        `unadjusted` compares all months; `matched` the same months of the year, four years.
        Duration groups are only compared matched.
    start, first, last
        Month numbers of the start and of the analysis window.
    """
    require_outcome(outcome)
    if season == "unadjusted":
        return Window(tuple(range(first, start)), tuple(range(start + 1, last + 1)))
    if season != "matched":
        raise ParameterError(f"unknown season «{season}»; allowed: unadjusted, matched")
    opening = start + (1 if outcome == "stock" else 2)
    closing = min(last_free(outcome, start, last), start + LAST_MATCHED)
    after = range(opening, closing + 1)
    years = [k for k in range(MATCHED_YEARS, 0, -1) if start + 2 - 12 * k >= first]
    before = tuple(month - 12 * k for k in years for month in after)
    if not before or not after:
        raise ParameterError(
            f"start {text(start)}: no month of the year both before and after within "
            f"{text(first)} to {text(last)} for {outcome}"
        )
    return Window(before, tuple(after))


def regression_window(outcome: Outcome, start: int, first: int, last: int) -> Window:
    """Months of the regression: all of the window, durations as long as they are free."""
    return Window(
        tuple(range(first, start)),
        tuple(range(start + 1, last_free(require_outcome(outcome), start, last) + 1)),
    )


def placebo_window(start: int, first: int, placebo: int) -> Window:
    """Months before the start only, with a hypothetical start at `placebo` (included after)."""
    return Window(tuple(range(first, placebo)), tuple(range(placebo, start)))


def first_read(start: int, first: int, last: int) -> int:
    """First month that any comparison of a window reads, lagged composition included.

    >>> text(first_read(number("2014-11"), number("2011-01"), number("2015-12")))
    '2009-12'
    """
    matched = [window(outcome, "matched", start, first, last).before[0] for outcome in OUTCOMES]
    return min(first - NEWCOMER, min(matched) - LAGGED, first - LAGGED)
