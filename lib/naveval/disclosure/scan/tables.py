"""What a table may not show: columns that identify, small counts, rows that are persons.

Tables are read out of CSV, Markdown, mark-up, JSON and the columns of plain text.
"""

import csv
import html
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise, product
from typing import Any

from naveval.disclosure.scan import credentials, persons
from naveval.disclosure.scan.identities import Hits, is_identity_number
from naveval.disclosure.scan.sentences import NUMERAL, number, too_small
from naveval.disclosure.scan.text import without_tags
from naveval.disclosure.scan.titles import (
    NO_COUNT,
    NUMBER_OF,
    PEOPLE,
    PERSONS,
    counts_persons,
    counts_row,
    identifies,
    tells,
    title_of,
)
from naveval.disclosure.thresholds import Thresholds

Rows = list[list[str]]
EXACT = re.compile(
    r"f[øo]dsels[åa]r|f[øo]de[åa]r|birth_?year|year_of_birth|alder|age|postn(?:r|ummer)|"
    r"zip(?:_?code)?|"
    r"(?:bosteds)?kommune(?:nr|nummer)?|municipality|bydel|diagnos[ei]s?|start_?(?:dato|date)|"
    r"slutt_?dato|end_?date|registered|registrert|decision_date|vedtaksdato|arbeidsgiver|employer|"
    r"decided_on|from_date|to_date|grunnkrets|f[øo]dt|first_immigration_month"
)
PLACE = re.compile(
    r"(?:bosteds)?kommune(?:nr|nummer|navn)?|municipality|bydel|fylke(?:nr|nummer|navn)?|county|"
    r"postn.*|"
    r"zip.*|kontor|office|grunnkrets"
)
"""What alone describes places and no persons."""
PERSONAL = re.compile(
    r"kj[øo]nn|sex|gender|sivilstand|sivilstatus|marital_?status|married|utdanning|education|yrke|"
    r"occupation|landgruppe|landbakgrunn|f[øo]deland|statsborgerskap|country_?(?:group|of_birth)|"
    r"barn|children|innsatsgruppe|ytelse|benefit|fylke|county|kontor|office|tiltak|program(?:me)?|"
    r"l[øo]nn|wage|inntekt|income|formue|helse(?:stønad)?|status|bransje|industry|"
    r"family_?type|benefit_right|weeks_registered|(?:work|health)_benefit|disability|woman|"
    r"laid_off|"
    r"(?:wage|pension)_decile|residence_months|weekly_hours|hours_(?:worked|per_week)|"
    r"higher_education|"
    r"position_percent|degree_percent|activity_code|dagpenger(?:rett)?|\w+_nok|timer|hours"
)
MEASURED = re.compile(
    r"estimate|anslag|se|std(?:_.*)?|ci_.*|n|n_.*|.*_n|p|p_.*|pct|.*prosent.*|%|value|verdi|"
    r"andel.*|share.*|.*_share|mean.*|.*_mean|snitt.*|gjennomsnitt.*|effekt.*|effect.*|rate.*|"
    r".*_rate|counts?(?:_.*)?|antall?.*|tal(?:et)?(?:_.*)?|published|printed|difference|forskjell|"
    r"index|indeks|title|tittel|meaning|betydning|valid_.*|gyldig.*"
)
CHARACTERISTICS = 3
"""So many personal characteristics, one of them exact, and nothing measured: rows are persons."""
MANY = 20
FEW_DATES = 5
"""Rows from which a key of its own, or from which dates by the day, tell of single persons."""
OWN_KEY = re.compile(r"[A-Za-z_-]*\d+|[0-9a-fA-F-]{8,}|[A-Za-z0-9+/_=-]{10,}")
NO_KEY = re.compile(
    r"(?:.*_)?(?:uke|veke|week|m[åa]ned|m[åa]nad|month|[åa]r|year|dag|day|dato|date|kvartal|"
    r"quarter|"
    r"tid|time|periode?|step|steg|trinn|nivå|level|m|k|t|fylke|county|kommune|region|kontor|"
    r"office)\w*"
)
DAY = re.compile(
    r"(?:19|20)\d\d-(?:0\d|1[0-2])-[0-3]\d(?:[T ].*)?|[0-3]?\d\.(?:0?\d|1[0-2])\.(?:19|20)?\d\d"
)
FIRST_OR_LAST = re.compile(r"-(?:01|28|29|30|31)(?:$|[T ])|^(?:0?1|28|29|30|31)\.")
PUBLISHED_ON = re.compile(
    r".*(?:publi|utgi|versjon|version|oppdater|updat|hent|gyldig|valid|release|frist|deadline|"
    r"modif|"
    r"skrevet|lest|accessed).*"
)
COMMENTS = re.compile(r"\A(?:#[^\n]*\n|\s*\n)+")
HTML_TABLE = re.compile(
    r"<(?:\w+:)?(?:table|tbl)\b(?!-).*?</(?:\w+:)?(?:table|tbl)>", re.DOTALL | re.IGNORECASE
)
HTML_ROW = re.compile(
    r"<(?:\w+:)?(?:tr|table-row)\b(?!-)(?:[^>]*/>|.*?</(?:\w+:)?(?:tr|table-row)>)",
    re.DOTALL | re.IGNORECASE,
)
HTML_CAPTION = re.compile(r"<caption\b[^>]*>(.*?)</caption>", re.DOTALL | re.IGNORECASE)
CELL = r"(?:\w+:)?(?:tc|t[hd]|table-cell)"
HTML_CELL = re.compile(
    rf"<{CELL}\b(?!-)(?:([^>]*)/>|([^>]*)>(.*?)</{CELL}>)", re.DOTALL | re.IGNORECASE
)
REPEATED = re.compile(r"number-columns-repeated=[\"'](\d{1,2})[\"']")
"""Of a cell in an OpenDocument sheet: how many cells it stands for; more fill the sheet's rest."""
HTML_LABEL = re.compile(r"\bid=[\"'](tbl-[\w-]+)[\"']")
PIPE_ROW = re.compile(r"^\s*\|(.+)\|\s*$")
PIPE_CAPTION = re.compile(r"\s*:.*\{#([\w-]+)")
RULE = re.compile(r"[\s:|-]+")
COLUMNS = re.compile(r"\S(?:.*?\S)??(?=\s{2,}|\t|$)")


def table(
    rows: Sequence[Sequence[str]], limits: Thresholds, *, small: bool, few: bool = False
) -> Hits:
    """Findings in tables, which may follow each other, or in a table whose rows have titles.

    Parameters
    ----------
    small
        Whether small counts are wrong here; they are not in tables from published numbers.
    few
        Whether a 0 is right where the column `<name>_few` says that it stands for 0 to 5. Anybody
        can write such a column, so only for files that are known to be the suite's own.
    """
    places = [k for k, row in enumerate(rows) if _is_head(row, limits)]
    describing = [k for k, row in enumerate(rows[:5]) if _describes(row)]
    if describing:  # what it says of a column is no column of its own
        places = [k for k in places if k <= describing[0]] or describing[:1]
    if not places and not (rows and sum(map(bool, map(DECIMAL.fullmatch, rows[0]))) >= NO_HEAD):
        places = [0]
    for place, end in pairwise([*places, len(rows)]):
        heads = [title_of(cell) for cell in rows[place]] if rows else []
        below = rows[place + 1 : end]
        yield from _columns(heads, below, limits, small=small, few=few)
        if below and (persons_by_row(heads) or _own_rows(heads, below) or _printed(heads, below)):
            yield "rows that describe single persons", len(below)
    yield from _extremes(rows, limits)
    yield from _secrets(rows)
    if small:
        yield from _captioned(rows, limits)
        yield from _long(rows, limits)
    for row in rows if small else ():
        for cell, after in pairwise(row):
            if len(cell) < LONGEST_TITLE and counts_row(cell) and too_small(number(after), limits):
                yield f"count below {limits.min_cell} persons in a row {title_of(cell)}", 1


DESCRIBED = re.compile(r"variabel(?:namn|navn)?|kolonne|felt|column|variable|field")
DESCRIPTION = re.compile(
    r"betydning|tyding|beskrivelse|skildring|forklaring|description|meaning|type|kode|code|"
    r"verdi(?:er)?|"
    r"label|merkelapp|eksempel|example|rader|rows"
)


def _describes(row: Sequence[str]) -> bool:
    """Whether a row heads a list of variables."""
    heads = [title_of(cell) for cell in row]
    return any(map(DESCRIBED.fullmatch, heads)) and any(map(DESCRIPTION.fullmatch, heads))


def _printed(heads: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a frame's rows were printed, numbered, and hold what persons are like."""
    numbers = [row[0].removesuffix(".0") for row in below if row]
    numbers = [number for number in numbers if number.isdigit()]
    numbered = (
        [*map(int, numbers)] == [*range(int(numbers[0]), int(numbers[0]) + len(numbers))]
        if numbers
        else False
    )
    names = {title.replace(" ", "_") for title in heads if title}
    if heads[0] or not numbered or any(MEASURED.fullmatch(name) for name in names):
        return False
    return sum(_of_person(name) and not PLACE.fullmatch(name) for name in names) >= 2


SMALLEST = re.compile(
    r"min(?:\.|imum|st|ste(?: verdi)?)?|lavest(?:e)?|lowest|p0?1|smallest|minste verdi"
)
LARGEST = re.compile(
    r"ma(?:x|ks)(?:\.|imum)?|st[øo]rste?(?: verdi)?|h[øo]yeste?|highest|p99|largest"
)


def _extremes(rows: Sequence[Sequence[str]], limits: Thresholds) -> Hits:
    """A smallest and a largest observation, as a description of persons' values has them."""
    lines = [*rows[:3], [row[0] for row in rows if row], [row[1] for row in rows if len(row) > 1]]
    for line in lines:
        titles = [title_of(cell) for cell in line if len(cell) < 20]
        if any(map(SMALLEST.fullmatch, titles)) and any(map(LARGEST.fullmatch, titles)):
            yield "smallest or largest observation", 1
            return


def _secrets(rows: Sequence[Sequence[str]]) -> Hits:
    """Secrets beside or below their name."""
    cells = {cell for row in rows for cell in row}
    if not any(map(credentials.NAME.fullmatch, cells)):
        return
    below = [pair for above, row in pairwise(rows) for pair in zip(above, row, strict=False)]
    beside = [pair for row in rows for pair in pairwise(row)]
    named = {pair for pair in (*below, *beside) if pair[0] and credentials.NAME.fullmatch(pair[0])}
    if hits := sum(credentials.is_secret(value, sure=True) for _, value in named):
        yield "secret or token", hits


CAPTION = re.compile(
    rf"(?:(?:tabell|table|figur)?[\w .-]{{0,12}}[:.] *)?(?:{NUMBER_OF} (?:[\w-]+e )?{PEOPLE}|"
    rf"{PERSONS} (?:etter|per|fordelt|med|i|by|with)\b).*|.*[,(] ?(?:antall |tal )?{PERSONS}\)?",
    re.I,
)
NO_CAPTION = re.compile(
    r"andel|prosent|%|effekt|gjennomsnitt|timer|kroner|indeks|share|percent|mean|endring|effect|"
    r"avvik",
    re.I,
)
ORDER = re.compile(
    r"rang|rank|nr\.?|nummer|plass|[åa]r|year|m[åa]ned|month|uke|week|kvartal|.*kode|alder.*|age.*"
)


def _counts_by_caption(text: str) -> bool:
    counts = len(text) < 200 and CAPTION.fullmatch(title_of(text))
    return bool(counts) and not NO_CAPTION.search(text)


def _captioned(rows: Sequence[Sequence[str]], limits: Thresholds) -> Hits:
    """Small counts in a table of which only its caption says that it counts persons."""
    told = [cell for cell in rows[0] if cell.strip()] if rows else []
    if len(rows) < 3 or len(told) != 1 or not _counts_by_caption(told[0]):
        return
    heads = next((row for row in rows[1:] if sum(map(bool, row)) > 1), [])
    hits = 0
    for k, head in enumerate(heads):
        title = title_of(head)
        if (
            not k
            or ORDER.fullmatch(title)
            or counts_persons(head, limits)
            or NO_COUNT.search(title)
        ):
            continue
        hits += sum(
            number(row[k]) > 0 and too_small(number(row[k]), limits) for row in rows if k < len(row)
        )
    if hits:
        yield f"count below {limits.min_cell} persons in a table that counts them", hits


RAW_DIGITS = 9
"""Significant digits from which a standard error was not rounded."""


def unrounded(rows: Sequence[Sequence[str]], exempt: frozenset[str]) -> Hits:
    """Standard errors with all their digits among estimates, but for those of published tables."""
    heads = [title_of(cell) for cell in rows[0]] if rows else []
    if not {"label", "estimate", "std_error"} <= set(heads):
        return
    label, error = heads.index("label"), heads.index("std_error")
    told = [row[error] for row in rows[1:] if len(row) > error and row[label] not in exempt]
    if hits := sum(len(re.sub(r"[eE].*|\D", "", n).strip("0")) >= RAW_DIGITS for n in told):
        yield "number that was not rounded", hits


MEASURE_HEAD = re.compile(
    r"variabel|variable|m[åa]l|measure|statistikk?(?:variabel)?|indikator|metric|"
    r"contents?(?:code)?|"
    r"st[øo]rrelse|name|navn|hva"
)
VALUE_HEAD = re.compile(r"value|verdi|tall?|estimate|anslag|obs_value")


def _long(rows: Sequence[Sequence[str]], limits: Thresholds) -> Hits:
    """Small counts in a long table, where a column says what the number of its row is."""
    heads = [title_of(cell) for cell in rows[0]] if rows else []
    names = [k for k, head in enumerate(heads) if MEASURE_HEAD.fullmatch(head)]
    values = [k for k, head in enumerate(heads) if VALUE_HEAD.fullmatch(head)]
    hits = 0
    for row, k, v in product(rows[1:], names, values):
        if max(k, v) < len(row) and counts_persons(row[k], limits) and not counts_row(row[k]):
            hits += number(row[v]) > 0 and too_small(number(row[v]), limits)
    if hits:
        yield f"count below {limits.min_cell} persons in a long table", hits


LONGEST_TITLE = 80
DECIMAL, NO_HEAD = re.compile(r"[-−+]?\d+[.,]\d+"), 2
"""A first row with so many of these, as text of a PDF has between its heads, holds no titles."""
YEAR = re.compile(r"(?:19|20)\d\d")


def _is_head(row: Sequence[str], limits: Thresholds) -> bool:
    """Whether a row holds titles, and no numbers but years."""
    cells = [cell for cell in row if cell and len(cell) < LONGEST_TITLE]
    if any(cell[0].isdigit() and not YEAR.fullmatch(cell) for cell in cells):
        return False
    return any(tells(cell, limits) for cell in cells) or (
        len(cells) >= CHARACTERISTICS and persons_by_row([title_of(cell) for cell in cells])
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
        if identifies(title, limits) or _holds_persons(
            title, [row[k] for row in below if k < len(row)]
        ):
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
        if not PUBLISHED_ON.fullmatch(title) and _days(k, below):
            yield "rows that describe single persons", len(below)


def _holds_persons(title: str, values: list[str]) -> bool:
    """Whether a column holds names of persons, idents, or identity numbers without their zero."""
    numbers = [value for value in values if value.strip()]
    short = all(re.fullmatch(r"\d{10}(?:\.0)?", value.strip()) for value in numbers)
    if numbers and short and all(is_identity_number(f"0{value.strip()[:10]}") for value in numbers):
        return True
    return persons.in_column(title, values)


def _days(k: int, below: Sequence[Sequence[str]]) -> bool:
    """Whether a column holds days of their own, as the events of persons have."""
    first = next((row[k] for row in below if k < len(row) and row[k]), "")
    if not DAY.fullmatch(first.strip()):
        return False
    days = {row[k].strip() for row in below if k < len(row) and DAY.fullmatch(row[k].strip())}
    inside = sum(not FIRST_OR_LAST.search(day) for day in days)
    return inside >= FEW_DATES


def _own_rows(heads: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether rows have a key of their own, beside characteristics of persons, nothing measured."""
    names = [title.replace(" ", "_") for title in heads]
    if len(below) < MANY or any(MEASURED.fullmatch(name) for name in names):
        return False
    told = [bool(EXACT.fullmatch(name)) + 1 for name in names if _of_person(name)]
    if sum(told) < 2:
        return False
    for k, name in enumerate(names):
        values = [row[k].strip() for row in below if k < len(row)]
        keys = not (_of_person(name) or NO_KEY.fullmatch(name)) and len(values) == len(set(values))
        if keys and len(values) >= MANY and all(OWN_KEY.fullmatch(value) for value in values):
            return True
    return False


def _of_person(name: str) -> bool:
    return bool(EXACT.fullmatch(name) or PERSONAL.fullmatch(name))


def _is_protected_zero(row: Sequence[str], count: int, mark: int) -> bool:
    return number(row[count]) == 0 and mark < len(row) and row[mark].strip().lower() == "true"


def persons_by_row(titles: Sequence[str]) -> bool:
    """Whether columns of these titles describe single persons, as a register does."""
    names = [title.replace(" ", "_") for title in titles if title]
    if any(MEASURED.fullmatch(name) for name in names):
        return False
    exact = sum(bool(EXACT.fullmatch(name)) for name in names)
    personal = sum(bool(PERSONAL.fullmatch(name)) for name in names)
    if all(PLACE.fullmatch(name) for name in names if _of_person(name)):
        return False
    return bool(exact) and exact + personal >= CHARACTERISTICS


def pairs(text: str, limits: Thresholds) -> Hits:
    """Small counts under keys of code, settings and mark-up; columns of persons that are filled."""
    for key, value in PAIR.findall(text):
        if counts_persons(key, limits) and too_small(number(value), limits):
            yield f"count below {limits.min_cell} persons under a key {key.lower()}", 1
    for columns in INSERTED.findall(text):
        if any(identifies(title_of(column), limits) for column in columns.split(",")):
            yield "column that identifies persons", 1


DIGIT = "|".join([r"\d", *(word for word in NUMERAL if 0 < NUMERAL[word] < 10)])
PAIR = re.compile(
    r"[\"']?([A-Za-zæøåÆØÅ#][\w æøåÆØÅ.-]{2,40}?)[\"']?[ \t]*(?::|=>?|<-)[ \t]*[\"']?"
    rf"({DIGIT})[\"']?\s*(?=[,;}})\]\n#]|$)",
    re.I,
)
INSERTED = re.compile(r"\binsert\s+into\s+[\w.\"]+\s*\(([^)]*)\)", re.I)


def of_csv(text: str) -> Rows:
    """Rows of a CSV, whatever its delimiter."""
    text = COMMENTS.sub("", text)
    first = text.partition("\n")[0]
    delimiter = max(",;\t|", key=first.count)
    return list(csv.reader(io.StringIO(text.replace("\0", "")), delimiter=delimiter))


def of_markup(text: str) -> Iterator[tuple[Rows, str]]:
    """The tables of an HTML page or a word-processor's document, each with its label or ""."""
    for found in HTML_TABLE.finditer(text):
        rows = [list(_cells(row[0])) for row in HTML_ROW.finditer(found[0])]
        if caption := HTML_CAPTION.search(found[0]):
            rows.insert(0, [html.unescape(without_tags(caption[1])).strip()])
        before = text[: found.start()].rpartition("</table>")[2]
        labels = HTML_LABEL.findall(before + found[0])
        yield rows, labels[-1] if labels else ""


def _cells(row: str) -> Iterator[str]:
    """The texts of a row's cells; those without content are there too."""
    for empty, attributes, content in HTML_CELL.findall(row):
        times = REPEATED.search(empty or attributes)
        yield from [html.unescape(without_tags(content)).strip()] * (int(times[1]) if times else 1)


def terms(text: str, limits: Thresholds) -> Hits:
    """Small counts on the line after their title, as in lists of terms, and in elements' names."""
    lines = [line.strip() for line in without_tags(text).splitlines()]
    for title, value in pairwise(filter(None, lines)):
        if len(title) < LONGEST_TITLE and counts_row(title) and too_small(number(value), limits):
            yield f"count below {limits.min_cell} persons after a title", 1
    for name, inside in ELEMENT.findall(text):
        if identifies(name.lower(), limits):
            yield "element that identifies persons", 1
        elif counts_persons(name, limits) and too_small(number(inside), limits):
            yield f"count below {limits.min_cell} persons in an element {name}", 1


ELEMENT = re.compile(r"<(?:\w+:)?([A-Za-zæøåÆØÅ][\w.-]{3,})\b[^<>]*>([^<>]{1,60})</")


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
    """Tables of a plain text: neighbouring lines of as many columns.

    Columns lie two blanks or more apart, or have a sign between them, or, where the first line is
    short, one blank, as the text of a page has them.
    """
    lines = [line.rstrip("\\ ") for line in text.split("\n")]
    yield from _blocks(COLUMNS.findall, lines, even=False)
    for sign in ";,&|":
        if sign in text:
            yield from _blocks(re.compile(rf"[^{sign}]+").findall, lines, even=True)
    yield from _blocks(
        str.split, [line if len(line) < LONGEST_TITLE else "" for line in lines], even=True
    )


LAST_NUMBER = re.compile(r"(?:\S.*?[^\W\d].*?)[ \t]+(\d+(?:[ \u00a0]\d{3})*)")
COUNTED_LAST = re.compile(rf"(?:.* )?(?:{NUMBER_OF} {PEOPLE}|{PERSONS}|antall?)", re.I)


def listed(text: str, limits: Thresholds) -> Hits:
    """Small counts at the ends of lines below a line of titles, as in the text of a page."""
    counted, title = False, ""
    lines = [line.strip() for line in text.split("\n")]
    for k, line in enumerate(lines):
        found = LAST_NUMBER.fullmatch(line)
        alone = line.isdigit() and k and not lines[k - 1].isdigit()
        if (
            not re.search(r"\d", line)
            and len(line) < LONGEST_TITLE
            and COUNTED_LAST.fullmatch(line)
        ):
            counted, title = True, title_of(line)
        elif counted and (found or alone):
            value = number(found[1] if found else line)
            if value > 0 and too_small(value, limits):
                yield f"count below {limits.min_cell} persons in a column that ends with {title}", 1
        elif counted and (len(line) > LONGEST_TITLE or re.search(r"\d", line) or not line):
            counted = False


KEYS = re.compile(r"['\"]?([A-Za-zæøåÆØÅ][\w]{2,30})['\"]?[ \t]*[:=][ \t]*(?=['\"\d(]|[A-Za-z]+\()")


def told_rows(text: str) -> Hits:
    """Rows of persons printed as keys with values on one line, in braces or not."""
    for line in text.splitlines():
        if line.count(":") + line.count("=") >= 3 and len(line) < 4000:
            keys = [title_of(key) for key in KEYS.findall(line)]
            if len(keys) >= CHARACTERISTICS and (
                persons_by_row(keys) or _printed(["", *keys], [["0"]])
            ):
                yield "rows that describe single persons", 1


def _blocks(
    split: Callable[[str], list[str]], lines: Sequence[str], *, even: bool
) -> Iterator[Rows]:
    rows: Rows = []
    for line in [*lines, ""]:
        cells = [cell.strip() for cell in split(line)]
        numbered = len(rows) == 1 and len(cells) == len(rows[0]) + 1 and cells[0].isdigit()
        if len(cells) > 1 and (not even or not rows or len(cells) == len(rows[-1]) or numbered):
            rows.append(cells)
            continue
        if len(rows) > 1:
            if len(rows[0]) + 1 == len(rows[1]):  # the index has no title
                rows[0].insert(0, "")
            yield rows
        rows = [cells] if even and len(cells) > 1 else []


def of_records(node: Any) -> Rows | None:
    """Rows with a head, as programs write frames to JSON; None where it is something else.

    A list of mappings; a mapping of mappings, or of equally long lists; titles and rows apart; a
    list of lists whose first holds titles.
    """
    if isinstance(node, list) and node and all(isinstance(row, Mapping) for row in node):
        keys = list(dict.fromkeys(str(key) for row in node for key in row))
        return [keys, *([str(row.get(key, "")) for key in keys] for row in node)]
    if _is_list_of(node, list) and len({len(row) for row in node}) == 1 < len(node[0]):
        return [list(map(str, row)) for row in node]
    if isinstance(node, Mapping):
        heads = [part for part in node.values() if _is_list_of(part, str)]
        for head, body in product(heads, node.values()):
            if _is_list_of(body, list) and all(len(row) == len(head) for row in body):
                return of_records([head, *body])
    if isinstance(node, Mapping) and len(node) > 1:
        columns = list(node.values())
        if all(isinstance(column, Mapping) for column in columns):
            return of_records(columns)
        lengths = {len(column) if isinstance(column, list) else -1 for column in columns}
        if len(lengths) == 1 and lengths != {-1} and lengths != {0}:
            rows = zip(*columns, strict=True)
            return [list(map(str, node)), *(list(map(str, row)) for row in rows)]
    return None


def _is_list_of(part: Any, kind: type) -> bool:
    return isinstance(part, list) and bool(part) and all(isinstance(item, kind) for item in part)


def measured(node: Mapping[str, Any], limits: Thresholds) -> Rows | None:
    """The numbers of an entry that names in words what it counts, as a series of a chart does."""
    words = [text for text in node.values() if isinstance(text, str) and len(text) < LONGEST_TITLE]
    title = next((text for text in words if counts_persons(text, limits)), "")
    numbers: list[str] = []
    for key in VALUES & set(node) if title else ():
        numbers += map(str, node[key] if isinstance(node[key], list) else [node[key]])
    return [[title], *([number] for number in numbers)] if numbers else None


VALUES = frozenset({"value", "values", "y", "data", "verdi", "tall", "estimate", "obs_value"})


def of_jsonstat(node: Mapping[str, Any], limits: Thresholds) -> Iterator[Rows]:
    """The counts of a JSON-stat dataset as columns; nothing where none of its metrics counts.

    Without a dimension of metrics, or where it says nothing, any category may be what is counted.
    """
    metrics = set(node.get("role", {}).get("metric", ()))
    names, counting = [], set()
    for key in node["id"]:
        category = node["dimension"][key]["category"]
        titles = [
            *map(str, category.get("label", {}).values() or category.get("index", {key: key}))
        ]
        names.append(titles)
        if key in metrics or not metrics or all(VAGUE.fullmatch(t.lower()) for t in titles):
            counting |= {title for title in titles if counts_persons(title, limits)}
    if not counting and (whole := str(node.get("label", ""))) and _counts_by_caption(whole):
        names = [[whole], *names]
        counting = {whole}
    values = node["value"]
    found: dict[str, list[str]] = {}
    for place, cell in enumerate(product(*names) if counting else ()):
        value = values.get(str(place)) if isinstance(values, Mapping) else values[place]
        if named := next((title for title in cell if title in counting), ""):
            found.setdefault(named, []).append("" if value is None else str(value))
    for title, column in found.items():
        yield [[title], *([value] for value in column)]


VAGUE = re.compile(r"verdi|value|tall?|content")
