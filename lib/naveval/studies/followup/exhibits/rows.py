"""All numbers of the follow-up study as rows of the tidy estimates table."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from naveval.disclosure.gate import Released
from naveval.exhibits import estimates
from naveval.studies.followup.checks import FAMILIES, count_found
from naveval.studies.followup.events import Events
from naveval.studies.followup.measures import before_and_after

Result = TypeVar("Result")
STUDY = "followup"
METHOD = "did, clustered by person"
SHARE = "share per two-week period"
SENSITIVITY = {
    "relative": "Rambachan-Roth, C-LF",
    "smoothness": "Rambachan-Roth, fixed length",
}
FIGURES = ("profile_1", "profile_2", "profile_3", "months_4", "months_5", "months_6")
PLAIN = ("phone", "meeting", "question", "digital")


class Found(dict[str, Any]):
    """What a run has found, by name; parts that were not run are missing."""

    def keep(self, name: str, result: Result) -> Result:
        """Keep a result under its name, and give it back."""
        self[name] = result
        return result


def rows(found: Mapping[str, Any]) -> pd.DataFrame:
    """One tidy frame of what a run has found.

    Parameters
    ----------
    found
        Results by name, see `Found`.
        Numbers of refused regressions are left out, suppressed ones are missing.
    """
    makers: Mapping[str, Callable[[Any], list[dict[str, Any]]]] = {
        "summary": _effects,
        **dict.fromkeys(FIGURES, _means),
        "events": _events,
        "dates": lambda frame: _checks(frame, "tbl-placebo", "start"),
        "group": lambda frame: _checks(frame, "tbl-placebo-group"),
        "breaks": lambda frame: _checks(frame, "tbl-break"),
        "testing": _testing,
        "intervals": _intervals,
        "breakdowns": _breakdowns,
        "comparison": _county,
    }
    parts = [make(found[name]) for name, make in makers.items() if name in found]
    if "summary" in found:
        ten = found["summary"]["table"].isin(FAMILIES["ten"])
        parts.append(_counts("summary", found["summary"].loc[ten, "p_value"]))
    if "breaks" in found:
        breaks = found["breaks"]
        others = breaks["outcome"].ne("dialogue") & breaks["horizon"].eq("all")
        parts.append(_counts("tbl-break", breaks.loc[others, "difference_p"]))
    if "dates" in found and "group" in found:
        p_values = pd.concat([found["dates"]["p_value"], found["group"]["p_value"]])
        parts.append(_counts("tbl-placebo", p_values))
    return estimates.combine(*(estimates.frame(STUDY, part) for part in parts if part))


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as mappings from column name to value."""
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def unit(outcome: str) -> str:
    return "dialogues per two-week period" if outcome in (*PLAIN, "dialogue") else SHARE


def _base(item: Mapping[str, Any], label: str) -> dict[str, Any]:
    return {
        "label": label,
        "outcome": item["outcome"],
        "horizon": item.get("horizon", ""),
        "method": METHOD,
        "unit": unit(item["outcome"]),
    }


def _inference(item: Mapping[str, Any]) -> dict[str, Any]:
    names = ("estimate", "std_error", "ci_low", "ci_high", "p_value", "n_obs", "n_persons")
    found = {name: item[name] for name in names}
    return found | {"n_clusters": item["n_persons"]}


def _refused(item: Mapping[str, Any], label: str) -> dict[str, Any]:
    return _base(item, label) | {"estimand": "att", "estimate": np.nan, "note": item["refused"]}


def _effects(summary: pd.DataFrame) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for item in records(summary):
        label = item["table"]
        if item["refused"]:
            found.append(_refused(item, label) | {"published": item["printed_estimate"]})
            continue
        base = _base(item, label) | {"n_persons": item["n_persons"]}
        found.append(
            base | _inference(item) | {"estimand": "att", "published": item["printed_estimate"]}
        )
        found += [
            base
            | {
                "estimand": "mean of the target group",
                "estimate": item["mean"],
                "published": item["printed_mean"],
            },
            base | {"estimand": "minimum_detectable", "estimate": item["mde"]},
            base
            | {
                "estimand": "minimum_detectable relative to the mean",
                "estimate": item["mde_relative"],
                "unit": "share of the mean",
            },
            base | {"estimand": "r_squared", "estimate": item["r_squared"], "unit": "share"},
            *_per_hundred(base, item),
            base
            | {
                "estimand": "std_error",
                "estimate": item["std_error"],
                "published": item["printed_std_error"],
            },
        ]
    return found


def _per_hundred(base: Mapping[str, Any], item: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Dialogues per hundred periods, as the sentences tell them."""
    if item["outcome"] != "dialogue":
        return []
    scaled = {name: 100 * item[name] for name in ("estimate", "ci_low", "ci_high")}
    unit = {"unit": "dialogues per hundred two-week periods"}
    return [
        {**base, **unit, **scaled, "estimand": "att per hundred"},
        {**base, **unit, "estimand": "mean per hundred", "estimate": 100 * item["mean"]},
        {
            **base,
            **unit,
            "estimand": "minimum_detectable per hundred",
            "estimate": 100 * item["mde"],
        },
    ]


def _counts(label: str, p_values: pd.Series) -> list[dict[str, Any]]:
    """How many tests there are and how many stand, as sentences tell it."""
    return [
        {
            "label": label,
            "row": name,
            "estimand": "number of tests",
            "estimate": value,
            "unit": "tests",
            "method": "count",
        }
        for name, value in count_found(p_values).items()
    ]


def _means(released: Released) -> list[dict[str, Any]]:
    found = []
    for item in records(released.frame):
        time = item["month"] if "month" in item else f"week {item['weeks']}"
        found.append(
            {
                "label": released.label,
                "outcome": item["measure"],
                "row": str(time),
                "group": item.get("group", ""),
                "estimand": "mean",
                "estimate": item["value"],
                "n_obs": item["n_obs"],
                "n_persons": item["n_persons"],
                "unit": unit(item["measure"]),
                "method": "mean over person-periods",
            }
        )
    if "group" in released.frame:
        found += [
            {
                "label": released.label,
                "row": name,
                "estimand": "mean before or after",
                "estimate": value,
                "method": "mean over person-periods",
            }
            for name, value in before_and_after(released.frame).items()
        ]
    return found


def _events(events: Mapping[str, Events]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name, item in events.items():
        base = {
            "label": "fig-events",
            "outcome": name,
            "horizon": "long",
            "method": METHOD,
            "unit": unit(name),
            "n_persons": item.n_persons,
            "n_obs": item.n_obs,
        }
        if item.refused:
            found.append(
                {
                    "label": "fig-events",
                    "outcome": name,
                    "estimand": "event_time",
                    "estimate": np.nan,
                    "note": item.refused,
                    "method": METHOD,
                }
            )
            continue
        columns = ["estimate", "std_error", "ci_low", "ci_high"]
        for row in records(item.frame):
            band = f"simultaneous band {row['band_low']:.6f} to {row['band_high']:.6f}"
            found.append(
                base
                | {key: row[key] for key in columns}
                | {
                    "estimand": "event_time",
                    "row": str(row["month"]),
                    "note": band,
                    "n_persons": min(item.n_persons, row["n_month"]),
                }
            )
        found.append(
            base
            | {
                "estimand": "pre_trend slope per month",
                "estimate": item.slope,
                "std_error": item.slope_error,
                "p_value": item.slope_p,
            }
        )
        if item.pre_trend:
            found.append(
                base
                | {
                    "estimand": "pre_trend joint",
                    "estimate": item.pre_trend.statistic,
                    "p_value": item.pre_trend.p_value,
                    "unit": "F statistic",
                }
            )
    return found


def _checks(frame: pd.DataFrame, label: str, row: str = "") -> list[dict[str, Any]]:
    found = []
    for item in records(frame):
        place = {"row": str(item[row])} if row else {}
        if item["refused"]:
            found.append(_refused(item, label) | place)
            continue
        found.append(_base(item, label) | _inference(item) | place | {"estimand": "att"})
    return found


def _testing(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            "label": "tbl-testing",
            "row": item["table"],
            "outcome": item["outcome"],
            "horizon": item["horizon"],
            "group": item["family"],
            "estimand": "p_value",
            "estimate": item[name],
            "method": method,
            "unit": "probability",
        }
        for item in records(frame)
        if not item["refused"]
        for name, method in (
            ("p_value", "unadjusted"),
            ("p_holm", "Holm"),
            ("p_romano_wolf", "Romano-Wolf"),
        )
    ] + _counts("tbl-testing", frame.loc[frame["family"] == "ten", "p_value"])


def _intervals(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            "label": "fig-sensitivity",
            "outcome": item["outcome"],
            "horizon": "long",
            "row": f"{item['restriction']} {item['share']:g}",
            "estimand": "robust interval",
            "estimate": np.nan,
            "ci_low": item["ci_low"],
            "ci_high": item["ci_high"],
            "method": SENSITIVITY[item["restriction"]],
            "unit": unit(item["outcome"]),
        }
        for item in records(frame)
    ]


def _breakdowns(frame: pd.DataFrame) -> list[dict[str, Any]]:
    names = [name for name in frame.columns if name.startswith(("zero_", "mde_"))]
    return [
        {
            "label": "tbl-breakdown",
            "outcome": item["outcome"],
            "horizon": "long",
            "row": name,
            "estimand": "breakdown value",
            "estimate": item[name],
            "method": SENSITIVITY[name.partition("_")[2]],
            "unit": "bound",
        }
        for item in records(frame)
        for name in names
    ]


def _county(frame: pd.DataFrame) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for item in records(frame):
        base = _base(item, "tbl-county") | {"row": item["table"]}
        if item["refused"]:
            found.append(
                base
                | {
                    "estimand": "difference",
                    "estimate": np.nan,
                    "note": item["refused"],
                    "group": "county - rest",
                }
            )
            continue
        found += [
            base
            | {
                "estimand": "att",
                "group": group,
                "estimate": item[f"{group}_estimate"],
                "std_error": item[f"{group}_std_error"],
            }
            for group in ("county", "country", "rest")
        ]
        found.append(
            base
            | {
                "estimand": "difference",
                "group": "county - rest",
                "estimate": item["difference"],
                "std_error": item["difference_error"],
                "p_value": item["difference_p"],
                "n_persons": item["n_persons"],
            }
        )
        found.append(
            base
            | {
                "estimand": "minimum_detectable",
                "group": "county - rest",
                "estimate": item["difference_mde"],
                "n_persons": item["n_persons"],
            }
        )
    if len(frame):
        found += _counts("tbl-county", frame["difference_p"])
    return found
