"""Charts as libraries describe them: numbers along an axis whose title counts persons."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from naveval.disclosure.scan.identities import Hits
from naveval.disclosure.scan.sentences import too_small
from naveval.disclosure.scan.titles import counts_by_caption, counts_persons
from naveval.disclosure.thresholds import Thresholds

AXIS = re.compile(r"([xy])(?:_?ax[ei]s)?\d*(?P<told>[._]?(?:title|label|lab|name)(?:[._]text)?)?")
TITLE = re.compile(r"(?:axis_?)?(?:title|text|name|label)")
CHART = "chart"
DESCRIBED = frozenset({"layout", "options", "plugins", "title"})
"""Keys below which a title is that of the chart."""
MARKED = frozenset({"mark", "encoding", "series", "datasets", "layout"})
"""Keys beside which it is."""
NUMBERS = frozenset({"data", "values", "value", "z"})
DRAWN = NUMBERS | {"x", "y"}


def counted(trees: Sequence[Any], limits: Thresholds) -> Hits:
    """Small counts that charts draw, where the title of an axis or the chart says what they are."""
    place = CHART if len(trees) > 1 else ""  # code gives what is drawn and its titles apart
    keys = {key for tree in trees for key in _counting(tree, place, limits)}
    if keys:
        told = (number for tree in trees for number in _numbers(tree, keys | NUMBERS))
        if hits := sum(number > 0 and too_small(number, limits) for number in told):
            yield f"count below {limits.min_cell} persons along an axis", hits


def _counting(node: Any, place: str, limits: Thresholds) -> Iterator[str]:
    """Under which keys counts stand: the axes whose titles count persons, and their fields."""
    if isinstance(node, list):
        for item in node:
            yield from _counting(item, place, limits)
    marked = isinstance(node, Mapping) and any(key in node for key in MARKED)
    marked |= isinstance(node, Mapping) and any(isinstance(node.get(k), list) for k in DRAWN)
    for key, value in node.items() if isinstance(node, Mapping) else ():
        name = str(key).lower()
        axis = AXIS.fullmatch(name)
        own = axis[1] if axis else place
        if isinstance(value, str):
            charted = own == CHART or marked
            titled = bool(TITLE.fullmatch(name) if not axis else axis["told"])
            on_axis = own in ("x", "y") and counts_persons(value, limits)
            if titled and (on_axis or ((own or charted) and counts_by_caption(value))):
                yield own if own in ("x", "y") else "y"
                yield str(node.get("field", ""))
        else:
            yield from _counting(value, CHART if name in DESCRIBED and not own else own, limits)


def _numbers(node: Any, keys: Collection[str], *, told: bool = False) -> Iterator[float]:
    """Numbers under some keys and in lists there; of pairs the second."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _numbers(value, keys, told=str(key) in keys)
    elif isinstance(node, list):
        pairs = bool(node) and all(isinstance(item, list) and len(item) == 2 for item in node)
        for item in node:
            yield from _numbers(item[1] if pairs else item, keys, told=told)
    elif told and isinstance(node, int | float) and not isinstance(node, bool):
        yield node
