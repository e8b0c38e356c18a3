"""What may not stand in a text or a table: identities, columns that identify, small counts."""

import re
from collections.abc import Iterator, Sequence

from naveval.disclosure.thresholds import Thresholds

Hits = Iterator[tuple[str, int]]
ELEVEN_DIGITS = re.compile(r"(?<![\w.+-])\d{6}[ \u00a0]?\d{5}(?!\w)(?!\.\d)")
TOKEN = re.compile(r"[^\W_](?:[\w-]*[^\W_])?")
WEIGHTS_ONE = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
WEIGHTS_TWO = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
HEAD_WITHIN = 5
"""A workbook has a notice and a title above the head of its table."""
PIPE_ROW = re.compile(r"^\s*\|(.+)\|\s*$")
PIPE_CAPTION = re.compile(r"\s*:.*\{#([\w-]+)")
RULE = re.compile(r"[\s:|-]+")
VECTOR_MARK = re.compile(r"<(?:circle|ellipse|use|path|rect|polyline|line)\b")
MOVE = re.compile(r"[Mm][\s\d.,-]")
PATH = re.compile(r"\bd=[\"']([^\"']*)[\"']")
MOST_MARKS = 400


def words(text: str, ids: frozenset[str]) -> Hits:
    """Person ids and national identity numbers in running text."""
    if ids and (hits := sum(token in ids for token in TOKEN.findall(text))):
        yield "person id", hits
    digits = (re.sub(r"\D", "", found) for found in ELEVEN_DIGITS.findall(text))
    if hits := sum(map(is_identity_number, digits)):
        yield "national identity number", hits


def is_identity_number(digits: str) -> bool:
    """Whether 11 digits are a Norwegian identity number (D-numbers and synthetic ones too)."""
    if len(digits) != 11 or not digits.isdigit():
        return False
    numbers = [int(digit) for digit in digits]
    day, month = int(digits[:2]) % 40, int(digits[2:4]) % 40
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return False
    one = sum(w * d for w, d in zip(WEIGHTS_ONE, numbers, strict=False))
    two = sum(w * d for w, d in zip(WEIGHTS_TWO, numbers, strict=False))
    return one % 11 == 0 and two % 11 == 0


def table(rows: Sequence[Sequence[str]], limits: Thresholds, *, small: bool) -> Hits:
    """Columns that identify persons, and small counts, in a table whose head is near its top.

    Parameters
    ----------
    small
        Whether small counts are wrong here; they are not in tables from published numbers.
    """
    heads = [[cell.strip().lower() for cell in row] for row in rows[:HEAD_WITHIN]]
    place = next(
        (
            k
            for k, head in enumerate(heads)
            if any(identifies(cell, limits) or counts_persons(cell, limits) for cell in head)
        ),
        None,
    )
    if place is None:
        return
    for k, title in enumerate(heads[place]):
        if identifies(title, limits):
            yield "column that identifies persons", 1
        elif small and counts_persons(title, limits):
            values = [number(row[k]) for row in rows[place + 1 :] if k < len(row)]
            if hits := sum(too_small(value, limits) for value in values):
                yield f"count below {limits.min_cell} persons in a column {title}", hits


def identifies(title: str, limits: Thresholds) -> bool:
    """Whether a column of this title holds ids of persons; names of other things are many."""
    return title in limits.identifiers and title not in ("name", "navn", "id")


def counts_persons(title: str, limits: Thresholds) -> bool:
    """Whether a column, or a key in JSON, of this title counts persons."""
    title = title.lower()
    if title in limits.no_persons:
        return False
    return title in limits.count_columns or any(
        re.fullmatch(pattern, title) for pattern in limits.count_patterns
    )


def too_small(count: float, limits: Thresholds) -> bool:
    """Whether a count of persons is below the threshold; NaN is not."""
    return (1 if limits.zero_cells == "show" else 0) <= count < limits.min_cell


def number(text: str) -> float:
    """A number as a table shows it, NaN for anything else."""
    plain = re.sub(r"[\s\u00a0\u202f]", "", text).replace("−", "-").replace(",", ".")
    try:
        return float(plain)
    except ValueError:
        return float("nan")


def pipe_tables(text: str) -> Iterator[tuple[list[list[str]], str]]:
    """The tables of a Markdown text, cell by cell, each with the label of its caption or ""."""
    rows: list[list[str]] = []
    lines = [*text.split("\n"), ""]
    for k, line in enumerate(lines):
        found = PIPE_ROW.match(line)
        if found and not RULE.fullmatch(line):
            rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", found[1])])
        elif rows and not found:
            below = next((text for text in lines[k:] if text.strip()), "")
            label = PIPE_CAPTION.match(below)
            yield rows, label[1] if label else ""
            rows = []


def marks(text: str) -> Hits:
    """So many shapes in a vector picture, or strokes in one shape, that each may be a person."""
    strokes = sum(max(0, len(MOVE.findall(path)) - 1) for path in PATH.findall(text))
    if (found := len(VECTOR_MARK.findall(text)) + strokes) > MOST_MARKS:
        yield "vector picture that may draw single persons, marks", found
