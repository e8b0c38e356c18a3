"""What `check` asks for is enough to run, and one month less is refused: random parameters.

The extracts hold the contracts' columns alone, so a run that reads another one fails here.
"""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest
from broken_registers import good, is_dense

from naveval.project import catalogue
from naveval.project import parameters as params
from naveval.project.months import month_number, month_text
from naveval.registers import contracts, reading
from naveval.registers.connections import quote
from naveval.registers.rules import coverage
from naveval.registers.rules.coverage import Need
from naveval.running import run

SCALES = {"hedmark": 0.02, "followup": 0.02, "programs": 0.003, "indicator": 0.002}
ENDS: tuple[Literal["first", "last"], ...] = ("last", "first")
SMALL = {
    "hedmark": {"draws": 99, "size_draws": 200},
    "followup": {"draws": 100},
    "programs": {"parts": ["participants", "outcomes"]},
    "indicator": {"draws": 200, "person_groups": 50},
}


def drawn(study: str, rng: np.random.Generator) -> dict[str, Any]:
    """Random parameters that decide the period."""
    if study == "hedmark":
        first = month_number("2011-01") + int(rng.integers(0, 12))
        last = month_number("2015-12") - int(rng.integers(0, 6))
        placebo = first + 12 + int(rng.integers(0, 6))
        return {
            "window_first": month_text(first),
            "window_last": month_text(last),
            "placebo_first": month_text(placebo),
        }
    if study == "followup":
        return {"longest_gap_weeks": int(rng.choice([2, 4, 6]))}
    if study == "indicator":
        last = month_number("2024-06") - int(rng.integers(0, 4))
        return {"last_month": month_text(last)}
    return {}


def cut(
    folder: Path,
    out: Path,
    study: str,
    needs: tuple[Need, ...],
) -> Path:
    """The extract with the periods that are needed alone."""
    out.mkdir()
    tables = catalogue.module(study, "contracts").TABLES
    by_table = {need.table: need for need in needs}
    order = sorted(tables, key=lambda name: bool(name in by_table and by_table[name].until))
    with reading.open_registers(folder, tables) as opened:
        connection = opened.connection
        for table in order:
            kept = f"SELECT * FROM {table}"
            if table in by_table:
                need = coverage.reaching(connection, by_table[table])
                kept = within(need, need.first, need.last, tables[table])
            target = quote(out / f"{table}.parquet")
            connection.execute(f"COPY ({kept}) TO {target}")
            connection.execute(f"DROP VIEW {table}")
            connection.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet({target})")
    return out


def within(need: Need, first: int, last: int, schema: Any) -> str:
    """SQL of a table's rows in the periods from first to last."""
    names = ", ".join(schema.columns)
    return f"SELECT {names} FROM ({need.rows}) WHERE {need.period} BETWEEN {first} AND {last}"


def less(
    enough: Path,
    out: Path,
    study: str,
    needs: Iterable[Need],
    end: Literal["first", "last"] = "last",
) -> Path:
    """An extract of which some tables lack the period at an end; the others are the same files."""
    shutil.copytree(enough, out, copy_function=os.link)
    tables = catalogue.module(study, "contracts").TABLES
    with reading.open_registers(enough, tables) as opened:
        for need in needs:
            (out / f"{need.table}.parquet").unlink()
            need = coverage.reaching(opened.connection, need)
            first, last = need.first + (end == "first"), need.last - (end == "last")
            kept = within(need, first, last, tables[need.table])
            opened.connection.execute(f"COPY ({kept}) TO {quote(out / f'{need.table}.parquet')}")
    return out


def dense_tables(study: str, folder: Path, needs: tuple[Need, ...]) -> list[Need]:
    """Needs of tables with rows enough for a period without any to be no chance."""
    with reading.open_registers(folder, catalogue.module(study, "contracts").TABLES) as opened:
        connection = opened.connection
        reached = [coverage.reaching(connection, need) for need in needs]
        return [need for need in reached if is_dense(coverage.counts(connection, need))]


@pytest.mark.slow
@pytest.mark.parametrize("study", catalogue.names())
def test_what_is_asked_for_is_enough_and_one_period_less_is_refused(
    study: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAVEVAL_OUT", str(tmp_path / "out"))
    monkeypatch.setenv("NAVEVAL_KEY_SECRET", "0123456789abcdef" * 4)
    extract = good(study, tmp_path / "whole", SCALES[study])
    rng = np.random.default_rng(11)
    for turn, end in enumerate(ENDS):
        chosen = params.load(study, changes=SMALL[study] | drawn(study, rng))
        needs = contracts.needs(study, chosen)
        enough = cut(extract.folder, tmp_path / f"enough-{turn}", study, needs)
        assert [str(item) for item in contracts.check(study, enough, chosen)] == []
        tables = catalogue.module(study, "contracts").TABLES
        for name, schema in tables.items():
            assert pq.read_schema(enough / f"{name}.parquet").names == list(schema.columns)
        dense = dense_tables(study, enough, needs)
        assert dense
        # What must be reached moves with other tables: such a table is tried alone.
        moving = {need.table for need in needs if need.until}
        fixed = [need for need in dense if need.table not in moving]
        for tried in filter(None, (fixed, *([n] for n in dense if n.table in moving))):
            out = tmp_path / f"less-{turn}-{tried[0].table}"
            lacking = less(enough, out, study, tried, end)
            found = [item for item in contracts.check(study, lacking, chosen) if not item.warning]
            for need in tried:
                period = need.text(need.last if end == "last" else need.first)
                assert any(
                    f"{need.table}.parquet" in item.file and period in item.expected
                    for item in found
                ), (need.table, period)
    given = chosen.model_copy(update={"data": str(enough)})
    done = run.run(study, given, target=tmp_path / "result", tells="nothing")
    assert (done.folder / "estimates.csv").exists()


def test_cutting_keeps_what_is_needed(tmp_path: Path) -> None:
    extract = good("hedmark", tmp_path / "whole", 0.003)
    chosen = params.load("hedmark", changes={"window_first": "2011-06", "placebo_first": "2013-03"})
    needs = contracts.needs("hedmark", chosen)
    enough = cut(extract.folder, tmp_path / "cut", "hedmark", needs)
    (force,) = (need for need in needs if need.table == "labour_force")
    out = less(enough, tmp_path / "less", "hedmark", [force])
    found = duckdb.sql(
        "SELECT min(month)::DATE::VARCHAR, max(month)::DATE::VARCHAR "
        f"FROM read_parquet('{out}/labour_force.parquet')"
    ).fetchall()
    assert found == [("2010-06-01", "2015-11-01")]
    told = [str(item) for item in contracts.check("hedmark", out, chosen)]
    assert any("labour_force" in text and "2015-12" in text for text in told)
