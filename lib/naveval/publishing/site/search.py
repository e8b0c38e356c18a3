"""The search index: one entry per section of each page, as a script that works from a folder."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

from bs4 import Tag

from naveval.publishing.audit import html

LONGEST = 5000
HEADINGS = ("h1", "h2", "h3")


def entries(file: Path, address: str, mark: str = "") -> list[dict[str, str]]:
    """Sections of a page: title of the page, heading, address with anchor, text.

    Parameters
    ----------
    address
        Where the page lies in the site.
    mark
        Put after the title, for example the notice on simulated registers.
    """
    page = html.read(file)
    main = page.find("main") or page
    assert isinstance(main, Tag)
    title = html.visible_text(main.find("h1")) + (f" ({mark})" if mark else "")
    found: list[dict[str, str]] = []
    texts: list[str] = []
    for element in main.find_all([*HEADINGS, "p", "li", "figcaption", "caption"]):
        if element.find_parent("nav"):
            continue
        if element.name in HEADINGS:
            anchor = str(element.get("id") or _section(element) or "")
            found.append(
                {
                    "t": title,
                    "h": "" if element.name == "h1" else html.visible_text(element),
                    "u": address + (f"#{anchor}" if anchor else ""),
                    "x": "",
                }
            )
            texts = []
        elif found:
            texts.append(html.visible_text(element))
            found[-1]["x"] = re.sub(r"\s+", " ", " ".join(texts))[:LONGEST]
    return found


def _section(heading: Tag) -> str:
    parent = heading.find_parent("section")
    return str(parent.get("id", "")) if parent else ""


def script(found: Iterable[dict[str, str]]) -> str:
    """The index as JavaScript, loaded with a plain script element."""
    text = json.dumps(list(found), ensure_ascii=False, separators=(",", ":"))
    safe = text.replace("</", "<\\/")
    return f"window.SOKEREGISTER = {safe};\n"
