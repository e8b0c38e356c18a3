"""Reading the registers of the work indicator one month at a time.

Hours worked month by month, and the outcomes made of them.

atid = hours in the months after the month of measurement divided by weeks (13 for three months,
52 for twelve); jobb = average weekly hours above 19 in the last of these months. An outcome
whose months are not all observed is missing, never partial.

Source: indicator document, chapter 3.
"""

import datetime as dt
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from naveval.project import months as calendar_months
from naveval.project.errors import ContractError
from naveval.registers import reading, sources
from naveval.studies.indicator.contracts import TABLES

MONTH_FILE = re.compile(r"(\d{4}-(?:0[1-9]|1[0-2]))$")
DIRECT_LOOKUP = 200_000_000
BATCH_ROWS = 500_000


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
        with reading.open_registers(data, {table: TABLES[table]}) as opened:
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
    by file; anything else (one file, CSV) through DuckDB, once and in the order of months.

    """
    files = _month_files(data, table)
    if files is not None:
        for month in months:
            parts = [pq.ParquetFile(file).read(columns=list(columns)) for file in files[month]]
            yield month, pa.concat_tables(parts) if len(parts) > 1 else parts[0]
        return
    if not months:
        return
    names, wanted = ", ".join(columns), ", ".join(f"'{month}'" for month in months)
    query = f"SELECT month, {names} FROM {table} WHERE month IN ({wanted}) ORDER BY month"
    with reading.open_registers(data, {table: TABLES[table]}) as opened:
        batches = opened.connection.sql(query).to_arrow_reader(BATCH_ROWS)
        yield from _by_month(batches)


def _by_month(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[str, pa.Table]]:
    """Rows that come in the order of their months, a table per month without that column."""
    waiting: list[pa.RecordBatch] = []
    current = ""
    for batch in batches:
        months = batch.column(0).dictionary_encode()
        codes = months.indices.to_numpy(zero_copy_only=False)
        starts = [0, *(np.flatnonzero(np.diff(codes)) + 1).tolist()] if len(codes) else []
        for start, end in itertools.pairwise([*starts, len(codes)]):
            month = str(months.dictionary[int(codes[start])])
            if waiting and month != current:
                yield current, pa.Table.from_batches(waiting)
                waiting = []
            current = month
            waiting.append(batch.slice(start, end - start).select(batch.schema.names[1:]))
    if waiting:
        yield current, pa.Table.from_batches(waiting)


def _holds_only(file: Path, month: str) -> bool:
    """Whether a file's own statistics say that its column `month`, if any, holds this one alone."""
    about = pq.read_metadata(file)
    names = about.schema.names
    if "month" not in names:
        return True
    place = names.index("month")
    parts = [about.row_group(i).column(place).statistics for i in range(about.num_row_groups)]
    return all(part is not None and part.min == part.max == month for part in parts)


def _month_files(data: Path, table: str) -> dict[str, list[Path]] | None:
    """Files per month when every file's name or folder tells the month of its rows, else None."""
    source = sources.find(Path(data), table)
    if source.form != "parquet":
        return None
    found: dict[str, list[Path]] = {}
    for file in source.files:
        match = MONTH_FILE.search(file.stem) or MONTH_FILE.search(file.parent.name)
        if match is None or not _holds_only(file, match.group(1)):
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


WEEKS_PER_MONTH = 13 / 3
JOB_LIMIT = 19.0
MOST_HOURS = 500.0
FIXED_HOLIDAYS = ((1, 1), (5, 1), (5, 17), (12, 25), (12, 26))
EASTER_HOLIDAYS = (-3, -2, 1, 39, 50)
CENTURY = ("2001-01", "2100-12")


@dataclass(frozen=True)
class Hours:
    """Paid hours by month and person.

    hours: (months, persons) float32, 0 where the register has no row; counts: rows read, and
    rows of persons who are never in the stock (kept in the register, not used).
    """

    months: tuple[str, ...]
    hours: NDArray[np.float32]
    counts: dict[str, int]


def easter(year: int) -> dt.date:
    """Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    month, day = divmod(h + k - 7 * m + 114, 31)
    return dt.date(year, month, day + 1)


def working_days(month: str) -> int:
    """Mondays to Fridays of a month that are no Norwegian public holiday."""
    year, number = int(month[:4]), int(month[5:7])
    holidays = {dt.date(year, m, d) for m, d in FIXED_HOLIDAYS}
    holidays |= {easter(year) + dt.timedelta(days=shift) for shift in EASTER_HOLIDAYS}
    day, count = dt.date(year, number, 1), 0
    while day.month == number:
        count += day.weekday() < 5 and day not in holidays
        day += dt.timedelta(days=1)
    return count


@lru_cache(maxsize=1)
def average_days() -> float:
    """Working days of an average month of this century, so that no window decides it."""
    return float(np.mean([working_days(m) for m in calendar_months.month_range(*CENTURY)]))


def day_factors(months: Sequence[str]) -> NDArray[np.float32]:
    """What hours of each month are multiplied by: average working days over its own."""
    days = np.array([working_days(month) for month in months], dtype=float)
    return (average_days() / days).astype(np.float32)


def read_hours(
    data: Path,
    index: PersonIndex,
    stock: Sequence[str],
    *,
    subsidised: bool = True,
    working_days: bool = False,
) -> Hours:
    """Read all months of hours from the first month of the stock on.

    Parameters
    ----------
    subsidised
        False subtracts hours paid by wage subsidy.
    working_days
        True scales each month to the average number of working days.

    Raises
    ------
    ContractError
        Negative or impossible hours, a person twice in a month, hours that end before the
        stock does.
    """
    months = tuple(month for month in months_of(data, "hours") if month >= stock[0])
    if not months or months[0] != stock[0] or months[-1] < stock[-1]:
        raise ContractError(
            f"hours, column month: expected every month from {stock[0]} to {stock[-1]} or later"
        )
    table = np.zeros((len(months), index.count), dtype=np.float32)
    factors = day_factors(months) if working_days else np.ones(len(months), dtype=np.float32)
    columns = ["person", "hours"] if subsidised else ["person", "hours", "subsidised_hours"]
    rows = outside = 0
    for t, (month, part) in enumerate(read_months(data, "hours", columns, months)):
        hours = numbers(part, "hours").astype(np.float32)
        _check(hours, month, "hours")
        if not subsidised:
            paid = numbers(part, "subsidised_hours").astype(np.float32)
            _check(paid, month, "subsidised_hours")
            hours = np.maximum(hours - paid, 0)
        place = index.find(numbers(part, "person"))
        own = place >= 0
        if np.bincount(place[own], minlength=1).max(initial=0) > 1:
            raise ContractError(f"hours, month {month}: a person is there twice")
        table[t, place[own]] = hours[own] * factors[t]
        rows += len(hours)
        outside += int((~own).sum())
    return Hours(months, table, {"hours_rows": rows, "hours_outside_stock": outside})


def _check(hours: NDArray, month: str, column: str) -> None:
    bad = ~((hours >= 0) & (hours <= MOST_HOURS))
    if bad.any():
        rows = np.flatnonzero(bad) + 1
        first = ", ".join(str(row) for row in rows[:5])
        raise ContractError(
            f"hours, month {month}, column {column}: {len(rows)} rows (first: {first}): "
            f"expected 0 to {MOST_HOURS:.0f} hours"
        )


def outcomes_of(
    hours: Hours, person: NDArray[np.int32], month: str, horizons: Sequence[int]
) -> dict[str, NDArray]:
    """Outcomes of the persons in one month's stock; horizons not fully observed are left out."""
    t = calendar_months.month_number(month) - calendar_months.month_number(hours.months[0])
    found: dict[str, NDArray] = {}
    for horizon in horizons:
        if t + horizon >= len(hours.months):
            continue
        window = hours.hours[t + 1 : t + 1 + horizon]
        weeks = 13 * horizon / 3
        if horizon <= 3:
            total = sum(month_hours[person] for month_hours in window)
        else:
            total = window.sum(axis=0)[person]
        found[f"atid{horizon}"] = (total / np.float32(weeks)).astype(np.float32)
        last = hours.hours[t + horizon][person]
        found[f"jobb{horizon}"] = (last > np.float32(JOB_LIMIT * WEEKS_PER_MONTH)).astype(np.uint8)
    return found
