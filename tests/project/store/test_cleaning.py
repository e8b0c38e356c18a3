"""What nobody used for a while goes, what is in use or finished stays."""

import os
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from naveval import cli
from naveval.project import store
from naveval.project.errors import StoreError

CODE = ["project.places"]
DAYS = 86400.0


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An output folder with one old and one new thing of each kind, and a finished result."""
    monkeypatch.setenv("NAVEVAL_OUT", str(tmp_path))
    for name in ("old", "new"):
        store.cached(name, lambda: 1, key={}, code=CODE)
        store.kept_folder(name, make, key={}, code=CODE, below=tmp_path / "_data")
    result = tmp_path / "hedmark/04-hedmark"
    result.mkdir(parents=True)
    (result / "manifest.json").write_text("{}")
    (tmp_path / "_cache/results").mkdir()
    (tmp_path / "_cache/results/old-earlier-version.joblib").write_text("x")
    for file in [tmp_path, *tmp_path.rglob("*")]:
        if "new" not in file.as_posix().removeprefix(str(tmp_path)):
            os.utime(file, (0, time.time() - 40 * DAYS))
    return tmp_path


def make(folder: Path) -> None:
    (folder / "a.csv").write_text("1")


def names(folder: Path) -> set[str]:
    return {item.name.split("-")[0] for item in folder.glob("[!.]*") if item.suffix != ".lock"}


def test_old_things_go_and_new_ones_and_results_stay(out: Path) -> None:
    done = CliRunner().invoke(cli.main, ["clean", "--older", "30d"])
    assert done.exit_code == 0, done.output
    assert "removed 3 kept results and 0 leftovers" in done.output
    assert names(out / "_cache/values") == {"new"}
    assert names(out / "_data") == {"new"}
    assert (out / "hedmark/04-hedmark/manifest.json").exists()
    assert not list((out / "_cache/results").iterdir())
    store.cached("new", lambda: pytest.fail("made again"), key={}, code=CODE)


def test_what_was_used_lately_stays(out: Path) -> None:
    store.cached("old", lambda: pytest.fail("made again"), key={}, code=CODE)
    store.kept_folder("old", make, key={}, code=CODE, below=out / "_data")
    assert store.clean(30).removed == 1
    assert names(out / "_cache/values") == {"old", "new"}


def test_a_live_folder_stays_and_a_left_one_goes(out: Path) -> None:
    target = out / "hedmark/04-hedmark"
    with store.staged(target) as work:
        left = work.with_name("03-oslo.left")
        left.mkdir()
        assert store.clean(30).leftovers == 1
        assert work.exists()
    assert not left.exists()


def test_a_value_that_is_being_made_is_not_dropped(out: Path) -> None:
    file = store.location("old", key={}, code=CODE)
    with store.locked(file.with_suffix(".lock")):
        store.clean(30)
        assert file.exists()


@pytest.mark.parametrize("text", ["30", "d", "-3d", "3y"])
def test_ages_are_numbers_with_a_unit(out: Path, text: str) -> None:
    done = CliRunner().invoke(cli.main, ["clean", f"--older={text}"])
    assert done.exit_code == 2
    assert "expected a number with h, d or w" in done.output


def test_a_store_open_to_others_is_named_with_exit_code_7(out: Path) -> None:
    (out / "_cache").chmod(0o777)
    done = CliRunner().invoke(cli.main, ["clean"])
    assert done.exit_code == 7
    assert "_cache: others may write to it" in done.output
    with pytest.raises(StoreError):
        store.clean(0)
