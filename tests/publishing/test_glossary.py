"""Words are linked where they first stand and explained in the annex, from one file."""

import re
from collections.abc import Iterator
from typing import Any

import nbformat
import pytest

from naveval.project import catalogue, notebooks, paths
from naveval.project.errors import RenderError
from naveval.project.parameters import read_yaml
from naveval.publishing import glossary
from naveval.publishing.markdown import ANNEX, REPORT, Part

TEXT = """## Målgruppen

: Målgruppen i en tabell {#tbl-1}

| Målgruppen | Tiltak |

::: key-figure
**5** i målgruppen
:::

Se [målgruppen](andre.html) og `målgruppen`. Målgruppen er på tiltak, og målgruppen er stor.

Målgruppen igjen."""


def part(name: str, *texts: str) -> Part:
    cells = tuple(
        notebooks.text_cell("markdown", text, f"{name}-{number}")
        for number, text in enumerate(texts)
    )
    return Part(name, "Vedlegg" if name == ANNEX else "", cells)


def test_the_first_use_in_running_text_is_linked_and_no_other() -> None:
    report, annex = glossary.explained((part(REPORT, TEXT), part(ANNEX, "Noe.")), "html")
    assert report.text.count("annex.html#ord-malgruppe") == 1
    assert "`. [Målgruppen](annex.html#ord-malgruppe " in report.text
    assert "på [tiltak](annex.html#ord-tiltak " in report.text
    unlinked = report.text.replace("\n", "").split("[Målgruppen](annex")[0]
    assert unlinked.startswith("## Målgruppen: Målgruppen i en tabell {#tbl-1}| Målgruppen")
    listed = annex.text.partition("## Ord og mål")[2]
    assert listed.index("[Arbeidsmarkedstiltak]{#ord-tiltak}") < listed.index("[Målgruppe]")
    assert "Placebo" not in listed


def test_a_pdf_lists_words_without_links_and_other_pages_are_left_alone() -> None:
    report, annex = glossary.explained((part(REPORT, TEXT), part(ANNEX, "Noe.")), "pdf")
    assert report == part(REPORT, TEXT)
    assert "{#ord-malgruppe}" in annex.text
    alone = (part(REPORT, "## Hei\n\nVi ser på været."),)
    assert glossary.explained(alone, "html") == alone


def test_without_an_annex_the_report_explains_its_own_words() -> None:
    (report,) = glossary.explained((part(REPORT, TEXT),), "html")
    assert "[Målgruppen](#ord-malgruppe " in report.text
    assert report.text.index("Målgruppen igjen") < report.text.index("[Målgruppe]{#ord-malgruppe}")


def test_explained_words_are_those_readers_need() -> None:
    found = {term.key: term for term in glossary.terms()}
    assert {"innsatsgruppe", "atet", "placebo", "kontrollgruppe", "indikator"} <= set(found)
    assert {"aap", "ips", "r2", "standardavvik", "kalkulasjonsrente", "ungdomsgarantien"} <= set(
        found
    )
    assert "De som ikke begynner, er ikke med" in " ".join(found["ventetid"].means.split())
    for term in found.values():
        assert len(term.means) < 200
        matching = [other.key for other in found.values() if other.forms.fullmatch(term.name)]
        assert set(matching) <= {term.key}, term.key


def _texts(entry: Any) -> Iterator[str]:
    if isinstance(entry, str):
        yield entry
    elif isinstance(entry, dict | list):
        for part in entry.values() if isinstance(entry, dict) else entry:
            yield from _texts(part)


@pytest.fixture(scope="module")
def everything() -> str:
    """What the reports of all studies, and the pages of the site, can say."""
    studies = [name for name in catalogue.names() if catalogue.has(name, "report")]
    files = [file for name in studies for file in paths.texts_dir(name).glob("*.yml")]
    files += [paths.texts_dir() / f"{name}.yml" for name in ("common", "site", "evidence")]
    every = [text for file in files for text in _texts(read_yaml(file))]
    for name in studies:
        book = nbformat.read(paths.notebook(name), as_version=4)
        every += [cell.source for cell in book.cells if cell.cell_type == "markdown"]
    every += [
        file.read_text(encoding="utf-8") for file in (paths.report_dir() / "pages").glob("*.md")
    ]
    return re.sub(r"\{[^}]*\}|`[^`]*`|\]\([^)]*\)", " ", "\n".join(every))


def test_every_word_is_used_by_a_report(everything: str) -> None:
    unused = [term.key for term in glossary.terms() if not term.forms.search(everything)]
    assert unused == []


def test_one_thing_has_one_name(everything: str) -> None:
    content = read_yaml(glossary.file())
    others = content["elsewhere"] | {
        key: entry["not"] for key, entry in content["terms"].items() if "not" in entry
    }
    assert len(others) > 6
    found = {
        key: re.findall(rf"[^\n]*\b(?:{pattern})\b[^\n]*", everything, re.IGNORECASE)
        for key, pattern in others.items()
    }
    assert {key: lines for key, lines in found.items() if lines} == {}


def test_a_word_that_cannot_be_read_is_named(project) -> None:
    assert glossary.terms()
    glossary.file().write_text("terms:\n  rar: {term: Rar, forms: '(', means: Noe}\n")
    with pytest.raises(RenderError, match="rar"):
        glossary.terms()
