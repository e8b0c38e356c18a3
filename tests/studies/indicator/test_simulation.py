"""The simulated registers: their truth, what is refused, how near the printed levels they lie."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from naveval.project.errors import ParameterError
from naveval.project.months import month_number
from naveval.studies.indicator import panel as panels
from naveval.studies.indicator.published import mean_outcomes, table3_counties
from naveval.studies.indicator.simulate import registers as simulation
from naveval.studies.indicator.simulate import truth as truths

YEARS = tuple(f"{2010 + k // 12}-{k % 12 + 1:02d}" for k in range(240))


def made(seed: int = 1, **settings: Any) -> truths.Truth:
    given = {
        "county_effects": True,
        "county_spread": 0.02,
        "county_persistence": 0.9,
        "office_spread": 0.07,
    }
    return truths.make(seed, YEARS, **{**given, **settings})


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("simulated")
    simulation.simulate(folder, scale=0.006, seed=3)
    return folder


@pytest.fixture(scope="module")
def stock(data) -> pd.DataFrame:
    names = ["person", "month", "registered", "status"]
    files = sorted((data / "stock").glob("*.parquet"))
    return pd.concat(pd.read_parquet(file, columns=names) for file in files).astype(
        {"month": str, "registered": str, "status": str}
    )


def test_county_shocks_have_the_stated_variance_and_persistence() -> None:
    shocks = np.concatenate([made(seed).shocks for seed in range(12)])
    assert shocks.std() == pytest.approx(0.02, rel=0.05)
    neighbours = (shocks[:, 1:] * shocks[:, :-1]).mean() / shocks.var()
    assert neighbours == pytest.approx(0.9, abs=0.03)
    other = made(county_spread=0.05, county_persistence=0.0).shocks
    assert other.std() == pytest.approx(0.05, rel=0.05)
    assert abs(np.corrcoef(other[:, 1:].ravel(), other[:, :-1].ravel())[0, 1]) < 0.05


def test_offices_differ_within_their_county_alone() -> None:
    found = made(office_spread=0.1)
    weight = np.bincount(found.where.office_county, weights=found.where.share * found.office)
    np.testing.assert_allclose(weight, 0, atol=1e-12)
    assert found.office.std() == pytest.approx(0.1, rel=0.15)


def test_the_truth_file_says_what_the_registers_were_made_with(data) -> None:
    told = json.loads((data / "truth.json").read_text())
    assert told["county_shocks"]["standard_deviation"] == truths.COUNTY_SPREAD
    assert len(told["county_shocks"]["latent"]["03"]) == 82
    assert set(told["county_latent"]["03"]) == {"all", "young", "landgruppe_3"}
    assert told["county_latent"]["03"]["all"] < told["county_latent"]["15"]["all"]
    assert len(told["office_latent"]) == 264
    assert set(told["group_latent"]) >= {"standard", "sykmeldt"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"county_effects": {"03": -12.0}},
            "county_effects, 03: -12.0: expected a number from -8.85",
        ),
        ({"county_effects": {"99": 1.0}}, "county_effects: 99: expected counties of 03"),
        ({"exits": 8.0}, "exits, status helt_ledig: 2 exits of 1 persons"),
        ({"exits": -1.0}, "exits: -1.0: expected a number from 0 to 100"),
        ({"county_persistence": 1.0}, "county_persistence: 1.0: expected a number from 0"),
        ({"county_spread": float("nan")}, "county_spread: nan"),
        ({"office_spread": 50}, "office_spread: 50"),
        ({"county_effects": {"03": 100.0}}, "county_effects, 03: 100.0: expected a number"),
        ({"county_effects": {"03": "x"}}, "county_effects, 03: 'x': expected a number"),
        ({"county_effects": {3: 1.0}}, "county_effects: 3: expected counties of 03"),
        ({"county_effects": "yes"}, "county_effects: 'yes': expected true, false, or hours"),
        ({"last_month": "2024-13"}, "last_month: '2024-13': expected a month from 2017-12"),
        ({"last_month": "2017-01"}, "last_month: '2017-01'"),
        ({"hours_after": -1}, "hours_after: -1: expected a whole number from 0 to 24"),
        ({"seed": "abc"}, "seed: 'abc'"),
        ({"office_spread": -0.1}, "office_spread: -0.1"),
        ({"scale": 0.0}, "scale"),
    ],
)
def test_an_impossible_truth_is_refused_by_name(tmp_path, given, message) -> None:
    with pytest.raises(ParameterError, match=message):
        simulation.simulate(tmp_path, **{"scale": 0.001, **given})
    assert list(tmp_path.iterdir()) == []


def test_given_county_effects_are_there(tmp_path) -> None:
    """Large and small ones in hours a week, against the same registers without.

    Counties are so small here that several together tell.
    """
    groups = {6.0: ("03", "11", "15"), -6.0: ("46", "50", "31"), 2.0: ("32", "33"), -2.0: ("34",)}
    given = {county: hours for hours, counties in groups.items() for county in counties}
    levels = []
    for name, effects in (("with", given), ("without", False)):
        folder = tmp_path / name
        folder.mkdir()
        truth = simulation.simulate(folder, scale=0.004, seed=2, county_effects=effects)
        told = {code: hours["all"] for code, hours in truth["county_hours"].items()}
        assert told == dict.fromkeys(told, 0.0) | (effects or {})
        levels.append(_hours_by_county(panels.build(folder)))
    change = levels[0] - levels[1]
    for hours, counties in groups.items():
        assert change[list(counties)].mean() == pytest.approx(hours, abs=0.8), counties
    assert abs(change.drop(list(given)).mean()) < 0.3


def _hours_by_county(panel) -> pd.Series:
    """Mean hours a week three months on."""
    n, total = np.zeros(15), np.zeros(15)
    for chunk in panel.chunks:
        n += np.bincount(chunk.groups["county"], minlength=15)
        total += np.bincount(chunk.groups["county"], chunk.outcomes["atid3"], minlength=15)
    return pd.Series(total / n, list(panel.levels["county"]))


def test_levels_of_counties_are_near_the_printed_ones(data) -> None:
    """Together, and in the order of their size: small counties have few persons here."""
    panel = panels.build(data)
    printed = table3_counties()
    own = printed[printed["outcome"] == "atid3"].set_index("county")["value"]
    n = sum(np.bincount(chunk.groups["county"], minlength=15) for chunk in panel.chunks)
    hours = _hours_by_county(panel)
    found, wanted = hours.to_numpy(), own[hours.index].to_numpy()
    assert np.corrcoef(found, wanted)[0, 1] > 0.6
    assert np.average(found, weights=n) == pytest.approx(mean_outcomes()["atid3"], rel=0.06)
    large = n > np.median(n)
    assert (np.abs(found / wanted - 1)[large] < 0.15).all()


def test_the_stock_is_stable_but_for_the_pandemic(stock) -> None:
    size = stock.groupby("month").size()
    assert size["2019-12"] == pytest.approx(size["2017-12"], rel=0.06)
    assert size["2024-06"] == pytest.approx(size["2019-12"], rel=0.06)
    assert size["2020-03"] > 1.25 * size["2020-02"]


def test_returns_are_spread_over_time(stock) -> None:
    """Those who come back do so after any number of months, and begin a spell."""
    stock = stock.assign(t=stock["month"].map(month_number)).sort_values(["person", "t"])
    away = stock.groupby("person")["t"].diff() - 1
    back = stock[away >= 4]
    assert (back["registered"] == back["month"]).all()
    length = away[away >= 4]
    assert len(length) > 100
    assert length.value_counts(normalize=True).max() < 0.08
    assert (length > 24).mean() > 0.2
