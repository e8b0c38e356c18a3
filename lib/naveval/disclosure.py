"""The gate between numbers and the outside: what may leave is a `Released`."""

from dataclasses import dataclass, field

import pandas as pd

from naveval.errors import DisclosureError

LOG_COLUMNS = ["label", "row", "column", "rule", "action", "reason"]


@dataclass(frozen=True)
class Released:
    """A frame that has passed disclosure control.

    Attributes
    ----------
    frame
        Values; suppressed cells are NaN.
    suppressed
        Same shape as `frame`, True where a value was suppressed.
    log
        One row per suppressed cell, and one for the release itself.
    label
        Label of the table or figure it was released for.
    """

    frame: pd.DataFrame
    suppressed: pd.DataFrame
    log: pd.DataFrame
    label: str
    origin: str = field(default="persons")


def require_released(released: object, label: str) -> Released:
    """Return the argument if it is a `Released`, else raise DisclosureError."""
    if not isinstance(released, Released):
        raise DisclosureError(
            f"{label}: expected data that has passed disclosure.release, "
            f"got {type(released).__name__}"
        )
    return released


def public(frame: pd.DataFrame, *, label: str, source: str) -> Released:
    """Release numbers that were computed from published tables only: no persons behind them."""
    log = pd.DataFrame(
        [[label, "", "", "published", "released", f"computed from {source}"]], columns=LOG_COLUMNS
    )
    nothing = pd.DataFrame(False, index=frame.index, columns=frame.columns)
    return Released(frame.copy(), nothing, log, label, "published")
