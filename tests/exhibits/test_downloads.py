"""The workbook holds every number behind a report, marked, and with equal bytes."""

import csv
import time
from pathlib import Path

import pytest
from openpyxl import load_workbook

from naveval.exhibits import downloads
from naveval.exhibits.output import Output
from naveval.project import places

REPORT = {"title": "Prøve for Møre og Romsdal", "banner": "Simulerte registre."}
TEXTS = {
    "tbl-7-5": {
        "caption": "Verdiskaping, {place} ({effect:nok})",
        "columns": {"program": {"title": "Tiltak"}, "county": {"title": "Kode"}},
    },
    "fig-4": {"caption": "Utvikling @sec"},
    "variables": {"hours": "Timer per uke"},
}


@pytest.fixture
def output(tmp_path: Path) -> Output:
    for part in ("tables", "figures"):
        (tmp_path / part).mkdir()
    (tmp_path / "estimates.csv").write_text("study,estimate\nx,-1.5\nx,\n")
    table = "program,county,effect\nAFT,03,1200\nAMO,15,:\n=1+1,50,0.25\n"
    (tmp_path / "tables/tbl-7-5.csv").write_text(table)
    (tmp_path / "tables/tbl-10.csv").write_text("a\n1\n")
    (tmp_path / "tables/tbl-9.csv").write_text("a\n1\n")
    (tmp_path / "figures/fig-4.csv").write_text("month,hours,hours_ci_low\n2017-07,1e-05,0\n")
    return Output("hedmark", places.place("15"), tmp_path, "simulated", TEXTS)


def test_a_protected_zero_is_told_as_none_or_a_few(output: Output) -> None:
    (output.folder / "tables/tbl-9.csv").write_text("a,n,n_few\nx,12,False\ny,0,True\nz,0,False\n")
    book = load_workbook(downloads.write(output, REPORT)[0])
    assert [cell.value for cell in book["tbl-9"]["B"]][-3:] == [12, "0–5", 0]


def test_a_sheet_per_file_and_a_dictionary(output: Output) -> None:
    target, listed = downloads.write(output, REPORT)
    assert target.name == "hedmark-15-more-og-romsdal-simulert.xlsx"
    book = load_workbook(target)
    assert book.sheetnames == [
        "Les meg",
        "estimates",
        "tbl-7-5",
        "tbl-9",
        "tbl-10",
        "fig-4",
        "Dataordbok",
    ]
    rows = [[cell.value for cell in row] for row in book["tbl-7-5"].iter_rows()]
    assert rows[1][0] == "Verdiskaping, Møre og Romsdal"
    assert rows[2:] == [
        ["program", "county", "effect"],
        ["AFT", "03", 1200],
        ["AMO", "15", ":"],
        ["=1+1", "50", 0.25],
    ]
    assert book["tbl-7-5"]["A6"].data_type == "s"
    assert book["fig-4"]["B4"].value == 1e-05
    with listed.open(encoding="utf-8", newline="") as stream:
        words = {(row["Fil"], row["Kolonne"]): row for row in csv.DictReader(stream)}
    assert words["tables/tbl-7-5.csv", "program"]["Betydning"].startswith("Tiltak")
    assert words["figures/fig-4.csv", "hours"]["Betydning"] == "Timer per uke"
    assert words["figures/fig-4.csv", "hours"]["Type"] == "tall"
    assert words["figures/fig-4.csv", "hours_ci_low"]["Betydning"] == "Timer per uke: nedre grense"
    assert words["estimates.csv", "estimate"]["Betydning"] == "Anslaget"


def test_simulated_numbers_are_marked_in_every_sheet(output: Output) -> None:
    book = load_workbook(downloads.write(output, REPORT)[0])
    for sheet in book:
        assert sheet["A1"].value == "Simulerte registre – ikke et funn om Norge."


def test_numbers_from_published_tables_are_not_marked(output: Output) -> None:
    real = Output(output.study, output.place, output.folder, "published", TEXTS)
    target = downloads.write(real, REPORT)[0]
    assert target.name == "hedmark-15-more-og-romsdal.xlsx"
    assert load_workbook(target)["estimates"]["A2"].value == "study"


def test_equal_content_gives_equal_bytes(output: Output) -> None:
    first = downloads.write(output, REPORT)[0].read_bytes()
    time.sleep(2.1)
    assert downloads.write(output, REPORT)[0].read_bytes() == first


def test_sheet_names_are_short_and_different() -> None:
    names = downloads.sheet_names(["tbl-" + "x" * 40 + "1", "tbl-" + "x" * 40 + "2", "A/b"], set())
    assert len(set(names)) == 3
    assert all(len(name) <= 31 and "/" not in name for name in names)
