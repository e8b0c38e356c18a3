"""From person rows to county × month: stock, inflow, duration groups, flows, composition.

Two passes over the register in DuckDB: a plain count for what can be read off a row, and one
pass ordered by person for what needs the neighbouring updates (who is new, who leaves). The
table is never loaded whole. Beside every count stands the key of its persons (`_key`), from which
`protection` takes the noise; whatever is computed for a report starts from a protected panel.

Protected, every count of the panel is changed once, before anything is computed. Means, effects,
composition, the regressions of table 5 and their tests, flows and hazards are functions of these
counts (job seekers of a county and month are all alike to them), so they are descriptive in the
sense of `disclosure/design.md` and tell no more than the protected panel does. Labour force is
published by Statistics Norway and stays as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from naveval.disclosure import counts as counting
from naveval.disclosure import decisions, keys, magnitudes
from naveval.disclosure.decisions import Protection
from naveval.disclosure.keys import SUFFIX, Secret
from naveval.project.errors import ContractError, EstimationError
from naveval.project.store import cached
from naveval.registers import extracts, reading
from naveval.registers.reading import Registers
from naveval.studies.hedmark import panel as panels
from naveval.studies.hedmark import windows
from naveval.studies.hedmark.contracts import TABLES
from naveval.studies.hedmark.parameters import Parameters
from naveval.studies.hedmark.windows import OUTCOMES

GROUPS = ("with", "without")
AGES = ("-24", "25-34", "35-49", "50+")
SEXES = ("kvinne", "mann")
EDUCATIONS = ("grunnskole", "videregående", "høyere", "ukjent")
LONGEST = 24
GROUP_START = (0, 6, 12, 18, 24)
WEEKS_PER_MONTH = 4.345
COLUMNS = {
    "26-51": "weeks_26_51",
    "52-77": "weeks_52_77",
    "78-103": "weeks_78_103",
    "104+": "weeks_104",
}
CHARACTERISTICS = {"sex": SEXES, "education": EDUCATIONS, "age": AGES}
STOCKS = ("stock", *COLUMNS.values())
FLOW_COUNTS = ("stock", "entries", "leaves", "changes_right")
SPAN_COUNTS = ("stock", "leaves", "changes_right")
KEYED = "keyed_seekers"

SEEKERS = f"""
CREATE OR REPLACE TEMP VIEW seekers AS
SELECT
    person, county, (year(month) * 12 + month(month) - 1)::INTEGER AS m, benefit_right AS right_now,
    weeks_registered AS weeks, {keys.RECORD_KEY}
FROM {KEYED}
"""

DURATIONS = {
    "weeks_26_51": "weeks_registered BETWEEN 26 AND 51",
    "weeks_52_77": "weeks_registered BETWEEN 52 AND 77",
    "weeks_78_103": "weeks_registered BETWEEN 78 AND 103",
    "weeks_104": "weeks_registered >= 104",
}
COUNTED = ", ".join(
    f"count(*) FILTER ({rule}) AS {name}, {keys.key_sum(rule)} AS {name}{SUFFIX}"
    for name, rule in DURATIONS.items()
)
COUNTS = f"""
SELECT
    county, (year(month) * 12 + month(month) - 1)::INTEGER AS month,
    CASE WHEN benefit_right THEN 'with' ELSE 'without' END AS "group",
    sex, education,
    CASE WHEN year(month) - birth_year < 25 THEN '-24' WHEN year(month) - birth_year < 35 THEN
    '25-34' WHEN year(month) - birth_year < 50 THEN '35-49' ELSE '50+' END AS age,
    count(*) AS stock, {keys.key_sum()} AS stock_key, {COUNTED}
FROM {KEYED} GROUP BY ALL
"""

# A row of `steps` is a person-month with the neighbouring updates of the same person.
FLOWS = f"""
WITH steps AS (
    SELECT
        county, m, weeks, right_now, {keys.RECORD_KEY},
        m - lag(m) OVER person AS since, lead(m) OVER person - m AS until,
        lag(right_now) OVER person AS right_before, lead(right_now) OVER person AS right_after,
        bool_or(right_now) OVER (
            PARTITION BY person ORDER BY m
            RANGE BETWEEN CURRENT ROW AND {windows.RIGHT_SOON} FOLLOWING
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
    count(*) AS persons, {keys.key_sum()} AS persons_key
FROM steps GROUP BY ALL
"""


@dataclass(frozen=True)
class Panel:
    """County × month series, in persons; beside every count `x` of a raw panel stands `x_key`.

    Attributes
    ----------
    counts
        county, month (number), group (with, without), labour_force, stock, inflow, weeks_26_51,
        weeks_52_77, weeks_78_103, weeks_104; one row for every combination. `inflow` is missing
        for the first two months of the register.
    levels
        county, month, group, characteristic (sex, education, age), level, stock: composition;
        only levels with persons.
    flows
        county, month, group, duration (months, 24 is 24 and more), stock, entries (not in the
        group a month earlier), leaves (not registered a month later), changes_right.
    spans
        county, group, duration (group of months, `GROUP_START`), after (0, 1), stock (months at
        risk), leaves, changes_right: `flows` summed before and after the start of an analysis.
    persons
        Persons behind the panel; to the nearest ten in a protected one.
    protection
        Says that the counts are protected; None for a raw panel, which no exhibit takes.
    """

    counts: pd.DataFrame
    levels: pd.DataFrame
    flows: pd.DataFrame
    spans: pd.DataFrame = field(default_factory=pd.DataFrame)
    persons: int = 0
    protection: Protection | None = None

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
        return {group: _shares(self, group) for group in GROUPS}


def build(registers: Registers, secret: Secret) -> Panel:
    """The raw panel of all counties in the registers, with the keys of every cell.

    Raises
    ------
    ContractError
        When labour_force lacks a county and month that job_seekers has.
    """
    persons = keys.attach(registers.connection, "job_seekers", secret, to=KEYED)
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
    return Panel(counts, _levels(cells), _flows(steps), persons=persons)


def _keyed(names: Sequence[str]) -> list[str]:
    """Columns of counts, each with its key."""
    return [column for name in names for column in (name, name + SUFFIX)]


def _levels(cells: pd.DataFrame) -> pd.DataFrame:
    """Stock by one characteristic at a time; keys of distinct cells add up like their counts."""
    key = ["county", "month", "group"]
    parts = [
        cells.groupby([*key, name])[["stock", "stock_key"]]
        .sum()
        .reset_index()
        .rename(columns={name: "level"})
        .assign(characteristic=name)
        for name in CHARACTERISTICS
    ]
    return pd.concat(parts, ignore_index=True)


def _counts(cells: pd.DataFrame, steps: pd.DataFrame, force: pd.DataFrame) -> pd.DataFrame:
    key = ["county", "month", "group"]
    sums = cells.groupby(key)[_keyed(STOCKS)].sum()
    new = steps[steps["is_new"]].assign(group=lambda x: _group(x["right_soon"]))
    inflow = new.groupby(key)[["persons", "persons_key"]].sum()
    inflow.columns = pd.Index(_keyed(["inflow"]))
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
    whole = [part.reindex(index, fill_value=0) for part in (sums, inflow)]
    merged = pd.concat(whole, axis=1).reset_index()
    merged = merged.merge(force, on=["county", "month"], how="left")
    early = merged["month"] < merged["month"].min() + windows.NEWCOMER
    unknown = early | (merged["month"] > merged["month"].max() - windows.RIGHT_SOON)
    merged["inflow"] = merged["inflow"].astype(float).mask(unknown)
    merged["inflow_key"] = merged["inflow_key"].mask(unknown, 0)
    return merged


def _flows(steps: pd.DataFrame) -> pd.DataFrame:
    """Flows by status at the update: into the group since the last, out of it by the next."""
    steps = steps.assign(group=_group(steps["right_now"]))
    for name in ("enters", "leaves", "changes_right"):
        steps[name + SUFFIX] = steps[name] * steps["persons_key"]
        steps[name] = steps[name] * steps["persons"]
    names = {"persons": "stock", "enters": "entries"}
    names |= {old + SUFFIX: new + SUFFIX for old, new in names.items()}
    steps = steps.rename(columns=names)
    key = ["county", "month", "group", "duration"]
    return steps.groupby(key)[_keyed(FLOW_COUNTS)].sum().reset_index()


def with_spans(panel: Panel, start: int, first: int, last: int) -> Panel:
    """The raw panel with its flows summed over the months before and after a start.

    A month's flows lead to the next: the last before the start is two months before it.
    """
    flows = panel.flows
    before, after = (
        flows["month"].between(first, start - 2),
        flows["month"].between(start, last - 1),
    )
    rows = flows[before | after].assign(after=after.astype(int))
    rows["duration"] = np.searchsorted(GROUP_START, rows["duration"], side="right") - 1
    key = ["county", "group", "duration", "after"]
    return replace(panel, spans=rows.groupby(key)[_keyed(SPAN_COUNTS)].sum().reset_index())


def _group(right: pd.Series) -> np.ndarray:
    return np.where(right.astype(bool), *GROUPS)


def persons(panel: Panel, outcome: str, group: str) -> pd.DataFrame:
    """Persons in an outcome, months × counties."""
    column = COLUMNS.get(windows.require_outcome(outcome), outcome)
    return panel.wide[column, group]


def last_known(panel: Panel, outcome: str) -> int:
    """Last month in which an outcome is known: inflow needs three more months in the register."""
    last = int(panel.counts["month"].max())
    return last - windows.RIGHT_SOON if outcome == "inflow" else last


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


def _shares(panel: Panel, group: str) -> dict[str, pd.DataFrame]:
    total = panel.wide["stock", group]
    rows = panel.levels[panel.levels["group"] == group]
    found = {}
    for name, levels in CHARACTERISTICS.items():
        own = rows[rows["characteristic"] == name].set_index(["level", "month", "county"])["stock"]
        for level in levels[1:]:
            part = own[own.index.get_level_values("level") == level].droplevel("level")
            part = part.unstack("county").reindex_like(total).fillna(0)
            found[f"{name}: {level}"] = (part / total.where(total > 0)).clip(0, 1)
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


AT_RISK = 12.0
"""Months at risk that one person can add to a cell of the spans, as the cap of its noise."""


def load_panel(parameters: Parameters) -> Panel:
    """The protected county panel of the run's registers, computed once for all counties' runs.

    Raises
    ------
    ContractError
        When the registers do not cover the months of the analysis.
    DisclosureError
        For real registers without the register owner's secret.
    """
    folder = extracts.folder("hedmark", parameters)
    secret = keys.secret(parameters.origin())
    key = {"data": reading.fingerprint(folder, tuple(TABLES)), "secret": secret.fingerprint}

    def make() -> Panel:
        with reading.open_registers(folder, TABLES) as opened:
            return panels.build(opened, secret)

    panel = cached("hedmark-panel", make, key=key, code=(panels,))
    panels.require_months(panel, *parameters.register_months())
    return protect(panel, secret, parameters.months())


def protect(panel: Panel, secret: Secret, months: tuple[int, int, int]) -> Panel:
    """The panel with protected counts and without keys, for an analysis of these months.

    Inflow that is missing (the first two months of the register) stays missing. Rates before and
    after the start come from sums that are protected once: monthly flows by months registered
    are counts of ten to twenty, and hazards made of them would be mostly noise.

    Parameters
    ----------
    months
        Start, first and last month of the analysis, month numbers.
    """
    raw = with_spans(panel, *months)
    known = raw.counts["inflow"].notna()
    filled = raw.counts.assign(inflow=raw.counts["inflow"].fillna(0))
    counts, protection = decisions.protected_panel(
        filled, [*STOCKS, "inflow"], secret, persons=raw.persons
    )
    counts["inflow"] = counts["inflow"].astype(float).where(known)
    return Panel(
        counts,
        counting.protect(raw.levels, ["stock"], secret),
        counting.protect(raw.flows, FLOW_COUNTS, secret),
        _spans(raw.spans, secret),
        protection.persons,
        protection,
    )


def _spans(spans: pd.DataFrame, secret: Secret) -> pd.DataFrame:
    """Events are counts, months at risk a sum; a cell with few months at risk has none."""
    months = magnitudes.protected_sums(
        spans["stock"],
        spans["stock"],
        spans["stock_key"],
        secret,
        cap=AT_RISK,
        where="months at risk",
    )
    shown = counting.protect(
        spans.drop(columns=["stock", "stock_key"]), ["leaves", "changes_right"], secret
    )
    return shown.assign(stock=np.nan_to_num(months))
