"""Speed and memory of the Hedmark study: raw tables to panel, and table 5 with 999 draws.

Both are set beside a peer in the same run: the same panel in pandas on the whole table, and
the same wild bootstrap with one weighted least squares fit in statsmodels per draw, timed on
a few draws and scaled up to as many as ours.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
import statsmodels.api as sm
from measuring import peak_mb

from naveval.disclosure import keys
from naveval.registers import reading
from naveval.studies.hedmark import panel as panels
from naveval.studies.hedmark.contracts import TABLES
from naveval.studies.hedmark.estimate.means import Sample, sample
from naveval.studies.hedmark.estimate.regression import regression
from naveval.studies.hedmark.panel import Panel
from naveval.studies.hedmark.parameters import Parameters
from naveval.studies.hedmark.simulate.registers import simulate

DRAWS = 999
PEER_DRAWS = 20
MODELS = 24
Result = TypeVar("Result")


def main(scale: float = 1.0) -> dict[str, float]:
    """Simulate at a scale, time both steps, print and return the figures."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="naveval-bench-") as folder:
        data = Path(folder)
        truth, found["simulate_seconds"] = timed(lambda: simulate(data, scale=scale, seed=1))
        found["rows"] = truth["rows"]
        found["file_mb"] = sum(f.stat().st_size for f in data.rglob("*.parquet")) / 2**20
        panel, found["panel_seconds"] = timed(lambda: build(data))
        found["panel_peak_mb"] = peak_mb()
        parameters = Parameters(draws=DRAWS)
        chosen = panel.counts["county"].isin((parameters.county, *parameters.controls()))
        found["rows_12_counties"] = float(panel.counts.loc[chosen, "stock"].sum())
        _, found["table_5_seconds"] = timed(lambda: regression(panel, parameters))
        found["peak_mb"] = peak_mb()
        one = sample(panel, parameters, "stock", "with")
        _, peer = timed(lambda: peer_bootstrap(one, PEER_DRAWS))
        # Timed on a few draws of one model; not run in full, which would take hours.
        found["peer_table_5_seconds_extrapolated"] = peer / PEER_DRAWS * DRAWS * MODELS
        inflow, found["peer_panel_seconds"] = timed(lambda: peer_panel(data))
        found["peer_panel_peak_mb"] = peak_mb()
        require_same(panel, inflow)
    found["peer_panel_times_as_long"] = found["peer_panel_seconds"] / found["panel_seconds"]
    found["peer_table_5_times_as_long_extrapolated"] = (
        found["peer_table_5_seconds_extrapolated"] / found["table_5_seconds"]
    )
    for name, value in found.items():
        print(f"{name:40s} {value:14,.1f}")
    print(f"extrapolated: from {PEER_DRAWS} draws of one model to {DRAWS} draws of {MODELS}")
    return found


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """The result and the seconds it took."""
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


def build(data: Path) -> Panel:
    """The study's panel."""
    with reading.open_registers(data, TABLES) as opened:
        return panels.build(opened, keys.secret("simulated"))


def peer_panel(data: Path) -> pd.DataFrame:
    """Stock and inflow by county, month and benefit right, in pandas on the whole table."""
    rows = pd.read_parquet(data / "job_seekers")
    month = rows["month"].astype("datetime64[s]")
    rows["m"] = (month.dt.year * 12 + month.dt.month - 1).astype("int32")
    rows = rows.sort_values(["person", "m"], ignore_index=True)
    same = [rows["person"].eq(rows["person"].shift(-k)) for k in range(4)]
    right = rows["benefit_right"].to_numpy().copy()
    for k in range(1, 4):
        near = same[k] & (rows["m"].shift(-k) - rows["m"] <= 3)
        right |= near.to_numpy() & rows["benefit_right"].shift(-k, fill_value=False).to_numpy()
    before = rows["person"].eq(rows["person"].shift(1)) & (rows["m"] - rows["m"].shift(1) <= 2)
    new = rows[~before].assign(right=right[~before.to_numpy()])
    inflow = new.groupby(["county", "m", "right"], observed=True).size().rename("inflow")
    rows.groupby(["county", "m", "benefit_right"], observed=True).size()
    return inflow.reset_index()


def require_same(panel: Panel, peer: pd.DataFrame) -> None:
    """Raise RuntimeError unless both panels have the same inflow."""
    ours = panel.counts.dropna(subset=["inflow"])
    ours = ours.set_index(["county", "month", "group"])["inflow"]
    group = np.where(peer["right"], *panels.GROUPS)
    theirs = peer.assign(group=group, county=peer["county"].astype(str))
    theirs = theirs.set_index(["county", "m", "group"])["inflow"]
    theirs.index = theirs.index.set_names(["county", "month", "group"])
    if not np.array_equal(ours.to_numpy(), theirs.reindex(ours.index).fillna(0).to_numpy()):
        raise RuntimeError("the panel and its pandas peer differ")


def peer_bootstrap(given: Sample, draws: int) -> list[float]:
    """Wild cluster bootstrap of one model with a full regression per draw."""
    units, periods = given.outcome.shape
    unit = np.repeat(np.arange(units), periods)
    period = np.tile(np.arange(periods), units)
    treated = ((unit == 0) & (given.post[period] == 1)).astype(float)
    dummies = [(unit[:, None] == np.arange(units)), (period[:, None] == np.arange(1, periods))]
    covariates = [] if given.covariates is None else [given.covariates.reshape(-1, unit.size).T]
    design = np.column_stack([treated, *dummies, *covariates]).astype(float)
    weights = np.repeat(given.size, periods)
    fitted = sm.WLS(given.outcome.ravel(), design[:, 1:], weights=weights).fit()
    generator = np.random.default_rng(1)
    found = []
    for _ in range(draws):
        signs = generator.choice((-1.0, 1.0), units)[unit]
        again = sm.WLS(fitted.fittedvalues + signs * fitted.resid, design, weights=weights)
        options = {"groups": unit, "use_correction": True}
        found.append(float(again.fit(cov_type="cluster", cov_kwds=options).tvalues[0]))
    return found
