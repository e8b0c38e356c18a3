"""The evidence page: earlier research projects, filtered and sorted without a server."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from naveval.project import formats, parameters, paths
from naveval.project.errors import ParameterError
from naveval.project.escaping import neutral
from naveval.publishing.site.results import rows

GRADES_FILE = "evidence.csv"
KEYS = ("measure", "group", "outcome")
STRONG, MEDIUM = ("rct", "quasi"), ("matched", "cited", "before-after", "reform")
"""Designs by what they can say of an effect; the others describe, and say nothing of it."""
COLUMNS = ("title", "institution", "kind", "theme", "method", "data", "status", "finding")
FILTERS = ("status", "kind", "theme", "method")


@dataclass(frozen=True)
class Project:
    """One project of the catalogue, in Norwegian."""

    id: str
    title: str
    institution: str
    kind: str
    theme: str
    method: str
    status: str
    finding: str
    data: str


def projects() -> list[Project]:
    """Finished and ongoing projects of the published catalogue with the site's own words.

    Raises
    ------
    ParameterError
        When a finished project has no finding or method in `report/texts/evidence.yml`, or
        the texts name a project that is not in the catalogue.
    """
    words = parameters.read_yaml(paths.texts_dir() / "evidence.yml")
    folder = paths.published_dir("portfolio")
    done, ongoing = rows(folder / "completed_projects.csv"), rows(folder / "ongoing_projects.csv")
    own = words["projects"]
    lacking = sorted({row["id"] for row in done} - set(own))
    unknown = sorted(set(own) - {row["id"] for row in done})
    if lacking or unknown:
        raise ParameterError(
            f"report/texts/evidence.yml: projects lacking: {', '.join(lacking) or 'none'}; "
            f"not in the catalogue: {', '.join(unknown) or 'none'}"
        )
    made = [_finished(row, own[row["id"]], words) for row in done]
    return made + [_ongoing(row, words) for row in ongoing]


def _finished(row: Mapping[str, str], own: Mapping[str, str], words: Mapping[str, Any]) -> Project:
    method = words["methods"].get(own["method"])
    if method is None:
        raise ParameterError(
            f"report/texts/evidence.yml: {row['id']}: method «{own['method']}»; allowed: "
            + ", ".join(words["methods"])
        )
    issue = row["issue"]
    status = words["finished"] + (
        f" (Arbeid og velferd {issue.replace('-', '/')})" if issue else ""
    )
    return Project(
        row["id"],
        row["title"],
        row["institution_or_author"],
        _kind(row),
        row["theme"],
        method,
        status,
        own["finding"],
        own["data"],
    )


def _ongoing(row: Mapping[str, str], words: Mapping[str, Any]) -> Project:
    period = f"{words['ongoing']} ({row['period_start']}–{row['period_end']})"
    return Project(
        row["id"],
        row["title"],
        row["institution"],
        _kind(row),
        row["theme"] or words["no-theme"],
        words["no-method"],
        period,
        words["no-finding"],
        words["no-data"],
    )


def _kind(row: Mapping[str, str]) -> str:
    """Kind of project with a capital letter, as it stands alone in its cell."""
    return row["type"][:1].upper() + row["type"][1:]


def table(found: Sequence[Project], words: Mapping[str, Any]) -> str:
    """The table as HTML with its filters; the script only hides and sorts rows.

    Roles are written out, for on a narrow screen the style sheet stacks the cells, and then
    browsers no longer tell a screen reader that this is a table.
    """
    heads = words["columns"]
    lines = [
        _filters(found, words),
        '<div class="wide">',
        '<table id="prosjekter" class="sortable" role="table"><caption>',
        escape(words["caption"]),
        '</caption><thead role="rowgroup"><tr role="row">',
    ]
    lines += [
        f'<th scope="col" role="columnheader" data-key="{name}">{escape(heads[name])}</th>'
        for name in COLUMNS
    ]
    lines.append('</tr></thead><tbody role="rowgroup">')
    for project in found:
        cells = [f'<th scope="row" role="rowheader">{escape(project.title)}</th>']
        cells += [
            f'<td role="cell" data-name="{name}" data-label="{escape(heads[name])}">'
            f"{escape(getattr(project, name))}</td>"
            for name in COLUMNS[1:]
        ]
        marks = " ".join(f'data-{name}="{escape(value(project, name))}"' for name in FILTERS)
        lines.append(f'<tr role="row" id="{project.id}" {marks}>{"".join(cells)}</tr>')
    lines.append("</tbody></table></div>")
    return "\n".join(lines)


def value(project: Project, name: str) -> str:
    """What a filter compares: the status without its period or issue."""
    return getattr(project, name).partition(" (")[0] if name == "status" else getattr(project, name)


def _filters(found: Sequence[Project], words: Mapping[str, Any]) -> str:
    parts = [
        '<form class="filters" data-table="prosjekter" hidden>',
        f'<p><label for="sok-prosjekt">{escape(words["search"])}</label>'
        '<input id="sok-prosjekt" type="search" name="text" autocomplete="off">',
        "</p>",
    ]
    for name in FILTERS:
        options = "".join(
            f"<option>{escape(option)}</option>"
            for option in sorted({value(project, name) for project in found})
        )
        parts.append(
            f'<p><label for="filter-{name}">{escape(words["columns"][name])}</label>'
            f'<select id="filter-{name}" name="{name}"><option value="">'
            f"{escape(words['all'])}</option>{options}</select></p>"
        )
    parts.append(f'<p><button type="reset">{escape(words["reset"])}</button></p>')
    parts.append(
        f'</form><p class="count" role="status" data-words="{escape(words["count"])}"></p>'
    )
    return "\n".join(parts)


def grade(found: Sequence[tuple[str, str]]) -> str:
    """How well an effect is known, from the method and the direction of each source.

    Returns
    -------
    "mixed" where designs that can tell say different things; "strong" for two or more strong
    designs that agree; "some" for one strong design, or two or more others that can tell and
    agree; "weak" for one of those alone, and where no source is clear; "none" where nothing can
    tell.

    Examples
    --------
    >>> grade([("rct", "up"), ("quasi", "up")]), grade([("quasi", "up"), ("matched", "down")])
    ('strong', 'mixed')
    >>> grade([("quasi", "none")]), grade([("reform", "up")]), grade([("interviews", "")])
    ('some', 'weak', 'none')
    """
    able = [(method, way) for method, way in found if way and method in (*STRONG, *MEDIUM)]
    clear = [(method, way) for method, way in able if way != "unclear"]
    strong = sum(method in STRONG for method, _ in clear)
    if direction(found) == "mixed":
        return "mixed"
    if strong > 1:
        return "strong"
    if strong or len(clear) > 1:
        return "some"
    return "weak" if able else "none"


def direction(found: Sequence[tuple[str, str]]) -> str:
    """What designs that can tell agree on: "up", "none", "down"; "mixed" where they do not.

    "unclear" where none of them is clear, "" where nothing can tell. As `grade`.

    Examples
    --------
    >>> direction([("quasi", "up"), ("cited", "unclear")]), direction([("cited", "unclear")])
    ('up', 'unclear')
    """
    able = {way for method, way in found if way and method in (*STRONG, *MEDIUM)}
    clear = able - {"unclear"}
    if len(clear) > 1:
        return "mixed"
    return next(iter(clear or able), "")


def grades(words: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """A Markdown table of what is known per measure, group and outcome, best known first.

    Parameters
    ----------
    names
        Sources to how the table names them.

    Raises
    ------
    ParameterError
        For a method, a direction or a source in `report/evidence.csv` that is not known.
    """
    for row in rows(paths.report_dir() / GRADES_FILE):
        for key, known in (
            ("method", words["methods"]),
            ("found", words["ways"]),
            ("source", names),
        ):
            if row[key] not in known:
                raise ParameterError(
                    f"report/{GRADES_FILE}: {key} «{row[key]}» of {row['measure']}; allowed: "
                    + ", ".join(map(str, known))
                )
    body = []
    for (measure, group, outcome), own in _sources().items():
        known_as = grade([(row["method"], row["found"]) for row in own])
        said = [
            f"{names[row['source']]}: {words['ways'][row['found']]} "
            f"({words['methods'][row['method']].lower()})"
            for row in own
        ]
        shown = words["grades"][known_as]
        body.append((known_as, [measure, shown, group, outcome, "; ".join(said)]))
    order = list(words["grades"])
    body.sort(key=lambda item: order.index(item[0]))
    head = list(words["grade-columns"].values())
    return _pipe(head, [row for _, row in body], words["grade-caption"], "tbl-grades", text=True)


def as_csv(words: Mapping[str, Any], studies: Mapping[str, Mapping[str, Any]]) -> str:
    """The rows behind the grades in words, so that the file needs no key to its codes."""
    names = {one.id: one.title for one in projects()} | words["other-sources"]
    names |= {name: entry["published"] for name, entry in studies.items()}
    stream = io.StringIO()
    lines = csv.writer(stream, lineterminator="\n")
    lines.writerow(words["grade-file"])
    for keys, own in _sources().items():
        shown = words["grades"][grade([(row["method"], row["found"]) for row in own])]
        lines.writerows(
            map(
                neutral,
                (
                    *keys,
                    shown,
                    names[row["source"]],
                    words["methods"][row["method"]],
                    words["ways"][row["found"]],
                ),
            )
            for row in own
        )
    return stream.getvalue()


def _sources() -> dict[tuple[str, ...], list[dict[str, str]]]:
    """The sources of each measure, group and outcome."""
    found: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for row in rows(paths.report_dir() / GRADES_FILE):
        found.setdefault(tuple(row[key] for key in KEYS), []).append(row)
    return found


def told(study: str, words: Mapping[str, Any]) -> str:
    """How well the effects that a study is about are known, by the same grades; "" for none.

    Measures by their grade, best known first, and by direction, for the pages that tell the study's
    findings.
    """
    known_as: dict[str, dict[str, list[str]]] = {}
    outcomes = []
    for (measure, _, outcome), own in _sources().items():
        if study in {row["source"] for row in own}:
            said = [(row["method"], row["found"]) for row in own]
            by_way = known_as.setdefault(grade(said), {})
            by_way.setdefault(direction(said), []).append(measure)
            outcomes.append(outcome)
    if not known_as:
        return ""
    parts = [
        f"{shown.lower()}: {_directed(known_as[name], words)}"
        for name, shown in words["grades"].items()
        if name in known_as
    ]
    listed = formats.listed(list(dict.fromkeys(outcomes)))
    return str(words["front"]).format(outcome=listed, grades="; ".join(parts)).strip()


def _directed(by_way: Mapping[str, Sequence[str]], words: Mapping[str, Any]) -> str:
    """Measures in running text by direction; one that is two has its name in quotation marks."""
    parts = []
    for way, told_as in (*words["ways"].items(), ("mixed", "")):
        if way in by_way:
            names = [f"«{name}»" if " og " in name else name for name in by_way[way]]
            given = {"way": told_as, "measures": formats.listed(names)}
            clear = way not in ("", "mixed")
            template = words["unclear" if way == "unclear" else "direction"]
            parts.append(template.format(**given) if clear else given["measures"])
    return ", ".join(parts)


def counts(found: Sequence[Project], words: Mapping[str, Any]) -> str:
    """Two Markdown tables: projects by theme and by method, finished and ongoing."""
    parts = []
    for name, subset in (("theme", list(found)), ("method", _finished_only(found, words))):
        number = Counter(value(project, name) for project in subset)
        done = Counter(value(project, name) for project in _finished_only(subset, words))
        if name == "theme":
            head = [words["columns"][name], words["finished"], words["ongoing"], words["total"]]
            body = [
                [key, done[key], number[key] - done[key], number[key]] for key in _order(number)
            ]
        else:
            head, body = (
                [words["columns"][name], words["total"]],
                [[key, number[key]] for key in _order(number)],
            )
        parts.append(_pipe(head, body, words[f"{name}-caption"], f"tbl-{name}"))
    return "\n\n".join(parts)


def _finished_only(found: Sequence[Project], words: Mapping[str, Any]) -> list[Project]:
    return [project for project in found if value(project, "status") == words["finished"]]


def _order(number: Counter[str]) -> list[str]:
    return sorted(number, key=lambda key: (-number[key], key))


def _pipe(
    head: Sequence[str],
    body: Sequence[Sequence[Any]],
    caption: str,
    label: str,
    *,
    text: bool = False,
) -> str:
    rule = "---|" if text else "--:|"
    lines = ["| " + " | ".join(head) + " |", "|---|" + rule * (len(head) - 1)]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in body]
    return "\n".join(lines) + f"\n\n: {caption} {{#{label}}}"


def bearing(
    listed: Sequence[Mapping[str, str]], found: Sequence[Project], words: Mapping[str, Any]
) -> str:
    """Earlier evidence that bears on a study: what each design could and could not show.

    Parameters
    ----------
    listed
        The study's own words on projects, by their id (`evidence` in its `site.yml`).

    Raises
    ------
    ParameterError
        When a project is not in the catalogue.
    """
    titles = {project.id: project.title for project in found}
    lines = []
    for entry in listed:
        if entry["project"] not in titles:
            raise ParameterError(f"evidence in a study's site.yml: no project «{entry['project']}»")
        title = titles[entry["project"]]
        title += "" if title.endswith(("?", "!", ".")) else "."
        lines.append(
            f"**{title}** {entry['found']} "
            f"*{words['could']}* {entry['could']} *{words['could-not']}* {entry['could-not']}"
        )
    return "\n\n".join(lines)
