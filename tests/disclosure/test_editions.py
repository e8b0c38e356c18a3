"""Counts that an edition keeps from the one before."""

import json
import stat
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from naveval.disclosure import counts, editions, keys
from naveval.disclosure.thresholds import thresholds
from naveval.project.errors import DisclosureError, ParameterError, StoreError

CELLS = 400
REACH = thresholds().counts.largest_change
LEAST = thresholds().min_cell


@pytest.fixture(autouse=True)
def own_output(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NAVEVAL_OUT", str(tmp_path / "out"))
    monkeypatch.delenv(editions.EDITION, raising=False)


@pytest.fixture
def raw() -> pd.DataFrame:
    """Cells of 0 to 30 persons of their own, with the persons of each."""
    n = np.random.default_rng(3).integers(0, 31, CELLS)
    return _counted({f"cell {i}": list(range(100 * i, 100 * i + k)) for i, k in enumerate(n)})


def _counted(persons: dict[str, list[int]]) -> pd.DataFrame:
    secret = keys.Secret(bytes(32))
    return pd.DataFrame(
        [
            (name, own, len(own), int(keys.record_keys(own, secret).sum()) if own else 0)
            for name, own in persons.items()
        ],
        columns=["cell", "persons", "n", "n_key"],
    )


def _with_more(raw: pd.DataFrame, more: int, less: int = 0) -> pd.DataFrame:
    """The same cells with other persons in the place of some, and some more."""
    return _counted(
        {
            name: own[less:] + list(range(1000 * own[0], 1000 * own[0] + more)) if own else own
            for name, own in zip(raw["cell"], raw["persons"], strict=True)
        }
    )


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch):
    """The protected counts of an edition, in a process of its own."""

    def made(edition: str, frame: pd.DataFrame, what: str = "") -> pd.Series:
        editions.opened.cache_clear()
        if edition:
            monkeypatch.setenv(editions.EDITION, edition)
        else:
            monkeypatch.delenv(editions.EDITION, raising=False)
        secret = keys.secret("simulated").of(what)
        shown = counts.protect(frame.drop(columns="persons"), ["n"], secret)
        return shown.set_index("cell")["n"]

    return made


def _folder(edition: str, tmp_path: Path) -> Path:
    return tmp_path / "out" / keys.EDITIONS / editions.FOLDER / edition


def test_the_first_edition_has_the_numbers_of_a_run_without_one(raw, told) -> None:
    assert told("K1", raw).equals(told("", raw))


def test_an_unchanged_edition_has_the_same_numbers_in_any_order(raw, told) -> None:
    first = told("K1", raw)
    again = told("K2", raw.sample(frac=1, random_state=1))
    assert again.loc[first.index].equals(first)


@pytest.mark.parametrize(("more", "less"), [(1, 0), (4, 0), (0, 1), (2, 2)])
def test_fewer_than_five_changed_keep_their_number(raw, told, more: int, less: int) -> None:
    raw = raw[raw["n"] >= max(less, 1)]
    later = _with_more(raw, more, less)
    first, second = told("K1", raw), told("K2", later)
    near = abs(first.to_numpy() - later["n"].to_numpy()) <= REACH
    assert near.mean() > 0.5
    assert second[near].equals(first[near])
    assert second[~near].equals(told("", later)[~near])
    assert (abs(second.to_numpy() - later["n"].to_numpy()) <= REACH).all()


def test_five_or_more_give_a_new_number_that_does_not_go_the_other_way(raw, told) -> None:
    raw = raw[raw["n"] > 0]
    later = _with_more(raw, LEAST)
    first, second, fresh = told("K1", raw), told("K2", later), told("", later)
    assert (second == fresh).mean() > 0.9
    assert (second - first).min() >= -(LEAST // 2)
    assert second[second != fresh].equals(first[second != fresh])


def test_changes_are_counted_from_the_edition_that_drew_the_number(raw, told) -> None:
    """Three and then three more are six, though each edition is near the one before."""
    raw = raw[raw["n"] >= 15]
    told("K1", raw)
    told("K2", _with_more(raw, 3))
    last = _with_more(raw, 6)
    assert (told("K3", last) == told("", last)).mean() > 0.8


def test_new_cells_are_new_and_those_that_vanish_keep_their_number(raw, told) -> None:
    first = told("K1", raw.head(200))
    gone = raw["n"].between(1, LEAST - 1)
    later = raw.assign(n=raw["n"].mask(gone, 0), n_key=raw["n_key"].mask(gone, 0))
    second = told("K2", later)
    assert second.tail(200).equals(told("", later).tail(200))
    small = gone.head(200).to_numpy() & (first.to_numpy() <= REACH)
    assert small.sum() >= 5
    assert second.head(200)[small].equals(first[small])


def test_an_edition_is_made_again_with_the_same_numbers(raw, told) -> None:
    later = _with_more(raw, 3)
    first, second = told("K1", raw), told("K2", later)
    assert told("K1", raw).equals(first)
    assert told("K2", later).equals(second)


def test_cells_of_the_same_labels_are_told_apart_by_what_they_are_of(raw, told) -> None:
    other = raw.assign(cell=raw["cell"].to_numpy()[::-1])
    told("K1", raw, "one")
    told("K1", other, "other")
    assert told("K2", raw, "third").equals(told("", raw))


def test_the_record_is_private_and_holds_no_number_that_was_told(raw, told, tmp_path) -> None:
    told("K1", raw)
    folder = _folder("K1", tmp_path)
    for path in (folder.parent, folder, *folder.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    (file,) = folder.glob(f"*{editions.CELLS}")
    kept = np.frombuffer(file.read_bytes(), "<i8").reshape(-1, 3)
    assert set(map(tuple, kept[:, 1:])) == set(zip(raw["n"], raw["n_key"], strict=True))


def _cut(folder: Path) -> None:
    file = next(folder.glob(f"*{editions.CELLS}"))
    file.write_bytes(file.read_bytes()[:-24])


def _lost(folder: Path) -> None:
    next(folder.glob(f"*{editions.CELLS}")).unlink()


def _emptied(folder: Path) -> None:
    found = json.loads((folder / editions.RECORD).read_text())
    (folder / editions.RECORD).write_text(json.dumps({**found, "files": []}))


def _no_json(folder: Path) -> None:
    (folder / editions.RECORD).write_text("{")


@pytest.mark.parametrize("damage", [_cut, _lost, _emptied, _no_json])
def test_a_damaged_record_is_refused_and_left(raw, told, tmp_path, damage) -> None:
    told("K1", raw)
    folder = _folder("K1", tmp_path)
    damage(folder)
    left = sorted(path.name for path in folder.iterdir())
    with pytest.raises(StoreError, match=f"{folder}.*damaged"):
        told("K2", raw)
    assert sorted(path.name for path in folder.iterdir()) == left


def test_another_secret_is_refused(raw, told, tmp_path, monkeypatch) -> None:
    told("K1", raw)
    monkeypatch.setattr(keys, "SIMULATED", bytes(32))
    with pytest.raises(DisclosureError, match="another secret"):
        told("K2", raw)
    (_folder("K1", tmp_path).parent / keys.FINGERPRINT).unlink()
    with pytest.raises(StoreError, match="not of this series"):
        told("K2", raw)


def test_a_number_is_revised_at_most_eight_times(raw, told) -> None:
    for number in range(thresholds().counts.revisions + 1):
        told(f"K{number}", raw.head(3))
    with pytest.raises(DisclosureError, match="start a new series"):
        told("K9", raw.head(3))


@pytest.mark.parametrize("name", ["../K1", "K 1", "-K1", "K" * 41])
def test_a_name_that_is_no_folder_is_refused(raw, told, name: str) -> None:
    with pytest.raises(ParameterError, match=editions.EDITION):
        told(name, raw)


def test_what_is_kept_between_runs_follows_the_editions_before(raw, told, monkeypatch) -> None:
    told("K1", raw)
    first = keys.secret("simulated").noise
    told("K2", raw)
    second = keys.secret("simulated").noise
    monkeypatch.delenv(editions.EDITION)
    assert len({first, second, keys.secret("simulated").noise}) == 3


@pytest.mark.parametrize("size", [3, 40])
def test_never_more_persons_are_said_to_have_changed_than_have(size: int) -> None:
    draw = np.random.default_rng(size)
    for _ in range(300):
        came, went = draw.integers(0, 6, 2)
        stay, new, old = (draw.integers(1, keys.LARGEST + 1, k) for k in (size, came, went))
        before, after = np.append(stay, old), np.append(stay, new)
        counted = [np.array([x]) for x in (len(before), before.sum(), len(after), after.sum())]
        found = editions.persons_changed(*counted)[0]
        assert abs(came - went) <= found <= came + went
        assert (found == 0) == (came + went == 0)


def test_cells_have_names_by_what_they_count_and_the_names_and_values_of_their_labels() -> None:
    labels = pd.DataFrame({"county": ["03", "04"], "year": [2015, 2016]})
    found = editions.names(labels, "persons")
    assert found.dtype == np.int64
    assert editions.names(labels[["year", "county"]], "persons").tolist() == found.tolist()
    others = [
        editions.names(labels, "spells"),
        editions.names(labels.rename(columns={"year": "age"}), "persons"),
        editions.names(labels.iloc[::-1], "persons"),
    ]
    assert all((other != found).all() for other in others)


def test_cells_without_labels_have_one_name() -> None:
    none = editions.names(pd.DataFrame(index=range(3)), "persons")
    assert len(none) == 3
    assert len(set(none.tolist())) == 1
    assert editions.names(pd.DataFrame(index=range(3)), "spells")[0] != none[0]


def test_counts_without_labels_are_known_by_their_place(raw, told) -> None:
    first = told("K1", raw)
    secret = keys.secret("simulated")
    bare = counts.protected_counts(raw["n"], raw["n_key"], secret)
    later = counts.protected_counts(raw["n"].iloc[::-1], raw["n_key"].iloc[::-1], secret)
    assert bare.tolist() == first.tolist()
    assert later.tolist() == first.tolist()[::-1]
