"""What words, facts and pictures are made from: released rows, and values common to a run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from naveval.disclosure.counts import FEW, NOISY
from naveval.disclosure.released import Released
from naveval.exhibits import decimals, protect, words
from naveval.exhibits.declare import Exhibit, Fact, Report, Results, Sentence
from naveval.exhibits.output import Output
from naveval.project import formats
from naveval.project.errors import EstimationError, ParameterError

COMMON = "common"
"""Before the names of what is common to a run, in keys of numbers."""


@dataclass(frozen=True)
class Reader:
    """Released rows of a report, and its texts; what has not been released cannot be reached.

    Attributes
    ----------
    report, output
        What can be shown, and where with which texts.
    label
        The exhibit or sentence at hand.
    noisy
        Whether numbers that rest on fewer than ten protected persons can be seen: by pictures,
        which mark them. To facts, sentences and what is derived they are missing.
    told
        Key of every number told so far, to its value.
    """

    report: Report
    output: Output
    _results: Results = field(repr=False)
    label: str = ""
    noisy: bool = False
    told: dict[str, Any] = field(default_factory=dict, repr=False)
    _kept: dict[str, Released] = field(default_factory=dict, repr=False)
    _firm: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)

    def at(self, label: str) -> "Reader":
        """The reader of another exhibit or sentence."""
        return replace(self, label=label)

    def reads(self, results: Results) -> bool:
        """Whether these are the results that are read."""
        return self._results is results

    @property
    def parameters(self) -> Any:
        return self._results.parameters

    def released(self, label: str) -> Released:
        """What may leave of an exhibit; decided once for the same results."""
        if label not in self._kept:
            exhibit = self.report.exhibit(label)
            given = exhibit.data(self.at(label) if exhibit.derived else self._results)
            frame = given.frame if isinstance(given, Released) else given
            require_keys(exhibit, frame)
            self._kept[label] = protect.decide(
                given if isinstance(given, Released) else frame.reset_index(drop=True),
                exhibit.protect,
                label=label,
                keys=exhibit.keys,
                free=[name for name in exhibit.free if name in frame],
                errors=exhibit.errors,
                p_values=exhibit.p_values,
                estimated=exhibit.estimated,
                protection=self._results.protection,
            )
        return self._kept[label]

    def frame(self, label: str = "") -> pd.DataFrame:
        """Released rows of an exhibit, by default the one at hand; hidden numbers are missing."""
        label = label or self.label
        found = self.released(label)
        if self.noisy or found.marks.empty:
            return found.frame
        if label not in self._firm:
            unsure = found.marks.reindex_like(found.frame).isin([FEW, NOISY])
            self._firm[label] = found.frame.mask(unsure)
        return self._firm[label]

    @property
    def marks(self) -> pd.DataFrame:
        """Marks of the rows at hand, "few" or "noisy" at a number, else ""."""
        found = self.released(self.label)
        marks = found.marks.reindex_like(found.frame).astype("object").fillna("")
        return marks[shown_rows(self.report.exhibit(self.label), found.frame)]

    @property
    def rows(self) -> pd.DataFrame:
        """Released rows of the exhibit at hand that are shown."""
        return self.frame()[shown_rows(self.report.exhibit(self.label), self.frame())]

    @property
    def empty(self) -> bool:
        """Whether the exhibit at hand has values and all of them are hidden."""
        rows = self.rows
        values = [name for name in self.report.exhibit(self.label).values if name in rows]
        return bool(values) and not rows[values].notna().to_numpy().any()

    def __call__(self, reference: str) -> Any:
        """The number that a text would name so; missing when hidden."""
        return self.look_up(reference).value

    def look_up(self, name: str) -> formats.Formatted:
        """A field of a text: a reference, a fact of the one at hand, or what is common."""
        found = words.read(self.report, name)
        if found is None:
            fact = self._facts().get(name)
            value = self._told(fact) if fact else self.common(name)
            return self._formatted(value, (fact or self.report.common[name]).format)
        if found.fact:
            there = self.at(found.exhibit.label)
            return there._formatted(there._told(found.fact), found.fact.format)
        row = one(self.frame(found.exhibit.label), found)
        value = row.get(found.column, np.nan)
        value = abs(value) if found.part == words.SIZE else value
        return self._formatted(
            value, decimals.known(found.exhibit, found.column, row, found.format)
        )

    def _told(self, fact: Fact) -> Any:
        """What a fact says; missing where it looks for the first or last of rows all hidden."""
        try:
            return fact.get(self)
        except IndexError:
            if not self.empty:
                raise
            return np.nan

    def common(self, name: str) -> Any:
        """A value of the run that concerns no person.

        Raises
        ------
        ParameterError
            When the report has none of that name.
        """
        if name not in self.report.common:
            known = [*self._facts(), *self.report.common]
            raise ParameterError(f"no «{name}»; there are {', '.join(known)}")
        return self.report.common[name].get(self._results)

    def _facts(self) -> Mapping[str, Fact]:
        sentences = {one.label: one for one in every_sentence(self.report)}
        if self.label in sentences:
            return sentences[self.label].facts
        return self.report.exhibit(self.label).facts if self.report.has(self.label) else {}

    def _formatted(self, value: Any, kind: str) -> formats.Formatted:
        if kind in words.NAMES:
            return formats.Formatted(self.by_format(kind, str(value)), "text")
        return formats.Formatted(value, kind)

    def by_format(self, kind: str, code: str) -> str:
        """The name of a code whose format is "name", or the meaning of a "parameter"."""
        if kind == "parameter":
            return str(self.output.texts.get("parameters", {}).get(code, ""))
        return self.named("", code)

    def named(self, key: str, code: str) -> str:
        """The name of a code of a key: the exhibit's own, the study's, or by a function.

        A label `<key>_<code>` goes before one of the code alone, which other keys may have too. A
        number has only labels of its key: month 1 is not the group of countries that is called 1.
        """
        codes = self.report.codes.get(key)
        for place in (self.label, "names"):
            entry = self.output.texts.get(place)
            labels = entry.get("labels", {}) if isinstance(entry, Mapping) else {}
            alone = () if code.isdigit() else (code,)
            found = [name for name in (f"{key}_{code}", *alone) if name in labels]
            if found:
                return self.fill(str(labels[found[0]]))
            if callable(codes):
                return codes(code)
        raise ParameterError(f"text «{self.label}» or «names»: no label «{code}»")

    def fill(self, template: str) -> str:
        """Fill a template; what is missing shows as such."""
        return formats.plain(self.keyed(template)[0])

    def keyed(self, template: str) -> tuple[str, bool]:
        """A template filled, its numbers with keys, and whether one of them is missing."""
        given = Fields(self)
        text = words.fill(template, given, self.label)
        return text, any(formats.is_missing(value) for value in given.used)

    def key(self, name: str) -> str:
        """The key of a field: its reference, or where its bare name is declared."""
        if words.REFERENCE.fullmatch(name):
            return name
        return f"{self.label if name in self._facts() else COMMON}.{name}"


class Fields(Mapping[str, Any]):
    """The fields of a text as a mapping, looked up when they are used."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.used: list[Any] = []

    def __getitem__(self, name: str) -> Any:
        if name == "place":
            return self.reader.output.place
        found, key = self.reader.look_up(name), self.reader.key(name)
        self.used.append(found.value)
        self.reader.told[key] = found.value
        return replace(found, key=key)

    def __iter__(self) -> Iterator[str]:
        return iter(("place", *self.reader.report.common))

    def __len__(self) -> int:
        return 1 + len(self.reader.report.common)


def every_sentence(report: Report) -> list[Sentence]:
    """All sentences of a report, those that follow others included."""
    return [one for top in report.sentences for one in top.all()]


def require_keys(exhibit: Exhibit[Any], frame: pd.DataFrame) -> None:
    """Raise EstimationError unless the frame has what is declared, one row per key."""
    lacking = {*exhibit.keys, *exhibit.values} - set(frame.columns)
    lacking -= {name for name, value in exhibit.values.items() if value.of}
    if lacking:
        raise EstimationError(
            f"{exhibit.label}: the data lacks {', '.join(sorted(lacking))}; "
            f"it has {', '.join(map(str, frame.columns))}"
        )
    twice = frame[frame.duplicated(list(exhibit.keys), keep=False)]
    if len(twice):
        first = twice[list(exhibit.keys)].iloc[0].to_dict()
        raise EstimationError(f"{exhibit.label}: {len(twice)} rows share a key, first {first}")


def shown_rows(exhibit: Exhibit[Any], frame: pd.DataFrame) -> pd.Series:
    """Which of the released rows are shown."""
    shown = pd.Series(True, index=frame.index)
    for key, codes in exhibit.only.items():
        shown &= frame[key].isin(codes)
    return shown


def one(frame: pd.DataFrame, reference: words.Reference) -> dict[Any, Any]:
    """The row of a reference in its exhibit's frame; empty where there is no such row."""
    here = pd.Series(True, index=frame.index)
    for key, code in zip(reference.exhibit.keys, reference.keys, strict=True):
        here &= frame[key].astype(str) == code
    found = frame[here]
    return dict(zip(found.columns, found.iloc[0], strict=True)) if len(found) else {}
