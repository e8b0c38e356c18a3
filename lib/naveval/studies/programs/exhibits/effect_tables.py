"""Tables of part 3: the sample, the effects by group, and the diagnostics of the method."""

import numpy as np
import pandas as pd

from naveval.disclosure import gate as disclosure
from naveval.disclosure import thresholds
from naveval.estimators import scores
from naveval.exhibits import tables
from naveval.exhibits.output import Block, Output
from naveval.project import formats
from naveval.studies.programs import published
from naveval.studies.programs.codes import ARMS, CONTROL, REST
from naveval.studies.programs.effects import Estimated
from naveval.studies.programs.exhibits.drawing import name, named
from naveval.studies.programs.panel.chains import followed_by_another
from naveval.studies.programs.sample.covariates import SPELL, spell_category
from naveval.studies.programs.study import Effects

ARM_KEYS = {arm: f"arm_{i}" for i, arm in enumerate(ARMS, start=1)}
GROUPS = ("standard", "situational", "special")
AGE_EDGES = (20, 30, 40, 50)
AGES = ("under_20", "20_29", "30_39", "40_49", "50_59")
MIN_GATE = 150
MIN_TREATED = 20
"""Fewest persons in a county's part of the sample, and fewest treated there of a programme."""
SMALL, LARGE = 1.0, 2.0
"""Months a year from which an effect is called medium and large."""
NESTED_STEPS = ("registered", "no_program_before", "under_60", "moved_on", "sample")


def flow(output: Output, data: Effects) -> Block:
    """tbl-flow: how many are left at each step; tbl-6-3 splits those left by programme."""
    nested = data.main.sample.flow[data.main.sample.flow.step.isin(NESTED_STEPS)]
    frame = nested.assign(step=[output.label("tbl-flow", step) for step in nested.step])
    back = frame.iloc[::-1].reset_index(drop=True)  # steps between rows are protected too
    released = disclosure.release(
        back, label="tbl-flow", count="n", keys=["step"], cumulative="step"
    )
    released = disclosure.reversed_rows(released)
    few = thresholds.thresholds().min_cell
    merged = (
        ", ".join(
            f"{arm} ({n if n >= few else formats.SUPPRESSED})"
            for arm, n in data.main.sample.merged.items()
        )
        or "–"
    )
    used = data.settings
    return tables.show(
        output,
        released,
        "tbl-flow",
        merged=merged,
        min_arm=used.min_arm,
        trees=used.options.trees,
        folds=used.folds,
    )


def time_to_first(output: Output, data: Effects) -> Block:
    """tbl-6-1: months to the first programme by first group."""
    frame = data.time_to_first.copy()
    printed = published.by_first_group("table_6_1", "months_since_first_registration")
    printed = printed.rename({"Begynner ikke på tiltak": "none"}).reindex(frame.months)
    frame["months"] = [name(output, f"wait-{code}") for code in frame.months]
    return _by_first_group(output, frame, printed, "tbl-6-1", "months")


def group_at_start(output: Output, data: Effects) -> Block:
    """tbl-6-2: group at first registration and at the start of the programme, in percent."""
    frame = start_groups(data.main)
    printed = published.by_first_group("table_6_2", "innsatsgruppe_at_first_program_start")
    printed = printed.rename(published.STATUS).reindex(frame.status)
    return _by_first_group(output, named(output, frame, "status"), printed, "tbl-6-2", "status")


def start_groups(estimated: Estimated) -> pd.DataFrame:
    """Treated by group at the start: status, and per first group n_<group> and percent."""
    treated = estimated.sample.frame[estimated.sample.frame.arm != CONTROL]
    at_start = treated.group_at_start.fillna("not_registered").replace(
        {"permanent": "other", "sick": "other", "not_registered": "other"}
    )
    counts = pd.crosstab(at_start, treated.first_group).reindex(
        index=[*GROUPS, "other"], columns=list(GROUPS), fill_value=0
    )
    frame = pd.DataFrame({"status": counts.index})
    for group in GROUPS:
        frame[f"n_{group}"] = counts[group].to_numpy()
        frame[group] = 100 * counts[group].to_numpy() / max(1, counts[group].sum())
    return frame


def _by_first_group(
    output: Output, frame: pd.DataFrame, printed: pd.DataFrame, label: str, key: str
) -> Block:
    """Percent by first group beside the printed, with the number of persons in the note."""
    for group in GROUPS:
        values = printed[group].to_numpy(dtype=float)
        frame[f"published_{group}"] = values if output.place.is_country else np.nan
    count = {group: f"n_{group}" for group in GROUPS} | {f"n_{g}": f"n_{g}" for g in GROUPS}
    released = disclosure.release(
        frame,
        label=label,
        count=count,
        keys=[key],
        labels=[f"published_{group}" for group in GROUPS],
        exhaustive=key,
    )
    totals = {f"n_{group}": int(frame[f"n_{group}"].sum()) for group in GROUPS}
    return tables.show(output, released, label, **totals)


def sample_sizes(output: Output, data: Effects) -> Block:
    """tbl-6-3: persons by first group and programme."""
    return sizes(output, data.main, "tbl-6-3")


def robust_sizes(output: Output, data: Effects) -> Block:
    """tbl-b-7: persons in the sample with reduced work capacity only."""
    other = data.robust.get("reduced_capacity")
    return sizes(output, other, "tbl-b-7") if other else Block("")


def sizes(output: Output, estimated: Estimated, label: str) -> Block:
    """Persons of a sample by programme and first group."""
    frame = estimated.sample.frame
    counts = pd.crosstab(frame.arm, frame.first_group).reindex(
        index=[CONTROL, *estimated.arms], columns=list(GROUPS), fill_value=0
    )
    table = counts.rename_axis("arm").reset_index().assign(n=counts.sum(axis=1).to_numpy())
    printed = published.read("table_6_3" if label == "tbl-6-3" else "table_b_7")
    total = printed.groupby("program").n.sum()
    table["published"] = total.reindex(table.arm).to_numpy() if output.place.is_country else np.nan
    released = disclosure.release(
        table,
        label=label,
        keys=["arm"],
        labels=["published"],
        count={column: column for column in (*GROUPS, "n")},
        additive={"n": list(GROUPS)},
        exhaustive="arm",  # the estimates tell how many persons each group has in all
    )
    return tables.show(output, released, label)


def covariates(output: Output, data: Effects) -> Block:
    """tbl-6-4: the 51 covariates with their mean in the sample."""
    table = data.main.covariates
    frame = pd.DataFrame(
        {
            "covariate": [name(output, f"x-{column}") for column in table],
            "mean": table.mean().to_numpy(dtype=float),
            "n": len(table),
        }
    )
    released = disclosure.release(frame, label="tbl-6-4", count="n", keys=["covariate"])
    return tables.show(output, released, "tbl-6-4")


def windows(output: Output, data: Effects) -> Block:
    """tbl-6-6: starts in months 0–11 and 12–23."""
    frame = data.windows.copy()
    printed = published.read("table_6_6").pivot(
        index="program", columns="months_since_first_registration", values="n"
    )
    for column, window in (("published_early", "0-11"), ("published_late", "12-23")):
        values = printed[window].reindex(frame.program).to_numpy(dtype=float)
        frame[column] = values if output.place.is_country else np.nan
    released = disclosure.release(
        frame,
        label="tbl-6-6",
        count={"early": "early", "late": "late"},
        keys=["program"],
        labels=["published_early", "published_late"],
    )
    return tables.show(output, released, "tbl-6-6")


def followed(output: Output, data: Effects) -> Block:
    """tbl-b-3: how often another programme follows."""
    frame = followed_by_another(data.main.sample)
    printed = published.read("table_b_3")
    printed = printed[printed.spell_type != "Alene"].set_index("program").percent
    own = frame.arm.replace({"all": "Total"})
    frame["published"] = printed.reindex(own).to_numpy() if output.place.is_country else np.nan
    released = disclosure.release(
        named(output, frame, "arm"),
        label="tbl-b-3",
        count="n",
        keys=["arm"],
        percent={"followed": "n", "alone": "n"},
        labels=["published"],
    )
    return tables.show(output, released, "tbl-b-3")


def effects(output: Output, data: Effects) -> Block:
    """tbl-effects: effects on the treated by year, with the truth where it is known."""
    table = data.main.effects
    rows = table[(table.estimand == "att") & table.outcome.str.match(r"months_|earnings_")]
    rows = rows[rows.arm != REST].reset_index(drop=True)
    frame = pd.DataFrame(
        {
            "arm": rows.arm,
            "outcome": rows.outcome.str.split("_").str[0],
            "year": rows.outcome.str.split("_").str[1].astype(int),
            "estimate": rows.estimate,
            "std_error": rows.std_error,
            "ci_low": rows.ci_low,
            "ci_high": rows.ci_high,
            "n": rows.n_treated,
        }
    )
    frame["format"] = np.where(frame.outcome == "months", "num2", "int")
    released = disclosure.release(
        named(output, frame, "outcome"),
        label="tbl-effects",
        count="n",
        keys=["arm", "outcome", "year"],
        labels=["year"],
    )
    return tables.show(output, released, "tbl-effects")


def in_words(output: Output, data: Effects) -> Block:
    """tbl-6-5: sign and size of the effects in words, beside the report and earlier research."""
    printed = published.read("table_6_5").set_index("program")
    wanted = [f"months_{year}" for year in range(2, data.main.years + 1)]
    table = data.main.effects[
        (data.main.effects.estimand == "att") & data.main.effects.outcome.isin(wanted)
    ]
    rows = []
    for arm, part in table[table.arm != REST].groupby("arm", sort=False):
        shared = "Oppfølging og Utvidet oppfølging"
        key = shared if arm in ("Oppfølging", "Utvidet oppfølging i NAV") else arm
        text = printed.reindex([key]).fillna("").iloc[0]
        rows.append(
            {
                "arm": arm,
                "own": output.label("tbl-6-5", size_in_words(part)),
                "published": text.this_report,
                "earlier": text.earlier_research,
                "n": int(part.n_treated.iloc[0]),
            }
        )
    released = disclosure.release(pd.DataFrame(rows), label="tbl-6-5", count="n", keys=["arm"])
    return tables.show(output, released, "tbl-6-5")


def size_in_words(part: pd.DataFrame) -> str:
    """Key of the word for some years' effects on months in work a year: sign and size."""
    mean = float(part.estimate.mean())
    if not ((part.ci_low > 0).any() or (part.ci_high < 0).any()):
        return "unclear"
    size = "small" if abs(mean) < SMALL else "medium" if abs(mean) < LARGE else "large"
    return f"{size}_{'positive' if mean > 0 else 'negative'}"


def gate(output: Output, data: Effects) -> Block:
    """tbl-6-7: effects on months in work in years 2–3, in groups of the whole sample."""
    parts = []
    for characteristic, groups in group_series(data.main).items():
        for arm in data.main.arms:
            if arm in ARM_KEYS:
                table = gate_years(data.main, arm, groups)
                own = groups[data.main.scores.arm == data.main.scores.arms.index(arm)]
                n = own.value_counts().reindex(table.category).to_numpy()
                parts.append(table.assign(characteristic=characteristic, n=n))
    return _gate_table(output, pd.concat(parts, ignore_index=True), "tbl-6-7")


def county_gate(output: Output, data: Effects) -> Block:
    """tbl-county: effects for those who lived in the county, where the numbers allow."""
    if output.place.is_country:
        return Block("")
    frame = county_effects(data)
    if int(data.in_county.sum()) < MIN_GATE or frame.empty:
        return Block(output.label("tbl-county", "too_few"))
    released = disclosure.release(frame, label="tbl-county", count="n", keys=["arm"])
    return tables.show(output, released, "tbl-county", least=MIN_TREATED)


def county_effects(data: Effects) -> pd.DataFrame:
    """Group effects in the county and in the rest of the country, of arms with enough treated.

    Returns
    -------
    arm, n (treated in the county), place and rest with standard errors, difference with standard
    error and p.
    """
    made = data.main.scores
    inside = np.where(data.in_county, "place", "rest")
    rows = []
    for arm in data.main.arms:
        n = int((data.in_county & (made.arm == made.arms.index(arm))).sum())
        if arm not in ARM_KEYS or n < MIN_TREATED:
            continue
        row: dict[str, object] = {"arm": arm, "n": n}
        for own, other in (("rest", "place"), ("place", "rest")):
            groups = pd.Series(pd.Categorical(inside, categories=[own, other]))
            level, difference = gate_years(data.main, arm, groups).itertuples()
            row |= {own: level.estimate, f"{own}_error": level.std_error}
            if own == "rest":
                row |= {
                    "difference": difference.estimate,
                    "difference_error": difference.std_error,
                    "p": difference.p_value,
                }
        rows.append(row)
    return pd.DataFrame(rows)


def gate_years(estimated: Estimated, arm: str, groups: pd.Series) -> pd.DataFrame:
    """Group effects on the mean of months in work in years 2 and 3."""
    made = estimated.scores
    columns = [made.outcomes.index(f"months_{year}") for year in (2, 3) if year <= estimated.years]
    mean = scores.average_outcomes(made, columns, "months_2_3")
    return scores.gate(mean, made.arms.index(arm), groups)


def group_series(estimated: Estimated) -> dict[str, pd.Series]:
    """Groups of table 6-7 by characteristic, first category the reference."""
    x, frame = estimated.covariates, estimated.sample.frame
    country = x[[f"country_{k}" for k in range(4)]].to_numpy().argmax(axis=1)
    codes = {
        "status": (np.where(frame.first_group == "special", 1, 0), ("seeker", "reduced")),
        "sex": (x.woman.to_numpy().astype(int), ("man", "woman")),
        "age_group": (np.digitize(x.age, AGE_EDGES), AGES),
        "country": (country, ("0", "1", "2", "3")),
        "spell": (spell_category(estimated.sample), SPELL),
    }
    return {
        key: pd.Series(pd.Categorical.from_codes(values, categories=list(categories)))
        for key, (values, categories) in codes.items()
    }


def _gate_table(output: Output, long: pd.DataFrame, label: str) -> Block:
    """Two rows per category, estimate and standard error, one column per programme."""
    rows = []
    for (characteristic, category, kind), part in long.groupby(
        ["characteristic", "category", "type"], sort=False, observed=True
    ):
        for what in ("estimate", "std_error"):
            row = {
                "characteristic": characteristic,
                "category": category,
                "type": kind,
                "what": what,
            }
            for item in part.itertuples():
                row[ARM_KEYS[str(item.arm)]] = getattr(item, what)
                row[f"n_{ARM_KEYS[str(item.arm)]}"] = item.n
            rows.append(row)
    frame = pd.DataFrame(rows)
    for key in ARM_KEYS.values():
        if key not in frame:
            frame[key], frame[f"n_{key}"] = np.nan, 0
        frame[f"n_{key}"] = frame[f"n_{key}"].fillna(0).astype(int)
    frame = named(output, frame, "characteristic", "category", "type", "what")
    count = {key: f"n_{key}" for key in ARM_KEYS.values()}
    released = disclosure.release(
        frame,
        label=label,
        count=count | {n: n for n in count.values()},
        keys=["characteristic", "category", "what"],
    )
    return tables.show(output, released, label)
