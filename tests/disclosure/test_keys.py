"""Record keys and cell keys: who makes them, and that they depend on persons alone."""

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from naveval.disclosure import keys
from naveval.project.errors import DisclosureError

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


@pytest.mark.parametrize("person", [1.0, None, "", " ", True, float("nan")])
def test_what_is_no_pseudonym_is_refused(person: object) -> None:
    with pytest.raises(DisclosureError, match="expected a whole number or text"):
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
        ([float(2**54)], "too large"),
        ([-1], "negative"),
        (["a"], "expected whole"),
    ],
)
def test_keys_that_lost_their_digits_are_refused(cells: list[object], reason: str) -> None:
    with pytest.raises(DisclosureError, match=reason):
        keys.whole_keys(cells, "n_key")


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
        with pytest.raises(DisclosureError, match="token_hex"):
            keys.secret("register")

    @pytest.mark.parametrize("text", ["abc", "z" * 64, "ab" * 32, GOOD[:-2], GOOD + "a"])
    def test_short_odd_and_not_random_ones_are_refused(
        self, monkeypatch: pytest.MonkeyPatch, text: str
    ) -> None:
        monkeypatch.setenv(keys.SECRET, text)
        with pytest.raises(DisclosureError) as error:
            keys.secret("register")
        assert text not in str(error.value)

    def test_a_file_only_its_owner_can_read(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        file = tmp_path / "key"
        file.write_text(GOOD + "\n")
        monkeypatch.setenv(keys.SECRET_FILE, str(file))
        file.chmod(0o644)
        with pytest.raises(DisclosureError, match="chmod 600"):
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
