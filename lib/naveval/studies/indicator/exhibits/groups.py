"""Section «Innsatsgrupper»: a table, figures 14, 15 and 29, and groups that the model holds."""

from functools import partial

from naveval.disclosure.released import Released
from naveval.exhibits.claims import Judged
from naveval.exhibits.declare import Exhibit, Value
from naveval.exhibits.protect import Together
from naveval.studies.indicator.characteristics import COUNTRY_GROUPS, GROUPS
from naveval.studies.indicator.exhibits.common import (
    COUNT,
    NUMBERS,
    released,
    with_printed,
    within_place,
)
from naveval.studies.indicator.exhibits.curves import Line, by_group, curve
from naveval.studies.indicator.parameters import Parameters
from naveval.studies.indicator.results import IndicatorResults

VALUES = {
    "n_persons": COUNT,
    **{name: value.kinds["atid3"] for name, value in NUMBERS.items()},
}
"""Numbers of groups in hours a week, over the last twelve months."""


def _groups(results: IndicatorResults) -> Released:
    found = within_place(results, "innsatsgruppe", "atid3")
    found = with_printed(found, "tbl-3-groups", "actual", ("group", "outcome"))
    return released(found.drop(columns="outcome"), results, "tbl-groups", ("group",))


def _in_model(parameters: Parameters) -> list[Line]:
    """Country groups (in a county the largest), the young and the others."""
    county = parameters.county
    by_country = by_group("atid3", "country_group", COUNTRY_GROUPS)(parameters)
    if county:
        within = "county | country_group=landgruppe_3"
        by_country = [Line("landgruppe_3", "atid3", within, county)]
    young = by_group("atid3", "young", ("under", "over"))(parameters)
    named = [Line(f"young_{own.line}", "atid3", own.grouping, own.group) for own in young]
    return [*by_country, *named]


_figure = partial(curve, every=False, multiples=True)

EXHIBITS: tuple[Exhibit[IndicatorResults], ...] = (
    Exhibit(
        "tbl-groups",
        data=_groups,
        keys=("group",),
        values={**VALUES, "published": Value("num2", source="published")},
        protect=Together("n_persons"),
        finding=Judged("tbl-groups", "indicator"),
    ),
    _figure("fig-14", by_group("atid3", "innsatsgruppe", GROUPS, "actual_sa"), kind="actual"),
    _figure("fig-15", by_group("atid3", "innsatsgruppe", GROUPS)),
    _figure("fig-29", by_group("atid3", "innsatsgruppe", GROUPS, "n_persons"), kind="persons"),
    _figure("fig-in-model", _in_model),
)
