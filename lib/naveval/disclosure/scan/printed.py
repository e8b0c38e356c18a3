"""What programs print of persons: rows as keys and values, and series of a frame."""

import re

from naveval.disclosure.scan import grids, tables
from naveval.disclosure.scan.identities import Hits
from naveval.disclosure.scan.titles import identifies, title_of
from naveval.disclosure.thresholds import Thresholds

SERIES_NAME = re.compile(r"^Name: ([^,\n]{1,80})(?=,|$)", re.MULTILINE)
"""What a series is called, on the line below its values."""


def printed(text: str, limits: Thresholds) -> Hits:
    """Findings in what a text holds of printed rows and series."""
    yield from told_rows(text)
    for name in SERIES_NAME.findall(text):
        if identifies(title_of(name), limits):
            yield "column that identifies persons", 1


def told_rows(text: str) -> Hits:
    """Rows of persons printed as keys with values on one line, in braces or not."""
    for line in text.splitlines():
        if line.count(":") + line.count("=") >= 3 and len(line) < 4000:
            keys = [title_of(key) for key in grids.keys(line)]
            if len(keys) >= tables.CHARACTERISTICS and (
                tables.persons_by_row(keys) or tables.printed(["", *keys], [["0"]])
            ):
                yield "rows that describe single persons", 1
