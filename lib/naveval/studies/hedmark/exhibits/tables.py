"""Tables of the Hedmark report. Each function takes estimates and shows one released table."""

from typing import Any

import numpy as np
import pandas as pd

from naveval.disclosure import gate
from naveval.disclosure.thresholds import thresholds
from naveval.exhibits import tables
from naveval.exhibits.output import Block, Output
from naveval.project import places
from naveval.studies.hedmark import windows
from naveval.studies.hedmark.estimate.choice import CHOSEN_LEVEL, POWER
from naveval.studies.hedmark.estimate.means import TABLES
from naveval.studies.hedmark.panel import GROUPS
from naveval.studies.hedmark.parameters import Parameters

AREAS = ("treated", "control", "difference")
MEAN_FORMAT, CHANGE_FORMAT, EFFECT_FORMAT, P_FORMAT = "num2", "num2_s", "pct1_s", "p"


def name(output: Output, key: str) -> str:
    """Norwegian name of an outcome, group, method or choice."""
    return output.label("names", key)


def named(output: Output, frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The frame with keys in the given columns replaced by names."""
    out = frame.copy()
    for column in columns:
        out[column] = [name(output, str(key)) for key in out[column]]
    return out


def shown_only(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with numbers missing where they rest on too few persons, for texts and lines."""
    few = frame["n_persons"] < thresholds().min_cell
    numbers = [column for column in frame.select_dtypes("number").columns if column != "n_persons"]
    return frame.assign(**{column: frame[column].astype(float).mask(few) for column in numbers})


def month_span(parameters: Parameters) -> dict[str, str]:
    """Months that captions speak of, as text such as 2014-11."""
    start, first, last = parameters.months()
    return {
        "start": windows.text(start),
        "before_last": windows.text(start - 1),
        "after_first": windows.text(start + 1),
        "first": windows.text(first),
        "last": windows.text(last),
        "placebo_first": parameters.placebo_first,
        "spring_last": windows.text(windows.last_free("26-51", start, last)),
        "autumn_last": windows.text(windows.last_free("52-77", start, last)),
    }


def mean_rows(row: pd.Series) -> list[dict[str, Any]]:
    """The lines of one comparison: before, after, change, effect and its p-value."""
    level = {
        "before": (row.treated_before, row.control_before),
        "after": (row.treated_after, row.control_after),
        "change": (row.treated_change, row.control_change),
    }
    lines = [
        {
            "row": key,
            "treated": treated,
            "control": control,
            "difference": treated - control,
            "format": CHANGE_FORMAT if key == "change" else MEAN_FORMAT,
        }
        for key, (treated, control) in level.items()
    ]
    lines.append({"row": "effect", "difference": row.effect, "format": EFFECT_FORMAT})
    lines.append({"row": "p_value", "difference": row.p_value, "format": P_FORMAT})
    return lines


def means(
    output: Output, results: pd.DataFrame, parameters: Parameters, label: str, method: str
) -> Block:
    """Tables 1 to 4: means before and after, change, effect, and its p-value by the method.

    A mean of the control group rests on the smallest of its counties: their own means stand in
    their own reports, and could be taken from the whole.
    """
    chosen = results[results["label"] == label]
    first = "season" if TABLES[label][0][0] in ("stock", "inflow") else "outcome"
    parts = []
    for value, part in chosen.groupby(first, sort=False):
        columns = []
        for row in part.itertuples():
            lines = pd.DataFrame(mean_rows(row)).set_index(["row", "format"])
            for area, n in zip(AREAS, (row.n_treated, row.n_control, row.n_persons), strict=True):
                lines[f"{area}_n"] = n
            columns.append(lines.add_prefix(f"{row.group}_"))
        block = pd.concat(columns, axis=1).reset_index()
        block.insert(0, first, name(output, str(value)))
        parts.append(block)
    frame = pd.concat(parts, ignore_index=True)
    frame["row"] = [name(output, key) for key in frame["row"]]
    cells = [f"{group}_{area}" for group in GROUPS for area in AREAS if f"{group}_{area}" in frame]
    released = gate.release(frame, label=label, count={cell: f"{cell}_n" for cell in cells})
    shown = name(output, method)
    return tables.show(output, released, label, method=shown, **month_span(parameters))


def _show_model(
    output: Output, frame: pd.DataFrame, label: str, labels: tuple[str, ...] = (), **values: Any
) -> Block:
    released = gate.model(
        frame, label=label, n=["n_persons"], residual_df="residual_df", labels=labels
    )
    return tables.show(output, released, label, **values)


def regression(output: Output, results: pd.DataFrame, parameters: Parameters, method: str) -> Block:
    """Table 5: effect and placebo with conventional intervals and the method's p-values."""
    key = ["outcome", "group"]
    kept = ["effect", "ci_low", "ci_high", "p_value"]
    results = results.assign(p_value=results[f"p_{method}"])
    effect = results[results["model"] == "effect"].set_index(key)
    placebo = results[results["model"] == "placebo"].set_index(key)
    frame = effect[[*kept, "n_persons", "residual_df"]].join(placebo[kept].add_prefix("placebo_"))
    frame["n_persons"] = np.minimum(frame["n_persons"], placebo["n_persons"])
    frame = named(output, frame.reset_index(), "outcome", "group")
    chosen = {
        field: output.label("tbl-5", f"{field}_{getattr(parameters, field)}")
        for field in ("weights", "time_effects", "composition")
    }
    return _show_model(
        output, frame, "tbl-5", (), method=name(output, method), **chosen, **month_span(parameters)
    )


def inference(output: Output, results: pd.DataFrame, parameters: Parameters) -> Block:
    """Every method side by side for the stock and the inflow."""
    wide = results.assign(key=results["outcome"] + "_" + results["group"])
    frame = pd.DataFrame({"method": results["method"].unique()})
    for key, part in wide.groupby("key", sort=False):
        own = part.set_index("method").reindex(frame["method"])
        for column in ("p_value", "ci_low", "ci_high"):
            frame[f"{key}_{column}"] = own[column].to_numpy()
    first = results.drop_duplicates("method").set_index("method").reindex(frame["method"])
    frame["level"] = 100 * first["level"].to_numpy()
    frame["n_persons"] = int(results["n_persons"].min())
    frame["residual_df"] = int(results["residual_df"].min())
    frame = named(output, frame, "method")
    units = int(results["n_units"].min())
    return _show_model(
        output,
        frame,
        "tbl-inference",
        ("level",),
        methods=len(frame),
        units=units,
        smallest=1 / units,
        smallest_all=1 / int(results["n_units"].max()),
        controls=units - 1,
    )


def size(output: Output, results: pd.DataFrame, parameters: Parameters) -> Block:
    """Rejection rates without effect (and with) per method, over the four outcomes."""
    frame = pd.DataFrame({"method": results["method"].unique()})
    columns = [c for c in ("reject_5", "reject_10", "power_10") if c in results]
    for (outcome, group), part in results.groupby(["outcome", "group"], sort=False):
        own = part.set_index("method").reindex(frame["method"])
        for column in columns:
            frame[f"{outcome}_{group}_{column}"] = 100 * own[column].to_numpy()
    mean = results.groupby("method")[columns].mean().reindex(frame["method"])
    for column in columns:
        frame[f"mean_{column}"] = 100 * mean[column].to_numpy()
    if "power_10" not in columns:
        frame["mean_power_10"] = np.nan
    holds = results.groupby("method")["holds"].all().reindex(frame["method"])
    frame["holds"] = [name(output, "yes" if ok else "no") for ok in holds]
    frame = named(output, frame, "method")
    released = gate.public(frame, label="tbl-size", source="panels drawn without persons")
    return tables.show(
        output,
        released,
        "tbl-size",
        draws=int(results["n_draws"].max()),
        controls=len(parameters.controls()),
        smallest=1 / (1 + len(parameters.controls())),
    )


def detectable(
    output: Output, results: pd.DataFrame, regression: pd.DataFrame, method: str
) -> Block:
    """The smallest effect the method finds, beside the effect of the regression and its p-value.

    Only the regression's numbers rest on persons.
    """
    own = regression[regression["model"] == "effect"].drop(columns="effect")
    own = own.assign(p_value=own[f"p_{method}"], estimate=regression["effect"])
    columns = ["outcome", "group", "estimate", "p_value", "n_persons", "residual_df"]
    frame = results.merge(own[columns], on=["outcome", "group"])
    frame = named(output, frame.drop(columns="n_draws"), "outcome", "group", "method")
    return _show_model(
        output,
        frame,
        "tbl-detectable",
        ("effect",),
        method=name(output, method),
        power=POWER,
        level=CHOSEN_LEVEL,
        draws=int(results["n_draws"].max()),
    )


def synthetic(output: Output, results: pd.DataFrame, parameters: Parameters) -> Block:
    """Synthetic control and synthetic difference-in-differences."""
    frame = named(output, results, "outcome", "group", "method")
    return _show_model(output, frame, "tbl-synthetic", ("n_units",), **month_span(parameters))


def weights(output: Output, results: pd.DataFrame) -> Block:
    """Weights of the control counties."""
    frame = results.assign(county=[places.name(code) for code in results["county"]])
    numeric = [c for c in frame.columns if c not in ("county", "n_persons")]
    frame[numeric] = 100 * frame[numeric]
    frame["residual_df"] = 10_000
    return _show_model(output, frame, "tbl-weights")


def pre_trend(output: Output, results: pd.DataFrame) -> Block:
    """Joint tests of the time before."""
    frame = named(output, results, "outcome", "group")
    return _show_model(output, frame, "tbl-pre-trend", ("n_units",))


def mechanism(output: Output, results: pd.DataFrame, parameters: Parameters) -> Block:
    """Contributions of inflow, exit and right to the change of the stock."""
    shown = results[results["part"] != "unexplained"]
    frame = named(output, shown.assign(part="part_" + shown["part"]), "group", "part")
    frame["residual_df"] = 10_000  # counts of persons, not a fitted model
    return _show_model(output, frame, "tbl-mechanism", ("n_units",), **month_span(parameters))


def hazards(output: Output, results: pd.DataFrame, parameters: Parameters) -> Block:
    """Exit hazards by duration before and after."""
    frame = named(output, results, "group", "duration")
    frame["residual_df"] = 10_000
    return _show_model(output, frame, "tbl-hazards", ("n_units",), **month_span(parameters))
