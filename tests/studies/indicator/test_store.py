"""Editions of the published values and the folder they lie in, on made-up estimates."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import killing
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from naveval import cli
from naveval.disclosure import keys
from naveval.project.errors import DisclosureError, NavevalError, ParameterError, StoreError
from naveval.project.months import month_range
from naveval.studies.indicator.parameters import Parameters
from naveval.studies.indicator.update import editions, quarter

FIRST = month_range("2020-01", "2020-06")
SECOND = month_range("2020-04", "2020-09")
GROUPS = (("nav", "nav"), ("county", "03"))


def values(months: tuple[str, ...], add: float = 0.0) -> pd.DataFrame:
    """Estimates of two outcomes for the country and a county; `add` to hours only."""
    rows = [
        (
            outcome,
            *group,
            month,
            measure,
            100.0,
            level + (0 if share else add) + 0.01 * int(month[5:]),
        )
        for share, outcome in enumerate(("atid3", "jobb3"))
        for group in GROUPS
        for month in months
        for measure, level in (
            ("actual", 8 - 7.8 * share),
            ("expected", 7.5 - 7.3 * share),
            ("indicator", 0.5),
        )
    ]
    return pd.DataFrame(rows, columns=[*editions.KEYS, "n", "value"])


@pytest.fixture
def publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., quarter.Quarter]:
    """An update with given estimates, in `tmp_path/store`."""
    monkeypatch.setattr(quarter.extracts, "folder", lambda *_: Path())
    monkeypatch.setattr(quarter, "made_from", lambda *_: {})

    def published(
        version: str, months: tuple[str, ...], add: float = 0.0, note: str = "", **options: Any
    ) -> quarter.Quarter:
        folder = tmp_path / "store"
        if note:
            (folder / editions.CHANGELOG).write_text(f"version,date,note\n{version},i dag,{note}\n")
        found = quarter.Estimated(months, values(months, add), {}, 100)
        monkeypatch.setattr(quarter, "estimated", lambda *_, **__: found)
        return quarter.publish_quarter(Parameters(), folder, version, **options)

    return published


def row(table: pd.DataFrame, outcome: str, month: str, measure: str = "actual") -> pd.Series:
    own = table[(table["outcome"] == outcome) & (table["month"] == month)]
    return own[(own["measure"] == measure) & (own["grouping"] == "nav")].iloc[0]


def test_a_published_month_keeps_its_values_and_new_ones_are_added(publish) -> None:
    publish("2020K2", FIRST)
    table = publish("2020K3", SECOND, add=0.03).published
    assert sorted(table["month"].unique()) == list(month_range("2020-01", "2020-09"))
    assert row(table, "atid3", "2020-05")["value"] == 8.05
    assert row(table, "atid3", "2020-05")["edition"] == "2020K2"
    assert row(table, "atid3", "2020-08")["value"] == 8.11
    assert row(table, "atid3", "2020-08")["edition"] == "2020K3"
    assert (table["revisions"] == 0).all()


def test_an_announced_edition_revises_months_that_changed_and_no_others(publish) -> None:
    publish("2020K2", FIRST)
    with pytest.raises(NavevalError, match=r"(?s)36 published .* 8.010 -> 9.010.*version 2020K3"):
        publish("2020K3", FIRST, add=1.0)
    table = publish("2020K3", FIRST, add=1.0, note="nye timer").published
    assert row(table, "atid3", "2020-03")[["edition", "revisions"]].tolist() == ["2020K3", 1]
    assert row(table, "jobb3", "2020-03")[["edition", "revisions"]].tolist() == ["2020K2", 0]


def test_a_month_is_revised_at_most_eight_times(publish) -> None:
    publish("e0", FIRST)
    for k in range(1, 9):
        table = publish(f"e{k}", FIRST, add=float(k), note="revisjon").published
        assert row(table, "atid3", "2020-03")["revisions"] == k
    with pytest.raises(NavevalError, match="atid3 2020-01: was revised 8 times"):
        publish("e9", FIRST, add=9.0, note="revisjon")
    assert publish("e9", FIRST, add=8.0, note="ingenting").published.equals(table)


def test_tolerance_decides_what_has_moved_too_much() -> None:
    before, after = values(FIRST), values(FIRST)
    after["value"] += 0.01
    assert editions.moved(before, after).beyond == (before["outcome"] == "jobb3").sum()
    assert editions.moved(before, after, share=0.02).beyond == 0
    lost = after[(after["grouping"] == "nav") | (after["month"] != "2020-03")]
    found = editions.moved(before, lost, share=0.02)
    assert found.beyond == 6
    with pytest.raises(NavevalError, match="no value"):
        editions.require_publishable(found, "x")


def test_an_announced_loss_of_a_value_leaves_none(publish) -> None:
    before = editions.next_edition(
        pd.DataFrame(columns=editions.COLUMNS), values(FIRST), "a", noted=False
    )
    lost = values(FIRST)
    lost = lost[(lost["grouping"] == "nav") | (lost["month"] != "2020-03")]
    kept = editions.next_edition(before, lost, "b", noted=False)
    assert kept.equals(before)
    left = editions.next_edition(before, lost, "b", noted=True)
    assert len(before) - len(left) == 6
    assert set(left.loc[left["edition"] == "b", "month"]) == {"2020-03"}


def test_editions_lie_beside_each_other_and_a_name_stands_for_one(publish, tmp_path) -> None:
    publish("2020K2", FIRST)
    first = (tmp_path / "store/editions/2020K2.csv").read_bytes()
    publish("2020K3", SECOND)
    assert (tmp_path / "store/editions/2020K2.csv").read_bytes() == first
    last = (tmp_path / "store/editions/2020K3.csv").read_bytes()
    assert last == (tmp_path / "store/published.csv").read_bytes()
    publish("2020K3", SECOND)
    assert (tmp_path / "store/published.csv").read_bytes() == last
    with pytest.raises(NavevalError, match="2020K2: is published"):
        publish("2020K2", SECOND)
    with pytest.raises(NavevalError, match="2020K3: is published"):
        publish("2020K3", month_range("2020-05", "2020-12"))
    with pytest.raises(ParameterError, match=r"version '\.\./x'"):
        publish("../x", SECOND)


@pytest.mark.parametrize("content", [{"notes.txt": "x"}, {"record.json": '{"kind": "other"}'}])
def test_a_folder_of_something_else_is_refused_and_left_alone(publish, tmp_path, content) -> None:
    (tmp_path / "store").mkdir()
    for name, text in content.items():
        (tmp_path / "store" / name).write_text(text)
    before = killing.tree(tmp_path)
    for rebuild in (False, True):
        with pytest.raises(StoreError, match="is no store"):
            publish("2020K2", FIRST, rebuild=rebuild)
    assert killing.tree(tmp_path) == before
    assert sorted(item.name for item in tmp_path.iterdir()) == ["store"]


def test_a_file_is_no_store(publish, tmp_path) -> None:
    (tmp_path / "store").write_text("")
    with pytest.raises(StoreError, match="is a file"):
        publish("2020K2", FIRST)


DAMAGED = ("published.csv", "editions/2020K3.csv", "disclosure.csv", "key_fingerprint")


@pytest.mark.parametrize("name", [*DAMAGED, "record.json"])
@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_damage_is_named_and_healed(publish, tmp_path, name, damage) -> None:
    publish("2020K2", FIRST)
    publish("2020K3", SECOND)
    whole = killing.tree(tmp_path / "store")
    file = tmp_path / "store" / name
    text = file.read_text()
    file.unlink() if damage == "gone" else file.write_text(text[: len(text) // 2])
    with pytest.raises(StoreError, match=rf"(?s)damaged: .*{name}.*--rebuild") as told:
        publish("2020K3", SECOND)
    assert "Traceback" not in str(told.value)
    done = publish("2020K3", SECOND, rebuild=True)
    assert name in done.healed
    assert f"{name}: was damaged" in quarter.summary(done)
    found = killing.tree(tmp_path / "store")
    if name == "disclosure.csv":
        assert b"2020K3" in found.pop(name)
        del whole[name], whole["record.json"], found["record.json"]
    assert found == whole


def test_an_edition_that_is_lost_is_told(publish, tmp_path) -> None:
    publish("2020K2", FIRST)
    publish("2020K3", SECOND)
    (tmp_path / "store/editions/2020K2.csv").write_text("?")
    done = publish("2020K4", month_range("2020-07", "2020-12"), rebuild=True)
    assert done.healed == {"editions/2020K2.csv": "lost; what it alone published is not compared"}
    record = json.loads((tmp_path / "store/record.json").read_text())
    assert record["editions"] == ["2020K3", "2020K4"]
    assert row(done.published, "atid3", "2020-01")["edition"] == "2020K2"


def test_both_copies_of_the_last_edition_lost_falls_back_to_the_one_before(
    publish, tmp_path
) -> None:
    first = publish("2020K2", FIRST).published
    publish("2020K3", SECOND)
    for name in ("published.csv", "editions/2020K3.csv"):
        (tmp_path / "store" / name).write_text("?")
    done = publish("2020K3", SECOND, rebuild=True)
    assert done.healed["published.csv"] == "made anew from editions/2020K2.csv"
    kept = done.published.merge(first, on=[*editions.COLUMNS])
    assert len(kept) == len(first)


def test_another_secret_than_in_the_last_edition_is_refused(publish, tmp_path, monkeypatch) -> None:
    publish("2020K2", FIRST)
    before = killing.tree(tmp_path)
    monkeypatch.setattr(quarter.keys, "secret", lambda *_: keys.Secret(b"another"))
    for name in ("", "key_fingerprint", "record.json"):
        if name:
            (tmp_path / "store" / name).write_text("?")
        with pytest.raises((DisclosureError, StoreError), match=r"another secret|damaged"):
            publish("2020K3", SECOND)
        with pytest.raises(DisclosureError, match="another secret"):
            publish("2020K3", SECOND, rebuild=True)
        if name:
            (tmp_path / "store" / name).write_bytes(before[f"store/{name}"])
    assert killing.tree(tmp_path) == before


def test_other_settings_and_short_windows_are_refused(publish, tmp_path) -> None:
    publish("2020K2", FIRST)
    other = Parameters(version="report")
    with pytest.raises(ParameterError, match="'production' in the store, 'report' now"):
        quarter.publish_quarter(other, tmp_path / "store", "2020K3")
    with pytest.raises(ParameterError, match="at least 24"):
        quarter.publish_quarter(Parameters(), tmp_path / "store", "2020K3", window=12)


EVERY = pytest.mark.parametrize("every", [9, pytest.param(1, marks=pytest.mark.slow)])


@EVERY
def test_a_kill_at_any_operation_leaves_old_or_new(publish, tmp_path, every) -> None:
    def old() -> object:
        return publish("2020K2", FIRST)

    def new() -> object:
        return publish("2020K3", SECOND, add=1.0, note="nye timer")

    folder = tmp_path / "store"
    old()
    states = [killing.tree(folder, (editions.CHANGELOG,))]
    copy = killing.tree(folder)
    new()
    states.append(killing.tree(folder, (editions.CHANGELOG,)))

    def restore() -> None:
        for file in sorted(folder.rglob("*"), reverse=True):
            file.rmdir() if file.is_dir() else file.unlink()
        for name, text in copy.items():
            (folder / name).parent.mkdir(exist_ok=True, mode=0o700)
            (folder / name).write_bytes(text)

    restore()
    total = killing.operations(new, tmp_path)
    assert total > 20
    for step, half in killing.steps(total, every):
        restore()
        killing.killed(new, tmp_path, step, half=half)
        assert killing.tree(folder, (editions.CHANGELOG,)) in states
        new()
        assert killing.tree(folder, (editions.CHANGELOG,)) == states[1]


@EVERY
def test_the_first_update_killed_leaves_a_store_or_none(publish, tmp_path, every) -> None:
    folder = tmp_path / "store"

    def new() -> object:
        return publish("2020K2", FIRST)

    total = killing.operations(new, tmp_path)
    whole = killing.tree(folder)
    for step, half in killing.steps(total, every):
        for file in sorted(folder.rglob("*"), reverse=True):
            file.rmdir() if file.is_dir() else file.unlink()
        folder.rmdir()
        killing.killed(new, tmp_path, step, half=half)
        assert not folder.exists() or killing.tree(folder) == whole
        new()
        assert killing.tree(folder) == whole


def test_the_store_is_its_owners_alone(publish, tmp_path) -> None:
    publish("2020K2", FIRST)
    for path in (tmp_path / "store").rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
    assert (tmp_path / "store").stat().st_mode & 0o777 == 0o700


def test_points_of_few_persons_do_not_pass() -> None:
    table = editions.as_printed(values(FIRST))
    fresh = editions.next_edition(pd.DataFrame(columns=editions.COLUMNS), table, "a", noted=False)
    few = table.assign(n=np.where(table["group"] == "03", 19, 100))
    released = quarter.release(fresh, few, 100).frame
    assert released.loc[released["group"] == "03", "value"].isna().all()
    assert released.loc[released["group"] == "nav", "value"].notna().all()


def test_changelog_needs_its_columns(tmp_path) -> None:
    pd.DataFrame({"version": ["a"]}).to_csv(tmp_path / "changelog.csv", index=False)
    with pytest.raises(NavevalError, match="date, note missing"):
        editions.noted(tmp_path, "a")
    assert editions.noted(tmp_path / "nothing", "a") is False


def test_a_study_without_updates_is_told() -> None:
    refused = CliRunner().invoke(cli.main, ["update", "hedmark", "--store", "x", "--version", "a"])
    assert refused.exit_code == 2
    assert "no quarterly update" in refused.output
