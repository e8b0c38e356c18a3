"""How often the methods reject in the study's own design."""

import numpy as np
import pandas as pd
import pytest

from naveval import counties
from naveval.hedmark_estimates_size import recommend, rejections, size_table
from naveval.hedmark_parameters import Parameters
from naveval.hedmark_simulation_draws import draw_panels
from naveval.one_treated_tests import METHODS

CODES = counties.codes(2014)


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
