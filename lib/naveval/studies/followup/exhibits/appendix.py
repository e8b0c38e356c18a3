"""Section «Vedlegg»: the sample, and how near simulated registers come to the printed ones."""

import pandas as pd

from naveval.disclosure.released import Released
from naveval.exhibits.declare import Exhibit, Sentence, Table, Value, When
from naveval.exhibits.protect import Together
from naveval.exhibits.reader import Reader
from naveval.studies.followup import protection
from naveval.studies.followup.exhibits.common import freedom, model, named, without_refused
from naveval.studies.followup.exhibits.comparison import ALSO
from naveval.studies.followup.exhibits.effects import JOINED
from naveval.studies.followup.results import FollowupResults


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


def _is_country(results: FollowupResults) -> bool:
    return not results.truth.empty and not results.parameters.county


EXHIBITS: tuple[Exhibit[FollowupResults], ...] = (
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
            "mean": Value("num4"),
            "printed_mean": Value("num4", source="published"),
            "mean_deviation": Value("share1_s", "share", estimand="deviation of the mean"),
            "full_n_obs": Value("int"),
            "printed_n_obs": Value("int", source="published"),
            "n_deviation": Value("share1_s", "share", estimand="deviation of the size"),
        },
        protect=model(
            digits=(), shown=("mean", "mean_deviation", "full_n_obs", "n_deviation"), also=ALSO
        ),
        view=Table(joined=JOINED),
        when=When(_is_country),
    ),
)


def _marginals(reader: Reader) -> str:
    if not reader.common("simulated"):
        return "register"
    return "county" if reader.parameters.county else "simulated"


SENTENCES = (
    Sentence("outcomes"),
    Sentence("choices"),
    Sentence("marginals", _marginals),
)
