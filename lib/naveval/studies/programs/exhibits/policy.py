"""A shallow rule for who gets which programme, its value and its cost (part 3)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from naveval.disclosure import gate
from naveval.estimators import overlap, policy_tree, scores
from naveval.exhibits import tables, words
from naveval.exhibits.output import Block, Output
from naveval.project.normal import Z95
from naveval.studies.programs.exhibits.drawing import name
from naveval.studies.programs.study import Effects


@dataclass(frozen=True)
class Rule:
    """A rule for who gets which programme, and what it is worth.

    Attributes
    ----------
    programs
        Those it may choose, besides no programme.
    leaves
        The rule as rows, see `policy_tree.describe`, with persons in each leaf.
    value
        Months in work in year 2 under the rule and as it was.
    n
        Persons it was valued on.
    extra
        What it costs more per person, in kroner.
    """

    programs: tuple[str, ...]
    leaves: pd.DataFrame
    value: policy_tree.Value
    n: int
    extra: float

    @property
    def sure(self) -> bool:
        """Whether more work can be told from chance."""
        return self.value.difference > Z95 * self.value.std_error

    @property
    def per_month(self) -> float:
        """Kroner per extra month in work."""
        return self.extra / self.value.difference


def policy_rule(data: Effects, costs: Mapping[str, float], depth: int = 2) -> Rule | None:
    """Grow and value a shallow rule; None where no programme has both a cost and overlap.

    The rule may use no programme, and the programmes that have a cost and good overlap for
    everyone; with fewer than two of those, all whose overlap is not poor. It is grown and
    valued among the persons who got one of these.

    Parameters
    ----------
    costs
        Cost per programme spell in kroner.
    """
    made = data.main.scores
    grade = overlap.summary(made, data.main.nuisances).set_index("arm").overlap
    priced = [arm for arm in made.arms[1:] if arm in costs]
    good = [arm for arm in priced if grade[arm] == "good"]
    usable = good if len(good) > 1 else [arm for arm in priced if grade[arm] != "poor"]
    if not usable:
        return None
    names = [made.arms[0], *usable]
    allowed = [made.arms.index(arm) for arm in names]
    rows = np.isin(made.arm, allowed)
    among = scores.only_arms(made, allowed)
    outcome = made.outcomes.index("months_2")
    gamma, y = among.gamma[:, :, outcome], among.y[:, outcome]
    x, fold = data.main.covariates.to_numpy()[rows], data.main.nuisances.fold[rows]
    grow_on, rest = fold % 2 == 0, fold % 2 == 1
    tree = policy_tree.grow(gamma[grow_on], x[grow_on], depth=depth, min_leaf=100)
    leaves = policy_tree.describe(tree, list(data.main.covariates), names)
    price = np.array([costs.get(arm, 0.0) for arm in names])
    extra = price[tree.assign(x[rest])].mean() - price[among.arm[rest]].mean()
    return Rule(
        tuple(usable),
        leaves.assign(n=leaf_sizes(tree, x[rest])),
        policy_tree.value(tree, gamma[rest], x[rest], y[rest]),
        int(rest.sum()),
        float(extra),
    )


def policy(output: Output, rule: Rule | None) -> Block:
    """tbl-policy: a shallow rule for who gets which programme, and its value."""
    if rule is None:
        return Block(output.label("tbl-policy", "none"))
    frame = rule.leaves.copy()
    for column in ("covariate_1", "covariate_2"):
        frame[column] = [name(output, f"x-{code}") if code else "" for code in frame[column]]
    for column in ("side_1", "side_2"):
        frame[column] = [name(output, f"side-{code}") if code else "" for code in frame[column]]
    keys = ["covariate_1", "side_1", "covariate_2", "side_2", "action"]
    released = gate.release(
        frame, label="tbl-policy", count="n", keys=keys, values=["threshold_1", "threshold_2"]
    )
    key = "unsure" if not rule.sure else "sure" if rule.extra > 0 else "cheaper"
    per_month = words.fill(
        output.texts["tbl-policy"]["labels"][key], {"per_month": rule.per_month}, "tbl-policy"
    )
    value = rule.value
    return tables.show(
        output,
        released,
        "tbl-policy",
        rule=value.rule,
        today=value.today,
        difference=value.difference,
        error=value.std_error,
        extra=rule.extra,
        n=rule.n,
        per_month=per_month,
        allowed=", ".join(rule.programs),
    )


def leaf_sizes(tree: policy_tree.Tree, x: np.ndarray) -> list[int]:
    """Persons in each leaf, in the order of `policy_tree.describe`."""
    marked = policy_tree.Tree(tree.root, tree.left, tree.right, (0, 1, 2, 3))
    leaf = marked.assign(x)
    return [int((leaf == i).sum()) for i in policy_tree.leaves(tree)]
