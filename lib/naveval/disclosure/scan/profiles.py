"""Rows of persons, known by their values alone, whatever their columns are called.

Somebody's row has a sex, a year of birth or an age, and codes. Rows of persons fill few of the
cells that these span, and in no order; a table of groups has a row for each cell.
"""

import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import date
from itertools import groupby, pairwise, takewhile, zip_longest
from math import prod

from naveval.disclosure.scan.identities import Hits
from naveval.disclosure.scan.titles import NO_COUNT, title_of

Cells = Sequence[str]
PERSONS = "rows that describe single persons"
FEW, SOME, MANY, CROWD = 5, 8, 20, 200
"""Rows that tell of persons by sex and age, codes, long numbers, and numbers with all digits."""
LONGEST, SPARSE, TURNS = 40, 1.5, 3
SEX = re.compile(r"kvinn[ea]|mann|female|male|woman|man|[kmfw]", re.I)
BORN = re.compile(r"(?:19[2-9]\d|200\d)(?:\.0+|-[01]\d-[0-3]\d.*)?")
AGED = re.compile(r"(?:1[5-9]|[2-6]\d|7[0-4])(?:\.0+)?")
WHOLE = re.compile(r"[-−+]?\d+(?:\.0+)?")
MEASURE = re.compile(r"[-−+]?\d[\d \u00a0\u202f]*(?:[.,]\d+)?(?:e[-+]?\d+)? ?%?", re.I)
SHARE = re.compile(r"[-−+]?\d+[.,]\d*[1-9]\d*")
RAW = re.compile(r"-?\d*\.\d{9,}(?:e[-+]?\d+)?", re.I)
VALUE = re.compile(r"(?!\d{4}$)[-+]?\d+(?:[.,:-]\d+)*|true|false|kvinne|mann", re.I)
NEUTRAL = re.compile(
    r"(?:[a-zæøå]|kol(?:onne)?|col(?:umn)?|var(?:iable)?|fel?t|field|unnamed)?[ :_]*\d*", re.I
)
"""A title that says nothing."""
KEY = re.compile(r"[0-9a-z]{8,}(?:-[0-9a-z]{4,})*", re.I)
TURN = re.compile(r"\d(?=[a-z])|[a-z](?=\d)", re.I)
LONG_NUMBER = re.compile(r"\d{9,}")
NAME = re.compile(r"[^\W\d](?!.*\d[a-z]+\d).*", re.I)
THING = re.compile(r"sha-?\d|md5|hash|finger|commit|vers[ij]on|seed|fr[øo]|\bfil|doi")
"""Titles of what files and programs are known by."""
SEXES = ("kvinne", "Kvinne", "mann", "Mann", "male", "Male")
ONE = re.compile(r"(?<![\w-])(?:[Kk]vinne|[Mm]ann|[Ff]emale|[Mm]ale)(?![\w-])")
WORD = re.compile(r"[^\s,;|:=()\[\]{}<>\"'│]+")
YEAR = re.compile(r"(?<![\w.-])(?:19[2-9]\d|200[0-4])(?:-[01]\d-[0-3]\d)?(?![\w-]|\.\d*[1-9])")
CODE = re.compile(r"\d[\d-]*(?:\.0+)?")
FLAG = frozenset({"true", "false", "ja", "nei", "yes", "no"})
NO_VALUE = re.compile(
    r"\d+[.,]\d*[1-9]|og|i|på|er|som|for|av|en|et|med|til|ein|eit|the|of|and|in|is", re.I
)
"""Shares, and words that make a sentence."""
ABOVE, BELOW, SHORT, LONG, VALUES = 4, 12, 60, 400, 3


def of_persons(rows: Sequence[Cells]) -> Hits:
    """Rows of a table that are persons, by their values; its first row may hold titles.

    Columns are looked at where the row below the titles gives reason to.
    """
    if len(rows) < FEW:
        return
    sample, head = [*map(str.strip, rows[1])], [*map(title_of, rows[0])]
    untitled = all(map(NEUTRAL.fullmatch, head)) or any(map(VALUE.fullmatch, head))
    keyed = any(len(cell) > 7 and (KEY.fullmatch(cell) or cell.isdigit()) for cell in sample)
    raw = len(rows) > CROWD and any(map(RAW.fullmatch, sample))
    if not (untitled or keyed or raw or any(map(SEX.fullmatch, sample))):
        return
    columns = [[*map(str.strip, column)] for column in zip_longest(*rows[1:], fillvalue="")]
    filled = [column for column in columns if any(column)]
    coded = untitled and _coded(filled)
    if coded or _told(filled) or _keyed(head, columns) or (raw and _raw(filled)):
        yield PERSONS, len(rows)


def _told(columns: Sequence[Cells]) -> bool:
    """Whether columns hold the sex and the birth or age of persons, and two things more."""
    sexes = [column for column in columns if _all(SEX, column)]
    if not sexes or len(columns) < 4:
        return False
    born = [column for column in columns if _births(column)]
    groups = [column for column in columns if _groups(column) and column not in (sexes[0], *born)]
    words = [column for column in groups if not _all(MEASURE, column)]
    again = len({*zip(sexes[0], *born[:1], *groups, strict=True)}) < 0.9 * len(sexes[0])
    return bool(born) and (again or _sparse([sexes[0], born[0], *words]))


def _coded(columns: Sequence[Cells]) -> bool:
    """Whether columns without titles hold codes, in few of the ways in which these could meet."""
    if len(columns) < 4 or len(columns[0]) < SOME - 1:
        return False
    codes = [column for column in columns if _groups(column) and not _in_order(column)]
    words = sum(not _all(MEASURE, column) for column in codes)
    yes_or_no = any(len({*column}) == 2 for column in codes)
    persons = words >= 2 or (yes_or_no and any(map(_births, columns)))
    return persons and len(codes) >= 3 and _sparse(codes)


def _keyed(head: Cells, columns: Sequence[Cells]) -> bool:
    """Whether rows have a key of one form, or a long number of one length, but no name."""
    if any(map(THING.search, head)):
        return False
    own = [k for k, column in enumerate(columns) if len({*column}) >= max(FEW - 1, len(column))]
    for k in own:
        column = columns[k]
        if len({*map(len, column)}) > 1:
            continue
        if _all(LONG_NUMBER, column) and len(column) >= MANY and not _ordered(column):
            return not NO_COUNT.search(head[k] if k < len(head) else "")
        keys = sum(len(TURN.findall(key)) >= TURNS for key in column) > len(column) / 2
        if keys and _all(KEY, column):
            return not any(_all(NAME, columns[j]) for j in own)
    return False


def _raw(columns: Sequence[Cells]) -> bool:
    """Whether there is nothing but a running number, and numbers with all digits in no order."""
    rest = [column for column in columns if not (_all(WHOLE, column) and _ordered(column))]
    return bool(rest) and all(
        sum(map(bool, map(RAW.fullmatch, column))) > 0.9 * len(column) and not _ordered(column)
        for column in rest
    )


def _all(form: re.Pattern[str], column: Cells) -> bool:
    kinds = {*column} - {""}
    return bool(kinds) and all(map(form.fullmatch, kinds))


def _births(column: Cells) -> bool:
    born = _all(BORN, column) or _all(AGED, column)
    return born and len({*column}) >= FEW - 1 and not _ordered(column)


def _ordered(column: Cells) -> bool:
    told = [*filter(None, column)]
    with suppress(ValueError):
        numbers = [*map(float, told)]
        return numbers in (sorted(numbers), sorted(numbers, reverse=True))
    return told in (sorted(told), sorted(told, reverse=True))


def _groups(column: Cells) -> bool:
    """Whether few short values come again and again."""
    kinds = {*column}
    return 2 <= len(kinds) <= max(2, 0.7 * len(column)) and not any(
        len(value) > LONGEST or SHARE.fullmatch(value) for value in kinds
    )


def _in_order(column: Cells) -> bool:
    """Whether each value stands in one block, as the groups of a table do."""
    return sum(1 for _ in groupby(column)) < 1.4 * len({*column})


def _sparse(columns: Sequence[Cells]) -> bool:
    return prod(len({*column}) for column in columns) >= SPARSE * len(columns[0])


def calendar(days: Collection[str]) -> bool:
    """Whether days follow each other at one step, as those of a series."""
    try:
        told = sorted(date.fromisoformat(day[:10]) for day in days)
    except ValueError:
        return False
    return len({later - earlier for earlier, later in pairwise(told)}) == 1


def in_lines(text: str) -> Hits:
    """Persons in lines, or down neighbouring short ones: a sex and one year of birth among values.

    Lines of a sex and a year alone tell of persons where these come in no order.
    """
    if not any(sex in text for sex in SEXES):
        return
    lines = [*filter(str.strip, text.splitlines())]
    places = [k for k, line in enumerate(lines) if ONE.search(line)]
    told, pairs = [], []
    for before, k, after in zip([-1, *places], places, [*places[1:], len(lines)], strict=False):
        above = [*takewhile(_is_cell, reversed(lines[max(before + 1, k - ABOVE) : k]))]
        below = [*takewhile(_is_cell, lines[k : min(after, k + BELOW)])]
        whole = lines[k] if len(lines[k]) < LONG else ""
        around = " ".join([*above, *below])
        told.append(around if _values(around) >= VALUES > _values(whole) else whole or around)
        if _values(whole):
            pairs.append((ONE.findall(whole)[0].lower(), YEAR.findall(whole)[0]))
    columns = [*map(list, zip(*pairs, strict=True))]
    beside = zip(["", *told], told, [*told[1:], ""], strict=False)
    hits = sum(
        _values(own) >= VALUES and not any(_is_count(own, other) for other in (before, after))
        for before, own, after in beside
    )
    if hits or (len(pairs) >= FEW and _births(columns[1]) and _sparse(columns)):
        yield PERSONS, hits or len(pairs)


def _is_count(own: str, other: str) -> bool:
    """Whether a year is a count: beside it as many words tell of the other sex, without a year."""
    sexes = {sex.lower()[0] for text in (own, other) for sex in ONE.findall(text)}
    return len(sexes) == 2 and not YEAR.search(other) and len(own.split()) == len(other.split())


def _is_cell(line: str) -> bool:
    return len(line) < SHORT and not any(map(NO_VALUE.fullmatch, line.split()))


def _values(text: str) -> int:
    """How many numbers, years and yes or no a text holds that is of one person and no sentence."""
    words = [word.strip("'.") for word in WORD.findall(text)]
    born = sum(bool(YEAR.fullmatch(word)) for word in words)
    if born != 1 or len(ONE.findall(text)) != 1 or any(map(NO_VALUE.fullmatch, words)):
        return 0
    return sum(word.lower() in FLAG or bool(CODE.fullmatch(word)) for word in words)
