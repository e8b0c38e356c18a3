"""What a table may not show: columns that identify, small counts, rows that are persons."""

import re
from collections.abc import Sequence
from itertools import pairwise, product

from naveval.disclosure.scan import contacts, credentials, crossed, grids, persons, profiles
from naveval.disclosure.scan.identities import Hits, is_identity_number
from naveval.disclosure.scan.sentences import NUMERAL, number, too_small
from naveval.disclosure.scan.text import lines_once, without_tags
from naveval.disclosure.scan.titles import (
    EXACT,
    LONGEST_TITLE,
    NO_COUNT,
    NUMBER_OF,
    ORDER,
    PEOPLE,
    PERSONAL,
    PERSONS,
    PLACE,
    YEAR,
    counts_by_caption,
    counts_persons,
    counts_row,
    identifies,
    of_person,
    spelled,
    spoken,
    tells,
    title_of,
    undoes,
)
from naveval.disclosure.thresholds import Thresholds

MEASURED = re.compile(
    r"estimate|anslag|se|std(?:_.*)?|ci_.*|n|n_.*|.*_n|p|p_.*|pct|.*prosent.*|%|value|verdi|"
    r"andel.*|share.*|.*_share|mean.*|.*_mean|snitt.*|gjennomsnitt.*|effekt.*|effect.*|rate.*|"
    r".*_rate|counts?(?:_.*)?|antall?.*|tal(?:et)?(?:_.*)?|published|printed|difference|forskjell|"
    r"index|indeks|title|tittel|meaning|betydning|valid_.*|gyldig.*"
)
NAMED = frozenset({"navn", "namn", "name", "initialer", "initials"})
CHARACTERISTICS = 3
"""So many personal characteristics, one of them exact, and nothing measured: rows are persons."""
YES = ("true", "ja")
FEW_DATES = 5
"""Rows from which dates by the day tell of single persons."""
DAY = re.compile(
    r"(?:19|20)\d\d-(?:0\d|1[0-2])-[0-3]\d(?:[T ].*)?|[0-3]?\d\.(?:0?\d|1[0-2])\.(?:19|20)?\d\d"
)
FIRST_OR_LAST = re.compile(r"-(?:01|28|29|30|31)(?:$|[T ])|^(?:0?1|28|29|30|31)\.")
PUBLISHED_ON = re.compile(
    r".*(?:publi|utgi|versjon|version|oppdater|updat|hent|gyldig|valid|release|frist|deadline|"
    r"modif|skrevet|lest|accessed).*"
)


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
    captioned = len(rows) > 1 and [*filter(None, rows[0])] == [*rows[0][:1]] != [""]
    captioned = captioned and sum(map(bool, rows[1])) > 1
    places = [k for k, row in enumerate(rows) if k >= captioned and _is_head(row, limits)]
    describing = [k for k, row in enumerate(rows[:5]) if _describes(row)]
    if describing:  # what it says of a column is no column of its own
        places = [k for k in places if k <= describing[0]] or describing[:1]
    if rows and "@type" in rows[0]:  # a catalogue, in which «Person» is no title
        places = [0]
    if not places and not (rows and sum(map(bool, map(DECIMAL.fullmatch, rows[0]))) >= NO_HEAD):
        places = [int(captioned)]
    for place, end in pairwise([*places, len(rows)]):
        heads = [title_of(cell) for cell in rows[place]] if rows else []
        below = rows[place + 1 : end]
        yield from _columns(heads, below, limits, small=small, few=few)
        if below and (persons_by_row(heads) or printed(heads, below)):
            yield "rows that describe single persons", len(below)
    yield from profiles.of_persons(rows)
    yield from _extremes(rows, limits)
    yield from _secrets(rows)
    if small:
        yield from _captioned(rows, limits)
        yield from _long(rows, limits)
        yield from crossed.crossed(rows, limits)
        yield from _shares(rows, limits)
        if hits := grids.along(rows, limits):
            yield f"count below {limits.min_cell} persons along a row", hits
        if hits := grids.withheld(rows, limits):
            yield f"count below {limits.min_cell} that a total tells", hits
    for row in rows if small else ():
        for cell, after in pairwise(row):
            if len(cell) < LONGEST_TITLE and counts_row(cell) and too_small(number(after), limits):
                yield f"count below {limits.min_cell} persons in a row {title_of(cell)}", 1


DESCRIBED = re.compile(r"variabel(?:namn|navn)?|kolonne|felt|column|variable|field")
DESCRIPTION = re.compile(
    r"betydning|tyding|beskrivelse|skildring|forklaring|description|meaning|type|kode|code|"
    r"verdi(?:er)?|label|merkelapp|eksempel|example|rader|rows"
)


def _describes(row: Sequence[str]) -> bool:
    """Whether a row heads a list of variables."""
    heads = [title_of(cell) for cell in row]
    return any(map(DESCRIBED.fullmatch, heads)) and any(map(DESCRIPTION.fullmatch, heads))


def printed(heads: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
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
    return sum(of_person(name) and not PLACE.fullmatch(name) for name in names) >= 2


SMALLEST = re.compile(
    r"min(?:\.|imum|st|ste(?: verdi)?)?|lavest(?:e)?|lowest|p0?[01]|smallest|minste verdi|yngste|"
    r"youngest|(?:lavest|kortest|minst|lowest|shortest|smallest)e? [\w ()]+"
)
LARGEST = re.compile(
    r"ma(?:x|ks)(?:\.|imum)?|st[øo]rste?(?: verdi)?|h[øo]yeste?|highest|p(?:99|100)|largest|eldste|"
    r"oldest|(?:h[øo]yest|lengst|st[øo]rst|highest|longest|largest)e? [\w ()]+"
)
OWN_EXTREME = re.compile(
    r"(?:h[øo]yeste|st[øo]rste|lavest?e|l[åa]gaste|minste|highest|largest|lowest|smallest) "
    r"(?:(?:års|måneds)?(?:l[øo]nn|inntekt)|bel[øo]p|utbetaling|formue|wage|income|amount)"
)
"""A value that one of those in the row has alone."""
OF_MODELS = re.compile(r"parameter|glider?|slider|rente|rate|n[øo]kkel|egenskap|setting|valg")


def _extremes(rows: Sequence[Sequence[str]], limits: Thresholds) -> Hits:
    """A smallest and a largest observation, as a description of persons' values has them."""
    lines = [*rows[:3], [row[0] for row in rows if row], [row[1] for row in rows if len(row) > 1]]
    for line in lines:
        titles = [title_of(cell) for cell in line if len(cell) < 30]
        if (
            not any(map(OF_MODELS.match, titles))
            and any(map(SMALLEST.fullmatch, titles))
            and any(map(LARGEST.fullmatch, titles))
        ):
            yield "smallest or largest observation", 1
            return
    if any(OWN_EXTREME.fullmatch(title_of(cell)) for row in rows[:3] for cell in row[1:]):
        yield "smallest or largest observation", 1


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


def _captioned(rows: Sequence[Sequence[str]], limits: Thresholds) -> Hits:
    """Small counts in a table of which only its caption says that it counts persons."""
    told = [cell for cell in rows[0] if cell.strip()] if rows else []
    if len(rows) < 3 or len(told) != 1 or not counts_by_caption(told[0]):
        return
    heads = next((row for row in rows[1:] if sum(map(bool, row)) > 1), [])
    if any(number(head) >= 0 and not YEAR.fullmatch(head) for head in heads):
        return  # a row of numbers
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
    """Standard errors with all their digits, but for those of published tables."""
    heads = [title_of(cell) for cell in rows[0]] if rows else []
    own = {"label", "estimate"} <= {*heads}
    errors = [k for k, h in enumerate(heads) if ERROR.fullmatch(h) or (own and h == "std_error")]
    label = heads.index("label") if "label" in heads else len(heads)
    told = [row for row in rows[1:] if not {*row[label : label + 1]} & exempt]
    numbers = [row[k] for row in told for k in errors if k < len(row)]
    if hits := sum(len(re.sub(r"[eE].*|\D", "", n).strip("0")) >= RAW_DIGITS for n in numbers):
        yield "number that was not rounded", hits


ERROR = re.compile(r"std[. ]?err(?:or)?\.?|s\.?e\.?|bse|robust_se")
"""As programs title what they print; `std_error` heads drawn numbers in the suite's own too."""
MEASURE_HEAD = re.compile(
    r"variabel|variable|m[åa]l|measure|statistikk?(?:variabel)?|indi[ck]ator|metric|"
    r"contents?(?:code)?|st[øo]rrelse|name|navn|hva"
)
VALUE_HEAD = re.compile(r"value|verdi|tall?|estimate|anslag|obs_value")


def _long(rows: Sequence[Sequence[str]], limits: Thresholds) -> Hits:
    """Small counts in a long table, where a column says what the number of its row is."""
    heads = [title_of(cell) for cell in rows[0]] if rows else []
    names = [k for k, head in enumerate(heads) if MEASURE_HEAD.fullmatch(head)]
    values = [k for k, head in enumerate(heads) if VALUE_HEAD.fullmatch(head)]
    if "unit" in heads:  # which tells what the numbers are; counts have a column of their own
        return
    hits = 0
    for row, k, v in product(rows[1:], names, values):
        beside = v == k + 1 and counts_row(row[k] if k < len(row) else "")  # told by its row
        if max(k, v) < len(row) and counts_persons(row[k], limits) and not beside:
            hits += number(row[v]) > 0 and too_small(number(row[v]), limits)
    if hits:
        yield f"count below {limits.min_cell} persons in a long table", hits


SHARE_HEAD = re.compile(
    r"(?!.*\b(?:printed|published|trykt|publisert))"
    r"(?:andel(?:en)?|del|prosent(?:del)?|pst\.?|pct\.?|%|share|proportion|per ?cent(?:age)?)"
    r"(?:\b.*)?|"
    r".*[ _](?:andel|prosent|pst|pct|%|share|percent)"
)
SHARE = re.compile(r"(\d{1,3})(?:[.,](\d+))? ?(%?)")


def _shares(rows: Sequence[Sequence[str]], limits: Thresholds) -> Hits:
    """Small counts told by a share and of how many it is, where it has the digits for that."""
    heads = [spoken(cell) for cell in rows[0]] if rows else []
    of = [k for k, head in enumerate(heads) if counts_persons(head, limits)]
    shares = [k for k, head in enumerate(heads) if SHARE_HEAD.fullmatch(head)]
    hits = 0
    for row, k in product(rows[1:], shares if len(of) == 1 else ()):
        if max(k, of[0]) >= len(row) or not (found := SHARE.fullmatch(row[k].strip())):
            continue
        size = number(row[of[0]])
        whole = 100 if found[3] or any(sign in heads[k] for sign in PERCENT) else 1
        share = number(row[k].strip("% ")) / whole
        others = [cell for m, cell in enumerate(row) if m not in (k, of[0])]
        if any(abs(share * number(cell) - size) < 0.5 for cell in others):
            continue  # the count itself is that share of a total beside it
        part = share * size
        loose = size / whole / 10 ** len(found[2] or "") / 2
        told = loose <= LOOSEST and abs(part - round(part)) <= loose + 1e-9
        hits += told and 0.5 < part < limits.min_cell - 0.5
    if hits:
        yield f"count below {limits.min_cell} persons that a share tells", hits


PERCENT, LOOSEST = ("prosent", "%", "pst", "pct", "percent"), 0.5

DECIMAL, NO_HEAD = re.compile(r"[-−+]?\d+[.,]\d+"), 2
"""A first row with so many of these, as text of a PDF has between its heads, holds no titles."""


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
    authors = {"@type", "affiliation"} <= {*heads}  # as a catalogue has them
    for k, title in enumerate(heads):
        values = [row[k] for row in below if k < len(row)]
        noise = bool(below) and undoes(title, heads, limits)
        if (
            noise
            or _identify(title, values, limits)
            or (not authors and _holds_persons(title, values))
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
        elif small and (hits := grids.beside_masked(title, values, limits)):
            yield f"count below {limits.min_cell} beside others that are masked", hits
        if not PUBLISHED_ON.fullmatch(title) and _days(k, below):
            yield "rows that describe single persons", len(below)


def _identify(title: str, values: Sequence[str], limits: Thresholds) -> bool:
    """Whether a title says that values identify persons; mail addresses of offices do not."""
    if contacts.REACHED.search(title):
        return any(contacts.ways_to(lines_once(f"{title}: {value}")) for value in values)
    return identifies(title, limits)


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
    return inside >= FEW_DATES and not profiles.calendar(days)


def _is_protected_zero(row: Sequence[str], count: int, mark: int) -> bool:
    return number(row[count]) == 0 and mark < len(row) and row[mark].strip().lower() in YES


def persons_by_row(titles: Sequence[str]) -> bool:
    """Whether columns of these titles describe single persons, as a register does."""
    names = [spelled(title) for title in titles if title]
    if any(MEASURED.fullmatch(name) for name in names):
        return False
    exact = sum(bool(EXACT.fullmatch(name)) for name in names)
    personal = sum(bool(PERSONAL.fullmatch(name)) for name in names)
    if all(PLACE.fullmatch(name) for name in names if of_person(name)):
        return False
    enough = 1 if NAMED.intersection(names) else CHARACTERISTICS
    return bool(exact) and exact + personal >= enough


def pairs(text: str, limits: Thresholds) -> Hits:
    """Small counts under keys of code, settings and mark-up; columns of persons that are filled."""
    for key, value in PAIR.findall(text):
        name = key.rpartition(" ")[2]  # in a log words stand before it
        counting = counts_persons(key, limits) or ("_" in name and counts_persons(name, limits))
        if counting and too_small(number(value), limits):
            yield f"count below {limits.min_cell} persons under a key {key.lower()}", 1
    for columns in INSERTED.findall(text):
        if any(identifies(title_of(column), limits) for column in columns.split(",")):
            yield "column that identifies persons", 1


DIGIT = "|".join([r"\d", *(word for word in NUMERAL if 0 < NUMERAL[word] < 10)])
PAIR = re.compile(
    r"[\"']?([A-Za-zæøåÆØÅ#][\w æøåÆØÅ.-]{2,40}?)[\"']?[ \t]*(?::|=>?|<-)[ \t]*[\"']?"
    rf"({DIGIT})(?:[\"']?\s*(?=[,;}})\]\n#]|$)|(?<==\d)(?= ))",
    re.I,
)
INSERTED = re.compile(r"\binsert\s+into\s+[\w.\"]+\s*\(([^)]*)\)", re.I)


def terms(text: str, limits: Thresholds) -> Hits:
    """Small counts on the line after their title, as in lists of terms, and in elements' names."""
    lines = [line.strip() for line in without_tags(text).splitlines()]
    for title, value in pairwise(filter(None, lines)):
        if len(title) < LONGEST_TITLE and counts_row(title) and too_small(number(value), limits):
            yield f"count below {limits.min_cell} persons after a title", 1
    for title, value in BOXED.findall(text):
        if counts_persons(title, limits) and too_small(number(value), limits):
            yield f"count below {limits.min_cell} persons beside a title", 1
    for name, inside in ELEMENT.findall(text):
        if identifies(name.lower(), limits):
            yield "element that identifies persons", 1
        elif counts_persons(name, limits) and too_small(number(inside), limits):
            yield f"count below {limits.min_cell} persons in an element {name}", 1


BOXED = re.compile(r">([^<>]{3,60})</\w+>\s*<\w+[^<>]*>\s*(\d)\s*</")
"""A title and a number in elements of their own, as boxes of figures have them."""
ELEMENT = re.compile(r"<(?:\w+:)?([A-Za-zæøåÆØÅ][\w.-]{3,})\b[^<>]*>([^<>]{1,60})</")


LAST_NUMBER = re.compile(r"(?:\S.*?[^\W\d].*?)[ \t]+(\d+(?:[ \u00a0]\d{3})*)")
COUNTED_LAST = re.compile(rf"(?:.* )?(?:{NUMBER_OF} {PEOPLE}|{PERSONS}|antall?)", re.I)


def listed(text: str, limits: Thresholds) -> Hits:
    """Small counts at the ends of lines below a line of titles, as in the text of a page.

    A number alone follows the title of its row; two lines without numbers are further titles.
    """
    counted, title, words = False, "", 0
    for line in map(str.strip, text.split("\n")):
        told = re.search(r"\d", line)
        found = LAST_NUMBER.fullmatch(line)
        alone = line.isdigit() and words == 1
        words = 0 if told else words + 1
        if not told and len(line) < LONGEST_TITLE and COUNTED_LAST.fullmatch(line):
            counted, title, words = True, title_of(line), 0
        elif counted and (found or alone):
            value = number(found[1] if found else line)
            if value > 0 and too_small(value, limits):
                yield f"count below {limits.min_cell} persons in a column that ends with {title}", 1
        elif counted and (len(line) > LONGEST_TITLE or told or not line or words > 1):
            counted = False
