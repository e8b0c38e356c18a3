"""Part 2: nine mutually exclusive states after the first programme start (chapter 5)."""

import numpy as np
import pandas as pd

from naveval.registers.reading import Registers
from naveval.studies.programs.codes import STATES, month_number, month_sql
from naveval.studies.programs.panel.persons import FIRST, LAST

LAST_START = int(month_number(201910))
"""Last start in the figures of states; figures B-1 and B-2 take all starts of the panel."""
FOLLOWED = 24
BREAKDOWNS = ("all", "program", "status", "age_group", "country", "spell")


def make_states(registers: Registers) -> None:
    """Create `state_months`: each first start 2016–2020, 25 months with one state each.

    The first state that fits counts: in work and on a programme; in work, high income; in
    work, low income; in education; on a programme; disability pension; job seeker; reduced
    work capacity; other. `any_wage` and `aap` are kept for figures B-1 and B-2.
    """
    registers.query(
        f"""CREATE OR REPLACE TEMP TABLE state_months AS
        WITH first AS (
            SELECT s.person, s.program, s.m AS start, d.status, d.age_group, d.country, d.spell
            FROM (SELECT * FROM starts WHERE first AND m BETWEEN {FIRST} AND {LAST}
                  QUALIFY row_number() OVER (PARTITION BY person ORDER BY m) = 1) s
            JOIN described_starts d ON d.person = s.person AND d.m = s.m),
        cells AS (SELECT *, start + k AS m FROM first CROSS JOIN range(0, {FOLLOWED + 1}) t(k)),
        on_program AS (SELECT DISTINCT person, m FROM program_months),
        studies AS (SELECT person, {month_sql("month")} AS m FROM enrolment),
        pension AS (SELECT person, {month_sql("month")} AS m FROM disability),
        pay AS (SELECT person, {month_sql("month")} AS m FROM employment WHERE wage_nok > 0),
        aap AS (SELECT person, {month_sql("month")} AS m FROM benefits WHERE aap_nok > 0)
        SELECT c.*, s.status AS status_now,
            pay.person IS NOT NULL AS any_wage, aap.person IS NOT NULL AS aap,
            CASE WHEN w.person IS NOT NULL AND p.person IS NOT NULL THEN 'work_program'
                WHEN w.high THEN 'work_high'
                WHEN w.person IS NOT NULL THEN 'work_low'
                WHEN e.person IS NOT NULL THEN 'education'
                WHEN p.person IS NOT NULL THEN 'program'
                WHEN u.person IS NOT NULL THEN 'disability'
                WHEN s.status IN ('standard', 'situational') THEN 'job_seeker'
                WHEN s.status IN ('special', 'permanent') THEN 'reduced_capacity'
                ELSE 'other' END AS state
        FROM cells c
            LEFT JOIN work_months w ON w.person = c.person AND w.m = c.m
            LEFT JOIN on_program p ON p.person = c.person AND p.m = c.m
            LEFT JOIN studies e ON e.person = c.person AND e.m = c.m
            LEFT JOIN pension u ON u.person = c.person AND u.m = c.m
            LEFT JOIN status_months s ON s.person = c.person AND s.m = c.m
            LEFT JOIN pay ON pay.person = c.person AND pay.m = c.m
            LEFT JOIN aap ON aap.person = c.person AND aap.m = c.m"""
    )


def states(registers: Registers, breakdown: str) -> pd.DataFrame:
    """Percent in each state by month since start: group, k, n, and one column per state.

    The nine columns of a row sum to 100. Not yet fit to be shown: see `round_persons`.
    """
    if breakdown not in BREAKDOWNS:
        raise ValueError(f"breakdown {breakdown!r}; allowed: {', '.join(BREAKDOWNS)}")
    group = "'all'" if breakdown == "all" else breakdown
    shares = ", ".join(f"100 * avg((state = '{state}')::INTEGER) AS {state}" for state in STATES)
    return registers.query(
        f"""SELECT {group} AS grouping, k, count(DISTINCT person)::INTEGER AS n, {shares}
        FROM state_months WHERE start <= {LAST_START} GROUP BY ALL ORDER BY grouping, k"""
    ).rename(columns={"grouping": "group"})


SUMS = {
    "in_work_any": ("work_program", "work_high", "work_low"),
    "work_only": ("work_high", "work_low"),
    "disability_or_reduced": ("disability", "reduced_capacity"),
}
"""States put together, as the report's text does."""


def state_sums(frame: pd.DataFrame, state: str) -> pd.Series:
    """Percent in a state, or in several that are put together."""
    return frame[list(SUMS.get(state, (state,)))].sum(axis=1)


def round_persons(frame: pd.DataFrame, base: int) -> pd.DataFrame:
    """Shares from persons rounded to multiples of `base`; the nine still sum to 100.

    All participants are shown beside their groups, so hiding small states would not do: they
    follow from the others by subtraction. Each count goes to one of the two nearest multiples,
    those with the largest remainders upwards (controlled rounding).
    """
    shares = frame[list(STATES)].to_numpy(dtype=float)
    total = np.maximum(1, np.rint(frame.n.to_numpy() / base)).astype(int)
    units = shares / 100 * total[:, None]
    low = np.floor(units + 1e-9)
    order = np.argsort(-(units - low), axis=1, kind="stable")
    up = np.arange(len(STATES)) < (total - low.sum(axis=1))[:, None]
    np.put_along_axis(low, order, np.take_along_axis(low, order, axis=1) + up, axis=1)
    rounded = 100 * low / total[:, None]
    return frame.assign(**{state: rounded[:, j] for j, state in enumerate(STATES)})


def monthly_share(registers: Registers, column: str, breakdown: str) -> pd.DataFrame:
    """Figures B-1 and B-2: percent with any wage, or with AAP, by month since start and group."""
    if column not in ("any_wage", "aap"):
        raise ValueError(f"column {column!r}; allowed: any_wage, aap")
    grouping = "'all'" if breakdown == "all" else breakdown
    return registers.query(
        f"""SELECT {grouping} AS grouping, k, count(DISTINCT person)::INTEGER AS n,
            100 * avg({column}::INTEGER) AS percent
        FROM state_months GROUP BY ALL ORDER BY grouping, k"""
    ).rename(columns={"grouping": "group"})


def persons_by_program(registers: Registers) -> pd.DataFrame:
    """tbl-b-2: persons behind the outcome figures by programme."""
    return registers.query(
        "SELECT program, count(DISTINCT person)::INTEGER AS n FROM state_months "
        f"WHERE start <= {LAST_START} GROUP BY 1 ORDER BY program"
    )
