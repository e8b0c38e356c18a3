"""Where things lie in the project, relative to its root."""

import os
from functools import lru_cache
from pathlib import Path

from naveval.project.errors import NavevalError

MARKERS = ("params", "notebooks", "report")
TRUTH = "truth.json"  # beside register tables that are simulated


def project_root() -> Path:
    """Root of the project: NAVEVAL_ROOT, or the nearest folder with the project's layout.

    Looks upwards from the working folder and then from this file, so that a notebook, a
    test and the installed command all find the same project.

    Raises
    ------
    NavevalError
        When no folder above has `params/`, `notebooks/` and `report/`.
    """
    named = os.environ.get("NAVEVAL_ROOT")
    return Path(named) if named else _root_above(os.getcwd())


@lru_cache(maxsize=8)
def _root_above(working: str) -> Path:
    for start in (Path(working), Path(__file__).resolve()):
        for folder in (start, *start.parents):
            if all((folder / marker).is_dir() for marker in MARKERS):
                return folder
    raise NavevalError(
        f"No project found above {working}: expected a folder with {', '.join(MARKERS)}. "
        "Start in the project, or set NAVEVAL_ROOT to its root."
    )


def params_dir() -> Path:
    return project_root() / "params"


def published_dir(study: str) -> Path:
    """The published tables of a study's document, as CSV."""
    return params_dir() / "published" / study


def notebook(study: str) -> Path:
    return project_root() / "notebooks" / f"{study}.ipynb"


def report_dir() -> Path:
    return project_root() / "report"


def texts_dir(study: str = "") -> Path:
    """Norwegian texts: those all studies share, and a study's own in a folder of its name."""
    return report_dir() / "texts" / study


def out_dir() -> Path:
    """Everything generated; git-ignored. NAVEVAL_OUT moves it."""
    named = os.environ.get("NAVEVAL_OUT")
    return Path(named) if named else report_dir() / "_out"


def cache_dir() -> Path:
    return out_dir() / "_cache"


def result_dir(study: str, slug: str) -> Path:
    return out_dir() / study / slug
