"""Tables, figures and sentences: the gate, the texts, the files."""

import dataclasses
import json
import os
import shutil
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from naveval.disclosure import gate
from naveval.exhibits import appendix, figures, output, tables, words
from naveval.project import parameters
from naveval.project.errors import DisclosureError, ParameterError
from naveval.project.parameters import StudyParameters

TEXTS = """
tbl-1:
  caption: "Stønad i {place}, {year:text}"
  note: "Sum {total:nok}."
  columns:
    name: {title: Gruppe}
    value: {title: "Andel", format: share1}
fig-1:
  caption: "Figur for {place}"
  alt: 'Viser "andel" {value:share1}'
  labels: {line: "Linje i {place}"}
greeting:
  text: "Tallet er {x:num1} i {place}."
verdict:
  choose: {up: "Opp {x:pct1}.", down: "Ned."}
"""


def only(project: Path, texts: str, headlines: str = "") -> None:
    """Give the study these texts and no others."""
    folder = project / "report/texts/hedmark"
    shutil.rmtree(folder)
    folder.mkdir()
    (folder / "report.yml").write_text(texts, encoding="utf-8")
    (folder / "headlines.yml").write_text(headlines, encoding="utf-8")


@pytest.fixture
def opened(project: Path, monkeypatch: pytest.MonkeyPatch) -> output.Output:
    only(project, TEXTS)
    monkeypatch.setenv("NAVEVAL_RESULT", str(project / "out"))
    return output.open_output("hedmark", StudyParameters(county=""))


def from_persons(frame: pd.DataFrame, label: str) -> gate.Released:
    made = gate.public(frame, label=label, source="test")
    return dataclasses.replace(made, origin="persons")


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame({"name": ["A|B", "C"], "value": [0.1234, None]})


def test_table_shows_caption_label_note_and_writes_csv(
    opened: output.Output, frame: pd.DataFrame
) -> None:
    released = from_persons(frame, "tbl-1")
    block = tables.show(opened, released, "tbl-1", year=2020, total=-1500)
    lines = block.markdown.splitlines()
    assert lines[0] == "| Gruppe | Andel |"
    assert lines[1] == "| --- | --: |"
    assert lines[2] == "| A\\|B | 12,3\u00a0% |"
    assert lines[3] == "| C | .. |"
    assert ": Stønad i hele landet, 2020 {#tbl-1}" in lines
    assert "−1\u202f500\u00a0kr. Simulerte registre" in block.markdown
    written = pd.read_csv(opened.folder / "tables/tbl-1.csv")
    assert list(written["origin"]) == ["simulated", "simulated"]
    assert "tbl-1" in (opened.folder / "disclosure.csv").read_text()


def test_published_numbers_carry_no_notice_of_simulation(
    opened: output.Output, frame: pd.DataFrame
) -> None:
    released = gate.public(frame, label="tbl-1", source="test")
    block = tables.show(opened, released, "tbl-1", year=2020, total=1)
    assert "Simulerte" not in block.markdown
    assert "origin" not in pd.read_csv(opened.folder / "tables/tbl-1.csv")


def test_columns_of_published_numbers_are_left_out_where_there_are_none(
    opened: output.Output, frame: pd.DataFrame
) -> None:
    opened.texts["tbl-1"]["columns"]["published"] = {"title": "Publisert", "format": "share1"}
    both = frame.assign(published=[0.5, None])
    for given, head in (
        (both, "| Gruppe | Andel | Publisert |"),
        (both.assign(published=float("nan")), "| Gruppe | Andel |"),
    ):
        released = gate.public(given, label="tbl-1", source="test")
        block = tables.show(opened, released, "tbl-1", year=2020, total=1)
        assert block.markdown.splitlines()[0] == head


def test_suppressed_cells_show_a_colon_and_leave_the_csv(
    opened: output.Output, frame: pd.DataFrame
) -> None:
    released = gate.public(frame, label="tbl-1", source="test")
    hidden = released.suppressed.copy()
    hidden.loc[0, "value"] = True
    masked = gate.Released(frame, hidden, released.log, "tbl-1")
    block = tables.show(opened, masked, "tbl-1", year=2020, total=1)
    assert "| A\\|B | : |" in block.markdown
    assert "0.1234" not in (opened.folder / "tables/tbl-1.csv").read_text()


def test_only_released_data_is_shown(opened: output.Output, frame: pd.DataFrame) -> None:
    with pytest.raises(DisclosureError, match="tbl-1: expected data that has passed"):
        tables.show(opened, frame, "tbl-1", year=1, total=1)  # type: ignore[arg-type]
    figure, _ = figures.axes()
    with pytest.raises(DisclosureError, match="fig-1"):
        figures.show(opened, figure, frame, "fig-1", value=1)  # type: ignore[arg-type]


def test_figure_writes_picture_and_data(opened: output.Output, frame: pd.DataFrame) -> None:
    figure, ax = figures.axes()
    ax.plot([0, 1], [0, 1])
    released = gate.public(frame, label="fig-1", source="test")
    block = figures.show(opened, figure, released, "fig-1", value=0.5)
    assert block.markdown.startswith("![Figur for hele landet](figures/fig-1.png){#fig-1 fig-alt=")
    assert "Viser ”andel” 50,0\u00a0%" in block.markdown
    assert (opened.folder / "figures/fig-1.png").stat().st_size > 1000
    assert (opened.folder / "figures/fig-1.csv").exists()
    assert opened.label("fig-1", "line") == "Linje i hele landet"


def test_block_embeds_pictures_only_outside_a_run(
    opened: output.Output, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure, _ = figures.axes()
    released = gate.public(frame, label="fig-1", source="test")
    block = figures.show(opened, figure, released, "fig-1", value=0.5)
    assert "Path" not in repr(block)
    assert "data:image" not in block._repr_mimebundle_()["text/markdown"]
    monkeypatch.delenv("NAVEVAL_RESULT")
    shown = block._repr_mimebundle_()["text/markdown"]
    assert "](data:image/png;base64," in shown
    assert "fig-alt" not in shown


def test_sentences_take_numbers_from_values(opened: output.Output) -> None:
    assert output.sentence(opened, "greeting", x=1.25).markdown == "Tallet er 1,2 i hele landet."
    assert output.sentence(opened, "verdict", choose="up", x=3).markdown == "Opp 3,0\u00a0%."


def test_text_faults_name_the_key(opened: output.Output, frame: pd.DataFrame) -> None:
    with pytest.raises(ParameterError, match="text «greeting»: cannot be filled: 'x'"):
        output.sentence(opened, "greeting")
    with pytest.raises(ParameterError, match="no choice «sideways»; allowed: up, down"):
        output.sentence(opened, "verdict", choose="sideways")
    with pytest.raises(ParameterError, match="no text «nothing»"):
        output.sentence(opened, "nothing")
    released = gate.public(frame[["name"]], label="tbl-1", source="test")
    with pytest.raises(ParameterError, match="has no column value; it has name"):
        tables.show(opened, released, "tbl-1", year=1, total=1)


def test_texts_of_two_files_may_not_clash(project: Path) -> None:
    only(project, "same: {text: a}\n", "same: {text: a}\n")
    with pytest.raises(ParameterError, match=r"report\.yml: defined in another file too: same"):
        words.load("hedmark")


def test_interactive_folder_is_apart_from_finished_results(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NAVEVAL_RESULT", raising=False)
    opened = output.open_output("hedmark", StudyParameters(county=""))
    assert opened.folder.name == "hele-landet-interactive"
    assert os.environ.get("NAVEVAL_RESULT") is None


def test_labels_at_line_ends_keep_their_distance() -> None:
    figure, ax = figures.axes()
    ax.plot([0, 1], [0, 1])
    ax.set_ylim(0, 1)
    figures.label_ends(ax, {"a": (1, 0.5, "k"), "b": (1, 0.501, "k"), "c": (1, 0.1, "k")})
    heights = sorted(text.xyann[1] for text in ax.texts)
    assert min(b - a for a, b in pairwise(heights)) > 0.05
    assert figure is not None


@pytest.mark.parametrize(("decimals", "low", "high"), [(0, -15.6, 3.9), (1, 0.0, 0.31), (2, 0, 4)])
def test_tick_labels_tell_where_the_ticks_are(decimals: int, low: float, high: float) -> None:
    figure, ax = figures.axes()
    ax.plot([low, high], [low, high])
    figures.norwegian_axis(ax, x=decimals, y=decimals)
    figure.canvas.draw()
    for axis in (ax.xaxis, ax.yaxis):
        shown = [label.get_text() for label in axis.get_ticklabels()]
        assert len(shown) > 3
        numbers = [float(text.replace("−", "-").replace(",", ".")) for text in shown]
        assert numbers == pytest.approx(list(axis.get_ticklocs()))


def test_an_empty_list_among_the_parameters_is_told_as_empty() -> None:
    class Chosen(StudyParameters):
        control: tuple[str, ...] = ()

    rows = {
        name: appendix.shown(name, value)
        for name, value in Chosen(county="04").model_dump(mode="json").items()
    }
    assert rows["parts"] == "alle"
    assert rows["control"] == "–"


def test_sentences_for_the_front_page_are_kept_with_what_they_rest_on(project: Path) -> None:
    listed = "headlines:\n  - {text: first, sentences: [2]}\n"
    listed += "  - {text: second, sentences: [1], published: [a]}\n"
    only(
        project,
        "first: {text: 'Nei. Andelen er {share:pct1}. Mer.'}\n"
        "second: {choose: {a: 'Ja, {share:pct1}. Mer.', b: 'Kanskje.'}}\n",
        listed,
    )
    opened = output.open_output("hedmark", parameters.load("hedmark"))
    shown = output.sentence(opened, "second", choose="a", share=12.5)
    assert shown.markdown == "Ja, 12,5\u00a0%. Mer."
    output.sentence(opened, "first", share=12.5)
    kept = json.loads((opened.folder / "headlines.json").read_text(encoding="utf-8"))
    assert kept == {
        "1": {"text": "Andelen er 12,5\u00a0%.", "origin": "simulated"},
        "2": {"text": "Ja, 12,5\u00a0%.", "origin": "published"},
    }
    output.sentence(opened, "second", choose="b", share=12.5)
    kept = json.loads((opened.folder / "headlines.json").read_text(encoding="utf-8"))
    assert kept["2"] == {"text": "Kanskje.", "origin": "simulated"}


@pytest.mark.parametrize(("county", "kept"), [("", ["1", "2"]), ("04", ["2", "3"])])
def test_sentences_kept_follow_the_place(project: Path, county: str, kept: list[str]) -> None:
    """A county's page shows what is its own, not what it shares with the country."""
    listed = "headlines:\n  - {text: a, sentences: [1], place: country}\n"
    listed += "  - {text: b, sentences: [1]}\n  - {text: c, sentences: [1], place: county}\n"
    only(project, "a: {text: Landet.}\nb: {text: Begge.}\nc: {text: Fylket.}\n", listed)
    opened = output.open_output("hedmark", StudyParameters(county=county))
    for key in "abc":
        output.sentence(opened, key)
    assert list(json.loads((opened.folder / "headlines.json").read_text("utf-8"))) == kept


@pytest.mark.parametrize(
    "entry",
    [
        "{text: a}",
        "{text: a, sentences: [0]}",
        "{text: a, sentences: [1], x: 1}",
        "{text: a, sentences: [1], place: by}",
    ],
)
def test_malformed_headlines_are_refused(project: Path, entry: str) -> None:
    only(project, "", f"headlines:\n  - {entry}\n")
    with pytest.raises(ParameterError, match="sentences"):
        words.load("hedmark")
