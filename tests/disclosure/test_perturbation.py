"""The table of changes: what it must keep, and that the stored one is the one made here."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from naveval.disclosure import perturbation
from naveval.disclosure.thresholds import thresholds
from naveval.project.errors import DisclosureError

RULES = thresholds().counts
STORED = pd.read_csv(perturbation.stored_file())


def test_the_stored_table_is_the_one_its_script_makes() -> None:
    pd.testing.assert_frame_equal(STORED, perturbation.table(RULES), atol=1e-9, rtol=0)


def test_its_script_writes_the_stored_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = tmp_path / "perturbation.csv"
    monkeypatch.setattr(perturbation, "stored_file", lambda: written)
    perturbation.main()
    # The last digits of a solver differ between machines.
    pd.testing.assert_frame_equal(pd.read_csv(written), STORED, atol=1e-9, rtol=0)


@pytest.mark.parametrize(
    ("changes", "least"), [([-1, 4, 5], 4), ([-2, 3, 4, 5], 6), ([-3, 2, 5], 6), ([-5, 0, 5], 0)]
)
def test_the_least_variance_is_that_of_the_two_changes_nearest_to_none(
    changes: list[int], least: float
) -> None:
    assert perturbation.least_variance(np.array(changes)) == pytest.approx(least, abs=1e-9)


def test_changes_of_one_sign_cannot_have_mean_zero() -> None:
    with pytest.raises(DisclosureError, match=r"perturbation: no distribution over \[1, 2\] has"):
        perturbation.least_variance(np.array([1, 2]))


def test_the_variance_asked_for_is_above_the_least_where_that_is_too_little() -> None:
    perturbation.target_variance.cache_clear()
    found = [perturbation.target_variance(count, RULES) for count in range(1, 8)]
    np.testing.assert_allclose(found, [4.25, 6.25, 6.25, 4.25, 3, 3, 3])


@pytest.mark.parametrize("count", range(1, 11))
def test_mean_variance_and_support_of_each_row(count: int) -> None:
    own = STORED[STORED["count"] == count]
    chances, changes = own["probability"].to_numpy(), own["change"].to_numpy()
    wanted = {1: 4.25, 2: 6.25, 3: 6.25, 4: 4.25}.get(count, 3)
    assert chances.sum() == pytest.approx(1, abs=1e-9)
    assert chances @ changes == pytest.approx(0, abs=1e-7)
    assert chances @ changes**2 == pytest.approx(wanted, abs=1e-6)
    assert np.abs(changes).max() <= 5
    assert not set(count + changes) & {1, 2, 3, 4}
    assert (chances > 0).all()


def test_no_distribution_with_the_same_moments_has_more_entropy() -> None:
    """Moving along directions that keep the moments can only lose entropy."""
    own = STORED[STORED["count"] == 12]
    chances, changes = own["probability"].to_numpy(), own["change"].to_numpy()
    kept = np.vstack([np.ones(len(changes)), changes, changes**2])
    free = np.linalg.svd(kept)[2][3:]

    def entropy(at: np.ndarray) -> float:
        return float(-(at * np.log(at)).sum())

    for direction in [*free, *-free]:
        assert entropy(chances + 1e-4 * direction) < entropy(chances)


def test_changes_follow_the_probabilities() -> None:
    uniform = (np.arange(100_000) + 0.5) / 100_000
    for count in (1, 4, 5, 9, 10, 5000):
        found = perturbation.changes(np.full(uniform.size, count), uniform)
        own = STORED[STORED["count"] == min(count, 10)]
        share = [(found == change).mean() for change in own["change"]]
        np.testing.assert_allclose(share, own["probability"], atol=2e-5)
    ends = perturbation.changes(np.array([1, 1, 0, 0]), np.array([0.0, 1 - 2**-53, 0.0, 0.999]))
    assert ends.tolist() == [-1, 5, 0, 0]


def test_a_table_made_with_other_rules_is_refused() -> None:
    other = RULES.model_copy(update={"variance": 2.0})
    with pytest.raises(DisclosureError, match="make it anew"):
        perturbation.changes(np.array([3]), np.array([0.5]), other)


def test_a_variance_out_of_reach_is_refused() -> None:
    with pytest.raises(DisclosureError, match="cannot have variance 30"):
        perturbation.row(12, RULES.model_copy(update={"variance": 30.0}))


def by_ptable(
    count: int, reach: int, variance: float, blocked: int, *, monotone: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Changes of a count and their probabilities by the program that R's package ptable solves.

    Largest entropy with mean zero, a variance of at most that asked for, no result from 1 to
    `blocked`, and, with `monotone`, probabilities that rise towards no change from below. Solved as
    there by sequential quadratic programming over the probabilities, not by the dual.
    """
    results = np.arange(max(count - reach, 0), count + reach + 1)
    change = (results[(results == 0) | (results > blocked)] - count).astype(float)
    moments = np.vstack([np.ones(len(change)), change])
    rises = np.diff(np.eye(len(change)), axis=0)[change[:-1] < 0]
    constraints = [
        {"type": "eq", "fun": lambda x: moments @ x - [1, 0], "jac": lambda x: moments},
        {"type": "ineq", "fun": lambda x: variance - x @ change**2, "jac": lambda x: -(change**2)},
    ]
    if monotone and len(rises):
        constraints.append({"type": "ineq", "fun": lambda x: rises @ x, "jac": lambda x: rises})
    found = minimize(
        lambda x: (x * np.log(x)).sum(),
        np.full(len(change), 1 / len(change)),
        jac=lambda x: np.log(x) + 1,
        bounds=[(1e-9, 1)] * len(change),
        constraints=constraints,
        method="SLSQP",
        options={"maxiter": 1000, "ftol": 1e-12},
    )
    assert found.success
    return change, found.x


@pytest.mark.parametrize(
    ("count", "printed"), [(1, [0.37, 0.73, 0.9, 1.0]), (2, [0.2, 0.4, 0.6, 0.8, 1.0])]
)
def test_the_program_gives_what_the_package_printed(count: int, printed: list[float]) -> None:
    """Cumulative probabilities of ptable for D = 2, V = 3, js = 0, printed to two decimals in the
    documentation of `experimentalRpackage` (Langsrud).
    """
    _, chances = by_ptable(count, 2, 3.0, 0, monotone=True)
    np.testing.assert_allclose(chances.cumsum().round(2), printed)


@pytest.mark.parametrize("count", range(1, 9))
def test_rows_are_those_of_ptable_at_parameters_it_accepts(count: int) -> None:
    """D = 5, V = 3, js = 2: at js = 4 its program has no solution for counts of 1 to 4."""
    rules = RULES.model_copy(update={"least_shown": 3})
    own = perturbation.row(count, rules)
    change, chances = by_ptable(count, 5, 3.0, 2, monotone=False)
    assert own["change"].tolist() == change.tolist()
    np.testing.assert_allclose(own["probability"], chances, atol=1e-6)


def test_the_package_s_own_condition_only_costs_entropy() -> None:
    """Probabilities that rise towards no change, as ptable asks unless told otherwise."""
    for count in (2, 4):
        _, free = by_ptable(count, 5, 3.0, 2, monotone=False)
        _, bound = by_ptable(count, 5, 3.0, 2, monotone=True)
        assert (free * np.log(free)).sum() < (bound * np.log(bound)).sum() - 1e-5
