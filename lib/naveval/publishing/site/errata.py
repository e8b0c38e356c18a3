"""The errata page: what the documents print, and what we find."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from naveval.project import catalogue, formats, parameters, paths
from naveval.project.errors import ParameterError
from naveval.publishing.site.results import Result, main_result

PORTFOLIO = "portfolio"
ANCHORS = {PORTFOLIO: "kunnskap"}
"""The portfolio has no study of its own; its page is the one on earlier evidence."""


def blocks(found: Sequence[Result], names: Mapping[str, str]) -> str:
    """One table per document: where, what is printed, what we find.

    Parameters
    ----------
    found
        Results, whose estimates fill the fields of `found`.
    names
        Headings of the studies.
    """
    text = parameters.read_yaml(paths.report_dir() / "errata.yml")["words"]
    parts = [text["intro"]]
    titles = {**names, PORTFOLIO: text["portfolio"]}
    for study, entries in listed().items():
        estimates = _estimates(main_result(found, study) if study in names else None)
        anchor = ANCHORS.get(study, study)
        parts.append(f"## {titles[study]} {{#{anchor}}}")
        parts.append(text["count"].format(count=formats.number(len(entries))))
        lines = ["| " + " | ".join(text["columns"]) + " |", "|---|---|---|"]
        for entry in entries:
            place = f"errata.yml: {study}: {entry.get('place', '?')}"
            cells = [entry["place"], entry["printed"], filled(entry, estimates, place)]
            lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
        caption = text["caption"].format(name=titles[study])
        parts.append("\n".join(lines) + f"\n\n: {caption} {{#tbl-feil-{anchor}}}")
    return "\n\n".join(parts)


def listed() -> dict[str, list[dict[str, Any]]]:
    """Errors by document: of the studies that have any, in their order, and of the portfolio."""
    found = {}
    for study in catalogue.names():
        file = paths.texts_dir(study) / "errata.yml"
        if file.exists():
            found[study] = parameters.read_yaml(file)["entries"]
    return found | parameters.read_yaml(paths.report_dir() / "errata.yml")["documents"]


def filled(entry: Mapping[str, Any], estimates: pd.DataFrame | None, place: str) -> str:
    """What we find, with numbers from the estimates; the plain wording when one is not there.

    An entry may have `values` (field to key of an estimate, with the column to read as `take`)
    and `found-with`, the wording that uses them.

    Raises
    ------
    ParameterError
        When the estimates have several rows for a key.
    """
    if "values" not in entry or estimates is None:
        return str(entry["found"])
    values = {}
    for name, key in entry["values"].items():
        wanted = {column: str(value) for column, value in key.items() if column != "take"}
        rows = estimates
        for column, value in wanted.items():
            known = rows[column].astype(str) if column in rows else pd.Series("", rows.index)
            rows = rows[known == value]
        if rows.empty:  # a result of an older version
            return str(entry["found"])
        if len(rows) > 1:
            raise ParameterError(f"{place}: {len(rows)} estimates for {wanted}, expected one")
        values[name] = rows.iloc[0][key.get("take", "estimate")]
    return formats.fill(entry["found-with"], values)


def _estimates(result: Result | None) -> pd.DataFrame | None:
    if result is None or not result.has("estimates.csv"):
        return None
    return pd.read_csv(
        result.folder / "estimates.csv", keep_default_na=True, low_memory=False, dtype={"row": str}
    )


def _cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")
