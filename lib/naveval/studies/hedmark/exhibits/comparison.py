"""Section «Sammenligning med publiserte tall»: the run, and the printed numbers themselves."""

import pandas as pd

from naveval.exhibits import printed
from naveval.exhibits.declare import Exhibit, Fact, Sentence, Table, Value, When
from naveval.exhibits.protect import Derived, Public
from naveval.exhibits.reader import Reader
from naveval.studies.hedmark.estimate.means import is_document_design
from naveval.studies.hedmark.exhibits.common import PERCENT, RATE, kind
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


PRINTED = Value("pct1_s", source="published")

EXHIBITS: tuple[Exhibit[HedmarkResults], ...] = (
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
        view=Table(rows=KEYS),
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
        view=Table(rows=KEYS),
        facts={
            "effects": _verdicts("equal", "within", "outside"),
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
        view=Table(rows=(*KEYS, "line", "area", "of")),
        facts={
            "cells": Fact(lambda reader: len(reader.rows)),
            "outside": _verdicts("outside"),
        },
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
        view=Table(rows=(*KEYS, "cell")),
        when=When(lambda results: is_document_design(results.parameters), "no-marginals"),
        facts={
            "typical": Fact(lambda reader: float(reader.rows["deviation"].abs().median()), "num1"),
            "greatest": Fact(lambda reader: float(reader.rows["deviation"].abs().max()), "num1"),
        },
    ),
)


def _origin(reader: Reader) -> str:
    return f"{reader.output.origin}_{kind(reader.parameters)}"


def _stars(model: str) -> Fact:
    """Effects that the printed table marks as certain."""

    def get(_: Reader) -> int:
        found = printed_regression()
        return int(found.loc[found["model"] == model, "starred"].sum())

    return Fact(get)


def _odd(_: Reader) -> int:
    """Stars that disagree with the printed interval."""
    found = printed_regression()
    return int((found["starred"] != ((found["low"] > 0) | (found["high"] < 0))).sum())


def _interval(end: str) -> Fact:
    """An end of the printed interval for the stock with benefit."""

    def get(_: Reader) -> float:
        found = printed_regression().set_index(["outcome", "group", "model"])
        return float(found.loc[("stock", "with", "effect"), end])

    return Fact(get, "num1_s")


SENTENCES = (
    Sentence("compare-printed", _origin),
    Sentence(
        "compare-stars",
        facts={
            "effects": Fact(lambda _: int((printed_regression()["model"] == "effect").sum())),
            "stars": _stars("effect"),
            "starred": _stars("placebo"),
            "odd": Fact(_odd),
        },
    ),
    Sentence(
        "compare-intervals",
        lambda reader: "text" if is_document_design(reader.parameters) else "",
        facts={"low": _interval("low"), "high": _interval("high")},
    ),
)
