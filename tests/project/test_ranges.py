"""Ranges that collapse and bounds that are zero: in every text that has one, and by hand."""

import itertools
import re
from collections.abc import Iterator
from typing import Any

import pytest

from naveval.project import formats, paths
from naveval.project.parameters import read_yaml
from naveval.project.ranges import settle
from naveval.publishing.audit import numbers

ENDS = re.compile(r"\b(?P<open>fra|mellom) \{[^{}]*\} (?P<and>til|og) \{[^{}]*\}", re.IGNORECASE)
SAME = r'\g<open> [1,2]{key="k"} \g<and> [1,2]{key="k"}'
MOVING = re.compile(r"\b(?:går|gikk)\b[^.,:;\[]*\bfra \[1,2")


def texts() -> Iterator[tuple[str, str]]:
    """Every template of the reports and the site that has fields, with where it stands."""

    def within(node: Any, where: str) -> Iterator[tuple[str, str]]:
        if isinstance(node, dict):
            for key, value in node.items():
                yield from within(value, f"{where}/{key}")
        elif isinstance(node, list):
            for number, value in enumerate(node):
                yield from within(value, f"{where}/{number}")
        elif isinstance(node, str) and "{" in node:
            yield where, node

    for file in sorted(paths.texts_dir().rglob("*.yml")):
        yield from within(read_yaml(file), str(file.relative_to(paths.texts_dir())))


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("Anslagene går fra −7,2 til −7,2 med.", "Anslagene er −7,2 med."),
        ("Her gikk andelen fra 3,0 % til 3,0 %.", "Her var andelen 3,0 %."),
        ("går fra 7,5 timer for AFT til 7,5 for AFT.", "er 7,5 timer for AFT."),
        ("går fra 7,5 for AFT til 7,5 for AMO.", "går fra 7,5 for AFT til 7,5 for AMO."),
        ("trolig mellom −0,1 og −0,1 timer", "trolig om lag −0,1 timer"),
        ("Trolig mellom 5 og 5 prosent", "Trolig om lag 5 prosent"),
        ("ligger mellom 3,1 og 3,1", "ligger på om lag 3,1"),
        ("De kan vare fra 2 til 2 år", "De kan vare 2 år"),
        ("svinger 1,2 til 1,2 prosent", "svinger 1,2 prosent"),
        ("fulgt fra 2016 til 2016", "fulgt i 2016"),
        ("opptil 0,00 timer", "mindre enn 0,005 timer"),
        ("inntil 0 måneder", "mindre enn 0,5 måneder"),
        ("fra −7,2 til 7,2", "fra −7,2 til 7,2"),
        ("fra 1,2 til 1,25", "fra 1,2 til 1,25"),
        ("fra 11,2 til 1,2", "fra 11,2 til 1,2"),
        ("3,0 og 3,0 prosent", "3,0 og 3,0 prosent"),
        ("opptil 0,05 timer", "opptil 0,05 timer"),
        ("1\u202f200 til 200", "1\u202f200 til 200"),
    ],
)
def test_a_range_that_collapses_is_one_number(given: str, wanted: str) -> None:
    assert settle(given) == wanted


def test_numbers_keep_their_keys() -> None:
    value = formats.Formatted(-0.04, "num1", "tbl-a.low")
    other = formats.Formatted(-0.02, "num1", "tbl-a.high")
    found = formats.fill("går fra {a} til {b}, opptil {a}", {"a": value, "b": other})
    assert found == 'er [0,0]{key="tbl-a.low"}, [mindre enn 0,05]{key="tbl-a.low"}'
    assert numbers.reads("mindre enn 0,05", 0.04)
    assert not numbers.reads("mindre enn 0,05", 0.06)


def test_no_text_says_a_range_with_one_end() -> None:
    ranges, wrong = 0, []
    for where, template in texts():
        given, found = ENDS.subn(SAME, " ".join(template.split()))
        other = itertools.count(3)
        given = re.sub(r"(?<!\])\{[^{}]*\}", lambda _, n=other: f"{next(n)},5", given)
        told = settle(given)
        ranges += found
        moved = MOVING.search(given) and not re.search(r"\b(?:er|var)\b", told, re.IGNORECASE)
        if moved or told.count("[1,2]") != found:
            wrong.append((where, told))
    assert wrong == []
    assert ranges > 60
