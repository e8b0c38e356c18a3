"""Combinations and chains of programmes (chapter 4.2.6, tables 4-6 to 4-8 and B-3).

A course of programmes ends when more than two whole months pass without any. A combination
has two programmes in one month, a chain one programme after another.
"""

import pandas as pd

from naveval.registers.reading import Registers
from naveval.studies.programs.codes import CONTROL
from naveval.studies.programs.panel.persons import FIRST, LAST
from naveval.studies.programs.sample.persons import Sample

PAUSE = 2
KINDS = ("alone", "combination", "chain", "both")


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


def course_types(registers: Registers) -> pd.DataFrame:
    """tbl-4-6: courses alone, combined, chained or both: n persons, courses, percent, months."""
    table = registers.query(
        """SELECT CASE WHEN spells = 1 THEN 'alone' WHEN combined AND chained THEN 'both'
            WHEN combined THEN 'combination' ELSE 'chain' END AS kind,
            count(DISTINCT person)::INTEGER AS n, count(*)::INTEGER AS courses,
            avg(length) AS months
        FROM courses GROUP BY 1"""
    ).set_index("kind")
    table = table.reindex([kind for kind in KINDS if kind in table.index]).reset_index()
    return table.assign(percent=100 * table.courses / table.courses.sum())


def combinations(registers: Registers, top: int = 10) -> pd.DataFrame:
    """tbl-4-7: the most common pairs of programmes in one month."""
    table = registers.query(
        f"""SELECT a.program AS program_1, b.program AS program_2,
            count(DISTINCT a.person)::INTEGER AS n, count(*)::INTEGER AS months
        FROM program_months a JOIN program_months b USING (person, m)
        WHERE a.program < b.program AND m BETWEEN {FIRST} AND {LAST}
        GROUP BY ALL ORDER BY months DESC, program_1, program_2"""
    )
    return table.assign(percent=100 * table.months / table.months.sum()).head(top)


def chains(registers: Registers, top: int = 15) -> pd.DataFrame:
    """tbl-4-8: the most common sequences of programmes, by the starts in them.

    `percent` is of all starts in chained courses: that is what the printed numbers add up to.
    """
    table = registers.query(
        """SELECT programs[1] AS program_1, programs[2] AS program_2,
            coalesce(programs[3], '') AS program_3, count(DISTINCT person)::INTEGER AS n,
            sum(spells)::INTEGER AS starts,
            100 * starts / (SELECT sum(spells) FROM courses WHERE chained) AS percent
        FROM courses WHERE spells BETWEEN 2 AND 3 AND chained AND programs[1] <> programs[2]
        GROUP BY ALL ORDER BY starts DESC, program_1, program_2, program_3"""
    )
    return table.head(top)


def followed_by_another(sample: Sample) -> pd.DataFrame:
    """tbl-b-3: percent of the sample's programmes followed by another within two months."""
    treated = sample.frame[sample.frame.arm != CONTROL]
    table = treated.groupby("arm").agg(n=("person", "size"), followed=("program_2", _any_share))
    total = pd.DataFrame(
        {"n": [len(treated)], "followed": [_any_share(treated.program_2)]}, index=["all"]
    )
    table = pd.concat([table, total]).rename_axis("arm").reset_index()
    return table.assign(alone=100 - table.followed)


def _any_share(next_program: pd.Series) -> float:
    return 100 * float((next_program != "").mean())
