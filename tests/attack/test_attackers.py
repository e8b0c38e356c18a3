"""The attackers find what brute force finds."""

from itertools import product

import numpy as np
import pandas as pd
import published
import pytest
import union
from attackers import beliefs, intervals, narrowed
from view import (
    CHANGED,
    EXACT,
    HIDDEN,
    ROUNDED,
    SILENT,
    cells_of,
    equations,
    kernel,
    likelihood,
    view,
)

PRIOR = np.array([4.0, 3, 2, 1.5, 1, 1, 1, 1, 1, 1, 1])


def chance(shown: int, true: int) -> float:
    low, found = likelihood(shown)
    return float(found[true - low]) if low <= true < low + len(found) else 0.0


@pytest.mark.parametrize(
    ("shown", "low", "high"), [(0, 0, 5), (5, 1, 10), (9, 4, 14), (40, 35, 45)]
)
def test_what_one_shown_number_tells(shown: int, low: int, high: int) -> None:
    start, found = likelihood(shown)
    assert (start, start + len(found) - 1) == (low, high)
    assert (found >= 0).all()


def test_kernel_rows_are_the_stored_probabilities() -> None:
    np.testing.assert_allclose(kernel().sum(axis=1), 1, atol=1e-9)


def test_both_attackers_agree_with_brute_force() -> None:
    """Two rows of two cells with row totals: all combinations of true counts.

    If b is nobody, a and the first total are the same persons, and so told the same; c and the
    second total are told differently, so d is somebody.
    """
    shown = [5, 0, 7, 0, 5, 6]  # cells a b c d; totals a + b and c + d
    links = equations([(4, [0, 1]), (5, [2, 3])], 6)
    known = view(shown, [CHANGED] * 6, links, 50)
    weight: dict[tuple[int, ...], float] = {}
    for a, b, c, d in product(range(15), repeat=4):
        true = (a, b, c, d, a + b, c + d)
        odds = np.prod([chance(s, t) for s, t in zip(shown[:4], true[:4], strict=True)])
        odds *= chance(shown[4], a + b) if b else float(shown[4] == shown[0])
        odds *= chance(shown[5], c + d) if d else float(shown[5] == shown[2])
        if odds > 0:
            weight[true] = float(odds * np.prod(PRIOR[np.minimum(true, 10)]))
    assert weight
    known = narrowed(known)
    found = intervals(known, range(6)).set_index("cell")
    posterior = beliefs(known, PRIOR, rounds=60)
    total = sum(weight.values())
    for cell in range(6):
        values = [true[cell] for true in weight]
        assert found.loc[cell, "low"] <= min(values)
        assert found.loc[cell, "high"] >= max(values)
        exact = np.zeros(len(posterior[cell]))
        for true, odds in weight.items():
            exact[true[cell] - known.low[cell]] += odds / total
        np.testing.assert_allclose(posterior[cell], exact, atol=2e-3)


def test_a_hidden_cell_between_exact_numbers_is_found() -> None:
    known = view([20, 0, 17], [EXACT, HIDDEN, EXACT], equations([(0, [1, 2])], 3), 50)
    assert intervals(known, [1])[["low", "high"]].to_numpy().tolist() == [[3, 3]]
    assert beliefs(known, PRIOR)[1].argmax() == 2


def test_silent_cells_stay_open() -> None:
    known = view([20, 0, 0], [EXACT, SILENT, SILENT], equations([(0, [1, 2])], 3), 50)
    assert intervals(known, [1])[["low", "high"]].to_numpy().tolist() == [[0, 20]]


def test_the_same_keys_in_two_tables_are_one_unknown() -> None:
    country = pd.DataFrame({"county": ["", "03", "04"], "shown": [9, 4, 5], "kind": EXACT})
    own = pd.DataFrame({"county": ["03", "03", "03"], "sex": ["", "k", "m"], "shown": [4, 1, 3]})
    cells, links = cells_of([country, own.assign(kind=EXACT)], {"county": 2, "sex": 2})
    assert len(cells) == 5
    assert links.shape == (2, 5)
    assert abs(links @ cells["shown"].to_numpy()).max() == 0


def test_adjusted_shares_beside_exact_counts_tell_the_counts_and_protected_ones_do_not() -> None:
    draw = np.random.default_rng(3)
    persons = draw.integers(200, 900, 6).astype(float)
    events = draw.binomial(persons.astype(int), 0.02).astype(float)
    adjusted = events / persons - 0.0123456789
    assert published.by_constant(adjusted, persons).tolist() == events.tolist()
    noisy = persons + draw.integers(-5, 6, 6)
    assert np.isnan(published.by_constant(adjusted, noisy)).all()
    assert np.isnan(published.by_constant(adjusted.round(4), persons)).all()


def test_beliefs_are_formed_of_a_difference_of_which_nothing_is_published() -> None:
    known = view([40, 35, 0], [CHANGED, CHANGED, SILENT], equations([(0, [1, 2])], 3), 50)
    assert len(beliefs(known, PRIOR)[2]) == 0
    own = narrowed(known)
    assert own.low[2] == 1  # nobody would have left them the same noise
    assert own.high[2] == 15
    assert beliefs(own, PRIOR)[2].argmax() + own.low[2] in range(3, 8)


def test_persons_told_to_ten_may_be_five_fewer_or_four_more() -> None:
    known = view([30, 0], [ROUNDED, ROUNDED], equations([], 2), 50)
    assert known.low.tolist() == [25, 0]
    assert known.high.tolist() == [34, 4]


ALONE = {"where": "", "kept": False, "least": 0.0, "most": np.inf}
"""What a cell is that no earlier edition tells of."""


def test_the_same_persons_in_two_tables_tell_their_number_once() -> None:
    """Total 0 of parts 1 and 2, told again as 3 of 4 and 5."""
    cells = pd.DataFrame({**ALONE, "shown": [9, 5, 5] * 2, "true": [8, 4, 4] * 2})
    rows = [(0, [1, 2]), (3, [4, 5]), *((k, [k + 3]) for k in range(3))]
    found = union.once(union.Union(cells, equations(rows, 6)))
    assert len(found.cells) == 3
    assert found.links.toarray().tolist() == [[1, -1, -1]]


def test_differences_of_the_same_counts_are_one_unknown() -> None:
    """9 less 5 as what is left and as what was added, and an equation that says it is 2 and 3."""
    cells = pd.DataFrame({**ALONE, "shown": [9, 5, np.nan, np.nan, 5, 0], "true": [8] * 6})
    found = union.once(union.Union(cells, equations([(0, [1, 2]), (0, [1, 3]), (3, [4, 5])], 6)))
    assert len(found.cells) == 5
    assert found.links.toarray().tolist() == [[1, -1, -1, 0, 0], [0, 0, 1, -1, -1]]


def test_parts_shown_as_nobody_are_one_rest() -> None:
    cells = pd.DataFrame({"where": "", "shown": [9, 8, 0, 0], "true": [9, 7, 1, 1]})
    found = union.parted(union.Union(cells, equations([(0, [1, 2, 3])], 4)))
    assert found.cells["true"].tolist() == [9, 7, 1, 1, 2]
    assert found.links.toarray().tolist() == [[1, -1, 0, 0, -1], [0, 0, -1, -1, 1]]
    known = narrowed(view([9, 8, 0, 0, 0], [CHANGED] * 4 + [SILENT], found.links, 50))
    assert (known.low[4], known.high[4]) == (1, 10)


def test_lines_of_the_same_persons_in_two_figures_are_one() -> None:
    rows = pd.DataFrame({"month": list("abc"), "shown": [30, 40, 51], "true": [31, 42, 50]})
    lines = pd.concat([rows.assign(line="all"), rows.assign(line="men", true=[9, 8, 7])])
    families = [
        published.Family("fig-1.n", ("month", "line"), lines.assign(cell=range(6))),
        published.Family("fig-2.n", ("month",), rows.assign(cell=range(6, 9))),
    ]
    assert list(union.alike(families)) == [(6, [0]), (7, [1]), (8, [2])]
