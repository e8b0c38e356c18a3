"""Names of numbers in texts: `{tbl-2.effect[matched,inflow,with].p}`, with `:format` if wanted.

An exhibit's label, one of its values or facts, the keys of a row, and a part of the value: `se`,
`low`, `high`, `p`, or `size` for the number without its sign. Facts of the exhibit or sentence
itself, and what is common to a run, go by their bare name.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from naveval.exhibits.declare import PARTS, Exhibit, Fact, Report, Value
from naveval.project import formats
from naveval.project.errors import ParameterError

REFERENCE = re.compile(r"([a-z]+-[\w-]+)\.(\w+)(?:\[([^\]]*)\])?(?:\.(\w+))?")
SIZE = "size"
NAMES = ("name", "parameter")


@dataclass(frozen=True)
class Reference:
    """A number named in a text: of an exhibit, which value or fact, of which row, which part."""

    exhibit: Exhibit[Any]
    name: str
    keys: tuple[str, ...] = ()
    part: str = ""

    @property
    def fact(self) -> Fact | None:
        return self.exhibit.facts.get(self.name) if not self.keys else None

    @property
    def value(self) -> Value:
        return self.exhibit.values[self.name].kind(
            dict(zip(self.exhibit.keys, self.keys, strict=True))
        )

    @property
    def column(self) -> str:
        """The column of the released frame that holds the number."""
        value = self.value
        if self.part in PARTS:
            return str(getattr(value, self.part))
        return value.of or self.name

    @property
    def format(self) -> str:
        """How the number is shown unless the text says otherwise."""
        return self.fact.format if self.fact else part_format(self.value, self.part)


def part_format(value: Value, part: str) -> str:
    """Format of a value's part, with the decimals of the value itself."""
    if part == "p":
        return "p"
    if not part:
        return value.format
    return formats.bare(value.format, signed=part in ("low", "high"))


def read(report: Report, text: str) -> Reference | None:
    """What a field of a text refers to; None for a bare name.

    Raises
    ------
    ParameterError
        For an exhibit, value, fact, key or part that is not declared.
    """
    found = REFERENCE.fullmatch(text)
    if found is None:
        return None
    label, name, keys, part = found[1], found[2], found[3], found[4] or ""
    reference = Reference(
        report.exhibit(label), name, tuple(keys.split(",")) if keys is not None else (), part
    )
    fault = _fault(report, reference)
    if fault:
        raise ParameterError(f"«{text}»: {fault}")
    return reference


def _fault(report: Report, reference: Reference) -> str:
    exhibit = reference.exhibit
    if reference.fact:
        return f"the fact has no part {reference.part}" if reference.part else ""
    if reference.name not in exhibit.values:
        return f"no value or fact; there are {', '.join([*exhibit.values, *exhibit.facts])}"
    if len(reference.keys) != len(exhibit.keys):
        return f"expected a code for each of {', '.join(exhibit.keys)}"
    for key, code in zip(exhibit.keys, reference.keys, strict=True):
        fault = code_fault(report.codes, key, code)
        if fault:
            return fault
    value = reference.value
    known = [part for part in PARTS if getattr(value, part)]
    if reference.part not in ("", SIZE, *known):
        return f"no part {reference.part}; there are {', '.join([*known, SIZE])}"
    return ""


def code_fault(codes: Mapping[str, Any], key: str, code: str) -> str:
    """Why a text cannot name a code; "" when it can."""
    allowed = codes.get(key)
    if not isinstance(allowed, Sequence):
        return f"{key} has no list of codes that a text may name"
    return "" if code in allowed else f"{key} has no code {code}; there are {', '.join(allowed)}"
