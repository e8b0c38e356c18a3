"""Ranges that collapse at the decimals shown, and bounds that read as zero, in readers' words.

A template says «fra {a} til {b}» and «opptil {c}» without knowing the numbers. Where both ends read
the same, a range says nothing that one number does not; where a bound reads 0,0, the reader learns
more from half of the last decimal.
"""

import re

NUMBER = r"[−+]?\d[\d\u202f]*(?:,\d+)?(?:[ \u00a0](?:%|prosentpoeng|kr|md\.|uker)(?!\w))?"


def _token(name: str) -> str:
    inner = rf"(?P<{name}>{NUMBER})"
    plain = rf"(?P<{name}_bare>{NUMBER})"
    return rf"(?:\[{inner}\]\{{key=\"[^\"]*\"\}}|{plain})(?![\d\u202f]|,\d|\])"


RANGE = re.compile(
    rf"(?P<before>(?:\b(?P<sure>trolig)\s+)?\b(?P<open>mellom|alt fra|fra)\s+)?"
    rf"(?P<low>(?<![\w,\u202f\"]){_token('first')})\s+(?P<and>til|og)\s+(?P<high>{_token('second')})",
    re.IGNORECASE,
)
NAMED = re.compile(
    rf"\bfra (?P<low>{_token('first')})(?P<what>(?: \w+)? (?:for|i) [^.;]{{1,60}}?) til "
    rf"(?P<high>{_token('second')})(?P<other>(?: \w+)? (?:for|i) [^.;,]{{1,60}})",
    re.IGNORECASE,
)
"""From a number of somebody to a number of somebody, who may be the same."""
MOVES = re.compile(r"\b(?P<verb>går|gikk)(?P<words>(?: [a-zæøåA-ZÆØÅ]+){0,4}) \x00", re.IGNORECASE)
"""A verb that only a range can follow; the mark stands where one has collapsed."""
LESS_THAN = "mindre enn"
IS = {"går": "er", "gikk": "var", "Går": "Er", "Gikk": "Var"}
BOUND = re.compile(
    r"\b(?:opptil|inntil)\s+(?P<open>\[)?(?P<zero>0(?:,(?P<decimals>0+))?)(?![\d,\u202f])",
    re.IGNORECASE,
)


def settle(text: str) -> str:
    """A filled text whose ranges have two ends, and whose bounds are above zero.

    Keys of numbers stay with them.

    Examples
    --------
    >>> settle("Anslagene går fra −7,2 til −7,2, trolig mellom 0,1 og 0,3.")
    'Anslagene er −7,2, trolig mellom 0,1 og 0,3.'
    >>> settle("Den ligger mellom 3,1 og 3,1 timer (trolig mellom 2,0 og 2,0), opptil 0,0 fra nå.")
    'Den ligger på om lag 3,1 timer (trolig om lag 2,0), mindre enn 0,05 fra nå.'
    """
    text = NAMED.sub(_alone, RANGE.sub(_one, text))
    text = MOVES.sub(lambda found: IS[found["verb"]] + found["words"] + " ", text)
    return BOUND.sub(_below, text.replace("\x00", ""))


def _one(found: re.Match[str]) -> str:
    """The number that both ends are, or the range as it was."""
    ends = [found[name] or found[f"{name}_bare"] for name in ("first", "second")]
    how = (found["open"] or "").lower()
    if ends[0] != ends[1] or (found["and"].lower() == "og" and how != "mellom"):
        return found[0]
    if how != "mellom":
        year = re.fullmatch(r"(?:19|20)\d\d", ends[0])
        return ("i " if year and how else "\x00" if how else "") + found["low"]
    return (
        f"{found['sure']} om lag {found['low']}" if found["sure"] else f"på om lag {found['low']}"
    )


def _alone(found: re.Match[str]) -> str:
    """The number and whose it is, where both ends are the same one's."""
    ends = [found[name] or found[f"{name}_bare"] for name in ("first", "second")]
    who = [re.split(r"\b(?:for|i) ", found[name], maxsplit=1)[1] for name in ("what", "other")]
    same = ends[0] == ends[1] and who[0] == who[1]
    return f"\x00{found['low']}{found['what']}" if same else found[0]


def _below(found: re.Match[str]) -> str:
    """Less than half of the last decimal, in the number's brackets where it has a key."""
    half = "0," + "0" * len(found["decimals"] or "") + "5"
    return f"{found['open'] or ''}{LESS_THAN} {half}"
