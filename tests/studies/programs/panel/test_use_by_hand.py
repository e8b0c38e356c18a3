"""Tables of part 1 with protection taken away, against plain pandas."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from programs_registers import opened

from naveval.disclosure import keys
from naveval.project import places
from naveval.registers.reading import Registers
from naveval.studies.programs.codes import GROUPS
from naveval.studies.programs.panel import persons, use
from naveval.studies.programs.panel.persons import CATEGORIES, CHARACTERISTICS, FIRST, LAST
from naveval.studies.programs.panel.use import FOLLOWED, MONTHS, STATES, STATUSES

SECRET = keys.secret("simulated")
Table = Callable[..., pd.DataFrame]


@pytest.fixture(scope="module")
def registers() -> Iterator[Registers]:
    with opened() as found:
        persons.make(found, SECRET)
        use.first_program_month(found)
        yield found


@pytest.fixture
def table(registers: Registers, unprotected: None) -> Table:
    """A table of the module as it would be without protection."""
    return lambda name: getattr(use, name)(registers, SECRET)


def exact(found: pd.Series, wanted: Any) -> None:
    np.testing.assert_allclose(found.astype(float), np.asarray(wanted, dtype=float), rtol=1e-12)


def percent(some: pd.Series, all_: Any) -> pd.Series:
    """Percent where the protected share is shown: of twenty or more."""
    whole = pd.Series(np.broadcast_to(all_, len(some)), some.index).astype(float)
    return 100 * some / whole.where(whole >= 20)


def count(frame: pd.DataFrame, by: str | list[str], codes: Any) -> pd.Series:
    """Distinct persons in each cell."""
    found = frame.groupby(by)["person"].nunique()
    return found.reindex(codes, fill_value=0)


def test_waits_run_to_the_first_programme_within_two_years(registers: Registers) -> None:
    waits = registers.query("SELECT person, entry, wait, first_status FROM waits")
    spells = registers.query("SELECT person, start FROM spells")
    both = waits[["person", "entry"]].merge(spells, on="person")
    after = both["start"] - both["entry"]
    wanted = after[after.between(0, FOLLOWED)].groupby(both["person"]).min()
    exact(waits.set_index("person")["wait"].dropna().sort_index(), wanted.sort_index())
    assert waits["person"].is_unique


@pytest.mark.parametrize("k", [0, 1, FOLLOWED - 1, FOLLOWED])
def test_who_has_started_by_a_month(registers: Registers, table: Table, k: int) -> None:
    waits = registers.query("SELECT person, first_status AS status, wait FROM waits")
    n = count(waits, "status", STATUSES)
    started = count(waits[waits["wait"] <= k], "status", STATUSES)
    found = table("cumulative").query(f"k == {k}").set_index("status")
    exact(found["n_started"], started[found.index])
    exact(found["percent"], percent(started, n)[found.index])
    assert set(table("cumulative")["k"]) == set(range(FOLLOWED + 1))
    if k == FOLLOWED:
        two_years = table("participation").set_index("status")
        exact(two_years["n"], n)
        exact(two_years["n_program"], started)
        exact(two_years["percent"], percent(started, n))


def test_five_months_of_everyone_and_of_each_county(registers: Registers, table: Table) -> None:
    waits = registers.query("SELECT waits.*, home FROM waits JOIN place USING (person)")
    found = table("cumulative_table").set_index(["characteristic", "category", "month"])
    own = table("counties").set_index(["county", "month"])
    codes = places.codes(places.CURRENT_YEAR)
    for k in MONTHS:
        started = waits[waits["wait"] <= k]
        whole = found.loc[("all", "all", str(k))]
        assert (whole["n"], whole["n_started"]) == (len(waits), len(started))
        assert whole["percent"] == pytest.approx(100 * len(started) / len(waits))
        women = found.loc[("sex", "woman", str(k))]
        assert women["n_started"] == (started["sex"] == "woman").sum()
        n, some = count(waits, "home", codes), count(started, "home", codes)
        at = own.xs(str(k), level="month").loc[list(codes)]
        exact(at["n"], n)
        exact(at["n_started"], some)
        exact(at["percent"], percent(some, n))
    assert list(found.index.get_level_values(0).unique()) == ["all", *CHARACTERISTICS]
    assert {month for _, _, month in found.index} == {str(k) for k in MONTHS}


def test_mean_wait_is_of_those_who_start(registers: Registers, table: Table) -> None:
    waits = registers.query("SELECT person, first_status AS status, wait FROM waits").dropna()
    found = table("waiting").set_index("status")
    mean = waits.groupby("status")["wait"].mean()
    exact(found.loc[mean.index, "months"], mean)
    assert found.loc["all", "months"] == pytest.approx(waits["wait"].mean())
    assert found.loc["all", "n"] == len(waits)
    homes = registers.query("SELECT home, wait FROM waits JOIN place USING (person)").dropna()
    own = table("county_waiting").set_index("county")
    mean = homes.groupby("home")["wait"].mean()
    exact(own.loc[mean.index, "months"], mean)


def test_percent_of_a_countys_starters_on_each_programme(
    registers: Registers, table: Table
) -> None:
    starts = registers.query(
        "SELECT DISTINCT person, program, home AS county FROM starts JOIN place USING (person)"
    )
    found = table("county_programs").set_index(["county", "program"])
    codes = pd.MultiIndex.from_product([places.codes(places.CURRENT_YEAR), GROUPS])
    n = count(starts, ["county", "program"], codes)
    total = starts.groupby("county")["person"].nunique()
    exact(found["n"].reindex(codes), n)
    whole = total.reindex(codes.get_level_values(0)).fillna(0).to_numpy()
    exact(found["total"].reindex(codes), whole)
    exact(found["percent"].reindex(codes), percent(n, whole))
    country = table("country_programs").set_index("program")
    each = starts.drop_duplicates(["person", "program"]).groupby("program").size()
    everyone = starts["person"].nunique()
    assert set(country["total"]) == {everyone}
    exact(country.loc[each.index, "percent"], 100 * each / everyone)


COLUMNS = "d.person, d.status, d.sex, 1 AS part"
POPULATIONS = {
    ("users", "first"): f"SELECT {COLUMNS} FROM waits d",
    ("users", "all"): f"SELECT {COLUMNS} FROM described d WHERE status <> 'not_registered'",
    ("participants", "all"): f"""SELECT {COLUMNS} FROM starts
        JOIN described_starts d USING (person, m)""",
    ("participants", "months"): f"""SELECT {COLUMNS} FROM described d SEMI JOIN
        (FROM program_months WHERE m BETWEEN {FIRST} AND {LAST}) USING (person, m)""",
}


@pytest.mark.parametrize(("name", "population"), POPULATIONS)
def test_percent_with_each_characteristic(
    registers: Registers, table: Table, name: str, population: str
) -> None:
    rows = registers.query(POPULATIONS[name, population])
    whole = table(name)
    assert whole.index.tolist() == list(range(len(whole)))
    found = whole.query(f"population == '{population}'")
    parts = found.set_index(["characteristic", "category"])
    assert parts.loc[("all", "all"), "percent"] == 100
    assert parts.loc[("all", "all"), "n"] == rows["person"].nunique()
    caps = use.STARTS_CAP if name == "participants" and population == "all" else 10**6
    for kind in ("sex", "status"):
        each = rows.groupby([kind, "person"])["part"].sum().clip(upper=caps)
        total = rows.groupby("person")["part"].sum().clip(upper=caps).sum()
        wanted = (100 * each.groupby(kind).sum() / total).reindex(CATEGORIES[kind]).fillna(0)
        exact(parts.loc[kind, "percent"].loc[list(CATEGORIES[kind])], wanted)
        exact(parts.loc[kind, "n"], count(rows, kind, list(CATEGORIES[kind])))


def test_intensity_is_programme_months_of_registered_ones(
    registers: Registers, table: Table
) -> None:
    rows = registers.query(
        "SELECT d.person, d.m, d.sex FROM described d WHERE d.status <> 'not_registered'"
    )
    on = set(
        registers.query("SELECT DISTINCT person, m FROM program_months").itertuples(
            index=False, name=None
        )
    )
    rows["on"] = [pair in on for pair in zip(rows["person"], rows["m"], strict=True)]
    found = table("intensity").query("characteristic == 'sex'").set_index("category")
    exact(found["percent"], 100 * rows.groupby("sex")["on"].mean()[found.index])
    exact(found["n"], rows.groupby("sex")["person"].nunique()[found.index])
    exact(found["n_months"], rows[rows["on"]].groupby("sex")["person"].nunique()[found.index])


def test_groups_along_the_way(registers: Registers, table: Table) -> None:
    status = registers.query("SELECT person, m, status FROM status_months")
    at = status.set_index(["person", "m"])["status"]
    waits = registers.query("SELECT person, entry, wait, first_status AS source FROM waits")

    def group(k: Any) -> pd.Series:
        pairs = pd.MultiIndex.from_arrays([waits["person"], waits["entry"] + k])
        return pd.Series(at.reindex(pairs).fillna("not_registered").to_numpy(), waits.index)

    found = table("composition")
    for k in (0, 7, FOLLOWED):
        wanted = group(k).value_counts().reindex(STATES, fill_value=0)
        own = found[found["k"] == k].set_index("status")
        exact(own["n"], wanted)
        exact(own["share"], 100 * wanted / len(waits))
    moves = table("flows").set_index(["month", "source", "target"])["n"]
    for k in (0, 6, 12):
        wanted = pd.crosstab(group(k), group(k + 6))
        for (source, target), n in wanted.stack().items():
            assert moves.get((k, source, target), 0) == n or source not in STATES
    started = waits.dropna(subset=["wait"])
    target = group(waits["wait"].fillna(0))[started.index]
    wanted = pd.crosstab(started["source"], target)
    own = table("groups_at_start").set_index(["source", "target"])["n"]
    assert own.sum() == len(started)
    for (source, name), n in wanted.stack().items():
        assert own[source, name] == n


def test_programme_months_before_the_first_year_are_kept(registers: Registers) -> None:
    months = registers.query("SELECT person, m, program FROM program_months")
    spells = registers.query("SELECT person, program, start, stop FROM spells")
    assert months["m"].min() == max(FIRST - 24, spells["start"].min())
    assert months["m"].max() == min(LAST + 26, spells["stop"].max())
    assert not months.duplicated().any()
