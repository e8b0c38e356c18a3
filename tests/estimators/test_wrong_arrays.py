"""Every estimator is given arrays of the wrong kind: it answers rightly or names what is wrong.

Right is the answer to the same numbers as plain arrays. An error is one of the project's, names the
argument, and where single rows are wrong, the first of them.
"""

import copy
import pickle
import re
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from naveval.estimators import (
    crossfit,
    detectable,
    did,
    event_study,
    forests,
    group_time,
    multiple_testing,
    multiplier,
    overlap,
    policy_tree,
    rate,
    scores,
    seasonal,
    shrinkage,
    synthetic_control,
)
from naveval.estimators.categorical import Variable, design, ols, probit
from naveval.estimators.one_treated import inference, regression
from naveval.estimators.sensitivity import bounds, confounding
from naveval.project.errors import NavevalError

pytestmark = pytest.mark.filterwarnings("ignore::naveval.project.errors.EstimationWarning")
RNG = np.random.default_rng(1)
N = 60
UNIT, PERIOD = np.repeat(np.arange(12), 5), np.tile(np.arange(5), 12)
Y, X, WEIGHTS = RNG.normal(size=N), RNG.normal(size=(N, 3)), RNG.uniform(0.5, 2, N)
ARM, PERSON = np.arange(N) % 2, np.arange(N) // 2
WIDE = RNG.normal(size=(12, 15))
COVARIANCE = np.cov(RNG.normal(size=(5, 40)))
MONTHS = [f"{2020 + k // 12}-{k % 12 + 1:02d}" for k in range(36)]
OPTIONS = forests.ForestOptions(trees=4, min_leaf=1, subsample=0.8, honesty_share=0.8, jobs=1)
NUISANCES = crossfit.Nuisances(
    ("none", "course"), ("y",), np.full((N, 2), 0.5), RNG.normal(size=(N, 2, 1)), np.arange(N) % 2
)
SCORES = scores.doubly_robust(Y, ARM, NUISANCES)
TREATED = ((UNIT < 5) & (PERIOD >= 3)).astype(float)
TREE = policy_tree.grow(X, X, depth=1, min_leaf=5)
VARIABLES = [Variable("sex", ("m", "f")), Variable("age", ("young", "middle", "old"))]
DESIGN = design.make_design(VARIABLES)
LEVELS = [np.arange(N) % 2, np.arange(N) // 2 % 3]
CODES = design.pack_codes(DESIGN, LEVELS)
POST = (np.arange(15) >= 11).astype(float)
SETUP = regression.prepare(POST, np.ones(12))
DID = (TREATED[:, None], [UNIT, PERIOD], UNIT, ["treated"])


def fit(outcome: Any, regressors: Any, unit: Any, period: Any, cluster: Any) -> did.Fit:
    return did.fit(outcome, regressors, [unit, period], cluster, ["treated"])


def jackknife(outcome: Any, regressors: Any, unit: Any, period: Any, cluster: Any) -> did.Fit:
    fitted = did.fit(Y, *DID)
    return did.jackknife(fitted, outcome, regressors, [unit, period], cluster)


def packed(sex: Any, age: Any) -> Any:
    return design.pack_codes(DESIGN, [sex, age])


PANEL = {"outcome": Y, "regressors": TREATED[:, None], "unit": UNIT, "period": PERIOD}
CASES: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "did.fit": (fit, {**PANEL, "cluster": UNIT}),
    "did.jackknife": (jackknife, {**PANEL, "cluster": UNIT}),
    "event_study": (
        event_study.event_study,
        {
            "outcome": Y,
            "unit": UNIT,
            "period": PERIOD,
            "event_time": np.where(UNIT < 5, PERIOD - 3, event_study.NEVER),
            "weights": WEIGHTS,
        },
    ),
    "gap_study": (
        lambda outcome, weights: event_study.gap_study(outcome, weights, 8),
        {"outcome": WIDE, "weights": WEIGHTS[:12]},
    ),
    "joint_wald": (event_study.joint_wald, {"estimate": Y[:5], "covariance": COVARIANCE}),
    "group_time": (
        group_time.group_time,
        {
            "outcome": Y,
            "unit": UNIT,
            "period": PERIOD,
            "start": np.where(UNIT < 6, 2.0, np.inf),
            "covariates": X[:, :1],
            "cluster": UNIT,
        },
    ),
    "rank_weighted": (
        rate.rank_weighted,
        {"score": Y, "priority": X[:, 0], "weights": WEIGHTS, "cluster": PERSON},
    ),
    "rate": (lambda priority: rate.rate(SCORES, 1, priority), {"priority": X[:, 0]}),
    "regression_forest": (
        lambda x, y, x_new: forests.regression_forest(x, y, x_new, OPTIONS),
        {"x": X, "y": X[:, :2] + 1, "x_new": X[:7]},
    ),
    "probability_forest": (
        lambda x, classes, x_new: forests.probability_forest(x, classes, 2, x_new, OPTIONS),
        {"x": X, "classes": ARM, "x_new": X[:7]},
    ),
    "crossfit": (
        lambda x, arm, y, cluster: crossfit.crossfit(
            x, arm, y, arms=("a", "b"), outcomes=("y",), options=OPTIONS, n_folds=2, cluster=cluster
        ),
        {"x": X, "arm": ARM, "y": Y[:, None], "cluster": np.arange(N) // 3},
    ),
    "folds": (
        lambda arm, cluster: crossfit.folds(arm, 3, 1, cluster),
        {"arm": ARM, "cluster": PERSON},
    ),
    "calibrated": (lambda arm: crossfit.calibrated(NUISANCES, arm), {"arm": ARM}),
    "median_rule": (crossfit.median_rule, {"estimates": X, "std_errors": np.abs(X) + 1}),
    "doubly_robust": (
        lambda y, arm, cluster: scores.doubly_robust(y, arm, NUISANCES, cluster=cluster),
        {"y": Y[:, None], "arm": ARM, "cluster": PERSON},
    ),
    "gate": (lambda groups: scores.gate(SCORES, 1, groups), {"groups": np.arange(N) % 3}),
    "balance": (lambda x: overlap.balance(SCORES, 1, x, ["a", "b", "c"]), {"x": X}),
    "effective_size": (overlap.effective_size, {"weights": WEIGHTS}),
    "policy_tree.grow": (
        lambda gamma, x: policy_tree.grow(gamma, x, min_leaf=5),
        {"gamma": X, "x": X + 1},
    ),
    "policy_tree.value": (
        lambda gamma, x, y: policy_tree.value(TREE, gamma, x, y),
        {"gamma": X, "x": X + 1, "y": Y},
    ),
    "person_groups": (lambda person: multiplier.person_groups(person, 7, 1), {"person": PERSON}),
    "clustered_errors": (multiplier.clustered_errors, {"table": X}),
    "clustered_covariance": (multiplier.clustered_covariance, {"table": X}),
    "draws": (lambda table: multiplier.draws(table, 9, 1), {"table": X}),
    "normal_intervals": (
        multiplier.normal_intervals,
        {"estimate": Y[:5], "std_error": WEIGHTS[:5]},
    ),
    "bootstrap_intervals": (
        multiplier.bootstrap_intervals,
        {"estimate": Y[:3], "deviations": X},
    ),
    "holm": (multiple_testing.holm, {"p_values": np.linspace(0.1, 0.9, 7)}),
    "romano_wolf": (multiple_testing.romano_wolf, {"statistics": Y[:3], "draws": X}),
    "sup_t": (
        lambda covariance: multiple_testing.sup_t(covariance, 0.95, 99, 1),
        {"covariance": COVARIANCE},
    ),
    "cluster_draws": (
        lambda influence, cluster: multiple_testing.cluster_draws([influence], [cluster], 9, 1),
        {"influence": Y[:9], "cluster": np.arange(9)},
    ),
    "seasonal.adjust": (
        lambda values: seasonal.adjust(values, MONTHS, [("2020-01", "2022-12")]),
        {"values": Y[:36]},
    ),
    "squeeze": (shrinkage.squeeze, {"variance": WEIGHTS, "df": np.full(N, 5.0)}),
    **{
        name: (getattr(shrinkage, name), {"estimate": Y, "std_error": 0.3 * WEIGHTS})
        for name in ("between_variance", "between_interval", "shrink", "funnel")
    },
    "simplex": (
        synthetic_control.simplex_least_squares,
        {"design": WIDE, "target": WIDE.mean(axis=1)},
    ),
    **{
        f"{name} {kind}": (
            lambda treated, controls, name=name, kind=kind: getattr(synthetic_control, name)(
                treated, controls, 6, kind
            ),
            {"treated": WIDE[:, 0], "controls": WIDE[:, 1:6]},
        )
        for name in ("estimate", "placebo")
        for kind in synthetic_control.KINDS
    },
    "minimum_detectable": (detectable.minimum_detectable, {"std_error": WEIGHTS}),
    "pack_codes": (packed, {"sex": LEVELS[0], "age": LEVELS[1]}),
    "fit_ols": (lambda outcome: ols.fit_ols(DESIGN, [(CODES, outcome)]), {"outcome": Y}),
    "fit_probit": (
        lambda outcome: probit.fit_probit(DESIGN, [(CODES, outcome)]),
        {"outcome": (Y > 0).astype(float)},
    ),
    "prepare": (
        lambda post, weights, covariates: regression.prepare(post, weights, covariates=covariates),
        {"post": POST, "weights": WEIGHTS[:12], "covariates": WIDE[None]},
    ),
    "one_treated.fit": (lambda outcome: regression.fit(SETUP, outcome), {"outcome": WIDE}),
    "p_values": (
        lambda outcome, size: inference.p_values(SETUP, outcome, size, draws=19),
        {"outcome": WIDE, "size": WEIGHTS[:12]},
    ),
    "fit_shocks": (
        regression.fit_shocks,
        {"outcome": WIDE, "size": WEIGHTS[:12], "weights": WEIGHTS[12:24]},
    ),
    "bounds.study": (
        lambda estimate, covariance, weights: bounds.study(estimate, covariance, 3, weights),
        {"estimate": Y[:5], "covariance": COVARIANCE, "weights": np.ones(2)},
    ),
    "robustness_value": (confounding.robustness_value, {"effect": Y, "scale": WEIGHTS}),
}
POSITIVE = {"weights", "std_error", "size", "std_errors", "df", "variance"}
ANY_SIGN = {("effective_size", "weights"), ("bounds.study", "weights")}
MISSING_MEANS = {  # where what is missing has a meaning of its own, by the docstring
    ("holm", "p_values"),
    ("romano_wolf", "statistics"),
    ("seasonal.adjust", "values"),
    ("gate", "groups"),
    ("squeeze", "variance"),
    ("squeeze", "df"),
    ("normal_intervals", "estimate"),
    ("normal_intervals", "std_error"),
    ("bootstrap_intervals", "estimate"),
    ("bootstrap_intervals", "deviations"),
    ("minimum_detectable", "std_error"),
    ("clustered_errors", "table"),
    ("clustered_covariance", "table"),
    ("draws", "table"),
    *(
        (n, a)
        for n in ("between_variance", "between_interval", "shrink", "funnel")
        for a in ("estimate", "std_error")
    ),
}
LABELS = {"unit", "cluster", "groups"}


def wrong_at(values: np.ndarray, what: Any, kind: Any = float) -> np.ndarray:
    spoilt = values.astype(kind)
    spoilt[min(1, len(values) - 1)] = what
    return spoilt


def alike(values: np.ndarray) -> Iterator[tuple[str, Any]]:
    """The same numbers in other clothes: the answer must be the same."""
    frozen = values.copy()
    frozen.flags.writeable = False
    yield "read-only", frozen
    yield "object", values.astype(object)
    yield "Fortran order", np.asfortranarray(values)
    yield "strided", np.repeat(values, 2, axis=0)[::2]
    yield "list", values.tolist()
    if values.ndim == 1:
        yield "Series of another index", pd.Series(values, index=range(len(values))[::-1])
        yield "nullable", pd.Series(values).convert_dtypes()
    if values.ndim == 2:
        yield "DataFrame of another index", pd.DataFrame(values, index=range(len(values))[::-1])
    if np.isfinite(values).all() and (values % 1 == 0).all():
        yield "whole", values.astype(np.int32)
        yield "float of whole", values.astype(float)


def spoilt(case: str, name: str, values: np.ndarray) -> Iterator[tuple[str, Any, str]]:
    """What cannot be right, and what the error must say beside the argument."""
    label = name in LABELS or (name == "period" and case != "group_time")
    at = "rows? [01]|first rows"
    if (case, name) not in MISSING_MEANS:
        for what in (np.nan, None):
            yield f"{what}", wrong_at(values, what, object if what is None else float), at
        if not label and values.ndim == 1:
            yield "nullable NA", pd.Series(wrong_at(values, None, object)).convert_dtypes(), at
    if not label and name != "start":
        yield "inf", wrong_at(values, np.inf), at
        yield "-inf", wrong_at(values, -np.inf), at
    if not label:
        yield "text", values.astype(str), ""
        yield "one text", wrong_at(values, "much", object), at
        yield "dates", np.full(values.shape, np.datetime64("2020-01-01")), ""
        yield "complex", values.astype(complex), ""
    yield "a mixture", wrong_at(values, ("a",) if values.ndim > 1 else "a", object), ""
    yield "longer", np.concatenate([values, values[:1]]), ""
    yield "shorter", values[:-1], ""
    yield "empty", values[:0], ""
    yield "one more dimension", values[..., None, None], ""
    yield "a number", 1.0, ""
    if name in POSITIVE and (case, name) not in MISSING_MEANS | ANY_SIGN:
        yield "negative", wrong_at(values, -1.0), at
        if name != "std_errors":
            yield "zero", wrong_at(values, 0.0), at


SHAPES = {"longer", "shorter", "empty", "a number", "one more dimension"}
ANY_SHAPE = {
    ("holm", "p_values"),
    ("minimum_detectable", "std_error"),
    *((case, "x_new") for case in ("regression_forest", "probability_forest")),
    ("bootstrap_intervals", "deviations"),
    ("romano_wolf", "draws"),
    ("prepare", "covariates"),
    ("sup_t", "covariance"),
}


def run(case: str, **changed: Any) -> Any:
    call, given = CASES[case]
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        return call(**copy.deepcopy(given) | changed)


def numbers_in(found: Any) -> list[np.ndarray]:
    if isinstance(found, pd.DataFrame):
        return [found[name].to_numpy() for name in found]
    if isinstance(found, list | tuple):
        return [part for one in found for part in numbers_in(one)]
    if isinstance(found, dict):
        return numbers_in(list(found.values()))
    if hasattr(found, "__dict__") and not isinstance(found, np.generic):
        return numbers_in(list(vars(found).values()))
    return [np.asarray(found)]


@cache
def right(case: str) -> list[np.ndarray]:
    return numbers_in(run(case))


def fault_in(case: str, name: str, given: Any, expected: tuple[str, str] | None) -> str:
    """What is wrong with the answer or the error; nothing when all is well."""
    before = pickle.dumps(given)
    try:
        found = numbers_in(run(case, **{name: given}))
    except NavevalError as error:
        if expected is None:
            return f"refused: {error}"
        # Where lengths disagree another array may be told to.
        said = "effect" if case.startswith("did.") and name in ("unit", "period") else name
        named = expected[0] in SHAPES or said in str(error)
        return "" if named and re.search(expected[1], str(error)) else f"not named: {error}"
    if pickle.dumps(given) != before:
        return "changed what was given"
    if expected is not None:
        alone = len(CASES[case][1]) == 1 or (case, name) in ANY_SHAPE
        return "" if expected[0] in SHAPES and alone else "accepted"
    pairs = [
        (a.astype(float), b.astype(float))
        for a, b in zip(found, right(case), strict=True)
        if a.dtype.kind in "fiub" and b.dtype.kind in "fiub"
    ]
    same = all(np.allclose(a, b, rtol=1e-9, atol=1e-12, equal_nan=True) for a, b in pairs)
    return "" if same else "another answer"


@pytest.mark.parametrize("case", CASES)
def test_arrays_are_read_rightly_or_refused_by_name(case: str) -> None:
    tried = [
        (name, kind, given, None)
        for name, values in CASES[case][1].items()
        for kind, given in alike(values)
    ]
    tried += [
        (name, kind, given, (kind, said))
        for name, values in CASES[case][1].items()
        for kind, given, said in spoilt(case, name, values)
    ]
    faults = [
        (name, kind, fault_in(case, name, given, wanted)) for name, kind, given, wanted in tried
    ]
    assert [one for one in faults if one[2]] == []


def test_answers_do_not_depend_on_units_of_measurement() -> None:
    grown = policy_tree.grow(X, X + 1, min_leaf=5)
    adjusted = numbers_in(run("group_time").estimate)
    for unit in (1e-12, 1e12):
        assert policy_tree.grow(X * unit, X + 1, min_leaf=5) == grown
        found = run("group_time", covariates=X[:, :1] * unit)
        np.testing.assert_allclose(found.estimate, adjusted[0], rtol=1e-9)
        whole = run("did.fit", outcome=Y * unit)
        np.testing.assert_allclose(whole.coefficients / unit, run("did.fit").coefficients)


def test_what_tells_nothing_is_said() -> None:
    assert policy_tree.grow(X, np.ones((N, 2)), min_leaf=5).root is None
    with pytest.raises(NavevalError, match="score: the same for everybody"):
        rate.rank_weighted(np.ones(N), Y)
    twice = [Variable("sex", ("m", "f")), Variable("sex", ("m", "f"))]
    for wrong in ([], twice, [Variable("sex", ("m", "m"))]):
        with pytest.raises(NavevalError, match="each once"):
            design.make_design(wrong)
    fitted = did.fit(Y, *DID)
    with pytest.raises(NavevalError, match="cluster: expected the 12 of what was fitted"):
        did.jackknife(fitted, Y, *DID[:2], UNIT + 1)
