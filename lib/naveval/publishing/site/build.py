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
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

import typst
from pypdf import PdfReader

from naveval.project import fonts, parameters, paths, places, provenance, store
from naveval.project.errors import RenderError
from naveval.publishing import builtin, glossary, quarto, render
from naveval.publishing.site import (
    cards,
    counties,
    county_rows,
    errata,
    evidence,
    frame,
    front,
    project,
    results,
    search,
    sliders,
)
from naveval.publishing.site import curves as site_curves
from naveval.publishing.site import pages as site_pages
from naveval.publishing.site.frame import Around
from naveval.publishing.site.pages import Page
from naveval.publishing.site.results import Result

FOLDER = "site"
ASSETS = ("site.css", "site.js", "search.js", "costs.js", "icon.svg")
WIDE = ("index", "kunnskap", "feil", "fylker", "registre")
WORKERS = 2


def build(engine: str = "auto", *, progress: Callable[[str], None] = lambda _: None) -> Path:
    """Build the site from every finished and rendered result, unless it stands there already.

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
    target = paths.out_dir() / FOLDER
    said = {"engine": builtin.describe() if name == "builtin" else quarto.describe()}
    if not found:
        said["day"] = date.today().isoformat()
    made_from = {"said": said, "files": _made_from(found)}

    def make() -> dict[str, str]:
        _build(name, found, target, progress)
        return store.hashes(target)

    if store.cached(FOLDER, make, key=made_from, code=(__name__,)) != store.hashes(target):
        # Somebody else's hand was in it, or another engine's site took its place.
        store.drop([store.location(FOLDER, key=made_from, code=(__name__,))])
        store.cached(FOLDER, make, key=made_from, code=(__name__,))
    return target / "index.html"


def _made_from(found: Sequence[Result]) -> dict[str, dict[str, str]]:
    """Every file that a page can show or be made by, the studies' contracts included, by hash."""
    root = paths.project_root()
    folders = [root / "params", paths.report_dir(), Path(provenance.ROOT)]
    return {str(folder): store.hashes(folder) for folder in [*folders, *(r.folder for r in found)]}


def _build(
    name: str, found: Sequence[Result], target: Path, progress: Callable[[str], None]
) -> None:
    text = site_pages.words()
    progress(f"{len(found)} reports")
    pages = all_pages(found, text)
    with store.staged(target) as staging:
        work = staging / FOLDER
        work.mkdir()
        progress(f"{len(pages)} pages")
        copy_assets(work, text)
        _make_pictures(found, work, text)
        _make_pages(name, pages, found, work, text)
        progress("county sheets")
        _make_sheets(found, work, text)
        progress("reports")
        for result in found:
            _copy_result(result, work, text)
        progress("search index")
        _write_index(pages, found, work, text)
        with store.held(target):
            store.exchange(work, target)


def all_pages(found: Sequence[Result], text: dict[str, Any]) -> list[Page]:
    """Every page of the site."""
    names = {name: entry["name"] for name, entry in text["studies"].items()}
    catalogue_page, bearing = site_pages.evidence(text)
    curves = {
        name: site_curves.block(results.main_result(found, name), entry["curves"], text["marks"])
        for name, entry in text["studies"].items()
        if "curves" in entry
    }
    curves |= {
        name: sliders.block(results.main_result(found, name), entry["sliders"], text)
        for name, entry in text["studies"].items()
        if "sliders" in entry
    }
    told: set[str] = set()
    for name, entry in text["studies"].items():
        main = results.main_result(found, name)
        if "choices" in entry:
            chosen = cards.choices(main, entry["choices"], text)
            curves[name] = "\n\n".join([chosen, curves.get(name, "")])
        if main and "facts" in entry and (facts := cards.facts(main, entry["facts"], text)):
            curves[name] = facts + "\n\n" + curves.get(name, "")
            told.add(name)
    pages = [front.front(found, text, told)]
    pages += [
        site_pages.study(name, found, text, bearing[name], curves.get(name, ""))
        for name in text["studies"]
    ]
    pages.append(front.county_list(found, text))
    pages += [
        site_pages.county(item.code, found, text) for item in places.counties(places.CURRENT_YEAR)
    ]
    pages.append(catalogue_page)
    pages.append(site_pages.named("feil", text, errata.blocks(found, names), toc=False))
    pages += [site_pages.static(name, text) for name in ("metode", "om", "tilgjengelighet")]
    pages.append(site_pages.registers(text))
    pages.append(site_pages.named("ord", text, glossary.listed(glossary.terms()), toc=False))
    pages.append(site_pages.named("sok", text, _search_page(text), toc=False))
    return pages


def _search_page(text: dict[str, Any]) -> str:
    part = {key: escape(told) for key, told in text["search"].items() if isinstance(told, str)}
    return (
        f'<form id="sok-skjema" class="chooser" role="search"><label for="sok-felt">{part["label"]}'
        '</label><input id="sok-felt" type="search" name="q" autocomplete="off">'
        f'<button type="submit">{part["button"]}</button></form>\n'
        f'<p id="sok-status" role="status" data-none="{part["none"]}" data-some="{part["some"]}" '
        f'data-empty="{part["empty"]}">'
        f'</p>\n<ul id="treff" class="hits"></ul>\n<noscript><p>{part["noscript"]}</p></noscript>'
    )


def metadata(page: Page, engine: str, *, date: str = "", address: str = "") -> dict[str, object]:
    """Variables of the template for a page of the site, or a sheet that has its own date."""
    report = {
        "date": date,
        "title": page.title,
        "subtitle": page.subtitle,
        "banner": page.banner,
        "origin": "simulated" if page.simulated else "published",
    }
    made = render.template_metadata(report, engine, address=address)
    made |= {"toc": page.toc, "plain-headings": True, "html-table-processing": "none"}
    return made


def _make_pages(
    name: str, pages: Sequence[Page], found: Sequence[Result], work: Path, text: dict[str, Any]
) -> None:
    """Turn pages into HTML below `work`, and put menu, search and footer around them."""
    made = _html_of(name, pages, work)
    newest = max((r.date for r in found), default="") or date.today().isoformat()
    for page in pages:
        around = Around(
            f"{page.name}.html",
            page.current,
            page.title,
            page.subtitle,
            _picture(page.name if page.name in text["studies"] else ""),
            newest,
            cited=page.name != "sok",
        )
        html = frame.framed(made[page.name], around, text)
        if "data-costs" in html:
            script = '<script src="assets/costs.js" defer></script>\n<script src="assets/site.js"'
            html = html.replace('<script src="assets/site.js"', script)
        if page.name in WIDE:
            html = re.sub(r"<main ", '<main class="wide-page" ', html, count=1)
        if page.name == "sok":
            index = (
                '<script src="assets/search-index.js"></script>\n'
                '<script src="assets/search.js" defer></script>\n<script src="assets/site.js"'
            )
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
    stale = set(_folder().glob("*.kept")) - set(places_of.values())
    store.drop(file for file in stale if not file.name.startswith("share-"))
    return made


def _make_sheets(found: Sequence[Result], work: Path, text: dict[str, Any]) -> None:
    """A page of PDF per county, by the builtin engine for Quarto adds nothing; and its numbers."""
    mains = [main for name in text["studies"] if (main := results.main_result(found, name))]
    scratch = work / ".sheets"
    (work / "ark").mkdir()
    county_rows.write(mains, work, text)
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
    shown = [counties.rests_on(code, one, text) for one in mains]
    notice, simulated = site_pages.banner(shown, text)
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
    file, day = counties.sheet_file(code, mains), max((one.date for one in mains), default="")
    mark = notice.partition(". ")[0]
    about = f"{builtin.describe()} {frame.imprint(page.title, day, '', mark=mark)}" if day else ""
    place = kept_at(page, about, pictures, below=_folder() / "sheets")
    known, content = store.find(place)
    if not known:
        content = b64encode(_one_page(page, scratch, day, file)).decode()
        store.keep(place, content)
    (work / file).write_bytes(b64decode(content))
    return place


def _one_page(page: Page, scratch: Path, day: str, address: str) -> bytes:
    """The PDF of a sheet with the date of its numbers, and the charts a page has room for.

    Raises
    ------
    RenderError
        When there is no room without charts either.
    """
    made = metadata(page, builtin.describe(), address=address, date=day) | {"sheet": True}
    for markdown in counties.sheets(page.markdown):
        file = builtin.to_pdf(markdown, made, scratch, paths.report_dir())
        if len(PdfReader(file).pages) == 1:
            return file.read_bytes()
    raise RenderError(f"{page.title}: the sheet has more than one page")


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


def copy_assets(work: Path, text: Mapping[str, Any]) -> None:
    """Scripts and styles of the site, and the table behind what is known of effects."""
    (work / "assets").mkdir()
    words = parameters.read_yaml(paths.texts_dir() / "evidence.yml")
    store.write_text(work / evidence.GRADES_FILE, evidence.as_csv(words, text["studies"]))
    for name in ASSETS:
        content = (paths.report_dir() / "theme" / name).read_text(encoding="utf-8")
        faces = fonts.css() if name == "site.css" else ""
        (work / "assets" / name).write_text(faces + content, encoding="utf-8")


def _picture(study: str) -> str:
    return f"assets/share-{study or 'site'}.png"


def _make_pictures(found: Sequence[Result], work: Path, text: dict[str, Any]) -> None:
    """The pictures that shared links show: one of the site, one of each study."""
    source = paths.report_dir() / "theme" / "share.typ"
    titles = {"": text["pages"]["index"]["title"]}
    titles |= {name: entry["name"] for name, entry in text["studies"].items()}
    looks = provenance.hashes([source], source.parent)
    for name, title in titles.items():
        main = results.main_result(found, name) if name else None
        notice, _ = site_pages.banner([main] if main else [] if name else found, text)
        given = {"title": title, "mark": notice.partition(".")[0] or frame.publisher().name}
        place = store.location(
            f"share-{name or 'site'}",
            key={**given, "looks": looks},
            code=(builtin,),
            below=_folder(),
        )
        known, content = store.find(place)
        if not known:
            made = typst.compile(
                str(source), format="png", ppi=72, sys_inputs=given, ignore_system_fonts=True
            )
            content = b64encode(made).decode()
            store.keep(place, content)
        (work / _picture(name)).write_bytes(b64decode(content))


ARTICLE = re.compile(r'(<article class="content">).*(</article>)', re.DOTALL)
CONTENTS = re.compile(r'<nav id="TOC".*?</nav>|<ul class="title-links".*?</ul>', re.DOTALL)


def _withdrawn(html: str, text: dict[str, Any]) -> str:
    """A withdrawn report's page without the report; the frame says why it was withdrawn."""
    words = f"<p>{escape(text['notices']['instead'])}</p>"
    html = ARTICLE.sub(lambda found: found[1] + words + found[2], CONTENTS.sub("", html), count=1)
    return html


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
            around = Around(
                f"{result.address}/{name}",
                result.study,
                f"{result.title} – {result.place}",
                result.subtitle or text["studies"][result.study]["question"].strip(),
                _picture(result.study),
                result.date or date.today().isoformat(),
                result.notices,
            )
            html = _withdrawn(html, text) if result.withdrawn else html
            (target / name).write_text(frame.framed(html, around, text), encoding="utf-8")
        else:
            shutil.copyfile(result.folder / name, target / name)


def _write_index(
    pages: Sequence[Page], found: Sequence[Result], work: Path, text: dict[str, Any]
) -> None:
    """The search index: every page, the main reports by section and exhibit, others by title."""
    mark, rest = text["marks"]["simulated"].split(",")[0].lower(), text["search"]["rest"]
    listed: list[dict[str, str]] = []
    for page in (one for one in pages if one.name != "sok"):
        address, aside = f"{page.name}.html", page.name in text["search"]["aside"]
        own = search.entries(work / address, address, mark, annex=aside, silent=False)
        if page.name == "ord":
            own += search.words(glossary.terms(), page.title, address)
        listed += search.led(own, site_pages.search_words(page.name, text))
    mains = {id(results.main_result(found, study)) for study in text["studies"]}
    for result in found:
        shown = mark if result.simulated else ""
        if id(result) in mains and not result.withdrawn:
            published = results.from_published(result) if shown else set()
            for name in filter(result.has, results.PAGES):
                address, annex = f"{result.address}/{name}", name != results.PAGES[0]
                listed += search.entries(
                    work / address, address, shown, rest=rest, annex=annex, unmarked=published
                )
        else:
            title = f"{result.title}, {result.place}" + (f" ({shown})" if shown else "")
            about = {"x": " ".join(item.text for item in result.headlines), "k": search.PAGE}
            listed.append({"t": title, "h": "", "u": f"{result.address}/report.html"} | about)
    script = search.script(listed)
    (work / "assets" / "search-index.js").write_text(script, encoding="utf-8")
