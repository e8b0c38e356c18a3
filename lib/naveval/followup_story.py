"""Which sentence fits the numbers: the wording a reader meets is chosen here, not typed."""

from typing import Any

import numpy as np
import pandas as pd

from naveval import output as outputs
from naveval.detectable import relative
from naveval.followup_checks import LIMIT, count_found
from naveval.followup_events import Events
from naveval.output import Block, Output

FOLLOW_UP = ("program", "dialogue")


def row(summary: pd.DataFrame, table: str, outcome: str, horizon: str = "long") -> dict[str, Any]:
    """Values of one regression for sentences."""
    found = summary[
        (summary["table"] == table)
        & (summary["outcome"] == outcome)
        & (summary["horizon"] == horizon)
    ].iloc[0]
    values = {str(key): value for key, value in found.to_dict().items()}
    names = ("estimate", "ci_low", "ci_high", "mean", "mde")
    values |= {f"{name}_per_100": 100 * values[name] for name in names}
    return values | {"ci_high_relative": relative(values["ci_high"], values["mean"])}


def direction(values: dict[str, Any]) -> str:
    """refused, positive, negative or null."""
    if values.get("refused"):
        return str(values["refused"])
    if not values["p_value"] < LIMIT:
        return "null"
    return "positive" if values["estimate"] > 0 else "negative"


def result(output: Output, key: str, summary: pd.DataFrame, table: str, outcome: str) -> Block:
    """Sentence about one long-window regression."""
    values = row(summary, table, outcome)
    short = row(summary, table, outcome, "short")
    return outputs.sentence(
        output, key, choose=direction(values),
        **values, **{f"short_{name}": value for name, value in short.items()},
    )  # fmt: skip


def reservation(output: Output) -> Block:
    """Sentence that says whom the sentences after it are about."""
    choice = "simulated" if output.origin == "simulated" else "register"
    return outputs.sentence(output, "reservation", choose=choice)


def conclusion(output: Output, summary: pd.DataFrame) -> Block:
    """What a reader may conclude about programmes."""
    values = row(summary, "tbl-1", "program")
    return outputs.sentence(output, "conclusion", choose=direction(values), **values)


def trends(output: Output, found: dict[str, Events]) -> Block:
    """Sentence about the joint tests of the time before."""
    p_values = {
        name: item.pre_trend.p_value if item.pre_trend else np.nan for name, item in found.items()
    }
    slopes = {f"{name}_slope": item.slope for name, item in found.items()}
    slopes |= {f"{name}_slope_p": item.slope_p for name, item in found.items()}
    known = [value for value in p_values.values() if not np.isnan(value)]
    choice = "none" if not known else "rejected" if min(known) < LIMIT / len(known) else "passed"
    return outputs.sentence(
        output, "trends", choose=choice, smallest=min(known) if known else np.nan,
        n_tests=len(known), **{f"{name}_p": value for name, value in p_values.items()}, **slopes,
    )  # fmt: skip


def breakdown(output: Output, found: pd.DataFrame) -> Block:
    """Sentence about what differing trends would do to the result for programmes."""
    part = found.set_index("outcome").loc["program"].to_dict()
    values = {str(key): value for key, value in part.items()}
    if np.isnan(values["estimate"]):
        choice = "refused"
    elif values["zero_relative"] > 0:
        choice = "robust"
    else:
        choice = "null" if values["mde_relative"] > 0 else "wide"
    return outputs.sentence(output, "breakdown", choose=choice, **values)


def testing(output: Output, found: pd.DataFrame) -> Block:
    """Sentence about how many of the ten coefficients stand after adjustment."""
    ten = found[found["family"] == "ten"]
    counts = count_found(ten["p_value"])
    n_wolf = int((ten["p_romano_wolf"] < LIMIT).sum())
    choice = "refused" if not counts["n_tests"] else "some" if n_wolf else "none"
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
        "all": part.loc["all", "estimate"], "until_2017": part.loc["until_2017", "estimate"],
        "difference": part.loc["all", "difference"], "p_value": part.loc["all", "difference_p"],
    }  # fmt: skip
    p_value = float(values["p_value"])
    choice = "refused" if np.isnan(p_value) else "differs" if p_value < LIMIT else "same"
    return outputs.sentence(output, "break", choose=choice, **values)


def county(output: Output, found: pd.DataFrame) -> Block:
    """Sentence about the county against the rest of the country."""
    if found.empty:
        return outputs.sentence(output, "county", choose="country")
    counts = count_found(found["difference_p"])
    choice = "refused" if not counts["n_tests"] else "differs" if counts["n_holm"] else "same"
    return outputs.sentence(output, "county", choose=choice, **counts)


def marginals(output: Output, truth: pd.DataFrame, county: str) -> Block:
    """Sentence about how the simulated registers were made to look like the printed ones."""
    choice = "register" if truth.empty else "county" if county else "simulated"
    return outputs.sentence(output, "marginals", choose=choice)
