"""Record keys of persons, and the random numbers that follow from the keys of a cell.

Every person has a record key: a keyed hash of the register owner's pseudonym. The key of a cell
is the sum of the record keys of its distinct persons, so the same persons have the same key in
every table, and the key of a total is the sum of its parts'. A second keyed hash turns it into
a number between 0 and 1, with one salt for counts and another for sums. Source: Fraser and
Wooton (2005), Thompson, Broadfoot and Elazar (2013), with hashes in place of random numbers
modulo one: an exact sum of whole numbers does not depend on the order of rows.

The secret is the register owner's. Whoever knows it can take the noise away.
"""

import hashlib
import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from naveval.disclosure import editions
from naveval.disclosure.editions import Editions
from naveval.disclosure.thresholds import thresholds
from naveval.project import paths
from naveval.project.errors import DisclosureError, ParameterError
from naveval.project.parameters import Origin
from naveval.project.store import disk

SECRET, SECRET_FILE = "NAVEVAL_KEY_SECRET", "NAVEVAL_KEY_FILE"
SUFFIX = "_key"
RECORD_KEY = "record_key"
LARGEST = editions.LARGEST
EXACT = 2**53
FINGERPRINT = "key_fingerprint"
EDITIONS = "_editions"
# Simulated persons need no protection, but the same noise in every run.
SIMULATED = hashlib.sha256(b"simulated registers of naveval").digest()
_HOW = (
    'make one with `python -c "import secrets; print(secrets.token_hex(32))"`, keep it as you '
    f"keep the register, and name it in {SECRET}, or its file in {SECRET_FILE}"
)


@dataclass(frozen=True)
class Secret:
    """The register owner's secret; its value never shows in a text.

    Attributes
    ----------
    editions
        The edition that is being made, and the cells of those before, if one is named.
    cells
        What the cells are of that are protected with it, see `of`.
    """

    value: bytes = field(repr=False)
    editions: Editions | None = field(default=None, repr=False, compare=False)
    cells: str = ""

    def of(self, what: str) -> "Secret":
        """The same for cells that only this tells apart from others with the same labels."""
        return replace(self, cells=f"{self.cells}{what};")

    @property
    def noise(self) -> str:
        """What decides the noise of a run, for what is kept between runs."""
        return " ".join([self.fingerprint, *([self.editions.name] if self.editions else [])])

    @property
    def fingerprint(self) -> str:
        """Tells two secrets apart without telling either."""
        return hashlib.blake2b(self.value, digest_size=8, person=b"fingerprint").hexdigest()


def secret(origin: Origin) -> Secret:
    """The secret for registers of this origin: fixed for simulated ones, else the owner's.

    Raises
    ------
    ParameterError
        For real registers without a secret, with one that is short or not hexadecimal, or with a
        file that others can read; says how to make one.
    DisclosureError
        For another secret than earlier results below the output folder were made with.
    """
    found = Secret(SIMULATED) if origin == "simulated" else _owners()
    edition = editions.named()
    if not edition:
        return found
    series = paths.out_dir() / EDITIONS / editions.FOLDER
    require_same(found, series)
    return replace(found, editions=editions.opened(series, edition, found.value))


def _owners() -> Secret:
    named, file = os.environ.get(SECRET, ""), os.environ.get(SECRET_FILE, "")
    if named and file:
        raise ParameterError(f"both {SECRET} and {SECRET_FILE} are set; expected one of them")
    if not named and not file:
        raise ParameterError(f"real registers need a secret for the noise in counts: {_HOW}")
    found = _parsed(named, SECRET) if named else _parsed(_read(Path(file)), file)
    require_same(found, paths.out_dir() / EDITIONS)
    return found


def _read(file: Path) -> str:
    try:
        mode = file.stat().st_mode
        text = file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        raise ParameterError(f"{file}: no readable file with a secret; {_HOW}") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ParameterError(f"{file}: others can read the secret; run `chmod 600` on it")
    return text


def _parsed(text: str, where: str) -> Secret:
    wanted = 2 * thresholds().secret_bytes
    given = text.strip().lower()
    if not re.fullmatch(r"[0-9a-f]*", given) or len(given) < wanted or len(given) % 2:
        raise ParameterError(
            f"{where}: expected a secret of at least {wanted} hexadecimal digits; {_HOW}"
        )
    # Of 64 random digits fewer than ten different ones occur once in 10**12 times.
    if len(set(given)) < 10:
        raise ParameterError(f"{where}: the secret is not random; {_HOW}")
    return Secret(hashlib.sha256(bytes.fromhex(given)).digest())


def require_same(used: Secret, store: Path) -> None:
    """Refuse another secret than the one earlier editions in a store were made with.

    The first edition writes the secret's fingerprint into the store. Another secret would give
    the same persons new noise, and two editions together would tell more than either. To change
    secrets, remove the file `key_fingerprint` together with what was published: a new series.

    Raises
    ------
    DisclosureError
        When the store knows another secret.
    """
    file = store / FINGERPRINT
    if not file.exists():
        disk.write_text(
            disk.make_private(store) / FINGERPRINT, f"{used.fingerprint}\n", private=True
        )
    elif file.read_text(encoding="ascii").strip() != used.fingerprint:
        raise DisclosureError(
            f"{file}: earlier editions were made with another secret; name that one in {SECRET}, "
            "or start a new series: remove this file together with the editions it belongs to"
        )


def canonical(person: object) -> bytes:
    """A pseudonym as bytes: whole numbers as digits, text trimmed and in one Unicode form.

    Raises
    ------
    DisclosureError
        For something that is no pseudonym (a float, a missing value, empty text).
    """
    if isinstance(person, int | np.integer) and not isinstance(person, bool | np.bool_):
        return b"%d" % int(person)
    if isinstance(person, str) and person.strip():
        return unicodedata.normalize("NFC", person.strip()).encode()
    raise DisclosureError(
        f"a pseudonym is of type {type(person).__name__}; expected a whole number or text"
    )


def record_keys(persons: Iterable[object], used: Secret) -> NDArray[np.int64]:
    """Record keys of pseudonyms, whole numbers from 1 to 2**31 - 1, in their order.

    >>> record_keys([7, "7"], secret("simulated")).tolist()
    [673852018, 673852018]
    """
    if isinstance(persons, np.ndarray) and persons.dtype.kind == "i":
        return _of_whole(persons.astype(np.int64).tobytes(), used.value)
    return _hashed(map(canonical, persons), used.value)


@lru_cache(maxsize=2)
def _of_whole(persons: bytes, secret_value: bytes) -> NDArray[np.int64]:
    """Keys of whole numbers: panels that differ in a rule alone ask for the same persons again."""
    given = np.frombuffer(persons, np.int64).tolist()
    found = _hashed(map(b"%d".__mod__, given), secret_value)
    found.flags.writeable = False
    return found


def _hashed(texts: Iterable[bytes], secret_value: bytes) -> NDArray[np.int64]:
    start = hashlib.blake2b(key=secret_value, digest_size=8, person=b"record").copy
    digests = []
    for text in texts:
        one = start()
        one.update(text)
        digests.append(one.digest())
    hashes = np.frombuffer(b"".join(digests), dtype="<u8")
    return (hashes % np.uint64(LARGEST)).astype(np.int64) + 1


def attach(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    used: Secret,
    *,
    to: str,
    person: str = "person",
) -> int:
    """Make the view `to`: the table's rows with the column `record_key` beside them.

    The keys are made once for the distinct persons. In queries a cell's key is `key_sum()`.
    Where many queries read the view, make a table of it first: a count then costs one more sum.

    Parameters
    ----------
    table
        A table or view of the connection with a column of pseudonyms.

    Returns
    -------
    Number of distinct persons.

    Raises
    ------
    DisclosureError
        When a pseudonym is missing.
    """
    known = connection.sql(f"SELECT DISTINCT {person} AS person FROM {table}")
    persons = known.to_arrow_table().column("person")
    if persons.null_count:
        raise DisclosureError(f"{table}, column {person}: a pseudonym is missing")
    whole = pa.types.is_integer(persons.type)
    found = record_keys(persons.to_numpy() if whole else persons.to_pylist(), used)
    keyed = pa.table({"person": persons, RECORD_KEY: pa.array(found, pa.int32())})
    connection.register("known_persons", keyed)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {to}_persons AS FROM known_persons")
    connection.unregister("known_persons")
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {to} AS SELECT given.*, {RECORD_KEY} FROM {table} AS given "
        f"JOIN {to}_persons ON given.{person} = {to}_persons.person"
    )
    return len(persons)


def key_sum(condition: str = "") -> str:
    """SQL for the key of a cell whose rows are distinct persons, as a BIGINT.

    DuckDB sums into a HUGEINT, which pandas gets as a float: the cast keeps it exact. Where a
    person can have several rows in a cell, select the distinct persons first.

    >>> key_sum("weeks > 26")
    'coalesce(sum(record_key) FILTER (weeks > 26), 0)::BIGINT'
    """
    chosen = f" FILTER ({condition})" if condition else ""
    return f"coalesce(sum({RECORD_KEY}){chosen}, 0)::BIGINT"


def cell_keys(
    rows: pd.DataFrame, by: Sequence[str], used: Secret, *, person: str = "person"
) -> pd.DataFrame:
    """Number and key of the distinct persons in each cell of a frame of rows.

    Returns
    -------
    One row per cell: the columns `by`, `n` and `n_key`.
    """
    distinct = rows[[*by, person]].drop_duplicates()
    codes, persons = pd.factorize(distinct[person])
    keyed = distinct[list(by)].assign(n=1, n_key=record_keys(np.asarray(persons), used)[codes])
    return keyed.groupby(list(by), sort=True, observed=True)[["n", "n_key"]].sum().reset_index()


def whole_keys(values: Any, where: str) -> NDArray[np.int64]:
    """Cell keys as whole numbers.

    Raises
    ------
    DisclosureError
        For keys that are missing, negative, not whole, or floats too large to be exact.
    """
    given = np.asarray(values)
    if given.dtype.kind in "iu":
        found = given.astype(np.int64)
    elif given.dtype.kind == "f" and np.isfinite(given).all() and (given < EXACT).all():
        found = given.astype(np.int64)
        if (found != given).any():
            raise DisclosureError(f"{where}: cell keys are not whole numbers")
    else:
        raise DisclosureError(
            f"{where}: expected whole cell keys, found {given.dtype} with missing values or values "
            "too large for a float: fill empty cells with 0 and keep the column whole"
        )
    if (found < 0).any():
        raise DisclosureError(f"{where}: negative cell keys")
    return found


def uniform(
    cell: NDArray[np.int64], used: Secret, use: Literal["count", "sum", "sign"], what: str = ""
) -> NDArray[np.float64]:
    """Numbers in [0, 1), one per cell key and use; equal keys give equal numbers.

    `what` names the variable of a sum: hours and money of the same persons get noise of their
    own, or the difference of the two would be free of it. Cells that models and tables share are
    hashed once.
    """
    return _uniform(np.asarray(cell, dtype=np.int64).tobytes(), used.value, use, what)


@lru_cache(maxsize=64)
def _uniform(cells: bytes, secret_value: bytes, use: str, what: str) -> NDArray[np.float64]:
    start = hashlib.blake2b(key=secret_value, digest_size=8, person=use.encode()).copy
    distinct, place = np.unique(np.frombuffer(cells, np.int64), return_inverse=True)
    digests = []
    for key in distinct.tolist():
        one = start()
        one.update(f"{key} {what}".encode())
        digests.append(one.digest())
    hashes = np.frombuffer(b"".join(digests), dtype="<u8")
    found = ((hashes >> np.uint64(11)).astype(np.float64) / EXACT)[place.reshape(-1)]
    found.flags.writeable = False  # the next who asks gets the same
    return found
