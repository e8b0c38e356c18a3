"""The report's estimates, figures and tables on a small stock; the quarterly update."""

import numpy as np
import pandas as pd
import pytest

from naveval import estimates, figures
from naveval import indicator_drawing as drawing
from naveval import indicator_lines as lines
from naveval import indicator_models as models
from naveval import indicator_panel as panels
from naveval import indicator_quarter as quarter
from naveval import indicator_series as series
from naveval import indicator_simulation as simulation
from naveval import indicator_study as studies
from naveval import indicator_tables as tables
from naveval import indicator_texts as texts
from naveval import indicator_update as store
from naveval import months as calendar_months
from naveval.errors import EstimationError, NavevalError
from naveval.indicator_figures import curve
from naveval.indicator_frames import pick, relative, tertials
from naveval.indicator_models import Packed, Specification
from naveval.indicator_parameters import Parameters
from naveval.output import open_output

FIGURES = tuple(f"fig-{k}" for k in range(1, 33) if k not in (3, 4, 5))
ADDED = ("fig-linear", "fig-cohorts", "fig-subsidised", "fig-days", "fig-horizons")


@pytest.fixture(scope="module")
def parameters(tmp_path_factory):
    data = tmp_path_factory.mktemp("study")
    simulation.simulate(data, scale=0.002, seed=6)
    return Parameters(data=str(data), person_groups=100, draws=200)


@pytest.fixture(scope="module")
def study(parameters, tmp_path_factory):
    from pathlib import Path

    return studies.estimate(parameters, Path(parameters.data))


@pytest.fixture
def output(parameters, tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "DPI", 40)
    monkeypatch.setenv("NAVEVAL_RESULT", str(tmp_path))
    return open_output("indicator", parameters)


def test_every_figure_with_curves(study, output):
    for label in (*FIGURES, *ADDED):
        block = curve(output, study, label)
        assert f"{{#{label} " in block.markdown
        assert (output.folder / "figures" / f"{label}.csv").exists()


def test_county_figures_are_about_the_county(study, parameters, tmp_path, monkeypatch):
    monkeypatch.setenv("NAVEVAL_RESULT", str(tmp_path))
    output = open_output("indicator", parameters.model_copy(update={"county": "46"}))
    assert "Vestland" in curve(output, study, "fig-6").markdown
    frame = pd.read_csv(tmp_path / "figures" / "fig-6.csv")
    own = pick(study.curves, "atid3", "county", ["46"])
    actual = frame[frame["line"] == "actual"]["value"].to_numpy()
    assert np.allclose(actual, own["actual_sa"].to_numpy(), equal_nan=True)
    assert "Vestland" in texts.summary(output, study).markdown


def test_other_figures_tables_and_sentences(study, output):
    for make in (drawing.employment, drawing.fan, drawing.county_levels, drawing.funnel,
                 drawing.office_levels, drawing.drivers, drawing.calibration,
                 tables.participation, tables.composition, tables.county_table,
                 tables.group_table, tables.program_table, tables.worked,
                 tables.coefficient_table, tables.intervals, tables.funnel_table,
                 tables.office_table, tables.explained, tables.stability, tables.recovery,
                 tables.flow, tables.key_figures, texts.summary, texts.job_summary, texts.rank,
                 texts.narrow, texts.office_sentence, texts.driver_sentence,
                 texts.model_sentence, texts.recovery_sentence):  # fmt: skip
        assert make(output, study).markdown.strip()


def test_curves_add_up_and_adjusted_ones_too(study):
    own = study.curves.dropna(subset=["actual_sa"])
    assert np.allclose(own["actual"] - own["expected"], own["indicator"])
    assert np.allclose(own["actual_sa"] - own["expected_sa"], own["indicator_sa"])


def test_worked_example_adds_up(study, output):
    tables.worked(output, study)
    frame = pd.read_csv(output.folder / "tables" / "tbl-worked.csv")
    actual, expected, indicator = pd.to_numeric(frame["value"], errors="coerce")
    assert indicator == pytest.approx(actual - expected)
    assert list(frame["published"]) == [10.86, 8.99, 1.87]


def test_relative_version_divides_by_the_level(study):
    own = pick(study.curves, "atid3", "nav")
    table = relative(own)
    mean = np.average(own["actual"], weights=own["n"])
    assert np.allclose(table["relative"], own["indicator_sa"] / mean)
    at = relative(own, "2019-01")
    level = own.loc[own["month"] == "2019-01", "actual"].iloc[0]
    assert np.allclose(at["relative"], own["indicator_sa"] / level)


def test_relative_version_refuses_a_level_near_zero(study):
    own = pick(study.curves, "atid3", "nav").assign(actual=0.01)
    with pytest.raises(EstimationError, match="too near zero"):
        relative(own)
    with pytest.raises(EstimationError, match="2031-01"):
        relative(own, "2031-01")


def test_tertials_are_means_of_four_months(study):
    own = pick(study.curves, "atid3", "nav")
    table = tertials(own)
    first = own[own["month"].isin(calendar_months.month_range("2018-01", "2018-04"))]
    got = table.loc[table["tertial"] == "2018T1", "indicator_sa"].iloc[0]
    assert got == pytest.approx(first["indicator_sa"].mean())


def test_decomposition_adds_up(study):
    for _, own in study.drivers.groupby("county"):
        part = own.set_index("part")["change"]
        assert part.drop("total").sum() == pytest.approx(part["total"], abs=1e-9)


def test_shrunken_offices_lie_between_themselves_and_the_mean(study):
    own = study.offices.dropna(subset=["shrunken"])
    low = np.minimum(own["indicator"], own["mean"]) - 1e-9
    high = np.maximum(own["indicator"], own["mean"]) + 1e-9
    assert ((own["shrunken"] >= low) & (own["shrunken"] <= high)).all()
    assert own["reliability"].between(0, 1).all()


def test_intervals_are_wider_for_means_over_months_than_the_published(study):
    ratio = study.intervals.set_index(["outcome", "grouping", "quantity"])["ratio"]
    assert ratio["atid12", "county", "year"] > 1.2
    assert ratio["jobb12", "county", "year"] > 1.2


def test_bootstrap_agrees_with_clustered(study):
    own = study.intervals[study.intervals["grouping"] != "office"]
    assert np.allclose(own["bootstrap"] / own["clustered"], 1, atol=0.15)


def test_estimates_have_unique_keys(study):
    for county in ("", "03"):
        estimates.require_unique(tables.tidy(study, county))


def test_small_groups_are_hidden(study, output):
    curve(output, study, "fig-17")
    frame = pd.read_csv(output.folder / "figures" / "fig-17.csv")
    assert frame.loc[frame["n"].isna() | (frame["n"] < 5), "value"].isna().all()


def test_unknown_figure_lists_figures(study):
    with pytest.raises(EstimationError, match="fig-1, fig-6"):
        lines.frame_of(study, "", "fig-99")


def test_month_to_compare_must_exist(parameters):
    from pathlib import Path

    wrong = parameters.model_copy(update={"compare_to": "2031-01"})
    panel = panels.build(Path(parameters.data))
    with pytest.raises(EstimationError, match="2031-01 is not among the months"):
        studies._changes(Packed(panel), {}, wrong)


@pytest.fixture(scope="module")
def quarters(tmp_path_factory):
    root = tmp_path_factory.mktemp("quarters")
    for name, last in (("first", "2022-12"), ("second", "2023-03")):
        (root / name).mkdir()
        simulation.simulate(root / name, scale=0.0015, seed=8, last_month=last)
    (root / "store").mkdir()
    quarter.publish_quarter(root / "first", root / "store", "2022K4", window=61)
    with pytest.raises(
        NavevalError, match=r"(?s)published past values moved.*changelog"
    ) as refused:
        quarter.publish_quarter(root / "second", root / "store", "2023K1", window=61)
    assert "->" in str(refused.value)
    notes = pd.DataFrame([{"version": "2023K1", "date": "2023-07-01", "note": "nytt vindu"}])
    notes.to_csv(root / "store" / "changelog.csv", index=False)
    found = quarter.publish_quarter(root / "second", root / "store", "2023K1", window=61)
    return root, found


def test_update_drops_the_oldest_and_reads_only_what_is_new(quarters):
    root, found = quarters
    assert (found.months[0], found.months[-1]) == ("2018-03", "2023-03")
    assert found.moved.beyond > 0
    assert found.moved.noted
    assert store.months_to_read(root / "store", found.months, "2023-06") == []


def test_update_equals_estimation_on_the_whole_window(quarters):
    root, found = quarters
    limits, _ = store.kept_levels(root / "store")
    panel = panels.build(root / "second", limits=limits)
    window = tuple(chunk for chunk in panel.chunks if chunk.month in found.months)
    packs = Packed(panels.Panel(window, panel.levels, panel.county_of, panel.n_persons,
                                panel.flow, panel.limits))  # fmt: skip
    for outcome, tolerance in (("atid3", 1e-8), ("atid12", 1e-8), ("jobb3", 0.05),
                               ("jobb12", 0.05)):  # fmt: skip
        fit = models.fit(packs, Specification(), outcome)
        known = [k for k, name in enumerate(fit.design.names) if name not in fit.dropped]
        gap = np.abs(fit.coefficients - found.fits[outcome].coefficients)[known]
        assert np.median(gap) < tolerance / 10
        own = series.curves(packs, Specification(), outcome, fit,
                            [series.grouping(panel, "county")])["county"]  # fmt: skip
        moved = np.nan_to_num(np.abs(own.indicator - found.curves[outcome]["county"].indicator))
        assert np.average(moved, weights=own.n) < (1e-8 if outcome.startswith("atid") else 1e-3)


def test_store_holds_no_person_beside_the_spells(quarters):
    root, _ = quarters
    for file in (root / "store").glob("atid3-*.npz"):
        with np.load(file) as kept:
            assert "person" not in kept.files


def test_command_shows_what_moved(quarters, capsys):
    root, _ = quarters
    quarter.main([str(root / "second"), str(root / "store"), "2023K1", "--window", "61"])
    shown = capsys.readouterr().out
    assert "2018-03 to 2023-03" in shown
    assert "0 of" in shown


def test_changelog_needs_its_columns(tmp_path):
    pd.DataFrame({"version": ["a"]}).to_csv(tmp_path / "changelog.csv", index=False)
    with pytest.raises(NavevalError, match="date, note missing"):
        store.noted(tmp_path, "a")
    assert store.noted(tmp_path / "nothing", "a") is False
