"""What the document defines: programmes, groups of need, and how programmes are grouped."""

import pandas as pd

from naveval.exhibits.declare import Value
from naveval.exhibits.reader import Reader
from naveval.project import formats
from naveval.studies.programs import published
from naveval.studies.programs.codes import STATUS_CODES
from naveval.studies.programs.results import ProgramResults

LENGTHS = ("longest", "extension", "reduced")


def programs_of_analysis(_: ProgramResults) -> pd.DataFrame:
    """Table 3-1: purpose and target group are named in the texts, lengths are printed numbers."""
    table = published.read("table_3_1")
    longer = table["max_extension"].astype("string")
    return table.assign(
        purpose="purpose_" + table["program"],
        target="target_" + table["program"],
        unit=table["duration_unit"],
        longest=table["max_duration_ordinary"],
        extension=longer.str.extract(r"^(\d+)")[0].astype(float),
        reduced=table["max_duration_reduced_work_capacity"],
    )[["program", "measure_in_regulation", "purpose", "target", *LENGTHS, "unit"]]


UNITS = {"months": ("in_months", 1.0), "weeks": ("in_weeks", 12 / 52)}
"""Format of a number of them, and how many months one is."""


LENGTH = Value(
    by="unit",
    kinds={unit: Value(form, source="published") for unit, (form, _) in UNITS.items()},
    source="published",
)


def length(place: int, reader: Reader) -> str:
    """The longest ordinary duration at a place of their order, with its unit."""
    rows = reader.rows
    months = rows["longest"] * rows["unit"].map({unit: each for unit, (_, each) in UNITS.items()})
    row = rows.loc[months.sort_values().index[place]]
    return formats.FORMATS[UNITS[row["unit"]][0]](row["longest"])


def groups_of_need(_: ProgramResults) -> pd.DataFrame:
    """Table 4-1: what each group is, named in the texts."""
    codes = list(STATUS_CODES.values())
    return pd.DataFrame({"status": codes, "meaning": [f"meaning_{code}" for code in codes]})


def grouping(_: ProgramResults) -> pd.DataFrame:
    """Table A-1: activity codes by programme, with their months."""
    table = published.read("table_a_1").rename(
        columns={
            "program_group": "program",
            "activity_status_code": "code",
            "activity_status": "activity",
            "start_month": "start",
            "stop_month": "stop",
        }
    )
    return table[["program", "code", "start", "activity", "stop"]].fillna({"start": "", "stop": ""})


def doubted(reader: Reader) -> str:
    """What is said of printed numbers that others contradict, where they are shown."""
    return "" if reader.parameters.county else reader.named("", "doubt")


def printed_whole(month: int) -> float:
    """Percent on a programme by the groups of table 4-5: the mean of its weighted means."""
    rows = published.read("table_4_5")
    rows = rows[(rows["months_since_start"] == str(month)) & (rows["characteristic"] != "Alle")]
    sums = rows.assign(on=rows["value"] * rows["n"]).groupby("characteristic")[["on", "n"]].sum()
    return float((sums["on"] / sums["n"]).mean())
