"""Calendar months.

A month is a whole number, year × 12 + month − 1, so that differences are months. Registers and
documents write it as text ("2017-12") or as a code (201712); both are read and written here alone.
Where an array has a month per row, the row is the number minus that of the first month.
"""

import re
from typing import Any

from naveval.project.errors import ParameterError

MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


def month_number(month: str) -> int:
    """Number of "2017-12"; what follows the month, such as a day, is left out.

    >>> month_number("2018-01") - month_number("2017-12")
    1
    """
    return int(month[:4]) * 12 + int(month[5:7]) - 1


def month_text(number: int) -> str:
    """Inverse of `month_number`."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def month_range(first: str, last: str) -> tuple[str, ...]:
    """All months from first to last, both included."""
    return tuple(month_text(k) for k in range(month_number(first), month_number(last) + 1))


def require_month(month: str) -> int:
    """Number of a month that somebody wrote; ParameterError unless it is like "2017-12"."""
    if not MONTH.fullmatch(month):
        raise ParameterError(f'{month!r}: expected a month in quotes, such as "2014-11"')
    return month_number(month)


def from_code(code: Any) -> Any:
    """Number of a month written 201712; arrays too."""
    return code // 100 * 12 + code % 100 - 1


def to_code(number: Any) -> Any:
    """Inverse of `from_code`.

    >>> to_code(from_code(201712) + 1)
    201801
    """
    return number // 12 * 100 + number % 12 + 1


def date_sql(column: str) -> str:
    """SQL for the number of the month of a date."""
    return f"(year({column}) * 12 + month({column}) - 1)"


def text_sql(column: str) -> str:
    """SQL for the number of a month that a column writes 2017-12."""
    return f"(left({column}, 4)::INTEGER * 12 + right({column}, 2)::INTEGER - 1)"


def code_sql(column: str) -> str:
    """SQL for the number of a month that a column writes 201712."""
    return f"({column} // 100 * 12 + {column} % 100 - 1)"
