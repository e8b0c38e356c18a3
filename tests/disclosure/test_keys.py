"""Record keys and cell keys: who makes them, and that they depend on persons alone."""

import hashlib
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from naveval.disclosure import keys
from naveval.project.errors import DisclosureError, ParameterError

SECRET = keys.secret("simulated")
GOOD = "0123456789abcdef" * 4


def persons(n: int) -> pd.DataFrame:
    draw = np.random.default_rng(1)
    return pd.DataFrame(
        {"person": draw.permutation(n), "county": draw.choice(["03", "04", "05"], n)}
    )


def test_a_persons_key_is_the_same_in_every_form() -> None:
    found = keys.record_keys([12, "12", " 12 ", np.int64(12)], SECRET)
    assert len(set(found.tolist())) == 1
    composed, decomposed = keys.record_keys(["å", "a\u030a"], SECRET)
    assert composed == decomposed


def test_a_record_key_is_the_keyed_hash_of_the_pseudonym_modulo_a_prime() -> None:
    def by_hand(text: bytes) -> int:
        digest = hashlib.blake2b(text, key=SECRET.value, digest_size=8, person=b"record").digest()
        return int.from_bytes(digest, "little") % (2**31 - 1) + 1

    found = [by_hand(b"7"), by_hand(b"123")]
    assert keys.record_keys([7, 123], SECRET).tolist() == found
    assert keys.record_keys(np.array([7, 123]), SECRET).tolist() == found
    assert keys.record_keys(["7", 123], SECRET).tolist() == found
    assert keys.record_keys([7], SECRET).dtype == np.int64
    assert SECRET.value == hashlib.sha256(b"simulated registers of naveval").digest()


@pytest.mark.parametrize("person", [1.0, None, "", " ", True, float("nan")])
def test_what_is_no_pseudonym_is_refused(person: object) -> None:
    told = f"of type {type(person).__name__}; expected a whole number or text"
    with pytest.raises(DisclosureError, match=told):
        keys.record_keys([person], SECRET)


def test_keys_are_spread_evenly_and_depend_on_the_secret() -> None:
    found = keys.record_keys(range(20_000), SECRET)
    assert found.min() >= 1
    assert found.max() <= keys.LARGEST
    tenths = np.bincount((found / 2**31 * 10).astype(int), minlength=10)
    assert np.abs(tenths - 2000).max() < 4 * np.sqrt(2000)
    assert (keys.record_keys(range(50), keys.Secret(b"another")) != found[:50]).all()


def test_cell_keys_do_not_depend_on_row_order_or_on_repeated_rows() -> None:
    rows = persons(3000)
    once = keys.cell_keys(rows, ["county"], SECRET)
    shuffled = pd.concat([rows, rows.sample(frac=0.5, random_state=2)]).sample(
        frac=1, random_state=3
    )
    pd.testing.assert_frame_equal(once, keys.cell_keys(shuffled, ["county"], SECRET))
    assert once["n"].sum() == 3000


def test_cells_come_in_order_and_none_is_made_up() -> None:
    county = pd.Categorical(["05", "03", "05"], categories=["04", "03", "05"], ordered=True)
    rows = pd.DataFrame({"person": [1, 2, 3], "county": county})
    assert keys.cell_keys(rows, ["county"], SECRET)["county"].tolist() == ["03", "05"]
    assert keys.cell_keys(rows, ["county"], SECRET)["n"].tolist() == [1, 2]


def test_duckdb_gives_the_keys_that_pandas_gives() -> None:
    rows = persons(3000)
    with duckdb.connect() as connection:
        connection.register("given", rows)
        keys.attach(connection, "given", SECRET, to="keyed")
        sql = f"SELECT county, count(*) AS n, {keys.key_sum()} AS n_key FROM keyed GROUP BY county"
        found = connection.execute(sql + " ORDER BY county").df()
    pd.testing.assert_frame_equal(
        found, keys.cell_keys(rows, ["county"], SECRET), check_dtype=False
    )
    assert found["n_key"].dtype == np.int64


def test_attaching_leaves_nothing_but_the_view_and_its_persons() -> None:
    with duckdb.connect() as connection:
        connection.register("given", persons(30).rename(columns={"person": "pnr"}))
        assert keys.attach(connection, "given", SECRET, to="keyed", person="pnr") == 30
        names = {name for (name,) in connection.execute("SHOW TABLES").fetchall()}
        chosen = keys.key_sum("county = '03'")
        found = connection.execute(f"SELECT {chosen}, {keys.key_sum()} FROM keyed").fetchone()
        kind = connection.execute("SELECT typeof(record_key) FROM keyed").fetchone()
    assert names == {"given", "keyed", "keyed_persons"}
    assert kind == ("INTEGER",)
    rows = keys.cell_keys(persons(30), ["county"], SECRET).set_index("county")["n_key"]
    assert found == (rows["03"], rows.sum())


def test_a_missing_pseudonym_is_refused_without_showing_others() -> None:
    with duckdb.connect() as connection:
        connection.register("given", pd.DataFrame({"person": ["hemmelig", None]}))
        with pytest.raises(DisclosureError, match="column person: a pseudonym is missing") as error:
            keys.attach(connection, "given", SECRET, to="keyed")
    assert "hemmelig" not in str(error.value)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ([1.5], "not whole"),
        ([np.nan], "missing values"),
        ([float(2**53)], "too large"),
        ([-1], "negative"),
        (["a"], "expected whole"),
    ],
)
def test_keys_that_lost_their_digits_are_refused(cells: list[object], reason: str) -> None:
    with pytest.raises(DisclosureError, match=f"^n_key: .*{reason}"):
        keys.whole_keys(cells, "n_key")


@pytest.mark.parametrize("kind", [np.int32, np.uint64, np.float64])
def test_whole_keys_of_any_type_are_taken(kind: type) -> None:
    found = keys.whole_keys(np.array([0, 1, 2**30], kind), "n_key")
    assert found.tolist() == [0, 1, 2**30]
    assert found.dtype == np.int64


def test_noise_is_the_keyed_hash_of_the_cell_key_for_its_use() -> None:
    def by_hand(cell: int, use: str, what: str) -> float:
        keyed = hashlib.blake2b(key=SECRET.value, digest_size=8, person=use.encode())
        keyed.update(f"{cell} {what}".encode())
        return (int.from_bytes(keyed.digest(), "little") >> 11) / 2**53

    for cells in ([5, 77], np.array([5, 77], np.int32)):
        found = keys.uniform(cells, SECRET, "count")  # type: ignore[arg-type]
        assert found.tolist() == [by_hand(5, "count", ""), by_hand(77, "count", "")]
    assert keys.uniform(np.array([5]), SECRET, "sum", "hours")[0] == by_hand(5, "sum", "hours")


def test_uses_and_variables_have_noise_of_their_own() -> None:
    cells = np.arange(1, 5001)
    found = [
        keys.uniform(cells, SECRET, "count"),
        keys.uniform(cells, SECRET, "sum", "hours"),
        keys.uniform(cells, SECRET, "sum", "money"),
        keys.uniform(cells, SECRET, "sign", "hours"),
    ]
    together = np.corrcoef(found) - np.eye(4)
    assert np.abs(together).max() < 5 / np.sqrt(5000)


class TestSecret:
    @pytest.fixture(autouse=True)
    def own_output(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("NAVEVAL_OUT", str(tmp_path / "out"))

    def test_real_registers_without_one_are_refused_with_how_to_make_one(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv(keys.SECRET, raising=False)
        monkeypatch.delenv(keys.SECRET_FILE, raising=False)
        with pytest.raises(ParameterError, match="token_hex"):
            keys.secret("register")

    def test_two_places_for_it_are_one_too_many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(keys.SECRET, GOOD)
        monkeypatch.setenv(keys.SECRET_FILE, "key")
        with pytest.raises(ParameterError, match=f"both {keys.SECRET} and {keys.SECRET_FILE}"):
            keys.secret("register")

    def test_ten_different_digits_are_enough_and_nine_are_not(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv(keys.SECRET_FILE, raising=False)
        monkeypatch.setenv(keys.SECRET, "0123456789" * 8)
        assert (
            keys.secret("register").value
            == hashlib.sha256(bytes.fromhex("0123456789" * 8)).digest()
        )
        monkeypatch.setenv(keys.SECRET, "012345678" * 8)
        with pytest.raises(ParameterError, match=f"^{keys.SECRET}: the secret is not random"):
            keys.secret("register")

    @pytest.mark.parametrize("content", [b"", b"\xc3\xa5", b"12"])
    def test_a_file_without_one_is_named(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes
    ) -> None:
        file = tmp_path / "key"
        monkeypatch.delenv(keys.SECRET, raising=False)
        monkeypatch.setenv(keys.SECRET_FILE, str(file))
        with pytest.raises(ParameterError, match=f"^{file}: no readable file with a secret; make"):
            keys.secret("register")
        file.write_bytes(content)
        file.chmod(0o600)
        with pytest.raises(ParameterError, match=f"^{file}: (no readable|expected a secret of)"):
            keys.secret("register")

    @pytest.mark.parametrize("text", ["abc", "z" * 64, "ab" * 32, GOOD[:-2], GOOD + "a"])
    def test_short_odd_and_not_random_ones_are_refused(
        self, monkeypatch: pytest.MonkeyPatch, text: str
    ) -> None:
        monkeypatch.setenv(keys.SECRET, text)
        with pytest.raises(ParameterError, match=f"^{keys.SECRET}: .*token_hex") as error:
            keys.secret("register")
        assert text not in str(error.value)

    def test_a_file_only_its_owner_can_read(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        file = tmp_path / "key"
        file.write_text(GOOD + "\n")
        monkeypatch.setenv(keys.SECRET_FILE, str(file))
        file.chmod(0o644)
        with pytest.raises(ParameterError, match="chmod 600"):
            keys.secret("register")
        file.chmod(0o600)
        from_file = keys.secret("register")
        monkeypatch.delenv(keys.SECRET_FILE)
        monkeypatch.setenv(keys.SECRET, GOOD.upper())
        assert keys.secret("register") == from_file
        assert from_file != SECRET
        monkeypatch.setenv(keys.SECRET, GOOD[::-1])
        with pytest.raises(DisclosureError, match="another secret"):
            keys.secret("register")

    def test_it_shows_in_no_text(self) -> None:
        shown = keys.Secret(b"hidden words")
        assert "hidden" not in f"{shown!r} {shown} {shown.fingerprint}"

    def test_another_one_for_the_next_edition_is_refused(self, tmp_path: Path) -> None:
        store = tmp_path / "store"
        keys.require_same(SECRET, store)
        keys.require_same(SECRET, store)
        assert (store / keys.FINGERPRINT).stat().st_mode & 0o077 == 0
        with pytest.raises(DisclosureError, match="new series"):
            keys.require_same(keys.Secret(b"another"), store)
