"""Tables of the cost-benefit part. Money in thousands of kroner where the caption says so."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from naveval.disclosure import gate
from naveval.disclosure.gate import Released
from naveval.estimators.cost_benefit.checks import PROGRAMS
from naveval.estimators.cost_benefit.net_benefit import ITEMS
from naveval.exhibits import tables
from naveval.exhibits.output import Block, Output
from naveval.project import formats
from naveval.project.errors import ParameterError
from naveval.studies.programs.costs.analysis import BUDGET_PARTS, Analysis
from naveval.studies.programs.costs.published import assessments
from naveval.studies.programs.costs.reconcile import TOLERANCE

SOURCE = "published tables and inputs of the programme evaluation, and released estimates"
AUTOMATIC = ("equal", "rounding", "within_2_percent", "chosen", "unexplained")
# Item of table 7-6 by column of the table of effects without a price.
NON_PRICED = {
    "Fortrengingseffekt": "displacement",
    "Systemeffekt (eksternalitet) av at andre blir sendt på tiltak": "system_effect",
    "Samlet netto nytte": "overall",
}
FORMATS = {
    "duration": "num2",
    "months": "num0",
    "break_even_months": "num0",
    "counsellor_hours": "num2",
    "break_even_hours": "num1",
    "tiltakspenger_percent": "num1",
    "break_even_percent": "num1",
    "alternative_break_even_years": "num1",
}


def release(frame: pd.DataFrame, label: str, analysis: Analysis | None) -> Released:
    """Release a frame made from published tables, or with effects estimated on the registers."""
    if analysis is not None and analysis.effects != "published":
        return gate.derived(frame, label=label, source=SOURCE)
    return gate.public(frame, label=label, source=SOURCE)


def show(
    output: Output, analysis: Analysis | None, frame: pd.DataFrame, label: str, **values: object
) -> Block:
    """Release a frame and show it."""
    released = release(frame, label, analysis)
    return tables.show(output, released, label, **values)


def items(output: Output) -> Block:
    """Table 7-1: which effects are priced."""
    frame = pd.DataFrame(output.texts["tbl-7-1"]["rows"], columns=["side", "item", "valuation"])
    return show(output, None, frame, "tbl-7-1")


def program_costs(output: Output, analysis: Analysis) -> Block:
    """Table 7-2: duration, budget cost a month and social cost of running the programme."""
    frame = _with_printed(analysis, "tbl-7-2", ["duration", "monthly_budget_cost"])
    frame["total"] = -analysis.flows["program_cost"]
    return show(output, analysis, frame, "tbl-7-2")


def counsellor_costs(output: Output, analysis: Analysis) -> Block:
    """Table 7-3: extra counsellor time."""
    frame = _with_printed(analysis, "tbl-7-3", ["duration", "counsellor_hours"])
    frame["monthly_budget_cost"] = analysis.inputs["monthly_counsellor"]
    frame["total"] = -analysis.flows["counsellor"]
    return show(output, analysis, frame, "tbl-7-3")


def tiltakspenger(output: Output, analysis: Analysis) -> Block:
    """Table 7-4: tiltakspenger during the programme."""
    frame = _with_printed(analysis, "tbl-7-4", ["duration", "tiltakspenger_share"])
    frame["monthly_budget_cost"] = analysis.inputs["monthly_tiltakspenger"]
    frame["total"] = -analysis.flows["tiltakspenger"]
    return show(output, analysis, frame, "tbl-7-4")


def value_creation(output: Output, analysis: Analysis) -> Block:
    """Table 7-5: monthly wage effects and the value they create."""
    names = ["effect_year_1", "effect_year_2", "effect_year_3", "effect_later", "effect_years"]
    frame = _with_printed(analysis, "tbl-7-5", names, total="value_creation")
    frame["total"] = analysis.flows["value_creation"]
    return show(output, analysis, frame, "tbl-7-5")


def totals(output: Output, analysis: Analysis) -> Block:
    """Table 7-6: all priced items, thousand kroner."""
    frame = _with_printed(analysis, "tbl-7-6", [], total="net_benefit")
    for name in (*ITEMS, "net_benefit"):
        frame[name] = analysis.flows[name] + 0.0
    return show(output, analysis, _thousand(frame, (*ITEMS, "net_benefit", "printed")), "tbl-7-6")


def summary(output: Output, analysis: Analysis) -> Block:
    """Table 1-1: costs, benefits, sum, and the sign of the sum; thousand kroner."""
    flows = analysis.flows
    frame = pd.DataFrame(
        {
            "program": flows["program"],
            "program_cost": flows["program_cost"],
            "other_costs": flows["other_sectors"] + flows["tiltakspenger"] + flows["counsellor"],
            "benefits": flows["value_creation"] + flows["saved_benefits"],
            "net_benefit": flows["net_benefit"],
        }
    )
    signs = [
        output.label("tbl-1-1", "positive" if net > 0 else "negative")
        for net in frame["net_benefit"]
    ]
    names = ("program_cost", "other_costs", "benefits", "net_benefit")
    return show(output, analysis, _thousand(frame.assign(overall=signs), names), "tbl-1-1")


def break_even(output: Output, analysis: Analysis) -> Block:
    """Table 7-7: effect and duration at which the programme pays for itself."""
    frame = analysis.break_even.drop(columns="rule").assign(
        printed_effect=_printed(analysis, "tbl-7-7", "break_even_effect"),
        printed_months=_printed(analysis, "tbl-7-7", "break_even_months"),
    )
    return show(output, analysis, frame, "tbl-7-7")


def longest(output: Output, analysis: Analysis) -> Block:
    """Table 7-8: net benefit when the programme lasts as long as it may; thousand kroner."""
    frame = analysis.limits.copy()
    printed = analysis.cells.set_index(["label", "row", "column"])["printed"]
    rows = frame["program"] + ", " + frame["case"]
    frame["printed"] = [printed["tbl-7-8", row, "net_benefit"] for row in rows]
    frame["case"] = [output.label("tbl-7-8", case) for case in frame["case"]]
    frame = _thousand(frame, ("net_benefit", "undiscounted", "printed"))
    return show(output, analysis, frame, "tbl-7-8")


def uncertainty(output: Output, analysis: Analysis) -> Block:
    """Interval and probability of a positive net benefit; thousand kroner."""
    frame = analysis.uncertainty.assign(net_benefit=analysis.flows["net_benefit"])
    names = ("net_benefit", "ci_low", "ci_high", "effect_low", "effect_high")
    return show(output, analysis, _thousand(frame, names), "tbl-uncertainty", draws=analysis.draws)


def scenarios(output: Output, analysis: Analysis) -> Block:
    """Net benefit with one assumption changed at a time; thousand kroner."""
    table = analysis.scenarios.assign(
        case=[
            output.label("tbl-scenarios", name, value=_percent(value))
            for name, value in zip(
                analysis.scenarios["assumption"], analysis.scenarios["value"], strict=True
            )
        ]
    )
    wide = table.pivot(index="case", columns="program", values="net_benefit")
    wide = wide.reindex(list(dict.fromkeys(table["case"])), columns=list(PROGRAMS)).reset_index()
    return show(output, analysis, _thousand(wide, PROGRAMS), "tbl-scenarios")


def _percent(value: float) -> str:
    """A share as percent, with a decimal only where it needs one."""
    whole = np.isclose(value * 100, np.round(value * 100))
    return formats.share(value, 0 if whole else 1)


def budget(output: Output, analysis: Analysis) -> Block:
    """Effects on Nav's and all public budgets beside net benefit; thousand kroner."""
    frame = analysis.budget.copy()
    frame["other_public"] = frame["school_places"] + frame["tax_on_benefits"]
    names = (*BUDGET_PARTS, "other_public", "net_benefit")
    return show(output, analysis, _thousand(frame, names), "tbl-budget")


def marginal_value(output: Output, analysis: Analysis) -> Block:
    """What participants gain per krone of net public cost."""
    frame = analysis.budget.assign(net_cost=-analysis.budget["public"])
    return show(output, analysis, _thousand(frame, ("willingness_to_pay", "net_cost")), "tbl-mvpf")


def non_priced(output: Output, analysis: Analysis) -> Block:
    """Effects without a price, on the document's scale, and the sign of the priced sum."""
    table = assessments()
    table["item"] = table["item"].map(NON_PRICED)
    wide = table.pivot(index="program", columns="item", values="value_text")
    frame = wide.loc[list(analysis.programs)].reset_index()
    frame["net_benefit"] = analysis.flows["net_benefit"]
    return show(output, analysis, _thousand(frame, ("net_benefit",)), "tbl-non-priced")


def reconciliation_summary(output: Output, analysis: Analysis) -> Block:
    """How many printed numbers each table has and how they come out."""
    cells = analysis.cells.assign(kind=analysis.cells["explanation"])
    cells["kind"] = cells["kind"].where(cells["kind"].isin(AUTOMATIC), "explained")
    counts = pd.crosstab(cells["label"], cells["kind"]).reindex(
        columns=["equal", "within_2_percent", "rounding", "chosen", "explained", "unexplained"],
        fill_value=0,
    )
    counts.insert(0, "cells", counts.sum(axis=1))
    counts = counts.loc[list(dict.fromkeys(cells["label"]))]
    counts.loc["sum"] = counts.sum()
    frame = counts.reset_index(names="table")
    frame["table"] = [output.label("tbl-reconciliation-summary", name) for name in frame["table"]]
    return show(output, analysis, frame, "tbl-reconciliation-summary")


def deviations(output: Output, analysis: Analysis) -> Block:
    """Every number that differs by more than 2 per cent and by the rounding of its table.

    Durations are left to the full table: all nine differ for one and the same reason.
    """
    label, cells = "tbl-reconciliation-deviations", analysis.cells
    large = (cells["share"].abs() > TOLERANCE) & (cells["explanation"] != "equal")
    shown = cells[large & (cells["column"] != "duration")]
    return show(output, analysis, _cell_frame(output, shown, label), label)


def reconciliation(output: Output, analysis: Analysis) -> Block:
    """Every printed number beside the computed one."""
    label = "tbl-reconciliation"
    return show(output, analysis, _cell_frame(output, analysis.cells, label), label)


def _cell_frame(output: Output, cells: pd.DataFrame, label: str) -> pd.DataFrame:
    texts = "tbl-reconciliation"
    return pd.DataFrame(
        {
            "table": [output.label("tbl-reconciliation-summary", name) for name in cells["label"]],
            "row": [_row(output, row) for row in cells["row"]],
            "column": [output.label(texts, column) for column in cells["column"]],
            "printed": cells["printed"],
            "computed": cells["computed"],
            "difference": cells["difference"],
            "percent": cells["share"] * 100,
            "alternative": cells["alternative"],
            "explanation": [output.label(label, name) for name in cells["explanation"]],
            "format": [FORMATS.get(column, "num0") for column in cells["column"]],
        }
    ).reset_index(drop=True)


def readings(output: Output, analysis: Analysis) -> Block:
    """Both readings of every doubtful input."""
    table = analysis.readings
    frame = pd.DataFrame(
        {
            "doubt": [
                output.label("tbl-readings", doubt.doubt, used=doubt.input, other=doubt.other_input)
                for doubt in table.itertuples()
            ],
            "row": [_row(output, row) for row in table["row"]],
            "column": [output.label("tbl-reconciliation", column) for column in table["column"]],
            "printed": table["printed"],
            "used": table["used"],
            "other": table["other"],
            "closer": [output.label("tbl-readings", which) for which in table["closer"]],
            "format": [FORMATS.get(column, "num0") for column in table["column"]],
        }
    )
    return show(output, analysis, frame, "tbl-readings")


def _row(output: Output, row: str) -> str:
    program, _, case = row.partition(", ")
    return f"{program}, {output.label('tbl-7-8', case)}" if case else program


def _with_printed(
    analysis: Analysis, label: str, columns: list[str], *, total: str = "total"
) -> pd.DataFrame:
    """Columns of the inputs with the printed total, and the printed duration where there is one."""
    frame = analysis.inputs[["program", *columns]].copy()
    frame["printed"] = _printed(analysis, label, total)
    if "duration" in columns:
        frame["printed_duration"] = _printed(analysis, label, "duration")
    return frame


def _printed(analysis: Analysis, label: str, column: str) -> list[float]:
    cells = analysis.cells.set_index(["label", "row", "column"])["printed"].to_dict()
    return [cells.get((label, program, column), np.nan) for program in analysis.programs]


def _thousand(frame: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    names = list(columns)
    lacking = sorted(set(names) - set(frame.columns))
    if lacking:
        raise ParameterError(f"table lacks columns {', '.join(lacking)}")
    return frame.assign(**{name: frame[name] / 1000 for name in names})
