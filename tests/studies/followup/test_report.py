"""The follow-up notebook from registers to result folder, in this process and small."""

from pathlib import Path
from typing import Any

import claims
import numpy as np
import pandas as pd
import pytest
from notebook_cells import run
from undrawn import leave_undrawn

from naveval.disclosure import models
from naveval.exhibits import words
from naveval.studies.followup.exhibits import effects
from naveval.studies.followup.simulate import registers

SCALE = 0.03
TABLES = {
    "tbl-1",
    "tbl-2",
    "tbl-3",
    "tbl-pretrend",
    "tbl-placebo",
    "tbl-placebo-group",
    "tbl-breakdown",
    "tbl-testing",
    "tbl-break",
    "tbl-gaps",
    "tbl-around",
    "tbl-published",
    "tbl-flow",
}
FIGURES = {*(f"fig-{number}" for number in range(1, 7)), "fig-events", "fig-sensitivity"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("registers")
    registers.simulate(folder, scale=SCALE, seed=3)
    return folder


def executed(
    monkeypatch: pytest.MonkeyPatch, out: Path, parts: tuple[str, ...] = (), **changes: Any
) -> tuple[dict[str, Any], str]:
    """Run the notebook's cells; returns its variables and all Markdown it displays."""
    monkeypatch.setenv("NAVEVAL_OUT", str(out))
    shown, names = run("followup", out / "result", changes, parts)
    return names, "\n\n".join(block.markdown for _, block in shown)


@pytest.mark.parametrize("county", ["", "56"])
def test_report_for_the_country_and_a_small_county(
    data: Path, county: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # A county's figures are drawn as the country's, and those of phones as those of pages.
    leave_undrawn(monkeypatch, only_phone=not county)
    names, markdown = executed(
        monkeypatch, tmp_path, data=str(data), scale=SCALE, county=county, draws=100
    )
    judged, faults = claims.faults(names["study"].showing, names["results"])
    assert faults == []
    assert (judged == 4) == (not county), "a small county has no titles without numbers"
    told = names["study"].showing.shown["summary-all"].markdown
    assert ("er lagt inn i de simulerte registrene" in told) == (not county)
    if not county:
        rows = effects.built_in(names["study"].showing.reader(names["results"]))
        held = rows["truth"].between(rows["low"], rows["high"])
        assert f"{held.sum()} av\u00a03" in told.replace(" av 3", " av\u00a03")
        unsure = rows["several"].eq(False) & rows["truth"].ne(0)
        assert ("en virkning som er oversett" in told) == unsure.any()
        first = names["study"].showing.shown["answer"].markdown
        assert ("metoden fant dem ikke" in first) == unsure.any()
    result = tmp_path / "result"
    tables = {file.stem for file in (result / "tables").glob("*.csv")}
    figures = {file.stem for file in (result / "figures").glob("*.png")}
    assert figures == FIGURES
    assert tables >= TABLES
    assert ("tbl-county" in tables) == bool(county)
    assert ("tbl-marginals" in tables) == (not county)
    alt = names["study"].showing.shown["fig-events"].markdown.split("fig-alt")[1]
    tested = pd.read_csv(result / "tables" / "tbl-pretrend.csv")["p_value"]
    known = pd.to_numeric(tested, errors="coerce").dropna()
    assert len(known) == (0 if county else 4), "health is too rare for a test"
    assert all(f"{p:.3f}".replace(".", ",") in alt for p in known)
    assert "nan" not in markdown.lower().replace("finansi", "")
    assert markdown.count("fig-alt=") == len(FIGURES)
    numbers = pd.read_csv(result / "estimates.csv")
    assert set(numbers["study"]) == {"followup"}
    assert len(names["summary"]) == 14
    known = numbers[numbers["std_error"] > 0]
    assert (len(known) > 100) == (not county)
    step = models.step(known["std_error"], 0.0001)
    for name in ("estimate", "ci_low", "ci_high"):
        multiple = known[name] / step
        np.testing.assert_allclose(multiple, multiple.round(), atol=1e-6)
    two_digits = [float(f"{error:.1e}") for error in known["std_error"]]
    assert known["std_error"].tolist() == two_digits
    persons = numbers.loc[numbers["std_error"].notna(), "n_persons"].dropna()
    assert (persons % 10 == 0).all()
    gaps = names["results"].gaps.set_index(["gap", "outcome"])
    exits = gaps["events"].unstack()["ended"]
    assert exits["2"] >= exits["4"] >= exits["6"]
    assert (exits["2"] > exits["6"]) == (not county), "who comes back soon has not left"
    assert gaps.loc["2", "difference"].isna().all()
    small = pd.read_csv(result / "tables" / "tbl-1.csv")
    estimate = pd.to_numeric(small["estimate"], errors="coerce")
    assert estimate.isna().all() == (county == "56")
    for file in (result / "figures").glob("fig-[1-6].csv"):
        frame = pd.read_csv(file, na_values=[":"])
        for name in ("n_persons", "n_with"):
            assert not frame[name].between(1, 4).any()
            few = frame.get(f"{name}_few", pd.Series(False, frame.index))
            assert (frame[name].eq(0) == few).all(), "a protected 0 is marked, and nothing else"
        noisy = frame.get("value_noisy", pd.Series(False, frame.index))
        assert (noisy == (frame["n_with"].lt(10) & frame["value"].notna())).all()


def test_small_county_is_told_plainly(
    data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    leave_undrawn(monkeypatch)
    _, markdown = executed(
        monkeypatch, tmp_path, ("effects",), data=str(data), scale=SCALE, county="56"
    )
    assert "For få personer i Finnmark" in markdown
    assert "ikke at virkningen er null" in markdown


def test_one_part_alone(data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    leave_undrawn(monkeypatch)
    names, markdown = executed(
        monkeypatch, tmp_path, ("events",), data=str(data), scale=SCALE, draws=100
    )
    assert set(names["results"].trends) == {"program", "dialogue", "work", "ended", "health"}
    assert names["results"].dates is None
    assert "#tbl-pretrend" in markdown
    assert "#tbl-placebo" not in markdown


def test_every_choice_of_every_sentence_is_norwegian_prose() -> None:
    found = words.load("followup")
    more = {
        "summary-program": set(),
        "summary-dialogue": {"null_alone"},
        "conclusion": {"wide", "alone"},
        "summary-work": {"positive_followed", "negative_followed"},
    }
    for key, own in more.items():
        assert set(found[key]["choose"]) == own | {
            "null",
            "positive",
            "negative",
            "few_persons",
            "few_events",
            "collinear",
        }
    for key, entry in found.items():
        if isinstance(entry, dict) and "choose" in entry:
            assert all(isinstance(choice, str) for choice in entry["choose"]), key
