"""Seconds and memory of benchmarks: each measurement in a process of its own.

Peak memory is that of a whole process, so what is measured must not share one.
"""

import cProfile
import multiprocessing
import os
import pstats
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from naveval.project import parameters, paths
from naveval.registers import extracts

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
CONTROL = (str(Path("naveval", "disclosure", "")) + os.sep, str(Path("exhibits", "protect.py")))
# The search of finished folders is no part of a run; `finest` calls the study back.
NOT_CONTROL = (str(Path("disclosure", "scan")), str(Path("disclosure", "series.py")))
Result = TypeVar("Result")


def peak_mb() -> float:
    """Highest resident memory of this process so far, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 if sys.platform != "darwin" else peak / 1024**2


def alone(work: Callable[..., Result], *arguments: Any) -> Result:
    """Run in a fresh process; BrokenProcessPool when it cannot start or is killed."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh) as pool:
        return pool.submit(work, *arguments).result()


def print_disclosure(study: str, scale: float) -> None:
    """Print disclosure control's share of a run, on registers of the study's default size at most.

    The keys that queries sum beside their counts are the databases' work and are not in it.
    """
    scale = min(scale, float(parameters.load(study).model_dump()["scale"]))
    seconds, share = alone(disclosure_share, study, scale)
    print(f"disclosure control: {share:.1%} of {seconds:.1f} processor seconds, scale {scale:g}")


def disclosure_share(study: str, scale: float) -> tuple[float, float]:
    """Processor seconds of a run of the notebook, and the share that disclosure control has of it.

    Counted is what `naveval.disclosure` and the exhibits' gate do when others call them, by a
    profile. It leaves out what is built in: hashing seemed four times as dear with it.
    """
    sys.path.insert(0, str(SAMPLES))
    from notebook_cells import run

    with tempfile.TemporaryDirectory() as temporary:
        os.environ["NAVEVAL_OUT"] = temporary
        data = extracts.folder(study, parameters.load(study, changes={"scale": scale}))
        profile = cProfile.Profile(time.process_time, builtins=False)
        profile.runcall(run, study, paths.out_dir() / "result", {"data": str(data)})
    return _share(pstats.Stats(profile))


def _share(told: pstats.Stats) -> tuple[float, float]:
    every: dict[Any, Any] = vars(told)["stats"]
    control = {
        one
        for one in every
        if any(part in one[0] for part in CONTROL) and not any(p in one[0] for p in NOT_CONTROL)
    }
    own = sum(
        times[3]
        for one in control
        for caller, times in every[one][4].items()
        if caller not in control
    )
    total = float(vars(told)["total_tt"])
    return total, own / total
