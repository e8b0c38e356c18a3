"""What the figures of results show: points, intervals, names of axes, and which line is whose."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

import naveval as nv
from naveval.estimators import detectable
from naveval.exhibits import figures
from naveval.frames import example

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*(are treated|few units|overlap is poor|reject nothing)"
)
BLUE, GREY, INK = (color.lower() for color in (*figures.COLORS[::4][:2], figures.INK))
OTHER = figures.COLORS[3].lower()
COLUMNS = {"outcome": "y", "unit": "unit", "time": "time"}
AXIS = ([0, 1], [0, 0], INK, 0.8, "-")


def panel(n: int = 12, periods: int = 8, treated: int = 4, start: float = 5.0) -> pd.DataFrame:
    frame = pd.DataFrame({"unit": np.repeat(range(n), periods), "time": list(range(periods)) * n})
    frame["start"] = np.where(frame["unit"] < treated, start, np.nan)
    hit = frame["time"] >= frame["start"]
    noise = np.random.default_rng(3).normal(size=len(frame))
    return frame.assign(treated=hit.astype(int), y=frame["unit"] + 2.0 * hit + noise)


def axes(figure: Figure) -> Axes:
    (ax,) = figure.axes
    assert figure.get_size_inches()[0] == pytest.approx(figures.WIDTH)
    return ax


def lines(ax: Axes) -> list[tuple[Any, ...]]:
    """Lines without markers: x, y, colour, width and style."""
    return [
        (
            list(line.get_xdata()),
            list(line.get_ydata()),
            to_hex(line.get_color()),
            line.get_linewidth(),
            line.get_linestyle(),
        )
        for line in ax.get_lines()
        if line.get_marker() in ("None", None, "")
    ]


def points(ax: Axes) -> list[tuple[Any, ...]]:
    """Markers: x, y, sign, colour within and of the edge."""
    return [
        (
            list(line.get_xdata()),
            list(line.get_ydata()),
            line.get_marker(),
            to_hex(line.get_markerfacecolor()),
            to_hex(line.get_markeredgecolor()),
        )
        for line in ax.get_lines()
        if line.get_marker() not in ("None", None, "")
    ]


def intervals(ax: Axes) -> tuple[np.ndarray, list[str], float]:
    """Ends of the intervals, (n, 2, 2), their colours and width."""
    (found,) = (one for one in ax.collections if isinstance(one, LineCollection))
    colors = [to_hex(color) for color in found.get_colors()]
    return np.array(found.get_segments()), colors, found.get_linewidths()[0]


def norwegian(ax: Axes) -> bool:
    """Whether the vertical axis has a comma and one decimal."""
    return ax.yaxis.get_major_formatter()(-1.25, 0).replace("−", "-") in ("-1,2", "-1,3")


def is_of_events(ax: Axes, table: pd.DataFrame, reference: int, low: str, high: str) -> None:
    at, estimate = table["event_time"].tolist(), table["estimate"].tolist()
    assert lines(ax) == [AXIS]
    assert points(ax) == [
        (at, estimate, "o", BLUE, BLUE),
        ([reference], [0], "o", "#ffffff", BLUE),
    ]
    ends, colors, width = intervals(ax)
    np.testing.assert_array_equal(ends[:, :, 0], np.column_stack([at, at]))
    np.testing.assert_array_equal(ends[:, :, 1], table[[low, high]])
    assert (colors, width) == ([BLUE], 1.2)
    assert ax.get_xlabel() == "Perioder siden start"
    assert norwegian(ax)


def test_events_of_several_units_with_their_intervals() -> None:
    for reference in (-1, -2):
        found = nv.event_study(panel(), **COLUMNS, start="start", reference=reference)
        is_of_events(axes(found.figure()), found.table(), reference, "ci_low", "ci_high")


def test_gaps_of_one_unit_with_the_placebos() -> None:
    for reference in (-1, -2):
        one = panel(treated=1)
        found = nv.event_study(one, **COLUMNS, start="start", reference=reference)
        is_of_events(axes(found.figure()), found.table(), reference, "placebo_low", "placebo_high")


def test_effects_of_several_starts_without_their_mean() -> None:
    frame = panel()
    frame["start"] = frame["unit"].map(lambda one: [3.0, 5.0, np.nan][one % 3])
    found = nv.group_time(frame, **COLUMNS, start="start")
    is_of_events(axes(found.figure()), found.table().iloc[:-1], -1, "ci_low", "ci_high")
    simple = nv.group_time(frame, **COLUMNS, start="start", average="simple")
    assert simple.draw is None


def test_a_treated_unit_among_its_controls() -> None:
    frame = panel(treated=1)
    found = nv.one_treated(frame, **COLUMNS, treated=0, start=5)
    ax = axes(found.figure())
    wide = frame.pivot(index="unit", columns="time", values="y").to_numpy()
    left = wide - wide.mean(axis=1, keepdims=True) - wide.mean(axis=0) + wide.mean()
    gap = left - left[:, :5].mean(axis=1, keepdims=True)
    drawn = lines(ax)
    assert [one[2:] for one in drawn[:11]] == [(GREY, 0.8, "-")] * 11
    np.testing.assert_allclose([one[1] for one in drawn[:11]], gap[1:], atol=1e-9)
    assert all(one[0] == list(range(8)) for one in drawn[:12])
    np.testing.assert_allclose(drawn[11][1], gap[0], atol=1e-9)
    assert drawn[11][2:] == (BLUE, 2.2, "-")
    assert drawn[12:] == [([4.5, 4.5], [0, 1], INK, 0.8, "--"), AXIS]
    assert [line.get_alpha() for line in ax.get_lines()[:12]] == [0.35] * 11 + [None]
    (name,) = ax.texts
    assert (name.get_text(), name.xyann) == ("0", (4, 0))
    assert name.anncoords == "offset points"
    assert name.xy == pytest.approx((7, gap[0, -1]))
    assert ax.get_ylabel() == "y"
    assert [one.get_text() for one in ax.get_xticklabels()] == [str(at) for at in range(8)]
    assert norwegian(ax)


@pytest.mark.parametrize("name", ["synthetic_control", "synthetic_did"])
def test_a_series_and_its_synthetic_one(name: str) -> None:
    frame = panel(6, 17, treated=1, start=12.0)
    found = getattr(nv, name)(frame, **COLUMNS, treated=0, start=12)
    ax, table = axes(found.figure()), found.table()
    at = list(range(17))
    assert lines(ax) == [
        (at, table["observed"].tolist(), BLUE, 1.9, "-"),
        (at, table["synthetic"].tolist(), OTHER, 1.9, "--"),
        ([11.5, 11.5], [0, 1], INK, 0.8, "-"),
    ]
    assert list(ax.get_xticks()) == at[::2]
    assert [one.get_text() for one in ax.get_xticklabels()] == [str(one) for one in at[::2]]
    assert ax.get_ylabel() == "y"


def test_groups_stand_in_the_order_of_their_indicators() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"office": rng.integers(1, 6, 300), "age": rng.integers(2, 7, 300)})
    frame["hours"] = 20 - frame["age"] + (frame["office"] == 3) * 2 + rng.normal(size=300)
    found = nv.indicator(frame, outcome="hours", group="office", by="age")
    figure = found.figure()
    ax, shown = axes(figure), found.table().sort_values("indicator")
    assert figure.get_size_inches()[1] == pytest.approx(1.2 + 0.25 * 5)
    ends, colors, width = intervals(ax)
    np.testing.assert_array_equal(ends[:, :, 0], shown[["ci_low", "ci_high"]])
    np.testing.assert_array_equal(ends[:, :, 1], [[at, at] for at in range(5)])
    assert (colors, width) == ([BLUE], 1.2)
    assert points(ax) == [(shown["indicator"].tolist(), list(range(5)), "o", BLUE, BLUE)]
    assert ax.get_lines()[0].get_markersize() == 4
    assert lines(ax) == [([0, 0], [0, 1], INK, 0.8, "-")]
    assert [one.get_text() for one in ax.get_yticklabels()] == shown["office"].tolist()
    assert ax.get_xlabel() == "hours"


@pytest.fixture(scope="module")
def fitted() -> Any:
    frame = example.programs().head(600).assign(days=lambda f: -f["age"])
    columns = {"outcome": ["earnings", "days"], "program": "program", "control": "none"}
    return nv.cross_fit(frame, **columns, covariates="education", trees=8)


def test_effects_of_programmes_with_the_first_on_top(fitted: Any, monkeypatch: Any) -> None:
    overlap = fitted.table().assign(overlap=["good", "poor"])
    monkeypatch.setattr(type(fitted), "table", lambda _: overlap)
    found = nv.att(fitted)
    figure, table = found.figure(), found.table()
    ax = axes(figure)
    assert figure.get_size_inches()[1] == pytest.approx(1.2 + 0.35 * 4)
    at = [3, 2, 1, 0]
    wanted = [GREY if grade == "poor" else BLUE for grade in table["overlap"]]
    assert sorted(wanted) == sorted([BLUE, GREY] * 2)
    ends, colors, _ = intervals(ax)
    np.testing.assert_array_equal(ends[:, :, 0], table[["ci_low", "ci_high"]])
    np.testing.assert_array_equal(ends[:, :, 1], [[one, one] for one in at])
    assert colors == wanted
    scatter = ax.collections[1]
    np.testing.assert_array_equal(scatter.get_offsets(), np.column_stack([table["estimate"], at]))
    assert [to_hex(color) for color in scatter.get_facecolor()] == wanted
    assert lines(ax) == [([0, 0], [0, 1], INK, 0.8, "-")]
    named = [f"{arm}, {of}" for arm, of in zip(table["arm"], table["outcome"], strict=True)]
    assert list(ax.get_yticks()) == at
    assert [one.get_text() for one in ax.get_yticklabels()] == named


@pytest.mark.parametrize(("outcome", "name"), [("days", "days"), ("earnings", "earnings")])
def test_what_those_gain_who_are_ranked_first(fitted: Any, outcome: str, name: str) -> None:
    found = nv.rate(fitted, "course", by="age", outcome=outcome)
    ax, curve = axes(found.figure()), found.found["rate"]
    assert lines(ax) == [
        (curve.share.tolist(), curve.toc.tolist(), BLUE, 1.9, "-"),
        AXIS,
    ]
    (band,) = ax.collections
    half = detectable.multiplier(0.95, 0.5) * curve.toc_error
    corners = band.get_paths()[0].vertices
    assert corners[:, 1].min() == pytest.approx((curve.toc - half).min())
    assert corners[:, 1].max() == pytest.approx((curve.toc + half).max())
    assert (to_hex(band.get_facecolor()[0]), band.get_alpha()) == (BLUE, 0.2)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("age", name)
