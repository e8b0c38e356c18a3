"""Parts 2 and 3 beside the numbers the published evaluation gives in its text.

Its figures are pictures without data, so only what the text says can be compared: shares in a
state some months after the start, and effects on work and wages.
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
from naveval.studies.programs.exhibits.states import rounded
from naveval.studies.programs.panel.states import state_sums
from naveval.studies.programs.study import Effects, Outcomes

PER_YEAR = 12
NEAR = 5
"""Percentage points within which a share counts as near the printed."""


def outcomes(output: Output, data: Outcomes) -> Block:
    """tbl-outcomes-published: shares given in the text of chapter 5 and annex B.3."""
    if not output.place.is_country:
        return Block("")
    frame = outcome_frame(data)
    shown = named(output, frame, "group", "state")
    released = gate.release(
        shown,
        label="tbl-outcomes-published",
        count="n",
        percent={"percent": "n"},
        keys=["figure", "group", "state", "month"],
        labels=["month", "published"],
    )
    gap = (released.frame.percent - released.frame.published).abs()
    return tables.show(
        output,
        released,
        "tbl-outcomes-published",
        rows=int(gap.notna().sum()),
        gap=gap.mean(),
        near=int((gap <= NEAR).sum()),
        limit=NEAR,
    )


def outcome_frame(data: Outcomes) -> pd.DataFrame:
    """figure, group, state, month, n, percent and published for every number that can be had."""
    printed = published.outcome_values()
    parts = []
    for (breakdown, state), rows in printed.groupby(["breakdown", "state"], sort=False):
        if state in ("any_wage", "aap"):
            frames = data.any_wage if state == "any_wage" else data.aap
            frame = frames[breakdown].assign(share=lambda table: table.percent)
        else:
            frame = rounded(data, breakdown)
            frame = frame.assign(share=state_sums(frame, str(state)))
        own = frame[["group", "k", "n", "share"]].rename(columns={"k": "month", "share": "percent"})
        parts.append(rows.merge(own, on=["group", "month"], how="inner"))
    table = pd.concat(parts).sort_values("position", ignore_index=True)
    return table[["figure", "group", "state", "month", "n", "percent", "published"]]


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
