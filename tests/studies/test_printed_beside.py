"""A printed number stands beside one of the same period and definition, or says the difference."""

import re

import pytest

from naveval.exhibits import words
from naveval.exhibits.output import SENTENCE_END
from naveval.project import catalogue, formats

PRINTED = re.compile(r"^(tbl-[\w-]+)\.(?:published|printed)\w*\[([^\]]*)\]")
COMPARABLE = {
    *("tbl-key", "tbl-1", "tbl-2", "tbl-3", "tbl-3-young", "tbl-3-origin", "tbl-3-groups"),
    "tbl-4",
    "tbl-worked",
}
"""The indicator's exhibits over the whole period, and of the document's own month."""


def own_beside(text: str) -> list[str]:
    """Printed numbers of a text without the run's own number of the same row in it."""
    names = [name.partition(":")[0] for name in formats.field_names(text)]
    found = [match for name in names if (match := PRINTED.match(name))]
    return [
        one[0]
        for one in found
        if not any(
            name.startswith(f"{one[1]}.") and f"[{one[2]}]" in name and not PRINTED.match(name)
            for name in names
        )
    ]


def test_the_indicator_tells_its_own_number_wherever_it_tells_a_printed_one() -> None:
    texts = words.load("indicator")
    given = texts["answer-published"]["text"]
    assert own_beside(given) == []
    listed = [one for one in texts[words.HEADLINES] if one["text"] == "answer-published"]
    assert len(listed) == 1
    every = SENTENCE_END.split(" ".join(given.split()))
    shown = " ".join(every[place - 1] for place in listed[0]["sentences"])
    assert re.search(r"\{year3\}.*\{last3\}", shown), "the answer's own period is to be told"
    assert "tbl-key.actual" not in shown, "what rests on registers is not marked as published"


def test_printed_columns_stand_only_in_tables_of_their_period() -> None:
    report = catalogue.module("indicator", "report").REPORT
    with_printed = {one.label for one in report.exhibits if "published" in one.values}
    assert with_printed - {"tbl-intervals"} == COMPARABLE  # which compares ways to calculate


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{tbl-a.published[x]} mot {tbl-a.actual[x]}", []),
        ("{tbl-a.published[x]} mot {tbl-b.actual[x]}", ["tbl-a.published[x]"]),
        ("{tbl-a.published[x]} mot {tbl-a.actual[y]}", ["tbl-a.published[x]"]),
        ("{tbl-a.actual[x]}", []),
    ],
)
def test_a_printed_number_alone_is_found(text: str, wanted: list[str]) -> None:
    assert own_beside(text) == wanted


@pytest.mark.parametrize("study", catalogue.names())
def test_a_finding_is_marked_as_printed_where_it_tells_what_the_source_found(study: str) -> None:
    texts = words.load(study)
    for wanted in texts[words.HEADLINES]:
        entry = texts[wanted["text"]]
        options = entry if isinstance(entry, dict) else {"text": entry}
        options = {**options, **options.get("choose", {})}
        for kind in words.OF_PRINTED:
            for wording in wanted.get(kind, ()):
                told = "som bygger på virkelige registre" in options[wording]
                assert told == (kind == "published"), (study, wanted["text"], wording)
