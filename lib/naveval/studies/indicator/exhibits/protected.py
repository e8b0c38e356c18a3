"""Which monthly numbers of the work indicator may be shown, decided once for all reports.

The national report and the county reports show the same persons cut in different ways: groups,
counties, and groups within counties. All are protected together, month by month, so that no
hidden cell follows from the rest of its row or column in another report. A hidden count is
missing in what `load` gives, and every table and figure leaves out what rests on it.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from naveval.disclosure import gate
from naveval.project.store import cached
from naveval.studies.indicator import study as indicator_study
from naveval.studies.indicator.parameters import Parameters
from naveval.studies.indicator.study import Study

CROSS = " × "
WHOLE = ("nav", "office")
MARGIN = "«all»"
KEY = ["outcome", "grouping", "group"]


def load(parameters: Parameters) -> Study:
    """The estimates with the counts of hidden cells taken out."""
    return protected(indicator_study.load(parameters))


def protected(study: Study) -> Study:
    """Take out counts of monthly curves and levels that may not be shown in any report."""
    return replace(
        study,
        curves=_without_hidden(study.curves, "n", "month"),
        levels=_without_hidden(study.levels, "n_month", "period"),
    )


def _without_hidden(table: pd.DataFrame, count: str, time: str) -> pd.DataFrame:
    cells = table[[*KEY, time, count]]
    content = pd.util.hash_pandas_object(cells, index=False).to_numpy()
    hidden = cached(
        "indicator-hidden",
        lambda: hidden_cells(cells, count, time),
        key={"count": count, "cells": str(content.sum()), "rows": len(cells)},
        code=(gate, __name__),
    )
    return table.assign(**{count: table[count].astype(float).mask(hidden)})


def hidden_cells(table: pd.DataFrame, count: str, time: str) -> np.ndarray:
    """Whether each row's count is hidden; shape (rows,).

    Parameters
    ----------
    table
        Columns outcome, grouping, group, the count and the time key. Groups of a grouping
        hold everybody once; a crossing is named "county × group".
    """
    hidden = np.zeros(len(table), dtype=bool)
    known: dict[bytes, np.ndarray] = {}
    for (_, grouping), rows in table.groupby(["outcome", "grouping"], sort=False).indices.items():
        if str(grouping).startswith(WHOLE):
            continue
        own = table.iloc[rows][["group", time, count]].reset_index(drop=True)
        same = str(grouping).encode() + pd.util.hash_pandas_object(own).to_numpy().tobytes()
        if same not in known:
            names = own.pop("group").str.split(CROSS, expand=True)
            keys = [f"key_{i}" for i in names.columns]
            own[keys] = names
            known[same] = _hidden(own, keys, time, count)
        hidden[rows] = known[same]
    return hidden


def _hidden(cells: pd.DataFrame, keys: Sequence[str], time: str, count: str) -> np.ndarray:
    """Suppressed cells of a table by one or two keys whose margins are known, per time."""
    whole = cells[[*keys, time, count]]
    for key in keys:
        others = [name for name in (*keys, time) if name != key]
        margin = whole.groupby(others, as_index=False, sort=False)[count].sum()
        whole = pd.concat([whole, margin.assign(**{key: MARGIN})], ignore_index=True)
    released = gate.release(
        whole, label="curves", count=count, keys=[*keys, time], totals=dict.fromkeys(keys, MARGIN)
    )
    return released.suppressed[count].to_numpy()[: len(cells)]
