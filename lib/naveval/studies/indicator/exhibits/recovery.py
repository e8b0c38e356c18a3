"""Section «Gir modellen tilbake de publiserte koeffisientene?»: outcomes drawn from them."""

import pandas as pd

from naveval.exhibits.declare import Exhibit, Fact, Sentence, Value
from naveval.exhibits.protect import Model
from naveval.exhibits.reader import Reader
from naveval.studies.indicator.results import IndicatorResults


def _recovery(results: IndicatorResults) -> pd.DataFrame:
    """Share of coefficients beyond three standard errors, and the joint test, per outcome."""
    found = results.recovery.drop(columns=["wald"]).rename(columns={"df": "columns"})
    columns = found["columns"].max()
    return found.assign(n_persons=results.persons, residual_df=results.persons - columns)


def _of(column: str, which: str, form: str) -> Fact:
    def get(reader: Reader) -> float:
        return float(getattr(reader.rows[column], which)())

    return Fact(get, form)


EXHIBITS: tuple[Exhibit[IndicatorResults], ...] = (
    Exhibit(
        "tbl-recovery",
        data=_recovery,
        keys=("outcome",),
        values={
            "rows": Value("int", source="design"),
            "columns": Value("int", source="design"),
            "beyond": Value("share1", "share", estimand="beyond three standard errors"),
            "largest": Value("num1", "standard errors", estimand="largest distance"),
            "p_value": Value("p", "p-value", estimand="joint test"),
        },
        protect=Model(along={"beyond": ""}, digits=("largest",), points=0.001),
        facts={
            "worst": _of("beyond", "max", "share1"),
            "p_low": _of("p_value", "min", "p"),
            "fewest": _of("rows", "min", "int"),
            "most": _of("rows", "max", "int"),
        },
    ),
)
SENTENCES = (Sentence("recovery"),)
