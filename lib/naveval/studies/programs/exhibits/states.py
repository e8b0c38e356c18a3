"""Figures of part 2: how it goes with participants (chapter 5, annex B.2 and B.3)."""

from collections.abc import Sequence

import pandas as pd

from naveval.disclosure import gate
from naveval.disclosure.gate import Released
from naveval.disclosure.plan import nearest
from naveval.disclosure.thresholds import thresholds
from naveval.exhibits import figures, tables, words
from naveval.exhibits.output import Block, Output, sentence
from naveval.studies.programs import published
from naveval.studies.programs.codes import GROUPS, STATES
from naveval.studies.programs.exhibits.drawing import (
    DARK,
    name,
    panel_title,
    panels,
    states_panels,
    x_label,
)
from naveval.studies.programs.panel.persons import CATEGORIES
from naveval.studies.programs.panel.states import round_persons
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
SHOWN = {
    "fig-5-1": ("all", ("all",)),
    "fig-5-2": ("program", FIRST_PROGRAMS),
    "fig-5-3": ("program", SECOND_PROGRAMS),
    "fig-5-4": ("status", ("standard", "situational", "special", "sick")),
    "fig-5-5": ("age_group", CATEGORIES["age_group"]),
    "fig-5-6": ("country", CATEGORIES["country"]),
    "fig-5-7": ("spell", CATEGORIES["spell"]),
}
MIN_SHOWN = 30
WORK = ["work_program", "work_high", "work_low"]


def states(output: Output, data: Outcomes, label: str) -> Block:
    """Figures 5-1 to 5-7: nine states by month since the first programme start."""
    breakdown, wanted = SHOWN[label]
    frame = rounded(data, breakdown)
    groups = shown_groups(data, breakdown, wanted)
    if not groups:
        return _too_few(output, label)
    frame = frame[frame.group.isin(groups)].reset_index(drop=True)
    released = release_states(frame, label)
    figure = states_panels(output, label, released.frame, groups)
    end = frame[frame.k == frame.k.max()].set_index("group")
    work = end[WORK].sum(axis=1)
    values = {
        "first": name(output, groups[0]),
        "work": work[groups[0]],
        "best": name(output, work.idxmax()),
        "best_work": work.max(),
        "worst": name(output, work.idxmin()),
        "worst_work": work.min(),
        "disability": end.disability[groups[0]],
    }
    return figures.show(output, figure, released, label, **values)


def _too_few(output: Output, label: str) -> Block:
    """Where no group has enough persons for a picture."""
    caption = words.fill(output.texts[label]["caption"], {"place": output.place}, label)
    return sentence(output, "too-few", caption=caption)


def rounded(data: Outcomes, breakdown: str) -> pd.DataFrame:
    """States of a breakdown as they may be shown, everywhere in the report."""
    base = thresholds().min_cell
    frame = round_persons(data.states[breakdown], base)
    return frame.assign(n=nearest(frame.n, base)) if data.county else frame


def shown_groups(data: Outcomes, breakdown: str, wanted: Sequence[str]) -> list[str]:
    """Groups large enough to show; one fewer where those left out would be too few persons.

    Their number follows from that of all participants, save for programmes, shown in part.
    """
    frame = data.states[breakdown]
    groups = [group for group in wanted if group in enough(frame)]
    if breakdown in ("all", "program"):
        return groups
    n = frame[frame.k == 0].set_index("group").n
    left_out = n.sum() - n[groups].sum()
    if 0 < left_out < thresholds().min_cell:
        groups.remove(n[groups].idxmin())
    return groups


def enough(frame: pd.DataFrame) -> set[str]:
    """Groups with enough persons for a readable picture."""
    return set(frame.loc[frame.n >= MIN_SHOWN, "group"])


def release_states(frame: pd.DataFrame, label: str) -> Released:
    """Release monthly states; each share is of the persons in the row, rounded beforehand."""
    return gate.release(
        frame[["group", "k", "n", *STATES]],
        label=label,
        count="n",
        values=list(STATES),
        keys=["group", "k"],
        labels=["k"],
    )


def any_wage(output: Output, data: Outcomes) -> Block:
    """fig-b-1: share with any wage by month since start, per programme."""
    return _lines(output, data, data.any_wage["program"], "fig-b-1")


def aap(output: Output, data: Outcomes) -> Block:
    """fig-b-2: share with AAP by month since start, per programme."""
    return _lines(output, data, data.aap["program"], "fig-b-2")


def persons(output: Output, data: Outcomes) -> Block:
    """tbl-b-2: persons behind the figures of states."""
    printed = published.read("table_b_2").set_index("program").n
    values = printed.reindex(data.persons.program).to_numpy(dtype=float)
    frame = data.persons.assign(published=values if output.place.is_country else float("nan"))
    released = gate.release(
        frame,
        label="tbl-b-2",
        count="n",
        keys=["program"],
        labels=["published"],
        exhaustive="program",
        coarse=bool(data.county),
    )
    return tables.show(output, released, "tbl-b-2")


def _lines(output: Output, data: Outcomes, frame: pd.DataFrame, label: str) -> Block:
    order = dict.fromkeys((*FIRST_PROGRAMS, *SECOND_PROGRAMS, *GROUPS))
    programs = [program for program in order if program in enough(frame)]
    if not programs:
        return _too_few(output, label)
    frame = frame[frame.group.isin(programs)].reset_index(drop=True)
    released = gate.release(
        frame,
        label=label,
        count="n",
        percent={"percent": "n"},
        keys=["group", "k"],
        labels=["k"],
        coarse=bool(data.county),
    )
    frame = released.frame
    known = set(frame.group[frame.percent.notna()])
    programs = [program for program in programs if program in known]
    if not programs:
        return _too_few(output, label)
    figure, grid = panels(len(programs), columns=4, height=1.6)
    for ax, program in zip(grid, programs, strict=True):
        rows = released.frame[released.frame.group == program]
        ax.plot(rows.k, rows.percent, color=DARK)
        ax.set_xlim(0, 24)
        ax.set_ylim(0, 100)
        ax.set_xticks([0, 12, 24])
        figures.norwegian_axis(ax, y=0, unit=" %")
        panel_title(ax, program, 20)
    x_label(grid, 4, output.label(label, "x"))
    end = frame[frame.k == 24].set_index("group").percent
    return figures.show(
        output,
        figure,
        released,
        label,
        best=end.fillna(-1).idxmax(),
        best_percent=end.max(),
        worst=end.fillna(101).idxmin(),
        worst_percent=end.min(),
    )
