"""Limits of the numbers in the programme study's registers, and who has more of what."""

from naveval.project.months import code_sql
from naveval.registers.rules.levels import Limit, ordered, plausible
from naveval.registers.views import part_of

MONTH = code_sql("month")
BENEFITS = {  # what a mean of months with the benefit can be, and what it usually is
    "aap_nok": ((5_000, 45_000), (10_000, 30_000)),
    "dagpenger_nok": ((4_000, 45_000), (8_500, 28_000)),
    "tiltakspenger_nok": ((2_000, 18_000), (3_500, 12_000)),
    "sosialhjelp_nok": ((2_500, 25_000), (5_000, 16_000)),
    "sykepenger_nok": ((6_000, 60_000), (12_000, 40_000)),
    "introduksjonsstonad_nok": ((5_000, 40_000), (10_000, 30_000)),
    "kvalifiseringsstonad_nok": ((5_000, 40_000), (10_000, 30_000)),
}
AGES = """
    SELECT first // 100 - birth_year AS age
    FROM (SELECT person, min(month) AS first FROM nav_status GROUP BY person)
    JOIN persons USING (person)
"""

FALLEN = f"""
    SELECT education < lag(education) OVER (PARTITION BY person ORDER BY year) AS fallen
    FROM {part_of("person_years")} WHERE education <> '0'
"""

LIMITS = (
    plausible(
        "employment",
        Limit("wage_nok", 10_000, 80_000, "kroner a month", where="wage_nok > 0"),
        Limit("position_percent", 30, 110, "per cent of a full position"),
        Limit(
            "position_percent",
            0.05,
            1,
            "a full position or nearly (90 per cent or more; hours a week?)",
            "position_percent >= 90",
            share=True,
        ),
    ),
    plausible("disability", Limit("degree_percent", 45, 100, "per cent (for many of them 100)")),
    plausible(
        "benefits",
        *(
            Limit(name, *limits, "kroner a month", where=f"{name} > 0", usual=usual)
            for name, (limits, usual) in BENEFITS.items()
        ),
    ),
    plausible("annual_income", Limit("earned_income_nok", 100_000, 1_200_000, "kroner a year")),
    plausible(
        "municipalities",
        Limit("unemployment_percent", 0.8, 15, "per cent"),
        Limit("disability_percent", 4, 25, "per cent"),
        Limit("mean_income_nok", 10_000, 2_000_000, "kroner a month", usual=(15_000, 150_000)),
    ),
    plausible(
        "persons",
        Limit("birth_year", 0, 0.05, "ages above 67", "age > 67", share=True),
        Limit("birth_year", 0.05, 0.9, "ages below 30", "age < 30", share=True),
        rows=AGES,
    ),
    plausible(
        "person_years",
        Limit("education", 0, 0.05, "levels below that of the year before", "fallen", share=True),
        rows=FALLEN,
    ),
    plausible(
        "program_spells",
        Limit("to_month", 0, 0.8, "spells of one month", "from_month = to_month", share=True),
    ),
    plausible(
        "persons",
        Limit(
            "first_immigration_month",
            0.75,
            1,
            "months of those with another country_group than 0",
            "first_immigration_month IS NOT NULL",
            "country_group > 0",
            share=True,
        ),
        Limit(
            "first_immigration_month",
            0,
            0.25,
            "months of those with country_group 0",
            "first_immigration_month IS NOT NULL",
            "country_group = 0",
            share=True,
        ),
    ),
    *(
        ordered(
            "benefits",
            benefit,
            f"{benefit} > 0",
            f"innsatsgruppe = '{more}'",
            f"innsatsgruppe = '{less}'",
            f"a benefit more often (a share) in {more} than in {less}; columns or codes exchanged?",
            period=MONTH,
            rows="SELECT * FROM nav_status JOIN benefits USING (person, month)",
            sample="person",
        )
        for benefit, more, less in (
            ("aap_nok", "special", "standard"),
            ("aap_nok", "special", "situational"),
            ("dagpenger_nok", "standard", "special"),
            ("sykepenger_nok", "sick", "situational"),
        )
    ),
    ordered(
        "municipalities",
        "centrality",
        "n",
        "centrality = 1",
        "centrality = 3",
        "more persons of person_years in municipalities of centrality 1, the most central, than "
        "of 3 (a mean); exchanged?",
        period=MONTH,
        least=100,
        rows="SELECT * FROM municipalities JOIN (SELECT municipality, count(*) AS n "
        "FROM person_years GROUP BY municipality) USING (municipality)",
        warning=True,
    ),
)
