"""Seconds and memory of benchmarks: each measurement in a process of its own.

Peak memory is that of a whole process, so what is measured must not share one.
"""

import multiprocessing
import resource
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

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
