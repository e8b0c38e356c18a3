"""The report of a small stock: what its exhibits declare shown is shown, and nothing else."""

import csv
import re
from dataclasses import replace
from pathlib import Path

import claims
import numpy as np
import pandas as pd
import pytest
from undrawn import leave_undrawn

from naveval.disclosure import keys, models
from naveval.disclosure.scan import tables
from naveval.disclosure.thresholds import thresholds
from naveval.exhibits import figures, words
from naveval.exhibits.declare import Table
from naveval.exhibits.output import Output, open_output
from naveval.exhibits.show import Showing
from naveval.project import places
from naveval.studies.indicator import descriptives
from naveval.studies.indicator import panel as panels
from naveval.studies.indicator.exhibits import REPORT, curves, drawing, summary
from naveval.studies.indicator.exhibits.common import released
from naveval.studies.indicator.protection import noise_for


@pytest.fixture(scope="module", params=["", "46"])
def shown(results, request, tmp_path_factory):
    """A report of the country, and of a county: what was shown, its results and its folder."""
    folder = tmp_path_factory.mktemp("result")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "DPI", 40)
        # A county's figures are drawn as the country's, and those of phones as those of pages.
        leave_undrawn(patch, only_phone=not request.param)
        patch.setenv("NAVEVAL_RESULT", str(folder))
        parameters = results.parameters.model_copy(update={"county": request.param})
        own = results.but(parameters=parameters)
        showing = Showing(REPORT, open_output("indicator", parameters))
        for one in (*REPORT.exhibits, *REPORT.sentences):
            showing.show(one.label, own)
        showing.finish(own)
    return showing, own, folder


def test_exactly_what_is_declared_shown_is_shown(shown):
    showing, results, folder = shown
    declared = {one.label: one for one in REPORT.exhibits}
    wanted = {
        label: one for label, one in declared.items() if not one.when or one.when.holds(results)
    }
    tables = {label for label, one in wanted.items() if isinstance(one.view, Table)}
    assert {file.stem for file in folder.glob("tables/*.csv")} == tables
    assert {file.stem for file in folder.glob("figures/*.csv")} == set(wanted) - tables
    assert {file.stem for file in folder.glob("figures/*.png")} == set(wanted) - tables
    for label, one in declared.items():
        block = showing.shown[label].markdown
        assert (f"{{#{label}" in block) == (label in wanted), label
        assert label in wanted or ("få" in block) == bool(one.when.otherwise), label
        assert "nan" not in block.lower(), label
        assert not re.search(r"%\s*prosent", block), label
        assert one.label in wanted or showing.shown[label].rows is None
    assert len(wanted) > 40


@pytest.mark.parametrize("others", [0, 3, 10_000])
def test_hours_of_nobody_outside_the_stock_pass_the_scan(results, others, tmp_path, monkeypatch):
    monkeypatch.setenv("NAVEVAL_RESULT", str(tmp_path))
    whole = panels.build(Path(results.parameters.data))
    inside = whole.flow["hours_rows"] - whole.flow["hours_outside_stock"]
    given = {"hours_rows": inside + others, "hours_outside_stock": others}
    rows = results.flow.set_index("step")["count"][["rows", "rows_atid3", "rows_atid12"]]
    noise = noise_for(whole.persons, keys.secret("simulated"))
    flow = descriptives.flow(replace(whole, flow={**whole.flow, **given}), noise, rows)
    showing = Showing(REPORT, open_output("indicator", results.parameters))
    showing.show("tbl-flow", results.but(flow=flow))
    with (tmp_path / "tables" / "tbl-flow.csv").open(encoding="utf-8") as file:
        told = list(csv.reader(file))
    assert not [*tables.table(told, thresholds(), small=True, few=True)]
    assert ([row[1] for row in told].count(":") == 1) == (others < 10_000)


def test_the_constant_may_be_what_moves_most(results):
    moved = replace(results, stability=results.stability.assign(column="constant"))
    frame = REPORT.exhibit("tbl-stability").data(moved)
    assert set(frame["variable"]) == {"column_constant"}
    assert set(frame["level"]) == {""}
    assert "konstantledd" in str(words.load("indicator"))


@pytest.mark.parametrize("county", ["", "03", "46"])
def test_titles_say_what_the_published_rows_say(results, county, tmp_path):
    parameters = results.parameters.model_copy(update={"county": county})
    place = places.place(county)
    output = Output("indicator", place, tmp_path, "simulated", words.load("indicator"))
    judged, faults = claims.faults(Showing(REPORT, output), results.but(parameters=parameters))
    assert faults == []
    assert judged >= 4


def test_every_line_that_a_figure_does_not_show_is_named_below_it(shown):
    showing, results, folder = shown
    reader = showing.reader(results)
    named = 0
    for one in REPORT.exhibits:
        if "left_out" not in one.facts or not (folder / "figures" / f"{one.label}.csv").exists():
            continue
        block, at = showing.shown[one.label].markdown, reader.at(one.label)
        missing = one.facts["left_out"].get(at)
        told = bool(missing) and missing in block
        assert told or missing == "", one.label
        named += told
        rows = pd.read_csv(folder / "figures" / f"{one.label}.csv")
        lines = rows[one.keys[0]].fillna("").astype(str)
        assert lines.nunique() == one.facts["lines"].get(at), one.label
        hidden = missing.removesuffix(".").partition(": ")[2].split(", ")
        assert not set(hidden) & set(lines), one.label
    assert named > 3


def test_programmes_are_drawn_beside_nav_as_a_whole(shown):
    showing, results, _ = shown
    for label in ("fig-18", "fig-19"):
        rows = showing.shown[label].rows
        assert (rows is None) == bool(results.parameters.county), "one county has too few"
        if rows is not None:
            assert drawing.WHOLE in set(rows["line"])
            assert rows["line"].nunique() > 1


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.4, 0.9, "er trukket fra, trolig mellom 0,40 og"),
        (0.0, 0.9, "0,00 til 0,90 passer"),
        (0.0, 0.0, "tettere enn"),
    ],
)
def test_a_spread_that_cannot_be_told_from_none_is_no_finding(results, tmp_path, low, high, said):
    (tmp_path / "tables").mkdir()
    offices = results.offices.assign(between=low, between_low=low, between_high=high)
    output = Output("indicator", places.place(""), tmp_path, "simulated", words.load("indicator"))
    showing = Showing(REPORT, output)
    own = results.but(offices=offices)
    text = " ".join(showing.show("offices", own).markdown.split())
    assert said in text
    assert ("kan ikke avgjøre om kontorene" in text) == (low == 0)
    assert ("kan ikke avgjøre" in showing.show("tbl-between", own).markdown) == (low == 0)


def test_the_overview_counts_the_categories_of_both_versions():
    found = summary.overview(None).set_index("how")
    assert (found["report"] > 0).all()
    other = found[found["report"] != found["production"]]
    assert set(other.index) == {"how_duration", "how_employment"}
    assert found.loc["how_employment", "production"] == 0


def test_no_number_rests_on_few_persons(shown):
    _, _, folder = shown
    for file in (*folder.glob("figures/*.csv"), *folder.glob("tables/*.csv")):
        frame = pd.read_csv(file)
        if "n_persons" not in frame or file.stem in ("fig-29", "tbl-flow"):
            continue
        few = frame["n_persons"] < 20
        for name in ("value", "actual", "indicator", "change", "shrunken"):
            if name in frame:
                assert set(frame.loc[few, name].astype(str)) <= {":", "nan"}, (file.stem, name)
        assert not frame["n_persons"].between(1, 4).any(), file.stem


def test_model_numbers_leave_rounded(shown):
    _, _, folder = shown
    estimates = pd.read_csv(folder / "estimates.csv")
    own = estimates[estimates["label"].eq("tbl-4") & estimates["estimate"].notna()]
    steps = models.step(own["std_error"].fillna(0))
    assert np.allclose(own["estimate"], np.round(own["estimate"] / steps) * steps, atol=1e-9)
    for error in estimates["std_error"].dropna():
        assert error == pytest.approx(float(f"{error:.1e}"), rel=1e-12)
    keys = ["label", "value", *(key for one in REPORT.exhibits for key in one.keys)]
    known = [key for key in dict.fromkeys(keys) if key in estimates]
    assert not estimates.duplicated(known).any()


def test_coefficients_on_few_events_are_hidden(results):
    reader = Showing(REPORT, None).reader(results)
    found = reader.released("tbl-4")
    raw = REPORT.exhibit("tbl-4").data(results)
    few = (raw[["events", "others"]] < 10).any(axis=1).to_numpy()
    assert few.any()
    assert found.frame.loc[few, "coefficient"].isna().all()
    estimated = raw["coefficient"].notna().to_numpy()
    assert found.suppressed.loc[few & estimated, "coefficient"].all()
    assert not found.suppressed.loc[~few, "coefficient"].any()
    nobody = (raw["events"] + raw["others"]).eq(0).to_numpy()
    assert nobody.any()
    assert found.suppressed.loc[nobody, "coefficient"].all()


def test_the_same_point_is_the_same_in_every_exhibit(results):
    """A county's line in its own report, among all counties, and beside the country."""
    county = results.but(parameters=results.parameters.model_copy(update={"county": "03"}))
    frames = [
        Showing(REPORT, None).reader(own).frame("fig-7").assign(county=lambda f: f["county"])
        for own in (county, results)
    ]
    many = Showing(REPORT, None).reader(results).frame("fig-11")
    one = frames[0][frames[0]["county"] == "03"]["value"].to_numpy()
    np.testing.assert_array_equal(one, many[many["county"] == "03"]["value"].to_numpy())
    whole = [frame[frame["county"] == ""]["value"].to_numpy() for frame in (*frames, many)]
    np.testing.assert_array_equal(whole[0], whole[1])
    np.testing.assert_array_equal(whole[0], whole[2])


def test_the_last_year_of_a_curve_is_the_level_that_tables_tell(results):
    own = results.curves[results.curves["specification"] == ""]
    last = own[own["month"] == own.groupby("outcome")["month"].transform("max")]
    levels = results.levels[results.levels["period"] == "last12"]
    keys = ["outcome", "grouping", "group"]
    both = last.merge(levels, on=keys, suffixes=("_point", "")).dropna(subset=["indicator_year"])
    assert {"nav", "county", "innsatsgruppe"} <= set(both["grouping"])
    for name in ("actual", "expected", "indicator"):
        np.testing.assert_allclose(both[f"{name}_year"], both[name], atol=1e-9)
    np.testing.assert_allclose(both["std_error_year"], both["std_error"], rtol=0.06)
    assert (both["std_error_actual"] > 0).all()
    early = own[own["month"] == own["month"].min()]
    assert early["actual_year"].isna().all()


def test_titles_of_groups_follow_the_tests_of_all_of_them(results, tmp_path):
    """How many differ and who, and whether the ends do: not the first of several."""
    output = Output("indicator", places.place(""), tmp_path, "simulated", words.load("indicator"))
    exhibit = REPORT.exhibit("fig-11")
    curves_of = results.curves
    own = curves_of["grouping"].eq("county") & curves_of["outcome"].eq("atid3")
    for values, wanted in (
        ({}, "none"),
        ({"03": 0.9, "46": -0.9}, "some"),
        (dict.fromkeys(places.codes(2024), 0.9), "many"),
    ):
        year = curves_of["group"].map(values).fillna(0.0).where(own, curves_of["indicator_year"])
        known = year.where(curves_of["indicator_year"].notna())
        error = curves_of["std_error_year"].where(~own, 0.1)
        changed = curves_of.assign(indicator_year=known, std_error_year=error)
        reader = Showing(REPORT, output).reader(results.but(curves=changed), "fig-11")
        assert exhibit.finding(reader) == wanted
        told = reader.fill(output.texts["fig-11"]["finding"][wanted])
        assert (": Oslo" in told or "og Oslo" in told) == (wanted == "some"), told


def test_a_line_on_few_in_work_is_left_out(results):
    lines = [curves.Line(code, "jobb3", "county", code) for code in places.codes(2024)]
    before = curves.frame(results, lines)
    few = results.curves.assign(
        n_with=results.curves["n_with"].mask(results.curves["group"].eq("03"), 9.0)
    )
    after = curves.frame(results.but(curves=few), lines)
    assert set(before["line"]) - set(after["line"]) == {"03"}


def test_released_hides_below_twenty_and_keeps_counts(results):
    frame = pd.DataFrame({"group": ["a", "b"], "value": [1.0, 2.0], "n_persons": [19.0, 20.0]})
    found = released(frame, results, "tbl-x", ("group",))
    assert found.frame["value"].isna().tolist() == [True, False]
    assert found.frame["n_persons"].tolist() == [19.0, 20.0]


@pytest.mark.parametrize(
    ("middle", "persons", "wanted", "without"),
    [
        (
            0.8,
            900,
            ("mer enn forventet i Vestland", "flere timer enn"),
            ("ville vi trolig", "ikke si"),
        ),
        (-0.8, 900, ("mindre enn forventet i Vestland", "færre timer enn"), ("ville vi trolig",)),
        (
            0.05,
            900,
            ("kan vi ikke si", "timer, ville vi trolig ha oppdaget", "ikke sikkert andre"),
            ("flere timer",),
        ),
        (
            0.8,
            9,
            ("for få brukere i Vestland", "**Skjult** for få"),
            ("forventet i Vestland", "nan"),
        ),
    ],
)
def test_the_answer_follows_the_numbers(results, tmp_path, middle, persons, wanted, without):
    levels = results.levels.copy()
    own = levels["grouping"].eq("county") & levels["group"].eq("46") & levels["period"].eq("last12")
    values = [middle, 0.1, middle - 0.196, middle + 0.196, persons]
    levels.loc[own, ["indicator", "std_error", "ci_low", "ci_high", "n_persons"]] = values
    parameters = results.parameters.model_copy(update={"county": "46"})
    output = Output("indicator", places.place("46"), tmp_path, "simulated", words.load("indicator"))
    showing, changed = Showing(REPORT, output), results.but(parameters=parameters, levels=levels)
    told = " ".join(
        showing.show(label, changed).markdown for label in ("answer", "key-hours-3", "key-level")
    )
    title = REPORT.exhibit("fig-6").finding(showing.reader(changed, "fig-6"))
    told = " ".join(f"{told} {output.texts['fig-6']['finding'].get(title, '')}".split())
    assert all(part in told for part in wanted), told
    assert not any(part in told for part in without), told


def test_drawn_rows_stand_beside_clustered_intervals_where_they_were_drawn(results, tmp_path):
    output = Output("indicator", places.place(""), tmp_path, "simulated", words.load("indicator"))
    (tmp_path / "tables").mkdir()
    showing = Showing(REPORT, output)
    assert results.intervals["rows"].isna().all()
    assert showing.show("tbl-rows", results).markdown == ""
    half = results.intervals.assign(rows=results.intervals["clustered"] * 0.5, rows_ratio=0.5)
    parameters = results.parameters.model_copy(update={"row_draws": 200})
    told = showing.show("tbl-rows", results.but(intervals=half, parameters=parameters)).markdown
    assert "0,50" in told
    assert "Trekning av rader" in told
    assert "trukket med tilbakelegging 200 ganger" in told
