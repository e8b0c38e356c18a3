"""No finding is typed into the texts of the reports: numbers come through fields."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from naveval.exhibits import words
from naveval.project import catalogue, parameters
from naveval.publishing.audit import numbers
from naveval.publishing.audit.numbers import Known

ROOT = Path(__file__).parent.parent
FILES = sorted(file for study in catalogue.names() for file in words.files(study)[1:])
FIELD = re.compile(r"\{[^{}]*\}|@(?:fig|tbl|sec)-[\w-]+")
"""Filled in when the text is shown, references to exhibits too."""
NAMES = {"labels", "columns", "title", "format", "names", "parameters"}
"""Parts of the texts that name things and state no findings."""


def typed(template: str, phrases: tuple[str, ...] = ()) -> list[str]:
    """Numbers typed into a text instead of filled in from the estimates."""
    ordered = tuple(sorted(phrases, key=len, reverse=True))
    return numbers.typed(FIELD.sub(" ", template), Known(np.array([]), ordered))


def sentences(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, part in node.items():
            if key not in NAMES:
                yield from sentences(part)
    elif isinstance(node, list):
        for part in node:
            yield from sentences(part)
    elif isinstance(node, str):
        yield node


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_no_number_is_typed_into_a_text(file: Path) -> None:
    listed = parameters.read_yaml(ROOT / "report" / "definitions.yml")
    own = file.with_name("definitions.yml")
    phrases = parameters.read_yaml(own)["phrases"] if own.exists() else []
    phrases = tuple(phrases + listed["common"] + listed["texts"])
    texts = sentences(parameters.read_yaml(file))
    found = {text: numbers for text in texts if (numbers := typed(text, phrases))}
    assert not found, (
        f"{file.name}: numbers typed into texts; use a field, or list the phrase in "
        f"report/definitions.yml: {found}"
    )


@pytest.mark.parametrize(
    ("template", "left"),
    [
        ("Andelen er {share:pct1} etter 12 måneder.", []),
        ("Andelen er 12,3 prosent.", ["12,3"]),
        ("Intervall på 95 prosent, i år 2 og 3, for 0–6 mot 6–12 måneder.", []),
        ("Intervaller på 50, 80 og 95 prosent (2 av 3).", []),
        ("Det gjelder 4 812 personer.", ["4 812"]),
        ("Virkningen er 3 prosentpoeng.", ["3"]),
        ("Over 0,1 regnes som stor.", ["0,1"]),
    ],
)
def test_typed_numbers_are_found(template: str, left: list[str]) -> None:
    assert typed(template) == left
