"""Benchmarks of the work indicator: against statsmodels, at full size, and how time grows.

Each measurement runs in a process of its own, so that peak memory is its own.
"""

import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from measuring import alone, peak_mb
from threadpoolctl import threadpool_limits

from naveval.disclosure import keys
from naveval.estimators.categorical import ols, probit
from naveval.studies.indicator import panel as panels
from naveval.studies.indicator.characteristics import OUTCOMES
from naveval.studies.indicator.models import Packed, Specification, design_for, fit, packed, parts
from naveval.studies.indicator.protection import noise_for
from naveval.studies.indicator.series import curves, grouping
from naveval.studies.indicator.simulate import registers as simulation

PEER_ROWS = 1_000_000
GROWTH = (1 / 24, 1 / 6, 1 / 2, 1.0)
PERSON_GROUPS = 1000
SPEC = Specification(version="production")


@dataclass(frozen=True)
class Measured:
    """What a step took: rows, seconds, highest memory of its process in MB, and its result."""

    step: str
    rows: int
    seconds: float
    peak_mb: float
    result: Any = None


def peer_sample(data: Path) -> tuple[panels.Panel, Packed]:
    """A panel of about a million rows."""
    panel = panels.build(data)
    return panel, Packed(panel)


def time_own(data: Path, outcome: str) -> Measured:
    """Our estimator on the rows the peer gets."""
    _, packs = peer_sample(data)
    with threadpool_limits(1, user_api="blas"):
        rows = parts(packs, SPEC, outcome)
        start = time.perf_counter()
        design = design_for(packs.panel, SPEC, outcome)
        found = (
            probit.fit_probit(design, rows)
            if outcome.startswith("jobb")
            else ols.fit_ols(design, rows)
        )
        seconds = time.perf_counter() - start
    return Measured(
        f"naveval {outcome}",
        found.n,
        seconds,
        peak_mb(),
        (found.coefficients, sorted(found.dropped)),
    )


def time_peer(data: Path, outcome: str) -> Measured:
    """Statsmodels on a dense matrix; the time to make the matrix is told apart."""
    import statsmodels.api as sm

    panel, packs = peer_sample(data)
    design = design_for(panel, SPEC, outcome)
    chunks = [chunk for chunk in panel.chunks if outcome in chunk.outcomes]
    y = np.concatenate([chunk.outcomes[outcome] for chunk in chunks]).astype(float)
    begin = time.perf_counter()
    x = dense(packs, outcome)
    building = time.perf_counter() - begin
    keep = x.any(axis=0)
    if not keep.all():
        x = x[:, keep]
    start = time.perf_counter()
    model = sm.OLS(y, x) if not outcome.startswith("jobb") else sm.Probit(y, x)
    if outcome.startswith("jobb"):
        first = np.zeros(x.shape[1])
        found = model.fit(disp=0, start_params=first, maxiter=50)
    else:
        found = model.fit()
    seconds = time.perf_counter() - start
    full = np.zeros(len(design.names))
    full[keep] = np.asarray(found.params)
    return Measured(f"statsmodels {outcome}", len(y), seconds, peak_mb(), (full, building))


def dense(packs: Packed, outcome: str) -> np.ndarray:
    """Dense zeros and ones of a model, (n, K)."""
    panel = packs.panel
    design = design_for(panel, SPEC, outcome)
    chunks = [chunk for chunk in panel.chunks if outcome in chunk.outcomes]
    x = np.zeros((sum(map(len, chunks)), len(design.names)))
    table = design.expand.toarray()
    at = 0
    for chunk in chunks:
        codes = packed(chunk, design, outcome)
        own = slice(at, at + len(chunk))
        for q, code in enumerate(codes):
            x[own] += table[design.offsets[q] + code.astype(int)]
        at += len(chunk)
    return x


def full_run(data: Path, with_errors: bool = False) -> Measured:
    """Parquet to four models, expected values, county × month and office × month series.

    All counts and sums of the series are protected, as in a report.
    """
    marks: dict[str, float] = {}
    start, processor = time.perf_counter(), time.process_time()
    with threadpool_limits(1, user_api="blas"):
        return _full_run(data, with_errors, marks, start, processor)


def _full_run(
    data: Path, with_errors: bool, marks: dict[str, float], start: float, processor: float
) -> Measured:
    panel = panels.build(data)
    marks["panel"] = time.perf_counter() - start
    begin = time.perf_counter()
    panel = replace(panel, noise=noise_for(panel.persons, keys.secret("simulated")))
    marks["record keys"] = time.perf_counter() - begin
    packs = Packed(panel)
    for outcome in OUTCOMES:
        begin = time.perf_counter()
        found = fit(packs, SPEC, outcome)
        marks[f"fit {outcome}"] = time.perf_counter() - begin
        begin = time.perf_counter()
        wanted = [grouping(panel, name) for name in ("nav", "county", "office")]
        curves(
            packs,
            SPEC,
            outcome,
            found,
            wanted,
            person_groups=PERSON_GROUPS if with_errors else 0,
            seed=1,
        )
        marks[f"series {outcome}"] = time.perf_counter() - begin
    marks["processor"] = time.process_time() - processor
    return Measured("full run", len(panel), time.perf_counter() - start, peak_mb(), marks)


def compare(data: Path) -> pd.DataFrame:
    """Ours against statsmodels on the same rows, one table."""
    rows = []
    for outcome in ("atid3", "jobb3"):
        own, peer = alone(time_own, data, outcome), alone(time_peer, data, outcome)
        gap = float(np.abs(own.result[0] - peer.result[0]).max())
        for found in (peer, own):
            rows.append(
                {
                    "step": found.step,
                    "rows": found.rows,
                    "seconds": found.seconds,
                    "peak_mb": found.peak_mb,
                    "peer_times_as_long": peer.seconds / found.seconds,
                    "peer_times_the_memory": peer.peak_mb / found.peak_mb,
                    "largest_gap": gap,
                    "columns": len(own.result[0]),
                }
            )
    return pd.DataFrame(rows)


def growth(folder: Path, seed: int = 1) -> pd.DataFrame:
    """Full runs at growing size, each on its own simulated registers."""
    rows = []
    for scale in GROWTH:
        data = registers_of(folder, scale, seed)
        found = alone(full_run, data)
        rows.append(
            {
                "rows": found.rows,
                "seconds": found.seconds,
                "peak_mb": found.peak_mb,
                **{k: round(v, 2) for k, v in found.result.items()},
            }
        )
        print(pd.DataFrame(rows[-1:]).to_string(index=False), flush=True)
    return pd.DataFrame(rows)


def registers_of(folder: Path, scale: float, seed: int) -> Path:
    """Simulated registers of a size, made when missing."""
    data = folder / f"indicator-{scale:.4f}-{seed}"
    if not (data / "truth.json").exists():
        data.mkdir(parents=True, exist_ok=True)
        simulation.simulate(data, scale=scale, seed=seed)
    return data


def main(scale: float = 1.0, folder: Path | None = None) -> pd.DataFrame:
    """Print the comparison at 1 million rows, the run at `scale`, and growth up to it.

    Parameters
    ----------
    scale
        1.0 is the full size; growth is measured at 1/24, 1/6, 1/2 and 1 when it is.
    folder
        Where simulated registers are kept; None is a temporary folder.
    """
    with tempfile.TemporaryDirectory() as temporary:
        place = folder or Path(temporary)
        peer_scale = min(scale, PEER_ROWS / 23_900_000)
        table = compare(registers_of(place, peer_scale, 1))
        shown = {"largest_gap": "{:.1e}".format}
        print(table.to_string(index=False, formatters=shown, float_format="%.3f"), flush=True)
        if scale >= 1:
            growth(place)
        else:
            found = alone(full_run, registers_of(place, scale, 1))
            print(f"full run: {found.rows} rows, {found.seconds:.1f} s, {found.peak_mb:.0f} MB")
        errors = alone(full_run, registers_of(place, scale, 1), True)
        print(
            f"with clustered standard errors ({PERSON_GROUPS} groups of persons): "
            f"{errors.seconds:.1f} s, {errors.peak_mb:.0f} MB"
        )
    return table
