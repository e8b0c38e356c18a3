"""The tidy estimates of a report, from what its exhibits released.

One row per number with a unit: the exhibit's label, the value's name, the exhibit's own keys, and
the value with its parts. Nobody writes such rows by hand.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from naveval.disclosure.counts import FEW, NOISY
from naveval.exhibits.declare import PARTS, Exhibit, Fact, Value
from naveval.exhibits.protect import Descriptive, Model, Together
from naveval.exhibits.reader import Reader

SCHEMA = 2
FIRST = ("study", "label", "value")
NUMBERS = ("estimate", *PARTS.values(), "n_persons", "n_obs", "n_clusters")
LAST = (*NUMBERS, "unit", "estimand", "method", "published", "difference", "origin", "note")
CARRIED = {
    "n_obs": "n_obs",
    "n_draws": "n_obs",
    "n_clusters": "n_clusters",
    "n_units": "n_clusters",
}
"""Columns of data that say what a number rests on, to those of estimates.csv."""
PUBLISHED = "published"
SUPPRESSED = "suppressed: few persons"
UNCERTAIN = "noisy: rests on fewer than ten persons"
FEW_PERSONS = "at most five persons"
NOTES = {NOISY: UNCERTAIN, FEW: FEW_PERSONS}


def of_exhibit(reader: Reader, printed: pd.DataFrame) -> pd.DataFrame:
    """Rows of the exhibit at hand, with the printed numbers beside where they are about the run.

    Parameters
    ----------
    printed
        label, value, keys and printed, as `printed.read` gives them; empty where not about it.
    """
    exhibit = reader.report.exhibit(reader.label)
    released = reader.released(exhibit.label)
    marks = released.marks.reindex_like(released.frame)
    parts = (one.to_dict("records") for one in (released.frame, released.suppressed, marks))
    lines = list(zip(*parts, strict=True))
    found = [
        row
        for name, value in exhibit.values.items()
        for row in _value_rows(exhibit, lines, name, value)
    ]
    found += [_fact_row(reader, name, fact) for name, fact in exhibit.facts.items() if fact.unit]
    table = pd.DataFrame(found)
    if len(table):
        table.insert(0, "label", exhibit.label)
        printed_only = table["value"].map(
            {name: value.source == "published" for name, value in exhibit.values.items()}
        )
        own = origin(reader, exhibit)
        table["origin"] = np.where(printed_only.eq(True), PUBLISHED, own)
    return _beside(table, printed, exhibit)


def origin(reader: Reader, exhibit: Exhibit[Any]) -> str:
    """Where an exhibit's numbers come from: "simulated", "register" or "published"."""
    apart = reader.released(exhibit.label).origin == PUBLISHED
    return PUBLISHED if apart else reader.output.origin


def _value_rows(
    exhibit: Exhibit[Any], lines: Iterable[tuple[Any, Any, Any]], name: str, value: Value
) -> Iterable[dict[str, Any]]:
    """Rows of one value, from released rows, what is hidden in them, and their marks."""
    count = counted(exhibit, name)
    for row, unseen, marked in lines:
        kind = value.kind(row)
        if not kind.unit:
            continue
        goes = {column: getattr(kind, part) for part, column in PARTS.items()}
        goes |= {"published": kind.published}
        at = kind.of or name
        yield {
            "value": name,
            **{key: str(row[key]) for key in exhibit.keys},
            "estimate": row[at],
            **{to: row[column] for to, column in goes.items() if column},
            "n_persons": row.get("n_persons" if count else "", row.get(count, np.nan)),
            **{to: row[column] for column, to in CARRIED.items() if column in row},
            "unit": kind.unit,
            "estimand": kind.estimand,
            "method": row.get(kind.method or "method", kind.method),
            "note": SUPPRESSED if unseen[at] else NOTES.get(marked[at], ""),
        }


def counted(exhibit: Exhibit[Any], name: str) -> str:
    """The column with the persons behind a value; "" when there is none."""
    how = exhibit.protect
    if exhibit.values[name].source:
        return ""
    if isinstance(how, Descriptive | Together):
        return how.count if isinstance(how.count, str) else how.count.get(name, "")
    return how.n[0] if isinstance(how, Model) else ""


def _fact_row(reader: Reader, name: str, fact: Fact) -> dict[str, Any]:
    return {
        "value": name,
        "estimate": fact.get(reader),
        "unit": fact.unit,
        "estimand": fact.estimand or name.replace("_", " "),
    }


def _beside(table: pd.DataFrame, printed: pd.DataFrame, exhibit: Exhibit[Any]) -> pd.DataFrame:
    own = printed[printed["label"] == exhibit.label] if len(printed) else printed
    if len(own) and len(table):
        keys = ["label", "value", *exhibit.keys]
        table = table.merge(own[[*keys, "printed"]], on=keys, how="left")
        table = table.assign(published=table["printed"]).drop(columns="printed")
    if "published" in table:
        table["difference"] = table["estimate"] - table["published"]
    return table


def together(study: str, parts: Iterable[pd.DataFrame], keys: Iterable[str]) -> pd.DataFrame:
    """All rows of a report: study, label, value, every key, then the numbers and what they are."""
    filled = [part for part in parts if len(part)]
    columns = list(dict.fromkeys((*FIRST, *keys, *LAST)))
    if not filled:
        return pd.DataFrame(columns=columns)
    table = pd.concat(filled, ignore_index=True).assign(study=study).reindex(columns=columns)
    for name in NUMBERS:
        table[name] = table[name].astype(float)
    # A protected 0 stands for none to five persons; the note says so where there is no other.
    few = table["n_persons"] == 0
    table.loc[few & table["note"].fillna("").eq(""), "note"] = FEW_PERSONS
    table.loc[few, "n_persons"] = np.nan
    return table
