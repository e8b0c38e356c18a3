"""All numbers of the report as one tidy frame, with the printed ones beside."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from naveval.disclosure import gate
from naveval.disclosure.thresholds import thresholds
from naveval.exhibits import estimates
from naveval.studies.hedmark.estimate.choice import CHOSEN_LEVEL, POWER, STRICT
from naveval.studies.hedmark.estimate.means import is_document_design
from naveval.studies.hedmark.estimate.regression import EXACT
from naveval.studies.hedmark.parameters import Parameters
from naveval.studies.hedmark.published import printed_means, printed_regression, reproduced

STUDY = "hedmark"
COUNTS = {"treated": "n_treated", "control": "n_control", "difference": "n_persons"}
PERCENT, RATE, SHARE = "percent of level before", "percent of labour force", "share of draws"


def collect(
    parameters: Parameters,
    means: pd.DataFrame,
    regression: pd.DataFrame,
    inference: pd.DataFrame,
    size: pd.DataFrame,
    synthetic: pd.DataFrame,
    months: pd.DataFrame,
    counties: pd.DataFrame,
    left_out: pd.DataFrame,
    specifications: pd.DataFrame,
    mechanism: pd.DataFrame,
    hazards: pd.DataFrame,
    smallest: pd.DataFrame,
) -> pd.DataFrame:
    """The report's estimates; what rests on too few persons is missing.

    Raises
    ------
    EstimationError
        When two estimates have the same key.
    """
    parts = [
        _means(means, parameters),
        _regression(regression, parameters),
        _simple(inference, "tbl-inference", "effect"),
        _least(inference),
        _size(size),
        _simple(synthetic, "tbl-synthetic", "effect"),
        _simple(months, "fig-placebo-month", "placebo", row="month"),
        _simple(counties, "fig-placebo-county", "placebo", row="county"),
        _simple(left_out, "fig-leave-one-out", "effect", row="county"),
        _specifications(specifications),
        _counted(regression, specifications, str(means["p_method"].iloc[0])),
        _simple(mechanism, "tbl-mechanism", "contribution", row="part"),
        _simple(hazards, "tbl-hazards", "relative change of hazard", row="duration"),
        _smallest(smallest),
        _formula(),
    ]
    return _hide_small(estimates.frame(STUDY, pd.concat(parts, ignore_index=True)))


def _hide_small(table: pd.DataFrame) -> pd.DataFrame:
    """Take out numbers that rest on too few persons."""
    counted = table["n_persons"].notna()
    numbers = ["estimate", "std_error", "ci_low", "ci_high", "p_value", "n_persons", "difference"]
    rows = table.loc[counted, numbers].assign(enough=10_000)
    released = gate.model(rows, label="estimates", n=["n_persons"], residual_df="enough")
    out = table.copy()
    out.loc[counted, numbers] = released.frame[numbers]
    return out


def _means(means: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    rows: list[Mapping[str, Any]] = []
    for item in means.to_dict("records"):
        key = {
            "label": item["label"],
            "outcome": item["outcome"],
            "group": item["group"],
            "horizon": item["season"],
            "method": "difference-in-differences of means",
        }
        cells = {
            ("before", "treated"): item["treated_before"],
            ("before", "control"): item["control_before"],
            ("after", "treated"): item["treated_after"],
            ("after", "control"): item["control_after"],
            ("change", "treated"): item["treated_change"],
            ("change", "control"): item["control_change"],
        }
        for row in ("before", "after", "change"):
            cells[row, "difference"] = cells[row, "treated"] - cells[row, "control"]
        for (row, column), value in cells.items():
            rows.append(
                {
                    **key,
                    "row": row,
                    "column": column,
                    "estimand": "mean",
                    "estimate": value,
                    "unit": RATE,
                    "n_persons": item[COUNTS[column]],
                }
            )
        rows.append(
            {
                **key,
                "row": "effect",
                "column": "difference",
                "estimand": "effect",
                "unit": PERCENT,
                "estimate": item["effect"],
                "std_error": item["std_error"],
                "p_value": item["p_value"],
                "n_clusters": item["n_clusters"],
                "n_persons": item["n_persons"],
                "method": f"{key['method']}, p-value by {item['p_method']}",
            }
        )
    frame = pd.DataFrame(rows)
    if not is_document_design(parameters):
        return frame
    printed = printed_means().rename(columns={"season": "horizon", "value": "published"})
    keys = ["label", "horizon", "outcome", "group", "row", "column"]
    printed = printed[[*keys, "published", "doubt"]].rename(columns={"doubt": "note"})
    return frame.merge(printed, on=keys, how="left")


def _regression(regression: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    base = regression.assign(label="tbl-5", row=regression["outcome"], column=regression["model"])
    base = base.assign(estimand=base["model"], unit=PERCENT, estimate=base["effect"])
    if is_document_design(parameters):
        printed = printed_regression().rename(columns={"value": "published"})
        base = base.merge(
            printed.drop(columns=["low", "high", "starred"]),
            on=["outcome", "group", "model"],
            how="left",
        )
    kept = [
        "label",
        "row",
        "column",
        "outcome",
        "group",
        "estimand",
        "estimate",
        "unit",
        "n_persons",
        "n_obs",
        "n_clusters",
    ]
    conventional = base[[*kept, "std_error", "ci_low", "ci_high"]].assign(
        method="crv1", p_value=base["p_crv1"]
    )
    if "published" in base:
        conventional["published"] = base["published"]
    exact = base[kept].assign(
        method=EXACT,
        p_value=base[f"p_{EXACT}"],
        ci_low=base["exact_low"],
        ci_high=base["exact_high"],
        note="interval of 90 per cent",
    )
    corrected = base[kept].assign(
        method="ferman_pinto",
        p_value=base["p_ferman_pinto"],
        ci_low=base["corrected_low"],
        ci_high=base["corrected_high"],
    )
    return pd.concat([conventional, exact, corrected], ignore_index=True)


def _simple(
    results: pd.DataFrame, label: str, estimand: str, *, row: str | None = None
) -> pd.DataFrame:
    """Frames with effect, group and the usual columns."""
    frame = results.rename(columns={"effect": "estimate", "n_units": "n_clusters"}).copy()
    frame["label"], frame["estimand"], frame["unit"] = label, estimand, PERCENT
    if row is not None:
        frame["row"] = frame[row].astype(str).replace("", "all")
    if "p_value" not in frame:
        frame["p_value"] = frame["p_exact"]
    allowed = [column for column in estimates.COLUMNS if column in frame.columns]
    return frame[allowed]


def _least(inference: pd.DataFrame) -> pd.DataFrame:
    """The smallest p-values that exchanging counties can give, with each pool of them."""
    units = inference["n_units"]
    pools = {"control group": int(units.min()), "all counties": int(units.max())}
    return pd.DataFrame(
        {
            "label": "tbl-inference",
            "row": "smallest p-value",
            "column": list(pools),
            "estimand": "smallest p-value",
            "unit": "probability",
            "estimate": [1 / n for n in pools.values()],
            "n_clusters": list(pools.values()),
            "method": "exchange of counties",
        }
    )


def _specifications(results: pd.DataFrame) -> pd.DataFrame:
    choice = results["controls"] + ", " + results["window"] + ", " + results["time_effects"]
    choice = choice + ", " + results["composition"] + ", " + results["weights"]
    frame = results.assign(row=choice, note=np.where(results["main"], "main specification", ""))
    return _simple(frame.drop(columns=["main"]), "fig-specification", "effect")


def _counted(regression: pd.DataFrame, specifications: pd.DataFrame, method: str) -> pd.DataFrame:
    """How many effects of table 5 each method finds, and how many specifications there are."""
    enough = thresholds().min_cell
    shown = regression[regression["n_persons"] >= enough]
    tests = {"crv1": STRICT, method: CHOSEN_LEVEL}
    rows: list[Mapping[str, Any]] = [
        {
            "label": "tbl-5",
            "row": "count",
            "column": model,
            "method": name,
            "unit": "effects",
            "estimand": "effects found",
            "estimate": int((part[f"p_{name}"] <= level).sum()),
            "n_obs": len(part),
            "note": f"level {level:.0%}",
        }
        for model, part in shown.groupby("model")
        for name, level in tests.items()
    ]
    stock = specifications[
        (specifications["outcome"] == "stock") & (specifications["n_persons"] >= enough)
    ]
    for group, part in stock.groupby("group"):
        rows.append(
            {
                "label": "fig-specification",
                "row": "count",
                "group": group,
                "outcome": "stock",
                "estimand": "specifications",
                "unit": "specifications",
                "estimate": len(part),
            }
        )
    return pd.DataFrame(rows)


def _size(results: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for item in results.to_dict("records"):
        for column in ("reject_5", "reject_10", "power_5", "power_10"):
            if column in item:
                rows.append(
                    {
                        "label": "tbl-size",
                        "row": item["method"],
                        "column": column,
                        "outcome": item["outcome"],
                        "group": item["group"],
                        "unit": SHARE,
                        "estimand": "rejection rate",
                        "estimate": item[column],
                        "std_error": item.get(column.replace("reject", "error")),
                        "n_obs": item["n_draws"],
                        "method": item["method"],
                    }
                )
        rows.append(
            {
                "label": "tbl-size",
                "row": item["method"],
                "column": "mean_effect",
                "outcome": item["outcome"],
                "group": item["group"],
                "unit": PERCENT,
                "estimand": "mean effect without any practice",
                "estimate": item["mean_effect"],
                "std_error": item["spread"] / np.sqrt(item["n_draws"]),
                "n_obs": item["n_draws"],
                "method": item["method"],
            }
        )
    return pd.DataFrame(rows)


def _smallest(results: pd.DataFrame) -> pd.DataFrame:
    named = results.rename(columns={"effect": "estimate", "n_draws": "n_obs"})
    return named.assign(
        label="tbl-detectable",
        estimand="minimum detectable effect",
        unit=PERCENT,
        note=f"power {POWER:.0%}, level {CHOSEN_LEVEL:.0%}",
    )


def _formula() -> pd.DataFrame:
    found = reproduced().dropna(subset=["effect"])
    return pd.DataFrame(
        {
            "label": "tbl-formula",
            "row": found["label"],
            "outcome": found["outcome"],
            "group": found["group"],
            "horizon": found["season"],
            "estimand": "effect",
            "estimate": found["effect"],
            "published": found["printed"],
            "unit": PERCENT,
            "ci_low": found["range_from"],
            "ci_high": found["range_to"],
            "method": "formula on printed means",
            "note": found["verdict"],
        }
    )
