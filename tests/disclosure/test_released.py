"""Numbers that no persons stand behind, numbers made of released ones, and the thresholds."""

import pandas as pd
import pytest
from pydantic import ValidationError

from naveval.disclosure.released import LOG_COLUMNS, derived, public
from naveval.disclosure.thresholds import thresholds
from naveval.project.errors import DisclosureError, ParameterError

FRAME = pd.DataFrame({"cost": [9.0, 4.0], "share": [0.1, 0.2]}, index=["course", "mentor"])
SOURCE = "Nav, table 3"


@pytest.mark.parametrize(
    ("release", "rule", "origin"),
    [
        (public, "published", "published"),
        (lambda f, **given: public(f, **given, registers=True), "published", "persons"),
        (derived, "derived", "persons"),
    ],
)
def test_numbers_are_released_whole_with_their_source_and_origin(release, rule, origin) -> None:
    found = release(FRAME, label="tbl-1", source=SOURCE)
    pd.testing.assert_frame_equal(found.frame, FRAME)
    hidden = pd.DataFrame(False, index=FRAME.index, columns=FRAME.columns)
    pd.testing.assert_frame_equal(found.suppressed, hidden)
    row = ["tbl-1", "", "", rule, "released", f"computed from {SOURCE}"]
    pd.testing.assert_frame_equal(found.log, pd.DataFrame([row], columns=LOG_COLUMNS))
    assert (found.label, found.origin) == ("tbl-1", origin)
    assert found.marks.empty


def test_what_is_done_to_a_frame_afterwards_does_not_change_what_was_released() -> None:
    own = FRAME.copy()
    found = public(own, label="tbl-1", source=SOURCE)
    own.loc["course", "cost"] = 1.0
    assert found.frame.loc["course", "cost"] == 9.0


@pytest.mark.parametrize("release", [public, derived])
def test_numbers_without_a_source_are_refused_by_label(release) -> None:
    with pytest.raises(DisclosureError) as raised:
        release(FRAME, label="tbl-1", source="")
    assert str(raised.value) == "tbl-1: expected the published source of the numbers"


def test_thresholds_are_those_of_the_file_and_cannot_be_changed() -> None:
    found = thresholds()
    assert (found.min_cell, found.counts.least_shown, found.models.least_events) == (5, 5, 10)
    assert found is thresholds()
    with pytest.raises(ValidationError):
        found.min_cell = 1


def test_a_file_of_thresholds_that_is_wrong_is_named(project) -> None:
    file = project / "params" / "disclosure.yml"
    file.write_text(file.read_text("utf-8").replace("min_cell: 5", "min_cell: 2"), "utf-8")
    with pytest.raises(ParameterError) as raised:
        thresholds()
    assert str(raised.value).startswith(str(file))
    assert "min_cell" in str(raised.value)
