"""The numbers of an exhibit as a JSON-stat 2.0 dataset, with marks for what is not there.

Dimensions are the exhibit's keys and, last, its numbers. Source: https://json-stat.org/format/.
"""

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from naveval.project import formats
from naveval.publishing import workbooks

if TYPE_CHECKING:
    from naveval.publishing.downloads import Data

NUMBERS = "tall"
ROW = "rad"
LARGEST = 500_000
"""Cells from which a sparse table gets its rows as one dimension, not its keys."""


def dataset(data: "Data", titles: Mapping[str, str], status: Mapping[str, str]) -> str:
    """An exhibit as JSON text.

    Parameters
    ----------
    titles
        Column to its name.
    status
        What the marks mean, shown in the dataset's note.

    Returns
    -------
    A number per combination of keys, null where there is none, with the status «:» for hidden,
    «0–5» for none or a few, and «..» for not estimated or not there.
    """
    told = [data.told(row) for row in data.rows]
    columns = {
        data.head[place]: [row[number] for row in told] for number, place in enumerate(data.shown)
    }
    numbers = [
        name
        for name, values in columns.items()
        if name not in data.keys and any(values) and workbooks.numeric(values)
    ]
    keys = list(data.keys) or [
        name for name in columns if name not in numbers and any(columns[name])
    ]
    rows = list(zip(*(columns[key] for key in keys), strict=True)) if keys else []
    sizes = [len(set(columns[key])) for key in keys]
    if len(set(rows)) != len(data.rows) or math.prod(sizes) * len(numbers) > LARGEST:
        columns = {ROW: [str(n) for n in range(1, len(data.rows) + 1)], **columns}
        keys, rows = [ROW], [(str(n),) for n in range(1, len(data.rows) + 1)]
    codes = {key: list(dict.fromkeys(columns[key])) for key in keys}
    places = {key: {code: place for place, code in enumerate(codes[key])} for key in keys}
    size = [len(codes[key]) for key in keys] + [len(numbers)]
    values: list[float | None] = [None] * math.prod(size)
    marks = {str(place): formats.MISSING for place in range(len(values))}
    for row, key in enumerate(rows):
        at = 0
        for name, code in zip(keys, key, strict=True):
            at = at * len(codes[name]) + places[name][code]
        for number, name in enumerate(numbers):
            cell, shown = at * len(numbers) + number, columns[name][row]
            if shown in workbooks.NO_NUMBERS[1:]:
                marks[str(cell)] = shown
            elif shown:
                values[cell] = float(shown)
                del marks[str(cell)]
    dimensions = {key: _dimension(titles.get(key, key), {c: c for c in codes[key]}) for key in keys}
    dimensions[NUMBERS] = _dimension(NUMBERS, {name: titles[name] for name in numbers})
    content: dict[str, Any] = {
        "version": "2.0",
        "class": "dataset",
        "label": f"{data.number}. {data.title}",
        "source": data.label,
        "note": [
            *filter(None, [data.note]),
            *(f"{mark} {means}" for mark, means in status.items()),
        ],
        "id": [*keys, NUMBERS],
        "size": size,
        "role": {"metric": [NUMBERS]},
        "dimension": dimensions,
        "value": values,
        "status": marks,
    }
    return json.dumps(content, ensure_ascii=False) + "\n"


def _dimension(label: str, categories: Mapping[str, str]) -> dict[str, Any]:
    """A dimension, its codes as a list: places under codes would read as counts of persons."""
    category: dict[str, Any] = {"index": list(categories)}
    if any(name != code for code, name in categories.items()):
        category["label"] = dict(categories)
    return {"label": label, "category": category}
