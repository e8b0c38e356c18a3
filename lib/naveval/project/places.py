"""Counties with validity dates, the links between them, and Nav's regions.

Everything comes from `params/counties.yml`, the only list of counties in the project. A county
code is two characters of text ("03"); "" is the whole country. Dates decide which counties
exist: 19 in 2014, 15 in 2024.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

from naveval.project import paths
from naveval.project.errors import ParameterError

FOREVER = date(9999, 12, 31)
WHOLE_COUNTRY = ""
CURRENT_YEAR = 2024
"""The year whose counties people choose among today."""


@dataclass(frozen=True)
class Place:
    """What a report is about: the whole country (code "") or one county.

    Attributes
    ----------
    code
        Two characters of text, "" for the whole country.
    name
        Name in bokmål, which is also how a place is written in a text.
    slug
        Name of its folder: `34-innlandet`, `hele-landet`.
    """

    code: str
    name: str
    slug: str
    kind: Literal["country", "county"]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class County:
    """One county code and the days it is valid, first and last included."""

    code: str
    name: str
    valid_from: date
    valid_to: date
    slug: str


@dataclass(frozen=True)
class Link:
    """What became of a county: all of it went to `to_code`, or a split-off part did."""

    from_code: str
    to_code: str
    on: date
    kind: Literal["whole", "split"]


@dataclass(frozen=True)
class Region:
    """A Nav region: counties wholly inside, and those of which only a part belongs to it."""

    code: str
    name: str
    valid_from: date
    valid_to: date
    counties: tuple[str, ...]
    part_of: tuple[str, ...]


@dataclass(frozen=True)
class CountyList:
    """The checked content of `params/counties.yml`."""

    whole_country: County
    counties: tuple[County, ...]
    links: tuple[Link, ...]
    same_as: tuple[tuple[str, str], ...]
    regions: tuple[Region, ...]


def ascii_slug(text: str) -> str:
    """Lower-case ASCII with hyphens: «Møre og Romsdal» becomes `more-og-romsdal`."""
    letters = text.lower().translate({ord("ø"): "o", ord("å"): "a", ord("æ"): "ae"})
    plain = unicodedata.normalize("NFKD", letters).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def as_date(value: Any, where: str) -> date:
    """A date from ISO text; ParameterError naming `where` otherwise."""
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ParameterError(f"{where}: {value!r}: expected a quoted date, yyyy-mm-dd") from None


def as_code(value: Any, where: str) -> str:
    """Two digits of text; ParameterError naming `where` otherwise (3 or "3" is not "03")."""
    if not isinstance(value, str) or not re.fullmatch(r"\d\d", value):
        raise ParameterError(f'{where}: {value!r}: expected two digits in quotes, such as "03"')
    return value


def read(path: Path) -> CountyList:
    """Read and check a county file.

    Raises
    ------
    ParameterError
        When the file is missing or not YAML, a code or date is not quoted text, a code occurs
        twice, a link names an unknown county, or a checked year has the wrong number.
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        counties = tuple(_county(row, path) for row in raw["counties"])
        codes = [county.code for county in counties]
        links = tuple(
            Link(
                known(row["from"], codes, path),
                known(row["to"], codes, path),
                as_date(row["date"], str(path)),
                row["kind"],
            )
            for row in raw["links"]
        )
        same = tuple(
            (known(row["from"], codes, path), known(row["to"], codes, path))
            for row in raw["same_as"]
        )
        regions = tuple(_region(row, codes, path) for row in raw["regions"])
        whole = raw["whole_country"]
        country = County(WHOLE_COUNTRY, whole["name"], date.min, FOREVER, whole["slug"])
        expected = {int(year): count for year, count in raw["checked_years"].items()}
    except FileNotFoundError:
        raise ParameterError(f"{path}: no such file") from None
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise ParameterError(f"{path}: not a county file: {error!r}") from None
    if len(set(codes)) != len(codes):
        raise ParameterError(f"{path}: a county code occurs twice")
    for year, count in expected.items():
        found = sum(_valid(county, date(year, 1, 1)) for county in counties)
        if found != count:
            raise ParameterError(f"{path}: {found} counties in {year}, expected {count}")
    return CountyList(country, counties, links, same, regions)


def known(value: Any, codes: list[str], path: Path) -> str:
    code = as_code(value, str(path))
    if code not in codes:
        raise ParameterError(f"{path}: county {code} is not in the list of counties")
    return code


def _county(row: dict[str, Any], path: Path) -> County:
    code = as_code(row["code"], str(path))
    until = as_date(row["valid_to"], str(path)) if "valid_to" in row else FOREVER
    since = as_date(row["valid_from"], str(path))
    return County(code, row["name"], since, until, f"{code}-{ascii_slug(row['name'])}")


def _region(row: dict[str, Any], codes: list[str], path: Path) -> Region:
    until = as_date(row["valid_to"], str(path)) if "valid_to" in row else FOREVER
    return Region(
        row["code"],
        row["name"],
        as_date(row["valid_from"], str(path)),
        until,
        tuple(known(code, codes, path) for code in row["counties"]),
        tuple(known(code, codes, path) for code in row.get("part_of", {})),
    )


def _valid(item: County | Region, day: date) -> bool:
    return item.valid_from <= day <= item.valid_to


@lru_cache(maxsize=4)
def _read_once(path: Path) -> CountyList:
    return read(path)


def county_list() -> CountyList:
    """The project's counties, links and regions."""
    return _read_once(paths.params_dir() / "counties.yml")


def _day(when: int | date | None) -> date | None:
    return date(when, 12, 31) if isinstance(when, int) else when


def counties(year: int | date) -> tuple[County, ...]:
    """Counties valid at the end of a year, or on a day, in order of code."""
    day = _day(year)
    assert day is not None
    found = (item for item in county_list().counties if _valid(item, day))
    return tuple(sorted(found, key=lambda item: item.code))


def codes(year: int | date) -> tuple[str, ...]:
    """Codes of the counties valid at the end of a year, or on a day."""
    return tuple(item.code for item in counties(year))


def county(code: str, on: int | date | None = None) -> County:
    """The county with this code or name, "" for the whole country; valid on a day or in a year.

    Case does not matter in a name, and of «Troms - Romsa - Tromssa» the first part counts. A name
    that several counties had (Østfold, before 2020 and from 2024) needs a day or year.

    Raises
    ------
    ParameterError
        For an unknown code or name, or one of other years, which counties it was or became; lists
        the allowed codes with names.
    """
    if isinstance(code, str) and code.casefold() in (
        WHOLE_COUNTRY,
        county_list().whole_country.name,
    ):
        return county_list().whole_country
    day = _day(on)
    allowed = counties(day) if day else county_list().counties
    named = [item for item in allowed if is_called(item, code)]
    if len(named) == 1:
        return named[0]
    when = f" in {on if isinstance(on, int) else day}" if day else ""
    when += ", which several were called" if named else ""
    raise ParameterError(
        f"unknown county {code!r}{when}{_of_other_years(code, day)}; allowed: "
        + ", ".join(_told(item) for item in allowed)
        + ', or "" for the whole country'
    )


def is_called(item: County, code: Any) -> bool:
    """Whether a code or a name, in any case and with its Sámi and Kven forms, is this county's.

    >>> is_called(county("34"), "INNLANDET"), is_called(county("55"), "Troms - Romsa - Tromssa")
    (True, True)
    """
    known = (item.code, item.name.casefold())
    return isinstance(code, str) and code.partition(" - ")[0].strip().casefold() in known


def _of_other_years(code: Any, day: date | None) -> str:
    """Words on the counties that a code of other years was then or had become; or nothing."""
    named = [item for item in county_list().counties if is_called(item, code)]
    if not named or day is None:
        return ""
    early = named[0].valid_from > day
    others = (predecessors if early else successors)(named[0].code, day)
    listed = " and ".join(_told(county(other)) for other in others)
    return f": {named[0].name} {'was then' if early else 'has become'} {listed}"


def _told(item: County) -> str:
    return f'"{item.code}" {item.name}'


def name(code: str) -> str:
    """Name in bokmål; «hele landet» for ""."""
    return county(code).name


def slug(code: str) -> str:
    """Folder name of a county: `34-innlandet`; `hele-landet` for ""."""
    return county(code).slug


def successors(code: str, on: int | date = 2024) -> tuple[str, ...]:
    """Codes at the end of a year, or on a day, that cover the county `code`.

    A county still valid is its own successor. A county merged and later divided again (Troms
    2014, 2024) has its own continuation as successor, not its former neighbours. A divided
    county has all its parts. Single municipalities that changed county are in `municipalities`.
    """
    start = county(code)
    day = _day(on)
    assert day is not None
    if _valid(start, day):
        return (start.code,)
    everything = county_list()
    valid = {item.code for item in counties(day)}
    same = tuple(new for old, new in everything.same_as if old == start.code and new in valid)
    if same:
        return same
    nexts = (link.to_code for link in everything.links if link.from_code == code and link.on <= day)
    return tuple(sorted({found for step in nexts for found in successors(step, day)}))


def predecessors(code: str, on: int | date = 2014) -> tuple[str, ...]:
    """Codes at the end of a year, or on a day, whose successors include `code`."""
    now = county(code)
    day = _day(on)
    assert day is not None
    if _valid(now, day):
        return (now.code,)
    after = now.valid_from
    return tuple(item.code for item in counties(day) if now.code in successors(item.code, after))


def regions(on: int | date = 2024) -> tuple[Region, ...]:
    """Nav's regions at the end of a year, or on a day; ParameterError before 2019."""
    day = _day(on)
    assert day is not None
    found = tuple(item for item in county_list().regions if _valid(item, day))
    if not found:
        raise ParameterError(f"Nav's 12 regions are valid from 2019-01-01, not on {day}")
    return found


def place(code: str) -> Place:
    """The place with this code, "" for the whole country; ParameterError when there is none.

    >>> place("34").slug
    '34-innlandet'
    """
    item = county(code)
    kind: Literal["country", "county"] = "country" if code == WHOLE_COUNTRY else "county"
    return Place(item.code, item.name, item.slug, kind)
