"""Persons told apart from others in words: names, keys in logs, dates of birth, single dicts."""

import re
from collections.abc import Sequence
from functools import lru_cache

from naveval.disclosure.scan import contacts
from naveval.disclosure.scan.identities import Hits
from naveval.disclosure.scan.text import around, lines_once

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
    arnfinn audun borghild dagfinn gudrun gudmund halvor ingar jarle jostein kåre magnar magnhild
    målfrid oddbjørn oddny oddvar sigmund sigurd siv torgeir torstein vigdis
    abdi abdullah abdul adam agnieszka ahmad ahmed aisha amina amir andrzej dmytro fatma hamza
    hodan hussein ibrahim iryna jerzy katarzyna khadija krzysztof leyla malgorzata marcin maryam
    mehmet mohamud muhammad mustafa natalia oksana olena olha omar osman pawel piotr sahra samira
    svitlana tetiana tomasz yasmin yusuf zahra zainab
"""
"""First names common in Norway."""
GIVEN = frozenset(NAMES.split())
FULL_NAME = re.compile(r"([A-ZÆØÅ][a-zæøåéü]+)(?:[ -][A-ZÆØÅ][a-zæøåéü]*\.?){1,3}")
LAST_FIRST = re.compile(r"[A-ZÆØÅ][a-zæøåéü]+(?:[ -][A-ZÆØÅ][a-zæøåéü]+)?, ([A-ZÆØÅ][a-zæøåéü]+).*")
CITED = re.compile(
    r"forfatt|author|kilde|source|ref|litterat|utgiver|publisher|ansvarlig|kontakt|\bsiter"
)
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
    r"registrert|kjørt|kjøyrt|utført|laget|laga) av|(?:run|made) by|case ?worker|user|bruker)"
    r"(?:en|e)?[\"']?\W{1,4}(?:med ident )?$",
    re.I,
)
WHO = (
    r"person|individ(?:ual)?|(?:kurs|tiltaks)?delta[kg][ae]r|bruk[ae]r|klient|client|"
    r"(?:arbeids|jobb)?s[øo]kj?[ae]r|subject|participant|respondent|patient|pasient|mottak[ae]r"
)
KEY_NAME = r"(?:id|nr\.?|no\.?|nummer(?:et)?|number|ident(?:en)?|key|n[øo]kk?el(?:en)?)"
CODE = r"[0-9a-f]{8}-[0-9a-f-]{20,}\b|(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{10,}\b|\d{4}/\d{4,}"
NO_AMOUNT = r"(?![\d.,]*\d|[\d ]* ?(?:kr|nok|%|prosent|pers|obs|delta|år))"
KEYED = re.compile(
    rf"(?<![^\W_])(?:(?:(?:{WHO})(?:e[nt]|a)?|akt(?:ø|oe|o)r|saks?|user)[_ .-]?{KEY_NAME}|"
    r"(?:fnr|dnr|[psl]nr|pid|sid|ident|l(?:ø|o)pe?(?:nr|nummer)(?:et)?|pseudonym(?:et)?|"
    rf"(?:{WHO})\w{{0,3}} (?:med|with) id))[\"']?(?:\W{{1,4}}|(?: for \w+| er)\W{{1,3}})"
    rf"b?[\"'\[]?(?:(?!(?:19|20)\d\d\b)\d{{4,13}}\b{NO_AMOUNT}|{CODE})|"
    rf"(?<![^\W_])(?:(?!bruk)(?:{WHO})(?:en)?|(?:{WHO})(?=\W*[:=#])|hash of the person)"
    rf"[ :=#(\"'\[]{{1,4}}(?:\d{{5,13}}\b{NO_AMOUNT}|{CODE})|"
    rf"(?<![^\W_])(?:persons|person(?:ene|ane)|delta[kg][ae]r(?:ne|ane))[ :=(\[]{{1,3}}\d{{5,11}}"
    r"(?=,| og|\])",
    re.I,
)
"""A number or code that stands for somebody, after what says that it does."""
OWN = r"(?!(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-3]\d)?\b)\d{7,11}\b"
"""A long number that is no day or month."""
IN_CODE = re.compile(
    rf"(?<![\w-])(?:KeyError|IndexError|ValueError|array|[Ii]ndex|Int64Index|Series|isin|loc|labels?|Name)\b"
    rf"[:(\[ ]{{1,3}}[\"'\[]*{OWN}(?!\.\d)|[{{,] ?[\"']{OWN}[\"'] ?: "
)
JOINED_KEY = re.compile(
    r"\b(?:n[øo]kk?el|key|merge|join|kobl|duplikat|duplicate|mangler|missing)\w*\b[^\n]{0,40}?"
    rf"(?<![\w-])\w{{1,4}}[-_:]{OWN}",
    re.I,
)
"""A number that stands for somebody in a sentence, an error, a list of keys."""
DAY, MONTH, YEAR = r"[0-3]?\d", r"[01]?\d", r"(?:19|20)?\d\d\b"
DATE = (
    rf"(?:{DAY}[./-] ?{MONTH}[./-] ?{YEAR}|(?:19|20)\d\d[-/][01]\d[-/][0-3]\d|"
    rf"[0-3]\d[01]\d(?:19|20)\d\d\b|"
    rf"{DAY}\.? ?(?:jan|feb|mar|apr|ma[iy]|ju[nl]|aug|sep|okt|oct|nov|des|dec)[a-z]*\.? {YEAR})"
)
BORN = re.compile(
    r"(?<![^\W_])(?:f(?:ø|oe|o)dt|fødd|f\.|f(?:ø|oe|o)dsels?(?:dato|dag)(?:en)?|fdato|born|dob|"
    r"birth_?(?:day|date)|date of birth)"
    rf"[\"']?(?:\W{{1,4}}|\W{{0,3}}(?:(?:er|var|is|was|on|den) )+)[\"']?{DATE}"
    r"(?! ?(?:eller|og (?:senere|før)|or (?:later|before)|til|–|-))",
    re.I,
)
MANY_BORN = re.compile(
    r"(?:personer|personar|alle|dem|dei|de som er|those|people|kull|kohort\w*|kvinner|menn|barn|"
    r"søkere|deltakere)\s*$",
    re.I,
)
AGED = re.compile(
    r"\b(?:kvinn|mann|gutt|jent|delta[kg][ae]r|bruk[ae]r|woman|man)(?:e|a|en)?,?(?: på|"
    r" er)? [1-9]\d år(?: gammel| gammal)?,? (?:fra|frå|i|bosatt)\b|[1-9]\d(?: år gam(?:mel|al)|"
    r"-årig|[- ]years?[- ]old) (?:kvinne|mann|deltaker|deltakar|bruker|woman|man)\b",
    re.I,
)
SURNAME = r"(?:[ -][A-ZÆØÅ][\w'-]*\.?){1,3}"
ROLE = (
    rf"(?:{WHO}|kandidat|informant|saksbehandl[ae]r|sakshandsamar|(?:vei|rett)le[id](?:er|ar)|"
    r"case ?worker|ektefelle|pårørende|h[ei][ti]t?er)(?:e[nt]|a|n)?"
)
IN_ROLE = re.compile(rf"\b(?i:{ROLE})\W{{1,3}}(?P<name>[A-ZÆØÅ][\w'-]+{SURNAME})")
"""Somebody's name right after what that person is, whatever the name."""
KNOWN = re.compile(rf"\b([A-ZÆØÅ]\w+){SURNAME}")
OF_ONE = re.compile(
    rf"\b(?:{WHO})(?:en|a|n)?\b(?! (?:må|kan|skal))|"
    r"\b(?:tiltaket|kurset|arbeidsle(?:dig|us)|vedtak(?:et)?|avslag(?:et)?|søknad(?:en)?|klage[nr]?|mor|far|ektefelle\w*|fikk|fekk|"
    r"sluttet|slutta|withdrew|unemployed|født|fødd|fnr|h[ei][ti]t?er)\b|\b[1-9]\d år\b|\bf\. ?\d|"
    r"\b(?:fullt )?na[vm]n\W{1,4}[A-ZÆØÅ]|\b(?<!user)name[=:]",
    re.I,
)
PART_OF_NAME = re.compile(
    r"(?<![^\W_])(?:etternavn|etternamn|fornavn|fornamn|surname|(?:first|last)[ _]?name)"
    r"[\"']?\s*[:=]\s*[\"']?[A-ZÆØÅ][a-zæøå]"
)
CITING = re.compile(
    r"forfatt|author|redakt|kilde|litterat|utgi|publisher|ansvarlig|skrevet|kontakt:|"
    r"\((?:19|20)\d\d",
    re.I,
)
BEST = (
    r"(?:eldste|yngste|h[øo]yeste?|lavest[e]?|lågaste|lengste?|korteste|st[øo]rste|minste|rikeste|"
    r"best betalte|maks(?:imal\w*|verdi\w*)?|fleste?|oldest|youngest|highest|lowest|longest|"
    r"shortest|largest|smallest|richest|(?:max|min|range)(?=[ (]))"
)
OWN_VALUE = (
    r"(?:alder|l[øo]nn|inntekt|bel[øo]p|wages?|income|age|timetall|ledighetsperiode|spell|vente\w*)"
)
EXTREME = re.compile(
    rf"\b(?:{BEST}\b[^.\n]{{0,40}}?\b(?:{WHO}|{OWN_VALUE}|mann|kvinne|man|woman)|"
    rf"(?:{WHO})(?:en|a|n)?\b[^.\n]{{0,20}}?\b{BEST}|den som \w+ (?:lengst|kortest|mest|minst))"
    r"[^\n]{0,60}?\d",
    re.I,
)
OF_GROUPS = re.compile(
    r"andel|prosent|%|gruppe|fylke|kommune|virkning|effekt|nytte|forskrift|gjennomsnitt|median|"
    r"snitt|mean|indikator|tabell|figur|modell|anslag|intervall|vekt|celle|regnes|krav|share|"
    r"effect|grense|threshold|estimat|count|antall|\bseri|skritt|step",
    re.I,
)
HE = re.compile(
    rf"(?<![\w-])(?:(?:{WHO})(?:en|a|n)|(?:bruk[ae]r|s[øo]kj?[ae]r|client)(?= \w+(?:er|r|s|d|te|"
    r"t)\b)|vedkommende|vedkomande|mannen|kvinnen|kvinna|hun|han|ho|jeg|eg|he|she)(?![\w-])",
    re.I,
)
LIFE = re.compile(
    r"\b(?:angst|depres\w+|diagnosen?|s[yj]u?kmeld\w+|psyk\w+|gravid|skil[ts]\w*|samboer\w*|"
    r"ektefelle\w*|rus(?:er|a|misbruk)?|drikker?|drikk|beruset|alkohol|fengsel|straff\w*|"
    r"fotlenke|gjeld(?:en)?|husleien?|mobb\w+|s[øo]ver?|søvn\w*|vondt|smerter?|ryggen|kreft|"
    r"\w*infarkt|operert|innlagt|lege[nr]?|flyktning|tortur\w*|vold|selvmord|tyveri|mistenkt|"
    r"oppsagt|aleneforsørger|sønnen|datteren|moren|faren|søsteren|broren|barnevern\w*|ulykk\w+|"
    r"orker|torer|klarer ikke|umotivert|kranglet|konflikt\w*|skeptisk|førerkort\w*|bullied|slept|"
    r"depressed|divorced?|pregnant|drinks?|addict\w*|prison|sick|illness|debt|anxi\w+|"
    r"[A-Z]\d\d\.\d)\b",
    re.I,
)
"""Health, family, work that went wrong, money and crime: what is told of somebody's life."""
SAYS = re.compile(
    r"\b(?:opplyser|forteller|fortel|sier|seier|oppgir|says|tells)\b.{0,20} (?:hun|han|ho|s?he)\b",
    re.I,
)
MODEL = ("No. Observations:", "Df Residuals:")


def told(text: str) -> Hits:
    """Single persons in a text: by a key, a name, a date of birth, an own value, a life."""
    lines = lines_once(text)
    keys = sum(_follows(STAFF_BEFORE, text, found) for found in STAFF_SHOWN.finditer(text))
    keys += sum(bool(KEYED.search(part)) for part in around(lines, KEYING))
    if LONG_NUMBER.search(text):
        keys += sum(len(form.findall(text)) for form in (IN_CODE, JOINED_KEY))
    if keys:
        yield "key of a person", keys
    born = [(part, found) for part in around(lines, BIRTHS) for found in BORN.finditer(part)]
    if hits := sum(not _follows(MANY_BORN, part, found) for part, found in born):
        yield "date of birth of a person", hits
    one = sum(len(AGED.findall(part)) for part in around(lines, AGES))
    one += sum(map(_names_one, around(lines, NAMING)))
    one += sum(map(_lives, around(lines, LIVES)))
    if hits := one + contacts.ways_to(lines):
        yield "single person described", hits
    if hits := sum(map(text.count, MODEL)):
        yield "summary of a model, not rounded", hits
    extremes = [part for part in around(lines, EXTREMES) if EXTREME.search(part)]
    if hits := sum(not OF_GROUPS.search(part) for part in extremes):
        yield "smallest or largest observation", hits


def _names_one(text: str) -> bool:
    """Whether a text names somebody whom it tells of, and no author."""
    if CITING.search(text):
        return False
    if PART_OF_NAME.search(text):
        return True
    if any(not contacts.OFFICE.search(found["name"]) for found in IN_ROLE.finditer(text)):
        return True
    known = any(name.lower() in GIVEN for name in KNOWN.findall(text))
    return known and bool(OF_ONE.search(text))


def _lives(text: str) -> bool:
    """Whether a sentence tells of somebody's life, or what somebody said of it."""
    sentences = re.split(r"(?<=[.!?])\s", text)
    return any(HE.search(said) and (LIFE.search(said) or SAYS.search(said)) for said in sentences)


def _follows(before: re.Pattern[str], text: str, found: re.Match[str]) -> bool:
    """Whether something stands right before what was found."""
    return bool(before.search(text[max(0, found.start() - 40) : found.start()]))


@lru_cache(maxsize=100_000)
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


LONG_NUMBER = re.compile(r"\d{7}")
KEYING = (
    *("person", "individ", "delta", "bruk", "klient", "client", "søk", "subject", "particip"),
    *("respond", "pati", "pasi", "mottak", "akt", "sak", "fnr", "dnr", "pnr", "snr", "lnr", "pid"),
    *("ident", "løpe", "lope", "pseudonym", "user"),
)
BIRTHS = ("født", "fødd", "foedt", "f.", "born", "birth", "dob", "fødsels", "foedsels", "fdato")
AGES = ("år gam", "årig", "years old", "year-old", "year old", "e på ", "n på ", "r på ", " år")
NAMING = (
    *("delta", "bruker", "brukar", "søk", "klient", "client", "particip", "navn", "namn", "name"),
    *("person", "kandidat", "informant", "behand", "hands", "veiled", "rettle", "caseworker"),
    *(
        "case worker",
        "ledig",
        "laus",
        "vedtak",
        "avslag",
        "klage",
        "kurset",
        "tiltaket",
        "ektefelle",
    ),
    *("pårørende", "født", "fødd", "f. ", "fnr", "heter", "heiter", "sluttet", "slutta", " år"),
)
LIVES = (
    *("hun ", "han ", "ho ", "jeg ", "eg ", "he ", "she ", "vedkom", "mannen ", "kvinnen "),
    *("kvinna ", "bruker ", "brukeren", "brukar ", "søker ", "søkeren", "deltakeren"),
    *("deltakaren", "klienten", "client ", "participant "),
)
EXTREMES = (
    *("eldst", "yngst", "høyest", "hoyest", "lavest", "lågast", "lengst", "kortest", "størst"),
    *("minst", "rikest", "best bet", "maks", "flest", "oldest", "youngest", "highest", "lowest"),
    *("longest", "shortest", "largest", "smallest", "richest", "max(", "range of"),
)
"""Letters, some of which each finding has."""
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
