"""Section «Vedlegg»: the sample flow."""

from naveval.disclosure.released import Released
from naveval.exhibits.declare import Exhibit, Value
from naveval.exhibits.protect import Together
from naveval.studies.indicator.exhibits.common import released
from naveval.studies.indicator.results import IndicatorResults


def _flow(results: IndicatorResults) -> Released:
    found = results.flow.assign(n_persons=float(results.persons))
    return released(found, results, "tbl-flow", ("step",))


EXHIBITS: tuple[Exhibit[IndicatorResults], ...] = (
    Exhibit(
        "tbl-flow",
        data=_flow,
        keys=("step",),
        values={"count": Value("int", "rows or persons", estimand="count")},
        protect=Together("n_persons"),
    ),
)
