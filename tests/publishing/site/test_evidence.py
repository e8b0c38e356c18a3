"""How well effects are known: the rule, and the rows against what they were read from."""

import csv
from itertools import product
from pathlib import Path

import pandas as pd
import pytest

from naveval.project import parameters, paths
from naveval.project.errors import ParameterError
from naveval.publishing.site import evidence

WORDS = parameters.read_yaml(paths.texts_dir() / "evidence.yml")
ROWS = list(csv.DictReader((paths.report_dir() / evidence.GRADES_FILE).open(encoding="utf-8")))
ORDER = ("none", "weak", "some", "strong")


@pytest.mark.parametrize("way", ["up", "none", "down"])
def test_more_of_the_same_never_lowers_a_grade_and_disagreement_is_told(way: str) -> None:
    methods = (*evidence.STRONG, *evidence.MEDIUM, "register", "interviews")
    for first, second in product(methods, repeat=2):
        alone = evidence.grade([(first, way)])
        both = evidence.grade([(first, way), (second, way)])
        assert ORDER.index(both) >= ORDER.index(alone)
        other = evidence.grade([(first, "up"), (second, "down")])
        able = {first, second} <= {*evidence.STRONG, *evidence.MEDIUM}
        assert (other == "mixed") == able
        assert evidence.grade([(first, "unclear"), (second, "unclear")]) in ("none", "weak")


def test_rows_are_what_the_catalogue_and_the_printed_tables_say() -> None:
    methods = {name: entry["method"] for name, entry in WORDS["projects"].items()}
    own = {row["source"]: row["method"] for row in ROWS if row["source"] in methods}
    assert own == {source: methods[source] for source in own}
    effects = {"ordinary": ("rct", "quasi", "reform", "before-after")}["ordinary"]
    assert {name for name, method in methods.items() if method in effects} <= set(own)
    printed = pd.read_csv(paths.published_dir("programs") / "table_6_5_qualitative_comparison.csv")
    said = {
        (row["measure"], row["source"]): row["found"] for row in ROWS if row["group"] == "deltakere"
    }
    for program, this, earlier in printed[
        ["program", "this_report", "earlier_research"]
    ].to_numpy():
        assert said[program, "programs"] == ("down" if "negativ" in this else "up")
        positive, negative = "ositiv" in earlier, "egativ" in earlier
        wanted = {(True, False): "up", (True, True): "unclear"}.get((positive, negative))
        assert said[program, "table-6-5"] == (wanted or ("unclear" if "landede" in earlier else ""))
    exits = pd.read_csv(paths.published_dir("followup") / "table_3_effects_on_transitions_out.csv")
    work = exits[
        (exits["outcome"] == "Direkte overgang til arbeid") & exits["horizon"].eq("Lang sikt")
    ]
    assert (work["estimate"] < -1.96 * work["standard_error"]).all()
    hedmark = pd.read_csv(paths.published_dir("hedmark") / "table_5_regression_estimates.csv")
    stock = hedmark[
        hedmark["outcome"].eq("Arbeidssøkere") & hedmark["model"].str.startswith("Effekt")
    ]
    assert (stock["ci_high_95"] < 0).all()


@pytest.mark.parametrize("study", ["followup", "hedmark", "programs"])
def test_pages_of_findings_tell_the_grades_of_the_evidence_page(study: str) -> None:
    names = {row["source"]: row["source"] for row in ROWS}
    lines = evidence.grades(WORDS, names).splitlines()
    grades = {
        cells[1].strip(): cells[2].strip()
        for cells in (line.split("|") for line in lines[2:])
        if len(cells) > 3
    }
    told = evidence.told(study, WORDS)
    own = {row["measure"] for row in ROWS if row["source"] == study}
    assert own
    parts = told[told.index("(kunnskap.html#belegg): ") :].partition(": ")[2].partition(". ")[0]
    said = dict(part.split(": ", 1) for part in parts.split("; "))
    for measure in own:
        assert measure in said[grades[measure].lower()], measure
        sources = [(r["method"], r["found"]) for r in ROWS if r["measure"] == measure]
        if (way := WORDS["ways"].get(evidence.direction(sources), "")) not in ("", "ikke målt"):
            before = said[grades[measure].lower()].partition(measure)[0]
            said_as = {word: f"{word} for " for word in WORDS["ways"].values()}
            said_as[WORDS["ways"]["unclear"]] = WORDS["unclear"].partition("{")[0]
            named = [word for word, told_as in said_as.items() if told_as in before]
            assert max(named, key=lambda word: before.rindex(said_as[word])) == way, measure
    assert evidence.told("indicator", WORDS) == ""


def test_the_file_behind_the_grades_is_in_words() -> None:
    studies = {name: {"published": f"Om {name}"} for name in ("programs", "hedmark", "followup")}
    head, *lines = csv.reader(evidence.as_csv(WORDS, studies).splitlines())
    assert head == ["Virkemiddel", "Gruppe", "Utfall", "Grad", "Kilde", "Metode", "Retning"]
    assert len(lines) == len(ROWS)
    codes = {row[key] for row in ROWS for key in ("source", "method", "found")} - {""}
    assert not codes & {cell for line in lines for cell in line}
    assert {line[5] for line in lines} <= {*WORDS["methods"].values()}
    assert {line[6] for line in lines} <= {*WORDS["ways"].values()}


def test_an_unknown_method_direction_or_source_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence.paths, "report_dir", lambda: tmp_path)
    names = {"b01": "B"}
    for odd in ("guess,up,b01", "rct,sideways,b01", "rct,up,x99"):
        method, found, source = odd.split(",")
        (tmp_path / evidence.GRADES_FILE).write_text(
            f"measure,group,outcome,source,method,found\nA,B,C,{source},{method},{found}\n"
        )
        with pytest.raises(ParameterError, match=r"evidence\.csv: .* allowed: "):
            evidence.grades(WORDS, names)
