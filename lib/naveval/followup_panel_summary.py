"""Summaries of the follow-up panel: means by duration, and the sample flow, by county."""

import numpy as np
import pandas as pd

from naveval import followup_spells as spells
from naveval.followup_contracts import DIGITAL_FROM, KINDS
from naveval.followup_spells import Events, Periods

LONGEST = 52
WINDOW = (201607, 201806)
OLD_SOURCE_UNTIL = 201801
KIND_COLUMNS = tuple(f"kind_{i + 1}" for i in range(len(KINDS)))
CHANNEL_COLUMNS = ("phone", "meeting", "question")
NO_CARDS = "no_cards"
PROFILE = (*CHANNEL_COLUMNS, *KIND_COLUMNS, "digital")


def profiles(frame: pd.DataFrame, place: np.ndarray, names: pd.Index) -> pd.DataFrame:
    """Totals by county and duration of each measure in the time its source covers."""
    digital_from = DIGITAL_FROM.year * 100 + DIGITAL_FROM.month
    use = {name: frame["month"].le(OLD_SOURCE_UNTIL).to_numpy() for name in CHANNEL_COLUMNS}
    use |= {name: np.ones(len(frame), dtype=bool) for name in KIND_COLUMNS}
    use["digital"] = frame["month"].ge(digital_from).to_numpy()
    early = frame["duration"].to_numpy() < LONGEST
    cell = place * LONGEST + frame["duration"].to_numpy().clip(max=LONGEST - 1)
    person = frame["person"].to_numpy()
    size = names.size * LONGEST
    parts, counted = [], {}
    for name in PROFILE:
        rows = use[name] & early
        kind = "digital" if name == "digital" else "old" if name in CHANNEL_COLUMNS else "all"
        if kind not in counted:
            counted[kind] = _counts(cell[rows], person[rows], names.size)
        value = frame[name].to_numpy()
        with_it = rows & (value > 0)
        parts.append(
            counted[kind].assign(
                measure=name,
                total=np.bincount(cell[rows], value[rows], size),
                n_with=persons_in(cell[with_it], person[with_it], size),
            )
        )
    found = pd.concat(parts, ignore_index=True)
    found["county"] = names.to_numpy()[found.pop("place")]
    return found[found["n_obs"] > 0].reset_index(drop=True)


def persons_in(cell: np.ndarray, person: np.ndarray, size: int) -> np.ndarray:
    """Number of different persons in each cell.

    Sorting beats hashing here: rows come by person and time, so they are nearly sorted.
    """
    pair = np.sort(person.astype(np.int64) << 32 | cell, kind="stable")
    new = np.ones(pair.size, dtype=bool)
    new[1:] = pair[1:] != pair[:-1]
    return np.bincount(pair[new] & 0xFFFFFFFF, minlength=size)


def _counts(cell: np.ndarray, person: np.ndarray, n_places: int) -> pd.DataFrame:
    """Periods and persons by county and duration."""
    size = n_places * LONGEST
    return pd.DataFrame(
        {
            "place": np.repeat(np.arange(n_places), LONGEST),
            "duration": np.tile(np.arange(LONGEST), n_places),
            "n_obs": np.bincount(cell, minlength=size),
            "n_persons": persons_in(cell, person, size),
        }
    )


def flow(
    cards: Events,
    periods: Periods,
    frame: pd.DataFrame,
    without_cards: np.ndarray,
    codes: np.ndarray,
    names: pd.Index,
) -> pd.DataFrame:
    """How many cards, persons and spells each step keeps or drops, by county.

    The first step, NO_CARDS, counts persons with a decision and no card; it has no periods.
    """
    steps = [(NO_CARDS, without_cards, None), ("cards", cards.person, None)]
    for number, name in enumerate(spells.STAGES[1:-1], start=1):
        steps.append((name, cards.person[periods.stage == number], None))
    left, month = frame["weeks_left"].to_numpy(), frame["month"].to_numpy()
    in_window = (left <= LONGEST) & (month >= WINDOW[0]) & (month <= WINDOW[1])
    person, spell = frame["person"].to_numpy(), frame["spell"].to_numpy()
    near = (left > 22) & (left <= 26) | (left > 28) & (left <= 32)
    masks = {
        "periods": np.ones(left.size, dtype=bool),
        "last_year": left <= LONGEST,
        "long": in_window,
        "short": in_window & (month // 100 == 2017),
        "threshold_long": in_window & near,
        "threshold_short": in_window & (month // 100 == 2017) & near,
    }
    steps += [(name, person[mask], spell[mask]) for name, mask in masks.items()]
    parts = [
        pd.DataFrame(
            {
                "county": names,
                "step": name,
                "n_persons": _distinct(who, codes[who], names.size),
                "n_spells": 0 if which is None else _distinct(which, codes[who], names.size),
                "n_periods": np.bincount(codes[who], minlength=names.size) * (name != NO_CARDS),
            }
        )
        for name, who, which in steps
    ]
    return pd.concat(parts, ignore_index=True)


def _distinct(label: np.ndarray, place: np.ndarray, n_places: int) -> np.ndarray:
    """Number of distinct labels in each place (a label lies in one place only)."""
    place_of = np.full(int(label.max(initial=-1)) + 1, -1)
    place_of[label] = place
    return np.bincount(place_of[place_of >= 0], minlength=n_places)
