"""Small counts of persons in sentences, in digits or words, as parts and as percentages."""

import re
from collections.abc import Iterable
from functools import lru_cache
from math import gcd

from naveval.disclosure.scan.identities import Hits
from naveval.disclosure.scan.titles import NUMBER_OF, PEOPLE, PERSONS
from naveval.disclosure.thresholds import Thresholds
from naveval.project import places

NUMERALS = """
null ingen | én éin en ein ei ett eitt et one | to two | tre three | fire four | fem five | seks six
| sju syv seven | åtte eight | ni nine | ti ten | elleve eleven | tolv twelve | tretten | fjorten
| femten | seksten | sytten | atten | nitten | tjue tyve twenty
"""
NUMERAL = {word: value for value, words in enumerate(NUMERALS.split("|")) for word in words.split()}
WORD_NUMBER = r"(?:\d+|" + "|".join(sorted(NUMERAL, key=len, reverse=True)) + ")"
ARTICLES = {word for word in NUMERAL if NUMERAL[word] == 1} - {"én", "éin"}
BARELY = re.compile(r"\b(?:bare|berre|kun|only|nøyaktig|akkurat|just|exactly) $", re.I)
"""«En deltaker» is a count only after such a word."""
DESCRIBING = (
    rf"(?:(?:(?!{WORD_NUMBER}\b)[a-zæøå]+(?:e|ske|ke)|"
    r"av (?:de|dei|disse|desse)|av|of the) ){0,2}"
)
SMALL_IN_PROSE = re.compile(
    rf"(?<![\w,.–-])(?P<number>{WORD_NUMBER}) (?P<between>{DESCRIBING})"
    rf"(?P<people>{PEOPLE})(?:ne|ane|ene)?\b",
    re.I,
)
OF_GROUPS = re.compile(r"\w*(?:grupp|typ|slag|kategori|kull|kohort|utvalg)\w* (?:av |of )", re.I)
"""«De tre gruppene av søkere» counts groups."""
NO_SIZE = re.compile(
    r"(?:\b\w+ (?:enn|than)|\b(?:en|et|ei|ein|eit|an?) \w+ (?:er|is)|\b(?:one|two|three|\d) in|"
    r"(?<!består )(?<!bestod )(?<!besto )\b(?:under|over|minst|opptil|"
    r"inntil|av|of|every|each|modell?|metode|versjon|kolonne|"
    r"punkt|fase|\d+ (?:til|to|eller|or)|hver|kvar|figur|tabell|kapittel|"
    r"avsnitt|vedlegg|steg|trinn|gruppe|"
    r"alternativ|nr\.?)|\d[\d,.]*) $",
    re.I,
)
"""What stands before a number that is a limit, a part, a label, or the end of a longer number."""
PART = re.compile(
    rf"(?<![\w,.–-])(?P<part>{WORD_NUMBER}) (?:av|of|out of) (?P<all>de |dei |the |alle |i alt )?"
    rf"(?P<base>{WORD_NUMBER})(?: [\w-]+e)? {PEOPLE}",
    re.I,
)
ONE_PERSON = re.compile(
    r"(?<![\w,.–-])(?P<one>én|éin|1|kun en|bare en|kun ein|berre ein|only one|en eneste|"
    r"ein einaste|exactly one|a single(?= job ?seeker| participant| client)|"
    r"one(?= (?:wo)?man aged \d)) (?:(?!og |eller |and |or )[a-zæøå]+ )?"
    r"(?:(?<!1 )(?:kvinne|mann|woman|man)|person|"
    r"(?:tiltaks)?delta[kg][ae]r|(?:arbeids|jobb)s[øo]kj?[ae]r|bruk[ae]r|\w*mottak[ae]r|klient|"
    r"individ|innbygg[ae]r|participant|job ?seeker|client)\b"
    r"(?! (?:per|kan|må|skal|can|may|must)\b)(?!(?<!mottak[ae]r) av\b)",
    re.I,
)
"""«Én person» tells a count; «en person» is anybody."""
ANYBODY = re.compile(
    r"\b(?:rad(?:en)? er|det vil si|dvs\.|er lik|med|for|om|hver|kvar|per|teller|mellom|som|enn|"
    r"hos|til|gjelder|row is|with|of|to|than|when|når|at|hvis) $",
    re.I,
)
ANY_TIME = re.compile(r"(?: \w+){0,4}? (?:i|per|ved|in) (?:én|ett|en|hver|one|a)\b", re.I)
"""Around «én person» where it tells what is counted: «en rad er én person i én måned»."""
NOT_COUNTED = re.compile(
    r"(?: (?:i|fra|på) \w+)? (?:må|skal|bør|kan|signerer|godkjenner|kontrollerer|leser|"
    r"undertegner|must|should|med (?:samme|lik|ellers lik)|"
    r"som (?:samarbeider|snakker|sitter|står|går|møtes|jobber sammen|arbeider sammen)|"
    r"sign|approve|review|har (?:lest|godkjent|signert|kontrollert)|lager|skriver|arbeider med)\b",
    re.I,
)
"""After people who do something for the report, and are not counted in it."""
ABOUT = re.compile(
    r"(?:om lag|rundt|nesten|omtrent|cirka|ca\.?|about|nearly|hver|kvar|over|under) $", re.I
)
ROUND_BASES = frozenset([*range(11), 12, 15, 20, 25, 50, 100, 1000, 10_000, 100_000])
"""«Tre av ti deltakere» is a share; «tre av 37» is a count."""
OF_THESE = re.compile(
    r"\b(?i:av|of|blant|among) (?:dem|dei|di?sse|desse|those|these|them)\b|"
    r"\b(?i:i|på|ved|fra|frå|hos|in|at|from) (?!(?:Nav|Norge|Noreg|Norway)\b)"
    r"(?P<place>[A-ZÆØÅ][\w-]+)",
)
"""What makes «1 av 4 deltakere» persons of a group, and no share of all."""
SENTENCE_END = re.compile(r"[.!?\n]")
PERCENT_OF = re.compile(
    r"(?<![\w,.])(?P<share>\d+(?:[,.]\d+)?) ?(?:%|prosent|pst\.?|per ?cent) "
    rf"(?:av (?:de |dei |alle )?|of (?:the )?)(?P<base>\d+)(?: [\w-]+e)? {PEOPLE}|"
    r"(?<![\w,.])(?P<of>\d+(?:[,.]\d+)?) ?(?:%|prosent) ?\([nN] ?= ?(?P<size>\d+)\)|"
    r"\([nN] ?= ?(?P<before>\d+)\)[^.\n\d]{1,30}(?P<then>\d+(?:[,.]\d+)?) ?(?:%|prosent)",
    re.I,
)
WHICH = r"(?:i|på|fra|over|under|med|uten|som) (?!figur|tabell|kap|avsn|vedl)[\w–-][\w –-]{0,30}"
"""What tells which persons of all: «kvinner under 30»."""
TITLED = re.compile(rf"(?:{NUMBER_OF} )?(?:\w+e )?{PEOPLE}(?: {WHICH})?[ :=]+(?P<number>\d)", re.I)
"""All that the title of a mark or picture says, where a number ends it."""
NUMBERED = re.compile(r"(?:kvartal|måned|år|uke|nivå|del|panel) $", re.I)
ABOUT_THERE = r"(?: (?:bare|kun|berre|nå|no|nede|ned|på|i|til|lik))*"
TOLD = re.compile(
    r"(?<!\w)(?<!per )(?<!pr )(?<!pr\. )(?<!hundre )(?<!tusen )(?<!\d )"
    rf"(?:(?:(?:{NUMBER_OF}|antallet)[ _](?:\w+e )?{PEOPLE}[\w ]{{0,30}}|{PERSONS}|"
    r"antall?|frekvens)"
    rf"(?: ?[:=] ?| (?:er|var|vart|ble|blei|falt|sank|gikk){ABOUT_THERE} )|{PEOPLE} {WHICH} ?[:=] |"
    rf"{PERSONS}(?:ne|ane)?(?: {WHICH})? (?:er|var|vart|ble|blei) (?=\w+(?: i tal|[.,;!]|$)))"
    rf"(?P<number>{WORD_NUMBER})"
    r"(?![\w%]|[.,]\d| ?(?:%|prosent|–|-|(?:av|til|of|to)\b)|[ \u00a0\u202f]\d{3}\b)",
    re.I,
)
LISTED = re.compile(
    rf"\b{NUMBER_OF} (?:\w+e )?{PEOPLE}[^:.\n\d]{{0,40}}: ?"
    r"((?:[^\W\d][\w-]*(?: [\w-]+)*? \d+(?!\d|[.,]\d)(?:, |; | og |(?=\W|$))){2,})",
    re.I,
)
NAMED = re.compile(r"[^\W\d] (\d+)(?=\W|$)")
"""«Antall deltakere: Hamar 211, Tolga 3»."""
HINT = re.compile(
    r"person|folk|delta[kg]|delto[kg]|s[øo]k|bruk[ea]r|mottak|tak[ea]r|individ|ledig|laus|people|"
    r"particip|"
    r"seeker|unempl|innbyg|klient|client|claim|head|kandid|hode|hovud|respond|work|patient|kvinn|"
    r"menn|jent|gut|ung|eldre|innvand|flykt|meld|uf[øo]r|wom[ae]n|men|man aged|boys|girls|"
    r"case|tilfel|regist|stykk|stk|slutt|trakk|falt|flytt|fullf|avbr|sanksj|arbei|jobb|job|died|"
    r"dropped|d[øo]de|ansatt|tilsett|student|elev|ling|kursist|pensj|forsør|pasient|sysselsat|employ|patient|hode|hovud|behandl|treated|"
    r"observ|antal|frekv|mann|client|\bn ?[=:]"
)
SIZE_IN_PROSE = re.compile(
    r"(?:[(\[,;:]|\b(?:er|var|is|was|bare|kun|only|p[åa]|on|of)) ?[nN] ?= ?(\d+)"
    r"(?![\d.,]*\d| \d{3}\b)"
)
SIZE_FIRST = re.compile(
    r"(?m)(?:(?:^|[.!?] )[nN] ?= ?(?=\d+ (?:i|in|for|fra|frå|from|på)\b)|^N ?= ?(?=\d+$))(\d+)"
)
OF_ALL = re.compile(
    rf"\b(?:av|of|blant|among) (?:de |dei |the )?(?P<base>{WORD_NUMBER}) (?:[\w-]+e )?{PEOPLE}"
    r"(?:ne|ane)?,? (?:er|var|vart|ble|blei|fikk|fekk|hadde|are|were|had|got|died|left|"
    r"kom|gikk|gjekk|falt|\w+(?:et|te|de|a))(?: bare| berre| kun)? "
    rf"(?P<part>{WORD_NUMBER})\b(?![.,]\d| ?(?:%|prosent|per ?cent|(?:av|of)\b|år|years|måned|"
    r"månad|months|uke|veke|weeks|dag|days|timer|hours|kr|gang|times|prosentpoeng|\d{3}\b))",
    re.I,
)
"""«Av 512 deltakere var 2 i jobb»."""
DID = (
    r"(?:delto[kg]|delta[kr]|døde|døydde|sluttet|slutta|fullførte|avbrøt|avbraut|trakk seg|"
    r"falt fra|(?:flytt|utvandr|mist)(?:et|a)|møtte|gikk (?:av|over|ut|til)|"
    r"(?:fikk|fekk) (?:\w+ )?(?:jobb|arbeid|avslag|tiltak|dagpenger|uføre\w*)|"
    r"kom (?:seg )?i (?:jobb|arbeid|tiltak)|"
    r"(?:ble|blei|vart) (?:syk\w*|sjuk\w*|ufør\w*|sanksjon\w+|ansatt\w*|permitter\w+|utvist\w*)|"
    r"died|dropped out|left (?:the|early|before)|(?:got|found) (?:a job|work)|"
    r"were (?:sanctioned|laid off|excluded|dropped))\b"
)
"""What only persons do, so that those who did are persons."""
SOME_OF = r"(?: (?:stykk[ea](?:r|ne)?|stk\.?|av (?:dem|dei|di?sse|desse)|of (?:them|these)))"
WHO_DID = re.compile(
    rf"\b(?:alle|de|dei|bare|kun|berre) (?P<of_all>{WORD_NUMBER}) som {DID}|"
    rf"(?:^|[.;:!?] |, |\b(?:bare|kun|berre|only|og|at) )(?P<some>{WORD_NUMBER}){SOME_OF}? {DID}|"
    rf"{PEOPLE}(?:ne|ane|ene)? \((?P<behind>{WORD_NUMBER})\) (?:som )?(?:{DID}|(?:er|var|vart|"
    r"ble|blei|fikk|fekk|hadde|har|kom|gikk|gjekk|were|was|had|got)\b)|"
    rf"(?P<pieces>{WORD_NUMBER}) (?:stykk[ea]r|stk\.?) \w+(?:et|te|dde|a|k)\b",
    re.I | re.M,
)
"""«To stykker sluttet», «brukerne (2) ble sanksjonert», «alle 4 som deltok»."""
OF_EACH = re.compile(r"\b(?:hver|kvar|every|per) [^.\n]*$", re.I)
IN_A_RATE = re.compile(
    r"\b(?:per|pr\.?|av|of) (?:hver |every )?"
    rf"(?:hundre|tusen|hundred|thousand|1 ?000|10 ?000|100 ?000|100)(?: {PEOPLE})?",
    re.I,
)
"""Around a number that is a rate: «3 personer per 1000 deltakere»."""


def too_small(count: float, limits: Thresholds) -> bool:
    """Whether a number is a count of persons below the threshold; shares and NaN are not."""
    return 0 <= count < limits.min_cell and count == int(count)


@lru_cache(maxsize=100_000)
def number(text: str) -> float:
    """A number as a table shows it, in digits or a word, NaN for anything else.

    Examples
    --------
    >>> number("3 (12 %)"), number("tre"), number("1 204")
    (3.0, 3.0, 1204.0)
    """
    bare = re.sub(r"\s*\([^()]*(?:%|prosent)?\)$|\s*(?:stk|pers)\.?$", "", text.strip())
    shown = re.sub(r"[\s\u00a0\u202f*]", "", bare).replace("−", "-").replace(",", ".")
    try:
        return float(shown)
    except ValueError:
        return float(NUMERAL.get(shown.lower(), "nan"))


def prose(text: str, limits: Thresholds) -> Hits:
    """Small counts of persons in sentences; «færre enn 5 personer» tells no count.

    Lines that speak of nobody, most of them in a table, are passed over, and a line is read once.
    """
    lines = {line for line in text.splitlines() if len(line) > 3}
    text = "\n".join(line for line in sorted(lines) if HINT.search(line.lower()))
    sizes = [*SIZE_IN_PROSE.findall(text), *SIZE_FIRST.findall(text)]
    hits = sum(too_small(float(size), limits) for size in sizes)
    for found in OF_ALL.finditer(text):
        of_round = number(found["base"]) in ROUND_BASES
        hits += not of_round and 0 < number(found["part"]) < limits.min_cell
    for found in WHO_DID.finditer(text):
        word = next(filter(None, found.groups())).lower()
        of_each = found["some"] and OF_EACH.search(text, max(0, found.start() - 60), found.start())
        hits += word not in ARTICLES and not of_each and 0 < number(word) < limits.min_cell
    told = (item for item in TOLD.finditer(text) if not _rate(text, item))
    numbers = [item["number"] for item in told]
    numbers += [size for found in LISTED.findall(text) for size in NAMED.findall(found)]
    hits += sum(0 < number(size) < limits.min_cell for size in numbers)
    for found in SMALL_IN_PROSE.finditer(text):
        word = found["number"].lower()
        before = text[max(0, found.start() - 24) : found.start()]
        article = word in ARTICLES and not BARELY.search(before)
        counted = 0 < number(word) < limits.min_cell and not article
        heading = word.isdigit() and found["people"][0].isupper()  # «3 Deltakere og tiltak»
        doing = bool(NOT_COUNTED.match(text, found.end()))
        grouped = OF_GROUPS.match(found["between"])
        said = not heading and not doing and not grouped and not NO_SIZE.search(before)
        hits += counted and said and not _rate(text, found)
    for found in PART.finditer(text):
        part, base = number(found["part"]), number(found["base"])
        before = text[max(0, found.start() - 12) : found.start()]
        of_round = base in ROUND_BASES and not _of_these(text, found)
        hits += 0 < part < limits.min_cell and not of_round and not ABOUT.search(before)
    for found in ONE_PERSON.finditer(text):
        before = text[max(0, found.start() - 24) : found.start()]
        anybody = ANYBODY.search(before) or ANY_TIME.match(text, found.end())
        hits += not anybody and not NO_SIZE.search(before)
    for found in PERCENT_OF.finditer(text):
        share = number(found["share"] or found["of"] or found["then"])
        share *= number(found["base"] or found["size"] or found["before"])
        hits += 0.5 <= share / 100 < limits.min_cell - 0.5
    if hits:
        yield f"count below {limits.min_cell} persons in a sentence", hits


def titled(titles: Iterable[str], limits: Thresholds) -> Hits:
    """Small counts that titles of marks and pictures end with; «Ledige i tabell 3» tells none."""
    told = (found for title in titles if (found := TITLED.fullmatch(title.strip())))
    small = (found for found in told if 0 < number(found["number"]) < limits.min_cell)
    before = (found.string.strip()[: found.start("number")] for found in small)
    if hits := sum(not NO_SIZE.search(text) and not NUMBERED.search(text) for text in before):
        yield f"count below {limits.min_cell} persons in a title", hits


def _rate(text: str, found: re.Match[str]) -> bool:
    """Whether a number stands right before or after of how many it is a rate."""
    before = [*IN_A_RATE.finditer(text, max(0, found.start() - 40), found.end())]
    after = IN_A_RATE.match(text, found.end() + 1)
    return after is not None or any(
        re.fullmatch(r"(?:: |,? (?:er |blir |var )?)?", text[item.end() : found.start("number")])
        for item in before
    )


def _of_these(text: str, found: re.Match[str]) -> bool:
    """Whether a few in digits are a part of persons told of, as none of shares in lowest terms."""
    if not (found["part"].isdigit() and found["base"].isdigit() and int(found["base"]) < 10):
        return False
    before = SENTENCE_END.split(text[: found.start()])[-1]
    around = before + SENTENCE_END.split(text[found.end() :], maxsplit=1)[0]
    told = (
        not told["place"] or told["place"].lower() not in counties()
        for told in OF_THESE.finditer(around)
    )
    return bool(found["all"]) or gcd(int(found["part"]), int(found["base"])) > 1 or any(told)


@lru_cache(maxsize=1)
def counties() -> frozenset[str]:
    """Names of the counties, in small letters."""
    return frozenset(item.name.lower() for item in places.county_list().counties)
