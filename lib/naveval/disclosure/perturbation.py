"""The table of changes: for every count the probabilities of what it is changed by.

Of all distributions that are allowed the one of largest entropy: it adds nothing beyond what is
asked. Asked are mean zero, the variance, the largest change, and results of zero or at least
the smallest number shown. The solution has the form exp(a d + b d²) over the allowed changes d;
a and b minimise the convex dual. Source: Marley and Leaver (2011), Giessing (2016).

`python -m naveval.disclosure.perturbation` writes `params/perturbation.csv`.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.disclosure.thresholds import Counts, thresholds
from naveval.project import paths
from naveval.project.errors import DisclosureError

COLUMNS = ["count", "change", "probability"]
DECIMALS = 12


def allowed(count: int, rules: Counts) -> NDArray[np.int64]:
    """Changes that a count may have: to zero, or to at least the smallest number shown."""
    changes = np.arange(-rules.largest_change, rules.largest_change + 1)
    results = count + changes
    return changes[(results == 0) | (results >= rules.least_shown)]


def least_variance(changes: NDArray[np.int64]) -> float:
    """Smallest variance of a distribution over the changes with mean zero."""
    from scipy.optimize import linprog  # takes half a second, and who only renders never asks

    found = linprog(
        changes**2, A_eq=np.vstack([np.ones(len(changes)), changes]), b_eq=[1, 0], bounds=(0, 1)
    )
    if not found.success:
        raise DisclosureError(f"perturbation: no distribution over {changes.tolist()} has mean 0")
    return float(found.fun)


@lru_cache
def target_variance(count: int, rules: Counts) -> float:
    """Variance asked for, or just above the least feasible where that is more."""
    least = least_variance(allowed(count, rules))
    return rules.variance if least < rules.variance else least + rules.above_least


def row(count: int, rules: Counts) -> pd.DataFrame:
    """Probabilities of the changes of one count, by largest entropy.

    >>> from naveval.disclosure.thresholds import thresholds
    >>> row(0, thresholds().counts)["change"].tolist()
    [0]
    """
    if count == 0:
        return pd.DataFrame([[0, 0, 1.0]], columns=COLUMNS)
    from scipy.optimize import minimize
    from scipy.special import logsumexp

    changes = allowed(count, rules).astype(float)
    moments = np.vstack([changes, changes**2])
    targets = np.array([0.0, target_variance(count, rules)])

    def dual(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        exponent = weights @ moments
        total = logsumexp(exponent)
        return float(total - weights @ targets), moments @ np.exp(exponent - total) - targets

    found = minimize(dual, np.zeros(2), jac=True, method="BFGS", options={"gtol": 1e-11})
    exponent = found.x @ moments
    chances = np.exp(exponent - logsumexp(exponent))
    if np.abs(moments @ chances - targets).max() > 1e-7:
        raise DisclosureError(
            f"perturbation: count {count} cannot have variance {targets[1]:g} with changes of at "
            f"most {rules.largest_change}"
        )
    return pd.DataFrame({"count": count, "change": changes.astype(int), "probability": chances})


def table(rules: Counts) -> pd.DataFrame:
    """Rows for all counts up to the one from which every larger count is changed alike."""
    last = rules.largest_change + rules.least_shown
    found = pd.concat([row(count, rules) for count in range(last + 1)], ignore_index=True)
    return found.assign(probability=found["probability"].round(DECIMALS))


def stored_file() -> Path:
    return paths.params_dir() / "perturbation.csv"


@lru_cache(maxsize=4)
def _read(file: Path, rules: Counts) -> tuple[NDArray[np.float64], int]:
    if not file.exists():
        raise DisclosureError(f"{file}: no such file; `python -m naveval.disclosure.perturbation`")
    frame = pd.read_csv(file)
    reach = rules.largest_change
    last = int(frame["count"].max())
    steps = np.zeros((last + 1, 2 * reach + 1))
    if list(frame.columns) != COLUMNS or frame["change"].abs().max() > reach:
        raise DisclosureError(f"{file.name}: not made with the rules of disclosure.yml")
    steps[frame["count"], frame["change"] + reach] = frame["probability"]
    counts = np.arange(last + 1)
    values = np.arange(-reach, reach + 1)
    wanted = [target_variance(n, rules) if n else 0.0 for n in range(last + 1)]
    results = counts[:, None] + values
    bad = (results != 0) & (results < rules.least_shown) & (steps > 0)
    fits = (
        np.allclose(steps.sum(1), 1, atol=1e-9)
        and np.allclose(steps @ values, 0, atol=1e-6)
        and np.allclose(steps @ values**2, wanted, atol=1e-6)
        and last == reach + rules.least_shown
    )
    if bad[1:].any() or not fits:
        raise DisclosureError(
            f"{file.name}: not made with the rules of disclosure.yml; make it anew with "
            "`python -m naveval.disclosure.perturbation`"
        )
    return np.cumsum(steps, axis=1), reach


def changes(
    counts: NDArray[np.int64], uniform: NDArray[np.float64], rules: Counts | None = None
) -> NDArray[np.int64]:
    """The change of each count for a number between 0 and 1, by the stored table.

    Raises
    ------
    DisclosureError
        When the stored table does not follow the rules of `params/disclosure.yml`.
    """
    steps, reach = _read(stored_file(), rules or thresholds().counts)
    own = steps[np.minimum(counts, len(steps) - 1)]
    # The last step is left out: rounding could leave it below a number close to 1.
    at = (uniform[:, None] >= own[:, :-1]).sum(axis=1)
    found = at - reach
    found[counts == 0] = 0
    return found


def main() -> None:
    """Write the table to the parameters."""
    table(thresholds().counts).to_csv(stored_file(), index=False, float_format=f"%.{DECIMALS}f")


if __name__ == "__main__":
    main()
