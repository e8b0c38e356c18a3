"""Section «Sammenligning med publiserte tall», and the appendix: sample and simulated registers."""

import numpy as np
import pandas as pd
from scipy.special import ndtr

from naveval.disclosure.released import Released
from naveval.exhibits.declare import Exhibit, Fact, Sentence, Table, Value, When
from naveval.exhibits.protect import Together
from naveval.exhibits.reader import Reader
from naveval.studies.followup import protection
from naveval.studies.followup.checks import LIMIT
from naveval.studies.followup.estimate import stars
from naveval.studies.followup.exhibits.common import (
    apart,
    counted,
    effect,
    freedom,
    model,
    named,
    without_refused,
)
from naveval.studies.followup.exhibits.effects import JOINED
from naveval.studies.followup.protection import HIDDEN_WITH_MEAN, REGRESSION
from naveval.studies.followup.results import FollowupResults

ALSO = {"mean_hidden": (*HIDDEN_WITH_MEAN, "mean_deviation")}
PRINTED = "published"


def beside(results: FollowupResults) -> pd.DataFrame:
    """Own numbers beside the printed ones; errors converted to the printed sample size."""
    part = without_refused(results.summary).merge(results.truth, how="left", on=REGRESSION)
    size = np.sqrt(part["n_obs"] / part["printed_n_obs"])
    difference = part["estimate"] - part["printed_estimate"]
    error = np.hypot(part["std_error"], part["printed_std_error"])
    part = named(
        part.assign(
            error_at_printed_n=part["std_error"] * size,
            stars=[stars(value) for value in part["p_value"]],
            difference=difference,
            difference_error=error,
            difference_p=2 * ndtr(-(difference / error).abs()),
        )
    )
    columns = [
        *JOINED,
        "estimate",
        "std_error",
        "stars",
        "printed_estimate",
        "printed_std_error",
        "printed_stars",
        "difference",
        "difference_error",
        "difference_p",
        "r_squared",
        "printed_r_squared",
        "error_at_printed_n",
        "mean",
        "printed_mean",
        "coefficient",
        "n_persons",
        "smallest_cell",
        "events",
        "others",
        "mean_hidden",
    ]
    return freedom(part[columns])


def _starred(reader: Reader, name: str) -> int:
    return int(reader.frame("tbl-published")[name].str.startswith("*").sum())


def _negative(reader: Reader) -> int:
    """Own effects on exits that are below zero by their own test."""
    frame = reader.frame("tbl-3")
    return int(((frame["estimate"] < 0) & (frame["p_value"] < LIMIT)).sum())


def _published(reader: Reader) -> str:
    found = apart("tbl-published", reader)
    return "county" if found in ("same", "differs") and reader.parameters.county else found


COMPARISON: tuple[Exhibit[FollowupResults], ...] = (
    Exhibit(
        "tbl-published",
        data=beside,
        keys=JOINED,
        values={
            "estimate": effect(low="", high="", p="", published="printed_estimate"),
            "stars": Value("text"),
            "printed_estimate": Value("hundred2_s", source="published"),
            "printed_stars": Value("text"),
            "difference": effect(
                se="difference_error",
                low="",
                high="",
                p="difference_p",
                estimand="from the printed",
            ),
            "r_squared": Value("num4"),
            "printed_r_squared": Value("num4", source="published"),
            "printed_std_error": Value("hundred2", source="published"),
            "error_at_printed_n": Value("hundred2"),
            "mean": Value("hundred2"),
            "printed_mean": Value("hundred2", source="published"),
            "coefficient": Value("hundred2_s", source="drawn"),
        },
        protect=model(digits=("error_at_printed_n", "r_squared"), shown=("mean",), also=ALSO),
        view=Table(joined=JOINED),
        facts=counted(lambda reader: reader.frame("tbl-published")["difference_p"])
        | {
            "own_stars": Fact(lambda reader: _starred(reader, "stars"), "int", "effects"),
            "stars": Fact(lambda reader: _starred(reader, "printed_stars")),
            "exits": Fact(_negative, "int", "effects"),
        },
        finding=_published,
    ),
)


def _exits(reader: Reader) -> str:
    if _published(reader) not in ("same", "differs"):
        return ""
    return "some" if reader("tbl-published.exits") else "none"


COMPARISON_SENTENCES = (
    Sentence("published", _published, then=(Sentence("published-exits", _exits),)),
)


def flow(results: FollowupResults) -> Released:
    """How many persons, spells and periods each step keeps or drops."""
    return protection.flow(results.panel, results.parameters)


def marginals(results: FollowupResults) -> pd.DataFrame:
    """How far simulated registers are from the printed means and sizes."""
    part = without_refused(results.summary)
    part = part.assign(
        mean_deviation=part["mean"] / part["printed_mean"] - 1,
        full_n_obs=part["n_obs"] / results.parameters.scale,
    )
    part["n_deviation"] = part["full_n_obs"] / part["printed_n_obs"] - 1
    columns = [
        *JOINED,
        "mean",
        "printed_mean",
        "mean_deviation",
        "full_n_obs",
        "printed_n_obs",
        "n_deviation",
        "n_persons",
        "smallest_cell",
        "events",
        "others",
        "mean_hidden",
    ]
    return freedom(named(part)[columns])


def _deviations(reader: Reader) -> pd.Series:
    return reader.rows["mean_deviation"].abs()


APPENDIX: tuple[Exhibit[FollowupResults], ...] = (
    Exhibit(
        "tbl-flow",
        data=flow,
        keys=("step",),
        values={
            "n_periods": Value("int", "periods", estimand="count"),
            "n_persons": Value("int", "persons", estimand="count"),
            "n_spells": Value("int", "spells", estimand="count"),
        },
        protect=Together("n_persons"),
    ),
    Exhibit(
        "tbl-marginals",
        data=marginals,
        keys=JOINED,
        values={
            "mean": Value("hundred2"),
            "printed_mean": Value("hundred2", source="published"),
            "mean_deviation": Value("share1_s", "share", estimand="deviation of the mean"),
            "full_n_obs": Value("int"),
            "printed_n_obs": Value("int", source="published"),
            "n_deviation": Value("share1_s", "share", estimand="deviation of the size"),
        },
        protect=model(
            digits=(), shown=("mean", "mean_deviation", "full_n_obs", "n_deviation"), also=ALSO
        ),
        view=Table(joined=JOINED),
        facts={
            "typical": Fact(lambda reader: float(_deviations(reader).median()), "share1"),
            "greatest": Fact(lambda reader: float(_deviations(reader).max()), "share1"),
        },
        when=When(lambda results: not results.truth.empty and not results.parameters.county),
    ),
)


def _marginals(reader: Reader) -> str:
    if not reader.common("simulated"):
        return "register"
    return "county" if reader.parameters.county else "simulated"


APPENDIX_SENTENCES = (
    Sentence("outcomes"),
    Sentence("choices"),
    Sentence("marginals", _marginals),
)


EXHIBITS = (*COMPARISON, *APPENDIX)


SENTENCES = (*COMPARISON_SENTENCES, *APPENDIX_SENTENCES)
