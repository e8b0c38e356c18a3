"""Section «Hvordan det går med deltakerne» (chapter 5, annex B.2 and B.3)."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from naveval.disclosure.thresholds import thresholds
from naveval.exhibits import claims
from naveval.exhibits.declare import Exhibit, Fact, Picture, Sentence, Table, Value, When
from naveval.exhibits.protect import Derived
from naveval.exhibits.reader import Reader
from naveval.studies.programs import published
from naveval.studies.programs.codes import GROUPS
from naveval.studies.programs.exhibits.common import LONGEST, both_ends, described
from naveval.studies.programs.exhibits.drawing import lines_panels, states_panels
from naveval.studies.programs.panel.persons import CATEGORIES
from naveval.studies.programs.panel.states import SUMS
from naveval.studies.programs.results import ProgramResults
from naveval.studies.programs.study import Outcomes

FIRST_PROGRAMS = (
    "Midlertidig lønnstilskudd",
    "Jobbklubb",
    "Arbeidstrening",
    "AMO",
    "Utdanning",
)
SECOND_PROGRAMS = (
    "Oppfølging",
    "Utvidet oppfølging i NAV",
    "AFT",
    "IPS",
    "Avklaring",
    "Arbeidsrettet rehabilitering",
)
REST = tuple(group for group in GROUPS if group not in (*FIRST_PROGRAMS, *SECOND_PROGRAMS))
SHOWN = {
    "fig-5-1": ("all", ("all",)),
    "fig-5-2": ("program", FIRST_PROGRAMS),
    "fig-5-3": ("program", SECOND_PROGRAMS),
    "fig-5-4": ("status", ("standard", "situational", "special", "sick")),
    "fig-5-5": ("age_group", CATEGORIES["age_group"]),
    "fig-5-6": ("country", CATEGORIES["country"]),
    "fig-5-7": ("spell", CATEGORIES["spell"]),
}
"""Figure to its breakdown and groups."""
WAGES = {"fig-b-1": "any_wage", "fig-b-2": "aap"}
END = 24
NEAR = 5
"""Percentage points within which a share counts as near the printed."""


def _of(results: ProgramResults) -> Outcomes:
    assert results.outcomes is not None
    return results.outcomes


def _states(breakdown: str, results: ProgramResults) -> pd.DataFrame:
    return _of(results).states[breakdown]


def _by_program(state: str, results: ProgramResults) -> pd.DataFrame:
    found: pd.DataFrame = getattr(_of(results), state)["program"]
    return found


def at_end(reader: Reader, states: Sequence[str]) -> pd.Series:
    """Percent in any of the states two years after the start, by group; missing for few persons."""
    rows = replace(reader, noisy=True).rows
    end = rows[(rows["k"] == END) & rows["state"].isin(states)].groupby("group", sort=False)
    enough = end["n_state"].sum() >= thresholds().counts.noisy_below
    return end["percent"].sum(min_count=len(states)).where(enough)


def _first(numbers: pd.Series) -> float:
    return float(next(iter(numbers), np.nan))


def _ends(states: Sequence[str], name: str, groups: Sequence[str]) -> dict[str, Fact]:
    """How many groups are shown, which are left out, and who has most and least at the end."""

    def most(reader: Reader, largest: bool) -> str:
        found = at_end(reader, states).dropna()
        return str((found.idxmax() if largest else found.idxmin()) if len(found) else "all")

    def left_out(reader: Reader) -> str:
        shown = set(reader.rows["group"])
        names = [reader.named("group", group) for group in groups if group not in shown]
        return f"{reader.named('', 'left_out')} {', '.join(names)}." if names else ""

    return {
        "groups": Fact(lambda reader: int(reader.rows["group"].nunique())),
        "left_out": Fact(left_out, "text"),
        "best": Fact(lambda reader: reader.named("group", most(reader, True)), "text"),
        "worst": Fact(lambda reader: reader.named("group", most(reader, False)), "text"),
        f"best_{name}": Fact(lambda reader: at_end(reader, states).max(), "pct0"),
        f"worst_{name}": Fact(lambda reader: at_end(reader, states).min(), "pct0"),
        f"first_{name}": Fact(lambda reader: _first(at_end(reader, states)), "pct0"),
        "first_n": Fact(lambda reader: _first(reader.rows["n"])),
    }


def apart(states: Sequence[str], reader: Reader) -> str:
    """Finding that names the ends of the groups where they differ as one of all pairs."""
    percent = at_end(reader, states).dropna()
    if len(percent) < 2:
        return ""
    persons = reader.rows.groupby("group")["n"].first().reindex(percent.index)
    error = np.sqrt(percent * (100 - percent) / persons)
    found = claims.ends_apart(pd.DataFrame({"estimate": percent, "std_error": error}))
    return "apart" if found else "near"


def _months(
    label: str,
    data: Callable[[ProgramResults], pd.DataFrame],
    groups: Sequence[str],
    picture: Picture,
    ends: tuple[str, Sequence[str]],
    finding: Callable[[Reader], str] | None,
) -> Exhibit[ProgramResults]:
    """A figure of shares by month since the start, of the groups with enough persons."""

    def shown(results: ProgramResults) -> pd.DataFrame:
        frame = data(results)
        order = frame["group"].map({group: place for place, group in enumerate(groups)})
        return (
            frame.assign(order=order)
            .dropna(subset="order")
            .sort_values("order", kind="stable", ignore_index=True)[list(frame)]
        )

    return described(
        label,
        shown,
        ("group", "k", "state"),
        {"percent": Value("pct0", "percent", estimand="share")},
        {"percent": "n_state"},
        view=picture,
        facts=_ends(ends[1], ends[0], groups),
        when=When(lambda results: len(shown(results)) > 0, f"{label}-few"),
        finding=finding,
    )


def printed_shares(reader: Reader) -> pd.DataFrame:
    """Every share the document tells, with the same share of the figures here."""
    shown = {label: reader.frame(label) for label in (*SHOWN, *WAGES)}
    found = []
    for row in published.outcome_values().itertuples():
        states = SUMS.get(row.state, (row.state,))
        for frame in shown.values():
            own = frame[(frame["group"] == row.group) & (frame["k"] == row.month)]
            own = own[own["state"].isin(states)]
            if len(own) == len(states):
                percent = own["percent"].sum(min_count=len(states))
                found.append([row.figure, row.group, row.state, row.month, percent, row.published])
                break
    columns = ["figure", "group", "state", "after", "percent", "percent_printed"]
    table = pd.DataFrame(found, columns=columns).astype({"after": str})
    return table.assign(hidden=table["percent"].isna())


def _gap(reader: Reader) -> pd.Series:
    return (reader.rows["percent"] - reader.rows["percent_printed"]).abs()


WORK = SUMS["in_work_any"]
EXHIBITS: tuple[Exhibit[ProgramResults], ...] = (
    *(
        _months(
            label,
            partial(_states, breakdown),
            groups,
            Picture(states_panels),
            ("work", WORK),
            None if label == "fig-5-1" else partial(apart, WORK),
        )
        for label, (breakdown, groups) in SHOWN.items()
    ),
    *(
        _months(
            label,
            partial(_by_program, state),
            (*FIRST_PROGRAMS, *SECOND_PROGRAMS, *REST),
            Picture(lines_panels),
            ("percent", (state,)),
            partial(apart, (state,)),
        )
        for label, state in WAGES.items()
    ),
    described(
        "tbl-b-2",
        lambda results: _of(results).persons,
        ("program",),
        {"n": Value("int", "persons", estimand="persons")},
        printed=("n",),
        facts=both_ends("n", "program", "int"),
    ),
    Exhibit(
        "tbl-outcomes-published",
        data=printed_shares,
        keys=("figure", "group", "state", "after"),
        values={
            "percent": Value("num0", "percent", published="percent_printed", estimand="share"),
            "percent_printed": Value("num0", source="published"),
        },
        protect=Derived("figures 5-1 to 5-7, B-1 and B-2"),
        view=Table(longest=LONGEST),
        facts={
            "rows": Fact(lambda reader: int(_gap(reader).notna().sum())),
            "near": Fact(lambda reader: int((_gap(reader) <= NEAR).sum())),
            "limit": Fact(lambda _: NEAR),
            "gap": Fact(lambda reader: float(_gap(reader).mean()), "num1"),
        },
        when=When(lambda results: not results.parameters.county),
    ),
)


SENTENCES: tuple[Sentence, ...] = (
    Sentence(
        "outcomes-summary",
        facts={"opening": Fact(lambda reader: f"opening_{reader.output.origin}", "name")},
    ),
)
