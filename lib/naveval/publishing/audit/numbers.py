"""Numbers on the pages of a report, followed by their keys to what was released.

In a report every number from the run carries its key: `data-key` in prose and captions, its place
in a table, the alt text's list (`numbers.csv` of the result folder has all of them, with values).
A number without one is a fault, and so is one that reads otherwise than its value, or whose value
is not that of `estimates.csv`. Years, dates, clock times, labels, levels of confidence, spans of
time and settings of the run are no findings and are left out, as are the definitions listed in
`report/definitions.yml`.

On other pages of a site, which repeat findings, every number must be one of `estimates.csv` or of
a table, rounded to the decimals shown. Signs are not compared, for a sentence may say «fell by». A
number may stand for a hundredth of itself only with percent or «per hundre», and for a thousandth
or millionth only before «tusen» or «millioner».
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from naveval.exhibits import manifest, words
from naveval.exhibits.declare import PARTS
from naveval.exhibits.show import NUMBERS_FILE
from naveval.project import formats, parameters, paths, ranges
from naveval.publishing.audit import html
from naveval.publishing.audit.faults import Fault

MONTHS = "|".join(formats.MONTHS)
BLANK = "[ \u00a0\u202f]"
NUMBER = re.compile(
    rf"(?<![\w.,/])(?P<digits>\d{{1,3}}(?:{BLANK}\d{{3}})+(?!\d)|\d+)(?:,(?P<decimals>\d+))?"
    rf"(?![\w])(?P<after>{BLANK}?(?:tusen|mill(?:ioner)?|milliarder|mrd)\b)?"
)
FOLLOWED = re.compile(rf"{BLANK}?(?:kr|kroner|timer|måneder|dager|uker|år)\b")
"""Units of amounts that are rounded to whole numbers."""
PERCENT = re.compile(
    rf"(?:{BLANK}?(?:til|og|eller|mot|,|–|-|på){BLANK}?[−+]?\d[\d,\u00a0\u202f]*)*"
    rf"{BLANK}?(?:%|prosent)"
)
"""Percent right after a number, or after the others of «1,2 til 3,4 prosent»."""
EARLIER_PERCENT = re.compile(rf"\d{BLANK}?prosentpoeng")
"""Unit of the intervals that follow an estimate in its sentence."""
UNITS = {"tusen": 1e-3, "mill": 1e-6, "millioner": 1e-6, "milliarder": 1e-9, "mrd": 1e-9}
LEFT_OUT = (
    re.compile(r"https?://\S+|\b[\w.-]+\.(?:csv|xlsx|pdf|html|json|yml|ipynb|no)\b"),
    re.compile(rf"\b\d{{1,2}}\.?{BLANK}?(?:–{BLANK}?\d{{1,2}}\.?{BLANK}?)?(?:{MONTHS})\b", re.I),
    re.compile(rf"\b(?:{MONTHS}){BLANK}\d{{4}}\b", re.I),
    re.compile(
        r"\b\d{4}-\d\d(?:-\d\d)?(?!\d)|\b\d{1,2}\.\d{1,2}\.\d{4}(?!\d)|\bkl\.? ?\d\d[.:]\d\d\b"
    ),
    re.compile(
        r"(?<![\d,])(?<!\d[\u00a0\u202f])(?:19|20)\d\d(?:[–-](?:19|20)?\d\d)?-?"
        r"(?!\d|[\u00a0\u202f]\d{3}|,\d)"
    ),
    re.compile(
        rf"\b(?:figur|tabell|avsnitt|kapittel|vedlegg|ligning|steg|side|s\.|§|nr\.?|fotnote)"
        rf"(?:ene|en|er)?{BLANK}*[A-Z]?\d+(?:[-–.]\d+)*(?:(?:,| og| til){BLANK}\d+(?:[-–.]\d+)*)*",
        re.I,
    ),
    re.compile(
        rf"\b(?:90|95|99)(?:{BLANK}?(?:%|prosents?)|-prosent\w*)?(?:-|{BLANK})?"
        rf"(?:konfidens|sannsynlighets)?(?:intervall|nivå)\w*",
        re.I,
    ),
    re.compile(rf"\b(?:1|5|10)(?:{BLANK}?(?:%|prosents?)|-prosent\w*)[- ]?(?:nivå|signifikans)\w*"),
    re.compile(rf"\b\d+(?:,\d+)?{BLANK}?%{BLANK}av{BLANK}full{BLANK}størrelse\b"),
    re.compile(r"\bF?\d+\.\d+(?:\.\d+)+\b|\bv?\d+\.\d+\.\d+\b|\b[0-9a-f]{8,}\b"),
)
"""Patterns of numbers that are no findings, taken out before the rest is compared."""
LISTED = rf"\d+(?:[–-]\d+)?(?:(?:,| og| til| mot){BLANK}\d+(?:[–-]\d+)?)*"
SPANS = (
    re.compile(rf"(?<![\d,]){LISTED}{BLANK}(?:uker?|måneder?|md|år|timer|dager)\b"),
    re.compile(rf"\b(?:år|landgruppe|gruppe){BLANK}{LISTED}", re.I),
    re.compile(
        rf"\(\d+ av \d+\)|\b(?:på|dekker|strek:|intervall\w*){BLANK}{LISTED}{BLANK}prosent\b"
    ),
)
"""What a text may state without a field: spans of time, groups, parts, levels."""

TOLD = ("estimates.csv", NUMBERS_FILE)
"""What a page of a site may repeat from a result: its estimates, and what its report tells."""


@dataclass(frozen=True)
class Known:
    """Absolute values a report may state, sorted, and the phrases that define something."""

    values: np.ndarray
    phrases: tuple[str, ...]


def numbers(folder: Path, page: Path, name: str) -> list[Fault]:
    """Numbers on a report's page that carry no key of a released number, or not its value."""
    file = folder / NUMBERS_FILE
    if not file.exists():
        return [Fault("numbers", name, f"no {NUMBERS_FILE}; run the study again")]
    told = pd.read_csv(file, dtype=str, keep_default_na=False)
    told["shown"] = told["shown"].str.removeprefix("'")  # before a sign, for spreadsheets
    phrases = _phrases(folder)
    allowed = Known(np.unique(np.abs(_settings(folder))), phrases)
    faults = [*_unlike_released(folder, told)]
    known = set(zip(told["key"], told["shown"].map(_words), strict=True))
    for key, text in html.keyed(page):
        if (key, _words(text)) not in known:
            faults.append(f"«{text}» is not what {key} reads")
    for text in dict.fromkeys([*html.prose(page), *html.captions(page)]):
        faults += [f"no key: «{one}» in «{_around(text, one)}»" for one in typed(text, allowed)]
    by_place = dict(
        zip(zip(told["label"], told["part"], strict=True), told["shown"].map(_words), strict=True)
    )
    for label, place, text in html.cells(page):
        if any(map(str.isdigit, text)) and by_place.get((label, place)) != _words(text):
            faults.append(f"{label}, cell {place}: no key for «{text}»")
    for label, text in html.alternatives(page):
        own = told.loc[(told["label"] == label) & (told["part"] == "alt"), "shown"]
        rest = typed(_without(text, own), allowed)
        faults += [f"{label}, alt text: no key for «{one}»" for one in rest]
    return [Fault("numbers", name, fault) for fault in faults]


def _without(text: str, shown: Iterable[str]) -> str:
    """A text without what is shown in it, in this order."""
    left: list[str] = []
    for one in shown:
        before, found, after = text.partition(one)
        left, text = ([*left, before], after) if found else (left, text)
    return " ".join([*left, text])


def _unlike_released(folder: Path, told: pd.DataFrame) -> Iterator[str]:
    """Numbers that read otherwise than their value, or whose value was not released so."""
    released = _released(folder)
    for row in told[told["key"].ne("")].drop_duplicates(["key", "shown"]).itertuples():
        value = pd.to_numeric(row.value, errors="coerce")
        if pd.isna(value):
            continue
        found = words.REFERENCE.fullmatch(row.key)
        keys = tuple(sorted((found[3] or "").split(","))) if found else ()
        at = (found[1], found[2], *keys, found[4] or "") if found else ()
        if at in released and not np.isclose(value, released[at], rtol=1e-9, atol=1e-12):
            yield f"{row.key}: {row.value}, but {released[at]} in estimates.csv"
        if not reads(row.shown, abs(float(value))):
            yield f"{row.key}: «{row.shown}» is not {row.value}"


def _released(folder: Path) -> dict[tuple[str, ...], float]:
    """Numbers of estimates.csv by label, value, sorted codes and part."""
    table = pd.read_csv(folder / "estimates.csv", dtype={"study": str}, low_memory=False)
    last = list(table.columns).index("estimate")
    codes = table.iloc[:, 3:last].astype("object")
    keys = [tuple(sorted(str(c) for c in row if pd.notna(c))) or ("",) for row in codes.to_numpy()]
    found = {}
    for part, column in {"": "estimate", **PARTS}.items():
        for label, name, own, number in zip(
            table["label"], table["value"], keys, table[column], strict=True
        ):
            if pd.notna(number):
                found[(label, name, *own, part)] = float(number)
    return found


def reads(shown: str, value: float) -> bool:
    """Whether a shown number is this value, as it is, in per cent, in thousands or millions."""
    if shown.startswith(("<", ">")) or shown == formats.FEW:
        return True
    if shown.startswith(ranges.LESS_THAN):
        found = NUMBER.search(shown)
        return found is not None and value * (100 if "%" in shown else 1) <= _stated(found)[0]
    left = [
        found
        for found in NUMBER.finditer(_left_in(shown))
        if not any(
            _near(np.array([value * factor]), *_stated(found)) for factor in (1, 100, 1e-3, 1e-6)
        )
    ]
    return not left


def _stated(found: re.Match[str]) -> tuple[float, float]:
    """A number as written, and half of what its last digit is worth."""
    decimals = found["decimals"] or ""
    digits = re.sub(BLANK, "", found["digits"])
    stated = float(f"{digits}.{decimals or 0}")
    rounded = 500.0 if not decimals and stated >= 1000 and stated % 1000 == 0 else 0.5
    return stated, rounded if not decimals else 0.5 * 10.0 ** -len(decimals)


def _words(text: str) -> str:
    """A shown text without escapes, and with one kind of blank."""
    return re.sub(rf"(?:\s|{BLANK})+", " ", text.replace("\\", "")).strip()


def typed(text: str, known: Known) -> list[str]:
    """Numbers typed into a text that are no spans of time, groups, levels or settings.

    >>> typed("Registrene er laget i 0,85 % av full størrelse, 3,7 i fjor.", Known(np.empty(0), ()))
    ['3,7']
    """
    for phrase in known.phrases:
        text = text.replace(phrase, " ")
    for pattern in SPANS:
        text = pattern.sub(" ", text)
    return unaccounted(text, known)


def _settings(folder: Path) -> list[float]:
    limits = parameters.read_yaml(paths.params_dir() / "disclosure.yml")
    return [*_parameters(folder), *_parameters_of(limits)]


def findings(root: Path, page: Path, name: str) -> list[Fault]:
    """Numbers in the findings a page of a site repeats that their results do not account for.

    A finding is an element with `data-result`, the result's folder below `root`.
    """
    faults = []
    for element in html.read(page).select("[data-result]"):
        folder = root / str(element["data-result"])
        if not (folder / "estimates.csv").exists():
            faults.append(Fault("numbers", name, f"no estimates for {element['data-result']}"))
            continue
        text = html.visible_text(element)
        known = known_numbers(folder)
        for token in unaccounted(text, known):
            faults.append(Fault("numbers", name, f"«{token}» in «{_around(text, token)}»"))
    return faults


def _around(text: str, token: str) -> str:
    place = text.find(token)
    return text[max(0, place - 50) : place + 50]


def unaccounted(text: str, known: Known) -> list[str]:
    """Numbers of a sentence that are not among the known ones, as they are written."""
    for phrase in known.phrases:
        text = text.replace(phrase, " ")
    text = _left_in(text)
    return [
        found.group(0).strip()
        for found in NUMBER.finditer(text)
        if not _accounted(found, text, known.values)
    ]


def _left_in(text: str) -> str:
    """A text without dates, labels, levels and other numbers that are no findings."""
    for pattern in LEFT_OUT:
        text = pattern.sub(" ", text)
    return text


def _accounted(found: re.Match[str], text: str, values: np.ndarray) -> bool:
    decimals = found["decimals"] or ""
    digits = re.sub(BLANK, "", found["digits"])
    stated = float(f"{digits}.{decimals or 0}")
    half = 0.5 * 10.0 ** -len(decimals)
    after = (found["after"] or "").strip()
    if after and _near(values * UNITS[after], stated, half):
        return True
    before = text[: found.start()].rpartition(". ")[2]
    percent = bool(PERCENT.match(text, found.end()) or EARLIER_PERCENT.search(before))
    if not decimals and stated < 1000 and not (percent or FOLLOWED.match(text, found.end())):
        half = 0.0
    if _near(values, stated, half):
        return True
    if stated >= 1000 and stated % 1000 == 0 and _near(values, stated, 500.0):
        return True
    percent = percent or "per hundre" in text
    return percent and _near(values[values <= 2.0] * 100, stated, half)


def _near(values: np.ndarray, stated: float, half: float) -> bool:
    """Whether a sorted array has a value that rounds to the stated one."""
    slack = half * (1 + 1e-6) + 1e-9
    first = int(np.searchsorted(values, stated - slack))
    return first < len(values) and bool(values[first] <= stated + slack)


def known_numbers(folder: Path) -> Known:
    """Every number that a page may repeat from a result."""
    named = (manifest.FILE, *TOLD)
    files = [folder / name for name in named if (folder / name).exists()]
    files += folder.glob("tables/*.csv")
    return _known(folder, tuple((file, file.stat().st_mtime_ns) for file in files))


@lru_cache(maxsize=8)
def _known(folder: Path, _: tuple[tuple[Path, int], ...]) -> Known:
    found: list[float] = []
    for file in [*(folder / name for name in TOLD), *folder.glob("tables/*.csv")]:
        if file.exists() and file.stat().st_size:
            frame = pd.read_csv(file, dtype=str, keep_default_na=False)
            found.append(float(len(frame)))
            found += _numbers(frame)
    clean = np.unique(np.abs(np.array([*found, *_settings(folder)], dtype=float)))
    return Known(clean[np.isfinite(clean)], _phrases(folder))


def _numbers(frame: pd.DataFrame) -> list[float]:
    values: list[float] = []
    for column in frame.columns:
        numeric = pd.to_numeric(frame[column], errors="coerce").dropna()
        values += [float(value) for value in numeric]
    return values


def _parameters(folder: Path) -> list[float]:
    made = manifest.read(folder)
    rows = [entry.get("rows", 0) for entry in made.get("data", {}).values()]
    return _parameters_of(made.get("parameters", {})) + [float(count) for count in rows]


def _parameters_of(settings: Any) -> list[float]:
    if isinstance(settings, dict):
        return [value for part in settings.values() for value in _parameters_of(part)]
    if isinstance(settings, list):
        return [value for part in settings for value in _parameters_of(part)]
    if isinstance(settings, bool) or settings is None:
        return []
    try:
        return [float(settings)]
    except (TypeError, ValueError):
        return []


def _phrases(folder: Path) -> tuple[str, ...]:
    """Phrases of `report/definitions.yml` and of the folder's study, longest first."""
    file = paths.report_dir() / "definitions.yml"
    own = paths.texts_dir(folder.resolve().parent.name) / "definitions.yml"
    listed = parameters.read_yaml(file) if file.exists() else {}
    phrases = [*listed.get("common", []), *listed.get("texts", [])]
    phrases += parameters.read_yaml(own)["phrases"] if own.exists() else []
    return tuple(sorted(map(str, phrases), key=len, reverse=True))
