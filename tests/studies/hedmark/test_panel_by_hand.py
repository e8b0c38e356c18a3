"""Spans, shares, blocks and protection of panels that are written out by hand."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from naveval.disclosure import counts as counting
from naveval.disclosure import keys, magnitudes
from naveval.project import parameters as params
from naveval.project import paths
from naveval.project.errors import ContractError, EstimationError, ParameterError
from naveval.registers.reading import open_registers
from naveval.studies.hedmark import panel as panels
from naveval.studies.hedmark import windows
from naveval.studies.hedmark.contracts import TABLES
from naveval.studies.hedmark.panel import AT_RISK, FLOW_COUNTS, STOCKS, Panel
from naveval.studies.hedmark.simulate.registers import simulate

SECRET = keys.secret("simulated")
START, FIRST, LAST = 100, 90, 110
CELL = {"county": "04", "group": "with"}


def flow(month: int, duration: int, stock: int, **other: object) -> dict[str, object]:
    """Cell of flows whose keys are a thousand times its counts."""
    counts = {"stock": stock, "entries": 1, "leaves": 2 * stock, "changes_right": 3 * stock}
    keyed = {f"{name}_key": 1000 * n for name, n in counts.items()}
    return {**CELL, "month": month, "duration": duration, **counts, **keyed, **other}


FLOWS = pd.DataFrame(
    [
        flow(FIRST - 1, 0, 1),  # before the first month
        flow(FIRST, 0, 2),
        flow(START - 2, 5, 4),
        flow(START - 1, 5, 8),  # leads into the start
        flow(START, 5, 16),
        flow(START, 6, 32),
        flow(START + 1, 11, 64),
        flow(LAST - 1, 12, 128),
        flow(LAST, 12, 256),  # leads out of the last month
        flow(START, 17, 512),
        flow(START, 18, 1024),
        flow(START, 23, 2048),
        flow(START, 24, 4096),
        flow(START, 0, 8192, county="05"),
        flow(START, 0, 16384, group="without"),
    ]
)
SPANS = {
    ("04", "with", 0, 0): 2 + 4,
    ("04", "with", 0, 1): 16,
    ("04", "with", 1, 1): 32 + 64,
    ("04", "with", 2, 1): 128 + 512,
    ("04", "with", 3, 1): 1024 + 2048,
    ("04", "with", 4, 1): 4096,
    ("04", "without", 0, 1): 16384,
    ("05", "with", 0, 1): 8192,
}


def test_flows_are_summed_before_and_after_the_start() -> None:
    given = Panel(pd.DataFrame({"a": [1]}), pd.DataFrame(), FLOWS, persons=7)
    panel = panels.with_spans(given, START, FIRST, LAST)
    assert (panel.counts is given.counts, panel.persons) == (True, 7)
    found = panel.spans.set_index(["county", "group", "duration", "after"])
    assert found["stock"].to_dict() == SPANS
    for name, times in (("stock", 1), ("leaves", 2), ("changes_right", 3)):
        assert found[name].tolist() == [times * n for n in found["stock"]]
        assert found[f"{name}_key"].tolist() == [1000 * n for n in found[name]]
    assert set(found.columns) == {
        *("stock", "leaves", "changes_right"),
        *("stock_key", "leaves_key", "changes_right_key"),
    }


def composed() -> Panel:
    """Two months of two counties: ten job seekers with benefit, nobody in 05 in the second."""
    months = pd.DataFrame(
        [
            {"county": county, "month": month, "group": group, "stock": n, "labour_force": 100}
            for group in panels.GROUPS
            for (county, month), n in {
                ("04", 1): 10 if group == "with" else 7,
                ("04", 2): 4,
                ("05", 1): 5,
                ("05", 2): 0,
            }.items()
        ]
    ).assign(inflow=0.0, **dict.fromkeys(panels.COLUMNS.values(), 0))
    levels = pd.DataFrame(
        [
            ("04", 1, "with", "sex", "kvinne", 7),
            ("04", 1, "with", "sex", "mann", 3),
            ("04", 1, "without", "sex", "mann", 7),
            ("04", 2, "with", "sex", "mann", 5),  # noise: more than the whole
            ("05", 1, "with", "sex", "kvinne", 5),
            ("04", 1, "with", "education", "høyere", 2),
            ("05", 1, "with", "age", "50+", 1),
        ],
        columns=["county", "month", "group", "characteristic", "level", "stock"],
    )
    return Panel(months, levels, pd.DataFrame())


def test_persons_and_rates_of_each_outcome() -> None:
    panel = composed()
    counts = panel.counts.assign(weeks_104=panel.counts["stock"] / 2, labour_force=50)
    panel = Panel(counts, panel.levels, panel.flows)
    stock = {"04": {1: 10, 2: 4}, "05": {1: 5, 2: 0}}
    assert panels.persons(panel, "stock", "with").to_dict() == stock
    assert panels.persons(panel, "stock", "without")["04"].tolist() == [7, 4]
    assert panels.persons(panel, "104+", "with")["04"].tolist() == [5, 2]
    assert panels.rates(panel, "stock", "with")["04"].tolist() == [20, 8]
    assert panels.rates(panel, "104+", "with")["04"].tolist() == [10, 4]
    assert panels.labour_force(panel).to_numpy().tolist() == [[50, 50], [50, 50]]
    assert panels.last_known(panel, "inflow") == 2 - 3
    assert panels.last_known(panel, "stock") == 2
    for of in (panels.persons, panels.rates):
        with pytest.raises(ParameterError, match="unknown outcome «weeks_104»; allowed: stock"):
            of(panel, "weeks_104", "with")


def test_shares_of_every_level_but_the_first() -> None:
    found = panels.shares(composed(), "with")
    assert list(found) == [
        "sex: mann",
        *(f"education: {level}" for level in ("videregående", "høyere", "ukjent")),
        *(f"age: {level}" for level in ("25-34", "35-49", "50+")),
    ]
    men = found["sex: mann"]
    assert (list(men.index), list(men.columns)) == ([1, 2], ["04", "05"])
    np.testing.assert_array_equal(men, [[0.3, 0.0], [1.0, np.nan]])
    np.testing.assert_array_equal(found["education: høyere"], [[0.2, 0.0], [0.0, np.nan]])
    np.testing.assert_array_equal(found["age: 50+"], [[0.0, 0.2], [0.0, np.nan]])
    np.testing.assert_array_equal(
        panels.shares(composed(), "without")["sex: mann"], [[1.0, 0.0], [0.0, np.nan]]
    )


JANUARY = windows.number("2014-01")
FRAME = pd.DataFrame(
    {"03": [1.0, 2.0, 3.0], "04": [4.0, 5.0, 6.0]}, index=range(JANUARY, JANUARY + 3)
)


def test_values_of_months_and_counties_in_the_order_asked_for() -> None:
    found = panels.block(FRAME, [JANUARY + 2, JANUARY], ["04", "03"])
    np.testing.assert_array_equal(found, [[6, 4], [3, 1]])


@pytest.mark.parametrize(
    ("months", "counties", "asked"),
    [
        ([JANUARY + 3], ["03"], "2014-04 to 2014-04"),
        ([JANUARY - 1, JANUARY], ["03"], "2013-12 to 2014-01"),
        ([], ["03"], "0000-01 to 0000-01"),
        ([JANUARY], ["03", "99", "98"], "2014-01 to 2014-01 and the lacking counties 99, 98"),
    ],
)
def test_what_the_panel_lacks_is_named(months: list[int], counties: list[str], asked: str) -> None:
    with pytest.raises(EstimationError) as caught:
        panels.block(FRAME, months, counties)
    assert str(caught.value) == (
        f"the registers have 2 counties from 2014-01 to 2014-03; asked for {asked}"
    )


@pytest.fixture(scope="module")
def registers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("panel_by_hand")
    simulate(folder, scale=0.005, seed=8)
    (folder / paths.TRUTH).unlink(missing_ok=True)
    return folder


def raw_panel(folder: Path, secret: keys.Secret) -> Panel:
    with open_registers(folder, TABLES) as opened:
        return panels.build(opened, secret)


def test_each_part_is_protected_as_it_is_declared(registers: Path) -> None:
    raw = raw_panel(registers, SECRET)
    months = (windows.number("2014-11"), windows.number("2011-01"), windows.number("2015-12"))
    found = panels.protect(raw, SECRET, months)
    counts = counting.protect(
        raw.counts.assign(inflow=raw.counts["inflow"].fillna(0)), [*STOCKS, "inflow"], SECRET
    )
    counts["inflow"] = counts["inflow"].where(raw.counts["inflow"].notna())
    pd.testing.assert_frame_equal(found.counts, counts)
    pd.testing.assert_frame_equal(found.levels, counting.protect(raw.levels, ["stock"], SECRET))
    pd.testing.assert_frame_equal(found.flows, counting.protect(raw.flows, FLOW_COUNTS, SECRET))
    spans = panels.with_spans(raw, *months).spans
    at_risk = magnitudes.protected_sums(
        spans["stock"],
        spans["stock"],
        spans["stock_key"],
        SECRET,
        cap=AT_RISK,
        where="months at risk",
    )
    np.testing.assert_array_equal(found.spans["stock"], np.nan_to_num(at_risk))
    events = ["leaves", "changes_right"]
    wanted = counting.protect(spans.drop(columns=["stock", "stock_key"]), events, SECRET)
    pd.testing.assert_frame_equal(found.spans[wanted.columns], wanted)
    assert found.protection is not None
    assert found.persons == found.protection.persons == counting.about(raw.persons)


def test_the_panel_of_a_run_is_made_once_for_a_secret(
    registers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAVEVAL_OUT", str(tmp_path / "out"))
    chosen = params.load("hedmark", changes={"data": str(registers), "composition": "none"})
    found = {}
    for secret in ("0123456789abcdef" * 4, "fedcba9876543210" * 4):
        monkeypatch.setenv("NAVEVAL_KEY_SECRET", secret)
        monkeypatch.setenv("NAVEVAL_OUT", str(tmp_path / "out"))
        shutil.rmtree(tmp_path / "out" / keys.EDITIONS, ignore_errors=True)  # a series of its own
        own = keys.secret("register")
        found[secret] = panels.load_panel(chosen)
        wanted = panels.protect(raw_panel(registers, own), own, chosen.months())
        for part in ("counts", "levels", "flows", "spans"):
            pd.testing.assert_frame_equal(getattr(found[secret], part), getattr(wanted, part))
        monkeypatch.setattr(panels, "build", _never)
        again = panels.load_panel(chosen)
        monkeypatch.undo()
        pd.testing.assert_frame_equal(again.counts, found[secret].counts)
    first, second = found.values()
    assert (first.counts["stock"] != second.counts["stock"]).any()


def _never(*given: object) -> Panel:
    raise AssertionError("the panel is kept")


def test_registers_that_end_too_early_are_refused(
    registers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAVEVAL_OUT", str(tmp_path / "out"))
    monkeypatch.setenv("NAVEVAL_KEY_SECRET", "0123456789abcdef" * 4)
    for table, file in (("job_seekers", "*/*.parquet"), ("labour_force", "labour_force.parquet")):
        rows = pd.concat(map(pd.read_parquet, registers.glob(file)))
        early = pd.to_datetime(rows["month"]) < "2015-10"
        rows[early].to_parquet(tmp_path / f"{table}.parquet")
    chosen = params.load("hedmark", changes={"data": str(tmp_path), "composition": "none"})
    with pytest.raises(ContractError, match="covers 2006-12 to 2015-09; expected at least"):
        panels.load_panel(chosen)
