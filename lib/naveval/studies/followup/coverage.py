"""What the registers of the follow-up study must cover, from the windows of its panel.

Cards and decisions are read from the first day there can be a decision on, since weeks left are
counted from it; an exit is known when no card follows within the longest gap; a health benefit
counts until some weeks after the exit. Means by duration are made of all cards, so what is
counted in the periods of the cards must reach as far as they do.
"""

import calendar
import datetime as dt

from naveval.project.months import date_sql, from_code, text_sql
from naveval.registers.rules.coverage import Need
from naveval.studies.followup import weeks
from naveval.studies.followup.contracts import CARDS, DIGITAL_FROM, FIRST_DAY
from naveval.studies.followup.panel import OLD_SOURCE_UNTIL, WINDOW
from naveval.studies.followup.parameters import LONGEST_GAPS, Parameters
from naveval.studies.followup.spells import HEALTH_WEEKS

# Month of the Thursday of the last card's week.
LAST_CARD = f"""
    SELECT year(thursday) * 12 + month(thursday) - 1 FROM (
        SELECT DATE '{weeks.EPOCH}' + CAST(7 * max(week) + 3 AS INTEGER) AS thursday FROM ({CARDS})
    )
"""


def needs(parameters: Parameters) -> tuple[Need, ...]:
    """Months and fortnights that each table must have, for the gaps that end a spell."""
    every = "definitions" in (parameters.parts or parameters.PARTS)
    gap = max(LONGEST_GAPS) if every else parameters.longest_gap_weeks
    opening = FIRST_DAY.year * 12 + FIRST_DAY.month - 1
    first, last = (from_code(month) for month in WINDOW)
    end = _last_week(WINDOW[1])
    healthy = weeks.month(end + HEALTH_WEEKS)
    digital = DIGITAL_FROM.year * 12 + DIGITAL_FROM.month - 1
    day, from_date = date_sql("date"), date_sql("from_date")
    return (
        Need(
            "benefit_cards",
            "year_week",
            "week // 2",
            1,
            (end + gap) // 2,
            relation=CARDS,
            text=lambda fortnight: str(weeks.to_year_week(2 * fortnight + 1)),
        ),
        Need("benefit_decisions", "from_date", from_date, opening, last, "flow", until=LAST_CARD),
        Need("program_spells", "from_date", from_date, opening, last, "flow", until=LAST_CARD),
        Need("dialogues", "date", day, first, from_code(OLD_SOURCE_UNTIL), "flow"),
        Need("digital_dialogues", "date", day, digital, last, "flow", until=LAST_CARD),
        Need("employment", "month", text_sql("month"), first, last, until=LAST_CARD),
        Need("health_benefits", "from_date", from_date, opening, from_code(healthy), "flow"),
    )


def _last_week(yyyymm: int) -> int:
    """Running number of the last week whose Thursday lies in a month."""
    year, month = divmod(yyyymm, 100)
    week = weeks.of_date(dt.date(year, month, calendar.monthrange(year, month)[1]))
    return week if weeks.month(week) == yyyymm else week - 1
