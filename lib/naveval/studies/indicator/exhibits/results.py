"""Section «Resultater»: the four measures of the place, counties, and groups."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from naveval.disclosure.released import Released
from naveval.exhibits import claims, figures
from naveval.exhibits.claims import LEVEL, Judged, Standing
from naveval.exhibits.declare import Exhibit, Fact, Picture
from naveval.exhibits.protect import Together
from naveval.exhibits.reader import Reader
from naveval.project import formats, places
from naveval.studies.indicator.characteristics import COUNTRY_GROUPS, GROUPS, OUTCOMES
from naveval.studies.indicator.exhibits.common import (
    COUNT,
    INDICATOR,
    NUMBERS,
    levels,
    place_grouping,
    place_levels,
    released,
    within_place,
)
from naveval.studies.indicator.exhibits.curves import Line, Lines, by_group, curve
from naveval.studies.indicator.exhibits.drawing import dots, with_persons
from naveval.studies.indicator.parameters import Parameters
from naveval.studies.indicator.results import IndicatorResults


def four(value: str, *, panels: bool = True) -> Lines:
    """The four outcomes of the place: hours in one panel, shares in the other, or all in one."""

    def lines(parameters: Parameters) -> list[Line]:
        own = place_grouping(parameters.county)
        return [Line(o, o, *own, value, o[:4] if panels else "both") for o in OUTCOMES]

    return lines


def gap(outcome: str) -> Lines:
    """Actual and expected of the place."""

    def lines(parameters: Parameters) -> list[Line]:
        own = place_grouping(parameters.county)
        return [Line(name, outcome, *own, f"{name}_sa") for name in ("actual", "expected")]

    return lines


def single(outcome: str) -> Lines:
    """The indicator of the place; in a county's report the whole country too."""

    def lines(parameters: Parameters) -> list[Line]:
        codes = dict.fromkeys((parameters.county, ""))
        return [Line(code, outcome, *place_grouping(code)) for code in codes]

    return lines


def _measures(results: IndicatorResults) -> Released:
    found: pd.DataFrame = place_levels(results, "last12")
    return released(found, results, "tbl-place", ("outcome",))


def level(reader: Reader) -> float:
    """Level of tests of a place: all counties are tested together, in every report."""
    return LEVEL / (len(places.codes(places.CURRENT_YEAR)) if reader.parameters.county else 1)


def of_place(*outcomes: str) -> Judged:
    """Whether the place lies above or below what is expected, over the last twelve months."""
    return Judged("tbl-place", "indicator", {"outcome": outcomes} if outcomes else {}, level)


HOURS_3, JOB_3, JOB_12 = (of_place(outcome) for outcome in ("atid3", "jobb3", "jobb12"))

RESULTS: tuple[Exhibit[IndicatorResults], ...] = (
    Exhibit(
        "tbl-place",
        data=_measures,
        keys=("outcome",),
        values={**NUMBERS, "n_persons": COUNT},
        protect=Together("n_persons"),
        finding=of_place(),
        facts=of_place().counts(),
    ),
    curve("fig-1", four("actual_sa"), kind="actual"),
    curve("fig-6", gap("atid3"), kind="level", finding=HOURS_3),
    curve("fig-7", single("atid3"), by="county"),
    curve("fig-8", gap("jobb3"), kind="level", finding=JOB_3),
    curve("fig-9", single("jobb3"), by="county", finding=JOB_3),
)


GUARANTEE, ORIGIN = "youth_guarantee=inside", "country_group=landgruppe_3"


def counties(
    by_county: str, whole: tuple[str, str], value: str = "indicator_sa", specification: str = ""
) -> Lines:
    """All counties, and the whole country last."""

    def lines(_: Parameters) -> list[Line]:
        codes = places.codes(places.CURRENT_YEAR)
        every = [(code, by_county, code) for code in codes] + [("", *whole)]
        return [Line(c, "atid3", by, g, value, "", specification) for c, by, g in every]

    return lines


def _levels(results: IndicatorResults) -> Released:
    found = levels(results, "county", "last12", ["atid3"]).rename(columns={"group": "county"})
    found = found.sort_values("indicator").drop(columns=["outcome", "actual", "expected"])
    return released(found, results, "fig-county-levels", ("county",))


def _draw(reader: Reader) -> Figure:
    rows = reader.rows.dropna(subset=["indicator"])
    figure, ax = figures.axes(height=4.6)
    sure = LEVELS.rows(reader)
    dots(ax, rows, "county", reader, set(sure.loc[sure["several"].eq(True), "county"]))
    ax.set_xlabel(reader.named("", "x"))
    figures.norwegian_axis(ax, x=1, y=None)
    return figure


def _known(reader: Reader) -> pd.DataFrame:
    return reader.rows.dropna(subset=["indicator"])


def _end(place: int, column: str) -> Fact:
    """The lowest (0) or highest (-1) county: its name or its value."""
    form = "text" if column == "county" else "num2_s"

    def get(reader: Reader) -> Any:
        value = _known(reader)[column].iloc[place]
        return reader.named("county", value) if column == "county" else float(value)

    return Fact(get, form)


LEVELS = Judged("fig-county-levels", "indicator", shown=True)


def _sure(reader: Reader) -> list[str]:
    """Names of the counties that stand out when all are tested together."""
    rows = LEVELS.rows(reader.at("fig-county-levels"))
    codes = rows.loc[rows["several"].eq(True), "county"]
    return [reader.named("county", code) for code in codes]


def _alone(reader: Reader) -> str:
    """Names of the counties whose interval lies off zero though they do not stand out."""
    rows = LEVELS.rows(reader.at("fig-county-levels"))
    codes = rows.loc[rows["alone"].eq(True) & ~rows["several"].eq(True), "county"]
    names = [reader.named("county", code) for code in codes]
    return f"{reader.named('', 'alone')} {formats.listed(names)}." if names else ""


def certain(reader: Reader) -> str:
    """Whether any county stands out: "some", of whom all are named, or "none"."""
    return "some" if _sure(reader) else "none"


def standing(reader: Reader, place: int | None = None) -> Standing | None:
    """How the county of the report, or the one at a place from the lowest, stands among the others.

    The site's pages of counties tell the same, by the same rule.
    """
    values = _values(reader)
    code = reader.parameters.county if place is None else str(values.index[place])
    return claims.standing(values, code)


def _values(reader: Reader) -> pd.DataFrame:
    rows = _known(reader.at("fig-county-levels")).set_index("county")
    return rows.rename(columns={"indicator": "estimate"})


def ahead(reader: Reader, side: str) -> list[str]:
    """Names of the counties that surely lie `higher` or `lower` than most others, with persons."""
    reader = reader.at("fig-county-levels")
    rows, found = _known(reader), []
    for place, row in enumerate(rows.to_dict("records")):
        own = standing(reader, place)
        if own and 2 * getattr(own, OTHER[side]) > own.others:
            found.append(with_persons(reader, "county", row))
    return found


OTHER = {"higher": "lower", "lower": "higher"}


def _ahead(side: str) -> Fact:
    return Fact(lambda reader: formats.listed(ahead(reader, side)), "text")


def _pairs(place: int) -> Fact:
    """How many pairs of counties differ (0), or how many pairs there are (1)."""
    return Fact(lambda reader: claims.pairs_apart(_values(reader))[place])


def _counted(name: str) -> Fact:
    def get(reader: Reader) -> float:
        found = standing(reader)
        return np.nan if found is None else float(getattr(found, name))

    return Fact(get)


_of_counties = partial(curve, by="county", every=False, drawn="dots")

COUNTIES: tuple[Exhibit[IndicatorResults], ...] = (
    Exhibit(
        "fig-county-levels",
        data=_levels,
        keys=("county",),
        values={"indicator": INDICATOR.kinds["atid3"]},
        protect=Together("n_persons"),
        view=Picture(_draw),
        facts={
            "high": _end(-1, "indicator"),
            "high_name": _end(-1, "county"),
            "low": _end(0, "indicator"),
            "low_name": _end(0, "county"),
            "counties": Fact(lambda reader: len(_known(reader))),
            "certain": Fact(lambda reader: len(_sure(reader))),
            "which": Fact(lambda reader: formats.listed(_sure(reader)), "text"),
            "alone": Fact(_alone, "text"),
            **{name: _counted(name) for name in ("higher", "lower", "others")},
            "above": _ahead("higher"),
            "below": _ahead("lower"),
            "pairs_apart": _pairs(0),
            "pairs": _pairs(1),
            **LEVELS.missed(2, "hours"),
        },
        finding=certain,
    ),
    _of_counties(
        "fig-10",
        counties("county", ("nav", "nav"), "actual_sa"),
        kind="actual",
    ),
    _of_counties("fig-11", counties("county", ("nav", "nav")), drawn="multiples"),
    _of_counties("fig-12", counties(f"county | {GUARANTEE}", (f"nav | {GUARANTEE}", "nav"))),
    _of_counties("fig-13", counties(f"county | {ORIGIN}", ("country_group", "landgruppe_3"))),
)


VALUES = {
    "n_persons": COUNT,
    **{name: value.kinds["atid3"] for name, value in NUMBERS.items()},
}
"""Numbers of groups in hours a week, over the last twelve months."""


def _groups(results: IndicatorResults) -> Released:
    found = within_place(results, "innsatsgruppe", "atid3")
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


_figure = partial(curve, every=False, drawn="multiples")

GROUPS_JUDGED = Judged("tbl-groups", "indicator", shown=True)
GROUP_EXHIBITS: tuple[Exhibit[IndicatorResults], ...] = (
    Exhibit(
        "tbl-groups",
        data=_groups,
        keys=("group",),
        values=VALUES,
        protect=Together("n_persons"),
        finding=GROUPS_JUDGED,
        facts=GROUPS_JUDGED.counts() | GROUPS_JUDGED.missed(2, "hours"),
    ),
    _figure("fig-14", by_group("atid3", "innsatsgruppe", GROUPS, "actual_sa"), kind="actual"),
    _figure("fig-15", by_group("atid3", "innsatsgruppe", GROUPS)),
    _figure("fig-29", by_group("atid3", "innsatsgruppe", GROUPS, "n_persons"), kind="persons"),
    _figure("fig-in-model", _in_model),
)


EXHIBITS = (*RESULTS, *COUNTIES, *GROUP_EXHIBITS)
