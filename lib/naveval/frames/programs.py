"""Effects of several programmes by double machine learning, on a frame of one's own."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from naveval.estimators import crossfit, detectable, overlap, scores
from naveval.estimators import policy_tree as trees
from naveval.estimators import rate as ranking
from naveval.estimators.crossfit import Nuisances
from naveval.estimators.forests import ForestOptions
from naveval.estimators.scores import Scores
from naveval.estimators.sensitivity import confounding
from naveval.exhibits import figures
from naveval.frames.result import (
    Result,
    labels,
    named,
    numbers,
    require,
    require_apart,
    require_roles,
    require_variation,
)
from naveval.project.errors import EstimationError, EstimationWarning
from naveval.project.given import given_as, require_choice, require_number

PEOPLE = """   program  education  age  earnings
   none     primary     24      12.1
   course   upper       31      15.0
   none     upper       45      11.8"""
FITTED = """for example:
   fitted = nv.cross_fit(frame, outcome="earnings", program="program", control="none",
                         covariates=["age", "education"])
   nv.att(fitted)"""
LEAST_IN_GROUP = 10
LEAST_FOLDS = 2
DEPTHS = (0, 1, 2)
LARGE = float(np.finfo(float).max)
POOR = "overlap is poor for {arms}: the effect rests on few comparable persons and is marked"


@dataclass(frozen=True, eq=False, repr=False)
class Fitted:
    """Cross-fitted programmes: what effects, groups and rules are averages of.

    Attributes
    ----------
    frame
        The frame that was given.
    program
        Its column with the programme of each person.
    covariates
        (n, p) numbers, text as dummies.
    scores, nuisances
        Doubly robust scores, and the predictions they are made of.
    """

    frame: pd.DataFrame
    program: str
    covariates: pd.DataFrame
    scores: Scores
    nuisances: Nuisances

    def table(self) -> pd.DataFrame:
        """Overlap of every programme, graded good, thin or poor."""
        return overlap.summary(self.scores, self.nuisances)

    def summary(self) -> str:
        """Programmes, persons and overlap as text."""
        shown = ["arm", "n_treated", "effective_treated", "effective_controls", "overlap"]
        return self.table()[shown].to_string(index=False)

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return str(self.table().to_html(index=False))

    def balance(self, arm: str) -> pd.DataFrame:
        """Means of treated, controls and weighted controls, with standardised differences."""
        values = self.covariates.to_numpy(dtype=float)
        place = self.place(arm, "nv.cross_fit(…).balance")
        return overlap.balance(self.scores, place, values, list(self.covariates))

    def bounds(self, arm: str, *, cf_y: float = 0.03, cf_d: float = 0.03) -> pd.DataFrame:
        """Bounds of the effect on the treated under a hidden confounder of this strength."""
        who = "nv.cross_fit(…).bounds"
        place = self.place(arm, who)
        require_number(who, 0, 1, cf_y=cf_y)
        require_number(who, 0, np.nextafter(1, 0), cf_d=cf_d)
        found = confounding.bounds(self.scores, place, "att", cf_y=cf_y, cf_d=cf_d)
        return pd.DataFrame({"outcome": list(self.scores.outcomes), **vars(found)})

    def place(self, arm: str, who: str) -> int:
        """Place of a programme among the arms; EstimationError when there is none."""
        wanted, arm = given_as(arm), str(arm)
        if arm not in self.scores.arms[1:]:
            raise EstimationError(
                f"{who}: programme {wanted}: not among {', '.join(self.scores.arms[1:])}, which "
                f"are compared with {self.scores.arms[0]!r}"
            )
        return self.scores.arms.index(arm)


def cross_fit(
    frame: pd.DataFrame,
    *,
    outcome: str | Sequence[str],
    program: str,
    control: Any,
    covariates: str | Sequence[str],
    person: str | None = None,
    trees: int = 500,
    folds: int = 5,
    clip: float = 0.002,
    trim: float = 0.0,
    seed: int = 0,
) -> Fitted:
    """Cross-fit programmes once; `ate`, `att`, `gate` and `policy_tree` are averages of it.

    Parameters
    ----------
    frame
        One row per person (or several, with `person`).
    outcome
        One column of numbers or several.
    program
        Column with the programme of each person; `control` is the one without. The results
        name programmes as text.
    covariates
        Columns known before the programme; text becomes dummies, true and false 1 and 0.
    person
        Column that names persons who have several rows; they share a fold and a cluster.
    trees, folds, seed
        Of the honest forests behind propensities and outcomes.
    clip, trim
        As in `naveval.estimators.scores.doubly_robust`.

    Raises
    ------
    EstimationError
        For columns or values that are missing, a column given twice, a covariate that is the
        outcome or the programme, a control nobody has, and programmes too small.

    Source: Chernozhukov et al. (2018); Knaus (2022); Athey, Tibshirani and Wager (2019).

    Examples
    --------
    >>> import naveval as nv, numpy as np, pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> frame = pd.DataFrame({"age": rng.integers(20, 60, 600), "sex": rng.choice(["f", "m"], 600)})
    >>> frame["program"] = rng.choice(["none", "course"], 600)
    >>> frame["pay"] = frame["age"] / 10 + 2 * (frame["program"] == "course") + rng.normal(size=600)
    >>> columns = {"outcome": "pay", "program": "program", "control": "none"}
    >>> fitted = nv.cross_fit(frame, **columns, covariates=["age", "sex"], trees=40)
    >>> abs(nv.att(fitted).table()["estimate"].item() - 2) < 0.5
    True
    >>> nv.gate(fitted, "course", by="sex").table()["category"].tolist()
    ['f', 'm']
    """
    who = "nv.cross_fit"
    outcomes, before = named(outcome, who, "outcome"), named(covariates, who, "covariates")
    own = [] if person is None else [person]
    roles = {"outcome": outcomes, "program": [program], "covariates": before, "person": own}
    require_roles(who, PEOPLE, **roles)
    require_number(who, 1, whole=True, trees=trees)
    require_number(who, LEAST_FOLDS, whole=True, folds=folds)
    require_number(who, 0, whole=True, seed=seed)
    require_number(who, 0, np.nextafter(0.5, 0), clip=clip, trim=trim)
    used = require(frame, [*outcomes, program, *before, *own], who, PEOPLE, numeric=outcomes)
    for one in outcomes:
        require_variation(used, one, who, PEOPLE)
    require_apart(used, [*outcomes, program], before, who, person)
    given, control = labels(used[program]), str(control)
    if control not in set(given):
        raise EstimationError(
            f"{who}: control={control!r} occurs nowhere in column «{program}»; it has "
            f"{', '.join(sorted(set(given))[:8])}; name the one that stands for no programme"
        )
    arms = [control, *sorted(set(given) - {control})]
    x = numbers(used[before], who)
    arm = given.map({name: at for at, name in enumerate(arms)}).to_numpy(dtype=np.int64)
    y = used[outcomes].to_numpy(dtype=float)
    cluster = None if person is None else pd.factorize(used[person])[0]
    nuisances = crossfit.crossfit(
        x.to_numpy(dtype=float),
        arm,
        y,
        arms=arms,
        outcomes=outcomes,
        options=ForestOptions(trees=trees, seed=seed),
        n_folds=folds,
        cluster=cluster,
    )
    made = scores.doubly_robust(y, arm, nuisances, clip=clip, trim=trim, cluster=cluster)
    return Fitted(frame, program, x, made, nuisances)


def ate(fitted: Fitted) -> Result:
    """Average effect of every programme on everybody; poor overlap is marked.

    Returns
    -------
    One row per programme and outcome: arm, outcome, estimate, std_error, ci_low, ci_high,
    p_value, n_persons, n_treated, overlap.
    """
    return _effects(fitted, "ate")


def att(fitted: Fitted) -> Result:
    """Average effect of every programme on those who took part; columns as `ate`."""
    return _effects(fitted, "att")


def _require_fitted(fitted: Fitted, who: str) -> None:
    if not isinstance(fitted, Fitted):
        raise EstimationError(f"{who}: expected what nv.cross_fit returned, {FITTED}")


def _effects(fitted: Fitted, estimand: scores.Estimand) -> Result:
    _require_fitted(fitted, f"nv.{estimand}")
    grades = fitted.table().set_index("arm")["overlap"]
    table = scores.effects(fitted.scores, estimand)
    table = table.assign(overlap=table["arm"].map(grades)).drop(columns=["n_obs", "n_clusters"])
    poor = [str(arm) for arm in grades.index[grades == "poor"]]
    notes = (POOR.format(arms=", ".join(poor)),) if poor else ()
    for note in notes:
        warnings.warn(note, EstimationWarning, stacklevel=3)
    names = {"ate": "everybody", "att": "those who took part"}

    def draw() -> Figure:
        figure, ax = figures.axes(height=1.2 + 0.35 * len(table))
        at = np.arange(len(table))[::-1]
        color = [figures.COLORS[4 if grade == "poor" else 0] for grade in table["overlap"]]
        ax.hlines(at, table["ci_low"], table["ci_high"], color=color)
        ax.scatter(table["estimate"], at, color=color)
        ax.axvline(0, color=figures.INK, linewidth=0.8)
        ax.set_yticks(at, table["arm"] + ", " + table["outcome"])
        return figure

    title = f"Effects on {names[estimand]} ({estimand})"
    return Result(title, table, notes, {"scores": fitted.scores}, draw)


def gate(fitted: Fitted, arm: str, *, by: str | pd.Series | np.ndarray) -> Result:
    """Effect of a programme in groups.

    Parameters
    ----------
    by
        A column of the frame, or groups of its rows: a Series with the frame's index, or an
        array in the frame's order. Persons whose group is missing are left out, and a note says
        how many.

    Returns
    -------
    One row per category and outcome: category, estimate (of the first category; of the others
    the difference from it, as `type` says), std_error, ci_low, ci_high, p_value, n_persons.

    Raises
    ------
    EstimationError
        For a programme or column that is not there, groups that do not fit the frame's rows, the
        outcome or the programme as groups, and groups with fewer than 10 persons or none in the
        programme or without.
    """
    who = "nv.gate"
    _require_fitted(fitted, who)
    place, groups = fitted.place(arm, who), _groups(fitted, by, who)
    known = groups.notna().to_numpy()
    taken = pd.crosstab(groups[known].to_numpy(), fitted.scores.arm[known])
    sizes = taken.sum(axis=1)
    small = sizes[sizes < LEAST_IN_GROUP]
    if len(small):
        raise EstimationError(
            f"{who}: column «{groups.name}»: {len(small)} of {len(sizes)} groups have fewer than "
            f"{LEAST_IN_GROUP} persons ({small.index[0]}: {small.iloc[0]}); merge them, or take "
            f'bands of numbers, for example: by=pd.cut(frame["{groups.name}"], 4)'
        )
    for at in (0, place):
        none = taken.index[taken.reindex(columns=[at], fill_value=0)[at] == 0]
        if len(none):
            raise EstimationError(
                f"{who}: column «{groups.name}»: nobody in {none[0]} has "
                f"{fitted.scores.arms[at]!r}; expected both in every group: merge groups, or take "
                f'bands of numbers: by=pd.cut(frame["{groups.name}"], 4)'
            )
    table = scores.gate(fitted.scores, place, groups)
    left = int((~known).sum())
    notes = (f"{left} persons without a group are left out",) if left else ()
    return Result(f"Effects of {arm} by {groups.name}", table, notes)


def _groups(fitted: Fitted, by: str | pd.Series | np.ndarray, who: str) -> pd.Series:
    """The group of every row of the frame, in its order."""
    frame = fitted.frame
    if isinstance(by, pd.Series | pd.DataFrame | np.ndarray | pd.Categorical | list):
        flat = np.ndim(by) == 1 and not any(isinstance(one, list | tuple) for one in by)
        if not flat:
            raise EstimationError(
                f"{who}: by has the shape {np.shape(by)}; expected one group for each of "
                f'{len(frame)} rows: by="age", or by=frame["age"]'
            )
        if len(by) != len(frame):
            raise EstimationError(
                f"{who}: by has {len(by)} rows, the frame {len(frame)}; expected a column of the "
                "frame, or a group for every row"
            )
        if isinstance(by, pd.Series) and not by.index.equals(frame.index):
            if not (by.index.is_unique and frame.index.is_unique):
                raise EstimationError(f"{who}: by has another index than the frame, with repeats")
            if not frame.index.isin(by.index).all():
                raise EstimationError(
                    f"{who}: by has another index than the frame; expected a group for each row "
                    "by index, or an array in the frame's order: by.to_numpy()"
                )
            by = by.reindex(frame.index)
        name = str(getattr(by, "name", None) or "groups")
        given = pd.Series(np.asarray(by) if isinstance(by, list) else by).set_axis(frame.index)
        return require(given.to_frame(name), [name], who, PEOPLE, gaps=[name])[name]
    fixed = [*fitted.scores.outcomes, fitted.program]
    require_roles(who, PEOPLE, by=[by], outcome=fixed[:-1], program=fixed[-1:])
    return require(frame, [by], who, PEOPLE, gaps=[by])[by]


def rate(
    fitted: Fitted,
    arm: str,
    *,
    by: str | pd.Series | np.ndarray,
    outcome: str | None = None,
    target: ranking.Target = "autoc",
) -> Result:
    """Does a ranking of persons tell who gains most from a programme?

    Parameters
    ----------
    by
        Numbers, highest first: a column of the frame, a Series with the frame's index, or an
        array in its order. Not made from the outcomes of these persons.
    outcome
        One of the outcomes; may be left out when there is one.
    target
        "autoc", large when a few gain much, or "qini", large when many differ.

    Returns
    -------
    One row: arm, target, estimate, std_error, ci_low, ci_high, p_value, n_clusters.
    `result.found["rate"]` has the targeting curve; `figure()` draws it.

    Raises
    ------
    EstimationError
        For a programme, outcome or column that is not there, and a ranking that is no number,
        lacks values or is the same for everybody.

    Source: Yadlowsky, Fleming, Shah, Brunskill and Wager (2025).
    """
    who = "nv.rate"
    _require_fitted(fitted, who)
    priority = _groups(fitted, by, who)
    name = str(priority.name)
    require(priority.to_frame(name), [name], who, PEOPLE, numeric=[name])
    place = fitted.place(arm, who)
    require_choice(who, get_args(ranking.Target), target=target)
    require_choice(who, [None, *fitted.scores.outcomes], outcome=outcome)
    found = ranking.rate(
        fitted.scores, place, priority.to_numpy(dtype=float), outcome, target=target
    )
    half = detectable.multiplier(0.95, 0.5) * found.std_error
    row = {"arm": str(arm), "target": target, "estimate": found.estimate}
    row |= {"std_error": found.std_error, "ci_low": found.estimate - half}
    row |= {"ci_high": found.estimate + half, "p_value": found.p_value}
    table = pd.DataFrame([{**row, "n_clusters": found.n_clusters}])

    def draw() -> Figure:
        figure, ax = figures.axes()
        half = detectable.multiplier(0.95, 0.5) * found.toc_error
        low, high = found.toc - half, found.toc + half
        ax.fill_between(found.share, low, high, color=figures.COLORS[0], alpha=0.2)
        ax.plot(found.share, found.toc, color=figures.COLORS[0])
        ax.axhline(0, color=figures.INK, linewidth=0.8)
        ax.set_xlabel(name)
        ax.set_ylabel(str(outcome or fitted.scores.outcomes[0]))
        return figure

    return Result(f"Effect of {arm} by rank of {name}", table, (), {"rate": found}, draw)


def policy_tree(
    fitted: Fitted,
    *,
    by: str | Sequence[str],
    costs: dict[str, float] | None = None,
    outcome: str | None = None,
    depth: int = 2,
    least: int = 100,
) -> Result:
    """The best rule of at most two questions for who gets which programme.

    Parameters
    ----------
    by
        Columns the rule may ask for; text is asked for by dummies.
    costs
        Cost of each programme in the outcome's unit, subtracted; 0 where not given.
    outcome
        One of the outcomes; default the first.
    least
        Fewest persons in a leaf.

    Returns
    -------
    One row per leaf, with the rule and who gets what. The value of a rule belongs on persons it
    was not grown on: `naveval.estimators.policy_tree.value`.

    Source: Zhou, Athey and Wager (2023).
    """
    who = "nv.policy_tree"
    _require_fitted(fitted, who)
    by, outcomes = named(by, who, "by"), list(fitted.scores.outcomes)
    require_roles(who, PEOPLE, by=by, outcome=outcomes, program=[fitted.program])
    used = require(fitted.frame, by, who, PEOPLE)
    require_number(who, 1, whole=True, least=least)
    if costs is not None and not isinstance(costs, Mapping):
        raise EstimationError(
            f"{who}: costs={given_as(costs)}: expected the cost of each programme in the outcome's "
            'unit: costs={"course": 1.0}'
        )
    prices = {str(arm): cost for arm, cost in (costs or {}).items()}
    require_choice(who, DEPTHS, depth=depth)
    require_choice(who, [None, *outcomes], outcome=outcome)
    for arm, cost in prices.items():
        require_choice(who, fitted.scores.arms, costs=arm)
        require_number(who, -LARGE, LARGE, whole=False, **{f"costs[{arm!r}]": cost})
    x = numbers(used, who)
    names = fitted.scores.outcomes
    column = 0 if outcome is None else names.index(outcome)
    priced = np.array([prices.get(arm, 0.0) for arm in fitted.scores.arms])
    gamma = fitted.scores.gamma[:, :, column] - priced
    tree = trees.grow(gamma, x.to_numpy(), depth=depth, min_leaf=least)
    table = trees.describe(tree, list(x), list(fitted.scores.arms))
    return Result(f"Rule for {names[column]}", table, (), {"tree": tree})
