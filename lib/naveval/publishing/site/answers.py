"""A study's answer on the pages of the site: its findings, and what they rest on."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Any

from naveval.exhibits.output import SENTENCE_END
from naveval.publishing import glossary
from naveval.publishing.site import frame, results
from naveval.publishing.site.results import Result

SHOWN = 2
"""Sentences of a simulated answer that stand open on the front page."""
ANNEX = re.compile(r"\b[Vv]edlegget\b")


def fold(markdown: str, heading: str) -> str:
    """Markdown that is closed until a reader opens it."""
    head = f'<details class="rest"><summary>{escape(heading)}</summary>'
    return f"{head}\n\n{markdown}\n\n</details>"


def findings(result: Result, text: Mapping[str, Any]) -> str:
    """The main findings of a result, a paragraph each, under lines that say what they rest on.

    Corrections come first; of a withdrawn result they are all there is.
    """
    blocks, _ = _told(result, text, folded=False)
    return "\n\n".join(blocks)


def card(result: Result, text: Mapping[str, Any]) -> tuple[str, str]:
    """The findings as `findings`: what stands open on the front page, and what may be closed.

    Open are what the source prints, the first paragraph of what is worked out of it, the first
    sentences of a simulated answer, and reservations, which begin as the texts say.
    """
    shown, rest = _told(result, text, folded=True)
    return "\n\n".join(shown), "\n\n".join(rest)


def _told(result: Result, text: Mapping[str, Any], *, folded: bool) -> tuple[list[str], list[str]]:
    boxes = [frame.notice(one, text) for one in result.notices]
    if result.withdrawn:
        return boxes, []
    if not result.headlines:
        mark = results.mark_line(result, text["marks"], simulated=result.simulated)
        return [*boxes, mark, text["study"]["no-finding"]], []
    shown, rest = boxes, list[str]()
    for (simulated, printed), items in groupby(
        result.headlines, key=lambda item: (item.simulated, item.printed)
    ):
        first, later = [item.text for item in items], list[str]()
        if folded and not printed:
            reservation = text["index"]["reservation"]
            first, later = _parted(first, reservation, SHOWN if simulated else 0)
        mark = results.mark_line(result, text["marks"], simulated=simulated, printed=printed)
        shown += [mark, _finding(result, first)]
        rest += [mark, _finding(result, later)] if later else []
    return shown, rest


def _parted(told: Sequence[str], reservation: str, room: int) -> tuple[list[str], list[str]]:
    """Paragraphs with the first sentences of all and with reservations, and what comes after.

    Without room for sentences, the first paragraph of all.
    """
    first, rest, whole = [], [], room == 0
    for place, paragraph in enumerate(told):
        sentences = SENTENCE_END.split(paragraph)
        open_too = paragraph.startswith(reservation) or (whole and place == 0)
        most = len(sentences) if open_too else room
        first.append(" ".join(sentences[:most]))
        rest.append(" ".join(sentences[most:]))
        room = max(room - len(sentences), 0)
    return [*filter(None, first)], [*filter(None, rest)]


def _finding(result: Result, told: Sequence[str]) -> str:
    words = to_annex(glossary.linked("\n\n".join(map(plain, told)), "ord.html"), result)
    return f'::: {{.finding data-result="{result.address}"}}\n{words}\n:::'


def to_annex(words: str, result: Result) -> str:
    """Markdown in which «vedlegget» leads to the annex of a result that has one."""
    if not result.has(results.PAGES[1]):
        return words
    return ANNEX.sub(lambda found: f"[{found[0]}]({result.address}/{results.PAGES[1]})", words)


def about(result: Result, text: Mapping[str, Any]) -> str:
    """Which place a result is about, where it stands in for the study's own that is not made."""
    if result.slug == results.main_slug(result.study):
        return ""
    return str(text["index"]["stand-in"]).format(place=result.place)


def plain(text: str) -> str:
    """Text with the characters escaped that Markdown would read as mark-up."""
    for sign in "\\[]*_`<>@$^~":
        text = text.replace(sign, "\\" + sign)
    return text
