"""The 51 covariates of table 6-4, measured at first registration.

Nothing identifies place or calendar time; local conditions stand in. Ordered categories are
one column, unordered ones a column per category.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.project.errors import EstimationError
from naveval.registers.reading import Registers
from naveval.studies.programs import basic_amount
from naveval.studies.programs.codes import month_sql
from naveval.studies.programs.sample.persons import BEFORE, Sample, register_rows

RECENT = 24  # months back for benefits and disability
INCOME_YEARS = 10  # years back for income
LOCAL_BEFORE, LOCAL_AFTER = 5, 6  # months around registration for local unemployment
COVARIATES = (
    "woman",
    "age",
    "country_0",
    "country_1",
    "country_2",
    "country_3",
    "months_since_immigration",
    "education",
    "education_unknown",
    "work_months_12",
    "years_1g_5",
    "years_3g_5",
    "years_3g_10",
    "in_work",
    "out_under_6",
    "out_6_or_more",
    "work_6_before",
    "work_12_before",
    "high_6_before",
    "high_12_before",
    "aap_24",
    "introduksjonsstonad_24",
    "kvalifiseringsstonad_24",
    "sosialhjelp_24",
    "sykepenger_24",
    "dagpenger_24",
    "family_1",
    "family_2",
    "family_3",
    "family_4",
    "family_5",
    "family_6",
    "family_7",
    "family_8",
    "children",
    "registered_60",
    "program_60",
    "disability_low_24",
    "disability_middle_24",
    "disability_full_24",
    "centrality_1",
    "centrality_2",
    "centrality_3",
    "rate",
    "rate_before",
    "rate_after",
    "local_income",
    "local_disability",
    "first_standard",
    "first_situational",
    "first_special",
)
"""The columns, in no order that matters."""
BENEFITS = (
    "aap",
    "introduksjonsstonad",
    "kvalifiseringsstonad",
    "sosialhjelp",
    "sykepenger",
    "dagpenger",
)
IMMIGRATION_EDGES = (6, 12, 24, 36, 60, 84, 120, 180)
RATE_EDGES = (1.5, 2.0, 2.5, 3.0, 4.0)
INCOME_EDGES = (0.90, 0.95, 1.00, 1.05, 1.10)
DISABILITY_EDGES = (6, 7.5, 9, 10, 11, 12.5, 14)
MIDDLE_EDUCATION = 4
"""Of seven known levels: the place in their order of those whose education is unknown (0)."""
SPELL = ("in_work", "out_under_6", "out_6_or_more")


def covariates(registers: Registers, sample: Sample) -> pd.DataFrame:
    """(n, 51) covariates, all numbers, none missing.

    Raises
    ------
    EstimationError
        When persons lack a row for the year of registration, or live in municipalities
        without statistics; with the number of persons.
    """
    register_rows(registers, sample.frame)
    traits = _traits(registers)
    _require(traits, sample)
    entry = sample.frame.entry.to_numpy()
    since = (entry - traits.immigrated).where(traits.country_group > 0)
    age = sample.frame.age.to_numpy()
    columns: dict[str, NDArray | pd.Series] = {
        "woman": traits.sex.eq("woman"),
        "age": age,
        **{f"country_{group}": traits.country_group.eq(group) for group in range(4)},
        "months_since_immigration": np.where(
            since.isna(), 0, 1 + np.digitize(since.fillna(0), IMMIGRATION_EDGES)
        ),
        "education": traits.education.where(traits.education > 0, MIDDLE_EDUCATION),
        "education_unknown": traits.education.eq(0),
    }
    columns |= _work(registers, sample)
    columns |= _benefits(registers, len(age))
    columns |= {f"family_{kind}": traits.family_type.eq(str(kind)) for kind in range(1, 9)}
    columns["children"] = np.minimum(traits.children, 3)
    columns |= _history(registers, len(age))
    columns |= {f"centrality_{level}": traits.centrality.eq(level) for level in (1, 2, 3)}
    columns |= _conditions(traits)
    columns |= {
        f"first_{group}": sample.frame.first_group.eq(group).to_numpy()
        for group in ("standard", "situational", "special")
    }
    table = pd.DataFrame({name: np.asarray(v, dtype=np.float32) for name, v in columns.items()})
    if set(table) != set(COVARIATES) or table.isna().any().any():
        missing = ", ".join(table.columns[table.isna().any()]) or "none"
        raise EstimationError(
            f"covariates: {table.shape[1]} columns, expected {len(COVARIATES)}; missing values in "
            f"{missing}"
        )
    return table


def spell_category(sample: Sample) -> NDArray[np.int64]:
    """0 in work in the month of registration, 1 in any of the five before, 2 in none."""
    now = sample.work[:, BEFORE]
    recent = sample.work[:, BEFORE - 5 : BEFORE].any(axis=1)
    return np.where(now, 0, np.where(recent, 1, 2))


def _traits(registers: Registers) -> pd.DataFrame:
    """Traits of each row, with local conditions in the month of registration."""
    return registers.query(
        f"""
        WITH local AS (
            SELECT municipality, {month_sql("month")} AS m, unemployment_percent AS rate,
                avg(unemployment_percent) OVER earlier AS rate_before,
                avg(unemployment_percent) OVER later AS rate_after,
                mean_income_nok / avg(mean_income_nok) OVER (PARTITION BY month) AS income,
                disability_percent, centrality
            FROM municipalities
            WINDOW earlier AS (PARTITION BY municipality ORDER BY month
                    ROWS BETWEEN {LOCAL_BEFORE} PRECEDING AND 1 PRECEDING),
                later AS (PARTITION BY municipality ORDER BY month
                    ROWS BETWEEN 1 FOLLOWING AND {LOCAL_AFTER} FOLLOWING))
        SELECT r.row, p.sex, p.country_group, y.education::INTEGER AS education, y.family_type,
            y.children, y.municipality, y.county,
            {month_sql("p.first_immigration_month")} AS immigrated, l.rate,
            coalesce(l.rate_before, l.rate) AS rate_before,
            coalesce(l.rate_after, l.rate) AS rate_after,
            l.income, l.disability_percent, l.centrality
        FROM sample_rows r JOIN persons p USING (person)
            LEFT JOIN person_years y ON y.person = r.person AND y.year = r.entry // 12 + 2009
            LEFT JOIN local l ON l.municipality = y.municipality AND l.m = r.entry
        ORDER BY r.row
        """
    )


def _require(traits: pd.DataFrame, sample: Sample) -> None:
    if len(traits) != len(sample.frame):
        raise EstimationError(
            f"covariates: {len(sample.frame) - len(traits)} persons are not in persons"
        )
    lacking = int(traits.municipality.isna().sum())
    if lacking:
        raise EstimationError(
            f"covariates: {lacking} persons have no row in person_years for the year of "
            f"registration"
        )
    without = traits[traits.rate.isna()]
    if len(without):
        raise EstimationError(
            f"covariates: {len(without)} persons live in {without.municipality.nunique()} "
            f"municipalities without statistics in the month of registration"
        )


def _work(registers: Registers, sample: Sample) -> dict[str, NDArray]:
    """Work and income before registration."""
    work, high, category = sample.work, sample.high, spell_category(sample)
    income = registers.query(
        "SELECT r.row, r.entry // 12 + 2009 - a.year AS ago, a.year, a.earned_income_nok AS income "
        "FROM sample_rows r JOIN annual_income a ON a.person = r.person "
        f"AND r.entry // 12 + 2009 - a.year BETWEEN 1 AND {INCOME_YEARS}"
    )
    amount = income.year.map({year: basic_amount.annual(year) for year in income.year.unique()})

    def years(times: float, within: int) -> NDArray:
        rows = income.row[(income.income >= times * amount) & (income.ago <= within)]
        return np.bincount(rows, minlength=len(work))

    return {
        "work_months_12": work[:, BEFORE - 12 : BEFORE].sum(axis=1),
        "years_1g_5": years(1, 5),
        "years_3g_5": years(3, 5),
        "years_3g_10": years(3, 10),
        **{name: category == code for code, name in enumerate(SPELL)},
        "work_6_before": work[:, BEFORE - 6],
        "work_12_before": work[:, BEFORE - 12],
        "high_6_before": high[:, BEFORE - 6],
        "high_12_before": high[:, BEFORE - 12],
    }


def _benefits(registers: Registers, n: int) -> dict[str, NDArray]:
    """Months with each benefit in the 24 months before."""
    sums = ", ".join(f"sum(b.{name}_nok > 0)::INTEGER AS {name}" for name in BENEFITS)
    table = registers.query(
        f"""SELECT r.row, {sums} FROM sample_rows r JOIN benefits b ON b.person = r.person
        AND {month_sql("b.month")} BETWEEN r.entry - {RECENT} AND r.entry - 1
        GROUP BY r.row"""
    )
    return {f"{name}_24": _spread(table, name, n) for name in BENEFITS}


def _history(registers: Registers, n: int) -> dict[str, NDArray]:
    """Months registered and on programmes in five years, and disability in two."""
    month = month_sql("s.month")
    registered = registers.query(
        f"""SELECT r.row, count(*) AS n FROM sample_rows r JOIN nav_status s ON s.person = r.person
        AND {month} BETWEEN r.entry - {BEFORE} AND r.entry - 1 AND s.innsatsgruppe <> 'sick'
        GROUP BY r.row"""
    )
    programs = registers.query(
        f"""SELECT r.row,
            sum(least(s.stop, r.entry - 1) - greatest(s.start, r.entry - {BEFORE}) + 1) AS n
        FROM sample_rows r JOIN spells s ON s.person = r.person
        AND s.start < r.entry AND s.stop >= r.entry - {BEFORE} GROUP BY r.row"""
    )
    degrees = {"low": (10, 49), "middle": (50, 94), "full": (95, 100)}
    sums = ", ".join(
        f"sum(s.degree_percent BETWEEN {low} AND {high})::INTEGER AS {name}"
        for name, (low, high) in degrees.items()
    )
    disability = registers.query(
        f"""SELECT r.row, {sums} FROM sample_rows r JOIN disability s ON s.person = r.person
        AND {month} BETWEEN r.entry - {RECENT} AND r.entry - 1 GROUP BY r.row"""
    )
    return {
        "registered_60": _spread(registered, "n", n),
        "program_60": _spread(programs, "n", n),
        **{f"disability_{name}_24": _spread(disability, name, n) for name in degrees},
    }


def _conditions(traits: pd.DataFrame) -> dict[str, NDArray]:
    """Local conditions in ordered categories."""
    return {
        **{
            name: np.digitize(traits[name], RATE_EDGES)
            for name in ("rate", "rate_before", "rate_after")
        },
        "local_income": np.digitize(traits.income, INCOME_EDGES),
        "local_disability": np.digitize(traits.disability_percent, DISABILITY_EDGES),
    }


def _spread(table: pd.DataFrame, column: str, n: int) -> NDArray:
    """A grouped count as one value per row, zero where there was none."""
    values = np.zeros(n)
    values[table.row.to_numpy()] = table[column].to_numpy()
    return values
