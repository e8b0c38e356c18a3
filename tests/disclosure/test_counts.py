"""Protected counts and what is computed from them."""

import re

import numpy as np
import pandas as pd
import pytest

from naveval.disclosure import counts, keys, perturbation
from naveval.project.errors import DisclosureError

SECRET = keys.secret("simulated")
DRAW = np.random.default_rng(7)


def cells(sizes: np.ndarray) -> np.ndarray:
    """Keys of cells with so many persons."""
    drawn = keys.record_keys(range(int(sizes.sum())), SECRET)
    return np.add.reduceat(np.append(drawn, 0), np.concatenate([[0], sizes.cumsum()[:-1]]))


@pytest.mark.parametrize("size", [1, 3, 5, 40])
def test_protected_counts_are_right_on_average_and_within_five(size: int) -> None:
    sizes = np.full(4000, size)
    found = counts.protected_counts(sizes, cells(sizes), SECRET)
    assert np.abs(found - size).max() <= 5
    assert not set(found) & {1, 2, 3, 4}
    spread = {1: 4.25, 3: 6.25}.get(size, 3) ** 0.5
    assert abs(found.mean() - size) < 4 * spread / np.sqrt(4000)
    assert found.std() == pytest.approx(spread, rel=0.1)


def test_what_is_wrong_is_told_with_its_first_row() -> None:
    good = cells(np.array([6, 8, 20]))
    for bad, told in (
        ({"counts": [6, -8, 1.5]}, "count: 2 values (row 2 first) are no counts; expected whole"),
        ({"counts": [6, 8]}, "count: 2 counts and 3 cell keys"),
        (
            {"counts": [6, 8, 0]},
            "count: 1 cell keys (row 3 first) cannot be the sum of the record "
            "keys of that many persons; expected both over the same distinct persons",
        ),
        ({"counts": [[6, 8, 20]]}, "count: expected one column of counts, found int64"),
        ({"cell_keys": [-1, 0, 0]}, "count_key: negative cell keys"),
    ):
        with pytest.raises(DisclosureError, match=f"^{re.escape(told)}"):
            counts.protected_counts(
                **({"counts": [6, 8, 20], "cell_keys": good} | bad), secret=SECRET
            )


def test_nobody_stays_nobody() -> None:
    assert counts.protected_counts([0, 0], [0, 0], SECRET).tolist() == [0, 0]


def test_the_same_persons_have_the_same_number_in_every_table() -> None:
    rows = pd.DataFrame(
        {
            "person": np.arange(600),
            "county": DRAW.choice(["03", "04"], 600),
            "age": DRAW.choice(["ung", "eldre"], 600),
        }
    )
    rows["young"] = rows["age"].eq("ung").map({True: "ja", False: "nei"})
    by_age = keys.cell_keys(rows, ["county", "age"], SECRET)
    by_young = keys.cell_keys(rows.sample(frac=1, random_state=1), ["young", "county"], SECRET)
    one = counts.protect(by_age, ["n"], SECRET).set_index(["county", "age"])["n"]
    two = counts.protect(by_young, ["n"], SECRET).set_index(["county", "young"])["n"]
    for county in ("03", "04"):
        assert one[county, "ung"] == two[county, "ja"]
        assert one[county, "eldre"] == two[county, "nei"]


def test_the_noise_of_a_total_does_not_follow_from_its_parts() -> None:
    """The correlation of a total's noise with the sum of its parts' is no more than chance."""
    sizes = np.full(6000, 30)
    parts = cells(sizes)
    noise = counts.protected_counts(sizes, parts, SECRET) - 30
    total = counts.protected_counts(np.full(3000, 60), parts.reshape(-1, 2).sum(1), SECRET) - 60
    found = np.corrcoef(total, noise.reshape(-1, 2).sum(1))[0, 1]
    assert abs(found) < 4 / np.sqrt(3000)


def test_keys_are_dropped_and_must_be_named() -> None:
    frame = pd.DataFrame({"a": [20], "a_key": [10**10], "b": [4], "b_key": [2 * 10**9]})
    found = counts.protect(frame, ["a", "b"], SECRET)
    assert list(found.columns) == ["a", "b"]
    with pytest.raises(DisclosureError, match="not named: b_key"):
        counts.protect(frame, ["a"], SECRET)
    with pytest.raises(DisclosureError, match=r"not named: a_key, b_key$"):
        counts.protect(frame, [], SECRET)
    told = "the columns c and c_key, d and d_key; found a, a_key, b, b_key$"
    with pytest.raises(DisclosureError, match=told):
        counts.protect(frame, ["a", "b", "c", "d"], SECRET)
    with pytest.raises(DisclosureError, match=r"the columns a and a_key; found a$"):
        counts.protect(frame[["a"]], ["a"], SECRET)
    with pytest.raises(DisclosureError, match=r"^b: 1 cell keys"):
        counts.protect(frame.assign(b_key=1), ["a", "b"], SECRET)


def test_what_is_no_count_is_left_as_it_is() -> None:
    frame = pd.DataFrame(
        {"ab": ["x"], "ab2024": ["y"], "z_key": ["z"], "n": [20], "n_key": [10**10]}
    )
    found = counts.protect(frame, ["n"], SECRET)
    assert found.drop(columns="n").to_dict("records") == [{"ab": "x", "ab2024": "y", "z_key": "z"}]
    assert found["n"].tolist() == counts.protected_counts([20], [10**10], SECRET).tolist()


@pytest.mark.parametrize("bad", [[-1], [1.5], [np.nan], [np.inf], ["3"]])
def test_counts_that_are_no_counts_are_refused(bad: list[object]) -> None:
    with pytest.raises(DisclosureError, match="n_work"):
        counts.protected_counts(bad, [2 * 10**9], SECRET, "n_work")


@pytest.mark.parametrize(("count", "key"), [(0, 5), (3, 0), (3, 2), (1, 2**31)])
def test_a_key_that_belongs_to_other_persons_is_refused(count: int, key: int) -> None:
    with pytest.raises(DisclosureError, match="distinct persons"):
        counts.protected_counts([count], [key], SECRET)


def test_shares_are_clipped_and_missing_on_small_bases() -> None:
    found = counts.share([5, 21, 0, 12], [19, 20, 100, 30])
    np.testing.assert_array_equal(found, [np.nan, 1, 0, 0.4])
    known = pd.array([12, None, -1], dtype="Int64")
    np.testing.assert_array_equal(counts.share(known, [30, 30, 30]), [0.4, np.nan, 0])
    np.testing.assert_array_equal(counts.share([1, 1, 1], known), [np.nan] * 3)


def test_cumulative_counts_never_fall_within_their_group() -> None:
    frame = pd.DataFrame({"place": list("aaabb"), "n": [10, 8, 12, 5, 6]})
    assert counts.cumulative(frame, ["n"], ["place"])["n"].tolist() == [10, 10, 12, 5, 6]
    assert counts.cumulative(frame, ["n"], [])["n"].tolist() == [10, 10, 12, 12, 12]


def test_marks_tell_few_from_noisy() -> None:
    assert counts.marks([0, 7, 10, np.nan], [0, 7, 10, 0], is_count=True).tolist() == [
        "few",
        "noisy",
        "",
        "",
    ]
    assert counts.marks([0.0], [0], is_count=False).tolist() == ["noisy"]
    missing = pd.array([None, 7], dtype="Int64")
    assert counts.marks(missing, missing, is_count=True).tolist() == ["", "noisy"]


def test_persons_are_told_to_ten() -> None:
    assert [counts.about(n) for n in (0, 4, 5, 14, 15, 1234)] == [0, 0, 10, 10, 20, 1230]
    missing = pd.array([None, 7], dtype="Int64")
    np.testing.assert_array_equal(counts.about_each(missing), [np.nan, 10])


def test_the_variance_of_the_noise_is_that_of_the_stored_table() -> None:
    table = pd.read_csv(perturbation.stored_file())
    of = (table["change"] ** 2 * table["probability"]).groupby(table["count"]).sum()
    true = pd.array([0, 1, 2, 3, 4, 5, 9, 700], dtype="Int64")
    found = counts.noise_variance(true, true=True)
    np.testing.assert_allclose(found, [*of[:6], of[9], 3], atol=1e-6)
    shown = [0, 9, 10, 700]
    np.testing.assert_allclose(
        counts.noise_variance(shown), [of[1:5].max()] * 2 + [3, 3], atol=1e-6
    )
