"""Sections «Færre inn eller raskere ut?» and «Diagnostikk»: the change in parts, and how sure."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pandas as pd

from naveval.exhibits.declare import Exhibit, Fact, Sentence, Table, Value
from naveval.exhibits.protect import Descriptive, Drawn
from naveval.exhibits.reader import Reader
from naveval.studies.hedmark.estimate.choice import CHOSEN_LEVEL, STRICT
from naveval.studies.hedmark.estimate.mechanism import HAZARDS, LEAD, PARTS
from naveval.studies.hedmark.estimate.regression import EXACT
from naveval.studies.hedmark.exhibits.common import (
    DRAWS,
    MONTHLY,
    PERCENT,
    count_together,
    needed,
    several,
)
from naveval.studies.hedmark.panel import GROUPS
from naveval.studies.hedmark.results import HedmarkResults


def _flow_tests(reader: Reader) -> pd.Series:
    """P-values of what inflow and exit contribute in both groups."""
    rows = reader.rows
    return rows.loc[rows["part"].isin(("inflow", "exit")), "p_value"]


def _hazard_tests(reader: Reader) -> pd.Series:
    """P-values of the changed hazards."""
    return reader.rows["p_value"]


MECHANISM: tuple[Exhibit[HedmarkResults], ...] = (
    Exhibit(
        "tbl-mechanism",
        data=lambda results: results.mechanism.drop(columns="residual_df"),
        keys=("group", "part"),
        values={
            "effect": Value(
                "pct1_s", PERCENT, se="std_error", p="p_value", estimand="contribution"
            ),
            "n_units": Value("int", source="design"),
        },
        protect=Descriptive(noise=False),
        only={"part": (*PARTS, "total", LEAD)},
        facts={
            "clear": Fact(lambda reader: int((_flow_tests(reader) <= CHOSEN_LEVEL).sum())),
            "together": Fact(lambda reader: count_together(_flow_tests(reader))),
            "tests": Fact(lambda reader: int(_flow_tests(reader).notna().sum())),
        },
        finding=partial(several, _flow_tests),
    ),
    Exhibit(
        "tbl-hazards",
        data=lambda results: results.hazards.drop(columns="residual_df"),
        keys=("group", "duration"),
        values={
            **dict.fromkeys(HAZARDS, Value("num1", MONTHLY, estimand="hazard")),
            "effect": Value(
                "pct1_s",
                PERCENT,
                se="std_error",
                p="p_value",
                estimand="relative change of hazard",
            ),
            "n_units": Value("int", source="design"),
        },
        protect=Descriptive(noise=False),
        facts={
            "cells": Fact(lambda reader: int(reader.rows["p_value"].notna().sum())),
            "clear": Fact(lambda reader: count_together(_hazard_tests(reader))),
            "alone": Fact(lambda reader: int((_hazard_tests(reader) <= CHOSEN_LEVEL).sum())),
            "needed": Fact(lambda reader: needed(_hazard_tests(reader)), "p"),
        },
        finding=partial(several, _hazard_tests),
    ),
)


def _carries(reader: Reader) -> str:
    """Whether inflow or exit carries the change of those with benefit, by a test of just that.

    `neither` where neither stands out, `either` where the two cannot be told apart.
    """
    parts = ("inflow", "exit")
    if not min(reader(f"tbl-mechanism.effect[with,{part}].p") for part in parts) <= CHOSEN_LEVEL:
        return "neither"
    if not reader(f"tbl-mechanism.effect[with,{LEAD}].p") <= CHOSEN_LEVEL:
        return "either"
    inflow, exits = (reader(f"tbl-mechanism.effect[with,{part}].size") for part in parts)
    return "exit" if exits >= inflow else "inflow"


MECHANISM_SENTENCES = (Sentence("result-mechanism", _carries),)


RATES = ("reject_5", "reject_10", "power_5", "power_10")
ERRORS = ("error_5", "error_10")
ENDS = ("upper_5", "upper_10")
EVERY = "all"


def inference(results: HedmarkResults) -> pd.DataFrame:
    """Every method; the level of its interval in per cent.

    `step_error` is the error that table 5 rounds by, so that an interval is the same in both.
    """
    own = results.regression.query("model == 'effect'").set_index(["outcome", "group"])
    found = results.inference.assign(level=100 * results.inference["level"])
    return found.join(own["std_error"].rename("step_error"), on=["outcome", "group"])


def sizes(results: HedmarkResults) -> pd.DataFrame:
    """Rejection rates in per cent of draws, and their mean over the outcomes as outcome «all»."""
    given = results.size.reindex(columns=[*results.size.columns.union(RATES, sort=False)])
    given = given.drop(columns=["gain", "gain_error"])
    given[[*RATES, *ERRORS, *ENDS]] *= 100
    given["mean_error"] = given["spread"] / given["n_draws"] ** 0.5
    by = given.groupby("method", sort=False)
    mean = by[list(RATES)].mean().assign(n_draws=by["n_draws"].max(), holds=by["holds"].all())
    mean = mean.reset_index().assign(outcome=EVERY, group=EVERY)
    found = pd.concat([given, mean], ignore_index=True)
    return found.assign(holds=found["holds"].map({True: "yes", False: "no"}))


def detectable(results: HedmarkResults) -> pd.DataFrame:
    """Smallest falls that are found, beside the effects of table 5."""
    own = results.regression[results.regression["model"] == "effect"]
    own = own.assign(estimate=own["effect"], step_error=own["std_error"])
    kept = ["outcome", "group", "estimate", "step_error", "n_persons", "residual_df"]
    return results.smallest.merge(own[kept], on=["outcome", "group"])


DIAGNOSTICS: tuple[Exhibit[HedmarkResults], ...] = (
    Exhibit(
        "tbl-inference",
        data=inference,
        keys=("outcome", "group", "method"),
        values={
            "effect": Value("pct1_s", PERCENT, low="ci_low", high="ci_high", p="p_value"),
            "level": Value("num0", source="design"),
            "n_units": Value("int", source="design"),
        },
        protect=Descriptive(
            noise=False, along=dict.fromkeys(("effect", "ci_low", "ci_high"), "step_error")
        ),
        view=Table(spread=("outcome", "group"), once=("level",)),
        facts={
            "methods": Fact(lambda reader: reader.rows["method"].nunique()),
            "smallest": Fact(lambda reader: reader.common("lowest"), "p", "probability"),
            "smallest_all": Fact(lambda reader: reader.common("lowest_all"), "p", "probability"),
        },
    ),
    Exhibit(
        "tbl-shocks",
        data=lambda results: results.shocks,
        keys=("outcome", "group"),
        values={
            "spread": Value("num1", PERCENT, estimand="spread of a control county's month"),
            "own_spread": Value("num1", PERCENT, estimand="spread of the county's month"),
            "persistence": Value("num2", "correlation", estimand="persistence of shocks"),
            "lasting": Value("num0", "percent of variance", estimand="lasting share of shocks"),
            "n_clusters": Value("int", source="design"),
        },
        protect=Descriptive(),
        facts={
            "least": Fact(lambda reader: float(reader.rows["own_spread"].min()), "num1"),
            "most": Fact(lambda reader: float(reader.rows["own_spread"].max()), "num1"),
        },
    ),
    Exhibit(
        "tbl-size",
        data=sizes,
        keys=("outcome", "group", "method"),
        values={
            **{
                name: Value("num1", DRAWS, se=error, high=end, estimand="rejection rate")
                for name, error, end in zip(RATES, (*ERRORS, "", ""), (*ENDS, "", ""), strict=True)
            },
            "mean_effect": Value(
                "pct1_s", PERCENT, se="mean_error", estimand="mean effect without any practice"
            ),
            "spread": Value("num1", PERCENT, estimand="spread of the effect without any practice"),
            "n_draws": Value("int"),
            "holds": Value("name"),
        },
        protect=Drawn("panels drawn with the spread and memory of the control counties"),
        view=Table(spread=("outcome", "group")),
        facts={"draws": Fact(lambda reader: int(reader.rows["n_draws"].max()))},
    ),
    Exhibit(
        "tbl-detectable",
        data=detectable,
        keys=("outcome", "group"),
        values={
            "effect": Value(
                "pct1",
                PERCENT,
                estimand="minimum detectable effect",
                method="method",
                source="drawn",
            ),
            "estimate": Value("pct1_s"),
            "n_draws": Value("int", source="drawn"),
        },
        protect=Descriptive(noise=False, along={"estimate": "step_error"}),
        facts={"draws": Fact(lambda reader: int(reader.rows["n_draws"].max()))},
    ),
)


def _judged(reader: Reader, group: str) -> pd.DataFrame:
    """The methods on the number of job seekers: whether each calls the change `sure`, and `holds`.

    One holds that is shown not to report changes too often where nothing has happened.
    """
    rows, size = reader.frame("tbl-inference"), reader.frame("tbl-size")
    holding = size.loc[size["outcome"].eq(EVERY) & size["holds"].eq("yes"), "method"]
    rows = rows[rows["outcome"].eq("stock") & rows["group"].eq(group)].dropna(subset=["p_value"])
    return rows.assign(sure=rows["p_value"] <= CHOSEN_LEVEL, holds=rows["method"].isin(holding))


def _verdict(get: Callable[[pd.DataFrame], Any], group: str, reader: Reader) -> Any:
    return get(_judged(reader, group))


OF_METHODS: Mapping[str, tuple[Callable[[pd.DataFrame], Any], str]] = {
    "all": (len, "int"),
    "holding": (lambda rows: int(rows["holds"].sum()), "int"),
    "sure": (lambda rows: int(rows["sure"].sum()), "int"),
    "held": (lambda rows: int((rows["sure"] & rows["holds"]).sum()), "int"),
    "from": (lambda rows: float(rows["effect"].min()), "pct1_s"),
    "to": (lambda rows: float(rows["effect"].max()), "pct1_s"),
}
VERDICTS = {
    f"{name}_{group}": Fact(partial(_verdict, get, group), form)
    for name, (get, form) in OF_METHODS.items()
    for group in GROUPS
}
"""What the methods say together, by group."""


def agreement(reader: Reader) -> str:
    """Whether conventional and exact inference agree on the stock, at either level."""
    for group in GROUPS:
        p = [reader(f"tbl-inference.effect[stock,{group},{m}].p") for m in ("crv1", EXACT)]
        if any((p[0] <= level) != (p[1] <= level) for level in (STRICT, CHOSEN_LEVEL)):
            return "disagree"
    return "agree"


def trust(reader: Reader) -> str:
    """Whether a method is shown to hold its level."""
    return "none" if reader.common("recommended") == "none" else "found"


def _power(reader: Reader) -> float:
    return float(reader(f"tbl-size.power_10[all,all,{reader.common('method')}]"))


DIAGNOSTICS_SENTENCES = (
    Sentence("result-inference", agreement),
    Sentence(
        "result-size",
        trust,
        facts={"found_power": Fact(_power, "pct0")},
    ),
)


EXHIBITS = (*MECHANISM, *DIAGNOSTICS)


SENTENCES = (*MECHANISM_SENTENCES, *DIAGNOSTICS_SENTENCES)
