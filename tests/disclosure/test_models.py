"""Rounding of model output, and the events a coefficient rests on."""

import numpy as np
import pandas as pd
import pytest

from naveval.disclosure import models
from naveval.exhibits.protect import Model
from naveval.project import catalogue

DRAW = np.random.default_rng(3)


def test_steps_are_coarser_than_a_tenth_of_the_error_and_a_hundredth() -> None:
    errors = np.exp(DRAW.uniform(-8, 8, 300))
    found = models.step(errors)
    assert (found >= np.maximum(errors / 10, 0.01) * (1 - 1e-8)).all()
    assert (found <= 2.5 * np.maximum(errors / 10, 0.01) * (1 + 1e-8)).all()
    digits = found / 10 ** np.floor(np.log10(found) + 1e-9)
    assert set(np.round(digits, 6)) <= {1.0, 2.0, 5.0}


def test_steps_by_hand() -> None:
    errors = [0.0, 0.09, 0.2, 0.21, 10, 20, 50, 50.1, np.nan]
    wanted = [0.01, 0.01, 0.02, 0.05, 1, 2, 5, 10, np.nan]
    np.testing.assert_allclose(models.step(errors), wanted, rtol=1e-12)
    np.testing.assert_allclose(models.step(errors[:-1], 3.0), [5.0] * 7 + [10], rtol=1e-12)
    missing = pd.array([None, 20], dtype="Int64")
    np.testing.assert_array_equal(models.step(missing), [np.nan, 2])
    np.testing.assert_array_equal(models.rounded([np.nan, 23], [20, 20], 3.0), [np.nan, 25])


def test_rounded_numbers_lie_on_the_grid_and_nearby() -> None:
    values, errors = DRAW.normal(0, 3, 500), np.exp(DRAW.uniform(-5, 2, 500))
    found, size = models.rounded(values, errors), models.step(errors)
    assert (np.abs(found - values) <= size / 2 * (1 + 1e-9)).all()
    np.testing.assert_allclose(found / size, np.round(found / size), atol=1e-6)
    assert all(len(repr(float(value))) <= 8 for value in found)


def test_what_cannot_be_rounded_is_missing() -> None:
    assert np.isnan(models.rounded([np.nan, 1.0], [0.1, np.nan])).all()
    assert [str(value) for value in models.rounded([0.004, -0.004], [0.0, 0.0])] == ["0.0"] * 2


def test_errors_have_two_digits_and_p_values_three_decimals() -> None:
    assert models.rounded_errors([0.0123456, 123.4, np.nan])[:2].tolist() == [0.012, 120.0]
    assert models.rounded_errors([[0.0123456], [7.77]]).tolist() == [[0.012], [7.8]]
    lost = models.rounded_errors(pd.array([None, 777], dtype="Int64"))
    np.testing.assert_array_equal(lost, [np.nan, 780])
    assert models.rounded_p([0.04251, 0.00001]).tolist() == [0.043, 0.0]


@pytest.mark.parametrize(
    ("events", "others", "df", "shown"),
    [(10, 10, 10, True), (9, 90, 50, False), (90, 9, 50, False), (50, 50, 9, False)],
)
def test_events_without_and_degrees_of_freedom(
    events: int, others: int, df: int, shown: bool
) -> None:
    assert models.estimable([events], [others], [df]).tolist() == [shown]


def test_the_fewest_over_cells() -> None:
    assert models.fewest([(40, 11), (12, 300), (25, 25)]) == (12.0, 11.0)


def test_persons_enough_for_events_and_for_none() -> None:
    persons = pd.array([19, 20, None], dtype="Int64")
    assert models.enough_persons(persons).tolist() == [False, True, False]


WITHOUT_CELLS = {
    "fig-events": "from protected means",
    "fig-sensitivity": "from protected means",
    "tbl-breakdown": "from protected means",
    "tbl-6-4": "from protected counts and sums",
    "tbl-overlap": "persons to ten, and medians over the sample",
    "tbl-policy": "leaves by the persons in them",
    "tbl-rule-value": "means over the sample",
    "tbl-between": "one spread of all offices",
    "tbl-intervals": "widths of intervals",
    "tbl-rows": "widths of intervals",
    "tbl-explained": "one number of a model",
    "tbl-recovery": "of drawn outcomes",
}
"""Output of models that is no coefficient of a group, or is computed from protected numbers."""


def test_every_coefficient_says_how_many_have_the_outcome_behind_it() -> None:
    exhibits = [
        one
        for study in catalogue.names()
        for one in catalogue.module(study, "report").REPORT.exhibits
        if isinstance(one.protect, Model)
    ]
    silent = {one.label for one in exhibits if not (one.protect.events and one.protect.others)}
    assert len(exhibits) > 40
    assert silent == set(WITHOUT_CELLS)
