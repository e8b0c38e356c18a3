"""The work indicator from registers to curves, on a small simulated stock."""

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from naveval.estimators.categorical import probit
from naveval.project import months as calendar_months
from naveval.project.errors import EstimationError
from naveval.registers import contracts
from naveval.studies.indicator import extracts, frames, models, quality, series
from naveval.studies.indicator import panel as panels
from naveval.studies.indicator.characteristics import OUTCOMES
from naveval.studies.indicator.models import Packed, Specification
from naveval.studies.indicator.parameters import Parameters
from naveval.studies.indicator.simulate import registers as simulation

PRODUCTION = Specification()
REPORT = Specification(version="report")
YEARS = range(2010, 2030)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("registers")
    simulation.simulate(folder, scale=0.004, seed=3)
    return folder


@pytest.fixture(scope="module")
def packs(data):
    return Packed(panels.build(data, long_horizons=(24, 36)))


@pytest.fixture(scope="module")
def fits(packs):
    return {outcome: models.fit(packs, REPORT, outcome) for outcome in OUTCOMES}


def curve(packs, spec, outcome, fit, *parts, **options):
    found = series.grouping(packs.panel, *parts, within=options.pop("within", None))
    return series.curves(packs, spec, outcome, fit, [found], **options)[found.name]


def weighted(found, group=slice(None)):
    gap = np.where(found.n > 0, found.indicator, 0.0)
    return (gap * found.n)[:, group].sum() / found.n[:, group].sum()


def test_simulated_registers_keep_their_contract(data):
    assert contracts.check("indicator", data) == []


def test_size_and_levels_resemble_the_published(packs):
    panel = packs.panel
    assert len(panel.months) == 79
    assert len(panel) / 0.004 == pytest.approx(23_900_000, rel=0.06)
    assert panel.n_persons / 0.004 == pytest.approx(1_500_000, rel=0.12)
    means = {
        o: np.mean(np.concatenate([c.outcomes[o] for c in series.with_outcome(panel, o)]))
        for o in OUTCOMES
    }
    assert means["atid3"] == pytest.approx(9.31, abs=0.9)
    assert means["atid12"] == pytest.approx(11.06, abs=0.9)
    assert means["jobb3"] == pytest.approx(0.24, abs=0.03)
    assert means["jobb12"] == pytest.approx(0.30, abs=0.03)


def test_simulation_is_repeatable_and_extends(tmp_path):
    for name, last in (("a", "2019-12"), ("b", "2020-03")):
        (tmp_path / name).mkdir()
        simulation.simulate(tmp_path / name, scale=0.001, seed=9, last_month=last)
    for month in ("2017-12", "2019-12"):
        first, second = (
            pd.read_parquet(tmp_path / name / "stock" / f"{month}.parquet") for name in ("a", "b")
        )
        pd.testing.assert_frame_equal(first, second)


def test_outcomes_are_missing_never_partial(packs):
    seen = {
        o: [c.month for c in packs.panel.chunks if o in c.outcomes]
        for o in (*OUTCOMES, "atid24", "jobb36")
    }
    assert seen["atid3"][-1] == "2024-06"
    assert seen["atid12"][-1] == seen["jobb12"][-1] == "2023-09"
    assert seen["atid24"][-1] == "2022-09"
    assert seen["jobb36"][-1] == "2021-09"


def test_outcomes_by_plain_sums(data, packs):
    hours = pd.read_parquet(data / "hours")
    hours["month"] = hours["month"].astype(str)
    stock = pd.read_parquet(data / "stock" / "2019-05.parquet").sort_values("person")
    chunk = next(c for c in packs.panel.chunks if c.month == "2019-05")

    def total(months):
        own = hours[hours["month"].isin(months)].groupby("person")["hours"].sum()
        return stock["person"].map(own).fillna(0).to_numpy()

    three = calendar_months.month_range("2019-06", "2019-08")
    twelve = calendar_months.month_range("2019-06", "2020-05")
    assert np.allclose(chunk.outcomes["atid3"], total(three) / 13, atol=1e-4)
    assert np.allclose(chunk.outcomes["atid12"], total(twelve) / 52, atol=1e-4)
    assert np.array_equal(chunk.outcomes["jobb3"], total(["2019-08"]) / (13 / 3) > 19)
    assert np.array_equal(chunk.outcomes["jobb12"], total(["2020-05"]) / (13 / 3) > 19)


@pytest.mark.parametrize("outcome", ["atid3", "atid12"])
def test_least_squares_indicator_is_zero_in_every_category(packs, fits, outcome):
    fit = fits[outcome]
    total = np.zeros(len(fit.design.names))
    for chunk in series.with_outcome(packs.panel, outcome):
        codes = packs.codes(chunk, fit.design, outcome)
        gap = chunk.outcomes[outcome].astype(float) - models.probit.expected(fit, codes)
        total += models.categorical.moments(fit.design, codes, gap) @ fit.design.expand
    rows = sum(len(c) for c in series.with_outcome(packs.panel, outcome))
    assert np.abs(total).max() / rows < 1e-8
    for group in ("country_group",):
        by_group = curve(packs, REPORT, outcome, fit, group)
        for k in range(len(by_group.grouping.names)):
            assert abs(weighted(by_group, k)) < 1e-8


@pytest.mark.parametrize("outcome", ["jobb3", "jobb12"])
def test_probit_indicator_is_nearly_zero(packs, fits, outcome):
    assert abs(weighted(curve(packs, REPORT, outcome, fits[outcome], "nav"))) < 0.003


def test_groups_outside_the_model_have_levels(packs, fits):
    by_group = curve(packs, REPORT, "atid3", fits["atid3"], "innsatsgruppe")
    assert max(abs(weighted(by_group, k)) for k in range(7)) > 0.2


def test_constant_added_to_outcomes_moves_no_indicator(packs, fits):
    panel = packs.panel
    shifted = [c.outcomes["atid3"] + np.float32(5) for c in panel.chunks]
    chunks = [replace(c, outcomes={"atid3": y}) for c, y in zip(panel.chunks, shifted, strict=True)]
    moved = replace(panel, chunks=tuple(chunks))
    other = Packed(moved)
    before = curve(packs, REPORT, "atid3", fits["atid3"], "county").indicator
    after = curve(other, REPORT, "atid3", models.fit(other, REPORT, "atid3"), "county").indicator
    assert np.nanmax(np.abs(before - after)) < 1e-5


def test_production_equals_report_with_merged_categories(packs):
    merged = replace(
        packs.panel,
        chunks=tuple(
            replace(
                c,
                columns={
                    **c.columns,
                    "duration": np.minimum(c.columns["duration"], 19),
                    "employment": np.zeros_like(c.columns["employment"]),
                },
            )
            for c in packs.panel.chunks
        ),
    )
    production = models.fit(packs, PRODUCTION, "atid3")
    report = models.fit(Packed(merged), REPORT, "atid3")
    a = curve(packs, PRODUCTION, "atid3", production, "county").indicator
    b = curve(Packed(merged), REPORT, "atid3", report, "county").indicator
    assert np.nanmax(np.abs(a - b)) < 1e-9


def test_versions_differ(packs):
    a = models.design_for(packs.panel, PRODUCTION, "atid3")
    b = models.design_for(packs.panel, REPORT, "atid3")
    assert (len(a.names), len(b.names)) == (162, 222)


def test_crossing_adds_up_to_the_county(packs, fits):
    crossed = curve(packs, REPORT, "atid3", fits["atid3"], "county", "innsatsgruppe")
    county = curve(packs, REPORT, "atid3", fits["atid3"], "county")
    cube = crossed.n.reshape(79, 15, 7)
    assert np.array_equal(cube.sum(axis=2), county.n)
    gap = np.where(crossed.n > 0, crossed.indicator * crossed.n, 0).reshape(79, 15, 7)
    assert np.allclose(gap.sum(axis=2), county.indicator * county.n)


def test_within_keeps_only_own_rows(packs, fits):
    own = curve(
        packs, REPORT, "atid3", fits["atid3"], "county", within=("youth_guarantee", "inside")
    )
    rows = sum(int(c.groups["youth_guarantee"].sum()) for c in packs.panel.chunks)
    assert own.n.sum() == rows


def test_unknown_group_lists_what_is_allowed(packs):
    with pytest.raises(EstimationError, match="allowed: nav, main_group, county"):
        series.grouping(packs.panel, "municipality")


@pytest.mark.parametrize(
    "name", ["without_hours", "without_pandemic", "month_dummies", "linear", "cohorts"]
)
def test_every_alternative_changes_the_estimates(packs, name):
    outcome = "jobb3" if name == "linear" else "atid3"
    main = models.fit(packs, PRODUCTION, outcome)
    other_spec = models.alternative(PRODUCTION, name)
    other = models.fit(packs, other_spec, outcome)
    a = curve(packs, PRODUCTION, outcome, main, "nav").indicator
    b = curve(packs, other_spec, outcome, other, "nav").indicator
    assert np.abs(a - b).max() > 1e-4
    if name == "month_dummies":
        assert np.abs(b).max() < 1e-8
    if name == "without_pandemic":
        assert len(a) == len(b) == 79
        assert other.n < main.n
    if name == "cohorts":
        assert other.n == sum(int(c.first.sum()) for c in packs.panel.chunks)


def test_separate_models_are_zero_in_their_group(packs):
    spec = Specification(group="arbeidssokere")
    found = curve(packs, spec, "atid3", models.fit(packs, spec, "atid3"), "nav")
    assert abs(weighted(found)) < 1e-8


def test_unknown_alternative_is_refused():
    with pytest.raises(EstimationError, match="without_hours"):
        models.alternative(PRODUCTION, "weighted")


def test_options_of_hours_change_the_outcome(data, packs):
    plain = np.concatenate([c.outcomes["atid3"] for c in packs.panel.chunks])
    for option in ({"subsidised_hours": False}, {"working_days": True}):
        other = panels.build(data, **option)
        moved = np.concatenate([c.outcomes["atid3"] for c in other.chunks])
        assert np.abs(moved - plain).max() > 0.1


def test_longer_break_joins_spells(data, packs):
    other = panels.build(data, spell_break=3)
    two = np.concatenate([c.columns["duration"] for c in packs.panel.chunks])
    three = np.concatenate([c.columns["duration"] for c in other.chunks])
    assert (three >= two).all()
    assert (three > two).any()
    first = [sum(int(c.first.sum()) for c in p.chunks) for p in (packs.panel, other)]
    assert first[1] < first[0]


def test_equal_count_categories_are_even(data):
    panel = panels.build(data, market_categories="equal_count")
    code = np.concatenate([c.columns["employment"] for c in panel.chunks])
    assert len(np.unique(code)) == 20
    assert np.bincount(code).max() < 0.2 * len(code)


def test_young_are_under_the_limit(packs):
    chunk = packs.panel.chunks[0]
    assert np.array_equal(chunk.groups["young"] == 1, chunk.columns["age"] + 18 < 30)


def test_hours_are_scaled_to_a_month_of_average_working_days() -> None:
    """May 2023 had 23 weekdays and four holidays (1, 17, 18 and 29), June 22 weekdays, July 21.

    What is average does not depend on the months that are read.
    """
    months = ("2023-05", "2023-06", "2023-07")
    assert [extracts.working_days(month) for month in months] == [19, 22, 21]
    found = extracts.day_factors(months)
    np.testing.assert_allclose(found * [19, 22, 21], found[0] * 19, rtol=1e-6)
    years = [sum(extracts.working_days(f"{year}-{m:02d}") for m in range(1, 13)) for year in YEARS]
    assert found[0] * 19 == pytest.approx(np.mean(years) / 12, rel=0.003)
    assert found[:1] == extracts.day_factors(months[:1])


def test_cohorts_are_described_by_those_who_entered_so_long_before(data, packs):
    """One month of work by hand: who began a spell in May 2019, and worked in November."""
    stock = pd.read_parquet(data / "stock" / "2019-05.parquet")
    began = stock.loc[stock["registered"].astype(str) == "2019-05", "person"]
    hours = pd.read_parquet(data / "hours" / "2019-11.parquet").set_index("person")["hours"]
    worked = began.map(hours).fillna(0) > 19 * 13 / 3
    found = frames.cohort_curves(packs.panel, PRODUCTION, Parameters())
    own = found[(found["outcome"] == "jobb6") & (found["month"] == "2019-11")].iloc[0]
    assert own["actual"] == pytest.approx(worked.mean())
    assert sum(map(len, packs.panel.entrants)) == sum(c.first.sum() for c in packs.panel.chunks)


def test_cohorts_are_six_months_to_five_years_old(packs):
    found = frames.cohort_curves(packs.panel, PRODUCTION, Parameters())
    assert set(found["outcome"]) == {"jobb6", "jobb12", "jobb24", "jobb60"}
    assert set(found["grouping"]) == {"nav", "county"}
    last = found.groupby("outcome")["month"].max()
    assert (last == "2024-09").all()
    for outcome, own in found[found["grouping"] == "nav"].groupby("outcome"):
        assert abs(np.average(own["indicator"], weights=own["n_persons"])) < 2e-3
        county = found[(found["outcome"] == outcome) & (found["grouping"] == "county")]
        assert county["n_persons"].sum() == own["n_persons"].sum()


@pytest.mark.parametrize("outcome", ["atid3", "jobb3"])
def test_the_documents_bootstrap_draws_rows(packs, outcome):
    """With rows drawn one by one the spread is that of independent residuals of each month."""
    small = packs.sharing(replace(packs.panel, chunks=packs.panel.chunks[:3]))
    fit = models.fit(small, PRODUCTION, outcome)
    wanted = [series.grouping(packs.panel, "nav"), series.grouping(packs.panel, "county")]
    found = quality.resampled(small, PRODUCTION, fit, outcome, wanted, draws=40, seed=3)
    assert found["county"].shape == (40, 3, 15)
    for t, chunk in enumerate(small.panel.chunks):
        gap, _ = probit.score_residual(
            fit, small.codes(chunk, fit.design, outcome), chunk.outcomes[outcome].astype(float)
        )
        error = gap.std() / np.sqrt(len(gap))
        assert found["nav"][:, t, 0].std(ddof=1) == pytest.approx(error, rel=0.4)
        assert found["nav"][:, t, 0].mean() == pytest.approx(gap.mean(), abs=error)
    again = quality.resampled(small, PRODUCTION, fit, outcome, wanted, draws=2, seed=3)
    assert np.array_equal(again["nav"], found["nav"][:2])


def test_intervals_of_drawn_rows_are_those_of_the_spread_of_draws():
    """Of a month, a mean of twelve and a change; a draw without a month's rows is left out."""
    months = tuple(calendar_months.month_range("2018-01", "2019-12"))
    rng = np.random.default_rng(5)
    one = np.ones((24, 1))
    nav = series.Grouping("nav", ("nav",), ("nav",))
    curve = series.Curves(
        "atid3", nav, months, 100 * one, one, one, one, rng.normal(size=(60, 24, 1))
    )
    drawn = rng.normal(0, 0.5, (2000, 24, 1))
    drawn[0, 3] = np.nan
    drawn[1, -1] = np.nan
    found = frames.interval_table({"nav": curve}, 200, 1, {"nav": drawn})
    rows = found.set_index("quantity")["rows"]
    assert rows["month"] == pytest.approx(1.96 * 0.5, rel=0.01)
    assert rows["year"] == pytest.approx(1.96 * 0.5 / np.sqrt(12), rel=0.05)
    assert rows["change"] == pytest.approx(1.96 * 0.5 * np.sqrt(2), rel=0.02)
    np.testing.assert_allclose(found["rows_ratio"], found["rows"] / found["clustered"])
    without = frames.interval_table({"nav": curve}, 200, 1)
    assert without["rows"].isna().all()


@pytest.mark.parametrize("draws", [1, 49, -1])
def test_too_few_draws_of_rows_are_refused(draws):
    with pytest.raises(ValueError, match="row_draws"):
        Parameters(row_draws=draws)


def test_a_table_in_one_file_gives_the_same_panel(tmp_path):
    """CSV in any order of rows, read in the order of months."""
    simulation.simulate(tmp_path / "parts", scale=0.0004, seed=3, last_month="2019-12")
    shutil.copytree(tmp_path / "parts", tmp_path / "whole")
    for table in ("stock", "hours"):
        files = sorted((tmp_path / "whole" / table).glob("*.parquet"))
        frame = pd.concat(pd.read_parquet(file) for file in files)
        if table == "stock":
            frame["program"] = frame["program"].astype(str).replace("", "ingen")
        shutil.rmtree(tmp_path / "whole" / table)
        frame.sample(frac=1, random_state=1).to_csv(
            tmp_path / "whole" / f"{table}.csv", index=False
        )
    parts, whole = (panels.build(tmp_path / name) for name in ("parts", "whole"))
    assert parts.months == whole.months
    for a, b in zip(parts.chunks, whole.chunks, strict=True):
        first, second = np.argsort(a.person), np.argsort(b.person)
        assert np.array_equal(a.person[first], b.person[second])
        for name, code in a.columns.items():
            assert np.array_equal(code[first], b.columns[name][second]), name
        for name, outcome in a.outcomes.items():
            np.testing.assert_allclose(outcome[first], b.outcomes[name][second], atol=1e-4)
