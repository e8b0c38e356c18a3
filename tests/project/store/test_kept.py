"""Results computed once: found again only when nothing that decides them has changed."""

import errno
import multiprocessing
import time
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from naveval.project import provenance, store
from naveval.project.errors import ParameterError
from naveval.project.parameters import StudyParameters
from naveval.project.store import kept

KEY = {"seed": 1, "data": {"t": {"rows": 3}}, "from": date(2017, 7, 1)}


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NAVEVAL_OUT", str(tmp_path))
    monkeypatch.delenv("NAVEVAL_CACHE", raising=False)


def counted(calls: list[int]):
    def compute() -> pd.DataFrame:
        calls.append(1)
        return pd.DataFrame({"x": [1.5, np.nan]})

    return compute


def test_second_call_reads_what_the_first_computed():
    calls: list[int] = []
    one = store.cached("a", counted(calls), key=KEY, code=["project.places"])
    two = store.cached("a", counted(calls), key=KEY, code=["project.places"])
    assert len(calls) == 1
    pd.testing.assert_frame_equal(one, two)


def test_key_code_parameters_and_switch_decide(monkeypatch):
    calls: list[int] = []
    compute = counted(calls)
    store.cached("a", compute, key=KEY, code=["project.places"])
    store.cached("a", compute, key={**KEY, "seed": 2}, code=["project.places"])
    assert len(calls) == 2
    store.cached("a", compute, key=KEY, code=["project.formats"])
    assert len(calls) == 3
    monkeypatch.setattr(provenance, "code_hash", lambda modules: "changed")
    store.cached("a", compute, key=KEY, code=["project.places"])
    assert len(calls) == 4
    monkeypatch.setenv("NAVEVAL_CACHE", "off")
    store.cached("a", compute, key=KEY, code=["project.places"])
    assert len(calls) == 5


def test_failure_is_not_kept_and_damage_is_mended():
    def fails() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        store.cached("a", fails, key=KEY, code=["project.places"])
    assert store.cached("a", lambda: 7, key=KEY, code=["project.places"]) == 7
    file = store.location("a", key=KEY, code=["project.places"])
    file.write_bytes(file.read_bytes()[:3])
    with pytest.warns(UserWarning, match=r"a-.*\.kept: damaged .*; made anew"):
        assert store.cached("a", lambda: 8, key=KEY, code=["project.places"]) == 8
    assert store.cached("a", lambda: 9, key=KEY, code=["project.places"]) == 8
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("place", [0, 0.3, 0.6, 0.95])
def test_a_flipped_byte_anywhere_is_noticed(place):
    frame = pd.DataFrame({"x": np.arange(500.0), "y": "text"})
    store.cached("a", lambda: frame, key=KEY, code=["project.places"])
    file = store.location("a", key=KEY, code=["project.places"])
    content = bytearray(file.read_bytes())
    content[int(place * len(content))] ^= 0xFF
    file.write_bytes(content)
    with pytest.warns(UserWarning, match="damaged"):
        again = store.cached("a", lambda: frame * 2, key=KEY, code=["project.places"])
    pd.testing.assert_frame_equal(again, frame * 2)


def test_full_disk_while_keeping_is_told_and_leaves_nothing(monkeypatch, tmp_path):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(kept.codec, "dump", full)
    with pytest.warns(UserWarning, match="No space left on device; a result is not kept"):
        assert store.cached("a", lambda: 7, key=KEY, code=["project.places"]) == 7
    assert not [file for file in tmp_path.rglob("*") if file.suffix in (".kept", ".part")]
    monkeypatch.undo()


def make_tables(folder: Path) -> None:
    (folder / "below").mkdir()
    (folder / "below/a.csv").write_text("1")
    (folder / "b.csv").write_text("2")


def test_a_folder_is_kept_and_damage_in_it_is_mended(tmp_path):
    options = {"key": KEY, "code": ["project.places"], "below": tmp_path / "data"}
    folder = store.kept_folder("a", make_tables, **options)
    assert folder.stat().st_mode & 0o077 == 0
    again = store.kept_folder("a", lambda _: pytest.fail("made again"), **options)
    assert again == folder
    for damage in (
        lambda: (folder / "b.csv").unlink(),
        lambda: (folder / "below/a.csv").write_text("other"),
        lambda: (folder / ".record.json").write_text("{"),
        lambda: (folder / ".record.json").unlink(),
    ):
        damage()
        with pytest.warns(UserWarning, match="damaged; made anew"):
            assert store.kept_folder("a", make_tables, **options) == folder
        assert (folder / "below/a.csv").read_text() == "1"
        assert (folder / "b.csv").read_text() == "2"
    assert not [item for item in (tmp_path / "data/.naveval").iterdir() if item.is_dir()]


def test_a_folder_that_could_not_be_made_leaves_nothing(tmp_path):
    def fail(folder: Path) -> None:
        make_tables(folder)
        raise OSError(errno.ENOSPC, "No space left on device")

    options = {"key": KEY, "code": ["project.places"], "below": tmp_path / "data"}
    with pytest.raises(OSError, match="No space"):
        store.kept_folder("a", fail, **options)
    assert not [file for file in (tmp_path / "data").rglob("*") if file.suffix == ".csv"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"key": {"f": object()}, "code": ["counties"]}, "of type object cannot be compared"),
        ({"key": {"f": pd.DataFrame()}, "code": ["counties"]}, "of type DataFrame"),
        ({"key": KEY, "code": []}, "expected the modules"),
    ],
)
def test_bad_keys_are_refused(options, message):
    with pytest.raises(ParameterError, match=message):
        store.cached("a", lambda: 1, **options)
    with pytest.raises(ParameterError, match="expected letters"):
        store.cached("a/b", lambda: 1, key=KEY, code=["project.places"])


def test_keys_are_equal_for_equal_content():
    assert store.plain({"a": (1, np.int64(2)), "b": {"y", "x"}, "c": Path("d")}) == {
        "a": [1, 2],
        "b": ["x", "y"],
        "c": "d",
    }
    assert store.plain(StudyParameters(county="03"))["county"] == "03"


def _slow(folder: str) -> int:
    def compute() -> int:
        with (Path(folder) / "calls").open("a") as stream:
            stream.write("x")
        time.sleep(0.5)
        return 3

    return store.cached("slow", compute, key=KEY, code=["project.places"])


def test_two_processes_compute_once(tmp_path):
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(_slow, [str(tmp_path)] * 2) == [3, 3]
    assert (tmp_path / "calls").read_text() == "x"
