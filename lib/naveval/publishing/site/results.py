"""The finished results a site is made of."""

import csv
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from naveval.exhibits import manifest
from naveval.exhibits import output as outputs
from naveval.project import catalogue, formats, parameters, paths, places
from naveval.publishing import downloads, markdown
from naveval.publishing.site.frame import Notice, publisher

PAGES = ("report.html", "annex.html")
TABLES = ("estimates.csv", "numbers.csv", "dictionary.csv", "disclosure.csv")
DOWNLOADS = (*PAGES, "report.pdf", "annex.pdf", *TABLES)


@dataclass(frozen=True)
class Headline:
    """A main finding in a sentence or two, and what it rests on.

    That is simulated registers, or numbers that the source prints: `printed` where it tells those
    themselves, not what is worked out of them here.
    """

    text: str
    simulated: bool
    printed: bool = False


@dataclass(frozen=True)
class Result:
    """A finished result folder with its reports.

    Attributes
    ----------
    study, slug, county
        Study, and place as folder name and code ("" is the whole country).
    headlines
        Main findings, in order.
    simulated
        Whether the report rests on simulated registers.
    scale
        Their size; 1 is full size.
    files
        Paths below `folder` that go to the site.
    record
        What the folder's manifest was when this was read; see `record`.
    date
        ISO date of the run.
    notices
        Corrections and withdrawals; a withdrawn result has no headlines and no files but its page.
    """

    study: str
    slug: str
    county: str
    folder: Path
    title: str
    subtitle: str
    place: str
    banner: str
    simulated: bool
    scale: float = 1.0
    headlines: tuple[Headline, ...] = ()
    files: tuple[str, ...] = field(default=(), repr=False)
    record: str = field(default="", repr=False)
    date: str = ""
    notices: tuple[Notice, ...] = ()

    @property
    def withdrawn(self) -> bool:
        """Whether only the reason of its withdrawal is shown."""
        return any(notice.kind == "withdrawn" for notice in self.notices)

    @property
    def address(self) -> str:
        """Folder of the result inside the site."""
        return f"{self.study}/{self.slug}"

    def has(self, name: str) -> bool:
        return name in self.files

    def book(self, kind: str) -> str:
        """The workbook's path in the folder, by its ending; "" when there is none."""
        return next((name for name in self.files if name.endswith(f".{kind}")), "")


def collect(chosen: Sequence[str] = ()) -> list[Result]:
    """Every finished result with a report in HTML, by study and county code."""
    found = []
    for study in chosen or catalogue.names():
        for file in (paths.out_dir() / study).glob(f"*/{manifest.FILE}"):
            hidden = file.parent.name.startswith(".") or file.parent.name.endswith("-interactive")
            content = manifest.read(file.parent)
            if not hidden and content.get("complete") and (file.parent / "report.html").exists():
                found.append(read(study, file.parent, content))
    order = {study: place for place, study in enumerate(catalogue.names())}
    return sorted(found, key=lambda result: (order[result.study], result.county, result.slug))


def read(study: str, folder: Path, content: dict[str, Any]) -> Result:
    """One result folder with the manifest `content`."""
    report = content.get("report", {})
    names = [name for name in DOWNLOADS if (folder / name).exists()]
    names += sorted(file.name for kind in ("xlsx", "ods") for file in folder.glob(f"*.{kind}"))
    names += sorted(f"data/{file.name}" for file in (folder / "data").glob("*"))
    notices = publisher().of(study, folder.name)
    withdrawn = any(notice.kind == "withdrawn" for notice in notices)
    return Result(
        study=study,
        slug=folder.name,
        county=str(content.get("parameters", {}).get("county", "")),
        folder=folder,
        title=str(report.get("title", study)),
        subtitle=str(report.get("subtitle", "")),
        place=str(report.get("place", "")),
        banner=str(report.get("banner", "")),
        simulated=report.get("origin") == "simulated",
        scale=float(content.get("parameters", {}).get("scale") or 1),
        headlines=() if withdrawn else headlines(folder),
        files=("report.html",) if withdrawn else tuple(names),
        record=json.dumps(content, sort_keys=True),
        date=str(report.get("date", ""))[:10],
        notices=notices,
    )


def mark(
    result: Result,
    marks: Mapping[str, str],
    *,
    simulated: bool | None = None,
    printed: bool = False,
) -> str:
    """What a result rests on, or a part that is simulated or not, or printed in its source."""
    if not (result.simulated if simulated is None else simulated):
        return marks["published" if printed else "computed"]
    small = result.scale != 1
    return marks["scaled"].format(size=formats.size(result.scale)) if small else marks["simulated"]


def mark_line(
    result: Result,
    marks: Mapping[str, str],
    *,
    simulated: bool | None = None,
    printed: bool = False,
) -> str:
    """Markdown of a line of its own with `mark`."""
    kind = "simulated" if (result.simulated if simulated is None else simulated) else "published"
    words = mark(result, marks, simulated=simulated, printed=printed)
    return f"::: {{.mark .mark-{kind}}}\n{words}\n:::"


def scales(mains: Sequence[Result], text: Mapping[str, Any]) -> str:
    """How numbers of persons in simulated registers are read, and beside those of other sizes."""
    sizes = sorted({result.scale for result in mains if result.simulated})
    if not sizes:
        return ""
    named = [formats.size(size) for size in sizes if size != 1]
    whole = [text["counties"]["full-size"]] * (1.0 in sizes)
    words = text["counties"]["scales" if len(sizes) > 1 else "scale"]
    return str(words).format(sizes=formats.listed([*named, *whole])).strip()


def record(folder: Path) -> str:
    """The manifest as text, which changes with every run and render."""
    return json.dumps(manifest.read(folder), sort_keys=True)


def faults(folder: Path) -> list[str]:
    """Files that are missing, or not as the run and the render that made them left them."""
    content = manifest.read(folder)
    reports = content.get("rendered", {}).get("files", {})
    return manifest.faults(folder, {"files": {**content.get("files", {}), **reports}})


def headlines(folder: Path) -> tuple[Headline, ...]:
    """The sentences a run kept for the site; none when its texts mark none.

    What is true of the world comes before what is simulated.
    """
    file = folder / outputs.HEADLINES_FILE
    if not file.exists():
        return ()
    kept: dict[str, dict[str, str]] = json.loads(file.read_text(encoding="utf-8"))
    found = [
        Headline(
            kept[order]["text"],
            simulated=kept[order]["origin"] == "simulated",
            printed=kept[order]["origin"] == "published",
        )
        for order in sorted(kept, key=int)
    ]
    return tuple(sorted(found, key=lambda item: item.simulated))


def main_slug(study: str) -> str:
    """Slug of the place a study is run for by default: the whole country, or its own county."""
    return places.slug(parameters.load(study).county)


def main_result(results: Sequence[Result], study: str) -> Result | None:
    """The study's default result, else its first."""
    own = [result for result in results if result.study == study]
    wanted = main_slug(study)
    return next((result for result in own if result.slug == wanted), own[0] if own else None)


def of_county(results: Sequence[Result], study: str, code: str) -> list[Result]:
    """Results of a study for a county of today, or for the older counties that became it."""
    codes = {code, *places.predecessors(code, parameters.model(study).COUNTY_YEAR)}
    return [result for result in results if result.study == study and result.county in codes]


def titles(result: Result) -> dict[str, str]:
    """Data file without ending to number and title, figures and tables in the report's order."""
    found = {}
    for name in result.files:
        if name.startswith("data/") and name.endswith(".json"):
            label = json.loads((result.folder / name).read_text(encoding="utf-8"))["label"]
            found[name.removesuffix(".json")] = str(label)
    return dict(sorted(found.items(), key=lambda item: _natural(item[1].partition(".")[0])))


def number(result: Result, label: str) -> str:
    """What captions call a figure or table of a result, «Figur 8»; "" where it has no number."""
    return _numbers(result.folder, result.files, result.record).get(label, "")


@lru_cache(maxsize=32)
def _numbers(folder: Path, files: tuple[str, ...], record: str) -> dict[str, str]:
    """Label to number, from files that counties ask many times; `record` tells when they change."""
    found = {}
    for name in files:
        if name.startswith("data/") and name.endswith(".json"):
            content = json.loads((folder / name).read_text(encoding="utf-8"))
            found[content.get("source", "")] = str(content["label"]).partition(".")[0]
    return found


def exhibit(result: Result, label: str) -> str:
    """A link to a figure or table in the result's report or annex, named by its number."""
    called, address = place(result, label)
    return f"[{called}]({address})"


def place(result: Result, label: str) -> tuple[str, str]:
    """Number and address of a figure or table; the report's where it has no number."""
    if called := number(result, label):
        page = PAGES[called.split()[-1].startswith(markdown.PREFIX[markdown.ANNEX])]
        return called, f"{result.address}/{page}#{label}"
    return result.title, f"{result.address}/{PAGES[0]}"


def from_published(result: Result) -> set[str]:
    """Figures and tables of a simulated result that do not rest on its registers.

    Those that only texts use have no file; their rows say that the method was to take published.
    """
    simulated = f"-{downloads.SIMULATED}.json"
    files = {
        json.loads((result.folder / name).read_text(encoding="utf-8")).get("source", ""): name
        for name in result.files
        if name.startswith("data/") and name.endswith(".json")
    }
    methods: dict[str, set[str]] = {}
    table = result.folder / outputs.ESTIMATES_FILE
    for row in rows(table) if table.exists() else []:
        methods.setdefault(row["label"], set()).add(row.get("method", ""))
    taken = {label for label, used in methods.items() if "published" in used}
    shown = {label for label, name in files.items() if not name.endswith(simulated)}
    return shown | (taken - set(files))


def _natural(number: str) -> list[tuple[int, str]]:
    """«Tabell V10» after «Tabell V9», and both after «Tabell 3»."""
    pieces = re.split(r"(\d+)", number)
    return [(int(piece), "") if piece.isdigit() else (-1, piece) for piece in pieces]


def rows(file: Path) -> list[dict[str, str]]:
    """A CSV as mappings."""
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
