"""Part 1: who takes part, and which programmes go together (chapter 4), in small frames.

Counts are protected where they are made (`persons.protected`), and shares, means and sums are
computed from them. Months and starts are protected persons times a protected mean per person.

A course of programmes ends when more than two whole months pass without any. A combination
has two programmes in one month, a chain one programme after another (tables 4-6 to 4-8, B-3).
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from naveval.disclosure import counts, series
from naveval.disclosure.counts import share
from naveval.disclosure.keys import Secret
from naveval.project import places
from naveval.registers.reading import Registers
from naveval.studies.programs.codes import GROUPS, STATUS_CODES
from naveval.studies.programs.panel.persons import (
    CATEGORIES,
    FIRST,
    LAST,
    by_characteristic,
    protected,
    with_enough,
)

STATUSES = tuple(STATUS_CODES.values())
STATES = (*STATUSES, "not_registered")
FOLLOWED = 24
MONTHS = (1, 6, 12, 18, 24)
STOCK_FIRST = 24
KEY = ["characteristic", "category"]
YEARS = tuple(range(2010, 2023))
# The most that one person adds: months of the five years and of one year, and starts.
MONTHS_CAP, YEAR_CAP, STARTS_CAP = LAST - FIRST + 1, 12, 6
STEPS: tuple[series.Step, ...] = ("month", "quarter", "half_year", "year")


def stock(registers: Registers, secret: Secret) -> pd.DataFrame:
    """fig-4-1: persons per group by month from 2011, or by the step with enough: m, status, n."""

    def at(step: series.Step) -> pd.DataFrame:
        width = series.MONTHS[step]
        period = f"({STOCK_FIRST} + (m - {STOCK_FIRST}) // {width} * {width})::INTEGER"
        rows = f"SELECT DISTINCT person, {period} AS m, status FROM status_months"
        source = f"({rows} WHERE m >= {STOCK_FIRST})"
        months = registers.query(f"SELECT DISTINCT m FROM {source} ORDER BY m")["m"].tolist()
        return protected(registers, secret, source, {"m": months, "status": STATUSES}, once=True)

    found = series.finest(at, "n", steps=STEPS)
    nothing = pd.DataFrame({"m": [], "status": [], "n": [], "step": []})
    return nothing if found is None else found


def composition(registers: Registers, secret: Secret) -> pd.DataFrame:
    """fig-4-2: share in each group by months since first registration: k, status, n, share."""
    cells = f"""(SELECT f.person, k, coalesce(s.status, 'not_registered') AS status
        FROM first_registrations f CROSS JOIN range(0, {FOLLOWED + 1}) t(k)
        LEFT JOIN status_months s ON s.person = f.person AND s.m = f.entry + k)"""
    codes = {"k": range(FOLLOWED + 1), "status": STATES}
    table = protected(registers, secret, cells, codes, once=True)
    total = protected(registers, secret, "first_registrations", [], once=True)["n"][0]
    return table.assign(total=total, share=100 * share(table["n"], [total] * len(table)))


def flows(registers: Registers, secret: Secret) -> pd.DataFrame:
    """fig-4-3: persons moving between groups from month 0 to 6, 6 to 12 and 12 to 18."""
    cells = """(WITH positions AS (
            SELECT f.person, k, coalesce(s.status, 'not_registered') AS status
            FROM first_registrations f CROSS JOIN (VALUES (0), (6), (12), (18)) t(k)
            LEFT JOIN status_months s ON s.person = f.person AND s.m = f.entry + k)
        SELECT a.person, a.k AS month, a.status AS source, b.status AS target
        FROM positions a JOIN positions b ON a.person = b.person AND b.k = a.k + 6)"""
    codes = {"month": (0, 6, 12), "source": STATES, "target": STATES}
    return protected(registers, secret, cells, codes, once=True)


def first_program_month(registers: Registers) -> None:
    """Create `waits`: each first registration with months to the first programme within 24."""
    registers.query(
        f"""CREATE OR REPLACE TEMP TABLE waits AS
        SELECT f.*, d.* EXCLUDE (person, m), min(s.start - f.entry) AS wait
        FROM first_registrations f JOIN described_entries d ON d.person = f.person AND d.m = f.entry
            LEFT JOIN spells s ON s.person = f.person
                AND s.start BETWEEN f.entry AND f.entry + {FOLLOWED}
        GROUP BY ALL"""
    )


def participation(registers: Registers, secret: Secret) -> pd.DataFrame:
    """fig-4-4: first registrations and starters within two years by first group."""
    source = "(SELECT person, wait, first_status AS status FROM waits)"
    having = {"program": f"coalesce(wait, 99) <= {FOLLOWED}"}
    table = protected(registers, secret, source, {"status": STATUSES}, having=having, once=True)
    return table.assign(percent=100 * share(table["n_program"], table["n"]))


def cumulative(registers: Registers, secret: Secret) -> pd.DataFrame:
    """fig-4-5: percent who have started by month since first registration, by first group."""
    cells = f"""(SELECT person, first_status AS status, k, coalesce(wait, 99) <= k AS started
        FROM waits CROSS JOIN range(0, {FOLLOWED + 1}) t(k))"""
    codes = {"status": STATUSES, "k": range(FOLLOWED + 1)}
    table = protected(registers, secret, cells, codes, having={"started": "started"}, once=True)
    return with_enough(_started(table, ["status"]), "status", "n_started")


def cumulative_table(registers: Registers, secret: Secret) -> pd.DataFrame:
    """tbl-4-3: the same at five months, for everyone and by characteristic."""
    wide = by_characteristic(
        registers,
        secret,
        "waits",
        everybody=True,
        having={str(k): f"coalesce(wait, 99) <= {k}" for k in MONTHS},
        once=True,
    )
    return _started(_long(wide, "started", KEY), KEY)


def waiting(registers: Registers, secret: Secret) -> pd.DataFrame:
    """tbl-waiting: mean months to the first programme, of those who start within two years."""
    source = """(SELECT person, wait, unnest(['all', first_status]) AS status
        FROM waits WHERE wait IS NOT NULL)"""
    return _waited(registers, secret, source, "status", ("all", *STATUSES))


def county_waiting(registers: Registers, secret: Secret) -> pd.DataFrame:
    """tbl-county-waiting: the same by the county where they last lived."""
    source = """(SELECT person, wait, home AS county
        FROM waits JOIN place USING (person) WHERE wait IS NOT NULL)"""
    return _waited(registers, secret, source, "county", places.codes(places.CURRENT_YEAR))


def _waited(
    registers: Registers, secret: Secret, source: str, key: str, codes: Sequence[str]
) -> pd.DataFrame:
    table = protected(registers, secret, source, {key: codes}, sums={"wait": FOLLOWED})
    return _means(table, "wait")[[key, "n", "months"]]


def counties(registers: Registers, secret: Secret) -> pd.DataFrame:
    """tbl-counties: as tbl-4-3 for everyone, by the county where they last lived."""
    source = "(SELECT waits.*, home AS county FROM waits JOIN place USING (person))"
    having = {str(k): f"coalesce(wait, 99) <= {k}" for k in MONTHS}
    codes = {"county": places.codes(places.CURRENT_YEAR)}
    wide = protected(registers, secret, source, codes, having=having, once=True)
    return _started(_long(wide, "started", ["county"]), ["county"])


def county_programs(registers: Registers, secret: Secret) -> pd.DataFrame:
    """tbl-county-programs: of a county's persons who started, the percent on each programme."""
    source = """(SELECT DISTINCT person, program, home AS county
        FROM starts JOIN place USING (person))"""
    starters = f"(SELECT DISTINCT person, county FROM {source})"
    county = {"county": places.codes(places.CURRENT_YEAR)}
    total = protected(registers, secret, starters, county, once=True).rename(columns={"n": "total"})
    table = protected(registers, secret, source, {**county, "program": GROUPS}, once=True)
    table = table.merge(total, on="county")
    return table.assign(percent=100 * share(table["n"], table["total"]))


def country_programs(registers: Registers, secret: Secret) -> pd.DataFrame:
    """tbl-country-programs: of all persons with a county who started, the percent on each."""
    source = "(SELECT DISTINCT person, program FROM starts JOIN place USING (person))"
    starters = f"(SELECT DISTINCT person FROM {source})"
    total = protected(registers, secret, starters, [], once=True)["n"][0]
    table = protected(registers, secret, source, {"program": GROUPS}, once=True)
    return table.assign(total=total, percent=100 * share(table["n"], [total] * len(table)))


def _started(table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Cumulative numbers that never fall, and their share of all."""
    table = counts.cumulative(table, ["n_started"], by)
    return table.assign(percent=100 * share(table["n_started"], table["n"]))


def _long(wide: pd.DataFrame, name: str, by: list[str]) -> pd.DataFrame:
    """Columns `n_<month>` as rows, with the month in a column of its own."""
    parts = [wide[[*by, "n"]].assign(month=str(k), **{f"n_{name}": wide[f"n_{k}"]}) for k in MONTHS]
    whole = pd.concat(parts).sort_index(kind="stable")
    return whole.reset_index(drop=True)


def users(registers: Registers, secret: Secret) -> pd.DataFrame:
    """tbl-4-2: percent of first registrations and of all person-months by characteristic."""
    months = "(SELECT *, 1 AS registered FROM described WHERE status <> 'not_registered')"
    return populations(
        registers,
        secret,
        {"first": ("waits", {}), "all": (months, {"registered": MONTHS_CAP})},
    )


def participants(registers: Registers, secret: Secret) -> pd.DataFrame:
    """tbl-4-4: percent of first, other and all starts, and of programme months."""
    starts = """(SELECT s.first, 1 AS starts, d.* FROM starts s
        JOIN described_starts d ON d.person = s.person AND d.m = s.m {})"""
    months = f"""(SELECT 1 AS months, d.* FROM described d SEMI JOIN (SELECT DISTINCT person, m
        FROM program_months WHERE m BETWEEN {FIRST} AND {LAST}) USING (person, m))"""
    return populations(
        registers,
        secret,
        {
            "first": (starts.format("WHERE first"), {}),
            "other": (starts.format("WHERE NOT first"), {"starts": STARTS_CAP}),
            "all": (starts.format(""), {"starts": STARTS_CAP}),
            "months": (months, {"months": MONTHS_CAP}),
        },
    )


def populations(
    registers: Registers, secret: Secret, wanted: Mapping[str, tuple[str, Mapping[str, float]]]
) -> pd.DataFrame:
    """Percent with each characteristic, of persons or of their months or starts.

    Parameters
    ----------
    wanted
        Population to its source and what is summed over persons with its cap, if anything.

    Returns
    -------
    characteristic, category, population, n and percent; first of all of them together.
    """
    parts = []
    for name, (source, sums) in wanted.items():
        what = next(iter(sums), "n")
        found = by_characteristic(registers, secret, source, sums=sums, once=not sums)
        total = protected(registers, secret, source, [], sums=sums, once=not sums)
        percent = 100 * share(found[what], [total[what][0]] * len(found))
        whole = total.assign(**dict.fromkeys(KEY, "all"), percent=100.0)
        found = pd.concat([whole, found.assign(percent=percent)])
        parts.append(found[[*KEY, "n", "percent"]].assign(population=name))
    return pd.concat(parts, ignore_index=True)


def intensity(registers: Registers, secret: Secret) -> pd.DataFrame:
    """tbl-b-1: programme months as percent of registered months by characteristic."""
    found = by_characteristic(
        registers,
        secret,
        "(SELECT d.*, 1 AS registered, (p.person IS NOT NULL)::INTEGER AS months FROM described d "
        "LEFT JOIN (SELECT DISTINCT person, m FROM program_months) p USING (person, m) "
        "WHERE d.status <> 'not_registered')",
        sums={"registered": MONTHS_CAP, "months": MONTHS_CAP},
    )
    percent = 100 * share(found["months"], found["registered"])
    return found[[*KEY, "n", "n_months"]].assign(percent=percent)


def groups_at_start(registers: Registers, secret: Secret) -> pd.DataFrame:
    """fig-4-6: first group and group at start of the first programme within two years."""
    cells = """(SELECT w.person, first_status AS source,
            coalesce(s.status, 'not_registered') AS target
        FROM waits w LEFT JOIN status_months s ON s.person = w.person AND s.m = w.entry + w.wait
        WHERE wait IS NOT NULL)"""
    codes = {"source": STATUSES, "target": STATES}
    return protected(registers, secret, cells, codes, once=True)


def use_by_program(registers: Registers, secret: Secret) -> pd.DataFrame:
    """fig-4-7: percent of starts and of programme months by programme."""
    parts = {
        "starts": ("(SELECT person, program, 1 AS starts FROM starts)", STARTS_CAP),
        "months": (
            "(SELECT person, program, 1 AS months FROM program_months "
            f"WHERE m BETWEEN {FIRST} AND {LAST})",
            MONTHS_CAP,
        ),
    }
    table = pd.DataFrame({"program": GROUPS})
    for name, (source, cap) in parts.items():
        found = protected(registers, secret, source, {"program": GROUPS}, sums={name: cap})
        total = protected(registers, secret, source, [], sums={name: cap})[name][0]
        table[f"n_{name}"] = found["n"]
        table[f"{name}_percent"] = 100 * share(found[name], [total] * len(found))
    return table


def mean_months(registers: Registers, secret: Secret) -> pd.DataFrame:
    """fig-4-8: mean months within two years of a person's first start on the programme."""
    source = f"""(SELECT person, program, least(stop - m + 1, {FOLLOWED}) AS stay FROM starts
        QUALIFY row_number() OVER (PARTITION BY person, program ORDER BY m) = 1)"""
    table = protected(registers, secret, source, {"program": GROUPS}, sums={"stay": FOLLOWED})
    return _means(table, "stay")[["program", "n", "months"]]


def _means(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Mean per person, from a sum that is missing where it rests on few."""
    return table.assign(months=table[name] / table["n"].where(table["n"] > 0))


def use_over_time(registers: Registers, secret: Secret) -> pd.DataFrame:
    """fig-4-9: programme months by year 2010–2022 and programme."""
    source = """(SELECT DISTINCT person, program, m, 2009 + m // 12 AS year, 1 AS months
        FROM (SELECT person, program, unnest(range(start, stop + 1)) AS m
              FROM spells SEMI JOIN place USING (person)) WHERE m BETWEEN 12 AND 167)"""
    codes = {"year": YEARS, "program": GROUPS}
    table = protected(registers, secret, source, codes, sums={"months": YEAR_CAP})
    return table[["year", "program", "n", "months"]]


def on_any_program(registers: Registers, secret: Secret) -> pd.DataFrame:
    """tbl-any-program: persons on at least one programme by year 2010–2022, each once."""
    source = """(SELECT DISTINCT person, 2009 + m // 12 AS year
        FROM (SELECT person, unnest(range(start, stop + 1)) AS m
              FROM spells SEMI JOIN place USING (person)) WHERE m BETWEEN 12 AND 167)"""
    return protected(registers, secret, source, {"year": YEARS}, once=True)


def who_gets_what(registers: Registers, secret: Secret) -> pd.DataFrame:
    """fig-4-10: of those in a group who started in 2022, the percent who started each programme."""
    parts = []
    for characteristic in ("status", "age_group", "country", "spell"):
        source = f"""(SELECT person, program, {characteristic} AS category
            FROM mix_starts JOIN described_mix USING (person, m))"""
        codes = {"category": CATEGORIES[characteristic]}
        total = protected(registers, secret, source, codes)
        found = protected(registers, secret, source, {**codes, "program": GROUPS})
        found = found.merge(total.rename(columns={"n": "total"}), on="category")
        percent = 100 * share(found["n"], found["total"])
        parts.append(found.assign(characteristic=characteristic, percent=percent))
    return pd.concat(parts, ignore_index=True)


def staying(registers: Registers, secret: Secret) -> pd.DataFrame:
    """tbl-4-5: percent on a programme by months since the first start, and mean months."""
    registers.query(
        f"""CREATE OR REPLACE TEMP TABLE stays AS
        SELECT s.person, s.m, d.* EXCLUDE (person, m), list(DISTINCT p.m - s.m) AS ks,
            any_value(least(s.stop - s.m + 1, {FOLLOWED})) AS length
        FROM (SELECT * FROM starts WHERE first) s
            JOIN described_starts d ON d.person = s.person AND d.m = s.m
            JOIN program_months p ON p.person = s.person AND p.m BETWEEN s.m AND s.m + {FOLLOWED}
        GROUP BY ALL"""
    )
    wide = by_characteristic(
        registers,
        secret,
        "stays",
        everybody=True,
        having={str(k): f"list_contains(ks, {k})" for k in MONTHS},
        sums={"length": FOLLOWED},
    )
    table = _long(wide, "on", KEY)
    table = table.assign(value=100 * share(table["n_on"], table["n"]))
    mean = _means(wide, "length").assign(month="mean", n_on=wide["n"])
    return pd.concat([mean.rename(columns={"months": "value"})[table.columns], table])


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
    table = protected(registers, secret, source, {"kind": KINDS}, sums=sums)
    total = protected(registers, secret, source, [], sums=sums)["courses"][0]
    return table.assign(
        percent=100 * share(table["courses"], [total] * len(table)),
        months=table["length"] / table["courses"].where(table["courses"] > 0),
    )[["kind", "n", "courses", "percent", "months"]]


def combinations(registers: Registers, secret: Secret) -> pd.DataFrame:
    """tbl-4-7: the most common pairs of programmes in one month."""
    source = f"""(SELECT a.person, a.program AS program_1, b.program AS program_2, 1 AS together
        FROM program_months a JOIN program_months b USING (person, m)
        WHERE a.program < b.program AND m BETWEEN {FIRST} AND {LAST})"""
    table = _most(
        registers, secret, source, ["program_1", "program_2"], ("together", PAIR_CAP), source, 10
    )
    return table.rename(columns={"together": "months"})


def chains(registers: Registers, secret: Secret) -> pd.DataFrame:
    """tbl-4-8: the most common sequences of programmes, by the starts in them.

    `percent` is of all starts in chained courses: that is what the printed numbers add up to.
    """
    source = """(SELECT person, spells AS linked, programs[1] AS program_1,
            programs[2] AS program_2, coalesce(programs[3], 'none') AS program_3 FROM courses
        WHERE spells BETWEEN 2 AND 3 AND chained AND programs[1] <> programs[2])"""
    every_chain = "(SELECT person, spells AS linked FROM courses WHERE chained)"
    keys = ["program_1", "program_2", "program_3"]
    table = _most(registers, secret, source, keys, ("linked", CHAIN_CAP), every_chain, 15)
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
