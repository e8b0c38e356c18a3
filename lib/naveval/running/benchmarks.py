"""Start a study's benchmark, which lies in the project's folder and not in the package."""

import sys
from importlib import import_module

from naveval.project import paths
from naveval.project.errors import ParameterError


def run(study: str, scale: float) -> None:
    """Run `main(scale)` of `tests/benchmarks/bench_<study>.py`, which prints what it measured.

    Then tell disclosure control's share of a run.

    Raises
    ------
    ParameterError
        When the project's folder has no benchmark of the study.
    """
    folder = paths.project_root() / "tests" / "benchmarks"
    name = f"bench_{study}"
    if not (folder / f"{name}.py").is_file():
        raise ParameterError(
            f"{folder / name}.py: no such file; benchmarks belong to the project's folder, not to "
            "the installed package: start in the project, or set NAVEVAL_ROOT to its root"
        )
    # On the path, since a benchmark measures in fresh processes that import it by name.
    sys.path.insert(0, str(folder))
    import_module(name).main(scale)
    import_module("measuring").print_disclosure(study, scale)
