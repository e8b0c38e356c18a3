"""The effect sample: first registrations, first programmes, and who counts as a control.

Chapter 6.1.3. People enter when they are registered in one of three groups with nothing
registered and no programme in the months before. Treated are those whose first programme
starts within a window; everybody else is a possible control. Nothing is dropped silently: the
flow says how many left at each step.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.project.errors import EstimationError, ParameterError
from naveval.registers.reading import Registers
from naveval.studies.programs import basic_amount, contracts
from naveval.studies.programs import codes as programs_codes
from naveval.studies.programs.codes import (
    ARMS,
    CONTROL,
    REST,
    STATUS_CODES,
    month_number,
    month_sql,
)

Variant = Literal["main", "two_years", "reduced_capacity", "one_year_clean", "year_four"]
BEFORE, AFTER = 60, 60
MAX_AGE = 60
MIN_POSITION = 20
"""Percent of a full position from which a person is in work."""


@dataclass(frozen=True)
class Design:
    """How a sample is drawn.

    Attributes
    ----------
    first, last
        Months (yyyymm) of first registration.
    window
        Months after registration in which a first programme counts as treatment.
    clean
        Months before without registration and programme.
    groups
        First groups that count, as codes of `innsatsgruppe`.
    entry_groups
        Groups whose registration counts as registration at all.
    years
        Years of outcomes after the start.
    """

    first: int = 201707
    last: int = 201812
    window: int = 12
    clean: int = 24
    groups: tuple[str, ...] = ("standard", "situational", "special")
    entry_groups: tuple[str, ...] = tuple(STATUS_CODES.values())
    years: int = 3


DESIGNS: dict[str, Design] = {
    "main": Design(),
    "two_years": Design(window=24, years=2),
    "reduced_capacity": Design(
        clean=12, groups=("special",), entry_groups=("special", "permanent")
    ),
    "one_year_clean": Design(clean=12),
    "year_four": Design(first=201601, last=201712, years=4),
}


@dataclass(frozen=True)
class Sample:
    """People of a sample with their months around registration.

    Attributes
    ----------
    frame
        One row per registration: person, entry and start (month numbers; start is the
        pseudo-start of controls, −1 before it is drawn), first_group, program, program_2
        (next programme within two months, "" if none), arm.
    work, high, wage
        (n, 121) in work, in work with high income, and wage in kroner of the year, from 60
        months before registration to 60 after.
    status
        (n, 61) group of each month from registration on, as in STATUS_CODES; 0 where not
        registered with Nav.
    flow
        Steps with the number of people left.
    merged
        Small programmes counted as Annet, with their numbers.
    steps
        The persons left at the steps before the sample itself.
    """

    frame: pd.DataFrame
    work: NDArray[np.bool_]
    high: NDArray[np.bool_]
    wage: NDArray[np.float32]
    status: NDArray[np.int8]
    flow: pd.DataFrame
    merged: dict[str, int] = field(default_factory=dict)
    steps: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def status_at_start(self) -> NDArray[np.int8]:
        """(n,) group in the month of the start or pseudo-start, 0 where not registered."""
        wait = (self.frame.start - self.frame.entry).to_numpy()
        return self.status[np.arange(len(wait)), wait]

    def take(self, rows: NDArray[np.bool_]) -> "Sample":
        return Sample(
            self.frame[rows].reset_index(drop=True),
            self.work[rows],
            self.high[rows],
            self.wage[rows],
            self.status[rows],
            self.flow,
            self.merged,
            self.steps,
        )


def design(variant: str) -> Design:
    """The design of a sample variant; ParameterError lists the variants."""
    if variant not in DESIGNS:
        raise ParameterError(f"sample «{variant}»; allowed: {', '.join(get_args(Variant))}")
    return DESIGNS[variant]


def draw(
    registers: Registers,
    variant: Variant = "main",
    *,
    min_arm: int = 150,
    unknown_to_rest: bool = False,
    last_data: int = programs_codes.LAST_MONTH,
) -> Sample:
    """Draw a sample; controls still need their pseudo-starts.

    Parameters
    ----------
    min_arm
        Programmes with fewer people are counted as Annet.
    unknown_to_rest
        Count unknown activity codes as Annet; otherwise they are an error.
    last_data
        Last month (yyyymm) with data.

    Raises
    ------
    EstimationError
        Nobody in the sample, nobody treated, or outcomes that lie after the last month.
    """
    wanted = design(variant)
    latest = int(month_number(wanted.last)) + wanted.window - 1 + 12 * wanted.years
    if latest > int(month_number(last_data)):
        raise EstimationError(
            f"sample «{variant}»: outcomes reach {programs_codes.month_code(latest)}, data end "
            f"{last_data}"
        )
    frame, flow, merged, left = start(registers, variant, min_arm, unknown_to_rest=unknown_to_rest)
    flow.append(("treated", int((frame.arm != CONTROL).sum())))
    flow.append(("controls_before_pseudo_start", int((frame.arm == CONTROL).sum())))
    work, high, wage = work_months(registers, frame)
    return Sample(
        frame,
        work,
        high,
        wage,
        status_months(registers, frame),
        pd.DataFrame(flow, columns=["step", "n"]),
        merged,
        left,
    )


Started = tuple[pd.DataFrame, list[tuple[str, int]], dict[str, int], dict[str, NDArray]]


def start(
    registers: Registers, variant: Variant, min_arm: int, *, unknown_to_rest: bool = False
) -> Started:
    """Who is in the sample, with the first programme: all of `draw` but outcomes.

    Returns
    -------
    A row per person, the steps that led there, the merged programmes and who was left at each step.

    Raises
    ------
    EstimationError
        Nobody in the sample, nobody treated, or too few of every programme.
    """
    wanted = design(variant)
    make_spells(registers, unknown_to_rest=unknown_to_rest)
    entries = _entries(registers, wanted)
    flow = [("registered", len(entries))]
    left = {"registered": entries.person.to_numpy()}
    if entries.empty:
        raise EstimationError(
            f"sample «{variant}»: nobody is first registered from {wanted.first} to {wanted.last}"
        )
    for step, keep in (
        ("no_program_before", entries.programs_before == 0),
        ("under_60", entries.age < MAX_AGE),
        ("moved_on", (entries.first_group != "standard") | entries.moved),
    ):
        entries = entries[keep.reindex(entries.index)]
        flow.append((step, len(entries)))
        left[step] = entries.person.to_numpy()
    frame = _with_programs(registers, entries.reset_index(drop=True), wanted.window)
    if not (frame.program != CONTROL).any():
        raise EstimationError(
            f"sample «{variant}»: no treated persons: nobody starts a programme within "
            f"{wanted.window} months of registration"
        )
    arm, merged = merge_small(frame.program, min_arm)
    if arm.isin((CONTROL, REST)).all():
        raise EstimationError(
            f"sample «{variant}»: no programme has {min_arm} persons who start it within "
            f"{wanted.window} months of registration: there is no effect to estimate; deliver "
            "more persons, set min_arm, or leave the part effects out"
        )
    return frame.assign(arm=arm), flow, merged, left


def make_spells(registers: Registers, *, unknown_to_rest: bool = False) -> None:
    """Create the table `spells`: person, program, start, stop (month numbers), A-1 applied.

    Overlapping spells of one programme are joined; see `programs.contracts` for codes.
    """
    unknown = contracts.unknown_codes(registers)
    mapping = programs_codes.grouping(unknown, unknown_to_rest=unknown_to_rest)
    registers.connection.register("code_groups", mapping)
    registers.query(
        f"""CREATE OR REPLACE TEMP TABLE spells AS
        WITH mapped AS (
            SELECT person, program, {month_sql("from_month")} AS start,
                {month_sql("to_month")} AS stop
            FROM program_spells JOIN code_groups ON code = activity_code),
        marked AS (
            SELECT *, CASE WHEN start <= max(stop) OVER earlier THEN 0 ELSE 1 END AS new
            FROM mapped WINDOW earlier AS (PARTITION BY person, program ORDER BY start, stop
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)),
        numbered AS (
            SELECT *, sum(new) OVER (PARTITION BY person, program ORDER BY start, stop) AS run
            FROM marked)
        SELECT person, program, min(start)::INTEGER AS start, max(stop)::INTEGER AS stop
        FROM numbered GROUP BY person, program, run"""
    )


def merge_small(program: pd.Series, min_arm: int) -> tuple[pd.Series, dict[str, int]]:
    """Count programmes below `min_arm` persons, and those outside the ten, as Annet.

    Returns
    -------
    The arm of each row, and the merged programmes with their numbers.
    """
    counts = program[program != CONTROL].value_counts()
    merged = {str(name): int(n) for name, n in counts.items() if n < min_arm or name not in ARMS}
    merged.pop(REST, None)
    return program.where(~program.isin(merged), REST), merged


def _entries(registers: Registers, wanted: Design) -> pd.DataFrame:
    """First registrations with age, programmes before and whether standard moved on."""
    entry_groups = ", ".join(f"'{group}'" for group in wanted.entry_groups)
    groups = ", ".join(f"'{group}'" for group in wanted.groups)
    first, last = int(month_number(wanted.first)), int(month_number(wanted.last))
    return registers.query(
        f"""
        WITH months AS (
            SELECT person, {month_sql("month")} AS m, innsatsgruppe FROM nav_status
            WHERE innsatsgruppe IN ({entry_groups})),
        lagged AS (
            SELECT *, m - lag(m) OVER (PARTITION BY person ORDER BY m) AS gap FROM months),
        entries AS (
            SELECT person, m::INTEGER AS entry, innsatsgruppe AS first_group FROM lagged
            WHERE (gap IS NULL OR gap > {wanted.clean}) AND m BETWEEN {first} AND {last}
                AND innsatsgruppe IN ({groups})),
        moved AS (
            SELECT e.person, e.entry FROM entries e JOIN months s
                ON s.person = e.person AND s.m BETWEEN e.entry AND e.entry + 11
            WHERE s.innsatsgruppe IN ('situational', 'special') GROUP BY ALL),
        before AS (
            SELECT e.person, e.entry, count(*) AS n FROM entries e JOIN spells s
                ON s.person = e.person AND s.start < e.entry AND s.stop >= e.entry - {wanted.clean}
            GROUP BY ALL)
        SELECT e.*, (e.entry // 12 + 2009 - p.birth_year)::INTEGER AS age,
            m.person IS NOT NULL AS moved, coalesce(b.n, 0)::INTEGER AS programs_before
        FROM entries e JOIN persons p USING (person)
            LEFT JOIN moved m USING (person, entry) LEFT JOIN before b USING (person, entry)
        ORDER BY person, entry
        """
    )


def _with_programs(registers: Registers, entries: pd.DataFrame, window: int) -> pd.DataFrame:
    """Add the first programme in the window, the next one soon after, and the group then."""
    registers.connection.register("entries", entries[["person", "entry"]])
    programs = registers.query(
        f"""
        WITH first AS (
            SELECT e.person, e.entry, s.program, s.start, s.stop
            FROM entries e JOIN spells s ON s.person = e.person
                AND s.start BETWEEN e.entry AND e.entry + {window - 1}
            QUALIFY row_number() OVER (PARTITION BY e.person, e.entry
                ORDER BY s.start, s.stop DESC, s.program) = 1),
        next AS (
            SELECT f.person, f.entry, s.program AS program_2, s.start AS start_2
            FROM first f JOIN spells s ON s.person = f.person
                AND s.start > f.start AND s.start BETWEEN f.stop AND f.stop + 3
                AND s.program <> f.program
            QUALIFY row_number() OVER (PARTITION BY f.person, f.entry
                ORDER BY s.start, s.stop DESC, s.program) = 1)
        SELECT f.*, n.program_2, n.start_2, g.innsatsgruppe AS group_at_start
        FROM first f LEFT JOIN next n USING (person, entry)
            LEFT JOIN (SELECT person, {month_sql("month")} AS m, innsatsgruppe
                       FROM nav_status) g ON g.person = f.person AND g.m = f.start
        """
    )
    frame = entries.merge(programs, on=["person", "entry"], how="left")
    frame["program"] = frame.program.fillna(CONTROL)
    frame["program_2"] = frame.program_2.fillna("")
    for name in ("start", "stop", "start_2"):
        frame[name] = frame[name].fillna(-1).astype(int)
    return frame


def work_months(
    registers: Registers, frame: pd.DataFrame
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.float32]]:
    """(n, 121) in work, in work with high income, and wage, around registration."""
    register_rows(registers, frame)
    cells = registers.query(
        f"""
        SELECT r.row, ({month_sql("e.month")} - r.entry + {BEFORE})::INTEGER AS k,
            e.wage_nok, e.position_percent >= {MIN_POSITION} AS enough,
            enough AND e.wage_nok >= g.basic_amount / 12 AS work,
            enough AND e.wage_nok >= g.basic_amount / 4 AS high
        FROM sample_rows r JOIN employment e ON e.person = r.person
            AND {month_sql("e.month")} BETWEEN r.entry - {BEFORE} AND r.entry + {AFTER}
            JOIN basic_amounts g USING (month)
        """
    )
    shape = (len(frame), BEFORE + AFTER + 1)
    work, high = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    wage = np.zeros(shape, dtype=np.float32)
    row, k = cells.row.to_numpy(), cells.k.to_numpy()
    work[row, k], high[row, k], wage[row, k] = cells.work, cells.high, cells.wage_nok
    return work, high, wage


def status_months(registers: Registers, frame: pd.DataFrame) -> NDArray[np.int8]:
    """(n, 61) group of each month from registration on, 0 where not registered with Nav."""
    register_rows(registers, frame)
    codes = pd.DataFrame({"code": STATUS_CODES.keys(), "innsatsgruppe": STATUS_CODES.values()})
    registers.connection.register("status_codes", codes)
    cells = registers.query(
        f"""
        SELECT r.row, ({month_sql("s.month")} - r.entry)::INTEGER AS k, c.code
        FROM sample_rows r JOIN nav_status s ON s.person = r.person
            AND {month_sql("s.month")} BETWEEN r.entry AND r.entry + {AFTER}
            JOIN status_codes c USING (innsatsgruppe)
        """
    )
    status = np.zeros((len(frame), AFTER + 1), dtype=np.int8)
    status[cells.row.to_numpy(), cells.k.to_numpy()] = cells.code
    return status


def register_rows(registers: Registers, frame: pd.DataFrame) -> None:
    """Make `sample_rows` (row, person, entry) and `basic_amounts` known to the queries."""
    rows = frame[["person", "entry"]].assign(row=np.arange(len(frame)))
    registers.connection.register("sample_rows", rows)
    months = programs_codes.month_code(np.arange(int(month_number(programs_codes.LAST_MONTH)) + 1))
    amounts = pd.DataFrame({"month": months, "basic_amount": basic_amount.monthly(months)})
    registers.connection.register("basic_amounts", amounts)
