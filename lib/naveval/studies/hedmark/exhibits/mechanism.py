"""Section «Færre inn eller raskere ut?»: what the change of the stock consists of."""

from naveval.exhibits.declare import Exhibit, Sentence, Value
from naveval.exhibits.protect import Descriptive
from naveval.exhibits.reader import Reader
from naveval.studies.hedmark.estimate.choice import CHOSEN_LEVEL
from naveval.studies.hedmark.estimate.mechanism import HAZARDS, LEAD, PARTS
from naveval.studies.hedmark.exhibits.common import MONTHLY, PERCENT
from naveval.studies.hedmark.results import HedmarkResults

EXHIBITS: tuple[Exhibit[HedmarkResults], ...] = (
    Exhibit(
        "tbl-mechanism",
        data=lambda results: results.mechanism.drop(columns="residual_df"),
        keys=("group", "part"),
        values={
            "effect": Value(
                "pct1_s", PERCENT, se="std_error", p="p_value", estimand="contribution"
            ),
            "n_units": Value("int", source="design"),
        },
        protect=Descriptive(noise=False),
        only={"part": (*PARTS, "total", LEAD)},
    ),
    Exhibit(
        "tbl-hazards",
        data=lambda results: results.hazards.drop(columns="residual_df"),
        keys=("group", "duration"),
        values={
            **dict.fromkeys(HAZARDS, Value("num1", MONTHLY, estimand="hazard")),
            "effect": Value(
                "pct1_s",
                PERCENT,
                se="std_error",
                p="p_value",
                estimand="relative change of hazard",
            ),
            "n_units": Value("int", source="design"),
        },
        protect=Descriptive(noise=False),
    ),
)


def _carries(reader: Reader) -> str:
    """Whether inflow or exit carries the change of those with benefit, by a test of just that.

    `neither` where neither stands out, `either` where the two cannot be told apart.
    """
    parts = ("inflow", "exit")
    if not min(reader(f"tbl-mechanism.effect[with,{part}].p") for part in parts) <= CHOSEN_LEVEL:
        return "neither"
    if not reader(f"tbl-mechanism.effect[with,{LEAD}].p") <= CHOSEN_LEVEL:
        return "either"
    inflow, exits = (reader(f"tbl-mechanism.effect[with,{part}].size") for part in parts)
    return "exit" if exits >= inflow else "inflow"


SENTENCES = (Sentence("result-mechanism", _carries),)
