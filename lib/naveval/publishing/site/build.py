"""The site: pages around the finished reports, the same with either engine.

`build` writes `report/_out/site`, which opens in a browser from its folder; nothing is fetched
from anywhere. Pages are Markdown that the engine turns into HTML; menu, search and footer are
put around pages and reports alike afterwards.
"""

import re
import shutil
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from html import escape
from pathlib import Path
from typing import Any

from naveval.project import paths, places, provenance, store
from naveval.project.errors import RenderError
from naveval.publishing import builtin, quarto, render
from naveval.publishing.site import counties, errata, project, results, search
from naveval.publishing.site import curves as site_curves
from naveval.publishing.site import pages as site_pages
from naveval.publishing.site.pages import Page
from naveval.publishing.site.results import Result

FOLDER = "site"
ASSETS = ("site.css", "site.js")
WIDE = ("index", "kunnskap", "feil", "fylker")
WORKERS = 2
MAIN = re.compile(r'<main id="innhold"')
OLD_HEAD = re.compile(r'<header class="page-head">.*?</header>', re.DOTALL)
FOOT = re.compile(r'(<footer class="page-foot">)')
END_OF_HEAD = re.compile(r"</head>")


def build(engine: str = "auto", *, progress: Callable[[str], None] = lambda _: None) -> Path:
    """Build the site from every finished and rendered result.

    Parameters
    ----------
    engine
        "quarto", "builtin" or "auto", as for reports.
    progress
        Called with the name of each step.

    Returns
    -------
    The front page.

    Raises
    ------
    RenderError
        When the engine is not to be had or a page cannot be made.
    """
    name = render.choose(engine)
    found = results.collect()
    text = site_pages.words()
    progress(f"{len(found)} reports")
    pages = all_pages(found, text)
    target = paths.out_dir() / FOLDER
    with store.staged(target) as staging:
        work = staging / FOLDER
        work.mkdir()
        progress(f"{len(pages)} pages")
        _make_pages(name, pages, work, text)
        copy_assets(work)
        progress("county sheets")
        _make_sheets(found, work, text)
        progress("reports")
        for result in found:
            _copy_result(result, work, text)
        progress("search index")
        _write_index(pages, found, work, text)
        with store.held(target):
            store.exchange(work, target)
    return target / "index.html"


def all_pages(found: Sequence[Result], text: dict[str, Any]) -> list[Page]:
    """Every page of the site."""
    names = {name: entry["name"] for name, entry in text["studies"].items()}
    evidence, bearing = site_pages.evidence(text)
    curves = {
        name: site_curves.block(results.main_result(found, name), entry["curves"], text["marks"])
        for name, entry in text["studies"].items()
        if "curves" in entry
    }
    pages = [site_pages.front(found, text)]
    pages += [
        site_pages.study(name, found, text, bearing[name], curves.get(name, ""))
        for name in text["studies"]
    ]
    pages.append(site_pages.county_list(found, text))
    pages += [
        site_pages.county(item.code, found, text) for item in places.counties(places.CURRENT_YEAR)
    ]
    pages.append(evidence)
    pages.append(site_pages.named("feil", text, errata.blocks(found, names), toc=False))
    pages += [site_pages.static(name, text) for name in ("metode", "om", "tilgjengelighet")]
    pages.append(site_pages.named("sok", text, _search_page(text), toc=False))
    return pages


def _search_page(text: dict[str, Any]) -> str:
    part = {key: escape(value) for key, value in text["search"].items()}
    return (
        f'<form id="sok-skjema" class="chooser" role="search"><label for="sok-felt">{part["label"]}'
        '</label><input id="sok-felt" type="search" name="q" autocomplete="off">'
        f'<button type="submit">{part["button"]}</button></form>\n'
        f'<p id="sok-status" role="status" data-none="{part["none"]}" data-some="{part["some"]}">'
        f'</p>\n<ul id="treff" class="hits"></ul>\n<noscript><p>{part["noscript"]}</p></noscript>'
    )


def metadata(page: Page, engine: str) -> dict[str, object]:
    """Variables of the template for a page of the site."""
    report = {
        "title": page.title,
        "subtitle": page.subtitle,
        "banner": page.banner,
        "origin": "simulated" if page.simulated else "published",
    }
    made = render.template_metadata(report, engine)
    made |= {"toc": page.toc, "plain-headings": True, "html-table-processing": "none"}
    made["colophon"] = f"Siden er laget med {engine}."
    return made


def _make_pages(name: str, pages: Sequence[Page], work: Path, text: dict[str, Any]) -> None:
    """Turn pages into HTML below `work`, and put menu, search and footer around them."""
    made = _html_of(name, pages, work)
    for page in pages:
        html = dressed(made[page.name], page.current, "", text)
        if page.name in WIDE:
            html = re.sub(r"<main ", '<main class="wide-page" ', html, count=1)
        if page.name == "sok":
            index = '<script src="assets/search-index.js"></script>\n<script src="assets/site.js"'
            html = html.replace('<script src="assets/site.js"', index)
        (work / f"{page.name}.html").write_text(html, encoding="utf-8")


def _html_of(name: str, pages: Sequence[Page], work: Path) -> dict[str, str]:
    """HTML of each page by name, kept from build to build while nothing it is made of changes."""
    described = builtin.describe() if name == "builtin" else quarto.describe()
    places_of = {page.name: kept_at(page, described, below=_folder()) for page in pages}
    known = {page: store.find(file) for page, file in places_of.items()}
    made = {page: html for page, (found, html) in known.items() if found}
    wanted = [page for page in pages if page.name not in made]
    scratch = work / ".pages"
    scratch.mkdir()
    if name == "builtin":
        with ThreadPoolExecutor(WORKERS) as pool:
            files = list(pool.map(lambda page: _builtin(page, described, scratch), wanted))
    else:
        files = project.pages(
            {page.name: page.markdown for page in wanted},
            {page.name: metadata(page, described) for page in wanted},
            scratch,
            paths.report_dir(),
        )
    for page, file in zip(wanted, files, strict=True):
        made[page.name] = file.read_text(encoding="utf-8")
        store.keep(places_of[page.name], made[page.name])
    shutil.rmtree(scratch)
    store.drop(file for file in _folder().glob("*.kept") if file not in places_of.values())
    return made


def _make_sheets(found: Sequence[Result], work: Path, text: dict[str, Any]) -> None:
    """A page of PDF for every county; the builtin engine makes them, for Quarto adds nothing."""
    mains = [main for name in text["studies"] if (main := results.main_result(found, name))]
    scratch = work / ".sheets"
    (work / "ark").mkdir()
    with ThreadPoolExecutor(WORKERS) as pool:
        jobs = [
            pool.submit(_sheet, item.code, mains, work, scratch / item.code, text)
            for item in places.counties(places.CURRENT_YEAR)
        ]
        kept = {job.result() for job in jobs}
    shutil.rmtree(scratch)
    store.drop(file for file in (_folder() / "sheets").glob("*.kept") if file not in kept)


def _sheet(
    code: str, mains: Sequence[Result], work: Path, scratch: Path, text: dict[str, Any]
) -> Path:
    """Write a county's sheet, or take the one that is kept; gives where it is kept."""
    scratch.mkdir(parents=True)
    notice, simulated = site_pages.banner(mains, text)
    page = Page(
        places.slug(code),
        "",
        text["counties"]["sheet-title"].format(name=places.name(code)),
        "",
        counties.sheet(code, mains, text, scratch),
        banner=notice,
        simulated=simulated,
        toc=False,
    )
    pictures = {file.name: file.read_text() for file in sorted(scratch.rglob("*.svg"))}
    place = kept_at(page, builtin.describe(), pictures, below=_folder() / "sheets")
    known, content = store.find(place)
    if not known:
        made = metadata(page, builtin.describe()) | {"sheet": True}
        file = builtin.to_pdf(page.markdown, made, scratch, paths.report_dir())
        content = b64encode(file.read_bytes()).decode()
        store.keep(place, content)
    (work / counties.sheet_file(code)).write_bytes(b64decode(content))
    return place


def _folder() -> Path:
    return paths.cache_dir() / FOLDER


def kept_at(
    page: Page, described: str, pictures: Mapping[str, str] | None = None, *, below: Path
) -> Path:
    """Where a page is kept until its content, the engine, its code or the look changes."""
    report = paths.report_dir()
    looks = [report / quarto.PROJECT_FILE, *(report / "theme").glob("report.*")]
    key = {
        "metadata": metadata(page, described),
        "markdown": page.markdown,
        "pictures": pictures or {},
        "looks": provenance.hashes([*looks, *(report / "filters").glob("*.lua")], report),
    }
    code = (builtin, quarto, project)
    return store.location(page.name, key=key, code=code, below=below)


def _builtin(page: Page, described: str, scratch: Path) -> Path:
    folder = scratch / page.name
    folder.mkdir()
    return builtin.to_html(page.markdown, metadata(page, described), folder, paths.report_dir())


def dressed(html: str, current: str, prefix: str, text: dict[str, Any]) -> str:
    """A page or report with the site's menu, search and footer.

    Parameters
    ----------
    current
        Name of the page in the menu that is marked as the one shown.
    prefix
        Way from the page to the site's root, "" or "../../".
    """
    if not MAIN.search(html):
        raise RenderError("a page has no <main id=innhold>; the template has changed")
    here = {name: _here(name == current, prefix) for name in text["menu"]}
    items = "".join(
        f'<li><a href="{prefix}{name}.html"{here[name]}>{escape(label)}</a></li>'
        for name, label in text["menu"].items()
    )
    head = (
        '<header class="page-head"><div class="head-inner">'
        f'<nav aria-label="Hovedmeny"><ul>{items}</ul></nav>'
        f'<form class="site-search" role="search" action="{prefix}sok.html" method="get">'
        f'<label for="sok-topp">{escape(text["search-label"])}</label>'
        '<input id="sok-topp" type="search" name="q">'
        f'<button type="submit">{escape(text["search-button"])}</button></form></div></header>\n'
    )
    foot = "".join(
        f'<li><a href="{prefix}{name}.html">{escape(label)}</a></li>'
        for name, label in text["footer"].items()
    )
    style = f'<link rel="stylesheet" href="{prefix}assets/site.css">\n</head>'
    script = f'<script src="{prefix}assets/site.js" defer></script>\n</body>'
    html = OLD_HEAD.sub("", html, count=1)
    html = MAIN.sub(lambda _: head + '<main id="innhold"', html, count=1)
    html = FOOT.sub(lambda found: f'{found[1]}\n<ul class="site-foot">{foot}</ul>', html, count=1)
    html = END_OF_HEAD.sub(lambda _: style, html, count=1)
    place = html.rindex("</body>")
    return html[:place] + script + html[place + len("</body>") :]


def _here(same: bool, prefix: str) -> str:
    if not same:
        return ""
    return ' aria-current="true"' if prefix else ' aria-current="page"'


def copy_assets(work: Path) -> None:
    (work / "assets").mkdir()
    for name in ASSETS:
        shutil.copyfile(paths.report_dir() / "theme" / name, work / "assets" / name)


def _copy_result(result: Result, work: Path, text: dict[str, Any]) -> None:
    """Copy a result's files as they were when the pages were made; its page gets the site's menu.

    Raises
    ------
    RenderError
        When a run or a render has replaced the folder since, or files are not those it recorded.
    """
    with store.held(result.folder):
        if results.record(result.folder) != result.record:
            raise RenderError(f"{result.folder}: replaced while the site was built. Build it again")
        if faults := results.faults(result.folder):
            raise RenderError(
                f"{result.folder}: {', '.join(faults[:5])} missing or changed since it was made; "
                "run and render it again"
            )
        _copy_files(result, work / result.address, text)


def _copy_files(result: Result, target: Path, text: dict[str, Any]) -> None:
    for name in result.files:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if name in results.PAGES:
            html = (result.folder / name).read_text(encoding="utf-8")
            (target / name).write_text(
                dressed(html, result.study, "../../", text), encoding="utf-8"
            )
        else:
            shutil.copyfile(result.folder / name, target / name)


def _write_index(
    pages: Sequence[Page], found: Sequence[Result], work: Path, text: dict[str, Any]
) -> None:
    """The search index: every page, the main reports by section, the others by title."""
    mark = text["marks"]["simulated"].split(",")[0].lower()
    listed: list[dict[str, str]] = []
    for page in pages:
        if page.name != "sok":
            listed += search.entries(work / f"{page.name}.html", f"{page.name}.html")
    mains = {id(results.main_result(found, study)) for study in text["studies"]}
    for result in found:
        address, shown = f"{result.address}/report.html", mark if result.simulated else ""
        if id(result) in mains:
            listed += search.entries(work / address, address, shown)
        else:
            title = f"{result.title}, {result.place}" + (f" ({shown})" if shown else "")
            listed.append(
                {
                    "t": title,
                    "h": "",
                    "u": address,
                    "x": " ".join(item.text for item in result.headlines),
                }
            )
    file = work / "assets" / "search-index.js"
    file.write_text(search.script(listed), encoding="utf-8")
