"""Curves of the counties that a reader switches on and off, with a picture and a table."""

import base64
import json
from collections.abc import Mapping, Sequence
from html import escape

import pandas as pd

from naveval.exhibits import claims
from naveval.project import formats, places
from naveval.publishing.site import released, results
from naveval.publishing.site.results import Result

MOST_FIRST = 5
"""Curves that are drawn before a reader has chosen any."""
LEVELS = ["county", *released.NUMBERS, released.PERSONS]


def find(result: Result, words: Mapping[str, str]) -> pd.DataFrame | None:
    """Month × county, with "" for the country, from the released data of the `figure`, or None."""
    file, value = result.folder / "figures" / f"{words['figure']}.csv", words["value"]
    if not file.exists():
        return None
    frame = pd.read_csv(file, dtype={"county": str, "month": str})
    if not {"county", "month", value} <= set(frame.columns):
        return None
    codes = {places.name(code): code for code in ("", *places.codes(places.CURRENT_YEAR))}
    data = frame.assign(county=frame["county"].map(codes)).dropna(subset=["county"])
    if data.empty or data.duplicated(["county", "month"]).any():
        return None
    shown = data.assign(value=pd.to_numeric(data[value], errors="coerce"))
    wide = shown.pivot(index="month", columns="county", values="value").sort_index()
    return wide.dropna(how="all")


def shown_first(result: Result, words: Mapping[str, str], order: Sequence[str]) -> list[str]:
    """The country, the counties that surely differ from zero in `levels`, and the largest.

    At most `MOST_FIRST`; those that differ when all are tested together go before the largest.
    """
    found = released.rows(result, {"label": words["levels"]}).reindex(columns=LEVELS)
    found = found[found["county"].isin(filter(None, order)) & found["estimate"].notna()]
    sure = claims.beyond(found, "", "ci_low", "ci_high")(claims.LEVEL / max(len(found), 1))
    ranked = found.assign(sure=sure.eq(True)).sort_values(["sure", released.PERSONS])[::-1]
    there = [code for code in order if code == ""]
    return [*there, *ranked["county"], *(order if ranked.empty else ())][:MOST_FIRST]


def block(result: Result | None, words: Mapping[str, str], marks: Mapping[str, str]) -> str:
    """Markdown with the curves, their check boxes, the static picture and the table.

    Parameters
    ----------
    words
        The figure and the value that is drawn, and the words around it: `curves` of a `site.yml`.
    marks
        The lines that say what a result rests on.
    """
    found = find(result, words) if result else None
    if result is None or found is None:
        return ""
    wide = found
    named = {code: places.name(code) for code in wide.columns}
    names = {code: name[:1].upper() + name[1:] for code, name in named.items()}
    order = sorted(wide.columns)
    months = [str(month)[:7] for month in wide.index]
    first = shown_first(result, words, order)
    curves = [
        {
            "name": names[code],
            "shown": code in first,
            "values": [None if pd.isna(v) else round(float(v), 4) for v in wide[code]],
        }
        for code in order
    ]
    content = {
        "months": months,
        "curves": curves,
        "first": formats.month(months[0]),
        "last": formats.month(months[-1]),
    }
    part = {key: escape(value) for key, value in words.items()}
    data_json = json.dumps(content, ensure_ascii=False).replace("</", "<\\/")
    return "\n".join(
        [
            f"## {words['heading']} {{#kurver}}",
            "",
            words["intro"],
            "",
            results.mark_line(result, marks),
            "",
            f'<div class="curves" data-source="kurvedata" data-label="{part["label"]}" '
            f'data-unit="{part["unit"]}">',
            f"<fieldset data-script hidden><legend>{part['legend']}</legend>"
            '<div class="boxes"></div>'
            f'<div class="buttons"><button type="button" data-all="1">{part["all"]}</button>'
            f'<button type="button" data-all="0">{part["none"]}</button></div></fieldset>',
            '<div class="picture" data-script hidden></div>',
            _static(result, part),
            _table(wide, order, names, months, part),
            f'<script type="application/json" id="kurvedata">{data_json}</script>',
            "</div>",
        ]
    )


def _static(result: Result, part: Mapping[str, str]) -> str:
    """The report's own picture, for readers without scripts."""
    from naveval.publishing.audit import html

    file = result.folder / "figures" / f"{part['figure']}.png"
    if not file.exists():
        return ""
    page = html.read(result.folder / "report.html")
    place = page.find(id=part["figure"])
    picture = place.find("img") if place else None
    alt = str(picture.get("alt", "")) if picture else part["heading"]
    data = base64.b64encode(file.read_bytes()).decode()
    return (
        f'<noscript><p>{part["static"]}</p></noscript><div data-static><img alt="{escape(alt)}" '
        f'src="data:image/png;base64,{data}"></div>'
    )


def _table(
    wide: pd.DataFrame,
    order: list[str],
    names: Mapping[str, str],
    months: list[str],
    part: Mapping[str, str],
) -> str:
    head = "".join(f'<th scope="col">{escape(names[code])}</th>' for code in order)
    rows = []
    for month, (_, values) in zip(months, wide.iterrows(), strict=True):
        cells = "".join(f'<td class="num">{formats.number(values[code], 2)}</td>' for code in order)
        rows.append(f'<tr><th scope="row">{formats.month(month)}</th>{cells}</tr>')
    return (
        f'<details><summary>{part["table"]}</summary><div class="table-scroll" tabindex="0" '
        f'role="region" aria-label="{part["heading"]}"><table><caption>{part["heading"]}</caption>'
        f'<thead><tr><th scope="col">{part["month"]}</th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div></details>"
    )
