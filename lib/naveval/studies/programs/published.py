"""Published numbers of chapters 4 to 6 and annex B, by the codes used here."""

from functools import lru_cache

import pandas as pd

from naveval.project import paths

CHARACTERISTIC = {
    "Innsatsgruppe (gruppert)": "status",
    "Innsatsgruppe ved oppstart i tiltak": "status",
    "Første innsatsgruppe": "status",
    "Innsatsgruppe": "status",
    "Kjønn": "sex",
    "Aldersgruppe": "age_group",
    "Detaljert aldersgruppe": "age_group",
    "Innvandringsgruppe": "country",
    "Innvandringskategori": "country",
    "Høyeste fullført utdanning (gruppert)": "education6",
    "Høyeste fullførte utdanning (gruppert)": "education6",
    "Arbeidssituasjon ved registrering": "spell",
    "Arbeidssituasjon ved oppstart": "spell",
    "Arbeidssituasjon": "spell",
    "Ledighetskategori": "spell",
    "Antall måneder uten arbeidsinntekt over 1/12G og stillingsprosent under 20 prosent": "spell",
    "NAV-historikk siste 60 mnd (Gjennomsnitt)": "history",
    "Alle": "all",
}
CATEGORY = {
    "Standardinnsats": "standard",
    "Situasjonsbestemt innsats": "situational",
    "Spesielt tilpasset innsats": "special",
    "Varig tilpasset innsats": "permanent",
    "Sykmeldt": "sick",
    "Annen gruppe": "other",
    "Ikke registrert": "not_registered",
    "Mann": "man",
    "Kvinne": "woman",
    "Under 20 år": "under_20",
    "20-29 år": "20_29",
    "30-39 år": "30_39",
    "40-49 år": "40_49",
    "50-59 år": "50_59",
    "60 år og over": "60_over",
    "Ikke innvandrer": "0",
    "Landgruppe 1": "1",
    "Landgruppe 2": "2",
    "Landgruppe 3": "3",
    "Ingen eller uoppgitt utdanning": "none",
    "Ingen/uoppgitt utdanning": "none",
    "Grunnskole": "lower",
    "Videregående opplæring, studieforberedende": "academic",
    "Videregående opplæring, yrkesfaglig": "vocational",
    "Videregående opplæring, annen": "other",
    "Høyere utdanning": "higher",
    "I arbeid": "in_work",
    "Vært i arbeid ila. siste 5 mnd": "out_under_6",
    "Vært i arbeid ila. siste 6 mnd": "out_under_6",
    "Uten arbeid under 6 mnd": "out_under_6",
    "Uten arbeid i 6 mnd eller mer": "out_6_or_more",
    "Alle": "all",
    "Arbeidssøker": "job_seeker",
    "Nedsatt arbeidsevne": "reduced",
    "Antall mnd registrert i en innsatsgruppe (utenom sykmeldt)": "registered_60",
    "Antall måneder på arbeidsmarkedstiltak": "program_60",
}
STATUS = {
    "Standardinnsats": "standard",
    "Situasjonsbestemt innsats": "situational",
    "Spesielt tilpasset innsats": "special",
    "Annen gruppe": "other",
}


AFT_SAMPLES = ("main", "one_year_clean", "reduced_capacity")
"""The samples of table B-8, in its order."""
BALANCE_SAMPLES = {"Behandling": "treated", "Kontroll": "weighted control"}


@lru_cache(maxsize=64)
def read(name: str) -> pd.DataFrame:
    """A published table by the start of its file name, for example `table_4_2`."""
    files = sorted(paths.published_dir("programs").glob(f"{name}_*.csv"))
    if len(files) != 1:
        raise FileNotFoundError(f"{name}: found {len(files)} published tables")
    return pd.read_csv(files[0])


def coded(name: str) -> pd.DataFrame:
    """A published table with the codes of characteristics and categories; others are left out."""
    table = read(name)
    table = table.assign(
        characteristic=table.characteristic.map(CHARACTERISTIC),
        category=table.category.map(CATEGORY),
    )
    return table.dropna(subset=["characteristic", "category"])


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
        group=table.group.map(lambda text: GROUP.get(text) or CATEGORY.get(text, text)),
        published=table.percent,
    )
    bound = table.qualifier.fillna("").str.split().str[0].isin(BOUNDS)
    exact = ~bound & table.percent_high.isna()
    table = table[exact & table.breakdown.notna() & table.month.notna()]
    table = table.astype({"month": int}).drop_duplicates(["breakdown", "group", "state", "month"])
    return table[["position", "figure", "breakdown", "group", "state", "month", "published"]]


def month_effects() -> pd.DataFrame:
    """Effects on months in work in the text of chapter 6: arm, outcome, year, published."""
    table = read("effect_values")
    table = table[(table.outcome == "måneder i arbeid") & table["sample"].str.contains("ATET")]
    years = {"år 1": (1,), "år 2 og 3": (2, 3)}
    rows = [
        {"arm": row.program, "outcome": "months", "year": year, "published": float(row.value)}
        for row in table.itertuples()
        for year in years[row.period]
    ]
    return pd.DataFrame(rows)


def by_first_group(name: str, rows: str) -> pd.DataFrame:
    """Tables 6-1 and 6-2: percent, one column per first group by its code."""
    table = read(name)
    wide = table.pivot(index=rows, columns=str(table.columns[0]), values="percent")
    return wide.rename(columns=STATUS)


def balance(label: str) -> pd.Series | None:
    """Tables B-4 to B-6 and B-8 by characteristic, category and what is counted."""
    if label not in ("tbl-b-4", "tbl-b-5", "tbl-b-6", "tbl-b-8"):
        return None
    table = coded(label.replace("tbl", "table").replace("-", "_"))
    if label == "tbl-b-8":
        order = dict(zip(table["sample"].drop_duplicates(), AFT_SAMPLES, strict=True))
        outcome, values = table["sample"].map(order), table.value
    else:
        outcome = table["sample"].map(BALANCE_SAMPLES) + ", " + table.program
        values = table.percent
    index = pd.MultiIndex.from_arrays([table.characteristic, table.category, outcome])
    return pd.Series(values.to_numpy(dtype=float), index=index)


def gate() -> pd.DataFrame:
    """Table 6-7 by code: characteristic, category, type, program, published."""
    table = read("table_6_7")
    label = table.row_label.str.replace(r"^Konstant \((.*)\)$", r"\1", regex=True)
    return pd.DataFrame(
        {
            "characteristic": table.characteristic.map(CHARACTERISTIC),
            "category": label.map(CATEGORY),
            "type": table.row_type,
            "arm": table.program,
            "published": table.estimate,
        }
    )
