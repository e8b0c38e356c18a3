"""Persons and municipalities of the simulated registers, and the draws their lives hang on."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.project import places
from naveval.registers.simulation import autoregressive
from naveval.studies.programs.codes import LAST_MONTH, month_code, month_number
from naveval.studies.programs.simulate.settings import AGES, COUNTY_SIZE, FLOW, STOCK, Shares

MONTHS = int(month_number(LAST_MONTH)) + 1
PER_COUNTY = 8
EPISODES = 4
ENTRY_DRAWS = ("group", "start", "plan", "mover", "move", "rest")
MONTH_DRAWS = ("leave", "later", "mix", "length", "change", "disabled", "gap", "noise")
PERSISTENCE = 0.965
PERSISTENT_SD = 0.9
PERMANENT_SD = 0.45
NEVER = 9999
FIRST_INCOME_YEAR, EARLY_YEARS = 2005, 4
BENEFITS = (
    "aap",
    "dagpenger",
    "tiltakspenger",
    "sosialhjelp",
    "sykepenger",
    "introduksjonsstonad",
    "kvalifiseringsstonad",
)
SOCIAL_SHARE, INTRODUCTION_SHARE = 0.10, 0.5
INTRODUCTION_MONTHS = 24
DISABLED_BEFORE = 0.03
LOCAL_SD, LOCAL_PERSISTENCE = 0.25, 0.97


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
    stock_group
        First group of those registered from the start, 0 for the rest.
    family, children
        Family type 1 to 8, and children 0 to 3 when of an age to have them.
    taste
        (n, benefits) uniforms that decide who gets which benefit.
    early_income
        (n, 4) income of 2005 to 2008 in kroner.
    disabled, degree
        Month number of disability from before, NEVER without, and degree in percent.
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
    stock_group: NDArray[np.int8]
    family: NDArray[np.int8]
    children: NDArray[np.int8]
    taste: NDArray[np.float32]
    early_income: NDArray[np.int32]
    disabled: NDArray[np.int64]
    degree: NDArray[np.int16]

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


@dataclass(frozen=True)
class Local:
    """Local conditions, (months, municipalities), and centrality 1 to 3 by municipality.

    Attributes
    ----------
    rate, before, after
        Unemployment in percent, its mean over the five months before and the six after.
    income
        Mean income by the country's.
    disability
        Percent with disability pension.
    """

    rate: NDArray[np.float32]
    before: NDArray[np.float32]
    after: NDArray[np.float32]
    income: NDArray[np.float32]
    disability: NDArray[np.float32]
    centrality: NDArray[np.int64]


def draw_persons(
    rng: np.random.Generator,
    first_id: int,
    first_entry: NDArray[np.int64],
    stock_group: NDArray[np.int8],
) -> Persons:
    """Draw persons whose first registration is in the given months."""
    n = len(first_entry)
    stock = stock_group > 0
    band = _draw(rng, stock, lambda shares: shares.age)
    low, high = np.array(AGES)[band].T
    # The youngest are mostly close to twenty.
    age = np.where(
        band == 0, high - 1 - (rng.random(n) ** 2 * 3).astype(int), rng.integers(low, high)
    )
    year = 2009 + np.maximum(first_entry, 0) // 12
    country = _draw(rng, stock, lambda shares: shares.country).astype(np.int8)
    education = _draw(rng, stock, lambda shares: shares.education).astype(np.int8)
    education = np.where((age < 19) & (education > 2), 1, education).astype(np.int8)
    entry = np.maximum(first_entry, 0)
    # Nobody immigrates before the year of birth: a longer time starts anew within the life.
    lived = 12 * age + entry % 12
    since = 3 + rng.gamma(1.3, 70, n).astype(np.int64) % (lived - 3)
    immigrated = np.where(country > 0, entry - since, -9999)
    before = (rng.random(n) < DISABLED_BEFORE) & (age >= 25) & ~stock
    worked = rng.random((n, EARLY_YEARS)) < 0.75
    early = (worked * rng.uniform(0.4, 1.6, worked.shape) * 290_000).astype(np.int32)
    years = FIRST_INCOME_YEAR + np.arange(EARLY_YEARS)
    child = (years - (year - age)[:, None] < 18) | ((years - 2009) * 12 < immigrated[:, None])
    return Persons(
        person=np.arange(first_id, first_id + n),
        sex=(rng.random(n) < np.where(stock, STOCK.women, FLOW.women)).astype(np.int8),
        birth_year=year - age,
        country=country,
        education=education,
        immigrated=immigrated,
        municipality=rng.choice(len(municipality_list()), n, p=_sizes()),
        permanent=(PERMANENT_SD * rng.standard_normal(n)).astype(np.float32),
        first_entry=first_entry,
        stock_group=stock_group,
        family=rng.integers(1, 9, n).astype(np.int8),
        children=np.minimum(rng.poisson(0.8, n), 3).astype(np.int8),
        taste=rng.random((n, len(BENEFITS)), dtype=np.float32),
        early_income=np.where(child, 0, early),
        disabled=np.where(before, np.maximum(entry - rng.integers(3, 90, n), 0), NEVER),
        degree=rng.choice([30, 50, 60, 100], n, p=[0.2, 0.2, 0.1, 0.5]).astype(np.int16),
    )


def _draw(
    rng: np.random.Generator, stock: NDArray[np.bool_], share: Callable[[Shares], NDArray]
) -> NDArray[np.int64]:
    """Categories by the shares of the flow or the stock."""
    edges = np.array([share(FLOW).cumsum(), share(STOCK).cumsum()])[stock.astype(int)]
    return (rng.random(len(stock))[:, None] * edges[:, -1:] > edges).sum(axis=1)


def social_assistance(persons: Persons, who: NDArray[np.int64], t: NDArray) -> NDArray[np.bool_]:
    """Who of (m,) persons gets social assistance in months (k, 1) when out of work."""
    from_month = np.maximum((persons.birth_year[who] + 18 - 2009) * 12, persons.immigrated[who])
    return (persons.taste[who, BENEFITS.index("sosialhjelp")] < SOCIAL_SHARE) & (t >= from_month)


def introduction(persons: Persons, who: NDArray[np.int64], t: NDArray) -> NDArray[np.bool_]:
    """Who of (m,) persons takes part in the introduction programme in months (k, 1)."""
    taste = persons.taste[who, BENEFITS.index("introduksjonsstonad")]
    since = t - persons.immigrated[who]
    able = (persons.country[who] == 3) & (taste < INTRODUCTION_SHARE)
    return able & (since >= 0) & (since < INTRODUCTION_MONTHS)


def draw_draws(rng: np.random.Generator, n: int) -> Draws:
    """Draw all random numbers of n lives."""
    shocks = autoregressive(rng, (n, MONTHS), PERSISTENCE, PERSISTENT_SD)
    persistent = np.ascontiguousarray(shocks.T, dtype=np.float32)
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
    """Share of the persons in each municipality: by county, and there central ones are larger."""
    table = municipality_list()
    size = pd.Series(np.array([5.0, 2.0, 1.0])[table.centrality.to_numpy() - 1])
    within = size / size.groupby(table.county).transform("sum")
    shares = (within * table.county.map(COUNTY_SIZE)).to_numpy()
    return shares / shares.sum()


def municipality_months(rng: np.random.Generator) -> pd.DataFrame:
    """Conditions per municipality and month: unemployment, mean income, disability share.

    Unemployment has a level, a cycle, a season and the outbreak of covid, all over the country,
    and shocks of the county and of the municipality with the same size and persistence.
    """
    table = municipality_list()
    n = len(table)
    level = 2.4 + 0.7 * rng.standard_normal(n)
    income = 33_000 + 3_000 * rng.standard_normal(n) + 2_000 * (table.centrality == 1)
    disability = np.clip(10 + 2.5 * rng.standard_normal(n) - 1.5 * (table.centrality == 1), 4, 18)
    t = np.arange(MONTHS)
    cycle = 0.4 * np.sin(2 * np.pi * (t - 60) / 96) + 0.2 * np.cos(2 * np.pi * t / 12)
    covid = np.where(t >= month_number(202003), 3.5 * np.exp(-(t - month_number(202003)) / 6), 0)
    shape = (n // PER_COUNTY, MONTHS)
    county = autoregressive(rng, shape, LOCAL_PERSISTENCE, LOCAL_SD).repeat(PER_COUNTY, axis=0)
    own = autoregressive(rng, (n, MONTHS), LOCAL_PERSISTENCE, LOCAL_SD)
    rate = np.clip(level[:, None] + cycle + covid + county + own, 0.4, None)
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


def local_conditions(table: pd.DataFrame) -> Local:
    """The frame of `municipality_months` as arrays."""

    def wide(name: str) -> NDArray[np.float64]:
        return table[name].to_numpy(float).reshape(-1, MONTHS).T

    rate, income = wide("unemployment_percent"), wide("mean_income_nok")
    sums = np.vstack([np.zeros(rate.shape[1]), rate.cumsum(axis=0)])
    t = np.arange(MONTHS)

    def mean(first: NDArray, stop: NDArray) -> NDArray[np.float32]:
        first, stop = np.clip(first, 0, MONTHS), np.clip(stop, 0, MONTHS)
        months = (stop - first)[:, None]
        found = (sums[stop] - sums[first]) / np.maximum(months, 1)
        return np.where(months > 0, found, rate).astype(np.float32)

    return Local(
        rate=rate.astype(np.float32),
        before=mean(t - 5, t),
        after=mean(t + 1, t + 7),
        income=(income / income.mean(axis=1, keepdims=True)).astype(np.float32),
        disability=wide("disability_percent").astype(np.float32),
        centrality=table["centrality"].to_numpy()[::MONTHS],
    )
