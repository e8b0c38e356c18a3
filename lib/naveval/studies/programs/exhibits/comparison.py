"""Part 3 beside the numbers the published evaluation gives in its text.

Its figures are pictures without data, so only what the text says can be compared.
"""

import numpy as np
import pandas as pd

from naveval.disclosure import gate
from naveval.estimators.cost_benefit.assumptions import from_inputs
from naveval.estimators.cost_benefit.checks import PROGRAMS
from naveval.estimators.cost_benefit.inputs import load
from naveval.exhibits import tables
from naveval.exhibits.output import Block, Output
from naveval.project import paths
from naveval.studies.programs import published
from naveval.studies.programs.codes import REST
from naveval.studies.programs.effects import Estimated
from naveval.studies.programs.exhibits.drawing import named
from naveval.studies.programs.study import Effects

PER_YEAR = 12


def effects(output: Output, data: Effects) -> Block:
    """tbl-effects-published: effects on the treated beside the printed."""
    if not output.place.is_country:
        return Block("")
    frame = effect_frame(data.main)
    frame["format"] = np.where(frame.outcome == "months", "num1", "int")
    gap = (frame.estimate - frame.published).abs() / frame.std_error
    released = gate.release(
        named(output, frame, "outcome"),
        label="tbl-effects-published",
        count="n",
        keys=["arm", "outcome", "year"],
        labels=["year", "published"],
    )
    return tables.show(
        output, released, "tbl-effects-published", rows=len(frame), near=int((gap <= 2).sum())
    )


def effect_frame(estimated: Estimated) -> pd.DataFrame:
    """arm, outcome, year, estimate, std_error, n and published, where there is a printed effect."""
    table = estimated.effects
    rows = table[(table.estimand == "att") & (table.arm != REST)]
    split = rows.outcome.str.extract(r"^(months|earnings)_(\d)$")
    rows = rows.assign(outcome=split[0], year=split[1]).dropna(subset=["year"])
    rows["year"] = rows.year.astype(int)
    merged = rows.merge(printed_effects(), on=["arm", "outcome", "year"])
    return merged[
        ["arm", "outcome", "year", "estimate", "std_error", "n_treated", "published"]
    ].rename(columns={"n_treated": "n"})


def printed_effects() -> pd.DataFrame:
    """arm, outcome, year, published: months from the text, kroner a year from table 7-5.

    Table 7-5 has kroner a month, with its misprints corrected as `params/costs.yml` says.
    """
    wages = from_inputs(load(paths.params_dir() / "costs.yml"))
    parts = [
        pd.DataFrame(
            {
                "arm": PROGRAMS,
                "outcome": "earnings",
                "year": year,
                "published": PER_YEAR * np.ravel(getattr(wages, f"effect_year_{year}")),
            }
        )
        for year in (1, 2, 3)
    ]
    return pd.concat([*parts, published.month_effects()], ignore_index=True)
