"""The quarterly routine: from registers to the next edition of the published values.

The models are estimated anew on the whole window, as the document says, so an update is the
same as a rebuild. What was estimated is kept while registers, parameters, secret and code are
the same, and found again by an update that was interrupted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from threadpoolctl import threadpool_limits

from naveval.disclosure import counts, decisions, keys
from naveval.disclosure.editions import require_named
from naveval.disclosure.keys import Secret
from naveval.disclosure.released import Released
from naveval.disclosure.thresholds import thresholds
from naveval.estimators.categorical.design import Fit
from naveval.project import store as keeping
from naveval.project.errors import NavevalError, ParameterError
from naveval.registers import extracts, reading
from naveval.studies.indicator import panel as panels
from naveval.studies.indicator.characteristics import OUTCOMES
from naveval.studies.indicator.contracts import TABLES
from naveval.studies.indicator.models import Packed, Specification, fit
from naveval.studies.indicator.parameters import Parameters
from naveval.studies.indicator.protection import noise_for
from naveval.studies.indicator.series import curves, grouping
from naveval.studies.indicator.update import editions, store

WINDOW = 79
GROUPS = ("nav", "county")
SETTINGS = ("version", "spell_break", "market_categories", "subsidised_hours", "working_days")


@dataclass(frozen=True)
class Estimated:
    """What registers say of a window.

    Attributes
    ----------
    values
        Protected points of the curves, see `editions.value_table`.
    fits
        The model of each outcome.
    persons
        Persons in the window's stock, to the nearest ten.
    """

    months: tuple[str, ...]
    values: pd.DataFrame
    fits: dict[str, Fit]
    persons: int


@dataclass(frozen=True)
class Quarter:
    """One publication.

    Attributes
    ----------
    moved
        How the new estimates lie beside the values published before.
    published
        The edition that was written.
    healed
        Files of the store that were damaged, and what became of them.
    """

    version: str
    estimated: Estimated
    moved: editions.Moved
    published: pd.DataFrame
    healed: Mapping[str, str]


def publish_quarter(
    parameters: Parameters,
    folder: Path,
    version: str,
    *,
    window: int = WINDOW,
    hours: float = editions.TOLERANCE_HOURS,
    share: float = editions.TOLERANCE_SHARE,
    rebuild: bool = False,
) -> Quarter:
    """Estimate the registers' last months and publish the next edition in the store.

    Parameters
    ----------
    folder
        The store: editions, changelog, what they were made from.
    version
        Name of the edition, for example "2024K3"; the changelog's notes go by it.
    window
        Months in the window, counted back from the last month of the stock.
    hours, share
        How much a published past value may lie from the new estimate, in hours a week and in
        share, before a revision must be announced.
    rebuild
        Estimate also when nothing has changed, and make damaged files of the store anew.

    Raises
    ------
    NavevalError
        When past values moved beyond tolerance and the changelog has no note, or the edition's
        name is taken; nothing is written then.
    ParameterError
        When the store was made with other settings, or the window is too short.
    StoreError
        When the folder is no store, or files in it are damaged.
    DisclosureError
        For real registers without a secret, or with another one than the last edition's.
    """
    require_named(version, "version")
    if window < panels.LEAST_MONTHS:
        raise ParameterError(f"window: {window} months; at least {panels.LEAST_MONTHS} are needed")
    store.require_store(folder)
    data = extracts.folder("indicator", parameters)
    secret = keys.secret(parameters.origin())
    settings = {name: getattr(parameters, name) for name in SETTINGS}
    with keeping.held(folder):
        state = store.read(folder, settings, secret, rebuild=rebuild)
        found = estimated(parameters, data, window, secret, rebuild=rebuild)
        values = editions.as_printed(found.values)
        noted = editions.noted(folder, version)
        change = editions.moved(state.published, values, noted=noted, hours=hours, share=share)
        editions.require_publishable(change, version)
        table = editions.next_edition(state.published, values, version, noted=noted)
        _require_free(state, table, version)
        released = release(table, values, found.persons)
        with keeping.staged(folder) as work:
            made = work / folder.name
            key = keeping.key(made_from(parameters, data, window, secret), code=[__name__])
            store.write(made, folder, state, released, version, key, settings, secret)
            keeping.exchange(made, folder)
    return Quarter(version, found, change, table, state.healed)


def _require_free(state: store.State, table: pd.DataFrame, version: str) -> None:
    """An edition's name stands for one table."""
    if version not in state.editions:
        return
    same = table.to_csv(index=False) == state.published.to_csv(index=False)
    if version != state.editions[-1] or not same:
        raise NavevalError(
            f"version {version}: is published, with other values; give the new edition a name of "
            "its own"
        )


def estimated(
    parameters: Parameters, data: Path, window: int, secret: Secret, *, rebuild: bool = False
) -> Estimated:
    """The window's estimates, from an earlier update when nothing that decides them changed."""
    key = made_from(parameters, data, window, secret)
    if rebuild:
        keeping.drop([keeping.location("indicator-quarter", key=key, code=[__name__])])
    return keeping.cached(
        "indicator-quarter",
        lambda: estimate(parameters, data, window, secret),
        key=key,
        code=[__name__],
    )


def made_from(parameters: Parameters, data: Path, window: int, secret: Secret) -> dict[str, Any]:
    """What decides an edition: settings, registers, window and the secret's fingerprint."""
    names = (*SETTINGS, "first_month", "last_month")
    return {
        "parameters": {name: getattr(parameters, name) for name in names},
        "registers": reading.fingerprint(data, tuple(TABLES)),
        "window": window,
        "secret": secret.noise,
    }


def estimate(parameters: Parameters, data: Path, window: int, secret: Secret) -> Estimated:
    """Models of the window and their protected curves, read from the registers."""
    months = panels.stock_months(data, parameters.first_month, parameters.last_month)[-window:]
    with threadpool_limits(1, user_api="blas"):
        panel = panels.build(
            data,
            first_month=months[0],
            last_month=months[-1],
            **{name: getattr(parameters, name) for name in SETTINGS if name != "version"},
        )
        ways = {"subsidised": parameters.subsidised_hours, "days": parameters.working_days}
        panel = replace(panel, noise=noise_for(panel.persons, secret, **ways))
        packs, spec = Packed(panel), Specification(version=parameters.version)
        groups = [grouping(panel, name) for name in GROUPS]
        fits = {outcome: fit(packs, spec, outcome) for outcome in OUTCOMES}
        found = {name: curves(packs, spec, name, own, groups) for name, own in fits.items()}
    values = editions.value_table(found)
    return Estimated(months, values, fits, counts.about(panel.n_persons))


def release(table: pd.DataFrame, values: pd.DataFrame, persons: int) -> Released:
    """The edition past the gate: protected points only, of at least as many persons as a share.

    Points of earlier editions passed it then.
    """
    behind = table.merge(values[[*editions.KEYS, "n"]], on=editions.KEYS, how="left")
    least = thresholds().counts.least_denominator
    return decisions.described(
        behind.assign(n=behind["n"].fillna(least)),
        label=store.PUBLISHED,
        protection=decisions.Protection(persons),
        keys=editions.KEYS,
        rests_on={"value": "n"},
        only=editions.COLUMNS,
    )


def summary(done: Quarter) -> str:
    """What was published, in lines: window, what is new, what was revised, what moved."""
    months = done.estimated.months
    own = done.published[done.published["edition"] == done.version]
    fresh, again = own[own["revisions"] == 0], own[own["revisions"] > 0]
    lines = [f"{name}: was damaged; {what}" for name, what in done.healed.items()]
    lines += [f"{months[0]} to {months[-1]}; edition {done.version}"]
    for what, part in (("new", fresh), ("revised", again)):
        by = part.groupby("outcome")["month"].nunique()
        lines.append(f"months {what}: {', '.join(f'{k} {n}' for k, n in by.items()) or 'none'}")
    named = sorted({name for own in done.estimated.fits.values() for name in own.perfect})
    if named:
        lines.append(f"categories whose rows all have the same outcome: {', '.join(named)}")
    lines.append(
        f"{done.moved.beyond} of {len(done.moved.frame)} values published before moved by more "
        f"than {done.moved.hours:g} hours or {done.moved.share:g} in share"
    )
    shown = editions.listing(done.moved)
    return "\n".join([*lines, shown] if shown else lines)
