"""Statistical and full-size checks of the work indicator (slow set)."""

import bench_indicator as bench
import indicator_coverage as coverage
import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from naveval.studies.indicator import panel as panels
from naveval.studies.indicator import quality as recovery
from naveval.studies.indicator.characteristics import OUTCOMES
from naveval.studies.indicator.models import Packed
from naveval.studies.indicator.simulate import registers as simulation

pytestmark = pytest.mark.slow
DRAWS = 300
LEVEL = 0.95


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large")
    simulation.simulate(folder, scale=0.04, seed=2)
    return folder


@pytest.fixture(scope="module")
def packs(data):
    return Packed(panels.build(data))


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_published_coefficients_come_back(packs, outcome):
    with threadpool_limits(1, user_api="blas"):
        found = recovery.recover(packs, outcome, seed=1, person_groups=1500)
    assert found.beyond <= 0.01
    assert found.p_value > 0.01


@pytest.mark.parametrize("outcome", ["atid3", "jobb3"])
def test_intervals_cover_at_county_and_office(data, outcome):
    panel = coverage.panel_for(data, "2018-01", "2019-12")
    table = coverage.coverage(panel, outcome, DRAWS, seed=7)
    county = table[table["unit"] == "county"]
    assert (np.abs(county["clustered"] - LEVEL) < 3 * county["error"] + 0.002).all()
    office = table[table["unit"] == "office"]
    assert (np.abs(office["clustered"] - LEVEL) < 0.012).all()
    year = table[table["quantity"] == "year"]
    assert (year["published"] < 0.90).all()


def test_faster_and_smaller_than_statsmodels(tmp_path):
    table = bench.compare(bench.registers_of(tmp_path, 1 / 23.9, 1)).set_index("step")
    assert table.loc["naveval atid3", "largest_gap"] < 1e-6
    assert table.loc["naveval jobb3", "largest_gap"] < 1e-5
    assert table.loc["naveval atid3", "peer_times_as_long"] > 30
    assert table.loc["naveval jobb3", "peer_times_as_long"] > 10
    assert (table.loc[["naveval atid3", "naveval jobb3"], "peer_times_the_memory"] > 10).all()


def test_full_size(tmp_path):
    found = bench.alone(bench.full_run, bench.registers_of(tmp_path, 1.0, 1))
    assert found.rows == pytest.approx(23_900_000, rel=0.05)
    assert found.result["processor"] < 240
    assert found.peak_mb < 8000
