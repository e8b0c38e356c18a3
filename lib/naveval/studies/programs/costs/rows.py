"""The cost-benefit analysis as rows of the tidy estimates table."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from naveval.estimators.cost_benefit.net_benefit import ITEMS
from naveval.exhibits import estimates
from naveval.studies.programs.costs.analysis import BUDGET_PARTS, Analysis

STUDY = "programs"
SPELL = "NOK per programme spell"
UNITS = {
    "duration": "months",
    "months": "months",
    "break_even_months": "months",
    "counsellor_hours": "hours per month",
    "break_even_hours": "hours per month",
    "tiltakspenger_percent": "percent",
    "break_even_percent": "percent",
    "alternative_break_even_years": "years",
    "monthly_budget_cost": "NOK per month",
    "wage_subsidy_per_month": "NOK per month",
    "tiltakspenger_per_month": "NOK per month",
    "effect_year_1": "NOK per month",
    "effect_year_2": "NOK per month",
    "effect_years_2_7": "NOK per month",
    "break_even_effect": "NOK per month",
}
Row = Mapping[str, Any]


def rows(analysis: Analysis) -> pd.DataFrame:
    """Every number of the cost-benefit part, with the printed number where there is one.

    `row` is the programme (or case), `column` what the number is; `method` says which effects
    lie behind it: "published" or "estimated".
    """
    parts = (_cells, _net, _break_even, _scenarios, _tornado, _budget, _readings, _limits, _curve)
    found = [row for part in parts for row in part(analysis)]
    return estimates.frame(STUDY, found)


def _cells(analysis: Analysis) -> Iterator[Row]:
    for cell in analysis.cells.to_dict("records"):
        label = "text-7" if cell["label"] == "text" else cell["label"]
        yield {
            "label": label,
            "row": cell["row"],
            "column": cell["column"],
            "estimand": "computed",
            "estimate": cell["computed"],
            "published": cell["printed"],
            "method": "published",
            "unit": UNITS.get(cell["column"], SPELL),
            "note": cell["explanation"],
            "group": cell["basis"],
        }


def _net(analysis: Analysis) -> Iterator[Row]:
    base = analysis.flows.set_index("program")
    common = {"label": "tbl-uncertainty", "method": analysis.effects, "n_obs": analysis.draws}
    for draw in analysis.uncertainty.to_dict("records"):
        row = {**common, "row": draw["program"], "unit": SPELL}
        value = base.loc[draw["program"]]
        yield {
            **row,
            "column": "net_benefit",
            "estimand": "net_benefit",
            "estimate": value["net_benefit"],
            "std_error": draw["std"],
            "ci_low": draw["ci_low"],
            "ci_high": draw["ci_high"],
        }
        yield {**row, "column": "mean", "estimand": "net_benefit", "estimate": draw["mean"]}
        yield {
            **row,
            "column": "effects_only",
            "estimand": "net_benefit",
            "estimate": value["net_benefit"],
            "ci_low": draw["effect_low"],
            "ci_high": draw["effect_high"],
        }
        yield {
            **row,
            "column": "p_positive",
            "estimand": "probability",
            "estimate": draw["p_positive"],
            "std_error": draw["p_positive_se"],
            "unit": "share",
        }
        for item in (*ITEMS, "total_cost"):
            yield {
                "label": "fig-composition",
                "row": draw["program"],
                "column": item,
                "estimand": "item",
                "estimate": value[item],
                "unit": SPELL,
                "method": analysis.effects,
            }


def _break_even(analysis: Analysis) -> Iterator[Row]:
    for label, frame in (
        ("tbl-7-7", analysis.break_even),
        ("tbl-hours", analysis.hours),
        ("tbl-aft-alternative", analysis.alternative),
    ):
        for record in frame.to_dict("records"):
            for column, value in record.items():
                if column not in ("program", "rule"):
                    yield {
                        "label": label,
                        "row": record["program"],
                        "column": column,
                        "estimand": "break_even",
                        "estimate": value,
                        "method": analysis.effects,
                        "unit": UNITS.get(str(column), SPELL),
                    }


def _scenarios(analysis: Analysis) -> Iterator[Row]:
    for case in analysis.scenarios.to_dict("records"):
        value = "" if pd.isna(case["value"]) else f"={case['value']:g}"
        yield {
            "label": "tbl-scenarios",
            "row": case["program"],
            "column": f"{case['assumption']}{value}",
            "estimand": "net_benefit",
            "estimate": case["net_benefit"],
            "unit": SPELL,
            "method": analysis.effects,
        }


def _tornado(analysis: Analysis) -> Iterator[Row]:
    for case in analysis.tornado.to_dict("records"):
        yield {
            "label": "fig-tornado",
            "row": case["program"],
            "column": case["input"],
            "estimand": "net_benefit",
            "estimate": case["base"],
            "unit": SPELL,
            "ci_low": min(case["low"], case["high"]),
            "ci_high": max(case["low"], case["high"]),
            "method": analysis.effects,
            "note": "range with the input at its low and high value",
        }


def _budget(analysis: Analysis) -> Iterator[Row]:
    for record in analysis.budget.to_dict("records"):
        common = {"row": record["program"], "method": analysis.effects}
        for part in (*BUDGET_PARTS, "willingness_to_pay"):
            yield {
                **common,
                "label": "tbl-budget",
                "column": part,
                "estimand": "present_value",
                "estimate": record[part],
                "unit": SPELL,
            }
        yield {
            **common,
            "label": "tbl-mvpf",
            "column": "marginal_value",
            "estimand": "ratio",
            "estimate": record["marginal_value"],
            "ci_low": record["mvpf_low"],
            "ci_high": record["mvpf_high"],
            "unit": "NOK per NOK",
            "n_obs": analysis.draws,
        }
        yield {
            **common,
            "label": "tbl-mvpf",
            "column": "pays_for_itself",
            "estimand": "probability",
            "estimate": record["pays_for_itself"],
            "unit": "share",
            "n_obs": analysis.draws,
        }


def _readings(analysis: Analysis) -> Iterator[Row]:
    for record in analysis.readings.to_dict("records"):
        for which in ("used", "other"):
            yield {
                "label": "tbl-readings",
                "row": record["row"],
                "group": record["doubt"],
                "outcome": f"{record['label']} {record['column']}",
                "column": which,
                "estimand": "computed",
                "estimate": record[which],
                "published": record["printed"],
                "method": "published",
                "unit": UNITS.get(record["column"], SPELL),
            }
    for record in analysis.first_month.to_dict("records"):
        yield {
            "label": "tbl-readings",
            "row": record["convention"],
            "group": "first_month",
            "column": "deviation",
            "estimand": "root_mean_square",
            "estimate": record["deviation"],
            "unit": "share",
            "method": "published",
        }


def _limits(analysis: Analysis) -> Iterator[Row]:
    for record in analysis.limits.to_dict("records"):
        for column in ("net_benefit", "undiscounted"):
            yield {
                "label": "tbl-7-8",
                "row": f"{record['program']}, {record['case']}",
                "column": column,
                "horizon": f"{record['months']:g}",
                "estimand": "net_benefit",
                "estimate": record[column],
                "unit": SPELL,
                "method": analysis.effects,
            }


def _curve(analysis: Analysis) -> Iterator[Row]:
    for record in analysis.curve.to_dict("records"):
        yield {
            "label": "fig-break-even",
            "row": record["program"],
            "column": "net_benefit",
            "horizon": f"{record['months']:g}",
            "estimand": "net_benefit",
            "estimate": record["net_benefit"],
            "unit": SPELL,
            "method": analysis.effects,
        }
