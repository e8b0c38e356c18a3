"""Exhibits, sentences and estimates of the cost-benefit part."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from undrawn import leave_undrawn

from naveval.estimators.cost_benefit.inputs import PROGRAMS
from naveval.exhibits import figures
from naveval.exhibits.output import open_output
from naveval.exhibits.show import Showing
from naveval.project import formats
from naveval.studies.programs import published
from naveval.studies.programs.costs.analysis import Analysis, analyse, place_mix
from naveval.studies.programs.exhibits import (
    REPORT,
    costs,
    costs_assumptions,
    costs_summary,
)
from naveval.studies.programs.parameters import Parameters
from naveval.studies.programs.results import ProgramResults

EXHIBITS = [
    one.label
    for module in (costs, costs_assumptions, costs_summary)
    for one in module.EXHIBITS
    if one.label != "tbl-mix"
]
CHOSEN = Parameters(parts=("costs",), draws=500)


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return analyse(CHOSEN)


@pytest.fixture
def showing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Showing:
    monkeypatch.setenv("NAVEVAL_RESULT", str(tmp_path))
    leave_undrawn(monkeypatch, only_phone=True)
    return Showing(REPORT, open_output("programs", CHOSEN))


@pytest.fixture
def results(analysis: Analysis) -> ProgramResults:
    return ProgramResults(CHOSEN, costs=analysis)


def tell(showing: Showing, label: str, results: ProgramResults, **costs: object) -> str:
    """What a sentence says of the results with some of the analysis changed."""
    assert results.costs is not None
    return showing.show(label, results.but(costs=replace(results.costs, **costs))).markdown


def test_every_exhibit_is_shown_and_every_number_is_in_the_estimates(
    showing: Showing, results: ProgramResults
) -> None:
    for label in EXHIBITS:
        text = showing.show(label, results).markdown
        assert "nan" not in text.lower(), label
    showing.finish(results)
    table = pd.read_csv(showing.output.folder / "estimates.csv")
    assert set(table["label"]) >= {"tbl-7-6", "tbl-mvpf", "tbl-aft-alternative", "fig-tornado"}
    row = table[(table["label"] == "tbl-7-6") & (table["program"] == "AMO")]
    net = row[row["value"] == "net_benefit"].iloc[0]
    assert net["published"] == 377_000
    assert net["difference"] == pytest.approx(net["estimate"] - 377_000)
    cells = table[(table["label"] == "tbl-reconciliation")]
    assert len(cells) == 285
    assert cells["published"].notna().all()
    drawn = table[(table["label"] == "tbl-uncertainty") & (table["value"] == "net_benefit")]
    assert (drawn["ci_low"] < drawn["estimate"]).all()
    assert (drawn["estimate"] < drawn["ci_high"]).all()
    log = pd.read_csv(showing.output.folder / "disclosure.csv")
    assert log.loc[log["label"] == "tbl-7-6", "reason"].str.contains("published").all()


def test_names_of_assumptions_do_not_cover_each_other_on_a_phone(
    showing: Showing, results: ProgramResults, tmp_path: Path
) -> None:
    reader = showing.reader(results).at("fig-tornado")
    with figures.phone():
        figure = costs.tornado(reader)
        figures.save(figure, tmp_path / "fig-tornado.png", "")
    figure.draw_without_rendering()
    for ax in figure.axes:
        names = [name for name in ax.get_yticklabels() if name.get_text()]
        boxes = sorted((name.get_window_extent() for name in names), key=lambda box: box.y0)
        assert all(low.y1 <= high.y0 for low, high in pairwise(boxes))


def test_the_summary_counts_only_signs_that_are_tested(
    showing: Showing, results: ProgramResults
) -> None:
    assert results.costs is not None
    table = results.costs.uncertainty
    clear = table["sign"] == "positive"
    said = showing.show("costs-summary", results).markdown
    assert said.startswith(f"{clear.sum()} av 9 tiltak gir klart mer")
    assert (table.loc[clear, "ci_low"] > 0).all()
    assert clear.sum() < (results.costs.flows["net_benefit"] > 0).sum()
    none = tell(showing, "costs-summary", results, uncertainty=table.assign(sign="unclear"))
    assert none.startswith("0 av 9 tiltak gir klart mer")
    assert "alle tiltakene" in tell(
        showing, "costs-uncertain", results, uncertainty=table.assign(sign="positive")
    )


def test_where_gains_come_late_is_told_only_of_such_effects(
    showing: Showing, results: ProgramResults
) -> None:
    assert results.costs is not None
    aft, inputs = results.costs.alternative, results.costs.inputs
    assert "ned det første året og opp i de neste" in " ".join(
        tell(showing, "costs-alternative", results).split()
    )
    for column in ("effect_year_1", "effect_later"):
        other = tell(
            showing, "costs-alternative", results, alternative=aft.assign(**{column: -aft[column]})
        )
        assert "opp i de neste" not in " ".join(other.split())
        assert "ikke intervall og er ikke prøvd" in " ".join(other.split())
    said = " ".join(tell(showing, "costs-summary", results).split())
    assert "lavere de to første årene og gevinsten kommer fra det fjerde" in said
    assert "7 år etter AMO og de fleste andre" in said
    for changed in (
        inputs.assign(effect_year_2=inputs["effect_year_2"].abs()),
        inputs.assign(effect_year_3=1.0),
        inputs.assign(effect_years=range(len(inputs))),
    ):
        other = " ".join(tell(showing, "costs-summary", results, inputs=changed).split())
        assert "gevinsten kommer" not in other
        assert "hvor lenge den varer, vet ingen" in other


def test_what_the_source_tells_of_all_programmes_is_read_from_its_text(
    showing: Showing, results: ProgramResults
) -> None:
    told = published.scope().set_index("scope")
    said = showing.show("answer-published", results).markdown
    least, most = (formats.number(told.loc["participants", end]) for end in ("low", "high"))
    assert f"Mellom {least} og {most} virkelige personer" in " ".join(said.split(" ")).replace(
        "\n", " "
    )
    assert "om lag 10 milliarder" in " ".join(said.split())
    showing.show("tbl-scope", results)
    showing.finish(results)
    rows = pd.read_csv(showing.output.folder / "estimates.csv").query("label == 'tbl-scope'")
    assert set(rows["estimate"].dropna()) == {70_000, 80_000, 10}
    assert set(rows["method"]) == {"published"}


def test_the_answer_names_programmes_by_their_tested_sign(
    showing: Showing, results: ProgramResults
) -> None:
    assert results.costs is not None
    table = results.costs.uncertainty
    said = showing.show("answer-costs", results).markdown
    gains = said.split("koster for")[1].split(". For")[0]
    assert gains.count(",") + 2 == (table["sign"] == "positive").sum()
    assert "lønnstilskudd" in gains
    more = showing.show("answer-calculation", results).markdown
    assert more.startswith("Regnestykket bygger på publiserte virkninger og priser. For ")
    assert "både i pluss" in more
    for sign, title, text in (
        ("unclear", "Ingen tiltak gir klart mer eller", "er det ikke for noe tiltak sikkert"),
        ("positive", "9 av 9 tiltak gir klart mer", "mer igjen enn det koster for"),
        ("negative", "9 av 9 tiltak gir klart mindre", "mindre igjen enn det koster for"),
    ):
        changed = table.assign(sign=sign)
        told = tell(showing, "answer-costs", results, uncertainty=changed)
        assert text in told
        assert "både i pluss" not in tell(
            showing, "answer-calculation", results, uncertainty=changed
        )
        assert title in tell(showing, "fig-net-benefit", results, uncertainty=changed)
    best = showing.show("key-net-best", results).markdown
    assert best.splitlines()[1].startswith("**+")
    assert "lønnstilskudd" in best
    assert "regnet av publiserte tall" in best


def test_sentences_follow_the_numbers(showing: Showing, results: ProgramResults) -> None:
    assert results.costs is not None
    flows = results.costs.flows
    table = results.costs.uncertainty
    assert "tjene mindre" in tell(showing, "costs-losses", results)
    up = flows.assign(value_creation=1.0)
    assert "det samfunnet får igjen" in tell(showing, "costs-losses", results, flows=up)
    gain = flows.assign(net_benefit=1.0)
    assert "Ingen tiltak" in tell(showing, "costs-losses", results, flows=gain)
    assert "timer ekstra" in tell(showing, "costs-drivers", results)
    loss = flows.assign(net_benefit=-1.0)
    assert "timer" not in tell(showing, "costs-drivers", results, flows=loss, uncertainty=table)
    said = {label: showing.show(label, results).markdown for label in ("costs-public",)}
    poorer = results.costs.budget.assign(public=-1.0)
    assert tell(showing, "costs-public", results, budget=poorer) != said["costs-public"]


def test_the_reconciliation_says_what_it_rests_on(
    showing: Showing, results: ProgramResults
) -> None:
    said = showing.show("costs-reconciliation", results).markdown
    for part in ("285 trykte tall", "194 er like", "bare 38 av dem", "98 er inndata", "149 bygger"):
        assert part in said
    assert results.costs is not None
    cells = results.costs.cells.assign(basis="input")
    assert "bare 0 av dem" in tell(showing, "costs-reconciliation", results, cells=cells)


def test_draws_and_seed_reach_the_uncertainty_and_nothing_else(analysis: Analysis) -> None:
    other = analyse(Parameters(parts=("costs",), draws=500, seed=7))
    assert not other.uncertainty.equals(analysis.uncertainty)
    pd.testing.assert_frame_equal(other.flows, analysis.flows)
    pd.testing.assert_frame_equal(other.cells, analysis.cells)


def test_another_costs_file_changes_the_result(tmp_path: Path, analysis: Analysis) -> None:
    file = tmp_path / "dearer.yml"
    text = Parameters().costs_file().read_text(encoding="utf-8")
    file.write_text(
        text.replace(
            "AMO: {value: 10000, low: 9000, high: 11000}",
            "AMO: {value: 20000, low: 9000, high: 21000}",
        )
    )
    other = analyse(Parameters(parts=("costs",), costs=str(file), draws=500))
    change = other.flows["net_benefit"] - analysis.flows["net_benefit"]
    assert change[PROGRAMS.index("AMO")] == pytest.approx(-4.61 * 10_000 * 1.2)
    assert (change.drop(PROGRAMS.index("AMO")) == 0).all()


def estimated(tmp_path: Path) -> Parameters:
    """Parameters with a file of estimates: 12 000 kroner a year for all, no fourth year."""
    rows = [
        {
            "value": "earnings",
            "arm": program,
            "year": year,
            "estimate": 12_000.0,
            "std_error": 600.0,
            "unit": "NOK per year",
        }
        for program in PROGRAMS
        for year in (1, 2, 3)
    ]
    file = tmp_path / "given.csv"
    pd.DataFrame(rows).to_csv(file)
    return Parameters(parts=("costs",), effects="estimated", estimates=str(file), draws=500)


def test_estimated_effects_run_through(
    tmp_path: Path, showing: Showing, results: ProgramResults, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_undrawn(monkeypatch)
    chosen = estimated(tmp_path)
    assert results.costs is not None
    other = analyse(chosen)
    assert (other.inputs["effect_later"] == 1000).all()
    pd.testing.assert_frame_equal(other.cells, results.costs.cells)
    assert other.left_out == ("Utdanning",)  # no effect of year 4
    for table in (other.flows, other.break_even, other.budget, other.uncertainty):
        assert tuple(table["program"]) == other.programs == PROGRAMS[:7] + PROGRAMS[8:]
    own = ProgramResults(chosen, costs=other)
    assert "ikke regnet ut for utdanning:" in showing.show("costs-left-out", own).markdown
    assert showing.show("costs-left-out", results).markdown == ""
    for label in EXHIBITS:
        assert "nan" not in showing.show(label, own).markdown.lower()
    assert showing.reader(own).released("tbl-7-6").origin != "published"
    assert showing.reader(results).released("tbl-7-6").origin == "published"


def test_the_part_says_what_its_effects_are(
    tmp_path: Path, showing: Showing, results: ProgramResults
) -> None:
    own = ProgramResults(estimated(tmp_path), costs=analyse(estimated(tmp_path)))
    assert showing.show("costs-notice", results).markdown == ""
    mixed = Showing(REPORT, replace(showing.output, origin="simulated"))
    assert "ikke på de simulerte registrene" in mixed.show("costs-notice", results).markdown
    assert mixed.show("costs-notice", own).markdown == ""
    for name in ("costs-source", "costs-errors"):
        assert "kilden" in showing.show(name, results).markdown
        assert "egne anslag" in showing.show(name, own).markdown


def used(counts: dict[str, int]) -> SimpleNamespace:
    """Part 1 of a place where each programme has as many persons as percent of the months."""
    total = sum(counts.values())
    frame = pd.DataFrame({"program": list(counts), "n": list(counts.values())})
    frame = frame.assign(months_percent=100 * frame["n"] / total)
    return SimpleNamespace(use_by_program=frame, county="", protection=None)


def test_a_places_mix_follows_what_it_uses(analysis: Analysis) -> None:
    mix = place_mix(analysis, used({"AMO": 60, "Oppfølging": 20, "Avklaring": 20}), CHOSEN)
    assert mix is not None
    assert mix.covered == pytest.approx(0.8)
    assert list(mix.table["program"]) == ["AMO", "Oppfølging", "Sum"]
    total = mix.table.iloc[-1]
    assert mix.low < total["net_benefit"] < mix.high
    net = analysis.flows.set_index("program")["net_benefit"]
    assert net["Oppfølging"] < total["net_benefit"] < net["AMO"]
    assert place_mix(analysis, used({"IPS": 50, "Avklaring": 50}), CHOSEN) is None
