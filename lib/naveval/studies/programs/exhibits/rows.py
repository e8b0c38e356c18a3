"""The tidy estimates of parts 1 to 3, and the sentences that read them."""

import numpy as np
import pandas as pd

from naveval.disclosure import thresholds
from naveval.estimators import scores
from naveval.estimators.cost_benefit.assumptions import from_inputs
from naveval.estimators.cost_benefit.checks import PROGRAMS
from naveval.estimators.cost_benefit.inputs import load
from naveval.estimators.cost_benefit.net_benefit import total_cost
from naveval.exhibits import estimates
from naveval.exhibits.output import ESTIMATES_FILE, Block, Output, sentence, write_estimates
from naveval.studies.programs import published
from naveval.studies.programs.codes import CONTROL, REST
from naveval.studies.programs.effects import PLACEBO, Estimated, pick
from naveval.studies.programs.exhibits import numbers
from naveval.studies.programs.exhibits.comparison import printed_effects
from naveval.studies.programs.exhibits.effect_checks import BALANCE
from naveval.studies.programs.exhibits.effect_figures import difference_tests
from naveval.studies.programs.exhibits.effect_tables import ARM_KEYS, gate_years, group_series
from naveval.studies.programs.exhibits.policy import Rule
from naveval.studies.programs.parameters import Parameters
from naveval.studies.programs.study import Effects

STUDY = "programs"
UNITS = {"months": "months per year", "earnings": "NOK per year", "work": "probability"}
FIGURES = {("months", "att"): "fig-6-2", ("earnings", "att"): "fig-6-3"}
OTHER_FIGURES = {
    "two_years": "fig-two-years",
    "reduced_capacity": "fig-6-6",
    "one_year_clean": "fig-b-4",
    "year_four": "fig-6-5",
    "chains": "fig-6-7",
}
"""Where the effects of the other samples are shown; those of one first group are in figure B-5."""
NUMBERS = [
    "estimate",
    "std_error",
    "ci_low",
    "ci_high",
    "p_value",
    "n_obs",
    "n_persons",
    "n_clusters",
]


def keep(output: Output, table: pd.DataFrame) -> pd.DataFrame:
    """Add a part's estimates to the run's estimates.csv; a part run again replaces its own."""
    file = output.folder / ESTIMATES_FILE
    if file.exists():
        before = pd.read_csv(file, keep_default_na=False, na_values=[""])
        before = before[~before.label.isin(set(table.label))]
        table = estimates.combine(estimates.frame(STUDY, before), table)
    return write_estimates(output, table)


def effect_rows(output: Output, data: Effects) -> pd.DataFrame:
    """Tidy rows of part 3: every sample, months, years, groups, placebo, other methods.

    Wage effects of the main sample and of year 4 are what the cost-benefit part reads.
    """
    main = _rows(data.main, "main")
    parts = [_with_printed(main) if output.place.is_country else main]
    parts += [_rows(other, key, ["months"]) for key, other in data.robust.items()]
    parts += [_rows(other, f"first_{key}", ["months"]) for key, other in data.by_group.items()]
    if "year_four" in data.robust:
        last = _rows(data.robust["year_four"], "year_four", ["earnings"])
        last = last[(last.horizon == "year_4") & (last.estimand == "att")]
        parts.append(last.assign(method="dml"))
    parts += [_gate_rows(output, data.main), _method_rows(data.alternatives), _test_rows(data.main)]
    return _kept(output, pd.concat(parts, ignore_index=True))


def sample_rows(output: Output, data: Effects, rule: Rule | None) -> pd.DataFrame:
    """Tidy rows of part 3's sample, balance, overlap, bounds and rule: every number shown."""
    frame = data.main.sample.frame
    treated = frame[frame.arm != CONTROL]
    totals = [
        {"label": label, "row": "all", "outcome": group, "estimate": float(n), "unit": "persons"}
        for label, persons in (("tbl-6-1", frame), ("tbl-6-2", treated))
        for group, n in persons.first_group.value_counts().items()
    ]
    totals.append(
        {
            "label": "effects-summary",
            "outcome": "treated",
            "unit": "persons",
            "estimate": float((treated.arm != REST).sum()),
        }
    )
    made = data.main.scores
    totals += [
        {
            "label": label,
            "row": "control weights",
            "outcome": arm,
            "unit": "persons",
            "estimate": scores.weight_sum(made, made.arms.index(arm)),
        }
        for label, arms in BALANCE.items()
        for arm in arms
        if arm in made.arms
    ]
    shown = numbers.rows(output, numbers.EFFECTS)
    own = pd.DataFrame(totals + _rule_rows(rule)).assign(method="count")
    return _kept(output, pd.concat([shown, own], ignore_index=True))


def _rule_rows(rule: Rule | None) -> list[dict[str, object]]:
    if rule is None:
        return []
    values = {
        "rule": (rule.value.rule, "months"),
        "today": (rule.value.today, "months"),
        "difference": (rule.value.difference, "months"),
        "persons": (rule.n, "persons"),
        "extra cost per person": (rule.extra, "NOK"),
    }
    if rule.sure:
        values["cost per extra month in work"] = (rule.per_month, "NOK")
    return [
        {
            "label": "tbl-policy",
            "outcome": key,
            "estimate": value,
            "unit": unit,
            "n_persons": rule.n,
            "std_error": rule.value.std_error if key == "difference" else np.nan,
        }
        for key, (value, unit) in values.items()
    ]


def _rows(estimated: Estimated, variant: str, kinds: list[str] | None = None) -> pd.DataFrame:
    table = estimated.effects[estimated.effects.arm != REST]
    split = table.outcome.str.split("_", n=1)
    kind = split.str[0]
    horizon = np.where(kind == "work", "month_", "year_") + split.str[1].fillna("")
    frame = pd.DataFrame({name: table[name] for name in NUMBERS})
    frame = frame.assign(
        group=table.arm,
        estimand=table.estimand,
        outcome=kind,
        horizon=np.where(kind == PLACEBO, "", horizon),
        unit=kind.map(UNITS).fillna("months"),
        method="dml" if variant == "main" else variant,
        label=[_label(variant, k, e) for k, e in zip(kind, table.estimand, strict=True)],
    )
    wanted = [*UNITS, PLACEBO] if kinds is None else kinds
    return frame[frame.outcome.isin(wanted)]


def _with_printed(table: pd.DataFrame) -> pd.DataFrame:
    """Add the effects on the treated that are printed."""
    printed = printed_effects()
    printed = printed.assign(
        horizon="year_" + printed.year.astype(str), estimand="att", group=printed.arm
    )[["group", "outcome", "horizon", "estimand", "published"]]
    return table.merge(printed, on=["group", "outcome", "horizon", "estimand"], how="left")


def _label(variant: str, kind: str, estimand: str) -> str:
    if variant != "main":
        return OTHER_FIGURES.get(variant, "fig-b-5")
    if kind == PLACEBO:
        return "tbl-placebo"
    if kind == "work":
        return "fig-b-3"
    return FIGURES.get((kind, estimand), "fig-6-8")


def _gate_rows(output: Output, estimated: Estimated) -> pd.DataFrame:
    printed = published.gate()
    if not output.place.is_country:
        printed = printed.head(0)
    few = thresholds.thresholds().min_cell
    parts = []
    for characteristic, groups in group_series(estimated).items():
        for arm in (arm for arm in estimated.arms if arm in ARM_KEYS):
            table = gate_years(estimated, arm, groups)
            treated = groups[estimated.scores.arm == estimated.scores.arms.index(arm)]
            n = treated.value_counts().reindex(table.category).fillna(0).to_numpy()
            table = table.assign(characteristic=characteristic)[n >= few]
            parts.append(table)
    long = pd.concat(parts, ignore_index=True)
    long["category"] = long.category.astype(str).replace({"seeker": "job_seeker"})
    long = long.merge(printed, on=["characteristic", "category", "type", "arm"], how="left")
    return pd.DataFrame(
        {
            "label": "tbl-6-7",
            "row": long.characteristic,
            "column": long.category,
            "outcome": "months_years_2_3",
            "group": long.arm,
            "estimand": "gate",
            "estimate": long.estimate,
            "std_error": long.std_error,
            "ci_low": long.ci_low,
            "ci_high": long.ci_high,
            "p_value": long.p_value,
            "n_persons": long.n_persons,
            "unit": UNITS["months"],
            "method": "dml",
            "published": long.published,
            "note": long.type,
        }
    )


def _method_rows(alternatives: pd.DataFrame) -> pd.DataFrame:
    table = alternatives[
        alternatives.outcome.str.startswith("months_") & (alternatives.arm != REST)
    ]
    return pd.DataFrame(
        {
            "label": "tbl-methods",
            "group": table.arm,
            "outcome": "months",
            "estimand": "att",
            "horizon": "year_" + table.outcome.str.rsplit("_", n=1).str[1],
            "estimate": table.estimate,
            "std_error": table.std_error,
            "ci_low": table.ci_low,
            "ci_high": table.ci_high,
            "n_persons": table.n_treated,
            "method": table.method,
            "unit": UNITS["months"],
        }
    )


def _test_rows(estimated: Estimated) -> pd.DataFrame:
    table = difference_tests(estimated)
    return pd.DataFrame(
        {
            "label": "fig-6-8",
            "group": table.arm,
            "outcome": "months",
            "estimand": "att minus ate",
            "estimate": table.estimate,
            "horizon": "year_" + table.outcome.str.rsplit("_", n=1).str[1],
            "std_error": table.std_error,
            "ci_low": table.ci_low,
            "ci_high": table.ci_high,
            "p_value": table.p_value,
            "unit": UNITS["months"],
            "method": "dml",
        }
    )


def _kept(output: Output, table: pd.DataFrame) -> pd.DataFrame:
    frame = estimates.frame(STUDY, table)
    keep(output, frame)
    return frame


def effect_summary(output: Output, data: Effects) -> Block:
    """What part 3 found: largest and smallest effect in the last year, with intervals."""
    last = pick(data.main, "att", f"months_{data.main.years}")
    last = last[last.index != REST]
    best, worst = last.estimate.idxmax(), last.estimate.idxmin()
    return sentence(
        output,
        "effects-summary",
        n=int(last.n_obs.iloc[0]),
        treated=int(last.n_treated.sum()),
        arms=len(last),
        positive=int((last.ci_low > 0).sum()),
        negative=int((last.ci_high < 0).sum()),
        best=best,
        best_effect=last.estimate[best],
        best_low=last.ci_low[best],
        best_high=last.ci_high[best],
        worst=worst,
        worst_effect=last.estimate[worst],
        worst_low=last.ci_low[worst],
        worst_high=last.ci_high[worst],
    )


def costs_per_spell(parameters: Parameters) -> dict[str, float]:
    """Cost of a programme spell in kroner, from the inputs of the cost-benefit part."""
    total = np.broadcast_to(
        total_cost(from_inputs(load(parameters.costs_file()))), (1, len(PROGRAMS))
    )
    return {program: abs(float(value)) for program, value in zip(PROGRAMS, total[0], strict=True)}
