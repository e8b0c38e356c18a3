"""Group-time effects against R's did, diff-diff, plain regressions and simulated truth."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from diff_diff import CallawaySantAnna
from scipy import stats

from naveval.estimators import did
from naveval.estimators.group_time import (
    NEVER,
    Averages,
    GroupTime,
    average,
    group_time,
)
from naveval.project.errors import EstimationError, EstimationWarning

REFERENCE = Path(__file__).parents[1] / "reference"
SCENARIOS = {
    "never": {"controls": "never"},
    "not_yet": {"controls": "not_yet"},
    "never_covariate": {"controls": "never", "covariates": "log_population"},
}
# Printed in did's vignette: start, period, effect without covariates.
PRINTED = {
    (2004, 2004): -0.0105,
    (2004, 2005): -0.0704,
    (2004, 2006): -0.1373,
    (2004, 2007): -0.1008,
    (2006, 2004): 0.0065,
    (2006, 2005): -0.0028,
    (2006, 2006): -0.0046,
    (2006, 2007): -0.0412,
    (2007, 2004): 0.0305,
    (2007, 2005): -0.0027,
    (2007, 2006): -0.0311,
    (2007, 2007): -0.0261,
}
PRINTED_DYNAMIC = [0.0305, -0.0006, -0.0245, -0.0199, -0.0510, -0.1373, -0.1008]
# The README of the R package twfeweights prints them from a universal base period.
PRINTED_UNIVERSAL = {(2006, 2003): -0.003769294, (2007, 2003): 0.003306357, (2007, 2004): 0.0338130}


def counties() -> pd.DataFrame:
    rows = pd.read_csv(REFERENCE / "did_mpdta.csv")
    return rows.assign(start=rows["start"].where(rows["start"] > 0, NEVER))


def estimated(rows: pd.DataFrame, **options) -> GroupTime:
    names = ("log_employment", "county", "year", "start")
    if "covariates" in options:
        options["covariates"] = rows[options["covariates"]].to_numpy()
    return group_time(*(rows[name].to_numpy() for name in names), **options)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_effects_and_averages_equal_those_of_did(scenario: str) -> None:
    stored = pd.read_csv(REFERENCE / "did_mpdta_effects.csv").query("scenario == @scenario")
    found = estimated(counties(), **SCENARIOS[scenario])
    table, own = found.table(small_sample=False), stored.query("kind == 'effect'")
    np.testing.assert_array_equal(table[["start", "period"]], own[["group", "period"]])
    np.testing.assert_allclose(table["estimate"], own["estimate"], atol=1e-12)
    np.testing.assert_allclose(table["std_error"], own["std_error"], atol=1e-12)
    for kind in ("simple", "group", "dynamic", "calendar"):
        part: Averages = average(found, kind, small_sample=False)
        rows = stored[stored["kind"] == kind]
        whole = rows[rows["at"] == "overall"].iloc[0]
        assert part.overall == pytest.approx(whole["estimate"], abs=1e-12)
        assert part.overall_error == pytest.approx(whole["std_error"], abs=1e-12)
        single = rows[rows["at"] != "overall"]
        np.testing.assert_array_equal(part.at, single["at"].astype(float))
        np.testing.assert_allclose(part.estimate, single["estimate"], atol=1e-12)
        np.testing.assert_allclose(part.std_error, single["std_error"], atol=1e-12)


def test_the_printed_example_of_did() -> None:
    found = estimated(counties())
    table = found.table().set_index(["start", "period"])["estimate"]
    for key, printed in PRINTED.items():
        assert table[key] == pytest.approx(printed, abs=5.1e-5)
    dynamic = average(found, "dynamic")
    np.testing.assert_allclose(dynamic.estimate, PRINTED_DYNAMIC, atol=5.1e-5)
    assert dynamic.overall == pytest.approx(-0.0772, abs=5e-5)
    universal = estimated(counties(), base="universal").table().set_index(["start", "period"])
    for key, printed in PRINTED_UNIVERSAL.items():
        assert universal["estimate"][key] == pytest.approx(printed, abs=5e-8)


@pytest.mark.parametrize(
    ("controls", "theirs"), [("never", "never_treated"), ("not_yet", "not_yet_treated")]
)
def test_agrees_with_diff_diff(controls: str, theirs: str) -> None:
    rows = panel()
    found = average(estimated(rows, controls=controls), "simple", small_sample=False)
    other = CallawaySantAnna(control_group=theirs, estimation_method="reg").fit(
        rows.assign(start=rows["start"].where(np.isfinite(rows["start"]), 0)),
        outcome="log_employment",
        unit="county",
        time="year",
        first_treat="start",
    )
    assert found.overall == pytest.approx(other.overall_att, abs=1e-9)
    assert found.overall_error == pytest.approx(other.overall_se, rel=1e-6)


def panel(n: int = 200, effect: float = 1.0, seed: int = 3, *, drawn: bool = False) -> pd.DataFrame:
    """Units that start in period 3, 5 or never; effects grow and early starters gain more."""
    rng = np.random.default_rng(seed)
    unit, period = np.repeat(np.arange(n), 7), np.tile(np.arange(7.0), n)
    which = rng.integers(0, 4, n) if drawn else np.arange(n) % 4
    start = np.array([3.0, 5.0, NEVER, NEVER])[which][unit]
    level, size = rng.normal(size=n)[unit], rng.normal(size=n)[unit]
    gain = np.where(period >= start, effect * (period - start + 1) * (1 + (start == 3)), 0)
    y = level + 0.3 * period + gain + 0.4 * rng.normal(size=7 * n)
    return pd.DataFrame(
        {"log_employment": y, "county": unit, "year": period, "start": start, "size": size}
    )


def test_recovers_effects_where_two_way_effects_do_not() -> None:
    rows = panel(400)
    table = estimated(rows, controls="not_yet").table()
    truth = np.where(
        table["period"] >= table["start"],
        (table["period"] - table["start"] + 1) * (1 + (table["start"] == 3)),
        0,
    )
    assert (np.abs(table["estimate"] - truth) < 3.3 * table["std_error"]).all()
    dynamic = average(estimated(rows), "dynamic")
    assert dynamic.at.tolist() == [-4, -3, -2, -1, 0, 1, 2, 3]
    np.testing.assert_allclose(dynamic.estimate[4:], [1.5, 3, 6, 8], atol=0.15)
    treated = (rows["year"] >= rows["start"]).astype(float).to_numpy()
    two_way = did.fit(
        rows["log_employment"].to_numpy(),
        treated[:, None],
        [rows["county"].to_numpy(), rows["year"].to_numpy()],
        rows["county"].to_numpy(),
        ["treated"],
    )
    simple = average(estimated(rows), "simple").overall
    cells = rows[rows["year"] >= rows["start"]]
    true = ((cells["year"] - cells["start"] + 1) * (1 + (cells["start"] == 3))).mean()
    assert simple == pytest.approx(true, abs=0.1)
    assert abs(two_way.coefficients[0] - true) > 0.3


@pytest.mark.parametrize(("treated", "untreated"), [(6, 12), (8, 50), (3, 4)])
@pytest.mark.filterwarnings("ignore:.*few units or clusters")
def test_with_two_groups_the_test_is_welch_s(treated: int, untreated: int) -> None:
    rows = of_sizes(treated, untreated, early=0)
    found = estimated(rows)
    table = found.table().set_index(["start", "period"])
    wide = rows.pivot(index="county", columns="year", values="log_employment")
    begins = np.isfinite(rows.groupby("county")["start"].first().to_numpy())
    change = (wide[6] - wide[4]).to_numpy()
    own = stats.ttest_ind(change[begins], change[~begins], equal_var=False)
    low, high = own.confidence_interval()
    wanted = [own.pvalue, own.df, low, high]
    got = table.loc[(5, 6), ["p_value", "df", "ci_low", "ci_high"]].astype(float)
    np.testing.assert_allclose(got, wanted, rtol=1e-9)
    mean = (wide[[5, 6]].mean(axis=1) - wide[4]).to_numpy()
    own = stats.ttest_ind(mean[begins], mean[~begins], equal_var=False)
    for kind in ("simple", "dynamic", "group", "calendar"):
        assert average(found, kind).table()["p_value"].iloc[-1] == pytest.approx(own.pvalue)


def test_one_effect_is_the_plain_regression() -> None:
    rows = panel()
    table = estimated(rows).table(small_sample=False).set_index(["start", "period"])
    two = rows[rows["start"].isin([3, NEVER]) & rows["year"].isin([2, 4])]
    own = (two["start"] == 3) & (two["year"] == 4)
    plain = did.fit(
        two["log_employment"].to_numpy(),
        own.to_numpy(float)[:, None],
        [two["county"].to_numpy(), two["year"].to_numpy()],
        two["county"].to_numpy(),
        ["effect"],
    )
    assert table.loc[(3, 4), "estimate"] == pytest.approx(plain.coefficients[0], abs=1e-10)
    raw = np.sqrt(plain.covariance[0, 0] / plain.correction)
    assert table.loc[(3, 4), "std_error"] == pytest.approx(raw, rel=1e-9)


def test_averages_are_weighted_by_units() -> None:
    found = estimated(panel())
    after = found.period >= found.start
    sizes = np.array([(found.starts == value).sum() for value in found.start])
    simple = np.average(found.estimate[after], weights=sizes[after])
    assert average(found, "simple").overall == pytest.approx(simple, abs=1e-12)
    group = average(found, "group")
    means = [found.estimate[after & (found.start == value)].mean() for value in (3, 5)]
    np.testing.assert_allclose(group.estimate, means, atol=1e-12)
    assert group.overall == pytest.approx(np.mean(means), abs=1e-12)
    calendar = average(found, "calendar")
    assert calendar.at.tolist() == [3, 4, 5, 6]
    assert calendar.estimate[0] == pytest.approx(
        found.estimate[(found.start == 3) & (found.period == 3)].item(), abs=1e-12
    )
    assert calendar.table()["estimate"].iloc[-1] == calendar.overall
    pd.testing.assert_frame_equal(calendar.table(), calendar.table(0.95))


def test_options_change_what_they_say() -> None:
    rows = panel()
    base = estimated(rows)
    later = estimated(rows, controls="not_yet")
    early, last = base.start == 3, base.start == 5
    assert (base.estimate[early][:4] != later.estimate[early][:4]).all()
    np.testing.assert_array_equal(base.estimate[last][-2:], later.estimate[last][-2:])
    after = base.period >= base.start
    universal = estimated(rows, base="universal")
    np.testing.assert_array_equal(
        base.estimate[after], universal.estimate[universal.period >= universal.start]
    )
    assert -3 in average(universal, "dynamic").at
    assert -1 not in average(universal, "dynamic").at
    adjusted = estimated(rows, covariates="size")
    assert (adjusted.estimate != base.estimate).all()
    wide = base.table(0.99)
    assert (wide["ci_low"] < base.table()["ci_low"]).all()


def test_clusters_of_several_units() -> None:
    rows = panel()
    twice = pd.concat([rows, rows.assign(county=rows["county"] + 1000)])
    plain = estimated(rows).table()
    clustered = group_time(
        *(twice[name].to_numpy() for name in ("log_employment", "county", "year", "start")),
        cluster=twice["county"].to_numpy() % 1000,
    ).table()
    np.testing.assert_allclose(clustered["estimate"], plain["estimate"], atol=1e-12)
    np.testing.assert_allclose(clustered["std_error"], plain["std_error"], atol=1e-12)


def drop_row(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.drop(index=8)


def missing_outcome(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(log_employment=rows["log_employment"].mask(rows.index == 8))


def missing_unit(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(county=rows["county"].mask(rows["county"] == 8))


def varying_start(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(start=rows["start"].mask(rows.index == 8, 4.0))


def nobody_starts(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(start=NEVER)


def nobody_untreated(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(start=rows["start"].where(np.isfinite(rows["start"]), 5.0))


def unknown_start(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(start=rows["start"].mask(rows["county"] == 8))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (drop_row, "1399 rows for 200 units and 7 periods; expected each unit once"),
        (missing_outcome, "outcome: missing or infinite, rows 8"),
        (missing_unit, "unit: missing, rows 56, 57, 58, 59, 60, …"),
        (varying_start, "start varies within 1 units, rows 8"),
        (nobody_starts, "no unit starts after the first period"),
        (nobody_untreated, "0 units to compare those that start in 3 .*'not_yet'"),
        (
            unknown_start,
            r"start: missing, rows 56, .*; expected NEVER .* for units that are never treated$",
        ),
    ],
)
def test_bad_panels_are_named(spoil, message: str) -> None:
    with pytest.raises(EstimationError, match=message):
        estimated(spoil(panel()))


def test_unknown_options_are_refused() -> None:
    with pytest.raises(EstimationError, match="controls='all': is not among never, not_yet"):
        estimated(panel(), controls="all")
    with pytest.raises(EstimationError, match="kind='event': is not among simple, group, dynamic,"):
        average(estimated(panel()), "event")  # type: ignore[arg-type]
    rows = panel()
    with pytest.raises(EstimationError, match=r"period of shape \(7,\); expected \(1400,\)"):
        group_time(rows["log_employment"], rows["county"], np.arange(7), rows["start"])
    with pytest.raises(EstimationError, match="collinear among the controls"):
        estimated(rows.assign(size=1.0), covariates="size")


def of_sizes(treated: int, untreated: int, early: int = 8) -> pd.DataFrame:
    """Units that start in 5, as many as told, in 3, and never."""
    start = np.repeat([3.0, 5.0, NEVER], [early, treated, untreated])
    rows = panel(len(start))
    return rows.assign(start=start[rows["county"].to_numpy()])


@pytest.mark.parametrize(("treated", "untreated"), [(1, 12), (12, 1)])
def test_a_group_of_one_cluster_has_no_error(treated: int, untreated: int) -> None:
    rows = of_sizes(treated, untreated)
    twice = pd.concat([rows, rows.assign(county=rows["county"] + 1000)])
    with pytest.warns(EstimationWarning, match="start 5: 1 t[or]"):
        found = group_time(
            *(twice[name].to_numpy() for name in ("log_employment", "county", "year", "start")),
            cluster=twice["county"].to_numpy() % 1000,
        )
    table = found.table()
    one = (table["start"] == 5) | (untreated == 1)
    inference = ["std_error", "ci_low", "ci_high", "p_value"]
    assert table.loc[one, inference].isna().all(axis=None)
    assert table.loc[~one, inference].notna().all(axis=None)
    assert table["estimate"].notna().all()
    assert np.isnan(average(found, "simple").overall_error)
    group = average(found, "group")
    assert np.isnan(group.std_error).tolist() == [untreated == 1, True]
    assert np.isnan(group.overall_error)


def test_few_units_are_named_with_their_start() -> None:
    with pytest.warns(EstimationWarning, match=r"\(start 5: 5 treated\): with fewer than 6"):
        assert estimated(of_sizes(5, 12)).table()["std_error"].notna().all()
    with pytest.warns(EstimationWarning, match="start 3: 4 to compare with; start 5: 4 to"):
        estimated(of_sizes(8, 4))
    with pytest.warns(EstimationWarning, match=r"\(start 5: 6 treated\): with fewer than 7"):
        estimated(of_sizes(6, 12), covariates="size")
    with warnings.catch_warnings():
        warnings.simplefilter("error", EstimationWarning)
        estimated(of_sizes(6, 12))


def test_the_last_to_start_are_controls_when_everybody_starts() -> None:
    rows = nobody_untreated(panel())
    with pytest.warns(EstimationWarning, match="the last, from 5, are the controls, and 2 periods"):
        found = estimated(rows, controls="not_yet")
    cut = rows[rows["year"] < 5]
    wanted = estimated(cut.assign(start=cut["start"].replace(5.0, NEVER)))
    pd.testing.assert_frame_equal(found.table(), wanted.table())


def test_units_that_always_are_treated_are_left_out_and_told() -> None:
    rows = panel()
    always = rows.assign(county=rows["county"] + 1000, start=0.0)
    with pytest.warns(EstimationWarning, match="200 units start in 0 or before"):
        found = estimated(pd.concat([rows, always]))
    pd.testing.assert_frame_equal(found.table(), estimated(rows).table())
    for kind in ("simple", "group"):
        own, wanted = average(found, kind), average(estimated(rows), kind)
        assert own.overall_error == pytest.approx(wanted.overall_error, rel=1e-12)


def test_warnings_are_told_at_the_call() -> None:
    rows = panel()
    always = pd.concat([rows, rows.assign(county=rows["county"] + 1000, start=0.0)])
    for given, options in (
        (of_sizes(5, 12), {}),
        (nobody_untreated(rows), {"controls": "not_yet"}),
        (always, {}),
    ):
        columns = [given[name] for name in ("log_employment", "county", "year", "start")]
        with pytest.warns(EstimationWarning) as told:
            group_time(*columns, **options)
        assert [one.filename for one in told] == [__file__]


def test_tables_count_the_clusters_of_both_sides() -> None:
    table = estimated(of_sizes(7, 12, early=9)).table()
    assert table.groupby("start")["n_treated"].unique().map(list).to_dict() == {3: [9], 5: [7]}
    assert table["n_controls"].unique().tolist() == [12]
    later = estimated(of_sizes(7, 12, early=9), controls="not_yet").table()
    counts = later.set_index(["start", "period"])["n_controls"]
    assert counts[3, 4] == 19
    assert counts[3, 5] == 12


def test_controls_must_be_more_than_what_is_estimated_of_them() -> None:
    rows = of_sizes(8, 2)
    with pytest.warns(EstimationWarning, match="2 to compare with"):
        estimated(rows)
    with pytest.raises(
        EstimationError, match=r"2 units .* in 3 with in .*at least 3 are needed \("
    ):
        estimated(rows, covariates="size")
    with pytest.raises(EstimationError, match=r"1 units .*at least 2 are needed \("):
        estimated(of_sizes(8, 1))


@pytest.mark.parametrize("name", ["start", "cluster"])
def test_starts_and_clusters_of_another_length_are_named(name: str) -> None:
    rows = panel()
    given = {column: rows[column] for column in ("county", "year", "start")} | {"cluster": None}
    given[name] = np.zeros(7)
    with pytest.raises(EstimationError, match=rf"{name} of shape \(7,\); expected \(1400,\)"):
        group_time(
            rows["log_employment"],
            given["county"],
            given["year"],
            given["start"],
            cluster=given["cluster"],
        )


def test_one_covariate_may_be_a_vector() -> None:
    rows = panel()
    given = [rows[name].to_numpy() for name in ("log_employment", "county", "year", "start")]
    size = rows["size"].to_numpy()
    found = group_time(*given, covariates=size)
    np.testing.assert_array_equal(
        found.estimate, group_time(*given, covariates=size[:, None]).estimate
    )
    with pytest.raises(EstimationError, match=r"covariates of shape \(2800,\)"):
        group_time(*given, covariates=np.tile(size, 2))


@pytest.mark.slow
def test_coverage_and_size_over_draws() -> None:
    """400 draws of 80 units: the average's interval covers, and no effect is rejected in 5 %.

    Start dates are drawn anew: the errors count that the groups' sizes are estimated.
    """
    covered, rejected = [], []
    for seed in range(400):
        found = average(estimated(panel(80, seed=seed, drawn=True)), "simple")
        true = (2 * np.arange(1, 5).sum() + np.arange(1, 3).sum()) / 6
        covered.append(abs(found.overall - true) < 1.96 * found.overall_error)
        null = average(estimated(panel(80, 0.0, seed, drawn=True)), "simple").table()
        rejected.append(null["p_value"].iloc[-1] < 0.05)
    error = 3 * np.sqrt(0.05 * 0.95 / 400)
    assert np.mean(covered) == pytest.approx(0.95, abs=error)
    assert np.mean(rejected) == pytest.approx(0.05, abs=error)


@pytest.mark.slow
@pytest.mark.parametrize("treated", [6, 8, 10, 20, 50])
@pytest.mark.parametrize("untreated", [10, 50])
@pytest.mark.filterwarnings("ignore:.*few units or clusters")
def test_size_with_few_treated(treated: int, untreated: int) -> None:
    """1 000 draws without effect, noise autocorrelated: as R's did, 9 percent or more with six."""
    rejected = []
    n, periods = treated + untreated, 5
    unit, time = np.repeat(np.arange(n), periods), np.tile(np.arange(float(periods)), n)
    start = np.where(unit < treated // 2, 2.0, np.where(unit < treated, 3.0, NEVER))
    for seed in range(1000):
        noise = np.random.default_rng([seed, n]).normal(size=(n, periods))
        for t in range(1, periods):
            noise[:, t] += 0.5 * noise[:, t - 1]
        found = group_time(noise.ravel(), unit, time, start)
        means = [average(found, kind).table() for kind in ("simple", "dynamic", "group")]
        rejected.append([table["p_value"].iloc[-1] < 0.05 for table in means])
    assert (np.mean(rejected, axis=0) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 1000)).all()
