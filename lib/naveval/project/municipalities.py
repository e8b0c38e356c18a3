"""Municipalities from 2010 on: which became which, and in what county a code lies in other years.

Everything comes from `params/municipalities.csv`: the municipalities of 1 January 2010 (rows
without a date) and every change of code since, merged and divided municipalities included. Source:
Statistics Norway, Klass 131 (CC BY 4.0), as it stood in June 2025, when the division of 2024 was
the newest; later years are taken to have that one. Changes of borders or names alone are no change
of code.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd

from naveval.project import paths, places
from naveval.project.errors import ParameterError

FIRST, LAST = 2010, 2026
FILE = "municipalities.csv"


@dataclass(frozen=True)
class Division:
    """Municipalities over time.

    Attributes
    ----------
    start
        Codes of 2010.
    changes
        By the year they took place in: pairs of old and new code, more than one of a code that
        was divided or is made of several.
    names
        Every code's last name.
    """

    start: frozenset[str]
    changes: dict[int, tuple[tuple[str, str], ...]]
    names: dict[str, str]


@lru_cache(maxsize=2)
def _read(file: Path) -> Division:
    rows = pd.read_csv(file, dtype=str, keep_default_na=False)
    changes = {
        int(year): tuple(part[["old", "new"]].itertuples(index=False, name=None))
        for year, part in rows[rows["date"] != ""].groupby(rows["date"].str[:4])
    }
    start = frozenset(rows.loc[rows["date"] == "", "new"])
    return Division(start, changes, dict(zip(rows["new"], rows["name"], strict=True)))


def division() -> Division:
    """The project's list."""
    return _read(paths.params_dir() / FILE)


@lru_cache(maxsize=LAST - FIRST + 1)
def codes(year: int) -> frozenset[str]:
    """Codes of the municipalities of a year.

    >>> [len(codes(year)) for year in (2012, 2018, 2020, 2024)]
    [429, 422, 356, 357]
    """
    return frozenset(_forward(division().start, FIRST, year))


def _forward(area: Iterable[str], of: int, on: int) -> set[str]:
    """The codes of an area in a later year."""
    found = set(area)
    for year in range(of + 1, on + 1):
        pairs = [pair for pair in division().changes.get(year, ()) if pair[0] in found]
        found = (found - {old for old, _ in pairs}) | {new for _, new in pairs}
    return found


def _backward(area: Iterable[str], of: int, on: int) -> set[str]:
    """The codes of an area in an earlier year."""
    found = set(area)
    for year in range(of, on, -1):
        pairs = [pair for pair in division().changes.get(year, ()) if pair[1] in found]
        found = (found - {new for _, new in pairs}) | {old for old, _ in pairs}
    return found


def parts(code: str, of: int, on: int) -> tuple[str, ...]:
    """The municipalities of the year `on` that hold all or a part of one of the year `of`.

    Raises
    ------
    ParameterError
        For a code that no municipality had in the year `of`, or a year outside 2010 to 2026.

    Examples
    --------
    >>> parts("1507", 2020, 2024), parts("3025", 2020, 2019)
    (('1508', '1580'), ('0220', '0627', '0628'))
    """
    for year in (of, on):
        if not FIRST <= year <= LAST:
            raise ParameterError(f"municipalities of {year}: known from {FIRST} to {LAST}")
    if code not in codes(of):
        raise ParameterError(f"{code}: no municipality had this code in {of}{_when(code)}")
    step = _forward if on >= of else _backward
    return tuple(sorted(step((code,), of, on)))


def _when(code: str) -> str:
    valid = [year for year in range(FIRST, LAST + 1) if code in codes(year)]
    if not valid:
        return ""
    return f"; {division().names[code]} had it from {valid[0]} to {valid[-1]}"


def county(code: str, of: int, on: int) -> str:
    """Code of the county of the year `on` that a municipality of the year `of` lies in.

    Raises
    ------
    ParameterError
        See `parts`; also when the municipality's parts lie in several counties, naming them.

    Examples
    --------
    >>> county("0220", 2014, 2022), county("1850", 2019, 2024)
    ('30', '18')
    >>> county("3025", 2022, 2014)
    Traceback (most recent call last):
    naveval.project.errors.ParameterError: 3025 Asker lay in 2014 in several counties: 0220 ...
    """
    found = parts(code, of, on)
    if len({part[:2] for part in found}) == 1:
        return found[0][:2]
    names = division().names
    listed = ", ".join(f"{part} {names[part]} in {places.name(part[:2])}" for part in found)
    verb = "lies" if on > of else "lay"
    raise ParameterError(f"{code} {names[code]} {verb} in {on} in several counties: {listed}")


@lru_cache(maxsize=16)
def recoded(on: int) -> dict[str, str]:
    """Every municipality code since 2010 that became, or was, one municipality of the year `on`.

    Divided municipalities are left out, and so are those that were merged later than `on`.
    """
    return {code: found[0] for code, found in _lives(on) if len(found) == 1}


@lru_cache(maxsize=16)
def in_counties(on: int) -> dict[str, str]:
    """Codes of municipalities and counties of any year to the one county of the year `on`.

    >>> known = in_counties(2024)
    >>> known["0301"], known["0402"], known["04"], known["3025"], "30" in known
    ('03', '34', '34', '32', False)
    """
    counties = {
        item.code: found
        for item in places.county_list().counties
        for found in [{*places.successors(item.code, on), *places.predecessors(item.code, on)}]
    }
    found = {code: found.pop() for code, found in counties.items() if len(found) == 1}
    for code, lives in _lives(on):
        within = {part[:2] for part in lives}
        if len(within) == 1:
            found[code] = within.pop()
    return found


def names_in(code: str, on: int) -> list[str]:
    """Names of the municipalities since 2010 that lie in a county of the year `on`, sorted.

    >>> names_in("03", 2024)
    ['Oslo']
    """
    names, within = division().names, in_counties(on)
    own = (name for municipality, name in names.items() if within.get(municipality) == code)
    # «Os (Hedmark)» says which Os it is.
    return sorted({name.partition(" (")[0] for name in own})


def _lives(on: int) -> list[tuple[str, tuple[str, ...]]]:
    """Every code with the municipalities of a year that it was, or became."""
    found = []
    for code in sorted(division().names):
        valid = [year for year in range(FIRST, LAST + 1) if code in codes(year)]
        near = min(valid, key=lambda year: abs(year - on))
        found.append((code, parts(code, near, on)))
    return found
