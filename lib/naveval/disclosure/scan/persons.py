"""Persons told apart from others in words: names, keys in logs, dates of birth, single dicts."""

import re
from collections.abc import Sequence

from naveval.disclosure.scan.identities import Hits

NAMES = """
    aase aksel aleksander alexander ali alma amalie amina anders andreas anita anna anne annette
    ante arild arne arvid asbjørn astrid aud aurora axel bente berit bjarne bjørg bjørn bodil
    brit britt camilla cathrine cecilie christian christina christine christoffer dag daniel
    david eirik eivind elin elisabeth elise ella ellen else emil emilie emma erik erling espen
    eva fatima filip finn fredrik frida frode geir gerd gro grete gunn gunnar gunvor guri hanna
    hanne hans harald hassan hedda hege helene helge henrik henriette hilde håkon håvard ida
    inga ingeborg inger ingrid ingvild isak ivar jakob jan janne jens joakim johan johanna
    johannes john jon jonas jorunn julie jørgen kai kari karin karl karoline kaja kenneth ketil
    kim kirsten kjell kjersti kjetil knut kristian kristin kristine kristoffer lars laila leif
    lene leo linda line linn lise liv lucas lukas mads magne magnus maja malin maren margit
    maria marianne marie marit marius marte martin martine mathias mette mia mikkel mohamed
    mohammed mona morten nils nina noah nora odd ola olaf olav ole oliver olivia oskar otto ove
    pal petter per peter pål ragnar ragnhild randi reidar reidun roar roger rolf ronny rune
    sander sara sebastian signe sigrid silje simen siri sissel sofie solveig stein steinar stian
    stig stine svein synnøve sverre terje thea therese thomas thor tobias tom tommy tone tor
    tore torill torbjørn torunn trine trond truls turid tuva unni vegard vibeke vidar vilde
    wenche yngve øystein øyvind åge åse åsmund
"""
"""First names common in Norway."""
GIVEN = frozenset(NAMES.split())
FULL_NAME = re.compile(r"([A-ZÆØÅ][a-zæøåéü]+)(?:[ -][A-ZÆØÅ][a-zæøåéü]*\.?){1,3}")
LAST_FIRST = re.compile(r"[A-ZÆØÅ][a-zæøåéü]+(?:[ -][A-ZÆØÅ][a-zæøåéü]+)?, ([A-ZÆØÅ][a-zæøåéü]+).*")
CITED = re.compile(r"forfatt|author|kilde|source|ref|litterat|utgiver|publisher|ansvarlig|kontakt")
STAFF_TITLE = re.compile(
    r"(?:nav)?veileder\w*|rettleiar\w*|saksbehandler\w*|sakshandsamar\w*|nav[ _-]?ident\w*|"
    r"(?:opprettet|endret|registrert|behandlet|oppretta|endra|created|changed|updated)[ _]?(?:av|"
    r"by)|case[ _]?worker|counsell?or[ _]?(?:id|ident)?|bruker(?:navn|ident)|user[ _]?(?:name|id)?|"
    r"ident"
)
STAFF = re.compile(r"[A-Za-z]\d{6}")
STAFF_SHOWN = re.compile(r"\b[A-Za-z]\d{6}\b")
STAFF_BEFORE = re.compile(
    r"(?:veileder|rettleiar|saksbehandler|nav-?ident|ident|(?:opprettet|endret|behandlet|godkjent|"
    r"registrert) av|case ?worker|user|bruker)(?:en|e)?[\"']?\W{1,4}(?:med ident )?$",
    re.I,
)
NUMBER_KEYED = re.compile(r"[=:#][ \t]{0,3}[\"']?\d{6,}(?![\d.,]*\d)")
KEY_BEFORE = re.compile(
    r"(?<![a-zæøå])(?:akt(?:ø|oe|o)r[_ -]?(?:id)?|person(?:[_ -]?(?:id|nr|ident|key))?|f(?:ø|o|"
    r"oe)dselsn(?:umme)?r|fnr|dnr|pid|ident|lnr|l(?:ø|o)pe?nr|w\d\d_\d{4}_lnr|(?:bruker|deltaker|"
    r"klient|subject|client|record|cell)[_ -]?(?:id|nr|ident|key))[\"']?[ \t]{0,3}$",
    re.I,
)
WHO = (
    r"person|individ|delta[kg][ae]r|bruk[ae]r|klient|s[øo]kj?[ae]r|subject|participant|client|"
    r"respondent|patient|pasient"
)
KEY_NAME = (
    r"id|nr\.?|no\.?|nummer(?:et)?|number|ident(?:en)?|key|n[øo]kk?el(?:en)?|"
    r"l[øo]pe?(?:nr\.?|nummer)|pseudonym(?:et)?"
)
DAY_OR_MONTH = r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-3]\d)?\b"
OWN = rf"(?!{DAY_OR_MONTH})\d{{7,11}}\b"
NUMBERED = re.compile(
    rf"\b(?:(?:{WHO})(?:e[nt]|a|e?r|ar|ene|ane|s)?(?:\.\w+|nummer)?|"
    r"(?:l[øo]penumm|pseudony)(?:er|m)(?:et)?)"
    rf"(?: (?:med|with))?(?: (?:{KEY_NAME}))?(?: (?:er|is|var|was|in|ikke))?"
    rf"[ =!:#(\[\"']{{1,6}}{OWN}(?![.,]\d| kr)",
    re.I,
)
IN_CODE = re.compile(
    rf"\b(?:KeyError|IndexError|ValueError|array|[Ii]ndex|Int64Index|Series|isin|loc|labels?|Name)\b"
    rf"[:(\[ ]{{1,3}}[\"'\[]*{OWN}(?!\.\d)|[{{,] ?[\"']{OWN}[\"'] ?: "
)
JOINED_KEY = re.compile(
    r"\b(?:n[øo]kk?el|key|merge|join|kobl|duplikat|duplicate|mangler|missing)\w*\b[^\n]{0,40}?"
    rf"(?<![\w-])\w{{1,4}}[-_:](?!{DAY_OR_MONTH})\d{{7,11}}\b",
    re.I,
)
"""A number that stands for somebody in a sentence, an error, a list of keys."""
DATE = (
    r"(?:[0-3]?\d\. ?[01]?\d\. ?(?:19|20)\d\d|[0-3]?\d/[01]?\d[/-](?:19|20)\d\d|(?:19|"
    r"20)\d\d-[01]\d-[0-3]\d|[0-3]?\d\. ?(?:jan|feb|mar|apr|ma[iy]|jun|jul|aug|sep|okt|oct|nov|des|"
    r"dec)[a-z]* (?:19|20)\d\d)"
)
BORN = re.compile(
    rf"\b(?:født|fødd|f\.|fødselsdato(?:en)?(?: er| var)?:?|born(?: on)?)"
    rf" ?(?:den )?{DATE}(?! ?(?:eller|og (?:senere|før)|or (?:later|before)|til|–|-))",
    re.I,
)
MANY_BORN = re.compile(
    r"(?:personer|personar|alle|dem|dei|de som er|those|people|kull|kohort\w*|kvinner|menn|barn|"
    r"søkere|deltakere)\s*$",
    re.I,
)
AGE = re.compile(r"[1-9]\d(?: år\b|-årig|[- ]years?[- ]old)")
ONE = re.compile(
    r"\b(?:kvinn|mann|gutt|jent|delta[kg][ae]r|bruk[ae]r|woman|man)(?:e|a|en)?,?(?: på|"
    r" er)? [1-9]\d år(?: gammel| gammal)?,? (?:fra|frå|i|bosatt)\b|[1-9]\d(?: år gam(?:mel|al)|"
    r"-årig|[- ]years?[- ]old) (?:kvinne|mann|deltaker|deltakar|bruker|woman|man)\b",
    re.I,
)
MAIL = re.compile(r"\b([A-Za-zæøåÆØÅ]+)[._][A-Za-zæøåÆØÅ.-]+@[\w-]+\.\w+")
SECOND_NAME = re.compile(
    r"\b([A-ZÆØÅ][a-zæøå]+) (?:[A-ZÆØÅ][a-zæøå.]* )?[A-ZÆØÅ][a-zæøå]+ ?(?:,|\() ?(?:født|f\.|fnr|"
    r"[1-9]\d år)"
)
PRIVATE_MAIL = re.compile(
    r"[\w.+-]+@(?:gmail|hotmail|outlook|live|yahoo|icloud|online|msn|protonmail|getmail|me)\.\w\w"
)
MOBILE = re.compile(r"(?<!\d)[49]\d(?:\d ?\d\d ?\d{3}| \d\d \d\d \d\d)(?!\d)")
CALLED = re.compile(
    r"(?:\b(?:tlf|mob|mobil\w*|telefon\w*|phone|tel|ring(?:es)?(?: på)?)\.?\W{1,3}|"
    r"(?<!\d)(?:\+|00)47 ?)$",
    re.I,
)
"""Numbers of mobile telephones, which offices seldom have, after what says that they are."""
AT_HOME = re.compile(
    r"\b([A-ZÆØÅ][a-zæøåé]+)(?: [A-ZÆØÅ][\wæøå.-]*){1,3}\W{1,3}(?:bor i |bosatt i |[Aa]dresse:? )?"
    r"[A-ZÆØÅ][\wæøåé]*(?: [\wæøå]+)?(?:ve[ig](?:en)?|gat[ae]n?|bakken|lia|stien|svingen|plass|"
    r"all[eé]e?n?|torg) ?\d{1,3} ?[A-Z]?\b"
)
STREET = re.compile(
    r"(?:ve[ig](?:en)?|gat[ae]n?|bakken|lia|stien|svingen|plass|all[eé]e?n?|torg) ?\d"
)
LONG_NUMBER = re.compile(r"\d{7}")
"""Without which there is nothing to look for."""
BIRTH_WORDS = ("ødt", "ødd", "f.", "born", "Født", "ødselsdato")


MODEL = ("No. Observations:", "Df Residuals:")
EXTREME = re.compile(
    r"\b(?:(?:den|the) )?(?:eldste|yngste|oldest|youngest|høyest lønte|best betalte)(?: \w+){1,3} "
    r"(?:er|var|was|is|tjente|hadde) \d|\b(?:høyeste|laveste|største|minste|highest|lowest) "
    r"(?:observerte |individuelle |observed )?(?:lønn|inntekt|alder|wage|income|age|beløp)\w* "
    r"(?:(?:hos|for|blant|av|among|of) [\w ]{3,30} )?"
    r"(?:er|var|was|is|blant \w+ (?:er|var)) \d",
    re.I,
)


def told(text: str) -> Hits:
    """Single persons in a text: by a key, a name beside an age, a date of birth, an own value."""
    keys = sum(_follows(STAFF_BEFORE, text, found) for found in STAFF_SHOWN.finditer(text))
    keys += sum(_follows(KEY_BEFORE, text, found) for found in NUMBER_KEYED.finditer(text))
    if LONG_NUMBER.search(text):
        keys += sum(len(told.findall(text)) for told in (NUMBERED, IN_CODE, JOINED_KEY))
    if keys:
        yield "key of a person", keys
    born = BORN.finditer(text) if any(word in text for word in BIRTH_WORDS) else ()
    if hits := sum(not _follows(MANY_BORN, text, found) for found in born):
        yield "date of birth of a person", hits
    ages = AGE.finditer(text)
    one = sum(bool(ONE.search(text[max(0, a.start() - 24) : a.end() + 24])) for a in ages)
    named = SECOND_NAME.findall(text)
    named += AT_HOME.findall(text) if STREET.search(text) else []
    named += MAIL.findall(text) if "@" in text else []
    one += len(PRIVATE_MAIL.findall(text)) if "@" in text else 0
    one += sum(_follows(CALLED, text, found) for found in MOBILE.finditer(text))
    if hits := sum(name.lower() in GIVEN for name in named) + one:
        yield "single person described", hits
    if hits := sum(map(text.count, MODEL)):
        yield "summary of a model, not rounded", hits
    if hits := len(EXTREME.findall(text)):
        yield "smallest or largest observation", hits


def _follows(before: re.Pattern[str], text: str, found: re.Match[str]) -> bool:
    """Whether something stands right before what was found."""
    return bool(before.search(text[max(0, found.start() - 40) : found.start()]))


def is_name(value: str) -> bool:
    """Whether a value is the name of a person, by its first name."""
    found = FULL_NAME.fullmatch(value.strip()) or LAST_FIRST.fullmatch(value.strip())
    return found is not None and found[1].lower() in GIVEN


def in_column(title: str, values: list[str]) -> bool:
    """Whether a column holds persons: names, idents of staff, numbers that lost their zero."""
    filled = [value.strip() for value in values if value.strip()]
    if not filled:
        return False
    if sum(map(is_name, filled)) >= max(1, 0.5 * len(filled)) and not CITED.search(title):
        return True
    if _are_keys(title, filled):
        return True
    if all(map(STAFF.fullmatch, filled)):
        return bool(STAFF_TITLE.fullmatch(title)) or not re.search(r"kode|code|krets|omr", title)
    return False


KEYS_AT_LEAST = 3
NO_KEY = re.compile(
    r"doi|isbn|issn|url|lenke|link|telefon|phone|orgn|org\.|konto|tabell|hash|dato|date"
)
NO_TITLE = re.compile(r"(?:unnamed.*|index|indeks|key|n[øo]kk?el|nr\.?|#|level_\d|[a-z])?")
WHOLE_NUMBER = re.compile(r"\d{6,11}(?:\.0)?")
JOINED_TO = re.compile(
    r"(?=.*[-_:/|])(?:\w{1,6}[-_:/|]){0,2}(?<!\d)(\d{7,11})(?:[-_:/|]\w{1,7}){0,2}"
)
TIME = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-3]\d)?(?:\.0)?")


def _are_keys(title: str, values: Sequence[str]) -> bool:
    """Whether a column without a title holds long numbers of its own, or any joins them to others.

    Amounts and counts have titles; numbers that follow each other are those of rows.
    """
    if len(values) < KEYS_AT_LEAST or len({*values}) < len(values) or NO_KEY.search(title):
        return False
    if NO_TITLE.fullmatch(title) and all(map(WHOLE_NUMBER.fullmatch, values)):
        numbers = sorted(int(value.removesuffix(".0")) for value in values)
        row_by_row = numbers[-1] - numbers[0] == len(numbers) - 1 and numbers[0] < 10**6
        return not row_by_row and not all(map(TIME.fullmatch, values))
    found = [JOINED_TO.fullmatch(value) for value in values]
    parts = [match[1] for match in found if match]
    return len(parts) == len(values) and not all(map(TIME.fullmatch, parts))
