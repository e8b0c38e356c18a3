"""The table of changes: what it must keep, and that the stored one is the one made here."""

import numpy as np
import pandas as pd
import pytest

from naveval.disclosure import perturbation
from naveval.disclosure.thresholds import thresholds
from naveval.project.errors import DisclosureError

RULES = thresholds().counts
STORED = pd.read_csv(perturbation.stored_file())


def test_the_stored_table_is_the_one_its_script_makes() -> None:
    pd.testing.assert_frame_equal(STORED, perturbation.table(RULES), atol=1e-9, rtol=0)


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
