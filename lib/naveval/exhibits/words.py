"""Norwegian texts of the reports: captions, alt texts, notes, sentences, labels.

They live in `report/texts/<study>/*.yml`, one file per section of the report, so that code carries
no prose; numbers enter through fields such as `{effect:nok}` (see `formats`).

Names of numbers in texts: `{tbl-2.effect[matched,inflow,with].p}`, with `:format` if wanted.

An exhibit's label, one of its values or facts, the keys of a row, and a part of the value: `se`,
`low`, `high`, `p`, or `size` for the number without its sign. Facts of the exhibit or sentence
itself, and what is common to a run, go by their bare name.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from naveval.exhibits.declare import PARTS, Exhibit, Fact, Report, Value
from naveval.project import formats, parameters, paths
from naveval.project.errors import ParameterError

HEADLINES = "headlines"
OF_PRINTED = ("published", "computed")
"""What sentences rest on that tell what a source prints, and what is worked out here of it."""
BESIDE = ("site.yml", "errata.yml", "definitions.yml")
"""Files of a study's texts that the site and the audit read, and its report does not."""


def files(study: str) -> list[Path]:
    """The files of texts that decide a study's report."""
    own = [file for file in paths.texts_dir(study).glob("*.yml") if file.name not in BESIDE]
    return [paths.texts_dir() / "common.yml", *sorted(own)]


def load(study: str) -> dict[str, Any]:
    """All texts of a study: `common.yml`, and over it those of the study's folder.

    Under `headlines`: which of them the site's front page shows.

    Raises
    ------
    ParameterError
        When a file is unreadable, two of the study's files define the same key, or the headlines
        are not as they should be.
    """
    common, *sections = files(study)
    own: dict[str, Any] = {}
    for file in sections:
        part = parameters.read_yaml(file)
        twice = sorted(set(part) & set(own))
        if twice:
            raise ParameterError(f"{file}: defined in another file too: {', '.join(twice)}")
        own |= part
    listed = own.get(HEADLINES, [])
    _require_headlines(listed, f"{paths.texts_dir(study)}: {HEADLINES}")
    return parameters.read_yaml(common) | own | {HEADLINES: listed}


def entry(texts: Mapping[str, Any], key: str) -> Any:
    """The text under a key; ParameterError names the key when there is none."""
    if key not in texts:
        raise ParameterError(f"no text «{key}» in report/texts")
    return texts[key]


def fill(template: str, values: Mapping[str, Any], key: str) -> str:
    """Fill a template; ParameterError names the text and the field at fault."""
    try:
        return formats.fill(template, values).strip()
    except (KeyError, ValueError, TypeError) as error:
        raise ParameterError(f"text «{key}»: cannot be filled: {error}") from None


def choose(texts: Mapping[str, Any], key: str, choice: str | None) -> str:
    """The template of a sentence, or the chosen one of several; "text" is the only one."""
    found = entry(texts, key)
    plain = isinstance(found, str) or "text" in found
    if choice is None or (choice == "text" and plain):
        if isinstance(found, str):
            return found
        if "text" not in found:
            raise ParameterError(f"text «{key}»: needs a choice of {', '.join(found['choose'])}")
        return found["text"]
    options = found.get("choose", {}) if isinstance(found, Mapping) else {}
    if choice not in options:
        raise ParameterError(
            f"text «{key}»: no choice «{choice}»; allowed: {', '.join(options) or 'none'}"
        )
    return options[choice]


def _require_headlines(listed: Iterable[Mapping[str, Any]], where: str) -> None:
    """Refuse what a study shows on the front page unless it names texts and their sentences.

    Raises
    ------
    ParameterError
        When an entry is not a mapping of text, sentences (places from 1; all without it),
        published and computed (wordings), and place (country or county).
    """
    for wanted in listed:
        places = wanted.get("sentences", [1])
        known = {"text"} <= set(wanted) <= {"text", "sentences", *OF_PRINTED, "place"}
        known &= wanted.get("place", "country") in ("country", "county")
        if not known or not places or not all(isinstance(n, int) and n > 0 for n in places):
            raise ParameterError(
                f"{where}: expected text, sentences (places from 1), published, "
                f"computed and place (country or county); found {wanted}"
            )


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
