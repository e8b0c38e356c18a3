"""Limits of the numbers of the work indicator's registers, and who has more of what than others.

A code or a unit that was exchanged is seen where it changes what must be so: who is partly
unemployed works more than who is wholly. Which of two codes that nothing else tells of is which,
no rule can know.
"""

from naveval.project.months import text_sql
from naveval.registers.rules.levels import Limit, ordered, plausible
from naveval.studies.indicator.characteristics import LAST_AGE, NO_PROGRAM, PROGRAMS

T = text_sql("month")
LATER_PENSION = "2015-01"  # spells from this month on have no pensionable income

LIMITS = (
    plausible(
        "stock",
        Limit("weekly_hours", 5, 50, "hours a week", where="weekly_hours > 0"),
        Limit(
            "residence_months",
            0.7,
            1.2,
            "months, near the age of those born in Norway",
            "residence_months / 12 / age",
            "country_group = 'norge'",
        ),
        Limit("age", 0, 0.05, f"ages above {LAST_AGE}", f"age > {LAST_AGE}", share=True),
        Limit("age", 0.05, 0.8, "ages below 30", "age < 30", share=True),
        Limit("laid_off", 0, 0.6, "yes (yes and no exchanged?)", "laid_off", share=True),
        Limit("disability", 0, 0.6, "yes (yes and no exchanged?)", "disability", share=True),
        Limit(
            "higher_education",
            0,
            0.7,
            "yes (yes and no exchanged?)",
            "higher_education",
            share=True,
        ),
        Limit(
            "program",
            0.4,
            1,
            f"{NO_PROGRAM} (exchanged with a programme?)",
            f"program IN ('{PROGRAMS[0]}', '{NO_PROGRAM}')",
            share=True,
        ),
        *(
            Limit(
                column,
                0.02,
                0.98,
                "6 to 10 among those from 1 to 10 (other groups than tenths?)",
                f"{column} > 5",
                f"{column} > 0",
                share=True,
            )
            for column in ("wage_decile", "pension_decile")
        ),
        Limit("registered", 0, 0.4, "the month of the stock", "registered = month", share=True),
        Limit(
            "history_months",
            0,
            0.05,
            "far fewer months than this spell has (a highest value, or registered told for the "
            "first of several spells?)",
            f"history_months < 0.75 * least(60, {T} - {text_sql('registered')})",
            share=True,
        ),
        Limit(
            "pension_decile",
            0,
            0.05,
            f"0 or more among those registered in {LATER_PENSION} or later, who have -1",
            "pension_decile >= 0",
            f"registered >= '{LATER_PENSION}'",
            share=True,
        ),
        Limit(
            "pension_decile",
            0,
            0.05,
            f"-1 among those registered before {LATER_PENSION}",
            "pension_decile < 0",
            f"registered < '{LATER_PENSION}'",
            share=True,
        ),
        sample="person",
    ),
    plausible(
        "hours",
        Limit("hours", 50, 200, "hours in a month", where="hours > 0"),
        Limit(
            "subsidised_hours",
            0,
            0.5,
            "all hours subsidised",
            "subsidised_hours >= hours",
            "hours > 0",
            share=True,
        ),
    ),
    plausible(
        "inflow",
        Limit(
            "new_unemployed",
            0.0025,
            0.03,
            "of the labour force each month",
            "new_unemployed / labour_force",
        ),
        Limit(
            "new_unemployed",
            0.1,
            1,
            "fewer than in the month before (numbers that are added up through the year?)",
            "new_unemployed < was",
            share=True,
        ),
        rows="""
            SELECT *, lag(new_unemployed) OVER (PARTITION BY region ORDER BY month) AS was
            FROM inflow QUALIFY was > 0 AND right(month, 2) <> '01'
        """,
    ),
    *(
        ordered(
            "stock",
            columns,
            value,
            more,
            less,
            words,
            period=T,
            times=times,
            sample="person",
        )
        for columns, value, more, less, words, times in (
            (
                "innsatsgruppe, status",
                "status = 'nedsatt'",
                "innsatsgruppe = 'spesielt_tilpasset'",
                "innsatsgruppe = 'standard'",
                "nedsatt more often (a share) in spesielt_tilpasset than in standard; exchanged?",
                1.0,
            ),
            (
                "wage_decile",
                "weekly_hours",
                "wage_decile > 5",
                "wage_decile BETWEEN 1 AND 5",
                "more hours a week now in deciles 6 to 10 of earlier income than in 1 to 5; "
                "reversed?",
                0.8,
            ),
            (
                "status, weekly_hours",
                "weekly_hours",
                "status = 'delvis_ledig'",
                "status = 'helt_ledig'",
                "more hours a week in delvis_ledig than in helt_ledig; exchanged?",
                1.0,
            ),
            (
                "health_benefit",
                "health_benefit",
                "status = 'nedsatt'",
                "status = 'helt_ledig'",
                "yes more often (a share) in nedsatt than in helt_ledig; exchanged?",
                1.0,
            ),
            (
                "work_benefit",
                "work_benefit",
                "status = 'helt_ledig'",
                "status = 'nedsatt'",
                "yes more often (a share) in helt_ledig than in nedsatt; exchanged?",
                1.0,
            ),
            (
                "married",
                "married",
                "age > 45",
                "age < 25",
                "yes more often (a share) above 45 years than below 25; exchanged?",
                1.0,
            ),
        )
    ),
)
