"""Every kind of file a finished folder may hold, read for what should not be in it.

A file is opened until there is text, a table or a picture: archives and documents by member,
PDF by object, pictures by chunk, texts by what they carry in base64. What cannot be read is
itself a finding.
"""

import base64
import hashlib
import html
import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any

import yaml

from naveval.disclosure.scan import (
    charts,
    contacts,
    credentials,
    documents,
    grids,
    patterns,
    pdf,
    persons,
    pictures,
    profiles,
    sentences,
    tables,
    titles,
)
from naveval.disclosure.scan.identities import Hits, Wanted, named
from naveval.disclosure.scan.printed import printed
from naveval.disclosure.scan.text import (
    COLOUR,
    CONTAINERS,
    RAW,
    attributes,
    decoded,
    hidden,
    lines_once,
    once,
    pasted,
    plain,
    without_data,
    without_tags,
)


def search(name: str, content: bytes, wanted: Wanted) -> Hits:
    """Findings in one file, by its path and content: what was found and how often."""
    suffix = PurePosixPath(name).suffix.lower()
    yield from named(plain(name), wanted.ids)
    yield from persons.told(re.sub(r"[_/]", " ", plain(name)))
    if name.startswith(("Users/", "home/")):
        yield from credentials.places(f"/{name}")
    if suffix in CONTAINERS or content.startswith(RAW):
        yield "raw data or an archive", 1
        return
    if patterns.ZIP_END in content and not content.startswith((b"PK", *pictures.HEADS, b"%PDF")):
        yield pictures.AFTER_END, 1
    try:
        yield from _reader(suffix, content)(name, content, wanted)
    except Exception:  # whatever cannot be read cannot be checked, and does not leave
        yield "unreadable file, cannot be checked", 1


def _reader(suffix: str, content: bytes) -> Callable[[str, bytes, Wanted], Hits]:
    """By the first bytes where they tell, else by the name, else by the look of the text."""
    for start, reader in STARTS.items():
        if content.startswith(start):
            return reader
    if suffix in READERS:
        return READERS[suffix]
    if not pictures.is_text(content) and patterns.NO_SIGNS.search(decoded(content[:2000])):
        return _binary
    text = decoded(content[:5000]).lstrip()
    if text.startswith(("{", "[")):
        return _json_or_text
    if re.match(r"<(?:!doctype|html|svg|\?xml|table|div|p)\b", text, re.IGNORECASE):
        return _html
    return _text


def _binary(name: str, content: bytes, wanted: Wanted) -> Hits:
    if not content.startswith(patterns.PLAIN_BINARY):
        yield "bytes of an unknown kind, cannot be checked", 1
    if content[8:12] == b"WEBP":
        yield from pictures.tags(content)
    yield from _bytes(content, wanted)


def _words(text: str, wanted: Wanted, lines: str | None = None) -> Hits:
    """Persons named in a text or its `lines`, small counts in sentences, findings in its files."""
    yield from sentences.prose(plain(without_data(text)), wanted.limits)
    yield from _signs(text, wanted, lines)


def _signs(text: str, wanted: Wanted, lines: str | None = None) -> Hits:
    """Persons named among signs that may be no sentences, and findings in files they carry."""
    raw = COLOUR.sub("", without_data(text))
    shown = plain(raw)
    yield from named(shown, wanted.ids)
    yield from credentials.secrets(shown)
    yield from credentials.places(raw)
    yield from persons.told(shown)
    yield from profiles.in_lines(shown if lines is None else plain(lines))
    for kind, content in hidden(text):
        if "font" in kind:
            yield from _bytes(content, wanted)
            continue
        suffix = next((end for part, end in patterns.EMBEDDED.items() if part in kind), "")
        yield from search(f"embedded{suffix}", content, wanted)


def _text(name: str, content: bytes, wanted: Wanted) -> Hits:
    text = decoded(content)
    yield from _words(text, wanted)
    yield from _markdown_tables(text, wanted)
    yield from tables.pairs(plain(text), wanted.limits)
    yield from printed(plain(text), wanted.limits)
    for rows in grids.of_columns(plain(text)):
        yield from tables.table(rows, wanted.limits, small=True)


def _csv(name: str, content: bytes, wanted: Wanted) -> Hits:
    rows = grids.of_csv(decoded(content))
    if above := grids.COMMENTS.match(decoded(content)):
        yield from _text("", above[0].replace("#", " ").encode(), wanted)
    lines = "\n".join(map(" ".join, rows))  # cells of two rows do not belong together
    yield from _words(once(cell for row in rows for cell in row), wanted, lines)
    small = PurePosixPath(name).stem not in wanted.exempt
    if small:
        yield from tables.unrounded(rows, wanted.exempt)
    few = hashlib.sha256(content).hexdigest() in wanted.protected
    rows = grids.titled(rows, titles.spoken(PurePosixPath(name).stem))
    yield from tables.table(rows, wanted.limits, small=small, few=few)


def _json(name: str, content: bytes, wanted: Wanted) -> Hits:
    text = decoded(content)
    tree = json.loads(text)
    yield from _words("\n".join(grids.strings(tree, "\n")), wanted)
    yield from credentials.secrets(without_data(text))
    yield from _tree(tree, wanted)
    yield from charts.counted([tree], wanted.limits)


def _yaml(name: str, content: bytes, wanted: Wanted) -> Hits:
    yield from _text(name, content, wanted)
    with suppress(yaml.YAMLError):
        yield from _tree(yaml.load(content, yaml.CSafeLoader), wanted)


def _json_lines(name: str, content: bytes, wanted: Wanted) -> Hits:
    """One value a line, together a list."""
    lines = [json.loads(line) for line in decoded(content).splitlines() if line.strip()]
    yield from _json(name, json.dumps(lines).encode(), wanted)


def _json_or_text(name: str, content: bytes, wanted: Wanted) -> Hits:
    for reader in (_json, _json_lines):
        try:
            yield from [*reader(name, content, wanted)]
        except ValueError:
            continue
        return
    yield from _text(name, content, wanted)


def _tree(node: Any, wanted: Wanted, title: str = "", caption: str = "") -> Hits:
    """Tables in a tree, small counts and ids by the keys they stand under or below.

    `caption` is what a text beside a table says that it counts.
    """
    limits = wanted.limits
    if isinstance(node, Mapping) and {"dimension", "id", "value"} <= set(node):
        small = node.get("source") not in wanted.exempt
        for rows in grids.of_jsonstat(node, limits) if small else ():
            yield from tables.table(rows, limits, small=True)
        return
    if isinstance(node, str) and node.lstrip()[:1] in ("{", "["):
        with suppress(ValueError):
            yield from _tree(json.loads(node), wanted, title)
    records = grids.of_records(node)
    if isinstance(node, Mapping):
        told = [text for text in node.values() if isinstance(text, str)]
        caption = next(filter(titles.counts_by_caption, told), "" if records and told else caption)
    if records and caption:
        records = [[caption], *records]
    for rows in (records or [], grids.of_series(node)):
        yield from tables.table(rows, limits, small=True)
    if isinstance(node, Mapping):
        yield from tables.table(grids.measured(node, limits) or [], limits, small=True)
        for key, value in node.items():
            name = str(key).lower()
            own = titles.identifies(name, limits) and not patterns.OF_THINGS.fullmatch(name)
            if own and contacts.REACHED.search(name):
                own = contacts.ways_to(lines_once(f"{key}: {value}")) > 0
            if own and not isinstance(value, Mapping):
                yield "key that identifies persons", 1
            kept = titles.counts_persons(title, limits) and not titles.apart(str(key), limits)
            if not records or isinstance(value, Mapping | list | str):
                yield from _tree(value, wanted, title if kept else str(key), caption)
    elif isinstance(node, list):
        if len(node) > 2 and all(str(item).isdigit() for item in node):
            yield from tables.table([[title], *([str(item)] for item in node)], limits, small=False)
        if len(node) > profiles.CROWD and isinstance(node[0], float):
            yield from profiles.of_persons([["x"], *([str(item)] for item in node)])
        for item in node:
            if not records or isinstance(item, Mapping | str):
                yield from _tree(item, wanted, title)
    elif (
        not isinstance(node, bool)
        and titles.counts_persons(title, limits)
        and sentences.too_small(sentences.number(str(node)), limits)
    ):
        yield f"count below {limits.min_cell} persons under a key {title}", 1


def _html(name: str, content: bytes, wanted: Wanted) -> Hits:
    text = decoded(content)
    shown = without_data(text)
    shown_text = re.sub(r"\s+", " ", patterns.NO_PROSE.sub("\n", shown))
    sheets = name.startswith("xl/") or documents.SHEETS in text  # whose cells are read as tables
    lines = without_tags(text)
    yield from _signs(once(lines.split("\n")), wanted, "") if sheets else _signs(lines, wanted)
    yield from sentences.prose(plain(without_tags(shown_text)), wanted.limits)
    if not sheets:
        yield from tables.terms(shown_text, wanted.limits)
    yield from _mark_up(text, wanted)
    yield from credentials.authors(shown)
    for rows, label in () if sheets else documents.of_markup(shown):
        yield from tables.table(rows, wanted.limits, small=label not in wanted.exempt)
    for data in patterns.HTML_JSON.findall(shown):
        yield from _json("", html.unescape(data).encode(), wanted)
    for _, part in patterns.SCRIPT.findall(shown):
        yield from _script("", part.encode(), wanted)
    for _, part in patterns.PRINTED.findall(shown):
        yield from _text("", without_tags(part).encode(), wanted)
    for picture in patterns.SVG.findall(shown):
        yield from pictures.marks(picture)
        yield from tables.table(grids.of_svg(picture), wanted.limits, small=True)


def _mark_up(text: str, wanted: Wanted) -> Hits:
    """Comments and attributes."""
    inside = attributes(text)
    yield from _words(inside, wanted)
    shown = (html.unescape("".join(title)) for title in patterns.TITLES.findall(text))
    yield from sentences.titled(shown, wanted.limits)
    for page in patterns.INSIDE.findall(inside):
        yield from _html("", html.unescape(page).encode(), wanted)
    for held in patterns.HELD.findall(inside):
        yield from _tree(html.unescape("".join(held)), wanted)
    for comment in patterns.COMMENT.findall(inside):
        yield from _text("", comment.encode(), wanted)
    for key, value in patterns.ATTRIBUTE.findall(inside):
        if titles.counts_persons(key, wanted.limits) and sentences.too_small(
            float(value), wanted.limits
        ):
            yield f"count below {wanted.limits.min_cell} persons in an attribute {key}", 1
    if hits := len(patterns.BEHIND_MASK.findall(text)):
        yield f"count below {wanted.limits.min_cell} behind a masked cell", hits


def _script(name: str, content: bytes, wanted: Wanted) -> Hits:
    """Code: its texts, the values it holds as JSON, and small counts under keys."""
    text = pasted(decoded(content))
    yield from _signs(text, wanted)
    for said in grids.texts_of_code(text):
        yield from sentences.prose(said, wanted.limits)
    values = [*grids.of_code(text)]
    for value in values:
        yield from _tree(value, wanted)
    yield from charts.counted(values, wanted.limits)
    yield from tables.pairs(text, wanted.limits)


def _svg(name: str, content: bytes, wanted: Wanted) -> Hits:
    text = decoded(content)
    yield from _words(without_tags(text), wanted)
    yield from _mark_up(text, wanted)
    yield from pictures.marks(without_data(text))
    yield from pictures.described(text)
    yield from tables.table(grids.of_svg(text), wanted.limits, small=True)


def _markdown(name: str, content: bytes, wanted: Wanted) -> Hits:
    text = patterns.ESCAPED_SIGN.sub(r"\1", patterns.EMPHASIS.sub(r"\2", decoded(content)))
    text = patterns.EMPHASIS_OF_ONE.sub(r"\1\2", text)
    yield from credentials.places(decoded(content))  # where «\\\\» begins a path
    yield from _html(name, text.encode(), wanted)
    yield from _markdown_tables(text, wanted)
    for block in patterns.FENCED.findall(text):
        yield from printed(plain(block), wanted.limits)
        for rows in grids.of_columns(plain(block)):
            yield from tables.table(rows, wanted.limits, small=True)


def _typst(name: str, content: bytes, wanted: Wanted) -> Hits:
    text = patterns.EMPHASIS_OF_ONE.sub(r"\1\2", decoded(content))
    yield from credentials.authors(text)
    yield from _text(name, text.encode(), wanted)
    for rows in documents.of_typst(text):
        yield from tables.table(rows, wanted.limits, small=True)


def _markdown_tables(text: str, wanted: Wanted) -> Hits:
    for rows, label in documents.of_markdown(text):
        yield from tables.table(rows, wanted.limits, small=label not in wanted.exempt)


def _png(name: str, content: bytes, wanted: Wanted) -> Hits:
    yield from _picture([*pictures.png(content)], wanted)
    if b"eXIf" in content:
        yield from pictures.tags(content)


def _jpeg(name: str, content: bytes, wanted: Wanted) -> Hits:
    yield from _picture([*pictures.jpeg(content)], wanted)
    yield from pictures.tags(content)


def _picture(bodies: list[bytes], wanted: Wanted) -> Hits:
    if bodies.pop():
        yield pictures.AFTER_END, 1
    for body in bodies:
        yield from _bytes(body, wanted, words=True)
        found = pictures.NAMED_AUTHOR.search(body)
        yield from credentials.authors([found[1].decode("latin-1")] if found else [])
        yield from pictures.described(decoded(body))


def _bytes(body: bytes, wanted: Wanted, *, words: bool = False) -> Hits:
    """The most any reading of some bytes finds; `words` where they are known to hold text."""
    found: dict[str, int] = {}
    reader = _words if words or pictures.is_text(body) else _signs
    whole = [decoded(body.replace(b"\0", b"\n"))] if words else []
    for text in [*whole, *pictures.texts(body)]:
        for kind, number in reader(text, wanted):
            found[kind] = max(found.get(kind, 0), number)
    yield from found.items()


def _pdf(name: str, content: bytes, wanted: Wanted) -> Hits:
    if pdf.behind(content):
        yield pictures.AFTER_END, 1
    yield from _signs(pdf.around_streams(content), wanted)
    for text in pdf.pages(content):
        yield from _text("", text.encode(), wanted)
        # A sentence may go over two lines.
        yield from sentences.prose(" ".join(text.split()), wanted.limits)
        yield from tables.listed(text, wanted.limits)
    things = pdf.objects(content)
    yield from credentials.authors(pdf.authors(things[0]))
    for text in set(pdf.strings(things)):
        yield from _words(text, wanted)
    for stream, attached in pdf.streams(content, things):
        if attached:
            yield from search("attached", stream, wanted)
        else:
            yield from _bytes(stream, wanted)
            yield from credentials.authors(decoded(stream) if b"creator" in stream else [])


def _zip(name: str, content: bytes, wanted: Wanted) -> Hits:
    """Every member of a zipped file, its comments, and what lies around it."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        yield from _bytes(archive.comment, wanted)
        for member in members:
            yield from _bytes(member.comment + b"\n" + member.extra, wanted)
            inside = archive.read(member)
            if member.filename.endswith((".xml", ".rels", ".vml")):
                yield from named(plain(member.filename), wanted.ids)
                yield from _html(member.filename, grids.without_codes(inside), wanted)
            elif not member.is_dir():
                yield from search(member.filename, inside, wanted)
            if "pivotCacheRecords" in member.filename:
                yield "raw data behind a pivot table", 1
        if {"xl/workbook.xml", "xl/workbook.bin", documents.SHEETS_FILE} & set(archive.namelist()):
            for rows, label in documents.of_sheets(content):
                yield from tables.table(rows, wanted.limits, small=label not in wanted.exempt)


def _notebook(name: str, content: bytes, wanted: Wanted) -> Hits:
    """Every output of every cell, text and metadata of the cells, and those of the notebook."""
    book = json.loads(content)
    for cell in book["cells"]:
        for bundle in [
            *(out.get("data", {}) for out in cell.get("outputs", [])),
            *cell.get("attachments", {}).values(),
        ]:
            for kind, value in bundle.items():
                yield from _output(kind, value, wanted)
        for out in cell.get("outputs", []):
            out.pop("data", None)
            for part, joint in (("text", ""), ("traceback", "\n")):
                yield from _text("", joint.join(out.pop(part, "")).encode(), wanted)
        cell.pop("attachments", None)
        source = "".join(cell.pop("source", ""))
        reader = _markdown if cell["cell_type"] == "markdown" else _text
        yield from reader("", source.encode(), wanted)
    yield from _words("\n".join(grids.strings(book)), wanted)


def _output(kind: str, value: Any, wanted: Wanted) -> Hits:
    suffix = next((end for part, end in patterns.EMBEDDED.items() if part in kind), ".html")
    lines = isinstance(value, list) and all(isinstance(line, str) for line in value)
    text = "".join(value) if lines or isinstance(value, str) else json.dumps(value)
    raw = base64.b64decode(text) if suffix in (".png", ".jpg", ".pdf") else text.encode()
    yield from search(f"output{suffix}", raw, wanted)


STARTS: Mapping[bytes, Callable[[str, bytes, Wanted], Hits]] = {
    b"PK\x03\x04": _zip,
    b"%PDF-": _pdf,
    pictures.PNG_HEAD: _png,
    b"\xff\xd8\xff": _jpeg,
}
READERS: Mapping[str, Callable[[str, bytes, Wanted], Hits]] = {
    end: reader
    for ends, reader in (
        (".csv .tsv", _csv),
        (".json .geojson", _json),
        (".jsonl .ndjson", _json_lines),
        (".yml .yaml", _yaml),
        (".js", _script),
        (".css .txt .log", _text),
        (".html .htm .xml", _html),
        (".svg", _svg),
        (".png", _png),
        (".jpg .jpeg", _jpeg),
        (".pdf", _pdf),
        (".xlsx .ods .docx", _zip),
        (".ipynb", _notebook),
        (".md", _markdown),
        (".typ", _typst),
    )
    for end in ends.split()
}
