"""A shallow rule for who gets which programme, its value beside today's use and beside nobody.

A rule that only counts work gives everybody a programme, since a programme seldom does harm. Here
a programme must earn its price: scores are the value of earnings over three years, with the
factors of the cost-benefit part, less the price of a spell. Giving nobody anything costs and gives
nothing, and is one of the rules that the search may end with.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from naveval.estimators import overlap, policy_tree, scores
from naveval.estimators.cost_benefit.assumptions import from_inputs
from naveval.estimators.cost_benefit.inputs import load
from naveval.estimators.cost_benefit.net_benefit import benefit_rate, total_cost
from naveval.project.normal import Z95
from naveval.studies.programs.effects import Estimated
from naveval.studies.programs.parameters import Parameters

YEARS = (1, 2, 3)
AGAINST = ("today", "nobody")


@dataclass(frozen=True)
class Rule:
    """A rule for who gets which programme, and what it is worth.

    Attributes
    ----------
    programs
        Those it may choose, besides no programme.
    leaves
        The rule as rows, see `policy_tree.describe`, with persons in each leaf.
    values
        One row per alternative ("today", "nobody"): kroner per person under the rule and under
        the alternative, the difference with standard error, and the difference in months in work
        in year 2 with its own.
    n
        Persons it was valued on.
    """

    programs: tuple[str, ...]
    leaves: pd.DataFrame
    values: pd.DataFrame
    n: int

    @property
    def gives(self) -> bool:
        """Whether the rule gives anybody a programme."""
        return bool((self.leaves["action"] != self.leaves.attrs["nobody"]).any())

    def better(self, than: str) -> bool:
        """Whether the rule is worth more than an alternative, beyond chance."""
        row = self.values.set_index("than").loc[than]
        return bool(row["difference"] > Z95 * row["std_error"])


def prices(parameters: Parameters) -> tuple[dict[str, float], float]:
    """Kroner of a programme spell, and what a krone more in wages is worth, as in part 4."""
    a = from_inputs(load(parameters.costs_file()))
    total = np.broadcast_to(total_cost(a), (1, len(a.programs)))[0]
    return dict(zip(a.programs, map(float, total), strict=True)), float(benefit_rate(a)[0, 0])


def rule(estimated: Estimated, price: Mapping[str, float], worth: float) -> Rule | None:
    """Grow and value a shallow rule; None where no programme has both a price and overlap.

    The rule may use no programme, and the programmes that have a price and good overlap for
    everyone; with fewer than two of those, all whose overlap is not poor. It is grown and
    valued among the persons who got one of these, on different halves of them.

    Parameters
    ----------
    price
        Kroner per programme spell.
    worth
        Value of a krone of earnings.
    """
    made = estimated.scores
    grade = overlap.summary(made, estimated.nuisances).set_index("arm").overlap
    priced = [arm for arm in made.arms[1:] if arm in price]
    good = [arm for arm in priced if grade[arm] == "good"]
    usable = good if len(good) > 1 else [arm for arm in priced if grade[arm] != "poor"]
    if not usable:
        return None
    names = [made.arms[0], *usable]
    allowed = [made.arms.index(arm) for arm in names]
    rows = np.isin(made.arm, allowed)
    among = scores.only_arms(made, allowed)
    money = [made.outcomes.index(f"earnings_{year}") for year in YEARS]
    cost = np.array([price.get(arm, 0.0) for arm in names])
    gamma = worth * among.gamma[:, :, money].sum(axis=2) - cost
    today = worth * among.y[:, money].sum(axis=1) - cost[among.arm]
    month = made.outcomes.index("months_2")
    x, fold = estimated.covariates.to_numpy()[rows], estimated.nuisances.fold[rows]
    grow_on, rest = fold % 2 == 0, fold % 2 == 1
    tree = policy_tree.grow(gamma[grow_on], x[grow_on], depth=2, min_leaf=100)
    leaves = policy_tree.describe(tree, list(estimated.covariates), names)
    leaves = leaves.assign(n=leaf_sizes(tree, x[rest]))
    leaves.attrs["nobody"] = names[0]
    pairs = {
        "today": (today[rest], among.y[rest, month]),
        "nobody": (gamma[rest, 0], among.gamma[rest, 0, month]),
    }
    table = []
    for than, (kroner, months) in pairs.items():
        worth_more = policy_tree.value(tree, gamma[rest], x[rest], kroner)
        more_work = policy_tree.value(tree, among.gamma[rest][:, :, month], x[rest], months)
        table.append(
            {
                "than": than,
                "rule": worth_more.rule,
                "other": worth_more.today,
                "difference": worth_more.difference,
                "std_error": worth_more.std_error,
                "months": more_work.difference,
                "months_error": more_work.std_error,
            }
        )
    return Rule(tuple(usable), leaves, pd.DataFrame(table), int(rest.sum()))


def leaf_sizes(tree: policy_tree.Tree, x: np.ndarray) -> list[int]:
    """Persons in each leaf, in the order of `policy_tree.describe`."""
    marked = policy_tree.Tree(tree.root, tree.left, tree.right, (0, 1, 2, 3))
    leaf = marked.assign(x)
    return [int((leaf == i).sum()) for i in policy_tree.leaves(tree)]
