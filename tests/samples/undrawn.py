"""Figures that are declared, counted and worded as ever, and not painted."""

from typing import Any

import pytest
from matplotlib.figure import Figure

from naveval.exhibits import figures


def leave_undrawn(patch: pytest.MonkeyPatch, *, only_phone: bool = False) -> None:
    """Painting takes half the time of a report whose pictures nobody looks at."""
    draw = Figure.savefig

    def save(figure: Figure, file: Any, **options: Any) -> None:
        if only_phone and not figures.on_phone():
            draw(figure, file, **options)
        elif options["format"] == "png":
            file.write(b"not painted")

    patch.setattr(Figure, "savefig", save)
