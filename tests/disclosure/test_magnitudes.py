"""Sums with noise, periods, and what they must rest on."""

import numpy as np
import pytest

from naveval.disclosure import keys, magnitudes
from naveval.project.errors import DisclosureError

SECRET = keys.secret("simulated")
CAP = 37.5


def test_noise_is_between_half_a_cap_and_one_and_has_mean_zero() -> None:
    n = np.full(4000, 50)
    cells = 50 * 10**9 + np.arange(4000)
    noise = magnitudes.protected_sums(n * 20.0, n, cells, SECRET, cap=CAP) - 1000
    assert np.abs(noise).min() >= CAP / 2
    assert np.abs(noise).max() <= CAP
    assert abs(noise.mean()) < 4 * noise.std() / np.sqrt(4000)


def test_small_and_empty_cells() -> None:
    found = magnitudes.protected_sums(
        [0.0, 30.0, 400.0, 2000.0], [0, 9, 14, 100], [0, 10**10, 10**10, 10**11], SECRET, cap=CAP
    )
    assert found[0] == 0
    assert np.isnan(found[[1, 2]]).all()
    assert abs(found[3] - 2000) <= CAP


def test_a_sum_that_one_person_dominates_is_found_from_squares() -> None:
    draw = np.random.default_rng(1)
    for _ in range(500):
        parts = draw.pareto(0.7, int(draw.integers(1, 30))) + 0.01
        share = parts.max() / parts.sum()
        found = magnitudes.dominated([parts.sum()], [(parts**2).sum()])[0]
        assert found or share <= 0.8
        assert not found or share >= 0.8**2
    assert not magnitudes.dominated([0.0], [0.0])[0]


@pytest.mark.parametrize("total", [-1.0, np.nan, 30 * CAP + 1])
def test_sums_that_so_many_persons_cannot_have_are_refused(total: float) -> None:
    with pytest.raises(DisclosureError, match="hours: 1 sums"):
        magnitudes.protected_sums([total], [30], [3 * 10**10], SECRET, cap=CAP, where="hours")


def test_two_sums_of_the_same_persons_have_noise_of_their_own() -> None:
    n = np.full(500, 50)
    cells = 50 * 10**9 + np.arange(500)
    hours, days = (
        magnitudes.protected_sums(n * 1.0, n, cells, SECRET, cap=1.0, where=what)
        for what in ("hours", "days")
    )
    assert abs(np.corrcoef(hours, days)[0, 1]) < 4 / np.sqrt(500)
    spells, periods = (
        magnitudes.periods(n, n, n * 5, cells, SECRET, cap=50, what=what)
        for what in ("spells", "periods")
    )
    assert abs(np.corrcoef(spells, periods)[0, 1]) < 4 / np.sqrt(500)


def test_periods_are_right_on_average_and_never_exact() -> None:
    n = np.full(3000, 200)
    cells = 200 * 10**9 + np.arange(3000)
    found = magnitudes.periods(
        n, n, n * 2, cells, SECRET, cap=magnitudes.periods_cap(12), what="spells"
    )
    assert abs(found.mean() - 400) < 4 * found.std() / np.sqrt(3000)
    assert (np.abs(found - 400) >= 17).all()
    few = magnitudes.periods(
        [0, 12, 30], [3, 12, 30], [6, 20, 90], [5, 6, 7], SECRET, cap=3, what="spells"
    )
    assert few[0] == 0
    assert np.isnan(few[1])
    assert few[2] <= 90


def test_nested_sums_that_differ_by_few_are_found() -> None:
    near = magnitudes.too_near([100, 100, 100, 100], [100, 119, 120, 300])
    assert near.tolist() == [True, True, False, False]
