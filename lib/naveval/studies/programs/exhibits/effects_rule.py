"""Section «Hvem bør få hva»: a rule for who gets what, and what it is worth."""

import numpy as np
import pandas as pd

from naveval.disclosure import counts
from naveval.exhibits.declare import Exhibit, Fact, Sentence, Value, When
from naveval.exhibits.reader import Reader
from naveval.studies.programs.exhibits.common import plainly
from naveval.studies.programs.exhibits.effects import MONTHS, fitted, of
from naveval.studies.programs.policy import AGAINST
from naveval.studies.programs.results import ProgramResults


def leaves(results: ProgramResults) -> pd.DataFrame:
    """The leaves of the rule, persons to the nearest ten."""
    assert results.rule is not None
    table = results.rule.leaves.copy()
    two = of(results).main.covariates.isin([0, 1]).all()  # yes or no: no limit to tell
    for k in (1, 2):
        yes_or_no = table[f"covariate_{k}"].map(two).eq(True)
        answer = table[f"side_{k}"].map({"low": "no", "high": "yes"})
        table[f"side_{k}"] = table[f"side_{k}"].mask(yes_or_no, answer)
        # Midway between two whole numbers: the lower one tells the same.
        table[f"threshold_{k}"] = np.floor(table[f"threshold_{k}"].astype(float)).mask(yes_or_no)
        for part in ("covariate", "side"):
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
    return plainly(reader, *reader.common("rule_programs"))


def _chosen(reader: Reader) -> str:
    """What the rule chooses for somebody."""
    return plainly(reader, *dict.fromkeys(reader.rows["action"].astype(str)))


def _covariates(reader: Reader) -> int:
    """How many characteristics the rule asks for."""
    used = {code for k in (1, 2) for code in reader.rows[f"covariate_{k}"]}
    return len(used - {"covariate_none"})


def _codes(reader: Reader) -> str:
    """What the table's classes and types of family are, where the rule asks for any."""
    used = {code for k in (1, 2) for code in reader.rows[f"covariate_{k}"]}
    names = [reader.named("", code) for code in used]
    told = [
        word
        for word, there in (
            ("classes", any("klasser" in name for name in names)),
            ("family", any(code.startswith("covariate_family") for code in used)),
        )
        if there
    ]
    return "".join(f"{reader.named('', word).strip()} " for word in told)


def _verdict(reader: Reader) -> str:
    rows = reader.frame("tbl-rule-value").set_index("than")["better"]
    if not reader.common("rule_gives"):
        return "nobody"
    if "yes" in set(rows) and not reader("tbl-ranking.found"):
        return "unproven"
    return "_".join(rows[than] for than in AGAINST)


def _policy(reader: Reader) -> str:
    """Whether estimates are shown to tell who gains, which a rule rests on."""
    if not reader.common("has_rule"):
        return "none"
    return "some" if reader("tbl-ranking.found") else "unproven"


EXHIBITS: tuple[Exhibit[ProgramResults], ...] = (
    fitted(
        "tbl-policy",
        leaves,
        ("leaf",),
        {
            **{f"covariate_{k}": Value("name") for k in (1, 2)},
            **{f"side_{k}": Value("name") for k in (1, 2)},
            **{f"threshold_{k}": Value("num0", source="design") for k in (1, 2)},
            "action": Value("name"),
            "n": Value("int"),
        },
        facts={
            "allowed": Fact(_allowed, "text"),
            "chosen": Fact(_chosen, "text"),
            "covariates": Fact(_covariates),
            "codes": Fact(_codes, "text"),
        },
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
        finding=_verdict,
        when=When(lambda results: results.rule is not None),
    ),
)
SENTENCES = (Sentence("policy", _policy),)
