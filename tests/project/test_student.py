"""Student's t against scipy.stats."""

import numpy as np
import pytest
from scipy import stats

from naveval.project import student


@pytest.mark.parametrize("freedom", [1, 4, 18, 2.5, 1e6, np.inf])
def test_numbers_are_those_of_scipy_stats(freedom: float) -> None:
    t = np.array([-3.2, -0.1, 0.0, 1.96, 40.0])
    np.testing.assert_array_equal(student.two_sided(t, freedom), 2 * stats.t.sf(abs(t), freedom))
    for level in (0.5, 0.9, 0.95, 0.999):
        assert student.reach(level, freedom) == stats.t.ppf(0.5 + level / 2, freedom)


def test_freedom_may_be_an_array() -> None:
    found = student.reach(0.95, np.array([1.0, 10.0]))
    np.testing.assert_array_equal(found, stats.t.ppf(0.975, [1, 10]))
