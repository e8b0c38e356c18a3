"""Paragraphs of the Hedmark report; every number comes from the estimates."""

from typing import Any

import numpy as np
import pandas as pd

from naveval import hedmark_figures as hedmark
from naveval.disclosure_thresholds import thresholds
from naveval.hedmark_estimates_regression import EXACT
from naveval.hedmark_estimates_size import recommend
from naveval.hedmark_parameters import Parameters
from naveval.hedmark_published import printed_regression
from naveval.hedmark_tables import month_span, name
from naveval.output import Block, Output, sentence

CHOSEN, STRICT = 0.10, 0.05
COUNTIES = 19


def _cells(frame: pd.DataFrame, *, by: str = "group", **key: str) -> dict[str, pd.Series]:
    """The rows that match, by group; numbers on too few persons are missing."""
    found = frame
    for column, value in key.items():
        found = found[found[column] == value]
    rows = {}
    for value, row in zip(found[by], found.itertuples(index=False), strict=True):
        series = pd.Series(row._asdict())
        if series["n_persons"] < thresholds().min_cell:
            series = series.where([isinstance(item, str) for item in series], np.nan)
        rows[str(value)] = series
    return rows


def _kind(parameters: Parameters) -> str:
    return "placebo" if parameters.is_placebo() else "reform"


def question(output: Output, parameters: Parameters) -> Block:
    """What the report asks."""
    return sentence(
        output, "summary-question", choose=_kind(parameters), **month_span(parameters),
        controls=len(parameters.controls()),
    )  # fmt: skip


def what_was_done(output: Output, parameters: Parameters) -> Block:
    """What changed in the county."""
    return sentence(output, "what-was-done", choose=_kind(parameters), **month_span(parameters))


def design(output: Output, parameters: Parameters) -> Block:
    """Estimand and comparison, threats, inference."""
    units = 1 + len(parameters.controls())
    parts = [
        sentence(
            output, "design", names=hedmark.county_names(parameters.controls()),
            **month_span(parameters),
        ),
        sentence(output, "threats"),
        sentence(
            output, "inference-design", units=units, smallest=1 / units, level=CHOSEN,
            strict=STRICT, smallest_all=1 / (COUNTIES - parameters.is_placebo()),
        ),
    ]  # fmt: skip
    return Block("\n\n".join(part.markdown for part in parts))


def summary(
    output: Output,
    means: pd.DataFrame,
    mechanism: pd.DataFrame,
    size: pd.DataFrame,
    parameters: Parameters,
) -> Block:
    """The summary's findings."""
    rows = _cells(means, label="tbl-1", season="unadjusted")
    parts = _parts(mechanism)
    values: dict[str, Any] = {}
    for group, row in rows.items():
        values[f"{group}_effect"], values[f"{group}_p"] = row["effect"], row["p_value"]
        values[f"{group}_size"] = abs(row["effect"])
    verdict = _verdict(values, len(rows))
    blocks = [sentence(output, "summary-stock", choose=verdict, **values)]
    if parameters.is_placebo():
        quiet = "quiet" if verdict == "unclear" else "warning"
        blocks.append(sentence(output, "summary-placebo", choose=quiet))
    blocks += [
        sentence(output, "summary-mechanism", **parts),
        sentence(
            output, "summary-inference", choose=_trust(size), nominal=STRICT,
            **_size_values(output, size),
        ),
        sentence(output, "summary-not", **month_span(parameters)),
    ]  # fmt: skip
    return Block("\n\n".join(block.markdown for block in blocks))


def _verdict(values: dict[str, Any], groups: int) -> str:
    clear = [g for g in ("with", "without") if values[f"{g}_p"] <= CHOSEN]
    if not clear:
        return "unclear"
    if len(clear) < groups:
        return "mixed"
    signs = {float(np.sign(values[f"{g}_effect"])) for g in clear}
    if signs == {-1.0}:
        return "down"
    return "up" if signs == {1.0} else "mixed"


def _trust(size: pd.DataFrame) -> str:
    """Whether a method's size holds, and if not whether the comparison itself is off."""
    if recommend(size):
        return "found"
    own = size[size["method"] == EXACT]
    biased = (own["mean_effect"].abs() > own["spread"]).any()
    return "biased" if biased else "none"


def _size_values(output: Output, size: pd.DataFrame) -> dict[str, Any]:
    """Rejection rates at 5 per cent, mean over the outcomes, and the recommended method."""
    rates = size.groupby("method")["reject_5"].mean()
    method = recommend(size)
    power = np.nan
    if method and "power_10" in size:
        power = float(size.loc[size["method"] == method, "power_10"].mean())
    own = size[(size["method"] == EXACT) & (size["outcome"] == "stock")]
    bias = own.set_index("group")["mean_effect"]
    return {
        **{key: float(rates[key]) for key in ("crv1", "classical", "wild_free", "wild_null")},
        "recommended": name(output, method) if method else "", "power": power,
        "bias_with": float(bias["with"]), "bias_without": float(bias["without"]),
    }  # fmt: skip


def _parts(mechanism: pd.DataFrame) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for part in ("inflow", "exit"):
        for group, row in _cells(mechanism, part=part).items():
            values[f"{group}_{part}"] = row["effect"]
            values[f"{group}_{part}_se"] = row["std_error"]
    return values


def stock(output: Output, means: pd.DataFrame) -> Block:
    """What table 1 says."""
    plain = _cells(means, label="tbl-1", season="unadjusted")
    matched = _cells(means, label="tbl-1", season="matched")
    own = plain["with"]
    return sentence(
        output, "result-means", treated_before=own["treated_before"],
        treated_after=own["treated_after"], control_before=own["control_before"],
        control_after=own["control_after"], points=own["points"], effect=own["effect"],
        matched=matched["with"]["effect"], without=plain["without"]["effect"],
        without_matched=matched["without"]["effect"],
    )  # fmt: skip


def inflow(output: Output, means: pd.DataFrame, parameters: Parameters) -> Block:
    """What table 2 says, and why its last months are incomplete."""
    rows = _cells(means, label="tbl-2", season="matched")
    parts = [
        sentence(
            output, "result-inflow", with_effect=rows["with"]["effect"],
            without_effect=rows["without"]["effect"], with_p=rows["with"]["p_value"],
            without_p=rows["without"]["p_value"],
        ),
        sentence(output, "late-inflow", **month_span(parameters)),
    ]  # fmt: skip
    return Block("\n\n".join(part.markdown for part in parts))


def why_durations(output: Output, parameters: Parameters) -> Block:
    """Why duration groups are followed only so long."""
    return sentence(output, "why-durations", **month_span(parameters))


def durations(output: Output, means: pd.DataFrame) -> Block:
    """What table 3 says."""
    rows = _cells(means, by="outcome", label="tbl-3")
    clear = sum(row["p_value"] <= CHOSEN for row in rows.values())
    return sentence(
        output, "result-durations", d26=rows["26-51"]["effect"], d52=rows["52-77"]["effect"],
        d78=rows["78-103"]["effect"], d104=rows["104+"]["effect"], clear=int(clear),
    )  # fmt: skip


def regression(output: Output, results: pd.DataFrame, parameters: Parameters) -> Block:
    """What table 5 says, and how it was set up."""
    rows = _cells(results, outcome="stock", model="effect")
    values: dict[str, Any] = {}
    for group, row in rows.items():
        values[f"{group}_effect"] = row["effect"]
        values[f"{group}_low"], values[f"{group}_high"] = row["ci_low"], row["ci_high"]
    effect, placebo = (results[results["model"] == model] for model in ("effect", "placebo"))
    parts = [
        sentence(
            output, "result-regression", **values, **month_span(parameters), outcomes=len(effect),
            conventional=int((effect["p_crv1"] < STRICT).sum()),
            exact=int((effect[f"p_{EXACT}"] <= CHOSEN).sum()),
            placebo_conventional=int((placebo["p_crv1"] < STRICT).sum()),
            placebo_exact=int((placebo[f"p_{EXACT}"] <= CHOSEN).sum()),
        ),
        sentence(output, "why-unit"),
    ]  # fmt: skip
    return Block("\n\n".join(part.markdown for part in parts))


def mechanism(output: Output, results: pd.DataFrame) -> Block:
    """Whether inflow or exit carries the change."""
    values = _parts(results)
    larger = abs(values["with_exit"]) >= abs(values["with_inflow"])
    return sentence(output, "result-mechanism", choose="exit" if larger else "inflow", **values)


def inference(output: Output, results: pd.DataFrame) -> Block:
    """Where conventional and exact inference disagree."""
    values: dict[str, Any] = {}
    for method, key in (("crv1", "crv1"), (EXACT, "exact")):
        rows = _cells(results, outcome="stock", method=method)
        values[key] = rows["with"]["p_value"]
        values[f"{key}_without"] = rows["without"]["p_value"]
    apart = [
        (values[f"crv1{end}"] < STRICT) != (values[f"exact{end}"] <= STRICT)
        for end in ("", "_without")
    ]
    return sentence(
        output, "result-inference", choose="disagree" if any(apart) else "agree", **values
    )


def size(output: Output, results: pd.DataFrame) -> Block:
    """How often each method errs, and which one to trust."""
    return sentence(output, "result-size", choose=_trust(results), **_size_values(output, results))


def robustness(output: Output, left_out: pd.DataFrame, specifications: pd.DataFrame) -> Block:
    """How far the effect moves with the control group and other choices."""
    values: dict[str, Any] = {}
    for group in ("with", "without"):
        some = left_out[(left_out["outcome"] == "stock") & (left_out["group"] == group)]
        some = some[(some["county"] != "") & (some["n_persons"] >= thresholds().min_cell)]
        values[f"from_{group}"], values[f"to_{group}"] = some["effect"].min(), some["effect"].max()
        curve = specifications[
            (specifications["outcome"] == "stock") & (specifications["group"] == group)
        ]
        values[f"median_{group}"] = curve["effect"].median()
        values[f"negative_{group}"] = 100 * (curve["effect"] < 0).mean()
        values["specifications"] = len(curve)
    return sentence(output, "result-robustness", **values)


def compare(output: Output, parameters: Parameters) -> Block:
    """What the comparison with the printed numbers is, and what it is not."""
    printed = printed_regression()
    starred = printed[(printed["model"] == "placebo") & printed["starred"]]
    choice = "register" if parameters.origin() == "register" else "simulated"
    return sentence(output, "compare-printed", choose=choice, starred=len(starred))


def limits(output: Output, parameters: Parameters) -> Block:
    """What the report does not say."""
    return sentence(
        output, "limits", **month_span(parameters), units=1 + len(parameters.controls()),
        controls=len(parameters.controls()),
    )  # fmt: skip
