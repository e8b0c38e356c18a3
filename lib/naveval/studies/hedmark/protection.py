"""The protected panel: every count of the study changed once, before anything is computed.

Means, effects, composition, the regressions of table 5 and their tests, flows and hazards are
functions of county × month counts (job seekers of a county and month are all alike to them), so
they are descriptive in the sense of `disclosure/design.md` and tell no more than the protected
panel does. Labour force is published by Statistics Norway and stays as it is.
"""

from naveval.disclosure import counts as counting
from naveval.disclosure import decisions
from naveval.disclosure.keys import Secret
from naveval.studies.hedmark.panel import FLOW_COUNTS, STOCKS, Panel


def protect(panel: Panel, secret: Secret) -> Panel:
    """The panel with protected counts, and without keys.

    Inflow that is missing (the first two months of the register) stays missing.
    """
    known = panel.counts["inflow"].notna()
    filled = panel.counts.assign(inflow=panel.counts["inflow"].fillna(0))
    counts, protection = decisions.protected_panel(
        filled, [*STOCKS, "inflow"], secret, persons=panel.persons
    )
    counts["inflow"] = counts["inflow"].astype(float).where(known)
    return Panel(
        counts,
        counting.protect(panel.levels, ["stock"], secret),
        counting.protect(panel.flows, FLOW_COUNTS, secret),
        protection.persons,
        protection,
    )
