"""Tables of the follow-up study. Every table passes disclosure control here."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from naveval.disclosure import gate
from naveval.exhibits import tables
from naveval.exhibits.output import Block, Output
from naveval.project.months import from_code, month_text
from naveval.studies.followup import protection
from naveval.studies.followup.estimate import stars
from naveval.studies.followup.events import Events
from naveval.studies.followup.panel import Panel
from naveval.studies.followup.parameters import Parameters
from naveval.studies.followup.protection import HIDDEN_WITH_MEAN, Protected

HIDDEN_WHEN_REFUSED = ("mean", "r_squared", "mde", "mde_relative")
KEYS = ["table", "outcome", "horizon"]


def effects(output: Output, summary: pd.DataFrame, table: str) -> Block:
    """Table 1, 2 or 3: the document's own columns and the minimum detectable effect."""
    part = _named(output, _without_refused(summary[summary["table"] == table]))
    part["stars"] = [stars(value) for value in part["p_value"]]
    columns = [
        *KEYS,
        "row",
        "estimate",
        "std_error",
        "stars",
        "p_value",
        "ci_low",
        "ci_high",
        "mde",
        "mde_relative",
        "mean",
        "r_squared",
        "n_obs",
        "n_persons",
        "smallest_cell",
        "residual_df",
        "mean_hidden",
    ]
    return _model(output, part[columns], table, power=float(summary["power"].iloc[0]))


def tests(output: Output, found: Mapping[str, Events]) -> Block:
    """Joint test of the time before July 2017, and the linear trend before."""
    rows = [
        {
            "outcome": name,
            "statistic": item.pre_trend.statistic if item.pre_trend else np.nan,
            "freedom": item.pre_trend.freedom if item.pre_trend else np.nan,
            "p_value": item.pre_trend.p_value if item.pre_trend else np.nan,
            "slope": item.slope,
            "slope_error": item.slope_error,
            "slope_p": item.slope_p,
            "n_persons": item.n_persons,
        }
        for name, item in found.items()
    ]
    return _model(output, _named(output, pd.DataFrame(rows)), "tbl-pretrend", n="n_persons")


def placebo_dates(output: Output, found: pd.DataFrame) -> Block:
    """Effects at dates when nothing happened."""
    part = _named(output, _without_refused(found)).assign(
        when=found["start"].map(lambda month: month_text(from_code(month)))
    )
    return _model(output, part.drop(columns="start"), "tbl-placebo")


def placebo_group(output: Output, found: pd.DataFrame) -> Block:
    """20–22 against 30–32 weeks left."""
    return _model(output, _named(output, _without_refused(found)), "tbl-placebo-group")


def breakdowns(output: Output, found: pd.DataFrame) -> Block:
    """Breakdown values by outcome."""
    return _model(output, _named(output, found), "tbl-breakdown", n="n_persons")


def testing(output: Output, found: pd.DataFrame) -> Block:
    """P-values before and after adjustment for many tests."""
    part = _named(output, _without_refused(found))
    columns = [
        "family",
        *KEYS,
        "row",
        "estimate",
        "p_value",
        "p_holm",
        "p_romano_wolf",
        "n_persons",
        "smallest_cell",
    ]
    return _model(output, part[columns], "tbl-testing")


def without_2018(output: Output, found: pd.DataFrame) -> Block:
    """The long window with and without 2018."""
    part = _named(output, _without_refused(found))
    return _model(output, part, "tbl-break")


def county(output: Output, found: pd.DataFrame) -> Block:
    """County beside the country, and the difference from the rest tested; nothing without."""
    if found.empty:
        return Block("")
    return _model(output, _named(output, found), "tbl-county")


def published(output: Output, summary: pd.DataFrame, truth: pd.DataFrame) -> Block:
    """Own numbers beside the printed ones; errors converted to the printed sample size.

    Parameters
    ----------
    truth
        True coefficients of simulated registers with `table`, `outcome`, `horizon` and
        `coefficient`; no rows for real ones.
    """
    part = _named(output, _without_refused(summary)).merge(truth, how="left", on=KEYS)
    part["error_at_printed_n"] = part["std_error"] * np.sqrt(part["n_obs"] / part["printed_n_obs"])
    columns = [
        *KEYS,
        "row",
        "estimate",
        "std_error",
        "printed_estimate",
        "printed_std_error",
        "error_at_printed_n",
        "mean",
        "printed_mean",
        "coefficient",
        "n_persons",
        "smallest_cell",
        "mean_hidden",
    ]
    return _model(
        output,
        part[columns],
        "tbl-published",
        labels=["printed_estimate", "printed_std_error", "printed_mean"],
    )


def marginals(
    output: Output, summary: pd.DataFrame, truth: pd.DataFrame, parameters: Parameters
) -> Block:
    """How far simulated registers are from the printed means and sizes; nothing for real ones."""
    if truth.empty or parameters.county:
        return Block("")
    part = _named(output, _without_refused(summary))
    part["mean_deviation"] = part["mean"] / part["printed_mean"] - 1
    part["full_n_obs"] = part["n_obs"] / parameters.scale
    part["n_deviation"] = part["full_n_obs"] / part["printed_n_obs"] - 1
    columns = [
        *KEYS,
        "row",
        "mean",
        "printed_mean",
        "mean_deviation",
        "full_n_obs",
        "printed_n_obs",
        "n_deviation",
        "n_persons",
        "smallest_cell",
        "mean_hidden",
    ]
    return _model(output, part[columns], "tbl-marginals", labels=["printed_mean", "printed_n_obs"])


def flow(output: Output, panel: Panel, protected: Protected, place: str) -> Block:
    """How many persons, spells and periods each step keeps or drops."""
    released = protection.flow(panel, protected, place)
    frame = released.frame
    frame["row"] = frame["step"].map(lambda step: output.label("tbl-flow", step))
    released.suppressed["row"] = False
    return tables.show(output, released, "tbl-flow")


def _without_refused(frame: pd.DataFrame) -> pd.DataFrame:
    """Blank what may not be shown about a regression that was refused."""
    found = frame.copy()
    for name in HIDDEN_WHEN_REFUSED:
        if name in found:
            found[name] = found[name].mask(found["refused"] != "")
    return found


def _named(output: Output, frame: pd.DataFrame) -> pd.DataFrame:
    """Add `row`: the outcome, whether it is at the threshold where not all are, the window."""
    names = frame["outcome"].map(lambda name: output.label("names", name))
    if "table" in frame and frame["table"].nunique() > 1:
        near = names + " " + output.label("names", "threshold")
        names = names.where(frame["table"] != "tbl-2", near)
    if "horizon" in frame:
        names = names + ", " + frame["horizon"].map(lambda name: output.label("names", name))
    return frame.assign(row=names)


def _model(
    output: Output,
    frame: pd.DataFrame,
    label: str,
    *,
    n: str = "smallest_cell",
    labels: list[str] | None = None,
    **values: float,
) -> Block:
    frame = frame.reset_index(drop=True)
    residual = frame["n_persons"].fillna(0) - 1
    released = gate.model(
        frame.drop(columns="mean_hidden", errors="ignore").assign(residual_df=residual),
        label=label,
        n=n,
        residual_df="residual_df",
        labels=labels or [],
    )
    if "mean_hidden" in frame:
        for name in {*HIDDEN_WITH_MEAN, "mean_deviation"} & set(frame.columns):
            released.suppressed[name] |= frame["mean_hidden"]
    return tables.show(output, released, label, **values)
