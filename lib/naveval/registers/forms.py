"""How owners write days and months: as text, or as numbers counted from a day."""

from collections.abc import Mapping
from typing import Any

import duckdb

from naveval.registers.connections import quote, run
from naveval.registers.grammar import Family
from naveval.registers.sources import Source
from naveval.registers.views import duck_family, family

WRITTEN: Mapping[str, tuple[int, str]] = {
    "yyyymm": (6, "%Y%m"),
    "yyyy-mm": (7, "%Y-%m"),
    "yyyyMmm": (7, "%Ym%m"),
    "yyyy-Mmm": (8, "%Y-m%m"),
    "yyyymmdd": (8, "%Y%m%d"),
    "dd.mm.yyyy": (10, "%d.%m.%Y"),
    "yyyy-mm-dd": (10, "%Y-%m-%d"),
}
# Numbers counted from a day: where from, and SQL of the day of a whole number.
COUNTED: Mapping[str, tuple[str, str]] = {
    "sas": ("days from 1960-01-01, as in SAS", "DATE '1960-01-01' + {}"),
    "td": ("days from 1960-01-01, as in Stata", "DATE '1960-01-01' + {}"),
    "tm": ("months from 1960-01, as in Stata", "DATE '1960-01-01' + to_months({})"),
    "excel": ("days from 1899-12-30, as in Excel", "DATE '1899-12-30' + {}"),
}
LIKELY = (1990, 2040)  # years that numbers are taken to mean where nobody says


def is_dated(name: str, declared: Any) -> bool:
    """Whether a column of a contract holds days or months.

    >>> import pandera.pandas as pa
    >>> is_dated("since", pa.Column(str, pa.Check.str_matches(r"^[0-9]{4}-(0[1-9]|1[0-2])$")))
    True
    >>> is_dated("wage", pa.Column(int, pa.Check.ge(0)))
    False
    """
    patterns = [check.statistics for check in declared.checks if check.name == "str_matches"]
    if any("(0[1-9]|1[0-2])" in str(found["pattern"]) for found in patterns if found):
        return True
    return family(declared.dtype) == "date" or name.endswith("month")


def day(text: str, form: str) -> str:
    """SQL of the day that a text stands for; NULL where it has another form.

    >>> found = ", ".join(f"CAST({day('x', form)} AS DATE)::VARCHAR" for form in ("tm", "sas"))
    >>> duckdb.sql(f"SELECT {found} FROM (VALUES ('660'), ('2015')) t(x)").fetchall()[0]
    ('2015-01-01', '1961-10-22')
    """
    if form in COUNTED:
        whole = f"CASE WHEN regexp_full_match({text}, '-?[0-9]{{1,5}}') THEN {text} END"
        return COUNTED[form][1].format(f"CAST({whole} AS INTEGER)")
    length, pattern = WRITTEN[form]
    given = f"lower({text})"
    return f"CASE WHEN length({given}) = {length} THEN TRY_STRPTIME({given}, {quote(pattern)}) END"


def dated(day: str, wanted: Family) -> str:
    """SQL of a day as the contract has it: a day, text yyyy-mm, or a number yyyymm."""
    if wanted == "date":
        return f"date_trunc('day', {day})"
    if wanted == "integer":
        return f"CAST(strftime({day}, '%Y%m') AS BIGINT)"
    return f"strftime({day}, '%Y-%m')"


def other(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    rows: str,
    given: str,
    kind: str,
    wanted: Family,
) -> tuple[str, str]:
    """The form that all values have although the contract has another, and it in words.

    Parameters
    ----------
    rows, given, kind
        SQL of the rows and of a value, and its DuckDB type.

    Returns
    -------
    ("", "") where the form is the contract's, or none that is known.
    """
    if duck_family(kind) == "date":
        return ("date", "dates") if wanted in ("text", "integer") else ("", "")
    known = {"text": ["yyyy-mm"], "integer": ["yyyymm"]}.get(wanted, ["yyyy-mm-dd"])
    known += ["dd.mm.yyyy"] if source.norwegian and wanted == "date" else []
    text = f"regexp_replace(trim(CAST({given} AS VARCHAR)), '\\.0$', '')"
    forms = [form for form in (*WRITTEN, *COUNTED) if form != "td"]
    first, last = LIKELY
    tests = ", ".join(
        f"bool_and(coalesce(year({day('x', form)}) BETWEEN {first} AND {last}, false))"
        for form in forms
    )
    values = f"SELECT DISTINCT {text} AS x FROM ({rows}) WHERE {text} <> ''"
    found = run(connection, f"SELECT {tests} FROM ({values})", where=source.label).fetchone() or ()
    form = next((form for form, fits in zip(forms, found, strict=True) if fits), "")
    if not form or form in known:
        return "", ""
    return form, COUNTED[form][0] if form in COUNTED else form
