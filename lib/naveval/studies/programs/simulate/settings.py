"""What the simulated world is like: who comes, who gets which programme, what it does.

Sizes follow the report's tables 4-2, 6-1 and 6-3, tilts tables B-4 to B-6, effects its figures
6-2 to 6-5 and differences between groups table 6-7. All are inputs, not results.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.project import paths
from naveval.studies.programs.codes import ARMS, CONTROL, GROUPS, REST, STATUS

PLANS = (CONTROL, *ARMS, REST)
"""What the first decision can give in the sample's three groups."""
REST_SPLIT = {
    "Tilrettelegging/tiltak i bedrift": 0.4,
    "Annet": 0.4,
    "Varig lønnstilskudd": 0.2,
}
"""What the plan Annet turns into."""


@dataclass(frozen=True)
class Shares:
    """Who comes: shares by age band, country group and education, and of women."""

    age: NDArray[np.float64]
    country: NDArray[np.float64]
    education: NDArray[np.float64]
    women: float


PER_MONTH = 921_519 / 60
AGES = ((17, 20), (20, 30), (30, 40), (40, 50), (50, 60), (60, 67))
FLOW = Shares(
    age=np.array([0.044, 0.288, 0.235, 0.191, 0.161, 0.081]),
    country=np.array([0.711, 0.044, 0.088, 0.157]),
    education=np.array([0.07, 0.24, 0.07, 0.10, 0.17, 0.08, 0.19, 0.08]),
    women=0.452,
)
"""Table 4-2, first registrations. Education: none or unknown, lower secondary (two levels), upper
secondary (academic, vocational, other), higher education (short, long)."""
STOCK = Shares(
    age=np.array([0.010, 0.216, 0.250, 0.231, 0.197, 0.096]),
    country=np.array([0.723, 0.032, 0.064, 0.181]),
    education=np.array([0.038, 0.343, 0.09, 0.074, 0.16, 0.075, 0.16, 0.06]),
    women=0.515,
)
"""Table 4-2, all registered: those registered from the start."""
STOCK_SIZE = 22_967_932 / 60 * np.array([0.246, 0.140, 0.404, 0.091, 0.094, 0.026])
"""Persons registered in a month by group, table 4-2."""
ON_PROGRAM = np.array([0.0, 0.01, 0.30, 0.26, 0.41, 0.02, 0.03])
"""Share of those registered from the start who are on a programme then, table B-1."""

ENTRY_WEIGHT = np.array([0.657, 0.078, 0.088, 0.0085, 0.033, 0.136])
"""By first group; with the tilts at registration they give the shares of table 4-2."""

TREATED_SHARE = {1: 0.66, 2: 0.47, 3: 0.30}
"""Share of those still registered in their decision month who get a programme."""
START_MONTH = {
    1: (16.7, 19.9, 13.0, 8.7),
    2: (38.4, 8.6, 3.7, 2.6),
    3: (12.3, 6.0, 4.4, 3.8),
}
"""Table 6-1: start in months 0–2, 3–5, 6–8 and 9–11, by first group."""
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

PROFILE_MONTHS = (0, 1, 6, 12, 18, 24, 36, 60)
PROFILES = {
    "AFT": (-0.08, -0.10, -0.09, -0.055, -0.06, -0.055, -0.02, 0.0),
    "AMO": (-0.10, -0.12, -0.01, 0.09, 0.12, 0.125, 0.12, 0.10),
    "Arbeidsrettet rehabilitering": (-0.10, -0.18, -0.12, -0.05, -0.05, -0.045, -0.04, -0.02),
    "Arbeidstrening": (-0.06, -0.07, 0.02, 0.11, 0.125, 0.13, 0.12, 0.09),
    "Avklaring": (-0.06, -0.10, -0.10, -0.085, -0.08, -0.075, -0.06, -0.03),
    "Jobbklubb": (-0.02, -0.02, 0.07, 0.085, 0.085, 0.085, 0.08, 0.05),
    "Midlertidig lønnstilskudd": (0.40, 0.52, 0.42, 0.28, 0.25, 0.235, 0.20, 0.15),
    "Oppfølging": (-0.02, -0.04, 0.01, 0.06, 0.075, 0.08, 0.075, 0.05),
    "Utdanning": (-0.10, -0.14, -0.14, -0.11, -0.08, -0.05, 0.04, 0.16),
    "Utvidet oppfølging i NAV": (-0.02, -0.02, 0.05, 0.11, 0.125, 0.13, 0.12, 0.09),
    "IPS": (0.0, 0.0, 0.04, 0.06, 0.07, 0.07, 0.07, 0.05),
    "Tilrettelegging/tiltak i bedrift": (0.10, 0.15, 0.10, 0.08, 0.06, 0.05, 0.04, 0.02),
    "Annet": (0.0, 0.0, 0.02, 0.03, 0.03, 0.03, 0.03, 0.02),
    "Helsemessig utredning/behandling": (0.0,) * 8,
    "Varig lønnstilskudd": (0.3,) * 8,
    "Varig tilrettelagt arbeid": (0.0,) * 8,
}
"""Effect on the chance of work by months since start, for the reference group."""
INDEX_PER_CHANCE = 2.6
"""A change of one in the chance of work is about this much on the index scale."""

DURATION = {
    "AFT": 10.7,
    "AMO": 3.6,
    "Annet": 5.0,
    "Arbeidsrettet rehabilitering": 3.0,
    "Arbeidstrening": 4.3,
    "Avklaring": 2.0,
    "Helsemessig utredning/behandling": 4.0,
    "IPS": 9.0,
    "Jobbklubb": 2.2,
    "Midlertidig lønnstilskudd": 6.4,
    "Oppfølging": 7.6,
    "Tilrettelegging/tiltak i bedrift": 7.0,
    "Utdanning": 14.8,
    "Utvidet oppfølging i NAV": 7.1,
    "Varig lønnstilskudd": 48.0,
    "Varig tilrettelagt arbeid": 68.0,
}

LATER_HAZARD = np.array([0.0, 0.0045, 0.045, 0.051, 0.008, 0.018, 0.006])
"""Monthly chance of starting a (further) programme, by group now (0: not registered)."""
EARLY_HAZARD = np.array([0.0, 0.0, 0.0, 0.0, 0.065, 0.0, 0.0])
"""More in the first two months, for those whose first programme is not planned."""
HAZARD_BY_AGE = np.array([1.3, 1.25, 1.1, 1.0, 0.93, 0.40])
HAZARD_BY_COUNTRY = np.array([1.0, 0.65, 0.45, 1.30])
HAZARD_BY_EDUCATION = np.array([0.8, 1.1, 1.0, 0.9, 0.85, 0.95])
HAZARD_IN_WORK = 0.25
LONG_WITHOUT, LONG_MONTHS = 4.0, 24
"""More for those who have been registered this long, and without a programme as long."""
CHAIN_HAZARD = {
    "Utvidet oppfølging i NAV": 0.26,
    "AFT": 0.12,
    "Jobbklubb": 0.14,
    "Avklaring": 0.10,
    "Midlertidig lønnstilskudd": 0.05,
}
CHAIN_HAZARD_OTHER = 0.10
LENGTH_BY_AGE = np.array([1.25, 1.1, 1.05, 0.95, 0.85, 0.65])
LENGTH_BY_GROUP = np.array([1.0, 0.6, 1.05, 1.1, 1.0, 0.8, 0.9])
"""Length of a programme, by age and by group when it starts."""
OUTLASTING = ("Varig lønnstilskudd", "Varig tilrettelagt arbeid")
"""Programmes that may go on when the registration has ended, and how often it ends a month."""
OUTLASTING_EXIT = 0.003
LATER_MIX = {
    1: {"Jobbklubb": 0.85, "AMO": 0.1, "Arbeidstrening": 0.05},
    2: {
        "AMO": 0.24,
        "Arbeidstrening": 0.28,
        "Midlertidig lønnstilskudd": 0.14,
        "Oppfølging": 0.13,
        "Jobbklubb": 0.10,
        "Utvidet oppfølging i NAV": 0.06,
        "Tilrettelegging/tiltak i bedrift": 0.05,
        "Annet": 0.01,
    },
    3: {
        "Avklaring": 0.24,
        "AFT": 0.13,
        "Arbeidstrening": 0.16,
        "Oppfølging": 0.16,
        "Utdanning": 0.07,
        "Midlertidig lønnstilskudd": 0.07,
        "AMO": 0.04,
        "IPS": 0.02,
        "Utvidet oppfølging i NAV": 0.04,
        "Tilrettelegging/tiltak i bedrift": 0.03,
        "Arbeidsrettet rehabilitering": 0.04,
        "Helsemessig utredning/behandling": 0.02,
        "Annet": 0.01,
        "Varig lønnstilskudd": 0.005,
    },
    4: {"Varig tilrettelagt arbeid": 0.8, "Varig lønnstilskudd": 0.2},
    5: {
        "Avklaring": 0.50,
        "Arbeidsrettet rehabilitering": 0.27,
        "Oppfølging": 0.15,
        "Helsemessig utredning/behandling": 0.10,
    },
    6: {
        "Avklaring": 0.35,
        "Arbeidstrening": 0.25,
        "Oppfølging": 0.15,
        "AMO": 0.15,
        "Jobbklubb": 0.10,
    },
}
FIRST_BOOST = {
    "AMO": 3.0,
    "Arbeidsrettet rehabilitering": 2.5,
    "Avklaring": 2.3,
    "IPS": 2.5,
    "Jobbklubb": 2.5,
    "Utdanning": 1.8,
}
"""For those who never were on a programme."""
AFTER_BOOST = {
    ("Arbeidstrening", "Midlertidig lønnstilskudd"): 3.0,
    ("AMO", "Arbeidstrening"): 3.0,
    ("Avklaring", "AFT"): 2.5,
    ("Avklaring", "Arbeidstrening"): 1.8,
    ("Avklaring", "Avklaring"): 0.1,
    ("Jobbklubb", "Arbeidstrening"): 2.0,
    ("Jobbklubb", "Jobbklubb"): 0.2,
    ("Utvidet oppfølging i NAV", "Arbeidstrening"): 3.0,
    ("Arbeidstrening", "AMO"): 1.5,
}

EXIT_IN_WORK = np.array([0.0, 0.31, 0.24, 0.029, 0.008, 0.04, 0.30])
EXIT_NO_WORK = np.array([0.0, 0.054, 0.045, 0.003, 0.004, 0.010, 0.15])
EXIT_BY_EDUCATION = np.array([2.0, 0.85, 1.2, 1.05, 1.05, 1.1])
EXIT_BY_COUNTRY = np.array([1.0, 1.3, 1.35, 0.9])
EXIT_BY_SEX = np.array([1.08, 0.92])
"""Some leave sooner: table 4-2 has fewer of them among all registered than among the new."""
RETURN_SHARE, RETURN_MONTHS = 0.45, 16.0
"""Those who leave and come back, and after how many months on average."""
RETIRED = 67
MOVE = np.array(
    [
        # to: standard, situational, special, permanent, sick, other (chance a month)
        [0.0, 0.006, 0.003, 0.0, 0.003, 0.002],
        [0.002, 0.0, 0.009, 0.0003, 0.003, 0.001],
        [0.0, 0.001, 0.0, 0.0015, 0.003, 0.0005],
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [0.002, 0.004, 0.018, 0.001, 0.0, 0.001],
        [0.012, 0.030, 0.100, 0.001, 0.012, 0.0],
    ]
)
"""Monthly moves between groups, rows from, columns to."""

AVAILABLE_FROM = {"IPS": 201805, "Utvidet oppfølging i NAV": 201401}
"""Programmes that did not always exist."""

B_COLUMNS = {
    "Kjønn": "sex",
    "Detaljert aldersgruppe": "age",
    "Innvandringsgruppe": "country",
    "Høyeste fullførte utdanning (gruppert)": "education",
    "Antall måneder uten arbeidsinntekt over 1/12G og stillingsprosent under 20 prosent": "spell",
}
LEVELS = {"sex": 2, "age": 5, "country": 4, "education": 6, "spell": 3}
TREATED_TILT = {
    "sex": (0.0, 0.0),
    "age": (0.55, 0.15, 0.0, -0.1, -0.25),
    "country": (0.0, -0.1, -0.2, 0.35),
    "education": (0.0, 0.1, 0.0, 0.0, -0.05, -0.1),
    "spell": (-0.55, 0.0, 0.35),
}
"""Who gets any programme at all, in log odds."""
HETEROGENEITY = {"country": "Innvandringskategori", "spell": "Ledighetskategori"}


HEALTH_PLANS = ("AFT", "Arbeidsrettet rehabilitering", "Avklaring", "Utdanning")
COVARIATE_TILT = {
    "months_since_immigration": (120, -0.10, 0.0),
    "work_months_12": (12, 0.10, -0.20),
    "years_1g_5": (5, -0.10, -0.10),
    "years_3g_5": (5, -0.10, 0.0),
    "years_3g_10": (10, 0.0, 0.10),
    "work_6_before": (1, 0.08, 0.0),
    "work_12_before": (1, -0.05, 0.0),
    "high_6_before": (1, -0.08, 0.0),
    "high_12_before": (1, 0.0, -0.05),
    "aap_24": (12, 0.05, 0.40),
    "introduksjonsstonad_24": (24, 0.30, -0.20),
    "kvalifiseringsstonad_24": (12, 0.40, 0.10),
    "sosialhjelp_24": (24, 0.25, 0.0),
    "sykepenger_24": (12, 0.0, 0.35),
    "dagpenger_24": (3, -0.10, -0.20),
    "family_2": (1, -0.05, 0.0),
    "family_3": (1, 0.05, 0.0),
    "family_4": (1, 0.0, 0.08),
    "family_5": (1, 0.08, 0.0),
    "family_6": (1, -0.08, 0.0),
    "family_7": (1, 0.0, -0.08),
    "family_8": (1, 0.05, 0.05),
    "children": (3, -0.15, 0.10),
    "registered_60": (36, 0.15, 0.10),
    "program_60": (24, 0.20, 0.0),
    "disability_low_24": (24, -0.10, 0.10),
    "disability_middle_24": (24, -0.20, 0.10),
    "disability_full_24": (24, -0.30, 0.15),
    "centrality": (2, 0.10, -0.10),
    "rate": (2, 0.08, 0.0),
    "rate_before": (2, 0.05, 0.0),
    "rate_after": (2, -0.05, 0.0),
    "local_income": (0.2, -0.05, 0.05),
    "local_disability": (5, 0.0, 0.08),
}
"""The other covariates of table 6-4: what counts as one, and the log odds that one gives of any
programme and, beside, of those for health and education. Chosen: the report prints none."""
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


@lru_cache(maxsize=4)
def selection(strength: float = 0.8) -> Selection:
    """Who gets which programme, from tables 6-3 and B-4 to B-6.

    Tilts are the log ratio between a programme's participants and all participants, times
    `strength`: with independent characteristics, 1 would give the printed shares.
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
    for characteristic, name in B_COLUMNS.items():
        part = printed[printed.characteristic == characteristic]
        shares = part.pivot(index="category", columns="program", values="percent")
        shares = shares.loc[part.category.drop_duplicates()].clip(lower=0.5)
        weights = wide.sum()[shares.columns]
        overall = (shares * weights).sum(axis=1) / weights.sum()
        ratio = np.log(shares.div(overall, axis=0)) * strength
        table = np.zeros((len(shares), len(PLANS)))
        for j, plan in enumerate(PLANS[1:], start=1):
            own = ratio[plan].to_numpy() if plan in ratio else 0.0
            table[:, j] = np.asarray(TREATED_TILT[name]) + own
        tilt[name] = table
    return Selection(np.log(base), tilt)


@lru_cache(maxsize=2)
def index_profiles(months: int = 180) -> NDArray[np.float64]:
    """Effect of each of the sixteen programmes on the work index, (16, months since start)."""
    grid = np.arange(months)
    curves = [np.interp(grid, PROFILE_MONTHS, PROFILES[name]) for name in GROUPS]
    return np.array(curves) * INDEX_PER_CHANCE


@lru_cache(maxsize=2)
def heterogeneity(strength: float = 0.6) -> dict[str, NDArray[np.float64]]:
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
            extra[i] = (values - values.mean()) / 12 * strength * INDEX_PER_CHANCE
        result[name] = extra
    return result
