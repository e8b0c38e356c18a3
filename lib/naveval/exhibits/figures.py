"""Figures of a report: one style, picture with caption, alt text and the data behind it.

The palette is that of the UK Analysis Function, darkened so that a label in its line's colour can
be read: at most six colours, never the only carrier of meaning; lines differ in style too and are
labelled directly.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np
from cycler import cycler
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text
from matplotlib.ticker import (
    AutoLocator,
    FixedLocator,
    FuncFormatter,
    MaxNLocator,
)

from naveval.exhibits import painting
from naveval.project import fonts, formats
from naveval.project.errors import ParameterError

COLORS = ("#12436D", "#1B7F77", "#801650", "#B8470F", "#3D3D3D", "#7A55B8")
LINESTYLES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)))
GRID = "#D9DDE1"
INK = "#262626"
WIDTH, PHONE = 7.2, 3.7
"""Inches across: on a page, and on a phone, where text keeps its size and panels stand in a row."""
PHONE_TICKS, PHONE_NAME, PHONE_LINE, PHONE_ROWS = 5, 20, 40, 12
"""On a phone at most: ticks of an axis, letters in a line of a name and of a title, rows broken."""
DPI = 180
LABEL_PAD = 0.012
MIN_LABEL_GAP = 0.055
LEADER = {"arrowstyle": "-", "lw": 0.9, "ls": ":", "shrinkA": 0, "shrinkB": 2, "relpos": (0, 0.5)}
LEADER_PADS = 3
"""The line from a name to its line's end, and how many pads it has room in."""
LABEL_INCHES, PANEL_SHARE = 0.17, 0.75
"""Height of a label's line, and how much of a figure's height its panels take at the least."""
NOTICE_INCHES = 0.16
SMALL = 9
"""Points of the smallest text: 6.8 in PDF, where a figure takes 85 per cent of the line."""
LEAST_CONTRAST = 4.5


@lru_cache(maxsize=1)
def _font() -> str:
    for file in fonts.files().values():
        font_manager.fontManager.addfont(file)
    return fonts.FAMILY


def use_style() -> None:
    """Set the one style of all figures."""
    import seaborn as sns  # takes a second to import, which only drawing needs

    sns.set_theme(
        style="white",
        rc={
            "font.family": _font(),
            "font.size": 11,
            "axes.edgecolor": "#8A9199",
            "axes.linewidth": 0.8,
            "axes.labelcolor": INK,
            "axes.labelsize": 11,
            "axes.titlesize": 11.5,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.grid.axis": "y",
            "axes.axisbelow": True,
            "axes.prop_cycle": cycler(color=COLORS),
            "grid.color": GRID,
            "grid.linewidth": 0.7,
            "text.color": INK,
            "xtick.color": INK,
            "ytick.color": INK,
            "xtick.labelsize": 10,
            "ytick.labelsize": 10,
            "lines.linewidth": 1.9,
            "legend.frameon": False,
            "legend.fontsize": SMALL,
            "figure.dpi": 100,
            "savefig.dpi": DPI,
            "svg.fonttype": "path",
            "svg.hashsalt": "naveval",
            "figure.facecolor": "white",
        },
    )


def axes(nrows: int = 1, ncols: int = 1, *, height: float = 3.6, **options: Any) -> Any:
    """A figure of the standard width, without pyplot's global state.

    Returns
    -------
    (Figure, Axes or array of Axes), as `Figure.subplots` gives them.
    """
    use_style()
    if ncols == 1 or not on_phone() or "gridspec_kw" in options:
        figure = Figure(figsize=(_across.get(), height), layout="constrained")
        return figure, figure.subplots(nrows, ncols, **options)
    across = 2 if nrows > 1 and ncols > 2 else 1
    down = -(-nrows * ncols // across)
    figure = Figure(figsize=(PHONE, height * down / nrows), layout="constrained")
    squeeze = options.pop("squeeze", True)
    every = figure.subplots(down, across, squeeze=False, **options).ravel()
    for ax in every[nrows * ncols :]:
        ax.remove()
    grid = every[: nrows * ncols].reshape(nrows, ncols)
    return figure, grid.squeeze() if squeeze else grid


_across: ContextVar[float] = ContextVar("across", default=WIDTH)


@contextmanager
def phone() -> Iterator[None]:
    """Figures made within are drawn for a phone."""
    token = _across.set(PHONE)
    try:
        yield
    finally:
        _across.reset(token)


def on_phone() -> bool:
    """Whether figures are drawn for a phone."""
    return _across.get() == PHONE


def legend_columns(most: int) -> int:
    """Columns of a legend beside its figure: one on a phone."""
    return 1 if on_phone() else most


def norwegian_axis(ax: Axes, *, x: int | None = None, y: int | None = 0, unit: str = "") -> None:
    """Number the axes the Norwegian way with that many decimals; `unit` goes after y.

    Automatic ticks are put where that many decimals tell them apart: never at 2.5 shown as 2.
    """
    if y is not None:
        _number(ax.yaxis, y, unit)
    if x is not None:
        _number(ax.xaxis, x)


def _number(axis: Axis, decimals: int, unit: str = "") -> None:
    axis.set_major_formatter(FuncFormatter(_Numbered(decimals, unit)))
    if type(axis.get_major_locator()) is AutoLocator:
        axis.set_major_locator(_Ticks(decimals))


def number_ticks(axis: Axis, factor: float = 1.0) -> None:
    """Number what is drawn on an axis, times a factor, with the decimals that its ticks need.

    Example
    -------
    >>> _, ax = axes()
    >>> ax.set_ylim(-0.12, 0.12)
    (-0.12, 0.12)
    >>> number_ticks(ax.yaxis)
    >>> [label.get_text() for label in ax.get_yticklabels()][-2:]
    ['0,10', '0,15']
    """
    axis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    first, second, *_ = axis.get_majorticklocs()
    decimals = max(0, -math.floor(math.log10(factor * (second - first)) + 1e-9))
    axis.set_major_formatter(FuncFormatter(_Numbered(decimals, factor=factor)))


@dataclass(frozen=True)
class _Numbered:
    """The text of a tick; a class, so that a figure can be handed to another process."""

    decimals: int
    unit: str = ""
    factor: float = 1.0

    def __call__(self, value: float, place: int | None = None) -> str:
        return formats.number(self.factor * value, self.decimals) + self.unit


class _Ticks(MaxNLocator):
    """Ticks at round values with at most so many decimals."""

    def __init__(self, decimals: int) -> None:
        super().__init__("auto", steps=[1, 2, 5, 10], integer=True)
        self.per_unit = 10**decimals

    def tick_values(self, vmin: float, vmax: float) -> Any:
        found = super().tick_values(vmin * self.per_unit, vmax * self.per_unit)
        return np.asarray(found) / self.per_unit


def label_ends(
    ax: Axes, ends: dict[str, tuple[float, float, str]], *, at: float | None = None
) -> None:
    """Write each line's name at its end, moved apart where they would overlap, within the axis.

    A name that stands off its line's end is led to it by a dotted line.

    Parameters
    ----------
    ends
        Name to (x, y, colour) of the last point of its line, in data units.
    at
        Where all names begin, for lines that end at different places; by default at their ends.
    """
    low, high = ax.get_ylim()
    grid = ax.get_gridspec()
    figure_inches = ax.figure.bbox.height / ax.figure.dpi
    tall = PANEL_SHARE * figure_inches / (grid.nrows if grid else 1)
    gap = (high - low) * max(MIN_LABEL_GAP, LABEL_INCHES / tall)
    order = sorted(ends, key=lambda name: ends[name][1])
    heights = _apart(np.array([ends[name][1] for name in order], dtype=float), gap, low, high)
    left, right = ax.get_xlim()
    for name, y in zip(order, heights, strict=True):
        x, end, color = ends[name]
        beside = max(x, at) if at is not None else x
        off = beside > x or abs(y - end) > gap / 2
        pad = (right - left) * LABEL_PAD * (LEADER_PADS if off else 1)
        ax.annotate(
            _broken(name, PHONE_NAME) if on_phone() else name,
            (x, end),
            xytext=(beside + pad, y),
            color=color,
            fontsize=10,
            va="center",
            ha="left",
            annotation_clip=False,
            arrowprops={**LEADER, "color": color} if off else None,
        )


def _apart(values: np.ndarray, gap: float, low: float, high: float) -> np.ndarray:
    """Move sorted positions as little as will keep them `gap` apart and between low and high."""
    from scipy.optimize import isotonic_regression

    steps = gap * np.arange(len(values))
    moved = isotonic_regression(values - steps).x
    return np.clip(moved, low, max(low, high - gap * (len(values) - 1))) + steps


def save(figure: Figure, picture: Path, mark: str, *, vector: bool = False) -> None:
    """Write a picture, with a mark inside it where there is one, so that a copy keeps it.

    Beside the raster picture stands a vector one where that is wanted, unless it has so many marks
    that they could be single persons. For a phone the vector picture takes the raster one's place.
    Within `painting.beside` another process writes it, so that it need not be there yet.

    Raises
    ------
    ParameterError
        For text too faint on a white page, which all text of figures stands on or near.
    """
    if faint := faint_texts(figure):
        raise ParameterError(f"{picture.name}: too faint to read: {'; '.join(faint)}")
    if on_phone():
        _fit_phone(figure)
    if mark:
        _keep_free(figure)
        figure.text(0.995, 0.005, mark, ha="right", va="bottom", fontsize=SMALL, color="#5A5A5A")
    painting.ask(figure, picture, DPI, vector=vector, to_phone=on_phone())


def _fit_phone(figure: Figure) -> None:
    """Break long names and titles, and thin ticks."""
    for ax in figure.axes:
        if isinstance(ax.yaxis.get_major_locator(), FixedLocator):
            names = [text.get_text().replace("\n", " ") for text in ax.get_yticklabels()]
            longest = PHONE_NAME if len(names) <= PHONE_ROWS else PHONE_LINE
            ax.set_yticks(ax.get_yticks(), [_broken(name, longest) for name in names])
        turned = any(text.get_rotation() for text in ax.get_xticklabels())
        if isinstance(ax.xaxis.get_major_locator(), FixedLocator) and not turned:
            step = max(1, -(-len(ax.get_xticks()) // PHONE_TICKS))  # an empty panel has no ticks
            ax.set_xticks(ax.get_xticks()[::step])
        grid = ax.get_gridspec()
        line = PHONE_NAME if grid and grid.ncols > 1 else PHONE_LINE
        for text in set(ax.findobj(Text)) - set(ax.get_yticklabels()):
            if "\n" not in text.get_text():
                text.set_text(_broken(text.get_text(), line))


def _broken(text: str, width: int) -> str:
    return fill(text, width, break_long_words=False)


def faint_texts(figure: Figure) -> list[str]:
    """Texts whose contrast with a white page is below 4.5 to 1 (WCAG 2.1, 1.4.3)."""
    texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text()]
    contrasts = {text: _contrast(text.get_color(), text.get_alpha()) for text in texts}
    return [
        f"«{text.get_text()}» ({contrast:.1f} to 1)"
        for text, contrast in contrasts.items()
        if contrast < LEAST_CONTRAST
    ]


def _contrast(color: Any, alpha: float | None) -> float:
    red, green, blue = (1 + (alpha or 1) * (part - 1) for part in to_rgb(color))
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
        for part in (red, green, blue)
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 1.05 / (luminance + 0.05)


def _keep_free(figure: Figure) -> None:
    """Leave a strip at the bottom for the notice, so that it covers no label."""
    engine = figure.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        strip = NOTICE_INCHES / figure.get_size_inches()[1]
        engine.set(rect=(0, strip, 1, 1 - strip))
