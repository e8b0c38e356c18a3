"""How uncertain the curves are: the published formula, clustering by person, the bootstrap."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from naveval import multiplier
from naveval.errors import EstimationError
from naveval.indicator_frames import Z95
from naveval.indicator_series import Curves, half_width

UNITS = ("nav", "county", "office", "innsatsgruppe")
MOST_GROUPS = 40
LAST_MONTHS = 12


def interval_table(
    found: Mapping[str, Curves], windows: Sequence[tuple[str, str]], n_draws: int, seed: int
) -> pd.DataFrame:
    """Half widths of 95 percent intervals, averaged over months and groups.

    For a single month, the mean of the last twelve months, and the change over twelve months;
    by the published formula (which treats months as independent), clustered by person with
    uncertain coefficients, and by the multiplier bootstrap.

    Returns
    -------
    outcome, grouping, quantity ("month", "year", "change"), published, clustered, bootstrap
    (half widths), ratio (clustered over published).
    """
    rows = []
    for name in UNITS:
        if name not in found or found[name].influence is None:
            continue
        curve = found[name]
        if len(curve.months) < 2 * LAST_MONTHS:
            raise EstimationError("uncertainty: fewer than 24 months")
        usable = np.flatnonzero((curve.n > 0).all(axis=0))
        rng = np.random.default_rng(seed)
        shown = (
            usable
            if len(usable) <= MOST_GROUPS
            else np.sort(rng.choice(usable, MOST_GROUPS, replace=False))
        )
        rows += _rows(curve, shown, n_draws, seed)
    return pd.DataFrame(rows)


def _rows(curve: Curves, shown: np.ndarray, n_draws: int, seed: int) -> list[dict[str, object]]:
    table = curve.influence
    assert table is not None
    half = half_width(curve)[:, shown]
    own = table[:, :, shown].astype(np.float64)
    t = len(curve.months)
    weights = {
        "month": np.eye(t),
        "year": np.concatenate([np.zeros(t - LAST_MONTHS), np.full(LAST_MONTHS, 1 / LAST_MONTHS)])[
            None, :
        ],
        "change": (np.eye(t, k=LAST_MONTHS)[:-LAST_MONTHS] - np.eye(t)[:-LAST_MONTHS]),
    }
    rows = []
    for quantity, matrix in weights.items():
        moved = np.einsum("qt,ctg->cqg", matrix, own).reshape(len(own), -1)
        published = np.sqrt((matrix**2) @ half**2).ravel()
        clustered = Z95 * multiplier.clustered_errors(moved)
        step = max(1, moved.shape[1] // 400)
        draws = multiplier.draws(moved[:, ::step], n_draws, seed)
        (boot,) = multiplier.bootstrap_intervals(np.zeros(draws.shape[1]), draws, (0.95,))
        rows.append(
            {
                "outcome": curve.outcome,
                "grouping": curve.grouping.name,
                "quantity": quantity,
                "published": float(published.mean()),
                "clustered": float(clustered.mean()),
                "bootstrap": float((boot.high - boot.low).mean() / 2),
                "ratio": float(clustered.sum() / published.sum()),
                "n_month": float(curve.n[:, shown].min()),
            }
        )
    return rows
