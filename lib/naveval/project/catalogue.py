"""The studies of the suite, found by the `STUDY` that each folder below `studies/` declares.

Nothing names the studies in one place: a folder with a `STUDY` is a study, and the command line,
batches, the site, the audit and the manifest find it here. Its notebook is
`notebooks/<name>.ipynb`, its defaults `params/<name>.yml`, its texts `report/texts/<name>/*.yml`.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from itertools import pairwise
from pkgutil import iter_modules
from types import ModuleType
from typing import Literal, get_args

from naveval.project.errors import NavevalError, ParameterError

PACKAGE = "naveval.studies"
Role = Literal["parameters", "contracts", "coverage", "simulate", "report", "update"]


@dataclass(frozen=True)
class Study:
    """What a study is made of: modules by their dotted name below the study's folder.

    A module is imported when it is asked for, so that one of them does not bring the others.

    Attributes
    ----------
    name
        Name of the folder; what people type.
    order
        Place among the studies, in menus and summaries.
    parameters
        Module with `Parameters`, a `StudyParameters`.
    contracts
        Module with `TABLES`, and `RULES`, `rules_for` and `JOINT` (pairs of columns that a profile
        tells) where there are any; "" for a study that reads no registers.
    coverage
        Module with `needs(parameters)`: the periods and places the tables must cover.
    simulate
        Module with `simulate(folder, **settings)`, which writes registers; "" where there is none.
    report
        Module with `REPORT`, all that can be shown; "" for a study that is not declared yet.
    update
        Module with `publish_quarter` and `summary`; "" for a study that is not updated.
    """

    name: str
    order: int
    parameters: str = "parameters"
    contracts: str = ""
    coverage: str = ""
    simulate: str = ""
    report: str = ""
    update: str = ""


@lru_cache(maxsize=1)
def studies() -> dict[str, Study]:
    """Every study by name, in order.

    Raises
    ------
    NavevalError
        When a folder below `studies/` has no `STUDY`, names it otherwise than itself, or shares
        its order with another.
    """
    found: dict[str, Study] = {}
    for item in iter_modules(import_module(PACKAGE).__path__):
        study = getattr(import_module(f"{PACKAGE}.{item.name}"), "STUDY", None)
        if not isinstance(study, Study) or study.name != item.name:
            raise NavevalError(
                f"studies/{item.name}/__init__.py: expected STUDY = Study(name={item.name!r}, …)"
            )
        found[study.name] = study
    ordered = sorted(found.values(), key=lambda study: study.order)
    for one, other in pairwise(ordered):
        if one.order == other.order:
            raise NavevalError(f"studies {one.name} and {other.name} have the same order")
    return {study.name: study for study in ordered}


def names() -> tuple[str, ...]:
    """Names of the studies, in order."""
    return tuple(studies())


def study(name: str) -> Study:
    """The study of this name; ParameterError listing the studies when there is none."""
    if name not in studies():
        raise ParameterError(f"unknown study «{name}»; allowed: {', '.join(studies())}")
    return studies()[name]


def has(name: str, role: Role) -> bool:
    """Whether the study has a module for the role, for example `contracts`."""
    return bool(getattr(study(name), role))


def module(name: str, role: Role) -> ModuleType:
    """Import the study's module for a role; ParameterError when it has none."""
    if not has(name, role):
        raise ParameterError(f"study {name} has no {role}")
    return import_module(module_name(name, role))


def module_name(name: str, role: Role) -> str:
    """Full name of the study's module for a role."""
    return f"{PACKAGE}.{name}.{getattr(study(name), role)}"


def modules(name: str) -> tuple[str, ...]:
    """Names of the modules that the study declares; no import shows that they are used."""
    return tuple(module_name(name, role) for role in get_args(Role) if has(name, role))
