"""Figures that are declared, counted and worded as ever, and not painted."""

from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure


def leave_undrawn(patch: pytest.MonkeyPatch) -> None:
    """Painting takes half the time of a report whose pictures nobody looks at."""
    patch.setattr(Figure, "savefig", _touch)


def _touch(_: Figure, file: Any, **__: Any) -> None:
    if isinstance(file, Path):
        file.touch()
