"""The quarterly routine from registers to a published table of values, on top of the store."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from naveval.project import months as calendar_months
from naveval.project import store as keeping
from naveval.project.errors import ParameterError
from naveval.registers import extracts
from naveval.studies.indicator import market
from naveval.studies.indicator import panel as panels
from naveval.studies.indicator.characteristics import OUTCOMES
from naveval.studies.indicator.extracts import months_of
from naveval.studies.indicator.models import Packed, Specification, fit, is_share
from naveval.studies.indicator.parameters import Parameters
from naveval.studies.indicator.series import grouping
from naveval.studies.indicator.update import revisions, store
from naveval.studies.indicator.update.fit import Updated, update

VALUES = "published.csv"
WINDOW = 79
LONGEST = 12
MOST_DRIFT = 0.03
GROUPS = ("nav", "county", "office")


@dataclass(frozen=True)
class Quarter:
    """One publication.

    Attributes
    ----------
    updated
        By outcome: model, curves, months that were read, and how far probit moved.
    moved
        What became of the values published before.
    values
        The table that was written.
    """

    months: tuple[str, ...]
    updated: dict[str, Updated]
    moved: revisions.Moved
    values: pd.DataFrame


@dataclass(frozen=True)
class Job:
    """What stays the same through one update."""

    data: Path
    folder: Path
    staging: Path
    months: tuple[str, ...]
    observed: frozenset[store.Key]
    spec: Specification
    parameters: Parameters
    limits: dict[str, NDArray] | None
    offices: tuple[str, ...]


def publish_quarter(
    parameters: Parameters,
    folder: Path,
    version: str,
    *,
    window: int = WINDOW,
    hours: float = revisions.TOLERANCE_HOURS,
    share: float = revisions.TOLERANCE_SHARE,
) -> Quarter:
    """Update the store with the registers' latest months and write the values.

    The first call reads all months; later ones only those the store lacks or whose registers
    were revised. Spells go on from how they stood before the first month read.

    Parameters
    ----------
    folder
        The store: statistics per month, limits, published values, changelog.
    version
        Name of the publication, for example "2024K3"; the changelog's notes go by it.
    window
        Months in the window, counted back from the last month of the stock.
    hours, share
        How much a published past value may move, in hours a week and in share.

    Raises
    ------
    NavevalError
        When past values move beyond tolerance and the changelog has no note; nothing is
        written then.
    ParameterError
        When the store was made with other settings, or the window is too short.
    """
    if window < panels.LEAST_MONTHS:
        raise ParameterError(f"window: {window} months; at least {panels.LEAST_MONTHS} are needed")
    data = extracts.folder("indicator", parameters)
    with keeping.held(folder), threadpool_limits(1, user_api="blas"):
        keeping.make_private(folder)
        with keeping.staged(folder) as work:
            staging = work / "months"
            staging.mkdir()
            # Links: what changes is written beside and moved, so the earlier files stay.
            made = work / folder.name
            shutil.copytree(folder, made, copy_function=_linked)
            done = make_state(
                parameters, data, folder, made, staging, version, window, hours, share
            )
            keeping.exchange(made, folder)
    return done


def _linked(file: str, target: str) -> None:
    """The same file under another name, or a copy where the file system has no links."""
    try:
        os.link(file, target)
    except OSError:
        shutil.copy2(file, target)


def make_state(
    parameters: Parameters,
    data: Path,
    folder: Path,
    made: Path,
    staging: Path,
    version: str,
    window: int,
    hours: float,
    share: float,
) -> Quarter:
    """Make the store's next state in the folder `made`, from the one in `folder`."""
    noted = revisions.noted(folder, version)
    settings = _settings(parameters)
    limits, offices = store.kept_levels(folder, settings)
    months = panels.stock_months(data, parameters.first_month, parameters.last_month)[-window:]
    worked = months_of(data, "hours")
    found = market.read(data, months, parameters.market_categories, limits)
    stamps = store.stamps_of(data, months, worked, found)
    reuse = store.reusable(store.kept_stamps(folder), stamps)
    missing = [month for outcome, month in stamps.made_from if (outcome, month) not in reuse]
    first = min(missing, default=months[-1])
    spells = store.kept_spells(folder, first)
    job = Job(
        data,
        folder,
        staging,
        months,
        frozenset(stamps.made_from),
        Specification(version=parameters.version),
        parameters,
        found.limits,
        offices,
    )
    upcoming = calendar_months.month_text(calendar_months.month_number(worked[-1]) - LONGEST + 1)
    begin = first if spells is not None or not missing else months[0]
    panel = _panel(job, begin, spells, upcoming)
    done = _update(job, panel, reuse, OUTCOMES)
    stale = [outcome for outcome, own in done.items() if own.drift > MOST_DRIFT]
    if stale:
        done |= _update(job, _panel(job, months[0]), frozenset(), stale)
    values = revisions.value_table({outcome: own.curves for outcome, own in done.items()})
    file = folder / VALUES
    before = pd.read_csv(file, dtype={"group": str}) if file.exists() else values.head(0)
    change = revisions.moved(before, values, noted=noted, hours=hours, share=share)
    revisions.require_publishable(change, version)
    store.adopt(made, staging, list(stamps.made_from))
    store.keep_levels(made, found.limits, panel.levels["office"], settings)
    if panel.snapshot is not None:
        store.keep_spells(made, panel.snapshot)
    with keeping.beside(made / VALUES, private=True) as part:
        values.to_csv(part, index=False)
    store.keep_stamps(made, stamps)
    return Quarter(months, done, change, values)


def _settings(parameters: Parameters) -> dict[str, Any]:
    """Parameters that decide what a month's statistics are."""
    names = ("version", "spell_break", "market_categories", "subsidised_hours", "working_days")
    return {name: getattr(parameters, name) for name in names}


def _panel(
    job: Job, first: str, spells: panels.Snapshot | None = None, snapshot_before: str = ""
) -> panels.Panel:
    chosen = job.parameters
    return panels.build(
        job.data,
        first_month=first,
        last_month=job.months[-1],
        spell_break=chosen.spell_break,
        market_categories=chosen.market_categories,
        subsidised_hours=chosen.subsidised_hours,
        working_days=chosen.working_days,
        limits=job.limits,
        known_offices=job.offices,
        least_months=1,
        spells_before=spells,
        snapshot_before=snapshot_before,
    )


def _update(
    job: Job, panel: panels.Panel, reuse: frozenset[store.Key], outcomes: Sequence[str]
) -> dict[str, Updated]:
    """Models and curves; probit starts from its own solution where nothing is reused."""
    packs = Packed(panel)
    reused = {outcome for outcome, _ in reuse}
    starts = {
        outcome: fit(packs, job.spec, outcome)
        for outcome in outcomes
        if is_share(outcome) and outcome not in reused
    }
    groups = [grouping(panel, name) for name in GROUPS]
    return update(
        packs, job.spec, job.folder, job.staging, job.observed, groups, reuse, starts, outcomes
    )


def summary(done: Quarter) -> str:
    """What was published, in lines: window, months read, and what moved."""
    read = ", ".join(f"{outcome} {len(own.read)}" for outcome, own in done.updated.items())
    lines = [f"{done.months[0]} to {done.months[-1]}; months read anew: {read}"]
    named = sorted({name for own in done.updated.values() for name in own.fit.perfect})
    if named:
        lines.append(f"categories whose rows all have the same outcome: {', '.join(named)}")
    lines.append(
        f"{done.moved.beyond} of {len(done.moved.frame)} values published before moved by more "
        f"than {done.moved.hours:g} hours or {done.moved.share:g} in share"
    )
    shown = revisions.listing(done.moved)
    return "\n".join([*lines, shown] if shown else lines)
