"""SAS and Stata files, read in chunks and kept as Parquet for as long as the process lives.

Both keep all numbers as floating point and SAS keeps no truth values, so `exact` reads whole
numbers, truth values and days out of them where that loses nothing.
"""

import atexit
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat

from naveval.project.errors import ContractError
from naveval.registers.connections import private_folder
from naveval.registers.grammar import Family
from naveval.registers.sources import Source

CHUNK_ROWS = 200_000
LARGEST_EXACT = 2**53
READERS: dict[str, Callable[..., Any]] = {
    "sas": pyreadstat.read_sas7bdat,
    "stata": pyreadstat.read_dta,
}
_KEPT: dict[object, Path] = {}


def as_parquet(source: Source) -> Path:
    """A SAS or Stata table as a private Parquet file, with names in small letters.

    Raises
    ------
    ContractError
        When the file cannot be read.
    """
    file = source.files[0]
    stamp = (file, file.stat().st_mtime_ns, file.stat().st_size)
    if stamp not in _KEPT:
        stack, folder = private_folder()
        atexit.register(stack.close)
        target = folder / f"{source.table}.parquet"
        try:
            _convert(file, READERS[source.form], target)
        except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, pa.ArrowException):
            kind = "SAS7BDAT" if source.form == "sas" else "Stata"
            raise ContractError(
                f"{file.name}: truncated or not {kind} ({file.stat().st_size} bytes); "
                f"expected a whole {kind} file"
            ) from None
        _KEPT[stamp] = target
    return _KEPT[stamp]


def _convert(file: Path, reader: Callable[..., Any], target: Path) -> None:
    writer: pq.ParquetWriter | None = None
    chunks = pyreadstat.read_file_in_chunks(
        reader, str(file), chunksize=CHUNK_ROWS, dates_as_pandas_datetime=True
    )
    for frame, _ in chunks:
        frame.columns = [name.lower() for name in frame.columns]
        table = pa.Table.from_pandas(frame, preserve_index=False)
        if writer is None:
            writer = pq.ParquetWriter(target, table.schema)
        writer.write_table(table.cast(writer.schema))
    if writer is None:
        frame, _ = reader(str(file), dates_as_pandas_datetime=True)
        frame.columns = [name.lower() for name in frame.columns]
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), target)
        return
    writer.close()


def exact(column: str, given: Family, wanted: Family) -> str:
    """SQL that reads a SAS or Stata column as the wanted type; NULL where that is not exact."""
    if given == "number" and wanted == "integer":
        whole = f"{column} = floor({column}) AND abs({column}) <= {LARGEST_EXACT}"
        return f"CASE WHEN {whole} THEN TRY_CAST({column} AS BIGINT) END"
    if given in ("number", "integer") and wanted == "boolean":
        return f"CASE WHEN {column} = 1 THEN true WHEN {column} = 0 THEN false END"
    if given == "text":
        return f"nullif({column}, '')"
    return column
