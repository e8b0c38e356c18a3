"""The characteristics of the work indicator's model: categories, references, versions.

Two versions are selectable. *report* is the model of the document; *production* (appendix D)
leaves out expected employment and has duration in 20 categories: months 0 to 18 one by one,
and 19 and over as one.

The printed table has country group, residence and their interaction as separate dummies, and
pensionable income as a mark and deciles. The estimation uses one variable with 30 cells and
one with 12 levels, which span the same columns; `published_rows` turns the estimates into the
printed rows.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from naveval.estimators.categorical import Variable
from naveval.project.errors import ParameterError

VERSIONS: tuple[str, ...] = ("report", "production")
OUTCOMES = ("atid3", "atid12", "jobb3", "jobb12")
HORIZON = {
    "atid3": 3,
    "jobb3": 3,
    "atid12": 12,
    "jobb12": 12,
    "atid24": 24,
    "jobb24": 24,
    "atid36": 36,
    "jobb36": 36,
    "atid6": 6,
    "jobb6": 6,
    "atid60": 60,
    "jobb60": 60,
}
COHORTS = (6, 12, 24, 60)
"""Months after entry at which cohorts are described (appendix B, alternative 5)."""

FIRST_AGE, LAST_AGE = 18, 67
MARKS = (
    "higher_education",
    "married",
    "woman",
    "laid_off",
    "health_benefit",
    "work_benefit",
    "disability",
)
HOURS_LIMITS = (0.0, 8.0, 16.0, 24.0, 32.0, 38.0)
HOURS_LEVELS = ("0", "0-8", "8-16", "16-24", "24-32", "32-38", "38+")
COUNTRY_GROUPS = ("norge", "landgruppe_1", "landgruppe_2", "landgruppe_3", "ukjent")
RESIDENCE_LIMITS = (12, 24, 36, 48, 120)
RESIDENCE_LEVELS = ("0-12", "13-24", "25-36", "37-48", "49-120", "121+")
HISTORY_LIMITS = (0, 6, 12, 18, 24, 36, 60)
HISTORY_LEVELS = ("0", "1-6", "7-12", "13-18", "19-24", "25-36", "37-60", "61+")
DECILES = tuple(f"decile_{k}" for k in range(1, 11))
MARKET_LEVELS = 20
LAST_DURATION: Mapping[str, int] = {"report": 60, "production": 19}
LONG_RESIDENCE = RESIDENCE_LEVELS.index("121+")
MARKET = ("inflow", "employment")
STATUS = ("nedsatt", "helt_ledig", "delvis_ledig", "tiltak", "annet")
GROUPS = (
    "spesielt_tilpasset",
    "situasjonsbestemt",
    "arbeidsevnevurdering",
    "standard",
    "ikke_vurdert",
    "helserelatert",
    "sykmeldt",
)
PROGRAMS = (
    "",
    "oppfolging",
    "arbeid_med_stotte",
    "jobbklubb",
    "digital_oppfolging",
    "ips",
    "lonnstilskudd",
    "arbeidstrening",
    "opplaering",
    "andre_tiltak",  # programmes that the document does not break down
)
NO_PROGRAM = "ingen"  # the word for PROGRAMS[0], which CSV cannot write


def duration_levels(version: str) -> tuple[str, ...]:
    last = LAST_DURATION[version]
    return (*(str(k) for k in range(last)), f"{last}+")


def variables(
    version: str = "report", *, hours: bool = True, months: tuple[str, ...] = ()
) -> list[Variable]:
    """The variables of a version of the model, in the order of the code columns.

    Parameters
    ----------
    hours
        Whether weekly hours at measurement are in the model (the document's figure 2).
    months
        Calendar months as dummies (appendix B, alternative 2); none without.

    Raises
    ------
    ParameterError
        For an unknown version.
    """
    if version not in VERSIONS:
        raise ParameterError(f"unknown version {version!r}; allowed: {', '.join(VERSIONS)}")
    cells = tuple(f"{group}:{stay}" for group in COUNTRY_GROUPS for stay in RESIDENCE_LEVELS)
    market = tuple(str(k) for k in range(1, MARKET_LEVELS + 1))
    ages = (*(str(k) for k in range(FIRST_AGE, LAST_AGE)), f"{LAST_AGE}+")
    chosen = [
        Variable("age", ages, 40 - FIRST_AGE),
        Variable("children", ("0", "1", "2", "3", "4+")),
        *(Variable(mark, ("no", "yes")) for mark in MARKS),
        Variable("wage", ("none", *DECILES)),
        Variable("pension", ("later", "none", *DECILES)),
        Variable("origin", cells, LONG_RESIDENCE),
        Variable("history", HISTORY_LEVELS),
        Variable("duration", duration_levels(version)),
        Variable("inflow", market),
    ]
    if hours:
        chosen.append(Variable("hours", HOURS_LEVELS))
    if version == "report":
        chosen.append(Variable("employment", market))
    if months:
        chosen.append(Variable("month", months))
    return chosen


def hours_code(weekly: NDArray) -> NDArray[np.int8]:
    """Weekly hours at measurement in seven bands; the upper limit belongs to the band."""
    return np.searchsorted(HOURS_LIMITS, weekly, side="left").astype(np.int8)


def residence_code(months: NDArray) -> NDArray[np.int8]:
    return np.searchsorted(RESIDENCE_LIMITS, months, side="left").astype(np.int8)


def history_code(months: NDArray) -> NDArray[np.int8]:
    return np.searchsorted(HISTORY_LIMITS, months, side="left").astype(np.int8)


def age_code(years: NDArray) -> NDArray[np.int8]:
    """Single years; 67 and over are one category (the text's, no such row is printed)."""
    return (np.minimum(years, LAST_AGE) - FIRST_AGE).astype(np.int8)


def origin_code(country_group: NDArray, residence: NDArray) -> NDArray[np.int8]:
    """Cell of country group and residence band."""
    return (country_group * len(RESIDENCE_LEVELS) + residence).astype(np.int8)
