"""Tables of part 3's diagnostics: balance, overlap, placebo, hidden confounders, other methods."""

import numpy as np
import pandas as pd

from naveval.disclosure import gate
from naveval.estimators import overlap, scores
from naveval.estimators.sensitivity import confounding
from naveval.exhibits import tables
from naveval.exhibits.output import Block, Output
from naveval.project import formats
from naveval.project.errors import EstimationError
from naveval.studies.programs import effects
from naveval.studies.programs.codes import ARMS, REST
from naveval.studies.programs.effects import PLACEBO, Estimated
from naveval.studies.programs.exhibits.drawing import named
from naveval.studies.programs.exhibits.effect_tables import GROUPS, group_series
from naveval.studies.programs.study import Effects

CLIPS_AND_TRIMS = (
    (0.001, 0.0),
    (0.002, 0.0),
    (0.005, 0.0),
    (0.01, 0.0),
    (0.0, 0.002),
    (0.0, 0.005),
)
BALANCE = {"tbl-b-4": ARMS[:4], "tbl-b-5": ARMS[4:8], "tbl-b-6": ARMS[8:]}
LEAST_WEIGHT = 1e-6
HISTORY = ("registered_60", "program_60")
"""Covariates of table B-8 that are months, not categories."""


def balance(output: Output, data: Effects, label: str) -> Block:
    """Tables B-4 to B-6: treated and weighted controls by characteristic, in percent."""
    indicators = balance_indicators(data.main)
    frame = pd.DataFrame(list(indicators), columns=["characteristic", "category"])
    made = data.main.scores
    count: dict[str, str] = {}
    sizes = []
    for position, arm in enumerate(BALANCE[label], start=1):
        columns = {part: f"{part}_{position}" for part in ("treated", "control", "smd")}
        if arm not in made.arms:
            frame = frame.assign(**dict.fromkeys(columns.values(), np.nan), **{f"n_{position}": 0})
        else:
            code = made.arms.index(arm)
            n = int((made.arm == code).sum())
            table = overlap.balance(
                made, code, np.column_stack(list(indicators.values())), list(frame["category"])
            )
            frame = frame.assign(
                **{
                    columns["treated"]: 100 * table.treated,
                    columns["control"]: 100 * table.weighted,
                    columns["smd"]: table.smd_weighted,
                    f"n_{position}": (table.treated * n).round().astype(int),
                }
            )
            sizes.append(f"{arm} {n} ({formats.number(scores.weight_sum(made, code), 1)})")
        count |= dict.fromkeys((*columns.values(), f"n_{position}"), f"n_{position}")
    released = gate.release(
        named(output, frame, "characteristic", "category"),
        label=label,
        count=count,
        keys=["characteristic", "category"],
        exhaustive="category",
    )
    return tables.show(output, released, label, sizes=", ".join(sizes) or "–")


def balance_indicators(estimated: Estimated) -> dict[tuple[str, str], np.ndarray]:
    """0/1 columns of the characteristics of tables B-4 to B-6."""
    groups = group_series(estimated)
    first = pd.Series(pd.Categorical(estimated.sample.frame.first_group, categories=list(GROUPS)))
    education = pd.Series(
        pd.Categorical.from_codes(
            np.array([0, 1, 1, 2, 3, 4, 5, 5])[estimated.covariates.education.astype(int)],
            categories=["none", "lower", "academic", "vocational", "other", "higher"],
        )
    )
    chosen = {
        "status": first,
        "sex": groups["sex"],
        "age_group": groups["age_group"],
        "country": groups["country"],
        "education6": education,
        "spell": groups["spell"],
    }
    return {
        (characteristic, str(category)): (values == category).to_numpy().astype(float)
        for characteristic, values in chosen.items()
        for category in values.cat.categories
    }


def aft_participants(output: Output, data: Effects) -> Block:
    """tbl-b-8: AFT participants in three samples, in percent, and months with Nav before."""
    frame = pd.DataFrame(
        [*balance_indicators(data.main), *(("history", code) for code in HISTORY)],
        columns=["characteristic", "category"],
    )
    frame["format"] = np.where(frame.characteristic == "history", "num1", "num0")
    sizes = []
    for position, key in enumerate(("main", "one_year_clean", "reduced_capacity"), start=1):
        estimated = data.main if key == "main" else data.robust.get(key)
        rows = None if estimated is None else (estimated.sample.frame.program == "AFT").to_numpy()
        if estimated is None or rows is None or not rows.any():
            frame[f"percent_{position}"], frame[f"n_{position}"] = np.nan, 0
            continue
        values = np.column_stack(list(balance_indicators(estimated).values()))[rows]
        history = estimated.covariates.loc[rows, list(HISTORY)].mean().to_numpy(dtype=float)
        frame[f"percent_{position}"] = [*(100 * values.mean(axis=0)), *history]
        frame[f"n_{position}"] = [*values.sum(axis=0).astype(int), *[len(values)] * len(history)]
        sizes.append(str(len(values)))
    count = {f"{part}_{i}": f"n_{i}" for i in (1, 2, 3) for part in ("percent", "n")}
    released = gate.release(
        named(output, frame, "characteristic", "category"),
        label="tbl-b-8",
        count=count,
        keys=["characteristic", "category"],
        exhaustive="category",
    )
    return tables.show(output, released, "tbl-b-8", sizes=", ".join(sizes) or "–")


def overlap_table(output: Output, data: Effects) -> Block:
    """tbl-overlap: propensities near zero, clipped, trimmed, and effective sizes."""
    frame = overlap.summary(data.main.scores, data.main.nuisances)
    frame = frame.rename(
        columns={"below_0.001": "near_1", "below_0.005": "near_5", "below_0.01": "near_10"}
    )
    frame = frame[frame.arm != REST].reset_index(drop=True)
    keep = [
        "arm",
        "n_treated",
        "all_q5",
        "all_q50",
        "treated_q50",
        "near_1",
        "near_10",
        "n_clipped",
        "n_trimmed",
        "effective_treated",
        "effective_controls",
        "overlap",
    ]
    released = gate.release(
        named(output, frame[keep], "overlap"),
        label="tbl-overlap",
        count="n_treated",
        keys=["arm"],
        quantiles={},
        labels=["near_1", "near_10", "n_clipped", "n_trimmed"],
    )
    settings = data.main.scores
    poor = ", ".join(frame.arm[frame.overlap != "good"]) or "–"
    return tables.show(output, released, "tbl-overlap", poor=poor, n=len(settings.arm))


def placebo(output: Output, data: Effects) -> Block:
    """tbl-placebo: "effect" on months in work 13 to 24 months before registration."""
    table = data.main.effects
    rows = table[(table.outcome == PLACEBO) & (table.arm != REST) & (table.estimand == "att")]
    frame = pd.DataFrame(
        {
            "arm": rows.arm,
            "estimate": rows.estimate,
            "std_error": rows.std_error,
            "p": rows.p_value,
            "n": rows.n_treated,
        }
    ).reset_index(drop=True)
    released = gate.release(frame, label="tbl-placebo", count="n", keys=["arm"])
    return tables.show(
        output, released, "tbl-placebo", n_off=int((frame.p < 0.05).sum()), n_tests=len(frame)
    )


def hidden_confounder(
    output: Output, data: Effects, cf_y: float = 0.03, cf_d: float = 0.03
) -> Block:
    """tbl-confounding: bounds under an unobserved confounder, and robustness values."""
    made = data.main.scores
    column = made.outcomes.index("months_2")
    rows = []
    for position, arm in enumerate(made.arms):
        if position and arm != REST:
            b = confounding.bounds(made, position, "att", cf_y=cf_y, cf_d=cf_d)
            rows.append(
                {
                    "arm": arm,
                    "estimate": b.estimate[column],
                    "lower": b.lower[column],
                    "upper": b.upper[column],
                    "rv": b.robustness_value[column],
                    "rv_ci": b.robustness_value_ci[column],
                    "n": int((made.arm == position).sum()),
                }
            )
    released = gate.release(pd.DataFrame(rows), label="tbl-confounding", count="n", keys=["arm"])
    return tables.show(output, released, "tbl-confounding", cf_y=cf_y, cf_d=cf_d)


def methods(output: Output, data: Effects) -> Block:
    """tbl-methods: what other methods would conclude, months in work in year 2."""
    wide = data.alternatives[data.alternatives.outcome == "months_2"].pivot(
        index="arm", columns="method", values="estimate"
    )
    own = data.main.effects.query("estimand == 'att' and outcome == 'months_2'").set_index("arm")
    frame = wide.reindex([arm for arm in data.main.arms if arm != REST]).reset_index()
    frame["dml"] = own.estimate.reindex(frame.arm).to_numpy()
    frame["std_error"] = own.std_error.reindex(frame.arm).to_numpy()
    frame["n"] = own.n_treated.reindex(frame.arm).to_numpy()
    known = data.truth["cohorts"]["main"]["att"] if data.truth else {}
    frame["truth"] = [known.get(arm, {}).get("months_2", np.nan) for arm in frame.arm]
    frame["truth"] = frame.truth.astype(float)
    columns = ["arm", "naive", "regression", "matching", "dml", "std_error", "truth", "n"]
    released = gate.release(
        frame[columns], label="tbl-methods", count="n", keys=["arm"], labels=["truth"]
    )
    gap = (frame.naive - frame.truth).abs().mean()
    choose = {"gap": gap, "dml_gap": (frame.dml - frame.truth).abs().mean()}
    return tables.show(output, released, "tbl-methods", **choose)


def truth(output: Output, data: Effects) -> Block:
    """tbl-truth: how far the estimates are from the truth of the simulated registers."""
    if data.truth is None:
        return Block("")
    table = effects.compare(data.main, dict(data.truth))
    table = table[table.outcome.str.match(r"months_|earnings_") & (table.arm != REST)]
    rows = []
    for (estimand, arm), part in table.groupby(["estimand", "arm"], sort=False):
        months = part[part.outcome.str.startswith("months_")].set_index("outcome")
        rows.append(
            {
                "estimand": estimand,
                "arm": arm,
                "estimate": months.estimate["months_2"],
                "truth": months.truth["months_2"],
                "std_error": months.std_error["months_2"],
                "worst": part.z.abs().max(),
                "n": int(part.n_treated.iloc[0]),
            }
        )
    frame = named(output, pd.DataFrame(rows), "estimand")
    released = gate.release(
        frame, label="tbl-truth", count="n", keys=["estimand", "arm"], labels=["truth"]
    )
    return tables.show(
        output, released, "tbl-truth", within=float(table.within.mean()), n_tests=len(table)
    )


def clip_and_trim(output: Output, data: Effects) -> Block:
    """tbl-clip: the same effects with other clips and trims."""
    made = data.main.scores
    column = made.outcomes.index("months_2")
    rows = []
    for clip, trim in CLIPS_AND_TRIMS:
        try:
            other = scores.doubly_robust(
                made.y[:, [column]],
                made.arm,
                scores.only_outcome(data.main.nuisances, column),
                clip=clip or LEAST_WEIGHT,
                trim=trim,
            )
            att, ate = scores.effects(other, "att"), scores.effects(other, "ate")
        except EstimationError:
            continue
        for one, everyone in zip(att.itertuples(), ate.itertuples(), strict=True):
            if one.arm != REST:
                rows.append(
                    {
                        "arm": one.arm,
                        "clip": clip,
                        "trim": trim,
                        "att": one.estimate,
                        "att_error": one.std_error,
                        "ate": everyone.estimate,
                        "ate_error": everyone.std_error,
                        "n": one.n_treated,
                        "left": int(one.n_obs),
                    }
                )
    released = gate.release(
        pd.DataFrame(rows),
        label="tbl-clip",
        count={
            "n": "n",
            "left": "left",
            "att": "n",
            "att_error": "n",
            "ate": "n",
            "ate_error": "n",
        },
        keys=["arm", "clip", "trim"],
        labels=["clip", "trim"],
    )
    return tables.show(output, released, "tbl-clip")
