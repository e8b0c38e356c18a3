"""Text that comes from data, made harmless in the format it is written into.

A code or a name may hold anything. In a table of a report it shows as it is written, and is no
link, picture or formula; in a CSV it is text in a spreadsheet too.
"""

import re
from pathlib import Path
from typing import Any

import pandas as pd

ACTIVE = re.compile(r"[\\`*_\[\]<>$^~@#!|\"'&{}]|-(?=-)|\.(?=\.\.)")
"""What Markdown reads as more than a sign; a backslash before it makes it one."""
BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
FORMULA = re.compile(r"[=@\t\r]|[+-](?!$|[\d.,]+(?:[eE][+-]?\d+)?$)")
"""How a text begins that a spreadsheet calculates; a number with a sign is none."""


def literal(text: str) -> str:
    r"""Markdown that shows a text as it is, on one line.

    >>> print(literal("[x](javascript:alert(1)) *AFT*"))
    \[x\](javascript:alert(1)) \*AFT\*
    """
    return ACTIVE.sub(r"\\\g<0>", BREAKS.sub(" ", text))


def neutral(value: Any) -> Any:
    """A value for a CSV: text that looks like a formula gets an apostrophe first.

    >>> neutral("=1+1"), neutral("-24"), neutral(-3.5)
    ("'=1+1", '-24', -3.5)
    """
    return f"'{value}" if isinstance(value, str) and FORMULA.match(value) else value


def write_csv(frame: pd.DataFrame, file: Path) -> None:
    """Write a frame for readers, without formulas in its texts or titles."""
    texts = [
        name
        for name, column in frame.items()
        if not pd.api.types.is_numeric_dtype(column.dtype)
        and not pd.api.types.is_bool_dtype(column.dtype)
    ]
    safe = frame.assign(**{str(name): frame[name].map(neutral) for name in texts})
    safe.rename(columns=neutral).to_csv(file, index=False)
