"""Section «Vedlegg»: how the panel came about, and what is known of the simulated registers."""

from typing import Any

import pandas as pd

from naveval.exhibits.declare import Exhibit, Fact, Value, When
from naveval.exhibits.protect import Descriptive
from naveval.exhibits.reader import Reader
from naveval.registers import extracts, simulation
from naveval.studies.hedmark import panel as panels
from naveval.studies.hedmark.estimate.means import has_default_windows
from naveval.studies.hedmark.exhibits.common import STEPS
from naveval.studies.hedmark.exhibits.comparison import KEYS
from naveval.studies.hedmark.results import HedmarkResults


def flow(results: HedmarkResults) -> pd.DataFrame:
    """Person-months from the register to the analysis, step by step.

    Few where a county and month has too few: all others are in the counties' reports.
    """
    counts, parameters = results.panel.counts, results.parameters
    start, first, last = parameters.months()
    inside = counts["county"].isin((parameters.county, *parameters.controls()))
    window = inside & counts["month"].between(first, last)
    kept = (inside | True, inside, window, window & (counts["month"] != start))
    rows = []
    for step, rule in zip(STEPS, kept, strict=True):
        part = counts[rule]
        row: dict[str, Any] = {
            "step": step,
            "counties": part["county"].nunique(),
            "months": part["month"].nunique(),
        }
        for group in panels.GROUPS:
            row[group] = int(part.loc[part["group"] == group, "stock"].sum())
        rows.append(row)
    return pd.DataFrame(rows)


def _known(results: HedmarkResults) -> dict[str, Any] | None:
    """What the simulated registers were made with; None where nothing is known."""
    if not has_default_windows(results.parameters):
        return None
    return simulation.read_truth(extracts.folder("hedmark", results.parameters))


def truth(results: HedmarkResults) -> pd.DataFrame:
    """Estimates beside the true effects; zero where nothing was changed."""
    known = _known(results) or {"effects": []}
    true = pd.DataFrame(known["effects"]).rename(columns={"effect": "truth", "window": "season"})
    if known["county"] != results.parameters.county:
        true["truth"] = 0.0
    found = results.means.merge(true, on=["outcome", "group", "season"], how="left")
    found = found.rename(columns={"label": KEYS[0]})
    found = found[[*KEYS, "effect", "std_error", "truth", "n_persons"]]
    return found.assign(distance=(found["effect"] - found["truth"]) / found["std_error"])


EXHIBITS: tuple[Exhibit[HedmarkResults], ...] = (
    Exhibit(
        "tbl-flow",
        data=flow,
        keys=("step",),
        values={
            "counties": Value("int", source="design"),
            "months": Value("int", source="design"),
            **dict.fromkeys(panels.GROUPS, Value("int", "person-months", estimand="count")),
        },
        protect=Descriptive({group: group for group in panels.GROUPS}, noise=False),
    ),
    Exhibit(
        "tbl-truth",
        data=truth,
        keys=KEYS,
        values={
            "effect": Value("pct1_s"),
            "std_error": Value("num1"),
            "truth": Value(
                "pct1_s", "percent of level before", source="drawn", estimand="true effect"
            ),
            "distance": Value("num1_s", "standard errors", estimand="distance from truth"),
        },
        protect=Descriptive(noise=False),
        when=When(lambda results: _known(results) is not None, "no-truth"),
        facts={
            "within": Fact(lambda reader: int((reader.rows["distance"].abs() <= 3).sum())),
            "effects": Fact(lambda reader: int(reader.rows["effect"].notna().sum())),
            "remark": Fact(lambda reader: _remark(reader), "name"),
        },
    ),
)


def _remark(reader: Reader) -> str:
    return "remark_placebo" if reader.parameters.is_placebo() else "remark_reform"
