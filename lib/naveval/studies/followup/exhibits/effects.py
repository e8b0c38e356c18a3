"""Sections «Virkning på oppfølging» and «Overganger»: tables 1 to 3, and the county's own."""

import pandas as pd

from naveval.exhibits.claims import Judged
from naveval.exhibits.declare import Exhibit, Fact, Sentence, Table, Value, When
from naveval.exhibits.reader import Reader
from naveval.studies.followup.estimate import COMPARISONS, stars
from naveval.studies.followup.exhibits.common import (
    by_outcome,
    counted,
    effect,
    freedom,
    model,
    named,
    without_refused,
)
from naveval.studies.followup.protection import HIDDEN_WITH_MEAN
from naveval.studies.followup.results import FollowupResults

JOINED = ("outcome", "horizon")
LONG = ("long",)
FOLLOWED = Judged("tbl-1", "estimate", {"horizon": LONG})
NEAR_LIMIT = Judged("tbl-2", "estimate", {"horizon": LONG})
WORKED = Judged("tbl-3", "estimate", {"outcome": ("work",), "horizon": LONG})
"""The tests that answers and titles rest on: follow-up, the same near the limit, and work."""
SHOWN = (
    "estimate",
    "std_error",
    "stars",
    "p_value",
    "ci_low",
    "ci_high",
    "mde",
    "mde_relative",
    "mean",
    "r_squared",
    "n_obs",
    "n_persons",
    "smallest_cell",
    "events",
    "others",
    "mean_hidden",
    "refused",
)


def effects(results: FollowupResults, table: str) -> pd.DataFrame:
    """Table 1, 2 or 3, with stars as the document prints them."""
    part = without_refused(results.summary[results.summary["table"] == table])
    part = part.assign(stars=[stars(value) for value in part["p_value"]])
    return freedom(part[[*JOINED, *SHOWN]])


def every(reader: Reader) -> pd.Series:
    """P-values of tables 1 to 3."""
    return pd.concat([reader.frame(label)["p_value"] for label in COMPARISONS])


def _table(rule: Judged, facts: dict[str, Fact]) -> Exhibit[FollowupResults]:
    label = rule.label
    return Exhibit(
        label,
        data=lambda results: effects(results, label),
        keys=JOINED,
        values={
            "estimate": effect(),
            "stars": Value("text"),
            "mde": by_outcome(format="num4", estimand="minimum_detectable"),
            "mde_relative": Value(
                "share0", "share of the mean", estimand="minimum_detectable relative to the mean"
            ),
            "mean": by_outcome(format="num4", estimand="mean of the target group"),
            "r_squared": Value("num4", "share", estimand="r_squared"),
            "n_obs": Value("int"),
            "refused": Value("text"),
        },
        protect=model(
            n=("n_persons", "smallest_cell", "n_obs"),
            digits=("mde", "mde_relative", "r_squared"),
            shown=("mean",),
            also={"mean_hidden": HIDDEN_WITH_MEAN},
        ),
        view=Table(joined=JOINED),
        facts=facts,
        finding=rule,
    )


def county(results: FollowupResults) -> pd.DataFrame:
    """The county beside the country, and against the rest."""
    assert results.comparison is not None
    return freedom(named(results.comparison).drop(columns="table"))


def _has_county(results: FollowupResults) -> bool:
    return bool(results.parameters.county)


def _county(reader: Reader) -> str:
    if not reader.parameters.county:
        return "country"
    if not reader("tbl-county.n_tests"):
        return "refused"
    return "differs" if reader("tbl-county.n_holm") else "same"


DIFFERENCE = {"se": "difference_error", "p": "difference_p", "estimand": "difference"}

EXHIBITS: tuple[Exhibit[FollowupResults], ...] = (
    _table(FOLLOWED, {}),
    _table(NEAR_LIMIT, {}),
    _table(WORKED, counted(every)),
    Exhibit(
        "tbl-county",
        data=county,
        keys=JOINED,
        values={
            **{
                f"{name}_estimate": by_outcome(
                    format="num4_s", se=f"{name}_std_error", estimand=f"att, {name}"
                )
                for name in ("county", "country", "rest")
            },
            "difference": by_outcome(format="num4_s", **DIFFERENCE),
            "difference_mde": by_outcome(format="num4", estimand="minimum_detectable"),
            "refused": Value("text"),
        },
        protect=model(digits=("difference_mde",)),
        view=Table(joined=JOINED),
        facts=counted(lambda reader: reader.frame("tbl-county")["difference_p"]),
        when=When(_has_county),
        finding=_county,
    ),
)


def _county_detectable(reader: Reader) -> str:
    return "text" if reader.parameters.county else ""


SENTENCES = (
    Sentence("county", _county, then=(Sentence("county-detectable", _county_detectable),)),
)
