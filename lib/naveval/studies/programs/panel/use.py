"""Part 1: who takes part (chapter 4). Small frames of counts and shares, one per exhibit.

Every frame carries `n`, the persons behind each row, for disclosure control.
"""

import pandas as pd

from naveval.registers.reading import Registers
from naveval.studies.programs.codes import STATUS_CODES
from naveval.studies.programs.panel.persons import FIRST, LAST, by_characteristic

STATUSES = tuple(STATUS_CODES.values())
FOLLOWED = 24
CUMULATIVE_MONTHS = (1, 6, 12, 18, 24)


def stock(registers: Registers) -> pd.DataFrame:
    """fig-4-1: persons per group each month from 2011: m, status, n."""
    return registers.query(
        "SELECT m, status, count(*)::INTEGER AS n FROM status_months WHERE m >= 24 "
        "GROUP BY ALL ORDER BY m, status"
    )


def composition(registers: Registers) -> pd.DataFrame:
    """fig-4-2: share in each group by months since first registration: k, status, n, share."""
    table = registers.query(
        f"""SELECT k, coalesce(s.status, 'not_registered') AS status, count(*)::INTEGER AS n
        FROM first_registrations f CROSS JOIN range(0, {FOLLOWED + 1}) t(k)
        LEFT JOIN status_months s ON s.person = f.person AND s.m = f.entry + k
        GROUP BY ALL ORDER BY k, status"""
    )
    table["total"] = table.groupby("k").n.transform("sum")
    return table.assign(share=100 * table.n / table.total)


def flows(registers: Registers) -> pd.DataFrame:
    """fig-4-3: persons moving between groups from month 0 to 6, 6 to 12 and 12 to 18."""
    return registers.query(
        """WITH positions AS (
            SELECT f.person, f.entry, k, coalesce(s.status, 'not_registered') AS status
            FROM first_registrations f CROSS JOIN (VALUES (0), (6), (12), (18)) t(k)
            LEFT JOIN status_months s ON s.person = f.person AND s.m = f.entry + k)
        SELECT a.k AS month, a.status AS source, b.status AS target, count(*)::INTEGER AS n
        FROM positions a
        JOIN positions b ON a.person = b.person AND a.entry = b.entry AND b.k = a.k + 6
        GROUP BY ALL ORDER BY month, source, target"""
    )


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


def participation(registers: Registers) -> pd.DataFrame:
    """fig-4-4: first registrations and starters within two years by first group."""
    return (
        registers.query(
            f"""SELECT first_status AS status, count(*)::INTEGER AS n,
            count(*) FILTER (wait <= {FOLLOWED})::INTEGER AS n_program,
            100 * avg((coalesce(wait, 99) <= {FOLLOWED})::INTEGER) AS percent
        FROM waits GROUP BY 1"""
        )
        .set_index("status")
        .loc[lambda t: [s for s in STATUSES if s in t.index]]
        .reset_index()
    )


def cumulative(registers: Registers) -> pd.DataFrame:
    """fig-4-5: percent who have started by month since first registration, by first group."""
    return registers.query(
        f"""SELECT first_status AS status, k, count(*)::INTEGER AS n,
            count(*) FILTER (coalesce(wait, 99) <= k)::INTEGER AS n_started,
            100 * avg((coalesce(wait, 99) <= k)::INTEGER) AS percent
        FROM waits CROSS JOIN range(0, {FOLLOWED + 1}) t(k) GROUP BY ALL ORDER BY status, k"""
    )


def cumulative_table(registers: Registers) -> pd.DataFrame:
    """tbl-4-3: the same at five months, for everyone and by characteristic."""
    select = "count(*)::INTEGER AS n, " + ", ".join(
        f"100 * avg((coalesce(wait, 99) <= {k})::INTEGER) AS month_{k}" for k in CUMULATIVE_MONTHS
    )
    everyone = registers.query(f"SELECT {select} FROM waits")
    everyone.insert(0, "characteristic", "all")
    everyone.insert(1, "category", "all")
    return pd.concat([everyone, by_characteristic(registers, select, "waits")], ignore_index=True)


def users(registers: Registers) -> pd.DataFrame:
    """tbl-4-2: percent of first registrations and of all person-months by characteristic."""
    first = by_characteristic(registers, "count(*)::INTEGER AS n", "waits")
    months = by_characteristic(
        registers,
        "count(DISTINCT person)::INTEGER AS n_all, count(*) AS months",
        "described WHERE status <> 'not_registered'",
    )
    table = first.merge(months, on=["characteristic", "category"], how="outer", sort=False)
    table = _ordered(table, months)
    for name, count in (("first_percent", "n"), ("all_percent", "months")):
        table[name] = 100 * table[count] / table.groupby("characteristic")[count].transform("sum")
    return table.drop(columns="months").fillna({"n": 0, "n_all": 0})


def participants(registers: Registers) -> pd.DataFrame:
    """tbl-4-4: percent of first, other and all starts, and of programme months."""
    frames = []
    for name, rows in (("first", "WHERE first"), ("other", "WHERE NOT first"), ("all", "")):
        frames.append(
            by_characteristic(
                registers,
                f"count(DISTINCT s.person)::INTEGER AS n_{name}, count(*) AS {name}",
                f"(SELECT * FROM starts {rows}) s JOIN described_starts d "
                "ON d.person = s.person AND d.m = s.m",
            )
        )
    frames.append(
        by_characteristic(
            registers,
            "count(DISTINCT d.person)::INTEGER AS n_months, count(*) AS months",
            f"(SELECT DISTINCT person, m FROM program_months WHERE m BETWEEN {FIRST} AND {LAST}) "
            "p JOIN described d USING (person, m)",
        )
    )
    table = frames[0]
    for other in frames[1:]:
        table = table.merge(other, on=["characteristic", "category"], how="outer")
    table = _ordered(table, frames[3]).fillna(0)
    for name in ("first", "other", "all", "months"):
        table[name] = 100 * table[name] / table.groupby("characteristic")[name].transform("sum")
    return table


def intensity(registers: Registers) -> pd.DataFrame:
    """tbl-b-1: programme months as percent of registered months by characteristic."""
    return by_characteristic(
        registers,
        "count(DISTINCT d.person)::INTEGER AS n, "
        "100 * avg((p.person IS NOT NULL)::INTEGER) AS percent",
        "(SELECT * FROM described WHERE status <> 'not_registered') d "
        "LEFT JOIN (SELECT DISTINCT person, m FROM program_months) p USING (person, m)",
    )


def groups_at_start(registers: Registers) -> pd.DataFrame:
    """fig-4-6: first group and group at start of the first programme within two years."""
    return registers.query(
        """SELECT first_status AS source, coalesce(s.status, 'not_registered') AS target,
            count(*)::INTEGER AS n
        FROM waits w LEFT JOIN status_months s ON s.person = w.person AND s.m = w.entry + w.wait
        WHERE wait IS NOT NULL GROUP BY ALL ORDER BY source, target"""
    )


def use_by_program(registers: Registers) -> pd.DataFrame:
    """fig-4-7: percent of starts and of programme months by programme."""
    table = registers.query(
        f"""SELECT program, n, starts, months FROM
        (SELECT program, count(DISTINCT person)::INTEGER AS n, count(*) AS starts
            FROM starts GROUP BY 1)
        JOIN (SELECT program, count(*) AS months FROM program_months
            WHERE m BETWEEN {FIRST} AND {LAST} GROUP BY 1) USING (program)"""
    )
    table = table.assign(
        starts_percent=100 * table.starts / table.starts.sum(),
        months_percent=100 * table.months / table.months.sum(),
    )
    return table.drop(columns=["starts", "months"]).sort_values("program", ignore_index=True)


def mean_months(registers: Registers) -> pd.DataFrame:
    """fig-4-8: mean months on the programme within two years of its start."""
    return registers.query(
        f"""SELECT program, count(DISTINCT person)::INTEGER AS n,
            avg(least(stop - m + 1, {FOLLOWED})) AS months
        FROM starts GROUP BY 1 ORDER BY months"""
    )


def use_over_time(registers: Registers) -> pd.DataFrame:
    """fig-4-9: programme months by year 2010–2022 and programme."""
    return registers.query(
        """SELECT 2009 + m // 12 AS year, program, count(DISTINCT person)::INTEGER AS n,
            count(*)::INTEGER AS months
        FROM (SELECT person, program, unnest(range(start, stop + 1)) AS m
              FROM spells SEMI JOIN place USING (person))
        WHERE m BETWEEN 12 AND 167 GROUP BY ALL ORDER BY year, program"""
    )


def who_gets_what(registers: Registers) -> pd.DataFrame:
    """fig-4-10: starts in 2022 by programme and four characteristics."""
    parts = []
    for characteristic in ("status", "age_group", "country", "spell"):
        part = registers.query(
            f"""SELECT program, {characteristic} AS category,
                count(DISTINCT person)::INTEGER AS n, count(*)::INTEGER AS starts
            FROM mix_starts s JOIN described_mix d USING (person, m) GROUP BY ALL"""
        )
        parts.append(part.assign(characteristic=characteristic))
    table = pd.concat(parts, ignore_index=True)
    total = table.groupby(["characteristic", "category"]).starts.transform("sum")
    return table.assign(percent=100 * table.starts / total)


def staying(registers: Registers) -> pd.DataFrame:
    """tbl-4-5: percent on a programme by months since the first start, and mean months."""
    months = ", ".join(
        f"100 * avg((list_contains(ks, {k}))::INTEGER) AS month_{k}" for k in CUMULATIVE_MONTHS
    )
    registers.query(
        f"""CREATE OR REPLACE TEMP TABLE stays AS
        SELECT s.person, s.m, d.* EXCLUDE (person, m), list(DISTINCT p.m - s.m) AS ks,
            any_value(least(s.stop - s.m + 1, {FOLLOWED})) AS length
        FROM (SELECT * FROM starts WHERE first) s
            JOIN described_starts d ON d.person = s.person AND d.m = s.m
            JOIN program_months p ON p.person = s.person AND p.m BETWEEN s.m AND s.m + {FOLLOWED}
        GROUP BY ALL"""
    )
    select = f"count(*)::INTEGER AS n, avg(length) AS mean, {months}"
    everyone = registers.query(f"SELECT {select} FROM stays")
    everyone.insert(0, "characteristic", "all")
    everyone.insert(1, "category", "all")
    return pd.concat([everyone, by_characteristic(registers, select, "stays")], ignore_index=True)


def _ordered(table: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    """Rows in the order of another frame of characteristics; rows it lacks come last."""
    key = ["characteristic", "category"]
    order = like[key].assign(_order=range(len(like)))
    merged = table.merge(order, on=key, how="left").sort_values(
        ["_order"], na_position="last", kind="stable"
    )
    return merged.drop(columns="_order").reset_index(drop=True)
