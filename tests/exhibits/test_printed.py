"""How far simulated cells lie from printed ones, and the command that tells."""

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from naveval import cli
from naveval.exhibits import printed
from naveval.project.errors import ParameterError

KEYS = ["study", "label", "value", "outcome", "group", "method"]
COLUMNS = [*KEYS, "estimate", "std_error", "published"]
ROWS = [
    ("tbl-1", "effect", "stock", "with", "", -11.0, "", -11.6),  # 0,55 of 11,6
    ("tbl-1", "effect", "stock", "without", "", -9.0, "", -7.3),  # 1,65 of 7,3
    ("tbl-1", "treated_before", "stock", "with", "a method", 2.2249, "", 2.22),  # as printed
    ("tbl-1", "control_change", "stock", "with", "", 0.02, "", 0.00),  # zero counts as 0,01
    ("tbl-1", "control_change", "stock", "without", "", 0.05, "", 0.07),
    ("tbl-1", "treated_after", "stock", "with", "", 2.0, "", ""),  # not printed
    ("tbl-formula", "computed", "stock", "with", "", 1.0, "", 2.0),  # from printed inputs
]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    rows = pd.DataFrame([("hedmark", *row) for row in ROWS], columns=COLUMNS)
    rows.to_csv(folder / "estimates.csv", index=False)
    monkeypatch.setattr(printed, "file_of", lambda study: tmp_path / printed.FILE)
    return folder


def reasons(folder: Path, text: str) -> None:
    place = folder.parent / "simulate"
    place.mkdir()
    (place / printed.REASONS).write_text(text, encoding="utf-8")


def test_distances_are_beyond_what_the_printed_decimals_leave_open(run: Path) -> None:
    found = printed.distances("hedmark", [run]).set_index(["value", "group"])["distance"]
    assert found["effect", "with"] == pytest.approx(100 * 0.55 / 11.6)
    assert found["effect", "without"] == pytest.approx(100 * 1.65 / 7.3)
    assert found["treated_before", "with"] == 0
    assert found["control_change", "with"] == pytest.approx(150)
    assert found["control_change", "without"] == pytest.approx(100 * 0.015 / 0.07)
    assert len(found) == 5


def test_numbers_of_persons_are_those_of_full_size(run: Path) -> None:
    table = pd.read_csv(run / "estimates.csv").assign(unit=["persons"] + 6 * ["percent"])
    table.loc[0, ["estimate", "published"]] = [50, 1000]
    table.to_csv(run / "estimates.csv", index=False)
    (run / "manifest.json").write_text('{"parameters": {"scale": 0.05, "data": ""}}')
    found = printed.distances("hedmark", [run])
    assert found["estimate"].to_list()[:2] == [1000, -9.0]
    assert found["distance"][0] == 0


def test_shares_and_cells_beyond_are_told_with_their_reasons(run: Path) -> None:
    told = printed.distances_text(printed.distances("hedmark", [run])).splitlines()
    assert told[1].split() == ["tbl-1", "5", "40.0", "80.0"]
    assert told[2].split() == ["all", "5", "40.0", "80.0"]
    assert told[3:] == [
        "beyond 25 %:",
        "tbl-1 control_change stock with: 0.02 for 0 (150 %): no reason given",
        "within 25 %:",
        "tbl-1 effect stock with: -11 for -11.6 (5 %)",
        "tbl-1 effect stock without: -9 for -7.3 (23 %)",
        "tbl-1 treated_before stock with: 2.225 for 2.22 (0 %)",
        "tbl-1 control_change stock without: 0.05 for 0.07 (21 %)",
    ]
    reasons(run, "reasons:\n  - {label: tbl-1, group: with, reason: rounding of small numbers}\n")
    told = printed.distances_text(printed.distances("hedmark", [run])).splitlines()
    assert told[4].endswith("(150 %): rounding of small numbers")


@pytest.mark.parametrize(("error", "reason"), [(0.5, ""), (0.7, "chance")])
def test_one_run_is_tested_by_its_standard_error(run: Path, error: float, reason: str) -> None:
    """The estimate is 1,65 beyond what is printed: 3,3 and 2,4 standard errors."""
    reasons(run, "reasons:\n  - {value: effect, chance: true, reason: chance}\n")
    table = pd.read_csv(run / "estimates.csv")
    table.loc[1, "std_error"] = error
    table.to_csv(run / "estimates.csv", index=False)
    found = printed.distances("hedmark", [run]).set_index(["value", "group"])
    assert found.loc[("effect", "without"), "reason"] == reason


def test_what_is_shown_again_is_not_counted_again(run: Path) -> None:
    table = pd.read_csv(run / "estimates.csv")
    again = table.assign(label="tbl-again")
    pd.concat([table, again]).to_csv(run / "estimates.csv", index=False)
    assert len(printed.distances("hedmark", [run])) == 11
    reasons(run, "repeats: [tbl-again]\nreasons: []\n")
    assert len(printed.distances("hedmark", [run])) == 5


def test_the_command_fails_until_every_far_cell_has_a_reason(run: Path) -> None:
    arguments = ["distances", "hedmark", "--folder", str(run)]
    assert CliRunner().invoke(cli.main, arguments).exit_code == 1
    reasons(run, "reasons:\n  - {value: control_change, reason: rounding}\n")
    assert CliRunner().invoke(cli.main, arguments).exit_code == 0


def seeds(run: Path, effects: list[float]) -> list[Path]:
    """Runs that differ in the effect on the stock of those without."""
    folders = []
    for n, effect in enumerate(effects):
        folder = run.parent / f"seed-{n}"
        folder.mkdir()
        table = pd.read_csv(run / "estimates.csv")
        table.loc[1, "estimate"] = effect
        table.to_csv(folder / "estimates.csv", index=False)
        folders.append(folder)
    return folders


@pytest.mark.parametrize(
    ("effects", "explained"),
    # The mean is 2,6 above the printed -7,3: t with three degrees of freedom is 5,84.
    [([-4.7, -4.2, -5.2, -4.7], False), ([-2.7, -6.7, -3.7, -5.7], True)],
)
def test_chance_is_a_reason_only_where_runs_differ_by_as_much(
    run: Path, effects: list[float], explained: bool
) -> None:
    text = "reasons:\n  - {value: effect, chance: true, reason: chance}\n"
    reasons(run, text + "  - {value: control_change, reason: rounding}\n")
    folders = seeds(run, effects)
    rows = ["value", "group"]
    found = printed.distances("hedmark", folders).set_index(rows)
    assert found.loc[("effect", "without"), "estimate"] == pytest.approx(-4.7)
    assert (found.loc[("effect", "without"), "reason"] == "chance") == explained
    one = printed.distances("hedmark", folders[:1]).set_index(rows)
    assert one.loc[("effect", "without"), "reason"] == "chance"
    arguments = [word for folder in folders for word in ("--folder", str(folder))]
    done = CliRunner().invoke(cli.main, ["distances", "hedmark", *arguments])
    assert done.exit_code == (0 if explained else 1)


def test_a_folder_without_printed_numbers_is_refused(run: Path, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="finish a run first: naveval run hedmark"):
        printed.distances("hedmark", [tmp_path])
    table = pd.read_csv(run / "estimates.csv")
    table.assign(published=float("nan")).to_csv(run / "estimates.csv", index=False)
    with pytest.raises(ParameterError, match="no printed numbers beside"):
        printed.distances("hedmark", [run])


def test_runs_of_other_studies_and_one_run_twice_are_refused(run: Path) -> None:
    with pytest.raises(ParameterError, match="the same folder twice"):
        printed.distances("hedmark", [run, run / ".." / run.name])
    (run / "manifest.json").write_text('{"study": "followup", "parameters": {}}')
    with pytest.raises(ParameterError, match="a run of followup; expected one of hedmark"):
        printed.distances("hedmark", [run])
