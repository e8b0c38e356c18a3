"""Who may not be named: ids of the register's persons, and national identity numbers.

Digits are found as a number, as a decimal (`.0`), in exponents, and grouped as people group
them. A number with a fraction is an estimate and names nobody.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal

from naveval.disclosure.scan.text import plain

Hits = Iterator[tuple[str, int]]
SHORTEST_ID = 6
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
HIDDEN = "•••"


@dataclass(frozen=True)
class Ids:
    """Ids to look for, squeezed to letters and digits, and the lengths they have."""

    known: frozenset[str]
    lengths: frozenset[int]


def ids(given: Collection[str]) -> Ids:
    """Ids as they are looked for; those shorter than six characters would be in any number.

    An id of digits that begins with zero is looked for without it too, as numbers lose it; and
    every id from back to front, the simplest disguise.
    """
    texts = {squeezed(text) for text in map(str, given) if len(text) >= SHORTEST_ID}
    texts |= {text.lstrip("0") for text in texts if text.isdigit() and len(text.lstrip("0")) > 8}
    texts |= {text[::-1] for text in texts}
    return Ids(frozenset(texts), frozenset(map(len, texts)))


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
    if hits := sum(map(is_identity_number, [*_eleven(text), *numbers])):
        yield "national identity number", hits


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
    for pattern in (JOINED, SPACED, LETTERS_SPACED):
        for found in pattern.findall(text):
            hits += _grouped(found, wanted)
    return hits


def _grouped(found: str, wanted: Ids) -> int:
    """Ids made of two or more neighbouring groups; one point alone makes a decimal number."""
    parts = re.split(r"[\W_]", found.casefold())
    points = found.count(".") == 1 and len(parts) == 2
    hits = 0
    for first in range(len(parts) - 1):
        joined = parts[first]
        for part in parts[first + 1 : first + MOST_GROUPS]:
            joined += part
            if len(joined) in wanted.lengths and joined in wanted.known and not points:
                hits += 1
    return hits


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
