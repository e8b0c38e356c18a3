"""Printed numbers that are told in text, by the codes used here; tables are in published.yml."""

from functools import lru_cache

import pandas as pd

from naveval.project import paths


@lru_cache(maxsize=64)
def read(name: str) -> pd.DataFrame:
    """A published table by the start of its file name, for example `table_4_2`."""
    files = sorted(paths.published_dir("programs").glob(f"{name}_*.csv"))
    if len(files) != 1:
        raise FileNotFoundError(f"{name}: found {len(files)} published tables")
    return pd.read_csv(files[0])


BREAKDOWN = {
    "alle": "all",
    "tiltak": "program",
    "innsatsgruppe": "status",
    "ledighetskategori": "spell",
}
STATE = {
    "i arbeid og på tiltak": "work_program",
    "i arbeid, høy inntekt": "work_high",
    "i arbeid, lav inntekt": "work_low",
    "i arbeid uten tiltak": "work_only",
    "i arbeid (alle tre arbeidstilstander)": "in_work_any",
    "i utdanning": "education",
    "arbeidsmarkedstiltak": "program",
    "ufør": "disability",
    "ufør eller nedsatt arbeidsevne uten tiltak": "disability_or_reduced",
    "arbeidssøker, ikke på tiltak": "job_seeker",
    "nedsatt arbeidsevne, ikke på tiltak": "reduced_capacity",
    "positiv månedsinntekt": "any_wage",
    "mottar AAP": "aap",
}
GROUP = {
    "Standardinnsats": "standard",
    "Situasjonsbestemt innsats": "situational",
    "Spesielt tilpasset innsats": "special",
    "Varig tilpasset innsats": "permanent",
    "Sykmeldt": "sick",
    "I arbeid": "in_work",
    "Alle tiltaksdeltakere": "all",
    "Uten arbeid i minst seks måneder": "out_6_or_more",
    "Uten arbeid i under seks måneder": "out_under_6",
}
BOUNDS = ("over", "under", "mellom", "minst", "fra")


def outcome_values() -> pd.DataFrame:
    """What the text says of figures 5-1 to 5-7, B-1 and B-2, where it is one number in one month.

    Returns
    -------
    position, figure, breakdown, group, state, month and published (percent).
    """
    table = read("figure_values")
    month = table.month_since_start.replace({"første tiltaksmåned": "0"})
    table = table.assign(
        position=range(len(table)),
        breakdown=table.group_type.map(BREAKDOWN),
        state=table.state.map(STATE),
        month=pd.to_numeric(month, errors="coerce"),
        group=table.group.map(lambda text: GROUP.get(text, text)),
        published=table.percent,
    )
    bound = table.qualifier.fillna("").str.split().str[0].isin(BOUNDS)
    exact = ~bound & table.percent_high.isna()
    table = table[exact & table.breakdown.notna() & table.month.notna()]
    table = table.astype({"month": int}).drop_duplicates(["breakdown", "group", "state", "month"])
    return table[["position", "figure", "breakdown", "group", "state", "month", "published"]]


SCOPE = {
    "Deltakere til enhver tid": "participants",
    "Årlig bruk på arbeidsmarkedstiltak": "spending",
}


def scope() -> pd.DataFrame:
    """What the text says of how many take part and what it costs: scope, section, low and high.

    Persons at any time, and milliards of kroner a year; `high` is missing where it is one number.
    """
    table = read("text_values")
    table = table.assign(scope=table["topic"].map(SCOPE)).dropna(subset=["scope"])
    found = table.rename(columns={"value": "low", "value_high": "high"}).reset_index(drop=True)
    return found[["scope", "section", "low", "high"]].astype({"section": str})


def month_effects() -> pd.DataFrame:
    """Effects on months in work in chapter 6: arm, outcome, year, published and section."""
    table = read("effect_values")
    table = table[(table.outcome == "måneder i arbeid") & table["sample"].str.contains("ATET")]
    years = {"år 1": (1,), "år 2 og 3": (2, 3)}
    rows = [
        {
            "arm": row.program,
            "outcome": "months",
            "year": year,
            "published": float(row.value),
            "section": str(row.section),
        }
        for row in table.itertuples()
        for year in years[row.period]
    ]
    return pd.DataFrame(rows)
