"""What callers give: taken as it is where it is right, else named with what was expected."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from naveval.project import given
from naveval.project.errors import EstimationError


def said(call: Any) -> str:
    with pytest.raises(EstimationError) as told:
        call()
    return str(told.value)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("age", "'age'"),
        (2.5, "2.5"),
        (None, "None"),
        (np.int64(3), "3"),
        (np.str_("a"), "'a'"),
        (["Kari"], "a list"),
        ({}, "a dict"),
        (np.arange(3), "a ndarray"),
    ],
)
def test_values_are_shown_as_they_are_and_what_holds_several_by_its_kind(value, shown) -> None:
    assert given.given_as(value) == shown


@pytest.mark.parametrize("value", [1, 5, np.int64(3), np.uint8(1)])
def test_whole_numbers_between_the_limits_are_taken(value) -> None:
    given.require_number("f", 1, 5, whole=True, folds=value)


@pytest.mark.parametrize("value", [0, 6, 3.0, True, "3", None, [3]])
def test_other_numbers_than_whole_ones_between_the_limits_are_refused(value) -> None:
    call = lambda: given.require_number("f", 1, 5, whole=True, folds=value)  # noqa: E731
    told = f"f: folds={given.given_as(value)}: expected a whole number from 1 to 5"
    assert said(call) == told


@pytest.mark.parametrize("value", [0.0, 0.5, 1, np.float32(0.25)])
def test_numbers_at_and_between_the_limits_are_taken(value) -> None:
    given.require_number("f", 0, 1, share=value)


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan, np.inf, False, "0.5", None])
def test_other_numbers_are_refused_with_the_limits(value) -> None:
    call = lambda: given.require_number("f", 0, 1, share=value)  # noqa: E731
    assert said(call) == f"f: share={given.given_as(value)}: expected a number from 0 to 1"


def test_limits_that_are_none_are_not_told_and_each_number_is_looked_at() -> None:
    open_end = said(lambda: given.require_number("f", 0.5, a=1, b=0))
    assert open_end == "f: b=0: expected a number from 0.5"
    open_start = said(lambda: given.require_number("f", -np.inf, 2, a=3))
    assert open_start == "f: a=3: expected a number to 2"
    assert said(lambda: given.require_number("f", -np.inf, a=np.nan)).endswith("expected a number")
    given.require_number("f", -np.inf, a=-(10**9))


@pytest.mark.parametrize("value", ["c", True, ["a"], None])
def test_choices_are_refused_when_they_are_none_of_those_allowed(value) -> None:
    given.require_choice("f", ("a", "b", 1), kind="b", other=1)
    told = said(lambda: given.require_choice("f", ("a", "b", 1), kind="a", other=value))
    assert told == f"f: other={given.given_as(value)}: is not among a, b, 1"


def test_the_first_rows_are_named() -> None:
    assert given.rows(np.arange(7) % 3 == 0) == "rows 0, 3, 6"
    assert given.rows(np.ones(5, dtype=bool)) == "rows 0, 1, 2, 3, 4"
    assert given.rows(np.ones(6, dtype=bool)) == "rows 0, 1, 2, 3, 4, …"


SOME = [1.0, 2.5, -3.0]


@pytest.mark.parametrize(
    "array",
    [
        SOME,
        tuple(SOME),
        np.array(SOME),
        pd.Series(SOME, index=[7, 7, 9]),
        pd.array(SOME, dtype="Float64"),
        np.array(SOME, dtype=object),
        np.ma.array(SOME, mask=[False] * 3),
    ],
)
def test_arrays_of_any_kind_are_taken_by_position(array) -> None:
    found = given.numbers("f", "y", array)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, SOME)


def test_truth_whole_and_single_numbers_become_double_ones() -> None:
    for array in ([True, False], np.array([1, 0], "int8"), np.array([1, 0], "float32")):
        found = given.numbers("f", "y", array)
        assert found.dtype == np.float64
        assert found.tolist() == [1.0, 0.0]
    assert given.numbers("f", "y", np.ones(2, "float32"), single=True).dtype == np.float32
    assert given.numbers("f", "y", np.ones(2, int), single=True).dtype == np.float64


def test_an_array_that_is_right_is_not_copied() -> None:
    values = np.array(SOME)
    assert given.numbers("f", "y", values) is values


@pytest.mark.parametrize(
    ("array", "told"),
    [
        ([1, "a", 2], "holds '1' (<U21); expected numbers"),
        ([1, None, "b"], "holds 'b', rows 2; expected numbers"),
        ([1, [2], {}], "rows of several lengths"),
        (np.array([1, [2], "x"], dtype=object), "holds a list, rows 1, 2; expected numbers"),
        (np.array(["2020-01"], "datetime64[M]"), "datetime64"),
        (np.array([1j]), "(complex128); expected numbers"),
        ([1, np.nan, 2], "missing or infinite, rows 1"),
        ([1, None, pd.NA], "missing or infinite, rows 1, 2"),
        ([np.inf, 1, -np.inf], "missing or infinite, rows 0, 2"),
        (np.ma.array([1.0, 2.0], mask=[False, True]), "missing or infinite, rows 1"),
        (np.ma.array([1, 2], mask=[True, False]), "missing or infinite, rows 0"),
    ],
)
def test_what_is_no_number_is_named_by_row(array, told) -> None:
    message = said(lambda: given.numbers("f", "y", array))
    assert message.startswith("f: y: ")
    assert told in message


def test_an_empty_array_without_numbers_holds_nothing() -> None:
    told = said(lambda: given.numbers("f", "y", np.array([], str), (0,)))
    assert told == "f: y: holds nothing (<U1); expected numbers"


def test_gaps_and_infinite_numbers_are_taken_where_they_may_be() -> None:
    gaps = given.numbers("f", "y", [1, None, np.nan], gaps=True)
    np.testing.assert_array_equal(gaps, [1, np.nan, np.nan])
    assert said(lambda: given.numbers("f", "y", [np.nan, np.inf], gaps=True)) == (
        "f: y: infinite, rows 1"
    )
    endless = given.numbers("f", "y", [1, np.inf], infinite=True)
    np.testing.assert_array_equal(endless, [1, np.inf])
    assert said(lambda: given.numbers("f", "y", [np.nan, np.inf], infinite=True)) == (
        "f: y: missing, rows 0"
    )


def test_limits_hold_for_all_numbers() -> None:
    given.numbers("f", "w", [0, 1], least=0)
    assert said(lambda: given.numbers("f", "w", [1, -0.5, -2], least=0)) == (
        "f: w: -0.5, rows 1, 2; expected at least 0"
    )
    given.numbers("f", "w", [0.01, 1], above=0)
    assert said(lambda: given.numbers("f", "w", [1, 0, -2], above=0)) == (
        "f: w: 0, rows 1, 2; expected above 0"
    )
    assert said(lambda: given.numbers("f", "w", [[1, 2], [3, -1]], (2, 2), least=0)) == (
        "f: w: -1, rows 1; expected at least 0"
    )
    assert said(lambda: given.numbers("f", "w", -1.0, (), least=0)) == (
        "f: w: -1, alone; expected at least 0"
    )


@pytest.mark.parametrize(
    ("array", "shape", "told"),
    [
        ([1, 2], (3,), "of shape (2,); expected (3,)"),
        ([[1, 2]], (None,), "of shape (1, 2); expected (n,)"),
        ([[1, 2]], (None, 3), "of shape (1, 2); expected (n, 3)"),
        (3, (None,), "of shape (); expected (n,)"),
        ([], (None,), "of shape (0,); expected (n,), and some rows"),
        (np.ones((0, 2)), (None, 2), "of shape (0, 2); expected (n, 2), and some rows"),
        ([], (None, 2), "of shape (0,); expected (n, 2)"),
    ],
)
def test_other_shapes_are_refused(array, shape, told) -> None:
    assert said(lambda: given.numbers("f", "y", array, shape)) == f"f: y {told}"


def test_any_shape_and_none_at_all_are_taken_where_they_may_be() -> None:
    assert given.numbers("f", "y", np.ones((2, 3, 1)), None).shape == (2, 3, 1)
    assert given.numbers("f", "y", [], None).shape == (0,)
    assert given.numbers("f", "y", [], (0,)).shape == (0,)
    assert given.numbers("f", "y", 2, ()) == 2.0


def test_a_vector_is_one_column() -> None:
    assert given.columns("f", "x", SOME).shape == (3, 1)
    assert given.columns("f", "x", SOME, 3, 1).shape == (3, 1)
    assert given.columns("f", "x", [SOME, SOME], 2, 3).shape == (2, 3)
    assert said(lambda: given.columns("f", "x", SOME, 2)) == "f: x of shape (3,); expected (2,)"
    assert (
        said(lambda: given.columns("f", "x", SOME, 3, 2)) == "f: x of shape (3,); expected (3, 2)"
    )
    assert said(lambda: given.columns("f", "x", [SOME], 1, 2)) == (
        "f: x of shape (1, 3); expected (1, 2)"
    )


def test_labels_are_there_and_of_one_kind() -> None:
    for array in (["a", "b"], [3, 1], np.array(["a", "b"], object), pd.Categorical(["b", "a"])):
        assert len(given.labels("f", "unit", array, 2)) == 2
    assert said(lambda: given.labels("f", "unit", ["a", "b"], 3)) == (
        "f: unit of shape (2,); expected (3,)"
    )
    assert said(lambda: given.labels("f", "unit", ["a", None, np.nan])) == (
        "f: unit: missing, rows 1, 2; expected a label in each row"
    )
    assert said(lambda: given.labels("f", "unit", np.array(["a", 1, 2.5], object))) == (
        "f: unit: holds numbers and text; expected labels of one kind"
    )
    mixed = np.array([("a",), "b"], object)
    assert said(lambda: given.labels("f", "unit", mixed)) == (
        "f: unit: holds text and tuple; expected labels of one kind"
    )
    assert said(lambda: given.labels("f", "unit", [[1], [1, 2]])) == (
        "f: unit: rows of several lengths"
    )


def test_codes_keep_their_kind_and_may_be_none() -> None:
    assert given.codes("f", "arm", np.array([0, 2], "int8"), 3).dtype == np.int8
    assert given.codes("f", "arm", np.array([], int), 3, 0).size == 0
    assert given.codes("f", "arm", np.array([], int), 3).size == 0
    found = given.codes("f", "arm", [0.0, 2.0], 3, 2)
    assert found.dtype == np.int64
    assert found.tolist() == [0, 2]


@pytest.mark.parametrize(
    ("array", "told"),
    [
        ([0, 3, 5], "f: arm: holds 3, rows 1, 2; expected whole numbers 0 to 2"),
        ([0, -1], "f: arm: holds -1, rows 1; expected whole numbers 0 to 2"),
        ([0.5, 1.0], "f: arm: holds 0.5, rows 0; expected whole numbers 0 to 2"),
        ([0.0, 3.0], "f: arm: holds 3, rows 1; expected whole numbers 0 to 2"),
        ([0, np.nan], "f: arm: missing or infinite, rows 1"),
        (["a", "b"], "f: arm: holds 'a' (<U1); expected numbers"),
        ([[0], [0, 1]], "f: arm: rows of several lengths"),
        ([[0, 1]], "f: arm of shape (1, 2); expected (n,)"),
        (np.array([[0, 1]], object), "f: arm of shape (1, 2); expected (n,)"),
    ],
)
def test_what_is_no_code_is_named(array, told) -> None:
    assert said(lambda: given.codes("f", "arm", array, 3)) == told


def test_codes_must_be_as_many_as_rows() -> None:
    assert said(lambda: given.codes("f", "arm", [0, 1], 3, 4)) == (
        "f: arm of shape (2,); expected (4,)"
    )
    assert said(lambda: given.codes("f", "arm", [0.0, 1.0], 3, 4)) == (
        "f: arm of shape (2,); expected (4,)"
    )
