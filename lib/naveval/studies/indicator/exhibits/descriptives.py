"""Tables 1 and 2 of the document's appendix A on the panel, and the sample flow.

Printed rows that have no counterpart in the registers' contract are left out: incomes in kroner
(the registers have tenths). Sickness and work assessment benefits are one mark in the model, so
their printed shares are added.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.studies.indicator.characteristics import COUNTRY_GROUPS, FIRST_AGE, MARKS, STATUS
from naveval.studies.indicator.panel import Chunk, Panel
from naveval.studies.indicator.published import STATUSES, table1, table2

Printed = Mapping[str, tuple[str, ...]]
PARTICIPATION: Printed = {
    "job_now": ("I jobb (andel)",),
    "jobb3": ("I jobb tre måneder senere (andel)",),
    "jobb12": ("I jobb tolv måneder senere (andel)",),
    "hours_now": ("Arbeidstid (gjennomsnitt)",),
    "atid3": ("Arbeidstid neste tre måneder (gjennomsnitt)",),
    "atid12": ("Arbeidstid neste tolv måneder (gjennomsnitt)",),
    "observations": ("observasjoner populasjonen (antall)",),
    "share": ("Personer i populasjonen (% av hele populasjonen i hver gruppe)",),
    "per_month": ("Personer i populasjonen per måned (gjennomsnitt)",),
}
COMPOSITION: Printed = {
    "age": ("Alder (gjennomsnitt)",),
    "children": ("antall barn under 18 år (gjennomsnitt)",),
    "woman": ("kvinne (andel)",),
    "married": ("Gift (andel)",),
    "norge": ("Fødeland Norge (andel)",),
    "landgruppe_1": ("Fødeland Landgruppe 1 (andel)",),
    "landgruppe_2": ("Fødeland Landgruppe 2 (andel)",),
    "landgruppe_3": ("Fødeland Landgruppe 3 (andel)",),
    "residence": ("Botid (gjennomsnitt)",),
    "hours_now": ("Arbeidstid (gjennomsnitt)",),
    "disability": ("Uføregrad større enn 0 (andel)",),
    "health_benefit": ("Sykepengemottakere (andel)", "AAP-mottakere (andel)"),
    "work_benefit": ("Ordinære dagpengemottakere (andel)",),
    "unemployed": ("Registrert arbeidsledig (andel)",),
    "history": ("Nav-historikk (gjennomsnitt)",),
    "duration": ("Nav-varighet (gjennomsnitt)",),
}
COUNTS = ("observations", "share", "per_month")
PERCENT = ("job_now", "jobb3", "jobb12", "unemployed", *MARKS, *COUNTRY_GROUPS)
UNEMPLOYED = ("helt_ledig", "delvis_ledig", "tiltak")
EVERYBODY = "alle"


def participation_table(panel: Panel) -> pd.DataFrame:
    """Actual participation by status group beside the printed table 1, see `_beside`."""
    return _beside(panel, PARTICIPATION, table1())


def composition_table(panel: Panel) -> pd.DataFrame:
    """Composition by status group beside the printed table 2, see `_beside`."""
    return _beside(panel, COMPOSITION, table2())


def _beside(panel: Panel, printed: Printed, source: pd.DataFrame) -> pd.DataFrame:
    """Each variable for each status group and for all.

    Columns: status, variable, n (persons in the largest month), value and published; shares in
    percent.
    """
    counts = np.array(
        [np.bincount(c.groups["status"], minlength=len(STATUS)) for c in panel.chunks], dtype=float
    )
    known = source.set_index(["variable", "user_group"])["value"]
    rows = []
    for variable, titles in printed.items():
        values = _values(panel, variable, counts)
        for status, value in zip((*STATUS, EVERYBODY), values, strict=True):
            largest = counts.sum(axis=1) if status == EVERYBODY else counts[:, STATUS.index(status)]
            column = STATUSES.get(status, "I alt")
            rows.append(
                {
                    "status": status,
                    "variable": variable,
                    "n": largest.max(),
                    "value": 100 * value if variable in PERCENT else value,
                    "published": sum(known[title, column] for title in titles),
                }
            )
    return pd.DataFrame(rows)


def _values(panel: Panel, variable: str, counts: NDArray) -> NDArray[np.float64]:
    """One value per status group, and one for all; counts (months, status)."""
    if variable in COUNTS:
        own = counts.sum(axis=0)
        whole = np.append(own, own.sum())
        if variable == "share":
            return 100 * whole / own.sum()
        return whole if variable == "observations" else whole / len(counts)
    sums = np.zeros((2, len(STATUS)))
    for chunk, n in zip(panel.chunks, counts, strict=True):
        found = _sums(chunk, variable)
        if found is not None:
            sums += found, n
    total = np.column_stack([sums, sums.sum(axis=1)])
    return np.asarray(total[0] / np.maximum(total[1], 1))


def _sums(chunk: Chunk, variable: str) -> NDArray[np.float64] | None:
    """Sums by status group in one month; None where an outcome is not observed."""
    if variable in chunk.sums:
        return chunk.sums[variable]
    if variable in PARTICIPATION and variable not in chunk.outcomes:
        return None
    status = chunk.groups["status"]
    weights = chunk.outcomes[variable] if variable in chunk.outcomes else _own(chunk, variable)
    sums = np.bincount(status, weights=weights.astype(float), minlength=len(STATUS))
    return sums.astype(np.float64)


def _own(chunk: Chunk, variable: str) -> NDArray:
    if variable == "age":
        return chunk.columns["age"].astype(float) + FIRST_AGE
    if variable == "unemployed":
        return np.isin(chunk.groups["status"], [STATUS.index(name) for name in UNEMPLOYED])
    if variable in COUNTRY_GROUPS:
        return chunk.groups["country_group"] == COUNTRY_GROUPS.index(variable)
    return chunk.columns[variable]


def flow_table(panel: Panel) -> pd.DataFrame:
    """Sample flow: step and count."""
    steps = ("rows", "persons", "rows_atid3", "rows_atid12", "hours_rows", "hours_outside_stock")
    return pd.DataFrame({"step": steps, "count": [panel.flow[step] for step in steps]})
