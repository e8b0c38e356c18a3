"""The first page: a key figure whose interval alone is clear of zero says so."""

from dataclasses import dataclass
from types import SimpleNamespace

import pandas as pd
import pytest

from naveval.studies.indicator.exhibits import REPORT
from naveval.studies.indicator.exhibits.summary import alone


@dataclass(frozen=True)
class Page:
    """The place's four measures, as the rules read them."""

    rows: pd.DataFrame
    county: str
    report = REPORT

    def frame(self, _: str = "") -> pd.DataFrame:
        return self.rows

    @property
    def parameters(self) -> SimpleNamespace:
        return SimpleNamespace(county=self.county)


def page(county: str, **strength: float) -> Page:
    """Estimates of so many standard errors."""
    rows = pd.DataFrame({"outcome": list(strength), "indicator": list(strength.values())})
    rows = rows.assign(std_error=1.0, ci_low=rows["indicator"] - 1.96)
    return Page(rows.assign(ci_high=rows["indicator"] + 1.96), county)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (page("56", atid3=1.0, atid12=2.8, jobb3=0.1, jobb12=0.2), ["atid12"]),
        (page("56", atid3=2.1, atid12=2.8, jobb3=2.4, jobb12=0.2), ["atid3", "atid12"]),
        (page("56", atid3=1.0, atid12=6.0, jobb3=0.1, jobb12=0.2), []),  # sure also together
        (page("", atid3=2.2, atid12=0.1, jobb3=0.1, jobb12=0.2), ["atid3"]),  # one of four
        (page("", atid3=1.9, atid12=0.1, jobb3=0.1, jobb12=0.2), []),
        (page("56", atid3=float("nan"), atid12=2.8, jobb3=0.1, jobb12=0.2), ["atid12"]),
    ],
)
def test_an_interval_clear_of_zero_alone_is_told(given: Page, wanted: list[str]) -> None:
    assert alone(given) == wanted
