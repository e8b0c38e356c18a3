"""How often the methods reject in the study's own design."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from naveval.disclosure import keys
from naveval.estimators.one_treated.inference import METHODS, p_values
from naveval.project import places
from naveval.registers.reading import open_registers
from naveval.studies.hedmark import panel as panels
from naveval.studies.hedmark.contracts import TABLES
from naveval.studies.hedmark.estimate.choice import (
    chosen_method,
    detectable,
    draw_sample,
    judge,
    recommend,
    rejections,
    size_table,
)
from naveval.studies.hedmark.estimate.means import sample, tables
from naveval.studies.hedmark.estimate.regression import setup_of
from naveval.studies.hedmark.parameters import Parameters
from naveval.studies.hedmark.simulate.draws import draw_panels
from naveval.studies.hedmark.simulate.registers import simulate

CODES = places.codes(2014)


def small() -> tuple[Parameters, object]:
    parameters = Parameters(size_draws=60, draws=199)
    return parameters, draw_panels(CODES, draws=60, seed=3)


def test_size_table_has_every_method_and_recommends_one_that_holds() -> None:
    parameters, null = small()
    codes = ("04", *parameters.controls())
    effect = draw_panels(codes, draws=30, seed=4, effect=1.0, treated="04")
    found = size_table(null, effect, parameters)
    assert set(found["method"]) == {*METHODS, "randomisation_all"}
    assert found.groupby("method").size().eq(4).all()
    rates = found.groupby("method")["reject_5"].mean()
    assert rates["randomisation_coefficient"] == 0
    assert rates["crv1"] > 0.3
    assert rates["wild_free"] > 0.3
    assert rates["wild_null"] < 0.05
    chosen = recommend(found)
    assert chosen in {"randomisation_coefficient", "randomisation_t", "ferman_pinto"}
    power = found[found["method"] == "randomisation_coefficient"]["power_10"].mean()
    assert power > 0.4


def test_no_method_is_recommended_when_none_holds() -> None:
    table = pd.DataFrame({"method": ["a", "b"], "holds": [False, False], "reject_10": [0.5, 0.6]})
    assert recommend(table) == ""
    table["holds"] = [False, True]
    assert recommend(table) == "b"


def test_a_county_with_another_path_shows_bias() -> None:
    parameters = Parameters(county="11", size_draws=60, draws=99)
    null = draw_panels(CODES, draws=60, seed=3)
    found = rejections(null, parameters, "stock", "with").set_index("method")
    assert found.loc["randomisation_coefficient", "mean_effect"] > 5
    assert found.loc["randomisation_coefficient", "reject_10"] > 0.5


@pytest.mark.slow
def test_size_in_500_draws() -> None:
    """The exact test holds its size; clustering cries wolf in half of the panels."""
    parameters = Parameters()
    null = draw_panels(CODES, draws=500, seed=1)
    found = size_table(null, None, parameters)
    error = np.sqrt(0.1 * 0.9 / 500)
    exact = found[found["method"] == "randomisation_coefficient"]
    assert (exact["reject_10"] <= 0.1 + 3 * error).all()
    assert (exact["reject_5"] == 0).all()
    crv1 = found[found["method"] == "crv1"]["reject_5"]
    assert crv1.between(0.35, 0.75).all()


def test_the_ranking_among_all_counties_is_never_recommended() -> None:
    table = pd.DataFrame(
        {"method": ["randomisation_all", "crv1"], "holds": [True, False], "reject_10": [0.1, 0.6]}
    )
    assert recommend(table) == ""
    assert chosen_method(table) == "randomisation_coefficient"


def test_smallest_found_effect_is_found_that_often() -> None:
    """By adding the effect to the outcome itself, for one county of many and any method."""
    parameters = Parameters(draws=99)
    null = draw_panels(CODES, draws=80, seed=3)
    for method in ("randomisation_coefficient", "ferman_pinto"):
        found = detectable(null, parameters, method)
        assert len(found) == 12
        stock = found.set_index(["outcome", "group"])["effect"]["stock", "with"]
        given, values = draw_sample(null, parameters, "stock", "with")
        rates = []
        for fall in (stock, 0.7 * stock):
            changed = values.astype(float).copy()
            changed[:, 0] -= fall / 100 * given.level * given.post
            p = p_values(
                setup_of(given, parameters),
                changed,
                given.size,
                draws=99,
                seed=parameters.seed,
                methods=(method,),
            )
            rates.append((p[method] <= 0.1 + 1e-12).mean())
        assert 0.8 <= rates[0] < 0.86
        assert rates[1] < rates[0]


def test_no_smallest_effect_where_the_comparison_is_off() -> None:
    parameters = Parameters(county="11", draws=99)
    null = draw_panels(CODES, draws=60, seed=3)
    found = detectable(null, parameters, "randomisation_coefficient")
    effects = found.set_index(["outcome", "group"])["effect"]
    assert np.isnan(effects["stock", "with"])


def test_tables_are_judged_by_the_method_given(tmp_path: Path) -> None:
    simulate(tmp_path, scale=0.05, seed=4)
    with open_registers(tmp_path, TABLES) as opened:
        panel = panels.build(opened, keys.secret("simulated"))
    parameters = Parameters(draws=99, composition="shares", weights="equal")
    means = tables(panel, parameters)
    for method in ("randomisation_coefficient", "ferman_pinto"):
        judged = judge(panel, parameters, means, method)
        row = judged.query("label == 'tbl-1' and season == 'unadjusted' and group == 'with'")
        plain = Parameters(draws=99, composition="none")
        given = sample(panel, plain, "stock", "with")
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
