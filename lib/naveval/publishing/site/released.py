"""Released rows of a result, by exhibit, value and key, as the site's pages show them.

A study's `site.yml` names what to show with the keys of estimates.csv:
`{label: tbl-5, value: effect, where: {outcome: stock, group: with}}`. A county's own rows are
those whose key `county` (or another that the text names) is the county's code.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from naveval.exhibits import words
from naveval.exhibits.output import ESTIMATES_FILE, Output
from naveval.exhibits.reader import Reader
from naveval.exhibits.rows import UNCERTAIN
from naveval.project import catalogue, formats, places
from naveval.project.errors import ParameterError
from naveval.publishing.site.results import Result

NUMBERS = ("estimate", "std_error", "ci_low", "ci_high")
P_VALUE = "p_value"
PERSONS, PUBLISHED = "n_persons", "published"


@lru_cache(maxsize=8)
def _estimates(file: Path, changed: int) -> pd.DataFrame:
    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    for name in (*NUMBERS, P_VALUE, PERSONS, PUBLISHED):
        if name in table:
            table[name] = pd.to_numeric(table[name], errors="coerce")
            if "note" in table:
                table[name] = table[name].mask(table["note"] == UNCERTAIN)
    return table


def rows(result: Result, wanted: Mapping[str, Any]) -> pd.DataFrame:
    """Rows of an exhibit that a text names; none where the result does not hold them.

    Parameters
    ----------
    wanted
        label, and `parts` with those of exhibits that go on from it; value (a name or a list of
        them); where, from key to a code or a list of codes.

    Returns
    -------
    Keys as text, and `estimate, std_error, ci_low, ci_high, p_value, n_persons, published` as
    numbers, missing where hidden or where they rest on so few that nothing may be said of them.
    """
    file = result.folder / ESTIMATES_FILE
    if result.withdrawn or not file.exists():
        return pd.DataFrame(columns=["label", *NUMBERS, P_VALUE, PERSONS])
    table = _estimates(file, file.stat().st_mtime_ns)
    labels = [wanted["label"], *wanted.get("parts", ())]
    found = table[table["label"].isin(labels)] if "label" in table else table.iloc[:0]
    chosen = {**wanted.get("where", {})} | ({"value": wanted["value"]} if "value" in wanted else {})
    for key, codes in chosen.items():
        allowed = [str(code) for code in codes] if isinstance(codes, list) else [str(codes)]
        known = found[key].isin(allowed) if key in found else pd.Series(False, found.index)
        found = found[known]
    columns = dict.fromkeys((*found.columns, *NUMBERS, P_VALUE, PERSONS, PUBLISHED))
    return found.reindex(columns=list(columns))


def of_county(
    result: Result, wanted: Mapping[str, Any], codes: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """The rows of each of these counties, by code; only counties that have any."""
    found, key = rows(result, wanted), wanted.get("county", "county")
    if key not in found:
        return {}
    return {code: part for code in codes if len(part := found[found[key] == code])}


def one(result: Result, wanted: Mapping[str, Any]) -> pd.Series | None:
    """The single row that a text names; None where there is none or it is hidden.

    Raises
    ------
    ParameterError
        When several rows have the keys: the text must name one.
    """
    found = rows(result, wanted)
    if len(found) > 1:
        raise ParameterError(
            f"site.yml of {result.study}: {len(found)} rows for {dict(wanted)}, expected one"
        )
    if found.empty or formats.is_missing(found["estimate"].iloc[0]):
        return None
    return found.iloc[0]


def beside(result: Result, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Fields a sentence takes from other rows than its own.

    Parameters
    ----------
    wanted
        `also`: names to single rows, which give `<name>`, `<name>_persons` and `<name>_published`,
        what the source prints; `spans`: names to rows of months, of which the last `months`, or
        all, give `<name>_from` and `<name>_to`. None for what is hidden or not there.
    """
    found: dict[str, Any] = {}
    for name, other in wanted.get("also", {}).items():
        row = one(result, other)
        found[name] = None if row is None else row["estimate"]
        found[f"{name}_persons"] = None if row is None else row[PERSONS]
        found[f"{name}_published"] = None if row is None else row[PUBLISHED]
    for name, other in wanted.get("spans", {}).items():
        shown = rows(result, other)
        known = (
            sorted(set(shown.loc[shown["estimate"].notna(), "month"])) if "month" in shown else []
        )
        known = known[-other.get("months", len(known)) :]
        ends = (known[0], known[-1]) if known else (None, None)
        found[f"{name}_from"], found[f"{name}_to"] = ends
    return found


def simulated(result: Result, label: str) -> bool:
    """Whether an exhibit rests on simulated registers, as its file says."""
    files = [result.folder / kind / f"{label}.csv" for kind in ("tables", "figures")]
    heads = [file.read_text(encoding="utf-8").partition("\n")[0] for file in files if file.exists()]
    return any("origin" in head.split(",") for head in heads) if heads else result.simulated


def names(study: str, label: str, key: str, codes: Sequence[str]) -> dict[str, str]:
    """What a report calls the codes of a key; the code itself where it has no other name."""
    if not catalogue.has(study, "report"):
        return {code: code for code in codes}
    report = catalogue.module(study, "report").REPORT
    output = Output(study, places.place(""), Path(), "simulated", words.load(study))
    reader = Reader(report, output, None).at(label)  # type: ignore[arg-type]
    found = {}
    for code in codes:
        try:
            found[code] = reader.named(key, code)
        except ParameterError:
            found[code] = code
    return found
