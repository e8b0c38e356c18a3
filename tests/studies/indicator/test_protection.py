"""Curves with noise against the same curves without."""

from dataclasses import replace

import numpy as np
import pytest

from naveval.disclosure import keys
from naveval.studies.indicator import descriptives, models, series
from naveval.studies.indicator import panel as panels
from naveval.studies.indicator.models import Packed, Specification
from naveval.studies.indicator.panel import Panel
from naveval.studies.indicator.protection import noise_for
from naveval.studies.indicator.series import Curves
from naveval.studies.indicator.simulate import registers as simulation

SPEC = Specification(version="report")
SECRET = keys.secret("simulated")


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> tuple[Panel, Panel]:
    """Without and with noise."""
    folder = tmp_path_factory.mktemp("registers")
    simulation.simulate(folder, scale=0.004, seed=3)
    raw = panels.build(folder, first_month="2018-01")
    return raw, replace(raw, noise=noise_for(raw.persons, SECRET))


@pytest.fixture(scope="module")
def both(panel: tuple[Panel, Panel]) -> dict[str, tuple[Curves, Curves]]:
    """Name of a grouping and outcome to its curve without and with noise."""
    raw, _ = panel
    found = {}
    for outcome in ("jobb3", "atid3"):
        fit = models.fit(Packed(raw), SPEC, outcome)
        wanted = [
            series.grouping(raw, "nav"),
            series.grouping(raw, "county"),
            series.grouping(raw, "county", "young"),
            series.grouping(raw, "young", "county"),
        ]
        plain, told = (series.curves(Packed(own), SPEC, outcome, fit, wanted) for own in panel)
        found |= {f"{outcome} {name}": (plain[name], told[name]) for name in plain}
    return found


def test_persons_and_jobs_are_changed_by_at_most_five(
    both: dict[str, tuple[Curves, Curves]],
) -> None:
    for name in ("nav", "county", "county × young"):
        raw, told = both[f"jobb3 {name}"]
        shown = told.n > 0
        assert (told.n[told.observed] >= 20).all()
        assert np.abs(told.n - raw.n)[shown].max() <= 5
        assert np.std((told.n - raw.n)[shown]) > 1
        jobs, true = (told.actual * told.n)[shown], (raw.actual * raw.n)[shown]
        assert np.abs(jobs - true).max() <= 5 + 1e-9
        np.testing.assert_allclose(jobs, np.round(jobs), atol=1e-9)
        assert not set(np.round(jobs).astype(int)) & {1, 2, 3, 4}
        assert np.isnan(told.actual[~shown]).all()


def test_hours_and_expected_values_are_changed_by_less_than_one_persons_part(
    both: dict[str, tuple[Curves, Curves]],
) -> None:
    raw, told = both["atid3 county"]
    shown = told.observed
    for name in ("actual", "expected"):
        change = (getattr(told, name) * told.n - getattr(raw, name) * raw.n)[shown]
        assert np.abs(change).max() <= 37.5
        assert np.abs(change).min() >= 0.5 * 37.5 - 1e-6
        assert abs(change.mean()) < 4 * change.std() / np.sqrt(change.size)


def test_another_model_and_other_hours_have_noise_of_their_own(
    panel: tuple[Panel, Panel],
) -> None:
    """Else the difference of two lines of a figure, of the same persons, would be free of it."""
    raw, noisy = panel
    noise = {}
    for spec in (SPEC, models.alternative(SPEC, "without_hours")):
        fit = models.fit(Packed(raw), spec, "atid3")
        wanted = [series.grouping(raw, "county")]
        paid = noise_for(raw.persons, SECRET, subsidised=False)
        plain, told, other = (
            series.curves(Packed(own), spec, "atid3", fit, wanted)["county"]
            for own in (raw, noisy, replace(noisy, noise=paid))
        )
        shown = told.observed
        for way, curve in (("", told), ("paid", other)):
            noise[spec.hours, way] = {
                name: (getattr(curve, name) * curve.n - getattr(plain, name) * plain.n)[shown]
                for name in ("actual", "expected")
            }
    main, ways, model = noise[True, ""], noise[True, "paid"], noise[False, ""]
    np.testing.assert_allclose(model["actual"], main["actual"], atol=1e-6)
    for one, two in (
        (main["actual"], ways["actual"]),
        (main["expected"], ways["expected"]),
        (main["expected"], model["expected"]),
    ):
        assert abs(np.corrcoef(one, two)[0, 1]) < 4 / np.sqrt(len(one))


def test_rows_of_the_register_add_up_to_no_more_than_is_told_of_them(
    panel: tuple[Panel, Panel],
) -> None:
    assert panel[1].noise is not None
    found = descriptives.flow(panel[1], panel[1].noise, {"rows": 1.0}).set_index("step")["count"]
    assert (found["hours_rows"] + found["hours_outside_stock"]) % 10 == 0


def test_the_same_persons_have_the_same_point_in_every_grouping(
    both: dict[str, tuple[Curves, Curves]],
) -> None:
    one, two = both["atid3 county × young"][1], both["atid3 young × county"][1]
    for place, name in enumerate(one.grouping.names):
        county, young = name.split(" × ")
        other = two.at(f"{young} × {county}")
        np.testing.assert_array_equal(one.n[:, place], two.n[:, other])
        np.testing.assert_allclose(one.indicator[:, place], two.indicator[:, other])


def test_persons_are_the_same_for_every_outcome(both: dict[str, tuple[Curves, Curves]]) -> None:
    np.testing.assert_array_equal(both["atid3 county"][1].n, both["jobb3 county"][1].n)


def test_noise_is_small_beside_what_a_curve_is_uncertain_by(
    both: dict[str, tuple[Curves, Curves]],
) -> None:
    raw, told = both["jobb3 nav"]
    error = np.sqrt(raw.actual * (1 - raw.actual) / raw.n)
    assert np.median(np.abs(told.indicator - raw.indicator) / error) < 0.2
