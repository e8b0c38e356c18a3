"""Text from data is text in every format: Markdown, CSV, workbook."""

import csv
import json
from pathlib import Path

import hostile
import pandas as pd
import pytest

from naveval.exhibits import appendix, output
from naveval.exhibits.declare import Exhibit, Report, Results, Table, Value
from naveval.exhibits.protect import Public
from naveval.exhibits.show import Showing
from naveval.project.escaping import literal, neutral, write_csv
from naveval.project.parameters import StudyParameters
from naveval.publishing import document

TEXTS = """
tbl-1:
  caption: "Stønad i {place}"
  columns: {name: Gruppe, value: Andel}
"""


@pytest.fixture
def opened(project: Path, monkeypatch: pytest.MonkeyPatch) -> output.Output:
    folder = project / "report/texts/hedmark"
    for file in folder.glob("*.yml"):
        file.unlink()
    (folder / "report.yml").write_text(TEXTS, encoding="utf-8")
    monkeypatch.setenv("NAVEVAL_RESULT", str(project / "out"))
    return output.open_output("hedmark", StudyParameters(county=""))


def as_read(markdown: str) -> list[str]:
    """The first cell of each row, as Pandoc reads a table; nothing else may be in it."""
    read = json.loads(document.pandoc(["-f", document.READER, "-t", "json"], markdown))
    (table,) = [block for block in read["blocks"] if block["t"] == "Table"]
    found = []
    for row in table["c"][4][0][3]:
        inlines = [part for block in row[1][0][4] for part in block["c"]]
        assert {part["t"] for part in inlines} <= {"Str", "Space"}, inlines
        found.append("".join(part.get("c", " ") for part in inlines))
    return found


def shown(text: str) -> str:
    return " ".join(text.split())


def test_a_table_shows_names_as_they_are(opened: output.Output) -> None:
    frame = pd.DataFrame({"name": hostile.TEXTS, "value": 0.5})
    exhibit = Exhibit(
        "tbl-1",
        data=lambda _: frame,
        keys=("name",),
        values={"value": Value("share1")},
        protect=Public("test"),
        view=Table(rows=("name",)),
    )
    report = Report("hedmark", (exhibit,), (), {}, {"name": str})
    text = Showing(report, opened).show("tbl-1", Results("")).markdown
    assert as_read(text) == [shown(name) for name in hostile.TEXTS]
    found = document.read(text)
    assert found.links == found.pictures == found.raw == found.references == ()


def test_names_of_files_are_literal_in_the_appendix(tmp_path: Path) -> None:
    names = ["![](x).csv", "=cmd.csv", "[a](javascript:x).csv", "`x`{=typst}.csv"]
    for name in names:
        (tmp_path / name).write_text("x")
    frame = appendix.file_rows([tmp_path / name for name in names])
    lines = ["| Fil |", "|---|", *(f"| {literal(name)} |" for name in frame["file"])]
    assert as_read("\n".join(lines)) == names


@pytest.mark.parametrize("text", hostile.TEXTS)
def test_a_csv_has_no_formula(tmp_path: Path, text: str) -> None:
    write_csv(pd.DataFrame({"name": [text, "AFT"], text: [1.5, -2]}), tmp_path / "x.csv")
    with (tmp_path / "x.csv").open(encoding="utf-8", newline="") as stream:
        head, first, second = csv.reader(stream)
    for cell in (head[1], first[0]):
        assert cell.lstrip("'") == text.lstrip("'")
        assert not cell.startswith(("=", "@", "\t", "\r"))
        assert not (cell.startswith(("+", "-")) and len(cell) > 1)
    assert (second, first[1]) == (["AFT", "-2.0"], "1.5")


@pytest.mark.parametrize("value", ["-24", "+5", "-1.5e-05", "-", "50+", "25-34", -3.5, 0, None, ""])
def test_numbers_and_other_text_stay_as_they_are(value: object) -> None:
    assert neutral(value) is value
