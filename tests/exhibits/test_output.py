"""Tables, figures and sentences: the gate, the texts, the files."""

import os
import shutil
from itertools import pairwise
from pathlib import Path

import pytest
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from naveval.exhibits import appendix, figures, output, words
from naveval.project.errors import ParameterError
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


def test_block_embeds_pictures_only_outside_a_run(
    opened: output.Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure, _ = figures.axes()
    picture = opened.folder / "figures/fig-1.png"
    figures.save(figure, picture, "Oppdiktet")
    block = output.Block('![Figur](figures/fig-1.png){#fig-1 fig-alt="x"}', (picture,))
    assert "Path" not in repr(block)
    assert "data:image" not in block._repr_mimebundle_()["text/markdown"]
    monkeypatch.delenv("NAVEVAL_RESULT")
    shown = block._repr_mimebundle_()["text/markdown"]
    assert "](data:image/png;base64," in shown
    assert "fig-alt" not in shown


def test_labels_and_their_faults_name_the_key(opened: output.Output) -> None:
    assert opened.label("fig-1", "line") == "Linje i hele landet"
    with pytest.raises(ParameterError, match="text «fig-1»: no label «dot»"):
        opened.label("fig-1", "dot")
    with pytest.raises(ParameterError, match="no choice «sideways»; allowed: up, down"):
        words.choose(opened.texts, "verdict", "sideways")
    with pytest.raises(ParameterError, match="no text «nothing»"):
        words.choose(opened.texts, "nothing", None)


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


def name_extent(text: Annotation) -> Bbox:
    """Of the name alone, without the line that leads to it."""
    text.get_window_extent()  # which puts it where it is drawn
    return Text.get_window_extent(text)


@pytest.mark.parametrize("many", [2, 3, 7])
@pytest.mark.parametrize("at", [0.0, 0.4, 1.0])
def test_labels_of_lines_that_meet_overlap_neither_each_other_nor_the_axis(
    many: int, at: float
) -> None:
    figure, grid = figures.axes(2, 2, height=4.6)
    ax = grid[0, 0]
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    figures.label_ends(ax, {f"Kontrollgruppen {k}": (1, at, "k") for k in range(many)})
    figure.canvas.draw()
    boxes = sorted(map(name_extent, ax.texts), key=lambda box: box.y0)
    # A line of text is taller than its letters: the next line may begin within its descenders.
    assert all(below.y1 - above.y0 < 3 for below, above in pairwise(boxes))
    frame = ax.get_window_extent()
    assert frame.y0 <= (boxes[0].y0 + boxes[0].y1) / 2
    assert (boxes[-1].y0 + boxes[-1].y1) / 2 <= frame.y1 + 1


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


@pytest.mark.parametrize(
    ("low", "high", "factor"),
    [(-0.14, 0.14, 1), (0.21, 0.246, 100), (0, 61_000, 0.001), (0, 900, 0.001)],
)
def test_ticks_in_another_unit_tell_where_they_are(low: float, high: float, factor: float) -> None:
    figure, ax = figures.axes()
    ax.plot([low, high])
    figures.number_ticks(ax.yaxis, factor)
    figure.canvas.draw()
    told = [label.get_text().replace("−", "-") for label in ax.get_yticklabels()]
    numbers = [float(text.replace("\xa0", "").replace(",", ".")) for text in told]
    assert numbers == pytest.approx(list(factor * ax.get_yticks()))
    assert any(text[-1] != "0" for text in told) or "," not in told[0], "no digit too many"


def test_an_empty_list_among_the_parameters_is_told_as_empty() -> None:
    class Chosen(StudyParameters):
        control: tuple[str, ...] = ()

    rows = {
        name: appendix.shown(name, value)
        for name, value in Chosen(county="04").model_dump(mode="json").items()
    }
    assert rows["parts"] == "alle"
    assert rows["control"] == "–"


def test_sentences_for_the_front_page_are_kept_with_what_they_rest_on(
    opened: output.Output,
) -> None:
    text = "Nei. Andelen er 12,5\u00a0%. Mer."
    wanted = {"text": "first", "sentences": [2], "published": ["a"], "computed": ["b"]}
    kept = output.headline(opened, 1, wanted, "", text)
    assert kept == {"1": {"text": "Andelen er 12,5\u00a0%.", "origin": "simulated"}}
    assert output.headline(opened, 2, wanted, "a", text)["2"]["origin"] == "published"
    assert output.headline(opened, 2, wanted, "b", text)["2"]["origin"] == "computed"
    assert output.headline(opened, 3, {**wanted, "place": "county"}, "a", text) == {}


@pytest.mark.parametrize(
    "entry",
    [
        "{sentences: [1]}",
        "{text: a, sentences: [0]}",
        "{text: a, sentences: [1], x: 1}",
        "{text: a, sentences: [1], place: by}",
    ],
)
def test_malformed_headlines_are_refused(project: Path, entry: str) -> None:
    only(project, "", f"headlines:\n  - {entry}\n")
    with pytest.raises(ParameterError, match="sentences"):
        words.load("hedmark")
