"""From person rows to county × month: stock, inflow, duration groups, flows, composition.

Two passes over the register in DuckDB: a plain count for what can be read off a row, and one
pass ordered by person for what needs the neighbouring updates (who is new, who leaves). The
table is never loaded whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from naveval.project.errors import ContractError, EstimationError
from naveval.registers.reading import Registers
from naveval.studies.hedmark import windows
from naveval.studies.hedmark.windows import OUTCOMES

GROUPS = ("with", "without")
AGES = ("-24", "25-34", "35-49", "50+")
SEXES = ("kvinne", "mann")
EDUCATIONS = ("grunnskole", "videregående", "høyere", "ukjent")
LONGEST = 24
WEEKS_PER_MONTH = 4.345
COLUMNS = {
    "26-51": "weeks_26_51",
    "52-77": "weeks_52_77",
    "78-103": "weeks_78_103",
    "104+": "weeks_104",
}

SEEKERS = """
CREATE OR REPLACE TEMP VIEW seekers AS
SELECT
    person, county, (year(month) * 12 + month(month) - 1)::INTEGER AS m, benefit_right AS right_now,
    weeks_registered AS weeks
FROM job_seekers
"""

COUNTS = """
SELECT
    county, (year(month) * 12 + month(month) - 1)::INTEGER AS month,
    CASE WHEN benefit_right THEN 'with' ELSE 'without' END AS "group",
    sex, education,
    CASE WHEN year(month) - birth_year < 25 THEN '-24' WHEN year(month) - birth_year < 35 THEN
    '25-34' WHEN year(month) - birth_year < 50 THEN '35-49' ELSE '50+' END AS age,
    count(*) AS stock,
    count(*) FILTER (weeks_registered BETWEEN 26 AND 51) AS weeks_26_51,
    count(*) FILTER (weeks_registered BETWEEN 52 AND 77) AS weeks_52_77,
    count(*) FILTER (weeks_registered BETWEEN 78 AND 103) AS weeks_78_103,
    count(*) FILTER (weeks_registered >= 104) AS weeks_104
FROM job_seekers GROUP BY ALL
"""

# A row of `steps` is a person-month with the neighbouring updates of the same person.
FLOWS = f"""
WITH steps AS (
    SELECT
        county, m, weeks, right_now,
        m - lag(m) OVER person AS since, lead(m) OVER person - m AS until,
        lag(right_now) OVER person AS right_before, lead(right_now) OVER person AS right_after,
        bool_or(right_now) OVER (
            PARTITION BY person ORDER BY m RANGE BETWEEN CURRENT ROW AND 3 FOLLOWING
        ) AS right_soon
    FROM seekers
    WINDOW person AS (PARTITION BY person ORDER BY m)
)
SELECT
    county, m AS month, right_now, right_soon,
    least(floor((weeks + 1) / {WEEKS_PER_MONTH}), {LONGEST})::INTEGER AS duration,
    coalesce(since > {windows.NEWCOMER}, true) AS is_new,
    coalesce(since > 1 OR right_before <> right_now, true) AS enters,
    coalesce(until > 1, true) AS leaves,
    coalesce(until = 1 AND right_after <> right_now, false) AS changes_right,
    count(*) AS persons
FROM steps GROUP BY ALL
"""


@dataclass(frozen=True)
class Panel:
    """County × month series, in persons.

    Attributes
    ----------
    counts
        county, month (number), group (with, without), labour_force, stock, inflow, weeks_26_51,
        weeks_52_77, weeks_78_103, weeks_104; one row for every combination. `inflow` is missing
        for the first two months of the register.
    cells
        county, month, group, sex, education, age, stock: composition; only cells with persons.
    flows
        county, month, group, duration (months, 24 is 24 and more), stock, entries (not in the
        group a month earlier), leaves (not registered a month later), changes_right.
    """

    counts: pd.DataFrame
    cells: pd.DataFrame
    flows: pd.DataFrame

    @cached_property
    def wide(self) -> dict[tuple[str, str], pd.DataFrame]:
        """Column and group to months × counties."""
        columns = ["stock", "inflow", "labour_force", *COLUMNS.values()]
        return {
            (column, group): _wide(self.counts[self.counts["group"] == group], column)
            for group in GROUPS
            for column in columns
        }

    @cached_property
    def rates(self) -> dict[tuple[str, str], pd.DataFrame]:
        """As `wide`, in per cent of the labour force."""
        return {
            (column, group): 100 * frame / self.wide["labour_force", group]
            for (column, group), frame in self.wide.items()
        }

    @cached_property
    def composition(self) -> dict[str, dict[str, pd.DataFrame]]:
        """Group to the shares of each level but the first, months × counties."""
        return {group: _shares(self.cells, group) for group in GROUPS}


def build(registers: Registers) -> Panel:
    """The panel of all counties in the registers.

    Raises
    ------
    ContractError
        When labour_force lacks a county and month that job_seekers has.
    """
    registers.connection.execute(SEEKERS)
    cells = registers.query(COUNTS)
    steps = registers.query(FLOWS)
    force = registers.query(
        "SELECT county, (year(month) * 12 + month(month) - 1)::INTEGER AS month, "
        "persons AS labour_force FROM labour_force"
    )
    if force.duplicated(["county", "month"]).any():
        raise ContractError("labour_force, columns county and month: expected one row for each")
    counts = _counts(cells, steps, force)
    cells = cells.drop(columns=list(COLUMNS.values())).sort_values(
        ["county", "month", "group", "sex", "education", "age"], ignore_index=True
    )
    return Panel(counts, cells, _flows(steps))


def _counts(cells: pd.DataFrame, steps: pd.DataFrame, force: pd.DataFrame) -> pd.DataFrame:
    key = ["county", "month", "group"]
    sums = cells.groupby(key)[["stock", *COLUMNS.values()]].sum()
    new = steps[steps["is_new"]].assign(group=lambda x: _group(x["right_soon"]))
    inflow = new.groupby(key)["persons"].sum().rename("inflow")
    months = range(int(force["month"].min()), int(force["month"].max()) + 1)
    index = pd.MultiIndex.from_product(
        [sorted(force["county"].unique()), months, GROUPS], names=key
    )
    known = pd.MultiIndex.from_frame(force[["county", "month"]])
    lacking = ~sums.index.droplevel("group").unique().isin(known)
    if lacking.any():
        raise ContractError(
            f"labour_force, column persons: {int(lacking.sum())} combinations of county and month "
            "with job seekers have no row; expected one for each"
        )
    merged = pd.concat([sums, inflow], axis=1).reindex(index).fillna(0).reset_index()
    merged = merged.merge(force, on=["county", "month"], how="left")
    early = merged["month"] < merged["month"].min() + windows.NEWCOMER
    merged["inflow"] = merged["inflow"].astype(float).mask(early)
    return merged


def _flows(steps: pd.DataFrame) -> pd.DataFrame:
    """Flows by status at the update: into the group since the last, out of it by the next."""
    steps = steps.assign(group=_group(steps["right_now"]))
    for name in ("enters", "leaves", "changes_right"):
        steps[name] = steps[name] * steps["persons"]
    summed = steps.groupby(["county", "month", "group", "duration"])[
        ["persons", "enters", "leaves", "changes_right"]
    ].sum()
    return summed.reset_index().rename(columns={"persons": "stock", "enters": "entries"})


def _group(right: pd.Series) -> np.ndarray:
    return np.where(right.astype(bool), *GROUPS)


def save(panel: Panel, folder: Path) -> None:
    """Write the panel's tables as Parquet."""
    folder.mkdir(parents=True, exist_ok=True)
    for field in fields(Panel):
        getattr(panel, field.name).to_parquet(folder / f"{field.name}.parquet", index=False)


def load(folder: Path) -> Panel:
    """Read what `save` wrote."""
    return Panel(
        **{field.name: pd.read_parquet(folder / f"{field.name}.parquet") for field in fields(Panel)}
    )


def persons(panel: Panel, outcome: str, group: str) -> pd.DataFrame:
    """Persons in an outcome, months × counties."""
    column = COLUMNS.get(windows.require_outcome(outcome), outcome)
    return panel.wide[column, group]


def labour_force(panel: Panel) -> pd.DataFrame:
    """Labour force, months × counties."""
    return panel.wide["labour_force", GROUPS[0]]


def rates(panel: Panel, outcome: str, group: str) -> pd.DataFrame:
    """An outcome in per cent of the labour force, months × counties."""
    return panel.rates[COLUMNS.get(windows.require_outcome(outcome), outcome), group]


def shares(panel: Panel, group: str) -> dict[str, pd.DataFrame]:
    """Composition of the job seekers: shares of each level but one, months × counties.

    The levels left out are the first of each characteristic, since shares sum to one.
    """
    return panel.composition[group]


def _shares(every: pd.DataFrame, group: str) -> dict[str, pd.DataFrame]:
    cells = every[every["group"] == group]
    total = cells.groupby(["month", "county"])["stock"].sum().unstack("county")
    found = {}
    for name, levels in (("sex", SEXES), ("education", EDUCATIONS), ("age", AGES)):
        sums = cells.groupby(["month", "county", name])["stock"].sum().unstack(name)
        sums = sums.reindex(columns=list(levels)).fillna(0)
        for level in levels[1:]:
            part = sums[level].unstack("county").reindex_like(total).fillna(0)
            found[f"{name}: {level}"] = part / total
    return found


def _wide(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    return rows.pivot(index="month", columns="county", values=column).astype(float)


def block(frame: pd.DataFrame, months: Sequence[int], counties: Sequence[str]) -> np.ndarray:
    """Values of some months and counties as (county, month).

    Raises
    ------
    EstimationError
        When the panel lacks one of them.
    """
    rows = np.asarray(months) - int(frame.index[0])
    place = {code: i for i, code in enumerate(frame.columns)}
    lacking = [code for code in counties if code not in place]
    if lacking or len(rows) == 0 or rows.min() < 0 or rows.max() >= len(frame):
        raise EstimationError(
            f"the registers have {len(place)} counties from {windows.text(int(frame.index[0]))} to "
            f"{windows.text(int(frame.index[-1]))}; asked for "
            f"{windows.text(int(min(months, default=0)))} to "
            f"{windows.text(int(max(months, default=0)))}"
            + (f" and the lacking counties {', '.join(lacking)}" if lacking else "")
        )
    columns = np.array([place[code] for code in counties])
    return frame.to_numpy()[np.ix_(rows, columns)].T


def require_months(panel: Panel, first: int, last: int) -> None:
    """Raise ContractError unless the registers reach from `first` to `last`."""
    months = panel.counts["month"]
    if first < months.min() or last > months.max():
        raise ContractError(
            f"job_seekers, column month: covers {windows.text(int(months.min()))} to "
            f"{windows.text(int(months.max()))}; expected at least {windows.text(first)} to "
            f"{windows.text(last)}"
        )


assert tuple(COLUMNS) == OUTCOMES[2:]
