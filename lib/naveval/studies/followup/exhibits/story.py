"""Which sentence fits the numbers: the wording a reader meets is chosen here, not typed."""

from typing import Any

import numpy as np
import pandas as pd

from naveval.estimators.detectable import relative
from naveval.exhibits import output as outputs
from naveval.exhibits.output import Block, Output
from naveval.studies.followup.checks import FAMILIES, LIMIT, count_found
from naveval.studies.followup.events import OUTCOMES, Events

FOLLOW_UP = ("program", "dialogue")
# A null result says little when only an effect of more than half the level would be found.
WIDE = 0.5
# Whether the result differs from zero under parallel trends, and under a straight line.
LINES = {
    (True, True): "stays",
    (True, False): "gone",
    (False, True): "only",
    (False, False): "neither",
}


def row(summary: pd.DataFrame, table: str, outcome: str, horizon: str = "long") -> dict[str, Any]:
    """Values of one regression for sentences."""
    found = summary[
        (summary["table"] == table)
        & (summary["outcome"] == outcome)
        & (summary["horizon"] == horizon)
    ].iloc[0]
    values = {str(key): value for key, value in found.to_dict().items()}
    names = ("estimate", "ci_low", "ci_high", "mean", "mde")
    values |= {f"{name}_per_100": 100 * values[name] for name in names if name in values}
    if {"ci_high", "mean"} <= set(values):
        values["ci_high_relative"] = relative(values["ci_high"], values["mean"])
    return values


def direction(values: dict[str, Any]) -> str:
    """refused, positive, negative or null."""
    if values.get("refused"):
        return str(values["refused"])
    if not values["p_value"] < LIMIT:
        return "null"
    return "positive" if values["estimate"] > 0 else "negative"


def program(output: Output, summary: pd.DataFrame, trend: Events) -> Block:
    """Sentences about programmes in the long window, and whether the gap moved before."""
    values = row(summary, "tbl-1", "program")
    return _warned(output, _with_level(output, "program", direction(values), values), trend)


def dialogue(output: Output, summary: pd.DataFrame) -> Block:
    """Sentences about dialogue in the long window, worded to follow those about programmes."""
    values = row(summary, "tbl-1", "dialogue")
    found = direction(values)
    if found == "null" and direction(row(summary, "tbl-1", "program")) != "null":
        found = "null_alone"
    return _with_level(output, "dialogue", found, values)


def work(output: Output, summary: pd.DataFrame) -> Block:
    """Sentences about exits to work in the long window; what they mean depends on follow-up."""
    values = row(summary, "tbl-3", "work")
    found = direction(values)
    followed = any(direction(row(summary, "tbl-1", name)) == "positive" for name in FOLLOW_UP)
    if followed and found in ("positive", "negative"):
        found = f"{found}_followed"
    return _with_level(output, "work", found, values)


def _with_level(output: Output, outcome: str, choice: str, values: dict[str, Any]) -> Block:
    """The sentence about an effect, and the outcome's level where there is one to show."""
    block = outputs.sentence(output, f"summary-{outcome}", choose=choice, **values)
    if values["refused"] or np.isnan(values["mean"]):
        return block
    return _joined(block, outputs.sentence(output, f"level-{outcome}", **values))


def _warned(output: Output, block: Block, trend: Events) -> Block:
    """Add a warning when the gap between the groups moved before July 2017."""
    joint = trend.pre_trend.p_value if trend.pre_trend else np.nan
    if trend.slope_p < LIMIT or joint < LIMIT / len(OUTCOMES):
        return _joined(block, outputs.sentence(output, "trend-warning"))
    return block


def _joined(*blocks: Block) -> Block:
    """Sentences of one paragraph."""
    return Block(" ".join(block.markdown for block in blocks))


def everything(output: Output, summary: pd.DataFrame) -> Block:
    """Sentence about how many of the ten effects differ from zero."""
    counts = count_found(summary.loc[summary["table"].isin(FAMILIES["ten"]), "p_value"])
    choice = "refused" if not counts["n_tests"] else "some" if counts["n_found"] else "none"
    return outputs.sentence(output, "summary-all", choose=choice, **counts)


def reservation(output: Output) -> Block:
    """Sentence that says whom the sentences after it are about."""
    choice = "simulated" if output.origin == "simulated" else "register"
    return outputs.sentence(output, "reservation", choose=choice)


def conclusion(output: Output, summary: pd.DataFrame, trend: Events) -> Block:
    """What a reader may conclude about programmes."""
    values = row(summary, "tbl-1", "program")
    found = direction(values)
    if found == "null" and not values["mde_relative"] <= WIDE:
        found = "wide"
    return _warned(output, outputs.sentence(output, "conclusion", choose=found, **values), trend)


def trends(output: Output, found: dict[str, Events]) -> Block:
    """Sentence about the joint tests of the time before, and the slope for programmes."""
    p_values = {
        name: item.pre_trend.p_value if item.pre_trend else np.nan for name, item in found.items()
    }
    slopes = {f"{name}_slope": item.slope for name, item in found.items()}
    slopes |= {f"{name}_slope_p": item.slope_p for name, item in found.items()}
    known = [value for value in p_values.values() if not np.isnan(value)]
    if not known:
        choice = "none"
    elif min(known) < LIMIT / len(known):
        choice = "rejected"
    else:
        choice = "slope" if slopes["program_slope_p"] < LIMIT else "passed"
    return outputs.sentence(
        output,
        "trends",
        choose=choice,
        smallest=min(known) if known else np.nan,
        n_tests=len(known),
        **{f"{name}_p": value for name, value in p_values.items()},
        **slopes,
    )


def breakdown(output: Output, found: pd.DataFrame) -> Block:
    """Sentences about what differing trends would do to the result for programmes."""
    part = found.set_index("outcome").loc["program"].to_dict()
    values = {str(key): value for key, value in part.items()}
    if np.isnan(values["estimate"]):
        return outputs.sentence(output, "breakdown", choose="refused", **values)
    parallel, line = values["zero_relative"] > 0, values["zero_smoothness"] > 0
    null = "null" if values["mde_relative"] > 0 else "wide"
    choice, second = "robust" if parallel else null, LINES[parallel, line]
    return _joined(
        outputs.sentence(output, "breakdown", choose=choice, **values),
        outputs.sentence(output, "breakdown-line", choose=second),
    )


def testing(output: Output, found: pd.DataFrame) -> Block:
    """Sentence about how many of the ten coefficients stand after adjustment."""
    ten = found[found["family"] == "ten"]
    counts = count_found(ten["p_value"])
    n_wolf = int((ten["p_romano_wolf"] < LIMIT).sum())
    some = n_wolf or counts["n_holm"]
    choice = "refused" if not counts["n_tests"] else "some" if some else "none"
    return outputs.sentence(output, "testing", choose=choice, n_romano_wolf=n_wolf, **counts)


def placebo(output: Output, dates: pd.DataFrame, group: pd.DataFrame) -> Block:
    """Sentence about how many placebo effects are significant."""
    counts = count_found(pd.concat([dates["p_value"], group["p_value"]]))
    choice = "refused" if not counts["n_tests"] else "many" if counts["n_holm"] else "few"
    return outputs.sentence(output, "placebo", choose=choice, **counts)


def measurement_break(output: Output, found: pd.DataFrame) -> Block:
    """Sentence about dialogue with and without 2018."""
    part = found[found["outcome"] == "dialogue"].set_index("horizon")
    values: dict[str, Any] = {
        "all": part.loc["all", "estimate"],
        "until_2017": part.loc["until_2017", "estimate"],
        "difference": part.loc["all", "difference"],
        "p_value": part.loc["all", "difference_p"],
    }
    p_value = float(values["p_value"])
    if np.isnan(p_value):
        return outputs.sentence(output, "break", choose="refused")
    first = outputs.sentence(
        output, "break", choose="differs" if p_value < LIMIT else "same", **values
    )
    others = found[(found["outcome"] != "dialogue") & (found["horizon"] == "all")]
    counts = count_found(others["difference_p"])
    if not counts["n_tests"]:
        return first
    choice = "some" if counts["n_found"] else "none"
    return _joined(first, outputs.sentence(output, "break-others", choose=choice, **counts))


def county(output: Output, found: pd.DataFrame) -> Block:
    """Sentence about the county against the rest of the country."""
    if found.empty:
        return outputs.sentence(output, "county", choose="country")
    counts = count_found(found["difference_p"])
    choice = "refused" if not counts["n_tests"] else "differs" if counts["n_holm"] else "same"
    first = outputs.sentence(output, "county", choose=choice, **counts)
    values = row(found, "tbl-1", "program")
    if np.isnan(values["difference_mde"]):
        return first
    return _joined(first, outputs.sentence(output, "county-detectable", **values))


def marginals(output: Output, truth: pd.DataFrame, county: str) -> Block:
    """Sentence about how the simulated registers were made to look like the printed ones."""
    choice = "register" if truth.empty else "county" if county else "simulated"
    return outputs.sentence(output, "marginals", choose=choice)
