"""Run one study for one place: check, execute the notebook, move the result into place."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from naveval.disclosure import keys
from naveval.exhibits import manifest, opening
from naveval.exhibits import output as outputs
from naveval.project import folders, paths, places, store
from naveval.project.errors import ParameterError, StoreError
from naveval.project.parameters import StudyParameters
from naveval.registers import extracts
from naveval.registers.contracts import Warned
from naveval.running import notebook, warm
from naveval.running.progress import Tells, say


@dataclass(frozen=True)
class Run:
    """A finished run: its folder, and whether it was skipped because it was current."""

    folder: Path
    skipped: bool


def run(
    study: str,
    parameters: StudyParameters,
    *,
    target: Path | None = None,
    resume: bool = False,
    tells: Tells = "screen",
) -> Run:
    """Execute a study's notebook and write its result folder whole.

    Everything that can be checked is checked before a cell is executed. The notebook writes to
    a staging folder, which replaces the earlier result only when all of it succeeded.

    Parameters
    ----------
    target
        Result folder; default `report/_out/<study>/<place>`.
    resume
        Do nothing when the result is complete and current.
    tells
        How it goes, to stderr: "screen" shows a bar, "lines" a line for each cell, "nothing".

    Raises
    ------
    NavevalError
        From the checks, or EstimationError naming the cell that failed.
    """
    folder = target or paths.result_dir(study, places.slug(parameters.county))
    parameters = parameters.model_copy(update={"data": folders.name_of(parameters.data)})
    require_replaceable(folder)
    store.sweep(folder.parent)
    if not resume:
        warm.prepare([study])  # it imports while everything is checked here
    with _progress(study, tells) as told:
        return _run(study, parameters, folder, resume, told)


def _run(
    study: str, parameters: StudyParameters, folder: Path, resume: bool, told: notebook.Told
) -> Run:
    warned = prepare(study, parameters)
    described = manifest.describe(study, parameters, manifest.data_fingerprint(study, parameters))
    with store.held(folder):
        if resume and manifest.is_current(folder, described):
            return Run(folder, skipped=True)
    with store.staged(folder) as work:
        staging = work / folder.name
        for part in ("figures", "tables"):
            (staging / part).mkdir(parents=True)
        content = {**described, "started": manifest.now(), "git_commit": manifest.git_commit()}
        with _result_in(staging):
            notebook.execute(study, parameters, staging, told=told)
        content |= {"finished": manifest.now(), "engine": None, "complete": True}
        opened = _output_of(study, parameters, staging)
        content["report"] = manifest.report_metadata(
            opened, warned, mixed=parameters.mixed(), scale=parameters.simulated_scale()
        )
        content["files"] = manifest.files_of(staging)
        manifest.write(staging, content)
        _require_unchanged(study, parameters, described)
        with store.held(folder):
            require_replaceable(folder)
            store.exchange(staging, folder)
    return Run(folder, skipped=False)


def _require_unchanged(study: str, parameters: StudyParameters, described: dict[str, Any]) -> None:
    """Refuse a result of which a part may come from before and a part from after a change."""
    if (
        manifest.code_hash(study) != described["code"]
        or manifest.describe(study, parameters, manifest.data_fingerprint(study, parameters))
        != described
    ):
        raise StoreError(
            f"{study}: code, texts or data changed while the study ran; the earlier result is "
            "untouched, run it again"
        )


def prepare(study: str, parameters: StudyParameters) -> tuple[Warned, ...]:
    """Check parts, secret, inputs and registers; simulate registers when none are given.

    Returns
    -------
    Warnings about the registers.
    """
    notebook.select_parts(study, parameters)
    if parameters.data:
        extracts.folder(study, parameters)  # a folder that is not there is told before a secret
    keys.secret(parameters.origin())
    return opening.check(study, parameters)


def require_replaceable(folder: Path) -> None:
    """Refuse to replace a file, or a folder with something else than an earlier result."""
    if folder.is_dir() and ((folder / manifest.FILE).is_file() or not any(folder.iterdir())):
        return
    if folder.exists():
        raise ParameterError(
            f"--out {folder}: exists and is no earlier result (it has no {manifest.FILE}); "
            "name another folder"
        )


@contextmanager
def _progress(study: str, tells: Tells) -> Iterator[notebook.Told]:
    """Tell of the cells of the notebook, and before the first that registers are checked."""
    if tells == "lines":
        say("checks registers")
        yield lambda done, total: say(f"cell {done} of {total}")
        return
    with tqdm(desc=f"{study}: checks registers", unit="cell", disable=tells == "nothing") as bar:

        def told(done: int, total: int) -> None:
            bar.total = total
            bar.set_description(study, refresh=False)
            bar.update(done - bar.n)

        yield told


@contextmanager
def _result_in(staging: Path) -> Iterator[None]:
    """Have what opens the study write to the staging folder."""
    earlier = os.environ.get(outputs.RESULT_VARIABLE)
    os.environ[outputs.RESULT_VARIABLE] = str(staging)
    try:
        yield
    finally:
        if earlier is None:
            os.environ.pop(outputs.RESULT_VARIABLE, None)
        else:
            os.environ[outputs.RESULT_VARIABLE] = earlier


def _output_of(study: str, parameters: StudyParameters, staging: Path) -> Any:
    with _result_in(staging):
        return outputs.open_output(study, parameters)
