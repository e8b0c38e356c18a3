"""Section «Hva tiltakene endret»: who gains most, splits, other methods, the truth, and a rule."""

from typing import Any

import numpy as np
import pandas as pd

from naveval.disclosure import counts
from naveval.estimators import rate
from naveval.estimators.multiple_testing import holm
from naveval.exhibits.declare import Exhibit, Fact, Table, Value, When
from naveval.exhibits.reader import Reader
from naveval.studies.programs import effects as programs_effects
from naveval.studies.programs.codes import REST
from naveval.studies.programs.exhibits.effects import LEVEL, MONTHS, fitted, of
from naveval.studies.programs.exhibits.effects_checks import RANKED, arms_of, own_effect, treated
from naveval.studies.programs.policy import AGAINST
from naveval.studies.programs.results import ProgramResults


def rankings(results: ProgramResults) -> pd.DataFrame:
    """Does the predicted effect tell who gains most: AUTOC and Qini, months in work in year 2.

    The prediction is that of the outcome forests, made without the person.
    """
    main = of(results).main
    column = main.scores.outcomes.index(RANKED)
    rows = []
    for arm, code in arms_of(main):
        model = main.nuisances.outcome_model
        priority = model[:, code, column] - model[:, 0, column]
        for target in ("autoc", "qini"):
            found = rate.rate(main.scores, code, priority, RANKED, target=target)
            rows.append(
                {
                    "arm": arm,
                    "measure": target,
                    "months": found.estimate,
                    "std_error": found.std_error,
                    "p_value": found.p_value,
                    "n": treated(main, code),
                }
            )
    table = pd.DataFrame(rows)
    table["p_adjusted"] = table.groupby("measure").p_value.transform(
        lambda p: holm(p.to_numpy(float))
    )
    return table.drop(columns="p_value")


def repeated(results: ProgramResults) -> pd.DataFrame:
    """Effects on months in work with other splits of the sample, by the median rule."""
    found = of(results).repeated
    assert found is not None
    return found


def leaves(results: ProgramResults) -> pd.DataFrame:
    """The leaves of the rule, persons to the nearest ten."""
    assert results.rule is not None
    table = results.rule.leaves.copy()
    for part in ("covariate", "side"):
        for k in (1, 2):
            codes = table[f"{part}_{k}"]
            table[f"{part}_{k}"] = [f"{part}_{code or 'none'}" for code in codes]
    people = [counts.about(n) for n in table["n"]]
    return table.assign(n=people, leaf=[str(k) for k in range(1, len(table) + 1)])


def values(results: ProgramResults) -> pd.DataFrame:
    """What the rule is worth beside today's use and beside giving nobody anything."""
    assert results.rule is not None
    rule = results.rule
    better = ["yes" if rule.better(than) else "no" for than in rule.values["than"]]
    return rule.values.assign(n=counts.about(rule.n), better=better)


def _allowed(reader: Reader) -> str:
    return ", ".join(reader.common("rule_programs"))


def _verdict(reader: Reader) -> str:
    rows = reader.frame("tbl-rule-value").set_index("than")["better"]
    if not reader.common("rule_gives"):
        return "nobody"
    return "_".join(rows[than] for than in AGAINST)


def methods(results: ProgramResults) -> pd.DataFrame:
    """What other methods would conclude, months in work in year 2, and the truth if known."""
    data = of(results)
    table = data.alternatives[data.alternatives.outcome == RANKED]
    parts = [table[["arm", "method", "estimate", "std_error"]]]
    own = [own_effect(data.main, arm) for arm, _ in arms_of(data.main)]
    parts.append(
        pd.DataFrame(
            {
                "arm": [row.name for row in own],
                "method": "dml",
                "estimate": [row.estimate for row in own],
                "std_error": [row.std_error for row in own],
            }
        )
    )
    known = data.truth["cohorts"]["main"]["att"] if data.truth else {}
    arms = dict(arms_of(data.main))
    found = pd.concat(parts, ignore_index=True)
    found = found[found.arm.isin(arms)].rename(columns={"estimate": "months"})
    truth = [known.get(arm, {}).get(RANKED, np.nan) for arm in found.arm]
    n = [treated(data.main, arms[arm]) for arm in found.arm]
    return found.assign(truth=np.array(truth, dtype=float), n=n).reset_index(drop=True)


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
    return pd.DataFrame(rows)


def _distance(reader: Reader, method: str) -> float:
    rows = reader.rows
    rows = rows[rows["method"] == method]
    return float((rows["months"] - rows["truth"]).abs().mean())


ARM = ("arm",)
LESS: dict[str, Any] = {"se": "std_error"}
EXHIBITS: tuple[Exhibit[ProgramResults], ...] = (
    fitted(
        "tbl-ranking",
        rankings,
        ("arm", "measure"),
        {
            "months": Value("num2_s", MONTHS, se="std_error", p="p_adjusted", estimand="rate"),
        },
        Table(rows=ARM, spread=("measure",)),
        facts={
            "found": Fact(
                lambda reader: int((reader.rows.groupby("arm")["p_adjusted"].min() < LEVEL).sum())
            ),
            "arms": Fact(lambda reader: reader.rows["arm"].nunique()),
        },
    ),
    fitted(
        "tbl-repeated",
        repeated,
        ("arm", "year"),
        {
            "first": Value("num2_s", se="first_error"),
            "months": Value("num2_s", MONTHS, se="std_error", estimand="att, median of splits"),
        },
        Table(rows=("arm", "year")),
        facts={"times": Fact(lambda reader: reader.common("repetitions"))},
        when=When(lambda results: of(results).repeated is not None),
    ),
    fitted(
        "tbl-methods",
        methods,
        ("arm", "method"),
        {
            "months": Value("num2_s", MONTHS, se="std_error", estimand="att", method="method"),
            "truth": Value("num2_s", source="drawn"),
        },
        Table(rows=ARM, spread=("method",), once=("truth",)),
        facts={
            "gap": Fact(lambda reader: _distance(reader, "naive"), "num2"),
            "dml_gap": Fact(lambda reader: _distance(reader, "dml"), "num2"),
        },
    ),
    fitted(
        "tbl-truth",
        truth,
        ("estimand", "arm"),
        {
            "months": Value("num2_s", **LESS),
            "truth": Value("num2_s", MONTHS, estimand="truth", source="drawn"),
            "worst": Value("num1", source="drawn"),
            "within": Value("int", source="drawn"),
            "tests": Value("int", source="drawn"),
        },
        Table(rows=("estimand", "arm")),
        facts={
            "within": Fact(
                lambda reader: reader.rows["within"].sum() / reader.rows["tests"].sum(), "share0"
            ),
            "tests": Fact(lambda reader: int(reader.rows["tests"].sum())),
        },
        when=When(lambda results: of(results).truth is not None),
    ),
    fitted(
        "tbl-policy",
        leaves,
        ("leaf",),
        {
            **{f"covariate_{k}": Value("name") for k in (1, 2)},
            **{f"side_{k}": Value("name") for k in (1, 2)},
            **{f"threshold_{k}": Value("num1", source="design") for k in (1, 2)},
            "action": Value("name"),
            "n": Value("int"),
        },
        Table(rows=("leaf",)),
        facts={"allowed": Fact(_allowed, "text")},
        when=When(lambda results: results.rule is not None, "tbl-policy-none"),
    ),
    fitted(
        "tbl-rule-value",
        values,
        ("than",),
        {
            "rule": Value("thousand", se="std_error"),
            "other": Value("thousand", se="std_error"),
            "difference": Value(
                "thousand", "NOK per person", se="std_error", estimand="value of the rule"
            ),
            "months": Value("num2_s", MONTHS, se="months_error", estimand="work under the rule"),
            "better": Value("name"),
            "n": Value("int"),
        },
        Table(rows=("than",)),
        finding=_verdict,
        when=When(lambda results: results.rule is not None),
    ),
)
