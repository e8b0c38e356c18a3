"""What the columns of downloads hold: heading, unit and kind, by the exhibit's declaration.

Files of a result folder have every column of the data. Readers get those that are declared: keys,
values with their parts, numbers of persons that the protection names, marks, and what a study's
`variables` add. Nothing is named by a guess: a column without words is a fault that tests find.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from naveval.disclosure import counts
from naveval.exhibits.declare import Exhibit, Value
from naveval.exhibits.protect import Descriptive, Model, Together
from naveval.exhibits.rows import CARRIED, PUBLISHED, counted
from naveval.exhibits.show import UNSAID
from naveval.publishing import markdown

ORIGIN = "origin"
PRINTED = "published_columns"
"""Of a file with simulated numbers: the names of its columns that are the source's own."""
MARKS = (f"_{counts.FEW}", f"_{counts.NOISY}")
PERSONS = "persons"
SOFT_HYPHEN = "\u00ad"
PARTS = ("se", "low", "high", "p")
FORMAT_UNITS = {
    "nok": "NOK",
    "thousand": "NOK",
    "pct": "percent",
    "share": "share",
    "hundred": "share",
    "pp": "share",
    "chance": "probability",
    "size": "share",
    "p": "p-value",
    "in_months": "months",
    "in_weeks": "weeks",
}
"""Formats of numbers to units, for values that are not in the estimates and so declare none."""


@dataclass(frozen=True)
class Column:
    """A column of a download.

    Attributes
    ----------
    title
        Heading in sheets and JSON-stat; "" where there are no words for it.
    means
        What it holds, where that is more than the heading.
    unit
        Unit in Norwegian; "" for text.
    """

    title: str
    means: str = ""
    unit: str = ""

    @property
    def head(self) -> str:
        """The heading with the unit of the cells, which a report's own may show otherwise.

        >>> Column("Netto nytte, tusen kroner", unit="kroner").head
        'Netto nytte, tusen kroner (kroner)'
        >>> Column("Ventetid, måneder", unit="måneder").head
        'Ventetid, måneder'
        """
        title, unit = self.title.casefold(), self.unit.casefold()
        told = not unit or title in ("", unit) or title.endswith((f", {unit}", f"({unit})"))
        return self.title if told else f"{self.title} ({self.unit})"


@dataclass(frozen=True)
class Words:
    """Words on columns: of the study's texts, and those common to all studies.

    `texts` may say more in `variables` and, of one exhibit, in its `data`; `common` is
    `downloads.yml`. An entry is a heading, or a `title` with its `unit`.
    """

    texts: Mapping[str, Any]
    common: Mapping[str, Any]
    label: str = ""
    place: str = ""

    def at(self, label: str) -> "Words":
        """The words on an exhibit."""
        return replace(self, label=label)

    def given(self, part: str) -> Mapping[str, Any]:
        """What the exhibit's own texts say in a part of them."""
        entry = self.texts.get(self.label, {})
        return entry.get(part, {}) if isinstance(entry, Mapping) else {}

    def meaning(self, name: str) -> str:
        """What a column holds by its name alone; "" when unknown."""
        found = self._entry(name)
        if found and "title" in found:
            return str(found["title"])
        for kind, cut in (("suffixes", str.removesuffix), ("prefixes", str.removeprefix)):
            for part, template in self.common.get(kind, {}).items():
                rest = self._entry(cut(name, part)) if cut(name, part) != name else None
                if rest and "title" in rest:
                    return str(template.format(rest=rest["title"]))
        return ""

    def unit(self, name: str) -> str:
        """Unit of a column by its name alone, in English; "" when none is given."""
        found = self._entry(name)
        return str(found.get("unit", "")) if found else ""

    def own_unit(self, name: str) -> str:
        """Unit of a column by the study's own words; "" when they give none."""
        found = (self.given("data").get(name), self.texts.get("variables", {}).get(name))
        units = [one.get("unit", "") for one in found if isinstance(one, Mapping)]
        return next(filter(None, map(str, units)), "")

    def plain(self, title: str) -> str:
        """A title of a table's column without mark-up, on one line."""
        return markdown.plain(title).replace("{place}", self.place).replace(SOFT_HYPHEN, "")

    def own(self, name: str) -> bool:
        """Whether the study itself gives a column a unit, and so shows it undeclared."""
        return bool(self.own_unit(name))

    def _entry(self, name: str) -> Mapping[str, Any] | None:
        places = (self.given("data"), self.texts.get("variables", {}), self.common["variables"])
        found = [place[name] for place in places if name in place]
        every = [{"title": one} if isinstance(one, str) else one for one in found]
        return {k: v for one in reversed(every) for k, v in one.items()} if every else None

    def unit_name(self, unit: str) -> str:
        return str(self.common["units"].get(unit, unit))


def of_estimates(texts: Mapping[str, Any], common: Mapping[str, Any], place: str = "") -> Words:
    """The words on estimates.csv: those common to all studies, and what a study's own say else."""
    data = {**common["estimates"], **texts.get("estimates", {}).get("data", {})}
    return Words({**texts, "estimates": {"data": data}}, common, "estimates", place)


def persons(exhibit: Exhibit[Any]) -> set[str]:
    """Columns that hold numbers of persons, as values or the protection declare them."""
    how = exhibit.protect
    found = {
        value.of or name
        for name, value in exhibit.values.items()
        if all(kind.unit == PERSONS for kind in value.every_kind())
    }
    found |= {counted(exhibit, name) for name in exhibit.values}
    if isinstance(how, Descriptive | Together):
        found |= {how.count} if isinstance(how.count, str) else {*how.count.values()}
    if isinstance(how, Descriptive):
        found |= {*how.counts}
    if isinstance(how, Model):
        found |= {*how.n}
    return found - {""}


def parts(exhibit: Exhibit[Any]) -> dict[str, tuple[str, str, Value]]:
    """Declared columns of numbers to the value they belong to, which part of it, and it itself."""
    found: dict[str, tuple[str, str, Value]] = {}
    for name, value in exhibit.values.items():
        found.setdefault(value.of or name, (value.of or name, "", value))
    for name, value in exhibit.values.items():
        for kind in value.every_kind():
            for part in (*PARTS, "published"):
                if column := getattr(kind, part):
                    found.setdefault(column, (value.of or name, part, value))
    return found


def printed(exhibit: Exhibit[Any] | None, head: Sequence[str]) -> tuple[str, ...]:
    """Columns with the source's own numbers, in a file that has others beside them."""
    values = {name: one[2] for name, one in (parts(exhibit) if exhibit else {}).items()}
    found = {name for name in head if name in values and values[name].source == PUBLISHED}
    others = found < {name for name in head if name in values}
    return tuple(name for name in head if name in found) if others else ()


def declared(exhibit: Exhibit[Any]) -> list[str]:
    """Every column that an exhibit declares, whatever a run has of them."""
    return list(dict.fromkeys([*exhibit.keys, *parts(exhibit), *sorted(persons(exhibit))]))


def kept(exhibit: Exhibit[Any], head: Sequence[str], words: Words) -> list[str]:
    """Columns of an exhibit's file that readers get, in its order."""
    words = words.at(exhibit.label)
    known = {*exhibit.keys, *parts(exhibit), *persons(exhibit), *CARRIED, *UNSAID, ORIGIN}
    bases = {name for name in head if name in known or words.own(name)}
    return [name for name in head if name in bases or base(name) in bases]


def base(name: str) -> str:
    """The column that a mark is about; "" for what is no mark."""
    return next((name.removesuffix(mark) for mark in MARKS if name.endswith(mark)), "")


def described(exhibit: Exhibit[Any] | None, head: Sequence[str], words: Words) -> dict[str, Column]:
    """Heading and unit of each column.

    A heading is the one of the exhibit's own table; where two columns would share one, or there
    is none, what the column holds by its declaration.
    """
    words = words.at(exhibit.label) if exhibit else words
    titles, more = words.given("columns"), words.given("data")
    means = {name: _means(exhibit, name, words) for name in head}
    own = {
        name: words.plain(_title(more.get(name, "")) or _title(titles.get(name, "")))
        for name in head
    }
    used = [own[name] or means[name] for name in head]
    found = {}
    for name in head:
        title = own[name] or means[name]
        if used.count(title) > 1:
            title = means[name] or title
        found[name] = Column(title, means[name], words.unit_name(unit(exhibit, name, words)))
    return found


def _title(given: Any) -> str:
    return str(given.get("title", "") if isinstance(given, Mapping) else given)


def _means(exhibit: Exhibit[Any] | None, name: str, words: Words) -> str:
    if base(name):
        mark = name.removeprefix(base(name))
        about = _means(exhibit, base(name), words)
        return str(words.common["marks"][mark].format(rest=about)) if about else ""
    if found := words.meaning(name):
        return found
    of, part, _ = (parts(exhibit) if exhibit else {}).get(name, ("", "", None))
    about = words.meaning(of) if part else ""
    return str(words.common["parts"][part].format(rest=about)) if about else ""


def unit(exhibit: Exhibit[Any] | None, name: str, words: Words) -> str:
    """The unit of a column, in English; "" for text and where none is declared.

    The study's own words go before the declaration, and that before words common to all studies.
    """
    if base(name):
        return "yes or no"
    if exhibit is None or name in exhibit.keys or name == ORIGIN:
        return words.unit(name)
    if found := words.own_unit(name) or _declared_unit(exhibit, name, words):
        return found
    value = parts(exhibit).get(name, ("", "", None))[2]
    text = value is not None and all(kind.format in TEXTS for kind in value.every_kind())
    return "" if text else words.unit(name)


def _declared_unit(exhibit: Exhibit[Any], name: str, words: Words) -> str:
    if name in persons(exhibit):
        return PERSONS
    _, part, value = parts(exhibit).get(name, ("", "", None))
    if value is None or part == "p":
        return "p-value" if part == "p" else ""
    units = list(dict.fromkeys(_unit(kind) for kind in value.every_kind()))
    if units != [""]:
        return " / ".join(words.unit_name(one) for one in units if one)
    told = name.removesuffix("_printed").removeprefix("printed_")
    return unit(exhibit, told, words) if told != name and value.source == "published" else ""


def _unit(value: Value) -> str:
    if value.unit:
        return value.unit
    bare = value.format.removesuffix("_s")
    return FORMAT_UNITS.get(bare) or FORMAT_UNITS.get(bare.rstrip("0123456789"), "")


def untold(exhibit: Exhibit[Any], head: Sequence[str], words: Words) -> list[str]:
    """Columns that have no heading or share one, and numbers without a unit: none should be."""
    shown = kept(exhibit, head, words)
    found = described(exhibit, shown, words)
    titles = [column.title for column in found.values()]
    numbers = {name: value for name, (_, _, value) in parts(exhibit).items() if name in found}
    unitless = {
        name
        for name, value in numbers.items()
        if not found[name].unit and any(kind.format not in TEXTS for kind in value.every_kind())
    }
    return [
        name
        for name in shown
        if not found[name].title or titles.count(found[name].title) > 1 or name in unitless
    ]


TEXTS = ("text", "month", "name", "parameter")
