"""Tables, figures, sentences and estimates of the cost-benefit part."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from naveval.disclosure import gate
from naveval.estimators.cost_benefit.checks import PROGRAMS
from naveval.exhibits import appendix, estimates, figures, tables
from naveval.exhibits.output import Output, finish, open_output
from naveval.project.errors import DisclosureError
from naveval.studies.programs.costs import figures as programs_cost_figures
from naveval.studies.programs.costs import mix as programs_cost_mix
from naveval.studies.programs.costs import published
from naveval.studies.programs.costs import rows as programs_cost_rows
from naveval.studies.programs.costs import sentences as programs_cost_sentences
from naveval.studies.programs.costs import tables as programs_cost_tables
from naveval.studies.programs.costs.analysis import Analysis, analyse
from naveval.studies.programs.parameters import Parameters

TABLES = {
    "program_costs": "tbl-7-2",
    "counsellor_costs": "tbl-7-3",
    "tiltakspenger": "tbl-7-4",
    "value_creation": "tbl-7-5",
    "totals": "tbl-7-6",
    "break_even": "tbl-7-7",
    "longest": "tbl-7-8",
    "summary": "tbl-1-1",
    "uncertainty": "tbl-uncertainty",
    "scenarios": "tbl-scenarios",
    "budget": "tbl-budget",
    "marginal_value": "tbl-mvpf",
    "non_priced": "tbl-non-priced",
    "reconciliation": "tbl-reconciliation",
    "reconciliation_summary": "tbl-reconciliation-summary",
    "readings": "tbl-readings",
    "deviations": "tbl-reconciliation-deviations",
}
FIGURES = {
    "net_benefit": "fig-net-benefit",
    "composition": "fig-composition",
    "tornado": "fig-tornado",
    "break_even": "fig-break-even",
}
SENTENCES = (
    "summary",
    "uncertain",
    "losses",
    "drivers",
    "displacement",
    "public_money",
    "reconciliation",
    "first_month",
)


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return analyse(Parameters(parts=("costs",), draws=500))


@pytest.fixture
def output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Output:
    monkeypatch.setenv("NAVEVAL_RESULT", str(tmp_path))
    return open_output("programs", Parameters(parts=("costs",)))


@pytest.mark.parametrize(("name", "label"), TABLES.items())
def test_tables_are_shown_and_written(
    output: Output, analysis: Analysis, name: str, label: str
) -> None:
    block = getattr(programs_cost_tables, name)(output, analysis)
    assert f"{{#{label}}}" in block.markdown
    assert "nan" not in block.markdown.lower()
    assert (output.folder / "tables" / f"{label}.csv").is_file()


@pytest.mark.parametrize(("name", "label"), FIGURES.items())
def test_figures_have_picture_data_and_alt_text(
    output: Output, analysis: Analysis, name: str, label: str
) -> None:
    block = getattr(programs_cost_figures, name)(output, analysis)
    assert "fig-alt=" in block.markdown
    assert (output.folder / "figures" / f"{label}.png").stat().st_size > 10_000
    assert len(pd.read_csv(output.folder / "figures" / f"{label}.csv")) >= len(PROGRAMS)


@pytest.mark.parametrize("name", SENTENCES)
def test_sentences_take_their_numbers_from_the_estimates(
    output: Output, analysis: Analysis, name: str
) -> None:
    rows = programs_cost_rows.rows(analysis)
    text = getattr(programs_cost_sentences, name)(output, rows).markdown
    assert text.endswith(".")
    assert "{" not in text
    other = rows.assign(estimate=rows["estimate"] * -3 + 0.001, note="")
    assert getattr(programs_cost_sentences, name)(output, other).markdown != text


def test_estimates_hold_the_published_numbers(output: Output, analysis: Analysis) -> None:
    rows = programs_cost_rows.rows(analysis)
    finish(output, rows)
    written = pd.read_csv(output.folder / "estimates.csv")
    assert len(written) == len(rows)
    cell = estimates.one(
        rows, label="tbl-7-6", row="AMO", column="net_benefit", estimand="computed"
    )
    assert cell["published"] == 377_000
    assert cell["difference"] == pytest.approx(cell["estimate"] - 377_000)
    assert rows.loc[rows["estimand"] == "computed", "published"].notna().all()
    net = estimates.one(rows, label="tbl-uncertainty", row="AMO", column="net_benefit")
    assert net["ci_low"] < net["estimate"] < net["ci_high"]


def test_numbers_that_were_not_released_are_refused(output: Output, analysis: Analysis) -> None:
    with pytest.raises(DisclosureError):
        tables.show(output, analysis.flows, "tbl-7-6")  # type: ignore[arg-type]
    figure, _ = figures.axes()
    with pytest.raises(DisclosureError):
        figures.show(output, figure, analysis.flows, "fig-composition")  # type: ignore[arg-type]


def test_release_names_its_source(output: Output, analysis: Analysis) -> None:
    programs_cost_tables.totals(output, analysis)
    log = pd.read_csv(output.folder / "disclosure.csv")
    assert log.loc[log["label"] == "tbl-7-6", "reason"].str.contains("published").all()
    assert list(log.columns) == gate.LOG_COLUMNS


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


def test_estimated_effects_run_through(tmp_path: Path, output: Output, analysis: Analysis) -> None:
    rows = [
        {
            "outcome": "earnings",
            "group": program,
            "horizon": horizon,
            "estimand": "att",
            "estimate": 12_000.0,
            "std_error": 600.0,
            "unit": "NOK per year",
        }
        for program in PROGRAMS
        for horizon in ("year_1", "year_2", "year_3")
    ]
    file = tmp_path / "estimates.csv"
    estimates.frame("programs", [{"label": "fig-6-3", **row} for row in rows]).to_csv(file)
    chosen = Parameters(parts=("costs",), effects="estimated", estimates=str(file), draws=500)
    other = analyse(chosen)
    assert (other.inputs["effect_later"] == 1000).all()
    assert other.effects == "estimated"
    pd.testing.assert_frame_equal(other.cells, analysis.cells)
    assert other.left_out == ("Utdanning",)  # no effect of year 4
    for table in (other.flows, other.break_even, other.budget, other.uncertainty):
        assert tuple(table["program"]) == other.programs == PROGRAMS[:7] + PROGRAMS[8:]
    text = programs_cost_sentences.left_out(output, other).markdown
    assert "ikke regnet ut for Utdanning:" in text
    for part in (*TABLES, "net_benefit", "composition", "tornado"):
        module = programs_cost_tables if part in TABLES else programs_cost_figures
        assert "nan" not in getattr(module, part)(output, other).markdown.lower()


def test_readings_name_their_inputs(output: Output, analysis: Analysis) -> None:
    text = programs_cost_tables.readings(output, analysis).markdown
    rate = analysis.costs.general.tiltakspenger_rate.readings
    assert f"Dagsats: {rate['section_7_3_4']:.0f}, eller {rate['section_7_2_1']:.0f} kroner" in text
    assert "\u202f" in text.split("Månedspris:")[1][:8]


def test_losses_say_when_participants_earn_less(output: Output, analysis: Analysis) -> None:
    table = programs_cost_rows.rows(analysis)
    assert "tjene mindre" in programs_cost_sentences.losses(output, table).markdown
    value = (table["label"] == "fig-composition") & (table["column"] == "value_creation")
    some = table.assign(estimate=table["estimate"].where(~value, 1.0))
    assert "det samfunnet får igjen" in programs_cost_sentences.losses(output, some).markdown
    net = (table["label"] == "tbl-uncertainty") & (table["column"] == "net_benefit")
    none = table.assign(estimate=table["estimate"].where(~net, 1.0))
    assert "Ingen tiltak" in programs_cost_sentences.losses(output, none).markdown


def used(counts: dict[str, int]) -> SimpleNamespace:
    """Part 1 of a place where each programme has as many persons as percent of the months."""
    total = sum(counts.values())
    frame = pd.DataFrame({"program": list(counts), "n": list(counts.values())})
    frame = frame.assign(
        starts_percent=100 * frame["n"] / total, months_percent=100 * frame["n"] / total
    )
    return SimpleNamespace(use_by_program=frame, county="")


def test_a_places_mix_follows_what_it_uses_and_shows(output: Output, analysis: Analysis) -> None:
    chosen = Parameters(parts=("costs",), draws=500)
    place = used({"AMO": 60, "Oppfølging": 20, "Avklaring": 20})
    mix = programs_cost_mix.place_mix(analysis, place, chosen)
    assert mix is not None
    assert mix.covered == pytest.approx(0.8)
    assert list(mix.table["program"]) == ["AMO", "Oppfølging", "Sum"]
    total = mix.table.iloc[-1]
    assert mix.low < total["net_benefit"] < mix.high
    net = analysis.flows.set_index("program")["net_benefit"]
    assert net["Oppfølging"] < total["net_benefit"] < net["AMO"]
    rows = programs_cost_mix.rows(mix)
    text = programs_cost_mix.summary(output, rows, mix).markdown
    assert "hele landet" in text
    assert "AMO" in text
    assert "I alt" in programs_cost_mix.table(output, mix).markdown
    assert rows.loc[rows["ci_low"].notna(), "column"].tolist() == ["net_benefit"]


def test_a_mix_leaves_out_what_disclosure_control_hides(output: Output, analysis: Analysis) -> None:
    chosen = Parameters(parts=("costs",), draws=500)
    place = used({"AMO": 50, "AFT": 2, "Jobbklubb": 3, "IPS": 45})
    mix = programs_cost_mix.place_mix(analysis, place, chosen)
    assert mix is not None
    assert list(mix.table["program"]) == ["AMO", "Sum"]
    none = programs_cost_mix.place_mix(analysis, used({"IPS": 50, "Avklaring": 50}), chosen)
    assert none is None
    assert "for få" in programs_cost_mix.table(output, none).markdown
    assert programs_cost_mix.rows(none).empty
    assert programs_cost_mix.summary(output, programs_cost_mix.rows(none), none).markdown == ""


def test_the_appendix_lists_every_table_that_is_compared_with(output: Output) -> None:
    text = appendix.files(output, published.files(Parameters().costs_file())).markdown
    text = text.replace("\\_", "_")
    assert "costs.yml" in text
    for number in ("7_2", "7_3", "7_4", "7_5", "7_6", "7_7", "7_8", "1_1"):
        assert f"table_{number}_" in text


def test_the_part_says_what_its_effects_are(analysis: Analysis, output: Output) -> None:
    sentences = programs_cost_sentences
    assert sentences.notice(output, analysis).markdown == ""
    mixed = replace(output, origin="simulated")
    assert "ikke på de simulerte registrene" in sentences.notice(mixed, analysis).markdown
    estimated = replace(analysis, effects="estimated")
    assert sentences.notice(mixed, estimated).markdown == ""
    for name in ("source", "errors"):
        tell = getattr(sentences, name)
        assert "kilden" in tell(output, analysis).markdown
        assert "egne estimat" in tell(output, estimated).markdown


def test_no_hours_are_told_where_there_is_no_gain(output: Output, analysis: Analysis) -> None:
    table = programs_cost_rows.rows(analysis)
    assert "timer ekstra" in programs_cost_sentences.drivers(output, table).markdown
    net = (table["label"] == "tbl-uncertainty") & (table["column"] == "net_benefit")
    loss = table.assign(estimate=table["estimate"].where(~net, -1.0))
    assert "timer" not in programs_cost_sentences.drivers(output, loss).markdown
