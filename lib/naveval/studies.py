"""The studies of the suite and the convention by which their modules are found.

A study called `x` has the modules `x_parameters` (class `Parameters`), and, where it reads
registers, `x_contracts` (`TABLES`) and `x_simulation` (`simulate`); its notebook is
`notebooks/x.ipynb`, its texts `report/texts/x*.yml`, its defaults `params/x.yml`.
"""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from naveval.errors import ParameterError

STUDIES = ("followup", "hedmark", "programs", "indicator")


def require_study(study: str) -> str:
    """Return the name if it is a study, else raise ParameterError listing the studies."""
    if study not in STUDIES:
        raise ParameterError(f"unknown study «{study}»; allowed: {', '.join(STUDIES)}")
    return study


def module(study: str, stage: str) -> ModuleType:
    """Import `naveval.<study>_<stage>`; ParameterError when the study has no such module."""
    name = f"naveval.{require_study(study)}_{stage}"
    if find_spec(name) is None:
        raise ParameterError(f"study {study} has no {stage}")
    return import_module(name)


def has(study: str, stage: str) -> bool:
    """Whether the study has a module for the stage, for example `contracts`."""
    return find_spec(f"naveval.{require_study(study)}_{stage}") is not None
