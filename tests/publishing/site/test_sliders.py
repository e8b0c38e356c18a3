"""Sliders of the cost–benefit analysis agree with the library to the krone, over a grid."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from naveval.estimators.cost_benefit import net_benefit
from naveval.estimators.cost_benefit.assumptions import Assumptions, from_inputs
from naveval.estimators.cost_benefit.inputs import PROGRAMS, load
from naveval.project import parameters
from naveval.publishing.audit import browser
from naveval.publishing.site import pages as site_pages
from naveval.publishing.site import released, sliders
from naveval.publishing.site.results import Result

ROOT = Path(__file__).parents[3]
RATES, DURATIONS, DISPLACED = (0.0, 0.013, 0.04, 0.1), (0.25, 0.8, 1.0, 2.0), (0.0, 0.2, 0.5)


@pytest.fixture
def assumptions() -> Assumptions:
    return from_inputs(load(parameters.load("programs").costs_file()))


@pytest.fixture
def result(tmp_path: Path, assumptions: Assumptions) -> Result:
    """A result whose estimates hold what the exhibits of tables 7-5 and 7-6 release."""

    def rows(label: str, name: str, values: np.ndarray) -> pd.DataFrame:
        own = np.broadcast_to(values, (1, len(PROGRAMS)))[0]
        return pd.DataFrame({"label": label, "value": name, "program": PROGRAMS, "estimate": own})

    a = assumptions
    flows = net_benefit.flows(a)
    parts = [rows("tbl-7-6", name, getattr(flows, name)) for name in net_benefit.ITEMS]
    parts += [rows("tbl-7-6", "net_benefit", net_benefit.net_benefit(a))]
    parts += [rows("tbl-7-5", name, getattr(a, name)) for name in sliders.EFFECTS]
    parts += [rows("tbl-7-5", "effect_years", a.effect_months / 12)]
    parts += [rows("tbl-uncertainty", "net_benefit", net_benefit.net_benefit(a))]
    pd.concat(parts).to_csv(tmp_path / "estimates.csv", index=False)
    return Result("programs", "hele-landet", "", tmp_path, "T", "", "hele landet", "", False)


@pytest.mark.browser
def test_the_page_computes_what_the_library_does(
    result: Result, assumptions: Assumptions, tmp_path: Path
) -> None:
    spec = site_pages.words()["studies"]["programs"]["sliders"]
    found = sliders.content(result, spec)
    grid = list(product(RATES, DURATIONS, DISPLACED))
    page = tmp_path / "x.html"
    script = (ROOT / "report/theme/costs.js").as_uri()
    page.write_text(f'<!DOCTYPE html><script src="{script}"></script>')
    with browser.open_page() as tab:
        tab.goto(page.as_uri())
        shown = tab.evaluate(
            "([data, grid]) => grid.map("
            "at => data.programs.map(p => KOSTNAD.net(p, data.rates, ...at)))",
            [found, [list(at) for at in grid]],
        )
    wanted = []
    for rate, duration, displaced in grid:
        changed = replace(
            assumptions,
            discount_rate=np.full_like(assumptions.discount_rate, rate),
            displacement=np.full_like(assumptions.displacement, displaced),
            effect_months=assumptions.effect_months * duration,
        )
        wanted.append(net_benefit.net_benefit(changed)[0])
    names = [entry["name"] for entry in found["programs"]]
    assert len(names) == len(PROGRAMS)
    assert np.abs(np.array(shown) - np.array(wanted)).max() < 0.5
    base = net_benefit.net_benefit(assumptions)[0]
    assert np.allclose([entry["net"] for entry in found["programs"]], base)


def test_no_sliders_without_the_numbers(result: Result) -> None:
    text = site_pages.words()
    spec = text["studies"]["programs"]["sliders"]
    block = sliders.block(result, spec, text)
    assert block.count('type="range"') == 3
    assert "<noscript" not in block
    table = pd.read_csv(result.folder / "estimates.csv")
    table[table["label"] == "tbl-7-6"].to_csv(result.folder / "estimates.csv", index=False)
    assert sliders.block(result, spec, text) == ""
    assert sliders.block(None, spec, text) == ""


@pytest.mark.parametrize(("head", "simulated"), [("program,net", False), ("net,origin", True)])
def test_totals_of_estimated_effects_are_marked_as_simulated(
    tmp_path: Path, head: str, simulated: bool
) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "tbl-7-6.csv").write_text(f"{head}\n1,2\n")
    result = Result("programs", "hele-landet", "", tmp_path, "T", "", "", "", True)
    assert released.simulated(result, "tbl-7-6") is simulated
