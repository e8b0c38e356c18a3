"""Combinations and chains of programmes (chapter 4.2.6, tables 4-6 to 4-8 and B-3).

A course of programmes ends when more than two whole months pass without any. A combination
has two programmes in one month, a chain one programme after another.
"""

import pandas as pd

from naveval.disclosure.counts import share
from naveval.disclosure.keys import Secret
from naveval.registers.reading import Registers
from naveval.studies.programs.panel.persons import FIRST, LAST, every, protected

PAUSE = 2
KINDS = ("alone", "combination", "chain", "both")
# The most that one person adds to a cell: courses, their months, months of a pair, starts.
COURSES_CAP, MONTHS_CAP, PAIR_CAP, CHAIN_CAP = 4, 60, 36, 6


def make_courses(registers: Registers) -> None:
    """Create `course_spells`: each spell with its course, and `courses`."""
    registers.query(
        f"""CREATE OR REPLACE TEMP TABLE course_spells AS
        WITH ordered AS (
            SELECT *, CASE WHEN start <= max(stop) OVER earlier + {PAUSE} + 1 THEN 0 ELSE 1 END
                AS new
            FROM spells SEMI JOIN place USING (person)
            WINDOW earlier AS (PARTITION BY person ORDER BY start, stop, program
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))
        SELECT *, sum(new) OVER (PARTITION BY person ORDER BY start, stop, program) AS course,
            lag(stop) OVER (PARTITION BY person ORDER BY start, stop, program) AS stop_before,
            lag(program) OVER (PARTITION BY person ORDER BY start, stop, program) AS before
        FROM ordered"""
    )
    registers.query(
        f"""CREATE OR REPLACE TEMP TABLE courses AS
        SELECT person, course, min(start) AS start, max(stop) - min(start) + 1 AS length,
            count(*) AS spells,
            bool_or(new = 0 AND start <= stop_before) AS combined,
            bool_or(new = 0 AND (start > stop_before OR stop > stop_before)) AS chained,
            list(program ORDER BY start, stop) AS programs
        FROM course_spells GROUP BY person, course
        HAVING min(start) BETWEEN {FIRST} AND {LAST}"""
    )


def course_types(registers: Registers, secret: Secret) -> pd.DataFrame:
    """tbl-4-6: courses alone, combined, chained or both: n persons, courses, percent, months."""
    source = """(SELECT person, 1 AS courses, length, CASE WHEN spells = 1 THEN 'alone'
            WHEN combined AND chained THEN 'both' WHEN combined THEN 'combination' ELSE 'chain' END
            AS kind FROM courses)"""
    sums = {"courses": COURSES_CAP, "length": MONTHS_CAP}
    table = protected(registers, secret, source, ["kind"], sums=sums)
    table = every(table, {"kind": KINDS})
    total = protected(registers, secret, source, [], sums=sums)["courses"][0]
    return table.assign(
        percent=100 * share(table["courses"], [total] * len(table)),
        months=table["length"] / table["courses"].where(table["courses"] > 0),
    )[["kind", "n", "courses", "percent", "months"]]


def combinations(registers: Registers, secret: Secret, top: int = 10) -> pd.DataFrame:
    """tbl-4-7: the most common pairs of programmes in one month."""
    source = f"""(SELECT a.person, a.program AS program_1, b.program AS program_2, 1 AS together
        FROM program_months a JOIN program_months b USING (person, m)
        WHERE a.program < b.program AND m BETWEEN {FIRST} AND {LAST})"""
    table = _most(
        registers, secret, source, ["program_1", "program_2"], ("together", PAIR_CAP), source, top
    )
    return table.rename(columns={"together": "months"})


def chains(registers: Registers, secret: Secret, top: int = 15) -> pd.DataFrame:
    """tbl-4-8: the most common sequences of programmes, by the starts in them.

    `percent` is of all starts in chained courses: that is what the printed numbers add up to.
    """
    source = """(SELECT person, spells AS linked, programs[1] AS program_1,
            programs[2] AS program_2, coalesce(programs[3], 'none') AS program_3 FROM courses
        WHERE spells BETWEEN 2 AND 3 AND chained AND programs[1] <> programs[2])"""
    every_chain = "(SELECT person, spells AS linked FROM courses WHERE chained)"
    keys = ["program_1", "program_2", "program_3"]
    table = _most(registers, secret, source, keys, ("linked", CHAIN_CAP), every_chain, top)
    return table.rename(columns={"linked": "starts"})


def _most(
    registers: Registers,
    secret: Secret,
    source: str,
    keys: list[str],
    what: tuple[str, float],
    whole: str,
    top: int,
) -> pd.DataFrame:
    """The largest of many cells by their protected sum, with its percent of the whole.

    Cells without a sum are left out, so that a cell that is not there may have nobody or a few.
    """
    name = what[0]
    table = protected(registers, secret, source, keys, sums=dict([what]))
    total = protected(registers, secret, whole, [], sums=dict([what]))[name][0]
    table = table.assign(percent=100 * share(table[name], [total] * len(table)))
    order = table[table[name] > 0].sort_values(name, ascending=False, kind="stable")
    return order.head(top).reset_index(drop=True)[[*keys, "n", name, "percent"]]
