"""Lines over a spell: drawn where most of their points are more than noise, and told so."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from naveval.disclosure.counts import NOISY
from naveval.studies.followup.exhibits import REPORT, description


@dataclass(frozen=True)
class Weeks:
    """Means by week of three measures; those that are mostly noise are missing to facts."""

    shares: tuple[float, ...]
    noisy: bool = False

    @property
    def rows(self) -> pd.DataFrame:
        parts = []
        for number, share in enumerate(self.shares):
            value = np.where(np.arange(50) < 50 * share, 0.1, np.nan)
            parts.append(pd.DataFrame({"measure": f"m{number}", "value": value}))
        return (
            pd.concat(parts).assign(value=lambda frame: frame["value"].fillna(9.0))
            if (self.noisy)
            else pd.concat(parts)
        )


@pytest.mark.parametrize(
    ("shares", "lines", "title"),
    [((1.0, 0.6, 0.2), 2, "told"), ((0.2, 0.1, 0.0), np.nan, ""), ((1.0, 1.0, 1.0), 3, "told")],
)
def test_lines_of_noise_are_neither_drawn_nor_counted(
    shares: tuple[float, ...], lines: float, title: str
) -> None:
    exhibit = REPORT.exhibit("fig-1")
    for given in (Weeks(shares), Weeks(shares, noisy=True)):
        found = exhibit.facts["lines"].get(given)
        assert found == lines or (np.isnan(found) and np.isnan(lines))
        assert exhibit.finding(given) == title


@dataclass(frozen=True)
class Drawn:
    """A measure over weeks of which some are mostly noise, as the drawing reads it."""

    noisy: bool = True
    label: str = "fig-3"

    @property
    def rows(self) -> pd.DataFrame:
        value = np.linspace(0.1, 0.2, 10)
        return pd.DataFrame({"measure": "m", "weeks": np.arange(0, 20, 2), "value": value})

    @property
    def marks(self) -> pd.DataFrame:
        return pd.DataFrame({"value": np.where(self.rows["weeks"].isin([4, 6]), NOISY, "")})

    def named(self, _: str, code: str) -> str:
        return code


def test_no_line_leads_to_a_point_that_may_not_be_compared() -> None:
    (ax,) = description.draw_durations(Drawn()).axes
    line, points = ax.lines[:2]
    assert list(np.flatnonzero(np.isnan(line.get_ydata()))) == [2, 3]
    assert list(points.get_xdata()) == [4, 6]
    assert points.get_linestyle() == "None"
