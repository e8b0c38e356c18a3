"""Part 2: nine mutually exclusive states after the first programme start (chapter 5)."""

from collections.abc import Mapping, Sequence

import pandas as pd

from naveval.disclosure import series
from naveval.disclosure.counts import share
from naveval.disclosure.keys import Secret
from naveval.registers.reading import Registers
from naveval.studies.programs.codes import GROUPS, STATES, month_number, month_sql
from naveval.studies.programs.panel.persons import CATEGORIES, FIRST, LAST, protected

LAST_START = int(month_number(201910))
"""Last start in the figures of states; figures B-1 and B-2 take all starts of the panel."""
FOLLOWED = 24
LEAST_STACKED = 50
"""Persons of a group whose states are stacked: the noise of nine numbers is about five persons."""
GROUPINGS: Mapping[str, Sequence[str]] = {
    "all": ("all",),
    "program": GROUPS,
    **{name: CATEGORIES[name] for name in ("status", "age_group", "country", "spell")},
}
BREAKDOWNS = tuple(GROUPINGS)
ALSO = {"any_wage": ("all", "program"), "aap": ("program", "status")}
"""Columns told by the same months that are not states, and the breakdowns they are told by."""


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


def states(registers: Registers, secret: Secret, breakdown: str) -> pd.DataFrame:
    """Percent in each state by month since start: group, k, state, n, n_state, percent.

    Every state is protected by itself, so the nine of a month sum to about 100; groups so small
    that the sum could be far from it are left out.
    """
    if breakdown not in BREAKDOWNS:
        raise ValueError(f"breakdown {breakdown!r}; allowed: {', '.join(BREAKDOWNS)}")
    having = {state: f"state = '{state}'" for state in STATES}
    found = monthly(registers, secret, breakdown, having, LAST_START)
    return found[found["n"] >= LEAST_STACKED].reset_index(drop=True)


SUMS = {
    "in_work_any": ("work_program", "work_high", "work_low"),
    "work_only": ("work_high", "work_low"),
    "disability_or_reduced": ("disability", "reduced_capacity"),
}
"""States put together, as the report's text does."""


def monthly(
    registers: Registers,
    secret: Secret,
    breakdown: str,
    having: Mapping[str, str],
    last: int = LAST,
) -> pd.DataFrame:
    """Percent with each of the conditions by group and month since start.

    Parameters
    ----------
    having
        State to condition on the rows of `state_months`.
    last
        Last month of starts.

    Returns
    -------
    group, k, state, n, n_state and percent; groups in which the median month has fewer than ten
    persons in its commonest state, or outside it, are left out.
    """
    column = "'all'" if breakdown == "all" else breakdown
    source = f"(SELECT *, {column} AS grouping FROM state_months WHERE start <= {last})"
    codes = {"grouping": GROUPINGS[breakdown], "k": range(FOLLOWED + 1)}
    wide = protected(registers, secret, source, codes, having=having, once=True)
    wide = wide.rename(columns={"grouping": "group"})
    counts = [f"n_{state}" for state in having]
    kept = [
        part
        for _, part in wide.groupby("group", sort=False)
        if series.enough(part, str(part[counts].median().idxmax()), "n")
    ]
    rows = pd.concat([wide.head(0), *kept]).reset_index(names="row")
    long = rows.melt(["row", "group", "k", "n"], counts, "state", "n_state")
    long = long.sort_values("row", kind="stable", ignore_index=True).drop(columns="row")
    percent = 100 * share(long["n_state"], long["n"])
    return long.assign(state=long["state"].str.removeprefix("n_"), percent=percent)


def persons_by_program(registers: Registers, secret: Secret) -> pd.DataFrame:
    """tbl-b-2: persons behind the outcome figures by programme."""
    source = f"(SELECT * FROM state_months WHERE start <= {LAST_START} AND k = 0)"
    return protected(registers, secret, source, {"program": GROUPS}, once=True)
