"""What stands around every page and report of the site: menu, search, notices, citation, contact.

Who publishes, whom readers ask, where the site lies, and which reports were corrected or withdrawn
stand in one file, `report/publisher.yml`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape, unescape
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, get_args

from naveval.project import catalogue, formats, parameters, paths, places
from naveval.project.errors import ParameterError, RenderError

MAIN = re.compile(r'<main id="innhold"')
OLD_HEAD = re.compile(r'<header class="page-head">.*?</header>', re.DOTALL)
FOOT = re.compile(r'(<footer class="page-foot">)')
IMPRINT = re.compile(r'<p class="imprint">.*?</p>', re.DOTALL)
CONTENT = re.compile(r'(<article class="content">)')
END_OF_HEAD = re.compile(r"</head>")
SIMULATED = "<title>[Simulert]"
BANNER = re.compile(r'<p class="banner-mark"><strong>([^<]*)</strong>')
KEYS = ("publisher", "contact", "address", "notices")
Kind = Literal["corrected", "withdrawn"]


@dataclass(frozen=True)
class Notice:
    """A published report that was corrected or withdrawn: which, when and why."""

    study: str
    place: str
    kind: Kind
    date: str
    reason: str


@dataclass(frozen=True)
class Publisher:
    """Who publishes, whom to ask, where the site lies, and what was corrected or withdrawn."""

    name: str
    contact: str
    email: str
    address: str
    notices: tuple[Notice, ...]

    def of(self, study: str, place: str) -> tuple[Notice, ...]:
        """Notices of a report, in the order of the file."""
        return tuple(n for n in self.notices if (n.study, n.place) == (study, place))


@dataclass(frozen=True)
class Around:
    """What a page's frame says of it.

    Attributes
    ----------
    file
        Its path in the site.
    current
        Name of the page in the menu that is marked as the one shown.
    title, description, picture
        For those who share it; the picture is a file of the site.
    date
        ISO date of the newest numbers on it.
    notices
        Corrections, shown before the content.
    cited
        Whether the foot says how the page is cited.
    """

    file: str
    current: str
    title: str
    description: str
    picture: str
    date: str
    notices: tuple[Notice, ...] = ()
    cited: bool = True

    @property
    def prefix(self) -> str:
        """Way from the page to the site's root."""
        return "../" * self.file.count("/")


EMAIL = re.compile(r"[^\s@<>\"']+@[\w-]+(\.[\w-]+)+")
ADDRESS = re.compile(r"https?://[\w.-]+(:\d+)?(/[\w./~-]*)?")
EXPECTED = {"contact: email": "one such as kari@example.no", "address": "https://…"}


def publisher() -> Publisher:
    """The publisher of `report/publisher.yml`.

    Raises
    ------
    ParameterError
        For missing keys, a malformed e-mail or address, and notices of studies or places that do
        not exist or without reason.
    """
    file = paths.report_dir() / "publisher.yml"
    return _publisher(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _publisher(file: Path, _: int) -> Publisher:
    content = parameters.read_yaml(file)
    if set(content) != set(KEYS):
        raise ParameterError(f"{file}: expected {', '.join(KEYS)}; found {', '.join(content)}")
    notices = tuple(_notice(entry, file) for entry in content["notices"])
    contact, address = content["contact"], content["address"] or ""
    email = contact["email"] or ""
    for name, given, form in (("contact: email", email, EMAIL), ("address", address, ADDRESS)):
        if given and not form.fullmatch(given):
            raise ParameterError(
                f"{file}: {name}: «{given}»; expected {EXPECTED[name]}, or nothing"
            )
    return Publisher(content["publisher"], contact["name"], email, address, notices)


def _notice(entry: Mapping[str, str], file: Path) -> Notice:
    try:
        made = Notice(**entry)  # type: ignore[arg-type]
    except TypeError:
        raise ParameterError(
            f"{file}: notices: expected study, place, kind, date and reason; found {dict(entry)}"
        ) from None
    slugs = {places.slug(""), *map(places.slug, (c.code for c in places.county_list().counties))}
    known = made.study in catalogue.names() and made.place in slugs and made.reason.strip()
    if (
        not known
        or made.kind not in get_args(Kind)
        or not re.fullmatch(r"\d{4}-\d\d-\d\d", made.date)
    ):
        raise ParameterError(
            f"{file}: notices: {dict(entry)}: study one of {', '.join(catalogue.names())}; place a "
            f"folder name such as {places.slug('')}; kind {' or '.join(get_args(Kind))}; date such "
            "as 2026-11-27; a reason"
        )
    return made


def notice(one: Notice, text: Mapping[str, Any]) -> str:
    """A correction or withdrawal as HTML."""
    title = text["notices"][one.kind].format(date=day(one.date))
    return (
        f'<aside class="box box-important" aria-label="{escape(title)}">'
        f'<p class="box-title"><strong>{escape(title)}</strong></p>'
        f"<p>{escape(one.reason)}</p></aside>"
    )


def day(date: str) -> str:
    """«27. november 2026» of an ISO date."""
    year, month, number = date[:10].split("-")
    return f"{int(number)}.{formats.NO_BREAK}{formats.MONTHS[int(month) - 1]} {year}"


def citation(title: str, date: str, address: str, mark: str = "") -> str:
    """How a page is cited: publisher, year, title and its mark, version, date, address."""
    own = publisher()
    mark = f" {ended(mark)}" if mark else ""
    where = f" {own.address.rstrip('/')}/{address}" if own.address else ""
    return (
        f"{own.name} ({date[:4]}). {ended(title)}{mark} Versjon {version('naveval')}, "
        f"{day(date)}.{where}"
    )


def ended(title: str) -> str:
    """A title as a sentence: a question keeps its mark, others get a full stop.

    >>> ended("Arbeidet flere?"), ended("Metode")
    ('Arbeidet flere?', 'Metode.')
    """
    return title if title.endswith(("?", "!")) else f"{title.rstrip('.')}."


def contact(words: Mapping[str, str]) -> str:
    """Whom to ask; before there is an address to write to, who can answer until then.

    Parameters
    ----------
    words
        `foot` of the site's texts.
    """
    own = publisher()
    return ", ".join(filter(None, (own.contact, own.email))) if own.email else words["unpublished"]


def linked(words: Mapping[str, str]) -> str:
    """Whom to ask as HTML, with a link to write to."""
    told, email = escape(contact(words).strip()), escape(publisher().email)
    return told.replace(email, f'<a href="mailto:{email}">{email}</a>') if email else told


def imprint(title: str, date: str, address: str, study: str = "", *, mark: str = "") -> str:
    """How a report or a sheet is cited, and whom to ask, as it stands in the document itself.

    Parameters
    ----------
    study
        Whose source a report follows and names; none for a sheet, which is of all studies.
    mark
        What its banner says first of simulated registers: all results rest on them, or some.
    """
    words = parameters.read_yaml(paths.texts_dir() / "site.yml")["foot"]
    cite = citation(title, date, address, mark)
    followed = f" {words['source']} {source(study)}" if study else ""
    return f"{words['cite']} {cite}{followed} {words['contact']} {contact(words).strip()}"


def source(study: str) -> str:
    """The evaluation that a study follows, with authors, year and title, from its `site.yml`."""
    return str(parameters.read_yaml(paths.texts_dir(study) / "site.yml")["source"]).strip()


def framed(html: str, around: Around, text: Mapping[str, Any]) -> str:
    """A page or report with the site's menu, search, notices and footer.

    Raises
    ------
    RenderError
        When the page is not made by the template.
    """
    if not MAIN.search(html):
        raise RenderError("a page has no <main id=innhold>; the template has changed")
    prefix = around.prefix
    script = f'<script src="{prefix}assets/site.js" defer></script>\n</body>'
    boxes = "".join(notice(one, text) for one in around.notices)
    html = OLD_HEAD.sub("", html, count=1)
    html = MAIN.sub(lambda _: _head(around, text) + '<main id="innhold"', html, count=1)
    html = CONTENT.sub(lambda found: found[1] + boxes, html, count=1)
    html = IMPRINT.sub("", html, count=1)
    banner = BANNER.search(html) if SIMULATED in html else None
    mark = banner[1].strip() if banner else ""
    html = FOOT.sub(lambda found: found[1] + _foot(around, text, mark), html, count=1)
    html = END_OF_HEAD.sub(lambda _: _shared(around, html) + "</head>", html, count=1)
    place = html.rindex("</body>")
    return html[:place] + script + html[place + len("</body>") :]


def _head(around: Around, text: Mapping[str, Any]) -> str:
    prefix = around.prefix
    items = "".join(
        f'<li><a href="{prefix}{name}.html"{_here(name, around)}>{escape(label)}</a></li>'
        for name, label in text["menu"].items()
    )
    return (
        '<header class="page-head"><div class="head-inner">'
        f'<button type="button" class="menu-button" aria-expanded="false" aria-controls="meny" '
        f"hidden>{escape(text['menu-button'])}</button>"
        f'<nav id="meny" aria-label="Hovedmeny"><ul>{items}</ul></nav>'
        f'<form class="site-search" role="search" action="{prefix}sok.html" method="get">'
        f'<label for="sok-topp">{escape(text["search-label"])}</label>'
        '<input id="sok-topp" type="search" name="q">'
        f'<button type="submit">{escape(text["search-button"])}</button></form></div></header>\n'
    )


def _here(name: str, around: Around) -> str:
    if name != around.current:
        return ""
    return ' aria-current="true"' if around.prefix else ' aria-current="page"'


def _foot(around: Around, text: Mapping[str, Any], mark: str) -> str:
    links = "".join(
        f'<li><a href="{around.prefix}{name}.html">{escape(label)}</a></li>'
        for name, label in text["footer"].items()
    )
    cite = escape(citation(around.title, around.date, around.file, unescape(mark)))
    words = text["foot"]
    where = "" if publisher().address else " <span data-address></span>"
    study = text["studies"].get(around.current)
    followed = (
        f"<p><strong>{escape(words['source'])}</strong> {escape(study['source'].strip())}</p>"
        if study
        else ""
    )
    cited = f"<p><strong>{escape(words['cite'])}</strong> {cite}{where}</p>"
    return (
        f"\n{cited if around.cited else ''}{followed}"
        f"<p><strong>{escape(words['contact'])}</strong> {linked(words)}</p>"
        f'<ul class="site-foot">{links}</ul>'
    )


def _shared(around: Around, html: str) -> str:
    """Style sheet, and what a shared link shows; a picture needs the site's address to be found."""
    root = publisher().address.rstrip("/") + "/" if publisher().address else around.prefix
    given = {
        "og:type": "article",
        "og:locale": "nb_NO",
        "og:site_name": publisher().name,
        "og:title": around.title,
        "og:description": around.description,
        "og:image": root + around.picture,
    }
    if publisher().address:
        given["og:url"] = root + around.file
    tags = [f'<meta property="{name}" content="{escape(v)}">' for name, v in given.items()]
    if '<meta name="description"' not in html:
        tags.append(f'<meta name="description" content="{escape(around.description)}">')
    tags.append(f'<link rel="icon" href="{around.prefix}assets/icon.svg">')
    tags.append(f'<link rel="stylesheet" href="{around.prefix}assets/site.css">')
    return "\n".join(tags) + "\n"
