"""A county's page and its sheet: what the national runs hold for the county, study by study.

What is shown stands under `county` in a study's `site.yml`: the exhibit, how it is drawn and the
sentence. Numbers are the county's own; a study that holds none says why, and leads to its report.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from naveval.exhibits import claims
from naveval.project import formats, parameters, places
from naveval.publishing.downloads import SIMULATED
from naveval.publishing.site import charts, drawing, released, results
from naveval.publishing.site.charts import Chart
from naveval.publishing.site.results import Headline, Result

SHEET_BARS = 6
SHEET_WIDTHS = ("8.5cm", "8cm", "7.5cm", "7cm")
"""Of a sheet's charts: the first with which the sheet is one page. In narrower ones the words are
too small to be read, so a chart is left out instead; see `sheets`."""
GRID = re.compile(
    r"```{=typst}\n#grid[^\n]*\n```\n\n(.*?)\n\n```{=typst}\n\]\[\n```.*?```{=typst}\n\]\n```",
    re.DOTALL,
)
"""Sentences with a chart beside them, of which the sentences are kept, but not those on it."""
ON_CHART = re.compile(r"::: \{\.finding[^\n]*\nFiguren [^\n]*\n:::\n*")
FONT = "Source Sans Pro"
"""A picture of a PDF is set in the typeface of its text."""


@dataclass(frozen=True)
class Told:
    """What a study holds of a county: sentences with their numbers, and charts, in order.

    `numbers` is False where all that can be said is that there are too few persons. `printed` are
    sentences of what the source has published, which stand last.
    """

    parts: tuple[str | Chart, ...]
    old: str = ""
    numbers: bool = True
    printed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.parts)


def told(code: str, result: Result, text: Mapping[str, Any], *, most: int | None = None) -> Told:
    """What the national result of a study holds of a county of today.

    Parameters
    ----------
    result
        The study's main result.
    text
        The site's words.
    most
        Bars of a chart at most, the longest; None: all.
    """
    year, codes = _codes(code, result)
    same = year == places.CURRENT_YEAR
    told_of: dict[bool, list[str | Chart]] = {False: [], True: []}
    for wanted, found in shown(code, result, text):
        into = told_of[bool(wanted.get("published"))]
        if "answer" in wanted:
            into += _answer(result, wanted, text)
            continue
        into += _sentences(result, wanted, found, text)
        if "chart" in wanted:
            into.append(_chart(result, wanted, found, text, most))
    few = {text["counties"]["few"].format(name=places.name(own)) for own in codes}
    old = "" if same else _old_counties(code, year, text["counties"])
    parts, printed = (tuple(dict.fromkeys(told_of[kind])) for kind in (False, True))
    sentences = tuple(part for part in printed if isinstance(part, str))
    return Told(parts, old, not few.issuperset(parts), sentences)


def _codes(code: str, result: Result) -> tuple[int, tuple[str, ...]]:
    """The year whose counties a result has, and those of them that a county of today was."""
    year = parameters.model(result.study).COUNTY_YEAR
    same = year == places.CURRENT_YEAR
    return year, (code,) if same else tuple(places.predecessors(code, year))


def shown(
    code: str, result: Result, text: Mapping[str, Any]
) -> Iterator[tuple[Mapping[str, Any], dict[str, pd.DataFrame]]]:
    """What the words show of a county, with the released rows of it by the county's code.

    An answer in words has no rows; what has no number that may be shown is left out.
    """
    _, codes = _codes(code, result)
    for wanted in text["studies"][result.study].get("county", ()):
        if wanted.get("only") not in (None, *codes):
            continue
        if "answer" in wanted:
            yield wanted, {}
            continue
        rows = released.of_county(result, wanted, codes)
        if "only" in wanted:
            rows = {wanted["only"]: released.rows(result, wanted)}
        rows = {own: part for own, part in rows.items() if part["estimate"].notna().any()}
        if rows:
            yield wanted, rows


def _answer(result: Result, wanted: Mapping[str, Any], text: Mapping[str, Any]) -> list[str]:
    """The report's own answer with its reservations, word for word as on the front page.

    Or what the source has published of the question, where the words say so.
    """
    kind = result.simulated and not wanted.get("published")
    own = [item.text for item in result.headlines if item.simulated == kind]
    answer = " ".join(own)
    if result.slug != results.main_slug(result.study) or not answer:
        return []
    words = wanted["answer"].format(answer=answer).strip()
    return [f'::: {{.finding data-result="{result.address}"}}\n{words}\n:::']


def _old_counties(code: str, year: int, part: Mapping[str, Any]) -> str:
    old = [places.name(before) for before in places.predecessors(code, year)]
    values = {"name": places.name(code), "year": year, "count": len(places.codes(year))}
    if old == [values["name"]]:
        return str(part["old-same"].format(**values))
    return str(part["old"].format(**values, old=formats.listed(old)))


def _sentences(
    result: Result,
    wanted: Mapping[str, Any],
    found: Mapping[str, pd.DataFrame],
    text: Mapping[str, Any],
) -> Iterator[str]:
    """The sentence of each county, where none of its numbers is missing, and how it stands."""
    others = released.beside(result, wanted)
    said = {name.partition(":")[0] for name in formats.field_names(wanted["text"])}
    if any(formats.is_missing(others[name]) for name in said & set(others)):
        return
    for code, rows in found.items():
        given = values(wanted, rows) | others | {"name": places.name(code)}
        if any(formats.is_missing(given.get(name)) for name in said):
            if not wanted.get("published"):
                yield text["counties"]["few"].format(name=given["name"])
            continue
        last = code == list(found)[-1]  # counties that are one today share the country's
        country = of_country(result, wanted) if last else ""
        words = " ".join(filter(None, [formats.fill(wanted["text"], given), country]))
        yield f'::: {{.finding data-result="{result.address}"}}\n{words}\n:::'
        if wanted.get("rank"):
            yield from _standing(result, wanted, code, text["counties"])
            _, sure = values_and_sure(result, {**wanted, "form": "num2_s"})
            yield str(text["counties"]["apart" if code in sure else "near"])


def of_country(result: Result, wanted: Mapping[str, Any]) -> str:
    """The sentence on the whole country that goes with a county's; "" where a number is missing.

    `country` of the words is a text with what `released.beside` reads.
    """
    country = wanted.get("country", {})
    return filled(country.get("text", ""), released.beside(result, country)).strip()


def filled(text: str, given: Mapping[str, Any]) -> str:
    """The text with its fields; "" where any of them is hidden or not there."""
    used = {name.partition(":")[0] for name in formats.field_names(text)}
    missing = any(formats.is_missing(given.get(name)) for name in used)
    return "" if missing else formats.fill(text, given)


def of_country_rows(result: Result, wanted: Mapping[str, Any]) -> Iterator[pd.DataFrame]:
    """The rows of the whole country that stand beside a county's, in words and in its chart."""
    for spec in wanted.get("country", {}).get("also", {}).values():
        yield released.rows(result, spec)
    if "beside" in wanted.get("chart", {}):
        yield released.rows(result, wanted["chart"]["beside"])


def values(wanted: Mapping[str, Any], rows: pd.DataFrame) -> dict[str, Any]:
    """Fields of a sentence: values by name or by the code of a key, and the ends of a series.

    Several values by the code of a key are `<value>_<code>`, a single one is `<key>_<code>`.

    A series has also `before`: the last month of the same name as its end, up to the one that is
    `before` in the words, since neighbouring months differ by season. `<name>_persons` are those
    that a number rests on, `<name>_published` what the source printed.
    """
    if "chart" in wanted and "x" in wanted["chart"]:
        known = rows[rows["estimate"].notna()].sort_values(wanted["chart"]["x"])
        series: dict[str, Any] = {}
        ends = {"first": known.iloc[0], "last": known.iloc[-1]}
        at = known[wanted["chart"]["x"]].astype(str)
        alike = at.str[-2:] == at.iloc[-1][-2:]
        until = known[alike & (at <= str(wanted.get("before", "")))]
        if len(until):
            ends["before"] = until.iloc[-1]
        for end, row in ends.items():
            series |= {end: row["estimate"], f"{end}_x": row[wanted["chart"]["x"]]}
            series |= {f"{end}_low": row["ci_low"], f"{end}_high": row["ci_high"]}
            series[f"{end}_persons"] = row[released.PERSONS]
        return series
    found: dict[str, Any] = {}
    key = wanted.get("key", "")
    for row in rows.to_dict("records"):
        value = row.get("value") or "estimate"
        first = value if isinstance(wanted.get("value"), list) else key
        name = f"{first}_{row[key]}" if key else value
        found |= {name: row["estimate"], f"{name}_low": row["ci_low"]}
        found |= {f"{name}_high": row["ci_high"], f"{name}_persons": row[released.PERSONS]}
        found |= {f"{name}_published": row.get(released.PUBLISHED)}
    return found


def _standing(
    result: Result, wanted: Mapping[str, Any], code: str, part: Mapping[str, Any]
) -> Iterator[str]:
    """How many counties can be told to be higher or lower; silent without intervals."""
    every, key = released.rows(result, wanted), wanted.get("county", "county")
    if "chart" in wanted and len(every):
        last = every.loc[every[key] == code, wanted["chart"]["x"]].max()
        every = every[every[wanted["chart"]["x"]] == last]
    every = every[every[key].isin(places.codes(places.CURRENT_YEAR))].set_index(key)
    found = claims.standing(every, code)
    if found is None:
        return
    counts = {"higher": counted(found.above), "lower": counted(found.below)}
    counts["others"] = formats.number(found.others)
    yield str(part["standing"][found.told]).format(name=places.name(code), **counts)


def counted(codes: Sequence[str]) -> str:
    """How many counties, with their names."""
    names = formats.listed([places.name(code) for code in codes])
    return formats.number(len(codes)) + (f" ({names})" if codes else "")


def _chart(
    result: Result,
    wanted: Mapping[str, Any],
    found: Mapping[str, pd.DataFrame],
    text: Mapping[str, Any],
    most: int | None,
) -> Chart:
    own = released.simulated(result, wanted["label"])
    mark = {"mark": results.mark(result, text["marks"]) if own else ""}
    country = wanted["chart"].get("beside")
    others = released.rows(result, country) if country else pd.DataFrame()
    if "bars" in wanted["chart"]:
        rows = beside(pd.concat(found.values()), others, wanted["chart"]["bars"])
        keys = ("county-simulated", "country-simulated") if own else ("county", "country")
        spec = {**wanted, **wanted["chart"], "most": most, "keys": keys, **mark}
        return charts.bars(result.study, rows, spec, text)
    x = wanted["chart"]["x"]
    series = {places.name(code): rows.set_index(x) for code, rows in found.items()}
    if len(others):
        shown_too = next(iter(series.values())).index
        whole = others.set_index(x)
        series[text["counties"]["whole"]] = whole[whole.index.isin(shown_too)]
    return charts.lines(series, wanted["chart"] | mark, text)


def beside(rows: pd.DataFrame, others: pd.DataFrame, key: str) -> pd.DataFrame:
    """Rows with the number that other rows have of the same code; as they are without any."""
    if key not in others or not others["estimate"].notna().any():
        return rows
    found = others.drop_duplicates(key).set_index(key)["estimate"]
    return rows.assign(**{charts.BESIDE: rows[key].map(found)})


def question(code: str, study: str, text: Mapping[str, Any]) -> str:
    """What a county's page asks of a study: only what it answers there.

    The study's own question where its answer stands, else `county-question` where there is one.
    """
    entry = text["studies"][study]
    codes = places.predecessors(code, parameters.model(study).COUNTY_YEAR)
    answered = any("answer" in one and one["only"] in codes for one in entry.get("county", ()))
    own = entry["question"] if answered else entry.get("county-question", entry["question"])
    return str(own).strip()


def _aside(code: str, study: str, text: Mapping[str, Any]) -> str:
    """What a sheet asks of a study that is about another county; its name alone would mislead."""
    own = text["studies"][study]
    about = any("answer" in one for one in own.get("county", ()))
    asked = question(code, study, text)
    return asked if about and asked != own["question"].strip() else ""


def none(study: str, text: Mapping[str, Any]) -> str:
    """Why a study holds no numbers of a county."""
    return str(text["studies"][study].get("county-none", text["counties"]["none"]))


def printed(
    result: Result, found: Told, text: Mapping[str, Any], mark: Callable[..., str]
) -> list[str]:
    """What the source has published, under a mark of its own."""
    above = [mark(result, text["marks"], simulated=False, printed=True)] if found.printed else []
    return [*above, *found.printed]


def rests_on(code: str, main: Result, text: Mapping[str, Any]) -> Result:
    """The result with what a county's page or sheet shows of it, for the notice on the page."""
    kinds = (main.simulated, False) if told(code, main, text).printed else (main.simulated,)
    return replace(main, headlines=tuple(Headline("", simulated=kind) for kind in kinds))


def as_page(parts: Sequence[str | Chart], text: Mapping[str, Any]) -> list[str]:
    """Markdown of a page: pictures stand in it, with their numbers as a table that unfolds."""
    return [part if isinstance(part, str) else charts.figure(part, text) for part in parts]


def as_sheet(parts: Sequence[str | Chart], folder: Path) -> list[str]:
    """Markdown of a sheet for Typst, charts in `folder/figures` beside the text."""
    (folder / "figures").mkdir(exist_ok=True)
    texts = [part for part in parts if isinstance(part, str)]
    charts = [_picture(part, folder) for part in parts if not isinstance(part, str)]
    if not charts:
        return texts
    opened = f"#grid(columns: (1fr, {SHEET_WIDTHS[0]}), column-gutter: 6mm)["
    return [_raw(opened), *texts, _raw("]["), *charts, _raw("]")]


def sheets(markdown: str) -> Iterator[str]:
    """A sheet's Markdown with charts as wide as can be, then narrower, then with one chart fewer.

    The first goes first: the sentences beside it hold its numbers. Those that tell of the figure go
    with it.
    """
    while True:
        for width in SHEET_WIDTHS:
            yield markdown.replace(f"(1fr, {SHEET_WIDTHS[0]})", f"(1fr, {width})")
        fewer = GRID.sub(lambda found: ON_CHART.sub("", found[1]), markdown, count=1)
        if fewer == markdown:
            return
        markdown = fewer


def _picture(chart: Chart, folder: Path) -> str:
    number = len(list((folder / "figures").iterdir())) + 1
    name = f"figures/fig-{number}.svg"
    (folder / name).write_text(drawing.alone(chart.svg, FONT), encoding="utf-8")
    alt = json.dumps(chart.alt, ensure_ascii=False)
    return f"**{chart.title}**\n\n" + _raw(f'#image("{name}", alt: {alt})')


def _raw(typst: str) -> str:
    return f"```{{=typst}}\n{typst}\n```"


def county_page(code: str) -> str:
    """File name, without ending, of a county's page."""
    return f"fylke-{places.slug(code)}"


def sheet_file(code: str, found: Iterable[Result | None], kind: str = "pdf") -> str:
    """Path of a county's sheet or numbers in the site, marked where results are simulated."""
    mark = f"-{SIMULATED}" if any(one.simulated for one in found if one) else ""
    return f"ark/{places.slug(code)}{mark}.{kind}"


def sheet(code: str, mains: Sequence[Result], text: Mapping[str, Any], folder: Path) -> str:
    """Markdown of a county's sheet: sentences and pictures of each study, on one page.

    Parameters
    ----------
    mains
        The main result of each study there is one of.
    folder
        Where pictures are written, in `figures`.
    """
    part, blocks = text["counties"], [results.scales(mains, text)]
    for main in mains:
        entry, found = text["studies"][main.study], told(code, main, text, most=SHEET_BARS)
        blocks += [
            f"## {entry['name']}",
            _aside(code, main.study, text),
            *printed(main, found, text, results.mark),
            results.mark(main, text["marks"]) if found.numbers else "",
        ]
        blocks += as_sheet(found.parts, folder) if found else [none(main.study, text)]
    blocks.append(part["sheet-foot"].format(name=places.name(code)))
    return "\n\n".join(filter(None, blocks))


def values_and_sure(result: Result, wanted: Mapping[str, Any]) -> tuple[dict[str, str], set[str]]:
    """The number of each county where it is not hidden, and which differ from zero beyond chance.

    All counties are tested together, as in the report.
    """
    every = released.of_county(result, wanted, places.codes(places.CURRENT_YEAR))
    form = formats.FORMATS[wanted["form"]]
    found = pd.DataFrame({code: rows.iloc[0] for code, rows in every.items()}).T
    known = found[found["estimate"].notna()] if len(found) else found
    if not len(known):
        return {}, set()
    numbers = known[list(released.NUMBERS)].astype(float)
    sure = claims.beyond(numbers, "", "ci_low", "ci_high")(claims.LEVEL / len(known)).eq(True)
    return {code: form(value) for code, value in numbers["estimate"].items()}, set(sure[sure].index)
