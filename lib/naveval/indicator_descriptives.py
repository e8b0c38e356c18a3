"""Tables 1 and 2 of the document's appendix A on the panel, and the sample flow."""

import numpy as np
import pandas as pd

from naveval.indicator_characteristics import COUNTRY_GROUPS, FIRST_AGE, MARKS
from naveval.indicator_panel import Chunk, Panel
from naveval.indicator_published import STATUSES, table1, table2

PRINTED = {
    "atid3": "Arbeidstid neste tre måneder (gjennomsnitt)",
    "atid12": "Arbeidstid neste tolv måneder (gjennomsnitt)",
    "jobb3": "I jobb tre måneder senere (andel)",
    "jobb12": "I jobb tolv måneder senere (andel)",
    "share": "Personer i populasjonen (% av hele populasjonen i hver gruppe)",
}
PRINTED2 = {
    "age": "Alder (gjennomsnitt)",
    "children": "antall barn under 18 år (gjennomsnitt)",
    "woman": "kvinne (andel)",
    "married": "Gift (andel)",
    "norge": "Fødeland Norge (andel)",
    "landgruppe_1": "Fødeland Landgruppe 1 (andel)",
    "landgruppe_2": "Fødeland Landgruppe 2 (andel)",
    "landgruppe_3": "Fødeland Landgruppe 3 (andel)",
    "disability": "Uføregrad større enn 0 (andel)",
}
EVERYBODY = "alle"


def participation_table(panel: Panel) -> pd.DataFrame:
    """Actual participation by status group beside the printed table 1.

    Columns: status, variable, n (smallest month), value, published; shares in percent.
    """
    names = panel.levels["status"]
    sums = {outcome: np.zeros((2, len(names))) for outcome in PRINTED if outcome != "share"}
    count = np.zeros(len(names))
    largest = np.zeros(len(names))
    for chunk in panel.chunks:
        own = np.bincount(chunk.groups["status"], minlength=len(names))
        count += own
        largest = np.maximum(largest, own)
        for outcome, total in sums.items():
            if outcome in chunk.outcomes:
                total[0] += own
                total[1] += np.bincount(chunk.groups["status"], minlength=len(names),
                                        weights=chunk.outcomes[outcome].astype(float))  # fmt: skip
    printed = table1().set_index(["variable", "user_group"])["value"]
    rows = []
    for k, status in enumerate([*names, EVERYBODY]):
        column = STATUSES.get(status, "I alt")
        pick = slice(None) if status == EVERYBODY else slice(k, k + 1)
        n_month = largest[pick].sum()
        for outcome, total in sums.items():
            factor = 100 if outcome.startswith("jobb") else 1
            rows.append({"status": status, "variable": outcome, "n": n_month,
                         "value": factor * total[1, pick].sum() / max(total[0, pick].sum(), 1),
                         "published": printed[PRINTED[outcome], column]})  # fmt: skip
        rows.append({"status": status, "variable": "share", "n": n_month,
                     "value": 100 * count[pick].sum() / count.sum(),
                     "published": printed[PRINTED["share"], column]})  # fmt: skip
    return pd.DataFrame(rows)


def composition_table(panel: Panel) -> pd.DataFrame:
    """Composition by status group beside the printed table 2 (shares in percent).

    Columns: status, variable, n, value, published.
    """
    names = panel.levels["status"]
    keys = list(PRINTED2)
    total = np.zeros((len(keys), len(names)))
    count, largest = np.zeros(len(names)), np.zeros(len(names))
    for chunk in panel.chunks:
        status = chunk.groups["status"]
        own = np.bincount(status, minlength=len(names))
        count += own
        largest = np.maximum(largest, own)
        for k, key in enumerate(keys):
            total[k] += np.bincount(status, minlength=len(names), weights=_values(chunk, key))
    printed = table2().set_index(["variable", "user_group"])["value"]
    rows = []
    for k, name in enumerate([*names, EVERYBODY]):
        pick = slice(None) if name == EVERYBODY else slice(k, k + 1)
        column = STATUSES.get(name, "I alt")
        for j, key in enumerate(keys):
            factor = 1 if key in ("age", "children") else 100
            rows.append({"status": name, "variable": key, "n": largest[pick].sum(),
                         "value": factor * total[j, pick].sum() / max(count[pick].sum(), 1),
                         "published": printed[PRINTED2[key], column]})  # fmt: skip
    return pd.DataFrame(rows)


def _values(chunk: Chunk, key: str) -> np.ndarray:
    columns, groups = chunk.columns, chunk.groups
    if key == "age":
        return columns["age"].astype(float) + FIRST_AGE
    if key in MARKS or key == "children":
        return columns[key].astype(float)
    return (groups["country_group"] == COUNTRY_GROUPS.index(key)).astype(float)


def flow_table(panel: Panel) -> pd.DataFrame:
    """Sample flow: step and count."""
    steps = [
        ("rows", panel.flow["rows"]),
        ("persons", panel.flow["persons"]),
        ("rows_atid3", panel.flow["rows_atid3"]),
        ("rows_atid12", panel.flow["rows_atid12"]),
        ("hours_rows", panel.flow["hours_rows"]),
        ("hours_outside_stock", panel.flow["hours_outside_stock"]),
    ]
    return pd.DataFrame(steps, columns=["step", "count"])
