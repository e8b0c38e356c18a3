"""Parameters and windows of the Hedmark study."""

from pathlib import Path

import pytest

from naveval.project import parameters
from naveval.project.errors import ParameterError
from naveval.registers import extracts
from naveval.studies.hedmark import windows
from naveval.studies.hedmark.parameters import DOCUMENT_CONTROLS, Parameters


def months(*texts: str) -> tuple[int, ...]:
    return tuple(windows.number(text) for text in texts)


START, FIRST, LAST = months("2014-11", "2011-01", "2015-12")


def test_document_windows() -> None:
    plain = windows.window("stock", "unadjusted", START, FIRST, LAST)
    assert (plain.before[0], plain.before[-1]) == months("2011-01", "2014-10")
    assert (plain.after[0], plain.after[-1]) == months("2014-12", "2015-12")
    matched = windows.window("stock", "matched", START, FIRST, LAST)
    assert (matched.after[0], matched.after[-1]) == months("2014-12", "2015-10")
    assert (matched.before[0], matched.before[-1]) == months("2010-12", "2014-10")
    assert len(matched.before) == 4 * len(matched.after) == 44
    assert windows.number("2013-11") not in matched.before
    inflow = windows.window("inflow", "matched", START, FIRST, LAST)
    assert (inflow.after[0], inflow.after[-1]) == months("2015-01", "2015-10")
    assert (inflow.before[0], inflow.before[-1]) == months("2011-01", "2014-10")
    short = windows.window("26-51", "matched", START, FIRST, LAST)
    assert (short.after[0], short.after[-1]) == months("2015-01", "2015-04")
    for outcome in ("52-77", "78-103", "104+"):
        other = windows.window(outcome, "matched", START, FIRST, LAST)
        assert (other.after[0], other.after[-1]) == months("2015-01", "2015-10")


def test_durations_stop_before_newcomers_reach_them() -> None:
    """Somebody registered in the start month has 26 weeks after six months."""
    assert windows.last_free("26-51", START, LAST) == windows.number("2015-04")
    assert windows.last_free("52-77", START, LAST) == windows.number("2015-10")
    assert windows.last_free("stock", START, LAST) == LAST
    assert windows.regression_window("26-51", START, FIRST, LAST).after[-1] == START + 5


def test_placebo_window_ends_before_the_start() -> None:
    window = windows.placebo_window(START, FIRST, windows.number("2013-03"))
    assert len(window.before) == 26
    assert len(window.after) == 20
    assert window.after[-1] == START - 1


@pytest.mark.parametrize("text", ["2014", "2014-13", "11-2014", "2014-1", "2014-11-01"])
def test_months_are_checked(text: str) -> None:
    with pytest.raises(ParameterError, match="expected a month"):
        windows.number(text)


def test_unknown_outcome_and_season() -> None:
    with pytest.raises(ParameterError, match="allowed: stock, inflow"):
        windows.window("jobs", "matched", START, FIRST, LAST)
    with pytest.raises(ParameterError, match="unknown season"):
        windows.window("stock", "weekly", START, FIRST, LAST)


def test_controls_leave_out_the_treated_county_and_hedmark() -> None:
    assert Parameters().controls() == DOCUMENT_CONTROLS
    assert not Parameters().is_placebo()
    other = Parameters(county="03")
    assert "03" not in other.controls()
    assert "04" not in other.controls()
    assert len(other.controls()) == 10
    assert other.is_placebo()
    chosen = Parameters(control=("05", "01", "06"))
    assert chosen.controls() == ("01", "05", "06")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"county": "34"}, "unknown county '34' in 2014"),
        ({"county": ""}, "one treated county"),
        ({"county": 4}, "text in quotes"),
        ({"control": ["04", "05", "06"]}, "contains the treated county 04"),
        ({"control": ["05", "05", "06"]}, "occurs twice"),
        ({"control": ["05"]}, "at least 3"),
        ({"control": ["05", "06", "99"]}, "unknown county '99'"),
        ({"start": "2012-03"}, "leaves 14 months before"),
        ({"start": "2015-09"}, "leaves 3 months after"),
        ({"start": "november"}, "expected a month"),
        ({"placebo_first": "2015-01"}, "placebo_first: 2015-01: leaves 48 months from .* and -2"),
        ({"placebo_first": "2014-08"}, "and 3 to 2014-11; expected at least 12 and 6, or nothing"),
        ({"placebo_first": "2011-06"}, "leaves 5 months from 2011-01"),
        ({"county": "50"}, '"16" Sør-Trøndelag and "17" Nord-Trøndelag'),
        ({"size_draws": 60}, "size_draws"),
        ({"time_effects": "year"}, "'season' or 'month'"),
        ({"composition": "all"}, "composition"),
        ({"draws": 10}, "draws"),
        ({"unknown": 1}, "unknown key"),
    ],
)
def test_faults_are_told_before_anything_runs(given: dict, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        parameters.validate(Parameters, given, "given")


def test_defaults_file_is_the_model() -> None:
    assert parameters.load("hedmark") == Parameters()


def test_simulated_registers_are_known_from_any_working_folder(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notebook runs in notebooks/, and names its registers from the root of the project."""
    made, real = project / "registers/made", project / "registers/real"
    for folder in (made, real):
        folder.mkdir(parents=True)
    (made / "truth.json").write_text("{}")
    for where in (project, project / "notebooks"):
        monkeypatch.chdir(where)
        for name, origin in (("made", "simulated"), ("real", "register")):
            chosen = Parameters(data=f"registers/{name}")
            assert extracts.folder("hedmark", chosen) == project / f"registers/{name}"
            assert chosen.origin() == origin
    assert Parameters(data="registers/nowhere").origin() == "register"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "2013-03"),
        ({"start": "2013-11"}, "2012-03"),
        ({"start": "2013-01"}, "2012-01"),
        ({"start": "2015-03"}, "2013-07"),
        ({"placebo_first": "2013-06"}, "2013-06"),
    ],
)
def test_the_hypothetical_start_follows_the_real_one(given: dict, expected: str) -> None:
    chosen = Parameters(**given)
    assert windows.text(chosen.placebo_start()) == expected
    assert chosen.months()[0] - chosen.placebo_start() >= 6
