"""The studies of the suite and the convention by which their modules are found.

A study called `x` is the folder `studies/x` with the modules `parameters` (class `Parameters`),
and, where it reads registers, `contracts` (`TABLES`) and `simulate.registers` (`simulate`); its
notebook is `notebooks/x.ipynb`, its texts `report/texts/x*.yml`, its defaults `params/x.yml`.
"""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from naveval.project.errors import ParameterError

STUDIES = ("followup", "hedmark", "programs", "indicator")


def require_study(study: str) -> str:
    """Return the name if it is a study, else raise ParameterError listing the studies."""
    if study not in STUDIES:
        raise ParameterError(f"unknown study «{study}»; allowed: {', '.join(STUDIES)}")
    return study


def module(study: str, stage: str) -> ModuleType:
    """Import `naveval.studies.<study>.<stage>`; ParameterError when there is no such module."""
    name = f"naveval.studies.{require_study(study)}.{stage}"
    if not has(study, stage):
        raise ParameterError(f"study {study} has no {stage}")
    return import_module(name)


def has(study: str, stage: str) -> bool:
    """Whether the study has a module for the stage, for example `contracts`."""
    try:
        return find_spec(f"naveval.studies.{require_study(study)}.{stage}") is not None
    except ModuleNotFoundError:  # the stage's own folder is missing
        return False
