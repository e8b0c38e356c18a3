"""Effects of several programmes by double machine learning, on a frame of one's own."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from naveval.estimators import crossfit, overlap, scores
from naveval.estimators import policy_tree as trees
from naveval.estimators.crossfit import Nuisances
from naveval.estimators.forests import ForestOptions
from naveval.estimators.scores import Scores
from naveval.estimators.sensitivity import confounding
from naveval.exhibits import figures
from naveval.frames.result import Result, require
from naveval.project.errors import EstimationError, EstimationWarning

PEOPLE = """   program  education  age  earnings
   none     primary     24      12.1
   course   upper       31      15.0
   none     upper       45      11.8"""
FITTED = """for example:
   fitted = nv.cross_fit(frame, outcome="earnings", program="program", control="none",
                         covariates=["age", "education"])
   nv.att(fitted)"""
POOR = "overlap is poor for {arms}: the effect rests on few comparable persons and is marked"


@dataclass(frozen=True)
class Fitted:
    """Cross-fitted programmes: what effects, groups and rules are averages of.

    Attributes
    ----------
    frame
        The frame that was given.
    covariates
        (n, p) numbers, text as dummies.
    scores, nuisances
        Doubly robust scores, and the predictions they are made of.
    """

    frame: pd.DataFrame
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

    def _repr_html_(self) -> str:
        return str(self.table().to_html(index=False))

    def balance(self, arm: str) -> pd.DataFrame:
        """Means of treated, controls and weighted controls, with standardised differences."""
        values = self.covariates.to_numpy(dtype=float)
        return overlap.balance(self.scores, self.place(arm), values, list(self.covariates))

    def bounds(self, arm: str, *, cf_y: float = 0.03, cf_d: float = 0.03) -> pd.DataFrame:
        """Bounds of the effect on the treated under a hidden confounder of this strength."""
        found = confounding.bounds(self.scores, self.place(arm), "att", cf_y=cf_y, cf_d=cf_d)
        return pd.DataFrame({"outcome": list(self.scores.outcomes), **vars(found)})

    def place(self, arm: str) -> int:
        """Place of a programme among the arms; EstimationError when there is none."""
        if arm not in self.scores.arms[1:]:
            raise EstimationError(
                f"programme {arm!r}: not among {', '.join(self.scores.arms[1:])}, which are "
                f"compared with {self.scores.arms[0]!r}"
            )
        return self.scores.arms.index(arm)


def cross_fit(
    frame: pd.DataFrame,
    *,
    outcome: str | Sequence[str],
    program: str,
    control: str,
    covariates: Sequence[str],
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
        Column with the programme of each person; `control` is the one without.
    covariates
        Columns known before the programme; text becomes dummies.
    person
        Column that names persons who have several rows; they share a fold and a cluster.
    trees, folds, seed
        Of the honest forests behind propensities and outcomes.
    clip, trim
        As in `naveval.estimators.scores.doubly_robust`.

    Raises
    ------
    EstimationError
        For columns or values that are missing, a control nobody has, and programmes too small.

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
    outcomes = [outcome] if isinstance(outcome, str) else list(outcome)
    wanted = [*outcomes, program, *covariates, *([person] if person else [])]
    require(frame, wanted, who, PEOPLE, numeric=outcomes)
    given = frame[program].astype(str)
    if control not in set(given):
        raise EstimationError(
            f"{who}: control={control!r} occurs nowhere in column «{program}»; it has "
            f"{', '.join(sorted(set(given))[:8])}; name the one that stands for no programme"
        )
    arms = [control, *sorted(set(given) - {control})]
    x = pd.get_dummies(frame[list(covariates)], dtype=float)
    text = x.select_dtypes(exclude="number").columns
    if len(text):
        raise EstimationError(f"{who}: column «{text[0]}»: expected numbers or text")
    arm = given.map({name: at for at, name in enumerate(arms)}).to_numpy(dtype=np.int64)
    y = frame[outcomes].to_numpy(dtype=float)
    cluster = None if person is None else pd.factorize(frame[person])[0]
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
    return Fitted(frame, x, made, nuisances)


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


def gate(fitted: Fitted, arm: str, *, by: str | pd.Series) -> Result:
    """Effect of a programme in groups.

    Parameters
    ----------
    by
        A column of the frame, or groups of its rows.

    Returns
    -------
    One row per category and outcome: category, estimate (of the first category; of the others
    the difference from it, as `type` says), std_error, ci_low, ci_high, p_value, n_persons.
    """
    _require_fitted(fitted, "nv.gate")
    if isinstance(by, str):
        require(fitted.frame, [by], "nv.gate", PEOPLE)
    elif len(by) != len(fitted.frame):
        raise EstimationError(
            f"nv.gate: by has {len(by)} rows, the frame {len(fitted.frame)}; expected a column of "
            "the frame, or a group for every row"
        )
    groups = fitted.frame[by] if isinstance(by, str) else by
    table = scores.gate(fitted.scores, fitted.place(arm), groups)
    return Result(f"Effects of {arm} by {by if isinstance(by, str) else by.name}", table)


def policy_tree(
    fitted: Fitted,
    *,
    by: Sequence[str],
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
    require(fitted.frame, list(by), who, PEOPLE)
    for name, value, known in (
        *(("costs", arm, fitted.scores.arms) for arm in costs or ()),
        *(("outcome", one, fitted.scores.outcomes) for one in [outcome] if one is not None),
    ):
        if value not in known:
            raise EstimationError(f"{who}: {name}: {value!r} is not among {', '.join(known)}")
    x = pd.get_dummies(fitted.frame[list(by)], dtype=float)
    names = fitted.scores.outcomes
    column = 0 if outcome is None else names.index(outcome)
    priced = np.array([(costs or {}).get(arm, 0.0) for arm in fitted.scores.arms])
    gamma = fitted.scores.gamma[:, :, column] - priced
    tree = trees.grow(gamma, x.to_numpy(), depth=depth, min_leaf=least)
    table = trees.describe(tree, list(x), list(fitted.scores.arms))
    found: dict[str, Any] = {"tree": tree}
    return Result(f"Rule for {names[column]}", table, (), found)
