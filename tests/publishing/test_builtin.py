"""The builtin engine's HTML and tagged PDF."""

from collections import Counter

import contents
import pypdf
import pytest
from render_sample import make_sample

from naveval.project import paths
from naveval.project.errors import RenderError
from naveval.publishing import builtin, document, render
from naveval.publishing.audit import html


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = make_sample(tmp_path_factory.mktemp("builtin") / "result")
    render.render(made, engine="builtin")
    return made


@pytest.fixture(scope="module")
def page(folder):
    return html.read(folder / "report.html")


@pytest.fixture(scope="module")
def pdf(folder):
    return pypdf.PdfReader(folder / "report.pdf")


def roles(pdf):
    """Structure elements of a tagged PDF as (role, alternative text)."""
    found, stack = [], [pdf.trailer["/Root"]["/StructTreeRoot"]]
    while stack:
        node = stack.pop().get_object()
        if isinstance(node, list):
            stack.extend(node)
        elif isinstance(node, dict):
            if "/S" in node:
                found.append((str(node["/S"]), str(node.get("/Alt", ""))))
            if "/K" in node:
                stack.append(node["/K"])
    return found


def test_contents_are_numbered_and_linked(folder):
    found = contents.read_html(folder / "report.html")
    assert [text for _, text in found.headings] == [
        "1 Sammendrag",
        "2 Resultater",
        "2.1 Overgang til arbeid",
        "2.2 Nytte og kostnad",
        "3 Hva rapporten ikke sier",
        "4 Vedlegg",
        "Kilder",
        "5 Ord og mål",
    ]
    assert [caption for _, caption, _ in found.figures] == [
        "Figur\u00a01: Overgang til arbeid i Hedmark, 2014–2019",
        "Figur\u00a02: Netto nytte per tiltak",
    ]
    assert [caption.split(":")[0] for _, caption, _ in found.tables] == [
        "Tabell\u00a01",
        "Tabell\u00a02",
        "Tabell\u00a03",
    ]
    links = [pair for pair in found.references if pair[1][:4] in ("fig-", "tbl-", "sec-")]
    assert set(links) == {
        ("Tabell\u00a01", "tbl-1"),
        ("Figur\u00a01", "fig-4"),
        ("Figur\u00a02", "fig-5"),
        ("avsnitt 2", "sec-results"),
        ("Tabell\u00a03", "tbl-wide"),
    }


def test_page_stands_alone(page):
    assert all(tag["src"].startswith("data:") for tag in page.find_all("img"))
    assert not page.find_all("link", href=lambda link: link and not link.startswith("data:"))
    assert not page.find_all("script", src=True)


def test_page_structure(page):
    assert page.html["lang"] == "nb"
    assert len(page.find_all("h1")) == 1
    assert page.find("nav", id="TOC").find("a", href="#sec-results")
    assert page.body.find("a")["href"] == "#innhold"
    assert page.find("main", id="innhold")
    assert page.find("aside", class_="banner").get_text(strip=True) == "Simulerte registre"
    for region in page.find_all(class_="table-scroll"):
        assert region["tabindex"] == "0"
        assert region["aria-label"].startswith("Tabell: ")


def test_callouts_and_quotes(page):
    important = page.find(class_="box-important")
    assert important["role"] == "note"
    assert important.find(class_="box-title").get_text(strip=True) == "Hva tallene betyr"
    assert "«per deltaker»" in important.get_text()
    assert page.find(class_="box-warning").find(class_="box-title").get_text(strip=True) == (
        "Advarsel"
    )


def test_decimals_line_up(page):
    cells = page.find(id="tbl-2").find_all("td")
    texts = [cell.get_text() for cell in cells]
    assert texts[0] == "\u22120,25"
    assert texts[2] == "12\u2008\u2007\u2007"
    assert texts[3] == "1,5\u2007\u2007"
    assert texts[4] == "1\u202f234\u2008\u2007\u2007"


def test_stars_leave_decimals_in_line(tmp_path):
    table = "| Utfall | Virkning |\n| --- | --: |\n| Lønn | 1,25\\*\\* |\n| Timer | 0,5 |\n"
    filters, file = paths.report_dir() / "filters", tmp_path / "page.html"
    options = ["-t", "html5", "--lua-filter", str(filters / "report.lua"), "-o", str(file)]
    document.pandoc(["-f", document.READER, *options], table, cwd=tmp_path)
    texts = [cell.get_text() for cell in html.read(file).find_all("td")]
    assert texts == ["1,25**", "0,5\u2007\u2007\u2007"]


def test_pdf_is_tagged_with_language_and_title(pdf):
    root = pdf.trailer["/Root"]
    assert root["/Lang"] == "nb"
    assert root["/MarkInfo"]["/Marked"]
    assert pdf.metadata.title == "Samfunnsnytte av arbeidsmarkedstiltak"


def test_pdf_structure(pdf):
    found = roles(pdf)
    count = Counter(role for role, _ in found)
    alts = {alt for role, alt in found if role == "/Figure"}
    assert count["/Table"] == 3
    assert count["/TH"] >= 5 + 3 + 13
    assert count["/Caption"] >= 5
    assert any(alt.startswith("Linjediagram.") for alt in alts)
    assert any(alt.startswith("Søylediagram.") for alt in alts)


def test_pdf_answers_before_its_contents_and_has_running_header_and_notice_on_every_page(pdf):
    texts = [page.extract_text() for page in pdf.pages]
    pages = "\n".join(texts)
    assert 0 <= texts[0].index("Sammendrag") < pages.index("Innhold") < pages.index("2 Resultater")
    assert "Innhold" in texts[0] + texts[1]
    assert all("Simulerte registre" in text for text in texts)
    assert all("Samfunnsnytte av arbeidsmarkedstiltak – Hedmark" in text for text in texts[1:])
    assert f"Side 2 av {len(texts)}" in texts[1]


def test_wide_table_gets_a_landscape_page(tmp_path):
    from render_sample import wide_table

    wider = wide_table(18).replace("tbl-wide", "tbl-wider")
    folder = make_sample(tmp_path / "result", extra=wider)
    (file,) = render.render(folder, to=("pdf",), engine="builtin")
    widths = [page.mediabox.width for page in pypdf.PdfReader(file).pages]
    assert max(widths) > 800
    assert min(widths) < 600


def test_titles_that_may_break_keep_a_table_upright(tmp_path):
    def landscape_pages(title):
        head = "| Tiltak | " + " | ".join([title] * 8) + " |"
        rule = "|---|" + "--:|" * 8
        row = "| AFT | " + " | ".join(["12"] * 8) + " |"
        table = f"{head}\n{rule}\n{row}\n\n: Brede titler {{#tbl-titles}}\n"
        folder = make_sample(tmp_path / str(len(title)), extra=table)
        (file,) = render.render(folder, to=("pdf",), engine="builtin")
        return sum(page.mediabox.width > 800 for page in pypdf.PdfReader(file).pages)

    assert landscape_pages("Arbeidstreningen") == landscape_pages("Arbeids\u00adtreningen") + 1


def texts(markdown, work):
    file = builtin.to_pdf(markdown, {"title": "Prøve", "lang": "nb"}, work, paths.report_dir())
    return [page.extract_text() for page in pypdf.PdfReader(file).pages]


def test_a_section_does_not_begin_at_the_foot_of_a_page(tmp_path):
    def page_of_section(paragraphs):
        before = "Et avsnitt som tar plass.\n\n" * paragraphs
        found = texts(f"## Først\n\n{before}## Siste del\n\nNoen ord.\n", tmp_path)
        last = next(page for page in found if "Siste del" in page)
        return len(found), last.count("Et avsnitt som tar plass.")

    assert page_of_section(20) == (1, 20)
    assert page_of_section(28) == (2, 0)  # while four lines more would have had room


def test_a_long_list_of_words_takes_little_room(tmp_path):
    def listed(words):
        items = "\n\n".join(f"Ord{n}\n:   Hva ordet betyr her." for n in range(words))
        return texts(f"## Ord\n\n{items}\n", tmp_path)

    (page,) = listed(30)
    assert all(f"Ord{n}" in page for n in range(30))


def test_filter_refuses_what_the_checks_would_have_caught(tmp_path):
    for text, message in (
        ("Se @tbl-77.", "unresolved reference @tbl-77"),
        ("Se @sec-77.", "unresolved reference @sec-77"),
        ("![a](figures/x.png){#fig-1}", "fig-1: no alt text"),
    ):
        with pytest.raises(RenderError, match=message):
            builtin.to_html(text, {"title": "T", "lang": "nb"}, tmp_path, paths.report_dir())


def test_typst_message_is_told(tmp_path):
    text = '![a](figures/none.png){#fig-1 fig-alt="Viser noe"}'
    with pytest.raises(RenderError, match="typst: "):
        builtin.to_pdf(text, {"title": "T", "lang": "nb"}, tmp_path, paths.report_dir())


def test_a_full_disk_is_told_in_plain_words() -> None:
    with pytest.raises(RenderError, match=r"no room on the disk .* Make room") as raised:
        document.pandoc(["-t", "html", "-o", "/dev/full"], "# text")
    assert "CallStack" not in str(raised.value)
