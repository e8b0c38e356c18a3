"""The sentences say what the numbers say, whichever way they fall."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from naveval.estimators.event_study import Wald
from naveval.estimators.multiple_testing import holm
from naveval.exhibits import words
from naveval.exhibits.output import Output
from naveval.exhibits.show import Showing
from naveval.project import paths, places
from naveval.studies.followup import estimate as study
from naveval.studies.followup import published
from naveval.studies.followup.events import OUTCOMES, Events
from naveval.studies.followup.exhibits import REPORT, diagnostics
from naveval.studies.followup.parameters import Parameters
from naveval.studies.followup.results import FollowupResults

NULL, UP, DOWN = (0.001, 0.8), (0.02, 0.001), (-0.02, 0.001)
LONG = {
    ("tbl-1", "program"): "program",
    ("tbl-1", "dialogue"): "dialogue",
    ("tbl-3", "work"): "work",
}


WARNED = {
    "program": ("summary-program", "conclusion"),
    "dialogue": ("summary-dialogue",),
    "work": ("summary-work",),
}


@pytest.fixture
def output(tmp_path: Path) -> Output:
    (tmp_path / "tables").mkdir()
    return Output("followup", places.place("39"), tmp_path, "simulated", words.load("followup"))


def summary(
    program: tuple[float, float] = NULL,
    dialogue: tuple[float, float] = NULL,
    work: tuple[float, float] = NULL,
    **changes: Any,
) -> pd.DataFrame:
    """Fourteen regressions: estimate and p-value of the long windows, everything else a null."""
    given = {"program": program, "dialogue": dialogue, "work": work}
    rows = []
    for printed in published.estimates().to_dict("records"):
        table, outcome, horizon = (printed[key] for key in published.KEY)
        name = LONG.get((table, outcome), "") if horizon == "long" else ""
        estimate, p_value = given.get(name, NULL)
        rows.append(
            {
                "table": table,
                "outcome": outcome,
                "horizon": horizon,
                "estimate": estimate,
                "p_value": p_value,
                "ci_low": estimate - 0.01,
                "ci_high": estimate + 0.01,
                "mean": 0.14,
                "mde": 0.015,
                "mde_relative": 0.107,
                "power": 0.8,
                "refused": "",
                "std_error": 0.005,
                "r_squared": 0.1,
                "n_obs": 9000,
                "n_persons": 900,
                "smallest_cell": 100,
                "events": 50,
                "others": 50,
                "mean_hidden": False,
                **{f"printed_{key}": printed[key] for key in study.PRINTED},
            }
        )
    return pd.DataFrame(rows).assign(**changes)


def said(
    output: Output, label: str, found: pd.DataFrame, moved: dict[str, Events] | None = None, **more
) -> str:
    """What a sentence says of these results."""
    results = FollowupResults(
        parameters=Parameters(county="39"),
        panel=None,  # type: ignore[arg-type]
        protected=None,  # type: ignore[arg-type]
        summary=found,
        trends=dict.fromkeys(OUTCOMES, trend()) | (moved or {}),
        truth=pd.DataFrame(columns=[*published.KEY, "coefficient"]),
        **more,
    )
    return Showing(REPORT, output).show(label, results).markdown


def trend(slope_p: float = 0.5, joint_p: float = 0.5) -> Events:
    """Event study of programmes with these p-values of the time before July 2017."""
    return Events(
        "program",
        pd.DataFrame(),
        Wald(1.0, 11, 500.0, joint_p),
        0.001,
        0.001,
        slope_p,
        refused="",
        n_obs=9000,
        n_persons=900,
        events=100,
        others=100,
    )


@pytest.mark.parametrize(
    ("slope_p", "joint_p", "warned"),
    [(0.5, 0.5, False), (0.01, 0.5, True), (0.5, 0.002, True), (np.nan, 0.03, False)],
)
def test_summary_and_conclusion_warn_of_a_gap_that_moved_before(
    output: Output, slope_p: float, joint_p: float, warned: bool
) -> None:
    for outcome, labels in WARNED.items():
        moved = {outcome: trend(slope_p, joint_p)}
        for label in (label for every in WARNED.values() for label in every):
            text = " ".join(said(output, label, summary(UP), moved).split())
            wanted = warned and label in labels
            assert ("i endring allerede før juli 2017" in text) == wanted, (outcome, label)


def test_every_null_says_what_would_have_been_found(output: Output) -> None:
    found = summary()
    for label, wanted in (
        ("summary-program", "1,50\u00a0prosentpoeng ville blitt oppdaget med 80"),
        ("summary-dialogue", "En endring på 1,50 ville sannsynligvis blitt oppdaget"),
        ("summary-work", "En endring på 1,50\u00a0prosentpoeng ville sannsynligvis"),
    ):
        assert wanted in said(output, label, found)
    assert "heller ingen" in said(output, "summary-dialogue", found)
    assert "heller" not in said(output, "summary-dialogue", summary(program=UP))


@pytest.mark.parametrize(
    ("program", "dialogue", "work", "wanted"),
    [
        (NULL, NULL, UP, "vanskelig å tilskrive satsingen"),
        (NULL, UP, UP, "kan henge sammen med at oppfølgingen ble tettere"),
        (UP, NULL, DOWN, "mens tiltaket varer"),
        (NULL, NULL, DOWN, "lite rimelig at satsingen er årsaken"),
        (DOWN, DOWN, DOWN, "lite rimelig at satsingen er årsaken"),
    ],
)
def test_what_work_means_depends_on_follow_up(
    output: Output, program: Any, dialogue: Any, work: Any, wanted: str
) -> None:
    text = said(output, "summary-work", summary(program, dialogue, work))
    assert wanted in " ".join(text.split())


def test_level_is_left_out_when_it_is_hidden_or_there_is_no_effect(output: Output) -> None:
    assert "I målgruppen var 14,0" in said(output, "summary-program", summary())
    hidden = said(output, "summary-program", summary(mean=np.nan, mean_hidden=True))
    assert "I målgruppen var" not in hidden
    assert ".." not in hidden
    few = said(output, "summary-program", summary(refused="few_persons", mean=0.2))
    assert "I målgruppen var" not in few


def test_conclusion_calls_an_imprecise_null_imprecise(output: Output) -> None:
    assert "ga satsingen i disse registrene neppe en større økning" in said(
        output, "conclusion", summary()
    )
    wide = said(output, "conclusion", summary(mde_relative=0.6))
    assert "her er den liten" in wide
    assert wide == said(output, "conclusion", summary(mde_relative=np.nan))
    assert "flere på tiltak, ikke færre" in said(output, "conclusion", summary(DOWN))


def test_summary_counts_all_effects(output: Output) -> None:
    assert "14 virkninger" in said(output, "summary-all", summary())
    assert "Ingen av dem" in said(output, "summary-all", summary())
    some = said(output, "summary-all", summary(UP, NULL, DOWN))
    assert "hver for seg kan 2 av dem skilles fra null" in " ".join(some.split())
    assert "og 2 kan det når" in " ".join(some.split())
    alone = said(output, "summary-all", summary((0.02, 0.02)))
    assert "men ingen kan det når" in " ".join(alone.split())
    none = said(output, "summary-all", summary(p_value=np.nan))
    assert "kunne anslås i Vestfold" in none


ALONE = (0.02, 0.02)
"""Told apart from zero by its own test, and not among fourteen."""


def test_nothing_is_called_sure_that_many_tests_take_back(output: Output) -> None:
    found = summary(ALONE, work=ALONE)
    for label in ("summary-program", "summary-work"):
        text = " ".join(said(output, label, found).split())
        assert "økte" in text
        assert "Rapporten prøver 14 virkninger" in text, label
    assert "ingen sikker endring" in said(output, "answer", found)
    assert "vanskelig å tilskrive" in " ".join(said(output, "summary-work", found).split())
    for label in ("tbl-1", "tbl-3"):
        assert "Ingen sikker endring" in said(output, label, found).partition("]{.finding}")[0]
    assert "kan derfor ikke slutte" in " ".join(said(output, "conclusion", found).split())
    sure = summary(UP, work=UP)
    for label in ("summary-program", "summary-work", "conclusion"):
        assert "Rapporten prøver 14" not in " ".join(said(output, label, sure).split())


def test_the_end_of_benefit_is_told_first_only_when_it_is_sure(output: Output) -> None:
    found = summary()
    ended = (found["outcome"] == "ended") & (found["horizon"] == "long")
    for p_value, wanted in ((0.007, False), (0.001, True)):
        one = found.assign(
            estimate=found["estimate"].mask(ended, -0.005),
            p_value=found["p_value"].mask(ended, p_value),
        )
        assert ("slutter med meldekort, falt med" in said(output, "answer", one)) == wanted
        title = said(output, "tbl-3", one).partition("]{.finding}")[0]
        assert ("færre sluttet med meldekort" in title) == wanted
        assert ("Ingen sikker endring" in title) != wanted


def test_titles_name_what_the_count_over_all_tests_leaves(output: Output) -> None:
    """What `summary-all` counts by Holm's method is what titles call sure."""
    rng = np.random.default_rng(8)
    for _ in range(10):
        found = summary()
        known = rng.random(len(found)) ** 6
        found = found.assign(
            p_value=np.where(found["horizon"] == "long", known, 0.9), estimate=0.02
        )
        left = holm(found["p_value"].to_numpy()) <= 0.05
        titles = {
            label: said(output, label, found).partition("]{.finding}")[0]
            for label in ("tbl-1", "tbl-2", "tbl-3")
        }
        sure = found[left & (found["horizon"] == "long")]
        for label, title in titles.items():
            own = set(sure.loc[sure["table"] == label, "outcome"])
            every = set(found.loc[found["table"] == label, "outcome"])
            assert ("ngen sikker" in title) == (not own), (own, title)
            assert ("bare dette" in title) == (bool(own) and own != every), (own, title)


def test_both_groups_have_one_name_everywhere() -> None:
    """Groups are called as the answer calls them; weeks left stand only beside that."""
    others = re.compile(
        r"\d–\d+ m(d\.|åneder)|andre ledige|sammenligningen\b(?! (er|sier|gir))"
        r"|sammenlignes med\b|halvt år (igjen|eller mindre)",
        re.IGNORECASE,
    )
    folder = paths.texts_dir("followup")
    texts = {file.name: file.read_text(encoding="utf-8") for file in folder.glob("*.yml")}
    del texts["errata.yml"], texts["definitions.yml"]
    source = yaml.safe_load(texts["site.yml"])["source"].strip()
    texts["site.yml"] = " ".join(texts["site.yml"].split()).replace(source, "")  # its own title
    found = {
        (name, match[0])
        for name, text in texts.items()
        for line in text.splitlines()
        for match in others.finditer(line)
    }
    assert found <= {("site.yml", "Sammenligningen")}
    assert "sommeren" not in " ".join(texts.values()).lower()
    assert "høsten" not in " ".join(texts.values()).lower()


def printed(**changes: Any) -> pd.DataFrame:
    """Fourteen regressions beside printed ones that are the same, but for the changes."""
    known = published.estimates()
    more = {f"printed_{name}": known[name] for name in known.columns.drop(published.KEY)}
    own = summary().assign(
        estimate=known["estimate"], std_error=known["std_error"], p_value=0.5, **more
    )
    return own.assign(**changes)


def test_comparison_concludes_by_a_test_of_the_difference(output: Output) -> None:
    def said_of(found: pd.DataFrame, place: str = "") -> str:
        results = FollowupResults(
            parameters=Parameters(county=place),
            panel=None,  # type: ignore[arg-type]
            protected=None,  # type: ignore[arg-type]
            summary=found,
            trends=dict.fromkeys(OUTCOMES, trend()),
            truth=pd.DataFrame(columns=[*published.KEY, "coefficient"]),
        )
        return " ".join(Showing(REPORT, output).show("published", results).markdown.split())

    same = said_of(printed())
    assert "Ingen av 14 virkninger skiller seg fra den publiserte" in same
    assert "stjerner ved 4 av virkningene, vi ved 0" in same
    assert "ingen av virkningene på overganger negative etter sin egen test" in same
    far = printed()
    far.loc[far["outcome"] == "work", ["estimate", "p_value"]] = [-0.02, 0.0001]
    differs = said_of(far)
    assert "2 av 14 virkninger er forskjellige" in differs
    assert "2 av virkningene på overganger negative" in differs
    assert "gjelder hele landet" in said_of(printed(), "39")
    assert "kunne anslås" in said_of(printed(estimate=np.nan))


@pytest.mark.parametrize(
    ("parallel", "line", "wanted"),
    [
        (0.8, 0.01, "står seg også"),
        (0.8, 0.0, "ikke lenger noen sikker virkning"),
        (0.0, 0.01, "skiller resultatet seg derimot"),
        (0.0, 0.0, "Heller ikke om"),
    ],
)
def test_breakdown_tells_of_parallel_trends_and_of_a_line(
    output: Output, parallel: float, line: float, wanted: str
) -> None:
    found = pd.DataFrame(
        {
            "outcome": ["program"],
            "estimate": [0.01],
            "std_error": [0.004],
            "n_persons": [900],
            "zero_relative": [parallel],
            "mde_relative": [0.4],
            "zero_smoothness": [line],
            "mde_smoothness": [0.0],
        }
    )
    assert wanted in said(output, "breakdown", summary(), breakdowns=found)


def test_outcomes_and_own_choices_are_told_as_they_are_used(output: Output) -> None:
    own = FollowupResults(
        parameters=Parameters(longest_gap_weeks=4),
        panel=None,  # type: ignore[arg-type]
        protected=None,  # type: ignore[arg-type]
        summary=summary(),
        trends={},
        truth=pd.DataFrame(columns=[*published.KEY, "coefficient"]),
    )
    showing = Showing(REPORT, output)
    text, choices = (showing.show(name, own).markdown for name in ("outcomes", "choices"))
    assert "minst 18,75 timers arbeid" in " ".join(text.split())
    assert "arbeidsavklaringspenger (AAP) eller uføretrygd" in " ".join(text.split())
    assert "mer enn 4 uker fra ett kort" in choices


def test_an_arrow_stands_where_an_interval_goes_on_beyond_what_was_searched() -> None:
    rows = pd.DataFrame(
        {
            "outcome": ["program", "program", "work"],
            "bound": [0.0, 1.0, 0.0],
            "ci_low": [-0.01, -0.4, -0.01],
            "ci_high": [0.02, 0.4, 0.02],
            "open_ended": [False, True, False],
        }
    )
    reader: Any = SimpleNamespace(rows=rows, named=lambda _, code: code)
    arrows = [
        [float(x) for line in ax.lines if line.get_marker() in "^v" for x in line.get_xdata()]
        for ax in diagnostics.draw_sensitivity(reader).axes
    ]
    assert arrows == [[1.0, 1.0], []]


def breaks(dialogue_p: float, work_p: float) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "outcome": outcome,
                "horizon": horizon,
                "estimate": 0.001,
                "difference": 0.0003,
                "difference_p": p,
                "difference_error": 0.001,
                **dict.fromkeys(("std_error", "ci_low", "ci_high", "p_value", "mde"), 0.01),
                "n_obs": 9000,
                "n_persons": 900,
                "smallest_cell": 100,
                "events": 50,
                "others": 50,
                "refused": "",
                "alike": False,
            }
            for outcome, p in (("dialogue", dialogue_p), ("work", work_p), ("health", np.nan))
            for horizon in ("all", "until_2017")
        ]
    )


def test_break_tells_of_dialogue_and_of_the_others(output: Output) -> None:
    calm = said(output, "break", summary(), breaks=breaks(0.5, 0.4))
    assert "kan være tilfeldig" in calm
    assert "ingen av 1 forskjeller" in calm
    other = said(output, "break", summary(), breaks=breaks(0.001, 0.01))
    assert "bør leses uten 2018" in other
    assert "1 av 1 forskjeller" in other
    refused = said(output, "break", summary(), breaks=breaks(np.nan, 0.2))
    assert "Forskjellen kan ikke prøves" in refused


@pytest.mark.parametrize(
    ("program", "dialogue", "work", "wanted"),
    [
        (NULL, NULL, NULL, ("finner vi ingen sikker endring", "Heller ikke", "ville vi trolig")),
        (
            UP,
            UP,
            NULL,
            ("ble oppfølgingen tettere", "ser vi ingen sikker endring", "ville vi trolig"),
        ),
        (DOWN, DOWN, DOWN, ("ikke tettere", "sjeldnere dialog", "ble lavere")),
        (UP, NULL, UP, ("er svaret delt", "økte mer enn")),
        (UP, DOWN, UP, ("er svaret delt", "økte mer enn")),
    ],
)
def test_the_answer_and_its_titles_follow_the_numbers(
    output: Output, program: Any, dialogue: Any, work: Any, wanted: tuple[str, ...]
) -> None:
    found = summary(program, dialogue, work)
    text = " ".join(f"{said(output, 'answer', found)} {said(output, 'key-level', found)}".split())
    assert text.startswith("I de simulerte registrene")
    assert all(part in text for part in wanted), text
    assert ("ville vi trolig" in text) == (NULL in (program, dialogue, work) or program != dialogue)
    titles = {label: said(output, label, found) for label in ("tbl-1", "tbl-3")}
    clear = program == dialogue != NULL
    assert ("sikker" in titles["tbl-1"].partition("]{.finding}")[0]) != clear
    assert ("Ingen sikker" in titles["tbl-3"]) == (work == NULL)
    more = ("lere gikk rett til arbeid", "Flere forlot dagpengene på alle tre måter")
    assert any(part in titles["tbl-3"] for part in more) == (work == UP)


def test_a_result_that_is_hidden_leaves_no_number_and_a_title_that_says_so(output: Output) -> None:
    few = summary(estimate=np.nan, p_value=np.nan, refused="few_persons")
    text = said(output, "answer", few)
    assert "kan vi ikke si om oppfølgingen ble tettere" in text
    assert "kan heller ikke måles" in text
    assert not any(part in text for part in ("ville vi trolig", "ingen sikker", "nan", ".."))
    for name in ("program", "dialogue", "work"):
        assert "**Ikke vist** for få" in said(output, f"key-{name}", few)
    for label in ("tbl-1", "tbl-2", "tbl-3"):
        assert "[For få personer eller hendelser" in said(output, label, few)


def test_the_answer_warns_of_a_gap_that_moved_before(output: Output) -> None:
    warned = "i endring allerede før juli 2017"
    assert warned not in said(output, "answer", summary(UP, UP, UP))
    assert warned in said(output, "answer", summary(UP, UP, UP), {"work": trend(0.01)})
    few = summary(estimate=np.nan, p_value=np.nan, refused="few_persons")
    assert warned not in said(output, "answer", few, {"work": trend(0.01)})


def test_key_figures_are_the_estimates_with_their_intervals(output: Output) -> None:
    told = said(output, "key-program", summary(UP))
    assert "**+2,00** prosentpoeng på tiltak, trolig mellom +1,00 og +3,00" in told


@pytest.mark.parametrize(
    ("p_values", "told"),
    [
        ((0.4, 0.3, 0.9), "er ingen av 3 virkninger"),
        ((0.03, 0.3, 0.9), "hver for seg, men ingen når"),
        ((0.01, 0.3, 0.9), "hver for seg, og 1 når"),
    ],
)
def test_counties_as_clusters_are_tested_as_several(
    output: Output, p_values: tuple[float, ...], told: str
) -> None:
    kept = (
        "outcome estimate std_error ci_low ci_high mde n_obs n_persons smallest_cell events others"
    )
    rows = summary().query("horizon == 'long' and table != 'tbl-2'").head(3)
    found = rows[[*kept.split(), "refused"]].assign(
        p_value=p_values, n_clusters=15, person_error=0.005, crv1_error=0.005
    )
    results = FollowupResults(
        parameters=Parameters(county=""),
        panel=None,  # type: ignore[arg-type]
        protected=None,  # type: ignore[arg-type]
        summary=summary(),
        trends={},
        truth=pd.DataFrame(columns=[*published.KEY, "coefficient"]),
        clusters=found,
    )
    assert told in " ".join(Showing(REPORT, output).show("clusters", results).markdown.split())
