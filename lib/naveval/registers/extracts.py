"""Register extracts of a study: the ones given, or simulated ones made on demand."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from naveval.project import catalogue, folders, paths, store
from naveval.project import parameters as params
from naveval.project.errors import ContractError, ParameterError
from naveval.project.parameters import StudyParameters

FOLDER = "_data"


def folder(study: str, parameters: StudyParameters) -> Path:
    """Folder with the extracts: `parameters.data`, or simulated registers, made if missing.

    A relative folder is looked up from the working folder and from the project's root.

    Raises
    ------
    ContractError
        When the folder named in the parameters does not exist.
    """
    if parameters.data:
        found = folders.find(parameters.data)
        if found is None:
            raise ContractError(f"data: {parameters.data}: no such folder with register extracts")
        return found
    return simulated(study, parameters.simulation())


def simulated(study: str, settings: dict[str, Any]) -> Path:
    """Simulated registers with these settings, kept until the simulation's code changes."""
    simulate = catalogue.module(study, "simulate").simulate
    return store.kept_folder(
        study,
        lambda folder: simulate(folder, **settings),
        key=settings,
        code=(simulate.__module__,),
        below=paths.out_dir() / FOLDER,
    )


def simulate(study: str, target: Path | str, **changes: Any) -> Path:
    """Write a study's simulated registers and their truth into a new folder.

    Parameters
    ----------
    **changes
        Parameters of the simulation, such as `scale` and `seed`.
    """
    made = Path(target)
    settings = params.load(study, changes=changes).simulation()
    write(catalogue.module(study, "simulate").simulate, made, settings)
    return made


def write(simulate: Callable[..., Any], target: Path, settings: dict[str, Any]) -> None:
    """Simulate into a folder beside the target and move it into place whole.

    Raises
    ------
    ParameterError
        When the target exists, also when somebody else made it meanwhile.
    """
    with store.staged(target) as work:
        made = work / target.name
        made.mkdir()
        simulate(made, **settings)
        with store.held(target):
            if target.exists():
                raise ParameterError(f"{target}: exists already; choose another --out or remove it")
            store.exchange(made, target)
