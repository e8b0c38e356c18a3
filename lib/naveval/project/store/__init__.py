"""What is kept between runs: one rule of what is current, one way of writing and locking.

Values lie under `report/_out/_cache/`, simulated registers under `report/_out/_data/`. They can
hold person data: folders are their owner's alone, and none of it is part of a result folder.

The key is the data, the parameters, the code that computes (followed through every import), the
files below `params/` that code reads, the versions of the libraries it uses, and the time zone:
change one line of the forests and forests are grown anew, and nothing else is. What lies on disk
counts as well: a manifest records every file of its result, so `--resume` notices a table that was
cut. Results are made in `.naveval` beside the folder they replace and take its place in one step;
each folder has one lock, which works across processes, containers and machines that share a file
system. Values lie in `report/_out/_cache`, readable by their owner only and without pickle; a store
that belongs to others, or that others may write to, is refused.
"""

from naveval.project.store.codec import key, plain
from naveval.project.store.disk import (
    beside,
    exchange,
    held,
    locked,
    make_private,
    require_own,
    staged,
    sweep,
    write_text,
)
from naveval.project.store.kept import (
    Cleaned,
    cached,
    clean,
    days_of,
    drop,
    find,
    hashes,
    keep,
    kept_folder,
    location,
)

__all__ = [
    "Cleaned",
    "beside",
    "cached",
    "clean",
    "days_of",
    "drop",
    "exchange",
    "find",
    "hashes",
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
