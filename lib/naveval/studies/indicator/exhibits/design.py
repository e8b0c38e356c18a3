"""Sections «Spørsmål og metode» and «Hva rapporten ikke sier»: how to read, and the variables."""

import pandas as pd

from naveval.exhibits.declare import Exhibit, Sentence, Value
from naveval.exhibits.protect import Public
from naveval.project import paths
from naveval.studies.indicator.characteristics import variables
from naveval.studies.indicator.results import IndicatorResults

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
SENTENCES = (
    Sentence("how-to-read"),
    Sentence("design"),
    Sentence("seasonal"),
    Sentence("noise"),
    Sentence("how-to-read-groups"),
    Sentence("caution"),
    Sentence("caution-not-official"),
)
