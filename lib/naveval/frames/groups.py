"""Indicators of groups, cost–benefit analysis and protected counts, on a frame of one's own."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from naveval.disclosure import counts, keys
from naveval.estimators import detectable, shrinkage
from naveval.estimators.categorical import Variable, ols, probit
from naveval.estimators.categorical.design import Codes, Fit, make_design, pack_codes
from naveval.estimators.cost_benefit import assumptions, inputs, net_benefit
from naveval.exhibits import figures
from naveval.frames.result import (
    Result,
    labels,
    named,
    require,
    require_apart,
    require_roles,
    require_variation,
    told,
)
from naveval.project.errors import EstimationError
from naveval.project.given import require_choice, rows
from naveval.project.parameters import Origin

PEOPLE = """   person  office  age    education  hours
   a       Oslo    25-34  upper       21.0
   a       Oslo    25-34  upper       25.5
   b       Moss    45-54  primary     12.0"""
COSTS = """   program  duration  unit_cost  effect_months
   course        6.0       9000             60"""
EFFECTS = """   value     arm     year  estimate  std_error  unit
   earnings  course     1    1500.0      400.0  NOK per month
   earnings  course     2    1500.0      400.0  NOK per month
   earnings  course     3    1500.0      400.0  NOK per month"""
Kind = Literal["linear", "probit"]
# Columns of the result, beside the one that has the groups' name.
OWN = (
    *("actual", "expected", "indicator", "std_error", "ci_low", "ci_high"),
    *("shrunken", "shrunken_std_error", "reliability", "n_rows", "n_persons"),
)
EXACT = 1e-9
MOST_CATEGORIES = 500
Z95 = detectable.multiplier(0.95, 0.5)


def indicator(
    frame: pd.DataFrame,
    *,
    outcome: str,
    group: str,
    by: str | Sequence[str],
    person: str | None = None,
    kind: Kind = "linear",
) -> Result:
    """How groups do beside what the characteristics of their people lead one to expect.

    Parameters
    ----------
    frame
        One row per person, or several with `person`.
    outcome
        Numbers; 0 and 1 for a probit.
    group
        Column with the groups, such as offices or schools.
    by
        Characteristics, one column or several, as text or any whole numbers: each value is a
        category, and a column has at most 500.
    person
        Column that names persons; intervals are clustered by it.
    kind
        The model of what is expected: "linear" or "probit".

    Returns
    -------
    One row per group: actual, expected, indicator (actual − expected), std_error, ci_low,
    ci_high, and with four groups or more `shrunken` (pulled towards the mean the less is known),
    its standard error and `reliability`; n_rows and n_persons. `result.found["expected"]` has
    the expected value of every row, with the frame's own index; `figure()` shows the groups in
    order.

    Raises
    ------
    EstimationError
        For columns or values that are missing, text as outcome, one group only, a column given
        twice or named as one of the result's, a characteristic with too many categories, and
        characteristics that leave nothing to explain.

    Source: Efron and Morris (1975) for shrinkage; the interval takes the estimated model into
    account.

    Examples
    --------
    >>> import naveval as nv, numpy as np, pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> frame = pd.DataFrame({"office": rng.integers(1, 6, 800), "age": rng.integers(2, 7, 800)})
    >>> frame["hours"] = 20 - frame["age"] + (frame["office"] == 3) * 2 + rng.normal(size=800)
    >>> found = nv.indicator(frame, outcome="hours", group="office", by=["age"])
    >>> found.table().set_index("office")["indicator"].idxmax()
    '3'
    """
    who = "nv.indicator"
    by = named(by, who, "by")
    own = [] if person is None else [person]
    require_roles(who, PEOPLE, outcome=[outcome], group=[group], by=by, person=own)
    require_choice(who, get_args(Kind), kind=kind)
    if group in OWN:
        raise EstimationError(
            f"{who}: column «{group}» has the name of a column of the result; rename it, for "
            f'example: frame.rename(columns={{"{group}": "office"}})'
        )
    frame = require(frame, [outcome, group, *by, *own], who, PEOPLE, numeric=[outcome])
    require_variation(frame, outcome, who, PEOPLE)
    require_apart(frame, [outcome, group], by, who, person)
    if frame[group].nunique() < 2:
        raise EstimationError(f"{who}: column «{group}» has one group; expected two or more")
    y = frame[outcome].to_numpy(dtype=float)
    if kind == "probit" and not np.isin(y, (0, 1)).all():
        raise EstimationError(
            f"{who}: column «{outcome}»: a probit takes 0 and 1, {rows(~np.isin(y, (0, 1)))}; "
            "use kind='linear' for other numbers"
        )
    fit, codes = _fitted(frame, by, y, kind, who)
    expected = probit.expected(fit, codes)
    numeric = pd.api.types.is_numeric_dtype(frame[group])  # 2 before 10, as text it would not be
    groups, values = pd.factorize(frame[group] if numeric else labels(frame[group]), sort=True)
    names = labels(pd.Series(values)).to_numpy()
    persons = pd.factorize(frame[person])[0] if own else np.arange(len(frame))
    size = np.bincount(groups)
    mean = {
        name: np.bincount(groups, values) / size
        for name, values in (("actual", y), ("expected", expected))
    }
    error = _errors(fit, codes, y, expected, groups, persons)
    exact = error <= EXACT * y.std()
    if exact.any():
        raise EstimationError(
            f"{who}: column «{group}»: nothing is left to explain in {', '.join(names[exact][:5])}:"
            f" {', '.join(by)} tell these groups, or the outcome, apart exactly; expected "
            f"characteristics that people of several groups share, for example:\n{PEOPLE}"
        )
    table = pd.DataFrame({group: names, **mean})
    table["indicator"] = table["actual"] - table["expected"]
    table["std_error"] = error
    table["ci_low"] = table["indicator"] - Z95 * error
    table["ci_high"] = table["indicator"] + Z95 * error
    if len(names) >= shrinkage.LEAST_UNITS:
        pulled = shrinkage.shrink(table["indicator"].to_numpy(), error)
        table["shrunken"], table["shrunken_std_error"] = pulled.estimate, pulled.std_error
        table["reliability"] = pulled.reliability
    table["n_rows"] = size
    table["n_persons"] = pd.Series(persons).groupby(groups).nunique().to_numpy()
    dropped = [f"{name}: {reason}" for name, reason in fit.dropped.items()]
    notes = (f"Left out of the model: {'; '.join(dropped)}",) if dropped else ()
    found = {"expected": pd.Series(expected, index=frame.index, name="expected"), "model": fit}
    return Result(
        f"{outcome} by {group}, beside what is expected",
        table,
        notes,
        found,
        lambda: _ordered(table, group, outcome),
    )


def _fitted(
    frame: pd.DataFrame, by: Sequence[str], y: np.ndarray, kind: str, who: str
) -> tuple[Fit, Codes]:
    """The model of the outcome on all categories, and the packed codes of the rows."""
    variables, columns = [], []
    for name in by:
        code, levels = pd.factorize(labels(frame[name]), sort=True)
        if len(levels) > MOST_CATEGORIES:
            raise EstimationError(
                f"{who}: column «{name}» has {len(levels)} different values; expected a "
                f"characteristic with at most {MOST_CATEGORIES} categories; cut numbers into "
                f'classes, for example: frame["{name}"] = pd.cut(frame["{name}"], 8).astype(str)'
            )
        if len(levels) > 1:
            variables.append(Variable(name, tuple(levels)))
            columns.append(code)
    if not variables:
        raise EstimationError(f"{who}: none of {', '.join(by)} has two categories or more")
    design = make_design(variables)
    codes = pack_codes(design, columns)
    if kind == "probit":
        return probit.fit_probit(design, [(codes, y)]), codes
    return ols.fit_ols(design, [(codes, y)]), codes


def _errors(
    fit: Fit,
    codes: Codes,
    y: np.ndarray,
    expected: np.ndarray,
    groups: np.ndarray,
    persons: np.ndarray,
) -> np.ndarray:
    """Standard errors of the groups' indicators by person, with those of the model."""
    x = fit.design.expand[codes[0].astype(np.int64)]
    for q in range(1, len(codes)):
        x = x + fit.design.expand[fit.design.offsets[q] + codes[q].astype(np.int64)]
    slope, score = np.ones(len(y)), y - expected
    if fit.kind == "probit":
        index = x @ fit.coefficients
        slope = probit.density(index)
        score = probit.generalized_residual(index, y)[0]
    errors = np.empty(groups.max() + 1)
    for g in range(len(errors)):
        own = groups == g
        pull = fit.bread @ (x[own].T @ slope[own]) / own.sum()
        part = np.where(own, (y - expected) / own.sum(), 0.0) - (x @ pull) * score
        errors[g] = np.sqrt((np.bincount(persons, part) ** 2).sum())
    return errors


def _ordered(table: pd.DataFrame, group: str, outcome: str) -> Figure:
    shown = table.sort_values("indicator")
    figure, ax = figures.axes(height=1.2 + 0.25 * len(shown))
    at = np.arange(len(shown))
    ax.hlines(at, shown["ci_low"], shown["ci_high"], color=figures.COLORS[0], linewidth=1.2)
    ax.plot(shown["indicator"], at, "o", color=figures.COLORS[0], markersize=4)
    ax.axvline(0, color=figures.INK, linewidth=0.8)
    ax.set_yticks(at, shown[group])
    ax.set_xlabel(outcome)
    return figure


def cost_benefit(
    effects: pd.DataFrame | None = None, *, costs: pd.DataFrame | Path | str | None = None
) -> Result:
    """Priced costs and benefits of a spell in each programme, kroner of the price year.

    Parameters
    ----------
    effects
        Own effects on wages, as in the example; default those of the costs.
    costs
        Own programmes, as a frame or a CSV file with a row for each: program, duration (months),
        unit_cost (kroner a month), effect_months (how long the effect lasts), and where they are
        not 0 counsellor_hours a month, tiltakspenger_share, wage_subsidy_share, mentor_share,
        inclusion_grant_share and school_share; without `effects` also effect_year_1,
        effect_year_2, effect_year_3 and maybe effect_later, in kroner a month. Prices and rates
        that programmes share are those of `params/costs.yml`. Or a file laid out as that one,
        which is the default.

    Returns
    -------
    One row per programme: the six signed items, total_cost and net_benefit. A note names the arms
    of `effects` that the costs do not price.

    Raises
    ------
    EstimationError, ParameterError
        For costs or effects that do not fit, every fault at once.

    Source: Greenberg, Deitch and Hamilton (2010).

    Examples
    --------
    >>> import naveval as nv, pandas as pd
    >>> costs = {"program": ["course"], "duration": 6, "unit_cost": 9000, "effect_months": 60}
    >>> effects = {"value": "earnings", "arm": "course", "year": [1, 2, 3], "estimate": 1500}
    >>> effects |= {"std_error": 400, "unit": "NOK per month"}
    >>> found = nv.cost_benefit(pd.DataFrame(effects), costs=pd.DataFrame(costs))
    >>> found.table()[["program", "program_cost"]].values.tolist()
    [['course', -64800.0]]
    """
    who = "nv.cost_benefit"
    if isinstance(costs, str | Path) and Path(costs).suffix == ".csv" and Path(costs).is_file():
        costs = pd.read_csv(costs)
    if not isinstance(costs, pd.DataFrame | str | Path | None):
        raise EstimationError(
            f"{who}: costs is {type(costs).__name__}; expected a file, or a frame:\n{COSTS}"
        )
    with told(who, "expected a file as params/costs.yml, or a table", COSTS):
        if isinstance(costs, pd.DataFrame):
            given = assumptions.from_table(costs, inputs.load())
        else:
            given = assumptions.from_inputs(inputs.load(None if costs is None else Path(costs)))
    unpriced: list[str] = []
    if effects is not None:
        columns, most = assumptions.EFFECT_COLUMNS, ("year", "estimate", "std_error")
        effects = require(effects, columns, who, EFFECTS, numeric=most, gaps=columns)
        unpriced = sorted(set(effects["arm"].dropna().astype(str)) - {*given.programs})
        with told(who, "expected effects of three years", EFFECTS):
            own = assumptions.effects_from_estimates(effects, given.programs)
            given = assumptions.with_effects(given, own)
    if np.isnan(given.effect_year_1 + given.effect_year_2 + given.effect_year_3).any():
        raise EstimationError(
            f"{who}: costs has no column effect_year_1, effect_year_2, effect_year_3 with a number "
            f"in each row; give them, or effects:\n{EFFECTS}"
        )
    items = {name: values[0] for name, values in vars(net_benefit.flows(given)).items()}
    table = pd.DataFrame({"program": list(given.programs), **items})
    table["total_cost"] = np.broadcast_to(net_benefit.total_cost(given), (1, len(table)))[0]
    table["net_benefit"] = net_benefit.net_benefit(given)[0]
    left = f"Left out, since `costs` does not price them: {', '.join(unpriced)}"
    return Result("Costs and benefits per spell, kroner", table, (left,) if unpriced else ())


def protect(
    frame: pd.DataFrame, *, by: str | Sequence[str], person: str, origin: Origin = "register"
) -> Result:
    """Counts of persons by groups that may leave: changed by cell keys, the same everywhere.

    Parameters
    ----------
    by
        Columns of the groups.
    person
        Column with pseudonyms: whole numbers or text.
    origin
        "register" takes the owner's secret (`NAVEVAL_KEY_FILE`); "simulated" a fixed one.

    Returns
    -------
    One row per group with at least one person: n_persons, and `mark` ("few": shown as 0–5).

    Raises
    ------
    DisclosureError
        Without a secret, and for pseudonyms that are none.

    Source: Thompson, Broadfoot and Elazar (2013).

    Examples
    --------
    >>> import naveval as nv, pandas as pd
    >>> frame = pd.DataFrame({"person": range(300), "county": ["03"] * 200 + ["11"] * 100})
    >>> shown = nv.protect(frame, by=["county"], person="person", origin="simulated").table()
    >>> all(abs(shown["n_persons"] - [200, 100]) <= 5)
    True
    """
    who = "nv.protect"
    by = named(by, who, "by")
    require_roles(who, PEOPLE, by=by, person=[person])
    require_choice(who, get_args(Origin), origin=origin)
    frame = require(frame, [*by, person], who, PEOPLE)
    distinct = frame[[*by, person]].drop_duplicates()
    secret = keys.secret(origin)
    own = pd.Series(keys.record_keys(distinct[person].to_numpy(), secret), index=distinct.index)
    cells = distinct.assign(n_persons=1, n_persons_key=own).groupby(list(by), as_index=False)
    raw = cells[["n_persons", "n_persons_key"]].sum()
    shown = counts.protect(raw, ["n_persons"], secret)
    marks = counts.marks(shown["n_persons"], shown["n_persons"], is_count=True)
    return Result(f"Persons by {', '.join(by)}, protected", shown.assign(mark=marks))
