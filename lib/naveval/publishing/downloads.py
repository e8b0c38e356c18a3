"""What readers take with them: a workbook, its OpenDocument twin, CSV and JSON-stat, metadata.

Made when a result is rendered, for only then does every figure and table have the number that its
caption shows, and files and sheets carry it: `data/figur-3.csv`. All depends on the content alone,
so that two equal renders give equal files.
"""

import csv
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from importlib.metadata import version
from pathlib import Path
from typing import Any

from naveval.exhibits import manifest, words
from naveval.exhibits.declare import Exhibit
from naveval.exhibits.output import ESTIMATES_FILE
from naveval.project import catalogue, formats, parameters, paths, store
from naveval.project.escaping import neutral
from naveval.publishing import columns, jsonstat, workbooks
from naveval.publishing.columns import Column, Words
from naveval.publishing.markdown import REFERENCE, Part, plain
from naveval.publishing.workbooks import Sheet

FOLDER = "data"
DICTIONARY_FILE = "dictionary.csv"
CRATE_FILE = "ro-crate-metadata.json"
SIMULATED = "simulert"
FEW = columns.MARKS[0]
MADE = (FOLDER, "*.xlsx", "*.ods", DICTIONARY_FILE, CRATE_FILE)
"""Patterns of everything that `write` makes in a result folder."""
CAPTION = re.compile(
    r"^: (?P<tbl>.+?) \{#(?P<tbl_label>tbl-[\w-]+)[^}]*\}|"
    r"^!\[(?P<fig>.+?)\]\(figures/[^)]*\)\{#(?P<fig_label>fig-[\w-]+)",
    re.MULTILINE,
)
NOTE = re.compile(r"::: \{\.note\}\n(.+?)\n:::", re.DOTALL)
ENDLESS = {"inf": formats.number(float("inf")), "-inf": formats.number(float("-inf"))}
KINDS = {
    "csv": "text/csv",
    "html": "text/html",
    "ipynb": "application/x-ipynb+json",
    "json": "application/json",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "pdf": "application/pdf",
    "png": "image/png",
    "svg": "image/svg+xml",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class Data:
    """The numbers behind a figure or table as readers get them.

    Attributes
    ----------
    label, number
        The exhibit's own label, and what its caption calls it: «Figur 3».
    title, note, unit
        Caption and note without mark-up, and the unit of its numbers; "" where they differ.
    simulated
        Whether the numbers come from simulated registers.
    keys
        Columns that together name a row; empty where the study does not tell.
    columns
        Heading and unit of each column, by its name.
    head, rows
        As in the exhibit's CSV: what is declared, truth as «ja» and «nei».
    """

    label: str
    number: str
    title: str
    note: str
    unit: str
    simulated: bool
    keys: tuple[str, ...]
    columns: Mapping[str, Column]
    yes: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def shown(self) -> tuple[int, ...]:
        """Places of the columns that sheets and JSON-stat show: no marks, and no origin."""
        return tuple(
            place
            for place, name in enumerate(self.head)
            if name not in (columns.ORIGIN, columns.PRINTED) and not name.endswith(columns.MARKS)
        )

    def told(self, row: tuple[str, ...]) -> tuple[str, ...]:
        """A row's shown columns; a protected 0 that its mark tells to be few is «0–5»."""
        given = dict(zip(self.head, row, strict=True))
        few = {name for name in self.head if given.get(f"{name}{FEW}") == self.yes}
        return tuple(formats.FEW if self.head[k] in few else row[k] for k in self.shown)

    @property
    def printed(self) -> tuple[str, ...]:
        """Headings of the columns that are the source's own, beside simulated ones."""
        if columns.PRINTED not in self.head or not self.rows:
            return ()
        names = self.rows[0][self.head.index(columns.PRINTED)].split()
        return tuple(self.titles[name] for name in names)

    @property
    def titles(self) -> dict[str, str]:
        """Column to its heading; its own name where there are no words for it."""
        return {name: self.columns[name].title or name for name in self.head}

    @property
    def file(self) -> str:
        """Name of its files without ending."""
        return _file(self.number, simulated=self.simulated)


def _file(number: str, *, simulated: bool) -> str:
    mark = f"-{SIMULATED}" if simulated else ""
    return re.sub(r"\W+", "-", number).lower() + mark


def write(folder: Path, report: Mapping[str, str], parts: Sequence[Part]) -> list[str]:
    """Write all tables that readers can take with them from a result folder; see also `crate`.

    Parameters
    ----------
    folder
        Result folder with its reports.
    report
        Title, place, notice and origin, as the manifest has them.
    parts
        Report and annex, whose captions give numbers and titles.

    Returns
    -------
    Paths of what was made, below the folder.
    """
    study = str(manifest.read(folder)["study"])
    common = parameters.read_yaml(paths.texts_dir() / "downloads.yml")
    told = Words(words.load(study), common, place=report.get("place", ""))
    found = read(folder, study, parts, told)
    (folder / FOLDER).mkdir(exist_ok=True)
    made = []
    for data in found:
        _write_rows(folder / FOLDER / f"{data.file}.csv", [data.head, *data.rows])
        cube = jsonstat.dataset(data, data.titles, common["status"])
        store.write_text(folder / FOLDER / f"{data.file}.json", cube)
        made += [f"{FOLDER}/{data.file}.{kind}" for kind in ("csv", "json")]
    listed = dictionary(folder, found, told)
    _write_rows(folder / DICTIONARY_FILE, listed)
    sheets = list(_sheets(report, found, listed, common))
    for kind, content in workbooks.both(sheets, report.get("title", "")).items():
        name = f"{book_name(study, folder.name, report)}.{kind}"
        (folder / name).write_bytes(content)
        made.append(name)
    return [*made, DICTIONARY_FILE]


def _write_rows(file: Path, rows: Iterable[Sequence[str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        lines = ([neutral(cell) for cell in row] for row in rows)
        csv.writer(stream, lineterminator="\n").writerows(lines)


def made_here(name: str) -> bool:
    """Whether `write` makes the file of this path in a result folder."""
    return any(fnmatch(name, pattern) or name.startswith(f"{pattern}/") for pattern in MADE)


def book_name(study: str, place: str, report: Mapping[str, str]) -> str:
    """`<study>-<place>`, with «simulert» for simulated registers."""
    return f"{study}-{place}" + (f"-{SIMULATED}" if report.get("origin") == "simulated" else "")


SAVED = {"report.pdf": "rapport", "annex.pdf": "vedlegg", "estimates.csv": "anslag"}
"""Files whose names are fixed, for other programs read them, to what readers save them as."""


def saved_as(file: str, study: str, place: str, report: Mapping[str, str]) -> str:
    """What a link to a file saves it as: study, place, part and mark; "" for its own name.

    >>> saved_as("estimates.csv", "hedmark", "04-hedmark", {"origin": "simulated"})
    'hedmark-04-hedmark-anslag-simulert.csv'
    """
    part = SAVED.get(file, "")
    name = book_name(f"{study}-{place}", part, report)
    return f"{name}{Path(file).suffix}" if part else ""


def link_names(folder: Path, parts: Sequence[Part]) -> dict[str, str]:
    """Label to the path of its CSV, by the number that its caption will show."""
    names = numbers(parts)
    return {
        label: f"{FOLDER}/{_file(number, simulated=_simulated(folder / _source(label)))}.csv"
        for label, number in names.items()
        if (folder / _source(label)).is_file()
    }


def numbers(parts: Sequence[Part]) -> dict[str, str]:
    """What captions call each figure and table, in the order of the report and its annex."""
    return {
        label: name.replace(formats.NO_BREAK, " ")
        for part in parts
        for label, name in part.names.items()
        if not label.startswith("sec-")
    }


def _source(label: str) -> str:
    return f"{'figures' if label.startswith('fig') else 'tables'}/{label}.csv"


def _simulated(file: Path) -> bool:
    """Whether an exhibit's numbers come from simulated registers, as its file says."""
    head, *rows = _lines(file)
    place = head.index(columns.ORIGIN) if columns.ORIGIN in head else -1
    return bool(rows) and place >= 0 and rows[0][place] == "simulated"


def _lines(file: Path) -> list[tuple[str, ...]]:
    """Head and rows of a CSV."""
    with file.open(encoding="utf-8", newline="") as stream:
        return [tuple(row) for row in csv.reader(stream)] or [()]


def read(folder: Path, study: str, parts: Sequence[Part], told: Words) -> list[Data]:
    """Every figure and table with data, in the order of the report and its annex."""
    names, units, exhibits = numbers(parts), _units(folder, told.common), exhibits_of(study)

    def called(reference: re.Match[str]) -> str:
        return names.get(reference[1], reference[0])

    found = []
    for part in parts:
        captions = list(CAPTION.finditer(part.text))
        ends = [*(at.start() for at in captions[1:]), len(part.text)]
        for at, end in zip(captions, ends, strict=False):  # none of either where no caption is
            label = at["tbl_label"] or at["fig_label"]
            if label in names and (folder / _source(label)).is_file():
                note = NOTE.search(part.text, at.end(), end)
                about = {
                    "number": names[label],
                    "title": plain(at["tbl"] or at["fig"]),
                    "note": plain(REFERENCE.sub(called, note[1])) if note else "",
                    "unit": units.get(label, ""),
                }
                found.append(
                    _data(folder / _source(label), label, exhibits.get(label), told, about)
                )
    return found


def _data(
    file: Path, label: str, exhibit: Exhibit[Any] | None, told: Words, about: Mapping[str, str]
) -> Data:
    """An exhibit's declared columns; all of those of a file that no exhibit declares."""
    told = told.at(label)
    head, *rows = _lines(file)
    shown = columns.kept(exhibit, head, told) if exhibit else list(head)
    places = [head.index(name) for name in shown]
    simulated = _simulated(file)
    own = columns.printed(exhibit, shown) if simulated else ()
    last = (" ".join(own),) * bool(own)
    shown += [columns.PRINTED] * bool(own)
    meant = {**told.common["truth"], **ENDLESS}
    return Data(
        label,
        **about,
        simulated=simulated,
        keys=tuple(key for key in exhibit.keys if key in shown) if exhibit else (),
        columns=columns.described(exhibit, shown, told),
        yes=told.common["truth"][str(True)],
        head=tuple(shown),
        rows=tuple(tuple(meant.get(row[k], row[k]) for k in places) + last for row in rows),
    )


def exhibits_of(study: str) -> dict[str, Exhibit[Any]]:
    """Every exhibit that a study declares, by its label; none of a study without a report."""
    if not catalogue.has(study, "report"):
        return {}
    return {one.label: one for one in catalogue.module(study, "report").REPORT.exhibits}


def _units(folder: Path, common: Mapping[str, Any]) -> dict[str, str]:
    """The unit of each exhibit whose numbers have one and the same, in Norwegian."""
    found: dict[str, set[str]] = {}
    file = folder / ESTIMATES_FILE
    if file.exists():
        with file.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                found.setdefault(row.get("label", ""), set()).add(row.get("unit", ""))
    names = common["units"]
    single = {label: units.pop() for label, units in found.items() if len(units) == 1}
    return {label: names.get(unit, unit) for label, unit in single.items()}


def dictionary(folder: Path, found: Iterable[Data], told: Words) -> list[tuple[str, ...]]:
    """One row per file and column: what it is, its unit, what kind of value, how many rows.

    Its last column is what `label` in estimates.csv calls the figure or table.
    """
    rows = [tuple(told.common["dictionary-head"])]
    for name, data in (*_whole(folder, told), *((f"{FOLDER}/{d.file}.csv", d) for d in found)):
        for place, column in enumerate(data.head):
            about = data.columns[column]
            both = dict.fromkeys(filter(None, (about.title, about.means)))
            kind = _kind([row[place] for row in data.rows if len(row) > place], told.common)
            rows.append(
                (
                    name,
                    column,
                    ": ".join(both) or column,
                    about.unit,
                    kind,
                    str(len(data.rows)),
                    data.label if data.number else "",
                )
            )
    return rows


def _whole(folder: Path, told: Words) -> list[tuple[str, Data]]:
    """All estimates together, where there are any."""
    file = folder / ESTIMATES_FILE
    if not file.exists():
        return []
    about = dict.fromkeys(("number", "title", "note", "unit"), "")
    told = columns.of_estimates(told.texts, told.common, told.place)
    return [(ESTIMATES_FILE, _data(file, "estimates", None, told, about))]


def _kind(values: Sequence[str], common: Mapping[str, Any]) -> str:
    kinds = common["kinds"]
    if not any(values):
        return kinds["empty"]
    return kinds["number" if workbooks.numeric(values) else "text"]


def _sheets(
    report: Mapping[str, str],
    found: Sequence[Data],
    listed: Sequence[tuple[str, ...]],
    common: Mapping[str, Any],
) -> Iterator[Sheet]:
    """Cover, contents, notes, a sheet per figure and table, and the dictionary."""
    banner = report.get("banner", "")
    about = [
        *([banner] if banner else []),
        common["cover"]["made"].format(date=report.get("date", ""), version=version("naveval")),
        *common["cover"]["how"],
    ]
    yield Sheet(common["front"], report.get("title", ""), (report.get("subtitle", ""), *about))
    rows = tuple(
        (data.number, data.title, data.unit, _origin(data, report, common), data.label)
        for data in found
    )
    yield Sheet(
        common["contents"], common["contents"], (), tuple(common["contents-head"]), rows, True
    )
    yield Sheet(common["remarks"], common["remarks"], tuple(common["notes"]))
    for data in found:
        counted = any(data.columns[data.head[k]].unit for k in data.shown)
        above = [f"{common['source']}: {_origin(data, report, common)}"]
        above += [f"{common['unit']}: {data.unit}"] * bool(data.unit)
        above += [common["cells"]] * counted + [data.note] * bool(data.note)
        yield Sheet(
            data.number,
            f"{data.number}. {data.title}",
            tuple(above),
            tuple(data.columns[data.head[k]].head or data.head[k] for k in data.shown),
            tuple(data.told(row) for row in data.rows),
        )
    head, *body = listed
    yield Sheet(common["dictionary"], common["dictionary-title"], (), head, tuple(body))


def _origin(data: Data, report: Mapping[str, str], common: Mapping[str, Any]) -> str:
    """Where an exhibit's numbers come from: those not marked as simulated are published ones."""
    registers = report.get("origin") == "register"
    kind = "simulated" if data.simulated else "register" if registers else "published"
    named = formats.listed([f"«{title}»" for title in data.printed])
    beside = common["beside"].format(titles=named) if named else ""
    return f"{common['origins'][kind]}{beside}"


def crate(folder: Path, report: Mapping[str, str]) -> str:
    """Metadata of the result folder as an RO-Crate: what each file is, its size and checksum.

    Source: RO-Crate 1.1, https://w3id.org/ro/crate/1.1.
    """
    files = [
        file
        for file in sorted(folder.rglob("*"))
        if file.is_file()
        and file.name not in (CRATE_FILE, manifest.FILE)
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    ]
    parts = [_described(file, file.relative_to(folder).as_posix()) for file in files]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"{report.get('title', folder.name)} – {report.get('place', '')}",
        "description": report.get("banner") or report.get("subtitle") or folder.name,
        "datePublished": report.get("date", ""),
        "inLanguage": "nb",
        "license": {"@id": "https://spdx.org/licenses/MIT"},
        "hasPart": [{"@id": part["@id"]} for part in parts],
    }
    made = {
        "@id": "#run",
        "@type": "CreateAction",
        "instrument": {"@id": "#naveval"},
        "result": {"@id": "./"},
    }
    program = {
        "@id": "#naveval",
        "@type": "SoftwareApplication",
        "name": "naveval",
        "softwareVersion": version("naveval"),
    }
    about = {
        "@id": CRATE_FILE,
        "@type": "CreativeWork",
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "about": {"@id": "./"},
    }
    content = {
        "@context": "https://w3id.org/ro/crate/1.1/context",
        "@graph": [about, root, made, program, *parts],
    }
    store.write_text(folder / CRATE_FILE, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    return CRATE_FILE


def _described(file: Path, name: str) -> dict[str, str]:
    content = file.read_bytes()
    return {
        "@id": name,
        "@type": "File",
        "encodingFormat": KINDS.get(file.suffix.removeprefix("."), "application/octet-stream"),
        "contentSize": str(len(content)),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
