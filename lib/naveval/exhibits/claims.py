"""Wordings that compare: chosen by tests of released numbers, the same way in all studies.

A rule is what a sentence's `choose` or an exhibit's `finding` calls. One that is built here names
the rows it rests on, so that a test can hold its words against their signs and certainty.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from naveval.estimators.detectable import multiplier
from naveval.estimators.multiple_testing import holm
from naveval.exhibits.declare import Fact, Sentence, Value
from naveval.exhibits.reader import Reader
from naveval.project import formats
from naveval.project.normal import Z95, reach

LEVEL = 0.05
"""Of tests, unless a study says otherwise."""


@dataclass(frozen=True)
class Judged:
    """A wording by tests of one or more released effects.

    "down" or "up" when every effect stands out, all to the same side; "some" when one stands out
    and not all do, or they differ in sign; "alone" when one does only as if no other were tested,
    where the rule is `by_itself`; "unclear" when none does; "" when a number is missing.
    That all stand out needs no correction for several tests (intersection-union); that one of
    several does is judged at the level divided by their number (Bonferroni). Where the effects are
    told of among others, what stands out is what Holm's method leaves of the whole family.

    Attributes
    ----------
    label, value
        Exhibit and which of its values; it has a p-value, or an interval at 95 per cent.
    where
        Key to the codes of the rows; keys left out take all.
    level
        Level of the tests, or what gives it: lower where the effect is one of several told of.
    family
        Reader to the p-values of all tests that these are told of among; None: these alone.
    shown
        Whether only rows that are shown count, at least two, so that a hidden one does not take the
        wording away.
    by_itself
        Whether the wording tells of effects that stand out only when each is tested by itself.
    """

    label: str
    value: str
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    level: float | Callable[[Reader], float] = LEVEL
    family: Callable[[Reader], pd.Series] | None = None
    shown: bool = False
    by_itself: bool = False

    def _declared(self, reader: Reader) -> Value:
        return reader.report.exhibit(self.label).values[self.value].every_kind()[0]

    def _frame(self, reader: Reader) -> pd.DataFrame:
        frame = reader.frame(self.label)
        for key, codes in self.where.items():
            frame = frame[frame[key].astype(str).isin(codes)]
        return (
            frame[frame[self._declared(reader).of or self.value].notna()] if self.shown else frame
        )

    def level_of(self, reader: Reader) -> float:
        """The level in a report."""
        return self.level(reader) if callable(self.level) else self.level

    def _levels(self, reader: Reader, tests: int) -> tuple[float, float]:
        """The level of a test `alone`, and of one among `several`."""
        level = self.level_of(reader)
        if self.family:
            level = holm_level(self.family(reader), level)
            return level, level
        return level, level / max(tests, 1)

    def rows(self, reader: Reader) -> pd.DataFrame:
        """Keys of the rows with `effect`, and whether it stands out `alone` and among `several`.

        Which columns tell is the first row's to say; kinds of a value share theirs.
        """
        frame, declared = self._frame(reader), self._declared(reader)
        effect = frame[declared.of or self.value]
        apart = beyond(frame, declared.p, declared.low, declared.high)
        level, several = self._levels(reader, len(frame))
        keys = reader.report.exhibit(self.label).keys
        found = frame[list(keys)].assign(effect=effect)
        return found.assign(alone=apart(level), several=apart(several)).reset_index(drop=True)

    def __call__(self, reader: Reader) -> str:
        rows = self.rows(reader)
        if len(rows) < (2 if self.shown else 1) or rows.isna().any(axis=None):
            return ""
        signs = set(np.sign(rows["effect"]))
        if rows["alone"].all() and len(signs) == 1:
            return "down" if signs == {-1.0} else "up"
        if rows["several"].any():
            return "some"
        return "alone" if self.by_itself and rows["alone"].any() else "unclear"

    def unseen(self, reader: Reader) -> pd.Series:
        """The least effect that would have been found, of each row that does not stand out."""
        rows, frame = self.rows(reader), self._frame(reader)
        _, level = self._levels(reader, len(rows))
        error = self._declared(reader).se
        found = pd.Series(frame[error].to_numpy(float)) * multiplier(1 - level)
        return found[rows["several"].eq(False)].dropna()

    def counts(self) -> dict[str, Fact]:
        """Facts `{certain}` and `{tested}`: how many of how many stand out among `several`."""
        return {
            "certain": Fact(lambda reader: int(self.rows(reader)["several"].sum())),
            "tested": Fact(lambda reader: len(self.rows(reader))),
        }

    def missed(self, decimals: int, unit: str) -> dict[str, Fact]:
        """Fact `{missed}`: the least and the most that would have been found; "" where all is sure.

        Parameters
        ----------
        unit
            Name among the study's labels.
        """

        def told(reader: Reader) -> str:
            return missed(reader, self.unseen(reader), decimals, reader.named("", unit))

        return {"missed": Fact(told, "text")}


def missed(reader: Reader, sizes: pd.Series, decimals: int, unit: str) -> str:
    """The least and the most of what would have been found; the study's names say `missed`."""
    if not len(sizes):
        return ""
    ends = dict.fromkeys(formats.number(end, decimals) for end in (sizes.min(), sizes.max()))
    return f"{reader.named('', 'missed')} {'–'.join(ends)} {unit}."


def holm_level(p_values: pd.Series, level: float) -> float:
    """The level at which each p-value alone says what Holm's method says of all at `level`.

    Examples
    --------
    >>> holm_level(pd.Series([0.001, 0.02, 0.6, float("nan")]), 0.05)
    0.05
    >>> holm_level(pd.Series([0.03, 0.04, 0.6]), 0.06)
    0.02
    """
    known = p_values.dropna().to_numpy(float)
    standing = int((holm(known) <= level).sum()) if len(known) else 0
    return level / max(len(known) - standing, 1)


def beyond(frame: pd.DataFrame, p: str, low: str, high: str) -> Callable[[float], pd.Series]:
    """At a level, whether rows differ from zero; missing where that is not known.

    Parameters
    ----------
    p, low, high
        The column with p-values, or "" and the ends of intervals at 95 per cent.
    """

    def by_p(level: float) -> pd.Series:
        return frame[p].le(level).astype(object).mask(frame[p].isna())

    def by_interval(level: float) -> pd.Series:
        middle, half = (frame[low] + frame[high]) / 2, (frame[high] - frame[low]) / 2
        found = middle.abs() > half * reach(1 - level) / Z95
        return found.astype(object).mask(middle.isna())

    return by_p if p else by_interval


@dataclass(frozen=True)
class Standing:
    """How many others can be told to be higher or lower than one, and of how many; which ones."""

    higher: int
    lower: int
    others: int
    above: tuple[Any, ...] = field(default=(), repr=False)
    below: tuple[Any, ...] = field(default=(), repr=False)

    @property
    def told(self) -> str:
        """Which others there are: "both", "higher", "lower" or "none"."""
        if self.higher and self.lower:
            return "both"
        return "higher" if self.higher else "lower" if self.lower else "none"


def standing(values: pd.DataFrame, own: str) -> Standing | None:
    """Which others differ from one beyond chance, all pairs tested together (Holm, 5 per cent).

    All pairs, so that two places say the same of each other wherever they are told of.

    Parameters
    ----------
    values
        Index by code; `estimate` and `std_error`, taken as independent.

    Returns
    -------
    None where the one or its uncertainty is missing.

    Examples
    --------
    >>> frame = pd.DataFrame({"estimate": [0.0, 1, 9], "std_error": [1.0, 1, 1]}, list("abc"))
    >>> standing(frame, "a")
    Standing(higher=1, lower=0, others=2)
    """
    known, first, second, gap, apart = _pairs(values)
    if own not in known.index:
        return None
    place = known.index.get_loc(own)
    signs = np.where(first == place, 1, np.where(second == place, -1, 0)) * np.sign(gap) * apart
    other = np.where(first == place, second, first)
    above, below = (tuple(known.index[np.sort(other[signs == way])]) for way in (1, -1))
    return Standing(len(above), len(below), len(known) - 1, above, below)


def _pairs(values: pd.DataFrame) -> tuple[pd.DataFrame, Any, Any, Any, Any]:
    """The known rows, and of all pairs the first, the second, their gap, and whether it is sure."""
    known = values[["estimate", "std_error"]].astype(float).dropna()
    first, second = np.triu_indices(len(known), 1)
    middle, error = known["estimate"].to_numpy(), known["std_error"].to_numpy()
    gap = middle[second] - middle[first]
    from scipy import special

    p_values = 2 * special.ndtr(-np.abs(gap) / np.hypot(error[first], error[second]))
    return known, first, second, gap, holm(p_values) <= LEVEL


def pairs_apart(values: pd.DataFrame) -> tuple[int, int]:
    """How many pairs differ beyond chance, and of how many, all tested together as in `standing`.

    Examples
    --------
    >>> pairs_apart(pd.DataFrame({"estimate": [0.0, 1, 9], "std_error": [1.0, 1, 1]}))
    (2, 3)
    """
    apart = _pairs(values)[-1]
    return int(apart.sum()), len(apart)


def ends_apart(values: pd.DataFrame) -> bool:
    """Whether the highest of some differs from the lowest beyond chance, as one of all pairs.

    Parameters
    ----------
    values
        As in `standing`.

    Examples
    --------
    >>> ends_apart(pd.DataFrame({"estimate": [0.0, 1, 9], "std_error": [1.0, 1, 1]}))
    True
    """
    known = values[["estimate", "std_error"]].astype(float).dropna().sort_values("estimate")
    if len(known) < 2:
        return False
    pairs = len(known) * (len(known) - 1) / 2
    low, high = known.iloc[0], known.iloc[-1]
    error = np.hypot(low["std_error"], high["std_error"])
    return bool(high["estimate"] - low["estimate"] > reach(1 - LEVEL / pairs) * error)


def recovered(found: pd.DataFrame) -> str:
    """Whether intervals hold what simulated registers were made with: "all", "some" or "none".

    Parameters
    ----------
    found
        `low`, `high` and `truth`, in the same unit; a row per effect.

    Returns
    -------
    "" where a number is missing: hidden, or not known, as in a real register.

    Examples
    --------
    >>> recovered(pd.DataFrame({"low": [-1.0, 2], "high": [1.0, 3], "truth": [0.5, 4]}))
    'some'
    """
    if not len(found) or found[["low", "high", "truth"]].isna().any(axis=None):
        return ""
    inside = holding(found)
    return "all" if inside == len(found) else "some" if inside else "none"


def holds(found: pd.DataFrame) -> pd.Series:
    """Whether each interval holds the truth, of the rows of `recovered`."""
    return found["truth"].between(found["low"], found["high"])


def holding(found: pd.DataFrame) -> int:
    """How many intervals hold the truth, of the rows of `recovered`.

    >>> holding(pd.DataFrame({"low": [-1.0, 2], "high": [1.0, 3], "truth": [0.5, 4]}))
    1
    """
    return int(holds(found).sum())


def standing_out(rule: Judged, key: str, tested: str = "several") -> Fact:
    """Which effects stand out, `alone` or among `several`, with their directions, as running text.

    The exhibit has the words under `labels`, as `<code of the key>_more` and `…_fewer`.
    """

    def get(reader: Reader) -> str:
        rows = rule.rows(reader)
        rows = rows[rows[tested].eq(True)]
        signs = np.where(rows["effect"] > 0, "more", "fewer")
        there = reader.at(rule.label)
        found = zip(rows[key], signs, strict=True)
        return formats.listed([there.named("", f"{code}_{sign}") for code, sign in found])

    return Fact(get, "text")


def opening(rule: Callable[[Reader], str]) -> Mapping[str, Fact]:
    """`{opening}`: how the wording begins, which says whether the registers are simulated.

    The text has it under `labels`, as `<wording>_simulated` and `<wording>_register`.
    """
    return {"opening": Fact(lambda reader: f"{rule(reader)}_{reader.output.origin}", "name")}


def key_figures(*names: str) -> tuple[Sentence, ...]:
    """The numbers of a first page, as sentences `key-<name>`."""
    return tuple(Sentence(f"key-{name}") for name in names)


def any_shown(*references: str) -> Callable[[Any], str]:
    """What is told of numbers only where one of them is shown: "text" or ""."""
    return lambda reader: (
        "" if all(formats.is_missing(reader(one)) for one in references) else "text"
    )


def when(rule: Callable[[Reader], str], *wordings: str) -> Callable[[Any], str]:
    """A sentence said only with these wordings of another: "text" or ""."""
    return lambda reader: "text" if rule(reader) in wordings else ""
