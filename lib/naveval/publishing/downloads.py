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
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from importlib.metadata import version
from pathlib import Path
from typing import Any

from naveval.disclosure import counts
from naveval.exhibits import manifest, words
from naveval.exhibits.output import ESTIMATES_FILE
from naveval.project import catalogue, formats, parameters, paths, store
from naveval.project.escaping import neutral
from naveval.publishing import jsonstat, workbooks
from naveval.publishing.markdown import REFERENCE, Part
from naveval.publishing.workbooks import Sheet

FOLDER = "data"
DICTIONARY_FILE = "dictionary.csv"
CRATE_FILE = "ro-crate-metadata.json"
SIMULATED = "simulert"
FEW = f"_{counts.FEW}"
MARKS = (FEW, f"_{counts.NOISY}")
MADE = (FOLDER, "*.xlsx", "*.ods", DICTIONARY_FILE, CRATE_FILE)
"""Patterns of everything that `write` makes in a result folder."""
CAPTION = re.compile(
    r"^: (?P<tbl>.+?) \{#(?P<tbl_label>tbl-[\w-]+)[^}]*\}|"
    r"^!\[(?P<fig>.+?)\]\(figures/[^)]*\)\{#(?P<fig_label>fig-[\w-]+)",
    re.MULTILINE,
)
NOTE = re.compile(r"::: \{\.note\}\n(.+?)\n:::", re.DOTALL)
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
    head, rows
        As in the exhibit's CSV.
    """

    label: str
    number: str
    title: str
    note: str
    unit: str
    simulated: bool
    keys: tuple[str, ...]
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def shown(self) -> tuple[int, ...]:
        """Places of the columns that sheets and JSON-stat show: no marks, and no origin."""
        return tuple(
            place
            for place, name in enumerate(self.head)
            if name != "origin" and not name.endswith(MARKS)
        )

    def told(self, row: tuple[str, ...]) -> tuple[str, ...]:
        """A row's shown columns; a protected 0 that its mark tells to be few is «0–5»."""
        given = dict(zip(self.head, row, strict=True))
        few = {name for name in self.head if given.get(f"{name}{FEW}") == str(True)}
        return tuple(formats.FEW if self.head[k] in few else row[k] for k in self.shown)

    @property
    def file(self) -> str:
        """Name of its files without ending."""
        mark = f"-{SIMULATED}" if self.simulated else ""
        return re.sub(r"\W+", "-", self.number).lower() + mark


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
    texts, common = words.load(study), parameters.read_yaml(paths.texts_dir() / "downloads.yml")
    common["place"] = report.get("place", "")
    found = read(folder, study, parts, common)
    (folder / FOLDER).mkdir(exist_ok=True)
    made = []
    for data in found:
        source = folder / _source(data.label)
        (folder / FOLDER / f"{data.file}.csv").write_bytes(source.read_bytes())
        cube = jsonstat.dataset(data, _titles(data, texts, common), common["status"])
        store.write_text(folder / FOLDER / f"{data.file}.json", cube)
        made += [f"{FOLDER}/{data.file}.{kind}" for kind in ("csv", "json")]
    listed = dictionary(folder, found, texts, common)
    with (folder / DICTIONARY_FILE).open("w", encoding="utf-8", newline="") as stream:
        lines = ([neutral(cell) for cell in row] for row in listed)
        csv.writer(stream, lineterminator="\n").writerows(lines)
    sheets = list(_sheets(folder, report, found, listed, texts, common))
    for kind, content in workbooks.both(sheets, report.get("title", "")).items():
        name = f"{book_name(study, folder.name, report)}.{kind}"
        (folder / name).write_bytes(content)
        made.append(name)
    return [*made, DICTIONARY_FILE]


def made_here(name: str) -> bool:
    """Whether `write` makes the file of this path in a result folder."""
    return any(fnmatch(name, pattern) or name.startswith(f"{pattern}/") for pattern in MADE)


def book_name(study: str, place: str, report: Mapping[str, str]) -> str:
    """`<study>-<place>`, with «simulert» for simulated registers."""
    return f"{study}-{place}" + (f"-{SIMULATED}" if report.get("origin") == "simulated" else "")


def link_names(folder: Path, parts: Sequence[Part]) -> dict[str, str]:
    """Label to the path of its CSV, by the number that its caption will show."""
    names = numbers(parts)
    return {
        label: f"{FOLDER}/{replace(_bare(folder, label), number=number).file}.csv"
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


def _bare(folder: Path, label: str) -> Data:
    """An exhibit's rows, without what only the report says of them."""
    head, *rows = _lines(folder / _source(label))
    place = head.index("origin") if "origin" in head else -1
    simulated = bool(rows) and place >= 0 and rows[0][place] == "simulated"
    return Data(label, "", "", "", "", simulated, (), head, tuple(rows))


def _lines(file: Path) -> list[tuple[str, ...]]:
    """Head and rows of a CSV."""
    with file.open(encoding="utf-8", newline="") as stream:
        return [tuple(row) for row in csv.reader(stream)] or [()]


def read(folder: Path, study: str, parts: Sequence[Part], common: Mapping[str, Any]) -> list[Data]:
    """Every figure and table with data, in the order of the report and its annex."""
    names, units, keys = numbers(parts), _units(folder, common), _keys(study)

    def called(reference: re.Match[str]) -> str:
        return names.get(reference[1], reference[0])

    found = []
    for part in parts:
        captions = list(CAPTION.finditer(part.text))
        ends = [at.start() for at in captions[1:]] + [len(part.text)]
        for at, end in zip(captions, ends, strict=True):
            label = at["tbl_label"] or at["fig_label"]
            if label in names and (folder / _source(label)).is_file():
                note = NOTE.search(part.text, at.end(), end)
                data = replace(
                    _bare(folder, label),
                    number=names[label],
                    title=plain(at["tbl"] or at["fig"]),
                    note=plain(REFERENCE.sub(called, note[1])) if note else "",
                    unit=units.get(label, ""),
                )
                own = tuple(key for key in keys.get(label, ()) if key in data.head)
                found.append(replace(data, keys=own))
    return found


def _keys(study: str) -> dict[str, tuple[str, ...]]:
    if not catalogue.has(study, "report"):
        return {}
    return {one.label: one.keys for one in catalogue.module(study, "report").REPORT.exhibits}


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


def plain(text: str) -> str:
    """A caption or note without Markdown, on one line.

    >>> plain('[Det falt [7,4]{key="tbl-2.effect"} %]{.finding} *Endring*')
    'Det falt 7,4 %. Endring'
    """
    text = re.sub(r"\[([^\[\]]*)\]\{\.finding\}", r"\1.", formats.plain(text))
    text = re.sub(r"\[([^\[\]]*)\]\{[^}]*\}", r"\1", text)
    text = re.sub(r"\s*\[@[^\]]*\]", "", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"(?<!\\)[*`]|(?<!\\)(?<!\w)_|_(?!\w)", "", text)
    return " ".join(re.sub(r"\\([^\w\s])", r"\1", text).split())


def _titles(data: Data, texts: Mapping[str, Any], common: Mapping[str, Any]) -> dict[str, str]:
    """What the columns of an exhibit are called: as in its table, else by the dictionary."""
    given = texts.get(data.label, {})
    columns = given.get("columns", {}) if isinstance(given, Mapping) else {}
    titles = {}
    for name in data.head:
        own = columns.get(name, "")
        title = own.get("title", "") if isinstance(own, Mapping) else own
        title = plain(str(title)).replace("{place}", common["place"])
        titles[name] = title or meaning(name, texts, common) or name
    used = list(titles.values())
    return {
        name: f"{title} ({name})" if used.count(title) > 1 else title
        for name, title in titles.items()
    }


def _named(cell: str, data: Data, texts: Mapping[str, Any]) -> str:
    """What a code is called, by the exhibit's own labels or the study's; else the cell itself."""
    if "_" not in cell:
        return cell
    entries = [texts.get(place, {}) for place in (data.label, "names")]
    labels = [entry.get("labels", {}) for entry in entries if isinstance(entry, Mapping)]
    return next((str(found[cell]) for found in labels if cell in found), cell)


def meaning(name: str, texts: Mapping[str, Any], common: Mapping[str, Any]) -> str:
    """What a column holds, by the study's `variables` or the common list; "" when unknown."""
    known = {**common["variables"], **texts.get("variables", {})}
    if name in known:
        return str(known[name])
    for kind, cut in (("suffixes", str.removesuffix), ("prefixes", str.removeprefix)):
        for part, template in common[kind].items():
            rest = cut(name, part)
            if rest != name:
                return str(template.format(rest=known.get(rest) or rest.replace("_", " ")))
    return ""


def dictionary(
    folder: Path, found: Iterable[Data], texts: Mapping[str, Any], common: Mapping[str, Any]
) -> list[tuple[str, ...]]:
    """One row per file and column: what it is, what kind of value, how many rows."""
    rows = [tuple(common["dictionary-head"])]
    whole = []
    if (folder / ESTIMATES_FILE).exists():
        head, *body = _lines(folder / ESTIMATES_FILE)
        whole = [Data("estimates", "", "", "", "", False, (), head, tuple(body))]
    for data in (*whole, *found):
        name = f"{FOLDER}/{data.file}.csv" if data.number else ESTIMATES_FILE
        titles = _titles(data, texts, common)
        for place, column in enumerate(data.head):
            says = meaning(column, texts, common)
            both = (
                f"{titles[column]}: {says}" if says not in ("", titles[column]) else titles[column]
            )
            kind = _kind([row[place] for row in data.rows if len(row) > place], common["kinds"])
            rows.append((name, column, both, kind, str(len(data.rows))))
    return rows


def _kind(values: Sequence[str], kinds: Mapping[str, str]) -> str:
    if not any(values):
        return kinds["empty"]
    return kinds["number" if workbooks.numeric(values) else "text"]


def _sheets(
    folder: Path,
    report: Mapping[str, str],
    found: Sequence[Data],
    listed: Sequence[tuple[str, ...]],
    texts: Mapping[str, Any],
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
        (data.number, data.title, data.unit, _origin(data, report, common)) for data in found
    )
    yield Sheet(
        common["contents"], common["contents"], (), tuple(common["contents-head"]), rows, True
    )
    yield Sheet(common["remarks"], common["remarks"], tuple(common["notes"]))
    for data in found:
        titles = _titles(data, texts, common)
        above = [f"{common['source']}: {_origin(data, report, common)}"]
        above += [f"{common['unit']}: {data.unit}"] if data.unit else []
        above += [data.note] if data.note else []
        yield Sheet(
            data.number,
            f"{data.number}. {data.title}",
            tuple(above),
            tuple(titles[data.head[place]] for place in data.shown),
            tuple(tuple(_named(cell, data, texts) for cell in data.told(row)) for row in data.rows),
        )
    head, *body = listed
    yield Sheet(common["dictionary"], common["dictionary-title"], (), head, tuple(body))


def _origin(data: Data, report: Mapping[str, str], common: Mapping[str, Any]) -> str:
    """Where an exhibit's numbers come from: those not marked as simulated are published ones."""
    registers = report.get("origin") == "register"
    return str(
        common["origins"][
            "simulated" if data.simulated else "register" if registers else "published"
        ]
    )


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
