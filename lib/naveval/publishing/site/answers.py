"""A study's answer on the pages of the site: its findings, and what they rest on."""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Any

from naveval.exhibits.output import SENTENCE_END
from naveval.publishing import glossary
from naveval.publishing.site import frame, results
from naveval.publishing.site.results import Result

SHOWN = 2
"""Sentences of a simulated answer that stand open on every screen."""


def fold(markdown: str, heading: str) -> str:
    """Markdown that stands open, and is closed by the script where the screen is narrow."""
    head = f'<details class="rest" open><summary>{escape(heading)}</summary>'
    return f"{head}\n\n{markdown}\n\n</details>"


def findings(result: Result, text: Mapping[str, Any], *, folded: bool = False) -> str:
    """The main findings of a result, a paragraph each, under lines that say what they rest on.

    Corrections come first; of a withdrawn result they are all there is.

    Parameters
    ----------
    folded
        Whether what comes after the first sentences of a simulated answer may be closed.
    """
    boxes = [frame.notice(one, text) for one in result.notices]
    if result.withdrawn:
        return "\n\n".join(boxes)
    if not result.headlines:
        boxes += [
            results.mark_line(result, text["marks"], simulated=result.simulated),
            text["study"]["no-finding"],
        ]
        return "\n\n".join(boxes)
    parts = boxes
    for (simulated, printed), items in groupby(
        result.headlines, key=lambda item: (item.simulated, item.printed)
    ):
        told = [item.text for item in items]
        first, rest = _parted(told) if folded and simulated else (told, [])
        parts += [results.mark_line(result, text["marks"], simulated=simulated, printed=printed)]
        parts.append(_finding(result, first))
        if rest:
            parts.append(fold(_finding(result, rest), text["index"]["rest"]))
    return "\n\n".join(parts)


def _parted(told: Sequence[str]) -> tuple[list[str], list[str]]:
    """Paragraphs with the first sentences of all, and with those that come after."""
    first, rest, room = [], [], SHOWN
    for paragraph in told:
        sentences = SENTENCE_END.split(paragraph)
        first.append(" ".join(sentences[:room]))
        rest.append(" ".join(sentences[room:]))
        room = max(room - len(sentences), 0)
    return [*filter(None, first)], [*filter(None, rest)]


def _finding(result: Result, told: Sequence[str]) -> str:
    words = glossary.linked("\n\n".join(map(plain, told)), "ord.html")
    return f'::: {{.finding data-result="{result.address}"}}\n{words}\n:::'


def plain(text: str) -> str:
    """Text with the characters escaped that Markdown would read as mark-up."""
    for sign in "\\[]*_`<>@$^~":
        text = text.replace(sign, "\\" + sign)
    return text
