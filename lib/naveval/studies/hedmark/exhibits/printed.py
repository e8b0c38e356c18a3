"""Tables that set the report beside the printed document, and say how the panel came about."""

import json

import numpy as np
import pandas as pd

from naveval.disclosure import gate
from naveval.disclosure.thresholds import thresholds
from naveval.exhibits import tables
from naveval.exhibits.output import Block, Output
from naveval.registers import extracts
from naveval.studies.hedmark import panel as panels
from naveval.studies.hedmark.estimate.means import has_default_windows, is_document_design
from naveval.studies.hedmark.exhibits.figures import pool_count
from naveval.studies.hedmark.exhibits.tables import month_span, name, named
from naveval.studies.hedmark.panel import Panel
from naveval.studies.hedmark.parameters import Parameters
from naveval.studies.hedmark.published import (
    MEANS,
    blocks,
    inexact_cells,
    printed_regression,
    reproduced,
)

SOURCE = "the document's tables 1 to 5"
KEY = ["label", "season", "outcome", "group"]


def formula(output: Output) -> Block:
    """The printed effects from the printed means by the study's own formula."""
    found = reproduced().sort_values(["label", "season", "outcome", "group"], ignore_index=True)
    counts = found["verdict"].value_counts()
    frame = named(output, found, "label", "season", "outcome", "group", "verdict")
    released = gate.public(frame, label="tbl-formula", source=SOURCE)
    return tables.show(
        output,
        released,
        "tbl-formula",
        effects=int((found["verdict"] != "missing").sum()),
        reproduced=int(counts.get("equal", 0) + counts.get("within", 0)),
        missing=int(counts.get("missing", 0)),
    )


def inexact(output: Output) -> Block:
    """Printed differences and changes that the printed cells do not give exactly."""
    found = inexact_cells()
    frame = named(
        output, found, "label", "season", "outcome", "group", "row", "column", "of", "verdict"
    )
    released = gate.public(frame, label="tbl-inexact", source=SOURCE)
    return tables.show(
        output,
        released,
        "tbl-inexact",
        cells=len(found),
        outside=int((found["verdict"] == "outside").sum()),
    )


def comparison(
    output: Output, means: pd.DataFrame, regression: pd.DataFrame, parameters: Parameters
) -> Block:
    """The run's effects beside the printed ones: tables 1 to 4 and 5."""
    first = means.merge(blocks()[[*KEY, "printed"]], on=KEY, how="left")
    first = first[[*KEY, "effect", "std_error", "printed", "n_persons"]]
    printed = printed_regression().rename(columns={"value": "printed"})
    second = regression.merge(printed, on=["outcome", "group", "model"], how="left")
    second = second.assign(label="tbl-5", season=second["model"].map(MODEL_NAMES))
    second = second[[*KEY, "effect", "printed", "low", "high", "n_persons"]]
    frame = pd.concat([first, second], ignore_index=True).dropna(subset=["printed"])
    frame["difference"] = frame["effect"] - frame["printed"]
    frame["residual_df"] = 10_000
    frame = named(output, frame, "label", "season", "outcome", "group")
    released = gate.model(
        frame,
        label="tbl-published",
        n=["n_persons"],
        residual_df="residual_df",
        labels=("printed", "low", "high"),
    )
    return tables.show(output, released, "tbl-published", **month_span(parameters))


MODEL_NAMES = {"effect": "regression", "placebo": "placebo"}


def marginals(output: Output, panel: Panel, means: pd.DataFrame, parameters: Parameters) -> Block:
    """Simulated levels beside the printed ones; only for the document's own design."""
    if not is_document_design(parameters):
        return Block(output.label("names", "no_marginals"))
    found = means.merge(blocks()[[*KEY, *MEANS]], on=KEY, suffixes=("", "_printed"))
    rows = [
        {
            **{key: row[key] for key in KEY},
            "cell": cell,
            "simulated": row[cell],
            "printed": row[f"{cell}_printed"],
            "deviation": 100 * (row[cell] / row[f"{cell}_printed"] - 1),
            "n": row["n_treated" if cell.startswith("treated") else "n_control"],
        }
        for _, row in found.iterrows()
        for cell in MEANS
        if not np.isnan(row[f"{cell}_printed"])
    ]
    frame = named(output, pd.DataFrame(rows), "label", "season", "outcome", "group", "cell")
    released = gate.release(
        frame,
        label="tbl-marginals",
        count="n",
        values=["simulated", "deviation"],
        labels=["printed"],
    )
    deviation = released.frame["deviation"].abs()
    return tables.show(
        output,
        released,
        "tbl-marginals",
        typical=float(deviation.median()),
        greatest=float(deviation.max()),
    )


def truth(output: Output, means: pd.DataFrame, parameters: Parameters) -> Block:
    """Estimates beside the true effects that the simulated registers were made with."""
    file = extracts.folder("hedmark", parameters) / "truth.json"
    if not (file.exists() and has_default_windows(parameters)):
        return Block(output.label("names", "no_truth"))
    known = json.loads(file.read_text(encoding="utf-8"))
    true = pd.DataFrame(known["effects"]).rename(columns={"effect": "truth", "window": "season"})
    if known["county"] != parameters.county:
        true["truth"] = 0.0
    found = means.merge(true, on=["outcome", "group", "season"], how="left")
    found = found[[*KEY, "effect", "std_error", "truth", "n_persons"]]
    found["distance"] = (found["effect"] - found["truth"]) / found["std_error"]
    remark = output.label("tbl-truth", "placebo" if parameters.is_placebo() else "reform")
    shown = found[found["n_persons"] >= thresholds().min_cell]
    within = int((shown["distance"].abs() <= 3).sum())
    frame = named(output, found.assign(residual_df=10_000), "label", "season", "outcome", "group")
    released = gate.model(
        frame, label="tbl-truth", n=["n_persons"], residual_df="residual_df", labels=("truth",)
    )
    return tables.show(
        output, released, "tbl-truth", within=within, effects=len(shown), remark=remark
    )


def sample_flow(output: Output, panel: Panel, parameters: Parameters) -> Block:
    """Person-months from the register to the analysis, step by step.

    Hidden where a county and month has too few: all others are in the counties' reports.
    """
    counts = panel.counts
    start, first, last = parameters.months()
    chosen = (parameters.county, *parameters.controls())
    inside = counts["county"].isin(chosen)
    window = inside & counts["month"].between(first, last)
    used = window & (counts["month"] != start)
    steps = {
        "register": counts,
        "counties": counts[inside],
        "window": counts[window],
        "used": counts[used],
    }
    rows = [
        {
            "step": name(output, f"step_{key}"),
            "counties": part["county"].nunique(),
            "months": part["month"].nunique(),
            **{
                group: pool_count(part.loc[part["group"] == group, ["stock"]].to_numpy())[0]
                for group in panels.GROUPS
            },
        }
        for key, part in steps.items()
    ]
    frame = pd.DataFrame(rows)
    released = gate.release(
        frame,
        label="tbl-flow",
        count={group: group for group in panels.GROUPS},
        labels=["counties", "months"],
    )
    return tables.show(output, released, "tbl-flow", **month_span(parameters))
