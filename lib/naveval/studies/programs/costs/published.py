"""The printed cells of chapter 7 and table 1-1 in one tidy frame.

One row per printed number: label (the document's table), row (programme or case), column,
printed (as in the document, shares in per cent) and half_unit, half of the last digit printed.
A printed dash counts as zero.
"""

from pathlib import Path

import pandas as pd

from naveval.estimators.cost_benefit.checks import LONGEST_CASES, PROGRAMS
from naveval.project import paths
from naveval.project.errors import ParameterError

LABELS = (
    "tbl-7-2",
    "tbl-7-3",
    "tbl-7-4",
    "tbl-7-5",
    "tbl-7-6",
    "tbl-7-7",
    "tbl-7-8",
    "tbl-1-1",
    "text",
)
CELL_COLUMNS = ("label", "row", "column", "printed", "half_unit")
UNITS = {
    "duration": ("num2", "months"),
    "months": ("num0", "months"),
    "break_even_months": ("num0", "months"),
    "counsellor_hours": ("num2", "hours per month"),
    "break_even_hours": ("num1", "hours per month"),
    "tiltakspenger_percent": ("num1", "percent"),
    "break_even_percent": ("num1", "percent"),
    "alternative_break_even_years": ("num1", "years"),
    **dict.fromkeys(
        (
            "monthly_budget_cost",
            "wage_subsidy_per_month",
            "tiltakspenger_per_month",
            "effect_year_1",
            "effect_year_2",
            "effect_years_2_7",
            "break_even_effect",
        ),
        ("num0", "NOK per month"),
    ),
    **dict.fromkeys(
        (
            "total",
            "value_creation",
            "program_cost",
            "other_sectors",
            "tiltakspenger",
            "counsellor",
            "saved_benefits",
            "net_benefit",
            "other_costs",
            "benefits",
            "other_sectors_budget",
            "alternative_net_benefit",
        ),
        ("num0", "NOK per programme spell"),
    ),
}
"""Column of a printed cell to the format and the unit of its numbers."""
TABLE_7_5 = "table_7_5_effects_on_value_creation"
TABLE_7_6 = "table_7_6_total_socioeconomic_effects"
TABLE_7_8 = "table_7_8_maximum_duration"
TABLE_1_1 = "table_1_1_socioeconomic_effects_summary"
ITEMS_7_6 = {
    "Tiltakskostnader finansiert av NAV": "program_cost",
    "Tiltakskostnader i andre sektorer": "other_sectors",
    "Tiltakspenger": "tiltakspenger",
    "Merkostnad NAV-veileders tidsbruk": "counsellor",
    "Effekt på verdiskaping": "value_creation",
    "Spart trygd som følge av økt arbeid": "saved_benefits",
    "Sum prissatte virkninger": "net_benefit",
}
ITEMS_1_1 = {
    "Tiltakskostnader finansiert av NAV": "program_cost",
    "Andre kostnader": "other_costs",
    "Effekt på verdiskaping og spart trygd": "benefits",
    "Sum prissatte virkninger": "net_benefit",
}
ITEMS_7_5 = {
    "Effekt på månedlig lønn år 0-1": ("effect_year_1", 50),
    "Effekt på månedlig lønn år 1-2": ("effect_year_2", 50),
    "Effekt på månedlig lønn år 2-7": ("effect_years_2_7", 50),
    "Total samfunnsøkonomisk virkning": ("value_creation", 50),
}
WIDE = {
    "tbl-7-2": (
        "table_7_2_program_costs",
        {
            "mean_duration_months": ("duration", 0.05),
            "budget_cost_per_month_nok": ("monthly_budget_cost", 50),
            "total_socioeconomic_cost_nok": ("total", 50),
        },
    ),
    "tbl-7-3": (
        "table_7_3_counsellor_costs",
        {
            "mean_duration_months": ("duration", 0.05),
            "extra_counsellor_hours_per_month": ("counsellor_hours", 0.005),
            "budget_cost_per_month_nok": ("monthly_budget_cost", 50),
            "total_socioeconomic_cost_nok": ("total", 50),
        },
    ),
    "tbl-7-4": (
        "table_7_4_benefit_costs",
        {
            "mean_duration_months": ("duration", 0.05),
            "share_of_program_months_with_tiltakspenger_percent": ("tiltakspenger_percent", 0.5),
            "budget_cost_per_month_nok": ("monthly_budget_cost", 50),
            "total_socioeconomic_cost_nok": ("total", 50),
        },
    ),
    "tbl-7-7": (
        "table_7_7_break_even",
        {
            "break_even_monthly_wage_effect_years_2_7_nok": ("break_even_effect", 0.5),
            "percent_of_original_estimate": ("break_even_percent", 0.5),
            "break_even_effect_duration_months": ("break_even_months", 0.5),
        },
    ),
}
# Printed in hundreds in table 7-7.
HUNDREDS_7_7 = ("AFT", "Arbeidsrettet rehabilitering")
CASES = {"ordinary maximum": "ordinary", "maximum with extension": "extended"}
SUBJECTS = (*PROGRAMS, "Alle", *(f"{name}, {case}" for name, case in LONGEST_CASES))
"""Rows of the printed cells: programmes, and cases of table 7-8."""
# Numbers of the running text; printed value, half of the last digit that is meant.
TEXT = (
    ("Midlertidig lønnstilskudd", "wage_subsidy_per_month", 23400, 50),
    ("Utdanning", "other_sectors_budget", 120000, 500),
    ("Alle", "tiltakspenger_per_month", 5360, 0.5),
    ("AFT", "alternative_net_benefit", -145000, 500),
    ("AFT", "alternative_break_even_years", 15, 0.5),
    ("Oppfølging", "break_even_hours", 13, 0.5),
)


def files(costs: Path) -> tuple[Path, ...]:
    """The published tables that the reconciliation reads, and the file with the inputs."""
    names = {*(name for name, _ in WIDE.values()), TABLE_7_5, TABLE_7_6, TABLE_7_8, TABLE_1_1}
    return (costs, *(paths.published_dir("programs") / f"{name}.csv" for name in sorted(names)))


def read(name: str) -> pd.DataFrame:
    """One published table, by file name without ending."""
    file = paths.published_dir("programs") / f"{name}.csv"
    if not file.is_file():
        raise ParameterError(f"{file}: no such published table")
    return pd.read_csv(file)


def cells() -> pd.DataFrame:
    """Every printed number of tables 7-2 to 7-8 and 1-1, and of the text, as `CELL_COLUMNS`."""
    rows = [row for label in WIDE for row in _wide(label)]
    rows += _effects() + _items("tbl-7-6", TABLE_7_6, ITEMS_7_6)
    rows += _maximum() + _items("tbl-1-1", TABLE_1_1, ITEMS_1_1)
    rows += [("text", *row) for row in TEXT]
    rows.sort(key=lambda row: LABELS.index(row[0]))
    return pd.DataFrame(rows, columns=list(CELL_COLUMNS))


def _wide(label: str) -> list[tuple[str, str, str, float, float]]:
    file, columns = WIDE[label]
    table, rows = read(file), []
    for _, line in table.iterrows():
        for name, (column, half) in columns.items():
            if pd.isna(line[name]):
                continue
            coarse = label == "tbl-7-7" and line["program"] in HUNDREDS_7_7
            half_unit = 50 if coarse else half
            rows.append((label, line["program"], column, float(line[name]), half_unit))
    return rows


def _effects() -> list[tuple[str, str, str, float, float]]:
    table = read(TABLE_7_5)
    return [
        ("tbl-7-5", line["program"], *ITEMS_7_5[line["item"]][:1], float(line["value"]), 50)
        for _, line in table.iterrows()
    ]


def _items(
    label: str, file: str, items: dict[str, str]
) -> list[tuple[str, str, str, float, float]]:
    table = read(file)
    table = table[table["item"].isin(items)]
    return [
        (label, line["program"], items[line["item"]], float(line["value"]), 500)
        for _, line in table.fillna({"value": 0}).iterrows()
    ]


def _maximum() -> list[tuple[str, str, str, float, float]]:
    rows = []
    for _, line in read(TABLE_7_8).iterrows():
        case = f"{line['program']}, {CASES[line['duration_case']]}"
        rows.append(("tbl-7-8", case, "months", float(line["max_duration_months"]), 0.5))
        rows.append(("tbl-7-8", case, "net_benefit", float(line["sum_priced_effects_nok"]), 500))
    return rows


def assessments() -> pd.DataFrame:
    """The document's judgement of effects without a price: program, item, value_text."""
    table = read(TABLE_7_6)
    table = table[table["unit"] == "assessment"]
    return table[["program", "item", "value_text"]].reset_index(drop=True)
