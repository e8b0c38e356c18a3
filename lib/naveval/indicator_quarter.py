"""The quarterly routine from registers to a published table of values, on top of the store."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from naveval import indicator_panel as panels
from naveval import indicator_update as store
from naveval import months as calendar_months
from naveval.categorical import Fit
from naveval.errors import NavevalError
from naveval.indicator_characteristics import OUTCOMES
from naveval.indicator_extracts import months_of
from naveval.indicator_models import Packed, Specification, fit, is_share
from naveval.indicator_series import Curves, grouping

VALUES = "published.csv"
WINDOW = 79
LONGEST = 12
MOST_DRIFT = 0.03
SHOWN = 15
GROUPS = ("nav", "county", "office")


@dataclass(frozen=True)
class Quarter:
    """One publication.

    fits and curves by outcome; read: months read from the registers, by outcome; moved: what
    became of the values published before.
    """

    months: tuple[str, ...]
    fits: dict[str, Fit]
    curves: dict[str, dict[str, Curves]]
    read: dict[str, list[str]]
    moved: store.Moved
    values: pd.DataFrame


def publish_quarter(
    data: Path, folder: Path, version: str, *, window: int = WINDOW,
    spec: Specification | None = None, spell_break: int = 2,
) -> Quarter:  # fmt: skip
    """Update the store with the registers' latest months and write the values.

    The first call reads all months; later ones only those the store lacks. Spells go on from
    how they stood before the first month read, which the store remembers.

    Parameters
    ----------
    folder
        The store: statistics per month, limits, published values, changelog.
    version
        Name of the publication, for example "2024K3"; the changelog's notes go by it.

    Raises
    ------
    NavevalError
        When past values move beyond tolerance and the changelog has no note; nothing is
        written then.
    """
    with threadpool_limits(1, user_api="blas"):
        return _publish(data, folder, version, window, spec or Specification(), spell_break)


def _publish(
    data: Path, folder: Path, version: str, window: int, spec: Specification, spell_break: int
) -> Quarter:
    present = months_of(data, "stock")
    months = present[-window:]
    last_hours = months_of(data, "hours")[-1]
    wanted = store.months_to_read(folder, months, last_hours)
    first = wanted[0] if wanted else months[-1]
    kept = store.kept_spells(folder, first)
    limits, offices = store.kept_levels(folder)
    upcoming = calendar_months.month_text(calendar_months.month_number(last_hours) - LONGEST + 1)
    panel = panels.build(
        data, first_month=first if kept is not None else months[0], last_month=months[-1],
        spell_break=spell_break, limits=limits, known_offices=offices, least_months=1,
        spells_before=kept, snapshot_before=upcoming,
    )  # fmt: skip
    packs = Packed(panel)
    wanted_groups = [grouping(panel, name) for name in GROUPS]
    starts: dict[str, NDArray] = {}
    for outcome in OUTCOMES:
        if is_share(outcome) and not list(folder.glob(f"{outcome}-*.npz")):
            starts[outcome] = fit(packs, spec, outcome).coefficients
    found = store.update(packs, spec, folder, months, wanted_groups, starts)
    stale = [
        outcome
        for outcome, (fitted, _, _) in found.items()
        if is_share(outcome) and store.drift(folder, fitted, outcome, months) > MOST_DRIFT
    ]
    if stale:
        found |= _anew(data, folder, spec, months, stale, limits or panel.limits,
                       panel.levels["office"], spell_break)  # fmt: skip
    values = value_table({o: curves for o, (_, curves, _) in found.items()})
    file = folder / VALUES
    before = pd.read_csv(file, dtype={"group": str}) if file.exists() else values.head(0)
    change = store.moved(before, values, store.noted(folder, version))
    store.require_publishable(change)
    values.to_csv(file, index=False)
    store.keep_levels(folder, panel.limits, panel.levels["office"])
    if panel.snapshot is not None:
        store.keep_spells(folder, panel.snapshot)
    return Quarter(
        tuple(months), {o: f for o, (f, _, _) in found.items()},
        {o: c for o, (_, c, _) in found.items()}, {o: r for o, (_, _, r) in found.items()},
        change, values,
    )  # fmt: skip


def _anew(
    data: Path, folder: Path, spec: Specification, months: Sequence[str], outcomes: Sequence[str],
    limits: dict[str, NDArray], offices: Sequence[str], spell_break: int,
) -> dict[str, tuple[Fit, dict[str, Curves], list[str]]]:  # fmt: skip
    """Read all months for outcomes whose probit moved too far from where it was expanded."""
    panel = panels.build(
        data, first_month=months[0], last_month=months[-1], limits=limits,
        known_offices=offices, spell_break=spell_break, least_months=1,
    )  # fmt: skip
    packs = Packed(panel)
    starts = {outcome: fit(packs, spec, outcome).coefficients for outcome in outcomes}
    for outcome in outcomes:
        for file in folder.glob(f"{outcome}-*.npz"):
            file.unlink()
    groups = [grouping(panel, name) for name in GROUPS]
    return store.update(packs, spec, folder, months, groups, starts, outcomes)


def value_table(curves: dict[str, dict[str, Curves]]) -> pd.DataFrame:
    """National and county values as published: outcome, grouping, group, month, value."""
    blocks = []
    for outcome, found in curves.items():
        for name in ("nav", "county"):
            curve = found[name]
            t, g = curve.n.shape
            blocks.append(
                pd.DataFrame(
                    {"outcome": outcome, "grouping": name,
                     "group": list(curve.grouping.names) * t,
                     "month": [month for month in curve.months for _ in range(g)],
                     "value": curve.indicator.ravel()}
                )
            )  # fmt: skip
    return pd.concat(blocks, ignore_index=True).dropna(subset=["value"])


def main(arguments: Sequence[str] | None = None) -> None:
    """`python -m naveval.indicator_quarter DATA STORE VERSION`: update, and show what moved.

    Exits with the error's own code and writes nothing when past values moved beyond tolerance
    and the changelog in the store is silent about the version.
    """
    parser = argparse.ArgumentParser(prog="indicator_quarter", description=__doc__)
    parser.add_argument("data", type=Path, help="folder with register extracts")
    parser.add_argument("store", type=Path, help="folder with the statistics of earlier months")
    parser.add_argument("version", help="name of this publication, such as 2024K3")
    parser.add_argument("--window", type=int, default=WINDOW, help="months in the window")
    chosen = parser.parse_args(arguments)
    chosen.store.mkdir(parents=True, exist_ok=True)
    try:
        done = publish_quarter(chosen.data, chosen.store, chosen.version, window=chosen.window)
    except NavevalError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    print(f"{done.months[0]} to {done.months[-1]}; months read: "
          + ", ".join(f"{outcome} {len(read)}" for outcome, read in done.read.items()))  # fmt: skip
    print(f"{done.moved.beyond} of {len(done.moved.frame)} earlier values moved beyond tolerance")
    print(done.moved.frame.head(SHOWN).to_string(index=False))


if __name__ == "__main__":
    main()
