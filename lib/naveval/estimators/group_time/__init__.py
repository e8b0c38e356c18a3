"""Effects by start date and period when units start at different times.

Two-way fixed effects compare units that start late with units that already are treated, so
that their coefficient can have the wrong sign even if every effect is positive. Here each
start date is compared with units that are never treated, or not yet, from the period before
its start; the effects are then averaged with weights that are known and positive.

Balanced panel of N units and T periods. With covariates parallel trends need only hold given
them: the comparison units' change is regressed on the covariates and predicted for the treated
(outcome regression). Every estimate comes with each unit's influence on it, so that averages
and their standard errors need no more than sums; weights of averages that are estimated are
part of it. That influence holds the noise of many units; of one unit, which is its group's mean,
it is zero. An effect on or by one cluster therefore has no error, and few are warned of.

With few clusters the errors of R's did are too small, and so are normal quantiles. Unless
`small_sample` is false, each side's influence is scaled by √(G / (G − p)), G its clusters and p
the coefficients estimated of them, and quantiles are of Student's t with the degrees of freedom
of Satterthwaite, from each start's share of the variance and its clusters less one. With two
groups this is Welch's test. Share of draws without effect (normal noise, 50 never treated, one
start) that a test at 5 percent rejects:

| treated clusters | 3 | 4 | 5 | 6 | 8 | 10 | 20 | 50 |
|---|---|---|---|---|---|---|---|---|
| as R's did | 21 | 16 | 13 | 11 | 9 | 8 | 6 | 6 |
| small sample | 8 | 6 | 6 | 5 | 5 | 5 | 5 | 5 |

Sources: Callaway and Sant'Anna (2021), "Difference-in-differences with multiple time periods",
sections 2–4; Goodman-Bacon (2021) on two-way effects; Imbens and Kolesár (2016) on degrees of
freedom. Names follow the R package did, whose printed example the tests reproduce with
`small_sample=False`.
"""

from naveval.estimators.group_time.averages import Average, Averages, average
from naveval.estimators.group_time.effects import (
    FEW,
    NEVER,
    Controls,
    GroupTime,
    group_time,
    satterthwaite,
)

__all__ = [
    "FEW",
    "NEVER",
    "Average",
    "Averages",
    "Controls",
    "GroupTime",
    "average",
    "group_time",
    "satterthwaite",
]
