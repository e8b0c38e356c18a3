"""What the indicator's tables tell of the same persons and months, and numbers that are cut."""

from naveval.registers.rules.levels import ordered
from naveval.registers.rules.links import leaving
from naveval.registers.rules.shares import everywhere_alike
from naveval.registers.rules.signs import MONTH
from naveval.registers.rules.times import in_step
from naveval.registers.rules.values import (
    among,
    exact,
    finer,
    in_every,
    nested,
    pseudonyms,
    sudden,
    uncapped,
)
from naveval.registers.views import part_of
from naveval.studies.indicator.characteristics import MARKS, NO_PROGRAM
from naveval.studies.indicator.contracts.limits import T

HOMES = f"SELECT person, arg_max(county, month) AS place FROM {part_of('stock')} GROUP BY person"
YEAR = "CAST(left(month, 4) AS INTEGER)"
LEAST_IN_STOCK, LEAST_IN_COUNTY, LEAST_WITH = 0.9, 0.9, 200

AGREEMENTS = (
    in_step(
        "inflow",
        "month, new_unemployed",
        f"SELECT {T} AS t, sum(new_unemployed) AS n FROM inflow GROUP BY 1",
        f"SELECT {T} AS t, count(*) AS n FROM stock WHERE registered = month GROUP BY 1",
        "more new unemployed in the months in which more of stock were registered, rather than in "
        "those before or after; is one of the tables late?",
    ),
    among("hours", "stock", LEAST_IN_STOCK),
    nested("stock", "region", "county", LEAST_IN_COUNTY),
    *(finer("stock", name, "county") for name in ("office", "region")),
    in_every(
        "stock",
        "program",
        f"program <> '{NO_PROGRAM}'",
        YEAR,
        f"some with another program than {NO_PROGRAM} in every year; lost there?",
    ),
    uncapped("hours", "hours", "subsidised_hours"),
    uncapped("stock", "weekly_hours", "residence_months"),
    leaving("stock", T, "county"),
    leaving("hours", T, home=HOMES),
    pseudonyms("stock"),
    exact("stock", "age", "residence_months", "weekly_hours"),
    exact("hours", "hours"),
    everywhere_alike(
        "stock", ("innsatsgruppe", "status", "program", "country_group", *MARKS), place="county"
    ),
    sudden("hours", "hours", period=T, label=MONTH, home=HOMES),
    sudden("stock", "weekly_hours", period=T, label=MONTH, place="county"),
    *(
        ordered(
            "stock",
            columns,
            value,
            more,
            less,
            words,
            period=T,
            least=LEAST_WITH,
            sample="person",
            warning=True,
        )
        for columns, value, more, less, words in (
            (
                "laid_off",
                "laid_off",
                "status = 'helt_ledig'",
                "status = 'nedsatt'",
                "yes more often (a share) in helt_ledig than in nedsatt; columns exchanged?",
            ),
            (
                "innsatsgruppe, status",
                "status = 'nedsatt'",
                "innsatsgruppe = 'helserelatert'",
                "innsatsgruppe = 'ikke_vurdert'",
                "nedsatt more often (a share) in helserelatert than in ikke_vurdert; exchanged?",
            ),
        )
    ),
)
