"""Do the tests bite? Change the code in small ways with mutmut and count what goes unnoticed.

    make mutation                                   # all targets; hours
    .venv/bin/python tests/mutation/mutate.py estimators/detectable estimators/shrinkage
    .venv/bin/python tests/mutation/mutate.py --sample 20 disclosure/keys  # twenty at random

Each target is a module, by its path under lib/naveval, with the fast tests that are its own
(`TARGETS`). Everything happens in a temporary copy of the project, one for neighbours in a folder,
whose tests try each other too. A sample is drawn for each target by itself, always the same from
the same code and seed; what was mended after one is measured by another. A mutant survives when
these tests pass with it; survivors that no test can notice, since they mean the same, are listed
in equivalent.txt with the reason, by target and changed line. Exit code 1 when a target's score,
equivalents left out, is below 90 per cent.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[2]
EQUIVALENT = Path(__file__).with_name("equivalent.txt")
COPIED = {"lib": "src", **{name: name for name in ("tests", "params", "report", "notebooks")}}
GENERATED = ("_out", "__pycache__", ".*_cache")
ENOUGH = 0.90
SEED = 15
NOT_RUN = 255  # exit code of tests that could not begin; mutmut takes it for a timeout
UNREAD = "check was interrupted by user"  # the tests' files could not be read with the mutant
CRASHED = ("segfault", "suspicious")  # nobody has seen the tests pass
NAMES = """
from pathlib import Path
from mutmut.mutation.file_mutation import mutate_file_contents
print(*mutate_file_contents("{path}", Path("{path}").read_text(encoding="utf-8")).mutant_names)
"""
TESTS = "tests/"
SEARCH = [
    "disclosure/scan/test_files_by_hand.py",
    "disclosure/scan/test_less_common.py",
    "disclosure/scan/test_readers_by_hand.py",
    "disclosure/scan/test_tables_by_hand.py",
    "disclosure/scan/test_told_elsewhere.py",
    "disclosure/scan/test_words_by_hand.py",
]
FRAMES = [
    "frames/test_arguments_by_hand.py",
    "frames/test_figures_by_hand.py",
    "frames/test_frames.py",
    "frames/test_panels.py",
    "frames/test_results_by_hand.py",
]
TARGETS = {
    "disclosure/counts": ["disclosure/test_counts.py", "disclosure/test_acro.py"],
    "disclosure/decisions": ["disclosure/test_decisions.py", "disclosure/test_models.py"],
    "disclosure/editions": ["disclosure/test_editions.py"],
    "disclosure/keys": ["disclosure/test_editions.py", "disclosure/test_keys.py"],
    "disclosure/magnitudes": ["disclosure/test_magnitudes.py"],
    "disclosure/models": ["disclosure/test_models.py"],
    "disclosure/perturbation": ["disclosure/test_perturbation.py"],
    "disclosure/released": ["disclosure/test_released.py"],
    "disclosure/scan/charts": ["disclosure/scan/test_told_elsewhere.py"],
    "disclosure/scan/contacts": SEARCH,
    "disclosure/scan/credentials": SEARCH,
    "disclosure/scan/crossed": SEARCH,
    "disclosure/scan/documents": SEARCH,
    "disclosure/scan/folder": ["disclosure/scan/test_folder_by_hand.py"],
    "disclosure/scan/grids": SEARCH,
    "disclosure/scan/identities": SEARCH,
    "disclosure/scan/pdf": [
        "disclosure/scan/test_pdf_by_hand.py",
        "disclosure/scan/test_readers_by_hand.py",
    ],
    "disclosure/scan/pictures": SEARCH,
    "disclosure/scan/persons": SEARCH,
    "disclosure/scan/printed": SEARCH,
    "disclosure/scan/profiles": SEARCH,
    "disclosure/scan/readers": SEARCH,
    "disclosure/scan/sentences": SEARCH,
    "disclosure/scan/tables": SEARCH,
    "disclosure/scan/text": SEARCH,
    "disclosure/scan/titles": SEARCH,
    "disclosure/series": ["disclosure/test_series.py"],
    "disclosure/thresholds": ["disclosure/test_released.py"],
    "estimators/categorical/__init__": ["estimators/categorical"],
    "estimators/categorical/design": ["estimators/categorical"],
    "estimators/categorical/ols": ["estimators/categorical"],
    "estimators/categorical/probit": ["estimators/categorical"],
    "estimators/categorical/separation": ["estimators/categorical"],
    "estimators/cost_benefit/assumptions": ["estimators/cost_benefit"],
    "estimators/cost_benefit/draws": ["estimators/cost_benefit"],
    "estimators/cost_benefit/inputs": ["estimators/cost_benefit"],
    "estimators/cost_benefit/net_benefit": ["estimators/cost_benefit"],
    "estimators/crossfit": ["estimators/by_hand/test_crossfit.py"],
    "estimators/detectable": ["estimators/test_detectable.py"],
    "estimators/did": ["estimators/test_did.py"],
    "estimators/event_study": ["estimators/by_hand/test_event_study.py"],
    "estimators/forests": ["estimators/by_hand/test_forests.py"],
    "estimators/group_time/averages": ["estimators/test_group_time.py"],
    "estimators/group_time/effects": ["estimators/test_group_time.py"],
    "estimators/multiple_testing": ["estimators/test_multiple_testing.py"],
    "estimators/multiplier": ["estimators/test_multiplier.py"],
    "estimators/one_treated/inference": ["estimators/one_treated"],
    "estimators/one_treated/regression": ["estimators/one_treated"],
    "estimators/overlap": ["estimators/by_hand/test_overlap.py"],
    "estimators/policy_tree": ["estimators/test_policy_tree.py"],
    "estimators/rate": ["estimators/by_hand/test_rate.py"],
    "estimators/scores": ["estimators/by_hand/test_scores.py"],
    "estimators/seasonal": ["estimators/test_seasonal.py"],
    "estimators/sensitivity/bounds": [
        "estimators/sensitivity/test_bounds.py",
        "estimators/sensitivity/test_bounds_by_hand.py",
    ],
    "estimators/sensitivity/confounding": ["estimators/sensitivity/test_confounding.py"],
    "estimators/sensitivity/smoothness": ["estimators/sensitivity/test_smoothness_by_hand.py"],
    "estimators/shrinkage": ["estimators/test_shrinkage.py"],
    "estimators/synthetic_control": ["estimators/test_synthetic_control.py"],
    "frames/events": FRAMES,
    "frames/example": ["frames/test_example_by_hand.py"],
    "frames/groups": FRAMES,
    "frames/honest": FRAMES,
    "frames/one_treated": FRAMES,
    "frames/panels": FRAMES,
    "frames/programs": FRAMES,
    "frames/result": FRAMES,
    "project/given": ["project/test_given.py"],
    "registers/checks": [
        "registers/test_contracts.py",
        "registers/test_forms_by_hand.py",
        "registers/test_tables_by_hand.py",
    ],
    "registers/checking": ["registers/test_checking_by_hand.py"],
    "registers/connections": ["registers/test_reading.py"],
    "registers/contracts": ["registers/test_contracts.py"],
    "registers/damage": ["registers/test_damage_by_hand.py"],
    "registers/dialects": [
        "registers/test_damage_by_hand.py",
        "registers/test_forms_by_hand.py",
        "registers/test_reading.py",
    ],
    "registers/dictionary/entries": ["registers/dictionary/test_entries_by_hand.py"],
    "registers/dictionary/formats": ["registers/dictionary/test_formats_by_hand.py"],
    "registers/extracts": ["registers/test_simulation.py"],
    "registers/forms": ["registers/test_forms_by_hand.py"],
    "registers/grammar": ["registers/test_grammar.py", "registers/test_grammar_by_hand.py"],
    "registers/mapping/apply": ["registers/mapping/test_apply_by_hand.py"],
    "registers/mapping/draft": ["registers/mapping/test_draft_by_hand.py"],
    "registers/mapping/refusals": ["registers/mapping/test_apply_by_hand.py"],
    "registers/mapping/source": ["registers/mapping/test_source_by_hand.py"],
    "registers/reading": ["registers/test_reading.py"],
    "registers/rules/breaches": ["registers/rules/test_breaches_by_hand.py"],
    "registers/rules/coverage": ["registers/rules/test_coverage.py"],
    "registers/rules/evaluation": [
        "registers/rules/test_coverage.py",
        "registers/rules/test_evaluation_by_hand.py",
        "registers/test_tables_by_hand.py",
    ],
    "registers/rules/homes": ["registers/rules/test_homes_by_hand.py"],
    "registers/rules/levels": ["registers/rules/test_levels_by_hand.py"],
    "registers/rules/links": ["registers/rules/test_between_tables_by_hand.py"],
    "registers/rules/order": ["registers/rules/test_order_by_hand.py"],
    "registers/rules/panels": ["registers/rules/test_panels_by_hand.py"],
    "registers/rules/shapes": ["registers/rules/test_shapes_by_hand.py"],
    "registers/rules/shares": ["registers/rules/test_between_tables_by_hand.py"],
    "registers/rules/signs": ["registers/rules/test_panels_by_hand.py"],
    "registers/simulation": ["registers/test_simulation.py"],
    "registers/sources": ["registers/test_reading.py", "registers/test_folders.py"],
    "registers/statistical": ["registers/test_forms_by_hand.py"],
    "registers/tables": [
        "registers/rules/test_shapes_by_hand.py",
        "registers/test_contracts.py",
        "registers/test_tables_by_hand.py",
        "registers/test_folders.py",
        "registers/test_forms_by_hand.py",
    ],
    "registers/unknown": ["registers/test_unknown_by_hand.py"],
    "registers/views": [
        "registers/test_damage_by_hand.py",
        "registers/test_folders.py",
        "registers/test_reading.py",
        "registers/test_views_by_hand.py",
    ],
    "studies/followup/panel": ["studies/followup/test_panel_by_hand.py"],
    "studies/followup/spells": [
        "studies/followup/test_spells.py",
        "studies/followup/test_spells_by_hand.py",
    ],
    "studies/hedmark/panel": ["studies/hedmark/test_panel_by_hand.py"],
    "studies/indicator/panel": ["studies/indicator/test_panel_by_hand.py"],
    "studies/programs/panel/persons": ["studies/programs/panel/test_persons_by_hand.py"],
    "studies/programs/panel/states": ["studies/programs/panel/test_states_by_hand.py"],
    "studies/programs/panel/use": [
        "studies/programs/panel/test_tables_by_hand.py",
        "studies/programs/panel/test_use_by_hand.py",
    ],
}
# Their mutants run in processes that have run nothing yet, which takes some seconds each: DuckDB's
# threads do not survive a fork. Nothing is collected before either: of a module collected twice
# pytest does not find all tests by name.
FRESH = ("registers/", "studies/", "disclosure/keys")
SETTINGS = """
[tool.mutmut]
source_paths = ["src"]
only_mutate = {paths}
also_copy = ["params", "report", "notebooks"]
pytest_add_cli_args = ["-m", "not slow", "-k", "not told_at_the_call", "-p", "no:cacheprovider"]
pytest_add_cli_args_test_selection = {tests}
use_git_change_detection = false
process_isolation = "{isolation}"
forkserver_warmup = "none"
use_setproctitle = false

[tool.pytest.ini_options]
addopts = "--strict-markers --import-mode=importlib"
pythonpath = ["src", "tests/samples"]
markers = ["slow: left out", "quarto: left out"]
"""


def mutants(
    targets: list[str], workers: int, sample: int = 0, seed: int = SEED
) -> dict[str, dict[str, str]]:
    """Run mutants of targets with the tests of them all: by target, name to status.

    The status is «killed», «survived», «timeout» or another word of mutmut; what was not killed
    comes with the change behind the word, before which stands that Python crashed. With `sample`,
    so many of each target, drawn with `seed`, or all, if it has no more.
    """
    paths = {target: f"src/naveval/{target}.py" for target in targets}
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        for name, as_name in COPIED.items():
            ignored = shutil.ignore_patterns(*GENERATED)
            shutil.copytree(ROOT / name, Path(folder) / as_name, ignore=ignored)
        tests = sorted({TESTS + name for target in targets for name in TARGETS[target]})
        isolation = "forkserver" if any(one.startswith(FRESH) for one in targets) else "fork"
        settings = SETTINGS.format(paths=[*paths.values()], tests=tests, isolation=isolation)
        (Path(folder) / "pyproject.toml").write_text(settings)
        environment = {**os.environ, "PYTHONPATH": "src", "OPENBLAS_NUM_THREADS": "1"}

        def call(*arguments: str) -> str:
            done = subprocess.run(
                [sys.executable, *arguments],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            return done.stdout if done.returncode == 0 else done.stdout + done.stderr

        wanted = []
        for target, path in paths.items() if sample else ():
            names = call("-c", NAMES.format(path=path)).split()
            drawn = random.Random(f"{seed} {target}").sample(names, min(sample, len(names)))
            wanted += [f"{module(target)}.{name}" for name in drawn]
        # The star makes mutmut take the names for patterns: untested functions are no error then.
        log = call(
            "-m", "mutmut", "run", "--max-children", str(workers), *(f"*{n}" for n in wanted)
        )
        for path in paths.values():
            meta = json.loads(Path(folder, "mutants", f"{path}.meta").read_text())
            if {*meta["exit_code_by_key"].values()} - {None} == {NOT_RUN}:
                raise SystemExit(f"{path}: the tests began with no mutant")
        listed = dict(
            line.strip().rsplit(": ", 1)
            for line in call("-m", "mutmut", "results", "--all", "true").splitlines()
            if "__mutmut_" in line
        )
        found = {name: listed[name] for name in wanted} if sample else listed
        if not found or "not checked" in found.values():
            lines = [line for line in log.splitlines() if not "\u2800" <= line[:1] <= "\u28ff"]
            said = "\n".join(lines)[-3000:]  # without the wheel that turns
            raise SystemExit(f"{', '.join(targets)}: mutmut did not run\n{said}")
        for name, status in found.items():
            if status == UNREAD:
                found[name] = "killed"
            elif status != "killed" and status != "timeout":
                changed = [
                    line
                    for line in call("-m", "mutmut", "show", name).splitlines()
                    if line.startswith(("-", "+")) and not line.startswith(("---", "+++"))
                ]
                word = status.replace(" ", "-")  # «no tests»
                told = [f"({word})"] if word in CRASHED else []
                found[name] = f"{word} " + " | ".join(part.strip() for part in told + changed)
    return {
        target: {n: status for n, status in found.items() if n.rpartition(".")[0] == module(target)}
        for target in targets
    }


def module(target: str) -> str:
    """The name of a target's module."""
    return f"naveval.{target.removesuffix('/__init__').replace('/', '.')}"


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


def report(targets: Iterable[str], workers: int, sample: int, seed: int) -> bool:
    """Print a line per target and its survivors; true when every score is high enough."""
    enough = True
    for _, group in groupby(targets, os.path.dirname):
        for target, found in mutants(list(group), workers, sample, seed).items():
            share, left = score(target, found)
            late = sum(status == "timeout" for status in found.values())
            timed = f", {late} by taking too long" if late else ""
            print(f"{target}: {len(found)} mutants, {share:.1%} noticed{timed}", flush=True)
            for change in left:
                print(f"  {change}", flush=True)
            enough &= share >= ENOUGH
    return enough


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", nargs="*", choices=[*TARGETS, []])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="so many per target")
    parser.add_argument("--seed", type=int, default=SEED, help="of the sample")
    given = parser.parse_args()
    targets = given.target or TARGETS
    sys.exit(0 if report(targets, given.workers, given.sample, given.seed) else 1)
