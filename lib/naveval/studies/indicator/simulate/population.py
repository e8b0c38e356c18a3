"""Who registers and where: characteristics by status group, offices, local labour markets.

Shares and means are the document's (appendix A tables 1 and 2); where the document prints no
distribution, a plausible one with the printed mean is used, and the report's appendix shows
the deviation. Regions, offices and county sizes are stylised.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.project import months as calendar_months
from naveval.project import paths
from naveval.project import places as counties
from naveval.project.parameters import read_yaml
from naveval.studies.indicator.characteristics import COUNTRY_GROUPS, GROUPS, STATUS
from naveval.studies.indicator.published import STATUSES, composition, table1

WORLD = read_yaml(paths.params_dir() / "simulated_indicator.yml")
GROUP_SHARES = np.array(WORLD["group_shares"])
COUNTY_SIZE: dict[str, float] = WORLD["county_size"]
N_OFFICES = 264
N_REGIONS = 160
YOUNGEST, OLDEST = 18, 66
AGE_SPREAD = 3.2
MARRIED_YOUNGER = np.array([1.14, 1.27, 1.16, 1.39, 1.08])
CHILDREN = np.array([1.28, 1.31, 1.31, 1.44, 1.45])
EXTRA_HISTORY = (10.0, 9.0, 9.0, 8.0, 9.0)


@dataclass(frozen=True)
class Places:
    """Offices with their county and region.

    office (offices,), county and region codes per office, share of all persons per office;
    region_county: county of each region.
    """

    offices: tuple[str, ...]
    counties: tuple[str, ...]
    regions: tuple[str, ...]
    office_county: NDArray[np.int16]
    office_region: NDArray[np.int16]
    share: NDArray[np.float64]


def apportion(weights: NDArray, total: int) -> NDArray[np.int64]:
    """Whole numbers proportional to weights, at least one each, that sum to `total`."""
    raw = weights / weights.sum() * total
    whole = np.maximum(np.floor(raw), 1).astype(int)
    while whole.sum() < total:
        whole[np.argmax(raw - whole)] += 1
    while whole.sum() > total:
        whole[np.argmin(np.where(whole > 1, raw - whole, np.inf))] -= 1
    return whole


def places(rng: np.random.Generator) -> Places:
    """264 offices in 160 labour-market regions in the 15 counties of 2024."""
    codes = counties.codes(2024)
    size = np.array([COUNTY_SIZE[code] for code in codes])
    n_offices = apportion(np.sqrt(size), N_OFFICES)
    n_regions = np.minimum(apportion(np.sqrt(size), N_REGIONS), n_offices)
    offices: list[str] = []
    regions: list[str] = []
    county, region, share = [], [], []
    for k, code in enumerate(codes):
        weight = rng.lognormal(0, 0.75, n_offices[k])
        first = len(regions)
        regions += [f"{code}{r + 1:02d}" for r in range(n_regions[k])]
        for j in range(n_offices[k]):
            offices.append(f"{code}{j + 1:02d}")
            county.append(k)
            region.append(first + j % n_regions[k])
            share.append(size[k] * weight[j] / weight.sum())
    return Places(
        tuple(offices),
        tuple(codes),
        tuple(regions),
        np.array(county, dtype=np.int16),
        np.array(region, dtype=np.int16),
        np.array(share) / np.sum(share),
    )


def status_shares() -> NDArray[np.float64]:
    """Shares of the five status groups (table 1)."""
    frame = table1()
    own = frame[frame["variable"].str.startswith("Personer i populasjonen (%")]
    share = own.set_index("user_group")["value"]
    values = np.array([share[STATUSES[key]] for key in STATUS])
    return values / values.sum()


def means(variable: str) -> NDArray[np.float64]:
    """A variable of table 2 for the five status groups."""
    return np.array([composition(variable, STATUSES[key]) for key in STATUS])


def draw_age(rng: np.random.Generator, status: NDArray) -> NDArray[np.float32]:
    """Age in years with the printed mean of the status group."""
    mean = (means("Alder (gjennomsnitt)") - YOUNGEST) / (OLDEST + 1 - YOUNGEST)
    a = mean[status] * AGE_SPREAD
    b = (1 - mean[status]) * AGE_SPREAD
    return (YOUNGEST + (OLDEST + 1 - YOUNGEST) * rng.beta(a, b)).astype(np.float32)


def draw_children(rng: np.random.Generator, age: NDArray, status: NDArray) -> NDArray[np.int8]:
    """Children under 18, most at age 35 to 45."""
    rate = 1.25 * np.exp(-(((age - 39) / 9.5) ** 2))
    return np.minimum(rng.poisson(rate * CHILDREN[status]), 7).astype(np.int8)


def draw_origin(rng: np.random.Generator, status: NDArray) -> NDArray[np.int8]:
    """Country group with the printed shares; what is left of 100 percent is unknown."""
    names = ("Norge", "Landgruppe 1", "Landgruppe 2", "Landgruppe 3")
    shares = np.column_stack([means(f"Fødeland {name} (andel)") for name in names]) / 100
    unknown = np.maximum(1 - shares.sum(axis=1), 0.004)
    full = np.column_stack([shares, unknown])
    return choose(rng, full, status)


def choose(rng: np.random.Generator, shares: NDArray, row: NDArray) -> NDArray[np.int8]:
    """Draw a column per element from the shares in its row."""
    limits = np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1)
    return (rng.random(len(row))[:, None] > limits[row, :-1]).sum(axis=1).astype(np.int8)


def draw_persons(
    rng: np.random.Generator, status: NDArray, where: Places, elapsed: NDArray
) -> dict[str, NDArray]:
    """Characteristics of new persons.

    Parameters
    ----------
    status
        Status group code per person.
    elapsed
        Months since registration at the month of entry into the data.

    Returns
    -------
    Columns by name; codes are small integers.
    """
    n = len(status)
    age = draw_age(rng, status)
    origin = draw_origin(rng, status)
    adult_years = np.maximum(age - 17, 1)
    foreign_months = rng.exponential(np.array([999, 150, 140, 170, 80])[origin])
    residence = np.where(origin == 0, age * 12 - rng.integers(0, 12, n), foreign_months)
    newcomers = (origin == 0) & (rng.random(n) < 0.012)
    residence = np.where(newcomers, rng.exponential(50, n), residence)
    good = rng.normal(size=n) + 0.02 * (age - 40)
    no_wage = rng.random(n) < np.array([0.28, 0.22, 0.10, 0.38, 0.40])[status]
    rank = _ranked(good + np.array([-0.1, 0.05, 0.45, -0.5, -0.35])[status] + rng.normal(size=n))
    wage = np.where(no_wage, 0, rank + 1)
    office = rng.choice(len(where.share), n, p=where.share).astype(np.int16)
    health = means("Sykepengemottakere (andel)") + means("AAP-mottakere (andel)")
    dagpenger = means("Ordinære dagpengemottakere (andel)") + np.array([3, -9, -10, 0, 0.7])
    on_health = rng.random(n) < health[status] / 100
    extra = rng.random(n) < 0.42
    past = np.where(extra, rng.exponential(np.array(EXTRA_HISTORY)[status] * 1.6, n), 0)
    return {
        "status": status.astype(np.int8),
        "office": office,
        "age": age,
        "children": draw_children(rng, age, status),
        "origin": origin,
        "residence": np.minimum(residence, adult_years * 12 + 216).astype(np.int16),
        "married": rng.random(n)
        < (means("Gift (andel)") * MARRIED_YOUNGER)[status]
        / 100
        * np.clip((age - 18) / 22, 0, 1.15),
        "woman": rng.random(n) < means("kvinne (andel)")[status] / 100,
        "disability": rng.random(n) < means("Uføregrad større enn 0 (andel)")[status] / 100,
        "higher_education": (age < 34)
        & (rng.random(n) < np.array([0.01, 0.13, 0.07, 0.05, 0.03])[status]),
        "health_benefit": on_health,
        "work_benefit": ~on_health & (rng.random(n) < dagpenger[status] / 100),
        "laid_off": rng.random(n) < np.array([0.0, 0.035, 0.06, 0.0, 0.0])[status],
        "wage": wage.astype(np.int8),
        "rank": rank.astype(np.int8),
        "past": np.minimum(past, 60).astype(np.int8),
        "elapsed": elapsed.astype(np.int16),
    }


def _ranked(score: NDArray) -> NDArray[np.int64]:
    """Tenths of a normal score, 0 to 9, by fixed limits so that groups differ."""
    limits = np.array([-1.85, -1.22, -0.76, -0.36, 0.0, 0.36, 0.76, 1.22, 1.85])
    return np.searchsorted(limits, score)


def draw_groups(rng: np.random.Generator, status: NDArray, latent: NDArray) -> NDArray[np.int8]:
    """Innsatsgruppe, depending a little on what caseworkers see and the register does not."""
    group = choose(rng, GROUP_SHARES, status)
    seeker = (status == STATUS.index("helt_ledig")) | (status == STATUS.index("delvis_ledig"))
    swap = seeker & (rng.random(len(status)) < 0.35)
    better = np.where(latent > 0.15, GROUPS.index("standard"), GROUPS.index("situasjonsbestemt"))
    ordinary = (group == GROUPS.index("standard")) | (group == GROUPS.index("situasjonsbestemt"))
    return np.where(swap & ordinary, better, group).astype(np.int8)


assert len(COUNTRY_GROUPS) == 5


INDUSTRIES = tuple("ABCDEFGHIJKLMNOPQRS")
INFLOW_LEVEL = 0.0075
PANDEMIC_FACTOR: dict[str, float] = WORLD["pandemic_factor"]
MONTHS_BEFORE = 12


def write_market(out: Path, seed: int, where: Places, months: tuple[str, ...], first: str) -> None:
    """Write `inflow.parquet` and `industry.parquet`.

    Inflow covers the months of hours; industry starts 12 months before the first stock, since
    expected growth looks a year back.
    """
    rng = np.random.default_rng([seed, 3])
    size = np.bincount(where.office_region, weights=where.share, minlength=len(where.regions))
    force = np.round(2_900_000 * size).astype(int) + 300
    level = INFLOW_LEVEL * rng.lognormal(0, 0.22, len(force))
    exposure = rng.uniform(0.6, 1.4, len(force))
    blocks = []
    for t, month in enumerate(months):
        own = np.random.default_rng([seed, 4, t])
        season = 1 + 0.15 * np.cos(2 * np.pi * (int(month[5:7]) - 1) / 12)
        factor = 1 + (PANDEMIC_FACTOR.get(month, 1.0) - 1) * exposure
        count = own.poisson(force * level * season * factor)
        blocks.append(
            pd.DataFrame(
                {
                    "region": where.regions,
                    "month": month,
                    "new_unemployed": count,
                    "labour_force": force,
                }
            )
        )
    pd.concat(blocks, ignore_index=True).to_parquet(out / "inflow.parquet", index=False)
    _industry(rng, seed, where, months, first, force).to_parquet(
        out / "industry.parquet", index=False
    )


def _industry(
    rng: np.random.Generator,
    seed: int,
    where: Places,
    months: tuple[str, ...],
    first: str,
    force: np.ndarray,
) -> pd.DataFrame:
    mix = rng.dirichlet(np.full(len(INDUSTRIES), 2.5), size=len(force))
    start = calendar_months.month_text(calendar_months.month_number(first) - MONTHS_BEFORE)
    covered = calendar_months.month_range(start, months[-1])
    national = np.zeros(len(INDUSTRIES))
    blocks = []
    for t, month in enumerate(covered):
        own = np.random.default_rng([seed, 5, t])
        shock = -0.05 * (month == "2020-03") + 0.012 * ("2020-06" <= month <= "2020-12")
        hit = np.where(np.arange(len(INDUSTRIES)) % 4 == 0, 1.6, 0.4)
        national = (
            national
            + own.normal(0.0009, 0.004, len(INDUSTRIES))
            + shock * hit * (abs(shock) > 0.02)
            + 0.25 * shock * (abs(shock) <= 0.02)
        )
        level = force[:, None] * 0.95 * mix * np.exp(national)[None, :]
        count = own.poisson(level)
        blocks.append(
            pd.DataFrame(
                {
                    "region": np.repeat(where.regions, len(INDUSTRIES)),
                    "month": month,
                    "industry": np.tile(INDUSTRIES, len(where.regions)),
                    "employed": count.ravel(),
                }
            )
        )
    return pd.concat(blocks, ignore_index=True)
