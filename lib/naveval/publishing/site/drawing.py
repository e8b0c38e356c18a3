"""Small charts of the site as SVG: lines with intervals, and bars around zero.

Text and lines take their colours from the page where the SVG stands inside it, so that they follow
light and dark; `alone` adds colours and size for a picture of its own, as a PDF needs it.
"""

import math
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from naveval.project import formats

WIDTH, HEIGHT, NARROW = 480.0, 220.0, 320.0
"""Of a page, and a phone's width, where text keeps its size and names stand in their own rows."""
LEFT, RIGHT, TOP, BOTTOM = 46.0, 120.0, 12.0, 26.0
GAP, KEY = 15.0, 28.0
STEPS = 4
BAR, ROOM, KEYS, OWN = 21.0, 48.0, 38.0, 54.0
LETTER = 7.4
"""Width of a bar, room for a number, two keys, a number by a name, and a letter of 13 pixels."""
COLORS = ("#12436d", "#1b7f77", "#801650", "#b34700", "#3d3d3d", "#7a55a8")
DASHES = ("", "7 4", "2 3", "9 3 2 3", "1 3", "12 4")
At = Callable[[int, float], str]


@dataclass(frozen=True)
class Line:
    """A named line: a value per x, None where there is none, and an interval per x if any."""

    name: str
    values: tuple[float | None, ...]
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()


def lines(
    x: Sequence[str],
    shown: Sequence[Line],
    *,
    alt: str,
    form: str,
    zero: bool = False,
    narrow: bool = False,
) -> str:
    """Lines over months (`2017-12` or `201712`), each named at its end; at most six.

    On a phone the names stand above, each beside a piece of its line.

    Parameters
    ----------
    alt
        What the picture shows, for those who do not see it.
    form
        Format of the numbers on the axis, from `formats`.
    zero
        Whether the axis begins at zero, so that a small change looks small.
    """
    known = [v for line in shown for part in (line.values, line.low, line.high) for v in part]
    ticks = _ticks([v for v in known if v is not None] + [0.0] * zero)
    low, high = ticks[0], ticks[-1]
    end = NARROW - TOP if narrow else WIDTH - RIGHT
    height = HEIGHT + GAP * len(shown) * narrow
    across = (end - LEFT) / max(1, len(x) - 1)
    down = (HEIGHT - TOP - BOTTOM) / (high - low)

    def at(place: int, value: float) -> str:
        return f"{LEFT + across * place:.1f} {height - BOTTOM - down * (value - low):.1f}"

    parts = [_axis(ticks, lambda v: height - BOTTOM - down * (v - low), form, end)]
    parts += _years(x, across, height)
    ends: list[tuple[float, int, str]] = []
    for number, line in enumerate(shown):
        parts += [_band(line, at, number), _path(line.values, at, number)]
        last = [place for place, value in enumerate(line.values) if value is not None]
        if last:
            value = line.values[last[-1]]
            assert value is not None
            ends.append((height - BOTTOM - down * (value - low), number, line.name))
    parts += _keys(ends) if narrow else _ends(ends)
    return _svg("".join(parts), height, alt, narrow=narrow)


def _band(line: Line, at: At, number: int) -> str:
    pairs = [
        (place, low, high)
        for place, (low, high) in enumerate(zip(line.low, line.high, strict=True))
        if low is not None and high is not None
    ]
    if not pairs:
        return ""
    top = " L".join(at(place, high) for place, _, high in pairs)
    bottom = " L".join(at(place, low) for place, low, _ in reversed(pairs))
    return f'<path class="band c{number + 1}" d="M{top} L{bottom} Z"/>'


def _path(values: Sequence[float | None], at: At, number: int) -> str:
    drawn, pen = "", "M"
    for place, value in enumerate(values):
        drawn += f"{pen}{at(place, value)}" if value is not None else ""
        pen = "L" if value is not None else "M"
    dash = f' stroke-dasharray="{DASHES[number]}"' if DASHES[number] else ""
    return f'<path class="line c{number + 1}"{dash} d="{drawn}"/>'


def _ends(ends: list[tuple[float, int, str]]) -> list[str]:
    """Names at the ends of lines, moved apart where they would cover each other."""
    parts, free = [], -GAP
    for y, number, name in sorted(ends):
        free = max(y, free + GAP)
        parts.append(
            f'<text class="end c{number + 1}" x="{WIDTH - RIGHT + 8:.0f}" y="{free + 4:.1f}">'
            f"{escape(name)}</text>"
        )
    return parts


def _keys(ends: list[tuple[float, int, str]]) -> list[str]:
    """A row above the picture for each line: a piece of it, and its name."""
    return [
        f'<path class="line c{number + 1}"'
        + (f' stroke-dasharray="{DASHES[number]}"' if DASHES[number] else "")
        + f' d="M{LEFT:.0f} {GAP * row + 8:.0f} h{KEY:.0f}"/>'
        f'<text class="end c{number + 1}" x="{LEFT + KEY + 8:.0f}" y="{GAP * row + 12:.0f}">'
        f"{escape(name)}</text>"
        for row, (_, number, name) in enumerate(sorted(ends))
    ]


def _ticks(values: Sequence[float]) -> list[float]:
    """Round steps around the values; the whole axis where there are none."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    rough = (high - low or abs(high) or 1.0) / STEPS
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * n for n in (1, 2, 5, 10) if size * n >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [step * place for place in range(first, max(last, first + 1) + 1)]


def _axis(ticks: Sequence[float], y: Callable[[float], float], form: str, end: float) -> str:
    parts = []
    for tick in ticks:
        kind = "zero" if abs(tick) < 1e-12 else "grid"
        parts.append(
            f'<line class="{kind}" x1="{LEFT:.0f}" x2="{end:.0f}" '
            f'y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>'
            f'<text x="{LEFT - 7:.0f}" y="{y(tick) + 4:.1f}" text-anchor="end">'
            f"{formats.FORMATS[form](tick)}</text>"
        )
    return "".join(parts)


def _years(x: Sequence[str], across: float, height: float) -> list[str]:
    """The year below its first month, at most every second where there are many."""
    months = [month.replace("-", "") for month in x]
    starts = [place for place, month in enumerate(months) if month[4:6] == "01"] or [0]
    every = 1 + len(starts) // 8
    return [
        f'<text x="{LEFT + across * place:.1f}" y="{height - 7:.0f}" text-anchor="middle">'
        f"{months[place][:4]}</text>"
        for place in starts[::every]
    ]


def bars(
    shown: Mapping[str, float | None],
    *,
    alt: str,
    form: str,
    ends: Mapping[str, tuple[float, float]] | None = None,
    unsure: Container[str] = (),
    beside: Mapping[str, float] | None = None,
    keys: tuple[str, str] = ("", ""),
    narrow: bool = False,
) -> str:
    """Horizontal bars around zero with name and number; the names stand to the left, or above.

    Parameters
    ----------
    shown
        Names to numbers; None where there is a mark and no bar.
    ends
        Names to the ends of their intervals, drawn as lines.
    unsure
        Names whose bars are not filled.
    beside
        Names to another number of theirs, drawn as a mark.
    keys
        What the bars and the marks are, told above them where there are marks.
    """
    ends, beside = ends or {}, beside or {}
    reach = {
        name: (min(known), max(known))
        for name, v in shown.items()
        for known in [[0.0, *ends.get(name, ()), *_known(v, beside.get(name))]]
    }
    low, high = min(low for low, _ in reach.values()), max(high for _, high in reach.values())
    width, names = (NARROW, 0.0) if narrow else (WIDTH, 12 + LETTER * max(map(len, shown)))
    above = GAP + 4 if narrow else 0.0
    # Beside a mark a bar's number would be taken for the mark's: it stands by the name instead.
    own = OWN * bool(beside) * (not narrow)
    end = 8.0 if beside else ROOM
    start = names + own + (end if low < 0 else 0)
    scale = (width - start - end) / ((high - low) or 1.0)
    zero = start - scale * low
    top = KEYS * bool(beside)
    height = (BAR + above) * len(shown) + 8 + top
    # Above a phone's bars stand their names, where the line at zero is broken.
    first, dash = (
        (6 + above, f' stroke-dasharray="{BAR - 4:g} {above + 4:g}"') if narrow else (2, "")
    )
    parts = [_told_above(keys)] if beside else []
    parts.append(
        f'<line class="zero" x1="{zero:.1f}" x2="{zero:.1f}" y1="{first + top:g}" '
        f'y2="{height - 2:.0f}"{dash}/>'
    )
    for place, (name, value) in enumerate(shown.items()):
        y = 6 + top + above + (BAR + above) * place
        called = f'x="0" y="{y - 7:.1f}"' if narrow else f'x="{names - 8:.0f}" y="{y + 11:.1f}"'
        parts.append(
            f'<text class="name" {called} text-anchor="{"start" if narrow else "end"}">'
            f"{escape(name)}{_beside_name(value, form) if beside and narrow else ''}</text>"
        )
        if value is not None:
            beyond = zero + scale * reach[name][value >= 0]
            look = f"bar{' open' * (name in unsure)} c{1 if value >= 0 else 3}"
            told = formats.FORMATS[form](value)
            if beside and not narrow:
                parts.append(
                    f'<text class="own" x="{names + own - 8:.0f}" y="{y + 11:.1f}" '
                    f'text-anchor="end">{told}</text>'
                )
            parts.append(_bar(look, zero, scale * value, y, beyond, "" if beside else told))
        if name in ends:
            low_end, high_end = (zero + scale * at for at in ends[name])
            middle = y + (BAR - 7) / 2
            parts.append(f'<path class="range" d="M{low_end:.1f} {middle:.1f} H{high_end:.1f}"/>')
        if name in beside:
            parts.append(_mark(zero + scale * beside[name], y + (BAR - 7) / 2))
    ends_at = f' data-from="{names + ROOM:.0f}" data-to="{width - ROOM:.0f}"'
    return _svg("".join(parts), height, alt, narrow=narrow, more=ends_at)


def _beside_name(value: float | None, form: str) -> str:
    told = "" if value is None else formats.FORMATS[form](value)
    return f'<tspan class="own"> {told}</tspan>' if told else ""


def _known(*values: float | None) -> list[float]:
    return [value for value in values if value is not None]


def _bar(look: str, zero: float, length: float, y: float, beyond: float, told: str) -> str:
    """A bar from zero, with its number beyond all that is drawn of it, if any is told."""
    side, anchor = (5, "start") if length >= 0 else (-5, "end")
    bar = (
        f'<rect class="{look}" x="{min(zero, zero + length):.1f}" y="{y:.1f}" '
        f'width="{abs(length):.1f}" height="{BAR - 7:.0f}"/>'
    )
    at = f'x="{beyond + side:.1f}" y="{y + 11:.1f}" text-anchor="{anchor}"'
    return f"{bar}<text {at}>{told}</text>" if told else bar


def _mark(x: float, y: float) -> str:
    """A white square on its corner."""
    return f'<path class="beside" d="M{x - 5.5:.1f} {y:.1f} l5.5 -5.5 l5.5 5.5 l-5.5 5.5 Z"/>'


def _told_above(keys: tuple[str, str]) -> str:
    """What bars and marks are, in a row each."""
    of_bars, of_marks = map(escape, keys)
    return (
        f'<rect class="bar c1" x="0" y="3" width="16" height="{BAR - 9:.0f}"/>'
        f'<text class="key" x="24" y="13">{of_bars}</text>{_mark(8, 27)}'
        f'<text class="key" x="24" y="31">{of_marks}</text>'
    )


def _svg(inside: str, height: float, alt: str, *, narrow: bool, more: str = "") -> str:
    look, width = ("chart phone", NARROW) if narrow else ("chart", WIDTH)
    return (
        f'<svg class="{look}" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} '
        f'{height:.0f}" role="img" aria-label="{escape(alt)}"{more}>{inside}</svg>'
    )


def alone(svg: str, font: str) -> str:
    """The same picture with colours of its own, for where no page gives them."""
    rules = [
        f"text{{font:13px '{font}';fill:#1f2933}}.grid{{stroke:#d3dae1}}.zero{{stroke:#1f2933}}",
        ".line{fill:none;stroke-width:2}.band{opacity:.18;stroke:none}.range{stroke:#1f2933}",
        ".own{font-weight:600}.beside{fill:#ffffff;stroke:#1f2933;stroke-width:1.5}",
    ]
    rules += [
        f".line.c{n}{{stroke:{color}}}.band.c{n},.bar.c{n},.end.c{n}{{fill:{color}}}"
        f".bar.open.c{n}{{fill:none;stroke:{color};stroke-width:1.5}}"
        for n, color in enumerate(COLORS, 1)
    ]
    return svg.replace(">", f"><style>{''.join(rules)}</style>", 1)
