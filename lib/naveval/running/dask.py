"""The runs of a batch on the workers of a Dask cluster.

Workers have this package installed and see the project and its output folder under the same
paths. Nothing but the commands of a run travels to them, and nothing but its outcome comes back.
"""

import os
import sys
import time
import uuid
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from naveval.project import paths
from naveval.project.errors import NavevalError, ParameterError
from naveval.running import jobs as batch_jobs
from naveval.running.jobs import Job

PATIENCE = 20.0
"""Seconds to wait for the scheduler to answer."""


def work(
    waiting: Sequence[Job],
    address: str,
    jobs: int,
    limit: float | None,
    begun: Callable[[Job], None] = lambda _: None,
) -> Generator[tuple[Job, str, float], None, None]:
    """Run jobs on a cluster, at most `jobs` at the same time; each with its outcome and seconds.

    Parameters
    ----------
    address
        Of the scheduler: `tcp://HOST:8786`.
    limit
        Memory of one run in megabytes; None shares out what is free on its worker.
    begun
        Told of each run that is handed to the cluster.

    Raises
    ------
    ParameterError
        When Dask is not installed or no scheduler answers.
    """
    distributed = _distributed()
    try:
        client = distributed.Client(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise ParameterError(f"--scheduler {address}: no Dask scheduler answers there") from error
    stop = distributed.Event(f"naveval-{uuid.uuid4().hex}", client=client)
    with client:
        queue = list(reversed(waiting))
        running = distributed.as_completed()
        owners: dict[str, Job] = {}

        def submit() -> None:
            job = queue.pop()
            begun(job)
            future = client.submit(
                complete, job, _environment(), limit, stop.name, pure=False, retries=0
            )
            owners[future.key] = job
            running.add(future)

        try:
            while queue and len(owners) < jobs:
                submit()
            while owners:
                future = next(running)
                job = owners.pop(future.key)
                yield (job, *_outcome(future))
                if queue:
                    submit()
        finally:
            stop.set()  # runs still on a worker end themselves


def complete(
    job: Job, environment: Mapping[str, str], limit: float | None, stop: str
) -> tuple[str, float]:
    """On a worker: make one run within its memory; why it failed ("" if not) and seconds."""
    from distributed import Event, get_client, get_worker

    os.environ.update(environment)
    places = max(1, int(get_worker().state.nthreads))
    most = limit or batch_jobs.free_memory_mb() * 0.9 / places
    ended = Event(stop, client=get_client())
    own = replace(job, commands=[[sys.executable, *command[1:]] for command in job.commands])
    item = batch_jobs.start(own, places, most)
    while (outcome := batch_jobs.poll(item, most)) is None:
        if _is_set(ended):
            batch_jobs.stop([item])
            outcome = "the batch was ended"
            break
        time.sleep(batch_jobs.POLL_SECONDS)
    return outcome, time.monotonic() - item.started


def _is_set(ended: Any) -> bool:
    """Whether the batch was ended; a scheduler that is gone counts, nobody waits any more."""
    try:
        return bool(ended.is_set())
    except Exception:  # a closed client raises different errors in different versions
        return True


def _environment() -> dict[str, str]:
    """Where the project and its results lie, for a worker started in another folder."""
    return {
        "NAVEVAL_ROOT": str(paths.project_root().resolve()),
        "NAVEVAL_OUT": str(paths.out_dir().resolve()),
    }


def _outcome(future: Any) -> tuple[str, float]:
    """What `complete` gave, or why the worker could not say."""
    try:
        outcome, seconds = future.result()
    except NavevalError as error:
        return str(error), 0.0
    except Exception as error:  # whatever a worker or its network fails with fails this run alone
        return f"the worker failed: {type(error).__name__}: {error}"[:500], 0.0
    return str(outcome), float(seconds)


def _distributed() -> Any:
    try:
        import distributed
    except ModuleNotFoundError:
        raise ParameterError(
            "--scheduler: Dask is not installed; install the package with its extra «dask»"
        ) from None
    return distributed
