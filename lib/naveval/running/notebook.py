"""A run's notebook: its chosen parts, executed in a process of their own."""

import json
import os
import signal
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

from naveval.exhibits import figures, painting
from naveval.project import catalogue, notebooks, paths, threads
from naveval.project.errors import EstimationError, ParameterError
from naveval.project.parameters import StudyParameters
from naveval.running import cells, warm
from naveval.running.cells import CellFault, Told

EXECUTED = "executed.ipynb"
SOURCE = "source.ipynb"
EXPLORE = "explore"
LONGEST_MESSAGE = 500


def execute(
    study: str, parameters: StudyParameters, staging: Path, *, told: Told = lambda *_: None
) -> None:
    """Execute the notebook's chosen parts into `staging/executed.ipynb`.

    The cells run in a process forked for them, so that one that is killed takes nothing with
    it; in a process that was forked for this run they run right here.

    Parameters
    ----------
    told
        Called after each cell with the number of cells done and their total.

    Raises
    ------
    EstimationError
        Naming the cell that failed and its error, or saying that its process died.
    """
    book = select_parts(study, parameters)
    book = notebooks.with_parameters(book, parameters.model_dump(mode="json"))
    if warm.inside() or not warm.POSSIBLE:
        fault = execute_into(book, staging, told)
    else:
        fault = _execute_apart(study, book, staging, told)
    if fault is not None:
        private = parameters.origin() == "register"
        raise EstimationError(_explain(study, fault, private=private))


def execute_into(book: dict[str, Any], staging: Path, told: Told) -> CellFault | None:
    """Execute a notebook here and write it where a run's results are made."""
    fault = cells.execute(book, told)
    if fault is None:
        notebooks.write(book, staging / EXECUTED)
    return fault


def _execute_apart(study: str, book: dict[str, Any], staging: Path, told: Told) -> CellFault | None:
    """Execute a notebook in a process forked for it, and end that process whatever happens."""
    source = staging / SOURCE
    notebooks.write(book, source)
    warm.prepare([study])
    heard, said = os.pipe()
    with open(heard, encoding="utf-8") as messages:
        try:
            process = warm.fork(
                "naveval.running.notebook:execute_and_tell",
                [str(source), str(staging)],
                environment=os.environ,
                talk=said,
            )
        finally:
            os.close(said)
        try:
            for line in messages:
                message = json.loads(line)
                if "done" in message:
                    told(message["done"], message["total"])
                else:
                    return CellFault(**message["fault"]) if message["fault"] else None
            process.wait()
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            source.unlink(missing_ok=True)
    raise EstimationError(
        f"notebooks/{study}.ipynb: its process died, most often for lack of memory; "
        "the earlier result is untouched"
    )


def execute_and_tell(source: str, staging: str, talk: int) -> None:
    """In the forked process: execute a notebook and tell how it goes, a line of JSON each."""
    with open(talk, "w", encoding="utf-8", buffering=1) as messages:

        def told(done: int, total: int) -> None:
            print(json.dumps({"done": done, "total": total}), file=messages)

        def alone() -> None:
            os.close(talk)  # whoever hears it is told that this process has died
            warm.die_with_parent()
            figures.use_style()

        with painting.beside(alone) if threads.count() > 1 else nullcontext():
            fault = execute_into(notebooks.read(Path(source)), Path(staging), told)
        print(json.dumps({"fault": vars(fault) if fault else None}), file=messages)


def select_parts(study: str, parameters: StudyParameters) -> dict[str, Any]:
    """The notebook without the cells for exploring and of parts that were not chosen."""
    book = notebooks.read(paths.notebook(catalogue.study(study).name))
    found = [cell for cell in book["cells"] if EXPLORE not in notebooks.tags(cell)]
    known = sorted({part for cell in found for part in _tagged(cell, "part:")})
    unknown = sorted(set(parameters.parts) - set(known))
    if unknown:
        raise ParameterError(
            f"parts: {', '.join(unknown)}: not in notebooks/{study}.ipynb; "
            f"allowed: {', '.join(known) or 'none'}"
        )
    if parameters.parts:
        chosen = set(parameters.parts)
        found = [cell for cell in found if _is_chosen(cell, chosen)]
    return {**book, "cells": found}


def _is_chosen(cell: dict[str, Any], chosen: set[str]) -> bool:
    """Whether a cell belongs to a chosen part, and every part it `needs:` is chosen too."""
    parts = _tagged(cell, "part:")
    return (not parts or bool(parts & chosen)) and _tagged(cell, "needs:") <= chosen


def _tagged(cell: dict[str, Any], prefix: str) -> set[str]:
    return {tag.removeprefix(prefix) for tag in notebooks.tags(cell) if tag.startswith(prefix)}


def _explain(study: str, fault: CellFault, *, private: bool) -> str:
    """Name the cell and the error; the traceback stays out, it may show data.

    The message of an unforeseen error can quote a value, so on real registers only its
    kind is told.
    """
    where = f"notebooks/{study}.ipynb, cell {fault.cell}"
    if fault.ours:
        return f"{where}: {fault.message}"
    if private:
        return f"{where}: {fault.kind}; run the notebook in JupyterLab to see where"
    return f"{where}: {fault.kind}: {fault.message[:LONGEST_MESSAGE]}"
