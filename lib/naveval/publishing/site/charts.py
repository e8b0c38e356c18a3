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
    open: bool = False
    """Whether the table stands open: it has what the picture has not, the source's numbers."""
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
    spec
        label, bars (the key), form, title; names of codes where the site has its own, and how
        many bars at `most`, and a `note` that stands below. With `tested`, bars that are not sure
        when all rows are tested together (Holm, by their p-values) are not filled. `mark` as for
        `Chart`. With
        `published`, the table has the source's own numbers beside; with `persons`, a note says how
        many are behind each bar.
    """
    form, most = formats.FORMATS[spec["form"]], spec.get("most")
    hidden = list(dict.fromkeys(rows.loc[rows["estimate"].isna(), spec["bars"]]))
    rows = rows[rows["estimate"].notna()]
    own = rows.sort_values("estimate", ascending=False).iloc[:most]
    title = spec["title"]
    if most and most < len(rows):
        title = text["charts"]["most"].format(title=title, most=most, count=len(rows))
    codes = list(own[spec["bars"]])
    told = released.names(study, spec["label"], spec["bars"], codes) | spec.get("names", {})
    names = [told[code] for code in codes]
    values = dict(zip(names, own["estimate"].astype(float), strict=True))
    about = text["charts"]["bars-alt"].format(
        first=names[0],
        high=form(own["estimate"].iloc[0]),
        last=names[-1],
        low=form(own["estimate"].iloc[-1]),
    )
    alt = f"{title}. {about}"
    known = own["ci_low"].notna() & own["ci_high"].notna()
    ends = {
        told[row[spec["bars"]]]: (float(row["ci_low"]), float(row["ci_high"]))
        for row in own[known].to_dict("records")
    }
    sure = _sure(rows, spec["bars"]) if spec.get("tested") else set(codes)
    unsure = {told[code] for code in codes if code not in sure}
    draw = partial(drawing.bars, values, alt=alt, form=spec["form"], ends=ends, unsure=unsure)
    printed = dict(zip(names, own[released.PUBLISHED], strict=True))
    told_too = bool(spec.get("published") and own[released.PUBLISHED].notna().any())
    head = [
        "what",
        "simulated" if spec.get("mark") else "value",
        *["low", "high"] * bool(ends),
        *["sure"] * bool(spec.get("tested")),
    ]
    head += ["published"] * told_too
    missing = (math.nan, math.nan)
    shown = [
        (
            name,
            form(value),
            *(form(end) for end in ends.get(name, missing) if ends),
            *[text["charts"]["not-sure" if name in unsure else "is-sure"]]
            * bool(spec.get("tested")),
            *[form(printed[name])] * told_too,
        )
        for name, value in values.items()
    ]
    titles = tuple(text["charts"][name] for name in head)
    persons = _persons(names, own[released.PERSONS], text) if spec.get("persons") else ""
    notes = (_not_drawn(study, hidden, spec, text), persons, spec.get("note", ""))
    note = " ".join(filter(None, notes))
    more = {name: spec[name] for name in ("see", "mark") if name in spec} | {"open": told_too}
    return Chart(title, alt, draw(), draw(narrow=True), titles, tuple(shown), note, **more)


def _not_drawn(
    study: str, hidden: Sequence[str], spec: Mapping[str, Any], text: Mapping[str, Any]
) -> str:
    """Which bars are missing, and why; nothing where all are there."""
    told = released.names(study, spec["label"], spec["bars"], hidden) | spec.get("names", {})
    names = formats.listed([told[code] for code in hidden])
    return str(text["charts"]["hidden"]).format(names=names) if hidden else ""


def _persons(names: Sequence[str], persons: pd.Series, text: Mapping[str, Any]) -> str:
    """How many are behind each bar; nothing where the rows do not tell."""
    told = [
        f"{name} {formats.number(n)}"
        for name, n in zip(names, persons, strict=True)
        if not formats.is_missing(n)
    ]
    return str(text["charts"]["persons"]).format(persons=", ".join(told)) if told else ""


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
    reached = ' tabindex="0"' * chart.open  # it may be wider than a phone
    caption = ". ".join(filter(None, (title, escape(chart.mark))))
    name, address = map(escape, chart.see)
    told = escape(chart.note)
    told = told.replace(name, f'<a href="{address}">{name}</a>') if name else told
    note = f'<p class="note">{told}</p>' if told else ""
    return (
        f'<figure class="chart-figure"><figcaption>{title}</figcaption>{chart.svg}{chart.phone}'
        f"{note}<details{' open' * chart.open}><summary>{escape(text['charts']['table'])}"
        f'<span class="hidden-text">: {title}</span></summary>'
        f'<div class="table-scroll"{reached}><table><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></details></figure>"
    )
