"""The map of counties as tiles: links in one list, with what is known of each."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd

from naveval.project import formats, places
from naveval.publishing.site import counties, released, results
from naveval.publishing.site.results import Result


def of_tiles(found: Sequence[Result], text: Mapping[str, Any]) -> Result | None:
    """The national result whose numbers the tiles show; None where it is not made."""
    study = text["tiles"]["shown"]["study"]
    return next((one for one in found if one.study == study and not one.county), None)


def printed_levels(mains: Iterable[Result | None], spec: Mapping[str, Any]) -> dict[str, str]:
    """What the source prints of each county, by code, as it is shown; none without the result.

    Parameters
    ----------
    spec
        study and form, and what `released.rows` reads.
    """
    main = next((one for one in mains if one and one.study == spec["study"]), None)
    found = released.rows(main, spec) if main else pd.DataFrame()
    if not {"county", released.PUBLISHED} <= set(found):
        return {}
    known = found.dropna(subset=[released.PUBLISHED]).set_index("county")[released.PUBLISHED]
    return {str(code): formats.FORMATS[spec["form"]](value) for code, value in known.items()}


def tiles(found: Sequence[Result], text: Mapping[str, Any]) -> str:
    """A map of the counties: the level that the source prints, and the simulated number below."""
    spec = text["tiles"]
    result = of_tiles(found, text)
    values, sure = counties.values_and_sure(result, spec["shown"]) if result else ({}, set[str]())
    levels = printed_levels([result], text["counties"]["level"])
    items = []
    for item in places.counties(places.CURRENT_YEAR):
        row, column = spec["places"][item.code]
        page = f"{counties.county_page(item.code)}.html"
        level = levels.get(item.code)
        told = f'<span class="tile-level">{escape(level)}</span>' if level else ""
        if item.code in values:
            told += _simulated(values[item.code], item.code in sure, spec)
        items.append(
            f'<li style="grid-area: {row} / {column}"><a href="{page}">'
            f"{escape(item.name)}{told}</a></li>"
        )
    marks, notes = _about(result, levels, values, sure, text) if result else ([], [])
    return (
        f'{"".join(marks)}<nav class="tile-map" aria-label="{escape(spec["label"])}"><ul>'
        f"{''.join(items)}</ul></nav>{''.join(notes)}"
    )


def _simulated(value: str, certain: bool, spec: Mapping[str, Any]) -> str:
    """A county's simulated number, with a star where it is sure."""
    star = f'<abbr title="{escape(spec["sure"])}">*</abbr>' if certain else ""
    look = "tile-value" if certain else "tile-value unsure"
    return (
        f'<span class="{look}"><span class="tile-kind">{escape(spec["kind"])} </span>'
        f"{escape(value)}{star}</span>"
    )


def _about(
    result: Result,
    levels: Mapping[str, str],
    values: Mapping[str, str],
    sure: set[str],
    text: Mapping[str, Any],
) -> tuple[list[str], list[str]]:
    """The marks above the map and the notes below it, of the printed and of the simulated."""
    spec = text["tiles"]
    marks, notes = [], []
    if levels:
        own = spec["printed"]
        words = results.mark(result, text["marks"], simulated=False, printed=True)
        marks.append(_mark("published", words))
        told = counties.filled(own, released.beside(result, text["counties"]["level"]))
        notes += [f'<p class="note">{escape(told.strip())}</p>'] * bool(told)
    if values:
        kind = "simulated" if result.simulated else "published"
        marks.append(_mark(kind, results.mark(result, text["marks"])))
        given = {"sure": len(sure), "all": formats.number(len(values))}
        given |= released.beside(result, spec["shown"])
        told = counties.filled(spec["note"], given)
        notes += [f'<p class="note">{escape(told.strip())}</p>'] * bool(told)
    return marks, notes


def _mark(kind: str, words: str) -> str:
    return f'<div class="mark mark-{kind}">{escape(words)}</div>'
