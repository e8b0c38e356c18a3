"""Nine of ten small changes to an estimator are noticed by its own fast tests."""

import importlib.util
from pathlib import Path

import pytest

SPEC = importlib.util.spec_from_file_location("mutate", Path(__file__).with_name("mutate.py"))
mutate = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(mutate)


@pytest.mark.slow
@pytest.mark.parametrize("target", mutate.TARGETS)
def test_changes_are_noticed(target: str) -> None:
    share, left = mutate.score(target, mutate.mutants([target], workers=2)[target])
    assert share >= mutate.ENOUGH, left


def test_every_target_and_its_tests_exist() -> None:
    for target, tests in mutate.TARGETS.items():
        assert (mutate.ROOT / "lib/naveval" / f"{target}.py").is_file(), target
        assert all((mutate.ROOT / mutate.TESTS / name).exists() for name in tests), tests


def test_equivalents_are_left_out_of_the_score(tmp_path: Path, monkeypatch) -> None:
    listed = tmp_path / "equivalent.txt"
    listed.write_text("a/b: - x > 0 | + x >= 0  # never zero\na/c: - y | + z  # same\n")
    monkeypatch.setattr(mutate, "EQUIVALENT", listed)
    found = {"1": "killed", "2": "survived - x > 0 | + x >= 0", "3": "survived - y | + z"}
    assert mutate.score("a/b", found) == (0.5, ["- y | + z"])
    share, left = mutate.score("a/c", found | {"4": "timeout"})
    assert share == pytest.approx(2 / 3)
    assert left == ["- x > 0 | + x >= 0"]
