"""What readers take with them: numbers as captions show them, equal bytes, and nothing lost."""

import csv
import hashlib
import json
import time
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import yaml
from pyjstat import pyjstat
from python_calamine import CalamineWorkbook

from naveval.disclosure.scan.folder import scan
from naveval.exhibits import words
from naveval.exhibits.declare import Exhibit, Table, Value
from naveval.exhibits.protect import Public
from naveval.project import paths
from naveval.publishing import downloads, workbooks
from naveval.publishing.columns import Column, Words
from naveval.publishing.markdown import Part
from naveval.publishing.workbooks import Sheet

REPORT = {
    "title": "Prøve & <mer>",
    "subtitle": "Om noe",
    "place": "Hedmark",
    "origin": "simulated",
    "banner": "Simulerte registre. Ikke Norge.",
    "date": "2026-11-27",
}
BODY = """## Funn {#sec-funn}

: **Det faller.** Nivå i Hedmark [@kilde]. Prosent {#tbl-7}

::: {.note}
Se [dokumentet](x.html), @tbl-10 og *mer*.
:::

![Kurve, \\_bred\\_](figures/fig-curve.png){#fig-curve fig-alt="Alt"}
"""
ANNEX = ": Mer {#tbl-10}\n\n: Uten tall {#tbl-none}\n"
HOSTILE = "=1+1"


def part(name: str, text: str) -> Part:
    return Part(name, "Vedlegg" * (name == "annex"), ({"source": text, "cell_type": "markdown"},))


PARTS = (part("report", BODY), part("annex", ANNEX))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "04-hedmark"
    for name in ("tables", "figures"):
        (made / name).mkdir(parents=True)
    (made / "manifest.json").write_text('{"study": "hedmark"}')
    (made / "estimates.csv").write_text(
        "label,value,estimate,unit\ntbl-7,effect,1200,percent\nfig-curve,rate,1,share\nfig-curve,n,2,tests\n"
    )
    table = (
        f"program,county,effect,origin\nAFT,03,1200,simulated\nAMO,15,:,simulated\n{HOSTILE},50,"
    )
    (made / "tables/tbl-7.csv").write_text(table + "0.25,simulated\n")
    (made / "tables/tbl-10.csv").write_text("a,hours\nby_rank,\n")
    (made / "figures/fig-curve.csv").write_text("month,hours,hours_ci_low\n2017-07,1e-05,0\n")
    (made / "report.html").write_text("<html></html>")
    texts = {
        "tbl-7": {"columns": {"program": {"title": "Tiltak i {place}"}}},
        "names": {"labels": {"by_rank": "Etter rang"}},
        "variables": {"hours": "Timer"},
    }
    monkeypatch.setattr(words, "load", lambda _: texts)
    return made


def test_files_and_sheets_have_the_number_of_the_caption(folder: Path) -> None:
    made = downloads.write(folder, REPORT, PARTS)
    data = sorted(name for name in made if name.startswith("data/") and name.endswith(".csv"))
    assert data == ["data/figur-1.csv", "data/tabell-1-simulert.csv", "data/tabell-v1.csv"]
    assert all((folder / name).is_file() for name in made)
    assert downloads.link_names(folder, PARTS) == {
        "tbl-7": "data/tabell-1-simulert.csv",
        "fig-curve": "data/figur-1.csv",
        "tbl-10": "data/tabell-v1.csv",
    }
    source = (folder / "tables/tbl-7.csv").read_text("utf-8").replace(HOSTILE, f"'{HOSTILE}")
    assert (folder / "data/tabell-1-simulert.csv").read_text("utf-8") == source
    for kind in ("xlsx", "ods"):
        book = CalamineWorkbook.from_path(folder / f"hedmark-04-hedmark-simulert.{kind}")
        names = [
            "Forside",
            "Innhold",
            "Merknader",
            "Tabell 1",
            "Figur 1",
            "Tabell V1",
            "Dataordbok",
        ]
        assert book.sheet_names == names


@pytest.mark.parametrize(
    ("title", "unit", "head"),
    [
        ("Netto nytte, tusen kroner", "kroner", "Netto nytte, tusen kroner (kroner)"),
        ("Virkning, prosentpoeng", "andel", "Virkning, prosentpoeng (andel)"),
        ("Ventetid, måneder", "måneder", "Ventetid, måneder"),
        ("Måned", "måned", "Måned"),
        ("Tiltak", "", "Tiltak"),
        ("", "kroner", ""),
    ],
)
def test_a_sheet_heads_each_column_with_the_unit_of_its_cells(title, unit, head) -> None:
    assert Column(title, unit=unit).head == head


def test_sheets_are_tables_with_title_source_and_unit_and_both_books_are_the_same(
    folder: Path,
) -> None:
    downloads.write(folder, REPORT, PARTS)
    books = {
        kind: CalamineWorkbook.from_path(folder / f"hedmark-04-hedmark-simulert.{kind}")
        for kind in ("xlsx", "ods")
    }
    rows = {
        kind: [row for row in book.get_sheet_by_name("Tabell 1").to_python() if any(row)]
        for kind, book in books.items()
    }
    assert rows["xlsx"] == rows["ods"]
    assert [row[0] for row in rows["ods"][:4]] == [
        "Tabell 1. Det faller. Nivå i Hedmark. Prosent",
        "Kilde: Simulerte registre, ikke et funn om Norge",
        "Enhet: prosent",
        "Se dokumentet, Tabell V1 og mer.",
    ]
    assert rows["ods"][4:] == [
        ["Tiltak i Hedmark", "Fylke", "Virkning"],
        ["AFT", "03", 1200.0],
        ["AMO", "15", ":"],
        [HOSTILE, "50", 0.25],
    ]
    book = openpyxl.load_workbook(folder / "hedmark-04-hedmark-simulert.xlsx")
    sheet = book["Tabell 1"]
    (table,) = sheet.tables.values()
    assert table.ref == "A6:C9"
    assert not any(page.merged_cells.ranges for page in book)
    assert sheet["A9"].data_type == "s"
    assert sheet["C9"].number_format == "0.00"
    figure = [[cell.value for cell in row if cell.value is not None] for row in book["Figur 1"]]
    assert figure[2][0].startswith("Cellene har enheten i kolonnehodet.")
    assert figure[4][0] == "Måned"
    assert figure[5][1] == 1e-05
    contents = book["Innhold"]
    assert contents["A4"].hyperlink.location == "'Tabell 1'!A1"
    first = [cell.value for cell in contents[4]]
    assert (first[0], first[2], first[4]) == ("Tabell 1", "prosent", "tbl-7")
    with zipfile.ZipFile(folder / "hedmark-04-hedmark-simulert.ods") as ods:
        assert ods.namelist()[0] == "mimetype"
        assert ods.read("mimetype") == workbooks.SPREADSHEET.encode()
        content = ods.read("content.xml").decode()
    assert "'Tabell 1'.A6:'Tabell 1'.C9" in content
    assert "spanned" not in content


def test_json_stat_keeps_every_number_and_tells_hidden_from_missing(folder: Path) -> None:
    downloads.write(folder, REPORT, PARTS)
    text = (folder / "data/tabell-1-simulert.json").read_text(encoding="utf-8")
    cube = json.loads(text)
    assert (cube["version"], cube["class"]) == ("2.0", "dataset")
    assert cube["id"] == ["program", "county", "tall"]
    assert cube["size"] == [3, 3, 1]
    frame = pyjstat.Dataset.read(text).write("dataframe")
    source = pd.read_csv(folder / "tables/tbl-7.csv", dtype=str).drop(columns="origin")
    both = source.merge(
        frame, left_on=["program", "county"], right_on=["Tiltak i Hedmark", "Fylke"]
    )
    assert len(frame) == 9
    known = both[both["effect"] != ":"]
    assert known["effect"].astype(float).tolist() == known["value"].tolist()
    assert frame["value"].notna().sum() == 2
    hidden = [place for place, mark in cube["status"].items() if mark == ":"]
    assert hidden == ["4"]
    assert cube["value"][4] is None
    assert sorted(cube["status"].values()) == [*[".."] * 6, ":"]
    empty = json.loads((folder / "data/tabell-v1.json").read_text(encoding="utf-8"))
    assert empty["size"] == [1, 0]


def test_places_of_codes_are_no_counts_to_the_search_for_leaks(folder: Path) -> None:
    table = "clusters,n_persons,n_spells\nperson,120,140\ncounty,120,140\n"
    (folder / "tables/tbl-7.csv").write_text(table)
    downloads.write(folder, REPORT, PARTS)
    assert not [found for found in scan(folder) if found.file.endswith(".json")]


def test_a_protected_zero_is_told_as_none_or_a_few(folder: Path) -> None:
    table = "a,n,n_few,n_noisy\nx,12,False,True\ny,0,True,False\nz,0,False,False\n"
    (folder / "tables/tbl-7.csv").write_text(table)
    downloads.write(folder, REPORT, PARTS)
    book = openpyxl.load_workbook(folder / "hedmark-04-hedmark-simulert.xlsx")
    assert [cell.value for cell in book["Tabell 1"]["B"]][-3:] == [12, "0–5", 0]
    assert book["Tabell 1"].max_column == 2
    cube = json.loads((folder / "data/tabell-1.json").read_text(encoding="utf-8"))
    assert cube["value"] == [12.0, None, 0.0]
    assert cube["status"] == {"1": "0–5"}


def test_rows_become_one_dimension_where_keys_do_not_name_them(folder: Path) -> None:
    (folder / "tables/tbl-7.csv").write_text("a,n\nx,1\nx,2\n")
    downloads.write(folder, REPORT, PARTS)
    cube = json.loads((folder / "data/tabell-1.json").read_text(encoding="utf-8"))
    assert (cube["id"], cube["value"]) == (["rad", "tall"], [1.0, 2.0])


def test_dictionary_explains_every_column(folder: Path) -> None:
    downloads.write(folder, REPORT, PARTS)
    with (folder / downloads.DICTIONARY_FILE).open(encoding="utf-8", newline="") as stream:
        rows = {(row["Fil"], row["Kolonne"]): row for row in csv.DictReader(stream)}
    assert rows["data/tabell-1-simulert.csv", "program"]["Betydning"] == "Tiltak i Hedmark: Tiltak"
    assert rows["data/figur-1.csv", "hours"]["Betydning"] == "Timer"
    assert rows["data/figur-1.csv", "hours"]["Type"] == "tall"
    assert rows["data/figur-1.csv", "hours_ci_low"]["Betydning"] == "Timer: nedre grense"
    assert rows["data/tabell-v1.csv", "hours"]["Type"] == "tom"
    assert rows["estimates.csv", "estimate"]["Betydning"] == "Anslaget"
    label = "Etikett i estimates.csv"
    assert rows["data/tabell-1-simulert.csv", "program"][label] == "tbl-7"
    assert rows["estimates.csv", "estimate"][label] == ""


def test_shares_of_participants_are_not_called_those_of_a_county() -> None:
    common = yaml.safe_load((paths.texts_dir() / "downloads.yml").read_text(encoding="utf-8"))
    told = {
        study: Words(words.load(study), common).meaning("treated")
        for study in ("programs", "hedmark")
    }
    assert told["programs"] == "Deltakerne i tiltaket, prosent"
    assert told["hedmark"].startswith("Det berørte fylket")


def test_columns_of_the_source_beside_simulated_ones_are_named_in_file_and_book(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {"effect": Value("int", "percent"), "printed": Value("int", source="published")}
    one = Exhibit(
        "tbl-7",
        data=lambda _: pd.DataFrame(),
        keys=("program", "county"),
        values=values,
        protect=Public("test"),
        view=Table(rows=("program", "county")),
    )
    monkeypatch.setattr(downloads, "exhibits_of", lambda _: {"tbl-7": one})
    (folder / "tables/tbl-7.csv").write_text(
        "program,county,effect,printed,origin\nAFT,03,1200,1100,simulated\n"
    )
    downloads.write(folder, REPORT, PARTS)
    file = pd.read_csv(folder / "data/tabell-1-simulert.csv")
    assert list(file["published_columns"]) == ["printed"]
    assert list(file["origin"]) == ["simulated"]
    book = CalamineWorkbook.from_path(folder / "hedmark-04-hedmark-simulert.xlsx")
    rows = book.get_sheet_by_name("Tabell 1").to_python()
    assert "unntatt «Trykt i dokumentet», som er fra kilden" in rows[1][0]
    assert "published_columns" not in str(rows)


def test_metadata_list_every_file_with_its_checksum(folder: Path) -> None:
    made = downloads.write(folder, REPORT, PARTS)
    written = (folder / downloads.crate(folder, REPORT)).read_text("utf-8")
    graph = {item["@id"]: item for item in json.loads(written)["@graph"]}
    listed = {part["@id"] for part in graph["./"]["hasPart"]}
    there = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    assert listed == there - {"manifest.json", downloads.CRATE_FILE}
    assert set(made) <= listed
    for name in listed:
        content = (folder / name).read_bytes()
        assert graph[name]["sha256"] == hashlib.sha256(content).hexdigest()
        assert graph[name]["contentSize"] == str(len(content))
    assert graph[downloads.CRATE_FILE]["conformsTo"]["@id"].startswith("https://w3id.org/ro/crate")


def test_equal_content_gives_equal_bytes(folder: Path) -> None:
    def contents() -> dict[str, bytes]:
        return {
            name: (folder / name).read_bytes() for name in downloads.write(folder, REPORT, PARTS)
        }

    first = contents()
    time.sleep(2.1)
    assert contents() == first


@pytest.mark.parametrize("text", ["\x0bx\x1f", "]]>&<b>'\"", "=cmd|' /C calc'!A0", "+1", "å" * 300])
def test_hostile_text_stays_text_in_both_books(text: str) -> None:
    sheet = Sheet(f"x:{text[:3]}", text, (text,), ("a", "A", text), ((text, "1", ""),))
    made = workbooks.both([sheet, sheet], text)
    for content in made.values():
        book = CalamineWorkbook.from_filelike(__import__("io").BytesIO(content))
        rows = book.get_sheet_by_index(0).to_python()
        assert rows[-1][1] == 1.0
        assert isinstance(rows[-1][0], str)
        assert len(set(book.sheet_names)) == 2


def test_truth_and_the_endless_are_told_in_norwegian_in_every_file(folder: Path) -> None:
    table = "a,n,n_noisy,ratio\nx,12,False,inf\ny,13,True,-inf\nz,14,False,0.5\n"
    (folder / "tables/tbl-7.csv").write_text(table)
    downloads.write(folder, REPORT, PARTS)
    told = (folder / "data/tabell-1.csv").read_text(encoding="utf-8")
    assert told == "a,n,n_noisy,ratio\nx,12,nei,∞\ny,13,ja,−∞\nz,14,nei,0.5\n"
    cube = json.loads((folder / "data/tabell-1.json").read_text(encoding="utf-8"))
    assert cube["value"] == [12.0, None, 13.0, None, 14.0, 0.5]
    assert cube["status"] == {"1": "∞", "3": "−∞"}
    book = openpyxl.load_workbook(folder / "hedmark-04-hedmark-simulert.xlsx")
    assert [cell.value for cell in book["Tabell 1"]["C"]][-3:] == ["∞", "−∞", 0.5]


def test_readers_get_what_an_exhibit_declares(folder: Path) -> None:
    """Columns of a run's own making, as the step of rounding, stay in the result folder."""
    head = "season,outcome,group,effect,std_error,n_control,p_method"
    (folder / "tables/tbl-1.csv").write_text(f"{head}\nAlle,Nye,Alle,1,2,30,x\n")
    parts = (part("report", ": Nivå {#tbl-1}\n"), part("annex", ""))
    downloads.write(folder, REPORT, parts)
    told = (folder / "data/tabell-1.csv").read_text(encoding="utf-8")
    assert told.splitlines()[0] == "season,outcome,group,effect,std_error,n_control"
    with (folder / downloads.DICTIONARY_FILE).open(encoding="utf-8", newline="") as stream:
        rows = {(row["Fil"], row["Kolonne"]): row for row in csv.DictReader(stream)}
    assert rows["data/tabell-1.csv", "effect"]["Enhet"] == "prosent av nivået før"
    assert rows["data/tabell-1.csv", "n_control"]["Enhet"] == "personer"
