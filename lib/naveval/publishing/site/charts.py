"""Charts of released rows: lines over months and bars by code, as pictures and as tables."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Any

import pandas as pd

from naveval.estimators.multiple_testing import holm
from naveval.exhibits import claims
from naveval.project import formats
from naveval.publishing.site import drawing, released

BESIDE = "beside"
"""Column with another number of a row, drawn as a mark."""
WIDE = 2
"""Columns of a table that fit a phone."""


@dataclass(frozen=True)
class Chart:
    """A picture with its title, for pages and for phones, the numbers behind it, and a note."""

    title: str
    alt: str
    svg: str
    phone: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    see: tuple[str, str] = ("", "")
    """What the note names that can be gone to, and its address."""
    mark: str = ""
    """Of simulated numbers: what they rest on, for a table that is copied loses its place."""


def lines(
    series: Mapping[str, pd.DataFrame], spec: Mapping[str, Any], text: Mapping[str, Any]
) -> Chart:
    """A line per name over months, with its interval where it has one.

    Parameters
    ----------
    series
        Name to released rows by month.
    spec
        title and form; axis where the axis has another form, zero where it begins there; mark as
        for `Chart`.
    """
    months = sorted({month for rows in series.values() for month in rows.index})
    columns = {"values": "estimate", "low": "ci_low", "high": "ci_high"}
    drawn = []
    for name, rows in series.items():
        at = rows.reindex(months)
        given = {
            part: tuple(None if pd.isna(v) else float(v) for v in at[column])
            for part, column in columns.items()
        }
        drawn.append(drawing.Line(name, **given))
    form = spec["form"]
    ends = "; ".join(
        text["counties"]["alt"].format(
            name=name,
            first=formats.FORMATS[form](known.iloc[0]),
            last=formats.FORMATS[form](known.iloc[-1]),
            first_x=formats.month(known.index[0]),
            last_x=formats.month(known.index[-1]),
        )
        for name, rows in series.items()
        if len(known := rows["estimate"].dropna().sort_index())
    )
    title = spec["title"]
    alt = f"{title}. {ends}"
    how = {"alt": alt, "form": spec.get("axis", form), "zero": spec.get("zero", False)}
    draw = partial(drawing.lines, months, drawn, **how)
    head = (text["counties"]["month"], *series)
    rows = tuple(
        (
            formats.month(month),
            *(formats.FORMATS[form](line.values[place]) for line in drawn),
        )
        for place, month in enumerate(months)
    )
    return Chart(title, alt, draw(), draw(narrow=True), head, rows, mark=spec.get("mark", ""))


def bars(study: str, rows: pd.DataFrame, spec: Mapping[str, Any], text: Mapping[str, Any]) -> Chart:
    """A bar per code of a key, named as in the report, the longest first.

    Parameters
    ----------
    rows
        As of `released.rows`; `beside` is another number of each row, drawn as a mark.
    spec
        label, bars (the key), form, title; names of codes where the site has its own, and how
        many bars at `most`, and a `note` that stands below. With `tested`, bars that are not sure
        when all rows are tested together (Holm, by their p-values) are not filled. `mark` as for
        `Chart`. With `ordered` they stand in the order of the rows.
        With `published` the bars are the source's own numbers and the rows' are marks, or, where it
        is "only", stand in the table alone, since theirs is another scale. `keys` are names under
        `charts` of what bars and marks are; with `persons`, a note says how many are behind each.
    """
    form, words = formats.FORMATS[spec["form"]], text["charts"]
    hidden = list(dict.fromkeys(rows.loc[rows["estimate"].isna(), spec["bars"]]))
    of_source = bool(spec.get("published")) and bool(rows[released.PUBLISHED].notna().any())
    shown, other = (released.PUBLISHED, "estimate") if of_source else ("estimate", BESIDE)
    rows = rows[rows["estimate"].notna() | (of_source & rows[released.PUBLISHED].notna())]
    own, title = _chosen(rows, [shown, "estimate"], spec, words)
    codes = list(own[spec["bars"]])
    told = released.names(study, spec["label"], spec["bars"], codes) | spec.get("names", {})
    own = own.set_index(pd.Index([told[code] for code in codes]))
    title = f"{title}. {words['of-source']}" if of_source else title
    values = _numbers(own, shown)
    marks = {name: v for name, v in _numbers(own, other).items() if v is not None}
    bare = of_source and spec["published"] == "only"
    drawn = {n: v for n, v in values.items() if not bare or v is not None}
    keys = spec.get("keys", ("published", "simulated") if of_source else ("value", "value"))
    ends = {} if of_source else _intervals(own)
    sure = _sure(rows, spec["bars"]) if spec.get("tested") else set(codes)
    unsure = {told[code] for code in codes if code not in sure}
    draw = partial(
        drawing.bars,
        drawn,
        alt=f"{title}. {_ends_of(drawn, form, words)}",
        form=spec["form"],
        ends=ends,
        unsure=unsure,
        beside={} if bare else marks,
        keys=(words[f"key-{keys[0]}"], words[f"key-{keys[1]}"]),
    )
    first = keys[0] if "keys" in spec or of_source else "simulated" if spec.get("mark") else "value"
    columns = {words[first]: {name: form(value) for name, value in values.items()}}
    for at, name in enumerate(("low", "high") if ends else ()):
        columns[words[name]] = {of: form(pair[at]) for of, pair in ends.items()}
    if spec.get("tested"):
        columns[words["sure"]] = {
            name: words["not-sure" if name in unsure else "is-sure"] for name in values
        }
    if marks:
        columns[words[keys[1]]] = {name: form(value) for name, value in marks.items()}
    nothing = formats.FORMATS[spec["form"]](math.nan)
    table = tuple(
        (name, *(column.get(name, nothing) for column in columns.values())) for name in values
    )
    silent = formats.listed([name for name, value in values.items() if value is None])
    notes = (
        _not_drawn(study, hidden, spec, text),
        str(words["lacking"]).format(names=silent) if silent and of_source else "",
        _persons(own[released.PERSONS], words["marked" if of_source else "persons"])
        if spec.get("persons")
        else "",
        spec.get("note", ""),
    )
    return Chart(
        title,
        f"{title}. {_ends_of(drawn, form, words)}",
        draw(),
        draw(narrow=True),
        (words["what"], *columns),
        table,
        " ".join(filter(None, notes)),
        **{name: spec[name] for name in ("see", "mark") if name in spec},
    )


def _chosen(
    rows: pd.DataFrame, order: Sequence[str], spec: Mapping[str, Any], words: Mapping[str, Any]
) -> tuple[pd.DataFrame, str]:
    """The rows of the bars, the longest first unless theirs is the order, and the title."""
    most = spec.get("most")
    if not spec.get("ordered"):
        rows = rows.sort_values(list(order), ascending=False, na_position="last")
    if not most or most >= len(rows):
        return rows, spec["title"]
    title = words["most"].format(title=spec["title"], most=most, count=len(rows))
    return rows.iloc[:most], title


def _numbers(rows: pd.DataFrame, column: str) -> dict[str, float | None]:
    """Numbers of rows by name; None where there is none."""
    return {str(name): _number(value) for name, value in rows.get(column, pd.Series()).items()}


def _intervals(rows: pd.DataFrame) -> dict[str, tuple[float, float]]:
    known = rows[rows["ci_low"].notna() & rows["ci_high"].notna()]
    return {str(n): (float(a), float(b)) for n, a, b in known[["ci_low", "ci_high"]].itertuples()}


def _number(value: Any) -> float | None:
    return None if formats.is_missing(value) else float(value)


def _ends_of(drawn: Mapping[str, float | None], form: Any, words: Mapping[str, Any]) -> str:
    """From the least to the most, for those who do not see the bars."""
    known = {name: value for name, value in drawn.items() if value is not None}
    high, low = max(known, key=lambda name: known[name]), min(known, key=lambda name: known[name])
    ends = {"first": high, "high": form(known[high]), "last": low, "low": form(known[low])}
    return str(words["bars-alt"]).format(**ends)


def _not_drawn(
    study: str, hidden: Sequence[str], spec: Mapping[str, Any], text: Mapping[str, Any]
) -> str:
    """Which bars are missing, and why; nothing where all are there."""
    told = released.names(study, spec["label"], spec["bars"], hidden) | spec.get("names", {})
    names = formats.listed([told[code] for code in hidden])
    return str(text["charts"]["hidden"]).format(names=names) if hidden else ""


def _persons(persons: pd.Series, words: str) -> str:
    """How many are behind each bar, by name; nothing where the rows do not tell."""
    told = [
        f"{name} {formats.number(n)}" for name, n in persons.items() if not formats.is_missing(n)
    ]
    return words.format(persons=", ".join(told)) if told else ""


def _sure(rows: pd.DataFrame, key: str) -> set[str]:
    """Codes of the rows that stand out when all are tested together."""
    known = rows[rows[released.P_VALUE].notna()]
    return set(known.loc[holm(known[released.P_VALUE].to_numpy(float)) < claims.LEVEL, key])


def figure(chart: Chart, text: Mapping[str, Any]) -> str:
    """A chart as HTML, with its numbers as a table that unfolds."""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in chart.head)
    rows = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f'<td class="num">{escape(cell)}</td>' for cell in row[1:])
        + "</tr>"
        for row in chart.rows
    )
    title = escape(chart.title)
    reached = ' tabindex="0"' * (len(chart.head) > WIDE)  # it may be wider than a phone
    caption = ". ".join(filter(None, (title, escape(chart.mark))))
    name, address = map(escape, chart.see)
    told = escape(chart.note)
    told = told.replace(name, f'<a href="{address}">{name}</a>') if name else told
    note = f'<p class="note">{told}</p>' if told else ""
    return (
        f'<figure class="chart-figure"><figcaption>{title}</figcaption>{chart.svg}{chart.phone}'
        f"{note}<details><summary>{escape(text['charts']['table'])}"
        f'<span class="hidden-text">: {title}</span></summary>'
        f'<div class="table-scroll"{reached}><table><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></details></figure>"
    )
