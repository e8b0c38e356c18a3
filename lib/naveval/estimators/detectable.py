"""What a study could have found: the minimum detectable effect.

A null result says something only together with the effect that the design would have found:
the smallest true effect for which a two-sided test at level 1 − `level` rejects with
probability `power`, given the standard error. Source: Bloom (1995), Evaluation Review 19(5).
"""

from typing import overload

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from naveval.project import student
from naveval.project.errors import EstimationError
from naveval.project.given import numbers

LEAST_MEAN_IN_ERRORS = 2.0
ROUNDING = 1e-9  # 1 − 0.9 is a little less than 0.1


def multiplier(level: float = 0.95, power: float = 0.8, freedom: float = np.inf) -> float:
    """Minimum detectable effect in standard errors; 2.80 for the defaults.

    Parameters
    ----------
    level
        Level of the confidence interval, 0.95 for a test at 5 percent.
    power
        Probability of finding a true effect of this size.
    freedom
        Degrees of freedom of the t distribution; infinite for the normal.

    Raises
    ------
    EstimationError
        For levels or powers outside their ranges.
    """
    if not 0.5 < level < 1:
        raise EstimationError(f"level {level}: expected more than 0.5 and less than 1")
    if not 1 - level + ROUNDING < power < 1:
        raise EstimationError(f"power {power}: expected more than {1 - level:g} and less than 1")
    if not freedom > 0:
        raise EstimationError(f"degrees of freedom {freedom}: expected a positive number")
    critical = float(student.reach(level, freedom))

    def missing(size: float) -> float:
        if np.isinf(freedom):
            found = special.ndtr(size - critical) + special.ndtr(-critical - size)
        else:
            from scipy import stats  # takes half a second to import, and large samples need none

            # The far tail is nothing but rounding, and sometimes not a number.
            other = np.nan_to_num(stats.nct.cdf(-critical, freedom, size))
            found = stats.nct.sf(critical, freedom, size) + other
        return float(found) - power

    return float(optimize.brentq(missing, 0.0, critical + 20.0))


@overload
def minimum_detectable(
    std_error: float, level: float = 0.95, power: float = 0.8, freedom: float = np.inf
) -> float: ...
@overload
def minimum_detectable(
    std_error: NDArray[np.floating],
    level: float = 0.95,
    power: float = 0.8,
    freedom: float = np.inf,
) -> NDArray[np.float64]: ...
def minimum_detectable(
    std_error: float | NDArray[np.floating],
    level: float = 0.95,
    power: float = 0.8,
    freedom: float = np.inf,
) -> float | NDArray[np.float64]:
    """Smallest true effect found with probability `power`, in the unit of the standard error."""
    errors = numbers("detectable effect", "std_error", std_error, None, least=0, gaps=True)
    return np.float64(multiplier(level, power, freedom)) * (errors if errors.ndim else errors[()])


def relative(effect: float, mean: float, std_error_mean: float = 0.0) -> float:
    """An effect relative to the outcome's mean; NaN where the mean is not clear of zero.

    Parameters
    ----------
    std_error_mean
        The mean must be at least twice as large; a relative effect over a mean near zero
        means nothing.
    """
    if not abs(mean) > max(LEAST_MEAN_IN_ERRORS * std_error_mean, 1e-12):
        return float("nan")
    return effect / abs(mean)
