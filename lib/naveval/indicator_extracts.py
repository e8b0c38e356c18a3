"""Reading the registers of the work indicator one month at a time."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from naveval import months as calendar_months
from naveval import registers, sources
from naveval.errors import ContractError
from naveval.indicator_contracts import TABLES

MONTH_FILE = re.compile(r"(\d{4}-(?:0[1-9]|1[0-2]))$")
DIRECT_LOOKUP = 200_000_000


def months_of(data: Path, table: str) -> tuple[str, ...]:
    """Months a table has, in order.

    Raises
    ------
    ContractError
        When a month between the first and the last is missing (names the months).
    """
    files = _month_files(data, table)
    if files is not None:
        found = tuple(sorted(files))
    else:
        with registers.open_registers(data, {table: TABLES[table]}) as opened:
            frame = opened.query(f"SELECT DISTINCT month FROM {table} ORDER BY month")
        found = tuple(str(month) for month in frame["month"])
    if not found:
        raise ContractError(f"{table}: no rows")
    missing = sorted(set(calendar_months.month_range(found[0], found[-1])) - set(found))
    if missing:
        raise ContractError(
            f"{table}, column month: missing month(s) {', '.join(missing)}: "
            f"expected every month from {found[0]} to {found[-1]}"
        )
    return found


def read_months(
    data: Path, table: str, columns: Sequence[str], months: Sequence[str]
) -> Iterator[tuple[str, pa.Table]]:
    """The table month by month, with the named columns; nothing else is held in memory.

    A folder with one Parquet file per month (2017-12.parquet or month=2017-12/…) is read file
    by file; anything else (one file, CSV) through DuckDB.

    Raises
    ------
    ContractError
        When a file named by one month has rows of another.
    """
    files = _month_files(data, table)
    if files is not None:
        for month in months:
            parts = [
                _of_month(file, table, month).read(columns=list(columns)) for file in files[month]
            ]
            yield month, pa.concat_tables(parts) if len(parts) > 1 else parts[0]
        return
    names = ", ".join(columns)
    with registers.open_registers(data, {table: TABLES[table]}) as opened:
        for month in months:
            query = f"SELECT {names} FROM {table} WHERE month = ?"
            yield month, opened.connection.execute(query, [month]).to_arrow_table()


def _of_month(file: Path, table: str, month: str) -> pq.ParquetFile:
    """The opened file, whose column `month` (where it has one) says what its name says."""
    opened = pq.ParquetFile(file)
    if "month" in opened.schema_arrow.names:
        found = set(pc.unique(opened.read(columns=["month"]).column("month")).to_pylist())
        if found - {month}:
            raise ContractError(f"{table}, {file.name}, column month: expected {month} only")
    return opened


def month_stamps(data: Path, table: str, months: Sequence[str]) -> dict[str, str]:
    """A fingerprint of each month's rows, to see whether a register was revised.

    Of the bytes of the files where each month has its own, else of the rows.
    """
    files = _month_files(data, table)
    if files is not None:
        found = {}
        for month in months:
            digest = hashlib.sha256()
            for file in sorted(files[month]):
                digest.update(file.read_bytes())
            found[month] = digest.hexdigest()
        return found
    query = (
        f"SELECT month, count(*) AS rows, CAST(sum(CAST(hash({table}) AS HUGEINT)) AS VARCHAR)"
        f" AS digest FROM {table} GROUP BY month"
    )
    with registers.open_registers(data, {table: TABLES[table]}) as opened:
        frame = opened.query(query)
    known = {row.month: f"{row.rows} {row.digest}" for row in frame.itertuples()}
    return {month: known[month] for month in months}


def _month_files(data: Path, table: str) -> dict[str, list[Path]] | None:
    """Files per month when every file's name or folder tells its month, else None."""
    source = sources.find(Path(data), table)
    if source.dialect is not None:
        return None
    found: dict[str, list[Path]] = {}
    for file in source.files:
        match = MONTH_FILE.search(file.stem) or MONTH_FILE.search(file.parent.name)
        if match is None:
            return None
        found.setdefault(match.group(1), []).append(file)
    return found


def numbers(table: pa.Table, column: str) -> NDArray:
    """A numeric or boolean column as an array; ContractError when values are missing."""
    found = table.column(column)
    if found.null_count:
        raise ContractError(f"column {column}: {found.null_count} rows without a value")
    if pa.types.is_boolean(found.type):
        found = pc.cast(found, pa.int8())
    return found.to_numpy()


def codes(table: pa.Table, column: str, levels: Mapping[str, int]) -> NDArray[np.int16]:
    """A text column as codes; values outside `levels` become −1."""
    found = table.column(column).combine_chunks()
    if isinstance(found, pa.ChunkedArray):
        found = pa.concat_arrays(found.chunks)
    if not pa.types.is_dictionary(found.type):
        found = found.dictionary_encode()
    names = found.dictionary.to_pylist()
    place = np.array([levels.get(name, -1) for name in names] or [-1], dtype=np.int16)
    index = pc.fill_null(found.indices, 0) if found.null_count else found.indices
    result = place[index.to_numpy(zero_copy_only=False)]
    if found.null_count:
        result[found.is_null().to_numpy(zero_copy_only=False)] = -1
    return result


def distinct(data: Path, table: str, columns: Sequence[str], months: Sequence[str]) -> list[tuple]:
    """Distinct combinations of text columns over the months, sorted."""
    seen: set[tuple] = set()
    for _, part in read_months(data, table, columns, months):
        grouped = part.group_by(list(columns)).aggregate([])
        lists = [pc.cast(grouped.column(name), pa.string()).to_pylist() for name in columns]
        seen.update(zip(*lists, strict=True))
    return sorted(seen)


class PersonIndex:
    """Dense numbers 0, 1, … for the persons of the stock.

    The only state is the sorted list of pseudonyms; pseudonyms below 200 million are looked up
    directly, others by binary search.
    """

    def __init__(self, persons: NDArray[np.int64]) -> None:
        self.persons = persons
        self.count = len(persons)
        self._direct: NDArray[np.int32] | None = None
        if self.count and persons[0] >= 0 and persons[-1] < DIRECT_LOOKUP:
            self._direct = np.full(int(persons[-1]) + 1, -1, dtype=np.int32)
            self._direct[persons] = np.arange(self.count, dtype=np.int32)

    def find(self, persons: NDArray[np.int64]) -> NDArray[np.int32]:
        """Dense number of each pseudonym, −1 for persons not in the stock."""
        if self._direct is not None:
            inside = (persons >= 0) & (persons < len(self._direct))
            return np.where(inside, self._direct[np.where(inside, persons, 0)], -1)
        place = np.minimum(np.searchsorted(self.persons, persons), self.count - 1)
        return np.where(self.persons[place] == persons, place, -1).astype(np.int32)


def person_index(data: Path, months: Sequence[str]) -> PersonIndex:
    """All persons of the stock, from one pass over the person column."""
    parts = [numbers(part, "person") for _, part in read_months(data, "stock", ["person"], months)]
    return PersonIndex(np.unique(np.concatenate(parts)))
