"""Counts of which something else says what they are: a heading, an axis, a command, a unit behind.

And ids that lost their zeros, or lie close as running numbers do.
"""

import planted
import pytest

from naveval.disclosure.scan import charts, identities
from naveval.disclosure.scan.identities import Wanted
from naveval.disclosure.scan.readers import search
from naveval.disclosure.thresholds import thresholds

LIMITS = thresholds()
WANTED = Wanted(identities.ids(planted.IDS), LIMITS, frozenset())


def found(name: str, content: str | bytes) -> list[str]:
    raw = content.encode() if isinstance(content, str) else content
    kinds = [kind for kind, _ in search(name, raw, WANTED)]
    assert "unreadable file, cannot be checked" not in kinds  # an error is no finding
    return kinds


TOLD_ELSEWHERE = {
    "R below its command": ("a.log", "> table(d$jobb, d$dod)\n     0 1\n  0 203 2\n  1 198 0\n"),
    "one row of R": ("a.log", "> table(d$x)\n\n  aktiv   død \n    311     2 \n"),
    "R without titles": ("a.log", "\n      0   1\n  K 203   2\n  M 198  41\n"),
    "R in Markdown": ("a.md", "```\n> table(a, b)\n    0 1\n  K 88 2\n  M 90 0\n```\n"),
    "tibble": ("a.log", "  kommune     n\n  <chr>   <int>\n1 Hamar     101\n2 Tolga       3\n"),
    "heading of a page": (
        "a.html",
        "<h3>Antall ledige</h3><p>I alt.</p><table><tr><th>Kommune</th><th>2018</th></tr>"
        "<tr><td>Vardø</td><td>31</td></tr><tr><td>Vadsø</td><td>3</td></tr></table>",
    ),
    "name of a sheet": (
        "a.xlsx",
        planted.workbook([["Kommune", "2018"], ["Vardø", 31], ["Os", 3]], title="Antall ledige"),
    ),
    "neutral counter": ("a.log", "Counter({'job': 412, 'benefit': 120, 'dead': 2})"),
    "unit behind": ("a.log", "{'Oslo': 412, 'Troms': 3} persons per county"),
    "share of so many": ("a.csv", "gruppe,n,andel\nA,120,0.0250\n"),
    "share of so many beside others": ("a.csv", "gruppe,n,andel,alle\nA,120,0.0250,300\n"),
    "share of so many beside one more": ("a.csv", "gruppe,n,andel,alle\nA,120,0.0250,4760\n"),
    "per cent of so many": ("a.csv", "gruppe;deltakere;prosent i jobb\nA;80;2,5\n"),
    "share behind its base": ("a.html", "<p>Av kvinner (n = 80) kom 2,5 % i arbeid.</p>"),
    "axis of Plotly": (
        "a.html",
        '<script>Plotly.newPlot("a", [{x: ["Oslo", "Troms"], y: [412, 3]}], '
        '{yaxis: {title: {text: "Antall personer"}}})</script>',
    ),
    "axis of Vega": (
        "a.json",
        '{"mark": "bar", "encoding": {"y": {"field": "v", "title": "Antall ledige"}}, '
        '"data": {"values": [{"v": 211}, {"v": 3}]}}',
    ),
    "some in brackets": ("a.html", "<p>Et par av brukerne (2) ble sanksjonert.</p>"),
    "pieces": ("a.html", "<p>To stykker sluttet før tiden.</p>"),
    "those who did alone": ("a.log", "tre døde i oppfølgingstiden"),
    "named after a colon": ("a.png", planted.png((b"tEXt", b"x\0Antall ledige: Os 31, Tolga 3"))),
    "table of Typst": ("a.typ", "#table(columns: 2, [Kommune], [Antall ledige], [Tolga], [3])"),
    "author of a page": ("a.html", '<meta name="author" content="Ingvild Moen">'),
    "author of a text": ("a.md", "---\nauthor: Ingvild Moen\n---\nTekst\n"),
    "some of all got": ("a.html", "<p>Av 31 kvinner fikk fire avslag på søknaden.</p>"),
    "box of a figure": ("a.html", "<div><span>Antall deltakere</span><b>2</b></div>"),
    "columns described apart": (
        "a.html",
        '<script>$("#t").DataTable({data: [["Oslo", 412], ["Loppa", 3]], '
        'columns: [{title: "Kommune"}, {title: "Antall personer"}]})</script>',
    ),
    "figure of Typst": (
        "a.typ",
        "#figure(caption: [Antall ledige etter fylke], "
        "table(columns: 2, [Fylke], [2023], [Oslo], [412], [Troms], [3]))",
    ),
    "title below a heading": (
        "a.md",
        "## Antall ledige\n\nKilde.\n\n|A|2020|\n|-|-|\n|B|3|\n|C|9|\n",
    ),
    "groups by age": (
        "a.log",
        "\n       nei  ja\n18-24   31   2\n25-54  120  88\n55-66   44  12\n",
    ),
    "number that fell": ("a.html", "<p>Antallet ungdommer i Os er nede i 3.</p>"),
    "size alone": ("a.json", '{"legend": "N = 4"}'),
    "series of a count": (
        "a.log",
        "bydel\nFrogner   88\nSagene     3\nName: antall, dtype: int64\n",
    ),
    "mapping of the sexes": ("a.log", "{'K': 412, 'M': 3}"),
    "emphasis of one sign": ("a.md", "Bare _to_ deltakere fullførte.\n"),
    "letters of names": (
        "a.csv",
        "kjonn;fodselsaar;bosted;innsatsgruppe\nK;1971;3429;SIT\nM;1990;3401;STD\n",
    ),
}


@pytest.mark.parametrize(("name", "content"), TOLD_ELSEWHERE.values(), ids=TOLD_ELSEWHERE)
def test_counts_are_found_whatever_says_what_they_are(name: str, content: str | bytes) -> None:
    assert found(name, content)


PERSONS = {"title": {"text": "Antall personer"}}
CHARTS = {
    "y": ([{"yaxis": PERSONS, "traces": [{"x": [1, 2], "y": [412, 3, 1, 0, 5]}]}], 2),
    "x": ([{"x_axis": PERSONS, "bars": [{"x": [412, 3], "y": [2, 4]}]}], 1),
    "x of persons": ([{"xaxis": {"title": "Personer"}, "bars": [{"x": [412, 3], "y": [2]}]}], 1),
    "x of several": ([[{"x": [412, 3], "y": [2, 4]}], {"xaxis": {"title": "Antall ledige"}}], 1),
    "pairs": ([{"yAxis": PERSONS, "series": [{"data": [[1, 412], [2, 3], [3, 1]]}]}], 2),
    "no pairs": ([{"yAxis": PERSONS, "series": [{"data": [[4, 1, 412], [2, 3, 90]]}]}], 4),
    "field": ([{"encoding": {"y": {"field": "v", "title": "Personer"}}, "rows": [{"v": 2}]}], 1),
    "list of axes": ([{"yAxis": [PERSONS], "series": [{"data": [412, 3]}]}], 1),
    "label": ([{"ylabel": "Antall personer", "y": [412, 3]}], 1),
    "chart": ([{"layout": {"title": "Antall ledige per fylke"}, "data": [{"y": [412, 3]}]}], 1),
    "beside": ([{"title": "Antall ledige per fylke", "values": [412, 3]}], 1),
    "mark": ([{"mark": "bar", "title": "Antall ledige per fylke", "data": {"values": [9, 3]}}], 1),
    "name of a trace": ([{"layout": {}, "data": [{"name": "Personer", "y": [412, 3]}]}], 0),
    "title elsewhere": ([{"title": "Antall ledige per fylke", "steps": {"y": [412, 3]}}], 0),
    "shares": ([{"yaxis": {"title": "Andel personer"}, "y": [3, 2]}], 0),
    "fractions and truth": ([{"yaxis": PERSONS, "y": [2.5, True, None, "3"]}], 0),
    "other keys": ([{"yaxis": PERSONS, "x": [3, 2], "width": 4}], 0),
}


@pytest.mark.parametrize(("trees", "hits"), CHARTS.values(), ids=CHARTS)
def test_small_counts_along_axes_are_counted(trees: list[object], hits: int) -> None:
    assert sum(many for _, many in charts.counted(trees, LIMITS)) == hits


WHOM = (
    *("personer", "folk", "deltakere", "deltakarar", "arbeidssøkere", "søkjarar", "brukere"),
    *("mottakere", "lønnstakere", "individer", "arbeidsledige", "arbeidslause", "innbyggere"),
    *("klienter", "ansatte", "tilsette", "sysselsatte", "kandidater", "hoder", "respondenter"),
    *(
        "innvandrere",
        "flyktninger",
        "lærlinger",
        "elever",
        "pensjonister",
        "sykmeldte",
        "kvinner",
        "menn",
        "jenter",
        "gutter",
    ),
    *("ungdommer", "eldre", "uføre", "behandlede", "tilfeller", "registrerte", "observasjoner"),
    *("participants", "job seekers", "individuals", "unemployed", "clients", "claimants"),
    *("employees", "respondents", "patients", "women", "men", "boys", "girls", "cases"),
)


@pytest.mark.parametrize("whom", WHOM)
def test_few_of_whomever_are_found_in_a_sentence(whom: str) -> None:
    assert found("a.txt", f"I Vang: bare 3 {whom}.") == ["count below 5 persons in a sentence"]


LIKE_TOLD = {
    "css": ("a.css", ".a > table (x)\n  b 3\n"),
    "effects below a heading": (
        "a.html",
        "<h3>Antall ledige</h3><table><tr><th>Gruppe</th><th>Effekt</th></tr>"
        "<tr><td>A</td><td>3</td></tr><tr><td>B</td><td>2</td></tr></table>",
    ),
    "counter of files": ("a.log", "Counter({'.svg': 412, '.html': 63, '.pdf': 3})"),
    "mapping of settings": ("a.log", "{'trees': 500, 'depth': 3} settings"),
    "authors in how to cite": (
        "a.csv",
        "Slik siterer du siden: Navs brukere 2026;Versjon\nCathrine Kann;1\n2025;2\n",
    ),
    "shares that tell the count beside them": (
        "a.csv",
        "tiltak,percent,n,total\nAMO,20.0,5,25\nAFT,25.0,8,32\n",
    ),
    "shares of many": ("a.csv", "gruppe,n,andel\nA,120,0.0833\nB,20000,0.0001\n"),
    "published shares": ("a.csv", "gruppe,n,percent_printed\nA,67,6.0\n"),
    "means of a dummy": ("a.csv", "variable,status,value\nRegistrert ledige,Helt ledige,1.0\n"),
    "axis of shares": (
        "a.html",
        '<script>Plotly.newPlot("a", [{y: [3, 2]}], {yaxis: {title: "Andel ledige"}})</script>',
    ),
    "number of a group": ("a.html", "<p>Gruppe 2 fikk tiltak, og modell 3 fikk avslag.</p>"),
    "one of some": ("a.html", "<p>One in four job seekers took part.</p>"),
    "what a word means": ("a.html", "<p>Et par er to personer.</p>"),
}


@pytest.mark.parametrize(("name", "content"), LIKE_TOLD.values(), ids=LIKE_TOLD)
def test_what_looks_like_such_counts_is_left_alone(name: str, content: str) -> None:
    assert not found(name, content)


RUNNING = [str(number) for number in range(10_000_001, 10_020_001)]


def test_coordinates_are_no_ids_where_these_are_running_numbers() -> None:
    wanted = Wanted(identities.ids(RUNNING), LIMITS, frozenset())
    lines = "".join(f'<path d="M 10.0{k:05d} 66.37 L 41.400001 20.5"/>' for k in range(90))
    for moved in ("10.004731 66.370455", "100.12345 0", "13.700001 47.5"):
        picture = f'<g transform="translate({moved})">{lines}</g>'
        assert not [*search("a.svg", planted.svg(picture), wanted)]
    assert [*search("a.svg", planted.svg(f'<g id="p{RUNNING[17]}"/>'), wanted)]
    assert [*search("a.txt", b"person 10.000.018 er utelatt", wanted)]
    assert [*search("a.txt", b"person: 10 00 00 18", wanted)]
    assert not [*search("a.txt", b"040 0 100 0 0 50 1 100\n6 46 100 00 051 58 322", wanted)]


@pytest.mark.parametrize("lost", ["31847265", "31847265.0", "318472"])
def test_ids_that_lost_their_zeros_are_found(lost: str) -> None:
    known = [lost.partition(".")[0].zfill(10), "10048273", "20417735"]
    wanted = Wanted(identities.ids(known), LIMITS, frozenset())
    assert [*search("a.log", f"duplicate key {lost}".encode(), wanted)]
    crowd = " ".join(map(str, range(310_000, 330_000, 3)))
    assert not [*search("a.log", f"{crowd} 318473 3184726".encode(), wanted)]
