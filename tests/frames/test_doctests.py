"""Every example of the public functions gives what it says."""

import doctest
import importlib

import pandas as pd
import pytest

import naveval

MODULES = sorted({place.partition(":")[0] for place in naveval.PUBLIC.values()})
MODULES += ["naveval.frames.result", "naveval.running.progress", "naveval.running.differences"]


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    module = importlib.import_module(name)
    assert doctest.testmod(module, extraglobs={"pd": pd}).failed == 0
