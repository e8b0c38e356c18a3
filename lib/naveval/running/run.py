"""Run one study for one place: check, execute the notebook, move the result into place."""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from naveval.exhibits import downloads, manifest, opening
from naveval.exhibits import output as outputs
from naveval.project import paths, places
from naveval.project.errors import EstimationError, NavevalError, ParameterError
from naveval.project.parameters import StudyParameters
from naveval.registers.contracts import Warned

EXECUTED = "executed.ipynb"
EXPLORE = "explore"
ANSI = re.compile(r"\x1b\[[0-9;]*m")


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
    progress: bool = True,
) -> Run:
    """Execute a study's notebook and write its result folder whole.

    Everything that can be checked is checked before a kernel starts. The notebook writes to
    a staging folder, which replaces the earlier result only when all of it succeeded.

    Raises
    ------
    NavevalError
        From the checks, or EstimationError naming the cell that failed.
    """
    folder = target or paths.result_dir(study, places.slug(parameters.county))
    require_replaceable(folder)
    warned = prepare(study, parameters)
    described = manifest.describe(study, parameters, manifest.data_fingerprint(study, parameters))
    recover(folder)
    if resume and manifest.is_current(folder, described):
        return Run(folder, skipped=True)
    staging = stage(folder)
    try:
        content = {**described, "started": manifest.now(), "git_commit": manifest.git_commit()}
        execute(study, parameters, staging, progress=progress)
        content |= {"finished": manifest.now(), "engine": None, "complete": True}
        opened = _output_of(study, parameters, staging)
        content["report"] = manifest.report_metadata(opened, warned)
        downloads.write(opened, content["report"])
        manifest.write(staging, content)
        promote(staging, folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return Run(folder, skipped=False)


def prepare(study: str, parameters: StudyParameters) -> tuple[Warned, ...]:
    """Check parts, inputs and registers; simulate registers when none are given.

    Returns
    -------
    Warnings about the registers.
    """
    select_parts(study, parameters)
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


def stage(folder: Path) -> Path:
    """A fresh staging folder beside the results; leftovers of killed runs are removed."""
    root = paths.out_dir() / "_staging"
    root.mkdir(parents=True, exist_ok=True)
    for left in root.iterdir():
        if not _alive(left.suffix.removeprefix(".")):
            shutil.rmtree(left, ignore_errors=True)
    staging = root / f"{folder.parent.name}-{folder.name}.{os.getpid()}"
    shutil.rmtree(staging, ignore_errors=True)
    for part in ("figures", "tables"):
        (staging / part).mkdir(parents=True)
    return staging


def _alive(pid: str) -> bool:
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def promote(staging: Path, folder: Path) -> None:
    """Put the staged folder in place of the earlier one; `recover` mends an interruption."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    old = _old(folder)
    shutil.rmtree(old, ignore_errors=True)
    finished = _beside(staging, folder)
    if folder.exists():
        folder.rename(old)
    finished.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _beside(staging: Path, folder: Path) -> Path:
    """The staged folder on the target's file system, where a rename is one step."""
    if _same_file_system(staging, folder.parent):
        return staging
    copy = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(copy, ignore_errors=True)
    try:
        shutil.copytree(staging, copy)
    except OSError:
        shutil.rmtree(copy, ignore_errors=True)
        raise
    return copy


def _same_file_system(first: Path, second: Path) -> bool:
    return first.stat().st_dev == second.stat().st_dev


def recover(folder: Path) -> None:
    """Restore the earlier result if a run was killed between the two moves of `promote`."""
    old = _old(folder)
    if old.exists() and not folder.exists():
        old.rename(folder)


def _old(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")


def execute(study: str, parameters: StudyParameters, staging: Path, *, progress: bool) -> None:
    """Execute the notebook's chosen parts with papermill into `staging/executed.ipynb`."""
    source = staging / "source.ipynb"
    nbformat.write(select_parts(study, parameters), source)
    earlier = os.environ.get(outputs.RESULT_VARIABLE)
    os.environ[outputs.RESULT_VARIABLE] = str(staging)
    try:
        papermill.execute_notebook(
            source,
            staging / EXECUTED,
            parameters=parameters.model_dump(mode="json"),
            kernel_name="python3",
            language="python",
            # The kernel listens on the loopback address only; its warning on that is noise.
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
            progress_bar={"desc": study, "unit": "cell"} if progress else False,
            # Saved once at the end: a run that stops leaves nothing behind anyway.
            request_save_on_cell_execute=False,
            cwd=str(Path.cwd()),
        )
    except PapermillExecutionError as error:
        private = parameters.origin() == "register"
        raise EstimationError(_explain(study, error, private=private)) from None
    except DeadKernelError:
        raise EstimationError(
            f"notebooks/{study}.ipynb: the kernel died, most often for lack of memory; "
            "the earlier result is untouched"
        ) from None
    finally:
        source.unlink(missing_ok=True)
        _restore(earlier)
    _forget_machine(staging / EXECUTED)


def _restore(earlier: str | None) -> None:
    if earlier is None:
        os.environ.pop(outputs.RESULT_VARIABLE, None)
    else:
        os.environ[outputs.RESULT_VARIABLE] = earlier


def select_parts(study: str, parameters: StudyParameters) -> NotebookNode:
    """The notebook without the cells for exploring and of parts that were not chosen."""
    book = nbformat.read(paths.notebook(study), as_version=4)
    book.cells = [cell for cell in book.cells if EXPLORE not in cell.metadata.get("tags", [])]
    known = sorted({part for cell in book.cells for part in _tagged(cell, "part:")})
    unknown = sorted(set(parameters.parts) - set(known))
    if unknown:
        raise ParameterError(
            f"parts: {', '.join(unknown)}: not in notebooks/{study}.ipynb; "
            f"allowed: {', '.join(known) or 'none'}"
        )
    if parameters.parts:
        chosen = set(parameters.parts)
        book.cells = [cell for cell in book.cells if _is_chosen(cell, chosen)]
    return book


def _is_chosen(cell: NotebookNode, chosen: set[str]) -> bool:
    """Whether a cell belongs to a chosen part, and every part it `needs:` is chosen too."""
    parts = _tagged(cell, "part:")
    return (not parts or bool(parts & chosen)) and _tagged(cell, "needs:") <= chosen


def _tagged(cell: NotebookNode, prefix: str) -> set[str]:
    tags = cell.metadata.get("tags", [])
    return {tag.removeprefix(prefix) for tag in tags if tag.startswith(prefix)}


def _explain(study: str, error: PapermillExecutionError, *, private: bool) -> str:
    """Name the cell and the error; the traceback stays out, it may show data.

    The message of an unforeseen error can quote a value, so on real registers only its
    kind is told.
    """
    known = {kind.__name__ for kind in _kinds(NavevalError)}
    where = f"notebooks/{study}.ipynb, cell {error.cell_index}"
    if error.ename in known:
        return f"{where}: {ANSI.sub('', error.evalue)}"
    if private:
        return f"{where}: {error.ename}; run the notebook in JupyterLab to see where"
    return f"{where}: {error.ename}: {ANSI.sub('', error.evalue)[:500]}"


def _kinds(kind: type[NavevalError]) -> list[type[NavevalError]]:
    return [kind, *(below for child in kind.__subclasses__() for below in _kinds(child))]


def _forget_machine(notebook: Path) -> None:
    """Take paths and times of this machine out of the executed notebook's metadata."""
    book = nbformat.read(notebook, as_version=4)
    book.metadata.pop("papermill", None)
    for cell in book.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
    nbformat.write(book, notebook)


def _output_of(study: str, parameters: StudyParameters, staging: Path) -> Any:
    earlier = os.environ.get(outputs.RESULT_VARIABLE)
    os.environ[outputs.RESULT_VARIABLE] = str(staging)
    try:
        return outputs.open_output(study, parameters)
    finally:
        _restore(earlier)
