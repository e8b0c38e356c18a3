"""Numbers in the prose of a report that its estimates and tables do not hold.

The rule: every number in a sentence, caption or alt text must be a number of `estimates.csv`,
of a table or figure of the report, of its parameters or of the disclosure rules, rounded to the
decimals shown. Signs are not compared, for a sentence may say «fell by». A number may stand for a
hundredth of itself only with percent or «per hundre», and for a thousandth or millionth only
before «tusen» or «millioner». A whole number below a thousand without percent is a count and must
be one. The data of figures count for captions and alt texts only. Years, dates, clock times,
labels and levels of confidence are no findings and are left out, as are definitions listed in
`report/definitions.yml`.

How sharp the rule is depends on how many numbers a report has: of wrong digits planted in four
reports it found between one in seven (87 000 numbers behind the report) and seven in ten (2 400).
"""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from naveval.project import formats, parameters, paths
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
    re.compile(r"\bF?\d+\.\d+(?:\.\d+)+\b|\bv?\d+\.\d+\.\d+\b|\b[0-9a-f]{8,}\b"),
)
"""Patterns of numbers that are no findings, taken out before the rest is compared."""


@dataclass(frozen=True)
class Known:
    """Absolute values a report may state, sorted, and the phrases that define something."""

    values: np.ndarray
    phrases: tuple[str, ...]


def numbers(folder: Path, page: Path, name: str) -> list[Fault]:
    """Numbers in the prose of `page` that the result folder does not account for."""
    faults = []
    for texts, figures in ((html.prose, False), (html.captions, True)):
        known = known_numbers(folder, figures=figures)
        for text in dict.fromkeys(texts(page)):
            for token in unaccounted(text, known):
                faults.append(Fault("numbers", name, f"«{token}» in «{_around(text, token)}»"))
    return faults


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
        known = known_numbers(folder, figures=False)
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
    for pattern in LEFT_OUT:
        text = pattern.sub(" ", text)
    return [
        found.group(0).strip()
        for found in NUMBER.finditer(text)
        if not _accounted(found, text, known.values)
    ]


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


def known_numbers(folder: Path, *, figures: bool = True) -> Known:
    """Every number a report of this folder may state; with or without the figures' data."""
    files = [file for file in (folder / "manifest.json", folder / "estimates.csv") if file.exists()]
    files += [*folder.glob("tables/*.csv"), *folder.glob("figures/*.csv")]
    return _known(folder, figures, tuple((file, file.stat().st_mtime_ns) for file in files))


@lru_cache(maxsize=8)
def _known(folder: Path, figures: bool, _: tuple[tuple[Path, int], ...]) -> Known:
    found: list[float] = []
    files = [folder / "estimates.csv", *folder.glob("tables/*.csv")]
    for file in [*files, *(folder.glob("figures/*.csv") if figures else ())]:
        if file.exists() and file.stat().st_size:
            frame = pd.read_csv(file, dtype=str, keep_default_na=False)
            found.append(float(len(frame)))
            found += _numbers(frame)
    found += _parameters(folder)
    found += _parameters_of(parameters.read_yaml(_disclosure_file()))
    clean = np.unique(np.abs(np.array(found, dtype=float)))
    return Known(clean[np.isfinite(clean)], _phrases(folder))


def _numbers(frame: pd.DataFrame) -> list[float]:
    values: list[float] = []
    for column in frame.columns:
        numeric = pd.to_numeric(frame[column], errors="coerce").dropna()
        values += [float(value) for value in numeric]
    return values


def _parameters(folder: Path) -> list[float]:
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    rows = [entry.get("rows", 0) for entry in manifest.get("data", {}).values()]
    return _parameters_of(manifest.get("parameters", {})) + [float(count) for count in rows]


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


def _disclosure_file() -> Path:
    file = paths.params_dir() / "disclosure.yml"
    return file if file.exists() else paths.params_dir() / "counties.yml"


def _phrases(folder: Path) -> tuple[str, ...]:
    """Phrases of `report/definitions.yml` and of the folder's study, longest first."""
    file = paths.report_dir() / "definitions.yml"
    own = paths.texts_dir(folder.resolve().parent.name) / "definitions.yml"
    phrases = parameters.read_yaml(file).get("common", []) if file.exists() else []
    phrases += parameters.read_yaml(own)["phrases"] if own.exists() else []
    return tuple(sorted(map(str, phrases), key=len, reverse=True))
