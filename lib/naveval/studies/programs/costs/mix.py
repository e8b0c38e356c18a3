"""What the programmes a place uses cost and give: the cost-benefit part for a county.

Effects, prices and durations are the whole country's. The place's own is how much it uses each
programme, taken from the numbers figure 4-7 shows, so that nothing else about persons is told.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from naveval.disclosure import gate
from naveval.estimators.cost_benefit import draws
from naveval.estimators.cost_benefit.net_benefit import TOTAL, mean_net_benefit, mix
from naveval.exhibits import estimates, tables
from naveval.exhibits.output import Block, Output, sentence
from naveval.studies.programs.costs.analysis import Analysis
from naveval.studies.programs.parameters import Parameters
from naveval.studies.programs.study import Participation

LABEL = "tbl-mix"
STUDY = "programs"
SOURCE = "released shares of programme months, published or released effects, and prices"
MONEY = ("cost", "net_benefit", "contribution")
SHARES = ("month_share", "spell_share")


@dataclass(frozen=True)
class PlaceMix:
    """A place's programmes with costs and net benefit.

    Attributes
    ----------
    table
        As made by `costs_mix.mix`, programmes the place uses and the sum.
    covered
        Share of all programme months that the programmes with a net benefit have.
    low, high
        95 per cent interval of the mean net benefit.
    effects
        Which effects lie behind: published or estimated.
    """

    table: pd.DataFrame
    covered: float
    low: float
    high: float
    effects: str


def place_mix(analysis: Analysis, data: Participation, parameters: Parameters) -> PlaceMix | None:
    """The mix of the place of the parameters; None where it uses too little to be shown."""
    shown = data.use_by_program.set_index("program")["months_percent"].dropna()
    months = shown[shown.index.isin(analysis.programs)].to_dict()
    if not sum(months.values()) > 0:
        return None
    a = analysis.assumptions
    table = mix(a, months)
    drawn = draws.draw(a, analysis.costs, draws=parameters.draws, seed=parameters.seed)
    low, high = np.quantile(mean_net_benefit(drawn, months), [0.025, 0.975])
    return PlaceMix(
        table[table["month_share"] > 0].reset_index(drop=True),
        sum(months.values()) / 100,
        float(low),
        float(high),
        analysis.effects,
    )


def table(output: Output, found: PlaceMix | None) -> Block:
    """tbl-mix: the programmes a place uses, with costs and net benefit in thousand kroner."""
    if found is None:
        return sentence(output, "costs-mix", choose="too_few")
    frame = found.table.assign(**{name: found.table[name] / 1000 for name in MONEY})
    total = output.label(LABEL, "total")
    frame["program"] = frame["program"].replace(TOTAL, total)
    return tables.show(output, gate.derived(frame, label=LABEL, source=SOURCE), LABEL)


def rows(found: PlaceMix | None) -> pd.DataFrame:
    """The mix as rows of the tidy estimates; net benefit of the sum has the interval."""
    if found is None:
        return estimates.frame(STUDY, pd.DataFrame(columns=["label", "estimate"]))
    made: list[dict[str, Any]] = []
    for record in found.table.to_dict("records"):
        common = {"label": LABEL, "row": record["program"], "method": found.effects}
        made += [
            {
                **common,
                "column": name,
                "estimand": "share",
                "estimate": record[name],
                "unit": "share",
            }
            for name in SHARES
        ]
        made += [
            {
                **common,
                "column": name,
                "estimand": "mean",
                "estimate": record[name],
                "unit": "NOK per programme spell",
            }
            for name in MONEY
        ]
    made[-2] |= {"ci_low": found.low, "ci_high": found.high}
    return estimates.frame(STUDY, made)


def summary(output: Output, table: pd.DataFrame, found: PlaceMix | None) -> Block:
    """What a spell of the place's mix costs and gives on average."""
    if found is None:
        return Block("")
    total = estimates.one(table, label=LABEL, row=TOTAL, column="net_benefit")
    cost = estimates.one(table, label=LABEL, row=TOTAL, column="cost")
    parts = table[(table["column"] == "contribution") & (table["row"] != TOTAL)]
    best = parts.set_index("row")["estimate"].idxmax()
    return sentence(
        output,
        "costs-mix",
        choose="found",
        covered=found.covered,
        cost=cost["estimate"],
        net=total["estimate"],
        low=total["ci_low"],
        high=total["ci_high"],
        best=best,
    )
