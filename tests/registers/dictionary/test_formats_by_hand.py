"""The dictionary of one made-up study, in every format, sign by sign."""

import json
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from naveval.registers.dictionary import formats
from naveval.registers.dictionary.entries import ColumnEntry, Dictionary, TableEntry

WORDS = {
    **{"title": "Data til {study}", "intro": "Inn {study}.", "forms": "Form {study}."},
    "ids": "Id.",
    "check": "Sjekk {study}: {changing} {jump} {deviations} {persons} {alike}",
    **{"from_to": "{low} til {high}", "at_least": "minst {low}", "at_most": "høyst {high}"},
    **{"may_be_empty": "kan være tom", "whole_period": "hele perioden"},
    "each_place": "i {n} steder",
    **{"may": "kan mangle", "must": "må være der"},
    "types": {kind: f"en {kind}" for kind in formats.FRICTIONLESS},
    "headings": {
        name: name.upper() for name in (*formats.HEADINGS, "table", "row", "period", "note")
    },
}
PERSON = ColumnEntry("person", "integer", "", {}, "1", "", "", False, "Hvem | hva", "12")
SEX = ColumnEntry("sex", "text", "", {"m": "mann", "k": ""}, "", "", "[mk]", True, "Kjønn", "m")
PAY = ColumnEntry("pay", "number", "kr", {}, "0", "9.5", "", True, "Lønn", "")
AGE = ColumnEntry("age", "integer", "år", {"1": "1", "2": "to"}, "", "", "", False, "Alder", "1")
DAY = ColumnEntry("day", "date", "", {}, "", "2020-01-01", "", False, "Dag", "")
ONE = TableEntry(
    "one", "en person", "bare nå", "2015-01", "2016-12", 19, False, ("person",), (PERSON, SEX, PAY)
)
TWO = TableEntry("two" * 12, "en dag", "", "", "", 0, True, (), (AGE, DAY))
FOUND = Dictionary("toy", (ONE, TWO), WORDS)


@pytest.mark.parametrize(
    ("column", "told"),
    [
        (SEX, "m (mann); k"),
        (AGE, "1; 2 (to)"),
        (PAY, "0 til 9.5"),
        (PERSON, "minst 1"),
        (DAY, "høyst 2020-01-01"),
        (replace(DAY, high=""), ""),
    ],
)
def test_what_is_allowed(column: ColumnEntry, told: str) -> None:
    assert formats.allowed(column, WORDS) == told


def test_what_a_table_must_cover() -> None:
    assert formats.period(ONE, WORDS) == "2015-01 til 2016-12, i 19 steder"
    assert formats.period(replace(ONE, places=0), WORDS) == "2015-01 til 2016-12"
    assert formats.period(TWO, WORDS) == "kan være tom"
    assert formats.period(replace(TWO, may_be_empty=False), WORDS) == "hele perioden"


def test_a_line() -> None:
    line = ("pay", "en number", "kr", "0 til 9.5", "kan mangle", "Lønn", "")
    assert formats.row(PAY, WORDS) == line
    assert formats.row(PERSON, WORDS)[4] == "må være der"


HEAD = "| COLUMN | TYPE | UNIT | ALLOWED | MISSING | TEXT | EXAMPLE |"
PAGE = f"""# Data til toy

Inn toy.

Form toy.

Id.

## one

ROW en person.{"  "}
PERIOD: 2015-01 til 2016-12, i 19 steder.{"  "}
NOTE: bare nå

{HEAD}
| --- | --- | --- | --- | --- | --- | --- |
| person | en integer |  | minst 1 | må være der | Hvem \\| hva | 12 |
| sex | en text |  | m (mann); k | kan mangle | Kjønn | m |
| pay | en number | kr | 0 til 9.5 | kan mangle | Lønn |  |

## {"two" * 12}

ROW en dag.{"  "}
PERIOD: kan være tom.

{HEAD}
| --- | --- | --- | --- | --- | --- | --- |
| age | en integer | år | 1; 2 (to) | må være der | Alder | 1 |
| day | en date |  | høyst 2020-01-01 | må være der | Dag |  |

"""


def test_the_page() -> None:
    page = formats.markdown(FOUND)
    assert page.startswith(PAGE)
    signs = formats.signs
    numbers = (
        100 * signs.MOST_CHANGING,
        100 * signs.JUMP,
        signs.DEVIATIONS,
        signs.LEAST_PERSONS,
        100 * signs.MOST_ALIKE,
    )
    assert page[len(PAGE) :] == f"Sjekk toy: {' '.join(f'{n:g}' for n in numbers)}\n"
    told = formats.described(TWO, WORDS, "### T", ": Tittel")
    assert told.startswith("### T\n\nROW")
    assert told.endswith("| Dag |  |\n\n: Tittel")


LINES = (
    "TABLE;COLUMN;TYPE;UNIT;ALLOWED;MISSING;TEXT;EXAMPLE\r\n"
    "one;person;en integer;;minst 1;må være der;Hvem | hva;12\r\n"
    'one;sex;en text;;"m (mann); k";kan mangle;Kjønn;m\r\n'
    "one;pay;en number;kr;0 til 9.5;kan mangle;Lønn;\r\n"
    f'{"two" * 12};age;en integer;år;"1; 2 (to)";må være der;Alder;1\r\n'
    f"{'two' * 12};day;en date;;høyst 2020-01-01;må være der;Dag;\r\n"
)
PACKAGE = {
    "name": "toy",
    "title": "Data til toy",
    "resources": [
        {
            "name": "one",
            "path": "one.csv",
            "description": "en person. bare nå",
            "profile": "tabular-data-resource",
            "schema": {
                "fields": [
                    {
                        **{"name": "person", "type": "integer", "description": "Hvem | hva"},
                        **{"constraints": {"required": True, "minimum": 1}, "example": "12"},
                    },
                    {
                        **{"name": "sex", "type": "string", "description": "Kjønn"},
                        "constraints": {"required": False, "enum": ["m", "k"], "pattern": "[mk]"},
                        "example": "m",
                    },
                    {
                        **{"name": "pay", "type": "number", "description": "Lønn"},
                        "constraints": {"required": False, "minimum": 0.0, "maximum": 9.5},
                        "unit": "kr",
                    },
                ],
                "primaryKey": ["person"],
            },
        },
        {
            "name": "two" * 12,
            "path": f"{'two' * 12}.csv",
            "description": "en dag",
            "profile": "tabular-data-resource",
            "schema": {
                "fields": [
                    {
                        **{"name": "age", "type": "integer", "description": "Alder"},
                        "constraints": {"required": True, "enum": [1, 2]},
                        **{"unit": "år", "example": "1"},
                    },
                    {
                        **{"name": "day", "type": "date", "description": "Dag"},
                        "constraints": {"required": True, "maximum": "2020-01-01"},
                    },
                ]
            },
        },
    ],
}


def test_the_delimited_text_and_the_package() -> None:
    assert formats.as_csv(FOUND) == LINES
    told = formats.datapackage(FOUND)
    assert json.loads(told) == PACKAGE
    assert told == json.dumps(PACKAGE, ensure_ascii=False, indent=1) + "\n"
    kinds = {"integer": 7, "number": 7.0, "text": "7", "date": "7"}
    for kind, value in kinds.items():
        column = replace(PERSON, kind=kind, low="7")
        told = json.loads(
            formats.datapackage(replace(FOUND, tables=(replace(ONE, columns=(column,)),)))
        )
        (field,) = told["resources"][0]["schema"]["fields"]
        assert field["constraints"]["minimum"] == value
        assert type(field["constraints"]["minimum"]) is type(value)


def test_the_workbook(tmp_path: Path) -> None:
    formats.workbook(FOUND, tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["toy", "one", ("two" * 12)[:31]]
    rows = [[cell or "" for cell in line] for line in book["toy"].values]
    assert rows == [
        ["TABLE", "ROW", "PERIOD", "NOTE"],
        ["one", "en person", "2015-01 til 2016-12, i 19 steder", "bare nå"],
        ["two" * 12, "en dag", "kan være tom", ""],
    ]
    rows = [tuple(cell or "" for cell in line) for line in book["one"].values]
    assert rows == [
        tuple(name.upper() for name in formats.HEADINGS),
        *(formats.row(column, WORDS) for column in ONE.columns),
    ]
    assert book["one"]["G2"].data_type == "s"
    for sheet, other in (("toy", "A2"), ("one", "A3")):
        assert book[sheet]["A1"].font.bold
        assert not book[sheet][other].font.bold


@pytest.mark.parametrize("form", ["md", "csv", "xlsx", "json"])
def test_a_folder_with_all(tmp_path: Path, form: str) -> None:
    folder = tmp_path / "a" / "b"
    for _ in range(2):  # a folder that is there is written to again
        made = formats.write(FOUND, form, folder)
    own = [] if form == "json" else [folder / f"toy.{form}"]
    templates = [folder / "templates" / f"{name}.csv" for name in ("one", "two" * 12)]
    assert made == [*own, folder / "datapackage.json", *templates]
    assert all(file.is_file() for file in made)
    assert made[len(own)].read_text("utf-8") == formats.datapackage(FOUND)
    assert templates[0].read_bytes() == b"person;sex;pay\r\n"
    if form == "md":
        assert own[0].read_text("utf-8") == formats.markdown(FOUND)
    if form == "csv":
        assert own[0].read_bytes() == b"\xef\xbb\xbf" + LINES.encode()
