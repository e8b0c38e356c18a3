"""What changed between two result folders, or two editions of a series.

Data, parameters, code and versions come from the manifests; numbers from `estimates.csv` or the
editions' files, row by row with the same keys, and each change is measured in standard errors.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from naveval.exhibits import manifest
from naveval.exhibits.output import ESTIMATES_FILE
from naveval.exhibits.rows import LAST, NUMBERS
from naveval.project.errors import ParameterError

PUBLISHED, RECORD = "published.csv", "record.json"
PARTS = ("study", "parameters", "data", "inputs", "code", "git_commit", "versions", "environment")
NOT_KEYS = {*LAST, "revisions", "edition"} - {"method"}
ONLY_A, ONLY_B = "only in A", "only in B"


@dataclass(frozen=True)
class Differences:
    """Differences of B from A.

    Attributes
    ----------
    made
        part, name, a, b: what the two were made from, where it differs.
    numbers
        exhibit, key, a, b, change, errors: rows that differ. `errors` is the change over the
        larger standard error of the two, missing where there is none.
    exhibits
        exhibit, numbers, changed, only in A, only in B, and the largest change in errors.
    """

    made: pd.DataFrame
    numbers: pd.DataFrame
    exhibits: pd.DataFrame

    @property
    def any(self) -> bool:
        """Whether anything differs."""
        return bool(len(self.made) or len(self.numbers))


def compare(a: Path, b: Path) -> Differences:
    """Compare two result folders, two stores of a series, or two CSV files of editions.

    Raises
    ------
    ParameterError
        For a path that is none of these, and a pair of different kinds.
    """
    tables = {path: _table(path) for path in (a, b)}
    kinds = {p: "a result" if "estimate" in t else "a series" for p, t in tables.items()}
    if len(set(kinds.values())) > 1:
        told = "; ".join(f"{path} is {kind}" for path, kind in kinds.items())
        raise ParameterError(f"{told}; expected two of one kind")
    both = joined(tables[a], tables[b])
    made = _made(_origin(a), _origin(b))
    changed = both[both["different"]]
    numbers = changed[["exhibit", "key", "a", "b", "change", "errors"]]
    # Changes without a standard error come after those with one, by their share of the number.
    size = changed[["a", "b"]].abs().max(axis=1)
    by = {
        "errors": changed["errors"].abs(),
        "share": changed["change"].abs() / size.where(size > 0),
    }
    ranks = pd.DataFrame(by).fillna(-1.0)
    order = ranks.sort_values(["errors", "share"], ascending=False, kind="stable").index
    groups = both.groupby("exhibit", sort=False)
    exhibits = pd.DataFrame(
        {
            "numbers": groups.size(),
            "changed": groups["different"].sum(),
            ONLY_A: groups["where"].agg(lambda where: int((where == ONLY_A).sum())),
            ONLY_B: groups["where"].agg(lambda where: int((where == ONLY_B).sum())),
            "largest": groups["errors"].agg(lambda errors: errors.abs().max()),
        }
    ).reset_index()
    return Differences(made, numbers.loc[order].reset_index(drop=True), exhibits)


def joined(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    """Rows of both tables by their keys, with what differs.

    >>> a = pd.DataFrame({"label": "t", "month": ["1", "2"], "estimate": ["1.0", "2.0"]})
    >>> b = a.assign(estimate=["1.0", "2.5"], std_error="0.25")
    >>> joined(a, b).query("different")[["exhibit", "key", "change", "errors"]].values.tolist()
    [['t', 'month=2', 0.5, 2.0]]
    """
    keys = [name for name in dict.fromkeys([*a.columns, *b.columns]) if name not in NOT_KEYS]
    keys = [name for name in keys if name not in ("estimate", "value")] + (
        ["value"] if "estimate" in a.columns and "value" in a.columns else []
    )
    sides = [_with_keys(table, keys) for table in (a, b)]
    found = sides[0].merge(sides[1], on=["exhibit", "key"], how="outer", suffixes=("_a", "_b"))
    numbers = {side: pd.to_numeric(found[f"number_{side}"], errors="coerce") for side in "ab"}
    error = np.fmax(*(pd.to_numeric(found[f"error_{side}"], errors="coerce") for side in "ab"))
    same = (numbers["a"] == numbers["b"]) | (numbers["a"].isna() & numbers["b"].isna())
    missing = {"a": found["there_a"].isna(), "b": found["there_b"].isna()}
    change = numbers["b"] - numbers["a"]
    return found[["exhibit", "key"]].assign(
        a=numbers["a"],
        b=numbers["b"],
        change=change,
        errors=change / error.where(error > 0),
        where=np.select([missing["b"], missing["a"]], [ONLY_A, ONLY_B], ""),
        different=~same | missing["a"] | missing["b"],
    )


def _with_keys(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Exhibit, key as text, number and standard error; equal keys are counted on."""
    own = table.reindex(columns=keys, fill_value="").fillna("")
    shown = [name for name in keys if name not in ("study", "label") and own[name].ne("").any()]
    text = own[shown].apply(
        lambda row: ", ".join(f"{name}={row[name]}" for name in shown if row[name] != ""), axis=1
    )
    found = pd.DataFrame(
        {
            "exhibit": own["label"] if "label" in own else own.get("outcome", "numbers"),
            "key": text if len(table) else pd.Series(dtype=str),
            "number": table["estimate" if "estimate" in table else "value"],
            "error": table.get("std_error", pd.Series(np.nan, index=table.index)),
            "there": True,
        }
    )
    again = found.groupby(["exhibit", "key"]).cumcount()
    found["key"] = found["key"].where(again == 0, found["key"] + " #" + (again + 1).astype(str))
    return found


def _table(path: Path) -> pd.DataFrame:
    if path.is_dir():
        files = [path / name for name in (ESTIMATES_FILE, PUBLISHED) if (path / name).is_file()]
        if not files:
            raise ParameterError(
                f"{path}: neither {ESTIMATES_FILE} nor {PUBLISHED}; expected the folder of a "
                "result (report/_out/STUDY/PLACE) or of a quarterly series"
            )
        path = files[0]
    if not path.is_file():
        raise ParameterError(f"{path}: no such result folder, series or file of an edition")
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    if not {"estimate", "value"} & set(table.columns):
        expected = f"expected a column estimate or value, and {', '.join(NUMBERS[1:4])}"
        raise ParameterError(f"{path}: no numbers to compare; {expected}")
    return table


def _origin(path: Path) -> dict[str, str]:
    """What a result was made from, by part and name."""
    if (path / manifest.FILE).is_file():
        content = {name: manifest.read(path).get(name) for name in PARTS}
    elif (path / RECORD).is_file():
        record = json.loads((path / RECORD).read_text(encoding="utf-8"))
        content = {"record": {k: v for k, v in record.items() if k != "files"}}
    else:
        content = {}
    return {" ".join(name): value for name, value in _flat(content)}


def _flat(value: Any, before: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], str]]:
    if not isinstance(value, Mapping):
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return [(before, text)]
    return [row for name in sorted(value) for row in _flat(value[name], (*before, str(name)))]


def _made(a: dict[str, str], b: dict[str, str]) -> pd.DataFrame:
    names = [name for name in dict.fromkeys([*a, *b]) if a.get(name) != b.get(name)]
    rows = [(*name.partition(" ")[::2], a.get(name, ""), b.get(name, "")) for name in names]
    return pd.DataFrame(rows, columns=["part", "name", "a", "b"])


def as_json(found: Differences) -> str:
    """Everything that differs."""
    parts = {name: getattr(found, name) for name in ("made", "exhibits", "numbers")}
    tables = {name: json.loads(table.to_json(orient="records")) for name, table in parts.items()}
    return json.dumps(tables, indent=1, ensure_ascii=False)


def as_markdown(found: Differences, a: Path, b: Path, most: int = 30) -> str:
    """What differs, with the largest changes of numbers."""
    changed = found.exhibits[found.exhibits["changed"] > 0]
    count, whole = int(found.exhibits["changed"].sum()), int(found.exhibits["numbers"].sum())
    parts = [f"# B against A\n\nA: {a}  \nB: {b}"]
    if not found.any:
        return f"{parts[0]}\n\nNothing differs: {whole} numbers, and what they were made from."
    if len(found.made):
        parts.append("## What they were made from\n\n" + _shown(found.made))
    parts.append(f"## Numbers\n\n{count} of {whole} differ.")
    if count:
        parts.append(
            f"`largest` is in standard errors, where an exhibit has any.\n\n{_shown(changed)}"
        )
        head = (
            f"{min(most, count)} of the changes, the largest first: by standard errors, then those "
            "without by their share of the larger number:"
        )
        parts.append(f"{head}\n\n{_shown(found.numbers.head(most))}")
    return "\n\n".join(parts)


def _shown(table: pd.DataFrame) -> str:
    def cell(name: str, value: Any) -> str:
        if isinstance(value, float):
            return "" if np.isnan(value) else f"{value:.6g}"
        text = str(value).replace("|", "\\|")
        # A key that is cut no longer tells one row from the next.
        return text if name == "key" or len(text) <= 60 else f"{text[:57]}…"

    lines = [list(table.columns), ["---"] * table.shape[1]]
    columns = lines[0]
    lines += [list(map(cell, columns, row)) for row in table.itertuples(index=False)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
