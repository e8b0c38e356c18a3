"""Uncertainty of net benefit: draws over effects and inputs, one-at-a-time ranges, scenarios."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from naveval.estimators.cost_benefit.assumptions import EFFECTS, Array, Assumptions, with_input
from naveval.estimators.cost_benefit.inputs import Costs
from naveval.estimators.cost_benefit.net_benefit import net_benefit
from naveval.estimators.multiple_testing import holm
from naveval.project.errors import ParameterError
from naveval.project.normal import Z95

SOURCES = ("effects", "inputs")
LEVEL = 0.05
NOT_DRAWN = ("displacement",)
"""Kept out of the draws: the document does not price it."""


def draw(
    a: Assumptions, costs: Costs, *, draws: int, seed: int, sources: Iterable[str] = SOURCES
) -> Assumptions:
    """Random assumptions around the ones used.

    Inputs follow a triangular distribution from `low` over the value used to `high`, shared
    numbers drawn once for all programmes. Effects are normal around the estimates; the errors
    of one programme's effects share a common part, `effect_correlation` of their variance.

    Parameters
    ----------
    a
        One evaluation, shape (1, ·).
    sources
        What varies: "effects", "inputs" or both.

    Raises
    ------
    ParameterError
        For another source, or fewer than one draw.
    """
    sources = tuple(sources)
    unknown = sorted(set(sources) - set(SOURCES))
    if unknown or draws < 1:
        raise ParameterError(
            f"draws: {draws}, sources: {', '.join(sources)}; "
            f"allowed: at least 1 draw of {', '.join(SOURCES)}"
        )
    rng = np.random.default_rng(seed)
    changes: dict[str, Any] = {}
    for key, low, high in ranges(costs, a.programs):
        mode = getattr(a, key)
        drawn = _triangular(rng, low, mode, high, draws)
        if "inputs" in sources and key not in NOT_DRAWN:
            changes[key] = drawn
    varied = replace(a, **changes)
    noise = rng.standard_normal((5, draws, a.effect_year_1.shape[1]))
    return _with_drawn_effects(varied, a, noise) if "effects" in sources else varied


def ranges(costs: Costs, programs: Sequence[str]) -> list[tuple[str, Array, Array]]:
    """Key, low and high of every input with a range; shapes (1, 1) or (1, programmes)."""
    found = []
    for key in type(costs.general).model_fields:
        entry = getattr(costs.general, key)
        found.append((key, np.array([[entry.low]], float), np.array([[entry.high]], float)))
    for key in type(costs.programs).model_fields:
        if key in EFFECTS or key == "effect_std_error":
            continue
        entries = [getattr(costs.programs, key).values[program] for program in programs]
        low = np.array([[entry.low for entry in entries]], float)
        found.append((key, low, np.array([[entry.high for entry in entries]], float)))
    return found


def _triangular(rng: np.random.Generator, low: Array, mode: Array, high: Array, n: int) -> Array:
    """Triangular draws by inversion, shape (n, columns); a constant where low equals high."""
    u = rng.random((n, low.shape[1]))
    width = high - low
    safe = np.where(width > 0, width, 1.0)
    cut = np.where(width > 0, (mode - low) / safe, 1.0)
    left = low + np.sqrt(u * width * np.maximum(mode - low, 0))
    right = high - np.sqrt((1 - u) * width * np.maximum(high - mode, 0))
    drawn: Array = np.where(u < cut, left, right)
    return np.where(width > 0, drawn, mode)


def _with_drawn_effects(varied: Assumptions, a: Assumptions, noise: Array) -> Assumptions:
    """Add errors to the effects: common part noise[0], own parts noise[1:5]."""
    together = np.sqrt(varied.effect_correlation)
    own = np.sqrt(1 - varied.effect_correlation)
    scale = varied.earnings_per_work_month / a.earnings_per_work_month
    drawn = {}
    for index, name in enumerate(EFFECTS):
        error = a.effect_std_error_nok[index][None, :] * scale
        drawn[name] = getattr(a, name) + error * (together * noise[0] + own * noise[index + 1])
    later = np.where(a.later_is_own > 0, drawn["effect_later"], drawn["effect_year_3"])
    return replace(varied, **{**drawn, "effect_later": later})


def summarise(net: Array, programs: Sequence[str]) -> pd.DataFrame:
    """Mean, 95 per cent interval and probability of a positive net benefit per programme.

    Parameters
    ----------
    net
        Shape (draws, programmes).

    Returns
    -------
    DataFrame
        One row per programme: program, mean, std, ci_low, median, ci_high, p_positive and its
        Monte Carlo standard error, `p_value` of net benefit of zero, and `sign`: "positive" or
        "negative" where it differs from zero at 5 per cent when all programmes are tested together
        (Holm), else "unclear".
    """
    low, median, high = np.quantile(net, [0.025, 0.5, 0.975], axis=0)
    positive = (net > 0).mean(axis=0)
    tail = ((net > 0).sum(axis=0), (net <= 0).sum(axis=0))
    p_value = np.minimum(2 * (np.minimum(*tail) + 1) / (len(net) + 1), 1)
    return pd.DataFrame(
        {
            "program": programs,
            "mean": net.mean(axis=0),
            "std": net.std(axis=0),
            "ci_low": low,
            "median": median,
            "ci_high": high,
            "p_positive": positive,
            "p_value": p_value,
            "sign": np.where(
                holm(p_value) < LEVEL, np.where(positive > 0.5, "positive", "negative"), "unclear"
            ),
            "p_positive_se": np.sqrt(positive * (1 - positive) / len(net)),
        }
    )


def uncertainty(a: Assumptions, costs: Costs, *, draws: int, seed: int) -> pd.DataFrame:
    """`summarise` with both sources, and the interval when only the effects vary."""
    drawn = draw(a, costs, draws=draws, seed=seed)
    effects = draw(a, costs, draws=draws, seed=seed, sources=("effects",))
    both, only = (summarise(net_benefit(one), a.programs) for one in (drawn, effects))
    both["effect_low"], both["effect_high"] = only["ci_low"], only["ci_high"]
    both["effect_variance_share"] = (only["std"] / both["std"]) ** 2
    return both


def tornado(a: Assumptions, costs: Costs) -> pd.DataFrame:
    """Net benefit with one input at a time at its low and high value.

    Effects move together by 1.96 standard errors. Inputs that cannot change a programme's net
    benefit are left out for it.

    Returns
    -------
    DataFrame
        program, input, base, low, high (net benefit), swing = |high − low|; widest first.
    """
    base = net_benefit(a)[0]
    rows = []
    for key, low, high in ranges(costs, a.programs):
        ends = [net_benefit(with_input(a, key, end))[0] for end in (low, high)]
        rows.append(_tornado_rows(a.programs, key, base, *ends))
    ends = [net_benefit(_shifted(a, sign * Z95))[0] for sign in (-1, 1)]
    rows.append(_tornado_rows(a.programs, "effects", base, *ends))
    table = pd.concat(rows, ignore_index=True)
    table["swing"] = (table["high"] - table["low"]).abs()
    order = {program: position for position, program in enumerate(a.programs)}
    table = table[table["swing"] > 1e-6].assign(order=table["program"].map(order))
    return table.sort_values(["order", "swing"], ascending=[True, False]).drop(columns="order")


def _tornado_rows(
    programs: Sequence[str], key: str, base: Array, low: Array, high: Array
) -> pd.DataFrame:
    values = {"program": programs, "input": key, "base": base, "low": low, "high": high}
    return pd.DataFrame(values)


def _shifted(a: Assumptions, steps: float) -> Assumptions:
    return replace(
        a,
        **{
            name: getattr(a, name) + steps * a.effect_std_error_nok[index][None, :]
            for index, name in enumerate(EFFECTS)
        },
    )


def scenarios(a: Assumptions, costs: Costs) -> pd.DataFrame:
    """Net benefit with one assumption changed at a time.

    Returns
    -------
    DataFrame
        assumption, value, program, net_benefit, change from the base; the base comes first
        with assumption "base".
    """
    base = net_benefit(a)[0]
    frames = [_scenario(a.programs, "base", np.nan, base, base)]
    for key in type(costs.scenarios).model_fields:
        for value in getattr(costs.scenarios, key):
            used = a.effect_months * value if key == "effect_months" else np.array([[value]])
            net = net_benefit(with_input(a, key, used))[0]
            frames.append(_scenario(a.programs, key, value, net, base))
    return pd.concat(frames, ignore_index=True)


def _scenario(
    programs: Sequence[str], key: str, value: float, net: Array, base: Array
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "assumption": key,
            "value": value,
            "program": programs,
            "net_benefit": net,
            "change": net - base,
        }
    )
