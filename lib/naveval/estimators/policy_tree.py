"""A shallow rule for who gets which programme, and what it would be worth.

Athey and Wager (2021), "Policy learning with observational data": the value of a rule is the
mean of the doubly robust scores of the arms it assigns. A tree of depth one or two is found by
trying every pair of splits. It is grown on one part of the sample and valued on the other, so
that the value is not flattered by the search.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.estimators.forests import Floats
from naveval.project.given import columns, numbers, require_choice, require_number

WHO = "policy tree"
MAX_DEPTH = 2
MAX_THRESHOLDS = 8
ROUNDING = 1e-12  # of the scores' size; gains below are none


@dataclass(frozen=True)
class Split:
    """`covariate <= threshold` goes left."""

    covariate: int
    threshold: float


@dataclass(frozen=True)
class Tree:
    """A rule: splits from the root down, and an action in each leaf.

    Attributes
    ----------
    root
        First split; None gives everyone `actions[0]`.
    left, right
        Second splits, None where a side is not split again.
    actions
        Actions of the leaves: left-left, left-right, right-left, right-right.
    """

    root: Split | None
    left: Split | None
    right: Split | None
    actions: tuple[int, int, int, int]

    def assign(self, x: Floats) -> NDArray[np.int64]:
        """(n,) action of each person."""
        if self.root is None:
            return np.full(len(x), self.actions[0])
        second = np.zeros(len(x), dtype=np.int64)
        goes_left = x[:, self.root.covariate] <= self.root.threshold
        for side, split in ((goes_left, self.left), (~goes_left, self.right)):
            if split is not None:
                second[side] = x[side, split.covariate] > split.threshold
        leaf = np.where(goes_left, 0, 2) + second
        return np.array(self.actions)[leaf]


@dataclass(frozen=True)
class Value:
    """Value of a rule per person beside what happened, and the difference.

    Attributes
    ----------
    rule, today, difference
        Mean outcome per person.
    std_error
        Standard error of the difference.
    shares
        Share of persons per action under the rule.
    """

    rule: float
    today: float
    difference: float
    std_error: float
    shares: NDArray[np.float64]


def grow(gamma: Floats, x: Floats, *, depth: int = 2, min_leaf: int = 100) -> Tree:
    """Find the tree with the highest mean score.

    Parameters
    ----------
    gamma
        (n, actions) scores, costs already subtracted where they count.
    x
        (n, p) covariates the rule may use; at most nine values of each are tried as
        thresholds.
    min_leaf
        Fewest persons in a leaf.

    Raises
    ------
    EstimationError
        For a depth other than 0, 1 or 2, or shapes that do not agree.
    """
    require_choice(WHO, range(MAX_DEPTH + 1), depth=depth)
    require_number(WHO, 1, whole=True, min_leaf=min_leaf)
    gamma = numbers(WHO, "gamma", gamma, (None, None))
    x = columns(WHO, "x", x, len(gamma))
    best_all = int(gamma.sum(axis=0).argmax())
    stump = Tree(None, None, None, (best_all,) * 4)
    if depth == 0:
        return stump
    splits = candidates(x)
    if not splits:
        return stump
    gain = ROUNDING * float(np.abs(gamma).sum())
    below = np.column_stack([x[:, s.covariate] <= s.threshold for s in splits])
    best, best_value = stump, float(gamma.sum(axis=0).max())
    for i, root in enumerate(splits):
        left = below[:, i]
        if min(left.sum(), (~left).sum()) < min_leaf:
            continue
        parts = [
            _best_stump(gamma[side], below[side], depth - 1, min_leaf, gain)
            for side in (left, ~left)
        ]
        value = parts[0][0] + parts[1][0]
        if value > best_value + gain:
            best_value = value
            second = [None if part[1] is None else splits[part[1]] for part in parts]
            best = Tree(root, second[0], second[1], (*parts[0][2], *parts[1][2]))
    return best


def candidates(x: Floats) -> list[Split]:
    """Thresholds to try: between neighbouring values, at most eight a covariate."""
    splits = []
    for j in range(x.shape[1]):
        values = np.unique(x[:, j])
        middle = (values[1:] + values[:-1]) / 2
        if len(middle) > MAX_THRESHOLDS:
            levels = np.linspace(0, 1, MAX_THRESHOLDS + 2)[1:-1]
            middle = np.unique(np.quantile(x[:, j], levels))
        splits += [Split(j, float(value)) for value in middle]
    return splits


def _best_stump(
    gamma: Floats, below: NDArray[np.bool_], depth: int, min_leaf: int, gain: float
) -> tuple[float, int | None, tuple[int, int]]:
    """Value, split position and actions of the best tree with one split or none."""
    total = gamma.sum(axis=0)
    whole = int(total.argmax())
    result: tuple[float, int | None, tuple[int, int]] = (float(total.max()), None, (whole, whole))
    if depth == 0:
        return result
    left = below.T.astype(float) @ gamma
    right = total - left
    sizes = below.sum(axis=0)
    allowed = (sizes >= min_leaf) & (len(gamma) - sizes >= min_leaf)
    if not allowed.any():
        return result
    value = np.where(allowed, left.max(axis=1) + right.max(axis=1), -np.inf)
    k = int((value >= value.max() - gain).argmax())  # the first of those that are as good
    if value[k] <= result[0] + gain:
        return result
    return float(value[k]), k, (int(left[k].argmax()), int(right[k].argmax()))


def value(tree: Tree, gamma: Floats, x: Floats, y: NDArray[np.floating[Any]]) -> Value:
    """Value of a rule on persons it was not grown on, beside the outcome they actually had.

    Parameters
    ----------
    y
        (n,) outcomes: today's use needs no score, its value is what happened.
    """
    gamma = numbers(WHO, "gamma", gamma, (None, None))
    action = tree.assign(columns(WHO, "x", x, len(gamma)))
    rule, today = gamma[np.arange(len(gamma)), action], numbers(WHO, "y", y, (len(gamma),))
    difference = rule - today
    return Value(
        float(rule.mean()),
        float(today.mean()),
        float(difference.mean()),
        float(difference.std(ddof=1) / np.sqrt(len(difference))),
        np.bincount(action, minlength=gamma.shape[1]) / len(action),
    )


def leaves(tree: Tree) -> list[int]:
    """Positions of the tree's leaves in `actions`, leaving out those a missing split would make."""
    if tree.root is None:
        return [0]
    left = [0, 1] if tree.left is not None else [0]
    return left + ([2, 3] if tree.right is not None else [2])


def describe(tree: Tree, covariates: Sequence[str], actions: Sequence[str]) -> pd.DataFrame:
    """The rule as rows: condition_1, threshold_1, side_1, condition_2, …, action."""
    rows = []
    for leaf in leaves(tree):
        side_1, side_2 = ("low", "high")[leaf // 2], ("low", "high")[leaf % 2]
        second = tree.left if leaf < 2 else tree.right
        rows.append(
            {
                "covariate_1": covariates[tree.root.covariate] if tree.root else "",
                "threshold_1": tree.root.threshold if tree.root else np.nan,
                "side_1": side_1 if tree.root else "",
                "covariate_2": covariates[second.covariate] if second else "",
                "threshold_2": second.threshold if second else np.nan,
                "side_2": side_2 if second else "",
                "action": actions[tree.actions[leaf]],
            }
        )
    return pd.DataFrame(rows)
