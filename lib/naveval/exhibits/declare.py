"""How a report's numbers are declared, once each: exhibits, sentences, and what they are made of.

`design.md` beside this file shows how.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Generic, Literal, Self, TypeVar

import pandas as pd

from naveval.disclosure.decisions import Protection
from naveval.exhibits.protect import Derived, Protect
from naveval.project.errors import ParameterError

PARTS = {
    "se": "std_error",
    "low": "ci_low",
    "high": "ci_high",
    "p": "p_value",
}
"""Parts of a value to columns of estimates.csv."""


@dataclass(frozen=True)
class Results:
    """Base of a study's results: a frozen dataclass, its parameters among the fields."""

    parameters: Any

    @property
    def protection(self) -> Protection | None:
        """Of the panel that all descriptive numbers come from; None without one."""
        return None

    def but(self, **changes: Any) -> Self:
        """The results with some of them replaced.

        Raises
        ------
        ParameterError
            For an unknown name, another type, or a frame that lacks columns of the one it replaces.
        """
        known = [one.name for one in fields(self)]
        for name, new in changes.items():
            if name not in known:
                raise ParameterError(f"results have no {name}; they have {', '.join(known)}")
            old = getattr(self, name)
            if old is not None and not isinstance(new, type(old)):
                raise ParameterError(
                    f"results.{name}: expected {type(old).__name__}, got {type(new).__name__}"
                )
            lacking = [c for c in getattr(old, "columns", ()) if c not in new.columns]
            if lacking:
                raise ParameterError(
                    f"results.{name}: lacks columns {', '.join(map(str, lacking))}"
                )
        return replace(self, **changes)


R = TypeVar("R", bound=Results)


@dataclass(frozen=True)
class Value:
    """What a number is.

    Attributes
    ----------
    format
        Name in `project.formats`, or "name" for a code that is shown by its name.
    unit
        Unit in estimates.csv; "" leaves the number out of it.
    at
        Row and column of the table where one row of data gives several rows.
    of
        Column with the number where that is not the value's own name, as when a second method
        gives another interval for the same estimate.
    se, low, high, p
        Columns with standard error, interval and p-value.
    published
        Column with the printed number, where `published.yml` does not give it.
    estimand, method
        Text for estimates.csv; a method may be the name of a column that tells.
    by, kinds
        A key that decides what the number is, and what it is for each of its codes.
    source
        "": rests on persons. "published", "drawn" and "design" do not, whatever the exhibit.
    """

    format: str = "text"
    unit: str = ""
    at: tuple[str, str] = ("", "")
    of: str = ""
    se: str = ""
    low: str = ""
    high: str = ""
    p: str = ""
    published: str = ""
    estimand: str = "effect"
    method: str = ""
    by: str = ""
    kinds: Mapping[str, "Value"] = field(default_factory=dict)
    source: Literal["", "published", "drawn", "design"] = ""

    def kind(self, row: Mapping[str, Any]) -> "Value":
        """The value as it is in a row."""
        return self.kinds[str(row[self.by])] if self.by else self

    def every_kind(self) -> tuple["Value", ...]:
        return tuple(self.kinds.values()) if self.by else (self,)


@dataclass(frozen=True)
class Fact:
    """A number that follows from an exhibit's released rows, or is common to a run.

    `get` is called with the exhibit's Reader; for what is common to a run, with its results.
    """

    get: Callable[[Any], Any]
    format: str = "int"
    unit: str = ""
    estimand: str = ""


@dataclass(frozen=True)
class Table:
    """Markdown table: keys that name rows, keys that spread over columns, values shown once.

    Without `rows` they are all keys that are not spread, in the exhibit's order. `joined` are keys
    of rows that are told in one cell, in the column of the first of them. Of more than `longest`
    rows the report shows the first; all are in the data that readers take with them.
    """

    rows: tuple[str, ...] = ()
    spread: tuple[str, ...] = ()
    once: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    longest: int | None = None


@dataclass(frozen=True)
class Lines:
    """Lines of values along a key, one per value or per code of the key `by`.

    `panels` is a key, `band` two value columns (panels then share their axis), `mark` a common
    value on the x axis whose name is the label `mark`; `zero` starts the axis at zero. What needs
    more is a Picture.
    """

    x: str
    y: tuple[str, ...]
    by: str = ""
    panels: str = ""
    band: tuple[str, ...] = ()
    mark: str = ""
    zero: bool = False
    decimals: int | None = None
    height: float = 3.4


@dataclass(frozen=True)
class Intervals:
    """A point with its interval per code of a key, the first set apart when `own`."""

    y: str
    value: str
    panels: str = ""
    own: bool = True
    height: float = 3.8


@dataclass(frozen=True)
class Bars:
    """Horizontal bars, one per code of a key in the order of the rows, coloured by an attribute."""

    y: str
    value: str
    color: str = ""
    height: float = 5.0
    decimals: int = 0


@dataclass(frozen=True)
class Picture:
    """A drawing of the exhibit's own: `draw(reader)` gives the figure, from released rows only."""

    draw: Callable[[Any], Any]


View = Table | Lines | Intervals | Bars | Picture


@dataclass(frozen=True)
class When(Generic[R]):
    """When something is shown, and the key of the text that says why it is not, if anything."""

    holds: Callable[[R], bool]
    otherwise: str = ""


@dataclass(frozen=True)
class Exhibit(Generic[R]):
    """A table or figure and everything that decides what it says.

    Attributes
    ----------
    label
        `tbl-…` or `fig-…`, with the document's own number where it has one.
    data
        Results (or, for `Derived`, the Reader) to a frame in codes: no Norwegian, no rounding.
    keys
        Columns that together name a row, in the order in which references give them.
    values
        Column to what the number is.
    protect
        The kind of numbers, which decides how they are protected and what is said of them.
    view
        How it is shown: as a table when not said; None for what is released without being drawn.
    facts
        Numbers that follow from the released rows, by the name that texts use.
    only
        Key to the codes that are shown where more is released.
    when
        Whether it is shown at all.
    finding
        Which of the wordings under `finding` is the title; None for the only one, `told`.
    """

    label: str
    data: Callable[[Any], pd.DataFrame]
    keys: tuple[str, ...]
    values: Mapping[str, Value]
    protect: Protect
    view: View | None = Table()
    facts: Mapping[str, Fact] = field(default_factory=dict)
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    when: When[R] | None = None
    finding: Callable[[Any], str] | None = None

    @property
    def derived(self) -> bool:
        """Whether the data come from rows that other exhibits have released."""
        return isinstance(self.protect, Derived)

    @property
    def rows(self) -> tuple[str, ...]:
        """Keys that name the rows of a table."""
        assert isinstance(self.view, Table)
        return self.view.rows or tuple(key for key in self.keys if key not in self.view.spread)

    @property
    def free(self) -> tuple[str, ...]:
        """Columns of values that no person stands behind."""
        return tuple(
            column
            for name, value in self.values.items()
            for column in (name, value.se, value.low, value.high, value.p)
            if column and value.source
        )

    @property
    def errors(self) -> dict[str, str]:
        """Columns of numbers and limits to the column with the standard error of the number."""
        every = [(name, one) for name, value in self.values.items() for one in value.every_kind()]
        found = {one.of or name: one.se for name, one in every if one.se}
        return {
            column: se
            for name, one in every
            for column in (one.of or name, one.low, one.high)
            if column and (se := one.se or found.get(one.of or name, ""))
        }

    @property
    def estimated(self) -> tuple[str, ...]:
        """Columns of values that have an interval or a test, and of their limits."""
        every = [(name, one) for name, value in self.values.items() for one in value.every_kind()]
        tested = [(name, one) for name, one in every if one.se or one.low or one.p]
        return tuple(
            column for name, one in tested for column in (one.of or name, one.low, one.high)
        )

    @property
    def p_values(self) -> tuple[str, ...]:
        """Columns of p-values, those with a value of their own included."""
        every = [(name, one) for name, value in self.values.items() for one in value.every_kind()]
        own = [name for name, one in every if one.format == "p"]
        return tuple(dict.fromkeys([*own, *(one.p for _, one in every if one.p)]))


@dataclass(frozen=True)
class Sentence:
    """A paragraph or part of one.

    Attributes
    ----------
    label
        Key of the text: `text`, or `choose` with wordings, and `hidden` for when a number is.
    choose
        Reader to the wording; "" leaves the sentence out.
    facts
        As for exhibits.
    then
        Sentences that go on in the same paragraph, unless this one is hidden.
    """

    label: str
    choose: Callable[[Any], str] | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)
    then: tuple["Sentence", ...] = ()

    def all(self) -> list["Sentence"]:
        """The sentence and those that follow it."""
        return [self, *(one for after in self.then for one in after.all())]


Codes = Sequence[str] | Callable[[str], str]


@dataclass(frozen=True)
class Report:
    """All that a study's report can show, as `REPORT` in `studies/<study>/exhibits`.

    Attributes
    ----------
    study
        Name of the study.
    exhibits, sentences
        In the order of the report.
    common
        Values of a run that concern no person; `get` takes the results.
    codes
        Key to its codes, or to a function that names a code.
    printed
        Whether the document's printed numbers are about a run with these parameters.
    menus
        Figures that menus in Jupyter redraw for any county.
    """

    study: str
    exhibits: tuple[Exhibit[Any], ...]
    sentences: tuple[Sentence, ...]
    common: Mapping[str, Fact]
    codes: Mapping[str, Codes]
    printed: Callable[[Any], bool] = lambda _: False
    menus: tuple[str, ...] = ()

    def exhibit(self, label: str) -> Exhibit[Any]:
        """The exhibit of a label; ParameterError lists the labels there are."""
        return _named({one.label: one for one in self.exhibits}, label, f"exhibit of {self.study}")

    def sentence(self, label: str) -> Sentence:
        """The sentence of a label; ParameterError lists the labels there are."""
        found = {one.label: one for one in self.sentences}
        return _named(found, label, f"sentence of {self.study}")

    def has(self, label: str) -> bool:
        """Whether there is an exhibit of this label."""
        return any(one.label == label for one in self.exhibits)


Named = TypeVar("Named")


def _named(found: Mapping[str, Named], label: str, kind: str) -> Named:
    if label not in found:
        raise ParameterError(f"no {kind} is called «{label}»; there are {', '.join(found)}")
    return found[label]
