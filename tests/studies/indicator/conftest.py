"""Estimates of a small stock, made once for the study's tests."""

from pathlib import Path

import pytest

from naveval.studies.indicator import estimate
from naveval.studies.indicator.parameters import Parameters
from naveval.studies.indicator.results import IndicatorResults
from naveval.studies.indicator.simulate import registers as simulation


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> IndicatorResults:
    data = tmp_path_factory.mktemp("indicator")
    simulation.simulate(data, scale=0.004, seed=6)
    parameters = Parameters(data=str(data), person_groups=100, draws=200)
    return estimate.estimate(parameters, Path(parameters.data))
