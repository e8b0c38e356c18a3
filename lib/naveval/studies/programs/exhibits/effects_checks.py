"""Section «Hva tiltakene endret», diagnostics: are the groups alike, and does the answer hold."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from naveval.disclosure import counts
from naveval.estimators import crossfit, overlap, scores
from naveval.estimators.multiple_testing import holm
from naveval.estimators.sensitivity import confounding
from naveval.exhibits.declare import Exhibit, Fact, Picture, Sentence, Table, Value
from naveval.exhibits.reader import Reader
from naveval.project.errors import EstimationError
from naveval.studies.programs import effects as programs_effects
from naveval.studies.programs.codes import REST
from naveval.studies.programs.effects import PLACEBO, Estimated
from naveval.studies.programs.exhibits import drawing as drawn
from naveval.studies.programs.exhibits.common import BUILT_IN, LONGEST, described, plainly
from naveval.studies.programs.exhibits.effects import (
    EFFECT,
    LEVEL,
    MONTHS,
    fitted,
    marked,
    named,
    of,
)
from naveval.studies.programs.exhibits.effects_sample import LARGE, compared, counted
from naveval.studies.programs.exhibits.effects_shown import RANKED, with_counts
from naveval.studies.programs.results import ProgramResults
from naveval.studies.programs.sample.persons import BEFORE

PATH = np.arange(-60, 37)
BINS = tuple(range(1, 11))
SIDES = ("treated", "control")
CF_Y = CF_D = 0.03
CLIPS_AND_TRIMS = (
    (0.001, 0.0),
    (0.002, 0.0),
    (0.005, 0.0),
    (0.01, 0.0),
    (0.0, 0.002),
    (0.0, 0.005),
)
LEAST_WEIGHT = 1e-6


def arms_of(estimated: Estimated) -> list[tuple[str, int]]:
    """Programmes with a number each, Annet left out."""
    made = estimated.scores
    return [(arm, code) for code, arm in enumerate(made.arms) if code and arm != REST]


def treated(estimated: Estimated, code: int) -> int:
    return int((estimated.scores.arm == code).sum())


def by_arm(estimated: Estimated, row: Callable[[str, int], dict[str, Any]]) -> pd.DataFrame:
    """One row per programme from its name and number, with the persons treated."""
    rows = [
        {"arm": arm, **row(arm, code), "n": treated(estimated, code)}
        for arm, code in arms_of(estimated)
    ]
    return pd.DataFrame(rows)


def paths(results: ProgramResults) -> pd.DataFrame:
    """Figure 6-1: percent in work of treated, and of weighted controls, by month.

    `events` and `others`: controls with and without work in the month.
    """
    main = of(results).main
    work = main.sample.work[:, BEFORE + PATH]
    person = main.sample.frame.person.to_numpy()
    parts, controls = [], []
    own = work[main.scores.arm == 0]
    behind = {"events": own.sum(axis=0), "others": (~own.astype(bool)).sum(axis=0)}
    for arm, code in arms_of(main):
        rows = main.scores.arm == code
        who, when = np.nonzero(work[rows])
        parts.append(pd.DataFrame({"person": person[rows][who], "m": PATH[when], "arm": arm}))
        weight = overlap.control_weights(main.scores, code)
        share = weight @ work / weight.sum()
        error = np.sqrt(share * (1 - share) / overlap.effective_size(weight))
        controls.append(
            pd.DataFrame(
                {"arm": arm, "m": PATH, "control": 100 * share, "control_error": 100 * error}
                | behind
            )
        )
    arms = [arm for arm, _ in arms_of(main)]
    frame = pd.DataFrame({"person": person, "arm": main.sample.frame.arm.to_numpy()})
    whole = counted(results, frame[frame.arm.isin(arms)], {"arm": arms}, "path")
    own = counted(results, pd.concat(parts), {"arm": arms, "m": [int(m) for m in PATH]}, "path")
    table = own.merge(whole.rename(columns={"n": "total"}), on="arm")
    percent = 100 * counts.share(table["n"], table["total"])
    named = table.assign(treated=percent, few=table["n"] == 0, n=table["total"])
    return named.drop(columns="total").merge(pd.concat(controls), on=["arm", "m"])


def balance(results: ProgramResults) -> pd.DataFrame:
    """Standardised differences of every covariate, before and after weighting."""
    main = of(results).main
    table = compared(results, main, main.covariates, [arm for arm, _ in arms_of(main)])
    return table.drop(columns=["treated", "weighted", "size"])


def density(results: ProgramResults) -> pd.DataFrame:
    """Treated and controls by tenth of the sample's propensity, in percent."""
    main = of(results).main
    person = main.sample.frame.person.to_numpy()
    parts = []
    for arm, code in arms_of(main):
        p = main.nuisances.propensity[:, code]
        tenth = np.clip(np.searchsorted(np.quantile(p, np.linspace(0, 1, 11)), p, "right"), 1, 10)
        for side, rows in zip(SIDES, (main.scores.arm == code, main.scores.arm == 0), strict=True):
            parts.append(
                pd.DataFrame({"person": person[rows], "arm": arm, "bin": tenth[rows], "side": side})
            )
    rows = pd.concat(parts)
    codes = {"arm": [arm for arm, _ in arms_of(main)], "side": SIDES}
    whole = counted(results, rows, codes, "waits").rename(columns={"n": "total"})
    table = counted(results, rows, {**codes, "bin": BINS}, "waits").merge(whole, on=list(codes))
    return table.assign(percent=100 * counts.share(table["n"], table["total"]))


def overlaps(results: ProgramResults) -> pd.DataFrame:
    """Propensities near zero, clipped, trimmed, effective sizes and the grade.

    An effective size of fewer than five is missing: it would read as nobody.
    """
    main = of(results).main
    table = overlap.summary(main.scores, main.nuisances)
    table = table[table.arm != REST].rename(
        columns={"below_0.001": "near_1", "below_0.01": "near_10", "n_treated": "n"}
    )
    persons = ["n", "near_1", "near_10", "n_clipped", "n_trimmed"]
    sizes = ["effective_treated", "effective_controls"]
    for name in (*persons, *sizes):
        table[name] = counts.about_each(table[name])
    table[sizes] = table[sizes].mask(table[sizes] == 0)
    medians = table[["all_q50", "treated_q50"]].round(3)
    return pd.concat([table[["arm", *persons, *sizes, "overlap"]], medians], axis=1)


def placebo(results: ProgramResults) -> pd.DataFrame:
    """What passes for an effect on months in work 13 to 24 months before registration."""
    main = of(results).main
    table = main.effects
    rows = table[(table.outcome == PLACEBO) & (table.arm != REST) & (table.estimand == "att")]
    return named(main, rows, "months")


def hidden(results: ProgramResults) -> pd.DataFrame:
    """Bounds under an unobserved confounder, and robustness values, year 2."""
    main = of(results).main
    column = main.scores.outcomes.index(RANKED)

    def row(arm: str, code: int) -> dict[str, Any]:
        b = confounding.bounds(main.scores, code, "att", cf_y=CF_Y, cf_d=CF_D)
        return {
            "months": b.estimate[column],
            "lower": b.lower[column],
            "upper": b.upper[column],
            "rv": round(float(b.robustness_value[column]), 3),
            "rv_ci": round(float(b.robustness_value_ci[column]), 3),
            "std_error": own_effect(main, arm).std_error,
        }

    return with_counts(main, by_arm(main, row))


def own_effect(main: Estimated, arm: str) -> Any:
    """The run's effect on months in work in year 2."""
    return programs_effects.pick(main, "att", RANKED).loc[arm]


def _other_scores(main: Estimated, nuisances: Any, **how: Any) -> pd.DataFrame:
    """ATET and ATE on months in work in year 2 with other nuisances or bounds."""
    column = main.scores.outcomes.index(RANKED)
    made = scores.doubly_robust(
        main.scores.y[:, [column]],
        main.scores.arm,
        scores.only_outcome(nuisances, column),
        cluster=main.scores.cluster,
        **how,
    )
    att, ate = scores.effects(made, "att"), scores.effects(made, "ate")
    return pd.DataFrame(
        {
            "arm": att.arm,
            "att": att.estimate,
            "att_error": att.std_error,
            "ate": ate.estimate,
            "ate_error": ate.std_error,
            "n": att.n_treated,
            "left": [counts.about(n) for n in att.n_obs],
        }
    )[att.arm != REST]


def clips(results: ProgramResults) -> pd.DataFrame:
    """The report's effects first, then with other clips and trims, and calibrated propensities."""
    main, chosen = of(results).main, of(results).settings
    own = (chosen.clip, chosen.trim)
    parts = []
    for clip, trim in dict.fromkeys([own, *CLIPS_AND_TRIMS]):
        try:
            table = _other_scores(main, main.nuisances, clip=clip or LEAST_WEIGHT, trim=trim)
        except EstimationError:
            continue
        how = "used" if (clip, trim) == own else "plain"
        parts.append(table.assign(how=how, clip=clip, trim=trim))
    even = crossfit.calibrated(main.nuisances, main.scores.arm)
    calibrated = _other_scores(main, even, clip=chosen.clip, trim=chosen.trim)
    parts.append(calibrated.assign(how="calibrated", clip=chosen.clip, trim=chosen.trim))
    table = pd.concat(parts, ignore_index=True).astype({"clip": str, "trim": str})
    return marked(main, with_counts(main, table))


def _poor(reader: Reader) -> pd.Series:
    """Programmes without good overlap."""
    return reader.rows.loc[reader.rows["overlap"] != "good", "arm"]


def _gap(reader: Reader) -> pd.Series:
    """Mean distance between the two lines before registration, in percentage points."""
    rows = reader.rows
    rows = rows[rows["m"] < 0]
    return (rows["treated"] - rows["control"]).abs().groupby(rows["arm"]).mean()


def _above(reader: Reader) -> pd.Series:
    """How many covariates stay off by more than 0.1 after weighting, by programme."""
    rows = reader.frame("fig-balance")
    found = (rows["smd_weighted"].abs() > LARGE).groupby(rows["arm"], sort=False).sum()
    return found.sort_values(ascending=False)


def _off(reader: Reader) -> str:
    """The programmes with covariates above 0.1, each with how many."""
    found = _above(reader)
    return ", ".join(f"{plainly(reader, arm)} ({n})" for arm, n in found[found > 0].items())


def _before(reader: Reader) -> str:
    """Whether work before registration differs between treated and controls, jointly tested."""
    p = reader.frame("tbl-placebo")["p_value"].dropna().to_numpy(float)
    return "" if not len(p) else "warning" if (holm(p) < LEVEL).any() else "quiet"


def _top(reader: Reader) -> pd.Series:
    rows = reader.rows
    return rows[(rows["bin"] == BINS[-1]) & (rows["side"] == SIDES[0])].set_index("arm")["percent"]


def _moved_by_limits(reader: Reader) -> float:
    """The most that a programme's effect on those treated differs between limits."""
    by = reader.rows.groupby("arm")["att"]
    return float((by.max() - by.min()).max())


def _turned(reader: Reader) -> int:
    """For how many programmes the bounds lie on both sides of zero."""
    rows = reader.rows
    return int(((rows["lower"] < 0) & (rows["upper"] > 0)).sum())


ARM = ("arm",)
LESS: dict[str, Any] = {"se": "std_error"}
EXHIBITS: tuple[Exhibit[ProgramResults], ...] = (
    fitted(
        "fig-6-1",
        paths,
        ("arm", "m"),
        {
            "treated": Value("num1", "percent", estimand="in work"),
            "control": Value("num1", "percent", se="control_error", estimand="weighted in work"),
        },
        view=Picture(drawn.paths),
        events=True,
        shown=("treated",),
        few=("treated",),
        facts={
            "worst": Fact(lambda reader: plainly(reader, _gap(reader).idxmax()), "text"),
            "gap": Fact(lambda reader: _gap(reader).max(), "num1"),
            "mean_gap": Fact(lambda reader: _gap(reader).mean(), "num1"),
        },
    ),
    fitted(
        "fig-balance",
        balance,
        ("arm", "covariate"),
        {
            "smd_raw": Value("num2", "standard deviations", **LESS, estimand="difference before"),
            "smd_weighted": Value(
                "num2", "standard deviations", **LESS, estimand="difference after weighting"
            ),
        },
        view=Picture(drawn.balance),
        events=True,
        few=("smd_raw", "smd_weighted", "std_error"),
        facts={
            "raw": Fact(lambda reader: reader.rows["smd_raw"].abs().max(), "num2"),
            "weighted": Fact(lambda reader: reader.rows["smd_weighted"].abs().max(), "num2"),
            "above": Fact(lambda reader: int(_above(reader).sum())),
            "total": Fact(lambda reader: int(reader.rows["smd_weighted"].notna().sum())),
            "covariates": Fact(lambda reader: reader.rows["covariate"].nunique()),
            "off": Fact(_off, "text"),
        },
    ),
    described(
        "fig-overlap",
        density,
        ("arm", "side", "bin"),
        {"percent": Value("pct0", "percent", estimand="share")},
        {"percent": "n"},
        view=Picture(drawn.density),
        counts=("n", "total"),
        facts={
            "arm": Fact(lambda reader: plainly(reader, _top(reader).idxmax()), "text"),
            "share": Fact(lambda reader: _top(reader).max(), "pct0"),
        },
    ),
    fitted(
        "tbl-overlap",
        overlaps,
        ARM,
        {
            "n": Value("int"),
            "all_q50": Value("num3", source="design"),
            "treated_q50": Value("num3", source="design"),
            **{
                name: Value("int", "persons", estimand=name.replace("_", " "), source="design")
                for name in (
                    "near_1",
                    "near_10",
                    "n_clipped",
                    "n_trimmed",
                    "effective_treated",
                    "effective_controls",
                )
            },
            "overlap": Value("name"),
        },
        facts={
            "poor": Fact(lambda reader: plainly(reader, *_poor(reader)) or "–", "text"),
            "off": Fact(lambda reader: len(_poor(reader))),
            "arms": Fact(lambda reader: len(reader.rows)),
        },
    ),
    fitted(
        "tbl-clip",
        clips,
        ("arm", "how", "clip", "trim"),
        {
            "left": Value("int", source="design"),
            "att": Value("num2_s", MONTHS, se="att_error", estimand="att"),
            "ate": Value("num2_s", MONTHS, se="ate_error", estimand="ate"),
            "mark": Value(),
        },
        view=Table(longest=LONGEST),
        events=True,
        facts={"gap": Fact(_moved_by_limits, "num1")},
    ),
    fitted(
        "tbl-placebo",
        placebo,
        ARM,
        {"months": Value("num2_s", "months", **EFFECT, estimand="placebo", method="dml")},
        events=True,
        facts={
            "off": Fact(
                lambda reader: int((holm(reader.rows["p_value"].to_numpy(float)) < LEVEL).sum())
            ),
            "tests": Fact(lambda reader: int(reader.rows["p_value"].notna().sum())),
        },
        finding=_before,
    ),
    fitted(
        "tbl-confounding",
        hidden,
        ARM,
        {
            "months": Value("num2_s", **LESS),
            "lower": Value("num2_s", MONTHS, **LESS, estimand="lower bound"),
            "upper": Value("num2_s", MONTHS, **LESS, estimand="upper bound"),
            "rv": Value("share1", "share", estimand="robustness value", source="design"),
            "rv_ci": Value("share1", "share", estimand="robustness of interval", source="design"),
        },
        events=True,
        facts={
            "cf_y": Fact(lambda _: CF_Y, "share0"),
            "cf_d": Fact(lambda _: CF_D, "share0"),
            "turned": Fact(_turned),
            "arms": Fact(lambda reader: int(reader.rows["lower"].notna().sum())),
        },
    ),
)


SENTENCES = (
    Sentence(
        "effects-trust",
        _before,
        then=(
            Sentence("effects-balance"),
            BUILT_IN,
        ),
    ),
)


def truth(results: ProgramResults) -> pd.DataFrame:
    """How far the estimates are from the truth of the simulated registers."""
    data = of(results)
    assert data.truth is not None
    table = programs_effects.compare(data.main, dict(data.truth))
    table = table[table.outcome.str.match(r"months_|earnings_") & (table.arm != REST)]
    rows = []
    for (estimand, arm), part in table.groupby(["estimand", "arm"], sort=False):
        months = part.set_index("outcome").loc[RANKED]
        rows.append(
            {
                "estimand": estimand,
                "arm": arm,
                "months": months.estimate,
                "std_error": months.std_error,
                "truth": months.truth,
                "worst": round(float(part.z.abs().max()), 1),
                "within": int(part.within.sum()),
                "tests": len(part),
                "n": int(part.n_treated.iloc[0]),
            }
        )
    frame = with_counts(data.main, pd.DataFrame(rows))
    return marked(data.main, frame, frame["estimand"] == "ate")
