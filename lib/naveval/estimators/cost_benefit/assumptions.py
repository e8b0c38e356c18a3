"""Wage effects for the cost-benefit analysis from a tidy frame of estimates.

Assumptions of the cost-benefit analysis as arrays: draws down, programmes across.

A number shared by the programmes has shape (1, 1) or (draws, 1), a number per programme has
shape (1, programmes) or (draws, programmes). One evaluation and ten thousand draws thus go
through the same functions.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from naveval.estimators.cost_benefit.inputs import KEY_UNITS, PROGRAMS, UNITS, ByProgram, Costs
from naveval.project.errors import ParameterError
from naveval.project.parameters import Origin

EFFECTS = ("effect_year_1", "effect_year_2", "effect_year_3", "effect_later")
REQUIRED = ("duration", "unit_cost", "effect_months")
EFFECT_COLUMNS = ("value", "arm", "year", "estimate", "std_error", "unit")
WAGES = "earnings"
"""What wage effects are called in `value`."""
PER_MONTH = {"NOK per month": 1.0, "NOK per year": 1 / 12}


def effects_from_estimates(frame: pd.DataFrame, programs: Sequence[str] = PROGRAMS) -> pd.DataFrame:
    """Wage effects per programme from a tidy estimates frame.

    Contract: rows with `value` "earnings", as figures 6-3 and 6-5 of the programme report give
    them; `arm` is a programme name; `year` is 1, 2, 3 and, where there is one, 4; `unit` is "NOK
    per month" or "NOK per year" in kroner of the price year; `estimate` and `std_error` are
    finite. Programmes without a row of the first three years, or with one whose numbers are not
    shown, have no effect of their own and are left out.

    Returns
    -------
    DataFrame
        Index programme, columns `effect_year_1` … `effect_later` in kroner a month, each with
        `_std_error`; `effect_later` is that of year 4, NaN without one.

    Raises
    ------
    ParameterError
        One error naming every missing column, horizon, unit or number, or that there is no
        programme at all.
    """
    lacking = [name for name in EFFECT_COLUMNS if name not in frame.columns]
    if lacking:
        raise ParameterError(f"estimates: missing columns: {', '.join(lacking)}")
    rows = frame[(frame["value"] == WAGES) & frame["arm"].isin(programs)]
    rows = rows.assign(year=rows["year"].astype(float))
    rows = rows[rows["year"].isin(range(1, 5))]
    # A number that may not be shown is missing with its error: then there is no effect to use.
    hidden = rows["estimate"].isna() & rows["std_error"].isna()
    rows = rows[~hidden & ~rows["arm"].isin(rows.loc[hidden & (rows["year"] < 4), "arm"])]
    # The fourth year is another cohort's: alone it is no effect.
    main = set(rows.loc[rows["year"] < 4, "arm"])
    rows = rows[rows["arm"].isin(main)]
    faults = [
        f"unit «{unit}»; allowed: {', '.join(PER_MONTH)}"
        for unit in sorted(set(rows["unit"]) - set(PER_MONTH))
    ]
    twice = rows[rows.duplicated(["arm", "year"])]
    faults += [f"{row.arm}, year {row.year:.0f}: more than one row" for row in twice.itertuples()]
    found = [program for program in programs if program in main]
    for program in found:
        have = set(rows.loc[rows["arm"] == program, "year"])
        lacking = [str(year) for year in (1, 2, 3) if year not in have]
        faults += [f"{program}: no year {', '.join(lacking)}"] * bool(lacking)
    numbers = rows[["estimate", "std_error"]].to_numpy(dtype=float)
    if not np.isfinite(numbers).all() or (numbers[:, 1] < 0).any():
        faults.append("estimate and std_error must be finite and std_error not negative")
    if not found:
        faults.append(f"no programme has any; expected one of {', '.join(programs)}")
    if faults:
        raise ParameterError("estimates of earnings: " + "; ".join(faults))
    scale = rows["unit"].map(PER_MONTH)
    wide = rows.assign(
        estimate=rows["estimate"] * scale,
        std_error=rows["std_error"] * scale,
        effect=rows["year"].map(dict(enumerate(EFFECTS, start=1))),
    ).pivot(index="arm", columns="effect", values=["estimate", "std_error"])
    columns = {
        f"{name}{suffix}": wide[part].reindex(columns=list(EFFECTS))[name]
        for part, suffix in (("estimate", ""), ("std_error", "_std_error"))
        for name in EFFECTS
    }
    return pd.DataFrame(columns).loc[found]


def origin_of(path: Path) -> Origin:
    """Where the registers behind an `estimates.csv` came from, by the manifest beside it.

    Without a manifest they count as simulated, so that nothing simulated passes for real.
    """
    file = path.with_name("manifest.json")
    content = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return "register" if content.get("report", {}).get("origin") == "register" else "simulated"


def read_effects(path: Path) -> pd.DataFrame:
    """Effects from an `estimates.csv`; ParameterError when there is no such file."""
    if not path.is_file():
        named = "none is named" if path == Path() else f"{path} is no file"
        raise ParameterError(
            f"effects: 'estimated': needs an estimates file, but {named}; name an estimates.csv "
            "with `estimates`, or use effects: published"
        )
    return effects_from_estimates(pd.read_csv(path))


Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Assumptions:
    """Every input as an array; names are the keys of `params/costs.yml`.

    Rates and shares are between 0 and 1, prices in kroner of the price year, durations in
    months. Effects are kroner of wages a month in year 1, 2 and 3 after programme start and in
    the years after that. `effect_std_error_nok` is the standard error of each effect in kroner
    a month, shape (4, programmes), and `later_is_own` is 1 where the effect of year 3 does not go
    on. `programs` names the columns.
    """

    discount_rate: Array
    wage_growth: Array
    tax_cost: Array
    labour_cost_factor: Array
    saved_benefit_share: Array
    benefit_tax: Array
    counsellor_hour_cost: Array
    tiltakspenger_rate: Array
    tiltakspenger_days: Array
    mentor_cost: Array
    inclusion_grant_cost: Array
    subsidised_wage: Array
    wage_subsidy_rate: Array
    wage_subsidy_markup: Array
    school_place_cost: Array
    displacement: Array
    earnings_per_work_month: Array
    effect_correlation: Array
    income_tax: Array
    payroll_tax: Array
    duration: Array
    unit_cost: Array
    wage_subsidy_share: Array
    mentor_share: Array
    inclusion_grant_share: Array
    counsellor_hours: Array
    tiltakspenger_share: Array
    school_share: Array
    effect_year_1: Array
    effect_year_2: Array
    effect_year_3: Array
    effect_later: Array
    effect_months: Array
    effect_std_error_nok: Array
    later_is_own: Array
    programs: tuple[str, ...] = PROGRAMS

    def arrays(self) -> dict[str, Array]:
        """Every input by name, without the names of the programmes."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in found.items() if name != "programs"}


def from_inputs(costs: Costs, readings: Mapping[str, str] | None = None) -> Assumptions:
    """Arrays of the numbers used, or of other readings of doubtful inputs.

    Parameters
    ----------
    costs
        The checked inputs.
    readings
        Key, or `key:programme`, to the name of the reading to use instead. A key alone
        applies to all programmes that have a reading of that name.

    Raises
    ------
    ParameterError
        For a key or reading that exists nowhere.
    """
    readings = dict(readings or {})
    values: dict[str, Any] = {}
    known: set[str] = set()
    for key in type(costs.general).model_fields:
        entry = getattr(costs.general, key)
        if readings.get(key) in entry.readings:
            known.add(key)
        values[key] = np.array([[entry.number(readings.get(key))]], dtype=float)
    for key in type(costs.programs).model_fields:
        row = []
        for program in PROGRAMS:
            entry = getattr(costs.programs, key).values[program]
            name = f"{key}:{program}" if f"{key}:{program}" in readings else key
            if readings.get(name) in entry.readings:
                known.add(name)
            number = entry.number(readings.get(name))
            row.append(np.nan if number is None else number)
        values[key] = np.array([row], dtype=float)
    unknown = sorted(f"{key}={name}" for key, name in readings.items() if key not in known)
    if unknown:
        raise ParameterError(f"costs: no such reading: {', '.join(unknown)}")
    own = ~np.isnan(values["effect_later"])
    values["effect_later"] = np.where(own, values["effect_later"], values["effect_year_3"])
    error = values.pop("effect_std_error") * values["earnings_per_work_month"] / 12
    return Assumptions(
        **values, effect_std_error_nok=np.repeat(error, 4, axis=0), later_is_own=own.astype(float)
    )


def from_table(frame: pd.DataFrame, costs: Costs) -> Assumptions:
    """Arrays of own programmes, with what programmes share from the checked inputs.

    Parameters
    ----------
    frame
        A row for each: program and `REQUIRED`; other keys of the inputs' programmes are 0, and
        effects NaN, where there is no column.

    Raises
    ------
    ParameterError
        Names columns that are missing or unknown, programmes given twice, and numbers outside of
        what their unit allows, by row.
    """
    keys = [key for key in ByProgram.model_fields if key != "effect_std_error"]
    faults = [f"column «{name}» is missing" for name in ("program", *REQUIRED) if name not in frame]
    allowed = f"; allowed: {', '.join(keys)}"
    unknown = [name for name in frame if name not in ("program", *keys)]
    faults += [f"column «{name}» is unknown{allowed}" for name in unknown]
    if not faults and (frame.empty or frame["program"].isna().any() or not frame.columns.is_unique):
        faults = ["expected each column once, rows, and a name in each"]
    if faults:
        raise ParameterError("costs: " + "; ".join(faults))
    names = tuple(frame["program"].astype(str))
    faults += [f"row {at}: «{name}» again" for at, name in enumerate(names) if name in names[:at]]
    values: dict[str, Any] = {}
    for key in keys:
        if key not in frame:
            values[key] = np.full((1, len(names)), np.nan if key in EFFECTS else 0.0)
            continue
        unit = KEY_UNITS[key]
        low, high, closed = UNITS[unit]
        given = pd.to_numeric(frame[key], errors="coerce").to_numpy(dtype=float)
        fine = np.isfinite(given) & (given >= low) & (given <= high) & (closed | (given > low))
        if key == "effect_later":
            fine |= frame[key].isna().to_numpy()
        span = f"{unit}, {'from' if closed else 'above'} {low:g} to {high:g}"
        wrong = np.flatnonzero(~fine)
        faults += [
            f"column «{key}», row {at}: {frame[key].iloc[at]}; expected {span}" for at in wrong
        ]
        values[key] = given[None, :]
    if faults:
        raise ParameterError("costs: " + "; ".join(faults))
    own = ~np.isnan(values["effect_later"])
    values["effect_later"] = np.where(own, values["effect_later"], values["effect_year_3"])
    unknown_errors = np.full((len(EFFECTS), len(names)), np.nan)
    return replace(
        from_inputs(costs),
        **values,
        effect_std_error_nok=unknown_errors,
        later_is_own=own.astype(float),
        programs=names,
    )


def with_effects(assumptions: Assumptions, effects: pd.DataFrame) -> Assumptions:
    """Exchange the effects, for example for estimated ones, of the programmes that have them.

    How long an effect lasts is the costs file's: where it gives no later effect of its own, that
    of year 3 goes on, whatever is estimated for year 4 (section 7.3.5: all but Utdanning, whose
    effect of year 4 comes from the cohort of 2016 and 2017). A programme that needs an effect of
    year 4 and has none is left out.

    Parameters
    ----------
    effects
        As made by `effects_from_estimates`: one row per programme.

    Raises
    ------
    ParameterError
        When no programme has the effects it needs.
    """
    needed = dict(zip(assumptions.programs, assumptions.later_is_own[0] > 0, strict=True))
    known = effects["effect_later"].notna().to_dict()
    kept = [p for p in assumptions.programs if p in known and (known[p] or not needed[p])]
    if not kept:
        raise ParameterError(
            "estimates of earnings: no programme has an effect for each of the years it needs"
        )
    a, rows = only_programs(assumptions, kept), effects.loc[kept]
    own = a.later_is_own[0] > 0
    columns = {name: rows[name].to_numpy(dtype=float) for name in EFFECTS}
    errors = {name: rows[f"{name}_std_error"].to_numpy(dtype=float) for name in EFFECTS}
    for values in (columns, errors):
        values["effect_later"] = np.where(own, values["effect_later"], values["effect_year_3"])
    changes = {name: values[None, :] for name, values in columns.items()}
    return replace(a, **changes, effect_std_error_nok=np.stack(list(errors.values())))


def with_input(assumptions: Assumptions, name: str, values: Array) -> Assumptions:
    """The same arrays with one of them exchanged."""
    changes: dict[str, Any] = {name: values}
    return replace(assumptions, **changes)


def only_programs(assumptions: Assumptions, names: Sequence[str]) -> Assumptions:
    """The same arrays with some programmes' columns only."""
    columns = [assumptions.programs.index(name) for name in names]
    changes: dict[str, Any] = {
        name: values[:, columns]
        for name, values in assumptions.arrays().items()
        if values.shape[1] == len(assumptions.programs)
    }
    return replace(assumptions, **changes, programs=tuple(names))
