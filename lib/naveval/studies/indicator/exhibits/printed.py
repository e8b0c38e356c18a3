"""Tables of the document's appendix A and its worked example, with the printed numbers beside."""

import numpy as np
import pandas as pd

from naveval.disclosure import gate
from naveval.exhibits import tables
from naveval.exhibits.output import Block, Output
from naveval.project import places
from naveval.studies.indicator.characteristics import OUTCOMES, STATUS
from naveval.studies.indicator.exhibits.descriptives import EVERYBODY
from naveval.studies.indicator.exhibits.figures import too_few
from naveval.studies.indicator.exhibits.lines import WORKED_MONTH, worked_rows
from naveval.studies.indicator.exhibits.tables import names, shown
from naveval.studies.indicator.frames import EmptyGroupError
from naveval.studies.indicator.published import (
    INNSATSGRUPPER,
    mean_outcomes,
    printed_rows,
    table3_counties,
    table3_groups,
)
from naveval.studies.indicator.study import Study

WORKED = {"actual": 10.86, "expected": 8.99, "indicator": 1.87}
GROUPS = (EVERYBODY, *STATUS)
DECIMALS = {
    "observations": "int",
    "per_month": "int",
    "hours_now": "num2",
    "atid3": "num2",
    "atid12": "num2",
}
POPULATIONS = {
    "tbl-3-young": ("county × young", " × under", "young"),
    "tbl-3-origin": ("county | country_group=landgruppe_3", "", "country_group_3"),
}


def participation(output: Output, study: Study) -> Block:
    """Actual participation by status group beside the document's table 1."""
    return _two_sources(output, study.participation, "tbl-1")


def composition(output: Output, study: Study) -> Block:
    """Composition beside the document's table 2."""
    return _two_sources(output, study.composition, "tbl-2")


def _two_sources(output: Output, own: pd.DataFrame, label: str) -> Block:
    """Two rows per variable, ours and the printed; a column per group."""
    order = list(dict.fromkeys(own["variable"]))
    count = own.groupby("status")["n"].first()
    parts = []
    for source, column in (("here", "value"), ("printed", "published")):
        wide = own.pivot(index="variable", columns="status", values=column).loc[order, GROUPS]
        parts.append(wide.reset_index().assign(source=source))
    frame = pd.concat(parts).sort_values(
        "variable", key=lambda v: v.map(order.index), kind="stable", ignore_index=True
    )
    frame["format"] = frame["variable"].map(lambda name: DECIMALS.get(name, "num1"))
    for group in GROUPS:
        frame[f"n_{group}"] = float(count[group])
    released = gate.release(
        frame.assign(
            variable=names(output, "row_" + frame["variable"]),
            source=names(output, frame["source"]),
        ),
        label=label,
        count={group: f"n_{group}" for group in GROUPS},
        values=list(GROUPS),
        keys=["variable", "source"],
    )
    return tables.show(output, released, label)


def county_table(output: Output, study: Study) -> Block:
    """Levels of the counties beside the document's table 3."""
    own = study.levels[
        (study.levels["grouping"] == "county")
        & (study.levels["period"] == "all")
        & study.levels["outcome"].isin(OUTCOMES)
    ]
    printed = table3_counties().set_index(["county", "outcome"])["value"]
    order = list(dict.fromkeys(own["group"]))
    frame = pd.DataFrame({"county": [places.name(code) for code in order]})
    for outcome in OUTCOMES:
        rows = own[own["outcome"] == outcome].set_index("group").loc[order]
        frame["n"] = rows["n_month"].to_numpy()
        frame[outcome] = rows["actual"].to_numpy()
        frame[f"{outcome}_published"] = [printed[code, outcome] for code in order]
        frame[f"{outcome}_indicator"] = rows["indicator"].to_numpy()
        frame[f"{outcome}_error"] = rows["std_error"].to_numpy()
    values = [f"{o}{end}" for o in OUTCOMES for end in ("", "_indicator", "_error")]
    released = gate.release(
        frame,
        label="tbl-3",
        count="n",
        keys=["county"],
        values=values,
        labels=[f"{o}_published" for o in OUTCOMES],
    )
    return tables.show(output, released, "tbl-3")


def population_table(output: Output, study: Study, label: str) -> Block:
    """Levels of the young, or of country group 3, in the counties beside the document's table 3.

    Parameters
    ----------
    label
        "tbl-3-young" or "tbl-3-origin".
    """
    grouping, ending, population = POPULATIONS[label]
    own = study.levels[
        (study.levels["grouping"] == grouping) & study.levels["group"].str.endswith(ending)
    ]
    own = own.assign(group=own["group"].str.removesuffix(ending))
    printed = table3_counties(population).set_index(["county", "outcome"])["value"]
    frame = _levels(own, printed.to_dict(), list(places.codes(2024)))
    frame.insert(0, "county", [places.name(code) for code in frame.pop("group")])
    return _shown_levels(output, frame, label, "county")


def group_levels(output: Output, study: Study) -> Block:
    """Levels of the innsatsgrupper beside the document's table 3."""
    own = study.levels[study.levels["grouping"] == "innsatsgruppe"]
    printed = table3_groups().set_index(["group", "outcome"])["value"]
    frame = _levels(own, printed.to_dict(), list(INNSATSGRUPPER))
    frame["group"] = [INNSATSGRUPPER[name] for name in frame["group"]]
    return _shown_levels(output, frame, "tbl-3-groups", "group")


def _levels(
    own: pd.DataFrame, printed: dict[tuple[str, str], float], groups: list[str]
) -> pd.DataFrame:
    """Whole period, one row per group: each outcome, the printed one, and the indicator."""
    own = own[own["period"] == "all"].set_index(["outcome", "group"])
    frame = pd.DataFrame({"group": groups})
    for outcome in OUTCOMES:
        rows = own.loc[outcome].reindex(groups)
        frame[outcome] = rows["actual"].to_numpy()
        frame[f"{outcome}_published"] = [printed[name, outcome] for name in groups]
        frame[f"n_{outcome}"] = rows["n_month"].to_numpy()
    frame["atid3_indicator"] = own.loc["atid3"].reindex(groups)["indicator"].to_numpy()
    return frame


def _shown_levels(output: Output, frame: pd.DataFrame, label: str, key: str) -> Block:
    count = {outcome: f"n_{outcome}" for outcome in OUTCOMES}
    released = gate.release(
        frame,
        label=label,
        count={**count, "atid3_indicator": "n_atid3"},
        keys=[key],
        values=[*OUTCOMES, "atid3_indicator"],
        labels=[f"{o}_published" for o in OUTCOMES],
    )
    return tables.show(output, released, label)


def worked(output: Output, study: Study) -> Block:
    """The worked example: one programme in one month, actual, expected and difference."""
    try:
        own = worked_rows(study, output.place.code)
    except EmptyGroupError:
        return too_few(output, "tbl-worked")
    row = own[own["month"] == WORKED_MONTH]
    frame = pd.DataFrame(
        {
            "quantity": names(output, pd.Series(list(WORKED))),
            "n": float(row["n"].iloc[0]) if len(row) else 0.0,
            "value": [float(row[name].iloc[0]) if len(row) else np.nan for name in WORKED],
            "published": list(WORKED.values()),
        }
    )
    return shown(output, frame, "tbl-worked", "quantity", ["published"])


def coefficient_table(output: Output, study: Study) -> Block:
    """Coefficients of the report version beside the printed table 4."""
    released = gate.model(
        coefficient_frame(study),
        label="tbl-4",
        n=["n_atid3", "n_atid12"],
        residual_df="df",
        keys=["row_order", "group", "category"],
        labels=[f"{o}_published" for o in OUTCOMES],
    )
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
    return shown(output, frame, "tbl-key", "outcome", ["published"])
