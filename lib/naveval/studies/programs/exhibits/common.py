"""Values of a run that concern no person, and the codes that texts may name."""

from collections.abc import Mapping

from naveval.exhibits import appendix
from naveval.exhibits.declare import Codes, Fact
from naveval.studies.programs.codes import ARMS, GROUPS, STATES, STATUS_CODES
from naveval.studies.programs.panel.persons import CATEGORIES, CHARACTERISTICS

NOT_REGISTERED = "not_registered"
STATUSES = (*STATUS_CODES.values(), NOT_REGISTERED)


COMMON: Mapping[str, Fact] = {
    "county": Fact(lambda results: results.parameters.county, "text"),
}

CODES: Mapping[str, Codes] = {
    **appendix.CODES,
    "characteristic": ("all", *CHARACTERISTICS),
    "category": ("all", *dict.fromkeys(c for group in CATEGORIES.values() for c in group)),
    "status": STATUSES,
    "program": GROUPS,
    "arm": ARMS,
    "state": STATES,
}
