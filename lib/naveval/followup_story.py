"""Which sentence fits the numbers: the wording a reader meets is chosen here, not typed."""

from typing import Any

import numpy as np
import pandas as pd

from naveval import output as outputs
from naveval.detectable import relative
from naveval.followup_events import Events
from naveval.multiple_testing import holm
from naveval.output import Block, Output

LIMIT = 0.05
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
    ten = found[(found["family"] == "ten") & found["p_value"].notna()]
    counts = {
        "n_tests": len(ten),
        "n_plain": int((ten["p_value"] < LIMIT).sum()),
        "n_holm": int((ten["p_holm"] < LIMIT).sum()),
        "n_romano_wolf": int((ten["p_romano_wolf"] < LIMIT).sum()),
    }
    choice = "refused" if not len(ten) else "some" if counts["n_romano_wolf"] else "none"
    return outputs.sentence(output, "testing", choose=choice, **counts)


def placebo(output: Output, dates: pd.DataFrame, group: pd.DataFrame) -> Block:
    """Sentence about how many placebo effects are significant."""
    p_values = pd.concat([dates["p_value"], group["p_value"]]).dropna()
    n_found = int((p_values < LIMIT).sum())
    expected = LIMIT * len(p_values)
    choice = "refused" if p_values.empty else "many" if n_found > 3 * max(expected, 1) else "few"
    return outputs.sentence(
        output, "placebo", choose=choice, n_tests=len(p_values), n_found=n_found, expected=expected
    )


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
    known = found["difference_p"].notna()
    n_tests, n_found = int(known.sum()), int((found["difference_p"] < LIMIT).sum())
    smallest = np.nanmin(holm(found["difference_p"].to_numpy(float))) if n_tests else np.nan
    choice = "refused" if not n_tests else "differs" if smallest < LIMIT else "same"
    return outputs.sentence(
        output, "county", choose=choice, n_tests=n_tests, n_found=n_found,
        n_refused=int((~known).sum()),
    )  # fmt: skip
