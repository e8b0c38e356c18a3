"""Section «Sammenligning med publiserte tall», and the appendix: the panel and the true effects."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd

from naveval.exhibits import printed
from naveval.exhibits.declare import Exhibit, Fact, Sentence, Value, When
from naveval.exhibits.protect import Derived, Descriptive, Public
from naveval.exhibits.reader import Reader
from naveval.project import formats
from naveval.registers import extracts, simulation
from naveval.studies.hedmark import panel as panels
from naveval.studies.hedmark.estimate.choice import STRICT
from naveval.studies.hedmark.estimate.means import (
    TABLES,
    has_default_windows,
    is_document_design,
)
from naveval.studies.hedmark.exhibits.common import PERCENT, RATE, STEPS, kind
from naveval.studies.hedmark.parameters import Parameters
from naveval.studies.hedmark.published import (
    KEY,
    MEANS,
    inexact_cells,
    printed_regression,
    reproduced,
)
from naveval.studies.hedmark.results import HedmarkResults

SOURCE = "the document's tables 1 to 5"
KEYS = ("exhibit", *KEY[1:])
MODELS = {"effect": "regression", "placebo": "placebo"}


def effects(reader: Reader) -> pd.DataFrame:
    """The run's effects beside the printed ones: tables 1 to 4, then 5.

    The regression's standard error is not shown: its interval is the one that is compared.
    """
    found = printed.compare(reader)
    found = found[found["value"] == "effect"]
    five = found["label"] == "tbl-5"
    found = found.assign(
        season=found["season"].fillna(found["model"].map(MODELS)),
        effect=found["estimate"],
        std_error=found["std_error"].mask(five),
    )
    return _named(found)[
        [*KEYS, "effect", "std_error", "printed", "low", "high", "difference", "hidden"]
    ]


def levels(reader: Reader) -> pd.DataFrame:
    """The run's means beside the printed ones."""
    found = printed.compare(reader)
    found = found[found["value"].isin(MEANS)].rename(columns={"value": "cell"})
    found["deviation"] = 100 * found["difference"] / found["printed"]
    places = found["cell"].map(list(MEANS).index)
    found = found.assign(place=places).sort_values(["label", "order", "place"])
    return _named(found)[[*KEYS, "cell", "estimate", "printed", "deviation", "hidden"]]


def _named(found: pd.DataFrame) -> pd.DataFrame:
    """The exhibit that a number is in, as a key of its own."""
    return found.rename(columns={"label": "exhibit"})


def formula(_: HedmarkResults) -> pd.DataFrame:
    """The printed effects from the printed means by the study's own formula."""
    found = reproduced().sort_values(KEY, ignore_index=True)
    return _named(found).rename(columns={"effect": "computed"})


def _verdicts(*verdicts: str) -> Fact:
    return Fact(lambda reader: int(reader.rows["verdict"].isin(verdicts).sum()))


def _closeness(deviation: Callable[[pd.DataFrame], pd.Series]) -> dict[str, Fact]:
    """How many numbers have a printed one beside them, and lie within 10 and 25 per cent of it."""

    def within(limit: float, reader: Reader) -> int:
        return int((deviation(reader.rows).abs() <= limit).sum())

    return {
        "cells": Fact(lambda reader: len(reader.rows)),
        "near": Fact(partial(within, printed.NEAR)),
        "far": Fact(partial(within, printed.FAR)),
    }


def _furthest(reader: Reader) -> float:
    """The largest gap between a printed effect and what the printed means give."""
    return float((reader.rows["computed"] - reader.rows["printed"]).abs().max())


PRINTED = Value("pct1_s", source="published")
POINTS = "percentage points"

COMPARISON: tuple[Exhibit[HedmarkResults], ...] = (
    Exhibit(
        "tbl-published",
        data=effects,
        keys=KEYS,
        values={
            "effect": Value("pct1_s"),
            "std_error": Value("num1"),
            "printed": PRINTED,
            "low": Value("num1_s", source="published"),
            "high": Value("num1_s", source="published"),
            "difference": Value("num1_s"),
        },
        protect=Derived("tables 1 to 5"),
        facts=_closeness(lambda rows: 100 * rows["difference"] / rows["printed"]),
    ),
    Exhibit(
        "tbl-formula",
        data=formula,
        keys=KEYS,
        values={
            "computed": Value(
                "pct1_s",
                PERCENT,
                low="range_from",
                high="range_to",
                published="printed",
                method="formula on printed means",
            ),
            "printed": PRINTED,
            **dict.fromkeys(MEANS, Value("num2", source="published")),
            "verdict": Value("name"),
        },
        protect=Public(SOURCE),
        facts={
            "effects": _verdicts("equal", "within", "outside"),
            "outside": _verdicts("outside"),
            "furthest": Fact(_furthest, "num1", POINTS),
            "reproduced": _verdicts("equal", "within"),
            "missing": _verdicts("missing"),
        },
    ),
    Exhibit(
        "tbl-inexact",
        data=lambda _: _named(inexact_cells()).rename(columns={"row": "line", "column": "area"}),
        keys=(*KEYS, "line", "area", "of"),
        values={
            "value": Value("num2_s", source="published"),
            "computed": Value("num2_s", RATE, estimand="mean"),
            "verdict": Value("name"),
        },
        protect=Public(SOURCE),
        facts={
            "cells": Fact(lambda reader: len(reader.rows)),
            "outside": _verdicts("outside"),
        },
        finding=lambda reader: "some" if reader.rows["verdict"].eq("outside").any() else "none",
    ),
    Exhibit(
        "tbl-marginals",
        data=levels,
        keys=(*KEYS, "cell"),
        values={
            "estimate": Value("num2"),
            "printed": Value("num2", source="published"),
            "deviation": Value("num1_s", "percent", estimand="deviation from printed level"),
        },
        protect=Derived("tables 1 to 4"),
        when=When(lambda results: is_document_design(results.parameters), "no-marginals"),
        facts={
            "typical": Fact(lambda reader: float(reader.rows["deviation"].abs().median()), "num1"),
            "greatest": Fact(lambda reader: float(reader.rows["deviation"].abs().max()), "num1"),
            **_closeness(lambda rows: rows["deviation"]),
        },
    ),
)


def _origin(reader: Reader) -> str:
    found = f"{reader.output.origin}_{kind(reader.parameters)}"
    beside = found == "simulated_reform" and not is_document_design(reader.parameters)
    return "simulated_placebo" if beside else found


def _stars(model: str, *, of_stock: bool | None = None) -> Fact:
    """Effects that the printed table marks as certain; of the stock, of the others, or of all."""

    def get(_: Reader) -> int:
        found = printed_regression()
        own = found["model"] == model
        if of_stock is not None:
            own &= found["outcome"].eq("stock") == of_stock
        return int(found.loc[own, "starred"].sum())

    return Fact(get)


def _odd(_: Reader) -> int:
    """Stars that disagree with the printed interval."""
    found = printed_regression()
    return int((found["starred"] != ((found["low"] > 0) | (found["high"] < 0))).sum())


def _printed(group: str, model: str, column: str) -> Fact:
    """A number that table 5 prints for the stock."""

    def get(_: Reader) -> float:
        found = printed_regression().set_index(["outcome", "group", "model"])
        return float(found.loc[("stock", group, model), column])

    return Fact(get, "num1_s")


def intervals(reader: Reader) -> str:
    """Whether conventional intervals are shown to be too narrow, by more than the draws' error."""
    if not is_document_design(reader.parameters):
        return ""
    rate, error = (reader(f"tbl-size.reject_5[stock,with,crv1]{part}") for part in ("", ".se"))
    return "narrow" if rate - 2 * error > 100 * STRICT else "text"


SENTENCES = (
    Sentence("compare-printed", _origin),
    Sentence(
        "compare-stars",
        facts={
            "effects": Fact(lambda _: int((printed_regression()["model"] == "effect").sum())),
            "stars": _stars("effect"),
            "others": _stars("placebo", of_stock=False),
            "stock_stars": _stars("placebo", of_stock=True),
            "placebo": _printed("without", "placebo", "value"),
            "low": _printed("without", "placebo", "low"),
            "high": _printed("without", "placebo", "high"),
            "odd": Fact(_odd),
        },
    ),
    Sentence(
        "compare-intervals",
        intervals,
        facts={
            "low": _printed("with", "effect", "low"),
            "high": _printed("with", "effect", "high"),
        },
    ),
)


MONTHLY = tuple(f"monthly_{group}" for group in panels.GROUPS)


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
            row[f"monthly_{group}"] = formats.rounded(row[group] / max(row["months"], 1), 100)
        rows.append(row)
    return pd.DataFrame(rows)


def known(parameters: Parameters) -> dict[str, Any] | None:
    """What the simulated registers were made with; None where nothing is known."""
    if not has_default_windows(parameters):
        return None
    return simulation.read_truth(extracts.folder("hedmark", parameters))


def truth(reader: Reader) -> pd.DataFrame:
    """Estimates of tables 1 to 4 as those show them beside the true effects, zero for a placebo."""
    made = known(reader.parameters) or {"effects": []}
    true = pd.DataFrame(made["effects"]).rename(columns={"effect": "truth", "window": "season"})
    if made["county"] != reader.parameters.county:
        true["truth"] = 0.0
    found = pd.concat([reader.frame(label).assign(label=label) for label in TABLES])
    found = _named(found.merge(true, on=["outcome", "group", "season"], how="left"))
    found = found[[*KEYS, "effect", "std_error", "truth"]]
    return found.assign(
        distance=(found["effect"] - found["truth"]) / found["std_error"],
        hidden=found["effect"].isna(),
    )


APPENDIX: tuple[Exhibit[HedmarkResults], ...] = (
    Exhibit(
        "tbl-flow",
        data=flow,
        keys=("step",),
        values={
            "counties": Value("int", "counties", estimand="count", source="design"),
            "months": Value("int", "months", estimand="count", source="design"),
            **dict.fromkeys(panels.GROUPS, Value("int", "person-months", estimand="count")),
            **dict.fromkeys(MONTHLY, Value("int", "persons a month", estimand="mean")),
        },
        protect=Descriptive(
            dict(zip((*panels.GROUPS, *MONTHLY), panels.GROUPS * 2, strict=True)), noise=False
        ),
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
        protect=Derived("tables 1 to 4"),
        when=When(lambda results: known(results.parameters) is not None, "no-truth"),
        facts={
            "within": Fact(lambda reader: int((reader.rows["distance"].abs() <= 3).sum())),
            "effects": Fact(lambda reader: int(reader.rows["effect"].notna().sum())),
            "remark": Fact(lambda reader: _remark(reader), "name"),
        },
    ),
)


def _remark(reader: Reader) -> str:
    return "remark_placebo" if reader.parameters.is_placebo() else "remark_reform"


EXHIBITS = (*COMPARISON, *APPENDIX)
