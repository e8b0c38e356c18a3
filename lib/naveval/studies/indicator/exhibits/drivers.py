"""Section «Hva endringen består av»: people, labour market, indicator."""

from naveval.disclosure.released import Released
from naveval.exhibits.claims import told
from naveval.exhibits.declare import Bars, Exhibit, Fact, Sentence, Value
from naveval.exhibits.protect import Together
from naveval.exhibits.reader import Reader
from naveval.studies.indicator.descriptives import PARTS
from naveval.studies.indicator.exhibits.common import HOURS, released
from naveval.studies.indicator.results import IndicatorResults


def _parts(results: IndicatorResults) -> Released:
    own = results.drivers[results.drivers["county"] == results.parameters.county]
    found = own[["part", "change", "n_persons"]].iloc[::-1]
    return released(found, results, "fig-drivers", ("part",))


def _people(reader: Reader) -> float:
    """Sum of the parts that are about who the users are."""
    change = reader.frame("fig-drivers").set_index("part")["change"]
    return float(change[[part for part in PARTS if part != "market"]].sum(skipna=False))


EXHIBITS: tuple[Exhibit[IndicatorResults], ...] = (
    Exhibit(
        "fig-drivers",
        data=_parts,
        keys=("part",),
        values={"change": Value("num2_s", HOURS, estimand="contribution")},
        protect=Together("n_persons"),
        view=Bars("part", "change", height=3.6, decimals=1),
        finding=told,
        facts={"people": Fact(_people, "num2_s", HOURS, "contribution of who the users are")},
    ),
)
SENTENCES = (Sentence("drivers"),)
