"""Means, effects, regression, placebos and mechanism on registers with a known truth."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from naveval.disclosure import keys
from naveval.estimators.one_treated.regression import fit
from naveval.registers.reading import open_registers
from naveval.studies.hedmark import panel as panels
from naveval.studies.hedmark import windows
from naveval.studies.hedmark.contracts import TABLES
from naveval.studies.hedmark.estimate.means import (
    Means,
    all_others,
    means,
    relative,
    sample,
    tables,
)
from naveval.studies.hedmark.estimate.mechanism import (
    PARTS,
    decompose,
    flows,
    hazards,
    mechanism,
    project,
    rate_ratios,
    shapley,
)
from naveval.studies.hedmark.estimate.regression import (
    inference,
    leave_one_out,
    placebo_counties,
    placebo_months,
    regression,
    setup_of,
    specification_curve,
)
from naveval.studies.hedmark.estimate.synthetic import event_study, synthetic, weights
from naveval.studies.hedmark.panel import Panel
from naveval.studies.hedmark.parameters import Parameters
from naveval.studies.hedmark.simulate.registers import simulate

PARAMETERS = Parameters(draws=199)
START, FIRST, LAST = PARAMETERS.months()


def build(folder: Path, **options) -> tuple[Panel, dict]:
    truth = simulate(folder, **options)
    with open_registers(folder, TABLES) as registers:
        raw = panels.build(registers, keys.secret("simulated"))
        return panels.with_spans(raw, START, FIRST, LAST), truth


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> tuple[Panel, dict]:
    return build(tmp_path_factory.mktemp("case"), scale=0.2, seed=12)


def true_effect(truth: dict, outcome: str, group: str, window: str) -> float:
    found = [
        e["effect"]
        for e in truth["effects"]
        if (e["outcome"], e["group"], e["window"]) == (outcome, group, window)
    ]
    assert len(found) == 1
    return found[0]


def test_formula() -> None:
    found = Means(2.22, 2.04, 2.27, 2.35)
    assert found.points == pytest.approx(-0.26)
    assert found.effect == pytest.approx(-0.26 / 2.22 * 100)
    assert np.isnan(relative(0.1, 0.0))


@pytest.fixture(scope="module")
def empty(case: tuple[Panel, dict]) -> dict[str, Panel]:
    """Panels where nobody of a county was new, or registered for two years, with benefit."""
    panel, _ = case
    found = {}
    for county in ("04", "20"):
        cell = (panel.counts["county"] == county) & (panel.counts["group"] == "with")
        counts = panel.counts.copy()
        counts.loc[cell, ["inflow", "weeks_104"]] = 0
        found[county] = replace(panel, counts=counts)
    return found


def test_a_county_without_a_level_has_no_effect_and_is_no_placebo(
    case: tuple[Panel, dict], empty: dict[str, Panel]
) -> None:
    whole, own, control = (
        tables(panel, PARAMETERS).set_index(["season", "outcome", "group"])
        for panel in (case[0], empty["04"], empty["20"])
    )
    cell = ("matched", "104+", "with")
    assert own.loc[cell, ["effect", "std_error"]].isna().all()
    assert own.loc[cell, "points"] == pytest.approx(-own.loc[cell, "control_change"])
    assert np.isfinite(control.loc[cell, ["effect", "std_error"]].astype(float)).all()
    assert control.loc[cell, "n_clusters"] == whole.loc[cell, "n_clusters"] - 1
    same = ~own.index.get_level_values("outcome").isin(["104+", "inflow"])
    pd.testing.assert_frame_equal(own[same], whole[same])


def test_months_and_comparisons_leave_out_who_has_no_level(empty: dict[str, Panel]) -> None:
    months, tests = event_study(empty["04"], PARAMETERS)
    cell = (tests["outcome"] == "inflow") & (tests["group"] == "with")
    numbers = ["rms_before", "p_before", "slope_before", "p_slope"]
    assert tests.loc[cell, numbers].isna().all(axis=None)
    assert tests.loc[~cell, numbers].notna().all(axis=None)
    known = months.loc[months["outcome"] == "inflow"].groupby("group")["estimate"].count()
    assert known["with"] == 0 < known["without"]
    _, others = event_study(empty["20"], PARAMETERS)
    assert others.loc[cell, "n_units"].item() == tests.loc[~cell, "n_units"].max() - 1
    assert others[numbers].notna().all(axis=None)


def test_p_values_of_an_effect_of_nothing_are_missing(empty: dict[str, Panel]) -> None:
    found = regression(empty["04"], PARAMETERS).set_index(["outcome", "group", "model"])
    tests = [name for name in found if name.startswith("p_")]
    assert found.loc[("104+", "with", "effect"), ["effect", "ci_low", *tests]].isna().all()
    others = found[~found.index.get_level_values("outcome").isin(["104+", "inflow"])]
    assert others[["effect", "p_crv1"]].notna().all(axis=None)


def test_true_effects_are_recovered(case: tuple[Panel, dict]) -> None:
    """Stock, inflow and each duration group within three placebo-based standard errors."""
    panel, truth = case
    found = tables(panel, PARAMETERS)
    assert len(found) == 16
    for row in found.itertuples():
        true = true_effect(truth, row.outcome, row.group, row.season)
        assert abs(row.effect - true) <= 3 * row.std_error, (row.outcome, row.group, row.season)


def test_means_agree_with_plain_pandas(case: tuple[Panel, dict]) -> None:
    panel, _ = case
    window = windows.window("stock", "matched", START, FIRST, LAST)
    found = means(panel, "stock", "with", window, "04", PARAMETERS.controls())
    counts = panel.counts[panel.counts["group"] == "with"].copy()
    counts["area"] = np.where(counts["county"] == "04", "treated", "other")
    counts = counts[(counts["county"] == "04") | counts["county"].isin(PARAMETERS.controls())]
    sums = counts.groupby(["area", "month"])[["stock", "labour_force"]].sum()
    rate = 100 * sums["stock"] / sums["labour_force"]
    assert found.treated_before == pytest.approx(rate["treated"].loc[list(window.before)].mean())
    assert found.control_after == pytest.approx(rate["other"].loc[list(window.after)].mean())


def test_regression_without_controls_is_table_1(case: tuple[Panel, dict]) -> None:
    panel, _ = case
    plain = Parameters(composition="none")
    given = sample(panel, plain, "stock", "with")
    found = 100 * fit(setup_of(given, plain), given.outcome).effect[0] / given.level
    table = tables(panel, plain).query("label == 'tbl-1' and season == 'unadjusted'")
    expected = table.set_index("group")["effect"]["with"]
    assert found == pytest.approx(expected, abs=0.05)


def test_regression_table(case: tuple[Panel, dict]) -> None:
    panel, truth = case
    found = regression(panel, PARAMETERS)
    assert len(found) == 24
    assert (found["ci_low"] < found["effect"]).all()
    assert (found["exact_low"] < found["effect"]).all()
    exact = found["p_randomisation_coefficient"]
    assert exact.min() == pytest.approx(1 / 12)
    np.testing.assert_allclose(12 * exact, np.rint(12 * exact), atol=1e-9)
    wide = found["exact_high"] - found["exact_low"]
    for row, width in zip(found.itertuples(), wide, strict=True):
        if row.model == "effect":
            true = true_effect(truth, row.outcome, row.group, "regression")
            assert abs(row.effect - true) < width, (row.outcome, row.group)


@pytest.mark.parametrize(
    "change",
    [
        {"composition": "none"},
        {"composition": "lagged"},
        {"time_effects": "season"},
        {"weights": "equal"},
        {"control": ("01", "05", "06", "07")},
        {"window_first": "2012-01"},
        {"window_last": "2015-08"},
        {"start": "2014-09"},
        {"county": "05"},
    ],
)
def test_every_option_changes_the_effect(case: tuple[Panel, dict], change: dict) -> None:
    panel, _ = case

    def effect(chosen: Parameters) -> float:
        given = sample(panel, chosen, "stock", "with")
        return 100 * fit(setup_of(given, chosen), given.outcome).effect[0] / given.level

    assert abs(effect(Parameters(**change)) - effect(Parameters())) > 1e-3


def test_exact_inference_among_all_other_counties(case: tuple[Panel, dict]) -> None:
    assert len(all_others(Parameters())) == 18
    assert len(all_others(Parameters(county="11"))) == 17
    rows = inference(case[0], PARAMETERS)
    units = rows.groupby("method")["n_units"].first()
    assert units["randomisation_all"] == 19
    assert units["randomisation_coefficient"] == 12


def test_placebo_tables(case: tuple[Panel, dict]) -> None:
    panel, _ = case
    months = placebo_months(panel, PARAMETERS)
    assert months["month"].nunique() == 20
    assert months["month"].max() < START
    counties = placebo_counties(panel, PARAMETERS)
    stock = counties[(counties["outcome"] == "stock") & (counties["group"] == "with")]
    assert stock["treated"].tolist() == [True] + [False] * 11
    assert stock["effect"].iloc[0] < stock["effect"].iloc[1:].mean()
    left = leave_one_out(panel, PARAMETERS)
    own = left[(left["outcome"] == "stock") & (left["group"] == "with")]
    assert own["county"].iloc[0] == ""
    assert own["n_clusters"].tolist() == [12] + [11] * 11
    assert own["effect"].iloc[0] == pytest.approx(stock["effect"].iloc[0])


def test_leaving_out_is_the_regression_without_that_county(case: tuple[Panel, dict]) -> None:
    panel, _ = case
    left = leave_one_out(panel, PARAMETERS)
    found = left.query("outcome == 'stock' and group == 'with' and county == '03'")["effect"]
    controls = tuple(code for code in PARAMETERS.controls() if code != "03")
    chosen = Parameters(control=controls)
    given = sample(panel, chosen, "stock", "with")
    expected = 100 * fit(setup_of(given, chosen), given.outcome).effect[0] / given.level
    assert found.iloc[0] == pytest.approx(expected)


def test_specification_curve_holds_the_main_choice(case: tuple[Panel, dict]) -> None:
    panel, _ = case
    curve = specification_curve(panel, PARAMETERS)
    main = curve[curve["main"]]
    assert len(main) == 4
    table = regression(panel, PARAMETERS).query("model == 'effect'")
    expected = table.set_index(["outcome", "group"])["effect"]
    for row in main.itertuples():
        assert row.effect == pytest.approx(expected[row.outcome, row.group])
    key = ["controls", "window", "time_effects", "composition", "weights"]
    assert not curve.duplicated(["outcome", "group", *key]).any()
    for choice in key:
        others = [column for column in key if column != choice]
        spread = curve.groupby(["outcome", "group", *others])["effect"].nunique()
        assert (spread > 1).mean() > 0.6, choice


def test_a_month_without_anybody_leaves_composition_out_of_the_curve(
    case: tuple[Panel, dict],
) -> None:
    panel, _ = case
    counts = panel.counts.copy()
    month, county = int(counts["month"].median()), PARAMETERS.controls()[0]
    nobody = (counts["county"] == county) & (counts["month"] == month) & (counts["group"] == "with")
    assert nobody.sum() == 1
    counts.loc[nobody, "stock"] = 0
    chosen = PARAMETERS.model_copy(update={"composition": "none"})
    curve = specification_curve(replace(panel, counts=counts), chosen)
    others = curve.query("group == 'without'")["composition"].value_counts()
    assert others["shares"] == others["lagged"] == others["none"]
    fewer = curve.query("group == 'with'")["composition"].value_counts()
    assert fewer["shares"] < fewer["none"]


def test_mechanism_adds_up_and_finds_the_exit(case: tuple[Panel, dict]) -> None:
    panel, _ = case
    found = mechanism(panel, PARAMETERS).set_index(["group", "part"])["effect"]
    for group in panels.GROUPS:
        parts = sum(found[group, part] for part in PARTS)
        assert parts == pytest.approx(found[group, "total"], abs=1e-9)
        assert abs(found[group, "unexplained"]) < 0.5
    assert found["with", "exit"] < 0
    assert found["with", "inflow"] < 0


def test_exit_hazards_recover_the_truth(case: tuple[Panel, dict]) -> None:
    panel, truth = case
    found = hazards(panel, PARAMETERS)
    exits = np.array(truth["exit_effect"])
    # Effects differ between months 1–3 and 4–5: the first group's lies between the two.
    segments = {"0-25": (1, 2), "26-51": (3,), "52-77": (4,), "78-103": (5,), "104+": (6,)}
    for row in found.itertuples():
        own = exits[("with", "without").index(row.group)]
        true = 100 * own[list(segments[row.duration])]
        reach = 4 * row.std_error + 2
        assert true.min() - reach < row.effect < true.max() + reach, (row.group, row.duration)


def test_shapley_by_hand() -> None:
    value = {"inflow": 1.0, "exit": 2.0, "right": 4.0}
    values = {}
    for a in (0, 1):
        for b in (0, 1):
            for c in (0, 1):
                used = frozenset(p for p, on in zip(PARTS, (a, b, c), strict=True) if on)
                values[used] = np.array([sum(value[p] for p in used) + 6.0 * (a and b)])
    found = shapley(values)
    assert found["inflow"][0] == pytest.approx(1 + 3)
    assert found["exit"][0] == pytest.approx(2 + 3)
    assert found["right"][0] == pytest.approx(4)


def test_carrying_forward_observed_rates_gives_the_observed_stock(
    case: tuple[Panel, dict],
) -> None:
    panel, _ = case
    given = flows(panel, "with", ("04", *PARAMETERS.controls()), FIRST, LAST)
    ratios = rate_ratios(given, START, 0, np.arange(1, 12))[:3]
    carried = project(given, START, 0, ratios, frozenset(PARTS)).sum()
    at = START - FIRST
    seen = (100 * given.stock[0, at + 1 :].sum(-1) / given.force[0, at + 1 :]).mean()
    assert carried == pytest.approx(seen, rel=2e-3)
    parts = decompose(given, START, 0, np.arange(1, 12))
    assert parts["unexplained"].sum() == pytest.approx(seen - carried)


def test_synthetic_and_event_study(case: tuple[Panel, dict]) -> None:
    panel, truth = case
    found = synthetic(panel, PARAMETERS)
    stock = found[found["outcome"] == "stock"]
    for row in stock.itertuples():
        true = true_effect(truth, "stock", row.group, "unadjusted")
        assert abs(row.effect - true) < 3 * row.std_error
        assert row.ci_low < row.effect < row.ci_high
    table = weights(panel, PARAMETERS)
    for column in table.columns[1:-1]:
        assert table[column].sum() == pytest.approx(1)
    months, tests = event_study(panel, PARAMETERS)
    one = months[(months["outcome"] == "stock") & (months["group"] == "with")]
    assert one["month"].tolist() == [m for m in range(FIRST, LAST + 1) if m != START]
    before = one[one["event_time"] < 0]["estimate"]
    assert before.mean() == pytest.approx(0, abs=1e-9)
    given = sample(panel, Parameters(composition="none"), "stock", "with")
    plain = Parameters(composition="none")
    effect = 100 * fit(setup_of(given, plain), given.outcome).effect[0] / given.level
    assert one[one["event_time"] > 0]["estimate"].mean() == pytest.approx(effect)
    assert tests["p_before"].between(1 / 12, 1).all()


def test_truth_file_has_all_windows(case: tuple[Panel, dict]) -> None:
    truth = pd.DataFrame(case[1]["effects"])
    assert set(truth["window"]) == {"regression", "unadjusted", "matched"}
    assert json.dumps(case[1])


@pytest.mark.slow
def test_true_effects_over_many_registers(tmp_path: Path) -> None:
    """Twelve registers: mean error within three standard errors of the mean, and coverage.

    Duration groups without benefit are left out: the document prints no levels to match, and
    the simulated Hedmark and its control group do not run parallel there.
    """
    errors, inside = {}, []
    for seed in range(12):
        folder = tmp_path / str(seed)
        folder.mkdir()
        panel, truth = build(folder, scale=0.3, seed=100 + seed)
        found = tables(panel, PARAMETERS)
        for row in found[found["label"] != "tbl-4"].itertuples():
            true = true_effect(truth, row.outcome, row.group, row.season)
            key = (row.outcome, row.group, row.season)
            errors.setdefault(key, []).append(row.effect - true)
            inside.append(abs(row.effect - true) <= 3 * row.std_error)
    for key, values in errors.items():
        reach = 3 * np.std(values, ddof=1) / np.sqrt(len(values)) + 1.0
        assert abs(np.mean(values)) < reach, key
    assert np.mean(inside) > 0.95


@pytest.mark.slow
def test_without_effect_nothing_is_found(tmp_path: Path) -> None:
    panel, _ = build(tmp_path, scale=0.3, seed=21, effect=0.0)
    found = tables(panel, PARAMETERS)
    assert (found["effect"].abs() < 3 * found["std_error"]).all()
