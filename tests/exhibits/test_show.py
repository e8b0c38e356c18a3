"""Exhibits and sentences of a toy report: one decision, one wording, one row per number."""

import json
import re
from dataclasses import dataclass, replace
from inspect import signature
from pathlib import Path
from typing import get_type_hints

import numpy as np
import pandas as pd
import pytest

from naveval.disclosure.decisions import Protection
from naveval.exhibits import markdown, rows, show, views
from naveval.exhibits.declare import (
    Bars,
    Exhibit,
    Fact,
    Intervals,
    Lines,
    Picture,
    Report,
    Results,
    Sentence,
    Table,
    Value,
    When,
)
from naveval.exhibits.output import RESULT_VARIABLE, Output
from naveval.exhibits.protect import Derived, Descriptive, Drawn, Model, Public
from naveval.exhibits.reader import Reader
from naveval.exhibits.rows import SUPPRESSED, UNCERTAIN
from naveval.exhibits.show import Showing
from naveval.project import places
from naveval.project.errors import DisclosureError, EstimationError, ParameterError


@dataclass(frozen=True)
class Toy(Results):
    """Counts, an effect, and monthly rates."""

    counts: pd.DataFrame
    effects: pd.DataFrame
    months: pd.DataFrame
    chosen: str = "first"


@dataclass(frozen=True)
class Protected(Toy):
    """Results computed from protected counts."""

    @property
    def protection(self) -> Protection:
        return Protection(40)


EFFECT = Value("pct1_s", "percent", se="se", low="low", high="high", p="p")
GROUPS = ("men", "women")
TEXTS = {
    "report": {"title": "Tittel"},
    "banners": {"simulated": "Oppdiktet."},
    "finished": "{rows:int} tall.",
    "simulated-mark": "Oppdiktet",
    "simulated-note": "Oppdiktet.",
    "parameters": {"county": "Fylket"},
    "names": {
        "labels": {
            "men": "Menn",
            "women": "Kvinner",
            "before": "Før",
            "after": "Etter",
            "control": "Alle",
        }
    },
    "tbl-1": {
        "caption": "Andel i {place}, {start}",
        "finding": {"up": "Flere, {tbl-2.effect[men]}", "down": "Færre"},
        "columns": {"group": "Gruppe", "row": "", "rate": "Prosent"},
    },
    "tbl-2": {
        "caption": "Virkning, {negative} av {all}",
        "note": "Merk.",
        "columns": {"group": "Gruppe", "effect": "Virkning", "low": "Fra", "p": "p"},
    },
    "tbl-3": {"caption": "Avledet", "columns": {"group": "Gruppe", "twice": "Dobbelt"}},
    "tbl-4": {"caption": "Trukket", "columns": {"group": "Gruppe", "size": "Størrelse"}},
    "fig-1": {
        "caption": "Kurver",
        "alt": 'Kurver for "{place}"',
        "labels": {"y": "Prosent", "x": "Måned", "mark": "Start"},
    },
    "why-not": {"text": "Ikke for {place}."},
    "said": {
        "text": "Virkningen er {tbl-2.effect[men]} (fra {tbl-2.effect[men].low}, {level}).",
        "hidden": "For få i {place}.",
    },
    "more": {"choose": {"down": "Det er {tbl-2.effect[men].size} prosent ned."}},
    "women": {"text": "{tbl-2.effect[women]}", "hidden": "For få kvinner."},
    "headlines": [{"text": "said", "sentences": [1]}],
}


def counts(results: Toy) -> pd.DataFrame:
    return results.counts


def doubled(reader) -> pd.DataFrame:
    found = reader.frame("tbl-2")
    hidden = reader.released("tbl-2").suppressed["effect"]
    return pd.DataFrame(
        {"group": found["group"], "twice": 2 * found["effect"], "hidden": hidden.to_numpy()}
    )


def report(**changes) -> Report:
    exhibits = (
        Exhibit(
            "tbl-1",
            data=counts,
            keys=("group",),
            values={
                "before": Value("num1", "percent", at=("before", "rate"), estimand="mean"),
                "after": Value("num1", "percent", at=("after", "rate"), estimand="mean"),
            },
            protect=Descriptive({"before": "n", "after": "n"}, noise=False, few=True),
            view=Table(rows=("group",)),
            finding=lambda reader: "up" if reader("tbl-2.effect[men]") > 0 else "down",
        ),
        Exhibit(
            "tbl-2",
            data=lambda results: results.effects,
            keys=("group",),
            values={
                "effect": EFFECT,
                "wide": replace(EFFECT, of="effect", low="wide", high="", p="", method="other"),
            },
            protect=Model(residual_df=100),
            view=Table(rows=("group",)),
            facts={
                "negative": Fact(lambda reader: int((reader.rows["effect"] < 0).sum())),
                "all": Fact(lambda reader: len(reader.rows), unit="effects"),
            },
        ),
        Exhibit(
            "tbl-3",
            data=doubled,
            keys=("group",),
            values={"twice": Value("num0", "percent")},
            protect=Derived("table 2"),
            view=Table(rows=("group",)),
        ),
        Exhibit(
            "tbl-4",
            data=lambda _: pd.DataFrame({"group": GROUPS, "size": [1.0, 2.0]}),
            keys=("group",),
            values={"size": Value("num0", "percent of draws")},
            protect=Drawn("draws without persons"),
            view=Table(rows=("group",)),
            when=When(lambda results: results.chosen == "first", "why-not"),
        ),
        Exhibit(
            "fig-1",
            data=lambda results: results.months,
            keys=("group", "month"),
            values={"rate": Value("num1", low="low", high="high")},
            protect=Public("test"),
            view=Lines("month", ("rate",), by="group", mark="start"),
        ),
    )
    given = {
        "study": "hedmark",
        "exhibits": exhibits,
        "sentences": (
            Sentence("said", then=(Sentence("more", lambda reader: _ways(reader)),)),
            Sentence("women"),
        ),
        "common": {
            "start": Fact(lambda results: results.parameters, "month"),
            "level": Fact(lambda _: 0.05, "share0"),
        },
        "codes": {"group": GROUPS},
    }
    return Report(**{**given, **changes})


def _ways(reader) -> str:
    return "down" if reader("tbl-2.effect[men]") < 0 else ""


@pytest.fixture
def results() -> Toy:
    months = [f"2014-{month:02d}" for month in range(1, 13)] + ["2015-01"]
    return Protected(
        parameters="2014-11",
        counts=pd.DataFrame(
            {"group": GROUPS, "before": [10.0, None], "after": [11.5, None], "n": [50, 5]}
        ),
        effects=pd.DataFrame(
            {
                "group": GROUPS,
                "effect": [-7.25, 4.0],
                "se": [1.0, 2.0],
                "low": [-9.0, 0.5],
                "high": [-5.0, 8.0],
                "p": [0.0123, 0.5],
                "wide": [-12.0, -1.0],
                "n_persons": [40, 2],
            }
        ),
        months=pd.DataFrame(
            {
                "group": np.repeat(GROUPS, len(months)),
                "month": months * 2,
                "rate": np.linspace(1, 5, 2 * len(months)),
                "low": 0.5,
                "high": 6.0,
            }
        ),
    )


@pytest.fixture
def showing(tmp_path: Path) -> Showing:
    return shown_in(tmp_path)


def shown_in(folder: Path, **changes) -> Showing:
    for part in ("tables", "figures"):
        (folder / part).mkdir(parents=True)
    output = Output("hedmark", places.place("15"), folder, "simulated", TEXTS)
    return Showing(report(**changes), output)


def test_a_table_has_lines_by_value_hidden_cells_a_finding_and_a_note(showing, results) -> None:
    text = showing.show("tbl-1", results).markdown
    assert "| Menn | Før | 10,0 |" in text
    assert "| Menn | Etter | 11,5 |" in text
    assert "| Kvinner | Etter | : |" in text
    assert ": [Færre]{.finding} Andel i Møre og Romsdal, november 2014 {#tbl-1}" in text
    assert text.rstrip().endswith("Oppdiktet.\n:::")
    written = pd.read_csv(showing.output.folder / "tables" / "tbl-1.csv")
    assert list(written["group"]) == ["Menn", "Kvinner"]
    assert list(written["before"]) == ["10.0", ":"]


def test_what_the_source_printed_beside_simulated_numbers_is_named(tmp_path, results) -> None:
    def beside(label: str, name: str, **at) -> str:
        exhibits = [
            replace(
                one,
                values={
                    key: replace(value, source="published", **at) if key == name else value
                    for key, value in one.values.items()
                },
            )
            if one.label == label
            else one
            for one in report().exhibits
        ]
        texts = {**TEXTS, "printed-note": {"row": "RAD {titles}", "column": "KOL {titles}"}}
        if at:
            columns = {"group": "Gruppe", "rate": "Prosent", "so": "Publ."}
            texts["tbl-1"] = {**TEXTS["tbl-1"], "columns": columns}
        folder = tmp_path / f"{label}-{len(at)}"
        for part in ("tables", "figures"):
            (folder / part).mkdir(parents=True)
        output = Output("hedmark", places.place("15"), folder, "simulated", texts)
        return Showing(report(exhibits=tuple(exhibits)), output).show(label, results).markdown

    assert "RAD «Etter»" in beside("tbl-1", "after")
    assert "KOL «Publ.»" in beside("tbl-1", "after", at=("before", "so"))
    assert "KOL" not in beside("tbl-3", "twice"), (
        "a table of printed numbers alone says so as a whole"
    )


def test_parts_of_a_value_take_its_decimals_and_facts_come_from_released_rows(
    showing, results
) -> None:
    shown = showing.show("tbl-2", results)
    assert "| Menn | −7,2\u00a0% | −9,0 | 0,012 |" in shown.markdown
    assert ": Virkning, 1 av 2 {#tbl-2}" in shown.markdown
    assert shown.rows["effect"].isna().tolist() == [False, True]


def test_what_follows_from_hidden_rows_is_hidden(showing, results) -> None:
    assert "| Kvinner | : |" in showing.show("tbl-3", results).markdown
    assert "| Menn | −14 |" in showing.show("tbl-3", results).markdown


def noisy_toy(folder: Path, view) -> tuple[Showing, Toy]:
    """Protected shares of thirty men and of seven women."""
    results = Protected(
        parameters="2014-11",
        counts=pd.DataFrame({"group": GROUPS, "rate": [12.0, 25.0], "n": [30, 7]}),
        effects=pd.DataFrame(),
        months=pd.DataFrame(),
    )
    exhibit = Exhibit(
        "tbl-1" if isinstance(view, Table) else "fig-1",
        data=counts,
        keys=("group",),
        values={"rate": Value("num1", "percent")},
        protect=Descriptive({"rate": "n"}),
        view=view,
        facts={
            "highest": Fact(lambda reader: reader.rows.set_index("group")["rate"].idxmax(), "name")
        },
    )
    texts = {
        **TEXTS,
        "noisy-note": "≈ er usikre.",
        "noisy-figure": "Åpne er usikre.",
        "tbl-1": {"caption": "Høyest: {highest}", "columns": {"group": "Gruppe", "rate": "Andel"}},
        "men": {"text": "{tbl-1.rate[men]}", "hidden": "For få menn."},
        "women": {"text": "{tbl-1.rate[women]}", "hidden": "For få kvinner."},
    }
    for part in ("tables", "figures"):
        (folder / part).mkdir(parents=True)
    output = Output("hedmark", places.place("15"), folder, "simulated", texts)
    sentences = (Sentence("men"), Sentence("women"))
    return Showing(report(exhibits=(exhibit,), sentences=sentences), output), results


def test_numbers_on_few_persons_are_marked_and_ranked_and_told_by_nobody(tmp_path) -> None:
    showing, results = noisy_toy(tmp_path, Table(rows=("group",)))
    text = showing.show("tbl-1", results).markdown
    assert "| Menn | 12,0 |" in text
    assert "| Kvinner | ≈\u00a025,0 |" in text
    assert ": Høyest: Menn {#tbl-1}" in text
    assert "≈ er usikre." in text
    assert showing.show("men", results).markdown == "12,0"
    assert showing.show("women", results).markdown == "For få kvinner."
    written = pd.read_csv(tmp_path / "tables" / "tbl-1.csv")
    assert written["rate_noisy"].tolist() == [False, True]
    assert written["rate"].tolist() == [12.0, 25.0]
    showing.finish(results)
    notes = pd.read_csv(tmp_path / "estimates.csv", keep_default_na=False)["note"]
    assert notes.tolist() == ["", UNCERTAIN]


@pytest.mark.parametrize("view", [Lines("group", ("rate",)), Bars("group", "rate")])
def test_numbers_on_few_persons_are_drawn_open(tmp_path, monkeypatch, view) -> None:
    drawn = []
    monkeypatch.setattr(show.style, "save", lambda figure, *_, **__: drawn.append(figure))
    showing, results = noisy_toy(tmp_path, view)
    assert "Åpne er usikre." in showing.show("fig-1", results).markdown
    (ax,) = drawn[0].axes
    white = [line for line in ax.lines if line.get_markerfacecolor() == "white"]
    white += [bar for bar in ax.patches if bar.get_facecolor()[:3] == (1, 1, 1)]
    values = [
        line.get_ydata()[0] if hasattr(line, "get_ydata") else line.get_width() for line in white
    ]
    assert [value for value in values if value == value] == [25.0]


@pytest.mark.parametrize(("told", "mark"), [(True, "Fra bøker"), (False, "")])
def test_pictures_among_simulated_ones_say_that_they_rest_on_published_numbers(
    tmp_path, monkeypatch, results, told: bool, mark: str
) -> None:
    marks = []
    monkeypatch.setattr(show.style, "save", lambda _, __, mark, **___: marks.append(mark))
    texts = {**TEXTS, "published-mark": "Fra bøker", "published-note": "Fra bøker."}
    figure = replace(report().exhibit("fig-1"), protect=Public("a book", told=told))
    for part in ("tables", "figures"):
        (tmp_path / part).mkdir()
    output = Output("hedmark", places.place("15"), tmp_path, "simulated", texts)
    Showing(report(exhibits=(figure,), sentences=()), output).show("fig-1", results)
    assert marks == [mark, mark], "on a page and on a phone"


def test_sentences_name_their_numbers_go_on_and_give_way_when_hidden(showing, results) -> None:
    said = showing.show("said", results).markdown
    assert said == "Virkningen er −7,2\u00a0% (fra −9,0, 5\u00a0%). Det er 7,2 prosent ned."
    assert showing.show("women", results).markdown == "For få kvinner."
    few = results.effects.assign(n_persons=2)
    hidden = showing.show("said", results.but(effects=few))
    assert hidden.markdown == "For få i Møre og Romsdal."
    risen = results.but(effects=results.effects.assign(effect=[3.0, 4.0]))
    assert "ned" not in showing.show("said", risen).markdown


def test_what_is_not_shown_says_why(showing, results) -> None:
    assert "Størrelse" in showing.show("tbl-4", results).markdown
    other = showing.show("tbl-4", results.but(chosen="second"))
    assert (other.markdown, other.rows) == ("Ikke for Møre og Romsdal.", None)


def test_estimates_hold_what_was_released_with_its_own_keys(showing, results) -> None:
    for label in ("tbl-2", "tbl-1", "said"):
        showing.show(label, results)
    stale = showing.output.folder / "tables" / "tbl-gone.csv"
    stale.write_text("a\n1\n")
    assert showing.finish(results).markdown == "9 tall."
    table = pd.read_csv(showing.output.folder / "estimates.csv", keep_default_na=False)
    assert list(table["label"]) == ["tbl-1"] * 4 + ["tbl-2"] * 5
    assert set(table["origin"]) == {"simulated"}
    assert list(table.columns)[-2:] == ["origin", "note"]
    own = table[table["group"] == "men"].set_index("value")
    assert own.loc["effect", ["estimate", "std_error", "ci_low", "p_value"]].tolist() == [
        "-7.2",
        "1.0",
        "-9.0",
        "0.012",
    ]
    assert own.loc["wide", ["estimate", "ci_low", "ci_high", "method"]].tolist() == [
        "-7.2",
        "-12.0",
        "",
        "other",
    ]
    hidden = table[table["group"] == "women"]
    assert set(hidden["estimate"]) == {""}
    assert set(hidden["note"]) == {SUPPRESSED}
    assert table.set_index("value").loc["all", "estimate"] == "2.0"
    assert not stale.exists()
    assert (showing.output.folder / "tables" / "tbl-1.csv").exists()
    kept = json.loads((showing.output.folder / "headlines.json").read_text(encoding="utf-8"))
    assert kept["1"]["text"].startswith("Virkningen er −7,2")
    log = pd.read_csv(showing.output.folder / "disclosure.csv")
    assert set(log["label"]) == {"tbl-1", "tbl-2"}


def test_every_number_carries_its_key_to_the_report(showing, results, monkeypatch) -> None:
    said, table = showing.show("said", results), showing.show("tbl-2", results)
    showing.finish(results)
    assert said._repr_mimebundle_() == {"text/markdown": said.markdown}
    monkeypatch.setenv(RESULT_VARIABLE, "x")
    told = said._repr_mimebundle_()["text/markdown"]
    assert '[−7,2\u00a0%]{key="tbl-2.effect[men]"}' in told
    assert '{key="tbl-2.effect[men].low"}' in told
    assert "key=" not in said.markdown
    assert '{key="tbl-2.negative"} av [2]{key="tbl-2.all"}' in table.text
    kept = pd.read_csv(showing.output.folder / "numbers.csv", keep_default_na=False)
    by_place = kept.set_index(["label", "part"])
    assert by_place.loc[("tbl-2", "1,2"), "key"] == "tbl-2.effect[men]"
    assert by_place.loc[("tbl-2", "1,4"), ["key", "shown"]].tolist() == [
        "tbl-2.effect[men].p",
        "0,012",
    ]
    assert set(kept["origin"]) == {showing.output.origin}
    for row in kept[kept["label"] == "said"].itertuples():
        exhibit, _, name = row.key.partition(".")
        value = showing.reader(results, exhibit)(row.key if "[" in row.key else name)
        assert float(row.value) == value


@pytest.mark.parametrize(
    "view",
    [
        Lines("month", ("rate",), by="group", mark="start", zero=True),
        Lines("month", ("rate",), panels="group", band=("low", "high"), mark="start", decimals=0),
        Picture(lambda reader: views.panels(reader, "group", height=3)[0]),
    ],
    ids=lambda view: type(view).__name__,
)
def test_every_kind_of_figure_is_drawn_with_alt_text(tmp_path, results, view) -> None:
    exhibit = replace(report().exhibit("fig-1"), view=view)
    showing = shown_in(tmp_path, exhibits=(exhibit,), sentences=())
    text = showing.show("fig-1", results).markdown
    assert text.startswith("![Kurver](figures/fig-1.png){#fig-1 fig-alt=")
    assert "”Møre og Romsdal”" in text
    assert (tmp_path / "figures" / "fig-1.png").stat().st_size > 5000
    assert len(pd.read_csv(tmp_path / "figures" / "fig-1.csv")) == 26


@pytest.mark.parametrize("view", [Intervals("group", "effect"), Bars("group", "effect")])
def test_points_and_bars_are_drawn_of_shown_rows_only(tmp_path, results, view) -> None:
    exhibit = replace(report().exhibit("tbl-2"), label="fig-1", view=view, only={"group": ("men",)})
    showing = shown_in(tmp_path, exhibits=(exhibit,), sentences=())
    shown = showing.show("fig-1", results)
    assert len(shown.rows) == 2
    assert list(pd.read_csv(tmp_path / "figures" / "fig-1.csv")["group"]) == ["Menn"]


def test_faults_are_named(showing, results, monkeypatch) -> None:
    with pytest.raises(ParameterError, match=r"shows no «tbl-9»; exhibits: tbl-1, .*said, women"):
        showing.show("tbl-9", results)
    twice = results.but(counts=pd.concat([results.counts, results.counts]))
    with pytest.raises(EstimationError, match="tbl-1: 4 rows share a key"):
        showing.show("tbl-1", twice)
    bare = Toy(results.parameters, results.counts, results.effects, results.months)
    with pytest.raises(DisclosureError, match="need results from a protected panel"):
        showing.show("tbl-1", bare)
    for change, told in (
        ({"count": 1}, "results have no count; they have parameters, counts, effects"),
        ({"counts": 3}, "results.counts: expected DataFrame, got int"),
        ({"counts": results.counts[["group"]]}, "lacks columns before, after, n"),
    ):
        with pytest.raises(ParameterError, match=told):
            results.but(**change)
    assert showing.data("tbl-1", results)["group"].tolist() == list(GROUPS)
    monkeypatch.setenv(RESULT_VARIABLE, str(showing.output.folder))
    with pytest.raises(DisclosureError, match="stay out of runs"):
        showing.data("tbl-1", results)


def test_an_exhibit_without_protection_is_refused(tmp_path, results) -> None:
    bare = replace(report().exhibit("tbl-2"), protect=None)  # type: ignore[arg-type]
    showing = shown_in(tmp_path, exhibits=(bare,), sentences=())
    with pytest.raises(DisclosureError, match="tbl-2: an exhibit needs protection"):
        showing.show("tbl-2", results)
    hidden_count = replace(
        report().exhibit("tbl-1"), protect=Descriptive({"before": "n", "after": "n"}, shows=False)
    )
    counted = shown_in(tmp_path / "other", exhibits=(hidden_count, report().exhibit("tbl-2")))
    assert "n" not in counted.show("tbl-1", results).rows


@pytest.mark.parametrize("view", [views.draw, markdown.table, rows.of_exhibit, show.estimates])
def test_views_take_released_rows_by_their_type(view, results) -> None:
    assert get_type_hints(view)["reader"] is Reader
    more = list(signature(view).parameters)[1:]
    with pytest.raises((TypeError, AttributeError), match=r"dataclass|report"):
        view(results.counts, *(report().exhibit("fig-1") for _ in more))


def test_a_protected_zero_is_no_number_of_persons_in_the_estimates() -> None:
    given = pd.DataFrame(
        {"label": "tbl-1", "estimate": 1.0, "n_persons": [0, 0, 40], "note": ["", "noisy", ""]}
    )
    found = rows.together("hedmark", [given], [])
    assert found["n_persons"].isna().tolist() == [True, True, False]
    assert found["note"].tolist() == [rows.FEW_PERSONS, "noisy", ""]


def test_a_long_table_is_told_in_part_and_says_so_and_its_data_are_whole(tmp_path) -> None:
    showing, results = noisy_toy(tmp_path, Table(rows=("group",), longest=1))
    showing.output.texts["longest-note"] = "Resten er i arbeidsboken."
    text = showing.show("tbl-1", results).markdown
    assert "| Menn |" in text
    assert "| Kvinner |" not in text
    assert "Resten er i arbeidsboken." in text
    assert len(pd.read_csv(tmp_path / "tables" / "tbl-1.csv")) == 2


@pytest.mark.parametrize("there", [GROUPS, ("men",)])
def test_a_code_that_no_row_has_gets_no_column(tmp_path, there) -> None:
    showing, results = noisy_toy(tmp_path, Table(spread=("group",)))
    showing.output.texts["tbl-1"]["columns"] = {"men_rate": "Menn", "women_rate": "Kvinner"}
    kept = results.counts[results.counts["group"].isin(there)]
    head = showing.show("tbl-1", replace(results, counts=kept)).markdown.partition("\n")[0]
    assert ("Menn" in head, "Kvinner" in head) == (True, "women" in there)


def test_alt_texts_leave_out_sentences_without_numbers_and_titles_say_what_is_hidden(
    tmp_path, results
) -> None:
    showing = shown_in(tmp_path)
    alt = (
        "To linjer. Kvinner: {tbl-2.effect[women]}. Menn: {tbl-2.effect[men]}. "
        "Begge: {tbl-2.effect[men]} og {tbl-2.effect[women]}."
    )
    figure = TEXTS["fig-1"] | {
        "alt": alt,
        "finding": {"told": "Kvinner: {tbl-2.effect[women]}", "hidden": "For få kvinner"},
    }
    texts = TEXTS | {"fig-1": figure, "dots-note": "To prikker: for få."}
    text = replace(showing, output=replace(showing.output, texts=texts))
    shown = text.show("fig-1", results).markdown
    assert "[For få kvinner]{.finding}" in shown
    told = re.search(r'fig-alt="([^"]*)"', shown)[1]
    assert told.startswith("To linjer. Menn: −7,2\u00a0%. Begge: −7,2\u00a0% og ..")
    assert told.endswith("To prikker: for få.")


@pytest.mark.parametrize(
    ("protect", "expected"),
    [
        (Public("table 3"), "published"),
        (Public("row counts", registers=True), "simulated"),
        (Drawn("panels with the spread of the registers"), "simulated"),
    ],
)
def test_what_rests_on_registers_is_marked_as_they_are(protect, expected, showing, results) -> None:
    exhibit = replace(showing.report.exhibit("tbl-4"), protect=protect)
    others = [one for one in showing.report.exhibits if one.label != "tbl-4"]
    report = replace(showing.report, exhibits=(exhibit, *others))
    reader = replace(showing.reader(results, "tbl-4"), report=report, _kept={})
    assert rows.origin(reader, exhibit) == expected
