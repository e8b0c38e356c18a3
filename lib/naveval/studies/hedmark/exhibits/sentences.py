"""Paragraphs of the Hedmark report; every number comes from the estimates."""

from typing import Any

import numpy as np
import pandas as pd

from naveval.disclosure.thresholds import thresholds
from naveval.exhibits.output import Block, Output, sentence
from naveval.studies.hedmark.estimate.choice import CHOSEN_LEVEL, POWER, STRICT
from naveval.studies.hedmark.estimate.means import all_others, is_document_design
from naveval.studies.hedmark.estimate.regression import EXACT
from naveval.studies.hedmark.exhibits import figures as hedmark
from naveval.studies.hedmark.exhibits.summary import (
    cells,
    joined,
    kind,
    parts,
    size_values,
    told,
    trust,
    units,
)
from naveval.studies.hedmark.exhibits.tables import month_span, name
from naveval.studies.hedmark.panel import Panel
from naveval.studies.hedmark.parameters import REVIEWED, Parameters
from naveval.studies.hedmark.published import printed_regression

LATE_RIGHT = 3
"""Months in which the right to benefit can come late."""


def paragraphs(*blocks: Block) -> Block:
    """Several paragraphs; empty ones are left out."""
    return Block("\n\n".join(block.markdown for block in blocks if block.markdown))


def what_was_done(output: Output, parameters: Parameters) -> Block:
    """What changed in the county."""
    return sentence(
        output,
        "what-was-done",
        choose=kind(parameters),
        reviewed=REVIEWED,
        **month_span(parameters),
    )


def design(output: Output, parameters: Parameters) -> Block:
    """Estimand and comparison, threats, inference."""
    smallest = 1 / units(parameters)
    return paragraphs(
        sentence(
            output,
            "design",
            names=hedmark.county_names(parameters.controls()),
            **month_span(parameters),
        ),
        sentence(output, "threats"),
        sentence(
            output,
            "inference-design",
            choose="few" if smallest > CHOSEN_LEVEL else "enough",
            units=units(parameters),
            smallest=smallest,
            level=CHOSEN_LEVEL,
            strict=STRICT,
            smallest_all=1 / (1 + len(all_others(parameters))),
        ),
    )


def stock(output: Output, means: pd.DataFrame) -> Block:
    """What table 1 says."""
    plain = cells(means, label="tbl-1", season="unadjusted")
    matched = cells(means, label="tbl-1", season="matched")
    own = plain["with"]
    return told(
        output,
        "result-means",
        treated_before=own["treated_before"],
        treated_after=own["treated_after"],
        control_before=own["control_before"],
        control_after=own["control_after"],
        points=own["points"],
        effect=own["effect"],
        matched=matched["with"]["effect"],
        without=plain["without"]["effect"],
        without_matched=matched["without"]["effect"],
    )


def inflow(
    output: Output,
    panel: Panel,
    means: pd.DataFrame,
    smallest: pd.DataFrame,
    parameters: Parameters,
) -> Block:
    """What table 2 says, and why its last months are incomplete where the register ends there."""
    rows = cells(means, label="tbl-2", season="matched")
    found = told(
        output,
        "result-inflow",
        with_effect=rows["with"]["effect"],
        without_effect=rows["without"]["effect"],
        with_p=rows["with"]["p_value"],
        without_p=rows["without"]["p_value"],
    )
    unclear = [group for group, row in rows.items() if row["p_value"] > CHOSEN_LEVEL]
    found = joined(found, *(_detectable(output, smallest, "inflow", g) for g in unclear))
    if parameters.months()[2] + LATE_RIGHT <= int(panel.counts["month"].max()):
        return found
    return paragraphs(found, sentence(output, "late-inflow", **month_span(parameters)))


def _detectable(output: Output, smallest: pd.DataFrame, outcome: str, group: str) -> Block:
    own = smallest[(smallest["outcome"] == outcome) & (smallest["group"] == group)]
    effect = float(own["effect"].iloc[0])
    if np.isnan(effect):
        return Block("")
    return sentence(
        output, "result-inflow-detectable", choose=group, detectable=effect, power=POWER
    )


def why_durations(output: Output, parameters: Parameters) -> Block:
    """Why duration groups are followed only so long."""
    return sentence(output, "why-durations", **month_span(parameters))


def durations(output: Output, means: pd.DataFrame, smallest: pd.DataFrame) -> Block:
    """What table 3 says; how large the effects that do not stand out would have to be."""
    rows = cells(means, by="outcome", label="tbl-3")
    unclear = [outcome for outcome, row in rows.items() if row["p_value"] > CHOSEN_LEVEL]
    clear = sum(row["p_value"] <= CHOSEN_LEVEL for row in rows.values())
    found = told(
        output,
        "result-durations",
        d26=rows["26-51"]["effect"],
        d52=rows["52-77"]["effect"],
        d78=rows["78-103"]["effect"],
        d104=rows["104+"]["effect"],
        clear=output.label("result-durations", f"clear_{clear}"),
    )
    own = smallest[(smallest["group"] == "with") & smallest["outcome"].isin(unclear)]["effect"]
    if not len(own) or own.isna().any():
        return found
    ends = {"low": float(own.min()), "high": float(own.max()), "power": POWER}
    choice = "one" if len(own) == 1 else "several"
    return joined(found, sentence(output, "result-durations-detectable", choose=choice, **ends))


def regression(output: Output, results: pd.DataFrame, parameters: Parameters, method: str) -> Block:
    """What table 5 says, and how it was set up."""
    values: dict[str, Any] = {}
    for group, row in cells(results, outcome="stock", model="effect").items():
        values[f"{group}_effect"] = row["effect"]
        values[f"{group}_low"], values[f"{group}_high"] = row["ci_low"], row["ci_high"]
    shown = results[results["n_persons"] >= thresholds().min_cell]
    effect, placebo = (shown[shown["model"] == model] for model in ("effect", "placebo"))
    found = told(
        output,
        "result-regression",
        **values,
        **month_span(parameters),
        outcomes=len(effect),
        basis=output.label("result-regression", f"basis_{parameters.composition}"),
        placebos=len(placebo),
        method=name(output, method),
        level=CHOSEN_LEVEL,
        strict=STRICT,
        conventional=int((effect["p_crv1"] <= STRICT).sum()),
        chosen=int((effect[f"p_{method}"] <= CHOSEN_LEVEL).sum()),
        placebo_conventional=int((placebo["p_crv1"] <= STRICT).sum()),
        placebo_chosen=int((placebo[f"p_{method}"] <= CHOSEN_LEVEL).sum()),
    )
    return paragraphs(found, sentence(output, "why-unit"))


def mechanism(output: Output, results: pd.DataFrame) -> Block:
    """Whether inflow or exit carries the change, or neither stands out."""
    values = parts(results)
    choice = "inflow"
    if abs(values["with_exit"]) >= abs(values["with_inflow"]):
        choice = "exit"
    if not min(values["with_exit_p"], values["with_inflow_p"]) <= CHOSEN_LEVEL:
        choice = "neither"
    return told(output, "result-mechanism", choose=choice, **values)


def inference(output: Output, results: pd.DataFrame) -> Block:
    """Where conventional and exact inference disagree, at either level."""
    values: dict[str, Any] = {}
    for method, key in (("crv1", "crv1"), (EXACT, "exact")):
        rows = cells(results, outcome="stock", method=method)
        values[key] = rows["with"]["p_value"]
        values[f"{key}_without"] = rows["without"]["p_value"]
    apart = [
        (values[f"crv1{end}"] <= level) != (values[f"exact{end}"] <= level)
        for end in ("", "_without")
        for level in (STRICT, CHOSEN_LEVEL)
    ]
    return told(output, "result-inference", choose="disagree" if any(apart) else "agree", **values)


def size(output: Output, results: pd.DataFrame) -> Block:
    """How often each method errs, and which one to trust."""
    choice = trust(results)
    if choice == "found" and "power_10" not in results:
        choice = "found_without_power"
    return sentence(
        output, "result-size", choose=choice, strict=STRICT, **size_values(output, results)
    )


def robustness(output: Output, left_out: pd.DataFrame, specifications: pd.DataFrame) -> Block:
    """How far the effect moves with the control group and other choices."""
    values: dict[str, Any] = {}
    for group in ("with", "without"):
        some, curve = (
            frame[
                (frame["outcome"] == "stock")
                & (frame["group"] == group)
                & (frame["n_persons"] >= thresholds().min_cell)
            ]
            for frame in (left_out, specifications)
        )
        some = some[some["county"] != ""]
        values[f"from_{group}"], values[f"to_{group}"] = some["effect"].min(), some["effect"].max()
        values[f"median_{group}"] = curve["effect"].median()
        values[f"negative_{group}"] = 100 * (curve["effect"] < 0).mean()
        values["specifications"] = len(curve)
    return told(output, "result-robustness", **values)


def compare(output: Output, results: pd.DataFrame, parameters: Parameters) -> Block:
    """What the comparison with the printed numbers is, and where methods disagree with them."""
    printed = printed_regression()
    placebo = printed[printed["model"] == "placebo"]
    effect = printed[printed["model"] == "effect"]
    excludes = (printed["low"] > 0) | (printed["high"] < 0)
    blocks = [
        sentence(output, "compare-printed", choose=f"{parameters.origin()}_{kind(parameters)}"),
        sentence(
            output,
            "compare-stars",
            starred=int(placebo["starred"].sum()),
            odd=int((printed["starred"] != excludes).sum()),
            effects=len(effect),
            stars=int(effect["starred"].sum()),
            strict=STRICT,
            units=units(parameters),
            lowest=1 / units(parameters),
        ),
    ]
    if is_document_design(parameters):
        blocks.append(_intervals(output, results, printed))
    return paragraphs(*blocks)


def _intervals(output: Output, results: pd.DataFrame, printed: pd.DataFrame) -> Block:
    """The printed interval of the stock beside the run's conventional and exact ones."""
    own = cells(results, outcome="stock", model="effect")["with"]
    chosen = (printed["outcome"] == "stock") & (printed["model"] == "effect")
    theirs = printed[chosen & (printed["group"] == "with")].iloc[0]
    return told(
        output,
        "compare-intervals",
        low=float(theirs["low"]),
        high=float(theirs["high"]),
        ci_low=own["ci_low"],
        ci_high=own["ci_high"],
        exact_low=own["exact_low"],
        exact_high=own["exact_high"],
    )


def limits(output: Output, parameters: Parameters) -> Block:
    """What the report does not say."""
    return sentence(
        output,
        "limits",
        choose=kind(parameters),
        **month_span(parameters),
        units=units(parameters),
        controls=len(parameters.controls()),
    )
