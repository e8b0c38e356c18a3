"""What is kept between runs: one rule of what is current, one way of writing and locking.

Values lie under `report/_out/_cache/`, simulated registers under `report/_out/_data/`. They can
hold person data: folders are their owner's alone, and none of it is part of a result folder.
"""

from naveval.project.store.cleaning import Cleaned, clean, days_of
from naveval.project.store.disk import beside, make_private, require_own, write_text
from naveval.project.store.kept import cached, drop, find, keep, kept_folder, location
from naveval.project.store.keys import key, plain
from naveval.project.store.locks import locked
from naveval.project.store.staging import exchange, held, staged, sweep

__all__ = [
    "Cleaned",
    "beside",
    "cached",
    "clean",
    "days_of",
    "drop",
    "exchange",
    "find",
    "held",
    "keep",
    "kept_folder",
    "key",
    "location",
    "locked",
    "make_private",
    "plain",
    "require_own",
    "staged",
    "sweep",
    "write_text",
]
