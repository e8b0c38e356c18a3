"""Do the tests bite? Change the code in small ways with mutmut and count what goes unnoticed.

    make mutation                                   # all targets; hours
    .venv/bin/python tests/mutation/mutate.py estimators/detectable estimators/shrinkage

Each target is a module, by its path under lib/naveval, with the fast tests that are its own
(`TARGETS`). Everything happens in a temporary copy of the project. A mutant survives when these
tests pass with it; survivors that no test can notice, since they mean the same, are listed in
equivalent.txt with the reason, by target and changed line. Exit code 1 when a target's score,
equivalents left out, is below 90 per cent.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
EQUIVALENT = Path(__file__).with_name("equivalent.txt")
COPIED = {"lib": "src", **{name: name for name in ("tests", "params", "report", "notebooks")}}
GENERATED = ("_out", "__pycache__", ".*_cache")
ENOUGH = 0.90
TESTS = "tests/estimators/"
TARGETS = {
    "estimators/categorical/ols": ["categorical"],
    "estimators/categorical/separation": ["categorical"],
    "estimators/crossfit": ["test_scores.py"],
    "estimators/detectable": ["test_detectable.py"],
    "estimators/did": ["test_did.py"],
    "estimators/event_study": ["test_event_study.py"],
    "estimators/group_time": ["test_group_time.py"],
    "estimators/multiple_testing": ["test_multiple_testing.py"],
    "estimators/multiplier": ["test_multiplier.py"],
    "estimators/one_treated/inference": ["one_treated"],
    "estimators/one_treated/regression": ["one_treated"],
    "estimators/overlap": ["test_overlap.py"],
    "estimators/rate": ["test_rate.py"],
    "estimators/scores": ["test_scores.py", "test_overlap.py"],
    "estimators/seasonal": ["test_seasonal.py"],
    "estimators/sensitivity/bounds": ["sensitivity"],
    "estimators/sensitivity/confounding": ["test_overlap.py"],
    "estimators/sensitivity/smoothness": ["sensitivity"],
    "estimators/shrinkage": ["test_shrinkage.py"],
    "estimators/synthetic_control": ["test_synthetic_control.py"],
}
SETTINGS = """
[tool.mutmut]
source_paths = ["src"]
only_mutate = ["src/naveval/{target}.py"]
also_copy = ["params", "report", "notebooks"]
pytest_add_cli_args = ["-m", "not slow", "-p", "no:cacheprovider"]
pytest_add_cli_args_test_selection = {tests}
use_git_change_detection = false
use_setproctitle = false

[tool.pytest.ini_options]
addopts = "--strict-markers --import-mode=importlib"
pythonpath = ["src", "tests/samples"]
markers = ["slow: left out", "quarto: left out"]
"""


def mutants(target: str, workers: int) -> dict[str, str]:
    """Run all mutants of a target: name to «killed», «survived», «timeout» or another status.

    Survivors come with the change as their status, without the first word.
    """
    tests = [TESTS + name for name in TARGETS[target]]
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        for name, as_name in COPIED.items():
            ignored = shutil.ignore_patterns(*GENERATED)
            shutil.copytree(ROOT / name, Path(folder) / as_name, ignore=ignored)
        settings = SETTINGS.format(target=target, tests=tests)
        (Path(folder) / "pyproject.toml").write_text(settings)
        mutmut = [sys.executable, "-m", "mutmut"]
        environment = {**os.environ, "PYTHONPATH": "src", "OPENBLAS_NUM_THREADS": "1"}

        def call(*arguments: str) -> str:
            done = subprocess.run(
                [*mutmut, *arguments],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            return done.stdout if done.returncode == 0 else done.stdout + done.stderr

        log = call("run", "--max-children", str(workers))
        found = dict(
            line.strip().rsplit(": ", 1)
            for line in call("results", "--all", "true").splitlines()
            if "__mutmut_" in line
        )
        if not found or "not checked" in found.values():
            raise SystemExit(f"{target}: mutmut did not run\n{log[-3000:]}")
        for name, status in found.items():
            if status != "killed" and status != "timeout":
                changed = [
                    line
                    for line in call("show", name).splitlines()
                    if line.startswith(("-", "+")) and not line.startswith(("---", "+++"))
                ]
                found[name] = f"{status} " + " | ".join(part.strip() for part in changed)
    return found


def equivalent(target: str) -> set[str]:
    """Changes of a target that mean the same: lines «target: change  # why»."""
    lines = EQUIVALENT.read_text(encoding="utf-8").splitlines() if EQUIVALENT.exists() else []
    own = [line.partition(": ")[2] for line in lines if line.startswith(f"{target}: ")]
    return {line.rpartition("  # ")[0].strip() for line in own}


def score(target: str, found: dict[str, str]) -> tuple[float, list[str]]:
    """Share of the mutants that are noticed, equivalents left out, and the unnoticed changes."""
    known = equivalent(target)
    unnoticed = [
        status.partition(" ")[2]
        for status in found.values()
        if status not in ("killed", "timeout") and not status.startswith("skipped")
    ]
    same = [change for change in unnoticed if change in known]
    left = [change for change in unnoticed if change not in known]
    counted = len(found) - len(same)
    return (1 - len(left) / counted if counted else 1.0), left


def report(targets: Iterable[str], workers: int) -> bool:
    """Print a line per target and its survivors; true when every score is high enough."""
    enough = True
    for target in targets:
        found = mutants(target, workers)
        share, left = score(target, found)
        print(f"{target}: {len(found)} mutants, {share:.1%} noticed", flush=True)
        for change in left:
            print(f"  {change}", flush=True)
        enough &= share >= ENOUGH
    return enough


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", nargs="*", choices=[*TARGETS, []])
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    sys.exit(0 if report(given.target or TARGETS, given.workers) else 1)
