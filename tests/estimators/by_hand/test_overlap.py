"""Balance and overlap of a few persons, counted by hand, and the grades where they change."""

from dataclasses import replace

import numpy as np
import pytest

from naveval.estimators import overlap, scores
from naveval.estimators.crossfit import Nuisances
from naveval.project.errors import EstimationError

ARM = np.array([0, 0, 0, 1, 1, 2])
P = np.array([[5, 4, 1], [8, 1, 1], [4, 4, 2], [2, 7, 1], [5, 2, 3], [3, 3, 4]], dtype=float) / 10
GIVEN = Nuisances(("none", "course", "training"), ("pay",), P, np.zeros((6, 3, 1)), ARM * 0)
X = np.array([[1.0, 4], [2, 4], [6, 4], [3, 4], [5, 4], [100, 7]])


def made(given: Nuisances = GIVEN, **options) -> scores.Scores:
    return scores.doubly_robust(np.arange(6.0), ARM, given, **options)


def test_balance_by_hand() -> None:
    table = overlap.balance(made(), 1, X, ["age", "one"])
    assert table["covariate"].tolist() == ["age", "one"]
    assert table["treated"].tolist() == [4, 4]
    assert table["control"].tolist() == [3, 4]
    odds = np.array([4 / 5, 1 / 8, 1.0])
    weighted = odds @ [1, 2, 6] / odds.sum()
    assert table["weighted"].tolist() == pytest.approx([weighted, 4])
    spread = np.sqrt((1 + 14 / 3) / 2)  # of 3 and 5, and of 1, 2 and 6
    assert table["spread"].tolist() == pytest.approx([spread, 0])
    assert table["smd_raw"].tolist() == pytest.approx([1 / spread, 0])
    assert table["smd_weighted"].tolist() == pytest.approx([(4 - weighted) / spread, 0])
    for x, names, said in (
        (X[1:], ["a", "b"], "x of shape (5, 2); expected (6, 2)"),
        (X, ["a"], "x of shape (6, 2); expected (6, 1)"),
        (X * np.nan, ["a", "b"], "x: missing or infinite, rows 0, 1, 2, 3, 4, …"),
    ):
        with pytest.raises(EstimationError) as told:
            overlap.balance(made(), 1, x, names)
        assert str(told.value) == f"balance: {said}"


def test_overlap_by_hand() -> None:
    table = overlap.summary(made(), GIVEN)
    assert table["arm"].tolist() == ["course", "training"]
    first = table.iloc[0]
    assert first["n_treated"] == 2
    for q in (5, 25, 50, 75, 95):
        assert first[f"all_q{q}"] == pytest.approx(np.percentile(P[:, 1], q))
        assert first[f"treated_q{q}"] == pytest.approx(np.percentile([0.7, 0.2], q))
    assert first["outside"] == 0.5  # 0.7 is above all controls, 0.2 is not
    weight = np.array([1 / 0.7, 1 / 0.2])
    assert first["effective_treated"] == pytest.approx(weight.sum() ** 2 / (weight**2).sum())
    odds = np.array([4 / 5, 1 / 8, 1.0])
    assert first["effective_controls"] == pytest.approx(odds.sum() ** 2 / (odds**2).sum())
    assert first["largest_weight"] == pytest.approx(1 / odds.sum())
    assert first[["n_clipped", "n_trimmed"]].tolist() == [0, 0]
    assert first[["below_0.001", "below_0.005", "below_0.01"]].tolist() == [0, 0, 0]
    assert table["overlap"].tolist() == ["good", "good"]
    likely = P.copy()
    likely[0] = [0.1, 0.8, 0.1]  # a control: nobody is outside
    given = replace(GIVEN, propensity=likely)
    assert overlap.summary(made(given), given)["outside"][0] == 0


def test_clipped_trimmed_and_near_zero_are_counted() -> None:
    propensity = P.copy()
    propensity[0, 1], propensity[1, 1], propensity[2, 1] = 0.0009, 0.004, 0.01
    given = replace(GIVEN, propensity=propensity)
    table = overlap.summary(made(given, clip=0.02, trim=0.005), given)
    first = table.iloc[0]
    assert first[["below_0.001", "below_0.005", "below_0.01"]].tolist() == [1, 2, 2]
    assert first["n_clipped"] == 3
    trimmed = propensity[:, 1] < 0.005
    assert first["n_trimmed"] == trimmed.sum() == 2


@pytest.mark.filterwarnings("ignore:only")
def test_treated_are_persons() -> None:
    table = overlap.summary(made(cluster=np.array([1, 2, 3, 4, 4, 5])), GIVEN)
    assert table["n_treated"].tolist() == [1, 1]


def grade(near_zero: int, of: int, treated: list[float]) -> str:
    """Of as many rows, so many near zero, and the propensities of the treated."""
    p = np.full(of, 0.4)
    p[:near_zero] = 0.0001
    p[of - len(treated) :] = treated
    arm = np.zeros(of, int)
    arm[of - len(treated) :] = 1
    given = Nuisances(
        ("0", "1"), ("y",), np.column_stack([1 - p, p]), np.zeros((of, 2, 1)), arm * 0
    )
    found = scores.doubly_robust(np.zeros(of), arm, given)
    return overlap.summary(found, given)["overlap"][0]


@pytest.mark.parametrize(
    ("near_zero", "word"), [(0, "good"), (2, "good"), (3, "thin"), (20, "thin"), (21, "poor")]
)
def test_grades_by_those_near_zero(near_zero: int, word: str) -> None:
    assert grade(near_zero, 200, [0.4, 0.4]) == word


@pytest.mark.parametrize(
    ("treated", "word"),
    [
        ([0.5, 0.5], "good"),
        ([0.5] * 19 + [0.1], "good"),
        ([0.5] * 19 + [0.02], "poor"),
        ([0.5] * 19 + [0.03], "thin"),
    ],
)
def test_grades_by_how_much_the_treated_count_for(treated: list[float], word: str) -> None:
    weight = 1 / np.array(treated)
    ratio = weight.sum() ** 2 / (weight**2).sum() / len(treated)
    assert word == ("poor" if ratio < 0.2 else "thin" if ratio < 0.5 else "good")
    assert grade(0, 200, treated) == word


def test_effective_size() -> None:
    assert overlap.effective_size([1.0, 1.0, 2.0]) == pytest.approx(16 / 6)
    assert overlap.effective_size([0.0, 0.0]) == 0
    for weights, said in (([-1.0], ": -1, rows 0; expected at least 0"), (1.0, " of shape ()")):
        with pytest.raises(EstimationError) as told:
            overlap.effective_size(weights)
        assert str(told.value).startswith(f"effective size: weights{said}")
