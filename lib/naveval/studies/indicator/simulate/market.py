"""Simulated local labour markets: new unemployed and employment by industry."""

from pathlib import Path

import numpy as np
import pandas as pd

from naveval.project import months as calendar_months
from naveval.studies.indicator.simulate.population import Places

INDUSTRIES = tuple("ABCDEFGHIJKLMNOPQRS")
INFLOW_LEVEL = 0.0075
PANDEMIC_FACTOR = {
    "2020-03": 9.0,
    "2020-04": 4.0,
    "2020-05": 1.6,
    "2020-11": 1.6,
    "2021-01": 1.9,
    "2021-02": 1.4,
}
MONTHS_BEFORE = 12


def write(out: Path, seed: int, where: Places, months: tuple[str, ...], first: str) -> None:
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
