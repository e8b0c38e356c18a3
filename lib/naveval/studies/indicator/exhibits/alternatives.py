"""Section «Andre måter å regne på»: figures 2 and 30 to 32, and options beyond the document."""

from naveval.exhibits.declare import Exhibit
from naveval.studies.indicator.characteristics import COHORTS
from naveval.studies.indicator.exhibits.common import place_grouping
from naveval.studies.indicator.exhibits.counties import counties
from naveval.studies.indicator.exhibits.curves import Line, curve
from naveval.studies.indicator.models import MAIN_GROUPS
from naveval.studies.indicator.parameters import Parameters
from naveval.studies.indicator.results import IndicatorResults


def _beside(label: str, specification: str, *outcomes: str) -> Exhibit[IndicatorResults]:
    """An alternative beside the main model, a panel per outcome."""

    def lines(parameters: Parameters) -> list[Line]:
        own, several = place_grouping(parameters.county), len(outcomes) > 1
        return [
            Line(name or "main", o, *own, panel=o if several else "", specification=name)
            for o in outcomes
            for name in ("", specification)
        ]

    return curve(label, lines)


def _separate(_: Parameters) -> list[Line]:
    """Main groups in the common model, and in models of their own."""
    return [
        Line(name, "atid3", "main_group", group, panel=group, specification=specification)
        for group in MAIN_GROUPS
        for name, specification in (("common", ""), ("separate", "separate"))
    ]


def _entrants(parameters: Parameters) -> list[Line]:
    """In work, of those who entered 6, 12, 24 and 60 months before."""
    own = place_grouping(parameters.county)
    outcomes = [f"jobb{horizon}" for horizon in COHORTS]
    return [Line(o, o, *own, "actual", specification="entrants") for o in outcomes]


EXHIBITS: tuple[Exhibit[IndicatorResults], ...] = (
    _beside("fig-2", "without_hours", "atid12"),
    _beside("fig-30", "without_pandemic", "atid3"),
    curve(
        "fig-31",
        counties("county", ("nav", "nav"), specification="month_dummies"),
        by="county",
        every=False,
    ),
    curve("fig-32", _separate),
    _beside("fig-linear", "linear", "jobb3", "jobb12"),
    _beside("fig-cohorts", "cohorts", "atid3", "atid12"),
    curve("fig-entrants", _entrants, kind="actual", every=False),
    _beside("fig-subsidised", "without_subsidised", "atid3", "atid12"),
    _beside("fig-days", "working_days", "atid3", "atid12"),
)
