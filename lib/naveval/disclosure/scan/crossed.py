"""Persons by two characteristics: few of them where a row of one meets a column of the other."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from naveval.disclosure.scan.grids import MARGINS, MASKED, MASKS, Rows
from naveval.disclosure.scan.identities import Hits
from naveval.disclosure.scan.sentences import counties, number, too_small
from naveval.disclosure.scan.titles import (
    EXACT,
    NO_CAPTION,
    NO_COUNT,
    NUMBER_OF,
    ORDER,
    PERSONAL,
    PERSONS,
    YEAR,
    title_of,
)
from naveval.disclosure.thresholds import Thresholds

LEAST_CROSSED, LEAST_OF_GROUPS, LEAST_NAMED, LARGE = 6, 4, 2, 20
LONGEST = 200
"""Signs of a line of a table."""
SEXES = frozenset(
    {"kvinner", "menn", "kvinne", "mann", "kvinnor", "women", "men", "female", "male", "k", "m"}
)
CROSSING = re.compile(
    rf"(?:{EXACT.pattern}|{PERSONAL.pattern})(?:s?[_-]?(?:gr|kl|kat|cat|niv|lev|band).*)?"
)
"""Titles of characteristics of persons, and of groups of these."""
NO_CROSSED = re.compile(
    rf"{NO_CAPTION.pattern}|{NO_COUNT.pattern}|kontor|kommuner|bedrift|foretak|virksomhet|stilling|"
    r"studi|saker|modell|model|lag\b|rang|rank",
    re.I,
)
WHOLE = r"\d{1,3}(?:[ \u00a0]\d{3})+(?!\d)"
"""A number whose thousands stand apart."""
NUMBER = re.compile(rf"{WHOLE}|[^ \t]+")
NUMBERS_LAST = re.compile(
    rf"(?P<title>\S.*?)(?P<numbers>(?:[ \t]+(?:{WHOLE}|\d{{1,7}}|[:*.–-]|<\d))+)[ \t]*"
)
"""A line of a text that begins with a title and ends with whole numbers."""
OF_TWO = re.compile(r"\([\"']([^\"'()]+)[\"'], ?[\"']([^\"'()]+)[\"']\)\"?: ?(\d+)(?![.\d])")
"""A count under two characteristics, as programs print it."""
TALLY = re.compile(r"(?P<before>[^{}\n]{0,80})\{(?P<pairs>[^{}\n]+)\}\)?(?P<behind>[^{}\n]{0,80})")
OF_ONE = re.compile(r"[\"']?([^\"'(),:]{1,60})[\"']?: ?(\d+)(?![.\d])")
"""The same under one: `Counter({'kvinner': 31, 'menn': 2})`, `{'Oslo': 31, 'Troms': 2} persons`."""
TALLIED = re.compile(rf"(?:^|[\W_])(?:{NUMBER_OF} )?{PERSONS}(?:$|[\W_])", re.I)
OF_PROGRAMS = re.compile(r"\.|.*[./\\]|.*_(?:id|file)")
"""Keys that are no groups of persons: kinds of files, methods."""
MANY = 100
LOGGED = re.compile(
    r"^(?:[\d:.,TZ-]+ +)*(?:\w+: +)?\[?(?:DEBUG|INFO|WARNING|ERROR)\]?:? +(?:[\w.]+: +)?",
    re.MULTILINE,
)
"""What a program writes before each line of a log."""
RULES = re.compile(r"^[ \t]*[-+=─┼]{3}[-+=─┼ \t]*\n", re.MULTILINE)
WHOLE_TITLES = re.compile("|".join(sorted((m for m in MARGINS if " " in m), key=len)), re.I)


AGES = re.compile(r"(?:1[5-9]|[2-7]\d)(?: ?[-–] ?[2-7]\d| ?\+| (?:og|år og) over)(?: år)?")


def _is_group(title: str) -> bool:
    """Whether a title is one of the sexes, a county, or persons of some ages."""
    return title in SEXES or title in counties() or bool(AGES.fullmatch(title))


def crossed(rows: Sequence[Sequence[str]], limits: Thresholds, least: int = LEAST_CROSSED) -> Hits:
    """Small whole numbers, of `least` or more, where groups of persons are crossed."""
    if rows and sum(map(bool, rows[0])) == 1:  # a caption
        rows = [row for row in rows[1:] if any(row)]
    heads = [title_of(cell) for cell in rows[0]] if rows else []
    names = [title_of(row[0]) for row in rows[1:] if row]
    margins = bool(MARGINS & {*heads}) and bool(MARGINS & {*names})
    corner = len(heads) > 2 and bool(CROSSING.fullmatch(heads[0].replace(" ", "_")))
    groups = max(sum(map(_is_group, titles)) for titles in (heads[1:], names))
    if (groups < 2 and not margins and not corner) or any(
        map(NO_CROSSED.search, [*heads[1:], *names])
    ):
        return
    if any(ORDER.fullmatch(head) and not YEAR.fullmatch(head) for head in heads[1:]):
        return
    cells = [cell.strip() for row in rows[1:] for cell in row[1:] if cell.strip()]
    told = [number(cell) for cell in cells if cell not in MASKS and not MASKED.fullmatch(cell)]
    if len(cells) < least or not all(n >= 0 and n == int(n) for n in told):
        return
    hits = sum(n > 0 and too_small(n, limits) for n in told)
    if hits and max(told) >= LARGE:
        yield f"count below {limits.min_cell} where groups of persons are crossed", hits


def in_text(text: str, limits: Thresholds) -> Hits:
    """Crossed tables in the text of a page or a log: lines that end with as many whole numbers."""
    lines = RULES.sub("", LOGGED.sub("", text).replace("|", " "))
    for rows in _of_lines(lines):
        groups = all(_is_group(title_of(row[0])) for row in rows[1:])
        least = LEAST_OF_GROUPS if groups else LEAST_CROSSED
        codes = [int(head) for head in rows[0][1:] if head.isdigit()]
        if codes == sorted({*codes}):  # others are the numbers of a row whose title goes on
            yield from crossed(rows, limits, least)
    for line in text.splitlines() if "{" in text else ():
        yield from crossed(_of_two(line), limits, least=LEAST_NAMED)
        if hits := sum(_tallied(found, limits) for found in TALLY.finditer(line)):
            yield f"count below {limits.min_cell} in a tally", hits
    for block in TABULATED.findall(text):
        yield from _tabulated(block, limits)


def _tallied(found: re.Match[str], limits: Thresholds) -> int:
    """Small counts in a printed mapping of counts: of groups, of persons, or of many."""
    pairs = OF_ONE.findall(found["pairs"])
    keys, counts = [title_of(key) for key, _ in pairs], [int(count) for _, count in pairs]
    small = sum(count > 0 and too_small(count, limits) for count in counts)
    if not small or len(counts) < LEAST_NAMED or any(map(NO_CROSSED.search, keys)):
        return 0
    told = any(TALLIED.search(found[part]) for part in ("before", "behind"))
    counter = found["before"].rstrip().endswith("Counter(")
    named = sum(map(_is_group, keys)) >= LEAST_NAMED and max(counts) >= LARGE
    many = sum(counts) >= MANY and not any(OF_PROGRAMS.match(key.strip()) for key, _ in pairs)
    return small if told or named or (counter and many) else 0


TABULATED = re.compile(
    r"^[ \t]*(?:>|\.(?= )|>>>|In ?\[\d+\]:)[ \t]*(?:\w+ *(?:<-|=) *)?(?:[\w.]+\()*?"
    r"(?:f?table|xtabs|tab(?:ulate|yl|[12])?|summary|(?:\w+\.)?crosstab|count)[ (][^{\n]*\n"
    r"((?:[^>\n].*\n?|\n(?=.))+)",
    re.MULTILINE,
)
"""What programs print below a command that counts by groups."""


def _tabulated(block: str, limits: Thresholds) -> Hits:
    """Small counts in a table of which only the command above it says that it counts."""
    lines = [line.split() for line in block.splitlines() if line.strip()]
    heads = 2 if len(lines) > 2 and len(lines[0]) == 1 else 1
    codes = [number(line[0]) for line in lines[2:]]
    # The name of the rows heads their codes, which count nobody.
    coded = heads == 2 and len(lines[1]) == len(lines[2]) and len(codes) > 1
    coded = coded and all(later == code + 1 for code, later in pairwise(codes))
    wide = len(lines[heads - 1]) - coded
    told = [number(cell) for line in lines[heads:] for cell in line[max(0, len(line) - wide) :]]
    whole = all(n == int(n) for n in told if n == n)
    if whole and (hits := sum(n > 0 and too_small(n, limits) for n in told)):
        yield f"count below {limits.min_cell} in a tabulation", hits


def _of_two(line: str) -> Rows:
    """Counts under two characteristics each, as a table."""
    told = {(row, column): count for row, column, count in OF_TWO.findall(line)}
    columns = list(dict.fromkeys(column for _, column in told))
    rows = dict.fromkeys(row for row, _ in told)
    return [["of", *columns], *([r, *(told.get((r, c), "") for c in columns)] for r in rows)]


def _of_lines(text: str) -> Iterator[Rows]:
    """Neighbouring lines that end with as many whole numbers, below the line of their titles."""
    rows: Rows = []
    above = ["", ""]
    for line in [*text.splitlines(), ""]:
        found = NUMBERS_LAST.fullmatch(line.strip()) if len(line) < LONGEST else None
        cells = NUMBER.findall(found["numbers"]) if found else []
        if len(cells) > 1 and found and (not rows or len(rows[-1]) == len(cells) + 1):
            rows.append([found["title"], *cells])
            continue
        if len(rows) > 1:
            yield [_heads(above, len(rows[0])), *rows]
            above = [above[1], line]
        elif rows:  # titles that look like numbers, as codes of groups do
            above = [" ".join(rows[0]), line]
        else:
            above = [above[1], line]
        rows = [[found["title"], *cells]] if len(cells) > 1 and found else []


def _heads(above: Sequence[str], columns: int) -> list[str]:
    """The titles of columns, from the two lines above them.

    A line with one word names the rows, and the line above it the columns, as `crosstab` prints.
    """
    names = above[1].split()
    line = above[0] if len(names) == 1 else above[1]
    words = WHOLE_TITLES.sub(lambda found: found[0].replace(" ", "_"), line).split()
    last = [word.replace("_", " ") for word in words[max(0, len(words) - columns + 1) :]]
    first = names if len(names) == 1 else words[: len(words) - columns + 1]
    return [*first[:1], *last]
