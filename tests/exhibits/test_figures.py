"""The look of figures: text that can be read."""

import pytest

from naveval.exhibits import figures as style
from naveval.project.errors import ParameterError


@pytest.mark.parametrize("color", style.COLORS)
def test_a_label_in_any_colour_of_the_palette_can_be_read(color):
    figure, ax = style.axes()
    ax.text(0, 0, "Hedmark", color=color)
    assert style.faint_texts(figure) == []


def test_faint_text_is_refused_and_white_text_on_something_dark_is_not(tmp_path):
    figure, ax = style.axes()
    ax.text(0, 0, "Alle", color="white")
    ax.text(0, 0.5, "Hedmark", color="#28A197")
    with pytest.raises(
        ParameterError, match=r"fig-1.png: too faint to read: «Hedmark» \(3\.2 to 1\)"
    ):
        style.save(figure, tmp_path / "fig-1.png", "")
    assert not (tmp_path / "fig-1.png").exists()
