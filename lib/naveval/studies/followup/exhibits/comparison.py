"""Section «Sammenligning med publiserte tall»."""

import numpy as np
import pandas as pd

from naveval.exhibits.declare import Exhibit, Table, Value
from naveval.studies.followup.exhibits.common import (
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
    part = named(part.assign(error_at_printed_n=part["std_error"] * size))
    columns = [
        *JOINED,
        "estimate",
        "std_error",
        "printed_estimate",
        "printed_std_error",
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


EXHIBITS: tuple[Exhibit[FollowupResults], ...] = (
    Exhibit(
        "tbl-published",
        data=beside,
        keys=JOINED,
        values={
            "estimate": effect(low="", high="", p="", published="printed_estimate"),
            "printed_estimate": Value("num4_s", source="published"),
            "printed_std_error": Value("num4", source="published"),
            "error_at_printed_n": Value("num4"),
            "mean": Value("num4"),
            "printed_mean": Value("num4", source="published"),
            "coefficient": Value("num4_s", source="drawn"),
        },
        protect=model(digits=("error_at_printed_n",), shown=("mean",), also=ALSO),
        view=Table(rows=JOINED, joined=JOINED),
    ),
)
SENTENCES = ()
