"""The notebook's cells for two counties: own names, own files, no small cells, parts."""

import re

import numpy as np
import pandas as pd
import pytest
from notebook_cells import run

from naveval.exhibits.output import RESULT_VARIABLE, open_output
from naveval.project import places
from naveval.project.errors import DisclosureError
from naveval.studies.hedmark.estimate.choice import recommend
from naveval.studies.hedmark.exhibits import tables
from naveval.studies.hedmark.exhibits.sentences import design, inflow, what_was_done
from naveval.studies.hedmark.exhibits.summary import question, verdict_of
from naveval.studies.hedmark.parameters import Parameters

SETTINGS = {"scale": 0.02, "seed": 5, "draws": 99, "size_draws": 20}
CODES = ("04", "20")


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory):
    root = tmp_path_factory.mktemp("reports")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NAVEVAL_OUT", str(root / "out"))
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
            if "appendix" in source or source.startswith("finish"):
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
        code: {str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()}
        for code, (_, _, folder) in reports.items()
    }
    assert files["20"] | {"tables/tbl-marginals.csv"} == files["04"]
    for label in [f"fig-{k}" for k in range(1, 10)]:
        assert f"figures/{label}.png" in files["20"]
        assert f"figures/{label}.csv" in files["20"]
    for label in [f"tbl-{k}" for k in range(1, 6)]:
        assert f"tables/{label}.csv" in files["20"]
    first, second = (folder for _, _, folder in reports.values())
    same = [
        name
        for name in files["20"]
        if name.endswith(".png") and (first / name).read_bytes() == (second / name).read_bytes()
    ]
    assert same == []


def test_no_number_of_persons_under_five_in_any_file(reports) -> None:
    """At this scale many cells are small: suppression must have worked everywhere."""
    suppressed = 0
    for _, _, folder in reports.values():
        for file in [*folder.rglob("figures/*.csv"), *folder.rglob("tables/*.csv")]:
            frame = pd.read_csv(file)
            suppressed += int((frame == ":").sum().sum())
            for column in frame.columns:
                if re.fullmatch(r"n|n_.*persons|.*_n|n_treated|n_control|with|without", column):
                    values = pd.to_numeric(frame[column], errors="coerce").dropna()
                    assert not values[values < 5].any(), (file.name, column)
        table = pd.read_csv(folder / "estimates.csv")
        assert not (table["n_persons"] < 5).any()
        log = pd.read_csv(folder / "disclosure.csv")
        assert log["rule"].eq("min_cell").any()
    assert suppressed > 0


def test_totals_of_a_county_do_not_give_its_parts_back(reports) -> None:
    """Figure 1 has both groups together; with their sum a hidden group could be computed."""
    for _, _, folder in reports.values():
        assert list(pd.read_csv(folder / "figures" / "fig-1.csv").columns)[:3] == [
            "county",
            "role",
            "change",
        ]
        assert "n" not in pd.read_csv(folder / "figures" / "fig-1.csv").columns


def test_suppressed_means_are_in_no_other_place(reports) -> None:
    """A mean hidden in tables 1 to 4 is hidden in estimates.csv too."""
    hidden = 0
    for _, space, folder in reports.values():
        table = pd.read_csv(folder / "estimates.csv", keep_default_na=False)
        table["estimate"] = pd.to_numeric(table["estimate"], errors="coerce")
        for row in space["means"].itertuples():
            rows = table[
                (table["label"] == row.label)
                & (table["outcome"] == row.outcome)
                & (table["group"] == row.group)
                & (table["horizon"] == row.season)
            ]
            assert len(rows) == 10
            counts = {
                "treated": row.n_treated,
                "control": row.n_control,
                "difference": row.n_persons,
            }
            for column, n in counts.items():
                if n < 5:
                    hidden += 1
                    assert rows.loc[rows["column"] == column, "estimate"].isna().all()
    assert hidden > 0


def test_the_change_of_the_whole_is_hidden_with_either_group(reports) -> None:
    """Of figure 1: with one group's counts, the change of both gives the other's."""
    for _, space, folder in reports.values():
        wide = space["panel"].wide
        parts = [wide["stock", group].loc[[24179, 24191]] for group in ("with", "without")]
        few = np.minimum(parts[0].min(), parts[1].min()) < 5
        shown = pd.read_csv(folder / "figures" / "fig-1.csv").set_index("county")["change"]
        for code, small in few.items():
            assert np.isnan(shown[places.name(code)]) == small


def test_p_values_and_texts_follow_the_chosen_method(reports) -> None:
    for shown, space, folder in reports.values():
        method = space["method"]
        assert method == (recommend(space["size"]) or "randomisation_coefficient")
        title = tables.name(space["output"], method)
        summary = next(b.markdown for source, b in shown if source.startswith(SUMMARY))
        assert f"«{title}»" in summary
        five = pd.read_csv(folder / "tables" / "tbl-5.csv", na_values=[":"])
        own = space["regression"].query("model == 'effect'")[f"p_{method}"].to_numpy()
        seen = five["p_value"].notna()
        np.testing.assert_allclose(five["p_value"][seen], own[seen])


SUMMARY = "summary.summary"


def test_no_paragraph_has_a_hole_where_a_number_is_hidden(reports) -> None:
    told = 0
    for code, (shown, _, _) in reports.items():
        for source, block in shown:
            if source.startswith(("sentences.", "summary.")):
                assert ".." not in block.markdown, block.markdown
                told += f"for få personer i {places.name(code)}" in block.markdown
    assert told > 0


def test_a_null_result_says_what_would_have_been_found(reports) -> None:
    for shown, space, folder in reports.values():
        smallest = space["smallest"].set_index(["outcome", "group"])["effect"]
        assert len(smallest) == 12
        table = pd.read_csv(folder / "estimates.csv")
        kept = table[table["label"] == "tbl-detectable"].set_index(["outcome", "group"])
        pd.testing.assert_series_equal(kept["estimate"], smallest, check_names=False)
        verdict = verdict_of(space["means"], space["parameters"])
        summary = next(b.markdown for source, b in shown if source.startswith(SUMMARY))
        stated = "måtte en nedgang" in summary
        known = smallest["stock"].notna().all()
        assert stated == (verdict in ("unclear", "mixed") and known)


def test_estimates_are_tidy_and_hold_every_label(reports) -> None:
    for _, space, folder in reports.values():
        table = pd.read_csv(folder / "estimates.csv")
        assert len(table) == len(space["estimates"])
        labels = {f"tbl-{k}" for k in range(1, 6)} | {"tbl-inference", "tbl-size", "tbl-mechanism"}
        assert labels <= set(table["label"])
        key = ["label", "row", "column", "outcome", "group", "horizon", "estimand", "method"]
        assert not table.duplicated(key).any()
        least = table[table["row"] == "smallest p-value"].set_index("column")
        assert (least["estimate"] == 1 / least["n_clusters"]).all()
        units = space["inference"]["n_units"]
        assert least["n_clusters"].tolist() == [units.min(), units.max()]


def test_no_row_of_microdata_and_no_id(reports) -> None:
    for shown, _, folder in reports.values():
        text = "\n".join(block.markdown for _, block in shown)
        text += "\n".join(f.read_text() for f in folder.rglob("*.csv"))
        assert "birth_year" not in text
        assert not re.search(r"\bperson\b *[,|]", text)


def test_published_numbers_stand_beside_the_estimates_for_hedmark_only(reports) -> None:
    for code, (_, space, _) in reports.items():
        table = space["estimates"]
        effects = table[(table["label"] == "tbl-1") & (table["row"] == "effect")]
        five = table[(table["label"] == "tbl-5") & (table["method"] == "crv1")]
        five = five[five["row"] != "count"]
        if code != "04":
            assert effects["published"].isna().all()
            assert five["published"].isna().all()
            continue
        assert sorted(effects["published"]) == [-11.6, -10.6, -7.3, -6.9]
        np.testing.assert_allclose(
            effects["difference"], effects["estimate"] - effects["published"], atol=1e-12
        )
        assert five["published"].notna().all()


def test_what_has_not_been_released_is_not_shown(reports, monkeypatch) -> None:
    _, space, folder = reports["04"]
    monkeypatch.setenv(RESULT_VARIABLE, str(folder))
    output = open_output("hedmark", Parameters(**SETTINGS))
    with pytest.raises(DisclosureError):
        tables.tables.show(output, space["means"], "tbl-1")


def test_notes_and_paragraphs_follow_the_parameters(reports, monkeypatch) -> None:
    _, space, folder = reports["04"]
    monkeypatch.setenv(RESULT_VARIABLE, str(folder))
    output, method = space["output"], space["method"]
    choices = (
        {},
        {"weights": "equal"},
        {"composition": "none"},
        {"composition": "lagged"},
        {"time_effects": "season"},
    )
    notes = {
        tables.regression(
            output, space["regression"], Parameters(**SETTINGS, **change), method
        ).markdown.rpartition("::: {.note}")[2]
        for change in choices
    }
    assert len(notes) == len(choices)
    moved = Parameters(start="2014-09")
    assert "kontrollrapport" in question(output, moved).markdown
    assert "tok alle kontorene" not in what_was_done(output, moved).markdown
    assert "tok alle kontorene" in what_was_done(output, Parameters()).markdown
    few = Parameters(control=("01", "05", "06"))
    assert "for få til å si noe" in design(output, few).markdown
    assert "for få til å si noe" not in design(output, Parameters()).markdown
    coast = Parameters(control=("01", "05", "11"))
    assert "oljenedturen" in question(output, few).markdown
    assert "oljenedturen" not in question(output, coast).markdown


def test_late_right_is_told_only_where_the_analysis_ends_with_the_register(reports) -> None:
    _, space, _ = reports["04"]
    output, panel = space["output"], space["panel"]
    given = panel, space["means"], space["smallest"]
    assert "ikke de tre månedene gått" in inflow(output, *given, Parameters()).markdown
    early = Parameters(window_last="2015-09")
    assert "ikke de tre månedene gått" not in inflow(output, *given, early).markdown
