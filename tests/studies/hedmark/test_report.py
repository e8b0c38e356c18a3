"""The notebook's cells for two counties: own names, own files, no small cells, parts."""

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import claims
import numpy as np
import pandas as pd
import pytest
from notebook_cells import run
from undrawn import leave_undrawn

from naveval.exhibits import figures
from naveval.exhibits.declare import Fact
from naveval.exhibits.rows import FEW_PERSONS
from naveval.exhibits.show import Showing
from naveval.project import formats, places
from naveval.studies.hedmark.estimate.choice import recommend
from naveval.studies.hedmark.exhibits import REPORT, common, results, summary
from naveval.studies.hedmark.exhibits.summary import answer
from naveval.studies.hedmark.parameters import Parameters

SETTINGS = {"scale": 0.02, "seed": 5, "draws": 99, "size_draws": 200}
CODES = ("04", "20")


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory):
    root = tmp_path_factory.mktemp("reports")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NAVEVAL_OUT", str(root / "out"))
        patch.setattr(figures, "DPI", 40)
        leave_undrawn(patch, only_phone=True)
        return {
            code: (*run("hedmark", root / code, {**SETTINGS, "county": code}), root / code)
            for code in CODES
        }


def test_every_caption_alt_text_and_paragraph_names_its_own_county(reports) -> None:
    for code, (shown, _, _) in reports.items():
        own = places.name(code)
        # The county reports tell that Hedmark is the printed study, so it may be named there.
        others = {places.name(other) for other in CODES} - {own, "Hedmark"}
        for source, block in shown:
            if re.search(r'"tbl-(parameters|data|versions)"|finish', source):
                continue
            for paragraph in captions(block.markdown):
                assert own in paragraph, paragraph
                lone = re.sub(r"Kontrollgruppen er [^.]*\.", "", paragraph)
                assert not any(other in lone for other in others), paragraph


def captions(markdown: str) -> list[str]:
    """Captions, alt texts and paragraphs of a block, without tables and notes."""
    found = []
    notes = re.sub(r":::.*?:::", "", markdown, flags=re.DOTALL)
    for part in notes.split("\n\n"):
        part = part.strip()
        if part.startswith("!["):
            found += [part[2 : part.index("](")], part[part.index('fig-alt="') :]]
        elif part.startswith(": ") or (part and not part.startswith("|")):
            found.append(part)
    named = [text for text in found if not text.startswith(EXEMPT)]
    return named


# Paragraphs about the printed article or the method, which hold for every county alike.
EXEMPT = ("Bare ett fylke", "Nye arbeidssøkere regnes", "Slik skal det", "Alle tall")


def test_two_counties_share_no_file_and_each_has_its_own(reports) -> None:
    files = {
        # A picture is a vector or a raster one by the marks in it, which counties differ in.
        code: {
            str(f.relative_to(folder)).removesuffix(".svg").removesuffix(".png")
            for f in folder.rglob("*")
        }
        for code, (_, _, folder) in reports.items()
    }
    assert files["20"] | {"tables/tbl-marginals.csv"} == files["04"]
    for label in [f"fig-{k}" for k in range(1, 10)]:
        assert f"figures/{label}" in files["20"]
        assert f"figures/{label}.csv" in files["20"]
    for label in [f"tbl-{k}" for k in range(1, 6)]:
        assert f"tables/{label}.csv" in files["20"]
    first, second = (folder for _, _, folder in reports.values())
    same = [
        file.name
        for pattern in ("*.png", "*.svg")
        for file in first.glob(f"figures/{pattern}")
        if (other := second / file.relative_to(first)).exists()
        and file.read_bytes() == other.read_bytes()
    ]
    assert same == []


def test_every_number_of_persons_is_protected_and_none_is_hidden(reports) -> None:
    """At this scale many cells are small: their noise must be in every file."""
    for _, space, folder in reports.values():
        assert space["panel"].protection is not None
        for file in [*folder.rglob("figures/*.csv"), *folder.rglob("tables/*.csv")]:
            frame = pd.read_csv(file)
            assert not (frame == ":").any(axis=None), file.name
            for column in frame.columns:
                if re.fullmatch(r"n|n_.*persons|n_treated|n_control|with|without", column):
                    values = pd.to_numeric(frame[column], errors="coerce").dropna()
                    assert not values.isin([1, 2, 3, 4]).any(), (file.name, column)
                    assert (values >= 0).all(), (file.name, column)
        log = pd.read_csv(folder / "disclosure.csv")
        assert log["label"].is_unique
        described = log[log["rule"] == "described"]
        assert described["reason"].str.contains("changed by at most 5").all()
        assert len(described) > 20


def test_totals_of_a_county_do_not_give_its_parts_back(reports) -> None:
    """Figure 1 has both groups together; with their sum a hidden group could be computed."""
    for _, _, folder in reports.values():
        assert list(pd.read_csv(folder / "figures" / "fig-1.csv").columns)[:3] == [
            "county",
            "change",
            "role",
        ]
        assert "n" not in pd.read_csv(folder / "figures" / "fig-1.csv").columns


def test_means_are_those_of_the_protected_panel(reports) -> None:
    for _, space, folder in reports.values():
        table = pd.read_csv(folder / "estimates.csv", keep_default_na=False)
        table["estimate"] = pd.to_numeric(table["estimate"], errors="coerce")
        for row in space["means"].itertuples():
            rows = table[
                (table["label"] == row.label)
                & (table["outcome"] == row.outcome)
                & (table["group"] == row.group)
                & (table["season"] == row.season)
            ].set_index("value")
            assert len(rows) == 10
            assert rows["note"].isin(["", FEW_PERSONS]).all()
            assert rows.loc["treated_before", "estimate"] == pytest.approx(row.treated_before)


def test_p_values_and_texts_follow_the_chosen_method(reports) -> None:
    for shown, space, folder in reports.values():
        method = space["method"]
        assert method == (recommend(space["size"]) or "randomisation_coefficient")
        title = space["study"].output.texts["names"]["labels"][method]
        assert f"«{title}»" in block(shown, "tbl-1")
        five = pd.read_csv(folder / "tables" / "tbl-5.csv", na_values=[":"])
        # Table 5 keeps to one method: the exact interval, and the p-value of the same test.
        own = space["regression"]["p_randomisation_coefficient"].to_numpy()
        seen = five["p_randomisation_coefficient"].notna()
        assert seen.any()
        told = five["p_randomisation_coefficient"][seen]
        np.testing.assert_allclose(told, own[seen].round(3), atol=1e-12)
        inside = (five["exact_low"] < 0) & (five["exact_high"] > 0)
        # An end that is rounded to 0 does not tell on which side of it 0 lies.
        ends = five[["exact_low", "exact_high"]]
        apart = seen & (ends.notna() & (ends.abs() > 0.2)).all(axis=1)
        assert apart.any()
        assert ((told <= 0.1) == ~inside[seen])[apart[seen]].all()


def block(shown, label: str) -> str:
    """What the cell of an exhibit or sentence shows."""
    return next(found.markdown for source, found in shown if f'"{label}"' in source)


def test_no_paragraph_has_a_hole(reports) -> None:
    for code, (shown, _, _) in reports.items():
        for source, block in shown:
            if "tbl-" not in source and "fig-" not in source:
                assert ".." not in block.markdown, block.markdown
                assert f"for få personer i {places.name(code)}" not in block.markdown


def test_a_null_result_says_what_would_have_been_found(reports) -> None:
    for shown, space, folder in reports.values():
        smallest = space["smallest"].set_index(["outcome", "group"])["effect"]
        assert len(smallest) == 12
        table = pd.read_csv(folder / "estimates.csv")
        kept = table[table["label"] == "tbl-detectable"].set_index(["outcome", "group"])
        pd.testing.assert_series_equal(kept["estimate"], smallest, check_names=False)
        found = answer(space["study"].showing.reader(space["results"]))
        stated = "må en nedgang i" in block(shown, "summary-stock")
        known = smallest["stock"].notna().all()
        assert stated == (found in ("unclear", "some") and known)


def test_the_answer_is_one_number_wherever_it_is_told(reports) -> None:
    """Answer, key figures, section and title give the effects of table 5, and no other."""
    for shown, space, folder in reports.values():
        table = pd.read_csv(folder / "estimates.csv").query(
            "label == 'tbl-5' and value == 'effect' and outcome == 'stock' and model == 'effect'"
        )
        # With as many decimals as are known: a coarser step has none.
        numbers = [formats.number(abs(value), 1).removesuffix(",0") for value in table["estimate"]]
        assert len(numbers) == 2
        for label in ("answer", "summary-stock"):
            first = formats.plain(block(shown, label)).partition("Måler vi mot alle")[0]
            assert all(number in first for number in numbers), (label, first)
        title = formats.plain(block(shown, "tbl-5")).partition("]{.finding}")[0].split("\n")[-1]
        told = all(number in title for number in numbers)
        found = answer(space["study"].showing.reader(space["results"]))
        assert told == (found in ("up", "down"))


@pytest.mark.parametrize(
    ("p", "wanted"),
    [
        ((0.105, 0.053), "neither"),  # one of two, so it must be 0.05 or less
        ((0.105, 0.04), "without"),
        ((0.04, 0.105), "with"),
        ((0.105, 0.2), "neither"),
        ((0.05, 0.1), ""),
        ((0.05, np.nan), ""),
    ],
)
def test_the_reservation_follows_the_ranking_of_all_counties(
    monkeypatch: pytest.MonkeyPatch, p: tuple[float, float], wanted: str
) -> None:
    rows = pd.DataFrame({"group": ["with", "without"], "effect": -9.0, "p_value": p})
    frame = rows.assign(outcome="stock", method="randomisation_all")
    reader: Any = SimpleNamespace(report=REPORT, frame=lambda _: frame)
    monkeypatch.setattr(summary, "answer", lambda reader: "down")
    assert summary.reserved(reader) == wanted
    monkeypatch.setattr(summary, "answer", lambda reader: "unclear")
    assert summary.reserved(reader) == ""


def test_the_section_reserves_what_the_answer_does(reports) -> None:
    for shown, _, _ in reports.values():
        told = [
            re.findall("Måler vi mot alle [^.]*[.]", formats.plain(block(shown, label)))
            for label in ("answer", "summary-stock")
        ]
        assert told[0] == told[1]


@pytest.mark.parametrize(
    ("found", "everywhere", "held", "holding", "wanted"),
    [
        ("down", "both", 4, 4, ("down", "firm")),
        ("down", "both", 3, 4, ("down_likely", "likely")),  # a method that holds does not agree
        ("down", "neither", 4, 4, ("down_likely", "likely")),
        ("up", "both", 0, 0, ("up_likely", "likely")),  # no method is shown to hold
        ("unclear", "both", 4, 4, ("unclear", "")),
        ("few", "", 0, 0, ("few", "")),
    ],
)
def test_an_answer_is_firm_where_all_ways_to_judge_it_agree(
    monkeypatch: pytest.MonkeyPatch,
    found: str,
    everywhere: str,
    held: int,
    holding: int,
    wanted: tuple[str, str],
) -> None:
    counts = {"held": held, "holding": holding}
    verdicts = {
        f"{name}_{group}": Fact(lambda _, number=number: number)
        for name, number in counts.items()
        for group in ("with", "without")
    }
    monkeypatch.setattr(summary, "answer", lambda reader: found)
    monkeypatch.setattr(results, "held_everywhere", lambda reader: everywhere)
    monkeypatch.setattr(results, "VERDICTS", verdicts)
    monkeypatch.setattr(summary, "lowest", lambda reader: "text")
    reader: Any = None
    assert (summary.told(reader), summary.how_sure(reader)) == wanted
    if found in ("down", "up"):  # titles are as firm as the answer
        likely = wanted[0].endswith("_likely")
        assert results.GRADE["grade"].get(reader) == ("grade_likely" if likely else "grade_firm")


def test_what_was_put_in_stands_beside_the_answers_intervals(reports) -> None:
    for code, (shown, space, folder) in reports.items():
        reader = space["study"].showing.reader(space["results"])
        rows = summary.built_in(reader)
        told = " ".join(formats.plain(block(shown, "summary-inference")).split())
        held = int(rows["truth"].between(rows["low"], rows["high"]).sum())
        which = ("Ingen av", "Bare ett av", "Begge")[held]
        assert f"{which} intervallene i " in told, (code, told)
        assert ("ingenting endret" in told) == (code != "04")
        missed = code == "04" and answer(reader) == "unclear"
        assert ("en virkning som er oversett" in told) == missed
        truth = pd.read_csv(folder / "tables/tbl-truth.csv")["truth"]
        assert rows["truth"].isin(truth).all()


def test_nothing_is_known_of_a_start_the_registers_were_not_made_with() -> None:
    reader: Any = SimpleNamespace(parameters=Parameters(county="04", start="2013-03"))
    assert summary.built_in(reader).empty


@pytest.mark.parametrize(
    ("p", "told"),
    [
        ([0.083, 0.083, 0.083, 0.2], "few"),
        ([0.02, 0.083, 0.3, 0.2], "some"),
        ([0.05, 0.083, 0.3, 0.2], "none"),  # not a rank among twelve
        ([0.167, 0.25, 0.3, 0.5], "none"),  # none stands out alone
        ([np.nan] * 4, ""),
    ],
)
def test_several_durations_are_tested_as_several(p: list[float], told: str) -> None:
    reader: Any = SimpleNamespace(common=lambda _: 1 / 12)
    assert common.several(lambda _: pd.Series(p), reader) == told
    assert common.count_together(pd.Series(p)) == (told == "some")


def test_titles_say_what_the_published_rows_say(reports) -> None:
    for _, space, _ in reports.values():
        judged, faults = claims.faults(space["study"].showing, space["results"])
        assert faults == []
        assert judged >= 6


def test_estimates_are_tidy_and_hold_every_label(reports) -> None:
    for _, space, folder in reports.values():
        table = pd.read_csv(folder / "estimates.csv", dtype={"county": str})
        labels = {f"tbl-{k}" for k in range(1, 6)} | {"tbl-inference", "tbl-size", "tbl-mechanism"}
        assert labels <= set(table["label"])
        assert table["unit"].notna().all()
        keys = [key for one in REPORT.exhibits for key in one.keys if key in table]
        assert not table.duplicated(["label", "value", *dict.fromkeys(keys)]).any()
        least = table[table["value"].isin(["smallest", "smallest_all"])]["estimate"]
        units = space["inference"]["n_units"]
        assert least.tolist() == [1 / units.min(), 1 / units.max()]


def test_the_rate_of_the_country_is_that_of_all_counties_together(reports) -> None:
    for _, _, folder in reports.values():
        table = pd.read_csv(next(folder.rglob("estimates.csv")))
        counties = table[table["label"] == "tbl-counties"]
        force = 100 * counties["n_persons"] / counties["estimate"]
        sums = counties.assign(force=force).groupby("month")[["n_persons", "force"]].sum()
        country = table[table["label"] == "tbl-country"].set_index("month")["estimate"]
        assert len(country) == len(sums) > 12
        wanted = 100 * sums["n_persons"] / sums["force"]
        assert country.to_numpy() == pytest.approx(wanted.loc[country.index].to_numpy())


def test_no_row_of_microdata_and_no_id(reports) -> None:
    for shown, _, folder in reports.values():
        text = "\n".join(block.markdown for _, block in shown)
        text += "\n".join(f.read_text() for f in folder.rglob("*.csv"))
        assert "birth_year" not in text
        assert not re.search(r"\bperson\b *[,|]", text)


def test_published_numbers_stand_beside_the_estimates_for_hedmark_only(reports) -> None:
    for code, (_, _, folder) in reports.items():
        table = pd.read_csv(folder / "estimates.csv")
        effects = table[(table["label"] == "tbl-1") & (table["value"] == "effect")]
        five = table[(table["label"] == "tbl-5") & (table["value"] == "effect")]
        if code != "04":
            assert effects["published"].isna().all()
            assert five["published"].isna().all()
            continue
        assert sorted(effects["published"]) == [-11.6, -10.6, -7.3, -6.9]
        gaps = effects["estimate"] - effects["published"]
        np.testing.assert_allclose(effects["difference"], gaps, atol=1e-12)
        assert five["published"].notna().all()


def changed(reports, label: str, **parameters) -> str:
    """What the first report would say with other parameters and the same estimates."""
    _, space, _ = reports["04"]
    results = space["results"].but(parameters=Parameters(**SETTINGS, **parameters))
    return Showing(REPORT, space["study"].output).show(label, results).markdown


def test_notes_and_paragraphs_follow_the_parameters(reports) -> None:
    choices = (
        {},
        {"weights": "equal"},
        {"composition": "none"},
        {"composition": "lagged"},
        {"time_effects": "season"},
    )
    notes = {changed(reports, "tbl-5", **choice).rpartition("::: {.note}")[2] for choice in choices}
    assert len(notes) == len(choices)
    assert "kontrollrapport" in changed(reports, "summary-question", start="2014-09")
    assert "tok alle kontorene" not in changed(reports, "what-was-done", start="2014-09")
    assert "tok alle kontorene" in changed(reports, "what-was-done")
    few, coast = ("01", "05", "06"), ("01", "05", "11")
    assert "for få til å si noe" in changed(reports, "inference-design", control=few)
    assert "for få til å si noe" not in changed(reports, "inference-design")
    assert "oljenedturen" in changed(reports, "summary-question", control=few)
    assert "oljenedturen" not in changed(reports, "summary-question", control=coast)


def test_late_right_is_told_only_where_the_analysis_ends_with_the_register(reports) -> None:
    late = changed(reports, "late-inflow", window_last="2016-03")
    assert "slutter derfor i desember 2015" in late
    assert changed(reports, "late-inflow") == ""


def test_the_order_of_cells_does_not_matter(reports, tmp_path, monkeypatch) -> None:
    """A sentence first, its table last, and a file that nothing shows any more."""
    leave_undrawn(monkeypatch)
    _, space, folder = reports["20"]
    output = replace(space["study"].output, folder=tmp_path)
    for part in ("tables", "figures"):
        (tmp_path / part).mkdir()
    (tmp_path / "tables" / "tbl-gone.csv").write_text("a\n1\n")
    showing = Showing(REPORT, output)
    for one in reversed((*REPORT.exhibits, *REPORT.sentences)):
        showing.show(one.label, space["results"])
    showing.finish(space["results"])
    for name in ("estimates.csv", "disclosure.csv", "headlines.json"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name
    assert not (tmp_path / "tables" / "tbl-gone.csv").exists()


def test_stars_of_the_article_are_told_as_the_article_has_them(reports) -> None:
    """It claims nothing of other outcomes than the stock, where neither placebo has a star."""
    shown, _, _ = reports["04"]
    text = block(shown, "compare-stars")
    assert "merker 8 av 12 virkninger" in text
    assert "tabellen har 0 stjerner der" in text
    assert "+4,8, med intervall fra +1,3 til +8,2" in text
    assert "De 5 stjernene blant tenkte virkninger gjelder andre utfall" in text
    assert "intervallet 2 steder" in text


@pytest.mark.parametrize(
    ("lead", "inflow", "exits", "told"),
    [
        (0.58, 1 / 12, 1 / 12, "kan ikke skilles fra hverandre"),
        (1 / 12, 1 / 12, 1 / 12, "er det utgangen som betyr mest"),
        (0.58, 0.5, 0.5, "Verken utgangen eller tilstrømningen"),
    ],
)
def test_exit_and_inflow_are_ranked_only_by_a_test_of_their_difference(
    reports, lead: float, inflow: float, exits: float, told: str
) -> None:
    """-6.6 against -5.6 says nothing of which is larger when the test of it has p = 0.58."""
    _, space, _ = reports["04"]
    mechanism = space["mechanism"].copy()
    own = mechanism["group"].eq("with")
    values = {"exit": (-6.6, exits), "inflow": (-5.6, inflow), "lead": (-1.0, lead)}
    for part, (effect, p) in values.items():
        rows = own & mechanism["part"].eq(part)
        mechanism.loc[rows, ["effect", "p_value"]] = effect, p
    results = space["results"].but(mechanism=mechanism)
    showing = Showing(REPORT, space["study"].output)
    assert told in showing.show("result-mechanism", results).markdown


def test_the_test_of_exit_against_inflow_is_a_rank_of_its_own(reports) -> None:
    for _, space, _ in reports.values():
        table = space["mechanism"].set_index(["group", "part"])
        for group in ("with", "without"):
            gap = table.loc[(group, "exit"), "effect"] - table.loc[(group, "inflow"), "effect"]
            assert table.loc[(group, "lead"), "effect"] == pytest.approx(gap)
            assert table.loc[(group, "lead"), "p_value"] >= 1 / 12 - 1e-9


def test_terms_are_explained_before_they_are_used(reports) -> None:
    for shown, _, _ in reports.values():
        order = [source for source, _ in shown if '"summary-' in source]
        terms, stock = (
            next(i for i, source in enumerate(order) if label in source)
            for label in ("summary-terms", "summary-stock")
        )
        assert terms < stock
        assert "P-verdien sier hvor sannsynlig" in block(shown, "summary-terms")
        assert "P-verdi" not in block(shown, "summary-question")


def test_closeness_to_printed_numbers_is_counted(reports) -> None:
    shown, _, folder = reports["04"]
    levels = pd.read_csv(folder / "tables" / "tbl-marginals.csv")
    near = int((levels["deviation"].abs() <= 10).sum())
    assert f"Av {len(levels)} nivåer" in block(shown, "compare-printed")
    assert f"ligger {near} innen 10\u00a0%" in block(shown, "compare-printed")
    assert "innen 10" not in block(reports["20"][0], "compare-printed")
