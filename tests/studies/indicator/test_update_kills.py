"""A quarterly update that is killed leaves the store of before or of after, never a mix."""

from pathlib import Path
from typing import Any

import killing
import numpy as np
import pytest

from naveval.studies.indicator.panel import Snapshot
from naveval.studies.indicator.parameters import Parameters
from naveval.studies.indicator.update import quarter, store

MONTHS = {"old": ("2020-01", "2020-02"), "new": ("2020-02", "2020-03")}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """An update that writes all a store holds, by the functions that write it, at once."""

    def publish(
        parameters: Any, data: Path, folder: Path, made: Path, staging: Path, version: str, *_: Any
    ) -> str:
        keys = [("atid3", month) for month in MONTHS[version]]
        for _, month in keys:
            store.save(staging, "atid3", statistics(month, version))
        store.adopt(made, staging, keys)
        store.keep_levels(made, {"hours": np.ones(2)}, [version], {})
        store.keep_spells(made, Snapshot(version, *(np.ones(2) for _ in range(3))))
        (made / quarter.VALUES).unlink(missing_ok=True)
        (made / quarter.VALUES).write_text(version)
        store.keep_stamps(made, store.Stamps(dict.fromkeys(keys, version), {}))
        return version

    monkeypatch.setattr(quarter, "make_state", publish)
    monkeypatch.setattr(quarter.extracts, "folder", lambda *_: Path())


def statistics(month: str, version: str) -> store.MonthStatistics:
    size = np.full((2, 2), float(len(version)))
    return store.MonthStatistics(month, size, size[0], 1.0, 1.0, 2, size, 0, size[:0, 0], {}, {})


def publish(folder: Path, version: str) -> dict[str, bytes]:
    quarter.publish_quarter(Parameters(), folder, version)
    return killing.tree(folder)


def test_a_kill_at_any_operation_leaves_old_or_new(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    new, old = publish(folder, "new"), publish(folder, "old")
    assert {name for name in old if name.startswith("atid3")} == {
        f"atid3-{month}.npz" for month in MONTHS["old"]
    }
    total = killing.operations(
        lambda: quarter.publish_quarter(Parameters(), folder, "old"), tmp_path
    )
    assert total > 20
    for step, half in killing.steps(total, 6):
        killing.killed(lambda: publish(folder, "new"), tmp_path, step, half=half)
        assert names_and_sizes(killing.tree(folder)) in (names_and_sizes(old), names_and_sizes(new))
        assert names_and_sizes(publish(folder, "new")) == names_and_sizes(new)
        assert names_and_sizes(publish(folder, "old")) == names_and_sizes(old)


def names_and_sizes(tree: dict[str, bytes]) -> dict[str, object]:
    """Content of the store; archives hold the time they were written, so their sizes."""
    return {name: len(data) if name.endswith("z") else data for name, data in tree.items()}


def test_the_store_is_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    publish(folder, "old")
    assert folder.stat().st_mode & 0o777 == 0o700
    for name in (store.LEVELS, store.SPELLS, store.STAMPS):
        assert (folder / name).stat().st_mode & 0o777 == 0o600
