"""What the registers of the Hedmark study must cover: every county in every month that is read."""

from naveval.project.months import date_sql
from naveval.registers.coverage import Need
from naveval.studies.hedmark.contracts import COUNTIES
from naveval.studies.hedmark.parameters import Parameters


def needs(parameters: Parameters) -> tuple[Need, ...]:
    """All counties are needed: the exact test is also done among all counties of the country."""
    first, last = parameters.register_months()
    month, counties = date_sql("month"), tuple(COUNTIES)
    return tuple(
        Need(table, "county, month", month, first, last, place="county", places=counties)
        for table in ("job_seekers", "labour_force")
    )
