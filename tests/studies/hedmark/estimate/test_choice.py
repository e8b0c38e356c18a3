"""How often the methods reject in the study's own design, with the shocks of the registers."""

from dataclasses import replace
from pathlib import Path

import hedmark_draws
import numpy as np
import pandas as pd
import pytest

from naveval.disclosure import keys
from naveval.estimators.one_treated.inference import METHODS, p_values
from naveval.estimators.one_treated.regression import Shocks, draw_shocks
from naveval.project import places
from naveval.registers.reading import open_registers
from naveval.studies.hedmark import panel as panels
from naveval.studies.hedmark import windows
from naveval.studies.hedmark.contracts import TABLES
from naveval.studies.hedmark.estimate.choice import (
    chosen_method,
    detectable,
    judge,
    null_panels,
    recommend,
    rejections,
    shock_table,
    size_table,
    upper_end,
)
from naveval.studies.hedmark.estimate.means import sample, tables
from naveval.studies.hedmark.estimate.regression import setup_of
from naveval.studies.hedmark.panel import COLUMNS, GROUPS, Panel
from naveval.studies.hedmark.parameters import Parameters
from naveval.studies.hedmark.simulate.registers import simulate

CODES = places.codes(2014)
FEW = Parameters(size_draws=200, draws=99)
EXACT = "randomisation_coefficient"


def panel_of(persistence: float, seed: int = 1, spread: float = 0.05) -> Panel:
    """A panel of all counties whose shocks are known: five per cent, all of it lasting."""
    months = np.arange(windows.number("2010-06"), windows.number("2016-03") + 1)
    size = np.linspace(40_000, 300_000, len(CODES))
    shocks = Shocks(spread**2, 0.0, persistence, 1.0)
    index = pd.MultiIndex.from_product([CODES, months], names=["county", "month"])
    parts = []
    for k, group in enumerate(GROUPS):
        frame = pd.DataFrame(index=index).reset_index().assign(group=group)
        frame["labour_force"] = np.repeat(size, len(months))
        for i, name in enumerate(("stock", "inflow", *COLUMNS.values())):
            drawn = draw_shocks(shocks, size, len(months), 1, seed + 10 * i + k)[0]
            frame[name] = (0.02 * size[:, None] * np.exp(drawn)).round().ravel()
        parts.append(frame)
    empty = pd.DataFrame()
    return Panel(pd.concat(parts, ignore_index=True), empty, empty)


@pytest.fixture(scope="module")
def panel() -> Panel:
    return panel_of(0.9)


def test_what_nobody_has_is_left_out(panel: Panel) -> None:
    """Benefits may end before 104 weeks have passed; the other outcomes keep their numbers."""
    counts = panel.counts.copy()
    counts.loc[counts["group"] == "with", "weeks_104"] = 0
    without = replace(panel, counts=counts)
    every, some = (shock_table(one, FEW) for one in (panel, without))
    nobody = (every["outcome"] == "104+") & (every["group"] == "with")
    assert nobody.sum() == 1
    pd.testing.assert_frame_equal(some, every[~nobody].reset_index(drop=True))
    found = detectable(without, FEW, EXACT)
    assert len(found) == len(every) - 1
    assert found["effect"].notna().any()


@pytest.fixture(scope="module")
def sizes(panel: Panel) -> pd.DataFrame:
    return size_table(panel, FEW)


def test_size_table_has_every_method_and_says_what_it_should_of_them(sizes: pd.DataFrame) -> None:
    assert set(sizes["method"]) == {*METHODS, "randomisation_all"}
    assert sizes.groupby("method").size().eq(4).all()
    assert (sizes["n_draws"] == FEW.size_draws).all()
    rates = sizes.groupby("method")["reject_5"].mean()
    assert rates[EXACT] == rates["conley_taber"] == 0  # eleven controls cannot give it
    assert rates["crv1"] > 0.3
    assert rates["wild_free"] > 0.3
    assert rates["wild_null"] < 0.05
    power = sizes[sizes["method"] == EXACT]["power_10"].mean()
    assert power > 0.25
    own = sizes[sizes["method"] == EXACT]
    assert (own["reject_10"].between(0.03, 0.15)).all()
    assert (own["mean_effect"].abs() < 4 * own["spread"] / np.sqrt(own["n_draws"])).all()


def test_shocks_are_those_of_the_registers_at_hand() -> None:
    """Twice the autocorrelation: other shocks, and conventional tests that reject more often."""
    found = {}
    for persistence in (0.45, 0.9):
        own = panel_of(persistence)
        shocks = shock_table(own, FEW)
        found[persistence] = (
            (shocks["persistence"] * shocks["lasting"] / 100).median(),
            shocks["own_spread"].median(),
            rejections(own, FEW, "stock", "with").set_index("method")["reject_10"],
        )
        assert len(shocks) == 12
    assert found[0.45][0] == pytest.approx(0.45, abs=0.1)
    assert found[0.9][0] == pytest.approx(0.9, abs=0.1)
    assert found[0.9][1] == pytest.approx(5, abs=1.5)
    assert found[0.9][2]["classical"] > found[0.45][2]["classical"] + 0.1
    for _, _, rates in found.values():
        assert rates[EXACT] == pytest.approx(1 / 12, abs=0.06)


def test_inflow_and_treated_county_leave_no_trace_in_the_null(panel: Panel) -> None:
    """Only control counties are measured: what the treated one did changes nothing."""
    counts = panel.counts.copy()
    after = (counts["county"] == "04") & (counts["month"] > windows.number("2014-11"))
    counts.loc[after, "stock"] *= 0.5
    changed = Panel(counts, panel.levels, panel.flows)
    one, other = (null_panels(p, FEW, "stock", "with", draws=3) for p in (panel, changed))
    assert one.shocks == other.shocks
    np.testing.assert_array_equal(one.values, other.values)


def table(rows: list[tuple[str, bool, float, float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["method", "holds", "gain", "gain_error"])


def test_the_exact_method_is_left_only_for_one_that_is_better_beyond_doubt() -> None:
    exact = (EXACT, True, 0.0, 0.0)
    assert recommend(table([exact, ("ferman_pinto", True, 0.10, 0.02)])) == "ferman_pinto"
    assert recommend(table([exact, ("ferman_pinto", True, 0.03, 0.02)])) == EXACT
    assert recommend(table([exact, ("crv1", False, 0.50, 0.01)])) == EXACT
    many = [exact, ("conley_taber", True, 0.05, 0.01), ("ferman_pinto", True, 0.10, 0.02)]
    assert recommend(table(many)) == "ferman_pinto"
    # Over four outcomes the error of the mean is half that of one.
    one = [exact, ("ferman_pinto", True, 0.03, 0.02)]
    assert recommend(table(4 * one)) == "ferman_pinto"


def test_no_method_is_recommended_when_none_holds() -> None:
    none = table([(EXACT, False, 0.0, 0.0), ("ferman_pinto", False, 0.1, 0.0)])
    assert recommend(none) == ""
    assert chosen_method(none) == EXACT
    one = table([(EXACT, False, 0.0, 0.0), ("ferman_pinto", True, -0.1, 0.0)])
    assert recommend(one) == "ferman_pinto"


def test_a_method_must_hold_in_every_outcome() -> None:
    rows = [(EXACT, True, 0.0, 0.0), (EXACT, True, 0.0, 0.0)]
    rows += [("ferman_pinto", True, 0.2, 0.01), ("ferman_pinto", False, 0.2, 0.01)]
    assert recommend(table(rows)) == EXACT


def test_the_ranking_among_all_counties_is_never_recommended() -> None:
    rows = [("randomisation_all", True, 0.9, 0.0), ("crv1", False, 0.6, 0.0)]
    assert recommend(table(rows)) == ""
    assert chosen_method(table(rows)) == EXACT


@pytest.mark.parametrize(
    ("count", "n", "holds"),
    [(7, 60, False), (6, 60, False), (30, 200, False), (20, 200, True), (120, 1000, True)],
)
def test_few_draws_do_not_show_that_a_level_holds(count: int, n: int, holds: bool) -> None:
    """A tenth of sixty draws may be a method that rejects twice as often as it should."""
    assert (upper_end(count, n) <= 0.15) == holds
    assert 1 - upper_end(n, n) == 0


def test_upper_end_is_exact() -> None:
    """The share at which as few as these would come with probability 0.05."""
    from scipy import stats

    assert stats.binom.cdf(20, 200, upper_end(20, 200)) == pytest.approx(0.05)


@pytest.mark.slow
@pytest.mark.parametrize("persistence", [0.95, 0.975])
def test_calibrated_draws_reject_as_the_true_process_does(
    tmp_path: Path, persistence: float
) -> None:
    """Sizes measured with one register's shocks, beside those of 400 registers drawn anew.

    0.975 has twice the memory of 0.95, which is what the simulated registers have.
    """
    simulate(tmp_path, scale=1.0, seed=1, effect=0.0, shocks={"persistence": persistence})
    with open_registers(tmp_path, TABLES) as opened:
        own = panels.build(opened, keys.secret("simulated"))
    parameters = Parameters(draws=199)
    drawn = hedmark_draws.draw_panels(CODES, draws=400, seed=1, shocks={"persistence": persistence})
    for outcome in ("stock", "inflow"):
        found = rejections(own, parameters, outcome, "with").set_index("method")["reject_10"]
        null = null_panels(own, parameters, outcome, "with", draws=1)
        place = [CODES.index(code) for code in null.given.counties]
        columns = null.given.months - int(drawn.months[0])
        values = drawn.rates[outcome, "with"][:, place][:, :, columns].astype(float)
        p = p_values(
            setup_of(null.given, parameters),
            values,
            null.given.size,
            draws=199,
            methods=("crv1", EXACT, "conley_taber", "ferman_pinto"),
        )
        for method, value in p.items():
            true = float((value <= 0.1 + 1e-12).mean())
            assert found[method] == pytest.approx(true, abs=0.12), (outcome, method)


def test_smallest_found_effect_is_found_that_often(panel: Panel) -> None:
    """By adding the effect to the outcome itself, for one county of many and any method."""
    for method in (EXACT, "ferman_pinto"):
        found = detectable(panel, FEW, method)
        assert len(found) == 12
        stock = found.set_index(["outcome", "group"])["effect"]["stock", "with"]
        null = null_panels(panel, FEW, "stock", "with", draws=200)
        rates = []
        for fall in (stock, 0.7 * stock):
            changed = null.values.copy()
            changed[:, 0] -= fall / 100 * null.given.level * null.given.post
            p = p_values(
                setup_of(null.given, FEW),
                changed,
                null.given.size,
                draws=99,
                seed=FEW.seed,
                methods=(method,),
            )
            rates.append((p[method] <= 0.1 + 1e-12).mean())
        assert 0.8 <= rates[0] < 0.86
        assert rates[1] < rates[0]


def test_tables_are_judged_by_the_method_given(tmp_path: Path) -> None:
    simulate(tmp_path, scale=0.05, seed=4)
    with open_registers(tmp_path, TABLES) as opened:
        own = panels.build(opened, keys.secret("simulated"))
    parameters = Parameters(draws=99, composition="shares", weights="equal")
    means = tables(own, parameters)
    for method in (EXACT, "ferman_pinto"):
        judged = judge(own, parameters, means, method)
        row = judged.query("label == 'tbl-1' and season == 'unadjusted' and group == 'with'")
        plain = Parameters(draws=99, composition="none")
        given = sample(own, plain, "stock", "with")
        p = p_values(
            setup_of(given, plain),
            given.outcome,
            given.size,
            draws=99,
            seed=plain.seed,
            methods=(method,),
        )
        assert row["p_value"].iloc[0] == pytest.approx(float(p[method]))
        assert set(judged["p_method"]) == {method}
