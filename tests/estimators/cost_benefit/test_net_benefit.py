"""Cost-benefit analysis: formulas, published numbers, draws."""

import json
import sys
import time
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from naveval.estimators.cost_benefit import draws, net_benefit
from naveval.estimators.cost_benefit import net_benefit as c
from naveval.estimators.cost_benefit.assumptions import (
    EFFECTS,
    Assumptions,
    effects_from_estimates,
    from_inputs,
    from_table,
    only_programs,
    with_effects,
)
from naveval.estimators.cost_benefit.inputs import PROGRAMS, load
from naveval.project.errors import ParameterError
from naveval.studies.programs.costs.reconcile import read

REFERENCE = Path(__file__).parents[2] / "reference"
sys.path.insert(0, str(REFERENCE))
from costs_by_hand import by_hand  # noqa: E402

COSTS = load()
BASE = from_inputs(COSTS)


def scaled(a: Assumptions, factor: float) -> Assumptions:
    return replace(a, **{name: getattr(a, name) * factor for name in EFFECTS})


# Same numbers as a plain re-implementation ------------------------------------------------


def test_items_agree_with_a_month_by_month_sum() -> None:
    stored = json.loads((REFERENCE / "costs_by_hand.json").read_text(encoding="utf-8"))
    flows, net = c.flows(BASE), c.net_benefit(BASE)
    for column, program in enumerate(PROGRAMS):
        for item in c.ITEMS:
            computed = getattr(flows, item)[0, column]
            assert computed == pytest.approx(stored[program][item], rel=1e-9, abs=1e-6)
        assert net[0, column] == pytest.approx(stored[program]["net_benefit"], rel=1e-9)


@pytest.mark.parametrize(("rate", "growth", "tax"), [(0.02, 0.0, 0.1), (0.06, 0.03, 0.3)])
def test_agreement_holds_for_other_rates(rate: float, growth: float, tax: float) -> None:
    a = replace(
        BASE,
        discount_rate=np.array([[rate]]),
        wage_growth=np.array([[growth]]),
        tax_cost=np.array([[tax]]),
    )
    for column, program in enumerate(PROGRAMS):
        expected = by_hand(program, rate=rate, growth=growth, tax=tax)["net_benefit"]
        assert c.net_benefit(a)[0, column] == pytest.approx(expected, rel=1e-9)


def test_taxes_of_the_budget_follow_wages_and_benefits() -> None:
    found = c.budget(BASE)
    wages = (1 - BASE.displacement) * c.wage_effect_value(BASE)
    saved = BASE.saved_benefit_share * wages
    taxes = (BASE.income_tax + BASE.payroll_tax) * wages
    assert (saved != 0).any()
    np.testing.assert_allclose(found.benefits, saved)
    np.testing.assert_allclose(found.taxes_on_wages, taxes)
    np.testing.assert_allclose(found.tax_on_benefits, -BASE.benefit_tax * saved)
    whole = found.nav + found.school_places + taxes - BASE.benefit_tax * saved
    np.testing.assert_allclose(found.public, whole)


def test_discount_sum_is_the_sum_and_its_limit() -> None:
    factor = np.array([[0.997]])
    plain = sum(0.997**m for m in range(5, 40))
    assert c.discount_sum(5, 40, factor)[0, 0] == pytest.approx(plain, rel=1e-12)
    assert c.discount_sum(40, 5, factor)[0, 0] == 0
    almost = c.discount_sum(0, 84, np.array([[1 - 1e-9]]))[0, 0]
    assert almost == pytest.approx(84, rel=1e-6)


# Properties -------------------------------------------------------------------------------


def test_no_discounting_where_growth_equals_the_rate() -> None:
    a = replace(BASE, wage_growth=BASE.discount_rate)
    months = a.effect_months
    expected = 12 * (a.effect_year_1 + a.effect_year_2 + a.effect_year_3)
    expected = expected + (months - 36) * a.effect_later
    np.testing.assert_allclose(c.wage_effect_value(a), expected, rtol=1e-12)


def test_benefits_are_linear_in_effects_and_costs_do_not_depend_on_them() -> None:
    double = scaled(BASE, 2.0)
    np.testing.assert_allclose(c.value_creation(double), 2 * c.value_creation(BASE))
    np.testing.assert_allclose(c.saved_benefits(double), 2 * c.saved_benefits(BASE))
    np.testing.assert_allclose(c.total_cost(double), c.total_cost(BASE))


def test_null_effect_gives_exactly_minus_the_cost() -> None:
    none = scaled(BASE, 0.0)
    np.testing.assert_array_equal(c.net_benefit(none), -c.total_cost(none))


def test_transfers_count_only_the_tax_cost() -> None:
    free = replace(BASE, tax_cost=np.array([[0.0]]))
    column = PROGRAMS.index("Midlertidig lønnstilskudd")
    services = (c.service_cost(free) * free.duration)[0, column]
    assert c.program_cost(free)[0, column] == pytest.approx(services)
    assert (c.tiltakspenger_cost(free) == 0).all()
    assert (c.saved_benefits(free) == 0).all()


def test_net_benefit_is_the_sum_of_the_items() -> None:
    flows = c.flows(BASE)
    total = sum(getattr(flows, item) for item in c.ITEMS)
    np.testing.assert_allclose(total, c.net_benefit(BASE), rtol=1e-12)


@pytest.mark.parametrize(
    "key",
    [
        f.name
        for f in fields(Assumptions)
        if f.name
        not in (
            "effect_correlation",
            "earnings_per_work_month",
            "income_tax",
            "payroll_tax",
            "effect_std_error_nok",
            "later_is_own",
            "programs",
        )
    ],
)
def test_every_input_moves_net_benefit(key: str) -> None:
    start = replace(BASE, displacement=np.array([[0.1]]))
    moved = replace(start, **{key: getattr(start, key) * 1.1 + 0.01})
    assert not np.allclose(c.net_benefit(moved), c.net_benefit(start), rtol=0, atol=1e-9)


# Published numbers ------------------------------------------------------------------------

SOUND = [p for p in PROGRAMS if p not in ("Oppfølging", "Utdanning")]


def printed(table: str, item: str) -> dict[str, float]:
    frame = read(table)
    rows = frame[frame["item"] == item]
    return dict(zip(rows["program"], rows["value"], strict=True))


def test_value_creation_of_the_sound_rows_with_the_printed_effects() -> None:
    a = from_inputs(COSTS, {"effect_year_3": "table_7_5"})
    totals = printed("table_7_5_effects_on_value_creation", "Total samfunnsøkonomisk virkning")
    for program in SOUND:
        # Every effect is printed in hundreds: half a hundred in every month, 1.4 times.
        width = 1.4 * 50 * 84
        value = c.value_creation(a)[0, PROGRAMS.index(program)]
        assert value == pytest.approx(totals[program], abs=width)
        assert value == pytest.approx(totals[program], rel=0.0101)


@pytest.mark.parametrize(
    ("item", "column"),
    [("Effekt på verdiskaping", "value_creation"), ("Sum prissatte virkninger", "net_benefit")],
)
def test_totals_of_table_7_6(item: str, column: str) -> None:
    values = c.value_creation(BASE) if column == "value_creation" else c.net_benefit(BASE)
    totals = printed("table_7_6_total_socioeconomic_effects", item)
    for index, program in enumerate(PROGRAMS):
        assert values[0, index] == pytest.approx(totals[program], abs=1500), program


def test_oppfolging_only_with_the_shifted_row() -> None:
    column = PROGRAMS.index("Oppfølging")
    names = ("effect_year_1", "effect_year_2", "effect_year_3")
    as_printed = from_inputs(COSTS, dict.fromkeys(names, "printed"))
    assert c.value_creation(BASE)[0, column] == pytest.approx(132100, rel=0.005)
    assert c.value_creation(as_printed)[0, column] < 0


def test_utdanning_with_fourteen_years_and_with_ten_and_a_half() -> None:
    column = PROGRAMS.index("Utdanning")
    shorter = from_inputs(COSTS, {"effect_months": "footnote_7_5"})
    assert c.value_creation(BASE)[0, column] == pytest.approx(542000, rel=0.005)
    assert c.value_creation(shorter)[0, column] == pytest.approx(348200, rel=0.005)


def test_aft_with_the_other_sample() -> None:
    aft = c.with_alternative_aft(only_programs(BASE, ["AFT"]), COSTS)
    assert c.net_benefit(aft)[0, 0] == pytest.approx(-145000, abs=500)
    assert c.break_even_months(aft)[0, 0] / 12 == pytest.approx(15, abs=0.5)


def test_counsellor_hours_at_which_oppfolging_breaks_even() -> None:
    hours = c.break_even_hours(BASE)[0, PROGRAMS.index("Oppfølging")]
    assert hours == pytest.approx(13, abs=0.5)
    at = replace(BASE, counsellor_hours=c.break_even_hours(BASE))
    np.testing.assert_allclose(c.net_benefit(at), 0, atol=1e-6)


# Break-even -------------------------------------------------------------------------------


def test_net_benefit_is_zero_at_the_break_even_effect() -> None:
    share = c.break_even_share(BASE, "scale")
    scaled_effects = {name: getattr(BASE, name) * share for name in EFFECTS}
    np.testing.assert_allclose(c.net_benefit(replace(BASE, **scaled_effects)), 0, atol=1e-6)
    later = BASE.effect_later * c.break_even_share(BASE, "later")
    np.testing.assert_allclose(c.net_benefit(replace(BASE, effect_later=later)), 0, atol=1e-6)
    flat = c.break_even_constant(BASE)
    names = ("effect_year_2", "effect_year_3", "effect_later")
    same = replace(BASE, effect_year_1=flat * 0, **dict.fromkeys(names, flat))
    np.testing.assert_allclose(c.net_benefit(same), 0, atol=1e-6)


def test_break_even_months_are_the_first_without_loss() -> None:
    months = c.break_even_months(BASE)
    for column, found in enumerate(months[0]):
        if np.isnan(found):
            assert PROGRAMS[column] in ("AFT", "Arbeidsrettet rehabilitering")
            continue
        nets = c.net_by_effect_months(BASE, np.arange(1, found + 1))[:, column]
        assert nets[-1] >= 0
        assert (nets[:-1] < 0).all()


def test_unknown_rule_is_refused() -> None:
    with pytest.raises(ParameterError, match="allowed here: scale, later"):
        c.break_even_share(BASE, "other")  # type: ignore[arg-type]


def test_longer_programmes_cost_more_and_discounting_lowers_that() -> None:
    longer = [c.net_benefit(c.with_duration(BASE, m, discounted=True)) for m in (12, 24, 48)]
    assert (np.diff(np.stack(longer), axis=0) < 0).all()
    undiscounted = c.net_benefit(c.with_duration(BASE, 48, discounted=False))
    assert (undiscounted < longer[-1]).all()


# Draws ------------------------------------------------------------------------------------


def test_effect_draws_recover_mean_and_standard_error() -> None:
    n = 40_000
    drawn = draws.draw(BASE, COSTS, draws=n, seed=3, sources=("effects",))
    for index, name in enumerate(EFFECTS[:3]):
        error = BASE.effect_std_error_nok[index]
        mean = getattr(drawn, name).mean(axis=0)
        assert (np.abs(mean - getattr(BASE, name)[0]) < 4 * error / np.sqrt(n)).all()
        np.testing.assert_allclose(getattr(drawn, name).std(axis=0), error, rtol=0.02)
    pair = np.corrcoef(drawn.effect_year_1[:, 0], drawn.effect_year_2[:, 0])[0, 1]
    assert pair == pytest.approx(BASE.effect_correlation[0, 0], abs=0.02)


def test_interval_covers_the_truth_as_often_as_it_says() -> None:
    """Estimates drawn around known effects: how often the interval holds the true net benefit."""
    rng = np.random.default_rng(11)
    n, truth = 1500, c.net_benefit(BASE)
    drawn = draws.draw(BASE, COSTS, draws=4000, seed=5, sources=("effects",))
    spread = c.net_benefit(drawn) - truth
    low, high = np.quantile(spread, [0.025, 0.975], axis=0)
    fresh = draws.draw(BASE, COSTS, draws=n, seed=int(rng.integers(1e6)), sources=("effects",))
    estimates = c.net_benefit(fresh)
    covered = ((estimates + low <= truth) & (truth <= estimates + high)).mean(axis=0)
    assert (np.abs(covered - 0.95) < 4 * np.sqrt(0.95 * 0.05 / n)).all()


def test_null_programme_is_positive_in_half_of_the_draws() -> None:
    """Effects at break-even: the probability of a gain is one half."""
    share = c.break_even_share(BASE, "scale")
    at_zero = replace(BASE, **{name: getattr(BASE, name) * share for name in EFFECTS})
    drawn = draws.draw(at_zero, COSTS, draws=20_000, seed=1, sources=("effects",))
    table = draws.summarise(c.net_benefit(drawn), drawn.programs)
    assert (np.abs(table["p_positive"] - 0.5) < 4 * table["p_positive_se"]).all()


def test_input_draws_stay_in_their_range_and_have_the_triangle_mean() -> None:
    drawn = draws.draw(BASE, COSTS, draws=20_000, seed=2, sources=("inputs",))
    for key, low, high in draws.ranges(COSTS, BASE.programs):
        values = getattr(drawn, key)
        if key in draws.NOT_DRAWN:
            np.testing.assert_array_equal(values, getattr(BASE, key))
            continue
        assert (values >= low - 1e-12).all()
        assert (values <= high + 1e-12).all()
        expected = (low + getattr(BASE, key) + high) / 3
        expected = np.where(high > low, expected, getattr(BASE, key))
        assert (np.abs(values.mean(axis=0) - expected) <= 0.02 * (high - low) + 1e-12).all()
    np.testing.assert_array_equal(
        drawn.effect_year_1, np.broadcast_to(BASE.effect_year_1, drawn.effect_year_1.shape)
    )


def test_seed_and_sources_decide_the_draws() -> None:
    def net(seed: int, sources: tuple[str, ...]) -> np.ndarray:
        return c.net_benefit(draws.draw(BASE, COSTS, draws=300, seed=seed, sources=sources))

    both = ("effects", "inputs")
    np.testing.assert_array_equal(net(1, both), net(1, both))
    assert not np.array_equal(net(1, both), net(2, both))
    assert (net(1, both).std(axis=0) > net(1, ("effects",)).std(axis=0)).all()
    with pytest.raises(ParameterError, match="effects, inputs"):
        net(1, ("prices",))


def test_ten_thousand_draws_take_under_two_seconds() -> None:
    start = time.perf_counter()
    net = c.net_benefit(draws.draw(BASE, COSTS, draws=10_000, seed=1))
    assert net.shape == (10_000, 9)
    assert time.perf_counter() - start < 2


def test_tornado_ends_are_net_benefit_at_the_ends() -> None:
    table = draws.tornado(BASE, COSTS)
    row = table[(table["program"] == "AMO") & (table["input"] == "tax_cost")].iloc[0]
    low = c.net_benefit(replace(BASE, tax_cost=np.array([[0.10]])))[0, 1]
    assert row["low"] == pytest.approx(low)
    swings = table[table["program"] == "AMO"]["swing"].to_numpy()
    assert (np.diff(swings) <= 0).all()
    assert "school_place_cost" not in set(table[table["program"] == "AMO"]["input"])


def test_scenarios_start_from_the_base_and_change_what_they_name() -> None:
    table = draws.scenarios(BASE, COSTS)
    base = table[table["assumption"] == "base"]["net_benefit"].to_numpy()
    np.testing.assert_allclose(base, c.net_benefit(BASE)[0])
    half = table[(table["assumption"] == "displacement") & (table["value"] == 0.5)]
    expected = c.net_benefit(replace(BASE, displacement=np.array([[0.5]])))[0]
    np.testing.assert_allclose(half["net_benefit"], expected)
    assert (table[table["assumption"] != "base"]["change"].abs() > 0).all()


# Public money, mixes, other effects -------------------------------------------------------


def test_budget_adds_up_and_the_marginal_value_follows() -> None:
    found = net_benefit.budget(BASE)
    assert (found.nav < found.public)[0, PROGRAMS.index("AMO")]
    wages = c.wage_effect_value(BASE)
    np.testing.assert_allclose(found.taxes_on_wages, (0.30 + 0.141) * wages)
    ratio = net_benefit.marginal_value(BASE)[0]
    assert np.isinf(ratio[PROGRAMS.index("AMO")])
    assert ratio[0] < 0
    column = PROGRAMS.index("Oppfølging")
    gain = net_benefit.willingness_to_pay(BASE)[0, column]
    assert ratio[column] == pytest.approx(gain / -found.public[0, column])


def test_mix_weighs_programmes_by_their_spells() -> None:
    months = {"AMO": 461.0, "Oppfølging": 2 * 856.0}
    table = net_benefit.mix(BASE, months).set_index("program")
    assert table.loc["AMO", "spell_share"] == pytest.approx(1 / 3)
    assert table.loc["AMO", "month_share"] == pytest.approx(461 / (461 + 1712))
    net, cost = c.net_benefit(BASE)[0], c.total_cost(BASE)[0]
    amo, other = PROGRAMS.index("AMO"), PROGRAMS.index("Oppfølging")
    expected = (net[amo] + 2 * net[other]) / 3
    assert table.loc["Sum", "net_benefit"] == pytest.approx(expected)
    assert table["contribution"].drop("Sum").sum() == pytest.approx(expected)
    assert table.loc["Sum", "cost"] == pytest.approx((cost[amo] + 2 * cost[other]) / 3)
    assert net_benefit.mean_net_benefit(BASE, months) == pytest.approx(expected)


def test_mix_of_the_draws_is_drawn_programme_by_programme() -> None:
    drawn = draws.draw(BASE, COSTS, draws=200, seed=1)
    mean = net_benefit.mean_net_benefit(drawn, {"AMO": 1, "AFT": 3})
    net, length = c.net_benefit(drawn), drawn.duration
    amo, aft = PROGRAMS.index("AMO"), PROGRAMS.index("AFT")
    spells = 1 / length[:, amo], 3 / length[:, aft]
    expected = (spells[0] * net[:, amo] + spells[1] * net[:, aft]) / (spells[0] + spells[1])
    np.testing.assert_allclose(mean, expected)


@pytest.mark.parametrize("months", [{"Avklaring": 1.0}, {"AMO": -1.0}, {"AMO": 0.0}, {}])
def test_mix_refuses_unknown_programmes_and_bad_months(months: dict[str, float]) -> None:
    with pytest.raises(ParameterError, match="programme mix"):
        net_benefit.mix(BASE, months)


def estimated() -> pd.DataFrame:
    rows = []
    for column, program in enumerate(PROGRAMS):
        for year, name in zip((1, 2, 3), EFFECTS, strict=False):
            rows.append(
                {
                    "value": "earnings",
                    "arm": program,
                    "year": year,
                    "estimate": getattr(BASE, name)[0, column] * 12,
                    "std_error": 1200.0,
                    "unit": "NOK per year",
                }
            )
    extra = {**rows[-4], "year": 4, "estimate": 4543.0 * 12}
    assert extra["arm"] == "Utdanning"
    return pd.DataFrame([*rows, extra])


def test_estimated_effects_take_the_place_of_the_published_ones() -> None:
    a = with_effects(BASE, effects_from_estimates(estimated()))
    np.testing.assert_allclose(c.net_benefit(a), c.net_benefit(BASE), rtol=1e-12)
    np.testing.assert_allclose(a.effect_std_error_nok, 100)
    larger = estimated().assign(estimate=lambda t: t["estimate"] * 2)
    other = with_effects(BASE, effects_from_estimates(larger))
    np.testing.assert_allclose(c.value_creation(other), 2 * c.value_creation(BASE))


def present_value(effects: list[float], months: int) -> float:
    """By hand: months 0 to 11 have the first effect, and so on; the last one goes on."""
    factor = (1.013 / 1.04) ** (1 / 12)
    years = [min(month // 12, len(effects) - 1) for month in range(months)]
    return sum(effects[year] * factor**month for month, year in enumerate(years))


def test_only_utdanning_takes_the_fourth_year_and_lasts_to_month_168() -> None:
    table = estimated()[:-1]
    fourth = table[table["year"] == 3].assign(year=4, estimate=-60_000.0)
    fourth.loc[fourth["arm"] == "Utdanning", "estimate"] = 54_516.0
    a = with_effects(BASE, effects_from_estimates(pd.concat([table, fourth])))
    found = dict(zip(a.programs, c.wage_effect_value(a)[0], strict=True))
    aft = present_value([-3100, -1900, -1400], 84)
    assert found["AFT"] == pytest.approx(aft)
    assert aft == pytest.approx(-133_456, abs=1)
    school = present_value([-4800, -3300, 0, 4543], 168)
    assert found["Utdanning"] == pytest.approx(school)
    assert school == pytest.approx(386_708, abs=1)
    np.testing.assert_allclose(c.net_benefit(a), c.net_benefit(BASE), rtol=1e-12)


def test_programmes_without_effects_are_left_out() -> None:
    table = estimated()
    small = table[~table["arm"].isin(["AFT", "Jobbklubb"]) & (table["year"] != 4)]
    fourth = table[(table["arm"] == "AFT") & (table["year"] == 3)]
    small = pd.concat([small, fourth.assign(year=4)], ignore_index=True)
    hidden = (small["arm"] == "Oppfølging") & (small["year"] == 1)
    small.loc[hidden, ["estimate", "std_error"]] = np.nan
    a = with_effects(BASE, effects_from_estimates(small))
    # Utdanning needs the fourth year, which is estimated on another cohort.
    assert a.programs == tuple(
        p for p in PROGRAMS if p not in ("AFT", "Jobbklubb", "Oppfølging", "Utdanning")
    )
    whole = dict(zip(PROGRAMS, c.net_benefit(BASE)[0], strict=True))
    np.testing.assert_allclose(c.net_benefit(a)[0], [whole[p] for p in a.programs])
    few = draws.uncertainty(a, COSTS, draws=200, seed=1)
    assert tuple(few["program"]) == a.programs
    assert few.notna().all().all()
    assert set(draws.tornado(a, COSTS)["program"]) == set(a.programs)
    assert tuple(net_benefit.mix(a, {"AMO": 1})["program"])[:-1] == a.programs
    only = table[(table["arm"] == "Utdanning") & (table["year"] != 4)]
    with pytest.raises(ParameterError, match="no programme has an effect for each of the years"):
        with_effects(BASE, effects_from_estimates(only))
    with pytest.raises(ParameterError, match="no programme has any"):
        effects_from_estimates(table.head(0))


def test_taxes_vary_in_the_draws_and_move_only_public_money() -> None:
    drawn = draws.draw(BASE, COSTS, draws=400, seed=3)
    for name, low, high in (("income_tax", 0.25, 0.35), ("payroll_tax", 0.0, 0.141)):
        rate = getattr(drawn, name)
        assert rate.shape == (400, 1)
        assert low <= rate.min() < rate.max() <= high
    fixed = replace(drawn, income_tax=BASE.income_tax, payroll_tax=BASE.payroll_tax)
    np.testing.assert_array_equal(c.net_benefit(drawn), c.net_benefit(fixed))
    rate, base = (one.income_tax + one.payroll_tax for one in (drawn, fixed))
    public, before = (net_benefit.budget(one).public for one in (drawn, fixed))
    np.testing.assert_allclose(public - before, (rate - base) * c.wage_effect_value(drawn))


def test_faults_in_estimates_are_collected() -> None:
    table = estimated()
    table = table[~((table["arm"] == "AMO") & (table["year"] == 2))]
    table.loc[table.index[0], "unit"] = "kroner"
    table.loc[table.index[1], "std_error"] = np.nan
    with pytest.raises(ParameterError) as error:
        effects_from_estimates(table)
    for part in ("AMO: no year 2", "«kroner»; allowed: NOK per month", "finite"):
        assert part in str(error.value)
    with pytest.raises(ParameterError, match="missing columns: std_error"):
        effects_from_estimates(table.drop(columns="std_error"))


def test_effect_standard_errors_follow_from_the_printed_tables() -> None:
    gate = read("table_6_7_heterogeneous_effects_gate")
    gate = gate[gate["characteristic"] == "Innsatsgruppe"]
    sample = read("table_6_3_sample_by_group_and_program").groupby("first_innsatsgruppe")["n"].sum()
    reduced = sample["Spesielt tilpasset innsats"] / sample.sum()
    for program, rows in gate.groupby("program"):
        if program not in PROGRAMS:
            continue
        error = rows.set_index("row_type")["standard_error"]
        other = error["difference"] ** 2 - error["constant"] ** 2
        expected = np.sqrt((1 - reduced) ** 2 * error["constant"] ** 2 + reduced**2 * other)
        used = COSTS.programs.effect_std_error.values[program].number()
        assert used == pytest.approx(expected, abs=0.005), program


# Programmes of others ---------------------------------------------------------------------

OWN = pd.DataFrame(
    {
        "program": ["A", "B"],
        "duration": [6.0, 12.0],
        "unit_cost": [9000.0, 0.0],
        "effect_months": [60.0, 120.0],
        "effect_year_1": [-500.0, 100.0],
        "effect_year_3": [800.0, 300.0],
        "effect_later": [np.nan, 200.0],
    }
)


def test_own_programmes_take_what_is_shared_from_the_inputs() -> None:
    found = from_table(OWN, COSTS)
    assert found.programs == ("A", "B")
    assert found.duration.tolist() == [[6, 12]]
    assert found.effect_year_1.tolist() == [[-500, 100]]
    assert np.isnan(found.effect_year_2).all()
    assert found.effect_later.tolist() == [[800, 200]]  # A's effect of year 3 goes on
    assert found.later_is_own.tolist() == [[0, 1]]
    assert np.isnan(found.effect_std_error_nok).all()
    assert found.effect_std_error_nok.shape == (4, 2)
    assert found.tax_cost == BASE.tax_cost


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (OWN.drop(columns="duration"), "^costs: column «duration» is missing$"),
        (OWN.assign(durations=1), r"^costs: column «durations» is unknown; allowed: "),
        (OWN.head(0), "^costs: expected each column once, rows, and a name in each$"),
        (OWN.assign(program=["A", None]), "expected each column once, rows, and a name in each"),
        (OWN.assign(program="A"), "^costs: row 1: «A» again$"),
        (
            OWN.assign(duration=[6, 0]),
            r"^costs: column «duration», row 1: 0; expected months, above 0 to 600$",
        ),
        (
            OWN.assign(duration=[601, 6], unit_cost=[-1, 0]),
            r"«duration», row 0: 601; .*; column «unit_cost», row 0: -1; expected NOK per month, "
            "from 0 to inf$",
        ),
        (OWN.assign(effect_year_3=["x", 1]), "column «effect_year_3», row 0: x; expected "),
    ],
)
def test_own_programmes_that_cannot_be_are_refused_by_row(
    changed: pd.DataFrame, message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        from_table(changed, COSTS)


def test_what_draws_of_net_benefits_tell() -> None:
    """Of 99 draws of A two are not positive; B is 1 to 99 less 50, C always negative."""
    net = np.column_stack(
        [np.where(np.arange(99) < 2, -1.0, 1.0), np.arange(1.0, 100) - 50, np.full(99, -2.0)]
    )
    table = draws.summarise(net, ["A", "B", "C"]).set_index("program")
    assert table["mean"].tolist() == pytest.approx([95 / 99, 0, -2])
    assert table["median"].tolist() == [1, 0, -2]
    assert table["ci_low"]["B"] == pytest.approx(-49 + 0.025 * 98)
    assert table["ci_high"]["B"] == pytest.approx(-49 + 0.975 * 98)
    assert table["std"].tolist() == pytest.approx([net[:, 0].std(), np.sqrt((99**2 - 1) / 12), 0])
    assert table["p_positive"].tolist() == pytest.approx([97 / 99, 49 / 99, 0])
    assert table["p_positive_se"]["B"] == pytest.approx(np.sqrt(49 * 50 / 99**3))
    # One more of the rarer sign, on both sides, of a hundred.
    assert table["p_value"].tolist() == pytest.approx([2 * 3 / 100, 1, 2 / 100])
    assert table["sign"].tolist() == ["unclear", "unclear", "unclear"]  # 0.02 three times is 0.06
    alone = draws.summarise(np.column_stack([-net[:, 2], net[:, 2]]), ["A", "B"])
    assert alone["sign"].tolist() == ["positive", "negative"]


def test_effects_alone_vary_less_than_all() -> None:
    table = draws.uncertainty(BASE, COSTS, draws=400, seed=1)
    assert (
        (table["ci_high"] - table["ci_low"]) > (table["effect_high"] - table["effect_low"])
    ).all()
    assert table["effect_variance_share"].between(0.01, 0.999).all()
    drawn = draws.draw(BASE, COSTS, draws=400, seed=1, sources=("effects",))
    only = draws.summarise(c.net_benefit(drawn), BASE.programs)
    share = (only["std"] / table["std"]) ** 2
    assert table["effect_variance_share"].tolist() == pytest.approx(share.tolist())
