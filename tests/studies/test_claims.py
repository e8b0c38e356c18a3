"""Every wording that compares, ranks or denies has a rule, rows, and words of the right sign.

`python tests/samples/claims.py` prints the list: what the reports of the country and of every
county may say, with the rule that chooses it and the rows the rule and the words read.
"""

import re
from dataclasses import replace

import claims
import pytest

from naveval.exhibits.claims import Judged

ABOUT_METHOD = {
    "followup": "answer-not choices marginals outcomes reservation",
    "hedmark": (
        "compare-printed inference-design late-inflow limits summary-not summary-question "
        "summary-terms threats what-was-done why-durations why-placebo why-unit"
    ),
    "programs": "answer-calculation answer-not effects-outcomes noise",
    "indicator": (
        "answer-not caution caution-not-official design how-to-read how-to-read-groups key-level "
        "level-county noise published-levels seasonal"
    ),
}
"""Sentences on the method, its limits or the document: no result makes them right or wrong."""
TOLD = {
    "hedmark": {
        "compare-stars": "counts of the printed table",
        "result-durations": "four effects beside each other; `clear` says which stand out",
        "result-regression": "counts of tests at the levels that it names",
        "result-robustness": "from the lowest to the highest of the estimates that are shown",
        "tbl-detectable": "the least change that would have been found",
        "fig-placebo-county": "counted: how many of the others have an estimate as large",
        "tbl-inexact": "deviations of printed numbers from each other, which are exact",
    },
    "programs": {
        "answer-published": "numbers the evaluation tells, all above zero, and its own words",
        "costs-displacement": "estimates above zero are counted",
        "costs-first-month": "deviations from printed totals, which are exact",
        "costs-public": "estimates above zero are counted",
        "effects-balance": "differences above a limit are counted",
        "fig-balance": "differences above a limit are counted",
        **dict.fromkeys(("fig-4-2", "fig-4-3"), "a share: «ikke lenger registrert» is a state"),
        "fig-composition": "estimates above the costs are counted",
        **dict.fromkeys(("tbl-b-4", "tbl-b-5", "tbl-b-6"), "differences above a limit are counted"),
        "tbl-6-5": "counts of tests",
        "tbl-7-8": "estimates below zero are counted",
        "fig-tornado": "counted: one assumption is moved at a time, without chance",
        "tbl-budget": "estimates above zero are counted",
        "effects-summary": "counts of tests; the largest and least estimate with their intervals",
    },
    "indicator": {
        "answer-published": "levels beside each other, told without comparing them",
        "narrow": "ratios beside each other; what one means is about the formula",
        "offices": "counted beside the number that chance alone would give",
        "recovery": "from the fewest to the most, with the p-value of the joint test",
        "staircase": "arithmetic of a made-up curve; the largest distance of two that are shown",
    },
}
"""Sentences without a choice of wordings: their numbers stand beside each other, and why."""
EXACT = {
    "hedmark": {"fig-1": "a change of protected counts, told when larger than their noise"},
    "indicator": {"worked": "actual less expected in one month: arithmetic of the numbers beside"},
}
"""Wordings that tell a sign without a test, and why they may."""

LISTED = claims.listed()
REPORTS = {study: report for study, report, _ in claims.reports()}


def settled(claim: claims.Claim) -> bool:
    return claim.label in ABOUT_METHOD.get(claim.study, "").split() or claim.label in TOLD.get(
        claim.study, {}
    )


def groundless(claim: claims.Claim) -> str:
    """Why a claim may not be made; "" when it may."""
    if not claim.compares or settled(claim):
        return ""
    if claim.rule in (None, claims.only):
        return "no rule chooses it"
    if not claim.rows:
        return "it rests on no row"
    exact = claim.label in EXACT.get(claim.study, {})
    if claims.sign_of(claim) and not exact and not claims.tested(REPORTS[claim.study], claim.rows):
        return "its sign rests on no test"
    return ""


def told(claim: claims.Claim, fault: str) -> str:
    return f"{claim.study} {claim.kind} {claim.label} «{claim.wording}»: {fault}: {claim.text}"


def test_every_comparison_has_a_rule_and_rows() -> None:
    assert [told(one, fault) for one in LISTED if (fault := groundless(one))] == []
    assert {one.study for one in LISTED} == set(REPORTS)
    assert sum(one.compares for one in LISTED) > 200


def test_every_wording_has_words_of_its_sign() -> None:
    assert [told(one, fault) for one in LISTED if (fault := claims.misworded(one))] == []
    assert sum(bool(claims.sign_of(one)) for one in LISTED) > 60


def test_judged_rules_have_a_wording_for_whatever_they_say() -> None:
    seen = {}
    for one in LISTED:
        if isinstance(one.rule, Judged):
            seen.setdefault((one.study, one.label), set()).add(one.wording)
    for (study, label), wordings in seen.items():
        assert wordings >= {"up", "down", "unclear"}, (study, label)
    assert len(seen) > 10


def test_titles_of_groups_say_whether_they_are_tested_alone_or_together() -> None:
    titles = [one for one in LISTED if one.study == "hedmark" and isinstance(one.rule, Judged)]
    titles = [one for one in titles if one.kind == "title" and one.wording != "hidden"]
    silent = [one for one in titles if not re.search(r"prøve?[sd] (?:alene|samlet)", one.text)]
    assert [told(one, "does not say how it is tested") for one in silent] == []
    alone = {one.label for one in titles if "prøves alene" in one.text and "fig" in one.label}
    assert alone == {f"fig-{number}" for number in range(2, 10)}


def test_one_grade_of_certainty_for_what_the_ranks_of_counties_find() -> None:
    """Levels of five per cent are named where they are meant."""
    found = {}
    for one in LISTED:
        if one.study == "hedmark" and one.kind in ("title", "sentence"):
            affirmed = claims.DENIED.sub("", one.text.replace("«sikkert» først ved {strict}", ""))
            affirmed = re.sub(r"sikre på\s+\{strict\} nivå", "", affirmed)
            found[told(one, "")] = re.findall(r"\b(?:sikker|sikkert|sikre)\b", affirmed)
    assert {text: words for text, words in found.items() if words} == {}
    assert len(found) > 100


def test_what_is_excused_is_there_and_needs_it() -> None:
    there = {(one.study, one.label) for one in LISTED if one.compares}
    excused = {(study, label) for study, found in ABOUT_METHOD.items() for label in found.split()}
    excused |= {(study, label) for part in (TOLD, EXACT) for study in part for label in part[study]}
    assert excused <= there, excused - there


def claim_of(study: str, label: str, wording: str) -> claims.Claim:
    wanted = (study, label, wording)
    return next(one for one in LISTED if (one.study, one.label, one.wording) == wanted)


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"text": "Færre i målgruppen gikk rett til arbeid"}, "no word for more"),
        ({"text": "Noe hendte med overgangen til arbeid"}, "no word for more"),
        ({"text": "Flere gikk rett til arbeid, færre til trygd"}, "a word for less"),
        ({"text": "Flere gikk rett til arbeid, men det er usikkert"}, "a word for unsure"),
        ({"wording": "down"}, "no word for less"),
        ({"wording": "unclear"}, "no word for unsure"),
        ({}, ""),
    ],
)
def test_a_wording_of_the_wrong_sign_is_found(changes: dict[str, str], wanted: str) -> None:
    found = claims.misworded(replace(claim_of("followup", "tbl-3", "up"), **changes))
    assert found == wanted


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"rule": None}, "no rule chooses it"),
        ({"rows": ()}, "it rests on no row"),
        ({"rows": ("tbl-flow.n_persons[long]",)}, "its sign rests on no test"),
        ({"rule": None, "text": "Det er {n} personer i {place}"}, ""),
        ({}, ""),
    ],
)
def test_a_claim_without_ground_is_found(changes: dict[str, object], wanted: str) -> None:
    assert groundless(replace(claim_of("followup", "tbl-3", "up"), **changes)) == wanted


def test_rules_name_the_rows_they_read() -> None:
    family = {"tbl-1", "tbl-2", "tbl-3"}
    assert set(claim_of("followup", "answer", "up").rows) == {"tbl-1.estimate[long]", *family}
    assert set(claim_of("followup", "answer-work", "up").rows) == {
        "tbl-1.estimate[long]",
        "tbl-3.estimate[work,long]",
        *family,
    }
    assert claim_of("indicator", "fig-6", "up").rows == ("tbl-place.indicator[atid3]",)
    assert "tbl-county" in claim_of("followup", "county", "differs").rows
