"""What may leave: a frame that has passed disclosure control, as a type that views insist on."""

from dataclasses import dataclass, field, replace

import pandas as pd

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
        What was decided, in one line.
    label
        Label of the table or figure it was released for.
    origin
        "persons" or "published".
    marks
        Same shape as `frame`, or empty for none: "few" where a protected count is 0, shown as
        «0–5»; "noisy" where a number rests on fewer than ten protected persons.
    """

    frame: pd.DataFrame
    suppressed: pd.DataFrame
    log: pd.DataFrame
    label: str
    origin: str = field(default="persons")
    marks: pd.DataFrame = field(default_factory=pd.DataFrame)


def public(frame: pd.DataFrame, *, label: str, source: str, registers: bool = False) -> Released:
    """Release numbers that no persons stand behind.

    They were computed from published tables only, unless `registers`: the notice on simulated
    registers then applies to them.
    """
    if not source:
        raise DisclosureError(f"{label}: expected the published source of the numbers")
    log = pd.DataFrame(
        [[label, "", "", "published", "released", f"computed from {source}"]], columns=LOG_COLUMNS
    )
    nothing = pd.DataFrame(False, index=frame.index, columns=frame.columns)
    origin = "persons" if registers else "published"
    return Released(frame.copy(), nothing, log, label, origin)


def derived(frame: pd.DataFrame, *, label: str, source: str) -> Released:
    """Release numbers computed from estimates that have been released already.

    They rest on persons, so the notice on simulated registers applies to them.
    """
    found = public(frame, label=label, source=source)
    return replace(found, origin="persons", log=found.log.assign(rule="derived"))
