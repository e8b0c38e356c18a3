"""The four models of the work indicator, and the alternatives of the document's appendix B.

atid by least squares, jobb by probit, all months together. A specification says what differs
from the main model.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from naveval.estimators.categorical import design as categorical
from naveval.estimators.categorical import ols, probit
from naveval.estimators.categorical.design import Codes, Design, Fit, Rows
from naveval.project.errors import EstimationError
from naveval.studies.indicator.characteristics import HORIZON, STATUS, variables
from naveval.studies.indicator.panel import Chunk, Panel, with_outcome

PANDEMIC = ("2020-03", "2022-02")
MAIN_GROUPS: dict[str, tuple[str, ...]] = {
    "nedsatt": ("nedsatt",),
    "arbeidssokere": ("helt_ledig", "delvis_ledig", "tiltak"),
    "andre": ("annet",),
}
BLOCK_ROWS = 200_000


@dataclass(frozen=True)
class Specification:
    """A version of the model.

    Attributes
    ----------
    version
        "report" or "production".
    hours
        Whether weekly hours at measurement are in the model.
    month_dummies
        Calendar months as dummies: relative position only.
    leave_out
        First and last month left out of the estimation; they are predicted out of sample.
    group
        Estimate on one of the three main groups only; "" is everybody.
    linear
        Least squares for jobb as well.
    first_only
        First month of each spell only (cohorts).
    """

    version: str = "production"
    hours: bool = True
    month_dummies: bool = False
    leave_out: tuple[str, str] | None = None
    group: str = ""
    linear: bool = False
    first_only: bool = False


def alternative(main: Specification, name: str) -> Specification:
    """The specification of a named alternative.

    Raises
    ------
    EstimationError
        For an unknown name, listing what is allowed.
    """
    changes: dict[str, dict[str, Any]] = {
        "without_hours": {"hours": False},
        "without_pandemic": {"leave_out": PANDEMIC},
        "month_dummies": {"month_dummies": True},
        "linear": {"linear": True},
        "cohorts": {"first_only": True},
    }
    if name not in changes:
        raise EstimationError(
            f"unknown alternative {name!r}; allowed: {', '.join(changes)}, and separate models "
            f"for {', '.join(MAIN_GROUPS)}"
        )
    return replace(main, **changes[name])


def variant(spec: Specification) -> str:
    """What differs from a main model, "" for one."""
    main = Specification(version=spec.version)
    return "" if spec == main else f" {replace(spec, version='')}"


@lru_cache(maxsize=32)
def design_of(version: str, hours: bool, months: tuple[str, ...]) -> Design:
    return categorical.make_design(variables(version, hours=hours, months=months))


def design_for(panel: Panel, spec: Specification, outcome: str) -> Design:
    """The design of a specification; month dummies cover the months the outcome has."""
    months: tuple[str, ...] = ()
    if spec.month_dummies:
        months = tuple(chunk.month for chunk in panel.chunks if outcome in chunk.outcomes)
    return design_of(spec.version, spec.hours, months)


def packed(chunk: Chunk, design: Design, outcome: str) -> Codes:
    """Joint codes of one month for a design and the horizon of an outcome."""
    n = len(chunk)
    market = f"inflow{HORIZON[outcome]}"
    columns: list[NDArray] = []
    for variable in design.variables:
        if variable.name == "inflow":
            columns.append(chunk.columns[market])
        elif variable.name == "month":
            code = variable.levels.index(chunk.month) if chunk.month in variable.levels else 0
            columns.append(np.full(n, code, dtype=np.int8))
        elif variable.name == "duration":
            last = len(variable.levels) - 1
            columns.append(np.minimum(chunk.columns["duration"], last))
        else:
            columns.append(chunk.columns[variable.name])
    return categorical.pack_codes(design, columns)


class Packed:
    """Joint codes per month, made once for each design and horizon and then kept.

    The state is a memo: asking twice gives the same arrays.
    """

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self._kept: dict[tuple[int, int, str], Codes] = {}

    def codes(self, chunk: Chunk, design: Design, outcome: str) -> Codes:
        key = (id(design), HORIZON[outcome], chunk.month)
        if key not in self._kept:
            self._kept[key] = self._shared(chunk, design, outcome)
        return self._kept[key]

    def _shared(self, chunk: Chunk, design: Design, outcome: str) -> Codes:
        """Reuse another horizon's packs: only the one with inflow differs."""
        twin = next(
            (
                self._kept[key]
                for horizon in HORIZON.values()
                if (key := (id(design), horizon, chunk.month)) in self._kept
            ),
            None,
        )
        made = packed(chunk, design, outcome)
        if twin is None:
            return made
        inflow = next(j for j, v in enumerate(design.variables) if v.name == "inflow")
        own = next(q for q, pack in enumerate(design.packs) if inflow in pack)
        return [made[q] if q == own else twin[q] for q in range(len(made))]

    def sharing(self, panel: Panel) -> "Packed":
        """Codes of another panel of the same persons: those made here, and those made later."""
        other = Packed(panel)
        other._kept = self._kept
        return other

    def forget(self, design: Design) -> None:
        """Let go of a design's codes."""
        self._kept = {key: codes for key, codes in self._kept.items() if key[0] != id(design)}


def own_rows(chunk: Chunk, spec: Specification) -> NDArray[np.bool_] | None:
    """Rows of a month the specification is estimated on; None is all."""
    own: NDArray[np.bool_] | None = None
    if spec.group:
        status = [STATUS.index(name) for name in MAIN_GROUPS[spec.group]]
        own = np.isin(chunk.groups["status"], status)
    if spec.first_only:
        own = chunk.first if own is None else own & chunk.first
    return own


def in_sample(chunk: Chunk, spec: Specification) -> bool:
    return spec.leave_out is None or not spec.leave_out[0] <= chunk.month <= spec.leave_out[1]


def parts(packs: Packed, spec: Specification, outcome: str) -> list[Rows]:
    """(codes, outcome) of each month the model is estimated on.

    Raises
    ------
    EstimationError
        When no rows are left.
    """
    design = design_for(packs.panel, spec, outcome)
    found: list[Rows] = []
    for chunk in with_outcome(packs.panel, outcome):
        if not in_sample(chunk, spec):
            continue
        codes, y = packs.codes(chunk, design, outcome), chunk.outcomes[outcome]
        own = own_rows(chunk, spec)
        if own is not None:
            if not own.any():
                continue
            codes, y = [code[own] for code in codes], y[own]
        found.append((codes, y))
    if not found:
        raise EstimationError(f"{outcome}: no rows to estimate on ({spec})")
    return blocks(found)


def blocks(months: Sequence[Rows], least: int = BLOCK_ROWS) -> list[Rows]:
    """Join consecutive months until each block has at least `least` rows.

    Joint counts have a cost per block as well as per row; small months are cheaper together.
    """
    joined: list[Rows] = []
    waiting: list[Rows] = []
    for k, rows in enumerate(months):
        waiting.append(rows)
        if sum(len(y) for _, y in waiting) >= least or k == len(months) - 1:
            joined.append(waiting[0] if len(waiting) == 1 else join_months(waiting))
            waiting = []
    return joined


def join_months(months: Sequence[Rows]) -> Rows:
    codes = [np.concatenate(column) for column in zip(*(c for c, _ in months), strict=True)]
    return codes, np.concatenate([y for _, y in months])


def is_share(outcome: str) -> bool:
    return outcome.startswith("jobb")


def fit(packs: Packed, spec: Specification, outcome: str, start: NDArray | None = None) -> Fit:
    """Estimate one model: least squares, or probit for jobb unless `spec.linear`."""
    design = design_for(packs.panel, spec, outcome)
    rows = parts(packs, spec, outcome)
    if is_share(outcome) and not spec.linear:
        return probit.fit_probit(design, rows, start=start)
    return ols.fit_ols(design, rows)
