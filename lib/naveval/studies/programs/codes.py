"""Codes of the programme study: groups of users, programmes, states and months.

The grouping of activity codes into sixteen programmes is table A-1 of the report, read from
`params/published/programs/`.
"""

from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.project import paths
from naveval.project.errors import ContractError, how_many
from naveval.project.months import code_sql, from_code, to_code
from naveval.project.months import month_number as number_of
from naveval.registers.unknown import is_shown

JANUARY_2009 = number_of("2009-01")
STATUS = {
    1: "Standardinnsats",
    2: "Situasjonsbestemt innsats",
    3: "Spesielt tilpasset innsats",
    4: "Varig tilpasset innsats",
    5: "Sykmeldt",
    6: "Annen gruppe",
}
STATUS_CODES = {
    1: "standard",
    2: "situational",
    3: "special",
    4: "permanent",
    5: "sick",
    6: "other",
}
"""Values of `innsatsgruppe` in the extracts, in the order of STATUS."""

ARMS = (
    "AFT",
    "AMO",
    "Arbeidsrettet rehabilitering",
    "Arbeidstrening",
    "Avklaring",
    "Jobbklubb",
    "Midlertidig lønnstilskudd",
    "Oppfølging",
    "Utdanning",
    "Utvidet oppfølging i NAV",
)
REST = "Annet"
CONTROL = "Ikke tiltak"
GROUPS = (
    "AFT",
    "AMO",
    "Annet",
    "Arbeidsrettet rehabilitering",
    "Arbeidstrening",
    "Avklaring",
    "Helsemessig utredning/behandling",
    "IPS",
    "Jobbklubb",
    "Midlertidig lønnstilskudd",
    "Oppfølging",
    "Tilrettelegging/tiltak i bedrift",
    "Utdanning",
    "Utvidet oppfølging i NAV",
    "Varig lønnstilskudd",
    "Varig tilrettelagt arbeid",
)
CHAINS = (
    ("AMO", "Arbeidstrening"),
    ("Arbeidstrening", "AMO"),
    ("Arbeidstrening", "Midlertidig lønnstilskudd"),
    ("Avklaring", "Arbeidstrening"),
    ("Jobbklubb", "Arbeidstrening"),
)
STATES = (
    "work_program",
    "work_high",
    "work_low",
    "education",
    "program",
    "disability",
    "job_seeker",
    "reduced_capacity",
    "other",
)
"""The nine mutually exclusive states of chapter 5; the first that fits counts."""

FIRST_MONTH, LAST_MONTH = 200901, 202212
MOST_LISTED = 20


@lru_cache(maxsize=1)
def activity_codes() -> pd.DataFrame:
    """Table A-1: program_group, code, start and stop (yyyymm; missing where the table is blank).

    The same code with consecutive periods is one code.
    """
    table = pd.read_csv(paths.published_dir("programs") / "table_a_1_program_grouping.csv")
    table = table.assign(
        code=table.activity_status_code,
        start=pd.to_numeric(table.start_month.str.replace("-", "")),
        stop=pd.to_numeric(table.stop_month.str.replace("-", "")),
    )
    return table.groupby(["program_group", "code"], as_index=False, sort=False).agg(
        start=("start", "min"), stop=("stop", "max")
    )


def grouping(unknown: pd.Series | None = None, *, unknown_to_rest: bool = False) -> pd.DataFrame:
    """Activity code to programme, with unknown codes in Annet only when told so.

    Parameters
    ----------
    unknown
        Persons per code that table A-1 does not know, indexed by code.

    Raises
    ------
    ContractError
        Lists the unknown codes with their number of persons, most first, unless
        `unknown_to_rest`; what can be a name or an id is only counted.
    """
    table = activity_codes()[["code", "program_group"]].rename(columns={"program_group": "program"})
    if unknown is None or unknown.empty:
        return table
    if not unknown_to_rest:
        shown = [code for code, n in unknown.items() if is_shown(code, n, table["code"])]
        codes = unknown[shown[:MOST_LISTED]]
        listed = [f"{code} ({how_many(n, 'person')})" for code, n in codes.items()]
        rest = unknown.drop(codes.index)
        listed += [f"{len(rest)} not shown ({how_many(rest.sum(), 'person')})"] * bool(len(rest))
        raise ContractError(
            f"program_spells, column activity_code: unknown codes: {', '.join(listed)}; "
            f"expected codes of table A-1. Set unknown_codes: rest to count them as {REST}"
        )
    extra = pd.DataFrame({"code": unknown.index, "program": REST})
    return pd.concat([table, extra], ignore_index=True)


def month_number(month: NDArray[np.int64] | int) -> NDArray[np.int64]:
    """Months since January 2009 of yyyymm."""
    return from_code(np.asarray(month)) - JANUARY_2009


def month_code(number: NDArray[np.int64] | int) -> NDArray[np.int64]:
    """Month (yyyymm) of months since January 2009."""
    return to_code(np.asarray(number) + JANUARY_2009)


def month_sql(column: str) -> str:
    """SQL for the months since January 2009 of a column with yyyymm."""
    return f"({code_sql(column)} - {JANUARY_2009})"
