"""The report's estimates, figures and tables on a small stock; the quarterly update."""

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from naveval import cli
from naveval.exhibits import estimates, figures
from naveval.exhibits.output import open_output
from naveval.project import months as calendar_months
from naveval.project.errors import EstimationError, NavevalError, ParameterError
from naveval.studies.indicator import market as markets
from naveval.studies.indicator import models, series
from naveval.studies.indicator import panel as panels
from naveval.studies.indicator import study as studies
from naveval.studies.indicator.exhibits import drawing, lines, tables
from naveval.studies.indicator.exhibits import printed as published
from naveval.studies.indicator.exhibits import sentences as texts
from naveval.studies.indicator.exhibits.figures import curve
from naveval.studies.indicator.frames import pick, relative, tertials
from naveval.studies.indicator.models import Packed, Specification
from naveval.studies.indicator.parameters import Parameters
from naveval.studies.indicator.simulate import registers as simulation
from naveval.studies.indicator.update import quarter, revisions, store

FIGURES = tuple(f"fig-{k}" for k in range(1, 33) if k not in (3, 4, 5))
ADDED = ("fig-in-model", "fig-linear", "fig-cohorts", "fig-subsidised", "fig-days", "fig-horizons")


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


def quarterly(data, store, version, **options):
    return quarter.publish_quarter(Parameters(data=str(data)), store, version, window=61, **options)


def content(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture(scope="module")
def quarters(tmp_path_factory):
    root = tmp_path_factory.mktemp("quarters")
    for name, last in (("first", "2022-12"), ("second", "2023-03")):
        (root / name).mkdir()
        simulation.simulate(root / name, scale=0.0015, seed=8, last_month=last)
    quarterly(root / "first", root / "store", "2022K4")
    before = content(root / "store")
    with pytest.raises(
        NavevalError, match=r"(?s)published past values moved.*changelog"
    ) as refused:
        quarterly(root / "second", root / "store", "2023K1")
    assert "->" in str(refused.value)
    assert content(root / "store") == before
    notes = pd.DataFrame([{"version": "2023K1", "date": "2023-07-01", "note": "nytt vindu"}])
    notes.to_csv(root / "store" / "changelog.csv", index=False)
    found = quarterly(root / "second", root / "store", "2023K1")
    return root, found


def test_update_drops_the_oldest_and_reads_only_what_is_new(quarters):
    root, found = quarters
    assert (found.months[0], found.months[-1]) == ("2018-03", "2023-03")
    assert found.moved.beyond > 0
    assert found.moved.noted
    assert found.updated["atid3"].read == ["2023-01", "2023-02", "2023-03"]
    assert found.updated["atid12"].read == ["2022-04", "2022-05", "2022-06"]
    months = {file.stem.removeprefix("atid3-") for file in (root / "store").glob("atid3-*.npz")}
    assert months == set(found.months)


def test_update_equals_estimation_on_the_whole_window(quarters):
    root, found = quarters
    limits, _ = store.kept_levels(root / "store", {})
    panel = panels.build(root / "second", limits=limits)
    window = tuple(chunk for chunk in panel.chunks if chunk.month in found.months)
    packs = Packed(
        panels.Panel(
            window, panel.levels, panel.county_of, panel.n_persons, panel.flow, panel.limits
        )
    )
    for outcome, tolerance in (
        ("atid3", 1e-8),
        ("atid12", 1e-8),
        ("jobb3", 0.05),
        ("jobb12", 0.05),
    ):
        fit = models.fit(packs, Specification(), outcome)
        known = [k for k, name in enumerate(fit.design.names) if name not in fit.dropped]
        own = found.updated[outcome]
        assert np.median(np.abs(fit.coefficients - own.fit.coefficients)[known]) < tolerance / 10
        curve = series.curves(
            packs, Specification(), outcome, fit, [series.grouping(panel, "county")]
        )["county"]
        moved = np.nan_to_num(np.abs(curve.indicator - own.curves["county"].indicator))
        assert np.average(moved, weights=curve.n) < (1e-8 if outcome.startswith("atid") else 1e-3)


def test_store_holds_no_person_beside_the_spells(quarters):
    root, _ = quarters
    for file in (root / "store").glob("atid3-*.npz"):
        with np.load(file) as kept:
            assert "person" not in kept.files


def test_nothing_is_read_when_nothing_is_new(quarters):
    root, _ = quarters
    again = quarterly(root / "second", root / "store", "2023K1")
    assert all(own.read == [] for own in again.updated.values())
    assert again.moved.frame["change"].abs().max() < 1e-9


def test_revised_register_is_read_anew_and_refused_without_a_note(quarters, tmp_path):
    root, _ = quarters
    for name in ("second", "store"):
        shutil.copytree(root / name, tmp_path / name)
    file = tmp_path / "second" / "hours" / "2022-05.parquet"
    frame = pd.read_parquet(file)
    frame["hours"] *= np.float32(1.5)
    frame.astype({"month": str}).to_parquet(file, index=False)
    with pytest.raises(NavevalError, match=r"atid3 actual .* 2022-0[234]: "):
        quarterly(tmp_path / "second", tmp_path / "store", "2023K1b")
    (tmp_path / "store" / "changelog.csv").write_text(
        "version,date,note\n2023K1b,2023-08-01,rettet arbeidstid i mai 2022\n"
    )
    found = quarterly(tmp_path / "second", tmp_path / "store", "2023K1b")
    assert found.updated["atid3"].read == ["2022-02", "2022-03", "2022-04"]
    assert found.updated["atid12"].read == list(calendar_months.month_range("2021-05", "2022-04"))
    whole = panels.build(tmp_path / "second", limits=store.kept_levels(tmp_path / "store", {})[0])
    chunk = next(c for c in whole.chunks if c.month == "2022-03")
    place = found.months.index("2022-03")
    assert found.updated["atid3"].curves["nav"].actual[place, 0] == pytest.approx(
        chunk.outcomes["atid3"].mean(), abs=1e-5
    )


def test_revised_stock_makes_later_months_new_as_well(quarters):
    root, found = quarters
    hours = calendar_months.month_range("2017-12", "2023-06")
    market = markets.read(root / "second", found.months)
    now = store.stamps_of(root / "second", found.months, hours, market)
    before = replace(now, stock={**now.stock, "2022-10": "other"})
    reuse = store.reusable(before, now)
    assert ("atid3", "2022-09") in reuse
    assert not {("atid3", month) for month in ("2022-10", "2022-11", "2023-03")} & reuse


def test_tolerance_decides_what_has_moved_too_much(quarters):
    root, _ = quarters
    before = pd.read_csv(root / "store" / quarter.VALUES, dtype={"group": str})
    after = before.assign(value=before["value"] + 0.01)
    assert revisions.moved(before, after).beyond == before["outcome"].str.startswith("jobb").sum()
    assert revisions.moved(before, after, share=0.02).beyond == 0
    lost = after.drop(after.index[(after["group"] == "03") & (after["month"] == "2022-01")])
    assert revisions.moved(before, lost, share=0.02).beyond == 12
    with pytest.raises(NavevalError, match="no value"):
        revisions.require_publishable(revisions.moved(before, lost, share=0.02), "x")


def test_store_made_with_other_settings_is_refused(quarters):
    root, _ = quarters
    other = Parameters(data=str(root / "second"), version="report")
    with pytest.raises(ParameterError, match="'production' in the store, 'report' now"):
        quarter.publish_quarter(other, root / "store", "2023K1", window=61)
    with pytest.raises(ParameterError, match="at least 24"):
        quarter.publish_quarter(other, root / "store", "2023K1", window=12)


def test_command_shows_what_moved(quarters):
    root, _ = quarters
    given = [
        "--data",
        str(root / "second"),
        "--store",
        str(root / "store"),
        "--version",
        "2023K1",
        "--window",
        "61",
    ]
    done = CliRunner().invoke(cli.main, ["update", "indicator", *given])
    assert done.exit_code == 0, done.output
    assert "2018-03 to 2023-03" in done.output
    assert "0 of" in done.output
    refused = CliRunner().invoke(cli.main, ["update", "hedmark", *given])
    assert refused.exit_code == 2
    assert "no quarterly update" in refused.output


def test_changelog_needs_its_columns(tmp_path):
    pd.DataFrame({"version": ["a"]}).to_csv(tmp_path / "changelog.csv", index=False)
    with pytest.raises(NavevalError, match="date, note missing"):
        revisions.noted(tmp_path, "a")
    assert revisions.noted(tmp_path / "nothing", "a") is False
