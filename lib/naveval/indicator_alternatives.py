"""Alternatives of the document's appendix B, each beside the main model.

Curves come back in one frame with a column `specification`; the main model's are there too
where a figure compares.
"""

import pandas as pd

from naveval.categorical import Fit
from naveval.indicator_frames import curve_frame, windows_of
from naveval.indicator_models import (
    MAIN_GROUPS,
    Packed,
    Specification,
    alternative,
    design_for,
    fit,
)
from naveval.indicator_parameters import Parameters
from naveval.indicator_series import curves, grouping

OUTCOMES_OF = {
    "without_hours": ("atid3", "atid12"),
    "without_pandemic": ("atid3",),
    "month_dummies": ("atid3",),
    "linear": ("jobb3", "jobb12"),
    "cohorts": ("atid3", "atid12"),
}


def all_curves(
    packs: Packed, spec: Specification, fits: dict[str, Fit], parameters: Parameters
) -> pd.DataFrame:
    """Curves of every alternative."""
    blocks = []
    for name, outcomes in OUTCOMES_OF.items():
        own = alternative(spec, name)
        for outcome in outcomes:
            blocks.append(one(packs, own, outcome, name, parameters))
            packs.forget(design_for(packs.panel, own, outcome)) if own.month_dummies else None
    for group in MAIN_GROUPS:
        own = Specification(version=spec.version, group=group)
        found = fit(packs, own, "atid3")
        wanted = [grouping(packs.panel, "main_group")]
        for curve in curves(packs, own, "atid3", found, wanted).values():
            frame = curve_frame(curve, windows_of("atid3", parameters.base3, parameters.base12))
            blocks.append(frame[frame["group"] == group].assign(specification="separate"))
    return pd.concat(blocks, ignore_index=True)


def one(
    packs: Packed, spec: Specification, outcome: str, name: str, parameters: Parameters
) -> pd.DataFrame:
    """National (and where shown county) curves of one alternative."""
    found = fit(packs, spec, outcome)
    wanted = [grouping(packs.panel, "nav"), grouping(packs.panel, "county")]
    windows = windows_of(outcome, parameters.base3, parameters.base12)
    return pd.concat(
        [
            curve_frame(curve, windows)
            for curve in curves(packs, spec, outcome, found, wanted).values()
        ],
        ignore_index=True,
    ).assign(specification=name)
