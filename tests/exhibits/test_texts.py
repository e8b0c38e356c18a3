"""Every reference of every text of every declared study, resolved without a run."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import nbformat
import pytest

from naveval.exhibits import markdown, printed, rows, words
from naveval.exhibits.declare import Report, Table, Value
from naveval.exhibits.protect import Drawn, Public
from naveval.exhibits.reader import every_sentence
from naveval.exhibits.show import TOLD
from naveval.project import catalogue, formats, paths
from naveval.project.parameters import read_yaml
from naveval.publishing import columns

DECLARED = [name for name in catalogue.names() if catalogue.has(name, "report")]
OF_REPORT = {"report", "parameters", "names", "headlines", "variables", "estimates"}
PROGRAMS = {"program", "program_1", "program_2", "program_3", "arm", "group", "subject"}
GROUPS = {"category", "group", "status", "source", "target", "first_group", "series", "covariate"}
SAME = {
    "programs": (PROGRAMS, GROUPS),
    "followup": ({"outcome", "measure"},),
    "indicator": ({"outcome", "variable"},),
    "hedmark": ({"outcome", "duration"}, {"outcome", "part"}, {"season", "model"}),
}
"""Keys whose codes are those of one variable, whatever the column is called."""
SHOWN = re.compile(r'study\.show\("([\w-]+)", results\)')


def report_of(study: str) -> Report:
    return catalogue.module(study, "report").REPORT


def templates(entry: Any) -> Iterator[str]:
    """Every template of a text entry: captions, notes, wordings, labels, titles."""
    if isinstance(entry, str):
        yield entry
    elif isinstance(entry, Mapping):
        for value in entry.values():
            yield from templates(value)


def owners(report: Report) -> dict[str, Mapping[str, Any]]:
    """Key of a text to the facts that its templates may use."""
    found: dict[str, Mapping[str, Any]] = {one.label: one.facts for one in report.exhibits}
    return found | {one.label: one.facts for one in every_sentence(report)}


def faults(report: Report, texts: Mapping[str, Any]) -> list[str]:
    """What the texts name and nobody declares."""
    found = []
    for key, facts in {**owners(report), "names": {}}.items():
        for template in templates(texts.get(key, {})):
            for field in formats.field_names(template):
                name, _, form = field.partition(":")
                fault = unknown(report, name, facts)
                if form and form not in formats.FORMATS:
                    fault = f"no format {form}"
                found += [f"{key}: {{{field}}}: {fault}"] if fault else []
    return found


def unknown(report: Report, name: str, facts: Mapping[str, Any]) -> str:
    try:
        if words.read(report, name) is None:
            known = {"place", *facts, *report.common}
            return "" if name in known else f"not among {', '.join(sorted(known))}"
    except Exception as error:
        return str(error)
    return ""


@pytest.mark.parametrize("study", DECLARED)
def test_every_column_of_the_downloads_has_a_heading_of_its_own_and_a_unit(study: str) -> None:
    common = read_yaml(paths.texts_dir() / "downloads.yml")
    told = columns.Words(words.load(study), common)
    wordless = {
        f"{exhibit.label}: {name}"
        for exhibit in report_of(study).exhibits
        if exhibit.view
        for name in columns.untold(exhibit, columns.declared(exhibit), told)
    }
    assert wordless == set()


@pytest.mark.parametrize("study", DECLARED)
def test_only_columns_that_count_persons_are_called_persons(study: str) -> None:
    common = read_yaml(paths.texts_dir() / "downloads.yml")
    told = columns.Words(words.load(study), common)
    for exhibit in report_of(study).exhibits:
        head = columns.declared(exhibit)
        for name, column in columns.described(exhibit, head, told).items():
            if not columns.base(name) and column.title.startswith("Antall personer"):
                assert column.unit == "personer", (exhibit.label, name, column)
            if column.unit == "personer" and name not in exhibit.keys:
                assert not re.search("trekninger|starter|perioder", column.title), column


def test_a_column_without_words_is_found() -> None:
    common = read_yaml(paths.texts_dir() / "downloads.yml")
    told = columns.Words(words.load("hedmark"), common)
    exhibit = report_of("hedmark").exhibit("tbl-2")
    values = {**exhibit.values, "slack": Value("num1")}
    faulty = replace(exhibit, values=values)
    assert columns.untold(exhibit, columns.declared(exhibit), told) == []
    assert columns.untold(faulty, columns.declared(faulty), told) == ["slack"]
    assert "other" not in columns.kept(exhibit, ["season", "effect", "other"], told)


@pytest.mark.parametrize("study", DECLARED)
def test_every_field_of_every_text_is_declared(study: str) -> None:
    report, texts = report_of(study), words.load(study)
    assert faults(report, texts) == []
    used = [f for key in owners(report) for t in templates(texts[key]) for f in _refs(t)]
    assert len(used) > 40


def _refs(template: str) -> list[str]:
    return [name for name in formats.field_names(template) if words.REFERENCE.match(name)]


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("tbl-1.effect[unadjusted,stock,everybody]", "group has no code everybody"),
        ("tbl-1.effekt[unadjusted,stock,with]", "no value or fact"),
        ("tbl-1.effect[stock,with]", "a code for each of season, outcome, group"),
        ("tbl-1.treated_before[unadjusted,stock,with].p", "no part p"),
        ("tbl-99.effect[a]", "no exhibit of hedmark is called «tbl-99»"),
        ("fig-2.treated[2014-01]", "month has no list of codes"),
        ("numbers", "not among"),
        ("start:num9", "no format num9"),
    ],
)
def test_a_wrong_field_is_found_and_named(field: str, told: str) -> None:
    report, texts = report_of("hedmark"), words.load("hedmark")
    wrong = texts | {"why-unit": {"text": f"Et tall: {{{field}}}."}}
    found = faults(report, wrong)
    assert len(found) == 1
    assert told in found[0]


@pytest.mark.parametrize("study", DECLARED)
def test_every_exhibit_has_its_words_and_every_column_of_them_exists(study: str) -> None:
    report, texts = report_of(study), words.load(study)
    for exhibit in report.exhibits:
        if exhibit.view is None:
            continue
        entry = texts[exhibit.label]
        assert entry["caption"], exhibit.label
        titles = entry.get("finding", {})
        assert titles if exhibit.finding else set(titles) <= {TOLD}, exhibit.label
        if isinstance(exhibit.view, Table):
            known = {*exhibit.rows, markdown.ROW, *markdown.possible(exhibit, report.codes)}
            given = [one for one in entry["columns"].values() if isinstance(one, dict)]
            named = {*entry["columns"], *(one["marked"] for one in given if "marked" in one)}
            assert named <= known, (exhibit.label, named - known)
            assert not any("stars" in name for name in entry["columns"]), exhibit.label
            # A head without a title says nothing to those who hear the table.
            titles = [
                one["title"] if isinstance(one, dict) else one for one in entry["columns"].values()
            ]
            assert all(titles), exhibit.label
        else:
            assert entry["alt"], exhibit.label


@pytest.mark.parametrize("study", DECLARED)
def test_every_code_of_a_key_has_a_name(study: str) -> None:
    report, texts = report_of(study), words.load(study)
    for exhibit in report.exhibits:
        if exhibit.view is None:
            continue
        names = {name for name, value in exhibit.values.items() if value.format == "name"}
        for key in {*exhibit.keys, *names} & {*report.codes}:
            codes = report.codes[key]
            if callable(codes):
                continue
            labels = {**texts["names"]["labels"], **texts[exhibit.label].get("labels", {})}
            for code in exhibit.only.get(key, codes):
                alone = code.isdigit() or code in labels
                assert alone or f"{key}_{code}" in labels, (exhibit.label, key, code)


@pytest.mark.parametrize("study", DECLARED)
def test_a_label_of_several_keys_means_the_same_in_all_of_them(study: str) -> None:
    """Months 0 to 3 once had the names of groups of countries, and samples those of states."""
    report, texts = report_of(study), words.load(study)
    common = texts["names"]["labels"]
    users: dict[str, set[str]] = {}
    for exhibit in report.exhibits:
        if exhibit.view is None:
            continue
        own = texts[exhibit.label].get("labels", {})
        for key in exhibit.keys:
            codes = report.codes.get(key)
            for code in () if codes is None or callable(codes) else exhibit.only.get(key, codes):
                if {code, f"{key}_{code}"} & {*own} or f"{key}_{code}" in common:
                    continue
                users.setdefault(code, set()).add(key)
    for code, keys in users.items():
        same = len(keys) == 1 or code == "all" or code.isdigit()
        assert same or any(keys <= family for family in SAME[study]), (code, keys)
    numbers = [code for code in common if str(code).isdigit()]
    assert numbers == [], "a number is named for its key: <key>_<number>"


@pytest.mark.parametrize("study", DECLARED)
def test_every_unit_has_a_name_in_the_downloads(study: str) -> None:
    named = read_yaml(paths.texts_dir() / "downloads.yml")["units"]
    for exhibit in report_of(study).exhibits:
        for value in exhibit.values.values():
            units = {value.unit, *(one.unit for one in value.kinds.values())} - {""}
            assert units <= set(named), (exhibit.label, units - set(named))


@pytest.mark.parametrize("study", DECLARED)
def test_a_sentence_on_numbers_that_can_be_hidden_says_what_stands_instead(study: str) -> None:
    report, texts = report_of(study), words.load(study)
    after = {one.label for top in report.sentences for then in top.then for one in then.all()}
    for sentence in every_sentence(report):
        entry = texts[sentence.label]
        named = [words.read(report, name) for t in templates(entry) for name in _refs(t)]
        risky = any(
            not isinstance(one.exhibit.protect, Public | Drawn)
            and (one.fact.format != "int" if one.fact else not one.value.source)
            for one in named
            if one
        )
        assert not risky or sentence.label in after or "hidden" in entry, sentence.label


@pytest.mark.parametrize("study", DECLARED)
def test_no_text_is_left_that_nothing_shows(study: str) -> None:
    report, texts = report_of(study), words.load(study)
    known = {*owners(report), *OF_REPORT, *read_yaml(paths.texts_dir() / "common.yml")}
    known |= {one.when.otherwise for one in report.exhibits if one.when}
    assert set(texts) <= known, set(texts) - known


@pytest.mark.parametrize("study", DECLARED)
def test_the_notebook_shows_everything_and_exhibits_once(study: str) -> None:
    report = report_of(study)
    book = nbformat.read(paths.notebook(study), as_version=4)
    shown = [found for cell in book.cells for found in SHOWN.findall(cell.source)]
    assert sorted(set(shown)) == sorted(one.label for one in (*report.exhibits, *report.sentences))
    exhibits = [label for label in shown if report.has(label)]
    assert len(exhibits) == len(set(exhibits))


@pytest.mark.parametrize("study", DECLARED)
def test_printed_numbers_are_those_of_exhibits(study: str) -> None:
    report = report_of(study)
    for label, own in printed.read(study).groupby("label"):
        exhibit = report.exhibit(str(label))
        assert set(own["value"]) <= set(exhibit.values), label
        assert not own.duplicated(["value", *exhibit.keys]).any(), label
        for key in exhibit.keys:
            for code in own[key]:
                if callable(report.codes.get(key)):
                    assert report.codes[key](str(code))
                    continue
                assert words.code_fault(report.codes, key, str(code)) == "", (label, key)


METHOD_WORDS = re.compile(
    r"p-verdi|standardfeil|regresjon|probit|konfidens|signifikan|koeffisient|placebo|estimat",
    re.IGNORECASE,
)
ANSWER = "## Svaret {#sec-answer}"


def _first_section(study: str) -> list[str]:
    """Labels of what the notebook shows before its second section; none without an answer."""
    cells = nbformat.read(paths.notebook(study), as_version=4).cells
    opened = [number for number, cell in enumerate(cells) if cell.source.startswith("## ")]
    shown = [found for cell in cells[: opened[1]] for found in SHOWN.findall(cell.source)]
    return shown if cells[opened[0]].source == ANSWER else []


def test_first_sections_answer_in_plain_words() -> None:
    """Three to five key figures and a figure; no word of methods."""
    answering = [study for study in DECLARED if _first_section(study)]
    assert {"hedmark", "followup", "indicator", "programs"} <= set(answering)
    for study in answering:
        first, texts, report = _first_section(study), words.load(study), report_of(study)
        told = [one for top in report.sentences if top.label in first for one in top.all()]
        for label in [one.label for one in told]:
            for template in templates(texts[label]):
                plain = re.sub(r"\{[^}]*\}", "", template)
                assert not METHOD_WORDS.search(plain), (study, label, plain)
        numbers = [label for label in first if label.startswith("key-") and label != "key-level"]
        assert 3 <= len(numbers) <= 5, study
        for label in numbers:
            entry = texts[label]
            wordings = [entry.get("text"), *entry.get("choose", {}).values()]
            assert all(text.startswith("::: key-figure\n**") for text in wordings if text), label
        assert sum(label.startswith("fig-") for label in first) == 1, study


@pytest.mark.parametrize("study", DECLARED)
def test_nothing_is_shown_after_a_report_is_finished(study: str) -> None:
    """Its keys, estimates and log would be left out."""
    sources = [cell.source for cell in nbformat.read(paths.notebook(study), as_version=4).cells]
    finished = sources.index("study.finish(results)")
    assert not [source for source in sources[finished:] if SHOWN.search(source)]


@pytest.mark.parametrize("study", DECLARED)
def test_every_column_of_the_estimates_has_words(study: str) -> None:
    common = read_yaml(paths.texts_dir() / "downloads.yml")
    told = columns.Words(words.load(study), common)
    keys = [key for exhibit in report_of(study).exhibits for key in exhibit.keys]
    wordless = [name for name in (*rows.FIRST, *keys, *rows.LAST) if not told.meaning(name)]
    assert sorted({*wordless}) == []


@pytest.mark.parametrize("study", DECLARED)
def test_wordings_that_rest_on_printed_numbers_are_those_a_sentence_can_have(study: str) -> None:
    sentences = {one.label: one for one in every_sentence(report_of(study))}
    texts = words.load(study)
    for wanted in texts["headlines"]:
        entry = texts[wanted["text"]]
        wordings = set(entry["choose"]) if "choose" in entry else {"text"}
        told = {word for kind in words.OF_PRINTED for word in wanted.get(kind, ())}
        assert told <= wordings, wanted
        assert not told or sentences[wanted["text"]].choose, wanted
