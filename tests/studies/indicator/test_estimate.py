"""What the estimates of a small stock must satisfy, and that all of them carry noise."""

from pathlib import Path

import numpy as np
import pytest

from naveval.disclosure import models
from naveval.project import months as calendar_months
from naveval.project.errors import EstimationError
from naveval.studies.indicator import descriptives, estimate
from naveval.studies.indicator import panel as panels
from naveval.studies.indicator.descriptives import SHARES
from naveval.studies.indicator.frames import relative, tertials
from naveval.studies.indicator.models import Packed


def main(results):
    """Points of the main model."""
    return results.curves[results.curves["specification"] == ""]


def points(results, grouping):
    """Hours after three months by one grouping."""
    own = main(results)
    return own[(own["outcome"] == "atid3") & (own["grouping"] == grouping)].reset_index(drop=True)


def test_curves_add_up_and_adjusted_ones_too(results):
    own = main(results).dropna(subset=["actual_sa"])
    assert np.allclose(own["actual"] - own["expected"], own["indicator"])
    assert np.allclose(own["actual_sa"] - own["expected_sa"], own["indicator_sa"])


def test_relative_version_divides_by_the_level(results):
    own = points(results, "nav")
    table = relative(own)
    mean = np.average(own["actual"], weights=own["n_persons"])
    assert np.allclose(table["relative"], own["indicator_sa"] / mean)
    at = relative(own, "2019-01")
    level = own.loc[own["month"] == "2019-01", "actual"].iloc[0]
    assert np.allclose(at["relative"], own["indicator_sa"] / level)


def test_relative_version_refuses_a_level_near_zero(results):
    own = points(results, "nav").assign(actual=0.01)
    with pytest.raises(EstimationError, match="too near zero"):
        relative(own)
    with pytest.raises(EstimationError, match="2031-01"):
        relative(own, "2031-01")


def test_tertials_are_means_of_four_months(results):
    own = points(results, "nav")
    table = tertials(own)
    first = own[own["month"].isin(calendar_months.month_range("2018-01", "2018-04"))]
    got = table.loc[table["tertial"] == "2018T1", "indicator_sa"].iloc[0]
    assert got == pytest.approx(first["indicator_sa"].mean())


def test_decomposition_adds_up(results):
    """Exactly without noise; with it within what the noise of its parts allows."""
    panel = panels.build(Path(results.parameters.data))
    first, last = results.parameters.compare_from, results.parameters.compare_to
    raw = descriptives.decompose(Packed(panel), results.fits["atid3"], "atid3", first, last)
    for _, own in raw.groupby("county"):
        part = own.set_index("part")["change"]
        assert part.drop("total").sum() == pytest.approx(part["total"], abs=1e-9, nan_ok=True)
    both = results.drivers.merge(raw, on=["county", "part"], suffixes=("", "_raw"))
    whole = both[(both["county"] == "") & (both["part"] != "total")]
    assert np.abs(whole["change"] - whole["change_raw"]).max() < 2 * 37.5 / raw["n_persons"].min()
    assert (whole["change"] != whole["change_raw"]).all()


def test_totals_of_the_decomposition_are_points_of_the_curves(results):
    curve = points(results, "county")
    curve = curve.set_index(["group", "month"])
    for _, row in results.drivers[results.drivers["county"] != ""].iterrows():
        if row["part"] in ("total", "indicator") and row["n_persons"] >= 20:
            name = "actual" if row["part"] == "total" else "indicator"
            ends = [curve.loc[(row["county"], row[m]), name] for m in ("last", "first")]
            assert row["change"] == pytest.approx(ends[0] - ends[1])


def test_shrunken_offices_lie_between_themselves_and_the_mean(results):
    own = results.offices.dropna(subset=["shrunken"])
    step = models.step(own["shrunken_error"])
    low = np.minimum(own["indicator"], own["mean"]) - step
    high = np.maximum(own["indicator"], own["mean"]) + step
    assert ((own["shrunken"] >= low) & (own["shrunken"] <= high)).all()
    assert own["reliability"].between(0, 1).all()


def test_intervals_are_wider_for_means_over_months_than_the_published(results):
    ratio = results.intervals.set_index(["outcome", "grouping", "quantity"])["ratio"]
    assert ratio["atid12", "county", "year"] > 1.2
    assert ratio["jobb12", "county", "year"] > 1.2


def test_bootstrap_agrees_with_clustered(results):
    own = results.intervals[results.intervals["grouping"] != "office"]
    assert np.allclose(own["bootstrap"] / own["clustered"], 1, atol=0.15)


def test_month_to_compare_must_exist(results):
    wrong = results.parameters.model_copy(update={"compare_to": "2031-01"})
    panel = panels.build(Path(results.parameters.data))
    with pytest.raises(EstimationError, match="2031-01 is not among the months"):
        estimate.decompositions(Packed(panel), {}, wrong)


def test_shares_by_status_are_counts_over_counts(results):
    """A protected share times its protected persons × months is a whole number of persons."""
    wide = results.described.pivot(index="variable", columns="status", values="value")
    counts = wide.loc[list(SHARES)] * wide.loc["observations"]
    assert np.allclose(counts, counts.round(), atol=1e-6)
    assert wide.loc["per_month"].sum() != 2 * wide.loc["per_month", "alle"]


def test_adjusted_shares_beside_persons_give_back_protected_counts_only(results):
    """The adjustment is one constant a calendar month; undone, it gives no count of 1 to 4."""
    own = main(results)
    own = own[own["outcome"].eq("jobb3") & own["actual"].notna()]
    with_work = own["actual"] * own["n_persons"]
    assert np.allclose(with_work, with_work.round(), atol=1e-6)
    assert not with_work.round().isin([1, 2, 3, 4]).any()
    raw = panels.build(Path(results.parameters.data))
    chunk = next(c for c in raw.chunks if c.month == "2022-03")
    true = np.bincount(chunk.groups["county"], weights=chunk.outcomes["jobb3"])
    county = own[own["grouping"].eq("county") & own["month"].eq("2022-03")]
    codes = [raw.levels["county"].index(code) for code in county["group"]]
    shown = (county["actual"] * county["n_persons"]).round().to_numpy()
    assert np.abs(shown - true[codes]).max() <= 5
    assert (shown != true[codes]).any()


def test_events_are_the_largest_month_of_each_category(results):
    panel = panels.build(Path(results.parameters.data))
    own = results.events.set_index(["outcome", "column"])
    months = [c for c in panel.chunks if "jobb3" in c.outcomes]
    woman = [c.columns["woman"] == 1 for c in months]
    jobs = [c.outcomes["jobb3"] == 1 for c in months]
    expected = max(int((w & j).sum()) for w, j in zip(woman, jobs, strict=True))
    others = max(int((w & ~j).sum()) for w, j in zip(woman, jobs, strict=True))
    assert own.loc[("jobb3", "woman=yes"), ["events", "others"]].tolist() == [expected, others]
