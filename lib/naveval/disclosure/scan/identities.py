"""Who may not be named: ids of the register's persons, and national identity numbers.

Digits are found as a number, as a decimal (`.0`), in exponents, and grouped as people group
them. A number with a fraction is an estimate and names nobody.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import lgamma, log

from naveval.disclosure.scan.text import plain
from naveval.disclosure.thresholds import Thresholds

Hits = Iterator[tuple[str, int]]
SHORTEST_ID, LONGEST_SHORT = 6, 8
WEIGHTS_ONE = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
WEIGHTS_TWO = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
BEFORE = r"(?<![^\W_])(?<!\d\.)(?<!(?<!\d)0,)"
AFTER = r"(?:[.,]0+)?(?![^\W_])(?!\.\d)"
GAP = r"[ \t./_‐‑–−-]"
GROUPS = ("6 5", "6 3 2", "2 2 2 5", "2 2 2 3 2", "3 3 3 2", "2 3 3 3", "5 6", " ".join("1" * 11))
"""How eleven digits are written in groups; other groups are rows of numbers."""
ELEVEN = re.compile(
    rf"{BEFORE}(?=((?:\d{{11}}|"
    + "|".join(GAP.join(rf"\d{{{size}}}" for size in sizes.split()) for sizes in GROUPS)
    + rf"){AFTER}))"
)
RUN = re.compile(rf"\d(?:{GAP}?\d){{10,}}")
"""Where eleven digits may be; looking for their groups there alone is ten times as fast."""
EXPONENT = re.compile(r"(?<![\w.,])\d\.\d{4,14}[eE]\+?0?\d{1,2}(?!\w)")
TOKEN = re.compile(r"[^\W_]+")
WORD = re.compile(rf"{BEFORE}[^\W_]++(?!\.\d*[1-9])")
JOINED = re.compile(r"(?<![^\W_])[^\W_]++(?:[-_/‐‑–−][^\W_]++)+")
SPACED = re.compile(r"(?<![^\W_])[^\W\d_]*+\d[^\W_]*+(?:[ \t.][^\W\d_]*+\d[^\W_]*+)+")
LETTERS_SPACED = re.compile(r"\b[^\W\d_]{1,3}(?:[ \t]\d+)+\b")
MOST_GROUPS = 11
NUMBER = re.compile(rf"{BEFORE}(?<![.,-])(\d{{{SHORTEST_ID},{LONGEST_SHORT}}}){AFTER}(?!,\d)")
"""A number of its own as short as ids that lost their zeros."""
FRACTION = re.compile(r"(?<![\w.])\d+\.\d+(?![\w.])")
DIGITS = re.compile(
    r"(?<![\d.,])(?<!\d[a-zA-Z])(?<!\d[a-zA-Z]{2})\d{9,40}(?!\d|\.\d*[1-9]|[a-zA-Z]{1,3}\d)"
)
HEX = re.compile(r"(?<![\w#])(?<!rgb=\")0*([0-9a-fA-F]{7,14})(?!\w)")
HEX_MARKED = re.compile(r"(?<!\w)0[xX]0*([0-9a-fA-F]{5,14})(?!\w)")
"""Numbers in hexadecimal digits; what stands after `#` or `rgb=` is a colour."""
THOUSANDS = re.compile(r"(?<![\w.,'’])\d{1,3}(?:(?:,\d{3}){2,}|(?:['’]\d{3}){2,})(?![\w'’]|[.,]\d)")
AFTER_LETTERS = re.compile(r"(?<![^\W_])[A-Za-z]{1,12}(\d{7,8})(?![^\W_])")
"""Digits glued to a word, as in `p10000001_plot`; longer ones `DIGITS` finds."""
HALF = re.compile(
    r"(?<![\w.])(?:[04][1-9]|[1256]\d|[37][01])(?:[048][1-9]|[159][0-2])"
    r"\d\d[ -]?[*xX•]{5}(?![\w*•])"
)
"""An identity number of which only the day of birth is shown."""
BY_CHANCE = 3.2e-3
"""Share of numbers of eleven digits that are identity numbers, and the chance of a false alarm."""
SYNTHETIC = (0, 40, 65, 80)
"""What is added to the month of persons who are made up."""
HIDDEN = "•••"


@dataclass(frozen=True)
class Ids:
    """Ids to look for, squeezed to letters and digits.

    Attributes
    ----------
    known, lengths
        The ids, and how many there are of each length.
    close
        How many ids of digits begin or end with the same three, the others as `·`.
    short, short_lengths
        The same of ids that are short numbers when they have lost the zeros they begin with.
    """

    known: frozenset[str]
    lengths: Mapping[int, int]
    close: Mapping[str, int]
    short: frozenset[str]
    short_lengths: Mapping[int, int]


@dataclass(frozen=True)
class Wanted:
    """What a search is for.

    Attributes
    ----------
    ids, limits
        Ids of persons, and thresholds.
    exempt
        Labels of tables that may hold small counts.
    protected
        Fingerprints of CSV files whose marks of protected zeros are believed.
    """

    ids: Ids
    limits: Thresholds
    exempt: frozenset[str]
    protected: frozenset[str] = frozenset()


def ids(given: Collection[str]) -> Ids:
    """Ids as they are looked for; those shorter than six characters would be in any number.

    An id of digits that begins with zero is looked for without it too, as numbers lose it, and
    every id from back to front, the simplest disguise.
    """
    texts = {squeezed(text) for text in map(str, given) if len(text) >= SHORTEST_ID}
    bare = {text.lstrip("0") for text in texts if text.isdigit() and text[0] == "0"}
    texts |= {text for text in bare if len(text) > LONGEST_SHORT}
    short = frozenset(text for text in bare if SHORTEST_ID <= len(text) <= LONGEST_SHORT) - texts
    texts |= {text[::-1] for text in texts}
    close = Counter(form for text in texts if text.isdigit() for form in _ends(text))
    return Ids(frozenset(texts), Counter(map(len, texts)), close, short, Counter(map(len, short)))


def squeezed(text: str) -> str:
    """Letters and digits of a text, without case."""
    return re.sub(r"[\W_]", "", text).casefold()


def masked(path: str, wanted: Ids) -> str:
    """A path for a message: parts that name a person without their letters and digits."""
    parts = re.split(r"(/)", path)
    return "".join(HIDDEN if any(named(plain(part), wanted)) else part for part in parts)


def named(text: str, wanted: Ids) -> Hits:
    """Persons named in a text that `text.plain` has made plain."""
    numbers = [str(int(Decimal(form))) for form in EXPONENT.findall(text) if _whole(form)]
    if wanted.known and (hits := _known(text, numbers, wanted)):
        yield "person id", hits
    half = len(HALF.findall(text))
    if hits := half + sum(map(is_identity_number, [*_eleven(text), *numbers])):
        yield "national identity number", hits
    forms = {form for found in DIGITS.finditer(text) for form in _undisguised(found)}
    eleven = [form for form in forms if len(form) == 11]
    if wanted.known:
        forms |= {str(int(form, 16)) for form in HEX.findall(text) if not form.isdigit()}
        forms |= {str(int(form, 16)) for form in HEX_MARKED.findall(text)}
        forms |= {re.sub(r"\D", "", form) for form in THOUSANDS.findall(text)}
        forms |= {*AFTER_LETTERS.findall(text)}
    found = [(forms, wanted.known, _expected(forms, wanted.lengths))]
    if wanted.known:
        fractions = {form.replace(".", "") for form in FRACTION.findall(text)}
        found += [(fractions, wanted.known, _among(fractions, wanted))]
    if wanted.short:
        bare = {*NUMBER.findall(text)}
        found += [(bare, wanted.short, _expected(bare, wanted.short_lengths))]
    for held, ids_, expected in found:
        if (known := len(held & ids_)) and _beyond_chance(known, expected):
            yield "person id", known
    hits = sum(map(is_identity_number, eleven))
    if hits and _beyond_chance(hits, len(eleven) * BY_CHANCE):
        yield "national identity number", hits


def _undisguised(found: re.Match[str]) -> Iterator[str]:
    """Numbers that digits stand for, without letters around them, zeros or a code before them."""
    digits = found[0]
    half = len(digits) // 2
    yield from {digits.lstrip("0"), digits[2:], digits[:half], digits[half:]} - {digits}
    around = found.string[max(0, found.start() - 1) : found.end() + 1]
    if re.search(r"[a-zA-Z]", around):
        yield digits


def _expected(forms: Collection[str], lengths: Mapping[int, int]) -> float:
    """How many of some numbers are ids by chance, where ids are spread over all numbers."""
    many = Counter(map(len, forms))
    return sum(many[k] * ids_ / (9 * 10 ** (k - 1)) for k, ids_ in lengths.items())


def _among(forms: Collection[str], wanted: Ids) -> float:
    """The same where ids lie close, as running numbers do, and what is measured meets them."""
    near = {form: max(wanted.close.get(end, 0) for end in _ends(form)) for form in forms}
    return sum(ids_ / 10 ** max(0, len(form) - 3) for form, ids_ in near.items())


def _ends(digits: str) -> tuple[str, str]:
    """Three digits at the start and at the end, where ids from back to front lie close."""
    return digits[:3].ljust(len(digits), "·"), digits[-3:].rjust(len(digits), "·")


def _beyond_chance(hits: int, expected: float) -> bool:
    """Whether so many hits are not to be expected by chance (a bound of the Poisson tail)."""
    return hits * log(expected) - lgamma(hits + 1) <= log(BY_CHANCE) if expected else True


def _eleven(text: str) -> Iterator[str]:
    """Every eleven digits, without what groups them and without an empty fraction."""
    for run in RUN.finditer(text):
        for found in ELEVEN.finditer(text, run.start(), run.end() + 2):
            yield re.sub(r"\D", "", re.sub(r"[.,]0+$", "", found[1]))


def _whole(form: str) -> bool:
    value = Decimal(form)
    return value < 10**15 and value == int(value)


def _known(text: str, numbers: list[str], wanted: Ids) -> int:
    hits = sum(number in wanted.known for number in numbers)
    if not wanted.known.isdisjoint(TOKEN.findall(text.casefold())):
        hits += sum(word.casefold() in wanted.known for word in WORD.findall(text))
    lines = [found for form in (JOINED, SPACED, LETTERS_SPACED) for found in form.findall(text)]
    sure = {join for line in lines for join in _joins(line, wanted) if join[0] in wanted.known}
    hits += len(sure)
    if within := {joined for joined, alone in sure if not alone}:
        tried = {joined for line in lines for joined, alone in _joins(line, wanted) if not alone}
        hits -= 0 if _beyond_chance(len(within), _among(tried, wanted)) else len(within)
    return hits


def _joins(line: str, wanted: Ids) -> Iterator[tuple[str, bool]]:
    """What neighbouring groups make that is as long as an id, and whether they stand alone.

    Alone stand all groups of a line, and the thousands of a number; others may be numbers of a row
    that meet an id by chance. One point alone makes a decimal number.
    """
    decimals = "." in line and re.search(r"[ \t]", line)
    for found in line.casefold().split() if decimals else [line.casefold()]:
        parts = re.split(r"[\W_]", found)
        if found.count(".") == 1 and len(parts) == 2:
            continue
        for first in range(len(parts) - 1):
            joined, thousands = parts[first], len(parts[first]) < 4
            for last, part in enumerate(parts[first + 1 : first + MOST_GROUPS], first + 2):
                joined, thousands = joined + part, thousands and len(part) == 3
                if len(joined) in wanted.lengths:
                    yield joined, thousands or (first == 0 and last == len(parts))


def is_identity_number(digits: str) -> bool:
    """Whether 11 digits are a Norwegian identity number (D-numbers and synthetic ones too)."""
    if len(digits) != 11 or not digits.isdigit():
        return False
    numbers = [int(digit) for digit in digits]
    day, month = int(digits[:2]) % 40, int(digits[2:4])
    if not (1 <= day <= 31 and any(1 <= month - more <= 12 for more in SYNTHETIC)):
        return False
    one = sum(w * d for w, d in zip(WEIGHTS_ONE, numbers, strict=False))
    two = sum(w * d for w, d in zip(WEIGHTS_TWO, numbers, strict=False))
    return one % 11 == 0 and two % 11 == 0
