"""Section «Hva tiltakene endret»: the effects in words and beside the printed ones."""

from typing import Any

import numpy as np
import pandas as pd

from naveval.estimators.cost_benefit.assumptions import from_inputs
from naveval.estimators.cost_benefit.inputs import load
from naveval.exhibits.declare import Exhibit, Fact, Value
from naveval.exhibits.protect import Derived
from naveval.exhibits.reader import Reader
from naveval.project import paths
from naveval.studies.programs import published
from naveval.studies.programs.exhibits.common import SIGNS
from naveval.studies.programs.exhibits.effects import MONTHS, WAGES, YEARS, last_year
from naveval.studies.programs.results import ProgramResults

SMALL, LARGE = 1.0, 2.0
"""Months a year from which an effect is called medium and large."""


def in_words(reader: Reader) -> pd.DataFrame:
    """Table 6-5: sign and size of the effects in words, beside the report and earlier research.

    A sign is told where the report's answer tells it: all programmes tested together.
    """
    printed = published.read("table_6_5").set_index("program")
    table = reader.frame("fig-6-2")
    signs = last_year(reader).set_index("arm")["sign"]
    rows = []
    for arm, part in table[table["year"] > 1].groupby("arm", sort=False):
        shared = "Oppfølging og Utvidet oppfølging"
        key = shared if arm in ("Oppfølging", "Utvidet oppfølging i NAV") else arm
        text = printed.reindex([key]).fillna("").iloc[0]
        rows.append((arm, size_in_words(part, str(signs.get(arm))), *_sentence_case(text)))
    return pd.DataFrame(rows, columns=["arm", "own", "published", "earlier"])


def _sentence_case(text: Any) -> list[str]:
    """The printed verdicts with a capital first and nowhere else, as our own stand."""
    return [one.capitalize() for one in (text.this_report, text.earlier_research)]


def size_in_words(part: pd.DataFrame, sign: str) -> str:
    """Key of the word for some years' effects on months in work a year: tested sign, and size."""
    if sign not in SIGNS[:2]:
        return "unclear"
    mean = float(part["months"].mean()) * (1 if sign == "positive" else -1)
    size = "small" if mean < SMALL else "medium" if mean < LARGE else "large"
    return f"{size}_{sign}"


def beside_printed(reader: Reader) -> pd.DataFrame:
    """Released effects on those treated, with the printed ones where they are about the run."""
    parts = [
        reader.frame(label).assign(outcome=name, effect=reader.frame(label)[name])
        for label, name in (("fig-6-2", "months"), ("fig-6-3", "earnings"))
    ]
    table = pd.concat(parts, ignore_index=True)
    table = table.merge(printed_effects(), on=["arm", "outcome", "year"], how="left")
    if reader.parameters.county:
        table["printed"] = np.nan
    columns = ["arm", "outcome", "year", "effect", "std_error", "ci_low", "ci_high", "printed"]
    hidden = table["effect"].isna()
    return table[columns].assign(year=table["year"].astype(int).astype(str), hidden=hidden)


def printed_effects() -> pd.DataFrame:
    """arm, outcome, year, printed: months from the text, kroner a year from table 7-5.

    Table 7-5 has kroner a month, with its misprints corrected as `params/costs.yml` says.
    """
    given = from_inputs(load(paths.params_dir() / "costs.yml"))
    parts = [
        pd.DataFrame(
            {
                "arm": given.programs,
                "outcome": "earnings",
                "year": year,
                "printed": 12 * np.ravel(getattr(given, f"effect_year_{year}")),
            }
        )
        for year in YEARS
    ]
    months = published.month_effects().drop(columns="section")
    months = months.rename(columns={"published": "printed"})
    return pd.concat([*parts, months], ignore_index=True)


def _near(reader: Reader) -> pd.Series:
    """Distance to the printed effects in standard errors."""
    rows = reader.rows
    return (rows["effect"] - rows["printed"]).abs() / rows["std_error"]


TOLD: dict[str, Any] = {"estimand": "att", "method": "published", "source": "published"}
SHOWN: dict[str, Any] = {"se": "std_error", "low": "ci_low", "high": "ci_high"}
EXHIBITS: tuple[Exhibit[ProgramResults], ...] = (
    Exhibit(
        "tbl-6-5",
        in_words,
        ("arm",),
        {"own": Value("name"), "published": Value(), "earlier": Value()},
        Derived("figure 6-2"),
        facts={
            "certain": Fact(lambda reader: int((reader.rows["own"] != "unclear").sum())),
            "arms": Fact(lambda reader: len(reader.rows)),
        },
    ),
    Exhibit(
        "tbl-effects",
        beside_printed,
        ("arm", "outcome", "year"),
        {
            "effect": Value(
                by="outcome",
                kinds={"months": Value("num2_s", **SHOWN), "earnings": Value("int_s", **SHOWN)},
                **SHOWN,
            ),
            "printed": Value(
                by="outcome",
                kinds={
                    "months": Value("num1_s", MONTHS, **TOLD),
                    "earnings": Value("int_s", WAGES, **TOLD),
                },
                source="published",
            ),
        },
        Derived("figures 6-2 and 6-3"),
        facts={
            "compared": Fact(lambda reader: int(_near(reader).notna().sum())),
            "near": Fact(lambda reader: int((_near(reader) <= 2).sum())),
        },
    ),
)
