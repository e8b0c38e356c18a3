"""What opens other doors, and what tells whose machine it was: secrets, paths, users, authors.

Secrets are known by their form (tokens of services, keys, addresses with a password) or by the
name they stand under. A value that stands for another one (`<token>`, `${TOKEN}`, `***`) is none.
"""

import re

from naveval.disclosure.scan.identities import Hits

FORMS = (
    (("eyJ",), r"\beyJ[\w-]{6,}\.eyJ[\w-]{6,}\.[\w-]{4,}"),
    (
        ("earer", "asic", "oken", "EARER"),
        r"(?i)(?:\bbearer[ \t]+|authorization[\"']?[ \t]*[:=][ \t]*[\"']?(?:basic|token)[ \t]+)"
        r"(?=[^\s<]*\d)[\w.~+/-]{12,}",
    ),
    (
        ("://",),
        r"://(?:[^\s/:@\"'<>{}$]*:[^\s/@\"'<>{}$*]{3,}|[\w-]{20,})@[\w.-]+",
    ),
    (("AKIA", "ASIA"), r"\bA[KS]IA[A-Z0-9]{16}\b"),
    (
        ("gh", "glpat", "npm_", "hf_", "pypi-", "xo", "xapp", "AIza", "ya29", "SG.", "sk", "k_"),
        r"\b(?:gh[pousr]_|github_pat_|glpat-|npm_|hf_|pypi-|xox[a-z]-|xapp-|AIza|ya29\.|SG\.|"
        r"(?:sk-|[sr]k_(?:live|test)_)(?=[\w-]*\d))[\w.-]{16,}",
    ),
    (("hooks.", "webhook"), r"\bhooks\.slack\.com/\w+/[\w/]{8,}|webhook\.office\.com/\w+/\w+"),
    (("PRIVATE KEY",), r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    (("sig=", "AccountKey="), r"[?&]sig=[\w%/+-]{20,}|\bAccountKey=[\w/+=]{20,}"),
    (("jdbc:",), r"\bjdbc:[\w:]+:[\w.-]+/[^\s/@\"']{3,}@"),
    (("--",), r"(?<!\w)--(?:token|password|passord|secret|api-key)[ =](?=\S*\d)[^\s<>$\"']{8,}"),
    (
        ("ookie", "ession"),
        r"(?i)(?:cookie: ?|\bsession\w*[=:] ?)[\w.-]*=?(?=[\w%+/-]*\d)[\w%+/-]{24,}",
    ),
    (("ssh-", "ecdsa-"), r"\b(?:ssh-\w+|ecdsa-[\w-]+) AAAA[\w+/]{40,}"),
    (("salt", "SALT"), r"(?i)\bsalt[\"']?[ \t]*[=:][ \t]*[\"']?[0-9a-f]{16,}\b"),
    (("password",), r"\blogin\s+\S+\s+password\s+\S+"),
    ((":5432:", ":*:"), r"(?m)^[\w*-][\w.*-]*:(?:5432|\*):[^:\s]+:[^:\s]+:[^:\s]+$"),
    (("KEY", "key"), r"(?i)key[\"']?\s*[=:]\s*[\"']?(?=[a-z+/-]*\d)[\w+/-]{24,}"),
)
"""Each form with the letters it cannot be without; they are looked for first."""
SECRETS = tuple((letters, re.compile(form)) for letters, form in FORMS)
WORDS = (
    r"passw(?:or)?d|passord|(?:db|sql|user|ftp|smtp)[ _-]?pass|"
    r"passphrase|pwd|secret|token|api[ _-]?key|access[ _-]?key|"
    r"private[ _-]?key|auth[ _-]?key|account[ _-]?key|credentials?|hemmelighe?t?"
)
STEMS = ("pass", "pwd", "secret", "token", "key", "credential", "hemmelig")
NAME = re.compile(rf"(?:[\w.-]*[_.-])?(?:{WORDS})(?:[_.-](?!file|path|name|url|count)\w*)?", re.I)
"""A key, a title or a cell that names a secret and nothing else."""
ASSIGNED = re.compile(
    rf"(?P<name>{WORDS})(?P<rest>[\w.-]{{0,20}})(?P<end>[\"']?[ \t]*(?::=|=>|<-|=|:)[ \t]*)"
    r"(?P<value>[bru]?\"[^\"\n]{4,}\"|[bru]?'[^'\n]{4,}'|"
    r"[^\s\"',;<>(){}]{4,})(?P<after>[ \t]*(?=\n|$))?",
    re.I,
)
MANY = re.compile(r"(?:max|num|n|min|count|total|design|color|colour)[_-]?$", re.I)
ELSEWHERE = re.compile(r"_?(?:file|path|name|url|s?$|type|length|bytes|count|fingerprint)", re.I)
STANDS_FOR = re.compile(
    r"<.*>?|\$.*|%.*%|\{.*|\*+|[xX.…-]+|~.*|/.*|#[0-9a-fA-F]{3,8}|\d{1,5}|var\(.*|(?:your|din|"
    r"ditt|my|min|mitt|example|eksempel|change|dummy|test)[\w -]*|(?:os|process|self|this|window|"
    r"document|config|settings|request|import)[.\[].*|[\w.]+[(\[].*|none|null|undefined|true|"
    r"false|string|str|bytes|required|optional|secret|hidden|redacted|environment",
    re.I,
)
ROOTS = ("data", "mnt", "media", "srv", "scratch", "root", "work", "builds", "net", "nfs")
"""Where servers keep what is theirs; `work` begins `workspaces` too."""
DATA = "parquet|csv|duckdb|sas7bdat|feather|dta|sav"
SERVER = r"(?:intra|srv|fil|file|db|sql|ora|dvh|wiki|jira|git|mail|proxy|ad|dc|app|web|print)"
"""How names of machines begin."""
PATHS = (
    (("\\\\",), r"(?<![\w\\])\\{2,4}[\w-][\w.-]+\\{1,2}[\w$-]{2,}"),
    (
        (":\\", ":/"),
        r"(?<![A-Za-z0-9])[A-Za-z]:(?:\\{1,2}|/(?!/))(?!path\b|Users\\+(?:<|&lt;|%|user\b))"
        r"[\w$~-][\w $~.-]*[\\/]",
    ),
    (
        ("/home/", "/Users/", "/Volumes/", "~"),
        r"(?<![\w.])/(?:home|Users|Volumes)/(?!user\b|USER|NAME|NAVN)[A-Za-z]|"
        r"(?<![^\s\"'=(,;])~(?!naveval)[a-z]{3,}[a-z0-9._-]*/[\w.-]{3,}",
    ),
    (("//",), r"(?<![^\s\"'=(,;«>])//(?!www\b)[a-z][\w-]*/[\w$][\w$.-]+"),
    (("file:",), r"\bfile:/{1,3}[\w~]"),
    (
        ("://",),
        r"\b(?:gs|s3[an]?|abfss?|wasbs?|adl|hdfs|dbfs|oci|smb|sftp|ssh|nfs|"
        r"jdbc:\w+)://[\w.-]+[\w@/]",
    ),
    (
        (
            *(f"/{name}" for name in (*ROOTS, "opt", "var")),
            *(f".{name}" for name in DATA.split("|")),
        ),
        rf"(?<![\w.:/*>-])(?<!=[\"'])/(?:(?:{'|'.join(ROOTS)}|workspaces?|"
        rf"(?:opt|var)/(?=[\w/]*(?:data|workspace|builds)))/?[\w-][\w.-]*(?:/[\w.-]+)+|"
        rf"(?!usr/|etc/)[\w-][\w.-]*(?:/[\w.@=-]+)+\.(?:{DATA})\b)",
    ),
    (("absPath",), r"<x15ac:absPath\b"),
    (("OneDrive - ",), r"\bOneDrive - [^\\/\n<>\"]{2,40}[\\/]"),
    (("Linux ",), r"\bLinux (?!version\b)[\w.-]+ \d+\.\d+\.\d+[-.]\w+"),
    (("HOST",), r"\(HOST ?= ?(?!localhost)[\w.-]{3,}\)"),
    (
        ("ether", "mac", "MAC", "HWaddr"),
        r"\b(?:ether|HWaddr|(?i:mac)(?:[ _]address)?)[\"']?[ :=]+[\"']?"
        r"(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}\b",
    ),
    (
        ("192.168.", "172."),
        r"(?<![\w.])(?:192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}(?![\w.]\d)",
    ),
    (
        ("10.",),  # of versions and numbers of sections, which look like it, the parts are small
        r"10(?<![\w.]10)\.(?:(?<=://10\.)|(?<=@10\.)|(?=[\d.]*(?:\d{3}|[3-9]\d|:\d)))\d{1,3}\.\d{1,3}\.\d{1,3}"
        r"(?![\w.]\d)",
    ),
    (
        ("adeo", "oera", "devillo", ".nais.", ".nav.no"),
        r"\b(?:[\w-]+\.)+(?:(?:adeo|oera|devillo)(?:\.no)?|[\w-]+\.nais\.io|"
        r"(?:intern|ansatt|dev|preprod|corp)\.nav\.no)\b",
    ),
    (
        (".local", ".intern", ".lan", ".corp", ".adeo"),
        r"(?:://|@|\b(?=[a-z.-]*[\d-]))(?:[\w-]+\.)+(?:local|internal|intern|lan|corp)\b|"
        rf"\b(?:[a-z][\w-]*\.(?=[\w-]+\.)|(?={SERVER}))(?:[\w-]+\.)+"
        r"(?:local|localdomain|internal|intern|lan|corp|adeo)\b(?![(-]|\.\w)",
    ),
    (
        ("http",),
        r"\bhttps?://(?!(?:localhost|host\w*|server|example|eksempel|domene|url|vert)\b)"
        r"[a-z][\w-]+(?=[:/\s\"'<>)]|$)(?!/?[{$<])",
    ),
    (
        (":",),
        r"\b[a-z][\w-]*(?:\.[\w-]+)+:(?:1433|1521|1526|3306|5432|8080|8443|9092|27017|50000)\b|"
        r"\b[a-z][\w-]*(?:\.(?!(?:py|js|ts|md|yml|lua|typ|css|csv|txt|html|json|nr)\b)[a-z][\w-]*)+"
        r":(?:[1-6]\d{4}|[3-9]\d{3})(?![\w.,-])",
    ),
    (
        ("host", "Host", "server", "maskin", "Server"),
        r"(?i:\b(?:host|server at|(?:server|maskin)(?:en)?)):?"
        r" [\"'«]?(?=[a-z.-]*\d)[a-z][\w-]*[a-z-][\w.-]*\d\w*",
    ),
    (("",), r"\b[a-eqtu]\d\d(?=\w*[g-z])[a-z]{3,6}\d{3,5}\b"),
    (("fc", "fd", "fe80"), r"(?<![\w:])f(?:[cd][0-9a-f]{2}|e80)(?::[0-9a-f]{0,4}){3,7}"),
    (("@",), r"\b[a-z][\w.-]{2,}@[a-z][\w.-]{3,}:[/~]\w|\bssh-\w+ AAAA\S{40,} \S"),
    (("rw",), r"(?m)^[-dl](?:[r-][w-][xst-]){3}\S? +\d+ +(?!root\b)[a-z]\w+ "),
    (
        (
            "DC=",
            "OU=",
            "USER",
            "LOGNAME",
            "ername",
            "brukernavn",
            "HOSTNAME",
            "host",
            "ode",
            "erver",
        ),
        r"(?<![A-Za-z])(?:(?:USERNAME|username|userName|brukernavn|(?i:hostname|node ?name|server)|"
        r"host(?=: \w+\d))[\"']?\s*[=:]|"
        r"(?:USER|LOGNAME|HOSTNAME)[\"']?\s*[=:\n])\s*[\"']?"
        r"(?!None|null|root\b|name)[A-Za-z][\w.-]{2,}|\b(?:CN|OU|DC)=[^\n]{1,80}?,\s*(?:OU|DC)=",
    ),
)
PLACES = tuple((letters, re.compile(form)) for letters, form in PATHS)
AUTHOR = re.compile(
    r"<(?:dc:creator|cp:lastModifiedBy|meta:initial-creator|meta:printed-by|Manager|tiff:Artist|"
    r"aux:OwnerName|exifEX:CameraOwnerName|xmpRights:Owner)(?:\s[^<>]*)?>\s*(?:<[^<>]*>\s*)*([^<>]*[^<>\s])\s*<|"
    r"<meta name=\"author\" content=\"([^\"]+)\"|"
    r"^(?:[Aa]uthor|[Ff]orfatt(?:er|ar)):[ \t]*[\"']?([^\"'\n]{5,60}?)[\"']?$|"
    r"^#set document\([^\n]*\bauthor: ?\(?\"([^\"]+)\"|"
    r"\b(?:w:author|tiff:Artist|aux:OwnerName|exifEX:CameraOwnerName)=\"([^\"]+)\"",
    re.MULTILINE,
)
NO_PERSON = re.compile(
    r"\bnav\b|naveval|arbeid|tiltak|direktorat|statisti|\bssb\b|avdeling|seksjon|institu|universi|"
    r"department|openpyxl|python|docx|xlsxwriter|typst|quarto|pandoc|latex|microsoft|office|"
    r"apache|poi|matplotlib|reportlab|^(?:a|author|unknown|ukjent|none|user)$",
    re.I,
)


def secrets(text: str) -> Hits:
    """Secrets in a text."""
    hits = sum(
        len(form.findall(text))
        for letters, form in SECRETS
        if any(part in text for part in letters)
    )
    lower = text.lower()
    assigned = ASSIGNED.finditer(text) if any(word in lower for word in STEMS) else ()
    for found in assigned:
        before = text[max(0, found.start() - 12) : found.start()]
        if MANY.search(before) or ELSEWHERE.match(found["rest"] or "-"):
            continue
        whole_line = found["after"] is not None
        quoted = found["value"][-1] in "\"'"
        upper = found["name"].isupper()
        hits += is_secret(found["value"], sure=upper or quoted or whole_line)
    if hits:
        yield "secret or token", hits


def is_secret(value: str, *, sure: bool) -> bool:
    """Whether a value under the name of a secret is one; a word of prose is none unless `sure`."""
    value = re.sub(r"^[bru](?=[\"'])", "", value).strip("\"' .,;`")
    if len(value) < 4 or STANDS_FOR.fullmatch(value) or (" " in value and not sure):
        return False
    if " " in value and len(value.split()) > 3:
        return False
    marked = bool(re.search(r"\d|[!@#$%^&*+=?]", value))
    return marked or (sure and bool(re.fullmatch(r"[^\s:/]{6,}", value)))


def places(text: str) -> Hits:
    """Paths of a machine, stores of data and names of users; web addresses are none."""
    hits = sum(
        len(form.findall(text)) for letters, form in PLACES if any(part in text for part in letters)
    )
    if hits:
        yield "path or user name", hits


def authors(names: str | list[str]) -> Hits:
    """Persons named as authors: names, or the mark-up of a document's properties."""
    if isinstance(names, str):
        names = [next(filter(None, found)) for found in AUTHOR.findall(names)]
    if hits := sum(bool(name.strip()) and not NO_PERSON.search(name.strip()) for name in names):
        yield "name of an author", hits
