"""What the front page shows of a study beside its answer: one number and a small chart."""

import math
from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

from naveval.project import formats
from naveval.publishing.site import charts, counties, released, results
from naveval.publishing.site.charts import Chart
from naveval.publishing.site.results import Result


def number(result: Result, text: Mapping[str, Any]) -> str:
    """Markdown with the number that a study's `site.yml` names under `front`; "" without any.

    A line above says what it rests on: the one of the finding may be out of sight.
    """
    front = text["studies"][result.study].get("front", {})
    shown = _number(result, front["key"]) if "key" in front else ""
    return "\n\n".join([results.mark_line(result, text["marks"]), shown]) if shown else ""


def picture(result: Result, text: Mapping[str, Any]) -> list[str]:
    """Markdown with the chart under `front`, and what its numbers are beside the source's own."""
    spec = text["studies"][result.study].get("front", {}).get("chart")
    found = chart(result, {**spec, "source": {}}, text) if spec else None
    if not spec or not found:
        return []
    own = released.simulated(result, spec["label"])
    mark = results.mark_line(result, text["marks"], simulated=own)
    beside = _of_source(result, spec)
    if label := spec.get("source", {}).get("differs", {}).get("label"):
        beside = beside.replace(results.place(result, label)[0], results.exhibit(result, label))
    return ["\n\n".join([mark, charts.figure(found, text)]), *filter(None, [beside])]


def _of_source(result: Result, spec: Mapping[str, Any]) -> str:
    """What the source prints of a chart's numbers; "" where the words say nothing of it."""
    printed = spec.get("source", {})
    given = _differing(result, printed.get("differs"), spec)
    return counties.filled(printed.get("text", ""), given).strip()


def _number(result: Result, wanted: Mapping[str, Any]) -> str:
    """The number, large, and what it is; nothing when it is hidden or not there.

    The words may name other rows, such as the level of the interval: see `released.beside`.
    """
    values = counties.values(wanted, released.rows(result, wanted))
    values |= released.beside(result, wanted)
    number, words = (counties.filled(wanted[part], values) for part in ("number", "text"))
    if not number or not words:
        return ""
    return (
        f'<p class="key-figure" data-result="{result.address}"><strong>{escape(number)}</strong> '
        f"{escape(words.strip())}</p>"
    )


def chart(result: Result, spec: Mapping[str, Any], text: Mapping[str, Any]) -> Chart | None:
    """A chart of released rows as the texts describe it; None when the result holds none.

    Parameters
    ----------
    spec
        label, value and where as for `released.rows`, `of` for another of its numbers than the
        estimate, such as n_persons; form, title; then x and line (a line per code) or bars (a bar
        per code), names of codes, and scale to divide by. `beside` names other rows, whose numbers
        of the same codes are drawn as marks. `{mark}` in the title is what the
        exhibit rests on. `source` is a text on what the source prints, which joins the note, with
        `{differing}`: the rows of its `differs` (as `spec`, with key, and text with the fields
        `name` and `n`) whose printed number is another than the one here, rounded as in the chart,
        and `{table}`, what the report calls their table.
    """
    rows = released.rows(result, spec)
    if "of" in spec:
        bare = dict.fromkeys(released.NUMBERS, math.nan)
        rows = rows.assign(**(bare | {"estimate": rows[spec["of"]]}))
    if not rows["estimate"].notna().any():
        return None
    simulated = released.simulated(result, spec["label"])
    mark = results.mark(result, text["marks"], simulated=simulated)
    printed = spec.get("source", {})
    note = " ".join(filter(None, (spec.get("note", "").strip(), _of_source(result, spec))))
    title, own = spec["title"].format(mark=mark), mark if simulated else ""
    label = printed.get("differs", {}).get("label", "")
    see = results.place(result, label) if results.number(result, label) else ("", "")
    spec = {**spec, "title": title, "note": note, "mark": own, "see": see}
    numbers = list(released.NUMBERS)
    if "beside" in spec:
        rows = counties.beside(rows, released.rows(result, spec["beside"]), spec["bars"])
    numbers += [charts.BESIDE] * (charts.BESIDE in rows)
    rows = rows.assign(**{name: rows[name] / spec.get("scale", 1) for name in numbers})
    if "bars" in spec:
        return charts.bars(result.study, rows, spec, text)
    return _lines(rows[rows["estimate"].notna()], spec, text)


def _differing(
    result: Result, wanted: Mapping[str, Any] | None, spec: Mapping[str, Any]
) -> dict[str, str]:
    """The field `differing`; none where all printed numbers are the ones here."""
    if not wanted:
        return {}
    shape, scale = f"{{n:{spec['form']}}}", spec.get("scale", 1)
    rows = released.rows(result, wanted).dropna(subset=["estimate", released.PUBLISHED])
    both = zip(rows["estimate"], rows[released.PUBLISHED], strict=True)
    other = [
        formats.fill(shape, {"n": ours / scale}) != formats.fill(shape, {"n": theirs / scale})
        for ours, theirs in both
    ]
    rows = rows[other]
    if rows.empty:
        return {}
    names = released.names(result.study, wanted["label"], "plain", list(rows[wanted["key"]]))
    told = [
        formats.fill(wanted["text"], {"name": names[code], "n": number})
        for code, number in zip(rows[wanted["key"]], rows[released.PUBLISHED], strict=True)
    ]
    return {"differing": formats.listed(told), "table": results.place(result, wanted["label"])[0]}


def _lines(rows: pd.DataFrame, spec: Mapping[str, Any], text: Mapping[str, Any]) -> Chart:
    names = spec.get("names", {})
    series = {
        names.get(code, code): part.set_index(spec["x"])
        for code, part in rows.groupby(spec["line"], sort=False)
    }
    return charts.lines(series, spec, text)


def facts(result: Result, spec: Mapping[str, Any], text: Mapping[str, Any]) -> str:
    """Markdown with sentences of released numbers, the exhibits they stand in, and charts.

    Parameters
    ----------
    spec
        heading, and items: heading, text, `printed` (a text on what the source prints, which stands
        first, with the charts that draw it) and what `released.rows` reads; chart as for `chart`,
        or `menu` as for `choices`. With `list` the text may name the rows that have most, as
        `{listed}`; with `see`, a label, it may link to another exhibit, as `{see}`.
        What a result does not hold or hides is left out.
    """
    blocks = []
    for item in spec["items"]:
        given = counties.values(item, released.rows(result, item)) | {"place": result.place}
        given |= released.beside(result, item) | _listed(result, item) | _seen(result, item)
        words, printed = (
            counties.filled(item["text"], given),
            counties.filled(item.get("printed", ""), given),
        )
        if not words:
            continue
        drawn = chart(result, item["chart"], text) if "chart" in item else None
        own = released.simulated(result, item["label"])
        pictures = [
            charts.figure(drawn, text) if drawn else "",
            _menu(result, item["menu"], text) if "menu" in item else "",
        ]
        simulated = [
            results.mark_line(result, text["marks"], simulated=own),
            f"{words.strip()} ({results.exhibit(result, item['label'])})",
        ]
        blocks.append(f"### {item['heading']}")
        if printed:
            told = results.mark_line(result, text["marks"], simulated=False, printed=True)
            blocks += [told, printed.strip()]
        first = item.get("chart", item.get("menu", {}).get("charts", [{}])[0])
        of_source = bool(printed and first.get("published"))
        blocks += [*pictures, *simulated] if of_source else [*simulated, *pictures]
    head = [f"## {spec['heading']} {{#tall}}", results.scales([result], text)]
    return "\n\n".join(filter(None, [*head, *blocks])) if blocks else ""


def _seen(result: Result, item: Mapping[str, Any]) -> dict[str, str]:
    """The field `see`: a link to the exhibit that the item names, if any."""
    return {"see": results.exhibit(result, item["see"])} if "see" in item else {}


def _listed(result: Result, item: Mapping[str, Any]) -> dict[str, str]:
    """The field `listed`: what some rows have most of, each by the item's `list`.

    That is `of`, another of the rows' numbers than the estimate, `most` of how many rows, and
    `text` with the fields `n` and `name`. Rows with the most come first, whatever they are.
    """
    wanted, rows = item.get("list"), released.rows(result, item)
    if not wanted or item["key"] not in rows:
        return {}
    rows = rows.dropna(subset=[wanted["of"]])
    rows = rows.sort_values(wanted["of"], ascending=False).iloc[: wanted["most"]]
    codes = list(rows[item["key"]])
    names = released.names(result.study, item["label"], "plain", codes)
    told = [
        formats.fill(wanted["text"], {"n": n, "name": names[code]})
        for code, n in zip(codes, rows[wanted["of"]], strict=True)
    ]
    return {"listed": formats.listed(told)} if told else {}


def choices(result: Result | None, spec: Mapping[str, Any], text: Mapping[str, Any]) -> str:
    """Markdown with several charts of which the script shows the one that is chosen.

    Parameters
    ----------
    spec
        heading, intro (with `{see}` as for `facts`), label of the menu, and charts as for `chart`.
    """
    menu = _menu(result, spec, text) if result else ""
    if result is None or not menu:
        return ""
    return "\n\n".join(
        [
            f"## {spec['heading']} {{#velg-figur}}",
            results.mark_line(result, text["marks"]),
            counties.filled(spec["intro"], _seen(result, spec)),
            menu,
        ]
    )


def _menu(result: Result, spec: Mapping[str, Any], text: Mapping[str, Any]) -> str:
    """The charts of `choices` as HTML; "" without any."""
    drawn = [chart(result, one, text) for one in spec["charts"]]
    figures = "".join(charts.figure(one, text) for one in drawn if one)
    return f'<div data-choices="{escape(spec["label"])}">{figures}</div>' if figures else ""
