"""The report's estimates, figures and tables on a small stock; the quarterly update."""

import numpy as np
import pandas as pd
import pytest

from naveval.exhibits import estimates, figures
from naveval.exhibits.output import open_output
from naveval.project import months as calendar_months
from naveval.project.errors import EstimationError
from naveval.studies.indicator import panel as panels
from naveval.studies.indicator import study as studies
from naveval.studies.indicator.exhibits import drawing, lines, tables
from naveval.studies.indicator.exhibits import printed as published
from naveval.studies.indicator.exhibits import sentences as texts
from naveval.studies.indicator.exhibits.figures import curve
from naveval.studies.indicator.frames import pick, relative, tertials
from naveval.studies.indicator.models import Packed
from naveval.studies.indicator.parameters import Parameters
from naveval.studies.indicator.simulate import registers as simulation

FIGURES = tuple(f"fig-{k}" for k in range(1, 33) if k not in (3, 4, 5))
ADDED = ("fig-in-model", "fig-linear", "fig-cohorts", "fig-subsidised", "fig-days", "fig-horizons")


@pytest.fixture(scope="module")
def parameters(tmp_path_factory):
    data = tmp_path_factory.mktemp("study")
    simulation.simulate(data, scale=0.0024, seed=6)
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
    shown = 0
    for label in (*FIGURES, *ADDED):
        block = curve(output, study, label)
        drawn = (output.folder / "figures" / f"{label}.csv").exists()
        assert drawn == (f"{{#{label} " in block.markdown)
        shown += drawn
    assert shown > len(FIGURES) / 2


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
    for make in (
        drawing.employment,
        drawing.fan,
        drawing.county_levels,
        drawing.funnel,
        drawing.office_levels,
        drawing.drivers,
        drawing.calibration,
        published.participation,
        published.composition,
        published.county_table,
        tables.group_table,
        tables.program_table,
        published.worked,
        published.coefficient_table,
        tables.intervals,
        tables.funnel_table,
        tables.office_table,
        tables.explained,
        tables.stability,
        tables.recovery,
        tables.flow,
        published.key_figures,
        texts.summary,
        texts.job_summary,
        texts.rank,
        texts.narrow,
        texts.worked,
        published.group_levels,
        texts.office_sentence,
        texts.driver_sentence,
        texts.model_sentence,
        texts.recovery_sentence,
    ):
        assert make(output, study).markdown.strip()


def test_curves_add_up_and_adjusted_ones_too(study):
    own = study.curves.dropna(subset=["actual_sa"])
    assert np.allclose(own["actual"] - own["expected"], own["indicator"])
    assert np.allclose(own["actual_sa"] - own["expected_sa"], own["indicator_sa"])


def test_worked_example_adds_up(study, output):
    published.worked(output, study)
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
    assert "for få personer" in curve(output, study, "fig-17").markdown
    curve(output, study, "fig-6")
    frame = pd.read_csv(output.folder / "figures" / "fig-6.csv")
    few = frame["n"].isna() | (frame["n"] < 20)
    assert frame.loc[few, "value"].isna().all()
    assert frame.loc[~few, "value"].notna().any()


def test_unknown_figure_lists_figures(study):
    with pytest.raises(EstimationError, match="fig-1, fig-6"):
        lines.frame_of(study, "", "fig-99")


def test_month_to_compare_must_exist(parameters):
    from pathlib import Path

    wrong = parameters.model_copy(update={"compare_to": "2031-01"})
    panel = panels.build(Path(parameters.data))
    with pytest.raises(EstimationError, match="2031-01 is not among the months"):
        studies.decompositions(Packed(panel), {}, wrong)
