"""How somebody can be found: addresses, telephones, accounts, places; those of offices are fine."""

import re

from naveval.disclosure.scan.text import around

OFFICE = re.compile(
    r"\b(?:nav|ssb|etat\w*|kontor\w*|servicesenter|sentralbord|presse\w*|redak\w*|besøks\w*|"
    r"utgi\w*|hele landet)\b|arbeids- og|org\.? ?n|organisasjon|direktorat|departement|statisti|"
    r"institu|universi|forskning|avdeling|seksjon|biblio|publisher",
    re.I,
)
"""What stands around the address, telephone or name of an office."""
OFFICE_BOX = re.compile(
    r"nav|ssb|post|presse|press|info|kontakt|contact|analyse|statisti|support|help|hjelp|data|"
    r"admin|reply|redaks|avdel|kunnskap|team|test|git|user|user?name|example|eksempel|navn|name|"
    r"first|last|your|din",
    re.I,
)
REACHED = re.compile(r"e-?post|e-?mail", re.I)
"""Titles of addresses, which persons or offices have."""
AT = re.compile(r"\s?[(\[{<]\s?(?:at|alfakr[øo]ll|kr[øo]llalfa)\s?[)\]}>]\s?", re.I)
POINT = re.compile(r"\s?[(\[{]\s?(?:dot|punktum|punkt)\s?[)\]}]\s?", re.I)
MAIL = re.compile(r"(?<![\w.+-])([a-zæøå][\w.+-]{2,40})@([\w-]+(?:\.[\w-]+)*\.[a-z]{2,})\b", re.I)
PRIVATE = re.compile(
    r"(?:gmail|hotmail|outlook|live|yahoo|icloud|online|msn|proton(?:mail)?|getmail|me)\.\w{2,3}",
    re.I,
)
WORDS_OF_MAIL = re.compile(r"[^\W\d_]{2,}")
PHONE = re.compile(
    r"(?<![\d.,])(?:(?:\+|00)47[ -]?\)? ?-?)?(?P<number>[2-9]\d(?:\d[ .-]?\d\d[ .-]?\d{3}|"
    r"[ .-]\d\d[ .-]\d\d[ .-]\d\d|\d[ .-]?\d{5}|\d[ .-]?\d\d[ .-]\d{3}))(?![\d]|[.,]\d)"
)
CALLED = re.compile(
    r"(?:\b(?:tlf|tel|mob|mobil\w*|telefon\w*|cell|sms|ring\w*|nås|(?:\w+_)?phone)\b[^\n\d]{0,40}|"
    r"(?<![\d.,])(?:\+|00)47[ )-]{0,3})$",
    re.I,
)
WHO_IS_CALLED = re.compile(r"\bmor\b|\bfar\b|pårør|delta[kg]|bruk[ae]r|søk|particip|client", re.I)
STREET = (
    r"\b[A-ZÆØÅ][\w.-]{0,30}(?: [\w.-]{1,30}){0,2}? ?(?<=\w)(?:ve[ig](?:en)?|gat[ae]n?|gate|"
    r"bakken|li[ae]n?|stien|svingen|plass|all[eé]e?n?|torg|tunet|haugen|åsen|ringen|kroken|løkka)"
)
ADDRESS = re.compile(
    rf"(?:{STREET} \d{{1,3}} ?[A-Z]?\b|\b[A-ZÆØÅ]\w{{1,30}} \d{{1,3}} ?[A-Z]?,(?: H\d{{4}},)? "
    r"\d{4} [A-ZÆØÅ])"
)
POST = re.compile(r"\b\d{4} [A-ZÆØÅ][a-zæøå]+")
AT_HOME = re.compile(
    r"\b(?:bo[rd]?|bosatt|bur|bosted|bustad|\w*adress\w*|flytt\w+|brev\w*|leil\w*|c/o|mor|far|"
    r"delta[kg][ae]r\w*|bruk[ae]r\w*|søk[ae]r\w*)\b|\bH0\d{3}\b",
    re.I,
)
BOX_OF_ONE = re.compile(
    r"\bpostboks \d+[^\n]{0,40}(?:bruk[ae]r|delta[kg]|søk)|\bgnr\.? \d+,? bnr\.? \d+", re.I
)
ACCOUNT = re.compile(
    r"\b(?:\w*kont[oi]\w*|iban)\W{1,3}(?:nr\.? ?|NO ?\d\d ?)?(\d{4}[ .]?\d\d[ .]?\d{5})\b", re.I
)
NUMBERED = re.compile(
    r"\b(?:pass(?:port|nummer|nr)?\.?(?: ?n[ro]\.?)?:? [A-Z]{0,2}\d{7,8}|"
    r"duf(?:[- ]?(?:nr|nummer))?\.?:? \d{12}|f[øo]rerkort\w*:? (?:\d{2} ?){2}\d{6} ?\d|"
    r"kort(?:nummer|nr)?:? (?:\d{4}[ -]?){4}|"
    r"(?:bil|reg\.? ?nr\.?|kjennemerke):? [A-Z]{2} ?\d{5})\b",
    re.I,
)
WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
SPOT = re.compile(
    r"(?:\b(?:lat\w*|hjem\w*|home\w*|bosted\w*|heim\w*)\W{1,4}|point ?\(|\"coordinates\\?\": ?\[)"
    r"[^\d\n]{0,12}(\d{1,2}\.\d{4,})(?:[^\d\n]{1,14})(\d{1,2}\.\d{4,})",
    re.I,
)


def ways_to(text: tuple[str, str]) -> int:
    """How many ways to a single person the lines tell that `text.lines_once` gives."""
    hits = sum(map(_mails, around(text, ("@", "(at)", "[at]", "alfakr", "krøllalfa"))))
    hits += sum(map(_phones, around(text, CALLING)))
    hits += sum(map(_at_home, around(text, HOMES)))
    hits += sum(len(NUMBERED.findall(part)) for part in around(text, NUMBERING))
    told = [part for part in around(text, ACCOUNTS) if not OFFICE.search(part)]
    accounts = map(ACCOUNT.findall, told)
    hits += sum(_is_account(number) for found in accounts for number in found)
    return hits + sum(len(SPOT.findall(part)) for part in around(text, SPOTS))


ACCOUNTS = ("konto", "konti", "iban")
CALLING = ("tlf", "tel", "mob", "phone", "ring", "sms", "nås", "+47", "0047", "cell")
HOMES = (
    *("veg", "vei", "gate", "gata", "bakken", "lia", "stien", "svingen", "plass", "allé", "torg"),
    *("tunet", "haugen", "åsen", "ringen", "kroken", "løkka"),
    *("adresse", "bosted", "bustad", "bor "),
    *("bosatt", "bur ", "brev", "c/o", "postboks", "gnr"),
)
NUMBERING = ("pass", "duf", "førerkort", "kort", "bil", "reg", "kjennemerke")
SPOTS = ("lat", "hjem", "home", "bosted", "heim", "point", "coordinates")


def _mails(text: str) -> int:
    """Addresses that somebody has alone: private ones, and those of first and last name."""
    hits = 0
    least = 1 if AT.search(text) else 2
    for own, domain in MAIL.findall(POINT.sub(".", AT.sub("@", text))):
        words = WORDS_OF_MAIL.findall(own)
        office = any(map(OFFICE_BOX.search, words)) or "example" in domain
        hits += bool(PRIVATE.fullmatch(domain)) or (len(words) >= least and not office)
    return hits


def _phones(text: str) -> int:
    """Telephones of single persons: mobile ones, and others that somebody's are said to be."""
    hits = 0
    for found in PHONE.finditer(text):
        before = text[max(0, found.start("number") - 60) : found.start("number")]
        own = found["number"][0] in "49" or WHO_IS_CALLED.search(before)
        hits += bool(own and CALLED.search(before)) and not OFFICE.search(text)
    return hits


def _at_home(text: str) -> int:
    found = ADDRESS.search(text) and (AT_HOME.search(text) or POST.search(text))
    return bool((found and not OFFICE.search(text)) or BOX_OF_ONE.search(text))


def _is_account(number: str) -> bool:
    digits = map(int, re.sub(r"\D", "", number))
    return sum(w * d for w, d in zip(WEIGHTS, digits, strict=True)) % 11 == 0
