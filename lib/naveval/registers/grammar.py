r"""What a cell of CSV text may look like, as SQL that reads it exactly or gives NULL.

One grammar per dialect (`naveval.registers.dialects`). Blanks around a value do not count.

============  ===========================================  =====================================
type          plain (comma)                                semicolon
============  ===========================================  =====================================
whole number  `131193`, `-5`, `131 193`, `5.0`             the same, `5,0`, and `−` for minus
number        `2.5`, `.5`, `-5`, `1 234.5`                 `2,5` or `2.5`, never both in a column
date          `2014-11-30`, `2014-11-30T08:00:00`,         the same, `30.11.2014`,
              `2014-11-30T07:00:00Z`                       `30.11.2014 08:00`
true, false   true/false, 1/0, ja/nei, sann/usann          the same
============  ===========================================  =====================================

Thousands may be separated by a blank (also narrow or non-breaking), in all values of the column
that have four digits or more, or in none. A point or comma followed by exactly three digits could
separate thousands: it is refused in whole numbers, and the point in numbers of semicolon files.
Exponents, hexadecimal, `NaN`, signs after the number and years of two digits are refused. A date
with a time of day is the day in the zone `ZONE`; an offset (`Z`, `+01:00`) is taken into account.
"""

from typing import Literal

from naveval.registers.dialects import Dialect

Family = Literal["text", "integer", "number", "boolean", "date", "any"]
ZONE = "Europe/Oslo"
PLAIN = Dialect("utf-8", ",")
BLANK = r"[ \x{A0}\x{2009}\x{202F}]"
TRIMMED = " \t\u00a0\u2009\u202f"
GROUPED = rf"[0-9]{{1,3}}(?:{BLANK}[0-9]{{3}})+"
WHOLE = rf"(?:[0-9]+|{GROUPED})"
CLOCK = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
OFFSET = r"(?:Z|[+-][0-9]{2}(?::[0-9]{2})?)"
ISO = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
NORWEGIAN = r"[0-9]{2}\.[0-9]{2}\.[0-9]{4}"
NORWEGIAN_FORMATS = ("%d.%m.%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S")
TRUE, FALSE = ("true", "1", "sann", "ja"), ("false", "0", "usann", "nei")


def cell(column: str, wanted: Family, dialect: Dialect) -> str:
    """SQL that reads a text expression as the wanted type; NULL where the grammar does not fit.

    Example
    -------
    >>> import duckdb
    >>> read = cell("x", "integer", Dialect("utf-8", ";"))
    >>> texts = "(VALUES ('131 193'), ('131.193'), ('5,0')) t(x)"
    >>> duckdb.sql(f"SELECT {read} FROM {texts}").fetchall()
    [(131193,), (None,), (5,)]
    """
    text = trimmed(column)
    if wanted == "integer":
        digits = rf"regexp_replace({_digits(text)}, '\.0+$', '')"
        return _if(text, whole_numbers(dialect), f"TRY_CAST({digits} AS BIGINT)")
    if wanted == "number":
        return _if(text, numbers(dialect), f"TRY_CAST({_digits(text)} AS DOUBLE)")
    if wanted == "date":
        return f"date_trunc('day', {moment(column, dialect)})"
    if wanted == "boolean":
        return (
            f"CASE WHEN lower({text}) IN {TRUE} THEN true "
            f"WHEN lower({text}) IN {FALSE} THEN false END"
        )
    return column


def trimmed(column: str) -> str:
    """SQL of a text without the blanks around it."""
    return f"trim({column}, '{TRIMMED}')"


def _if(text: str, pattern: str, value: str) -> str:
    return f"CASE WHEN {fits(text, pattern)} THEN {value} END"


def fits(text: str, pattern: str) -> str:
    """SQL that is true where a pattern fits the whole text."""
    return f"regexp_full_match({text}, '{pattern}')"


def _digits(text: str) -> str:
    """SQL of a number's text as a cast reads it: no blanks, point, hyphen."""
    return f"replace(replace(regexp_replace({text}, '{BLANK}', '', 'g'), ',', '.'), '−', '-')"


def _sign(dialect: Dialect) -> str:
    return "[-−]?" if dialect.excel else "-?"


def whole_numbers(dialect: Dialect) -> str:
    """Pattern of whole numbers."""
    mark = "[.,]" if dialect.excel else r"\."
    return f"{_sign(dialect)}{WHOLE}(?:{mark}0{{1,2}})?"


def numbers(dialect: Dialect) -> str:
    """Pattern of numbers, with decimals or without."""
    if not dialect.excel:
        return rf"-?(?:{WHOLE}(?:\.[0-9]+)?|\.[0-9]+)"
    comma = f"(?:{WHOLE}(?:,[0-9]+)?|,[0-9]+)"
    point = rf"{WHOLE}\.(?:[0-9]{{1,2}}|[0-9]{{4,}})"
    return f"{_sign(dialect)}(?:{comma}|{point})"


def moment(column: str, dialect: Dialect) -> str:
    """SQL of the day and time of day of a text, in the zone `ZONE`; NULL where there is none."""
    text = trimmed(column)
    cases = [
        f"WHEN {fits(text, f'{ISO}(?:[ T]{CLOCK})?')} THEN TRY_CAST({text} AS TIMESTAMP)",
        f"WHEN {fits(text, f'{ISO}[ T]{CLOCK}{OFFSET}')} "
        f"THEN CAST(TRY_CAST({text} AS TIMESTAMP WITH TIME ZONE) AS TIMESTAMP)",
    ]
    if dialect.excel:
        known = ", ".join(f"'{form}'" for form in NORWEGIAN_FORMATS)
        pattern = f"{NORWEGIAN}(?: {CLOCK})?"
        cases.append(f"WHEN {fits(text, pattern)} THEN TRY_STRPTIME({text}, [{known}])")
    return f"CASE {' '.join(cases)} END"


def moved(moment: str) -> tuple[str, str]:
    """SQL of how many days are midnights of another zone, if all are, and whether one is.

    Midnight of Central European Summer Time is eleven in the evening before, in winter; and in
    UTC it is ten or eleven in the evening.

    >>> import duckdb
    >>> days = "(VALUES (TIMESTAMP '2017-01-01 23:00:00'), (TIMESTAMP '2017-07-02 00:00:00')) t(x)"
    >>> duckdb.sql(f"SELECT {moved('x')[0]} FROM {days}").fetchall()
    [(1,)]
    """
    clock = f"CAST({moment} AS TIME)"
    evening = f"coalesce({clock} IN (TIME '22:00:00', TIME '23:00:00'), false)"
    other = f"NOT {evening} AND {clock} <> TIME '00:00:00'"
    return f"IF(count_if({other}) > 0, 0, count_if({evening}))", evening


def accepted(wanted: Family, dialect: Dialect) -> str:
    """The forms that are accepted, in words."""
    blank = "thousands with a blank in all or none"
    if wanted == "integer":
        return f"whole numbers such as 131193 ({blank}; no point or comma within)"
    if wanted == "number":
        mark = "2,5" if dialect.excel else "2.5"
        return f"numbers such as {mark} ({blank}; no exponent; no point for thousands)"
    if wanted == "date":
        return "dates as 2014-11-30" + (" or 30.11.2014" if dialect.excel else "")
    if wanted == "boolean":
        return "true or false (or 1/0, ja/nei, sann/usann)"
    return "text"


def rivals(column: str, wanted: Family, dialect: Dialect) -> dict[str, tuple[str, str]]:
    """Pairs of forms that may not both occur in a column of numbers: words to two conditions."""
    text = trimmed(column)
    long = rf"{_sign(dialect)}[0-9]{{4,}}(?:[.,][0-9]*)?"
    found = {
        "thousands separated in all values of four digits or more, or in none": (
            fits(text, f"{_sign(dialect)}{GROUPED}(?:[.,][0-9]*)?"),
            fits(text, long),
        )
    }
    if dialect.excel and wanted == "number":
        found["the same decimal mark in all values"] = (
            f"contains({text}, ',')",
            f"contains({text}, '.')",
        )
    return found


def marks(column: str, wanted: Family, dialect: Dialect) -> dict[str, str]:
    """Forms worth telling about a column of text: words to conditions."""
    text = trimmed(column)
    if wanted in ("integer", "number"):
        grouped = fits(text, f"{_sign(dialect)}{GROUPED}(?:[.,][0-9]*)?")
        found = {"blank for thousands": grouped}
        if wanted == "number":
            found |= {"decimal comma": f"contains({text}, ',')"}
            found |= {"decimal point": f"contains({text}, '.')"}
        return found
    if wanted == "date":
        return {
            "yyyy-mm-dd": fits(text, f"{ISO}.*"),
            "dd.mm.yyyy": fits(text, f"{NORWEGIAN}.*"),
            "time of day": f"contains({text}, ':')",
            "offset": fits(text, f".*{CLOCK}{OFFSET}"),
        }
    return {}
