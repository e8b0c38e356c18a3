"""Section «Hva tiltakene endret»: who gains most, whether splits matter, and a rule."""

import pandas as pd

from naveval.disclosure import counts
from naveval.estimators import rate
from naveval.estimators.multiple_testing import holm
from naveval.exhibits.declare import Exhibit, Fact, Table, Value, When
from naveval.exhibits.reader import Reader
from naveval.studies.programs.exhibits.effects import LEVEL, MONTHS, fitted, of
from naveval.studies.programs.exhibits.effects_checks import RANKED, arms_of, treated
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
    return table


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


ARM = ("arm",)
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
