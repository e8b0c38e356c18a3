"""Register extracts of a study: the ones given, or simulated ones made on demand."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from naveval.project import catalogue, paths, provenance
from naveval.project.errors import ContractError
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
        found = paths.extracts_dir(parameters.data)
        if found is None:
            raise ContractError(f"data: {parameters.data}: no such folder with register extracts")
        return found
    return simulated(study, parameters.simulation())


def simulated(study: str, settings: dict[str, Any]) -> Path:
    """Simulated registers with these settings, kept until the simulation's code changes."""
    simulate = catalogue.module(study, "simulate").simulate
    target = paths.out_dir() / FOLDER / f"{study}-{_key(simulate, settings)}"
    if not target.exists():
        write(simulate, target, settings)
    return target


def write(simulate: Callable[..., Any], target: Path, settings: dict[str, Any]) -> None:
    """Simulate into a staging folder and move it into place whole."""
    staging = target.with_name(f"{target.name}.{os.getpid()}.part")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        simulate(staging, **settings)
        if not target.exists():
            staging.rename(target)
    except OSError:
        if not target.exists():
            raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _key(simulate: Callable[..., Any], settings: dict[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode())
    digest.update(provenance.code_hash([simulate.__module__]).encode())
    return digest.hexdigest()[:12]
