"""Section «Svaret»: what the programmes changed and whether they were worth it, by tested signs."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from naveval.estimators.detectable import multiplier
from naveval.exhibits.declare import Exhibit, Fact, Sentence, Value
from naveval.exhibits.protect import Public
from naveval.exhibits.reader import Reader
from naveval.project import formats
from naveval.studies.programs import published
from naveval.studies.programs.codes import ARMS, REST
from naveval.studies.programs.exhibits.common import (
    SIGNS,
    by_program,
    has,
    plainly,
    ranked,
    wording,
)
from naveval.studies.programs.exhibits.effects import LEVEL, last_year, signed
from naveval.studies.programs.exhibits.effects_shown import MONTHS_A_YEAR
from naveval.studies.programs.results import ProgramResults

Found = Callable[[Reader], dict[str, list[str]]]


def _effects(reader: Reader) -> dict[str, list[str]]:
    """Programmes by the sign of their effect on work, all tested together."""
    return last_year(reader).groupby("sign")["arm"].agg(list).to_dict()


def _net_benefits(reader: Reader) -> dict[str, list[str]]:
    """Programmes by the sign of their net benefit, all tested together."""
    return reader.frame("tbl-uncertainty").groupby("sign")["program"].agg(list).to_dict()


def _before(back: int) -> Found:
    """Programmes by the sign of their effect some years before the last, all tested together."""

    def get(reader: Reader) -> dict[str, list[str]]:
        rows = reader.frame("fig-6-2").dropna(subset=["months"])
        rows = rows[rows["year"] == rows["year"].max() - back]
        return signed(rows, "months").groupby("sign")["arm"].agg(list).to_dict()

    return get


def _year(label: str, back: int, missing: str) -> Sentence:
    """What the programmes changed in an earlier year than the answer's, and who is hidden then."""
    get = _before(back)
    return Sentence(
        label,
        lambda reader: wording(get(reader)),
        facts={
            **{sign: _names(get, sign) for sign in SIGNS},
            "year": Fact(lambda reader: int(last_year(reader)["year"].max()) - back),
        },
        then=(_missing(missing, back),),
    )


def _hidden(reader: Reader, back: int) -> list[str]:
    """Programmes whose effect is hidden some years before the last."""
    rows, year = reader.frame("fig-6-2"), last_year(reader)["year"].max() - back
    return list(rows.loc[rows["months"].isna() & (rows["year"] == year), "arm"])


def _missing(label: str, back: int) -> Sentence:
    """Which programmes the year's answer cannot judge, and whether months of it are shown."""

    def which(reader: Reader) -> str:
        arms = _hidden(reader, back)
        if not arms:
            return ""
        rows, year = reader.frame("fig-b-3"), int(last_year(reader)["year"].max()) - back
        own = rows[rows["arm"].isin(arms) & ((rows["m"] - 1) // MONTHS_A_YEAR + 1 == year)]
        return "months" if own["work"].notna().any() else "hidden_all"

    return Sentence(
        label,
        which,
        facts={
            "names": Fact(lambda reader: plainly(reader, *_hidden(reader, back)), "text"),
            "year": Fact(lambda reader: int(last_year(reader)["year"].max()) - back),
        },
    )


def _left_out(reader: Reader) -> str:
    """Which programmes lack an effect, and which a price; "" where the two are not apart."""
    if not has(reader, "effects") or reader.parameters.effects != "published":
        return ""
    if not len(last_year(reader)):
        return ""
    return "merged" if _merged(reader) else "all"


def _merged(reader: Reader) -> str:
    """The evaluation's programmes that have too few participants for an effect of their own."""
    return plainly(reader, *[arm for arm in reader.common("merged") if arm in ARMS])


def _not_estimated(reader: Reader) -> str:
    """The programmes that participants are counted in, but whose effect nobody estimates."""
    counted = reader.frame("tbl-b-2")
    codes = [code for code in counted["program"] if code not in (*ARMS, REST)]
    return plainly(reader, *codes)


def _unpriced(reader: Reader) -> str:
    """The programmes with an effect that the evaluation has no price for."""
    priced = set(reader.frame("tbl-uncertainty")["program"])
    arms = dict.fromkeys(reader.frame("fig-6-2")["arm"])
    return plainly(reader, *[arm for arm in arms if arm not in priced])


def _later(reader: Reader) -> str:
    """That the effects of all programmes are hidden after the year the answer is about."""
    hidden = reader.frame("fig-6-2")["year"].max() > last_year(reader)["year"].max()
    return reader.named("", "later") if hidden else ""


def _printed(year: int) -> dict[str, Fact]:
    """The programmes the evaluation tells an effect on work of in a year, and the effect.

    It tells one number for all of them.
    """
    rows = published.month_effects()
    rows = rows[rows["year"] == year]
    (effect,) = rows["published"].unique()
    return {
        f"arms_{year}": Fact(lambda reader: plainly(reader, *rows["arm"]), "text"),
        f"effect_{year}": Fact(lambda _: effect, "num1"),
    }


def _told_more(_: Reader) -> str:
    """That the evaluation tells of more work, where every number it tells is above zero."""
    return "text" if published.month_effects()["published"].gt(0).all() else ""


def _sections() -> set[str]:
    """Sections of the evaluation that tell its effects on months in work."""
    return set(published.month_effects()["section"])


def _printed_negative(reader: Reader) -> str:
    """The programmes whose effects the evaluation calls negative, in running text."""
    rows = published.read("table_6_5")
    negative = rows["this_report"].str.contains("negativ", case=False)
    return plainly(reader, *rows.loc[negative, "program"])


def _names(get: Found, sign: str) -> Fact:
    """The programmes of a sign in running text, as «arbeidstrening og oppfølging»."""

    def told(reader: Reader) -> str:
        return plainly(reader, *get(reader).get(sign, []))

    return Fact(told, "text")


def _detectable(reader: Reader) -> pd.Series:
    """Smallest effects that the programmes of unclear sign would have shown, tested together."""
    rows = last_year(reader)
    errors = rows.loc[rows["sign"] == "unclear", "std_error"]
    return multiplier(1 - LEVEL / max(len(rows), 1)) * errors


def _how_many_unclear(reader: Reader) -> str:
    found, every = len(_detectable(reader)), len(last_year(reader))
    return "" if not found else "all" if found == every else "one" if found == 1 else "several"


def _trust(reader: Reader) -> str:
    """Whether some programmes lack overlap; nothing where no effects are estimated."""
    return ("thin" if reader("tbl-overlap.off") else "good") if len(last_year(reader)) else ""


def _costs_unclear(reader: Reader) -> str:
    found = _net_benefits(reader)
    return "text" if "unclear" in found and len(found) > 1 else ""


def _largest(reader: Reader) -> Any:
    """The programme with an effect that has most persons in the sample."""
    sizes = reader.frame("tbl-6-3")
    sizes = sizes[sizes["first_group"] == "all"].set_index("arm")["n"]
    rows = last_year(reader).set_index("arm", drop=False)
    return rows.loc[sizes[rows.index].idxmax()]


def _of_largest(column: str) -> Fact:
    form = {"months": "num1_s", "year": "int"}.get(column, "num1")
    return Fact(lambda reader: _largest(reader)[column], form)


def _net(name: str, place: int) -> Sentence:
    """Key figure: the programme first or last by estimated net benefit."""

    def program(reader: Reader) -> str:
        net = by_program(reader, "tbl-uncertainty", "net_benefit").sort_values(ascending=False)
        return str(net.index[place])

    def years(reader: Reader) -> float:
        return float(by_program(reader, "tbl-7-5", "effect_years")[program(reader)])

    return Sentence(
        f"key-net-{name}",
        lambda reader: reader.parameters.effects,
        facts={
            **ranked("own", place),
            "program": Fact(lambda reader: plainly(reader, program(reader)), "text"),
            "years": Fact(years, "num0"),
        },
    )


def _made(reader: Reader) -> str:
    """That a key figure is simulated, where others beside it rest on published numbers."""
    return reader.named("", "made") if reader.output.origin == "simulated" else ""


def _made_scaled(reader: Reader) -> str:
    """The same beside a number of persons, with the size of the simulated registers."""
    small = _made(reader) and reader.common("scale") < 1
    return reader.named("", "made_scaled") if small else _made(reader)


_NOT_ESTIMATED = Sentence(
    "answer-not-estimated",
    lambda reader: "text" if _left_out(reader) and _not_estimated(reader) else "",
    facts={"names": Fact(_not_estimated, "text")},
)
MADE = {"made": Fact(_made, "text")}
_SCOPE = Value(
    by="scope",
    kinds={
        about: Value("int", unit, estimand="told", method="published")
        for about, unit in (("participants", "persons"), ("spending", "billion NOK"))
    },
)
EXHIBITS: tuple[Exhibit[ProgramResults], ...] = (
    Exhibit(
        "tbl-scope",
        lambda _: published.scope(),
        ("scope",),
        {"low": _SCOPE, "high": _SCOPE},
        Public("section 3.1", told=True),
        view=None,
        facts={
            "section": Fact(
                lambda reader: formats.listed(sorted(set(reader.rows["section"]))), "text"
            )
        },
    ),
)
"""What the source tells of all programmes: for a sentence, and for the site."""
SENTENCES: tuple[Sentence, ...] = (
    Sentence(
        "answer-effects",
        lambda reader: wording(_effects(reader)) or "hidden",
        facts={
            **{sign: _names(_effects, sign) for sign in SIGNS},
            "opening": Fact(
                lambda reader: f"{wording(_effects(reader))}_{reader.output.origin}", "name"
            ),
            "year": Fact(lambda reader: int(last_year(reader)["year"].max())),
            "later": Fact(_later, "text"),
        },
        then=(_missing("answer-hidden-last", 0),),
    ),
    _year("answer-second-year", 1, "answer-hidden-second"),
    _year("answer-first-year", 2, "answer-hidden-first"),
    Sentence(
        "answer-costs",
        lambda reader: wording(_net_benefits(reader)) or "hidden",
        facts={sign: _names(_net_benefits, sign) for sign in SIGNS}
        | {"basis": Fact(lambda reader: f"basis_{reader.parameters.effects}", "name")},
    ),
    Sentence("key-start", facts={"made": Fact(_made_scaled, "text")}),
    Sentence(
        "key-effect",
        lambda reader: "text" if len(last_year(reader)) else "",
        facts={
            "program": Fact(lambda reader: plainly(reader, _largest(reader)["arm"]), "text"),
            **MADE,
            **{name: _of_largest(name) for name in ("year", "months", "ci_low", "ci_high")},
        },
    ),
    _net("best", 0),
    _net("worst", -1),
    Sentence("key-level", lambda reader: "county" if reader.parameters.county else "country"),
    Sentence(
        "answer-unclear",
        _how_many_unclear,
        facts={
            "names": _names(_effects, "unclear"),
            "count": Fact(lambda reader: len(_detectable(reader))),
            "low": Fact(lambda reader: float(_detectable(reader).min()), "num1"),
            "high": Fact(lambda reader: float(_detectable(reader).max()), "num1"),
        },
    ),
    Sentence("answer-trust", _trust),
    Sentence(
        "answer-published",
        _told_more,
        facts=_printed(1)
        | _printed(2)
        | {
            "negative": Fact(_printed_negative, "text"),
            "section": Fact(lambda _: formats.listed(sorted(_sections())), "text"),
        },
        then=(Sentence("answer-scope"),),
    ),
    Sentence(
        "answer-calculation",
        lambda reader: f"{reader.parameters.effects}_{reader.output.origin}",
        then=(
            Sentence(
                "answer-arms",
                _left_out,
                facts={
                    "merged": Fact(_merged, "text"),
                    "unpriced": Fact(_unpriced, "text"),
                },
                then=(_NOT_ESTIMATED,),
            ),
            Sentence(
                "answer-costs-unclear",
                _costs_unclear,
                facts={"names": _names(_net_benefits, "unclear")},
            ),
        ),
    ),
    Sentence("answer-not"),
)
