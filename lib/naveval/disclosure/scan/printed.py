"""What programs print of persons: rows as keys and values, and series of a frame."""

import re

from naveval.disclosure.scan import crossed, grids, tables, titles
from naveval.disclosure.scan.identities import Hits
from naveval.disclosure.scan.sentences import number, too_small
from naveval.disclosure.scan.titles import counts_persons, identifies, title_of
from naveval.disclosure.thresholds import Thresholds

SERIES_NAME = re.compile(r"^Name: ([^,\n]{1,80})(?=,|$)", re.MULTILINE)
"""What a series is called, on the line below its values."""
VALUE_COUNTS = re.compile(
    r"(?:^(?P<head>[^\W\d]\w*(?:[ \t]+[^\W\d]\w*)*)[ \t]*\n)?"
    r"(?P<values>(?:^(?>[^\n]{1,80}?[ \t]{2,}\d+[ \t]*\n))++)"
    r"(?:Name: (?P<name>\w+), )?(?:Length: \d+, )?dtype: int",
    re.MULTILINE,
)
ALL_DIGITS = re.compile(r"^\S.{0,60} -?\d*\.\d{14,}$", re.MULTILINE)
RULE = re.compile(
    r"^[ \t]*(?:[-=]{3,}(?:[ \t+|]+[-=]{3,})+|\+?[-=]{3,}(?:\+[-=]{3,})*\+?|"
    r"[┌├└╞╔╠╚─═][─═┬┼┴╪╤┐┤┘╡╗╣╝╦╬╩]+)[ \t]*$",
    re.MULTILINE,
)
OF_TIBBLE = re.compile(r"^[ \t]*<[a-z]{3,4}>(?:[ \t]+<[a-z]{3,4}>)+[ \t]*$", re.MULTILINE)
UPRIGHT = re.compile(r"[ \t]*[|│┆║┃][ \t]*")
TYPE = r"(?:---|str|cat|date|bool|[uif]\d{1,2}|String\d*|U?Int\d+|Float\d+|Bool|Any)"
TYPES = re.compile(rf"{TYPE}(?:[ \t]{{2,}}{TYPE})+")
"""Lines of a drawn table: rules, what stands between columns, and the types that polars tells."""
CHARACTERISTIC = (titles.EXACT, titles.PERSONAL, titles.PLACE)


def printed(text: str, limits: Thresholds) -> Hits:
    """Findings in what a text holds of printed rows and series."""
    yield from told_rows(text)
    yield from crossed.in_text(text, limits)
    for rows in grids.of_columns(unframed(text)):
        yield from tables.table(rows, limits, small=True)
    for name in SERIES_NAME.findall(text):
        if identifies(title_of(name), limits):
            yield "column that identifies persons", 1
    if "dtype: float" in text and (hits := len(ALL_DIGITS.findall(text))):
        yield "number that was not rounded", hits
    if hits := sum(_counted(block, limits) for block in VALUE_COUNTS.finditer(text)):
        yield f"count below {limits.min_cell} persons in a printed series", hits


def unframed(text: str) -> str:
    """Tables of a text without the lines drawn in them, nothing where none is drawn."""
    if not (RULE.search(text) or OF_TIBBLE.search(text)):
        return ""
    lines = (UPRIGHT.sub("  ", line) for line in text.split("\n") if not RULE.fullmatch(line))
    return "\n".join(line.strip() for line in lines if not _types(line.strip()))


def _types(line: str) -> bool:
    return bool(TYPES.fullmatch(line) or OF_TIBBLE.fullmatch(line))


def _counted(block: re.Match[str], limits: Thresholds) -> int:
    """Small counts of the values of a characteristic, in a series of how often each is there."""
    of = block["head"] if block["name"] in (None, "count") else block["name"]
    names = [title_of(name).replace(" ", "_") for name in (of or "").split()]
    counts = block["name"] and counts_persons(block["name"], limits) and block["name"] != "count"
    if not counts and not any(kind.fullmatch(name) for name in names for kind in CHARACTERISTIC):
        return 0
    numbers = [number(line.split()[-1]) for line in block["values"].splitlines()]
    return sum(value > 0 and too_small(value, limits) for value in numbers)


def told_rows(text: str) -> Hits:
    """Rows of persons printed as keys with values on one line, in braces or not."""
    for line in text.splitlines():
        if line.count(":") + line.count("=") >= 3 and len(line) < 4000:
            keys = [title_of(key) for key in grids.keys(line)]
            keys = [key for key in keys if key != "index"]
            if len(keys) >= tables.CHARACTERISTICS and (
                tables.persons_by_row(keys) or tables.printed(["", *keys], [["0"]])
            ):
                yield "rows that describe single persons", 1
