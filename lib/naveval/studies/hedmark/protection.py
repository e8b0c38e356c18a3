"""The protected panel: every count of the study changed once, before anything is computed.

Means, effects, composition, the regressions of table 5 and their tests, flows and hazards are
functions of county × month counts (job seekers of a county and month are all alike to them), so
they are descriptive in the sense of `disclosure/design.md` and tell no more than the protected
panel does. Labour force is published by Statistics Norway and stays as it is.
"""

import numpy as np
import pandas as pd

from naveval.disclosure import counts as counting
from naveval.disclosure import decisions, keys, magnitudes
from naveval.disclosure.keys import Secret
from naveval.project.store import cached
from naveval.registers import extracts, reading
from naveval.studies.hedmark import panel as panels
from naveval.studies.hedmark.contracts import TABLES
from naveval.studies.hedmark.panel import FLOW_COUNTS, STOCKS, Panel, with_spans
from naveval.studies.hedmark.parameters import Parameters

AT_RISK = 12.0
"""Months at risk that one person can add to a cell of the spans, as the cap of its noise."""


def load_panel(parameters: Parameters) -> Panel:
    """The protected county panel of the run's registers, computed once for all counties' runs.

    Raises
    ------
    ContractError
        When the registers do not cover the months of the analysis.
    DisclosureError
        For real registers without the register owner's secret.
    """
    folder = extracts.folder("hedmark", parameters)
    secret = keys.secret(parameters.origin())
    key = {"data": reading.fingerprint(folder, tuple(TABLES)), "secret": secret.fingerprint}

    def make() -> Panel:
        with reading.open_registers(folder, TABLES) as opened:
            return panels.build(opened, secret)

    panel = cached("hedmark-panel", make, key=key, code=(panels,))
    panels.require_months(panel, *parameters.register_months())
    return protect(panel, secret, parameters.months())


def protect(panel: Panel, secret: Secret, months: tuple[int, int, int]) -> Panel:
    """The panel with protected counts and without keys, for an analysis of these months.

    Inflow that is missing (the first two months of the register) stays missing. Rates before and
    after the start come from sums that are protected once: monthly flows by months registered
    are counts of ten to twenty, and hazards made of them would be mostly noise.

    Parameters
    ----------
    months
        Start, first and last month of the analysis, month numbers.
    """
    raw = with_spans(panel, *months)
    known = raw.counts["inflow"].notna()
    filled = raw.counts.assign(inflow=raw.counts["inflow"].fillna(0))
    counts, protection = decisions.protected_panel(
        filled, [*STOCKS, "inflow"], secret, persons=raw.persons
    )
    counts["inflow"] = counts["inflow"].astype(float).where(known)
    return Panel(
        counts,
        counting.protect(raw.levels, ["stock"], secret),
        counting.protect(raw.flows, FLOW_COUNTS, secret),
        _spans(raw.spans, secret),
        protection.persons,
        protection,
    )


def _spans(spans: pd.DataFrame, secret: Secret) -> pd.DataFrame:
    """Events are counts, months at risk a sum; a cell with few months at risk has none."""
    months = magnitudes.protected_sums(
        spans["stock"],
        spans["stock"],
        spans["stock_key"],
        secret,
        cap=AT_RISK,
        where="months at risk",
    )
    shown = counting.protect(
        spans.drop(columns=["stock", "stock_key"]), ["leaves", "changes_right"], secret
    )
    return shown.assign(stock=np.nan_to_num(months))
