"""Persons and municipalities of the simulated registers, and the draws their lives hang on."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.project import places
from naveval.studies.programs.codes import LAST_MONTH, month_code, month_number
from naveval.studies.programs.simulate.settings import AGE_SHARE, COUNTRY_SHARE, EDUCATION_SHARE

MONTHS = int(month_number(LAST_MONTH)) + 1
PER_COUNTY = 8
EPISODES = 4
ENTRY_DRAWS = ("group", "start", "plan", "mover", "move", "rest")
MONTH_DRAWS = ("leave", "later", "mix", "length", "change", "disabled", "gap", "noise")
PERSISTENCE = 0.965
PERSISTENT_SD = 0.9
PERMANENT_SD = 0.45


@dataclass(frozen=True)
class Persons:
    """Fixed traits of n simulated persons.

    Attributes
    ----------
    person
        Id.
    sex
        0 man, 1 woman.
    birth_year, country, education, municipality
        Education in eight levels, municipality as position in the list.
    immigrated
        Month number of first immigration; very negative for the rest.
    permanent
        What the registers do not show of a person's chances.
    first_entry
        Month number of the first registration; negative for those registered from the start.
    """

    person: NDArray[np.int64]
    sex: NDArray[np.int8]
    birth_year: NDArray[np.int64]
    country: NDArray[np.int8]
    education: NDArray[np.int8]
    immigrated: NDArray[np.int64]
    municipality: NDArray[np.int64]
    permanent: NDArray[np.float32]
    first_entry: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.person)

    def take(self, rows: NDArray[np.int64]) -> "Persons":
        return Persons(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Draws:
    """Every random number of the persons' lives, so that a life can be lived twice.

    Attributes
    ----------
    month
        Name to (months, n) uniforms, one for each kind of event.
    entry
        Name to (episodes, n) uniforms used at registration.
    persistent
        (months, n) slowly changing chances (autoregressive, normal).
    """

    month: dict[str, NDArray[np.float32]]
    entry: dict[str, NDArray[np.float32]]
    persistent: NDArray[np.float32]

    def take(self, rows: NDArray[np.int64]) -> "Draws":
        return Draws(
            {name: values[:, rows] for name, values in self.month.items()},
            {name: values[:, rows] for name, values in self.entry.items()},
            self.persistent[:, rows],
        )


def draw_persons(
    rng: np.random.Generator, first_id: int, first_entry: NDArray[np.int64]
) -> Persons:
    """Draw persons whose first registration is in the given months."""
    n = len(first_entry)
    bands = rng.choice(len(AGE_SHARE), n, p=[share for *_, share in AGE_SHARE])
    low, high = (np.array([band[k] for band in AGE_SHARE])[bands] for k in (0, 1))
    age = rng.integers(low, high)
    year = 2009 + np.maximum(first_entry, 0) // 12
    country = rng.choice(4, n, p=COUNTRY_SHARE).astype(np.int8)
    education = rng.choice(8, n, p=EDUCATION_SHARE).astype(np.int8)
    education = np.where((age < 19) & (education > 2), 1, education).astype(np.int8)
    more_unknown = (country == 3) & (rng.random(n) < 0.12)
    education = np.where(more_unknown, 0, education).astype(np.int8)
    since = rng.gamma(1.3, 70, n).astype(np.int64) + 3
    immigrated = np.where(country > 0, np.maximum(first_entry, 0) - since, -9999)
    order = rng.permutation(n)
    return Persons(
        person=np.arange(first_id, first_id + n),
        sex=(rng.random(n) < 0.452).astype(np.int8),
        birth_year=year - age,
        country=country,
        education=education,
        immigrated=immigrated,
        municipality=rng.choice(len(municipality_list()), n, p=_sizes())[order],
        permanent=(PERMANENT_SD * rng.standard_normal(n)).astype(np.float32),
        first_entry=first_entry,
    )


def draw_draws(rng: np.random.Generator, n: int) -> Draws:
    """Draw all random numbers of n lives."""
    persistent = np.empty((MONTHS, n), dtype=np.float32)
    shock = rng.standard_normal((MONTHS, n), dtype=np.float32)
    persistent[0] = PERSISTENT_SD * shock[0]
    step = np.float32(PERSISTENT_SD * np.sqrt(1 - PERSISTENCE**2))
    for t in range(1, MONTHS):
        persistent[t] = np.float32(PERSISTENCE) * persistent[t - 1] + step * shock[t]
    month = {name: rng.random((MONTHS, n), dtype=np.float32) for name in MONTH_DRAWS}
    entry = {name: rng.random((EPISODES, n), dtype=np.float32) for name in ENTRY_DRAWS}
    return Draws(month, entry, persistent)


def municipality_list() -> pd.DataFrame:
    """Simulated municipalities: code (county and two digits), county, centrality 1 to 3."""
    codes = places.codes(2024)
    rows = [
        (f"{county}{k + 1:02d}", county, min(3, 1 + k // 3))
        for county in codes
        for k in range(PER_COUNTY)
    ]
    return pd.DataFrame(rows, columns=["municipality", "county", "centrality"])


def _sizes() -> NDArray[np.float64]:
    """Share of the persons in each municipality: central ones and three counties are larger."""
    table = municipality_list()
    size = np.array([5.0, 2.0, 1.0])[table.centrality.to_numpy() - 1]
    order = table.county.rank(method="dense").to_numpy()
    size = size * (1 + 1.5 * (order % 4 == 1))
    return size / size.sum()


def municipality_months(rng: np.random.Generator) -> pd.DataFrame:
    """Conditions per municipality and month: unemployment, mean income, disability share."""
    table = municipality_list()
    n = len(table)
    level = 2.4 + 0.7 * rng.standard_normal(n)
    income = 33_000 + 3_000 * rng.standard_normal(n) + 2_000 * (table.centrality == 1)
    disability = np.clip(10 + 2.5 * rng.standard_normal(n) - 1.5 * (table.centrality == 1), 4, 18)
    t = np.arange(MONTHS)
    cycle = 0.4 * np.sin(2 * np.pi * (t - 60) / 96) + 0.2 * np.cos(2 * np.pi * t / 12)
    covid = np.where(t >= month_number(202003), 3.5 * np.exp(-(t - month_number(202003)) / 6), 0)
    rate = np.clip(level[:, None] + cycle + covid, 0.4, None)
    growth = 1.03 ** (t / 12)
    return pd.DataFrame(
        {
            "municipality": np.repeat(table.municipality.to_numpy(), MONTHS),
            "month": np.tile(month_code(t), n),
            "unemployment_percent": rate.ravel().round(2),
            "mean_income_nok": (income.to_numpy()[:, None] * growth).ravel().round(),
            "disability_percent": np.repeat(disability, MONTHS).round(2),
            "centrality": np.repeat(table.centrality.to_numpy(), MONTHS),
        }
    )
