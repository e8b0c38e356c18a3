"""Titles of columns, rows and keys: which hold ids of persons, and which count persons.

In bokmål, nynorsk and English, as words or as names in code.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from naveval.disclosure.scan.text import plain
from naveval.disclosure.thresholds import Thresholds

LONGEST_TITLE = 80
IDENTIFYING = re.compile(
    r"(?:(?:birth|person|personal|national|subject|respondent|individ(?:ual)?|delta[kg](?:er|ar)|"
    r"bruker|brukar|klient|client|kunde|patient|pasient|member|case|record|row|participant)"
    r"(?:id|ident|nr|no|nummer|number|key|n[øo]kk?el|hash|code|kode)|"
    r"\w*(?:l[øo]p(?:e)?(?:nr|nummer)|serienr)\w*|(?:\w*\d)?lnr\w*|id(?:person|individ|"
    r"delta[kg]er|bruker)|pid|pnr|cpr|nin|npid|ppid|[ug]uid|"
    r"pseudonym\w*|pseudo(?:id|nr)|(?:record|cell|person)key|hash(?:ed)?id|idhash|idnr|idnummer|"
    r"(?:[nrc]|(?:count|pert(?:urbation)?|noise|st[øo]y))key|"
    r"(?:fnr|dnr|ident|id|person(?:id)?|pid|akt[øo]r(?:id)?|delta[kg]er(?:id)?|participant(?:id)?)"
    r"(?:hash(?:ed)?|sha\d*|md5|hmac|blake\w*)|(?:hash(?:ed)?|sha\d*|md5)(?:fnr|person(?:id)?)|"
    r"(?:n|antall?|counts?|tall?)(?:raw|true|r[åa]|ubeskyttet|ubeskytta|unprotected)|"
    r"(?:raw|true|r[åa]|ubeskyttet|ubeskytta|unprotected)(?:n|antall?|counts?|tall?)|ubeskytte[ta]|"
    r"saks?(?:id|nr|nummer)|journal(?:nr|nummer)|respondent|"
    r"datof[øo]dt|fnr|dnr|snr|ssn|f(?:[øo]d(?:t|sels?(?:nr|nummer|dato))|dato)|dnummer|birth(?:day|date)|dateofbirth|"
    r"akt[øo]r(?:id)?|ident(?:nr|nummer|itetsnummer)?|etternavn|etternamn|fornavn|fornamn|"
    r"(?:full?t?|person)na(?:vn|mn|me)|surname|firstname|lastname|adresse|gateadresse|"
    r"epost(?:adresse)?|email|telefon(?:nr|nummer)?|mobil(?:nr|nummer)?)"
)
PERSONS = (
    r"(?:person[ae]r?|persons|pers(?!\w)|people|folk|(?:tiltaks)?deltak[ea]r(?:e|ar)?|"
    r"(?:tiltaks)?deltag(?:er|ere|arar)|participants|"
    r"(?:arbeids|jobb|asyl)?s[øo]kj?[ea]r(?:e|ar|(?=ne))|arbeidss[øo]kj?[ea]r|job.?seekers|bruker[es]?|"
    r"brukarar|"
    r"(?:\w+)?(?:mottak|l[øo]nnstak|arbeidstak)(?:ere|arar|er(?=ne)|ar(?=ane))|individ(?:er|s|a)?|"
    r"individuals|recipients|"
    r"(?:langtids)?arbeidsle(?:dige|use)|arbeidslause|helt ledige|heilt ledige|(?:langtids)?ledige|"
    r"ledig[eae] kvinner|unemployed|innbygg(?:ere|jarar|er(?=ne))|clients?|"
    r"klient(?:er|ar|(?=[ea]ne))|claimants|"
    r"ansatte|tilsette|sysselsatte|sysselsette|employees|head ?count|"
    r"kandidat(?:er|ar|(?=[ea]ne))|hoder|hovud|"
    r"(?:respondent|pasient|student|elev|l[æa]rling|kursist|pensjonist|trygda?)(?:er|ar|s)|patients|"
    r"fors[øo]rg[ea]r(?:e|ar)|innvandr(?:ere|arar)|flyktning(?:er|ar)|"
    r"(?:syk|sjuk)mel(?:d|dt)e)"
)
PEOPLE = (
    rf"(?:{PERSONS}|kvinn(?:er|or|ene)|menn(?:ene)?|jenter|gut(?:ter|ar)|unge|ungdom(?:m?er|mar)|"
    rf"eldre|"
    r"uf[øo]re|women|men|boys|"
    r"girls|"
    r"behandle(?:de|te)|treated|cases|tilfell[ea]r?|registrerte|observasjon(?:er|ar))"
)
"""Whom a number counts; the narrow list is enough as a title of its own."""
NUMBER_OF = (
    r"(?:(?:totalt? )?ant(?:all?)?\.?|mengda?|"
    r"tal(?:l|le)?(?:et)?(?: (?:p[åa]|over|for))?|sum|"
    r"(?:number|no\.?|nr\.?|count) of|num|cnt|count|#|n|(?:hvor|kor) mange)"
)
EVENTS = (
    r"(?:(?:ant(?:all?)?|tal) (?:overgang(?:er|ar)|avgang(?:er|ar)|tilgang(?:er|ar)|"
    r"f[øo]d(?:te|sl[ea]r)|i \w+|(?:fikk|f[åa]tt|til) (?:jobb|arbeid)|sanksjon(?:er|ar)|"
    r"avbr[uo]tt?e?|fullf[øo]rte?|sluttet|slutta|transitions|exits|"
    r"(?:nye )?(?:vedtak|avslag|uf[øo]re)|(?:nye|tilmeldte|henviste|avsluttede|p[åa]meldte))|"
    r"(?:(?:ant(?:all?)?|tal) )?(?:d[øo]d(?:e|sfall)|deaths|utskrevne|trafikkskadde|skadde|"
    r"selvmord|drop ?outs?))(?:\b.*)?"
)
"""What happens to persons, and is counted as they are; shares of most of it head columns too."""
COUNTING = re.compile(
    rf"{EVENTS}|{NUMBER_OF}\s*{PEOPLE}(?:\b.*)?|"
    rf"(?:(?:nye|unike|andre|alle|new|unique|other|all) )?{PERSONS}(?:\b.*)?|"
    r"(?:person|delta[kg][ea]r|bruk[ea]r|s[øo]kj?[ea]r|mottak[ea]r|participant|client|head|folke)s?"
    r" ?(?:tall?(?:et)?|antall?(?:et)?|counts?|n)|"
    r"(?:cell|celle) ?(?:size|n|count|storleik|st[øo]rrelse|tall?)|"
    r"(?:frekvens(?:ar|er)?|frequency|freq|num|cnt|ant|tal|talet|antal|antall|antallet|n)\.?"
)
COUNT_ROW = re.compile(
    rf"(?:antall?|tall?(?:et)? p[åa]|number of|no\.? of|sum)\s*{PEOPLE}.*|antall?|n", re.I
)
CAPTION = re.compile(
    rf"(?:(?:tabell|table|figur)?[\w .-]{{0,12}}[:.] *|"
    rf"(?:tabell|table|figur) [\w.-]{{1,6}} )?(?:{NUMBER_OF} (?:[\w-]+e )?{PEOPLE}|"
    rf"(?:[\w-]+e )?{PERSONS}(?: \w+){{0,3}} (?:etter|per|fordelt|med|i|by|with)\b|{EVENTS}).*|"
    rf".*[,(] ?(?:antall |tal )?{PERSONS}\)?",
    re.I,
)
NO_CAPTION = re.compile(
    r"andel|prosent|%|effekt|gjennomsnitt|timer|kroner|indeks|share|percent|mean|endring|effect|"
    r"avvik",
    re.I,
)
LONGEST_ROW = 80
"""Titles of rows that hold counts: «Personer» alone may be the name of a sample."""
NO_COUNT = re.compile(
    r"andel|del av|prosent|%|share|percent|proportion|\bper\b|\bpr\b|effekt|effect|kostnad|cost|"
    r"kroner|\bkr\b|nok|bel[øo]p|mean|gjennomsnitt|snitt|median|\brate|timer|hours|m[åa]neder|"
    r"m[åa]nader|months|dager|dagar|days|(?<!br)uker|veker|weeks|alder|\bage|l[øo]nn(?!stilsk)|wage|inntekt|income|"
    r"^n ?(?:folds?|steps?|trees?|lags?|bins?|draws?|splits?|iter(?:ations)?|jobs|epochs?|"
    r"features?|leaves|levels?|repeats?|boot(?:straps)?|estimators|chains?|knots?|seeds?|columns?|cols|"
    r"models?|tables?|figures?|parameters?|files?|years?|periods?)$|"
    r"^(?:level|niv[åa]|page|side|order|depth|line|linje|position|offset|x|y)$|"
    r"endring|change|indeks|index|feil|error|intervall?|verdi|value|vekt|weight|score|sk[åa]r"
)


@lru_cache(maxsize=100_000)
def title_of(cell: str) -> str:
    """A cell as a title: on one line, without mark-up and case."""
    return re.sub(r"\s+", " ", plain(cell)).strip(" .:*_`").lower()


@lru_cache(maxsize=100_000)
def spoken(title: str) -> str:
    """A title as words: `antallPersoner` and `antall_personer` are «antall personer»."""
    words = re.sub(r"(?<=[a-zæøå])(?=[A-ZÆØÅ])|[_/.-]+", " ", plain(title).strip(" .:*_`"))
    return re.sub(r"\s+", " ", words).strip().lower()


def identifies(title: str, limits: Thresholds) -> bool:
    """Whether a column of this title holds ids of persons; names of other things are many."""
    if title in ("name", "navn", "id") or len(title) > LONGEST_TITLE:
        return False
    return title in limits.identifiers or bool(
        IDENTIFYING.fullmatch(re.sub(r"[\W_]", "", title).lower())
    )


AND_SHARE = re.compile(
    r"([^()%]+?),? ?\((?:i |in )?(?:%|andel(?:er)?|prosent|pst\.?|pct\.?|per ?cent|share)\)", re.I
)
"""A title of numbers with their share behind: «Antall (prosent)», `n (%)`."""


OF_A_KIND = re.compile(rf"[^\W\d_]+_{PERSONS}")
"""Persons of a kind as the name of a column: `aap_mottakere`."""
UNIT = re.compile(r"(?<=\w)\s*\((?:n|stk\.?|pers(?:oner)?\.?|persons)\)$", re.I)


@lru_cache(maxsize=100_000)
def counts_persons(title: str, limits: Thresholds) -> bool:
    """Whether a column, a row, or a key in JSON of this title counts persons."""
    if both := AND_SHARE.fullmatch(title.strip()):
        title = both[1]
    title = UNIT.sub("", title)
    name, words = title_of(title), spoken(title)
    if name in limits.count_columns:
        return True
    if name in limits.no_persons or NO_COUNT.search(words):
        return False
    patterns = any(re.fullmatch(pattern, name) for pattern in limits.count_patterns)
    return patterns or bool(COUNTING.fullmatch(words) or OF_A_KIND.fullmatch(name))


NOISE = re.compile(r"(?:.*[ _])?(?:st[øo]y|noise|perturbation)(?:[ _].*)?")
"""Titles of what was added to counts to protect them."""


def undoes(title: str, others: Sequence[str], limits: Thresholds) -> bool:
    """Whether a column holds the noise of counts that stand beside it."""
    return bool(NOISE.fullmatch(title)) and any(counts_persons(other, limits) for other in others)


def apart(title: str, limits: Thresholds) -> bool:
    """Whether a key says that it counts no persons, whatever it stands under."""
    return title_of(title) in limits.no_persons or bool(NO_COUNT.search(spoken(title)))


def counts_by_caption(text: str) -> bool:
    """Whether the caption of a table says that it counts persons."""
    counts = len(text) < 200 and CAPTION.fullmatch(title_of(text).lstrip("# "))
    return bool(counts) and not NO_CAPTION.search(text)


@lru_cache(maxsize=100_000)
def counts_row(cell: str) -> bool:
    """Whether a cell is the title of a row of counts."""
    title = spoken(cell)
    return bool(COUNT_ROW.fullmatch(title)) and not NO_COUNT.search(title)


NAMED_ROW = re.compile(r"n_?(?:persons?|person(?:er|ar)|participants|delta[kg](?:ere|arar))")


def counts_along(cell: str, limits: Thresholds) -> bool:
    """Whether every number in a row of this title counts persons."""
    title = title_of(cell)
    named = title in limits.count_columns or bool(NAMED_ROW.fullmatch(title))
    return len(cell) < LONGEST_ROW and (named or counts_row(cell))


@lru_cache(maxsize=100_000)
def tells(cell: str, limits: Thresholds) -> bool:
    """Whether a cell is the title of a column that identifies or counts persons."""
    return identifies(title_of(cell), limits) or counts_persons(cell, limits)


EXACT = re.compile(
    r"f[øo]dsels[åa]r|f[øo]de[åa]r|birth_?year|year_of_birth|alder|age|postn(?:r|ummer)|"
    r"zip(?:_?code)?|(?:bosteds)?kommune(?:nr|nummer)?|bosted|municipality|bydel|diagnos[ei]s?|"
    r"start_?(?:dato|date)|slutt_?dato|end_?date|registered|registrert|decision_date|vedtaksdato|"
    r"arbeidsgiver|employer|decided_on|from_date|to_date|grunnkrets|f[øo]dt|first_immigration_month"
)
PLACE = re.compile(
    r"(?:bosteds)?kommune(?:nr|nummer|navn)?|bosted|municipality|bydel|fylke(?:nr|nummer|navn)?|county|"
    r"postn.*|zip.*|kontor|office|grunnkrets"
)
"""What alone describes places and no persons."""
PERSONAL = re.compile(
    r"kj[øo]nn|sex|gender|sivilstand|sivilstatus|marital_?status|married|utdanning|education|yrke|"
    r"occupation|landgruppe|landbakgrunn|f[øo]deland|statsborgerskap|country_?(?:group|of_birth)|"
    r"barn|children|innsatsgruppe|ytelse|benefit|fylke|county|kontor|office|tiltak|program(?:me)?|"
    r"l[øo]nn|wage|inntekt|income|formue|helse(?:stønad)?|status|bransje|industry|family_?type|"
    r"benefit_right|weeks_registered|(?:work|health)_benefit|disability|woman|laid_off|(?:wage|"
    r"pension)_decile|residence_months|weekly_hours|hours_(?:worked|per_week)|higher_education|"
    r"position_percent|degree_percent|activity_code|dagpenger(?:rett)?|\w+_nok|timer|hours"
)


def spelled(title: str) -> str:
    """A title as a name, with `_` for blanks and the letters of `fodselsaar` as in words."""
    return title.replace(" ", "_").replace("aa", "a").replace("oe", "o")


def of_person(name: str) -> bool:
    """Whether a title, with `_` for blanks, is a characteristic of a person."""
    return bool(EXACT.fullmatch(name) or PERSONAL.fullmatch(name))


ORDER = re.compile(
    r"rang|rank|nr\.?|nummer|plass|[åa]r|year|m[åa]ned|month|uke|week|kvartal|.*kode|alder.*|age.*"
)
YEAR = re.compile(r"(?:19|20)\d\d")
"""What heads or names rows that follow each other."""
