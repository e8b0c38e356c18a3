"""The gate between numbers and the outside: what may leave is a `Released`.

`release` for anything counted or averaged over persons, `model` for output of regressions,
`public` for numbers computed from published tables only. Table and figure functions accept
nothing else. Suppression has two steps: primary rules hide cells that rest on too few persons
(`disclosure.rules`), and further cells are hidden so that no hidden cell can be computed from
totals (`disclosure.cells`). What was hidden, and why, is in `Released.log`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.disclosure import plan, rules
from naveval.disclosure.plan import rounded
from naveval.disclosure.released import LOG_COLUMNS
from naveval.disclosure.released import Released as Released
from naveval.disclosure.released import require_released as require_released
from naveval.disclosure.rules import MARGIN, add_margin, forced
from naveval.disclosure.tables import Structure, Totals, require_keys
from naveval.disclosure.thresholds import Thresholds, thresholds
from naveval.project.errors import DisclosureError

REASONS = {
    "min_cell": "fewer persons than the threshold",
    "small_complement": "fewer persons than the threshold with or without the property",
    "dominance": "one person or two stand for too much of the sum",
    "quantile": "fewer persons than the threshold on one side of the quantile",
    "secondary": "protects a suppressed cell from being computed from totals",
    "linked": "suppressed in a linked table, or not known",
    "previous": "suppressed in the earlier publication",
    "revision": "the change since the earlier publication rests on few persons",
    "residual_df": "too few residual degrees of freedom",
}
Bools = NDArray[np.bool_]


def public(frame: pd.DataFrame, *, label: str, source: str) -> Released:
    """Release numbers that were computed from published tables only: no persons behind them."""
    if not source:
        raise DisclosureError(f"{label}: expected the published source of the numbers")
    log = pd.DataFrame(
        [[label, "", "", "published", "released", f"computed from {source}"]], columns=LOG_COLUMNS
    )
    nothing = pd.DataFrame(False, index=frame.index, columns=frame.columns)
    return Released(frame.copy(), nothing, log, label, "published")


def derived(frame: pd.DataFrame, *, label: str, source: str) -> Released:
    """Release numbers computed from estimates that have been released already.

    They rest on persons, so the notice on simulated registers applies to them.
    """
    found = public(frame, label=label, source=source)
    return replace(found, origin="persons", log=found.log.assign(rule="derived"))


def release(
    frame: pd.DataFrame,
    *,
    label: str,
    count: str | Mapping[str, str | Sequence[str]],
    values: Sequence[str] | None = None,
    keys: Sequence[str] = (),
    labels: Sequence[str] = (),
    totals: Totals | None = None,
    additive: Mapping[str, Sequence[str]] | None = None,
    cumulative: str | None = None,
    shares: Mapping[str, str] | None = None,
    percent: Mapping[str, str] | None = None,
    sums: Mapping[str, Sequence[str]] | None = None,
    quantiles: Mapping[str, float] | None = None,
    linked: Released | None = None,
    previous: pd.DataFrame | Path | None = None,
    exhaustive: str | None = None,
    coarse: bool = False,
) -> Released:
    """Suppress what rests on too few persons, and what would give it back.

    Parameters
    ----------
    frame
        One row per group. Every numeric column must be declared by one of the parameters.
    label
        Label of the table or figure.
    count
        The column with the number of persons behind each row, or for each value column the
        count column (or several: a difference of two means rests on both groups).
    values
        Columns computed from the persons counted; default: all numeric columns not declared
        otherwise. A value is shown only if its count is.
    keys, labels
        Columns that say what a row is about; numeric columns that are not about persons.
    totals
        Key column to its total's value, or to {sum: [parts]}: `{"county": ""}`. Counts must
        add up. Without it nobody is assumed to know a total: declare every one that is shown
        anywhere in the report, and release all counties together before taking one (`subset`).
    additive
        Count column to the count columns that add up to it, `{"n": ["n_work", "n_other"]}`.
    cumulative
        Key along which counts cumulate: the steps between rows are protected too.
    shares, percent
        Share (0 to 1) or percentage of the persons in a count column, `{"work": "n"}`: at
        least `min_cell` persons with and without the property.
    sums
        Sum of money to the columns with the largest and second largest contribution to it;
        these two are dropped from the result. Counted by `count`.
    quantiles
        Column to its level between 0 and 1: enough persons on both sides.
    linked
        A release that shares keys and count columns: what is suppressed there is so here.
    previous
        The same table as published earlier, frame or CSV: its suppressed cells stay so, and a
        count that changed by fewer than `min_cell` persons is suppressed.
    exhaustive
        Key whose categories hold everybody, so that a reader knows their total although no row
        shows it: percentages add up to 100.
    coarse
        Round what is shown (`disclosure.plan`): for a part of a whole that is shown in
        another report, where the parts are not released together.

    Raises
    ------
    DisclosureError
        For undeclared numeric columns, columns that identify persons or hold extremes, counts
        that are no counts or do not add up, and keys that are not unique.
    """
    limits = thresholds()
    if exhaustive is not None:
        bases = [count] if isinstance(count, str) else sorted(_bases(count))
        try:
            whole = add_margin(
                frame, exhaustive, keys, bases, {**(shares or {}), **(percent or {})}
            )
        except DisclosureError as error:
            raise DisclosureError(f"{label}: {error}") from None
        released = release(
            whole,
            label=label,
            count=count,
            values=values,
            keys=keys,
            labels=labels,
            totals={**(totals or {}), exhaustive: MARGIN},
            additive=additive,
            cumulative=cumulative,
            shares=shares,
            percent=percent,
            sums=sums,
            quantiles=quantiles,
            linked=linked,
            previous=previous,
            coarse=coarse,
        )
        own = subset(released, whole[exhaustive].ne(MARGIN).to_numpy())
        own.frame.index = own.suppressed.index = frame.index
        own.frame[exhaustive] = frame[exhaustive]
        return own
    structure = Structure(tuple(keys), totals, additive, cumulative)
    try:
        declared = {**(shares or {}), **(percent or {})}
        needs = plan.needed_counts(
            frame, count, values, declared, sums or {}, quantiles or {}, [*keys, *labels]
        )
        rules.require_names([str(name) for name in frame.columns], limits)
        require_keys(frame, structure)
        columns = plan.person_columns(frame, needs, shares or {}, percent or {}, sums or {}, limits)
        columns = [forced(frame, c, structure.keys, linked, previous, limits) for c in columns]
        masks, named = plan.suppress(frame, columns, structure, limits)
        for name, level in (quantiles or {}).items():
            few = np.zeros(len(frame), dtype=bool)
            for base in needs[name]:
                whole = next(column for column in columns if column.name == base)
                few |= rules.quantile(frame, name, level, whole, limits)
            masks[name], named[name] = few, np.where(few, "quantile", "")
        plan.hide_derived(needs, masks, named)
    except DisclosureError as error:
        raise DisclosureError(f"{label}: {error}") from None
    dropped = [name for pair in (sums or {}).values() for name in pair]
    released = _released(frame.drop(columns=dropped), masks, named, label, structure, limits)
    if coarse:
        of_persons = [name for name in released.frame.columns if name in masks]
        return replace(released, frame=rounded(released.frame, of_persons, limits.min_cell))
    return released


def _bases(count: Mapping[str, str | Sequence[str]]) -> set[str]:
    """Count columns named by a mapping from value columns."""
    return {
        base for bases in count.values() for base in ([bases] if isinstance(bases, str) else bases)
    }


def _released(
    frame: pd.DataFrame,
    masks: Mapping[str, Bools],
    named: Mapping[str, NDArray[np.str_]],
    label: str,
    structure: Structure,
    limits: Thresholds,
) -> Released:
    out = frame.copy()
    suppressed = pd.DataFrame(False, index=frame.index, columns=frame.columns)
    rows = _row_names(frame, structure.keys)
    lines = []
    for name in [column for column in frame.columns if column in masks]:
        hide = masks[name]
        suppressed[name] = hide
        if hide.any():
            out[name] = out[name].astype(float).mask(hide)
        for i in np.flatnonzero(hide):
            rule = str(named[name][i])
            action = "secondary suppression" if rule == "secondary" else "suppressed"
            lines.append([label, rows[i], name, rule, action, REASONS[rule]])
    shown = sum(len(hide) for hide in masks.values()) - len(lines)
    summary = f"{shown} cells shown, {len(lines)} suppressed, threshold {limits.min_cell} persons"
    lines.insert(0, [label, "", "", "release", "released", summary])
    log = pd.DataFrame(lines, columns=LOG_COLUMNS)
    return Released(out, suppressed, log, label, "persons", structure)


def _row_names(frame: pd.DataFrame, keys: Sequence[str]) -> list[str]:
    if not keys:
        return [str(i + 1) for i in range(len(frame))]
    return [
        ", ".join(f"{key}={value}" for key, value in zip(keys, row, strict=True))
        for row in frame[list(keys)].astype(str).itertuples(index=False, name=None)
    ]


def model(
    frame: pd.DataFrame,
    *,
    label: str,
    n: str | int | Sequence[str],
    residual_df: str | int,
    keys: Sequence[str] = (),
    labels: Sequence[str] = (),
) -> Released:
    """Release output of a regression: one row per coefficient, test or model.

    Parameters
    ----------
    n
        Number of persons behind the rows, or the columns with it. For a coefficient of a group,
        give the number of persons in the group too.
    residual_df
        Residual degrees of freedom, or the column with them.
    keys, labels
        Columns that say what a row is; numeric columns not computed from persons.

    Rows with fewer than `min_cell` persons or too few degrees of freedom lose all numbers.

    Raises
    ------
    DisclosureError
        For missing columns, or columns that identify persons or hold extremes.
    """
    limits = thresholds()
    try:
        rules.require_names([str(name) for name in frame.columns], limits)
        named_n = [n] if isinstance(n, str) else [] if isinstance(n, int) else list(n)
        few = np.full(len(frame), isinstance(n, int) and n < limits.min_cell)
        for name in named_n:
            few |= ~(rules.numbers(frame, name) >= limits.min_cell)
        degrees = (
            np.full(len(frame), float(residual_df))
            if isinstance(residual_df, int)
            else rules.numbers(frame, residual_df)
        )
    except DisclosureError as error:
        raise DisclosureError(f"{label}: {error}") from None
    saturated = ~(degrees >= limits.residual_df)
    rule = np.where(few, "min_cell", np.where(saturated, "residual_df", ""))
    hidden = [
        name
        for name in frame.columns
        if pd.api.types.is_numeric_dtype(frame[name].dtype)
        and not pd.api.types.is_bool_dtype(frame[name].dtype)
        and name not in {*keys, *labels}
    ]
    masks, named = dict.fromkeys(hidden, few | saturated), dict.fromkeys(hidden, rule)
    return _released(frame, masks, named, label, Structure(tuple(keys)), limits)


def reversed_rows(released: Released) -> Released:
    """The release with its rows in the opposite order."""
    return replace(
        released,
        frame=released.frame.iloc[::-1].reset_index(drop=True),
        suppressed=released.suppressed.iloc[::-1].reset_index(drop=True),
    )


def subset(
    released: Released, rows: pd.Series | Bools, *, label: str = "", columns: Sequence[str] = ()
) -> Released:
    """Some rows and columns of a release, for example one county of all that were protected."""
    chosen = np.asarray(rows, dtype=bool)
    names = list(columns) or list(released.frame.columns)
    hidden = released.suppressed.loc[chosen, names]
    keys = [key for key in released.structure.keys if key in released.frame.columns]
    kept = set(_row_names(released.frame.loc[chosen], keys)) if keys else None
    log = released.log
    wanted = log["column"].isin(["", *names]) & (log["row"].eq("") | log["row"].isin(kept or []))
    log = log[wanted].assign(label=label or released.label) if keys else log
    frame = released.frame.loc[chosen, names]
    return replace(released, frame=frame, suppressed=hidden, log=log, label=label or released.label)
