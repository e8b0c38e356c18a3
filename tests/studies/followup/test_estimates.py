"""Estimates and checks of the follow-up study."""

from dataclasses import replace

import followup_draws
import numpy as np
import pandas as pd
import pytest

from naveval.estimators.sensitivity import bounds
from naveval.studies.followup import checks, events, published
from naveval.studies.followup import estimate as study
from naveval.studies.followup.parameters import Parameters

PARAMETERS = Parameters(draws=300)


@pytest.fixture(scope="module")
def window() -> pd.DataFrame:
    drawn = followup_draws.window(0.06, 5)
    rng = np.random.default_rng(5)
    codes = np.array(["03", "46", "56"])[
        rng.choice(3, drawn["person"].max() + 1, p=[0.4, 0.59, 0.01])
    ]
    return drawn.assign(county=codes[drawn["person"]])


@pytest.fixture(scope="module")
def found(window: pd.DataFrame) -> list[study.Regression]:
    return study.regressions(window, PARAMETERS)


@pytest.fixture(scope="module")
def summary(found: list[study.Regression]) -> pd.DataFrame:
    return study.summary(found, PARAMETERS)


def test_regressions_are_the_documents(summary: pd.DataFrame) -> None:
    printed = published.estimates()
    pd.testing.assert_frame_equal(summary[published.KEY], printed[published.KEY], check_dtype=False)
    assert summary["printed_estimate"].tolist() == printed["estimate"].tolist()
    short = printed[(printed["table"] != "tbl-2") & (printed["horizon"] == "short")]
    assert set(short["n_obs"]) == {475151}


@pytest.mark.parametrize("table", ["tbl-1", "tbl-2", "tbl-3"])
@pytest.mark.parametrize("horizon", ["short", "long"])
def test_estimates_equal_pyfixest(
    window: pd.DataFrame, summary: pd.DataFrame, table: str, horizon: str
) -> None:
    import pyfixest

    comparison, months = study.COMPARISONS[table], study.WINDOWS[horizon]
    treated = window["weeks_left"].between(*comparison.target)
    use = treated | window["weeks_left"].between(*comparison.other)
    use &= window["month"].between(*months)
    data = window[use].assign(treated=treated[use].astype(float))
    data["treated_post"] = data["treated"] * (data["month"] >= 201707)
    for outcome in study.OUTCOMES[table]:
        other = pyfixest.feols(
            f"{outcome} ~ treated_post + treated | duration + month",
            data=data,
            vcov={"CRV1": "person"},
            fixef_tol=1e-12,
        )
        own = summary[
            (summary["table"] == table)
            & (summary["outcome"] == outcome)
            & (summary["horizon"] == horizon)
        ].iloc[0]
        assert (own["refused"] == "few_events") == (min(own["events"], own["others"]) < 10)
        if own["refused"]:
            assert outcome == "health"
            continue
        assert own["estimate"] == pytest.approx(other.coef()["treated_post"], abs=1e-8)
        assert own["std_error"] == pytest.approx(other.se()["treated_post"], rel=1e-6)
        assert own["p_value"] == pytest.approx(other.pvalue()["treated_post"], abs=1e-6)
        assert own["n_obs"] == len(data)
        assert own["mean"] == pytest.approx(data.loc[data["treated"] == 1, outcome].mean())


def test_detectable_effect_stands_beside_every_estimate(summary: pd.DataFrame) -> None:
    np.testing.assert_allclose(summary["mde"], 2.8016 * summary["std_error"], rtol=1e-3)
    np.testing.assert_allclose(
        summary["mde_relative"].dropna(),
        (summary["mde"] / summary["mean"]).dropna()[summary["mde_relative"].notna()],
    )
    stricter = study.summary(
        study.regressions(followup_draws.window(0.01, 1), PARAMETERS), Parameters(power=0.95)
    )
    assert (stricter["mde"].dropna() > 3.5 * stricter["std_error"].dropna()).all()


def test_options_change_what_they_say(window: pd.DataFrame, found: list[study.Regression]) -> None:
    wide = study.summary(found, Parameters(level=0.99))
    narrow = study.summary(found, Parameters(level=0.9))
    known = wide["refused"] == ""
    assert known.sum() >= 12
    wider = (wide["ci_high"] - wide["ci_low"]) > (narrow["ci_high"] - narrow["ci_low"])
    assert wider[known].all()
    refused = study.summary(
        study.regressions(window, Parameters(least_persons=100_000)), PARAMETERS
    )
    assert set(refused["refused"]) == {"few_persons"}
    assert refused["estimate"].isna().all()


def test_small_county_is_refused_with_a_reason(window: pd.DataFrame) -> None:
    small = study.summary(study.regressions(study.place(window, "56"), PARAMETERS), PARAMETERS)
    assert set(small["refused"]) <= {"few_persons", "few_events", "collinear"}
    assert small["estimate"].isna().all()
    nothing = study.regressions(window.head(0), PARAMETERS)
    assert {item.refused for item in nothing} == {"few_persons"}


def test_place_is_one_county_or_all(window: pd.DataFrame) -> None:
    assert len(study.place(window, "")) == len(window)
    assert set(study.place(window, "03")["county"]) == {"03"}


def test_event_study_averages_to_the_regression(window: pd.DataFrame) -> None:
    item = events.study(window, "program", followup_draws.cells(window, PARAMETERS), PARAMETERS)
    frame = item.frame.set_index("event_time")
    assert list(frame.index) == list(range(-12, 12))
    assert frame.loc[-1, "estimate"] == 0
    assert (frame["band_low"] <= frame["ci_low"]).all()
    assert (frame["band_high"] >= frame["ci_high"]).all()
    after, before = frame.loc[0:, "estimate"].mean(), frame.loc[:-1, "estimate"].mean()
    regression = study.regressions(window, PARAMETERS)[1].fit
    assert regression is not None
    assert after - before == pytest.approx(regression.coefficients[0], abs=0.004)
    assert item.pre_trend is not None
    assert item.pre_trend.freedom == 11


def test_event_study_gives_back_no_true_mean(window: pd.DataFrame) -> None:
    """What truly happened in one month and group changes nothing: its protected mean counts."""
    cells = followup_draws.cells(window, PARAMETERS)
    found = events.study(window, "work", cells, PARAMETERS)
    here = window["month"].eq(201710) & window["weeks_left"].le(26)
    other = window.assign(work=window["work"] + 0.01 * here)
    moved = events.study(other, "work", cells, PARAMETERS)
    pd.testing.assert_frame_equal(found.frame, moved.frame, rtol=1e-7, atol=1e-10)
    cell = cells["month"].eval("measure == 'work' and month == 201710 and group == 'target'")
    shown = cells["month"]["value"] + 0.01 * cell
    noisier = {"month": cells["month"].assign(value=shown)}
    other = events.study(window, "work", noisier, PARAMETERS)
    change = other.frame["estimate"] - found.frame["estimate"]
    np.testing.assert_allclose(change, 0.01 * found.frame["month"].eq(201710), atol=1e-12)


def test_errors_of_the_event_study_hold_the_noise(window: pd.DataFrame) -> None:
    cells = followup_draws.cells(window, PARAMETERS)
    still = {step: frame.assign(variance=0.0) for step, frame in cells.items()}
    noisy, plain = (
        events.study(window, "work", given, PARAMETERS).frame.set_index("event_time")
        for given in (cells, still)
    )
    own = cells["month"].query("measure == 'work'").groupby("month")["variance"].sum()
    added = own.to_numpy() + own[201706]
    difference = noisy["std_error"] ** 2 - plain["std_error"] ** 2
    np.testing.assert_allclose(difference.drop(-1), np.delete(added, 11), rtol=1e-6)


def test_few_events_by_protected_counts_leave_a_month_out(window: pd.DataFrame) -> None:
    cells = followup_draws.cells(window, PARAMETERS)
    month = cells["month"]
    few = month["n_with"].mask(month["month"].eq(201712) & month["group"].eq("other"), 9)
    found = events.study(window, "program", {"month": month.assign(n_with=few)}, PARAMETERS)
    missing = found.frame.set_index("month")["estimate"].isna()
    assert missing[missing].index.tolist() == [201712]
    none = month["n_with"].mask(month["month"].eq(201706), 9)
    refused = events.study(window, "program", {"month": month.assign(n_with=none)}, PARAMETERS)
    assert refused.refused == "few_events"
    assert refused.frame["estimate"].isna().all()


def test_event_study_finds_a_pre_trend() -> None:
    drawn = followup_draws.window(0.8, 7, "none", pre_trend=0.003)
    item = events.study(drawn, "program", followup_draws.cells(drawn, PARAMETERS), PARAMETERS)
    assert item.pre_trend is not None
    assert item.pre_trend.p_value < 0.05
    assert item.slope == pytest.approx(0.003, abs=3 * item.slope_error)
    assert item.slope_p < 0.01
    quarters = events.quarterly(
        drawn, "program", followup_draws.cells(drawn, PARAMETERS), PARAMETERS
    )
    assert quarters is not None
    assert quarters.n_before == 3
    assert quarters.weights.size == 4


def test_sensitivity_says_that_a_pre_trend_explains_the_effect() -> None:
    drawn = followup_draws.window(0.8, 7, "none", pre_trend=0.003)
    quarters = events.quarterly(
        drawn, "program", followup_draws.cells(drawn, PARAMETERS), PARAMETERS
    )
    assert quarters is not None
    plain = bounds.interval(quarters, "relative", 0.0)
    assert plain.ci_low > 0
    line = bounds.interval(quarters, "smoothness", 0.0)
    assert line.ci_low < 0 < line.ci_high
    assert bounds.breakdown(quarters, "relative", largest=10.0) < 1.5
    assert bounds.breakdown(quarters, "smoothness", largest=1.0) == 0


def test_breakdowns_are_those_of_the_intervals(window: pd.DataFrame, summary: pd.DataFrame) -> None:
    cells = followup_draws.cells(window, PARAMETERS)
    quarters = events.quarters(window, cells, PARAMETERS)
    found = events.breakdowns(window, quarters, summary, PARAMETERS)
    intervals = events.intervals(window, quarters, PARAMETERS)
    assert list(found["outcome"]) == list(events.OUTCOMES)
    found = found[found["estimate"].notna()]
    assert set(found["outcome"]) >= {"program", "dialogue", "work", "ended"}
    at_zero = intervals[(intervals["bound"] == 0) & (intervals["restriction"] == "relative")]
    covers = ((at_zero["ci_low"] < 0) & (at_zero["ci_high"] > 0)).to_numpy()
    np.testing.assert_array_equal(found["zero_relative"].to_numpy() == 0, covers)


def test_placebo_dates_use_only_the_time_before(window: pd.DataFrame) -> None:
    before = window[window["month"] < 201707]
    pd.testing.assert_frame_equal(
        checks.placebo_dates(window, PARAMETERS), checks.placebo_dates(before, PARAMETERS)
    )
    found = checks.placebo_dates(window, PARAMETERS)
    assert len(found) == 15
    assert set(found["start"]) == {201610, 201701, 201704}


def test_placebo_groups_are_untreated_by_both_readings(window: pd.DataFrame) -> None:
    for comparison in checks.PLACEBO_GROUPS.values():
        assert min(*comparison.target, *comparison.other) > study.COMPARISONS["tbl-1"].target[1]
    away = window[window["weeks_left"] > study.COMPARISONS["tbl-1"].target[1]]
    found = checks.placebo_groups(window, PARAMETERS)
    pd.testing.assert_frame_equal(found, checks.placebo_groups(away, PARAMETERS))
    assert len(found) == 8


def test_counties_as_clusters_give_crv3_as_pyfixest_does(window: pd.DataFrame) -> None:
    import pyfixest

    own = np.array(["03", "11", "15", "18", "31", "46"])[window["person"] % 6]
    data = window.assign(county=own, treated=(window["weeks_left"] <= 26).astype(float))
    found = checks.by_county(data, PARAMETERS).set_index("outcome").loc["work"]
    data["treated_post"] = data["treated"] * (data["month"] >= 201707)
    other = pyfixest.feols(
        "work ~ treated_post + treated | duration + month",
        data=data,
        vcov={"CRV3": "county"},
        ssc=pyfixest.ssc(k_adj=False, G_adj=False),
    )
    ratio = 5 / 6
    assert found["estimate"] == pytest.approx(other.coef()["treated_post"], abs=1e-8)
    assert found["std_error"] == pytest.approx(
        np.sqrt(ratio) * other.se()["treated_post"], rel=1e-6
    )
    assert found["n_clusters"] == 6
    assert found["crv1_error"] < found["std_error"]
    persons = study.summary(study.regressions(window, PARAMETERS), PARAMETERS)
    same = persons[(persons["outcome"] == "work") & (persons["horizon"] == "long")].iloc[0]
    assert found["person_error"] == pytest.approx(same["std_error"])


def test_share_rejected_under_no_effect_is_that_of_the_test(
    found: list[study.Regression],
) -> None:
    many = Parameters(draws=4000)
    shares = checks.rejected(found, many)
    common = np.array([item.outcome in ("program", "ended") for item in found])
    assert np.abs(shares[common] - 0.05).max() < 4 * np.sqrt(0.05 * 0.95 / 4000) + 0.004
    # A few persons who decide everything: the errors are too small in most draws.
    rare = replace(found[0].fit, influence=np.abs(found[0].fit.influence) ** 4)
    skewed = checks.rejected([replace(found[0], fit=rare)], many)
    assert skewed[0] > 0.08


def test_a_difference_between_samples_needs_enough_persons_who_differ(window: pd.DataFrame) -> None:
    whole = study.sample(window, study.COMPARISONS["tbl-1"], study.WINDOWS["long"])
    person = whole.rows["person"]
    with_some = np.unique(person[whole.rows["program"] > 0])
    without = np.setdiff1d(person, with_some)

    def but(left_out: np.ndarray) -> study.Sample:
        return replace(whole, rows=whole.rows[~person.isin(left_out)])

    assert checks.too_alike(whole, whole, "program")
    for n, alike in ((9, True), (10, False)):
        few = [np.concatenate(one) for one in ((with_some[:n], without[:50]),)]
        few += [np.concatenate([with_some[:50], without[:n]])]
        assert [checks.too_alike(whole, but(one), "program") for one in few] == [alike, alike]


def test_difference_without_2018_accounts_for_shared_persons(window: pd.DataFrame) -> None:
    found = checks.without_2018(window, PARAMETERS)
    both = found[found["outcome"] == "work"].set_index("horizon")
    apart = np.hypot(*both["std_error"])
    difference = both.loc["all", "estimate"] - both.loc["until_2017", "estimate"]
    assert both.loc["all", "difference"] == pytest.approx(difference)
    assert both.loc["all", "difference_error"] < 0.8 * apart
    assert both.loc["all", "n_obs"] > both.loc["until_2017", "n_obs"]


def test_adjusted_p_values_are_no_smaller(found: list[study.Regression]) -> None:
    table = checks.adjusted(found, PARAMETERS)
    assert (table.groupby("family").size() == pd.Series({"ten": 10, "threshold": 4})).all()
    table = table[table["refused"] == ""]
    assert len(table) >= 12
    assert (table["p_holm"] >= table["p_value"] - 1e-12).all()
    assert (table["p_romano_wolf"] >= table["p_value"] - 0.06).all()
    again = checks.adjusted(found, PARAMETERS).loc[table.index]
    pd.testing.assert_frame_equal(table, again)
    other = checks.adjusted(found, Parameters(draws=300, seed=1)).loc[table.index]
    assert not np.allclose(table["p_romano_wolf"], other["p_romano_wolf"])


def test_county_is_tested_against_the_rest(window: pd.DataFrame) -> None:
    table = checks.county_against_rest(window, "03", PARAMETERS)
    rest = study.summary(
        study.regressions(window[window["county"] != "03"], PARAMETERS), PARAMETERS
    )
    np.testing.assert_allclose(table["rest_estimate"], rest["estimate"])
    np.testing.assert_allclose(
        table["difference"], table["county_estimate"] - table["rest_estimate"]
    )
    np.testing.assert_allclose(
        table["difference_error"] ** 2,
        table["county_std_error"] ** 2 + table["rest_std_error"] ** 2,
    )
    assert checks.county_against_rest(window, "", PARAMETERS).empty


def test_county_difference_finds_a_real_one(window: pd.DataFrame) -> None:
    rng = np.random.default_rng(1)
    effect = (window["county"] == "03") & (window["weeks_left"] <= 26) & (window["month"] >= 201707)
    changed = window.assign(
        work=window["work"].mask(effect & (rng.random(len(window)) < 0.08), 1.0)
    )
    table = checks.county_against_rest(changed, "03", PARAMETERS)
    long = table[(table["outcome"] == "work") & (table["horizon"] == "long")].iloc[0]
    assert long["difference_p"] < 0.001


def test_stars_are_the_documents() -> None:
    assert [study.stars(p) for p in (0.2, 0.04, 0.004, 0.0004, np.nan)] == [
        "",
        "*",
        "**",
        "***",
        "",
    ]


def test_simulated_means_and_sizes_are_near_the_printed() -> None:
    scale = 0.5
    summary = study.summary(
        study.regressions(followup_draws.window(scale, 2), PARAMETERS), PARAMETERS
    )
    mean = summary["mean"] / summary["printed_mean"] - 1
    size = summary["n_obs"] / scale / summary["printed_n_obs"] - 1
    error = summary["std_error"] * np.sqrt(summary["n_obs"] / summary["printed_n_obs"])
    health = summary["outcome"] == "health"
    assert mean[~health].abs().max() < 0.12
    assert mean[health].abs().max() < 0.35
    # The share of periods near the threshold is lower than printed, most in the long window.
    assert size[summary["table"] != "tbl-2"].abs().max() < 0.11
    assert size.abs().max() < 0.16
    assert (error / summary["printed_std_error"]).between(0.7, 1.3).all()
