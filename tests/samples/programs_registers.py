"""Small simulated registers shared by the tests of the programme study, made once a session."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp

import duckdb
import pandas as pd

from naveval.registers import reading
from naveval.registers.reading import Registers
from naveval.studies.programs import contracts
from naveval.studies.programs.simulate.registers import simulate


@lru_cache(maxsize=8)
def folder(scale: float = 0.003, seed: int = 7, **settings: float) -> Path:
    """Folder with simulated registers; the same call gives the same folder."""
    target = Path(mkdtemp(prefix="programs-"))
    simulate(target, scale=scale, seed=seed, jobs=1, **settings)
    return target


@contextmanager
def opened(scale: float = 0.003, seed: int = 7, **settings: float) -> Iterator[Registers]:
    with reading.open_registers(folder(scale, seed, **settings), contracts.TABLES) as r:
        yield r


@contextmanager
def written(tables: Mapping[str, str]) -> Iterator[Registers]:
    """Tables written by hand and held in memory: «name column, …» to rows of SQL values."""
    with Registers(duckdb.connect(), Path("by-hand"), {}) as r:
        for head, rows in tables.items():
            name, _, columns = head.partition(" ")
            r.query(f"CREATE TABLE {name} AS SELECT * FROM (VALUES {rows}) t({columns})")
        yield r


def changed(target: Path, table: str, change: object, **settings: float) -> Path:
    """A copy of the registers in which one table is changed by a function of its frame."""
    source = folder(**settings)
    shutil.copytree(source, target)
    path = target / table
    if path.is_dir():
        frame = pd.read_parquet(path)
        shutil.rmtree(path)
    else:
        path = target / f"{table}.parquet"
        frame = pd.read_parquet(path)
        path.unlink()
    change(frame).to_parquet(target / f"{table}.parquet", index=False)  # type: ignore[operator]
    return target
