"""The pages of the site as Markdown; both engines are given the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from naveval.project import catalogue, formats, municipalities, parameters, paths, places
from naveval.project.errors import ParameterError
from naveval.publishing import downloads as files
from naveval.publishing.site import (
    answers,
    counties,
    county_rows,
    errata,
    frame,
    results,
)
from naveval.publishing.site import evidence as site_evidence
from naveval.publishing.site.counties import county_page
from naveval.publishing.site.results import Result
from naveval.registers.dictionary import entries
from naveval.registers.dictionary import formats as dictionary

REQUIRED = (
    "menu",
    "short",
    "name",
    "question",
    "design",
    "limits",
    "source",
    "method",
    "registers",
    "published",
)
"""What a study's `site.yml` must say; `evidence` and `curves` are left out by some."""


@dataclass(frozen=True)
class Page:
    """A page: file name without ending, place in the menu, titles, content, notice."""

    name: str
    current: str
    title: str
    subtitle: str
    markdown: str
    banner: str = ""
    simulated: bool = False
    toc: bool = True


def words() -> dict[str, Any]:
    """The site's Norwegian texts, with those of each study under `studies` and in the menu."""
    text = parameters.read_yaml(paths.texts_dir() / "site.yml")
    studies = {name: study_words(name) for name in catalogue.names()}
    front, *rest = text["menu"].items()
    own = ((name, entry["menu"]) for name, entry in studies.items())
    return text | {"studies": studies, "menu": dict((front, *own, *rest))}


def study_words(name: str) -> dict[str, Any]:
    """What the site says of a study; ParameterError naming the file and what it lacks."""
    file = paths.texts_dir(name) / "site.yml"
    entry = parameters.read_yaml(file)
    lacking = [key for key in REQUIRED if key not in entry]
    if lacking:
        raise ParameterError(f"{file}: lacks {', '.join(lacking)}")
    return entry


def search_words(name: str, text: Mapping[str, Any]) -> dict[str, str]:
    """Words that lead to a page or a section of it: the site's, the study's, a county's places."""
    site = text["search"]["words"].get(name, {})
    given = [{"": site} if isinstance(site, str) else site]
    given.append(text["studies"].get(name, {}).get("search", {}))
    of = places.CURRENT_YEAR
    given += [
        {"": " ".join(municipalities.names_in(item.code, of))}
        for item in places.counties(of)
        if county_page(item.code) == name
    ]
    anchors = dict.fromkeys(anchor for one in given for anchor in one)
    return {at: " ".join(filter(None, (one.get(at, "") for one in given))) for at in anchors}


def banner(found: Sequence[Result], text: Mapping[str, Any]) -> tuple[str, bool]:
    """The notice of a page that shows results, and whether any of them is simulated."""
    simulated = [
        shown
        for result in found
        for shown in [item.simulated for item in result.headlines] or [result.simulated]
    ]
    if not any(simulated):
        return "", False
    kind = "simulated" if all(simulated) else "mixed"
    return " ".join(text["banners"][kind].split()), True


def named(name: str, text: Mapping[str, Any], markdown: str, **options: Any) -> Page:
    """A page whose titles stand in the texts."""
    page = text["pages"][name]
    current = name if name in text["menu"] else ""
    return Page(name, current, page["title"], page["subtitle"], markdown, **options)


def static(name: str, text: Mapping[str, Any]) -> Page:
    """A page written by hand in `report/pages`, with the studies filled in."""
    markdown = (paths.report_dir() / "pages" / f"{name}.md").read_text(encoding="utf-8")
    studies = text["studies"].values()
    rows = (f"| {item['menu']} | {item['registers']} | {item['published']} |" for item in studies)
    fields = {
        "{methods}": "\n\n".join(item["method"] for item in studies),
        "{registers}": "\n".join(rows),
        "{sources}": "\n".join(f"- {item['menu']}: {item['source'].strip()}" for item in studies),
        "{contact}": frame.linked(text["foot"]),
        "{publisher}": frame.publisher().name,
    }
    for field, content in fields.items():
        markdown = markdown.replace(field, content)
    return named(name, text, markdown)


def registers(text: Mapping[str, Any]) -> Page:
    """What register owners are asked for, by each study with words for it in report/registers."""
    blocks: list[str] = []
    for study in (name for name in text["studies"] if entries.has_words(name)):
        found = entries.dictionary(study, parameters.load(study))
        words = found.words
        if not blocks:
            blocks += [text["registers"]["intro"], *(words[name] for name in ("forms", "ids"))]
        blocks.append(f"## {text['studies'][study]['name']} {{#registre-{study}}}")
        blocks.append(text["registers"]["study"].format(study=study))
        for table in found.tables:
            label = f"{study}-{table.name.replace('_', '-')}"
            name = text["registers"]["table"].format(table=table.name)
            heading = f"### {name} {{#registre-{label}}}"
            caption = f": {text['registers']['caption'].format(table=table.name)} {{#tbl-{label}}}"
            blocks.append(dictionary.described(table, words, heading, caption))
    return named("registre", text, "\n\n".join(blocks))


def study(
    name: str,
    found: Sequence[Result],
    text: Mapping[str, Any],
    evidence: str,
    extra: str = "",
) -> Page:
    """A study's page: question, findings, design, limits, evidence, reports, data.

    Parameters
    ----------
    evidence
        Markdown on earlier evidence.
    extra
        Markdown shown after the findings, for example curves.
    """
    entry, part = text["studies"][name], text["study"]
    result = results.main_result(found, name)
    blocks = [f"## {part['findings']}"]
    if result:
        blocks += [
            answers.about(result, text),
            answers.findings(result, text),
            downloads(result, text),
        ]
    else:
        blocks.append(part["none"])
    blocks += [extra, f"## {part['design']}", entry["design"]]
    blocks += [f"## {part['limits']}", entry["limits"]]
    source = part["source"].format(source=entry["source"].strip())
    errors = part["errors"].format(study=name) if name in errata.listed() else ""
    blocks += [f"{source} {errors}".strip()]
    blocks += [f"## {part['evidence']}", part["evidence-intro"], evidence] if evidence else []
    blocks += [f"## {part['counties']}", _county_reports(name, found, text)]
    if result:
        blocks += [f"## {part['data']}", _data(result, text)]
    notice, simulated = banner([result] if result else [], text)
    if result and not simulated:
        notice = result.banner
    return Page(
        name,
        name,
        entry["name"],
        entry["question"],
        "\n\n".join(filter(None, blocks)),
        banner=notice,
        simulated=simulated,
    )


def downloads(result: Result, text: Mapping[str, Any], *, level: str = "") -> str:
    """Links to a result's report, PDF, workbook and CSV files."""
    part = text["study"]
    offered = [
        ("report.html", part["read"]),
        ("report.pdf", part["pdf"]),
        (result.book("xlsx"), part["workbook"]),
        (result.book("ods"), part["workbook-ods"]),
        ("estimates.csv", part["estimates"]),
        ("dictionary.csv", part["dictionary"]),
    ]
    place = f", {result.place}" if level == "place" else ""
    origin = {"origin": "simulated" if result.simulated else ""}

    def saved(file: str) -> str:
        name = files.saved_as(file, result.study, result.slug, origin)
        return f'{{download="{name}"}}' if name else ""

    lines = [
        f"- [{label}{place}]({result.address}/{file}){saved(file)}"
        for file, label in offered
        if file and result.has(file)
    ]
    return "::: {.downloads}\n" + "\n".join(lines) + "\n:::"


def _county_reports(name: str, found: Sequence[Result], text: Mapping[str, Any]) -> str:
    main = results.main_result(found, name)
    own = [result for result in found if result.study == name and result is not main]
    if not own:
        return str(text["study"]["counties-none"])
    lines = [f"- [{result.place}]({result.address}/report.html)" for result in own]
    return "::: {.columns}\n" + "\n".join(lines) + "\n:::"


def _data(result: Result, text: Mapping[str, Any]) -> str:
    """Links to the CSV and the JSON-stat of every figure and table, by the title of its caption."""
    intro = text["study"]["data-intro"].format(workbook=f"{result.address}/{result.book('xlsx')}")
    lines = [
        f"- [{answers.plain(title)}]({result.address}/{name}.csv) "
        f"([JSON-stat, {title.partition('.')[0]}]({result.address}/{name}.json))"
        for name, title in results.titles(result).items()
    ]
    head = escape(text["study"]["data-all"].format(count=formats.number(len(lines))))
    listed = "::: {.data-list}\n" + "\n".join(lines) + "\n:::"
    return f"{intro}\n\n<details><summary>{head}</summary>\n\n{listed}\n\n</details>"


def county(code: str, found: Sequence[Result], text: Mapping[str, Any]) -> Page:
    """A county's page: what the national runs hold for it, study by study, and its reports."""
    part, place = text["counties"], places.name(code)
    mains = [results.main_result(found, name) for name in text["studies"]]
    blocks = [sheet_link(code, mains, text), results.scales([one for one in mains if one], text)]
    shown: list[Result] = []
    for name in text["studies"]:
        entry, main = text["studies"][name], results.main_result(found, name)
        own = results.of_county(found, name, code)
        blocks += [f"## [{entry['name']}]({name}.html)", counties.question(code, name, text)]
        blocks.append(str(text["study"]["source"]).format(source=f"{entry['published']}."))
        if main:
            shown.append(counties.rests_on(code, main, text))
            blocks += _of_county(code, main, text)
        for result in own:
            if result is not main:
                shown.append(result)
                blocks.append(f"### {part['own']}, {result.place} {{#{name}-{result.slug}}}")
                blocks.append(answers.findings(result, text))
            blocks.append(downloads(result, text, level="place"))
        if not main and not own:
            blocks.append(part["nothing"])
    others = [
        f"[{item.name}]({county_page(item.code)}.html)"
        for item in places.counties(places.CURRENT_YEAR)
        if item.code != code
    ]
    blocks += [f"## {part['other']}", " · ".join(others)]
    notice, simulated = banner(shown, text)
    return Page(
        county_page(code),
        "fylker",
        part["title"].format(name=place),
        part["subtitle"],
        "\n\n".join(filter(None, blocks)),
        banner=notice,
        simulated=simulated,
    )


def sheet_link(code: str, mains: Sequence[Result | None], text: Mapping[str, Any]) -> str:
    """Links to a county's sheet, to the numbers its page shows, and to what they are."""
    part, name = text["counties"], places.name(code)
    offered = (
        {"pdf": part["sheet"], county_rows.EXCEL: part["excel"], "csv": part["numbers"]}
        if any(mains)
        else {"pdf": part["sheet"]}
    )
    lines = [
        f"- [{label.format(name=name)}]({counties.sheet_file(code, mains, kind)})"
        for kind, label in offered.items()
    ]
    if any(mains):
        lines.append(f"- [{part['dictionary']}]({county_rows.DICTIONARY_FILE})")
    return "\n".join(["::: {.downloads}", *lines, ":::"])


def _of_county(code: str, main: Result, text: Mapping[str, Any]) -> list[str]:
    """What a study's main result holds of a county, or why it holds nothing, and the way to it."""
    part, told = text["counties"], counties.told(code, main, text)
    link = f"[{part['national'].format(place=main.place)}]({main.address}/report.html)"
    if not told.numbers:
        few = [part for part in told.parts if isinstance(part, str)]
        return [told.old, *(few or [counties.none(main.study, text)]), f"{link}."]
    source = part["source"].format(name=places.name(code), place=main.place)
    labels = dict.fromkeys(
        one["label"] for one, _ in counties.shown(code, main, text) if "label" in one
    )
    there = [at for label in labels if "#" in (at := results.exhibit(main, label))]
    source += f" {part['exhibits'].format(exhibits=formats.listed(there))}" if there else ""
    parts = counties.as_page(told.parts, text)
    own = [results.mark_line(main, text["marks"]), *parts]
    printed = counties.printed(main, told, text, results.mark_line)
    shown = (answers.to_annex(part, main) for part in (*printed, *own))
    return [told.old, *shown, f"{source} {link}."]


def evidence(text: Mapping[str, Any]) -> tuple[Page, dict[str, str]]:
    """The evidence page, and for each study the grades of its effects and what bears on it."""
    own = parameters.read_yaml(paths.texts_dir() / "evidence.yml")
    found = site_evidence.projects()
    bearing = {
        name: site_evidence.bearing(entry.get("evidence", []), found, own)
        for name, entry in text["studies"].items()
    }
    with_grades = {
        name: "\n\n".join(filter(None, [site_evidence.told(name, own), told]))
        for name, told in bearing.items()
    }
    done = sum(site_evidence.value(p, "status") == own["finished"] for p in found)
    blocks = [
        own["intro"].format(done=formats.number(done), rest=formats.number(len(found) - done))
    ]
    names = {p.id: p.title for p in found} | {k: v["published"] for k, v in text["studies"].items()}
    blocks += [
        f"## {own['grade-heading']} {{#belegg}}",
        own["grade-intro"],
        site_evidence.grades(own, names | own["other-sources"]),
    ]
    blocks += [f"## {own['table-heading']}", own["table-intro"], site_evidence.table(found, own)]
    blocks += [f"## {own['counts-heading']}", site_evidence.counts(found, own)]
    blocks += [f"## {own['bearing-heading']}", own["bearing-intro"]]
    for name in text["studies"]:
        title = text["studies"][name]["name"]
        blocks += [f"### {title} {{#kunnskap-{name}}}", bearing[name] or own["bearing-none"]]
    blocks.append(own["doubts"])
    return named("kunnskap", text, "\n\n".join(blocks), toc=False), with_grades
