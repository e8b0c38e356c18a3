"""What may leave: a frame that has passed disclosure control, as a type that views insist on."""

from dataclasses import dataclass, field

import pandas as pd

from naveval.disclosure.tables import Structure
from naveval.project.errors import DisclosureError

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
        What was decided: one line, and from the old gate one per suppressed cell too.
    label
        Label of the table or figure it was released for.
    origin
        "persons" or "published".
    structure
        How the counts hang together, for `recoverable`.
    marks
        Same shape as `frame`, or empty for none: "few" where a protected count is 0, shown as
        «0–5»; "noisy" where a number rests on fewer than ten protected persons.
    """

    frame: pd.DataFrame
    suppressed: pd.DataFrame
    log: pd.DataFrame
    label: str
    origin: str = field(default="persons")
    structure: Structure = field(default_factory=Structure)
    marks: pd.DataFrame = field(default_factory=pd.DataFrame)


def require_released(released: object, label: str) -> Released:
    """Return the argument if it is a `Released`, else raise DisclosureError."""
    if not isinstance(released, Released):
        raise DisclosureError(
            f"{label}: expected data that has passed disclosure.release, "
            f"got {type(released).__name__}"
        )
    return released
