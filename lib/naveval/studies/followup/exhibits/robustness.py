"""Section «Robusthet»: many tests, counties as clusters, the break in 2018, other spells."""

from functools import partial

import numpy as np
import pandas as pd

from naveval.estimators.multiple_testing import holm
from naveval.exhibits.declare import Exhibit, Fact, Sentence, Table, Value, When
from naveval.exhibits.reader import Reader
from naveval.project import formats
from naveval.studies.followup.checks import LIMIT
from naveval.studies.followup.exhibits.common import (
    CHANGED,
    apart,
    by_outcome,
    counted,
    effect,
    freedom,
    model,
    named,
    without_refused,
)
from naveval.studies.followup.exhibits.effects import JOINED
from naveval.studies.followup.results import FollowupResults


def testing(results: FollowupResults) -> pd.DataFrame:
    """P-values before and after adjustment, by family of tests."""
    assert results.testing is not None
    return freedom(named(results.testing))


def breaks(results: FollowupResults) -> pd.DataFrame:
    """The long window with and without 2018."""
    assert results.breaks is not None
    return freedom(without_refused(results.breaks))


def _others(reader: Reader) -> pd.Series:
    """P-values of the differences of all outcomes but dialogue."""
    rows = reader.frame("tbl-break")
    return rows.loc[(rows["outcome"] != "dialogue") & (rows["horizon"] == "all"), "difference_p"]


def _differences(reader: Reader) -> pd.Series:
    """P-values of the differences of all outcomes, which are tested together; index outcome."""
    rows = reader.frame("tbl-break")
    return rows[rows["horizon"] == "all"].set_index("outcome")["difference_p"].dropna()


def _without_2018(reader: Reader) -> str:
    """What the differences say together, of all outcomes and not of dialogue alone."""
    found = _differences(reader)
    if not len(found):
        shown = reader.frame("tbl-break")["estimate"].notna().any()
        return "untested" if shown else "refused"
    return "differs" if _sure(found).any() else "same"


def _sure(p_values: pd.Series) -> pd.Series:
    return pd.Series(holm(p_values.to_numpy(float)) < LIMIT, p_values.index)


def _others_than(reader: Reader) -> str:
    """Outcomes whose effect is surely another without 2018, as running text."""
    found = _sure(_differences(reader))
    names = [reader.named("outcome", str(code)) for code in found.index[found]]
    return formats.listed([name[0].lower() + name[1:] for name in names])


def _family(reader: Reader) -> pd.DataFrame:
    rows = reader.frame("tbl-testing")
    return rows[rows["family"] == "ten"]


def _rejected(reader: Reader) -> pd.Series:
    return reader.frame("tbl-testing")["rejected"]


def _tests(reader: Reader) -> str:
    if not reader("tbl-testing.n_tests"):
        return "refused"
    some = reader("tbl-testing.n_romano_wolf") or reader("tbl-testing.n_holm")
    return "some" if some else "none"


def _known(reader: Reader) -> str:
    return "text" if reader("tbl-testing.n_tests") else ""


def _break(reader: Reader) -> str:
    p_value = reader("tbl-break.difference[dialogue,all].p")
    if np.isnan(p_value):
        shown = not np.isnan(reader("tbl-break.estimate[dialogue,all]"))
        return "untested" if shown else "refused"
    return "differs" if p_value < LIMIT else "same"


def _break_others(reader: Reader) -> str:
    if not reader("tbl-break.n_tests"):
        return ""
    return "some" if reader("tbl-break.n_found") else "none"


def _clusters(reader: Reader) -> str:
    if reader.parameters.county or not reader("tbl-clusters.n_tests"):
        return ""
    if not reader("tbl-clusters.n_found"):
        return "none"
    return "some" if reader("tbl-clusters.n_holm") else "alone"


GAPS = partial(apart, "tbl-gaps")
EXHIBITS: tuple[Exhibit[FollowupResults], ...] = (
    Exhibit(
        "tbl-testing",
        data=testing,
        keys=JOINED,
        values={
            "estimate": effect(),
            **{
                name: Value("p", "probability", estimand="p_value", method=method)
                for name, method in (
                    ("p_holm", "Holm"),
                    ("p_romano_wolf", "Romano-Wolf"),
                )
            },
            "rejected": Value("share1", "share", estimand="rejected under no effect"),
            "family": Value("text"),
            "refused": Value("text"),
        },
        protect=model(n=("n_persons", "smallest_cell", "n_obs"), digits=("mde", "rejected")),
        view=Table(joined=JOINED),
        facts=counted(lambda reader: _family(reader)["p_value"])
        | {
            "least_rejected": Fact(lambda reader: float(_rejected(reader).min()), "share1"),
            "most_rejected": Fact(lambda reader: float(_rejected(reader).max()), "share1"),
            "n_romano_wolf": Fact(
                lambda reader: int((_family(reader)["p_romano_wolf"] < LIMIT).sum()), "int", "tests"
            ),
        },
        finding=_tests,
    ),
    Exhibit(
        "tbl-clusters",
        data=lambda results: freedom(results.clusters),
        keys=("outcome",),
        values={
            "estimate": effect(method="did, clustered by county, CRV3"),
            "person_error": by_outcome(format="hundred2", estimand="standard error, persons"),
            "crv1_error": by_outcome(format="hundred2", estimand="standard error, counties, CRV1"),
            "mde": by_outcome(format="hundred2", estimand="minimum_detectable"),
            "n_clusters": Value("int", source="design"),
            "refused": Value("text"),
        },
        protect=model(
            n=("n_persons", "smallest_cell", "n_obs"), digits=("mde", "person_error", "crv1_error")
        ),
        facts=counted(lambda reader: reader.frame("tbl-clusters")["p_value"])
        | {"counties": Fact(lambda reader: int(reader.rows["n_clusters"].max()), "int")},
        when=When(lambda results: not results.parameters.county),
        finding=_clusters,
    ),
    Exhibit(
        "tbl-break",
        data=breaks,
        keys=JOINED,
        values={
            "estimate": effect(),
            "mde": by_outcome(format="hundred2", estimand="minimum_detectable"),
            "difference": by_outcome(
                format="hundred2_s", se="difference_error", p="difference_p", estimand="difference"
            ),
            "refused": Value("text"),
        },
        protect=CHANGED,
        view=Table(joined=JOINED),
        facts=counted(_others)
        | {
            "compared": Fact(lambda reader: len(_differences(reader))),
            "moved": Fact(lambda reader: int(_sure(_differences(reader)).sum())),
            "names": Fact(_others_than, "text"),
        },
        finding=_without_2018,
    ),
    Exhibit(
        "tbl-gaps",
        data=lambda results: freedom(without_refused(results.gaps)),
        keys=("gap", "outcome"),
        values={
            "estimate": effect(),
            "difference": by_outcome(
                format="hundred2_s", se="difference_error", p="difference_p", estimand="difference"
            ),
            "mde": by_outcome(format="hundred2", estimand="minimum_detectable"),
            "refused": Value("text"),
        },
        protect=CHANGED,
        view=Table(rows=("outcome", "gap")),
        facts=counted(lambda reader: reader.frame("tbl-gaps")["difference_p"]),
        finding=GAPS,
    ),
)


SENTENCES = (
    Sentence("testing", _tests, then=(Sentence("rejected", _known),)),
    Sentence("clusters", _clusters),
    Sentence("break", _break, then=(Sentence("break-others", _break_others),)),
    Sentence("gaps", GAPS),
)
