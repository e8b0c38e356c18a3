"""Tables of the work indicator."""

from dataclasses import replace

import numpy as np
import pandas as pd

from naveval.disclosure import gate
from naveval.exhibits import estimates, tables
from naveval.exhibits.output import Block, Output, finish
from naveval.studies.indicator.exhibits.drawing import largest_offices, release_offices
from naveval.studies.indicator.frames import critical
from naveval.studies.indicator.offices import funnel_counts
from naveval.studies.indicator.published import INNSATSGRUPPER, table3_groups
from naveval.studies.indicator.study import Study

STUDY = "indicator"


def names(output: Output, keys: pd.Series) -> list[str]:
    """Norwegian names of codes, from the texts."""
    known = output.texts["names"]
    return [str(known.get(key, key)) for key in keys]


def _last_year(
    output: Output, study: Study, outcome: str, kind: str
) -> tuple[pd.DataFrame, pd.Series]:
    """Levels of the place's groups over the last twelve months, and the name of each group."""
    place = output.place.code
    grouping = f"county × {kind}" if place else kind
    levels = study.levels
    own = levels[
        (levels["outcome"] == outcome)
        & (levels["period"] == "last12")
        & (levels["grouping"] == grouping)
    ]
    if place:
        own = own[own["group"].str.startswith(f"{place} × ")]
    return own, own["group"].str.split(" × ").str[-1]


def group_table(output: Output, study: Study) -> Block:
    """Innsatsgrupper in the place over the last twelve months; the document's levels beside."""
    own, key = _last_year(output, study, "atid3", "innsatsgruppe")
    printed = table3_groups()
    printed = printed[printed["outcome"] == "atid3"].set_index("group")["value"]
    frame = pd.DataFrame(
        {
            "group": [INNSATSGRUPPER[name] for name in key],
            "n": own["n_month"].to_numpy(),
            "actual": own["actual"].to_numpy(),
            "expected": own["expected"].to_numpy(),
            "indicator": own["indicator"].to_numpy(),
            "low": (own["indicator"] - critical(own["n_month"]) * own["std_error"]).to_numpy(),
            "high": (own["indicator"] + critical(own["n_month"]) * own["std_error"]).to_numpy(),
            "published": [printed[name] for name in key],
        }
    )
    return shown(
        output, frame[frame["n"].ne(0)].reset_index(drop=True), "tbl-groups", "group", ["published"]
    )


def program_table(output: Output, study: Study) -> Block:
    """Programmes in the place over the last twelve months with twelve-month hours."""
    own, key = _last_year(output, study, "atid12", "program")
    frame = pd.DataFrame(
        {
            "group": names(output, key.where(key != "", "no_program")),
            "n": own["n_month"].to_numpy(),
            "actual": own["actual"].to_numpy(),
            "expected": own["expected"].to_numpy(),
            "indicator": own["indicator"].to_numpy(),
            "low": (own["indicator"] - critical(own["n_month"]) * own["std_error"]).to_numpy(),
            "high": (own["indicator"] + critical(own["n_month"]) * own["std_error"]).to_numpy(),
        }
    )
    return shown(output, frame[frame["n"].ne(0)].reset_index(drop=True), "tbl-programs", "group")


def shown(
    output: Output, frame: pd.DataFrame, label: str, key: str, labels: list[str] | None = None
) -> Block:
    """Release and show a table whose column `n` counts the persons of each row."""
    known = [key, "n", *(labels or [])]
    values = [name for name in frame.columns if name not in known]
    released = gate.release(
        frame, label=label, count="n", keys=[key], values=values, labels=labels or []
    )
    return tables.show(output, released, label)


def intervals(output: Output, study: Study) -> Block:
    """Half widths of 95 percent intervals, three ways."""
    own = study.intervals[study.intervals["outcome"].isin(("atid3", "jobb12"))]
    scale = np.where(own["outcome"].str.startswith("jobb"), 100.0, 1.0)
    frame = pd.DataFrame(
        {
            "outcome": names(output, own["outcome"]),
            "unit": names(output, own["grouping"]),
            "quantity": names(output, own["quantity"]),
            "published": own["published"] * scale,
            "clustered": own["clustered"] * scale,
            "bootstrap": own["bootstrap"] * scale,
            "ratio": own["ratio"],
        }
    )
    released = gate.model(
        frame.assign(
            n=float(study.flow["count"].iloc[1]), df=float(study.parameters.person_groups)
        ),
        label="tbl-intervals",
        n="n",
        residual_df="df",
        keys=["outcome", "unit", "quantity"],
    )
    return tables.show(output, released, "tbl-intervals")


def funnel_table(output: Output, study: Study) -> Block:
    """Offices outside the control limits against what chance alone would give."""
    frame = funnel_counts(study.offices)
    released = gate.model(
        frame.assign(n=float(study.flow["count"].iloc[1]), df=frame["offices"].astype(float)),
        label="tbl-funnel",
        n="n",
        residual_df="df",
        keys=["level"],
    )
    return tables.show(output, released, "tbl-funnel")


def office_table(output: Output, study: Study) -> Block:
    """Offices of the county with shrunken values; the whole country shows the largest."""
    place = output.place.code
    released = release_offices(study, place, "tbl-offices")
    chosen = np.ones(len(released.frame), dtype=bool)
    if not place:
        chosen = np.isin(released.frame["office"], largest_offices(released.frame, 20))
    columns = [
        "office",
        "n_month",
        "actual",
        "expected",
        "indicator",
        "shrunken",
        "shrunken_low",
        "shrunken_high",
        "reliability",
    ]
    found = gate.subset(released, chosen, columns=columns)
    names = {"n_month": "n"}
    shown = replace(
        found,
        frame=found.frame.rename(columns=names).reset_index(drop=True),
        suppressed=found.suppressed.rename(columns=names).reset_index(drop=True),
    )
    return tables.show(output, shown, "tbl-offices")


def explained(output: Output, study: Study) -> Block:
    """Explained variation of each model."""
    frame = study.explained.assign(outcome=names(output, study.explained["outcome"]))
    released = gate.model(
        frame.assign(df=frame["n"].astype(float)),
        label="tbl-explained",
        n="n",
        residual_df="df",
        keys=["outcome"],
    )
    return tables.show(output, released, "tbl-explained")


def stability(output: Output, study: Study) -> Block:
    """Coefficients when a year is left out."""
    frame = study.stability[["year", "n", "largest", "column", "mean_change"]].copy()
    frame["column"] = [column_name(output, name) for name in frame["column"]]
    released = gate.model(
        frame.assign(df=frame["n"].astype(float)),
        label="tbl-stability",
        n="n",
        residual_df="df",
        keys=["year", "column"],
    )
    return tables.show(output, released, "tbl-stability")


def column_name(output: Output, name: str) -> str:
    """Norwegian name of a column of the model, for example «alder: 31»."""
    variable, _, level = name.partition("=")
    known = output.texts["names"]
    words = [str(known.get(part, part)) for part in level.split(":")]
    return f"{known.get(f'variable_{variable}', variable)}: {', '.join(words)}".replace("_", " ")


def recovery(output: Output, study: Study) -> Block:
    """Whether the model gives back the printed coefficients it drew from."""
    frame = study.recovery.assign(outcome=names(output, study.recovery["outcome"]))
    frame["beyond"] = 100 * frame["beyond"]
    released = gate.model(
        frame.assign(residual=frame["n"].astype(float)),
        label="tbl-recovery",
        n="n",
        residual_df="residual",
        keys=["outcome"],
        labels=["rows", "df"],
    )
    return tables.show(output, released, "tbl-recovery")


def flow(output: Output, study: Study) -> Block:
    """Sample flow."""
    frame = pd.DataFrame(
        {
            "step": names(output, "flow_" + study.flow["step"]),
            "count": study.flow["count"].astype(float),
        }
    )
    released = gate.release(frame, label="tbl-flow", count="count", keys=["step"], values=[])
    return tables.show(output, released, "tbl-flow")


def tidy(study: Study, county: str) -> pd.DataFrame:
    """All estimates of the place in the suite's tidy form."""
    own = study.curves
    keep = (
        own["grouping"].str.startswith("county") & own["group"].str.startswith(county)
        if county
        else ~own["grouping"].str.contains("county ×|office")
    )
    own = own[(keep | (own["grouping"] == "nav")) & (own["n"] >= 5)]
    blocks = []
    for estimand in ("actual", "expected", "indicator"):
        adjusted = own[f"{estimand}_sa"]
        error = own["std_error_sa"] if estimand == "indicator" else np.nan
        blocks.append(
            pd.DataFrame(
                {
                    "label": "curves",
                    "row": own["month"],
                    "column": own["grouping"],
                    "outcome": own["outcome"],
                    "group": own["group"],
                    "estimand": f"{estimand}_adjusted",
                    "estimate": adjusted,
                    "std_error": error,
                    "n_obs": own["n"],
                    "n_persons": own["n"],
                    "unit": np.where(
                        own["outcome"].str.startswith("jobb"), "share", "hours per week"
                    ),
                }
            )
        )
    table = pd.concat(blocks, ignore_index=True)
    share = table["outcome"].str.startswith("jobb")
    table["method"] = np.where(share, "probit", "ols")
    half = critical(table["n_persons"]) * table["std_error"]
    table["ci_low"] = table["estimate"] - half
    table["ci_high"] = table["estimate"] + half
    return estimates.frame(STUDY, table.dropna(subset=["estimate"]))


def done(output: Output, study: Study) -> Block:
    """Write estimates.csv."""
    return finish(output, tidy(study, output.place.code))
