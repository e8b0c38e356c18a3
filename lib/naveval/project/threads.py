"""How many threads to use, and work shared between them."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Found = TypeVar("Found")


def count() -> int:
    """Number of threads: NAVEVAL_THREADS, default two, at most the processors there are."""
    named = os.environ.get("NAVEVAL_THREADS", "")
    return max(1, min(int(named) if named.isdigit() else 2, os.cpu_count() or 1))


def in_order(function: Callable[[Item], Found], items: Iterable[Item]) -> Iterator[Found]:
    """What `function` gives for each item, in the items' order, worked out by `count` threads.

    Never more than `count` items are held at once. Worth it where numpy does the work.

    Examples
    --------
    >>> list(in_order(abs, [-2, 1]))
    [2, 1]
    """
    places = count()
    if places == 1:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(places) as pool:
        waiting: deque[Future[Found]] = deque()
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) == places:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
