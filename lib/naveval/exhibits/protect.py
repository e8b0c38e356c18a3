"""The one disclosure decision of an exhibit: what kind of numbers it holds, and what may leave.

The kind is declared with the exhibit; `decide` is the only place that acts on it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from naveval.disclosure import decisions, released
from naveval.disclosure.decisions import Protection
from naveval.disclosure.released import Released
from naveval.project.errors import DisclosureError

HIDDEN = "hidden"


@dataclass(frozen=True)
class Descriptive:
    """Numbers computed from counts protected before: a study's panel (`Results.protection`).

    Means, effects and indices are of this kind, and so are regressions on cell means with their
    errors and tests, since all of it is a function of protected counts.

    Attributes
    ----------
    count
        Value to the column with the protected persons it rests on. As text: one column for all
        values. Nothing is hidden by it; single cells that rest on fewer than ten are marked.
    shows
        Whether the persons are shown too.
    noise
        Whether a number is one cell, whose persons tell how noisy it is; False for numbers from
        many cells, whose column has the fewest.
    points
        As in `Model`; values that name their standard error are rounded in the same way.
    counts
        Columns that are protected numbers of persons themselves: a 0 is shown as «0–5».
    few
        Whether missing numbers are hidden for resting on few persons, not impossible to compute.
    along
        As in `Model`.
    """

    count: Mapping[str, str] | str = "n_persons"
    shows: bool = True
    noise: bool = True
    points: float | None = None
    counts: tuple[str, ...] = ()
    few: bool = False
    along: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Model:
    """Output of a fitted model: rounded, and missing where it rests on too little.

    A value that names its standard error (`se`) is rounded with its interval to a tenth of it,
    the error to two digits, p-values (`p`) to 0.001, persons to ten. Every other number must be
    named here, or have a `source`.

    Attributes
    ----------
    n
        Persons behind a row; fewer than twenty hide it. The first goes to estimates.csv.
    residual_df
        Residual degrees of freedom, or the column with them.
    events, others
        Columns with the fewest persons with and without the outcome over the cells behind the
        row's coefficient (`disclosure.models.fewest`); for amounts, on either side of zero.
    along
        Number to the column of the error it is rounded by: bands, limits by another method.
    digits
        Numbers told with two digits: multiples of an error, test statistics, R².
    shown
        Numbers computed from protected counts or protected already: neither rounded nor hidden.
    points
        The finest that estimates are told, in their unit: 0.01 percentage point if None, so
        0.0001 for shares between 0 and 1.
    also
        Column of true and false to columns that are hidden where it is true.
    """

    n: tuple[str, ...] = ("n_persons",)
    residual_df: str | int = "residual_df"
    events: str = ""
    others: str = ""
    along: Mapping[str, str] = field(default_factory=dict)
    digits: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    points: float | None = None
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Together:
    """Numbers of persons that the study's `protection` releases with those of all places.

    `data` gives the place's part of that release; `count` is as for Descriptive.
    """

    count: Mapping[str, str] | str


@dataclass(frozen=True)
class Public:
    """Numbers without persons behind them, for example from published tables.

    Where some runs compute them from released numbers of persons, `data` gives them as released.

    Attributes
    ----------
    told
        Whether the report says below them that no simulated register is behind: for results that
        stand among those of registers.
    registers
        Whether they come from registers all the same, as counts of rows and rates of areas do, so
        that those of simulated registers are marked.
    """

    source: str
    told: bool = False
    registers: bool = False


@dataclass(frozen=True)
class Drawn:
    """Numbers from draws that hold no persons, made like what the registers show.

    Where registers are simulated, so are these: their spread decides what is drawn.
    """

    source: str
    registers: bool = True


@dataclass(frozen=True)
class Derived:
    """Numbers computed from rows that other exhibits have released: `data` takes a Reader.

    A row with a true `hidden` column rests on a number that is not shown.
    """

    of: str


Protect = Descriptive | Model | Together | Public | Drawn | Derived


def decide(
    frame: pd.DataFrame | Released,
    how: Protect,
    *,
    label: str,
    keys: tuple[str, ...],
    free: Collection[str],
    errors: Mapping[str, str] | None = None,
    p_values: Collection[str] = (),
    estimated: Collection[str] = (),
    protection: Protection | None = None,
) -> Released:
    """What may leave of an exhibit's frame.

    Parameters
    ----------
    protection
        Of the panel the results come from, for what is descriptive.
    free
        Numeric columns that no person stands behind: printed, drawn, or part of the design.
    errors, p_values
        Numbers to the columns with their standard errors, and p-values, as the exhibit's values
        say (`Exhibit.errors`).
    estimated
        Numbers with an interval or a test, which tells how uncertain they are: a mark for few
        persons is for single cells and not for these.

    Raises
    ------
    DisclosureError
        For an exhibit without protection, columns that are not declared, and counts that are no
        counts.
    """
    errors = errors or {}
    if isinstance(frame, Released):
        if isinstance(how, Together | Public):
            return frame
        raise DisclosureError(
            f"{label}: released already; expected protection of the kind Together"
        )
    if isinstance(how, Descriptive):
        along = {**errors, **how.along}
        tested = {*along, *along.values(), *p_values, *estimated}
        found = _descriptive(frame, how, label, keys, free, tested, protection)
        return decisions.rounded(found, along, p_values, how.points)
    if isinstance(how, Model):
        return _model(frame, how, label, keys, free, errors, p_values)
    if isinstance(how, Public | Drawn):
        return released.public(frame, label=label, source=how.source, registers=how.registers)
    if isinstance(how, Derived):
        return _derived(frame, how, label, free)
    raise DisclosureError(f"{label}: an exhibit needs protection, got {type(how).__name__}")


def _descriptive(
    frame: pd.DataFrame,
    how: Descriptive,
    label: str,
    keys: tuple[str, ...],
    free: Collection[str],
    tested: Collection[str],
    protection: Protection | None,
) -> Released:
    if protection is None:
        raise DisclosureError(
            f"{label}: descriptive numbers need results from a protected panel; these have none"
        )
    count = by_value(how.count, frame, {*keys, *free})
    kept = [str(name) for name in frame.columns if how.shows or name not in set(count.values())]
    cells = {name: n for name, n in count.items() if how.noise and name not in tested}
    found = decisions.described(
        frame,
        label=label,
        protection=protection,
        keys=keys,
        numerators=cells,
        counts=how.counts,
        behind=[name for name in dict.fromkeys(count.values()) if name in kept],
        only=kept,
    )
    if not how.few:
        return found
    numeric = found.frame.select_dtypes("number").columns.difference([*keys, *free])
    suppressed = found.suppressed.copy()
    suppressed[numeric] = found.frame[numeric].isna()
    return replace(found, suppressed=suppressed)


def by_value(
    count: Mapping[str, str] | str, frame: pd.DataFrame, free: Collection[str]
) -> dict[str, str]:
    """Value columns to the columns with the persons behind them."""
    if not isinstance(count, str):
        return dict(count)
    numeric = [str(name) for name in frame.select_dtypes("number").columns]
    known = count in frame.columns
    return {name: count for name in numeric if known and name not in free and name != count}


def _model(
    frame: pd.DataFrame,
    how: Model,
    label: str,
    keys: tuple[str, ...],
    free: Collection[str],
    errors: Mapping[str, str],
    p_values: Collection[str],
) -> Released:
    numeric = {str(name) for name in frame.select_dtypes("number").columns}
    along = {name: of for name, of in {**errors, **how.along}.items() if name in numeric - {*free}}
    found = decisions.modelled(
        frame.drop(columns=list(how.also)),
        label=label,
        keys=keys,
        persons=float(np.nanmax([0.0, *frame[how.n[0]]])) if how.n else 0.0,
        estimates=along,
        residual_df=how.residual_df,
        events=how.events,
        others=how.others,
        p_values=[name for name in p_values if name in numeric - {*free}],
        errors=[name for name in how.digits if name in numeric],
        n=how.n,
        labels=[name for name in (*free, *how.shown) if name in numeric],
        points=how.points,
    )
    for flag, names in how.also.items():
        for name in set(names) & set(frame.columns):
            found.suppressed[name] |= frame[flag].to_numpy(bool)
            found.frame[name] = found.frame[name].mask(found.suppressed[name])
    return found


def _derived(frame: pd.DataFrame, how: Derived, label: str, free: Collection[str]) -> Released:
    found = released.derived(
        frame.drop(columns=HIDDEN, errors="ignore"),
        label=label,
        source=f"released rows of {how.of}",
    )
    if HIDDEN not in frame:
        return found
    suppressed = found.suppressed.copy()
    for name in found.frame.select_dtypes("number").columns.difference(list(free)):
        suppressed[name] = frame[HIDDEN].to_numpy(bool)
    return replace(found, frame=found.frame.mask(suppressed), suppressed=suppressed)
