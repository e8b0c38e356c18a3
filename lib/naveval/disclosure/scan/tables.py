"""What a table may not show: columns that identify, small counts, rows that are persons.

Tables are read out of CSV, Markdown, mark-up, JSON and the columns of plain text.
"""

import csv
import html
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from naveval.disclosure.scan.identities import Hits
from naveval.disclosure.scan.text import plain, without_tags
from naveval.disclosure.thresholds import Thresholds

Rows = list[list[str]]
HEAD_WITHIN = 5
"""A workbook has a notice and a title above the head of its table."""
IDENTIFYING = re.compile(
    r"(?:(?:birth|person|personal|national)(?:id|ident|nr|no|nummer|number)|fnr|dnr|ssn|"
    r"f[øo]d(?:t|sels?(?:nr|nummer|dato))|dnummer|birth(?:day|date)|dateofbirth|"
    r"akt[øo]r(?:id)?|ident(?:nr|nummer|itetsnummer)?|etternavn|etternamn|fornavn|fornamn|"
    r"fulltnavn|personnavn|surname|firstname|lastname|adresse|gateadresse|epost(?:adresse)?|"
    r"email|telefon(?:nr|nummer)?|mobil(?:nr|nummer)?)"
)
PERSONS = (
    r"(?:person[ae]r?|persons|people|deltak[ea]r(?:e|ar)?|deltag(?:er|ere|arar)|participants|"
    r"arbeidss[øo]kj?[ea]r(?:e|ar)?|job.?seekers|brukere|brukarar|mottak(?:ere|arar)|individ(?:er|s)?|"
    r"individuals|arbeidsledige|arbeidslause|helt ledige|heilt ledige|ledige|ledig[eae] kvinner|"
    r"unemployed|innbygg(?:ere|jarar)|clients|claimants|headcount|kandidat(?:er|ar)|hoder|hovud)"
)
COUNTING = re.compile(
    rf"(?:(?:antall?|tal(?:et)? p[åa]|mengda?|sum|number of|no\.? of|#|hvor mange|kor mange)\s*)?"
    rf"{PERSONS}(?:\b.*)?|(?:frekvens|frequency|freq|tal|talet|antal|antall|headcount|n)\.?"
)
COUNT_ROW = re.compile(
    rf"(?:antall?|tal(?:et)? p[åa]|number of|no\.? of|sum)\s*{PERSONS}.*|antall?|n", re.I
)
"""Titles of rows that hold counts: «Personer» alone may be the name of a sample."""
NO_COUNT = re.compile(
    r"andel|del av|prosent|%|share|percent|proportion|\bper\b|\bpr\b|effekt|effect|kostnad|cost|"
    r"kroner|\bkr\b|nok|bel[øo]p|mean|gjennomsnitt|snitt|median|\brate|timer|hours|m[åa]neder|"
    r"m[åa]nader|months|dager|dagar|days|uker|veker|weeks|alder|\bage|l[øo]nn|wage|inntekt|income|"
    r"endring|change|indeks|index|feil|error|intervall?|verdi|value|vekt|weight|score|sk[åa]r"
)
EXACT = re.compile(
    r"f[øo]dsels[åa]r|f[øo]de[åa]r|birth_?year|year_of_birth|alder|age|postn(?:r|ummer)|zip(?:_?code)?|"
    r"(?:bosteds)?kommune(?:nr|nummer)?|municipality|bydel|diagnos[ei]s?|start_?(?:dato|date)|"
    r"slutt_?dato|end_?date|registered|registrert|decision_date|vedtaksdato|arbeidsgiver|employer"
)
PERSONAL = re.compile(
    r"kj[øo]nn|sex|gender|sivilstand|sivilstatus|marital_?status|married|utdanning|education|yrke|"
    r"occupation|landgruppe|landbakgrunn|f[øo]deland|statsborgerskap|country_?(?:group|of_birth)|"
    r"barn|children|innsatsgruppe|ytelse|benefit|fylke|county|kontor|office|tiltak|program(?:me)?|"
    r"l[øo]nn|wage|inntekt|income|formue|helse(?:stønad)?|status|bransje|industry"
)
MEASURED = re.compile(
    r"estimate|anslag|se|std(?:_.*)?|ci_.*|n|n_.*|.*_n|p|p_.*|pct|.*prosent.*|%|value|verdi|"
    r"andel.*|share.*|.*_share|mean.*|.*_mean|snitt.*|gjennomsnitt.*|effekt.*|effect.*|rate.*|"
    r".*_rate|counts?(?:_.*)?|antall?.*|tal(?:et)?(?:_.*)?|published|printed|difference|forskjell|"
    r"index|indeks|title|tittel|meaning|betydning|valid_.*|gyldig.*"
)
CHARACTERISTICS = 3
"""So many personal characteristics, one of them exact, and nothing measured: rows are persons."""
SMALL_IN_PROSE = re.compile(
    r"(?<![\w,.])(?P<number>\d+|én|ein|en|ett|to|tre|fire|one|two|three|four) "
    rf"(?P<what>{PERSONS})\b",
    re.I,
)
NO_SIZE = re.compile(
    r"(?:\b\w+ (?:enn|than)|\b(?:under|over|minst|opptil|inntil|av|hver|kvar|figur|tabell|kapittel|"
    r"avsnitt|vedlegg|steg|trinn|gruppe|alternativ|nr\.?)|\d[\d,.]*) $",
    re.I,
)
"""What stands before a number that is a limit, a part, a label, or the end of a longer number."""
SIZE_IN_PROSE = re.compile(r"(?<![\w])[nN] ?= ?(\d+)(?![\d.,]*\d| \d{3}\b)")
ONE_TO_FOUR = {"én": 1, "ein": 1, "en": 1, "ett": 1, "one": 1, "to": 2, "two": 2}
ONE_TO_FOUR |= {"tre": 3, "three": 3, "fire": 4, "four": 4}
HTML_TABLE = re.compile(r"<table\b.*?</table>|<w:tbl\b.*?</w:tbl>", re.DOTALL | re.IGNORECASE)
HTML_ROW = re.compile(r"<(w:)?tr\b.*?</(?:w:)?tr>", re.DOTALL | re.IGNORECASE)
HTML_CELL = re.compile(r"<(?:w:tc|t[hd])\b[^>]*>(.*?)</(?:w:tc|t[hd])>", re.DOTALL | re.IGNORECASE)
HTML_LABEL = re.compile(r"\bid=[\"'](tbl-[\w-]+)[\"']")
PIPE_ROW = re.compile(r"^\s*\|(.+)\|\s*$")
PIPE_CAPTION = re.compile(r"\s*:.*\{#([\w-]+)")
RULE = re.compile(r"[\s:|-]+")
COLUMNS = re.compile(r"\S(?:.*?\S)??(?=\s{2,}|\t|$)")


def table(
    rows: Sequence[Sequence[str]], limits: Thresholds, *, small: bool, few: bool = False
) -> Hits:
    """Findings in a table whose head is near its top, or whose rows have titles.

    Parameters
    ----------
    small
        Whether small counts are wrong here; they are not in tables from published numbers.
    few
        Whether a 0 is right where the column `<name>_few` says that it stands for 0 to 5. Anybody
        can write such a column, so only for files that are known to be the suite's own.
    """
    place = next((k for k, row in enumerate(rows[:HEAD_WITHIN]) if _is_head(row, limits)), None)
    if place is not None:
        heads = [_title(cell) for cell in rows[place]]
        below = rows[place + 1 :]
        yield from _columns(heads, below, limits, small=small, few=few)
        if below and persons_by_row(heads):
            yield "rows that describe single persons", len(below)
    for row in rows if small else ():
        title = _title(row[0]) if row else ""
        if COUNT_ROW.fullmatch(title) and not NO_COUNT.search(title):
            hits = sum(too_small(number(cell), limits) for cell in row[1:])
            if hits:
                yield f"count below {limits.min_cell} persons in a row {title}", hits


def _title(cell: str) -> str:
    return re.sub(r"\s+", " ", plain(cell)).strip(" .:*_`").lower()


def _is_head(row: Sequence[str], limits: Thresholds) -> bool:
    titles = [_title(cell) for cell in row]
    return persons_by_row(titles) or any(
        identifies(title, limits) or counts_persons(title, limits) for title in titles
    )


def _columns(
    heads: Sequence[str],
    below: Sequence[Sequence[str]],
    limits: Thresholds,
    *,
    small: bool,
    few: bool,
) -> Hits:
    for k, title in enumerate(heads):
        if identifies(title, limits):
            yield "column that identifies persons", 1
        elif small and counts_persons(title, limits):
            counted = [row for row in below if k < len(row)]
            marked = f"{title}_few"
            if few and marked in heads:
                # A protected 0 stands for 0 to 5 and says so in the column beside it.
                mark = heads.index(marked)
                counted = [row for row in counted if not _is_protected_zero(row, k, mark)]
            if hits := sum(too_small(number(row[k]), limits) for row in counted):
                yield f"count below {limits.min_cell} persons in a column {title}", hits


def _is_protected_zero(row: Sequence[str], count: int, mark: int) -> bool:
    return number(row[count]) == 0 and mark < len(row) and row[mark].strip().lower() == "true"


def persons_by_row(titles: Sequence[str]) -> bool:
    """Whether columns of these titles describe single persons, as a register does."""
    names = [title.replace(" ", "_") for title in titles if title]
    if any(MEASURED.fullmatch(name) for name in names):
        return False
    exact = sum(bool(EXACT.fullmatch(name)) for name in names)
    personal = sum(bool(PERSONAL.fullmatch(name)) for name in names)
    return bool(exact) and exact + personal >= CHARACTERISTICS


def identifies(title: str, limits: Thresholds) -> bool:
    """Whether a column of this title holds ids of persons; names of other things are many."""
    if title in ("name", "navn", "id"):
        return False
    return title in limits.identifiers or bool(
        IDENTIFYING.fullmatch(re.sub(r"[\W_]", "", title).lower())
    )


def counts_persons(title: str, limits: Thresholds) -> bool:
    """Whether a column, a row, or a key in JSON of this title counts persons."""
    title = _title(title)
    if title in limits.count_columns:
        return True
    if title in limits.no_persons or NO_COUNT.search(title):
        return False
    patterns = any(re.fullmatch(pattern, title) for pattern in limits.count_patterns)
    return patterns or bool(COUNTING.fullmatch(title))


def too_small(count: float, limits: Thresholds) -> bool:
    """Whether a number is a count of persons below the threshold; shares and NaN are not."""
    return 0 <= count < limits.min_cell and count == int(count)


def number(text: str) -> float:
    """A number as a table shows it, NaN for anything else."""
    shown = re.sub(r"[\s\u00a0\u202f*]", "", text).replace("−", "-").replace(",", ".")
    try:
        return float(shown)
    except ValueError:
        return float("nan")


def prose(text: str, limits: Thresholds) -> Hits:
    """Small counts of persons in sentences; «færre enn 5 personer» tells no count."""
    hits = sum(too_small(float(size), limits) for size in SIZE_IN_PROSE.findall(text))
    for found in SMALL_IN_PROSE.finditer(text):
        word = found["number"].lower()
        count = float(word) if word.isdigit() else ONE_TO_FOUR[word]
        before = text[max(0, found.start() - 24) : found.start()]
        hits += count > 0 and too_small(count, limits) and not NO_SIZE.search(before)
    if hits:
        yield f"count below {limits.min_cell} persons in a sentence", hits


def of_csv(text: str) -> Rows:
    """Rows of a CSV, whatever its delimiter."""
    first = text.partition("\n")[0]
    delimiter = max(",;\t|", key=first.count)
    return list(csv.reader(io.StringIO(text.replace("\0", "")), delimiter=delimiter))


def of_markup(text: str) -> Iterator[tuple[Rows, str]]:
    """The tables of an HTML page or a word-processor's document, each with its label or ""."""
    for found in HTML_TABLE.finditer(text):
        rows = [
            [html.unescape(without_tags(cell)).strip() for cell in HTML_CELL.findall(row[0])]
            for row in HTML_ROW.finditer(found[0])
        ]
        before = text[: found.start()].rpartition("</table>")[2]
        labels = HTML_LABEL.findall(before + found[0])
        yield rows, labels[-1] if labels else ""


def of_markdown(text: str) -> Iterator[tuple[Rows, str]]:
    """The pipe tables of a Markdown text, each with the label of its caption or ""."""
    rows: Rows = []
    lines = [*text.split("\n"), ""]
    for k, line in enumerate(lines):
        found = PIPE_ROW.match(line)
        if found and not RULE.fullmatch(line):
            rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", found[1])])
        elif rows and not found:
            below = next((text for text in lines[k:] if text.strip()), "")
            label = PIPE_CAPTION.match(below)
            yield rows, label[1] if label else ""
            rows = []


def of_columns(text: str) -> Iterator[Rows]:
    """Tables of a plain text: neighbouring lines with columns two blanks or more apart."""
    rows: Rows = []
    for line in [*text.split("\n"), ""]:
        cells = [cell.strip() for cell in COLUMNS.findall(line)]
        if len(cells) > 1:
            rows.append(cells)
            continue
        if len(rows) > 1:
            if len(rows[0]) + 1 == len(rows[1]):  # the index has no title
                rows[0].insert(0, "")
            yield rows
        rows = []


def of_records(node: Any) -> Rows | None:
    """A list of mappings, or a mapping of equally long lists, as rows with a head; else None."""
    if isinstance(node, list) and len(node) > 1 and all(isinstance(row, Mapping) for row in node):
        keys = list(dict.fromkeys(str(key) for row in node for key in row))
        return [keys, *([str(row.get(key, "")) for key in keys] for row in node)]
    if isinstance(node, Mapping) and len(node) > 1:
        columns = list(node.values())
        lengths = {len(column) if isinstance(column, list) else -1 for column in columns}
        if len(lengths) == 1 and lengths != {-1} and lengths != {0}:
            rows = zip(*columns, strict=True)
            return [list(map(str, node)), *(list(map(str, row)) for row in rows)]
    return None
