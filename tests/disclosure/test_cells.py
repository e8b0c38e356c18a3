"""Quick bounds on ranges lie on their side of the exact ranges, and change no decision."""

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

from naveval.disclosure import cells as bounds
from naveval.disclosure.cells import SLACK, ranges


def table(seed):
    """A random two-way table with unknown cells, a total among them, and an attacker's limits."""
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(2, 7, 2)
    unknown = [(r, c) for r in range(rows) for c in range(columns) if rng.random() < 0.6]
    sums = np.zeros((rows + columns, len(unknown) + 1))
    for k, (r, c) in enumerate(unknown):
        sums[r, k] = sums[rows + c, k] = 1
    sums[0, -1] = -1
    x = rng.integers(0, 9, len(unknown) + 1).astype(float)
    x[-1] = rng.integers(10, 30)
    used = np.abs(sums).sum(axis=1) > 0
    low = np.where(rng.random(len(x)) < 0.3, np.minimum(x, 5.0), 0.0)
    high = np.where(rng.random(len(x)) < 0.4, np.maximum(x, 4.0), 60.0)
    return sparse.csr_array(sums[used]), sums[used] @ x, x, low, high


def exact(block, right, low, high):
    """Widths by linear programming, one cell at a time."""
    limits = np.column_stack([low, high])
    width = []
    for cell in np.eye(len(low)):
        ends = [linprog(sign * cell, A_eq=block, b_eq=right, bounds=limits).fun for sign in (1, -1)]
        width.append(-ends[1] - ends[0])
    return np.array(width)


@pytest.mark.parametrize("seed", range(60))
def test_bounds_hold_and_decisions_are_the_exact_ones(seed):
    block, right, x, low, high = table(seed)
    width = exact(block, right, low, high)
    least = bounds.at_least(block, x, low, high)
    most = bounds.at_most(block, right, low, high)
    assert (least <= width + 1e-7).all()
    assert (most >= width - 1e-7).all()
    for needed in (np.full(len(x), 0.99), np.full(len(x), 4.0)):
        wanted = np.arange(len(x)) % 5 != 0
        got = ranges(block, right, low, high, needed, wanted, x)
        if block.shape[0] > 1:
            assert np.array_equal(got, ~wanted | (width >= needed - SLACK))


def test_rectangle_shows_its_width():
    block = sparse.csr_array(np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1.0]]))
    x = np.array([3.0, 2.0, 4.0, 1.0])
    width = bounds.at_least(block, x, np.zeros(4), np.full(4, 99.0))
    assert np.array_equal(width, [3.0, 3.0, 3.0, 3.0])
    assert not bounds.at_least(block, x, np.full(4, 2.0), np.full(4, 99.0)).any()
    assert np.isnan(x).sum() == 0


def test_unknown_true_values_show_nothing():
    block = sparse.csr_array(np.ones((1, 2)))
    assert not bounds.at_least(block, np.array([np.nan, 1.0]), np.zeros(2), np.full(2, 9.0)).any()


def test_sums_limit_the_width():
    block = sparse.csr_array(np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]]))
    width = bounds.at_most(block, np.array([4.0, 6.0]), np.zeros(3), np.full(3, 100.0))
    assert np.array_equal(width, [4.0, 4.0, 4.0])
