"""Norwegian number format, as every reader of a report sees it.

Decimal comma, thin no-break space (U+202F) between thousands, U+2212 as minus sign.
`FORMATS` maps the names used in `report/texts` to functions of one value; a name
ending in `_s` shows the sign of positive numbers too.
"""

import math
import re
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from naveval.project import ranges

MINUS = "−"
THIN = "\u202f"
NO_BREAK = "\u00a0"
MISSING = ".."
SUPPRESSED = ":"
FEW = "0–5"
ENDLESS = "∞"
NOISY = f"≈{NO_BREAK}"
"""Before a number that rests on so few persons that it is mostly noise."""
MONTHS = (
    "januar",
    "februar",
    "mars",
    "april",
    "mai",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "desember",
)


def is_missing(value: Any) -> bool:
    """True for None, NaN and pandas' missing values."""
    return value is None or str(value) in ("<NA>", "NaT") or bool(value != value)


def number(value: Any, decimals: int = 0, *, signed: bool = False) -> str:
    """Format a number: 1234.5 becomes 1 234,5; missing values become «..».

    Halves go away from zero, by the decimals that a file shows and not by their binary value.

    >>> number(1.15, 1), number(-1.05, 1)
    ('1,2', '−1,1')
    """
    if is_missing(value):
        return MISSING
    value = float(value)
    if math.isinf(value):
        return ("" if value > 0 else MINUS) + ENDLESS
    digits = f"{_halves_up(abs(value), decimals):,f}".replace(",", THIN).replace(".", ",")
    zero = not digits.strip("0," + THIN)
    sign = "" if zero else MINUS if value < 0 else "+" if signed else ""
    return sign + digits


def _halves_up(value: float, decimals: int) -> Decimal:
    """A number with so many decimals; twelve digits of it tell what it was meant to be."""
    meant = Decimal(f"{value:.12g}")
    return meant.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, Context(prec=400))


def percent(value: Any, decimals: int = 1, *, signed: bool = False) -> str:
    """Format a number that already is in percent: 12.34 becomes 12,3 %."""
    text = number(value, decimals, signed=signed)
    return text if text == MISSING else f"{text}{NO_BREAK}%"


def share(value: Any, decimals: int = 1, *, signed: bool = False) -> str:
    """Format a share between 0 and 1 as percent."""
    return percent(value if is_missing(value) else float(value) * 100, decimals, signed=signed)


def chance(value: Any) -> str:
    r"""Format a probability from draws as percent; none and all of them are no certainty.

    >>> chance(0.004), chance(0.5), chance(1)
    ('< 1\xa0%', '50\xa0%', '> 99\xa0%')
    """
    if is_missing(value):
        return MISSING
    shown = percent(100 * float(value), 0)
    ends = {percent(0, 0): f"< {percent(1, 0)}", percent(100, 0): f"> {percent(99, 0)}"}
    return ends.get(shown, shown)


def size(value: Any) -> str:
    """A size that somebody chose, as percent with the decimals it needs: 0.2 becomes 20 %."""
    if is_missing(value):
        return percent(value)
    percents = round(100 * float(value), 9)
    return percent(
        percents, next(n for n in (0, 1, 2, 3) if n == 3 or round(percents, n) == percents)
    )


def points(value: Any, decimals: int = 1, *, signed: bool = False) -> str:
    """Format a difference between two shares (0 to 1) in percentage points."""
    text = number(value if is_missing(value) else float(value) * 100, decimals, signed=signed)
    return text if text == MISSING else f"{text}{NO_BREAK}prosentpoeng"


def hundred(value: Any, decimals: int = 1, *, signed: bool = False) -> str:
    """Format a share between 0 and 1 in hundredths, where the unit stands elsewhere."""
    return number(value if is_missing(value) else float(value) * 100, decimals, signed=signed)


def nok(value: Any, *, signed: bool = False) -> str:
    """Format kroner: 12345 becomes 12 345 kr."""
    text = number(value, 0, signed=signed)
    return text if text == MISSING else f"{text}{NO_BREAK}kr"


def thousand(value: Any, *, signed: bool = False) -> str:
    """Format an amount in thousands, where the unit stands elsewhere: 12 345 becomes 12."""
    return number(value if is_missing(value) else rounded(value, 1000) / 1000, signed=signed)


def p_value(value: Any) -> str:
    """Format a p-value with three decimals; below 0.001 as «< 0,001»."""
    if is_missing(value):
        return MISSING
    return "< 0,001" if float(value) < 0.001 else number(value, 3)


def month(value: Any) -> str:
    """Format a month (`2017-07`, 201707, date or timestamp) as «juli 2017»."""
    if is_missing(value):
        return MISSING
    digits = "".join(ch for ch in str(value)[:10] if ch.isdigit())
    return f"{MONTHS[int(digits[4:6]) - 1]} {digits[:4]}"


def _with_unit(value: Any, unit: str) -> str:
    found = number(value)
    return found if found == MISSING else f"{found}{NO_BREAK}{unit}"


def text(value: Any) -> str:
    return MISSING if is_missing(value) else str(value)


def listed(names: Sequence[str]) -> str:
    """Names as running text: «A, B og C»."""
    return " og ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _families() -> dict[str, Callable[[Any], str]]:
    formats: dict[str, Callable[[Any], str]] = {
        "text": text,
        "month": month,
        "p": p_value,
        "chance": chance,
        "size": size,
        "in_months": lambda value: _with_unit(value, "md."),
        "in_weeks": lambda value: _with_unit(value, "uker"),
    }

    def add(name: str, plain: Callable[..., str], **options: Any) -> None:
        formats[name] = lambda value: plain(value, **options)
        formats[name + "_s"] = lambda value: plain(value, signed=True, **options)

    for decimals in range(6):
        add(f"num{decimals}", number, decimals=decimals)
        add(f"pct{decimals}", percent, decimals=decimals)
        add(f"share{decimals}", share, decimals=decimals)
        add(f"pp{decimals}", points, decimals=decimals)
        add(f"hundred{decimals}", hundred, decimals=decimals)
    add("int", number, decimals=0)
    formats |= {"or_none": or_none, "Or_none": lambda value: or_none(value, "Ingen")}
    add("nok", nok)
    add("thousand", thousand)
    add("nok1000", lambda value, signed=False: nok(rounded(value, 1000), signed=signed))
    return formats


def or_none(value: Any, none: str = "ingen") -> str:
    """A whole number, and none of something as a word; not for persons, of whom 0 means 0–5.

    >>> or_none(0), or_none(3)
    ('ingen', '3')
    """
    return none if not is_missing(value) and value == 0 else number(value)


def rounded(value: Any, unit: int) -> Any:
    """Round half away from zero to a multiple of `unit`; missing stays missing."""
    if is_missing(value):
        return value
    value = float(value)
    return math.copysign(math.floor(abs(value) / unit + 0.5) * unit, value)


FORMATS = _families()


BARE = {"pct": "num", "share": "hundred", "pp": "hundred", "num": "num"}


def bare(name: str, *, signed: bool) -> str:
    """The format of the same number without its unit.

    >>> bare("pct1_s", signed=False)
    'num1'
    >>> bare("share0", signed=True)
    'hundred0_s'
    """
    found = re.fullmatch(r"(pct|share|pp|num)(\d)(?:_s)?", name)
    plain = f"{BARE[found[1]]}{found[2]}" if found else name.removesuffix("_s")
    return f"{plain}_s" if signed and f"{plain}_s" in FORMATS else plain


@dataclass(frozen=True)
class Formatted:
    """A value with the format it has where a text names none, and its key if it carries one."""

    value: Any
    format: str
    key: str = ""


KEYED = re.compile(r'\[([^\[\]]*)\]\{key="([^"]*)"\}')
"""A number in Markdown with the key of the released number it shows; a page has `data-key`."""


def keyed(shown: str, key: str) -> str:
    """A shown number that carries its key, where it has digits.

    >>> keyed("7,4", "tbl-2.effect[inflow]")
    '[7,4]{key="tbl-2.effect[inflow]"}'
    """
    carries = key and any(map(str.isdigit, shown)) and not {"[", "]"} & set(shown)
    return f'[{shown}]{{key="{key}"}}' if carries else shown


def plain(text: str) -> str:
    """Markdown without the keys of its numbers."""
    return KEYED.sub(r"\1", text)


class _Norwegian(string.Formatter):
    """str.format whose format specs are the names in FORMATS, and fields the keys of a mapping."""

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:
        return kwargs[field_name], field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, Formatted):
            return keyed(shown(value.value, format_spec or value.format), value.key)
        return shown(value, format_spec)


def shown(value: Any, name: str) -> str:
    """A value in one of the formats; as text where none is named.

    Raises
    ------
    KeyError
        For a format that there is not.
    """
    if not name:
        return text(value)
    if name not in FORMATS:
        raise KeyError(f"unknown number format «{name}»; allowed: {', '.join(sorted(FORMATS))}")
    return FORMATS[name](value)


def fill(template: str, values: Mapping[str, Any]) -> str:
    """Fill `{name:format}` fields of a Norwegian template; names are keys of `values`.

    A range whose ends read the same becomes one number, see `ranges`.

    Raises
    ------
    KeyError
        When a field has no value or a format is unknown.
    """
    return ranges.settle(_Norwegian().vformat(template, (), values))


def field_names(template: str) -> list[str]:
    """Names of the fields of a template, and with «:» the format where one is given.

    >>> field_names("{tbl-1.effect[a,b].p} og {x:int}")
    ['tbl-1.effect[a,b].p', 'x:int']
    """
    return [
        f"{name}:{spec}" if spec else name
        for _, name, spec, _ in string.Formatter().parse(template)
        if name is not None
    ]
