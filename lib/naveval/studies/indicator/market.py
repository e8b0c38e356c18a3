"""Local labour markets: inflow to unemployment and expected employment, in 20 categories.

Source: indicator document, chapter 4, technical definition of the market variables. The text
says 20 equal intervals; with equal width, twelve-month means never reach the top categories,
which is why the printed table has zeros there. Limits come from the three-month means for both
horizons, so that a category means the same everywhere.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.project import months as calendar_months
from naveval.project.errors import ContractError
from naveval.registers import reading
from naveval.studies.indicator.characteristics import MARKET_LEVELS
from naveval.studies.indicator.contracts import TABLES

LOOK_BACK = 12  # months that expected employment looks back


@dataclass(frozen=True)
class Market:
    """Category codes per region and stock month, −1 where not all months are observed.

    inflow: by horizon, the mean over the outcome months; employment; all (regions, months).
    limits: inner limits of the categories.
    """

    regions: tuple[str, ...]
    months: tuple[str, ...]
    inflow: dict[int, NDArray[np.int8]]
    employment: NDArray[np.int8]
    limits: dict[str, NDArray[np.float64]]


def limits_of(values: NDArray, kind: str) -> NDArray[np.float64]:
    """Inner limits of 20 categories: equal width between the extremes, or equal count."""
    known = values[np.isfinite(values)]
    if not len(known):
        raise ContractError("market variables: no region and month is fully observed")
    share = np.arange(1, MARKET_LEVELS) / MARKET_LEVELS
    if kind == "equal_count":
        return np.quantile(known, share)
    return known.min() + share * (known.max() - known.min())


def cut(values: NDArray, limits: NDArray) -> NDArray[np.int8]:
    """Category 0 to 19 by inner limits; missing values become −1."""
    codes = np.searchsorted(limits, np.nan_to_num(values), side="right")
    return np.where(np.isfinite(values), codes, -1).astype(np.int8)


def ahead(rates: NDArray, horizon: int) -> NDArray[np.float64]:
    """Mean over the next `horizon` months, (regions, months); missing near the end."""
    result = np.full(rates.shape, np.nan)
    if rates.shape[1] > horizon:
        total = np.cumsum(np.pad(rates, ((0, 0), (1, 0))), axis=1)
        result[:, : rates.shape[1] - horizon] = (
            total[:, 1 + horizon :] - total[:, 1 : rates.shape[1] - horizon + 1]
        ) / horizon
    return result


def shift_share(employed: NDArray) -> NDArray[np.float64]:
    """Growth over the last year had each industry grown as in the country.

    Parameters
    ----------
    employed
        (regions, months, industries); the result is missing for the first 12 months.
    """
    national = employed.sum(axis=0)
    result = np.full(employed.shape[:2], np.nan)
    growth = national[LOOK_BACK:] / np.maximum(national[:-LOOK_BACK], 1) - 1
    before = employed[:, :-LOOK_BACK]
    share = before / np.maximum(before.sum(axis=2, keepdims=True), 1)
    result[:, LOOK_BACK:] = np.einsum("rmk,mk->rm", share, growth)
    return result


def occupied(found: Market) -> dict[str, NDArray[np.int64]]:
    """Regions × months in each of the 20 categories, by variable (`inflow3`, …, `employment`)."""
    codes = {f"inflow{horizon}": code for horizon, code in found.inflow.items()}
    return {
        name: np.bincount(code[code >= 0], minlength=MARKET_LEVELS)
        for name, code in {**codes, "employment": found.employment}.items()
    }


def read(
    data: Path,
    months: Sequence[str],
    kind: str = "equal_width",
    horizons: Collection[int] = (3, 12),
) -> Market:
    """Market categories of every region for the stock months.

    Raises
    ------
    ContractError
        When industry lacks months the look back needs.
    """
    with reading.open_registers(data, {t: TABLES[t] for t in ("inflow", "industry")}) as opened:
        inflow = opened.query("SELECT region, month, new_unemployed, labour_force FROM inflow")
        industry = opened.query("SELECT region, month, industry, employed FROM industry")
    regions = tuple(sorted(inflow["region"].astype(str).unique()))
    rates = (
        inflow.assign(rate=inflow["new_unemployed"] / inflow["labour_force"])
        .pivot(index="region", columns="month", values="rate")
        .reindex(index=list(regions))
    )
    covered = list(rates.columns)
    place = [covered.index(month) if month in covered else -1 for month in months]
    if -1 in place:
        raise ContractError(f"inflow: month {months[place.index(-1)]} of the stock is missing")
    growth = _growth(industry, regions, months)
    values = {h: ahead(rates.to_numpy(), h)[:, place] for h in {3, *horizons}}
    limits = {"inflow": limits_of(values[3], kind), "employment": limits_of(growth, kind)}
    inflow = {h: cut(values[h], limits["inflow"]) for h in horizons}
    return Market(regions, tuple(months), inflow, cut(growth, limits["employment"]), limits)


def _growth(
    industry: pd.DataFrame, regions: tuple[str, ...], months: Sequence[str]
) -> NDArray[np.float64]:
    start = calendar_months.month_text(calendar_months.month_number(months[0]) - LOOK_BACK)
    wanted = calendar_months.month_range(start, months[-1])
    missing = sorted(set(wanted) - set(industry["month"].unique()))
    if missing:
        raise ContractError(
            f"industry, column month: missing {', '.join(missing[:5])}"
            f"{' …' if len(missing) > 5 else ''}: expected twelve months before the stock as well"
        )
    own = industry[industry["month"].isin(wanted)]
    table = own.pivot_table(
        index=["region", "month"],
        columns="industry",
        values="employed",
        aggfunc="sum",
        observed=True,
    )
    full = table.reindex(pd.MultiIndex.from_product([regions, wanted])).fillna(0)
    cube = full.to_numpy(dtype=float).reshape(len(regions), len(wanted), -1)
    return shift_share(cube)[:, LOOK_BACK:]
