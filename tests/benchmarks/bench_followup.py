"""How long the follow-up study takes: raw registers to panel, and the regressions.

Each measurement runs in a process of its own, so that its peak of memory is its own.
"""

import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from measuring import alone, peak_mb

from naveval.disclosure import keys
from naveval.studies.followup import estimate
from naveval.studies.followup import panel as followup_panel
from naveval.studies.followup.estimate import COMPARISONS, WINDOWS
from naveval.studies.followup.parameters import Parameters
from naveval.studies.followup.simulate import registers

SEED = 2024


def main(scale: float = 1.0) -> pd.DataFrame:
    """Measure and print; returns what was printed.

    Returns
    -------
    One row per step: step, rows, seconds, cpu_seconds (of the whole step with reading, all
    threads together), memory_mb (peak of the process), times_as_long (of a peer: its seconds
    over ours, for the long-window regression of table 1).
    """
    with tempfile.TemporaryDirectory(prefix="followup-bench-") as name:
        folder = Path(name)
        rows = [
            _apart(_simulate, folder, scale),
            _apart(_panel, folder),
            _apart(_regressions, folder),
            _apart(_one, folder),
            *(_apart(peer, folder) for peer in _peers()),
        ]
    found = pd.DataFrame(rows)
    own = found.loc[found["step"] == "one regression", "seconds"].iloc[0]
    found["times_as_long"] = (found["seconds"] / own).where(found["step"].str.startswith("peer"))
    shown = found.round({"seconds": 2, "cpu_seconds": 2, "memory_mb": 0, "times_as_long": 1})
    print(shown.to_string(index=False, na_rep=""))
    return found


def _apart(measured: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
    """Run a measurement in a fresh process and add its peak memory."""
    return alone(_measured, measured, arguments)


def _measured(
    measured: Callable[..., dict[str, Any]], arguments: tuple[Any, ...]
) -> dict[str, Any]:
    start = time.process_time()
    found = measured(*arguments)
    processor = time.process_time() - start
    return found | {"cpu_seconds": processor, "memory_mb": peak_mb()}


def _simulate(folder: Path, scale: float) -> dict[str, Any]:
    start = time.perf_counter()
    registers.simulate(folder, scale=scale, seed=SEED)
    seconds = time.perf_counter() - start
    cards = pd.read_parquet(folder / "benefit_cards.parquet", columns=["year_week"])
    return {"step": "simulate registers", "rows": len(cards), "seconds": seconds}


def _panel(folder: Path) -> dict[str, Any]:
    start = time.perf_counter()
    panel = followup_panel.read(folder, keys.secret("simulated"))
    seconds = time.perf_counter() - start
    panel.window.to_parquet(folder / "bench-window.parquet", index=False)
    total = panel.flow.loc[panel.flow["step"] == "periods", "n_periods"].sum()
    return {"step": "raw registers to panel", "rows": int(total), "seconds": seconds}


def _window(folder: Path) -> pd.DataFrame:
    return pd.read_parquet(folder / "bench-window.parquet")


def _regressions(folder: Path) -> dict[str, Any]:
    window, parameters = _window(folder), Parameters()
    start = time.perf_counter()
    found = estimate.regressions(window, parameters)
    seconds = time.perf_counter() - start
    rows = sum(item.n_obs for item in found)
    return {"step": f"all {len(found)} regressions", "rows": rows, "seconds": seconds}


def _long(folder: Path) -> estimate.Sample:
    return estimate.sample(_window(folder), COMPARISONS["tbl-1"], WINDOWS["long"])


def _one(folder: Path) -> dict[str, Any]:
    chosen = _long(folder)
    start = time.perf_counter()
    found = estimate.regress(chosen, "tbl-1", "program", "long", 30)
    seconds = time.perf_counter() - start
    return {"step": "one regression", "rows": found.n_obs, "seconds": seconds}


def _peers() -> list[Callable[[Path], dict[str, Any]]]:
    """The peers that are installed."""
    found = {"pyfixest": _pyfixest, "linearmodels": _linearmodels}
    return [peer for name, peer in found.items() if find_spec(name) is not None]


def _data(folder: Path) -> pd.DataFrame:
    chosen = _long(folder)
    treated = chosen.treated.astype(float)
    frame = chosen.rows[["person", "duration", "month", "program"]].reset_index(drop=True)
    return frame.assign(
        program=frame["program"].astype(float),
        treated=treated,
        treated_post=treated * np.asarray(chosen.post),
    )


def _pyfixest(folder: Path) -> dict[str, Any]:
    import pyfixest

    frame = _data(folder)
    formula = "program ~ treated_post + treated | duration + month"
    pyfixest.feols(formula, data=frame.head(20_000), vcov={"CRV1": "person"})
    start = time.perf_counter()
    pyfixest.feols(formula, data=frame, vcov={"CRV1": "person"})
    return {"step": "peer: pyfixest", "rows": len(frame), "seconds": time.perf_counter() - start}


def _linearmodels(folder: Path) -> dict[str, Any]:
    from linearmodels.iv.absorbing import AbsorbingLS

    frame = _data(folder)
    absorbed = frame[["duration", "month"]].astype("category")
    start = time.perf_counter()
    AbsorbingLS(frame["program"], frame[["treated_post", "treated"]], absorb=absorbed).fit(
        cov_type="clustered", clusters=frame["person"]
    )
    seconds = time.perf_counter() - start
    return {"step": "peer: linearmodels", "rows": len(frame), "seconds": seconds}
