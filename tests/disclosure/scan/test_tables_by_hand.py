"""Tables the search reads, from mark-up, text and code, and what it finds in them."""

import io
import zipfile

import planted
import pytest

from naveval.disclosure.scan import crossed, documents, grids, printed, profiles, tables
from naveval.disclosure.thresholds import thresholds

LIMITS = thresholds()


def hits(found) -> int:
    return sum(many for _, many in found)


def test_tables_of_mark_up_with_their_labels_and_captions() -> None:
    table = "<table{}><caption>{}</caption><tr><th>A</th><td>&lt;5</td></tr></table>"
    page = table.format(' id="tbl-a"', "Tekst") + "<p>x</p>" + table.format("", "Mer")
    assert [*documents.of_markup(page)] == [
        ([["Tekst"], ["A", "<5"]], "tbl-a"),
        ([["Mer"], ["A", "<5"]], ""),
    ]
    above = "<h2>Antall ledige</h2><p>Kilde.</p><table><tr><td>Os</td><td>3</td></tr></table>"
    assert [*documents.of_markup(above)] == [([["Antall ledige"], ["Os", "3"]], "")]
    far = above.replace("<p>Kilde.</p>", f"<p>{'x ' * documents.NEAR}</p>")
    assert [*documents.of_markup(far)] == [([["Os", "3"]], "")]


def test_titles_over_several_columns_go_with_those_below() -> None:
    page = (
        '<table><tr><th rowspan="2">Fylke</th><th colspan="2">Antall personer</th></tr>'
        "<tr><th>2018</th><th>2019</th></tr><tr><td>Oslo</td><td>41</td><td>3</td></tr></table>"
    )
    ((rows, _),) = documents.of_markup(page)
    assert rows == [
        ["Fylke", "Antall personer"],
        ["2018", "2019"],
        ["Fylke", "Antall personer 2018", "Antall personer 2019"],
        ["Oslo", "41", "3"],
    ]
    wider = page.replace('colspan="2"', 'colspan="3"')
    ((rows, _),) = documents.of_markup(wider)
    assert rows[2][-1] == "Antall personer"
    ((rows, _),) = documents.of_markup(page.replace("Antall personer", "Andel"))
    assert len(rows) == 3


def test_cells_of_a_sheet_stand_for_several() -> None:
    sheet = (
        '<table:table><table:table-row><table:table-cell table:number-columns-repeated="3"/>'
        "<table:table-cell><text:p>A</text:p></table:table-cell></table:table-row></table:table>"
    )
    assert [*documents.of_markup(sheet)] == [([["", "", "", "A"]], "")]


def test_sheets_of_text_documents_that_hold_some() -> None:
    for inside, told in (("<office:spreadsheet>", [([["A"]], "")]), ("<office:text>", [])):
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            cell = "<table:table-cell><text:p>A</text:p></table:table-cell>"
            row = f"<table:table-row>{cell}</table:table-row>"
            archive.writestr("content.xml", f"{inside}<table:table>{row}</table:table>")
        assert [*documents.of_sheets(made.getvalue())] == told


def test_tables_of_markdown() -> None:
    page = "# Antall ledige\n\nTekst.\n\n| A | B\\|C |\n|---|---:|\n| 1 | 2 |\n\n: Om {#tbl-x}\n"
    ((rows, label),) = documents.of_markdown(page)
    assert (rows, label) == ([["# Antall ledige"], ["A", "B\\|C"], ["1", "2"]], "tbl-x")
    ((rows, label),) = documents.of_markdown("| A |\n|---|\n| 1 |")
    assert (rows, label) == ([["A"], ["1"]], "")
    ((rows, _),) = documents.of_markdown("Kilde.\nAntall ledige\n| A |\n|---|\n| 1 |\n")
    assert rows == [["Antall ledige"], ["A"], ["1"]]
    two = "| A |\n\n| B |\n"
    assert [rows for rows, _ in documents.of_markdown(two)] == [[["A"]], [["B"]]]


@pytest.mark.parametrize(
    "columns", ["2", "(auto, 1fr)"], ids=["how many there are", "how wide they are"]
)
def test_tables_of_typst(columns: str) -> None:
    page = (
        f"#figure(table(columns: {columns}, table.header([A], [B]), [1], [2], [3], [4]), "
        "caption: [Antall ledige])"
    )
    assert [*documents.of_typst(page)] == [[["Antall ledige"], ["A", "B"], ["1", "2"], ["3", "4"]]]
    before = f"#figure(caption: [Antall ledige], table(columns: {columns}, [1], [2], [3], [4]))"
    assert [*documents.of_typst(before)] == [[["Antall ledige"], ["1", "2"], ["3", "4"]]]
    near, far = documents.NEAR // 5 - 30, documents.NEAR // 5
    for signs, told in ((near, 2), (far, 1)):
        apart = f"x caption: [Antall ledige]{' ' * signs}#table(columns: 2, [1], [2])"
        assert len(next(documents.of_typst(apart))) == told
    alone = f"#table(columns: {columns}, [1], [2])"
    assert [*documents.of_typst(alone)] == [[["1", "2"]]]


CROSSED = [
    ["Alder", "Kvinner", "Menn"],
    ["18–29", "41", "3"],
    ["30–49", "52", "2"],
    ["50+", "0", "9"],
]


def test_small_counts_where_groups_are_crossed() -> None:
    assert [*crossed.crossed(CROSSED, LIMITS)] == [
        ("count below 5 where groups of persons are crossed", 2)
    ]
    assert hits(crossed.crossed([["Tittel", "", ""], *CROSSED], LIMITS)) == 2
    assert hits(crossed.crossed(CROSSED[:3], LIMITS)) == 0  # four cells
    assert hits(crossed.crossed(CROSSED[:3], LIMITS, least=4)) == 2
    assert hits(crossed.crossed([], LIMITS)) == 0
    lines = "alder | kvinner | menn\nung | 41 | 30\neldre | 3 | 22\nmiddels | 31 | 25\n"
    assert hits(crossed.in_text(lines, LIMITS)) == 1


@pytest.mark.parametrize(
    ("old", "new", "many"),
    [
        ("52", "5,2", 0),  # no whole number
        ("52", "-52", 0),
        ("Kvinner", "Andel kvinner", 0),
        ("52", "<5", 2),  # masked
        ("52", ":", 2),
        ("2", "8", 1),
        ("Kvinner", "Kurs", 2),
    ],
)
def test_what_is_no_crossed_table(old: str, new: str, many: int) -> None:
    rows = [[new if cell == old else cell for cell in row] for row in CROSSED]
    rows.append(["67+", "60", "70"])
    assert hits(crossed.crossed(rows, LIMITS)) == many


def test_a_corner_that_names_a_characteristic_tells_of_persons() -> None:
    rows = [["birth year", "kurs", "jobb"], ["1971", "41", "3"], ["1980", "52", "2"]]
    rows.append(["1990", "30", "9"])
    assert hits(crossed.crossed(rows, LIMITS)) == 2
    assert hits(crossed.crossed([["step", *rows[0][1:]], *rows[1:]], LIMITS)) == 0


def test_crossed_tables_of_small_numbers_alone_rank_something() -> None:
    small = [["Alder", "Kvinner", "Menn"], *([f"{k}0–{k}9", "3", "19"] for k in (2, 3, 4))]
    assert hits(crossed.crossed(small, LIMITS)) == 0
    small[1][2] = "20"
    assert hits(crossed.crossed(small, LIMITS)) == 3


@pytest.mark.parametrize(
    ("line", "many"),
    [
        ("> table(df$x)\n\n  a   b   c\n 31   2   4\n", 2),
        ("> table(df$x)\n\n  a   b   c\n 31   7   0\n", 0),
        ("> table(a, b)\n    b\na nei  ja\n x 31   2\n y 40  50\n", 1),
        ("> table(a, b)\n    b\na   0   1\n 0 31   2\n 1  3  50\n", 2),
        ("> table(a, b)\n    b\na   0   1\n 0 31  22\n 1 40  50\n", 0),  # codes are no counts
        ("> table(a, b)\n    b\na   0   1\n 1  3  22\n 4 40  50\n", 3),  # unless they may be
        ("> table(a, b)\n    b\n    0   1\n 1  3  22\n 2 40   4\n", 2),
        ("> table(x)\nx\n  a   b\n  3   4\n", 2),
        ("> table(x)\nx\n  a   b   c\n  3   4\n", 2),
        ("> table(df$x)\n\n  a   b   c\n 3.1   2   4\n", 0),
        ("Counter({'kvinner': 31, 'menn': 2, 'ukjent': 1})", 2),
        ("Counter({'kvinner': 19, 'menn': 2})", 0),
        ("Counter({'a': 97, 'b': 3})", 1),
        ("Counter({'a': 96, 'b': 3})", 0),
        ("{'Oslo': 31, 'Troms': 2} persons", 1),
        ("Personer: {'a': 31, 'b': 2}", 1),
        ("{'a': 31, 'b': 2}", 0),
        ("{'a': 2} persons", 0),
        ("Counter({'OLS': 97, 'modell': 3})", 0),
        ("Counter( {'a': 97, 'b': 3})", 1),
        ("{('K', '18-29'): 41, ('K', '30-49'): 3, ('M', '30-49'): 77}", 1),
        ("a 1 2 3\nb 4 5 6\n18–29 3 41\n30–49 52 60\n50–66 2 71\n", 2),
    ],
)
def test_small_counts_in_what_programs_print(line: str, many: int) -> None:
    assert hits(crossed.in_text(line, LIMITS)) == many


def test_days_that_follow_each_other_are_a_calendar() -> None:
    assert profiles.calendar(["2019-01-01", "2019-01-08", "2019-01-15"])
    assert not profiles.calendar(["2019-01-01", "2019-01-08", "2019-01-16"])
    assert not profiles.calendar(["01.01.2019", "08.01.2019"])


def of_persons(rows: list[list[str]]) -> int:
    return hits(profiles.of_persons(rows))


ROWS = [
    ["x1", "x2", "x3", "x4"],
    *(
        [sex, born, place, group]
        for sex, born, place, group in zip(
            "KMKKMMKM",
            ("1971", "1990", "1985", "1962", "1999", "1974", "1968", "1993"),
            ("3401", "3403", "3405", "3401", "3407", "3403", "3411", "3405"),
            ("SIT", "STD", "SIT", "BFR", "STD", "SIT", "BFR", "STD"),
            strict=True,
        )
    ),
]


def test_rows_of_persons_are_known_by_their_values() -> None:
    assert of_persons(ROWS) == 9
    assert of_persons(ROWS[:4]) == 0
    coded = [["A" if row[0] == "K" else "B", *row[1:]] for row in ROWS]
    assert of_persons([["x1", "x2", "x3", "x4"], *coded[1:]]) == 9
    assert of_persons([["1", "ja", "3401", "SIT"], *coded[1:]]) == 9  # no head, but values
    assert of_persons([["kurs", "oppstart", "sted", "type"], *coded[1:]]) == 0
    in_blocks = [["x1", "x2", "x3", "x4"], *sorted([a, c, d, b] for a, b, c, d in coded[1:])]
    assert of_persons([row[:1] + row[1:2] * 2 + row[3:] for row in in_blocks]) == 0
    assert of_persons([row[:1] + row[2:] for row in ROWS[:6]]) == 0  # nobody's birth
    by_group = [
        ["a", "b", "c", "d"],
        *([s, str(1970 + k), "x", "y"] for k in range(4) for s in "KM"),
    ]
    assert of_persons(by_group) == 0


@pytest.mark.parametrize(
    ("places", "told"),
    [("12345123", 9), ("12312312", 9), ("12121212", 0)],
    ids=["few of the ways codes meet", "two of three", "more"],
)
def test_codes_that_meet_in_few_of_all_ways_are_those_of_persons(places: str, told: int) -> None:
    rows = [
        [a, place, yes, str(k * k)]
        for k, (a, place, yes) in enumerate(
            zip(
                "ABAABBAB",
                places,
                ("ja", "ja", "nei", "ja", "nei", "nei", "ja", "nei"),
                strict=True,
            )
        )
    ]
    assert of_persons([["x1", "x2", "x3", "x4"], *rows]) == told


BORN = [f"{year}-02-03" for year in (1971, 1990, 1985, 1962, 1999, 1974, 1968, 1993)]


@pytest.mark.parametrize(("born", "told"), [(BORN, 9), (sorted(BORN), 0), (sorted(BORN)[::-1], 0)])
def test_births_in_order_are_those_of_groups(born: list[str], told: int) -> None:
    head = ["kjonn", "fodt", "sted", "gruppe"]
    rows = [[row[0], day, *row[2:]] for row, day in zip(ROWS[1:], born, strict=True)]
    assert of_persons([head, *rows]) == told


def raw(n: int, whole: int = 0) -> list[list[str]]:
    """So many rows with a running number and a number with all its digits, some of them whole."""
    numbers = [f"0.{(k * 7919) % 1000:03d}{k:09d}" for k in range(n)]
    return [["nr.", "x"], *([str(k), "1" if k < whole else one] for k, one in enumerate(numbers))]


def test_numbers_with_all_their_digits_are_those_of_persons() -> None:
    rows = raw(210)
    assert of_persons([rows[0], *rows[1:][::-1]]) == 211
    assert of_persons(rows[:200]) == 0
    few = raw(200, whole=20)
    assert of_persons([few[0], *few[1:][::-1]]) == 0  # nine of ten, and it takes more
    more = raw(210, whole=20)
    assert of_persons([more[0], *more[1:][::-1]]) == 211
    numbers = sorted(number for _, number in rows[1:])
    ordered = [rows[0], *([str(k), number] for k, number in enumerate(numbers))]
    assert of_persons(ordered) == 0


def test_keys_of_one_form_are_those_of_persons() -> None:
    keys = [f"a{k}b{k}c{k}d{k}" for k in range(6)]
    words = ["abcdefgh", "bcdefghi", "cdefghij"]
    assert of_persons([["sak", "n"], *([key, "5"] for key in keys)]) == 7
    assert of_persons([["sak", "n"], *([key, "5"] for key in keys[:3] + words)]) == 0
    places = ["Oslo", "Hamar", "Os", "Vang", "Tolga", "Vardø"]
    assert of_persons([["sak", "sted"], *map(list, zip(keys, places, strict=True))]) == 0
    assert of_persons([["sha-1", "n"], *([key, "5"] for key in keys)]) == 0
    numbers = [str(123_456_789 + (k * 7919) % 100) for k in range(20)]
    assert of_persons([["sak", "n"], *([key, "5"] for key in numbers)]) == 21
    assert of_persons([["sak", "n"], *([key, "5"] for key in numbers[:19])]) == 0
    assert of_persons([["kroner", "n"], *([key, "5"] for key in numbers)]) == 0


def test_persons_in_lines() -> None:
    line = "Kvinne 1971 3401 SIT ja 12\n"
    assert [*profiles.in_lines(line)] == [("rows that describe single persons", 1)]
    assert hits(profiles.in_lines(line + line.replace("1971", "1985").replace("ja", "nei"))) == 2
    assert hits(profiles.in_lines("Kvinne 1971\n")) == 0
    assert hits(profiles.in_lines(line + "1985\n")) == 1  # a year below is none of hers
    pairs = ["Kvinne 1971", "Mann 1990", "Mann 1985", "Kvinne 1962", "Kvinne 1999"]
    assert hits(profiles.in_lines("\n".join(pairs))) == 5
    assert hits(profiles.in_lines("\n".join(pairs[:4]))) == 0
    assert hits(profiles.in_lines("Kvinne\n1971\n3401\nja\n12\n")) == 1
    assert hits(profiles.in_lines("1971\n3401\nja\n12\nKvinne\n")) == 1
    assert hits(profiles.in_lines(f"Kvinne\n1971 3401 ja {'x' * 60}\n")) == 0
    assert hits(profiles.in_lines("Kvinne 1971 1985 3401 ja 12\n")) == 0
    assert hits(profiles.in_lines("Kvinne mann 1971 3401 ja 12\n")) == 0
    assert hits(profiles.in_lines("Det var en kvinne som kom i 1971 med 3 og 4 ting ja 12\n")) == 0


def test_standard_errors_with_all_their_digits() -> None:
    rows = [["label", "estimate", "std_error"], ["a", "1.5", "0.123456789"], ["b", "2", "0.12"]]
    assert [*tables.unrounded(rows, frozenset())] == [("number that was not rounded", 1)]
    assert [*tables.unrounded(rows, frozenset({"a"}))] == []
    assert [*tables.unrounded([["x", "std_error"], ["a", "0.123456789"]], frozenset())] == []
    assert hits(tables.unrounded([["x", "se"], ["a", "0.123456789"]], frozenset())) == 1
    assert hits(tables.unrounded([["x", "se"], ["a", "0.12345678e-12"]], frozenset())) == 0


@pytest.mark.parametrize(
    ("rows", "many"),
    [
        ([["fylke", "antall"], ["Oslo", "41"], ["Os", "3"], ["Vang", "0"]], 2),
        ([["fylke", "andel"], ["Oslo", "41"], ["Os", "3"]], 0),
        ([["fylke", "fnr"], ["Oslo", "a"]], 1),
        ([["Antall ledige", ""], ["fylke", "2018"], ["Os", "3"], ["Vang", "12"]], 1),
        ([["Antall ledige", ""], ["fylke", "andel"], ["Os", "3"], ["Vang", "12"]], 0),
        ([["mål", "verdi"], ["antall ledige", "3"], ["andel ledige", "2"]], 1),
        ([["mål", "år", "verdi"], ["antall ledige", "2018", "3"], ["andel", "2018", "2"]], 1),
        ([["mål", "unit", "verdi"], ["antall ledige", "nok", "3"]], 0),
        ([["gruppe", "antall", "andel"], ["a", "120", "0,0250"], ["b", "160", "0,0125"]], 2),
        ([["@type", "navn"], ["Person", "x"], ["antall", "3"]], 1),
        ([["verdi", "x"], ["fylke", "antall"], ["Oslo", "3"]], 1),
        ([["hvem", "e-post"], ["a", "kari.hansen@firma.no"]], 1),
        ([["hvem", "e-post"], ["a", "post@firma.no"]], 0),
        ([["gruppe", "antall", "andel"], ["a", "120", "0,0250"]], 1),  # three
        ([["gruppe", "antall", "andel"], ["a", "120", "0,0500"]], 0),  # six
        ([["gruppe", "antall", "andel"], ["a", "120", "0,03"]], 0),  # three or four
        ([["kjønn", "2018", "2019"], ["Antall personer", "41", "3"]], 1),
        ([["fylke", "antall"], ["Oslo", "41"], ["Os", ":"], ["I alt", "44"]], 1),  # three
        ([["fylke", "antall"], ["Oslo", "41"], ["Os", ":"], ["I alt", "46"]], 0),  # five
        ([["fylke", "antall"], ["Oslo", ":"], ["Os", ":"], ["I alt", "44"]], 0),
        ([["felt", "verdi"], ["token", "abc123"]], 1),
        ([["mål", "min", "maks"], ["lønn", "12000", "98000"]], 1),
        ([["alder", "kjønn", "utdanning"], ["41", "K", "3"]], 1),
        ([["alder", "kjønn", "antall"], ["41", "K", "9"]], 0),
    ],
)
def test_findings_in_tables(rows: list[list[str]], many: int) -> None:
    assert hits(tables.table(rows, LIMITS, small=True)) == many


def test_small_counts_are_fine_where_numbers_are_published_and_zeros_where_they_are_marked() -> (
    None
):
    rows = [["fylke", "n", "n_few"], ["Oslo", "0", "True"], ["Os", "3", "True"], ["A", "0", "no"]]
    assert hits(tables.table(rows, LIMITS, small=False)) == 0
    assert hits(tables.table(rows, LIMITS, small=True)) == 3
    assert hits(tables.table(rows, LIMITS, small=True, few=True)) == 2


@pytest.mark.parametrize(
    ("code", "many"),
    [
        ("n_persons: 3, n_women: 4, n_men: 5", 2),
        ("antall = tre\n", 1),
        ("levels: 3\n", 0),
        ("INSERT INTO x (fnr, alder)", 1),
        ("INSERT INTO x (fylke, alder)", 0),
    ],
)
def test_small_counts_under_keys(code: str, many: int) -> None:
    assert hits(tables.pairs(code, LIMITS)) == many


@pytest.mark.parametrize(
    ("page", "many"),
    [
        ("Antall deltakere<br>3<br>Antall ledige<br>5", 1),
        ("<dt>Antall timer</dt><dd>3</dd>", 0),
        ("<antall>3</antall><antall>5</antall>", 1),
        ("<fødselsnummer>12</fødselsnummer>", 1),
    ],
)
def test_small_counts_after_titles(page: str, many: int) -> None:
    assert hits(tables.terms(page, LIMITS)) == many


def test_small_counts_at_the_ends_of_lines() -> None:
    page = "Kommune Antall deltakere\nHamar 211\nTolga 3\nOs\n2\nVang 0\n\nTolga 4\n"
    assert [*tables.listed(page, LIMITS)] == [
        ("count below 5 persons in a column that ends with kommune antall deltakere", 1)
    ] * 2
    assert [*tables.listed("Kommune Andel\nTolga 3\n", LIMITS)] == []


def test_rows_of_delimited_text_json_and_code() -> None:
    assert grids.of_csv("# om\n\na;b\n1,5;2\n") == [["a", "b"], ["1,5", "2"]]
    assert grids.of_csv("a\tb\n1\t2\n") == [["a", "b"], ["1", "2"]]
    assert grids.of_csv("a,b\n1\0,\0002\n") == [["a", "b"], ["1", "2"]]
    rows = [["a", "b"], ["1", "2"], ["3", "4"]]
    assert grids.of_records([{"a": 1, "b": 2}, {"a": 3, "b": 4}]) == rows
    assert grids.of_records({"a": [1, 3], "b": [2, 4]}) == rows
    assert grids.of_records({"columns": ["a", "b"], "data": [[1, 2], [3, 4]]}) == rows
    assert grids.of_records([["a", "b"], [1, 2], [3, 4]]) == rows
    assert grids.of_records({"x": {"a": 1}, "y": {"a": 3}}) == [["", "a"], ["x", "1"], ["y", "3"]]
    assert grids.of_records([["x", {"a": 1}], ["y", {"a": 3}]]) == [["a"], ["1"], ["3"]]
    assert grids.of_records({"a": 1, "b": [2]}) is None
    assert grids.of_records({"a": [1], "b": [2]}) == [["a", "b"], ["1", "2"]]
    assert grids.of_records({"a": [], "b": []}) is None
    assert grids.of_series({"a": {"x": 1, "y": 3}, "b": {"x": 2, "y": 4}}) == [
        ["", "a", "b"],
        ["x", "1", "2"],
        ["y", "3", "4"],
    ]
    assert grids.of_series({"a": {"x": 1, "y": 3}}) == []
    assert grids.keys("{'antall': 3, alder=41}") == ["antall", "alder"]
    assert grids.strings({"a": ["x", "y"], "b": [1, {"c": True}]}, "-") == [
        "a",
        "x-y",
        "b",
        "1",
        "c",
        "True",
    ]


def test_tables_of_plain_text() -> None:
    titled = [*grids.of_columns("Antall ledige\nfylke   2018\nOslo   41\nOs   3\n")]
    assert [["Antall ledige"], ["fylke", "2018"], ["Oslo", "41"], ["Os", "3"]] in titled
    assert [*grids.of_columns(("et ord til " * 10 + "\n") * 2)] == []
    spaced = [*grids.of_columns("fylke   antall\nOslo       41\nOs          3\n\nmer tekst")]
    assert [["fylke", "antall"], ["Oslo", "41"], ["Os", "3"]] in spaced
    indexed = [*grids.of_columns("fylke  antall\n0 Oslo  41\n1 Os  3\n")]
    assert [["", "fylke", "antall"], ["0", "Oslo", "41"], ["1", "Os", "3"]] in indexed
    assert [["a", "b"], ["1", "2"]] in [*grids.of_columns("a;b\n1;2\n")]
    assert [["1", "2"], ["3", "4"]] in [*grids.of_columns("a;b;c\n1;2\n3;4\n")]
    prose = "personer i registrene, på det meste i en måned\nIngen av de 14 fylkene kan sies å stå"
    assert [*grids.of_columns(prose)] == []
    listed = [
        *grids.of_columns("fylke personer kvinner menn unge eldre nye alle\nOs 3 2 1 0 0 0 3\n")
    ]
    assert [row[1] for rows in listed for row in rows] == ["personer", "3"]
    by_blanks = [*grids.of_columns("fylke antall\n0 Oslo 41\n1 Os 3\n")]
    assert [["", "fylke", "antall"], ["0", "Oslo", "41"], ["1", "Os", "3"]] in by_blanks


def test_masks_totals_and_rows_of_counts() -> None:
    values = ["<5", "3", "12", "0"]
    assert grids.beside_masked("fylke", values, LIMITS) == 1
    assert grids.beside_masked("andel", values, LIMITS) == 0
    assert grids.beside_masked("fylke", values[1:], LIMITS) == 0
    rows = [
        ["fylke", "antall", "antall menn"],
        ["Oslo", "41", "20"],
        ["Os", ":", "2"],
        ["Vang", "12"],
        ["I alt", "56", "22"],
    ]
    assert grids.withheld(rows, LIMITS) == 1
    assert grids.withheld([*rows[:-1], ["I alt", "56"]], LIMITS) == 1  # a total of one alone
    titled = [["I alt"], ["fylke", "antall"], ["Oslo", "41"], ["Os", ":"], ["Vang", "12"]]
    assert grids.withheld(titled, LIMITS) == 0
    assert grids.withheld([*titled, ["I alt", "56"]], LIMITS) == 1
    rows = [["", "2018", "2019"], ["n_persons", "4", "3"], ["andel", "2", "1"]]
    assert grids.along(rows, LIMITS) == 1
    assert grids.titled([["a"]], "Antall ledige 2018") == [["Antall ledige 2018"], ["a"]]
    assert grids.titled([["a"]], "Antall ledige 12") == [["a"]]


def test_a_sheet_without_places_of_cells_and_codes_of_headers() -> None:
    sheet = b'<c r="A12" s="3"><v>1</v></c><oddHeader>&amp;LNav &amp;12Os</oddHeader>'
    assert grids.without_codes(sheet) == b"<c><v>1</v></c><oddHeader>\nNav \nOs</oddHeader>"


def test_a_drawn_table_is_read_by_where_its_texts_stand() -> None:
    drawn = "".join(
        f'<text x="{x}" y="{y}">{cell}</text>'
        for y, row in ((30, ("Os", "3")), (10, ("fylke", "antall")), (20, ("Oslo", "41")))
        for x, cell in reversed([*zip((5, 50), row, strict=True)])
    )
    assert grids.of_svg(drawn) == [["fylke", "antall"], ["Oslo", "41"], ["Os", "3"]]
    assert grids.of_svg("<text>n = 3</text>") == [["n", "3"]]
    lines = [*drawn.split("</text>")[:-2], '<text x="5" y="40">Kilde']  # two rows of two
    assert grids.of_svg("</text>".join(lines) + "</text>") == []


JSON_STAT = {
    "id": ["mål", "fylke"],
    "role": {"metric": ["mål"]},
    "dimension": {
        "mål": {"category": {"label": {"a": "Antall personer", "b": "Andel"}}},
        "fylke": {"category": {"index": ["03", "55"]}},
    },
    "value": [412, 3, 1, 2],
}


def test_datasets_of_json_stat() -> None:
    assert [*grids.of_jsonstat(JSON_STAT, LIMITS)] == [[["Antall personer"], ["412"], ["3"]]]
    sparse = {**JSON_STAT, "value": {"1": 3}}
    assert [*grids.of_jsonstat(sparse, LIMITS)] == [[["Antall personer"], [""], ["3"]]]


@pytest.mark.parametrize(
    ("series", "many"),
    [
        ("sivilstand\ngift      120\nskilt       3\nName: count, dtype: int64\n", 1),
        ("sivilstand\ngift      120\nskilt       0\nName: count, dtype: int64\n", 0),
        ("kurs\nA      120\nB       3\nName: count, dtype: int64\n", 0),
        ("kurs\nA      120\nB       3\nName: antall_personer, dtype: int64\n", 1),
    ],
)
def test_small_counts_in_series(series: str, many: int) -> None:
    told = "count below 5 persons in a printed series"
    assert dict(printed.printed(series, LIMITS)).get(told, 0) == many


def test_what_programs_print_of_persons() -> None:
    named = "a    x\nName: fnr, dtype: object\n"
    assert [*printed.printed(named, LIMITS)] == [("column that identifies persons", 1)]
    series = "a    0.12345678901234\nName: x, dtype: float64\n"
    assert [*printed.printed(series, LIMITS)] == [("number that was not rounded", 1)]
    assert [*printed.printed(series.replace("dtype: float64", ""), LIMITS)] == []
    row = "Pandas(Index=0, fodt='1974-06-15', kommune='Vardø', diagnose='F32')"
    assert [*printed.told_rows(row)] == [("rows that describe single persons", 1)]
    assert [*printed.told_rows(row + " " * 4000)] == []
    numbered = "Index=0, kjonn='K', utdanning='3', innsatsgruppe='SIT'"
    assert [*printed.told_rows(numbered)] == [("rows that describe single persons", 1)]
    assert [*printed.told_rows("kjonn='K', utdanning='3'")] == []


def test_a_caption_is_no_title_of_a_column() -> None:
    rows = [["Antall personer", "", ""], ["År", "Menn", "Kvinner"], ["3", "100", "200"]]
    assert [*tables.table(rows, LIMITS, small=True)] == []


def test_a_title_of_one_row_stands_over_that_below() -> None:
    head = '<tr><th rowspan="1">Fylke</th><th colspan="2">Antall ledige</th></tr>'
    below = "<tr><th>navn</th><th>2019</th><th>2020</th></tr>"
    ((rows, _),) = documents.of_markup(f"<table>{head}{below}</table>")
    assert ["Fylke navn", "Antall ledige 2019", "Antall ledige 2020"] in rows


def test_empty_columns_of_a_sheet_keep_their_place() -> None:
    ((rows, _),) = documents.of_sheets(planted.workbook([["", "Antall"], ["", "3"]]))
    assert rows == [["", "Antall"], ["", "3"]]


def test_columns_that_hold_persons() -> None:
    """Names; and identity numbers that have lost their first zero."""
    found = [("column that identifies persons", 1)]
    names = [["hvem", "x"], ["Kari Nordmann", "1"], ["Ola Hansen", "2"], ["Per Olsen", "3"]]
    assert [*tables.table(names, LIMITS, small=True)] == found
    authors = [["@type", "affiliation", "name"], ["Person", "Nav", "Kari Nordmann"]]
    assert [*tables.table(authors, LIMITS, small=True)] == []
    short = ["1019000083", "1019000164", "1019000245"]
    rows = [["kode", "x"], *([number, "7"] for number in short)]
    assert [*tables.table(rows, LIMITS, small=True)] == found
    others = [["kode", "x"], *([f"{int(number) + 1}", "7"] for number in short)]
    assert [*tables.table(others, LIMITS, small=True)] == []


def test_a_share_in_per_cent_tells_a_count() -> None:
    rows = [["fylke", "antall", "andel %"], ["Oslo", "40", "10,00"], ["Os", "400", "50,00"]]
    told = [("count below 5 persons that a share tells", 1)]
    assert [*tables.table(rows, LIMITS, small=True)] == told
