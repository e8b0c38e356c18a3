"""How many decimals of a released number are known, and so written.

Estimates and their limits are rounded to a step that depends on the standard error, errors to two
digits. A format has the most decimals a value is written with; «0,70» of a number known to 0.1
would say more than is known.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

from naveval.disclosure import models
from naveval.exhibits.declare import Exhibit
from naveval.exhibits.protect import Descriptive, Model
from naveval.project import formats

DECIMALS = re.compile(r"(num|pct|share|pp|hundred)(\d)((?:_s)?)")
IN_HUNDREDTHS = ("share", "pp", "hundred")


def known(exhibit: Exhibit[Any], column: str, row: Mapping[str, Any], form: str) -> str:
    """The format of a number of a row, with the decimals that are known of it.

    Parameters
    ----------
    column
        Column of the released frame that holds the number.
    form
        Name in `project.formats`; those without decimals stay.
    """
    found = DECIMALS.fullmatch(form)
    size = _step(exhibit, column, row) if found else 0.0
    if not found or not size:
        return form
    size *= 100 if found[1] in IN_HUNDREDTHS else 1
    needed = next((n for n in range(int(found[2])) if _whole(size * 10**n)), int(found[2]))
    return f"{found[1]}{needed}{found[3]}"


def _whole(number: float) -> bool:
    return abs(number - round(number)) < 1e-9 and round(number) > 0


def _step(exhibit: Exhibit[Any], column: str, row: Mapping[str, Any]) -> float:
    """What a released number is a multiple of; 0 where it is told in full."""
    how = exhibit.protect
    if not isinstance(how, Descriptive | Model) or column in exhibit.free:
        return 0.0
    errors = {**exhibit.errors, **how.along}
    if column in errors.values() or column in getattr(how, "digits", ()):
        return _two_digits(row.get(column))
    if column not in errors:
        return 0.0
    error = row.get(errors[column])
    if formats.is_missing(error):
        return 0.0
    return float(models.step([float(error or 0)], how.points)[0])


def _two_digits(number: Any) -> float:
    if formats.is_missing(number) or not number or not math.isfinite(number):
        return 0.0
    return float(10.0 ** (math.floor(math.log10(abs(number)) + 1e-9) - 1))
