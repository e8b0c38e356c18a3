"""The quarterly update on small registers: equal to a rebuild, whatever the extract holds."""

import shutil
from functools import partial
from pathlib import Path

import killing
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from naveval import cli
from naveval.disclosure import keys
from naveval.project.months import month_number, month_range, month_text
from naveval.studies.indicator import panel as panels
from naveval.studies.indicator.characteristics import OUTCOMES
from naveval.studies.indicator.parameters import Parameters
from naveval.studies.indicator.simulate import registers as simulation
from naveval.studies.indicator.update import editions, quarter

WINDOW = 30
QUARTERS = ("2020-09", "2020-12")
SECRET = keys.secret("simulated")


def simulated(folder: Path, last: str, scale: float = 0.001) -> Path:
    folder.mkdir()
    simulation.simulate(folder, scale=scale, seed=8, last_month=last)
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return simulated(tmp_path_factory.mktemp("registers") / "data", QUARTERS[1])


def cut(data: Path, target: Path, first: str) -> Path:
    """The extract without stock and hours before a month."""
    shutil.copytree(data, target)
    for table in ("stock", "hours"):
        for file in (target / table).glob("*.parquet"):
            if file.stem < first:
                file.unlink()
    return target


@pytest.mark.parametrize("spell_break", [2, 3])
def test_durations_do_not_depend_on_where_the_panel_begins(data, spell_break) -> None:
    whole = panels.build(data, spell_break=spell_break)
    late = panels.build(data, first_month="2018-10", spell_break=spell_break)
    place = np.searchsorted(whole.persons, late.persons)
    for chunk in late.chunks:
        twin = next(other for other in whole.chunks if other.month == chunk.month)
        assert np.array_equal(place[chunk.person], twin.person)
        assert np.array_equal(chunk.columns["duration"], twin.columns["duration"])
        assert np.array_equal(chunk.first, twin.first)


def test_durations_do_not_depend_on_where_the_extract_begins(data, tmp_path) -> None:
    """With the document's break the register itself says when a spell began."""
    whole = panels.build(data)
    late = panels.build(cut(data, tmp_path / "late", "2018-10"))
    for chunk in late.chunks:
        twin = next(other for other in whole.chunks if other.month == chunk.month)
        assert np.array_equal(chunk.columns["duration"], twin.columns["duration"])


def test_a_longer_break_is_followed_through_the_stock(data) -> None:
    """A spell of three months' break, by hand from the stock's own rows."""
    table = pd.concat(
        pd.read_parquet(file, columns=["person", "month", "registered"])
        for file in sorted((data / "stock").glob("*.parquet"))
    ).astype({"month": str, "registered": str})
    table["t"] = table["month"].map(month_number)
    table["start"] = table["registered"].map(month_number)
    begun: dict[int, int] = {}
    seen: dict[int, int] = {}
    found = []
    for person, t, start in table.sort_values("t")[["person", "t", "start"]].itertuples(
        index=False
    ):
        if person not in seen or t - seen[person] - 1 >= 3:
            begun[person] = max(start, seen.get(person, -1) + 1)
        seen[person] = t
        found.append((month_text(t), min(t - begun[person], 60)))
    expected = pd.DataFrame(found, columns=["month", "duration"]).groupby("month")["duration"].sum()
    panel = panels.build(data, first_month="2018-10", spell_break=3)
    sums = {c.month: c.columns["duration"].astype(int).sum() for c in panel.chunks}
    assert sums == {month: expected[month] for month in sums}
    two = panels.build(data, first_month="2018-10")
    assert any(
        not np.array_equal(a.columns["duration"], b.columns["duration"])
        for a, b in zip(panel.chunks, two.chunks, strict=True)
    )


@pytest.fixture(scope="module")
def quarters(data, tmp_path_factory) -> tuple[Path, quarter.Quarter]:
    """Two quarters in a row, the second announced."""
    root = tmp_path_factory.mktemp("quarters")
    first = simulated(root / "first", QUARTERS[0])
    update(first, root / "store", "2020K3")
    (root / "store/changelog.csv").write_text("version,date,note\n2020K4,i dag,nytt vindu\n")
    return root, update(data, root / "store", "2020K4")


def update(data: Path, store: Path, version: str, **options) -> quarter.Quarter:
    return quarter.publish_quarter(
        Parameters(data=str(data)), store, version, window=WINDOW, **options
    )


def test_update_equals_rebuild(quarters, data, tmp_path) -> None:
    """As printed, and to 1e-6 inside; the rebuild gets an extract of the window alone."""
    _, found = quarters
    assert found.estimated.months == month_range("2018-07", "2020-12")
    alone = cut(data, tmp_path / "alone", found.estimated.months[0])
    again = update(alone, tmp_path / "store", "2020K4")
    for outcome in OUTCOMES:
        own, other = (one.estimated.fits[outcome].coefficients for one in (found, again))
        np.testing.assert_allclose(own, other, atol=1e-6)
    same = found.estimated.values.merge(again.estimated.values, on=editions.KEYS)
    assert len(same) == len(found.estimated.values) == len(again.estimated.values)
    np.testing.assert_allclose(same["value_x"], same["value_y"], atol=1e-6)
    printed = found.published[found.published["month"] >= "2018-07"].reset_index(drop=True)
    columns = [*editions.KEYS, "value"]
    assert printed[columns].equals(again.published[columns])
    assert (found.published["month"] < "2018-07").any()


def test_published_values_are_protected(quarters, data) -> None:
    """Shares are of protected counts, hours of a protected sum; small groups have no value."""
    _, found = quarters
    panel = panels.build(data, first_month="2018-07")
    least = {}
    for k, county in enumerate(panel.levels["county"]):
        for chunk in panel.chunks:
            if "jobb3" in chunk.outcomes:
                own = chunk.groups["county"] == k
                least[county, chunk.month] = (own.sum(), chunk.outcomes["jobb3"][own].sum())
    table = found.published[found.published["edition"] == "2020K4"]
    own = table[(table["outcome"] == "jobb3") & (table["measure"] == "actual")]
    shown = {(r.group, r.month): r.value for r in own.itertuples() if r.grouping == "county"}
    few = [place for place, (n, _) in least.items() if 0 < n < 15]
    assert few
    assert not set(few) & set(shown)
    true = [least[place][1] / least[place][0] for place in shown]
    gap = np.array(list(shown.values())) - true
    assert (np.abs(gap) > 0.0005).mean() > 0.5
    assert np.allclose(table["value"], table["value"].round(4), atol=1e-12)
    assert not {"record_key", "n"} & set(table.columns)


def test_nothing_is_estimated_when_nothing_is_new(quarters, data, monkeypatch) -> None:
    root, found = quarters
    monkeypatch.setattr(quarter, "estimate", lambda *_: pytest.fail("estimated again"))
    again = update(data, root / "store", "2020K4")
    assert again.published.equals(found.published)


def test_command_shows_what_is_new_and_what_moved(quarters, data) -> None:
    root, _ = quarters
    given = ["--data", data, "--store", root / "store", "--version", "2020K4", "--window", WINDOW]
    done = CliRunner().invoke(cli.main, ["update", "indicator", *map(str, given)])
    assert done.exit_code == 0, done.output
    assert "2018-07 to 2020-12; edition 2020K4" in done.output
    assert "months new: atid12 3, atid3 3, jobb12 3, jobb3 3" in done.output
    assert "0 of" in done.output


@pytest.mark.slow
def test_eight_quarters_killed_at_every_operation_and_resumed(tmp_path, monkeypatch) -> None:
    """Each quarter is killed at every eighth operation, another eighth each time."""
    monkeypatch.setenv("NAVEVAL_OUT", str(tmp_path / "out"))
    last = [month_text(month_number("2020-09") + 3 * k) for k in range(8)]
    whole = simulated(tmp_path / "whole", last[-1])
    store, before = tmp_path / "store", {}
    kills = 0
    for k, month in enumerate(last):
        data = tmp_path / f"until-{month}"
        shutil.copytree(whole, data)
        hours = month_text(month_number(month) + 3)
        for table, end in (("stock", month), ("hours", hours)):
            for file in (data / table).glob("*.parquet"):
                if file.stem > end:
                    file.unlink()
        version = f"q{k}"
        parameters = Parameters(data=str(data))
        rebuilt = quarter.estimate(parameters, data, WINDOW, SECRET)
        quarter.estimated(parameters, data, WINDOW, SECRET)  # threads and forks do not mix
        if store.exists():
            (store / "changelog.csv").write_text(f"version,date,note\n{version},i dag,vindu\n")

        def publish(data=data, version=version) -> quarter.Quarter:
            return update(data, store, version)

        aside = tmp_path / f"tried-{k}"
        shutil.copytree(store, aside) if store.exists() else None
        tried = partial(update, data, aside, version)
        total = killing.operations(tried, tmp_path)
        new = killing.tree(aside)
        for step in range(1 + k, total + 1, 8):
            for half in (False, True):
                killing.killed(publish, tmp_path, step, half=half)
                found = killing.tree(store) if store.exists() else {}
                assert found in (before, new) or found.keys() == {"changelog.csv"} | before.keys()
                kills += 1
        done = publish()
        before = killing.tree(store)
        assert before == new
        for outcome in OUTCOMES:
            own, other = (one.fits[outcome].coefficients for one in (done.estimated, rebuilt))
            np.testing.assert_allclose(own, other, atol=1e-6)
        printed = editions.as_printed(rebuilt.values)[[*editions.KEYS, "value"]]
        same = done.published.merge(printed, on=editions.KEYS, suffixes=("", "_rebuilt"))
        assert len(same) == len(printed)
        assert (same["value"] == same["value_rebuilt"]).all()
    assert kills > 40
