"""The site: pages, menu, counties, evidence, errata, search; read and used in a browser."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from html import escape
from importlib.metadata import version
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import site_sample
import yaml
from bs4 import BeautifulSoup
from PIL import Image
from playwright.sync_api import Page
from pypdf import PdfReader

from naveval.disclosure.scan.folder import scan
from naveval.disclosure.thresholds import thresholds
from naveval.exhibits import claims
from naveval.project import catalogue, formats, paths, places
from naveval.project.errors import ParameterError, RenderError
from naveval.publishing import glossary, render
from naveval.publishing.audit import browser, html
from naveval.publishing.audit import folder as audit
from naveval.publishing.site import (
    answers,
    build,
    cards,
    charts,
    counties,
    county_rows,
    drawing,
    errata,
    evidence,
    frame,
    front,
    released,
    results,
    search,
    tiles,
)
from naveval.publishing.site import pages as site_pages

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """The site with the builtin engine from six small results."""
    out = tmp_path_factory.mktemp("ut æøå")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NAVEVAL_ROOT", str(ROOT))
        patch.setenv("NAVEVAL_OUT", str(out))
        for study in ("followup", "indicator"):
            for code in ("", "03", "34"):
                site_sample.make_result(out, study, code)
        site_sample.make_result(out, "hedmark", "04")
        site_sample.make_result(out, "hedmark", "05")
        index = build.build("builtin")
        yield SimpleNamespace(out=out, site=index.parent, found=results.collect())


def soup(file: Path) -> BeautifulSoup:
    return html.read(file)


def test_every_page_is_there_with_the_same_menu(built: SimpleNamespace) -> None:
    pages, text = sorted(built.site.glob("*.html")), site_pages.words()
    assert len(pages) == 29
    menus = {tuple(a["href"] for a in soup(page).select(".page-head nav a")) for page in pages}
    assert len(menus) == 1
    assert {f"{name}.html" for name in text["menu"]} == set(menus.pop())
    for page in pages:
        current = soup(page).select(".page-head [aria-current]")
        assert len(current) == (page.stem not in text["footer"])


def test_site_is_made_anew_when_what_it_shows_or_what_lies_there_changed(
    built: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAVEVAL_ROOT", str(ROOT))
    monkeypatch.setenv("NAVEVAL_OUT", str(built.out))
    page, steps = built.site / "om.html", list[str]()
    whole = page.read_bytes()

    def steps_of_a_build() -> list[str]:
        steps.clear()
        build.build("builtin", progress=steps.append)
        return steps

    assert steps_of_a_build() == []
    page.write_bytes(whole[:100])
    assert steps_of_a_build()
    assert page.read_bytes() == whole
    estimates = built.found[0].folder / "estimates.csv"
    before = estimates.read_bytes()
    estimates.write_bytes(before + before.splitlines(keepends=True)[-1])
    assert steps_of_a_build()
    estimates.write_bytes(before)
    assert steps_of_a_build()
    assert steps_of_a_build() == []


def test_site_passes_the_audit(built: SimpleNamespace) -> None:
    checks = tuple(set(audit.CHECKS) - {"axe", "pdf"})
    faults = [str(fault) for fault in audit.audit(built.site, checks=checks).faults]
    assert faults == []


def test_front_page_has_the_answer_and_a_chart_where_there_is_one(built: SimpleNamespace) -> None:
    page = soup(built.site / "index.html")
    cards = page.select(".card:not(.counties)")
    assert len(cards) == 4
    told = " ".join(cards[0].text.split())
    assert "Andelen er 12,5 prosent i hele landet. Det er mer enn ventet." in told
    assert "En tredje setning" not in cards[0].text
    assert "Simulerte registre" in cards[0].text
    assert "ikke laget ennå" in cards[2].text
    assert page.select_one(".banner")


@pytest.mark.parametrize("study", ["followup", "hedmark"])
def test_intervals_on_the_site_say_their_level(study: str) -> None:
    entry = site_pages.words()["studies"][study]
    texts = [entry["front"]["key"], *entry["county"]]
    told = [formats.field_names(text["text"]) for text in texts if "text" in text]
    apart = [names for names in told if any("_low" in name for name in names)]
    assert apart
    assert all(any("level" in name for name in names) for names in apart)


@pytest.mark.parametrize("study", ["followup", "hedmark"])
def test_names_of_lines_on_the_front_page_have_room_beside_their_chart(study: str) -> None:
    names = site_pages.words()["studies"][study]["front"]["chart"]["names"].values()
    assert max(map(len, names)) * drawing.LETTER + 8 <= drawing.RIGHT


def test_the_number_of_the_front_page_stands_beside_the_level_of_its_interval(
    built: SimpleNamespace, tmp_path: Path
) -> None:
    text = site_pages.words()
    made = {
        "followup": (
            {"label": "tbl-3", "value": "estimate", "outcome": "work", "horizon": "long"}
            | {"estimate": -0.0002, "ci_low": -0.0032, "ci_high": 0.0028},
            {"label": "tbl-3", "value": "level", "estimate": 0.9},
            "treffer i 90\xa0% av tilfellene",
        ),
        "hedmark": (
            {"label": "tbl-5", "value": "effect", "estimate": -11.3, "ci_low": -17.8}
            | {"ci_high": -6.6, "outcome": "stock", "group": "with", "model": "effect"},
            {"label": "tbl-5", "value": "exact_level", "estimate": 90}
            | {"outcome": "stock", "group": "with", "model": "effect"},
            "treffer i 90 % av tilfellene",
        ),
    }
    for study, (number, level, wanted) in made.items():
        pd.DataFrame([number, level]).to_csv(tmp_path / "estimates.csv", index=False)
        result = replace(results.main_result(built.found, study), folder=tmp_path)
        shown = cards.number(result, text)
        assert wanted in shown
        assert "mark-simulated" in shown, "the one of the answer may be out of sight"
        pd.DataFrame([number]).to_csv(tmp_path / "estimates.csv", index=False)
        os.utime(tmp_path / "estimates.csv", ns=(1, len(study)))
        assert cards.number(result, text) == ""  # no interval without its level


def test_the_county_that_a_study_is_about_gets_its_answer_word_for_word(
    built: SimpleNamespace,
) -> None:
    """With the reservation that follows it, on the page and on the sheet."""
    main = results.main_result(built.found, "hedmark")
    answer = " ".join(item.text for item in main.headlines)
    assert "Det er mer enn ventet." in answer
    text = site_pages.words()
    for code, wanted in (("34", True), ("11", False)):
        page = " ".join(soup(built.site / f"{counties.county_page(code)}.html").text.split())
        assert (answer in page) == wanted
        assert any(answer in str(part) for part in counties.told(code, main, text).parts) == wanted
    other = replace(main, slug="05-oppland")  # stands in for the study's own county
    assert not any(answer in str(part) for part in counties.told("34", other, text).parts)


def test_what_the_source_published_of_a_county_stands_under_its_own_mark(
    built: SimpleNamespace, tmp_path: Path
) -> None:
    text = site_pages.words()
    for code in ("31", "56"):
        page = soup(built.site / f"{counties.county_page(code)}.html")
        level = formats.number(7 + site_sample.county_number(code, 1), 2)
        (told,) = (part for part in page.select(".finding") if f"{level} timer i uka" in part.text)
        mark = told.find_previous(class_="mark")
        assert mark.text.strip() == text["marks"]["published"]
        assert "i noen av resultatene" in page.select_one(".banner").text
    main = results.main_result(built.found, "hedmark")
    both = (*main.headlines, results.Headline("Artikkelen fant færre.", simulated=False))
    told = counties.told("34", replace(main, headlines=both), text)
    assert ["Artikkelen fant færre." in part for part in told.printed] == [True]
    assert not any("Artikkelen" in str(part) for part in told.parts)
    sheet = counties.sheet("34", [replace(main, headlines=both)], text, tmp_path)
    assert sheet.index(text["marks"]["published"]) < sheet.index("Artikkelen fant færre.")


def test_a_sheet_asks_of_a_study_what_its_county_page_asks(
    built: SimpleNamespace, tmp_path: Path
) -> None:
    main, text = results.main_result(built.found, "hedmark"), site_pages.words()
    assert "ingen ny praksis ble innført" in counties.sheet("31", [main], text, tmp_path)
    assert "ingen ny praksis ble innført" not in counties.sheet("34", [main], text, tmp_path)


def test_what_may_be_closed_on_the_front_page_comes_after_the_answer(
    built: SimpleNamespace,
) -> None:
    main, text = results.main_result(built.found, "hedmark"), site_pages.words()
    told = (
        "Det ble færre. Det er usikkert. Dette er en tredje setning.",
        "Et avsnitt til.",
        f"{text['index']['reservation']} Noen kan være glemt. Det endrer svaret.",
    )
    given = replace(main, headlines=tuple(results.Headline(one, simulated=True) for one in told))
    shown, rest = answers.card(given, text)
    assert "Det er usikkert." in shown
    assert "Noen kan være glemt. Det endrer svaret." in shown, "a reservation is never closed"
    assert "tredje" not in shown
    assert "Dette er en tredje setning.\n\nEt avsnitt til." in rest
    assert all(one.split()[-1] in answers.findings(given, text) for one in told)
    printed = tuple(replace(one, simulated=False, printed=True) for one in given.headlines)
    shown, rest = answers.card(replace(given, headlines=printed), text)
    assert rest == ""
    assert "tredje" in shown
    worked_out = tuple(replace(one, simulated=False) for one in given.headlines)
    shown, rest = answers.card(replace(given, headlines=worked_out), text)
    assert "tredje" in shown, "the whole paragraph, with the reservations in it"
    assert "Et avsnitt til." in rest
    page = soup(built.site / "index.html")
    assert page.select(".card details.rest")
    assert not page.select(".card details.rest[open]")
    assert not page.select("details.rest .key-figure")


def test_the_annex_is_a_link_where_findings_name_it(built: SimpleNamespace) -> None:
    main, text = results.main_result(built.found, "hedmark"), site_pages.words()
    told = (results.Headline("Vi prøver det i vedlegget.", simulated=True),)
    bare = replace(main, headlines=told, files=("report.html",))
    assert "](" not in answers.findings(bare, text).split("i vedlegget")[1]
    with_annex = replace(bare, files=("report.html", "annex.html"))
    wanted = f"[vedlegget]({main.address}/annex.html)"
    assert wanted in answers.findings(with_annex, text)
    page = site_pages.county("34", [with_annex], text)
    assert wanted in page.markdown, "on the county's page too"


def test_tile_map_is_a_list_of_all_counties_with_their_own_numbers(built: SimpleNamespace) -> None:
    for name in ("index", "fylker"):
        links = soup(built.site / f"{name}.html").select(".tile-map li a")
        assert [a["href"] for a in links] == [
            f"{counties.county_page(code)}.html" for code in places.codes(2024)
        ]
        for code, tile in zip(places.codes(2024), links, strict=True):
            wanted = formats.FORMATS["num2_s"](site_sample.county_number(code, 1))
            assert tile.select_one(".tile-value").text.removesuffix("*") == f"sim. {wanted}"
            level = formats.FORMATS["num2"](7 + site_sample.county_number(code, 1))
            assert tile.select_one(".tile-level").text == level, "what the source prints"
            assert tile.text.index(level) < tile.text.index(wanted), "and it stands first"


def test_tiles_are_marked_where_the_number_differs_from_zero_beyond_chance(
    built: SimpleNamespace,
) -> None:
    spec = site_pages.words()["tiles"]["shown"]
    rows = pd.DataFrame(
        {
            "label": spec["label"],
            "value": spec["value"],
            "month": "2024-06",
            "county": ["03", "46", "50"],
            "estimate": [0.4, 0.2, np.nan],
            "ci_low": [0.2, 0.01, np.nan],
            "ci_high": [0.6, 0.39, np.nan],
        }
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(released, "rows", lambda *_: rows.assign(std_error=0.1))
        page = tiles.tiles(built.found, site_pages.words())
    found = BeautifulSoup(page, "html.parser").select(".tile-value")
    shown = {tile.find_parent("a")["href"]: tile.text for tile in found if tile.text}
    assert shown == {"fylke-03-oslo.html": "sim. +0,40*", "fylke-46-vestland.html": "sim. +0,20"}
    assert "1 av 2 har stjerne" in " ".join(page.split())
    unsure = {tile.text for tile in found if "unsure" in tile["class"] and tile.text}
    assert unsure == {"sim. +0,20"}


def test_a_sheet_leaves_a_chart_out_before_its_words_are_too_small(tmp_path: Path) -> None:
    parts = []
    for name in ("Første", "Andre"):
        drawn = charts.Chart(f"Figur {name}", "Alt", "<svg></svg>", "<svg></svg>", (), ())
        parts += counties.as_sheet((f"{name} setning.", drawn), tmp_path)
    made = list(counties.sheets("\n\n".join(parts)))
    widths = len(counties.SHEET_WIDTHS)
    assert [text.count("#grid") for text in made] == [2] * widths + [1] * widths + [0] * widths
    assert all("Første setning." in text and "Andre setning." in text for text in made)
    fewer = made[widths]
    assert "Figur Første" not in fewer
    assert "Figur Andre" in fewer
    narrowest = min(float(width.removesuffix("cm")) for width in counties.SHEET_WIDTHS)
    points = 13 * narrowest / 2.54 * 72 / drawing.WIDTH
    assert points > 5


def test_sheets_say_that_registers_of_several_sizes_cannot_be_added(
    built: SimpleNamespace, tmp_path: Path
) -> None:
    text = site_pages.words()
    mains = [results.main_result(built.found, name) for name in ("followup", "indicator")]
    mixed = [replace(mains[0], scale=0.2), mains[1]]
    assert "ikke legges sammen" in counties.sheet("56", mixed, text, tmp_path)
    assert "ikke legges sammen" not in counties.sheet("55", mains, text, tmp_path)


def test_numbers_of_twelve_months_say_which(built: SimpleNamespace) -> None:
    for name in ("index", "fylker", "fylke-56-finnmark"):
        told = " ".join(soup(built.site / f"{name}.html").select_one("main").text.split())
        assert "fra januar 2023 til desember 2023" in told.replace("Fra", "fra"), name
    sheet = PdfReader(built.site / counties.sheet_file("56", built.found)).pages[0].extract_text()
    assert "Fra januar 2023 til desember 2023" in " ".join(sheet.split())


def test_each_headline_says_what_it_rests_on(built: SimpleNamespace, tmp_path: Path) -> None:
    text = site_pages.words()
    kept = {
        "2": {"text": "To *a*.", "origin": "published"},
        "1": {"text": "Én.", "origin": "simulated"},
        "10": {"text": "Ti.", "origin": "published"},
        "11": {"text": "Tre.", "origin": "computed"},
    }
    (tmp_path / "headlines.json").write_text(json.dumps(kept))
    found = results.headlines(tmp_path)
    told = [("To *a*.", False), ("Ti.", False), ("Tre.", False), ("Én.", True)]
    assert [(item.text, item.simulated) for item in found] == told, "the world before what is made"
    assert [item.printed for item in found] == [True, True, False, False]
    small = replace(results.collect(["followup"])[0], simulated=True, scale=0.05)
    assert "i 5\xa0% av full størrelse" in results.mark(small, text["marks"])
    assert "størrelse" not in results.mark(replace(small, scale=1.0), text["marks"])
    result = replace(results.collect(["followup"])[0], headlines=found)
    shown = answers.findings(result, text)
    parts = [
        text["marks"]["published"],
        "To \\*a\\*.",
        text["marks"]["computed"],
        "Tre.",
        results.mark(result, text["marks"], simulated=True),
        "Én.",
    ]
    assert sorted(parts, key=shown.index) == parts
    assert "To \\*a\\*.\n\nTi." in shown, "a paragraph each"
    assert site_pages.banner([result], text)[0].startswith("Simulerte registre i noen")
    only = replace(result, headlines=found[:3])
    assert site_pages.banner([only], text) == ("", False)


def test_a_county_that_stands_in_for_the_country_is_named(built: SimpleNamespace) -> None:
    text = site_pages.words()
    own = [result for result in results.collect(["followup"]) if result.county == "34"]
    assert answers.about(own[0], text).endswith("Dette gjelder Innlandet.")
    for page in (front.front(own, text), site_pages.study("followup", own, text, "")):
        assert "Dette gjelder Innlandet." in page.markdown
    whole = results.collect(["followup"])
    assert "Dette gjelder" not in front.front(whole, text).markdown


def test_numbers_of_headlines_are_those_of_their_result(built: SimpleNamespace) -> None:
    page = built.site / "index.html"
    checked = audit.audit(built.site, checks=("numbers",))
    assert checked.faults == ()
    original = page.read_text(encoding="utf-8")
    page.write_text(original.replace("12,5 prosent", "12,6 prosent", 1), encoding="utf-8")
    faults = [str(fault) for fault in audit.audit(built.site, checks=("numbers",)).faults]
    page.write_text(original, encoding="utf-8")
    assert len(faults) == 1
    assert "«12,6»" in faults[0]


def test_county_page_has_all_studies_and_the_counties_of_2014(built: SimpleNamespace) -> None:
    page = soup(built.site / "fylke-34-innlandet.html")
    links = [str(a["href"]) for a in page.select(".downloads a")]
    for folder in ("followup/34-innlandet", "hedmark/04-hedmark", "hedmark/05-oppland"):
        assert f"{folder}/report.html" in links
    assert "ark/34-innlandet-simulert.pdf" in links
    assert "Dagens Innlandet var da Hedmark og Oppland" in page.text
    findings = [element.text for element in page.select(".finding")]
    assert any("arbeidsstyrken i Hedmark" in text for text in findings)
    assert any("arbeidsstyrken i Oppland" in text for text in findings)


def test_every_county_has_its_own_numbers_and_not_the_countrys(built: SimpleNamespace) -> None:
    percent, hours = (formats.FORMATS[name] for name in ("share1", "num2_s"))
    for code in places.codes(2024):
        page = soup(built.site / f"{counties.county_page(code)}.html")
        told = " ".join(element.text for element in page.select(".finding"))
        assert percent(site_sample.county_number(code)) in told
        assert hours(site_sample.county_number(code, 1)) in told
        if code not in ("03", "34"):  # these have reports of their own
            assert "12,5" not in page.select_one("main").text
            assert "ikke laget" not in page.text
        others = set(places.codes(2024)) - {code}
        assert not any(hours(site_sample.county_number(other, 1)) in told for other in others)
        assert len(PdfReader(built.site / counties.sheet_file(code, built.found)).pages) == 1


def test_the_numbers_of_a_county_page_can_be_taken_away(built: SimpleNamespace) -> None:
    name = "ark/34-innlandet-simulert.csv"
    links = soup(built.site / "fylke-34-innlandet.html").select(".downloads a")
    assert name in [link["href"] for link in links]
    rows = pd.read_csv(built.site / name, dtype={"county": str})
    kept = ["study", "label", "county", "estimate", "ci_low", "ci_high", "unit", "origin"]
    assert set(kept) <= set(rows)
    assert set(rows["county"].dropna()) == {"34", "04", "05"}
    assert set(rows["place"]) >= {"Innlandet", "Hedmark", "Oppland"}
    assert set(rows.loc[rows["county"].isna(), "place"]) <= {"Hele landet"}
    assert site_sample.county_number("34") in set(rows["estimate"])
    assert rows["n_persons"].dropna().ge(thresholds().min_cell).all()
    assert scan(built.site, files=[built.site / name]) == []
    printed = rows[rows["origin"] == "printed"]
    assert set(rows["origin"]) == {"simulated", "printed"}
    assert list(printed["estimate"]) == [7 + site_sample.county_number("34", 1)], "not the run's 99"
    assert not rows["estimate"].eq(99.0).any()
    assert "published" not in rows
    excel = built.site / "ark/34-innlandet-simulert.excel.csv"
    assert f"ark/{excel.name}" in [link["href"] for link in links]
    assert excel.read_bytes().startswith("\ufeff".encode()), "or Excel reads æ as Ã¦"
    same = pd.read_csv(excel, sep=";", decimal=",", dtype={"county": str}, encoding="utf-8-sig")
    pd.testing.assert_frame_equal(same, rows)
    assert "ark/ordbok.csv" in [link["href"] for link in links]
    told = pd.read_csv(built.site / "ark/ordbok.csv")
    for study, own in rows.groupby("study"):
        filled = {column for column in rows if own[column].notna().any()}
        of_study = told[told["study"] == study]
        assert filled <= set(of_study.loc[of_study["code"].isna(), "column"])
        assert set(own["value"]) <= set(of_study.loc[of_study["column"] == "value", "code"])
    assert told["meaning"].notna().all()


def test_a_county_page_names_the_figures_and_tables_its_numbers_stand_in(tmp_path: Path) -> None:
    (folder,) = [site_sample.make_result(tmp_path, "indicator", "")]
    told = {"label": "Figur 8. Fylkene", "source": "fig-11"}
    (folder / "data/figur-8.json").write_text(json.dumps(told), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NAVEVAL_OUT", str(tmp_path))
        page = site_pages.county("34", results.collect(["indicator"]), site_pages.words())
    assert (
        "Noen av dem står i [Figur 8](indicator/hele-landet/report.html#fig-11)." in page.markdown
    )


def test_small_counts_do_not_stand_in_the_numbers_of_a_county(
    built: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = site_pages.words()
    mains = [one for one in built.found if one.county == "" or one.study == "hedmark"][:2]
    shown = counties.shown("34", mains[0], text)
    wanted, by_county = next(iter(shown))
    few = by_county["34"].assign(n_persons=0.0)
    monkeypatch.setattr(counties, "shown", lambda *_: [(wanted, {"34": few})])
    assert county_rows.table("34", mains[:1], text)["n_persons"].isna().all()


def test_programmes_of_a_county_are_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAVEVAL_OUT", str(tmp_path))
    site_sample.make_result(tmp_path, "programs", "")
    (result,) = results.collect(["programs"])
    for code in places.codes(places.CURRENT_YEAR):
        started, about, chart = counties.told(code, result, site_pages.words()).parts
        words = " ".join(started.split())
        assert f"begynte {int(code)} prosent på tiltak innen et halvt år" in words
        assert f"{int(code) + 2} prosent innen to år" in words
        assert places.name(code) in about
        assert chart.rows == (("AFT", str(int(code) + 30)),), "hidden programmes are not drawn"
        assert chart.note.startswith("Ikke tegnet, fordi tallet er skjult"), "and are named"


def test_effects_are_drawn_with_their_intervals(tmp_path: Path) -> None:
    own = {"label": "fig-6-3", "value": "earnings", "year": "2"}
    pd.DataFrame(
        [
            own | {"arm": "AFT", "estimate": -4e3, "ci_low": -9e3, "ci_high": 1e3, "p_value": 0.1},
            own | {"arm": "AMO", "estimate": 8e3, "ci_low": 2e3, "ci_high": 14e3, "p_value": 0.01},
            own | {"arm": "IPS", "estimate": 5e3, "ci_low": 1e3, "ci_high": 9e3, "p_value": 0.04},
            own | {"arm": "Jobbklubb", "estimate": np.nan},
        ]
    ).to_csv(tmp_path / "estimates.csv", index=False)
    result = results.Result("programs", "hele-landet", "", tmp_path, "T", "", "", "", True)
    text = site_pages.words()
    made = cards.choices(result, text["studies"]["programs"]["choices"], text)
    figures = BeautifulSoup(made, "html.parser").select("figure")
    assert [f.select_one("figcaption").text[:13] for f in figures] == ["Lønn i år 2, "]
    cells = [[c.text for c in row.select("th, td")] for row in figures[0].select("tr")]
    assert cells == [
        ["Hva", "Simulert", "Fra", "Til", "Sikkert når alle prøves samlet"],
        ["AMO", "+8", "+2", "+14", "Ja"],
        ["IPS", "+5", "+1", "+9", "Nei"],
        ["AFT", "−4", "−9", "+1", "Nei"],
    ]
    assert figures[0].select_one(".note").text.endswith("for få personer: Jobbklubb.")
    open_bars = ["open" in bar["class"] for bar in figures[0].select(".chart:not(.phone) .bar")]
    assert open_bars == [False, True, True], "an interval off zero is not enough"
    zero, *_ = (float(line["x1"]) for line in figures[0].select(".chart:not(.phone) .zero"))
    ranges = [
        [float(x) for x in re.findall(r"[MH]([\d.]+)", path["d"])]
        for path in figures[0].select(".chart:not(.phone) .range")
    ]
    assert ranges[0][0] > zero
    assert ranges[2][0] < zero < ranges[2][1]
    assert text["marks"]["simulated"] in made


def test_charts_for_phones_have_room_for_their_names_and_numbers() -> None:
    shown = {"Arbeidsrettet rehabilitering": -376.0, "Midlertidig lønnstilskudd": 1118.0}
    ends = {name: (value - 300, value + 300) for name, value in shown.items()}
    lines = [drawing.Line("Kontrollgruppen", (1.0, 2.0)), drawing.Line("Hedmark", (2.0, 1.0))]
    for svg in (
        drawing.bars(shown, alt="A", form="int", ends=ends, narrow=True),
        drawing.lines(["201701", "201702"], lines, alt="A", form="num1", narrow=True),
    ):
        made = BeautifulSoup(svg, "html.parser")
        assert "phone" in made.svg["class"]
        width = float(made.svg["viewbox"].split()[2])
        for text in made.select("text"):
            before = {"end": 1.0, "middle": 0.5, "start": 0.0}[text.get("text-anchor", "start")]
            start = float(text["x"]) - before * drawing.LETTER * len(text.text)
            assert start > -2
            assert start + drawing.LETTER * len(text.text) < width + 2, text.text


def test_the_number_of_a_bar_is_not_taken_for_that_of_its_mark() -> None:
    shown, beside = {"AFT": 35.0, "AMO": 47.0, "IPS": None}, {"AFT": 45.0, "IPS": 20.0}
    how = {"alt": "A", "form": "num0", "beside": beside, "keys": ("Trykt", "Simulert")}
    wide = BeautifulSoup(drawing.bars(shown, **how), "html.parser")
    zero, own = float(wide.select_one(".zero")["x1"]), wide.select(".own")
    assert [one.text for one in own] == ["35", "47"]
    assert all(float(one["x"]) < zero for one in own), "it stands by the name"
    assert [text.text for text in wide.select("text")] == (
        ["Trykt", "Simulert", "AFT", "35", "AMO", "47", "IPS"]
    )
    assert len(wide.select("rect.bar")) == 1 + 2
    marks = [float(mark["d"][1:].split()[0]) for mark in wide.select("path.beside")[1:]]
    ends = [float(bar["x"]) + float(bar["width"]) for bar in wide.select("rect.bar")[1:]]
    scale = (ends[0] - zero) / 35
    assert [(at + 5.5 - zero) / scale for at in marks] == pytest.approx([45, 20], rel=0.01)
    narrow = BeautifulSoup(drawing.bars(shown, narrow=True, **how), "html.parser")
    assert [name.text for name in narrow.select(".name")] == ["AFT 35", "AMO 47", "IPS"]


def test_the_country_stands_beside_its_counties(tmp_path: Path) -> None:
    own = {"label": "tbl-county-programs", "value": "percent", "program": "AMO"}
    started = {"label": "tbl-counties", "value": "percent", "county": "34", "estimate": 10.0}
    every = {"label": "tbl-4-3", "value": "percent", "characteristic": "all", "category": "all"}
    rows = [started | {"month": month, "n_persons": 50} for month in ("6", "12", "24")]
    rows += [
        every | {"month": month, "estimate": 11.4, "published": printed}
        for month, printed in (("6", 9), ("12", 13), ("24", 19))
    ]
    rows += [own | {"county": "34", "estimate": 17.0, "n_persons": 50}]
    rows += [own | {"label": "tbl-country-programs", "estimate": 21.0, "n_persons": 900}]
    pd.DataFrame(rows).to_csv(tmp_path / "estimates.csv", index=False)
    result = results.Result("programs", "hele-landet", "", tmp_path, "T", "", "", "", True)
    text = site_pages.words()
    *told, chart = counties.told("34", result, text).parts
    words = " ".join(" ".join(told).split())
    assert "I hele landet var det 11, 11 og 11 prosent i registrene her, og 9, 13 og 19" in words
    assert "(trykt i kilden, tabell 4-3)" in words
    assert chart.head[-1] == text["charts"]["country-simulated"]
    assert chart.rows == (("AMO", "17", "21"),)
    taken = county_rows.table("34", [result], text)
    whole = taken[taken["place"] == text["counties"]["whole"]]
    assert set(whole["label"]) == {"tbl-4-3", "tbl-country-programs"}
    assert set(whole["county"]) == {""}
    without = [row for row in rows if row["label"] not in ("tbl-4-3", "tbl-country-programs")]
    pd.DataFrame(without).to_csv(tmp_path / "estimates.csv", index=False)
    os.utime(tmp_path / "estimates.csv", ns=(1, 1))
    *told, chart = counties.told("34", result, text).parts
    assert "hele landet var det" not in " ".join(told), "silent where a number is missing"
    assert chart.rows == (("AMO", "17"),)


def test_the_line_at_zero_is_broken_where_a_phone_has_the_names_of_bars() -> None:
    shown = {"Arbeidsrettet rehabilitering": -376.0, "Midlertidig lønnstilskudd": 1118.0}
    made = BeautifulSoup(drawing.bars(shown, alt="A", form="int", narrow=True), "html.parser")
    line = made.select_one(".zero")
    dash, gap = (float(part) for part in line["stroke-dasharray"].split())
    bars = [float(bar["y"]) for bar in made.select("rect")]
    for place, name in enumerate(made.select(".name")):
        start = float(line["y1"]) + place * (dash + gap)
        assert start == bars[place]
        assert start - gap < float(name["y"]) - 10, "a name stands in the gap above its bar"
        assert bars[place] - float(name["y"]) > 5, "with room for the letters below the line"
    wide = BeautifulSoup(drawing.bars(shown, alt="A", form="int"), "html.parser")
    assert not wide.select_one(".zero").has_attr("stroke-dasharray")


def test_counts_of_participants_stand_beside_the_published_and_apart_from_the_samples(
    tmp_path: Path,
) -> None:
    own = {"label": "tbl-b-2", "value": "n"}
    years = {"Arbeidstrening": 1696, "Avklaring": 1037, "AFT": 911, "AMO": 837, "IPS": 117}
    pd.DataFrame(
        [
            own | {"program": "AMO", "estimate": 1527, "published": 36249},
            own | {"program": "AFT", "estimate": 475, "published": 12535},
            {"label": "tbl-flow", "value": "n", "step": "sample", "estimate": 2773},
            {"label": "tbl-waiting", "value": "months", "status": "all", "estimate": 8.06}
            | {"n_persons": 8315},
            {"label": "tbl-any-program", "value": "n", "year": "2022", "estimate": 4100},
            *(
                {"label": "fig-4-9", "value": "months", "year": "2022", "program": program}
                | {"estimate": 10 * n, "n_persons": n}
                for program, n in years.items()
            ),
        ]
    ).to_csv(tmp_path / "estimates.csv", index=False)
    result = results.Result("programs", "hele-landet", "", tmp_path, "T", "", "", "", True)
    text = site_pages.words()
    made = cards.facts(result, text["studies"]["programs"]["facts"], text).replace("\n", " ")
    _, counts, sample, *_ = re.split("### (?=Hvor mange deltar|Antall personer bak)", made)
    assert f"{formats.number(1527)} personer" in counts
    assert f"{formats.number(36249)} virkelige personer hadde AMO" in counts
    assert counts.index(formats.number(36249)) < counts.index(formats.number(1527)), "real first"
    drawn = BeautifulSoup(counts, "html.parser").select_one(".chart:not(.phone)")
    assert formats.number(12535) in drawn.text, "the bars are the source's numbers"
    assert formats.number(475) not in drawn.text, "counts of smaller registers have another scale"
    assert formats.number(475) in counts, "the chart has every programme"
    assert "januar 2016 til oktober 2019" in counts, "the period of the numbers"
    year = BeautifulSoup(made.split("### Hvor mange er på tiltak i et år")[1], "html.parser")
    rows = [[c.text for c in row.select("th, td")] for row in year.select_one("table").select("tr")]
    assert dict(rows[1:]) == {name: formats.number(n) for name, n in years.items()}, "persons"
    assert f"{formats.number(4100)} personer i registrene her på minst ett tiltak" in made
    told = made.split("Av enkelttiltakene var det ")[1].split(". Søylene")[0]
    most = [told.find(f"{formats.number(n)} på") for n in sorted(years.values(), reverse=True)]
    assert most[:4] == sorted(most[:4]), "the one with most first, whichever it is"
    assert min(most[:4]) == 0
    assert most[4] == -1
    assert "bare en del av dem som deltok" in sample
    assert "De som ikke begynner da, er ikke med" in made, "waiting times say whom they leave out"


def test_who_takes_part_in_a_programme_is_told_for_each_beside_what_was_printed(
    tmp_path: Path,
) -> None:
    own = {"value": "treated", "category": "woman"}
    shares = {"woman": 43.2, "20_29": 27.3, "0": 51.5, "higher": 18.9}
    rows = [
        own | {"label": "tbl-b-4", "arm": "AMO", "category": category, "estimate": share}
        for category, share in shares.items()
    ]
    rows = [row | {"published": round(row["estimate"]) + 4} for row in rows]
    rows += [own | {"label": "tbl-b-6", "arm": "Utdanning", "estimate": 61.0, "published": 58}]
    rows = [row | {"n_persons": 50 if row["arm"] == "Utdanning" else 220} for row in rows]
    pd.DataFrame(rows).to_csv(tmp_path / "estimates.csv", index=False)
    result = results.Result("programs", "hele-landet", "", tmp_path, "T", "", "", "", True)
    text = site_pages.words()
    made = cards.facts(result, text["studies"]["programs"]["facts"], text).replace("\n", " ")
    assert "er 47 prosent kvinner, 31 prosent i tjueårene" in made
    assert "I registrene her er det 43, 27, 52 og 19 prosent." in made
    assert made.index("47 prosent kvinner") < made.index("det 43, 27"), "real numbers first"
    menu = BeautifulSoup(made, "html.parser").select_one("[data-choices]")
    assert menu is not None
    women = [
        [c.text for c in row.select("th, td")] for row in menu.select("figure")[0].select("tr")
    ]
    first = menu.select("figure")[0]
    assert women == [
        ["Hva", "Publisert", "Simulert"],
        ["Utdanning", "58", "61"],
        ["AMO", "47", "43"],
    ]
    picture = first.select_one(".chart:not(.phone)")
    keys = [key.text for key in picture.select(".key")]
    assert keys == [text["charts"]["key-published"], text["charts"]["key-simulated"]]
    lengths = [float(bar["width"]) for bar in picture.select("rect.bar")[1:]]
    assert lengths[0] / lengths[1] == pytest.approx(58 / 47, rel=0.01), "bars are what is printed"
    assert len(picture.select("path.beside")) == 1 + 2, "and the simulated are marks"
    assert first.select_one("figcaption").text.endswith(text["charts"]["of-source"])
    assert len(menu.select("figure")) == len(shares)
    assert "nærmeste ti: Utdanning 50, AMO 220." in menu.select_one(".note").text


def test_the_order_of_net_benefits_is_not_told_without_its_reservation(tmp_path: Path) -> None:
    own = {"label": "tbl-uncertainty", "value": "net_benefit"}
    pd.DataFrame(
        [own | {"program": "AMO", "estimate": 377e3}, own | {"program": "AFT", "estimate": -439e3}]
    ).to_csv(tmp_path / "estimates.csv", index=False)
    result = results.Result("programs", "hele-landet", "", tmp_path, "T", "", "", "", True)
    text = site_pages.words()
    entry = text["studies"]["programs"]
    for spec in (entry["front"]["chart"], entry["sliders"]["chart"]):
        made = cards.chart(result, spec, text)
        assert made
        said = (paths.texts_dir("programs") / "summary.yml").read_text(encoding="utf-8")
        order = made.note[made.note.index("Tiltakene er for") :]
        assert order in yaml.safe_load(said)["answer-not"]
        assert "lønnstilskudd regnes hele lønnsøkningen som verdiskaping" in made.note
        assert escape(made.note) in charts.figure(made, text)


def test_what_the_source_prints_stands_beside_what_is_worked_out_of_it(tmp_path: Path) -> None:
    subsidy = "Midlertidig lønnstilskudd"
    price = {"label": "tbl-price", "program": "AMO"}
    checked = {"label": "tbl-reconciliation", "value": "computed", "subject": subsidy}
    net = {"program": subsidy, "value": "net_benefit", "estimate": 1117666.2}
    pd.DataFrame(
        [
            *(
                price | {"value": value, "program": program, "estimate": 10000}
                for value in ("monthly_budget_cost", "cost_month")
                for program in ("AMO", "AFT")
            ),
            checked
            | {"where": "tbl-7-2", "cell": "monthly_budget_cost"}
            | {"estimate": 24335, "published": 24300},
            checked
            | {"where": "text", "cell": "wage_subsidy_per_month"}
            | {"estimate": 23411, "published": 23400},
            {"label": "tbl-7-2", "value": "total", "program": subsidy}
            | {"estimate": 37133, "published": 7300},
            price | {"program": subsidy, "value": "cost", "estimate": 39585.5},
            net | {"label": "tbl-uncertainty", "ci_low": 8e5, "ci_high": 1.4e6},
            net | {"label": "tbl-7-6", "published": 1117000},
            net | {"label": "tbl-7-6", "program": "AMO", "estimate": 377221, "published": 377000},
        ]
    ).to_csv(tmp_path / "estimates.csv", index=False)
    result = results.Result("programs", "hele-landet", "", tmp_path, "T", "", "", "", True)
    text = site_pages.words()
    entry = text["studies"]["programs"]
    made = " ".join(cards.facts(result, entry["facts"], text).split())
    shown = {
        n: f"{n:,}".replace(",", " ") for n in (24335, 24300, 23400, 7300, 37133, 39586, 1117000)
    }
    assert f"{shown[24335]} kr her, mens kilden har {shown[24300]} kr" in made
    assert f"og {shown[23400]} kr for lønnstilskuddet alene" in made
    assert f"har {shown[7300]} kr for en hel deltakelse med lønnstilskudd" in made
    assert f"blir samme post {shown[37133]} kr" in made
    assert f"i tillegg {shown[39586]} kr" in made
    for spec in (entry["front"]["chart"], entry["sliders"]["chart"]):
        chart = cards.chart(result, spec, text)
        assert chart
        note = " ".join(chart.note.split())
        seen = charts.figure(replace(chart, see=("For", "annex.html#tbl-7-6")), text)
        assert '<a href="annex.html#tbl-7-6">For</a> midlertidig' in seen
        assert f"For midlertidig lønnstilskudd ({shown[1117000]} kr) trykker den" in note, "not AMO"


def test_numbers_asked_for_stand_on_the_studys_page_with_the_way_to_them(tmp_path: Path) -> None:
    own = {"label": "tbl-waiting", "value": "months"}
    pd.DataFrame(
        [
            own | {"status": "all", "estimate": 8.06, "n_persons": 8315},
            own | {"status": "sick", "estimate": 11.5, "n_persons": 452},
            {"label": "fig-4-4", "value": "percent", "status": "standard", "estimate": np.nan},
        ]
    ).to_csv(tmp_path / "estimates.csv", index=False)
    (tmp_path / "data").mkdir()
    for number, label in (("Tabell V3", "tbl-other"), ("Tabell 3", "tbl-waiting")):
        file = tmp_path / "data" / f"{label}.json"
        file.write_text(json.dumps({"label": f"{number}. Om noe", "source": label}))
    files = tuple(f"data/{file.name}" for file in (tmp_path / "data").iterdir())
    result = results.Result(
        "programs", "hele-landet", "", tmp_path, "T", "", "", "", True, files=files
    )
    text = site_pages.words()
    made = cards.facts(result, text["studies"]["programs"]["facts"], text)
    assert made.count("### ") == 1, "what is hidden or not there is left out"
    assert "8,1 måneder" in made
    assert f"{formats.number(8315)} personer" in made
    assert "([Tabell 3](programs/hele-landet/report.html#tbl-waiting))" in made
    assert results.exhibit(result, "tbl-other").endswith("/annex.html#tbl-other)")


def test_words_of_findings_lead_to_their_meaning(built: SimpleNamespace) -> None:
    result = replace(
        results.main_result(built.found, "followup"),
        headlines=(results.Headline("«Klart» er prøvd med Holms metode for AFT.", True),),
    )
    made = answers.findings(result, site_pages.words())
    for key in ("klart", "holm", "aft"):
        assert f"(ord.html#ord-{key} " in made


def test_a_county_is_not_ranked_beyond_what_intervals_carry(built: SimpleNamespace) -> None:
    page = soup(built.site / "fylke-34-innlandet.html")
    told = " ".join(page.text.split())
    assert re.search(r"(Ingen av|Av) de 14 andre fylkene .*sikkerhet", told), told[:500]
    assert not re.search(r"nummer \d+ av", told)


def test_counties_that_stand_apart_are_named() -> None:
    codes = [item.code for item in places.counties(places.CURRENT_YEAR)]
    frame = pd.DataFrame({"estimate": 3.0, "std_error": 0.1}, index=codes)
    frame.loc["31", "estimate"] = -3.0
    found = claims.standing(frame, "31")
    assert (found.higher, found.lower) == (14, 0)
    told = counties.counted(found.above)
    assert all(places.name(code) in told for code in codes if code != "31")


def test_a_county_is_asked_only_what_its_page_answers(built: SimpleNamespace) -> None:
    text = site_pages.words()
    studies = text["studies"]
    asked = {code: counties.question(code, "hedmark", text) for code in ("34", "31")}
    assert asked["34"] == studies["hedmark"]["question"].strip()
    assert asked["31"] == studies["hedmark"]["county-question"].strip()
    page = " ".join(soup(built.site / "fylke-31-ostfold.html").text.split())
    assert "verdt pengene" not in page
    assert studies["programs"]["county-question"] in page


def test_registers_of_several_sizes_are_not_to_be_compared(built: SimpleNamespace) -> None:
    text = site_pages.words()
    one = replace(results.main_result(built.found, "followup"), simulated=True, scale=0.2)
    told = results.scales([one, replace(one, scale=1.0)], text)
    assert "20\u00a0%" in told
    assert "full størrelse" in told
    alone = results.scales([one, replace(one, scale=0.2)], text)
    assert alone == results.scales([one, replace(one, scale=1.0, simulated=False)], text)
    assert "(20\u00a0%)" in alone
    assert "sammenlignes" not in alone
    assert results.scales([replace(one, simulated=False)], text) == ""


def test_hidden_numbers_of_a_county_are_told_as_hidden(built: SimpleNamespace) -> None:
    text = site_pages.words()
    main = results.main_result(built.found, "followup")
    file = main.folder / "estimates.csv"
    kept = file.read_text()
    table = pd.read_csv(file, dtype=str)
    table.loc[(table["county"] == "46") & (table["value"] == "other_after"), "estimate"] = ""
    table.to_csv(file, index=False)
    os.utime(file, (1, 1))
    try:
        few = counties.told("46", main, text)
        assert few.parts == (text["counties"]["few"].format(name="Vestland"),)
        table[table["county"] != "46"].to_csv(file, index=False)
        os.utime(file, (2, 2))
        assert not counties.told("46", main, text)
        assert "for få langtidsledige" in counties.none("followup", text)
    finally:
        file.write_text(kept)


def test_reports_are_copied_with_the_menu_and_without_the_notebook(
    built: SimpleNamespace,
) -> None:
    folder = built.site / "followup/34-innlandet"
    assert not (folder / "executed.ipynb").exists()
    assert not (folder / "manifest.json").exists()
    assert (folder / "followup-34-innlandet-simulert.xlsx").exists()
    menu = soup(folder / "report.html").select(".page-head nav a")
    assert menu[0]["href"] == "../../index.html"
    original = built.out / "followup/34-innlandet/report.html"
    assert "page-head" not in original.read_text(encoding="utf-8")


def test_nothing_is_fetched_from_elsewhere(built: SimpleNamespace) -> None:
    for page in built.site.rglob("*.html"):
        for element in soup(page).find_all(["script", "link", "img"]):
            assert not re.match(r"(https?:)?//", str(element.get("src") or element.get("href")))


def test_evidence_has_every_project_and_adds_up() -> None:
    found = evidence.projects()
    assert len(found) == 59
    assert len({project.id for project in found}) == 59
    page, bearing = site_pages.evidence(site_pages.words())
    assert set(bearing) == set(catalogue.names())
    table = page.markdown.partition("| Tema |")[2].partition("\n\n:")[0]
    rows = [line.split("|") for line in table.splitlines()[2:]]
    assert sum(int(row[-2]) for row in rows) == 59
    assert "28 avsluttede og 31 pågående" in page.markdown


def test_errata_take_numbers_from_the_estimates(built: SimpleNamespace) -> None:
    entry = {
        "found": "Uten tall.",
        "found-with": "Vi får {total:nok}.",
        "values": {"total": {"label": "tbl-7-2", "row": "AFT"}},
    }
    rows = {"label": ["tbl-7-2", "x"], "row": ["AFT", "AFT"], "estimate": [37132.8, 1]}
    assert errata.filled(entry, pd.DataFrame(rows), "x") == "Vi får 37\u202f133\u00a0kr."
    assert errata.filled(entry, None, "x") == "Uten tall."
    with pytest.raises(ParameterError, match="2 estimates for"):
        errata.filled(entry, pd.DataFrame(rows | {"label": ["tbl-7-2"] * 2}), "x")
    names = {study: study for study in catalogue.names()}
    assert errata.blocks([], names).count("{#tbl-feil-") == 5


def test_errata_of_every_document_have_a_place_print_and_finding(built: SimpleNamespace) -> None:
    listed = errata.listed()
    assert set(listed) == {*catalogue.names(), "portfolio"}
    least = {"followup": 6, "hedmark": 8, "programs": 28, "indicator": 21, "portfolio": 8}
    assert {name: len(entries) for name, entries in listed.items()} == least
    for entry in (entry for entries in listed.values() for entry in entries):
        assert all(str(entry[key]).strip() for key in ("place", "printed", "found"))
    page = soup(built.site / "feil.html")
    assert len(page.select("tbody tr")) == sum(least.values())
    assert soup(built.site / "kunnskap.html").select_one('a[href="feil.html#kunnskap"]')


def index_of(built: SimpleNamespace) -> list[dict[str, str]]:
    script = (built.site / "assets/search-index.js").read_text(encoding="utf-8")
    return json.loads(script.partition("= ")[2].partition(";\n")[0])


def test_search_index_reaches_pages_reports_and_figures(built: SimpleNamespace) -> None:
    entries = index_of(built)
    addresses = {entry["u"]: entry for entry in entries}
    assert "followup/hele-landet/report.html#sammendrag" in addresses
    assert "followup/34-innlandet/report.html" in addresses
    assert addresses["followup/hele-landet/report.html#fig-11"]["h"] == "Figur 1: Kurver"
    assert addresses["followup/hele-landet/report.html#fig-11"]["x"] == "Kurver for fylkene"
    for address in addresses:
        assert (built.site / address.partition("#")[0]).exists()
    grades = addresses["kunnskap.html#tbl-grades"]["x"]
    assert "Jobbspesialist" in grades
    projects = [entry for entry in entries if re.fullmatch(r"kunnskap\.html#[a-z]+\d+", entry["u"])]
    assert len(projects) == len(evidence.projects())
    assert any("Aktivitetsplikt" in entry["h"] for entry in projects)
    assert all(entry["x"] for entry in projects)


def test_what_rests_on_published_numbers_is_not_marked_as_simulated(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    figure = '<figure id="fig-{0}"><figcaption>Figur {0}</figcaption></figure>'
    parts = ["<h2>Kostnader</h2>", figure.format("a"), "<h2>Begge</h2>", figure.format("b")]
    page.write_text(f"<main><h1>Tiltak</h1>{''.join(parts)}{figure.format('c')}</main>")
    found = search.entries(page, "r.html", "simulert", unmarked={"fig-a", "fig-c"})
    assert {entry["h"]: entry["t"] for entry in found} == {
        "": "Tiltak (simulert)",
        "Kostnader": "Tiltak",
        "Figur a": "Tiltak",
        "Begge": "Tiltak (simulert)",
        "Figur b": "Tiltak (simulert)",
        "Figur c": "Tiltak",
    }


def test_sections_are_marked_by_the_numbers_they_show(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    number = '<p>{0} <span data-key="{1}.n[a]">1</span></p>'
    parts = [
        "<h2>Deltakere</h2>",
        number.format("Talt", "tbl-own"),
        '<figure id="fig-a"><figcaption>Figur a</figcaption></figure>',
        "<h2>Kostnad</h2>",
        number.format("Priser", "tbl-price") + number.format("Svaret", "costs-summary"),
        "<h3>Bruken</h3>",
        number.format("Brukt", "tbl-own"),
        "<h2>Delt</h2><h3>Priser</h3>",
        number.format("Priser", "tbl-price"),
        "<h2>Ord</h2><p>Uten tall</p>",
    ]
    page.write_text(f"<main><h1>Tiltak</h1>{''.join(parts)}</main>")
    found = search.entries(page, "r.html", "simulert", unmarked={"fig-a", "tbl-price"})
    marked = {entry["h"] for entry in found if entry["t"] == "Tiltak (simulert)"}
    assert marked == {"", "Deltakere", "Bruken", "Ord"}


def test_hits_on_the_sites_own_pages_are_marked_by_their_lines(built: SimpleNamespace) -> None:
    titles = {entry["u"]: entry["t"] for entry in index_of(built)}
    mark = " (simulerte registre)"
    for address in ("index.html#indicator", "fylker.html", "followup.html#funn"):
        assert titles[address].endswith(mark), address
    for address in ("om.html", "kunnskap.html#tbl-grades", "followup.html#slik-gjør-vi-det"):
        assert mark not in titles[address], address


def test_what_only_texts_use_is_known_as_published_by_its_rows(tmp_path: Path) -> None:
    rows = [("tbl-used", "published"), ("tbl-used", ""), ("tbl-own", "dml"), ("tbl-a", "published")]
    table = pd.DataFrame(rows, columns=["label", "method"])
    table.to_csv(tmp_path / "estimates.csv", index=False)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/figur-1-simulert.json").write_text('{"source": "tbl-a"}')
    one = ("data/figur-1-simulert.json",)
    result = results.Result("programs", "x", "", tmp_path, "T", "", "", "", True, files=one)
    assert results.from_published(result) == {"tbl-used"}


def test_every_word_of_the_glossary_is_a_hit_of_its_own(built: SimpleNamespace) -> None:
    entries = {entry["u"]: entry for entry in index_of(built)}
    for term in glossary.terms():
        found = entries[f"ord.html#ord-{term.key}"]
        assert (found["h"], found["x"]) == (term.name, term.means)
        assert soup(built.site / "ord.html").select_one(f"#ord-{term.key}")


def test_the_page_where_a_county_is_chosen_is_marked_as_simulated(built: SimpleNamespace) -> None:
    page = soup(built.site / "fylker.html")
    assert page.title.text.startswith("[Simulert]")
    assert page.select_one(".banner").text.strip().startswith("Simulerte registre")
    assert page.select_one("article .mark-simulated + .tile-map")


def test_pages_for_register_owners_come_after_the_findings(built: SimpleNamespace) -> None:
    kinds = {entry["k"] for entry in index_of(built) if entry["u"].startswith("registre.html")}
    assert kinds == {"d"}


def test_odd_synonyms_are_refused(project: Path) -> None:
    file = project / "report/texts/synonyms.yml"
    file.write_text("groups: [[ledig]]")
    with pytest.raises(
        ParameterError, match=r"synonyms\.yml: expected lists of at least two words"
    ):
        search.synonyms()


def test_unfinished_and_interactive_results_stay_out(built: SimpleNamespace) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NAVEVAL_OUT", str(built.out))
        folder = site_sample.make_result(built.out, "programs", "")
        (folder / "manifest.json").write_text('{"complete": false}')
        assert len(results.collect()) == len(built.found)
        folder.rename(folder.with_name("hele-landet-interactive"))
        assert len(results.collect()) == len(built.found)


def test_changed_template_is_refused() -> None:
    around = frame.Around("index.html", "index", "Tittel", "Om", "assets/x.png", "2026-11-27")
    with pytest.raises(RenderError, match="no <main"):
        frame.framed("<html><body></body></html>", around, site_pages.words())


def test_every_page_says_how_to_cite_whom_to_ask_and_what_is_shared(
    built: SimpleNamespace,
) -> None:
    for page in built.site.rglob("*.html"):
        made = soup(page)
        foot = made.select_one(".page-foot").text
        cited = "Slik siterer du siden: Arbeid og tiltak (20" in foot
        assert cited == (page.name != "sok.html"), "nobody cites a list of hits"
        if cited:
            assert f"Versjon {version('naveval')}, " in foot
            marked = made.title.text.startswith("[Simulert]")
            told = made.select_one(".banner-mark")
            assert bool(told) >= marked, page
            assert not marked or f" {told.text.strip()}. Versjon" in foot, page
            assert marked or "Simulerte registre" not in foot, page
        icon = made.select_one('link[rel="icon"]')["href"]
        assert (page.parent / icon).resolve().is_file()
        assert "Denne utgaven er ikke gitt ut" in foot
        shared = {m["property"]: m["content"] for m in made.select("meta[property]")}
        assert shared["og:title"]
        assert shared["og:description"]
        picture = (page.parent / shared["og:image"]).resolve()
        assert picture.is_relative_to(built.site.resolve())
        assert Image.open(picture).size == (1200, 630)
        assert len(made.select('meta[name="description"]')) == 1


@pytest.mark.parametrize("study", catalogue.names())
def test_the_source_of_a_study_can_be_cited_from_every_page_of_it(
    built: SimpleNamespace, study: str
) -> None:
    source = frame.source(study)
    assert re.search("«.*»|Tittelen står ikke", source)
    assert re.search(r"\((19|20)\d\d\)|Årstallet står ikke", source)
    about = [built.site / f"{study}.html", *built.site.glob(f"{study}/*/report.html")]
    for page in about:
        assert f"Rapporten følger: {source}" in soup(page).select_one(".page-foot").text
    assert source in soup(built.site / "om.html").select_one("main").text
    assert "Rapporten følger" not in soup(built.site / "om.html").select_one(".page-foot").text


def published_by(root: Path, email: str | None, address: str | None) -> None:
    file = root / "report/publisher.yml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    content |= {"address": address}
    content["contact"]["email"] = email
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")


@pytest.mark.parametrize("nothing", ["", None])
def test_contact_and_address_read_well_with_and_without(
    project: Path, built: SimpleNamespace, nothing: str | None
) -> None:
    page = (built.site / "om.html").read_text(encoding="utf-8")
    around = frame.Around("a/b.html", "om", "Om", "D", "assets/share-site.png", "2026-11-27")
    for email, address in product((nothing, "kari@example.no"), (nothing, "https://x.no/tall/")):
        published_by(project, email, address)
        made = BeautifulSoup(frame.framed(page, around, site_pages.words()), "html.parser")
        cite, ask = made.select(".page-foot > p")[:2]
        assert cite.text.strip().endswith(
            " https://x.no/tall/a/b.html" if address else "november 2026."
        )
        links = [link["href"] for link in ask.select("a")]
        assert links == (["mailto:kari@example.no"] if email else [])
        wanted = (
            "Redaksjonen for Arbeid og tiltak, kari@example.no"
            if email
            else "står navn og e-postadresse her."
        )
        assert ask.text.endswith(wanted)
        assert ("er ikke gitt ut" in ask.text) == (not email)
        shared = {m["property"]: m["content"] for m in made.select("meta[property]")}
        start = "https://x.no/tall/" if address else "../"
        assert shared["og:image"] == f"{start}assets/share-site.png"
        assert ("og:url" in shared) == bool(address)


@pytest.mark.parametrize(("email", "address"), [("kari", ""), ("", "x.no"), ('a"@b.no', "")])
def test_a_malformed_contact_or_address_is_refused(project: Path, email: str, address: str) -> None:
    published_by(project, email, address)
    with pytest.raises(ParameterError, match=r"publisher\.yml: .*; expected .*, or nothing"):
        frame.publisher()


def noticed(root: Path, **changes: str) -> None:
    entry = {"study": "followup", "place": "hele-landet", "kind": "corrected"}
    entry |= {"date": "2026-11-27", "reason": "Tabell 3 hadde <feil> fortegn."}
    file = root / "report/publisher.yml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    content["notices"] = [entry | changes]
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")


def test_corrected_and_withdrawn_reports_say_why(project: Path) -> None:
    for code in ("", "03"):
        site_sample.make_result(paths.out_dir(), "followup", code)
    reason = "Tabell 3 hadde <feil> fortegn."
    noticed(project)
    site = build.build("builtin").parent
    report = soup(site / "followup/hele-landet/report.html")
    assert report.select_one("article > aside.box").text == f"Rettet 27.\xa0november 2026{reason}"
    assert "Andelen er 12,5 prosent" in report.text
    assert reason in soup(site / "followup.html").text
    assert reason not in soup(site / "followup/03-oslo/report.html").text
    noticed(project, kind="withdrawn")
    site = build.build("builtin").parent
    report = soup(site / "followup/hele-landet/report.html")
    assert "Trukket tilbake 27." in report.text
    assert reason in report.text
    for page in site.rglob("*.html"):
        if page.parent.name != "03-oslo" and page.name != "fylke-03-oslo.html":
            assert "12,5 prosent" not in page.read_text(encoding="utf-8"), page
    assert [file.name for file in (site / "followup/hele-landet").iterdir()] == ["report.html"]
    assert "12,5" not in (site / "assets/search-index.js").read_text().partition("03-oslo")[0]
    assert "Andelen er 12,5" in soup(site / "followup/03-oslo/report.html").text


@pytest.mark.parametrize(
    "changes", [{"study": "x"}, {"place": "oslo"}, {"kind": "gone"}, {"reason": " "}, {"day": "1"}]
)
def test_odd_notices_are_refused(project: Path, changes: dict[str, str]) -> None:
    noticed(project, **changes)
    with pytest.raises(ParameterError, match=r"publisher\.yml: notices: .*"):
        frame.publisher()


def test_counties_of_today_all_have_a_page(built: SimpleNamespace) -> None:
    for item in places.counties(2024):
        assert (built.site / f"{counties.county_page(item.code)}.html").exists()


@pytest.mark.slow
@pytest.mark.quarto
def test_quarto_gives_the_same_pages_and_links(built: SimpleNamespace) -> None:
    before = {page.name: links(page) for page in built.site.glob("*.html")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NAVEVAL_OUT", str(built.out))
        patch.setattr(build, "FOLDER", "site-quarto")
        made = build.build("quarto").parent
    assert {page.name: links(page) for page in made.glob("*.html")} == before
    faults = audit.audit(made, checks=("accessibility", "links", "references")).faults
    assert [str(fault) for fault in faults] == []


def links(page: Path) -> list[tuple[str, str]]:
    found = soup(page).find_all("a", href=True)
    return [(str(a["href"]), a.get_text(strip=True)) for a in found]


def test_unknown_engine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render.quarto.shutil, "which", lambda _: None)
    with pytest.raises(RenderError, match="Quarto is not on the PATH"):
        build.build("quarto")


@pytest.fixture
def tab() -> Iterator[Page]:
    with browser.open_page() as page:
        yield page


def show(tab: Page, file: Path) -> None:
    tab.goto(file.as_uri())


@pytest.mark.browser
def test_axe_finds_nothing_on_a_page_of_each_kind(built: SimpleNamespace) -> None:
    names = ("index", "programs", "fylke-34-innlandet", "sok")
    pages = [(built.site / f"{name}.html", name) for name in names]
    assert [str(fault) for fault in browser.accessibility(pages)] == []


@pytest.mark.slow
@pytest.mark.browser
def test_axe_finds_nothing_in_any_width_and_scheme(built: SimpleNamespace) -> None:
    rules = browser.VIEWS[0][2]
    views = [(width, scheme, rules) for width in (1280, 768, 390) for scheme in ("light", "dark")]
    pages = [(file, file.name) for file in sorted(built.site.rglob("*.html"))]
    assert [str(fault) for fault in browser.accessibility(pages, views=views)] == []


@pytest.mark.browser
def test_evidence_fits_every_window(built: SimpleNamespace, tab: Page) -> None:
    for width in (320, 800, 1280, 1442, 1600):
        tab.set_viewport_size({"width": width, "height": 900})
        show(tab, built.site / "kunnskap.html")
        assert browser.too_wide(tab) <= 1, f"wider than {width} px"


@pytest.mark.browser
def test_search_finds_from_the_field_on_top_with_the_keyboard(
    built: SimpleNamespace, tab: Page
) -> None:
    show(tab, built.site / "om.html")
    tab.evaluate("document.getElementById('sok-topp').focus()")
    tab.keyboard.insert_text("lusekofte")
    with tab.expect_navigation():
        tab.keyboard.press("Enter")
    assert tab.evaluate("location.pathname.split('/').pop()") == "sok.html"
    told = "document.getElementById('sok-status').textContent"
    assert "3 treff" in tab.evaluate(told)
    first = tab.evaluate("document.querySelector('.hits a').getAttribute('href')")
    assert first.endswith("report.html#data")
    tab.evaluate("document.getElementById('sok-felt').focus()")
    tab.keyboard.insert_text("zzz")
    assert "Ingen treff" in tab.evaluate(told)
    tab.evaluate("document.getElementById('sok-felt').select()")
    tab.keyboard.press("Delete")
    assert tab.evaluate(told) == "Skriv ett eller flere ord."
    assert tab.locator(".hits li").count() == 0


PROGRAMS = (
    ("fig-4-7", "Starter og måneder per tiltak"),
    ("fig-5-6", "Tilstand etter måneder siden start, etter landgruppe"),
    ("tbl-6-1", "Måneder fra første registrering til første tiltak, prosent"),
    ("fig-composition", "Nytte og kostnad per deltakelse, post for post"),
)
QUERIES = {
    "ostfold": "fylke-31-ostfold.html",
    "Møre og Romsdal": "fylke-15-more-og-romsdal.html",
    "trondelag": "fylke-50-trondelag.html",
    "trøndlag": "fylke-50-trondelag.html",
    "fylke": "fylker.html",
    "lonnstilskudd": "programs.html",
    "lønstilskudd": "programs.html",
    "AMO": "programs.html",
    "arbeidssoker": "hedmark.html",
    "arbeidssøkerne": "hedmark.html",
    "HEDMARK": "hedmark.html",
    "arbeidsledige": "followup.html",
    "langtidsledge": "followup.html",
    "indikatoren": "indicator.html",
    "innvandrere": "programs.html#hvem-deltar-i-det-enkelte-tiltaket",
    "innvandrere på AMO": "programs.html#hvem-deltar-i-det-enkelte-tiltaket",
    "kvinner på AFT": "programs.html#hvem-deltar-i-det-enkelte-tiltaket",
    "dagpengemottakere": "followup.html",
    "ventetid": "programs.html#ventetid",
    "samfunnsøkonomisk lønnsomhet": "programs/hele-landet/report.html#fig-composition",
    "nettonytte": "programs/hele-landet/report.html#fig-composition",
    "lønstilskud": "programs.html",
    "sykmeldt": "programs.html",
    "sykemeldt": "programs.html",
    "hvordan siterer jeg": "om.html#slik-siterer-du",
    "kontakt": "om.html#kontakt",
    "sitere": "om.html#slik-siterer-du",
    "personvern": "om.html#personvern",
    "feil i kildene": "feil.html",
    "usikkerhet": "metode.html#usikkerhet",
    "hvor lenge venter folk": "programs.html#ventetid",
    "lønner tiltak seg": "programs.html",
    "kurs": "programs.html",
    "wage subsidy": "programs.html",
    "labour market programmes": "programs.html",
    "unemployed": "followup.html",
    "follow-up": "followup.html",
    "job seekers": "hedmark.html",
    "indicator": "indicator.html",
    "counties": "fylker.html",
    "waiting": "programs.html#ventetid",
    "how to cite": "om.html#slik-siterer-du",
    "publisher contact": "om.html#kontakt",
    "waiting time": "programs.html#ventetid",
    "konfidensintervall": "ord.html#ord-intervall",
    "langtidsledig dagpenger": "followup.html",
    "arbeidstrening virkning": "programs.html#velg-figur",
    "sammenligne fylker": "indicator.html#kurver",
    "how many persons": "followup.html#tall",
    "hvor lenge venter folk på tiltak": "programs.html#ventetid",
    "Trondheim": "fylke-50-trondelag.html",
    "Kristiansand": "fylke-42-agder.html",
    "e-post": "om.html#kontakt",
    "hvem har laget": "om.html",
    "journalist": "om.html#hvem-det-er-for",
    "klage": "om.html#klage",
    "hvordan klager jeg": "om.html#klage",
    "signifikant": "metode.html#usikkerhet",
    "AAP": "kunnskap.html",
    "IPS": "kunnskap.html#belegg",
    "kostnad AFT": "programs.html#hva-tiltakene-koster-nav",
    "pris lønnstilskudd": "programs.html#hva-tiltakene-koster-nav",
    "hvor mange deltar i lønnstilskudd": "programs.html#hvor-mange-deltar-i-hvert-tiltak",
    "kvinner": "programs.html#hvem-deltar",
    "kjønn": "programs.html#hvem-deltar",
    "hvilket tiltak virker best": "programs.html#velg-figur",
    "hvor mange går på AMO": "programs.html",
    "excel": "followup.html#tallene-bak-figurer-og-tabeller",
}
SECTIONS = {
    "programs.html#velg-figur": "Virkning etter tiltak",
    "programs.html#hvem-deltar": "Hvem deltar",
    "programs.html#hva-tiltakene-koster-nav": "Hva tiltakene koster Nav",
    "programs.html#hvor-mange-deltar-i-hvert-tiltak": "Hvor mange deltar i hvert tiltak",
    "programs.html#hvem-deltar-i-det-enkelte-tiltaket": "Hvem deltar i det enkelte tiltaket",
    "programs.html#ventetid": "Ventetid",
    "indicator.html#kurver": "Fylkenes kurver",
    "followup.html#tall": "Antall personer",
}
"""Sections of the studies' pages that the results of this test lack."""


def led_to() -> list[dict[str, str]]:
    """Entries of these sections with the studies' own words that lead to them."""
    found: list[dict[str, str]] = []
    for address, heading in SECTIONS.items():
        study, _, anchor = address.partition(".html#")
        words = site_pages.search_words(study, site_pages.words())
        entry = {"t": study, "h": heading, "u": address, "x": "", "k": "p"}
        found += search.led([entry], {anchor: words[anchor]})
    return found


def test_every_county_is_found_by_its_municipalities_of_any_year() -> None:
    text = site_pages.words()
    found = {
        page: site_pages.search_words(page, text)[""]
        for item in places.counties(places.CURRENT_YEAR)
        for page in [counties.county_page(item.code)]
    }
    assert all(found.values())
    assert "Haugesund" in found["fylke-11-rogaland"]
    assert "Rygge" in found["fylke-31-ostfold"]  # merged into another in 2020
    assert "Hedmark" not in found["fylke-34-innlandet"]
    assert sum(map(len, found.values())) < 8000, "the index grows little"


@pytest.mark.browser
def test_the_first_hit_is_what_is_meant(built: SimpleNamespace, tab: Page, tmp_path: Path) -> None:
    figures = "".join(
        f'<figure id="{label}"><figcaption>Figur 1: {title}</figcaption></figure>'
        for label, title in PROGRAMS
    )
    rest = (
        "<h2>3.4 Diagnostikk</h2><figure id='fig-x'><figcaption>Ventetid AMO</figcaption></figure>"
    )
    page = tmp_path / "report.html"
    page.write_text(f"<main><h1>Arbeidsmarkedstiltak</h1><h2>1 Funn</h2>{figures}{rest}</main>")
    more = search.entries(page, "programs/hele-landet/report.html", rest=["Diagnostikk"])
    assert [entry["k"] for entry in more] == ["p", "p", *"ffff", "d", "d"]
    there = [entry for entry in index_of(built) if entry["u"] not in SECTIONS]
    (tmp_path / "index.js").write_text(search.script([*there, *more, *led_to()]), encoding="utf-8")
    script = (built.site / "assets/search.js").as_uri()
    (tmp_path / "x.html").write_text(
        f'<meta charset="utf-8"><script src="index.js"></script><script src="{script}"></script>'
    )
    show(tab, tmp_path / "x.html")
    asked = "queries => queries.map(q => (SOK.search(q)[0] || {}).u)"
    found = dict(zip(QUERIES, tab.evaluate(asked, list(QUERIES)), strict=True))
    assert found == QUERIES
    assert tab.evaluate("[SOK.search(''), SOK.search('   '), SOK.search('qqqqqq')]") == [[], [], []]


LONG = "Finnmarkfylkeskommunenesamarbeidsområdeognabofylker"
RENAMED = """name => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode())
    if (!node.parentElement.closest("script, style"))
      node.nodeValue = node.nodeValue.replaceAll("Finnmark", name);
}"""


@pytest.mark.browser
@pytest.mark.parametrize("name", ["index", "fylker", "fylke-56-finnmark", "indicator"])
def test_a_very_long_county_name_stays_within_a_phone(
    built: SimpleNamespace, tab: Page, name: str
) -> None:
    tab.set_viewport_size({"width": 390, "height": 844})
    show(tab, built.site / f"{name}.html")
    tab.evaluate(RENAMED, LONG)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.browser
def test_county_is_chosen(built: SimpleNamespace, tab: Page) -> None:
    show(tab, built.site / "fylker.html")
    tab.evaluate("document.getElementById('velg-fylke').focus()")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Tab")
    with tab.expect_navigation():
        tab.keyboard.press("Enter")
    assert tab.evaluate("document.querySelector('h1').textContent") == "Rogaland"


@pytest.mark.browser
def test_evidence_filters_and_sorts_by_keyboard(built: SimpleNamespace, tab: Page) -> None:
    show(tab, built.site / "kunnskap.html")
    visible = "document.querySelectorAll('#prosjekter tbody tr:not([hidden])').length"
    assert tab.evaluate(visible) == 59
    tab.evaluate("document.getElementById('sok-prosjekt').focus()")
    tab.keyboard.insert_text("sanksjon")
    assert 0 < tab.evaluate(visible) < 6
    assert "av 59" in tab.evaluate("document.querySelector('.count').textContent")
    tab.evaluate("document.querySelector('th[data-key=institution] button').focus()")
    tab.keyboard.press("Enter")
    sort = "document.querySelector('th[data-key=institution]').getAttribute('aria-sort')"
    assert tab.evaluate(sort) == "ascending"
    tab.keyboard.press("Enter")
    assert tab.evaluate(sort) == "descending"


@pytest.mark.browser
def test_curves_are_switched_and_have_a_table(built: SimpleNamespace, tab: Page) -> None:
    show(tab, built.site / "indicator.html")
    curves = "document.querySelectorAll('.picture path.curve').length"
    assert tab.evaluate(curves) == 2
    tab.evaluate("document.querySelector('.boxes input').focus()")
    tab.keyboard.press("Space")
    assert tab.evaluate(curves) == 1
    label = tab.evaluate("document.querySelector('.picture svg').getAttribute('aria-label')")
    assert "1 fylker fra januar 2020 til desember 2020" in label
    assert tab.evaluate("document.querySelectorAll('.curves table tbody tr').length") == 12


@pytest.mark.browser
def test_without_scripts_everything_is_readable(built: SimpleNamespace) -> None:
    with browser.open_page(scripts=False) as tab:
        show(tab, built.site / "kunnskap.html")
        assert tab.locator("#prosjekter tbody tr:visible").count() == 59
        assert tab.locator("form.filters").is_hidden()


@pytest.mark.browser
def test_keyboard_reaches_every_link_and_control(built: SimpleNamespace, tab: Page) -> None:
    for name in ("index", "fylker", "indicator", "sok", "kunnskap", "fylke-34-innlandet"):
        show(tab, built.site / f"{name}.html")
        wanted = tab.evaluate(
            "[...document.querySelectorAll('a[href],button,input,select,summary')].filter(e =>"
            " e.checkVisibility({checkVisibilityCSS: true})).map((e, i) => {e.dataset.n = i;"
            " return i}).length"
        )
        seen: set[str] = set()
        for _ in range(wanted + 15):
            tab.keyboard.press("Tab")
            state = tab.evaluate(
                "(e => [e.dataset.n, getComputedStyle(e).outlineStyle, e.tagName])"
                "(document.activeElement)"
            )
            if state[0] is not None:
                seen.add(state[0])
                assert state[1] != "none", f"{name}: focus not seen on {state}"
        assert len(seen) == wanted, f"{name}: {wanted - len(seen)} not reached"


def test_the_page_for_register_owners_shows_every_column_that_is_read(
    built: SimpleNamespace,
) -> None:
    page = soup(built.site / "registre.html")
    for study in catalogue.names():
        for table, schema in catalogue.module(study, "contracts").TABLES.items():
            heading = page.select_one(f"#registre-{study}-{table.replace('_', '-')}")
            assert heading is not None, table
            rows = heading.find_next("tbody").select("tr")
            assert [row.select_one("th, td").get_text() for row in rows] == list(schema.columns)
    assert soup(built.site / "index.html").select_one('footer a[href="registre.html"]')


def test_the_list_of_counties_has_the_level_that_the_source_prints(tmp_path: Path) -> None:
    own = {"label": "tbl-3", "value": "actual", "outcome": "atid3", "estimate": 8.0}
    pd.DataFrame([own | {"county": "34", "published": 9.19}, own | {"county": "03"}]).to_csv(
        tmp_path / "estimates.csv", index=False
    )
    result = results.Result("indicator", "hele-landet", "", tmp_path, "T", "", "", "", True)
    text = site_pages.words()
    rows = {
        row.th.text: row.td.text
        for row in BeautifulSoup(front.county_list([result], text).markdown, "lxml")
        .find("caption", string=text["counties"]["caption"])
        .find_parent("table")
        .select("tbody tr")
    }
    assert {rows["Innlandet"], rows["Oslo"]} == {"9,19", "–"}
    assert "trykt i kilden" in front.county_list([result], text).markdown
    assert "trykt i kilden" not in front.county_list([], text).markdown
