"""The look of figures: text that can be read."""

import multiprocessing
import os
import signal

import matplotlib as mpl
import pytest

from naveval.exhibits import figures as style
from naveval.exhibits import painting
from naveval.project.errors import EstimationError, ParameterError


@pytest.mark.parametrize("color", style.COLORS)
def test_a_label_in_any_colour_of_the_palette_can_be_read(color):
    figure, ax = style.axes()
    ax.text(0, 0, "Hedmark", color=color)
    assert style.faint_texts(figure) == []


def test_faint_text_is_refused(tmp_path):
    figure, ax = style.axes()
    ax.text(0, 0.5, "Hedmark", color="#28A197")
    with pytest.raises(
        ParameterError, match=r"fig-1.png: too faint to read: «Hedmark» \(3\.2 to 1\)"
    ):
        style.save(figure, tmp_path / "fig-1.png", "")
    assert not (tmp_path / "fig-1.png").exists()


def _panels():
    figure, grid = style.axes(2, 3, height=4)
    for ax in grid.ravel():
        ax.plot(range(24), range(24))
        ax.set_title("Arbeidsrettet rehabilitering og annet")
        ax.set_xticks(range(0, 24, 2))
    return figure, grid


def test_a_figure_for_a_phone_has_panels_below_each_other_and_text_of_the_same_size(tmp_path):
    wide, _ = _panels()
    with style.phone():
        narrow, grid = _panels()
        assert grid.shape == (2, 3)
        style.save(narrow, tmp_path / "fig-1.png", "", vector=True)
    assert narrow.get_size_inches()[0] == style.PHONE < wide.get_size_inches()[0] == style.WIDTH
    assert narrow.axes[0].get_gridspec().ncols == 2
    assert narrow.axes[0].xaxis.label.get_fontsize() == wide.axes[0].xaxis.label.get_fontsize()
    assert len(narrow.axes[0].get_xticks()) <= style.PHONE_TICKS
    assert "\n" in narrow.axes[0].get_title(loc="left")
    assert [file.name for file in tmp_path.iterdir()] == ["fig-1.svg"]


def test_a_vector_picture_stands_beside_unless_its_marks_could_be_persons(tmp_path):
    figure, ax = style.axes()
    for line in range(12):
        ax.text(0, line, "Et langt navn med mange bokstaver i hver linje")
    ax.plot(range(24), range(24), "o")
    style.save(figure, tmp_path / "fig-1.png", "Simulert", vector=True)
    drawn = (tmp_path / "fig-1.svg").read_text(encoding="utf-8")
    assert "<text" not in drawn
    assert "Et langt" not in drawn
    ax.plot(range(500), range(500), "o")
    style.save(figure, tmp_path / "fig-1.png", "Simulert", vector=True)
    assert [file.name for file in tmp_path.iterdir()] == ["fig-1.png"]


def test_two_runs_draw_the_same_vector_picture(tmp_path, monkeypatch):
    monkeypatch.setenv("NAVEVAL_CACHE", "off")
    for name in ("a", "b"):
        style.save(_panels()[0], tmp_path / f"{name}.png", "", vector=True)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def drawn():
    figure, ax = style.axes()
    ax.plot([0, 1, 2], [0.0, 1.5, 1.0], label="a")
    style.norwegian_axis(ax, x=0, y=1, unit=" %")
    style.number_ticks(ax.xaxis, factor=100)
    return figure


@pytest.mark.parametrize("vector", [False, True])
def test_a_picture_written_beside_is_the_one_written_here(tmp_path, monkeypatch, vector):
    monkeypatch.setenv("NAVEVAL_CACHE", "off")
    for name in ("here", "beside"):
        (tmp_path / name).mkdir()
    style.save(drawn(), tmp_path / "here/a.png", "Simulert", vector=vector)
    with painting.beside(style.use_style):
        style.save(drawn(), tmp_path / "beside/a.png", "Simulert", vector=vector)
        painting.wait()
        files = {one.name: one.read_bytes() for one in (tmp_path / "here").iterdir()}
        assert len(files) == 1 + vector
        assert {one.name: one.read_bytes() for one in (tmp_path / "beside").iterdir()} == files


def test_what_shows_the_same_is_painted_once(tmp_path, monkeypatch):
    """Other data, marks, forms and styles are other pictures."""
    monkeypatch.setenv("NAVEVAL_OUT", str(tmp_path / "out"))

    def kept() -> int:
        painting.wait()
        return len(list((tmp_path / "out").rglob("picture-*.kept")))

    for name, number in (("a", 1), ("b", 1)):
        with painting.beside(style.use_style):
            style.save(drawn(), tmp_path / f"{name}.png", "", vector=True)
            assert kept() == number
    for ending in ("png", "svg"):
        assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()
    with painting.beside(style.use_style):
        style.save(drawn(), tmp_path / "c.png", "Simulert", vector=True)
        assert kept() == 2
        figure = drawn()
        figure.axes[0].lines[0].set_ydata([0.0, 1.5, 1.0000001])
        style.save(figure, tmp_path / "d.png", "", vector=True)
        assert kept() == 3
        style.save(drawn(), tmp_path / "e.png", "")
        assert kept() == 4
        style.save(drawn(), tmp_path / "a.png", "")
        assert kept() == 4
        assert not (tmp_path / "a.svg").exists()
    style.save(drawn(), tmp_path / "h.png", "", vector=True)
    assert kept() == 4
    with painting.beside(lambda: mpl.rcParams.update({"axes.grid": False})):
        style.save(drawn(), tmp_path / "f.png", "")
        assert kept() == 5


def test_pictures_of_a_phone_are_drawn_so_beside_too(tmp_path):
    with painting.beside(style.use_style), style.phone():
        style.save(drawn(), tmp_path / "a.png", "", vector=True)
        painting.wait()
    assert [one.name for one in tmp_path.iterdir()] == ["a.svg"]


def test_a_picture_that_cannot_be_written_beside_is_told_when_it_is_waited_for(tmp_path):
    with painting.beside(style.use_style):
        (tmp_path / "a.png").mkdir()
        style.save(drawn(), tmp_path / "a.png", "")
        with pytest.raises(OSError, match=r"a\.png"):
            painting.wait()
        with pytest.raises(OSError, match="no such folder"):
            style.save(drawn(), tmp_path / "no such folder/a.png", "")
        figure = drawn()
        figure.text(0.5, 0.5, "faint", color="#DDDDDD")
        with pytest.raises(ParameterError, match=r"faint\.png: too faint"):
            style.save(figure, tmp_path / "faint.png", "")


def test_a_death_of_the_process_that_draws_is_told(tmp_path):
    with painting.beside(style.use_style):
        (process,) = multiprocessing.active_children()
        os.kill(process.pid, signal.SIGSTOP)
        style.save(drawn(), tmp_path / "a.png", "")
        process.kill()
        with pytest.raises(EstimationError, match="process that draws figures died"):
            painting.wait()
        with pytest.raises(EstimationError, match="process that draws figures died"):
            style.save(drawn(), tmp_path / "a.png", "")
    assert not list(tmp_path.glob("*.png"))


def test_nothing_is_waited_for_where_pictures_are_written_here(tmp_path):
    style.save(drawn(), tmp_path / "a.png", "")
    painting.wait()
    assert (tmp_path / "a.png").is_file()
