"""Sums with noise, periods, and what they must rest on."""

import re

import numpy as np
import pandas as pd
import pytest

from naveval.disclosure import counts, keys, magnitudes
from naveval.disclosure.thresholds import thresholds
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


def drawn(persons: np.ndarray) -> np.ndarray:
    """Keys that so many persons can have."""
    return persons * np.random.default_rng(5).integers(1, keys.LARGEST, len(persons))


def by_hand(cells: np.ndarray, what: str) -> np.ndarray:
    size = 0.5 + 0.5 * keys.uniform(cells, SECRET, "sum", what)
    return np.where(keys.uniform(cells, SECRET, "sign", what) < 0.5, -size, size)


def test_sums_are_what_is_said_of_them() -> None:
    persons = np.repeat(np.arange(41), 20)
    cells, totals = drawn(persons), np.minimum(persons * 30.0, 20)
    found = magnitudes.protected_sums(totals, persons, cells, SECRET, cap=CAP, where="hours")
    shown = counts.protected_counts(persons, cells, SECRET)
    wanted = np.maximum(totals + CAP * by_hand(cells, "hours"), 0)
    wanted[shown < thresholds().sums.least_persons] = np.nan
    wanted[shown == 0] = 0
    np.testing.assert_array_equal(found, wanted)
    assert {0, 5, thresholds().sums.least_persons} <= set(shown)
    assert (found[shown > 30] == 0).any()


def test_periods_are_what_is_said_of_them() -> None:
    persons = np.repeat(np.arange(41), 20)
    cells, number, cap = drawn(persons), persons * 3, np.where(persons % 2, 1, 2.5)
    shown = counts.protected_counts(persons, cells, SECRET)
    found = magnitudes.periods(shown, persons, number, cells, SECRET, cap=cap, what="spells")
    total = np.maximum(persons * cap + cap * by_hand(cells, "spells"), 0)
    wanted = np.floor(shown * np.minimum(total / np.maximum(persons, 1), cap) + 0.5)
    wanted[(shown > 0) & (shown < thresholds().sums.least_persons)] = np.nan
    np.testing.assert_array_equal(found, wanted)


def test_periods_of_nobody_and_of_one() -> None:
    one = magnitudes.periods([40, 40, 1], [0, 1, 1], [0, 9, 9], [0, 77, 5], SECRET, cap=4, what="n")
    mean = min(max(4 + 4 * by_hand(np.array([77]), "n")[0], 0), 4)
    assert one[:2].tolist() == [40, np.floor(40 * mean + 0.5)]
    assert np.isnan(one[2])
    small = magnitudes.periods([40], [40], [80], [10**10], SECRET, cap=0.2, what="n")
    assert 40 * (1 - 1 / 40) <= small[0] <= 40
    assert magnitudes.periods_cap(0.01) == 1
    missing = pd.array([None], dtype="Int64")
    lost = magnitudes.periods(missing, missing, missing, [5], SECRET, cap=missing, what="n")
    assert np.isnan(lost).all()


def test_the_variance_of_the_noise() -> None:
    found = magnitudes.noise(np.arange(1, 40_001), SECRET, "hours")
    assert magnitudes.noise_variance() == pytest.approx(7 / 12)
    assert found.var() == pytest.approx(7 / 12, rel=0.02)


def test_what_is_wrong_is_told_with_its_first_row() -> None:
    for bad, told in (
        (
            ([10, -1, 80], [20, 20, 2]),
            "sum: 2 sums (row 2 first) are not between 0 and persons × 37",
        ),
        ((pd.array([5, None], dtype="Int64"), [20, 20]), "sum: 1 sums (row 2 first)"),
        (([10.0], [20]), "sum_key: negative cell keys"),
    ):
        with pytest.raises(DisclosureError, match=f"^{re.escape(told)}"):
            magnitudes.protected_sums(*bad, [-1], SECRET, cap=CAP)
    with pytest.raises(DisclosureError, match=r"^hours: 1 cell keys"):
        magnitudes.protected_sums([10.0], [20], [1], SECRET, cap=CAP, where="hours")
    with pytest.raises(DisclosureError, match=r"^spells_key: negative cell keys"):
        magnitudes.periods([20], [20], [20], [-1], SECRET, cap=CAP, what="spells")


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
    limit = thresholds().largest_share
    assert magnitudes.dominated([0, 8], [1, (limit * 8) ** 2]).tolist() == [False, False]
    missing = pd.array([None, 8], dtype="Int64")
    assert magnitudes.dominated(missing, missing).tolist() == [False, False]


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
    missing = pd.array([None, 8], dtype="Int64")
    assert magnitudes.too_near(missing, [9, 9]).tolist() == [False, True]
    assert magnitudes.too_near([7, 7], missing).tolist() == [False, True]
