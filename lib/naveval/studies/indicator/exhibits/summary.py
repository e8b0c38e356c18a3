"""Sections «Svaret» and on what is measured: where the place stands, and what was done."""

from functools import partial

import pandas as pd

from naveval.estimators.detectable import multiplier
from naveval.exhibits import claims
from naveval.exhibits.declare import Exhibit, Fact, Sentence, Value
from naveval.exhibits.protect import Public
from naveval.exhibits.reader import Reader
from naveval.project import formats, paths
from naveval.studies.indicator.characteristics import variables
from naveval.studies.indicator.exhibits.results import (
    HOURS_3,
    JOB_12,
    ahead,
    certain,
    level,
    of_place,
    standing,
)
from naveval.studies.indicator.results import IndicatorResults


def answer(reader: Reader) -> str:
    """Whether hours lie above or below what is expected; a missing number takes the hidden text."""
    return HOURS_3(reader) or "unclear"


def _job(reader: Reader) -> str:
    return JOB_12(reader) or "unclear"


def _detectable(reader: Reader, outcome: str) -> float:
    return multiplier(1 - level(reader)) * float(reader(f"tbl-place.indicator[{outcome}].se"))


def _rank(reader: Reader) -> str:
    """What can be told of a county's place among the others, or of the highest and the lowest."""
    if reader.parameters.county:
        found = standing(reader)
        return found.told if found else "few"
    sides = [side for side in ("higher", "lower") if ahead(reader, side)]
    return f"country_{'both' if len(sides) > 1 else sides[0] if sides else 'none'}"


KEY = ("atid3", "atid12", "jobb12")
"""Outcomes of the first page's key figures."""


def alone(reader: Reader) -> list[str]:
    """Key figures whose interval is clear of zero, though they are not sure tested together."""
    rows = of_place().rows(reader).set_index("outcome")["several"]
    shown = reader.frame("tbl-place").set_index("outcome")
    clear = claims.beyond(shown, "", "ci_low", "ci_high")(claims.LEVEL)
    return [name for name in KEY if clear.get(name) is True and rows.get(name) is False]


def _alone(reader: Reader) -> str:
    return "text" if alone(reader) else ""


def _named(reader: Reader) -> str:
    return formats.listed([reader.named("", f"key_{name}") for name in alone(reader)])


def _county(reader: Reader) -> str:
    return "text" if reader.parameters.county else ""


def _built_in(reader: Reader) -> str:
    """What is known of simulated registers, and what of it the report can test."""
    shown = not formats.is_missing(reader("tbl-recovery.worst"))
    return "text" if shown and reader.output.origin == "simulated" else ""


SUMMARY_SENTENCES = (
    Sentence(
        "answer",
        answer,
        facts=claims.opening(answer),
        then=(
            Sentence(
                "answer-detectable",
                claims.when(answer, "unclear"),
                facts={"detectable": Fact(partial(_detectable, outcome="atid3"), "num2")},
            ),
            Sentence(
                "answer-job",
                _job,
                facts={"detectable": Fact(partial(_detectable, outcome="jobb12"), "pp1")},
            ),
        ),
    ),
    *claims.key_figures("hours-3", "hours-12", "job-12"),
    Sentence(
        "key-level",
        claims.any_shown(*(f"tbl-place.indicator[{outcome}]" for outcome in KEY)),
        then=(
            Sentence("level-county", _county),
            Sentence("level-alone", _alone, facts={"names": Fact(_named, "text")}),
        ),
    ),
    Sentence("answer-published", lambda _: "text"),
    Sentence("who", then=(Sentence("how-long"),)),
    Sentence("rank", _rank, then=(Sentence("rank-certain", certain),)),
    Sentence("answer-not"),
)


VARIABLES = {
    "Alder": "age",
    "Antall barn under 18 år": "children",
    "Innvandrerkategorier": "origin",
    "Botid i Norge": "origin",
    "Gift eller ikke gift": "married",
    "Kjønn": "woman",
    "Gjennomført høyere utdanning siste år": "higher_education",
    "Inntekt før registrering i NAV": "wage",
    "NAV-historikk (måneder siste fem år)": "history",
    "NAV-varighet (måneder siden registrering)": "duration",
    "Ufør": "disability",
    "Permittert": "laid_off",
    "Mottar statlig helserelatert ytelse": "health_benefit",
    "Mottar statlig arbeidsrettet ytelse": "work_benefit",
    "I arbeid på måletidspunktet": "hours",
    "Nye arbeidssøkere som andel av arbeidsstyrken i BA-regionen": "inflow",
    "Forventet sysselsetting i BA-region": "employment",
}
"""Rows of the document's overview in chapter 4, and the variable of the model that holds each."""


def overview(_: IndicatorResults) -> pd.DataFrame:
    """The document's variables, and how many categories each has in the two versions here."""
    printed = pd.read_csv(
        paths.published_dir("indicator") / "chapter_4_table_1_variable_overview.csv"
    )
    found = pd.DataFrame({"characteristic": printed["variable"], "side": printed["variable_side"]})
    for version in ("report", "production"):
        levels = {one.name: len(one.levels) for one in variables(version)}
        found[version] = [levels.get(VARIABLES[name], 0) for name in printed["variable"]]
    return found.assign(how=["how_" + VARIABLES[name] for name in printed["variable"]])


EXHIBITS: tuple[Exhibit[IndicatorResults], ...] = (
    Exhibit(
        "tbl-variables",
        data=overview,
        keys=("characteristic",),
        values={
            "side": Value("name"),
            "report": Value("int", source="design"),
            "production": Value("int", source="design"),
            "how": Value("name"),
        },
        protect=Public("the document's overview of variables and the model's definition"),
    ),
)
DESIGN_SENTENCES = (
    Sentence("how-to-read"),
    Sentence("design"),
    Sentence("seasonal"),
    Sentence("noise"),
    Sentence("how-to-read-groups"),
    Sentence("caution", then=(Sentence("built-in", _built_in),)),
    Sentence("caution-not-official"),
)


SENTENCES = (*SUMMARY_SENTENCES, *DESIGN_SENTENCES)
