"""One way out: from declarations and results to what a reader sees, and the files behind it.

`show` does, in this order and nowhere else: data, one disclosure decision, names and formats,
Markdown, picture and CSV. `finish` makes what concerns the whole report: estimates, log,
headlines.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from naveval.disclosure.counts import FEW, NOISY
from naveval.disclosure.decisions import LOG_COLUMNS
from naveval.exhibits import figures as style
from naveval.exhibits import markdown, painting, printed, rows, views, words
from naveval.exhibits.declare import Exhibit, Report, Results, Sentence, Table
from naveval.exhibits.output import (
    ESTIMATES_FILE,
    HEADLINES_FILE,
    PHONE_FOLDER,
    RESULT_VARIABLE,
    SENTENCE_END,
    Block,
    Output,
    headline,
)
from naveval.exhibits.protect import Public
from naveval.exhibits.reader import Reader, shown_rows
from naveval.project import formats
from naveval.project.errors import DisclosureError, ParameterError
from naveval.project.escaping import write_csv
from naveval.project.parameters import StudyParameters

LOG_FILE = "disclosure.csv"
NUMBERS_FILE = "numbers.csv"
FINISHED = "finished"
TOLD = "told"
"""The only wording of a title that states numbers and compares none."""
NOTHING = "nothing-shown"
ROWS = "common.estimates"
"""Key of the number of rows in the estimates."""
UNSAID = ("sign", "effects", "refused", "family")
"""Columns of codes beside the declared ones, which files name as texts do."""


@dataclass(frozen=True)
class Shown(Block):
    """What a notebook cell displays: Markdown, and the released rows behind it.

    Attributes
    ----------
    rows
        Released rows in codes; hidden numbers are missing. None for a sentence.
    wording
        Which wording of a sentence was chosen.
    alt
        Alt text of a figure with its keys.
    cells
        Key and text of each cell of a table, by row; no key where a row is named.
    """

    rows: pd.DataFrame | None = field(default=None, repr=False)
    wording: str = ""
    alt: str = field(default="", repr=False)
    cells: markdown.Cells = field(default=(), repr=False)


@dataclass(frozen=True)
class Showing:
    """A report being shown for one place: remembers what has been shown, for `finish`."""

    report: Report
    output: Output
    shown: dict[str, Shown] = field(default_factory=dict, repr=False)
    readers: list[Reader] = field(default_factory=list, repr=False)

    def reader(self, results: Results, label: str = "") -> Reader:
        """A reader of these results; releases are kept as long as the results are the same."""
        if not (self.readers and self.readers[0].reads(results)):
            self.readers[:] = [Reader(self.report, self.output, results)]
        return self.readers[0].at(label)

    def show(self, label: str, results: Results) -> Shown:
        """Show an exhibit or a sentence, and write the files of an exhibit.

        Raises
        ------
        ParameterError
            For an unknown label, and for texts that do not fit the declaration.
        DisclosureError
            When the exhibit's data breaks its protection.
        """
        reader = self.reader(results, label)
        sentences = {one.label: one for one in self.report.sentences}
        if label in sentences:
            found = paragraph(reader, sentences[label])
        elif self.report.has(label):
            found = exhibit_block(reader, self.report.exhibit(label), results)
        else:
            raise ParameterError(
                f"{self.report.study} shows no «{label}»; exhibits: "
                f"{', '.join(one.label for one in self.report.exhibits)}; sentences: "
                f"{', '.join(sentences)}"
            )
        self.shown[label] = found
        return found

    def data(self, label: str, results: Results) -> pd.DataFrame:
        """The raw frame of an exhibit, before disclosure control; refused inside a run."""
        if os.environ.get(RESULT_VARIABLE):
            raise DisclosureError(f"{label}: data before disclosure control stay out of runs")
        exhibit = self.report.exhibit(label)
        return exhibit.data(self.reader(results, label) if exhibit.derived else results)

    def finish(self, results: Results) -> Block:
        """Write estimates, log and headlines of what was shown; delete what is stale."""
        painting.wait()
        reader = self.reader(results)
        labels = [one.label for one in self.report.exhibits if self._is_shown(one.label)]
        table = estimates(reader, labels)
        logs = [reader.released(label).log.assign(label=label) for label in labels]
        log = pd.concat([pd.DataFrame(columns=[*LOG_COLUMNS]), *logs], ignore_index=True)
        write_csv(table, self.output.folder / ESTIMATES_FILE)
        write_csv(log, self.output.folder / LOG_FILE)
        for name in ("tables", "figures", PHONE_FOLDER):
            for file in self.output.folder.glob(f"{name}/*"):
                if file.stem not in labels:
                    file.unlink()
        self._headlines()
        text = words.entry(self.output.texts, FINISHED)
        reader.told[ROWS] = len(table)
        told = {"rows": formats.Formatted(len(table), "int", ROWS)}
        block = Shown(words.fill(text, told, FINISHED))
        numbers = _numbers(reader, {**self.shown, FINISHED: block})
        write_csv(numbers, self.output.folder / NUMBERS_FILE)
        return block

    def _is_shown(self, label: str) -> bool:
        return label in self.shown and self.shown[label].rows is not None

    def _headlines(self) -> None:
        file = self.output.folder / HEADLINES_FILE
        kept: dict[str, dict[str, str]] = {}
        for order, wanted in enumerate(self.output.texts.get(words.HEADLINES, ()), 1):
            found = self.shown.get(wanted["text"])
            if found and found.markdown:
                kept |= headline(self.output, order, wanted, found.wording, found.markdown)
        text = json.dumps(kept, ensure_ascii=False, indent=1) + "\n"
        file.write_text(text, encoding="utf-8")


def _numbers(reader: Reader, blocks: Mapping[str, Shown]) -> pd.DataFrame:
    """Every number on the pages: where it stands, its key, how it reads, its value.

    A name that has digits stands in a table without a key.
    """
    found = []
    for label, block in blocks.items():
        for part, text in (("text", block.text), ("alt", block.alt)):
            found += [(label, part, key, shown) for shown, key in formats.KEYED.findall(text)]
        for row, cells in enumerate(block.cells, 1):
            found += [
                (label, f"{row},{column}", key, shown)
                for column, (key, shown) in enumerate(cells, 1)
                if any(map(str.isdigit, shown))
            ]
    table = pd.DataFrame(found, columns=["label", "part", "key", "shown"])
    values = [reader.told.get(key) for key in table["key"]]
    return table.assign(value=values, origin=[_of(reader, key) for key in table["key"]])


def _of(reader: Reader, key: str) -> str:
    """Where a number comes from, by the exhibit in its key; that of the report for others."""
    label = key.partition(".")[0]
    if not reader.report.has(label):
        return reader.output.origin
    return rows.origin(reader, reader.report.exhibit(label))


def estimates(reader: Reader, labels: list[str]) -> pd.DataFrame:
    """All numbers with a unit that exhibits released, in the order of the report."""
    about = reader.report.printed(reader.parameters)
    given = printed.read(reader.report.study) if about else pd.DataFrame(columns=["label"])
    parts = [rows.of_exhibit(reader.at(label), given) for label in labels]
    keys = [key for label in labels for key in reader.report.exhibit(label).keys]
    return rows.together(reader.report.study, parts, keys)


def paragraph(reader: Reader, sentence: Sentence) -> Shown:
    """A sentence and those that follow it; another wording where a number of it is hidden."""
    here = reader.at(sentence.label)
    wording = sentence.choose(here) if sentence.choose else None
    if wording == "":
        return Shown("")
    text, missing = here.keyed(words.choose(here.output.texts, sentence.label, wording))
    if missing:
        entry = words.entry(here.output.texts, sentence.label)
        return Shown(here.keyed(entry["hidden"])[0] if "hidden" in entry else "")
    after = [paragraph(reader, one).text for one in sentence.then]
    return Shown(" ".join(filter(None, [text, *after])), wording=wording or "")


def exhibit_block(reader: Reader, exhibit: Exhibit[Any], results: Results) -> Shown:
    """An exhibit with caption and note, or why it is not shown."""
    if exhibit.when and not exhibit.when.holds(results):
        instead = exhibit.when.otherwise
        return Shown(
            reader.keyed(words.choose(reader.output.texts, instead, None))[0] if instead else ""
        )
    if exhibit.view is None:
        return Shown("", rows=reader.released(exhibit.label).frame)
    entry = words.entry(reader.output.texts, exhibit.label)
    caption, _ = reader.keyed(entry["caption"])
    if "finding" in entry:
        caption = _titled(reader, exhibit, entry["finding"], caption)
    _write(reader, exhibit)
    if isinstance(exhibit.view, Table):
        lines, cells = markdown.table(reader)
        unsure = "noisy-note" if reader.marks.eq(NOISY).to_numpy().any() else ""
        text = f"{lines}\n\n: {caption} {{#{exhibit.label}}}\n" + _note(reader, exhibit, unsure)
        return Shown(text, rows=reader.released(exhibit.label).frame, cells=cells)
    told = _alt(reader, entry)
    alt = formats.plain(told).replace('"', "”")
    picture = reader.output.folder / "figures" / f"{exhibit.label}.png"
    mark = _mark(reader, exhibit)
    vector = reader.marks.eq("").to_numpy().all()
    drawn = views.draw(reader, exhibit)
    opened = views.has_open(drawn)
    style.save(drawn, picture, mark, vector=vector)
    phone = reader.output.folder / PHONE_FOLDER / picture.name
    phone.parent.mkdir(exist_ok=True)
    with style.phone():
        style.save(views.draw(reader, exhibit), phone, mark, vector=vector)
    text = f'![{caption}](figures/{exhibit.label}.png){{#{exhibit.label} fig-alt="{alt}"}}\n'
    text += _note(reader, exhibit, "noisy-figure" if opened else "")
    return Shown(text, (picture,), reader.released(exhibit.label).frame, alt=told)


def _alt(reader: Reader, entry: Mapping[str, Any]) -> str:
    """The alt text of a figure, without sentences of which all numbers are hidden."""
    texts = reader.output.texts
    if not entry["alt"].strip():
        raise ParameterError(f"text «{reader.label}»: a figure needs an alt text")
    if replace(reader, noisy=True).empty:
        return str(words.entry(texts, NOTHING)) + "."
    sentences = [reader.keyed(one) for one in SENTENCE_END.split(entry["alt"])]
    kept = [text for text, missing in sentences if not missing or formats.KEYED.search(text)]
    if not kept:
        return str(words.entry(texts, NOTHING)) + "."
    dots = any(formats.MISSING in text for text in kept)
    return " ".join([*kept, *([words.entry(texts, "dots-note")] if dots else [])])


def _titled(
    reader: Reader, exhibit: Exhibit[Any], findings: Mapping[str, str], caption: str
) -> str:
    """What an exhibit shows as its title, with the descriptive line below.

    Where no wording holds, or a number of it is hidden: the wording `hidden`, or that nothing can
    be shown, or the line alone.
    """
    wording = exhibit.finding(reader) if exhibit.finding else TOLD
    if wording and wording not in findings:
        raise ParameterError(f"text «{exhibit.label}»: no finding «{wording}»")
    title, missing = reader.keyed(findings[wording]) if wording else ("", True)
    if missing:
        nothing = words.entry(reader.output.texts, NOTHING) if reader.empty else ""
        title = reader.fill(findings["hidden"]) if "hidden" in findings else str(nothing)
    if not title:
        return caption
    # A place or a month may begin it, and a number carries its key.
    title = re.sub(r"^\[?\w", lambda start: start[0].upper(), title)
    return f"[{title}]{{.finding}} {caption}"


def simulated(reader: Reader, exhibit: Exhibit[Any]) -> bool:
    """Whether an exhibit's numbers come from simulated registers."""
    return rows.origin(reader, exhibit) == "simulated"


def _mark(reader: Reader, exhibit: Exhibit[Any]) -> str:
    """What stands inside a picture, so that a copy says where its numbers are from."""
    name = "simulated" if simulated(reader, exhibit) else "published"
    if name == "published" and not _apart(reader, exhibit):
        return ""
    return str(words.entry(reader.output.texts, f"{name}-mark"))


def _apart(reader: Reader, exhibit: Exhibit[Any]) -> bool:
    """Whether a result rests on published numbers in a report that is simulated otherwise."""
    told = isinstance(exhibit.protect, Public) and exhibit.protect.told
    published = rows.origin(reader, exhibit) == rows.PUBLISHED
    return told and published and reader.output.origin == "simulated"


def _printed(reader: Reader) -> str:
    """Which columns beside simulated ones are the source's own; "" where there are none."""
    kind, titles = markdown.printed(reader)
    if not kind:
        return ""
    named = formats.listed([f"«{title}»" for title in titles])
    return str(words.entry(reader.output.texts, "printed-note")[kind]).format(titles=named)


def _scale(reader: Reader, exhibit: Exhibit[Any]) -> str:
    """The size of simulated registers, below what counts; "" at full size."""
    given = reader.parameters
    scale = given.simulated_scale() if isinstance(given, StudyParameters) else 1.0
    if scale == 1 or all(one.format != "int" for one in exhibit.values.values()):
        return ""
    text = words.entry(reader.output.texts, "scale-note")
    return words.fill(text, {"scale": scale}, "scale-note")


def _note(reader: Reader, exhibit: Exhibit[Any], unsure: str) -> str:
    """The note below: its own text, what is `unsure`, and where the numbers come from."""
    entry = words.entry(reader.output.texts, exhibit.label)
    parts = [reader.keyed(entry["note"])[0]] if entry.get("note") else []
    longest = exhibit.view.longest if isinstance(exhibit.view, Table) else None
    if longest and longest < len(reader.rows):
        parts.append(words.entry(reader.output.texts, "longest-note"))
    if unsure:
        parts.append(words.entry(reader.output.texts, unsure))
    if simulated(reader, exhibit) and isinstance(exhibit.view, Table):  # pictures carry a mark
        parts.append(words.entry(reader.output.texts, "simulated-note"))
        parts += [_printed(reader), _scale(reader, exhibit)]
    if _apart(reader, exhibit):
        parts.append(words.entry(reader.output.texts, "published-note"))
    return "\n\n::: {.note}\n" + " ".join(filter(None, parts)) + "\n:::\n" if any(parts) else "\n"


def _write(reader: Reader, exhibit: Exhibit[Any]) -> None:
    """The CSV of an exhibit: shown rows with the names of codes, hidden numbers marked."""
    released = reader.released(exhibit.label)
    shown = shown_rows(exhibit, released.frame)
    frame = released.frame[shown].astype("object")
    frame = frame.mask(released.suppressed[shown], formats.SUPPRESSED)
    marks = reader.marks
    for mark in (FEW, NOISY):
        for name in marks.columns[marks.eq(mark).any()]:
            frame[f"{name}_{mark}"] = marks[name].eq(mark)
    unsaid = [name for name in UNSAID if name in frame and frame[name].map(type).eq(str).all()]
    for name in (*_codes(exhibit), *unsaid):
        frame[name] = [_name(reader, name, str(code)) for code in frame[name]]
    for name in [name for name, one in exhibit.values.items() if one.format == "parameter"]:
        frame[name] = [reader.by_format("parameter", str(code)) for code in frame[name]]
    if simulated(reader, exhibit):
        frame = frame.assign(origin="simulated")
    folder = "tables" if isinstance(exhibit.view, Table) else "figures"
    file: Path = reader.output.folder / folder / f"{exhibit.label}.csv"
    first = [name for name in _told_first(exhibit) if name in frame]
    write_csv(frame[[*first, *(name for name in frame if name not in first)]], file)


def _told_first(exhibit: Exhibit[Any]) -> list[str]:
    """Columns as a reader looks for them: keys, then each number with its parts."""
    parts = (
        (value.of or name, value.se, value.low, value.high, value.p)
        for name, value in exhibit.values.items()
    )
    return list(dict.fromkeys([*exhibit.keys, *(name for part in parts for name in part if name)]))


def _codes(exhibit: Exhibit[Any]) -> Iterator[str]:
    yield from exhibit.keys
    yield from (name for name, value in exhibit.values.items() if value.format == "name")


def _name(reader: Reader, key: str, code: str) -> str:
    """The name of a code, or the code where it has none, as a month or a version."""
    try:
        return reader.named(key, code)
    except ParameterError:
        return code
