"""Section «Diagnostikk»: the time before, placebo, bounds, many tests, the break in 2018."""

from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from naveval.exhibits import figures
from naveval.exhibits.declare import Exhibit, Fact, Picture, Sentence, Table, Value
from naveval.exhibits.reader import Reader
from naveval.project import formats
from naveval.studies.followup import weeks as iso_weeks
from naveval.studies.followup.checks import LIMIT
from naveval.studies.followup.events import OUTCOMES
from naveval.studies.followup.exhibits.common import (
    METHOD,
    SMALL,
    apart,
    by_outcome,
    counted,
    described,
    effect,
    freedom,
    model,
    moved,
    without_refused,
)
from naveval.studies.followup.exhibits.description import (
    DIALOGUE,
    PERCENT,
    mark_time,
    nothing,
    percent_axis,
)
from naveval.studies.followup.exhibits.effects import JOINED
from naveval.studies.followup.results import FollowupResults

SENSITIVITY = ("program", "work")
METHODS = {"relative": "Rambachan-Roth, C-LF", "smoothness": "Rambachan-Roth, fixed length"}
# Whether the result differs from zero under parallel trends, and under a straight line.
LINES = {
    (True, True): "stays",
    (True, False): "gone",
    (False, True): "only",
    (False, False): "neither",
}


def events(results: FollowupResults) -> pd.DataFrame:
    """Event studies of all outcomes; a month rests on the persons of its smaller group."""
    fewest = min(item.n_persons for item in results.trends.values()) - 1
    parts = [
        item.frame.assign(outcome=name, residual_df=fewest).rename(columns={"n_month": "n_persons"})
        for name, item in results.trends.items()
    ]
    return pd.concat(parts, ignore_index=True)


def pre_trends(results: FollowupResults) -> pd.DataFrame:
    """Joint test of the time before July 2017, and the linear trend before."""
    rows = [
        {
            "outcome": name,
            "statistic": item.pre_trend.statistic if item.pre_trend else np.nan,
            "freedom": item.pre_trend.freedom if item.pre_trend else np.nan,
            "p_value": item.pre_trend.p_value if item.pre_trend else np.nan,
            "slope": item.slope,
            "slope_error": item.slope_error,
            "slope_p": item.slope_p,
            "n_persons": item.n_persons,
            "events": item.events,
            "others": item.others,
        }
        for name, item in results.trends.items()
    ]
    return freedom(pd.DataFrame(rows))


def draw_events(reader: Reader) -> Figure:
    """A panel per outcome with pointwise intervals and simultaneous bands."""
    figure, axes = figures.axes(3, 2, height=7.6)
    for ax, outcome in zip(np.ravel(axes), OUTCOMES, strict=False):
        _event_panel(ax, reader, outcome)
    last = np.ravel(axes)[-1]
    last.axis("off")
    for height, name in ((0.8, "points"), (0.55, "bars"), (0.3, "band")):
        last.text(0.0, height, reader.named("", name), fontsize=9, va="center", wrap=True)
    return figure


def _event_panel(ax: Axes, reader: Reader, outcome: str) -> None:
    part = reader.rows[reader.rows["outcome"] == outcome]
    x = iso_weeks.month_index(part["month"].to_numpy())
    known = part["estimate"].notna().to_numpy()
    ax.axhline(0, color=figures.INK, lw=0.8)
    if known.any():
        ax.fill_between(
            x,
            PERCENT * part["band_low"],
            PERCENT * part["band_high"],
            color=figures.COLORS[1],
            alpha=0.22,
            lw=0,
        )
        ax.vlines(
            x, PERCENT * part["ci_low"], PERCENT * part["ci_high"], color=figures.COLORS[0], lw=1.1
        )
        ax.plot(x, PERCENT * part["estimate"], "o", color=figures.COLORS[0], ms=3.2)
    ax.set_title(reader.named("", outcome))
    if not known.any():
        nothing(ax, reader)
        return
    mark_time(ax, reader, dialogue=outcome in DIALOGUE)
    ax.set_xlim(x.min() - 0.6, x.max() + 0.6)
    percent_axis(ax)


def intervals(results: FollowupResults) -> pd.DataFrame:
    """Robust intervals of the average effect, by what trends may do and how much."""
    assert results.intervals is not None
    fewest = int(results.intervals["n_persons"].min()) - 1 if len(results.intervals) else 0
    return results.intervals.assign(residual_df=fewest, estimate=np.nan)


def draw_sensitivity(reader: Reader) -> Figure:
    """Robust intervals by how far trends may differ, relative magnitudes."""
    figure, axes = figures.axes(1, len(SENSITIVITY), height=3.0)
    for ax, outcome in zip(np.ravel(axes), SENSITIVITY, strict=True):
        part = reader.rows[reader.rows["outcome"] == outcome]
        ax.axhline(0, color=figures.INK, lw=0.8)
        ax.vlines(
            part["bound"],
            PERCENT * part["ci_low"],
            PERCENT * part["ci_high"],
            color=figures.COLORS[0],
            lw=3,
        )
        for end, marker in (("ci_low", "v"), ("ci_high", "^")):
            beyond = part[part["open_ended"].astype(bool)]
            ax.plot(beyond["bound"], PERCENT * beyond[end], marker, color=figures.COLORS[0])
        ax.set_title(reader.named("", outcome))
        ax.set_xlabel(reader.named("", "x"))
        ax.set_xlim(-0.3, 2.3)
        if part["ci_low"].notna().any():
            figures.norwegian_axis(ax, y=None, x=1)
            percent_axis(ax)
        else:
            nothing(ax, reader)
    np.ravel(axes)[0].set_ylabel(reader.named("", "y"))
    return figure


def _end(side: str, bound: int) -> Fact:
    """An end of the programme interval at a bound."""

    def get(reader: Reader) -> float:
        rows = reader.rows[reader.rows["outcome"] == SENSITIVITY[0]]
        found = rows.loc[rows["bound"] == float(bound), f"ci_{side}"]
        return float(found.iloc[0]) if len(found) else float("nan")

    return Fact(get, "pp1_s")


def _placebo(reader: Reader) -> pd.Series:
    labels = ("tbl-placebo", "tbl-placebo-group")
    return pd.concat([reader.frame(label)["p_value"] for label in labels])


def _moved(reader: Reader) -> str:
    """Names of the outcomes whose gap moved before July 2017, by the same test for all."""
    names = [reader.named("outcome", one).lower() for one in OUTCOMES if moved(reader, one)]
    return formats.listed(names)


BOUND = "bound"
BREAKDOWNS = tuple(f"{goal}_{name}" for name in METHODS for goal in ("zero", "mde"))


def _trends(reader: Reader) -> str:
    if not reader("tbl-pretrend.tests"):
        return "untested" if reader.frame("tbl-pretrend")["slope"].notna().any() else "none"
    if reader("tbl-pretrend.smallest") < LIMIT / reader("tbl-pretrend.tests"):
        return "rejected"
    return "slope" if reader("tbl-pretrend.moved") else "passed"


def _breakdown(reader: Reader) -> str:
    if np.isnan(reader("tbl-breakdown.estimate[program]")):
        return "refused"
    if reader("tbl-breakdown.zero_relative[program]") > 0:
        return "robust"
    return "null" if reader("tbl-breakdown.mde_relative[program]") > 0 else "wide"


def _reaching(reader: Reader) -> pd.Series:
    """Whether each outcome that has bounds differs from zero under parallel trends."""
    rows = reader.frame("tbl-breakdown")
    return rows.loc[rows["estimate"].notna(), "zero_relative"] > 0


def _breakdowns(reader: Reader) -> str:
    """The table's title: of all its outcomes, each by itself."""
    found = _reaching(reader)
    if not len(found):
        return "refused"
    return "some" if found.any() else "none"


def _line(reader: Reader) -> str:
    if np.isnan(reader("tbl-breakdown.estimate[program]")):
        return ""
    found = [reader(f"tbl-breakdown.zero_{name}[program]") > 0 for name in METHODS]
    return LINES[bool(found[0]), bool(found[1])]


def _placebos(reader: Reader) -> str:
    if not reader("tbl-placebo.n_tests"):
        return "refused"
    return "many" if reader("tbl-placebo.n_holm") else "few"


EXHIBITS: tuple[Exhibit[FollowupResults], ...] = (
    Exhibit(
        "fig-events",
        data=events,
        keys=("outcome", "event_time"),
        values={
            "estimate": effect(p="", estimand="event_time"),
            "band_low": by_outcome(format="hundred2_s", estimand="simultaneous band, low"),
            "band_high": by_outcome(format="hundred2_s", estimand="simultaneous band, high"),
            "month": Value("int", source="design"),
        },
        protect=described(along={"band_low": "std_error", "band_high": "std_error"}),
        view=Picture(draw_events),
        finding=_trends,
    ),
    Exhibit(
        "tbl-pretrend",
        data=pre_trends,
        keys=("outcome",),
        values={
            "statistic": Value(
                "num2", "F statistic", p="p_value", estimand="pre_trend joint", method=METHOD
            ),
            "freedom": Value("int", source="design"),
            "slope": by_outcome(
                format="hundred3_s",
                se="slope_error",
                p="slope_p",
                estimand="pre_trend slope per month",
            ),
        },
        protect=model(n=("n_persons",), digits=("statistic",)),
        facts={
            "tests": Fact(lambda reader: int(reader.rows["p_value"].notna().sum())),
            "smallest": Fact(lambda reader: float(reader.rows["p_value"].min()), "p"),
            "moved": Fact(_moved, "text"),
        },
        finding=_trends,
    ),
    Exhibit(
        "tbl-placebo",
        data=lambda results: freedom(without_refused(results.dates)),
        keys=("start", *JOINED),
        values={
            "estimate": effect(),
            "mde": by_outcome(format="hundred2", estimand="minimum_detectable"),
            "refused": Value("text"),
        },
        protect=SMALL,
        view=Table(joined=JOINED),
        facts=counted(_placebo),
        finding=_placebos,
    ),
    Exhibit(
        "tbl-placebo-group",
        data=lambda results: freedom(without_refused(results.groups)),
        keys=("other", *JOINED),
        values={
            "estimate": effect(),
            "mde": by_outcome(format="hundred2", estimand="minimum_detectable"),
            "n_obs": Value("int"),
            "refused": Value("text"),
        },
        protect=SMALL,
        view=Table(joined=JOINED),
        facts=counted(lambda reader: reader.frame("tbl-placebo-group")["p_value"]),
        finding=partial(apart, "tbl-placebo-group"),
    ),
    Exhibit(
        "fig-sensitivity",
        data=intervals,
        keys=("outcome", "restriction", "share"),
        values={
            "estimate": Value(
                by="restriction",
                kinds={
                    name: Value(
                        "hundred2_s",
                        "outcome's unit",
                        se="std_error",
                        low="ci_low",
                        high="ci_high",
                        estimand="robust interval",
                        method=method,
                    )
                    for name, method in METHODS.items()
                },
            ),
            "bound": Value("hundred2"),
        },
        protect=described(digits=("bound",)),
        view=Picture(draw_sensitivity),
        only={"outcome": SENSITIVITY, "restriction": ("relative",)},
        facts={
            f"program_{side}_{bound}": _end(side, bound)
            for side in ("low", "high")
            for bound in (0, 2)
        },
        finding=_breakdown,
    ),
    Exhibit(
        "tbl-breakdown",
        data=lambda results: freedom(results.breakdowns),
        keys=("outcome",),
        values={
            "estimate": effect(low="", high="", p="", estimand="average over four quarters"),
            **{
                f"{goal}_{name}": Value(
                    "num2" if name == "relative" else "hundred2",
                    BOUND,
                    estimand="breakdown value",
                    method=method,
                )
                for name, method in METHODS.items()
                for goal in ("zero", "mde")
            },
        },
        protect=described(digits=BREAKDOWNS),
        facts={
            "outcomes": Fact(lambda reader: len(_reaching(reader))),
            "reaching": Fact(lambda reader: int(_reaching(reader).sum())),
        },
        finding=_breakdowns,
    ),
)


SENTENCES = (
    Sentence("trends", _trends),
    Sentence("placebo", _placebos),
    Sentence("breakdown", _breakdown, then=(Sentence("breakdown-line", _line),)),
)
