"""The tidy table of estimates."""

import pandas as pd
import pytest

from naveval.exhibits import estimates
from naveval.project.errors import EstimationError

ROW = {"label": "tbl-1", "row": "AMO", "estimate": 2.0, "published": 1.5}


def test_frame_has_all_columns_and_the_difference() -> None:
    table = estimates.frame("programs", [ROW])
    assert tuple(table.columns) == estimates.COLUMNS
    assert table.loc[0, "difference"] == 0.5
    assert table.loc[0, "method"] == ""


def test_difference_is_missing_without_a_published_number() -> None:
    assert pd.isna(estimates.frame("x", [{"label": "a", "estimate": 1.0}]).loc[0, "difference"])


def test_duplicate_keys_are_an_error_within_and_across_frames() -> None:
    with pytest.raises(EstimationError, match="2 rows share a key"):
        estimates.frame("programs", [ROW, ROW])
    table = estimates.frame("programs", [ROW])
    with pytest.raises(EstimationError, match="share a key"):
        estimates.combine(table, table)


def test_unknown_column_and_missing_label_are_errors() -> None:
    with pytest.raises(EstimationError, match=r"unknown columns effekt.*allowed"):
        estimates.frame("programs", [{**ROW, "effekt": 1}])
    with pytest.raises(EstimationError, match="column label is missing"):
        estimates.frame("programs", [{"estimate": 1}])


def test_one_finds_exactly_one_row() -> None:
    table = estimates.frame("programs", [ROW, {**ROW, "row": "AFT"}])
    assert estimates.one(table, row="AFT")["estimate"] == 2.0
    with pytest.raises(EstimationError, match="found 2"):
        estimates.one(table, label="tbl-1")
