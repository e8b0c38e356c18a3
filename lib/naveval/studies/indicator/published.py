"""The document's coefficients (appendix A table 4) and levels, and how they map to the model."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.project import paths, places
from naveval.studies.indicator.characteristics import (
    DECILES,
    HISTORY_LEVELS,
    HOURS_LEVELS,
    LAST_DURATION,
    RESIDENCE_LEVELS,
)

MARK_ROWS = {
    "Kommer fra høyere utdanning": "higher_education",
    "er gift": "married",
    "er kvinne": "woman",
    "er permittert": "laid_off",
    "Mottar en helseytelse": "health_benefit",
    "Mottar en arbeidsrettet ytelse": "work_benefit",
    "er uføretrygdet": "disability",
}
COUNTRY_ROWS = {93: "ukjent", 94: "landgruppe_1", 95: "landgruppe_2", 96: "landgruppe_3"}
CROSSED = {
    "Botid x landgruppe 1": "landgruppe_1",
    "Botid x landgruppe 2": "landgruppe_2",
    "Botid x landgruppe 3": "landgruppe_3",
    "Botid x ukjent landbakgrunn": "ukjent",
}
STATUSES = {
    "nedsatt": "nedsatt arbeidsevne",
    "helt_ledig": "helt ledige",
    "delvis_ledig": "delvis ledige",
    "tiltak": "arbeidssøkere på tiltak",
    "annet": "andre i populasjonen",
}


@dataclass(frozen=True)
class PrintedRows:
    """The printed rows of table 4 in terms of the model's columns.

    Attributes
    ----------
    frame
        row_order, group, category, is_reference and the printed value per outcome.
    matrix
        (rows, K): printed row = matrix @ coefficients.
    """

    frame: pd.DataFrame
    matrix: NDArray[np.float64]


@lru_cache(maxsize=1)
def table4() -> pd.DataFrame:
    """Table 4 wide: one row per printed row, one column per outcome (atid3, …)."""
    file = paths.published_dir("indicator") / "appendix_a_table_4_regression_coefficients.csv"
    long = pd.read_csv(file, dtype={"category": str})
    long = long[long["model"].isin(["OLS", "probit"])]
    wide = long.pivot(index="row_order", columns="outcome", values="coefficient")
    wide.columns = [str(name).lower() for name in wide.columns]
    keys = ["row_order", "group_order", "group", "category", "is_reference"]
    return long[keys].drop_duplicates("row_order").set_index("row_order").join(wide).reset_index()


def columns_of_row(row: pd.Series, position: int) -> dict[str, float]:
    """Which columns of the model make up a printed row, with their signs; {} for references.

    Parameters
    ----------
    position
        The row's place within its printed group, from 0.
    """
    group, category = row["group"], row["category"]
    if row["is_reference"] == "yes":
        return {}
    if group == "Konstant":
        return {"constant": 1.0}
    if group == "Alder":
        return {f"age={category}{'+' if category == '67' else ''}": 1.0}
    if group == "Antall barn under 18 år":
        return {f"children={category}{'+' if category == '4' else ''}": 1.0}
    if group == "Personkjennetegn":
        return {f"{MARK_ROWS[category]}=yes": 1.0}
    if group == "Arbeidstid på måletidspunkt":
        return {f"hours={HOURS_LEVELS[position]}": 1.0}
    if group.startswith("Inntekt før Nav"):
        return {f"wage={DECILES[position - 1]}": 1.0}
    if group == "Pensjonsgivende inntekt":
        if position == 0:
            return {"pension=none": 1.0}
        return {f"pension={DECILES[position - 1]}": 1.0, "pension=none": -1.0}
    if group == "Landbakgrunn":
        return {f"origin={COUNTRY_ROWS[row['row_order']]}:121+": 1.0}
    if group == "Botid":
        return {f"origin=norge:{RESIDENCE_LEVELS[position]}": 1.0}
    if group in CROSSED:
        country, stay = CROSSED[group], RESIDENCE_LEVELS[position]
        return {
            f"origin={country}:{stay}": 1.0,
            f"origin={country}:121+": -1.0,
            f"origin=norge:{stay}": -1.0,
        }
    if group == "Historikk":
        return {f"history={HISTORY_LEVELS[position]}": 1.0}
    if group == "Varighet":
        last = LAST_DURATION["report"]
        return {f"duration={position}{'+' if position == last else ''}": 1.0}
    if group == "Tilstrømming til ledighet":
        return {f"inflow={position + 1}": 1.0}
    if group.startswith("Forventet sysselsettingsvekst"):
        return {f"employment={position + 1}": 1.0}
    raise KeyError(group)


@lru_cache(maxsize=8)
def printed_rows(names: tuple[str, ...]) -> PrintedRows:
    """Printed rows of table 4 as combinations of a model's columns, given by name.

    Rows about columns the model lacks (expected employment in the production version) are
    left out.
    """
    frame = table4()
    place = {name: k for k, name in enumerate(names)}
    kept, weights = [], []
    for index, (_, row) in enumerate(frame.iterrows()):
        position = int((frame["group"].iloc[:index] == row["group"]).sum())
        parts = columns_of_row(row, position)
        if any(name not in place for name in parts):
            continue
        weight = np.zeros(len(place))
        for name, sign in parts.items():
            weight[place[name]] += sign
        kept.append(index)
        weights.append(weight)
    return PrintedRows(frame.iloc[kept].reset_index(drop=True), np.vstack(weights))


def coefficients(names: tuple[str, ...], outcome: str) -> NDArray[np.float64]:
    """Printed coefficients laid out for the columns of the report version, (K,).

    Raises
    ------
    ValueError
        When a column has no printed row (production version, month dummies).
    """
    rows = printed_rows(names)
    own = np.abs(rows.matrix).sum(axis=1) > 0
    missing = np.flatnonzero(~rows.matrix.any(axis=0))
    if len(missing):
        raise ValueError(f"no printed coefficient for {names[missing[0]]}")
    solved, *_ = np.linalg.lstsq(rows.matrix[own], rows.frame[outcome].to_numpy()[own], rcond=None)
    return np.asarray(np.round(solved, 6), dtype=np.float64)


@lru_cache(maxsize=1)
def table1() -> pd.DataFrame:
    """Table 1: actual participation by user group (variable, user_group, value)."""
    file = "appendix_a_table_1_outcome_variables.csv"
    return pd.read_csv(paths.published_dir("indicator") / file)


@lru_cache(maxsize=1)
def table2() -> pd.DataFrame:
    """Table 2: composition by user group (variable, user_group, value)."""
    return pd.read_csv(
        paths.published_dir("indicator") / "appendix_a_table_2_dataset_description.csv"
    )


def table3_counties(population: str = "all") -> pd.DataFrame:
    """Table 3 per county; population all, young or country_group_3. Jobb as share."""
    file = f"appendix_a_table_3_counties_{population}.csv"
    frame = pd.read_csv(paths.published_dir("indicator") / file)
    code = {places.name(code): code for code in places.codes(2024)}
    frame["county"] = frame["county"].map(code)
    return frame.assign(outcome=frame["outcome"].str.lower())


def mean_outcomes() -> dict[str, float]:
    """Printed means of the outcomes; shares between 0 and 1."""
    return {"atid3": 9.31, "atid12": 11.06, "jobb3": 0.24, "jobb12": 0.30}


@lru_cache(maxsize=256)
def composition(variable: str, column: str = "I alt") -> float:
    """One number of table 2."""
    frame = table2()
    own = (frame["variable"] == variable) & (frame["user_group"] == column)
    return float(frame.loc[own, "value"].iloc[0])
