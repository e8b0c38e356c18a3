"""The panel against a plain pandas re-implementation and a register written by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from naveval.disclosure import keys
from naveval.project.errors import ContractError, EstimationError
from naveval.registers.reading import open_registers
from naveval.studies.hedmark import panel as panels
from naveval.studies.hedmark import windows
from naveval.studies.hedmark.contracts import TABLES
from naveval.studies.hedmark.panel import Panel
from naveval.studies.hedmark.simulate.registers import simulate

JANUARY = windows.number("2014-01")


def row(person: int, month: str, right: bool, weeks: int, **other: object) -> dict[str, object]:
    return {
        "person": person,
        "month": pd.Timestamp(f"{month}-01"),
        "county": "04",
        "sex": "kvinne",
        "birth_year": 1980,
        "education": "høyere",
        "status": "helt ledig",
        "benefit_right": right,
        "weeks_registered": weeks,
        **other,
    }


def write(folder: Path, rows: list[dict[str, object]], months: list[str]) -> Path:
    folder.mkdir(exist_ok=True)
    pd.DataFrame(rows).to_parquet(folder / "job_seekers.parquet")
    force = [
        {"county": county, "month": pd.Timestamp(f"{month}-01"), "persons": 1000}
        for county in ("04", "05")
        for month in months
    ]
    pd.DataFrame(force).to_parquet(folder / "labour_force.parquet")
    return folder


def build(folder: Path) -> Panel:
    with open_registers(folder, TABLES) as registers:
        return panels.build(registers, keys.secret("simulated"))


MONTHS = [f"2014-{m:02d}" for m in range(1, 10)]
BY_HAND = [
    # 1: registered January, right from April (three months later): an inflow with benefit, but
    # in the first two months of the register nobody can be called new.
    row(1, "2014-03", False, 1),
    row(1, "2014-04", False, 5),
    row(1, "2014-06", True, 14),
    # 2: right four months after: an inflow without.
    row(2, "2014-03", False, 1),
    row(2, "2014-04", False, 5),
    row(2, "2014-05", False, 9),
    row(2, "2014-06", False, 14),
    row(2, "2014-07", True, 18),
    # 3: away one update is not new; away two updates is.
    row(3, "2014-01", True, 30),
    row(3, "2014-03", True, 39),
    row(3, "2014-06", True, 2),
    # 4: long duration in the other county.
    row(4, "2014-01", False, 103, county="05"),
    row(4, "2014-02", False, 107, county="05"),
]


def test_register_by_hand(tmp_path: Path) -> None:
    panel = build(write(tmp_path / "r", BY_HAND, MONTHS))
    inflow_with = panels.persons(panel, "inflow", "with")["04"]
    inflow_without = panels.persons(panel, "inflow", "without")["04"]
    assert inflow_with.iloc[:2].isna().all()
    # Nor is it known who of the newcomers of the last three months gets the right.
    assert inflow_with.iloc[-3:].isna().all()
    assert inflow_without.iloc[-3:].isna().all()
    assert inflow_with.iloc[2:-3].tolist() == [1, 0, 0, 1]
    assert inflow_without.iloc[2:-3].tolist() == [1, 0, 0, 0]
    assert panels.last_known(panel, "inflow") == windows.number("2014-06")
    assert panels.last_known(panel, "stock") == windows.number("2014-09")
    assert panels.persons(panel, "stock", "with")["04"].tolist() == [1, 0, 1, 0, 0, 2, 1, 0, 0]
    assert panels.persons(panel, "78-103", "without")["05"].tolist()[:2] == [1, 0]
    assert panels.persons(panel, "104+", "without")["05"].tolist()[:2] == [0, 1]
    assert panels.rates(panel, "stock", "without")["05"].iloc[0] == pytest.approx(0.1)
    flows = panel.flows.set_index(["county", "month", "group", "duration"])
    assert flows.loc[("04", JANUARY + 5, "without", 3), "changes_right"] == 1
    assert flows.loc[("04", JANUARY, "with", 7), "leaves"] == 1


def peer(rows: pd.DataFrame) -> pd.DataFrame:
    """Inflow by explicit set membership, person by person."""
    rows = rows.assign(m=rows["month"].dt.year * 12 + rows["month"].dt.month - 1)
    seen = set(zip(rows["person"], rows["m"], strict=True))
    right = set(
        zip(*rows.loc[rows["benefit_right"], ["person", "m"]].to_numpy().T.tolist(), strict=True)
    )
    found: dict[tuple[str, int, str], int] = {}
    for item in rows.itertuples():
        if (item.person, item.m - 1) in seen or (item.person, item.m - 2) in seen:
            continue
        group = "with" if any((item.person, item.m + k) in right for k in range(4)) else "without"
        key = (item.county, item.m, group)
        found[key] = found.get(key, 0) + 1
    frame = pd.Series(found).rename_axis(["county", "month", "group"]).rename("inflow")
    return frame.reset_index()


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, Panel]:
    folder = tmp_path_factory.mktemp("panel")
    simulate(folder, scale=0.01, seed=4)
    rows = pd.read_parquet(folder / "job_seekers")
    rows["month"] = pd.to_datetime(rows["month"])
    return rows, build(folder)


def test_inflow_and_stock_agree_with_plain_python(simulated: tuple[pd.DataFrame, Panel]) -> None:
    rows, panel = simulated
    expected = peer(rows).set_index(["county", "month", "group"])["inflow"]
    found = panel.counts.dropna(subset=["inflow"]).set_index(["county", "month", "group"])
    wanted = expected.reindex(found.index).fillna(0)
    np.testing.assert_array_equal(found["inflow"], wanted)
    rows = rows.assign(m=rows["month"].dt.year * 12 + rows["month"].dt.month - 1)
    for column, low, high in (
        ("stock", 0, 10_000),
        ("weeks_26_51", 26, 51),
        ("weeks_52_77", 52, 77),
        ("weeks_78_103", 78, 103),
        ("weeks_104", 104, 10_000),
    ):
        part = rows[rows["weeks_registered"].between(low, high)]
        group = np.where(part["benefit_right"], "with", "without")
        counts = part.groupby([part["county"].astype(str), part["m"], group]).size()
        counts.index.names = ["county", "month", "group"]
        whole = panel.counts.set_index(["county", "month", "group"])[column]
        np.testing.assert_array_equal(whole, counts.reindex(whole.index).fillna(0))


def test_flows_add_up(simulated: tuple[pd.DataFrame, Panel]) -> None:
    """Stock next month = stock − leaves − changes of right + entries, in every cell."""
    _, panel = simulated
    summed = panel.flows.groupby(["county", "group", "month"])[
        ["stock", "entries", "leaves", "changes_right"]
    ].sum()
    for _, part in summed.groupby(level=["county", "group"]):
        series = part.droplevel(["county", "group"])
        whole = range(series.index.min(), series.index.max() + 1)
        series = series.reindex(whole).fillna(0)
        stays = (series["stock"] - series["leaves"] - series["changes_right"]).shift(1)
        np.testing.assert_array_equal(
            (stays + series["entries"]).iloc[1:], series["stock"].iloc[1:]
        )


def test_levels_add_up_to_the_stock_and_shares_to_one(
    simulated: tuple[pd.DataFrame, Panel],
) -> None:
    _, panel = simulated
    whole = panel.counts.set_index(["county", "month", "group"])[["stock", "stock_key"]]
    for _, part in panel.levels.groupby("characteristic"):
        sums = part.groupby(["county", "month", "group"])[["stock", "stock_key"]].sum()
        np.testing.assert_array_equal(sums.reindex(whole.index).fillna(0), whole)
    shares = panels.shares(panel, "with")
    assert len(shares) == 7
    assert all(((s >= 0) & (s <= 1) | s.isna()).all().all() for s in shares.values())


def test_faults_are_told(simulated: tuple[pd.DataFrame, Panel], tmp_path: Path) -> None:
    _, panel = simulated
    with pytest.raises(ContractError, match="covers 2006-12 to 2016-03; expected at least 2006-11"):
        panels.require_months(panel, windows.number("2006-11"), windows.number("2015-12"))
    with pytest.raises(EstimationError, match="lacking counties 99"):
        panels.block(panels.labour_force(panel), [JANUARY], ["04", "99"])
    with pytest.raises(EstimationError, match="asked for 2020-01"):
        panels.block(panels.labour_force(panel), [windows.number("2020-01")], ["04"])
    folder = write(tmp_path / "short", BY_HAND, MONTHS[:2])
    with pytest.raises(ContractError, match="labour_force, column persons"):
        build(folder)
