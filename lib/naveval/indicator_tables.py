"""Tables of the work indicator."""

from dataclasses import replace

import numpy as np
import pandas as pd

from naveval import counties, disclosure, estimates, tables
from naveval.indicator_characteristics import OUTCOMES
from naveval.indicator_drawing import release_offices
from naveval.indicator_figures import _county
from naveval.indicator_frames import critical, pick
from naveval.indicator_offices import funnel_counts
from naveval.indicator_published import (
    INNSATSGRUPPER,
    mean_outcomes,
    printed_rows,
    table3_counties,
    table3_groups,
)
from naveval.indicator_study import Study
from naveval.output import Block, Output, finish

STUDY = "indicator"
WORKED_MONTH = "2022-03"
WORKED = {"actual": 10.86, "expected": 8.99, "indicator": 1.87}


def names(output: Output, keys: pd.Series) -> list[str]:
    """Norwegian names of codes, from the texts."""
    known = output.texts["names"]
    return [str(known.get(key, key)) for key in keys]


def participation(output: Output, study: Study) -> Block:
    """Actual participation by status group beside the document's table 1."""
    wide = study.participation.pivot(
        index="status", columns="variable", values=["value", "published"]
    )
    count = study.participation.groupby("status")["n"].first()
    order = list(dict.fromkeys(study.participation["status"]))
    frame = pd.DataFrame({"status": order, "n": count[order].to_numpy(dtype=float)})
    for outcome in (*OUTCOMES, "share"):
        frame[outcome] = wide["value", outcome][order].to_numpy()
        frame[f"{outcome}_published"] = wide["published", outcome][order].to_numpy()
    released = disclosure.release(
        frame.assign(status=names(output, frame["status"])), label="tbl-1", count="n",
        keys=["status"], values=[*OUTCOMES, "share"],
        labels=[f"{o}_published" for o in (*OUTCOMES, "share")],
    )  # fmt: skip
    return tables.show(output, released, "tbl-1")


def composition(output: Output, study: Study) -> Block:
    """Composition beside the document's table 2."""
    own = study.composition
    wide = own.pivot(index="variable", columns="status", values="value")
    printed = own[own["status"] == "alle"].set_index("variable")["published"]
    order = list(dict.fromkeys(own["variable"]))
    frame = wide.loc[order].reset_index()
    frame["published"] = printed[order].to_numpy()
    count = own.groupby("status")["n"].first()
    values = list(wide.columns)
    for column in values:
        frame[f"n_{column}"] = float(count[column])
    released = disclosure.release(
        frame.assign(variable=names(output, frame["variable"])), label="tbl-2",
        count={column: f"n_{column}" for column in values}, keys=["variable"],
        labels=["published"],
    )  # fmt: skip
    return tables.show(output, released, "tbl-2")


def county_table(output: Output, study: Study) -> Block:
    """Levels of the counties beside the document's table 3."""
    own = study.levels[(study.levels["grouping"] == "county") & (study.levels["period"] == "all")
                       & study.levels["outcome"].isin(OUTCOMES)]  # fmt: skip
    printed = table3_counties().set_index(["county", "outcome"])["value"]
    order = list(dict.fromkeys(own["group"]))
    frame = pd.DataFrame({"county": [counties.name(code) for code in order]})
    for outcome in OUTCOMES:
        rows = own[own["outcome"] == outcome].set_index("group").loc[order]
        frame["n"] = rows["n_month"].to_numpy()
        frame[outcome] = rows["actual"].to_numpy()
        frame[f"{outcome}_published"] = [printed[code, outcome] for code in order]
        frame[f"{outcome}_indicator"] = rows["indicator"].to_numpy()
        frame[f"{outcome}_error"] = rows["std_error"].to_numpy()
    values = [f"{o}{end}" for o in OUTCOMES for end in ("", "_indicator", "_error")]
    released = disclosure.release(
        frame, label="tbl-3", count="n", keys=["county"], values=values,
        labels=[f"{o}_published" for o in OUTCOMES],
    )  # fmt: skip
    return tables.show(output, released, "tbl-3")


def _last_year(
    output: Output, study: Study, outcome: str, kind: str
) -> tuple[pd.DataFrame, pd.Series]:
    """Levels of the place's groups over the last twelve months, and the name of each group."""
    place = _county(output)
    grouping = f"county × {kind}" if place else kind
    levels = study.levels
    own = levels[(levels["outcome"] == outcome) & (levels["period"] == "last12")
                 & (levels["grouping"] == grouping)]  # fmt: skip
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
            "n": own["n_month"].to_numpy(), "actual": own["actual"].to_numpy(),
            "expected": own["expected"].to_numpy(), "indicator": own["indicator"].to_numpy(),
            "low": (own["indicator"] - critical(own["n_month"]) * own["std_error"]).to_numpy(),
            "high": (own["indicator"] + critical(own["n_month"]) * own["std_error"]).to_numpy(),
            "published": [printed[name] for name in key],
        }
    )  # fmt: skip
    return _shown(output, frame[frame["n"].ne(0)].reset_index(drop=True), "tbl-groups", "group",
                  ["published"])  # fmt: skip


def program_table(output: Output, study: Study) -> Block:
    """Programmes in the place over the last twelve months with twelve-month hours."""
    own, key = _last_year(output, study, "atid12", "program")
    frame = pd.DataFrame(
        {
            "group": names(output, key.where(key != "", "no_program")),
            "n": own["n_month"].to_numpy(), "actual": own["actual"].to_numpy(),
            "expected": own["expected"].to_numpy(), "indicator": own["indicator"].to_numpy(),
            "low": (own["indicator"] - critical(own["n_month"]) * own["std_error"]).to_numpy(),
            "high": (own["indicator"] + critical(own["n_month"]) * own["std_error"]).to_numpy(),
        }
    )  # fmt: skip
    return _shown(output, frame[frame["n"].ne(0)].reset_index(drop=True), "tbl-programs", "group")


def _shown(
    output: Output, frame: pd.DataFrame, label: str, key: str, labels: list[str] | None = None
) -> Block:
    known = [key, "n", *(labels or [])]
    values = [name for name in frame.columns if name not in known]
    released = disclosure.release(frame, label=label, count="n", keys=[key], values=values,
                                  labels=labels or [])  # fmt: skip
    return tables.show(output, released, label)


def worked(output: Output, study: Study) -> Block:
    """The worked example: one programme in one month, actual, expected and difference."""
    place = _county(output)
    grouping = "county × program" if place else "program"
    group = f"{place} × oppfolging" if place else "oppfolging"
    own = pick(study.curves, "atid12", grouping, [group])
    row = own[own["month"] == WORKED_MONTH]
    frame = pd.DataFrame(
        {
            "quantity": names(output, pd.Series(list(WORKED))),
            "n": float(row["n"].iloc[0]) if len(row) else 0.0,
            "value": [float(row[name].iloc[0]) if len(row) else np.nan for name in WORKED],
            "published": list(WORKED.values()),
        }
    )
    return _shown(output, frame, "tbl-worked", "quantity", ["published"])


def coefficient_table(output: Output, study: Study) -> Block:
    """Coefficients of the report version beside the printed table 4."""
    released = disclosure.model(
        coefficient_frame(study), label="tbl-4",
        n=["n_atid3", "n_atid12"], residual_df="df", keys=["row_order", "group", "category"],
        labels=[f"{o}_published" for o in OUTCOMES],
    )  # fmt: skip
    return tables.show(output, released, "tbl-4")


def coefficient_frame(study: Study) -> pd.DataFrame:
    """Printed rows with estimates of the report version; empty categories are missing."""
    design = study.fits["report:atid3"].design
    rows = printed_rows(design.names)
    frame = rows.frame[["row_order", "group", "category"]].copy()
    uses = rows.matrix != 0
    for outcome in OUTCOMES:
        found = study.fits[f"report:{outcome}"]
        lost = np.array([name in found.dropped for name in found.design.names])
        value = rows.matrix @ found.coefficients
        frame[outcome] = np.where(uses[:, lost].any(axis=1), np.nan, value)
        frame[f"{outcome}_published"] = rows.frame[outcome].to_numpy()
    for outcome in ("atid3", "atid12"):
        count = np.array([study.column_counts[f"{outcome}:{name}"] for name in design.names])
        least = [float(count[own].min()) if own.any() else float(count[0]) for own in uses]
        frame[f"n_{outcome}"] = np.where(np.array(least) == 0, float(count[0]), least)
    return frame.assign(df=float(study.fits["report:atid3"].n - len(design.names)))


def intervals(output: Output, study: Study) -> Block:
    """Half widths of 95 percent intervals, three ways."""
    own = study.intervals[study.intervals["outcome"].isin(("atid3", "jobb12"))]
    scale = np.where(own["outcome"].str.startswith("jobb"), 100.0, 1.0)
    frame = pd.DataFrame(
        {
            "outcome": names(output, own["outcome"]), "unit": names(output, own["grouping"]),
            "quantity": names(output, own["quantity"]), "n": own["n_month"].to_numpy() + 1e9,
            "published": own["published"] * scale, "clustered": own["clustered"] * scale,
            "bootstrap": own["bootstrap"] * scale, "ratio": own["ratio"],
        }
    )  # fmt: skip
    released = disclosure.model(
        frame.drop(columns="n").assign(n=float(study.flow["count"].iloc[1]),
                                       df=float(study.parameters.person_groups)),
        label="tbl-intervals", n="n", residual_df="df", keys=["outcome", "unit", "quantity"],
    )  # fmt: skip
    return tables.show(output, released, "tbl-intervals")


def funnel_table(output: Output, study: Study) -> Block:
    """Offices outside the control limits against what chance alone would give."""
    frame = funnel_counts(study.offices)
    released = disclosure.model(
        frame.assign(n=float(study.flow["count"].iloc[1]), df=frame["offices"].astype(float)),
        label="tbl-funnel", n="n", residual_df="df", keys=["level"],
    )  # fmt: skip
    return tables.show(output, released, "tbl-funnel")


def office_table(output: Output, study: Study) -> Block:
    """Offices of the county with shrunken values; the whole country shows the most certain."""
    place = _county(output)
    released = release_offices(study, place, "tbl-offices")
    chosen = np.ones(len(released.frame), dtype=bool)
    if not place:
        chosen[:] = False
        chosen[released.frame["reliability"].astype(float).argsort().to_numpy()[::-1][:20]] = True
    columns = ["office", "n_month", "actual", "expected", "indicator", "shrunken", "shrunken_low",
               "shrunken_high", "reliability"]  # fmt: skip
    found = disclosure.subset(released, chosen, columns=columns)
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
    released = disclosure.model(frame.assign(df=frame["n"].astype(float)), label="tbl-explained",
                                n="n", residual_df="df", keys=["outcome"])  # fmt: skip
    return tables.show(output, released, "tbl-explained")


def stability(output: Output, study: Study) -> Block:
    """Coefficients when a year is left out."""
    frame = study.stability[["year", "n", "largest", "column", "mean_change"]].copy()
    frame["column"] = [column_name(output, name) for name in frame["column"]]
    released = disclosure.model(frame.assign(df=frame["n"].astype(float)), label="tbl-stability",
                                n="n", residual_df="df", keys=["year", "column"])  # fmt: skip
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
    released = disclosure.model(frame.assign(residual=frame["n"].astype(float)),
                                label="tbl-recovery", n="n", residual_df="residual",
                                keys=["outcome"], labels=["rows", "df"])  # fmt: skip
    return tables.show(output, released, "tbl-recovery")


def flow(output: Output, study: Study) -> Block:
    """Sample flow."""
    frame = pd.DataFrame({"step": names(output, "flow_" + study.flow["step"]),
                          "count": study.flow["count"].astype(float)})  # fmt: skip
    released = disclosure.release(frame, label="tbl-flow", count="count", keys=["step"], values=[])
    return tables.show(output, released, "tbl-flow")


def key_figures(output: Output, study: Study) -> Block:
    """Means of the outcomes beside the printed ones."""
    own = study.levels[(study.levels["grouping"] == "nav") & (study.levels["period"] == "all")]
    own = own.set_index("outcome")
    printed = mean_outcomes()
    frame = pd.DataFrame(
        {
            "outcome": names(output, pd.Series(list(OUTCOMES))),
            "n": [float(own.loc[o, "n_month"]) for o in OUTCOMES],
            "value": [own.loc[o, "actual"] * (100 if o[0] == "j" else 1) for o in OUTCOMES],
            "published": [printed[o] * (100 if o[0] == "j" else 1) for o in OUTCOMES],
        }
    )
    frame["difference"] = frame["value"] - frame["published"]
    return _shown(output, frame, "tbl-key", "outcome", ["published"])


def tidy(study: Study, county: str) -> pd.DataFrame:
    """All estimates of the place in the suite's tidy form."""
    own = study.curves
    keep = (own["grouping"].str.startswith("county") & own["group"].str.startswith(county)
            if county else ~own["grouping"].str.contains("county ×|office"))  # fmt: skip
    own = own[(keep | (own["grouping"] == "nav")) & (own["n"] >= 5)]
    blocks = []
    for estimand in ("actual", "expected", "indicator"):
        adjusted = own[f"{estimand}_sa"]
        error = own["std_error_sa"] if estimand == "indicator" else np.nan
        blocks.append(pd.DataFrame(
            {"label": "curves", "row": own["month"], "column": own["grouping"],
             "outcome": own["outcome"], "group": own["group"], "estimand": f"{estimand}_adjusted",
             "estimate": adjusted, "std_error": error, "n_obs": own["n"], "n_persons": own["n"],
             "unit": np.where(own["outcome"].str.startswith(
                 "jobb"), "share", "hours per week")}))  # fmt: skip
    table = pd.concat(blocks, ignore_index=True)
    share = table["outcome"].str.startswith("jobb")
    table["method"] = np.where(share, "probit", "ols")
    half = critical(table["n_persons"]) * table["std_error"]
    table["ci_low"] = table["estimate"] - half
    table["ci_high"] = table["estimate"] + half
    return estimates.frame(STUDY, table.dropna(subset=["estimate"]))


def done(output: Output, study: Study) -> Block:
    """Write estimates.csv."""
    return finish(output, tidy(study, _county(output)))
