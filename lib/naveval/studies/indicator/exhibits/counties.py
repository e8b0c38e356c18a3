"""Section «Fylkene»: levels with intervals, and figures 10 to 13."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from naveval.disclosure.released import Released
from naveval.exhibits import figures
from naveval.exhibits.claims import LEVEL, Judged
from naveval.exhibits.declare import Exhibit, Fact, Picture
from naveval.exhibits.figures import COLORS
from naveval.exhibits.protect import Together
from naveval.exhibits.reader import Reader
from naveval.project import places
from naveval.project.normal import reach
from naveval.studies.indicator.exhibits.common import INDICATOR, levels, released
from naveval.studies.indicator.exhibits.curves import SOFT_INK, Line, Lines, curve
from naveval.studies.indicator.parameters import Parameters
from naveval.studies.indicator.results import IndicatorResults

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


def dots(ax: Axes, rows: pd.DataFrame, own: str, key: str) -> None:
    """A point with its interval per row, a place's own set apart."""
    for y, row in enumerate(rows.to_dict("records")):
        mine = row[key] == own
        color = COLORS[3] if mine else COLORS[0]
        ax.plot([row["ci_low"], row["ci_high"]], [y, y], color=color, linewidth=2.2)
        ax.plot(row["indicator"], y, marker="D" if mine else "o", color=color, markersize=6)
    ax.axvline(0, color=SOFT_INK, linewidth=0.8)
    ax.grid(axis="x")


def _draw(reader: Reader) -> Figure:
    rows = reader.rows.dropna(subset=["indicator"])
    figure, ax = figures.axes(height=4.6)
    dots(ax, rows, reader.parameters.county, "county")
    ax.set_yticks(range(len(rows)), [reader.named("county", code) for code in rows["county"]])
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


LEVELS = Judged("fig-county-levels", "indicator")


def _certain(reader: Reader) -> int:
    """Counties that stand out when all are tested together."""
    return int(LEVELS.rows(reader)["several"].eq(True).sum())


def _found(reader: Reader) -> str:
    return "some" if _certain(reader) else "none"


def _own(reader: Reader) -> pd.Series | None:
    rows = _known(reader)
    found = rows[rows["county"] == reader.parameters.county]
    return found.iloc[0] if len(found) else None


def _rank(reader: Reader) -> float:
    """Place from the top; missing where the county is not shown."""
    own = _own(reader)
    return (
        np.nan if own is None else int((_known(reader)["indicator"] > own["indicator"]).sum()) + 1
    )


def _alike(which: Callable[[Reader], pd.Series | None]) -> Fact:
    """Other counties whose difference from one may be chance, all tested together."""

    def get(reader: Reader) -> float:
        own, rows = which(reader), _known(reader)
        if own is None:
            return np.nan
        limit = reach(1 - LEVEL / max(len(rows) - 1, 1))
        apart = limit * np.hypot(rows["std_error"], own["std_error"])
        return int(((rows["indicator"] - own["indicator"]).abs() <= apart).sum()) - 1

    return Fact(get)


EXHIBITS: tuple[Exhibit[IndicatorResults], ...] = (
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
            "certain": Fact(_certain),
            "rank": Fact(_rank),
            "alike": _alike(_own),
            "high_alike": _alike(lambda reader: _known(reader).iloc[-1]),
            "low_alike": _alike(lambda reader: _known(reader).iloc[0]),
        },
        finding=_found,
    ),
    curve(
        "fig-10",
        counties("county", ("nav", "nav"), "actual_sa"),
        kind="actual",
        by="county",
        every=False,
    ),
    curve("fig-11", counties("county", ("nav", "nav")), by="county", every=False),
    curve(
        "fig-12",
        counties(f"county | {GUARANTEE}", (f"nav | {GUARANTEE}", "nav")),
        by="county",
        every=False,
    ),
    curve(
        "fig-13",
        counties(f"county | {ORIGIN}", ("country_group", "landgruppe_3")),
        by="county",
        every=False,
    ),
)
