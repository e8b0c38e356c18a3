"""What the simulated world is like: who comes, who gets which programme, what it does.

Tables of numbers are in `params/simulated_programs.yml`, which says where they come from. All are
inputs, not results.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.project import paths
from naveval.project.parameters import read_yaml
from naveval.studies.programs.codes import ARMS, CONTROL, GROUPS, REST, STATUS

PLANS = (CONTROL, *ARMS, REST)
"""What the first decision can give in the sample's three groups."""
WORLD = read_yaml(paths.params_dir() / "simulated_programs.yml")
REST_SPLIT: dict[str, float] = WORLD["rest_split"]
COUNTY_SIZE: dict[str, float] = WORLD["county_size"]


@dataclass(frozen=True)
class Shares:
    """Who comes: shares by age band, country group and education, and of women."""

    age: NDArray[np.float64]
    country: NDArray[np.float64]
    education: NDArray[np.float64]
    women: float


def _shares(given: dict[str, Any]) -> Shares:
    arrays = {name: np.array(given[name]) for name in ("age", "country", "education")}
    return Shares(**arrays, women=given["women"])


PER_MONTH = 921_519 / 60
AGES = ((17, 20), (20, 30), (30, 40), (40, 50), (50, 60), (60, 67))
FLOW, STOCK = (_shares(WORLD[name]) for name in ("flow", "stock"))
STOCK_SIZE = 22_967_932 / 60 * np.array([0.246, 0.140, 0.404, 0.091, 0.094, 0.026])
"""Persons registered in a month by group, table 4-2."""
ON_PROGRAM = np.array([0.0, 0.01, 0.30, 0.26, 0.41, 0.02, 0.03])
"""Share of those registered from the start who are on a programme then, table B-1."""

ENTRY_WEIGHT = np.array([0.657, 0.078, 0.088, 0.0085, 0.033, 0.136])
"""By first group; with the tilts at registration they give the shares of table 4-2."""

TREATED_SHARE = {1: 0.66, 2: 0.47, 3: 0.30}
"""Share of those still registered in their decision month who get a programme."""
START_MONTH: dict[int, list[float]] = WORLD["start_month"]
FIRST_QUARTER = (0.12, 0.25, 0.63)
"""Of the starts in months 0–2: table 4-3 has a third of the year's in the first two."""
MOVER_SHARE = 0.14
EARLY_EXIT = {1: 0.03, 2: 0.065, 3: 0.042}
"""Monthly chance of leaving Nav in the first year, whatever happens in the labour market."""

LASTING = np.array([0.0, 0.42, 0.77, 1.30, 2.5, 1.1, 0.8])
PASSING = np.array([0.0, 1.1, 0.8, 0.7, 0.0, -0.4, 0.8])
RECOVERY = np.array([1.0, 6.0, 16.0, 14.0, 1.0, 6.0, 8.0])
"""Fall of the work index after registration, by first group: lasting, passing, its months."""
MOVER_FALL = (0.72, 0.8, 14.0)
"""The same for those in standardinnsats who move on to more follow-up."""
PRE_DIP, PRE_DIP_MONTHS = 0.85, 6

INDEX_PER_CHANCE = 2.6
"""A change of one in the chance of work is about this much on the index scale."""

DURATION: dict[str, float] = WORLD["duration"]

LATER_HAZARD = np.array([0.0, 0.0045, 0.058, 0.056, 0.010, 0.020, 0.006])
"""Monthly chance of starting a (further) programme, by group now (0: not registered)."""
EARLY_HAZARD = np.array([0.0, 0.0, 0.0, 0.0, 0.065, 0.0, 0.0])
"""More in the first two months, for those whose first programme is not planned."""
HAZARD_BY_AGE = np.array([1.3, 1.25, 1.1, 1.0, 0.93, 0.40])
HAZARD_BY_COUNTRY = np.array([1.0, 0.65, 0.45, 1.30])
HAZARD_BY_EDUCATION = np.array([0.8, 1.1, 1.0, 0.9, 0.85, 0.95])
HAZARD_IN_WORK = 0.25
LONG_STARTS, LONG_MONTHS = np.array([4.0, 4.0, 4.0, 4.0, 1.0, 1.0, 4.0]), 24
"""More, by group, for those registered this long and without a programme as long."""
CHAIN_HAZARD: dict[str, float] = WORLD["chain_hazard"]
CHAIN_HAZARD_OTHER = 0.10
CHAIN_LATER = 0.52
"""How much of it is left after a programme that was not the registration's first."""
LENGTH_BY_AGE = np.array([1.25, 1.1, 1.05, 0.95, 0.85, 0.65])
LENGTH_BY_GROUP = np.array([1.0, 0.6, 1.05, 1.1, 1.0, 0.8, 0.9])
"""Length of a programme, by age and by group when it starts."""
OUTLASTING = ("Varig lønnstilskudd", "Varig tilrettelagt arbeid")
"""Programmes that may go on when the registration has ended, and how often it ends a month."""
OUTLASTING_EXIT = 0.003
LATER_MIX: dict[int, dict[str, float]] = WORLD["later_mix"]
FIRST_BOOST: dict[str, float] = WORLD["first_boost"]
AFTER_BOOST: dict[str, dict[str, float]] = WORLD["after_boost"]

EXIT_IN_WORK = np.array([0.0, 0.31, 0.24, 0.029, 0.008, 0.04, 0.30])
EXIT_NO_WORK = np.array([0.0, 0.054, 0.045, 0.003, 0.004, 0.010, 0.15])
EXIT_BY_EDUCATION = np.array([2.0, 0.85, 1.2, 1.05, 1.05, 1.1])
EXIT_BY_COUNTRY = np.array([1.0, 1.3, 1.35, 0.9])
EXIT_BY_SEX = np.array([1.08, 0.92])
"""Some leave sooner: table 4-2 has fewer of them among all registered than among the new."""
RETURN_SHARE, RETURN_MONTHS = 0.45, 16.0
"""Those who leave and come back, and after how many months on average."""
RETIRED = 67
MOVE = np.array(WORLD["move"])

AVAILABLE_FROM = {"IPS": 201805, "Utvidet oppfølging i NAV": 201401}
"""Programmes that did not always exist."""

LEVELS = {"sex": 2, "age": 5, "country": 4, "education": 6, "spell": 3}
SELECTION = 0.8
HETEROGENEITY_KEPT = 0.6
"""Share of the printed differences between groups that is kept."""
HETEROGENEITY = {"country": "Innvandringskategori", "spell": "Ledighetskategori"}


HEALTH_PLANS = ("AFT", "Arbeidsrettet rehabilitering", "Avklaring", "Utdanning")
COVARIATE_TILT: dict[str, tuple[float, float, float]] = WORLD["covariate_tilt"]
WORSE_OFF = {"sosialhjelp": -0.25, "children": -0.03, "disability": -0.35}
"""What goes with less work besides."""


@dataclass(frozen=True)
class Selection:
    """Log-odds tilts of each plan against control, by observed category.

    Attributes
    ----------
    base
        (3, plans) log share by first group.
    tilt
        Per characteristic (categories, plans).
    """

    base: NDArray[np.float64]
    tilt: dict[str, NDArray[np.float64]]


@lru_cache(maxsize=1)
def selection() -> Selection:
    """Who gets which programme, from tables 6-3 and B-4 to B-6.

    Tilts are the log ratio between a programme's participants and all participants, times
    SELECTION: with independent characteristics, 1 would give the printed shares.
    """
    folder = paths.published_dir("programs")
    sizes = pd.read_csv(folder / "table_6_3_sample_by_group_and_program.csv")
    wide = sizes.pivot(index="first_innsatsgruppe", columns="program", values="n")
    wide = wide.loc[list(STATUS.values())[:3]]
    base = np.zeros((3, len(PLANS)))
    for g in range(3):
        row, treated = wide.iloc[g], wide.iloc[g].drop(CONTROL).sum()
        share = TREATED_SHARE[g + 1]
        base[g, 0] = 1 - share
        for j, plan in enumerate(PLANS[1:], start=1):
            base[g, j] = share * row[plan] / treated
    files = [folder / f"table_b_{k}_treated_and_control_{k - 3}.csv" for k in (4, 5, 6)]
    printed = pd.concat([pd.read_csv(file) for file in files], ignore_index=True)
    printed = printed[printed["sample"] == "Behandling"]
    tilt = {}
    for characteristic, name in WORLD["b_columns"].items():
        part = printed[printed.characteristic == characteristic]
        shares = part.pivot(index="category", columns="program", values="percent")
        shares = shares.loc[part.category.drop_duplicates()].clip(lower=0.5)
        weights = wide.sum()[shares.columns]
        overall = (shares * weights).sum(axis=1) / weights.sum()
        ratio = np.log(shares.div(overall, axis=0)) * SELECTION
        table = np.zeros((len(shares), len(PLANS)))
        for j, plan in enumerate(PLANS[1:], start=1):
            own = ratio[plan].to_numpy() if plan in ratio else 0.0
            table[:, j] = np.asarray(WORLD["treated_tilt"][name]) + own
        tilt[name] = table
    return Selection(np.log(base), tilt)


@lru_cache(maxsize=2)
def index_profiles(months: int = 180) -> NDArray[np.float64]:
    """Effect of each of the sixteen programmes on the work index, (16, months since start)."""
    grid = np.arange(months)
    curves = [np.interp(grid, WORLD["profile_months"], WORLD["profiles"][name]) for name in GROUPS]
    return np.array(curves) * INDEX_PER_CHANCE


@lru_cache(maxsize=1)
def heterogeneity() -> dict[str, NDArray[np.float64]]:
    """Extra effect on the index by category, (16, categories), from table 6-7.

    The printed differences in months a year are shrunk, centred on the sample and put on the
    index scale.
    """
    table = pd.read_csv(
        paths.published_dir("programs") / "table_6_7_heterogeneous_effects_gate.csv"
    )
    result = {}
    for name, characteristic in HETEROGENEITY.items():
        part = table[table.characteristic == characteristic]
        order = part.row_label.drop_duplicates().tolist()
        extra = np.zeros((len(GROUPS), len(order)))
        for i, program in enumerate(GROUPS):
            own = part[part.program == program].set_index("row_label")
            if own.empty:
                continue
            values = np.array(
                [
                    0.0 if own.row_type[label] == "constant" else own.estimate[label]
                    for label in order
                ]
            )
            extra[i] = (values - values.mean()) / 12 * HETEROGENEITY_KEPT * INDEX_PER_CHANCE
        result[name] = extra
    return result
