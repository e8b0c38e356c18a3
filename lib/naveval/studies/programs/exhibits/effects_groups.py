"""Section «Hva tiltakene endret»: effects in groups of the sample, and in a county."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from naveval.estimators import scores
from naveval.exhibits.declare import Exhibit, Fact, Table, Value, When
from naveval.exhibits.reader import Reader
from naveval.studies.programs import published
from naveval.studies.programs.codes import ARMS
from naveval.studies.programs.effects import Estimated
from naveval.studies.programs.exhibits.effects import (
    EFFECT,
    KEPT,
    MARK,
    MONTHS,
    fitted,
    grades,
    of,
    poor,
)
from naveval.studies.programs.results import ProgramResults
from naveval.studies.programs.sample.covariates import SPELL, spell_category

AGE_EDGES = (20, 30, 40, 50)
AGES = ("under_20", "20_29", "30_39", "40_49", "50_59")
MIN_GATE, MIN_TREATED = 150, 20
"""Fewest persons in a county's part of the sample, and fewest treated there of a programme."""


def group_series(estimated: Estimated) -> dict[str, pd.Series]:
    """Groups of table 6-7 by characteristic, first category the reference."""
    x, frame = estimated.covariates, estimated.sample.frame
    country = x[[f"country_{k}" for k in range(4)]].to_numpy().argmax(axis=1)
    codes = {
        "status": (np.where(frame.first_group == "special", 1, 0), ("seeker", "reduced")),
        "sex": (x.woman.to_numpy().astype(int), ("man", "woman")),
        "age_group": (np.digitize(x.age, AGE_EDGES), AGES),
        "country": (country, ("0", "1", "2", "3")),
        "spell": (spell_category(estimated.sample), SPELL),
    }
    return {
        key: pd.Series(pd.Categorical.from_codes(values, categories=list(categories)))
        for key, (values, categories) in codes.items()
    }


def gate_years(estimated: Estimated, arm: str, groups: pd.Series) -> pd.DataFrame:
    """Group effects on the mean of months in work in years 2 and 3, with n treated in each."""
    made = estimated.scores
    columns = [made.outcomes.index(f"months_{year}") for year in (2, 3) if year <= estimated.years]
    mean = scores.average_outcomes(made, columns, "months_2_3")
    position = made.arms.index(arm)
    table = scores.gate(mean, position, groups)
    treated = groups[made.arm == position].value_counts()
    return table.assign(n=treated.reindex(table.category).fillna(0).to_numpy(int))


def gate(results: ProgramResults) -> pd.DataFrame:
    """Table 6-7: the first group of each characteristic, and the others' differences from it."""
    main = of(results).main
    parts = [
        gate_years(main, arm, groups).assign(characteristic=characteristic)
        for characteristic, groups in group_series(main).items()
        for arm in main.arms
        if arm in ARMS
    ]
    table = pd.concat(parts, ignore_index=True)
    table["category"] = table.category.astype(str)
    given = published.gate()
    given["category"] = given.category.replace({"job_seeker": "seeker"})
    keys = ["characteristic", "category", "type", "arm"]
    table = table.merge(given, on=keys, how="left")
    printed = np.nan if results.parameters.county else table.published
    named = table.assign(months=table.estimate, printed=printed)
    return named[[*keys, "months", *KEPT, "n", "printed"]]


def county(results: ProgramResults) -> pd.DataFrame:
    """Group effects in the county and in the rest of the country, of arms with enough treated."""
    main, inside = of(results).main, of(results).in_county
    where = np.where(inside, "place", "rest")
    rows = []
    for arm in main.arms:
        n = int((inside & (main.scores.arm == main.scores.arms.index(arm))).sum())
        if arm not in ARMS or n < MIN_TREATED:
            continue
        row: dict[str, Any] = {"arm": arm, "n": n}
        for own, other in (("place", "rest"), ("rest", "place")):  # place minus rest stays
            groups = pd.Series(pd.Categorical(where, categories=[own, other]))
            level, difference = gate_years(main, arm, groups).itertuples()
            row |= {own: level.estimate, f"{own}_error": level.std_error}
            row |= {"difference": difference.estimate, "difference_error": difference.std_error}
            row |= {"p": difference.p_value}
        rows.append(row)
    columns = ["arm", "n", "place", "place_error", "rest", "rest_error"]
    found = pd.DataFrame(rows, columns=[*columns, "difference", "difference_error", "p"])
    marked = found.arm.map(grades(main)).eq("poor")
    return found.assign(mark=np.where(marked, MARK, ""))


def _mark(arm: str) -> Callable[[Reader], str]:
    def mark(reader: Reader) -> str:
        rows = reader.frame("fig-6-8")
        return MARK if ((rows["arm"] == arm) & (rows["mark"] == MARK)).any() else ""

    return mark


EXHIBITS: tuple[Exhibit[ProgramResults], ...] = (
    fitted(
        "tbl-6-7",
        gate,
        ("characteristic", "category", "arm"),
        {
            "months": Value(
                "num2_s",
                MONTHS,
                at=("estimate", "x"),
                estimand="gate",
                method="dml",
                published="printed",
                **EFFECT,
            ),
            "printed": Value(source="published"),
            "std_error": Value("num2", at=("std_error", "x")),
        },
        Table(rows=("characteristic", "category"), spread=("arm",)),
        facts={
            "poor": Fact(poor, "text"),
            **{f"mark_{i}": Fact(_mark(arm), "text") for i, arm in enumerate(ARMS, start=1)},
        },
    ),
    fitted(
        "tbl-county",
        county,
        ("arm",),
        {
            "place": Value("num2_s", MONTHS, se="place_error", estimand="ate, county"),
            "rest": Value("num2_s", MONTHS, se="rest_error", estimand="ate, rest of the country"),
            "difference": Value(
                "num2_s", MONTHS, se="difference_error", p="p", estimand="difference"
            ),
            "mark": Value(),
            "n": Value("int"),
        },
        Table(rows=("arm",)),
        facts={"least": Fact(lambda _: MIN_TREATED)},
        when=When(
            lambda results: (
                int(of(results).in_county.sum()) >= MIN_GATE and len(county(results)) > 0
            ),
            "tbl-county-few",
        ),
    ),
)
