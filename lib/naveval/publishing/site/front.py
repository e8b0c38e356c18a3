"""The front page, and the page where a county is chosen."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from html import escape
from itertools import chain
from typing import Any

from naveval.project import parameters, paths, places
from naveval.publishing.site import answers, cards, counties, results, tiles
from naveval.publishing.site import evidence as site_evidence
from naveval.publishing.site.counties import county_page
from naveval.publishing.site.pages import Page, banner, named
from naveval.publishing.site.results import Result


def front(found: Sequence[Result], text: Mapping[str, Any], told: Collection[str] = ()) -> Page:
    """The front page: per study the answer and a number; then the counties.

    Parameters
    ----------
    told
        Studies whose page has the block of numbers asked for, which is linked to.
    """
    part, shown = text["index"], []
    made = []
    for study in text["studies"]:
        entry, result = text["studies"][study], results.main_result(found, study)
        block = [f'<section class="card">\n\n## {entry["name"]} {{#{study} .unnumbered}}']
        block.append(f"[{entry['question'].strip()}]{{.question}}")
        if result:
            shown.append(result)
            block += _card(result, text)
        else:
            block.append(part["none"])
        more = part["more"].format(name=entry["short"])
        way = f" · [{entry['facts']['heading']}]({study}.html#tall)" if study in told else ""
        made.append([*block, f"[{more}]({study}.html){{.more}}{way}", "</section>"])
    half = (len(made) + 1) // 2
    left, right = (chain.from_iterable(blocks) for blocks in (made[:half], made[half:]))
    parts = [part["intro"], '<div class="cards"><div>', *left, *_counties(found, text), "</div>"]
    parts += ["<div>", *right, "</div></div>", f"## {part['others']} {{.unnumbered}}"]
    parts.append("\n".join(f"- {line}" for line in part["list"]))
    notice, simulated = banner(shown, text)
    return named(
        "index",
        text,
        "\n\n".join(filter(None, parts)),
        banner=notice,
        simulated=simulated,
        toc=False,
    )


def _counties(found: Sequence[Result], text: Mapping[str, Any]) -> list[str]:
    """Where a county is chosen, which stands where the first column has room on a wide screen."""
    part = text["index"]
    head = f'<section class="card counties">\n\n## {part["county"]} {{#fylker .unnumbered}}'
    return [head, part["county-text"], tiles.tiles(found, text), chooser(text), "</section>"]


def _card(result: Result, text: Mapping[str, Any]) -> list[str]:
    """The answer and the number of a study, and closed what a reader may ask for after them."""
    known = parameters.read_yaml(paths.texts_dir() / "evidence.yml")
    shown, rest = answers.card(result, text)
    number, picture = cards.number(result, text), cards.picture(result, text)
    source = text["study"]["source"].format(source=text["studies"][result.study]["source"].strip())
    opened = [number] if number else picture[:1]
    closed = [rest, *(picture if number else picture[1:]), source]
    closed.append(site_evidence.told(result.study, known))
    folded = answers.fold("\n\n".join(filter(None, closed)), text["index"]["rest"])
    return [answers.about(result, text), shown, *opened, folded]


def county_list(found: Sequence[Result], text: Mapping[str, Any]) -> Page:
    """The page where a county is chosen: the map, and what there is of each."""
    part = text["counties"]
    mains = [results.main_result(found, name) for name in text["studies"]]
    own = {
        item.code: [
            _link(f"{r.address}/report.html", _named(text["studies"][r.study]["menu"], r.place))
            for name in text["studies"]
            for r in results.of_county(found, name, item.code)
        ]
        for item in places.counties(places.CURRENT_YEAR)
    }
    levels = tiles.printed_levels(mains, part["level"])
    heads = [part["county"], *[part["level"]["title"]] * bool(levels), part["sheets"]]
    heads += [part["reports"]] * any(own.values())
    head = "".join(f'<th scope="col">{escape(title)}</th>' for title in heads)
    rows = []
    for item in places.counties(places.CURRENT_YEAR):
        sheet = _link(counties.sheet_file(item.code, mains), part["sheet"].format(name=item.name))
        cells = [*[levels.get(item.code, "–")] * bool(levels), sheet]
        cells = [*cells, ", ".join(own[item.code]) or "–"][: len(heads) - 1]
        rows.append(
            f'<tr><th scope="row">{_link(county_page(item.code) + ".html", item.name)}</th>'
            f"<td>{'</td><td>'.join(cells)}</td></tr>"
        )
    table = (
        f'<div class="table-scroll"><table><caption>{escape(part["caption"])}</caption><thead><tr>'
        f"{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
    blocks = [part["intro"], tiles.tiles(found, text), chooser(text), table]
    shown = tiles.of_tiles(found, text)
    kinds = (results.Headline("", simulated=kind) for kind in (True, *[False] * bool(levels)))
    notice, simulated = banner([replace(shown, headlines=tuple(kinds))] if shown else [], text)
    markdown = "\n\n".join(blocks)
    return named("fylker", text, markdown, banner=notice, simulated=simulated, toc=False)


def _named(study: str, place: str) -> str:
    """A study and the place a report of it is about, which may have the same name."""
    return study if study == place else f"{study}, {place}"


def _link(address: str, label: str) -> str:
    return f'<a href="{escape(address)}">{escape(label)}</a>'


def chooser(text: Mapping[str, Any]) -> str:
    """A form that leads to a county's page, shown when scripts are on; links stand beside it."""
    part = text["counties"]
    options = "".join(
        f'<option value="{county_page(item.code)}.html">{escape(item.name)}</option>'
        for item in places.counties(places.CURRENT_YEAR)
    )
    return (
        '<form class="chooser" hidden><label for="velg-fylke">'
        + escape(part["choose"])
        + f'</label> <select id="velg-fylke">{options}</select> '
        f'<button type="submit">{escape(part["go"])}</button></form>'
    )
