"""The numbers that a county's page shows, as a CSV that readers take with them."""

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from naveval.disclosure.thresholds import thresholds
from naveval.exhibits import words
from naveval.project import parameters, paths, places
from naveval.project.escaping import neutral
from naveval.publishing import columns, downloads
from naveval.publishing.site import counties, released, results
from naveval.publishing.site.results import Result

SIMULATED, PRINTED = "simulated", "printed"
EXHIBIT, PLACE = "number", "place"
FIRST = ("study", EXHIBIT, "label", "value", "county", PLACE)
DICTIONARY = ("study", "column", "label", "code", "meaning", "unit")
UNCODED = ("month", PLACE)
LAST = ("estimate", "ci_low", "ci_high", released.PERSONS, "unit", "origin")
LEFT_OUT = ("std_error", released.P_VALUE, "n_obs", "n_clusters", "estimand", "method")
OF_RUN = ("difference", "note", released.PUBLISHED)
BYTE_ORDER_MARK = "\ufeff"
EXCEL = "excel.csv"
"""Ending of the table that Excel in Norwegian reads."""
DICTIONARY_FILE = "ark/ordbok.csv"


def table(code: str, mains: Sequence[Result], text: Mapping[str, Any]) -> pd.DataFrame:
    """Released rows of what a county's page shows of each study, one per number.

    Parameters
    ----------
    mains
        The main result of each study there is one of.

    Returns
    -------
    study, number (what its report calls the figure or table), label and value, the keys that name
    a row, estimate with its interval in the unit given
    (missing where hidden), n_persons where no count is too small, and origin: "printed" where the
    number is the source's own. Rows of the whole country, which the page has beside, have no code
    of a county; `place` names both.
    """
    found = [
        rows.assign(**{EXHIBIT: results.number(main, str(rows["label"].iloc[0]))})
        for main in mains
        for wanted, by_county in counties.shown(code, main, text)
        for rows in _rows(main, wanted, by_county, str(text["counties"]["whole"]))
        if len(rows)
    ]
    if not found:
        return pd.DataFrame(columns=[*FIRST, *LAST])
    every = pd.concat([rows.astype(object) for rows in found], ignore_index=True)
    every = every.drop_duplicates().reset_index(drop=True)
    few = pd.to_numeric(every[released.PERSONS]) < thresholds().min_cell
    every[released.PERSONS] = every[released.PERSONS].mask(few)
    told = (every.notna() & every.ne("")).any()
    keys = [
        name for name in every if told[name] and name not in (*FIRST, *LAST, *LEFT_OUT, *OF_RUN)
    ]
    return every.reindex(columns=[*FIRST, *keys, *LAST])


def _rows(
    main: Result, wanted: Mapping[str, Any], by_county: Mapping[str, pd.DataFrame], whole: str
) -> Iterator[pd.DataFrame]:
    """The rows of the county, or what the source prints of it, and those of the whole country."""
    rows = [part.assign(**{PLACE: places.name(of)}) for of, part in by_county.items()]
    for part in counties.of_country_rows(main, wanted):
        rows.append(part.assign(**{"county": "", PLACE: whole}))
    for part in rows:
        if wanted.get("published"):
            yield _printed(part)
        else:
            yield part.assign(origin=SIMULATED if main.simulated else part.get("origin", ""))


def _printed(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with the source's number in place of the run's own, which the page does not show."""
    own = dict.fromkeys((*released.NUMBERS, released.P_VALUE, released.PERSONS), math.nan)
    given = {"estimate": rows[released.PUBLISHED], "origin": PRINTED}
    return rows.assign(**(own | given))


def dictionary(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """What the columns and codes in the tables of counties mean, for each study, in Norwegian.

    Parameters
    ----------
    tables
        Of `table`.

    Returns
    -------
    study, column, label and code ("" for what is said of the column itself), meaning, unit. Months
    and counties' codes are left out.
    """
    common = parameters.read_yaml(paths.texts_dir() / "downloads.yml")
    every, found = pd.concat(tables, ignore_index=True), []
    for study, rows in every.groupby("study", sort=False):
        texts = words.load(str(study))
        told = columns.of_estimates(texts, common)
        found += [
            (study, name, "", "", told.meaning(name), told.unit_name(told.unit(name)))
            for name in every
            if (rows[name].notna() & rows[name].ne("")).any()
        ]
        for label, own in rows.groupby("label", sort=False):
            found += [(study, *one) for one in _codes(str(study), label, own, told.at(label))]
    return pd.DataFrame(found, columns=list(DICTIONARY))


def _codes(
    study: str, label: str, rows: pd.DataFrame, told: columns.Words
) -> Iterator[tuple[str, ...]]:
    """Column, label, code, meaning and unit of each code in an exhibit's rows."""
    exhibit = downloads.exhibits_of(study).get(label)
    values = list(dict.fromkeys(rows["value"]))
    for code, about in columns.described(exhibit, values, told).items():
        yield "value", label, code, about.means or about.title, ""  # each row has its unit
    for name in rows.columns.difference([*FIRST, *LAST, *UNCODED]):
        codes = list(dict.fromkeys(rows[name].dropna().astype(str)))
        for code, means in released.names(study, label, name, [c for c in codes if c]).items():
            yield name, label, code, means, ""


def as_csv(rows: pd.DataFrame, *, norwegian: bool = False) -> str:
    """A table as CSV; an empty cell is a number that is hidden, or none.

    Parameters
    ----------
    norwegian
        As Excel in Norwegian reads it: semicolons, decimal commas, and a mark that it is UTF-8.
    """
    stream = io.StringIO()
    write = csv.writer(stream, lineterminator="\n", delimiter=";" if norwegian else ",")
    write.writerow(rows.columns)
    for row in rows.itertuples(index=False):
        write.writerow([_cell(cell, norwegian=norwegian) for cell in row])
    return BYTE_ORDER_MARK * norwegian + stream.getvalue()


def _cell(cell: Any, *, norwegian: bool) -> str:
    if pd.isna(cell):
        return ""
    told = neutral(str(cell))
    return told.replace(".", ",") if norwegian and isinstance(cell, float) else told


def write(mains: Sequence[Result], work: Path, text: Mapping[str, Any]) -> None:
    """Write every county's table beside its sheet, and what their columns hold; nothing of none."""
    made = []
    for item in places.counties(places.CURRENT_YEAR) if mains else ():
        made.append(table(item.code, mains, text))
        file = work / counties.sheet_file(item.code, mains, "csv")
        file.write_text(as_csv(made[-1]), encoding="utf-8")
        excel = work / counties.sheet_file(item.code, mains, EXCEL)
        excel.write_text(as_csv(made[-1], norwegian=True), encoding="utf-8")
    if made:
        (work / DICTIONARY_FILE).write_text(as_csv(dictionary(made)), encoding="utf-8")
