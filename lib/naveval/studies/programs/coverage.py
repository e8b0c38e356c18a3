"""What the registers of the programme study must cover, from its designs and look-backs."""

from naveval.project.months import code_sql, from_code
from naveval.registers.coverage import Need
from naveval.studies.programs.codes import LAST_MONTH
from naveval.studies.programs.panel.persons import CLEAN, FIRST
from naveval.studies.programs.parameters import Parameters
from naveval.studies.programs.sample.covariates import (
    INCOME_YEARS,
    LOCAL_AFTER,
    LOCAL_BEFORE,
    RECENT,
)
from naveval.studies.programs.sample.persons import BEFORE, DESIGNS

EPOCH = 2009 * 12  # the panel counts months from January 2009


def needs(parameters: Parameters) -> tuple[Need, ...]:
    """Months and years that each table must have; the last ones are the study's own end."""
    entry = min(from_code(design.first) for design in DESIGNS.values())
    latest = max(from_code(design.last) for design in DESIGNS.values())
    panel, end = EPOCH + FIRST, from_code(LAST_MONTH)
    month = code_sql("month")
    past = min(entry - BEFORE, panel - CLEAN)
    return (
        Need("person_years", "year", "year", panel // 12, end // 12, text=str),
        Need("nav_status", "month", month, past, end),
        Need("employment", "month", month, past, end),
        Need(
            "annual_income",
            "year",
            "year",
            entry // 12 - INCOME_YEARS,
            latest // 12 - 1,
            text=str,
        ),
        Need("program_spells", "from_month", code_sql("from_month"), past, end, "flow"),
        Need("benefits", "month", month, entry - RECENT, end, may_be_empty=True),
        Need("disability", "month", month, entry - RECENT, end, may_be_empty=True),
        Need("enrolment", "month", month, panel, end, "flow", may_be_empty=True),
        Need("municipalities", "month", month, entry - LOCAL_BEFORE, latest + LOCAL_AFTER),
    )
