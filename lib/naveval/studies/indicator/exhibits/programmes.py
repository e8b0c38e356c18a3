"""Section «Tiltak»: a table, the worked example, and figures 16 to 24."""

from dataclasses import replace
from functools import partial

import pandas as pd

from naveval.disclosure.released import Released
from naveval.exhibits.claims import LEVEL, Judged
from naveval.exhibits.declare import Exhibit, Fact, Sentence, Value, When
from naveval.exhibits.protect import Together
from naveval.exhibits.reader import Reader
from naveval.studies.indicator.characteristics import PROGRAMS
from naveval.studies.indicator.exhibits.common import (
    HOURS,
    NO_PROGRAM,
    WORKED_MONTH,
    WORKED_PROGRAM,
    place_grouping,
    released,
    with_printed,
    within_place,
)
from naveval.studies.indicator.exhibits.curves import Line, Lines, by_group, curve
from naveval.studies.indicator.exhibits.drawing import WHOLE
from naveval.studies.indicator.exhibits.results import VALUES
from naveval.studies.indicator.parameters import Parameters
from naveval.studies.indicator.results import IndicatorResults

SHOWN = tuple(name for name in PROGRAMS if name not in ("", "andre_tiltak"))
QUANTITIES = ("actual", "expected", "indicator")
COMPARED = ("03", "34")


def _programs(results: IndicatorResults) -> Released:
    found = within_place(results, "program", "atid12").rename(columns={"group": "program"})
    found["program"] = found["program"].replace("", NO_PROGRAM)
    return released(found.drop(columns="outcome"), results, "tbl-programs", ("program",))


def _of_program(parameters: Parameters) -> tuple[str, str]:
    county = parameters.county
    return (
        ("county × program", f"{county} × {WORKED_PROGRAM}")
        if county
        else ("program", WORKED_PROGRAM)
    )


def _worked_lines(parameters: Parameters) -> list[Line]:
    """Actual, expected and indicator of one programme, unadjusted so that they add up."""
    own = _of_program(parameters)
    panels = {"actual": "level", "expected": "level", "indicator": "gap"}
    return [Line(name, "atid12", *own, name, panel) for name, panel in panels.items()]


def worked(results: IndicatorResults) -> pd.DataFrame:
    """The programme's point in the month of the worked example; no rows where nobody is."""
    grouping, group = _of_program(results.parameters)
    own = results.curves
    own = own[(own["grouping"] == grouping) & (own["group"] == group)]
    own = own[(own["outcome"] == "atid12") & (own["specification"] == "")]
    own = own[(own["month"] == WORKED_MONTH) & (own["n_persons"] > 0)]
    return own.melt("n_persons", list(QUANTITIES), "quantity", "value")


def _worked(results: IndicatorResults) -> Released:
    found = with_printed(worked(results), "tbl-worked", "value", ("quantity",))
    return released(found, results, "tbl-worked", ("quantity",))


def _two_counties(parameters: Parameters) -> list[Line]:
    """One programme in two counties; in a county's report the county and the country."""
    codes = [parameters.county] if parameters.county else COMPARED
    own = [Line(c, "atid12", "county × program", f"{c} × {WORKED_PROGRAM}") for c in codes]
    return [*own, Line("", "atid12", "program", WORKED_PROGRAM)]


def _and_whole(lines: Lines, outcome: str) -> Lines:
    """The lines, and that of the place as a whole."""
    return lambda parameters: [
        *lines(parameters),
        Line(WHOLE, outcome, *place_grouping(parameters.county)),
    ]


_many = partial(curve, every=False, drawn="multiples")


def _pair(label: str, names: tuple[str, str]) -> Exhibit[IndicatorResults]:
    """Two programmes beside each other: hours in one panel, work in the other."""

    def lines(parameters: Parameters) -> list[Line]:
        every = [
            (o, line) for o in OUTCOMES_12 for line in by_group(o, "program", names)(parameters)
        ]
        return [replace(line, panel=outcome[:4]) for outcome, line in every]

    return curve(label, lines, drawn="years")


OUTCOMES_12 = ("atid12", "jobb12")
ALIKE, CLUBS = ("oppfolging", "arbeid_med_stotte"), ("jobbklubb", "digital_oppfolging")
JUDGED = Judged("tbl-programs", "indicator", shown=True)
WORKED = Judged(
    "tbl-programs",
    "indicator",
    {"program": (WORKED_PROGRAM,)},
    lambda reader: LEVEL / max(len(JUDGED.rows(reader)), 1),
)
"""One programme, told of among all of the table."""
COUNTY_CURVES = curve("fig-24", _two_counties, by="county", every=False, drawn="years")


def _compared(reader: Reader) -> str:
    """Why these counties stand in the country's report."""
    return "" if reader.parameters.county else reader.named("", "compared")


EXHIBITS: tuple[Exhibit[IndicatorResults], ...] = (
    Exhibit(
        "tbl-programs",
        data=_programs,
        keys=("program",),
        values=VALUES,
        protect=Together("n_persons"),
        finding=JUDGED,
        facts=JUDGED.counts() | JUDGED.missed(2, "hours"),
    ),
    curve("fig-16", _worked_lines, kind="level", finding=WORKED),
    Exhibit(
        "tbl-worked",
        data=_worked,
        keys=("quantity",),
        values={
            "value": Value("num2", HOURS, estimand="worked example"),
            "published": Value("num2", source="published"),
        },
        protect=Together("n_persons"),
        facts={"gap": Fact(lambda reader: abs(reader("tbl-worked.value[indicator]")), "num2")},
        when=When(lambda results: len(worked(results).dropna()) > 0, "too-few-worked"),
    ),
    _many("fig-17", by_group("atid12", "program", SHOWN, "actual_sa"), kind="actual"),
    _many("fig-18", _and_whole(by_group("atid12", "program", SHOWN), "atid12")),
    _many("fig-19", _and_whole(by_group("jobb12", "program", SHOWN), "jobb12")),
    _pair("fig-20", ALIKE),
    _pair("fig-22", CLUBS),
    replace(COUNTY_CURVES, facts={**COUNTY_CURVES.facts, "compared": Fact(_compared, "text")}),
)


def _direction(reader: Reader) -> str:
    return "more" if reader("tbl-worked.value[indicator]") > 0 else "fewer"


SENTENCES = (Sentence("worked", _direction),)
