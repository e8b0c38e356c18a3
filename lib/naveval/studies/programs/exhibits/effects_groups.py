"""Section «Hva tiltakene endret»: for whom, and how the answer holds.

Effects in groups of the sample and in a county, who gains most, other splits and methods, and the
truth.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from naveval.estimators import rate, scores
from naveval.estimators.multiple_testing import holm
from naveval.exhibits.declare import Exhibit, Fact, Sentence, Table, Value, When
from naveval.exhibits.reader import Reader
from naveval.studies.programs.codes import ARMS
from naveval.studies.programs.effects import Estimated
from naveval.studies.programs.exhibits.common import GROUPS_OF, MIN_GATE, group_series
from naveval.studies.programs.exhibits.effects import (
    EFFECT,
    KEPT,
    LEVEL,
    MARK,
    MONTHS,
    effect,
    fitted,
    marked,
    of,
    poor,
)
from naveval.studies.programs.exhibits.effects_checks import arms_of, by_arm, own_effect, truth
from naveval.studies.programs.exhibits.effects_sample import means
from naveval.studies.programs.exhibits.effects_shown import (
    RANKED,
    fewest,
    with_counts,
    without_lone_groups,
)
from naveval.studies.programs.results import ProgramResults

BEHIND = ("n", "events", "others")
MIN_TREATED = 20
"""Fewest treated of a programme in a county for an effect there."""


def gate_years(estimated: Estimated, arm: str, groups: pd.Series) -> pd.DataFrame:
    """Group effects on the mean of months in work in years 2 and 3, with n treated in each.

    `events` and `others`: the fewest with and without work in the group, and in that it is
    compared with.
    """
    made = estimated.scores
    names = [f"months_{year}" for year in (2, 3) if year <= estimated.years]
    mean = scores.average_outcomes(made, [made.outcomes.index(name) for name in names], "mean")
    position = made.arms.index(arm)
    table = scores.gate(mean, position, groups)
    treated = groups[made.arm == position].value_counts()
    behind = [fewest(estimated, arm, names, (groups == one).to_numpy()) for one in table.category]
    least = np.minimum(behind, behind[0])
    return table.assign(
        n=treated.reindex(table.category).fillna(0).to_numpy(int),
        events=least[:, 0],
        others=least[:, 1],
    )


def gate(results: ProgramResults) -> pd.DataFrame:
    """Table 6-7: the first group of each characteristic, and the others' differences from it."""
    main = of(results).main
    parts = [
        gate_years(main, arm, groups).assign(characteristic=characteristic)
        for characteristic, groups in group_series(main).items()
        for arm in main.arms
        if arm in ARMS
    ]
    table = pd.concat(parts, ignore_index=True)
    named = table.assign(category=table.category.astype(str), months=table.estimate)
    found = named[["characteristic", "category", "arm", "months", *KEPT, *BEHIND]]
    return without_lone_groups(found, ("characteristic", "arm"))


def county(results: ProgramResults) -> pd.DataFrame:
    """Group effects in the county and in the rest of the country, of arms with enough treated."""
    main, inside = of(results).main, of(results).in_county
    where = np.where(inside, "place", "rest")
    rows = []
    for arm in main.arms:
        n = int((inside & (main.scores.arm == main.scores.arms.index(arm))).sum())
        if arm not in ARMS or n < MIN_TREATED:
            continue
        row: dict[str, Any] = {"arm": arm, "n": n}
        for own, other in (("place", "rest"), ("rest", "place")):  # place minus rest stays
            groups = pd.Series(pd.Categorical(where, categories=[own, other]))
            level, difference = gate_years(main, arm, groups).itertuples()
            row |= {own: level.estimate, f"{own}_error": level.std_error}
            row |= {"difference": difference.estimate, "difference_error": difference.std_error}
            row |= {"p": difference.p_value}
            row |= {"events": difference.events, "others": difference.others}
        rows.append(row)
    columns = ["arm", *BEHIND, "place", "place_error", "rest", "rest_error"]
    found = pd.DataFrame(rows, columns=[*columns, "difference", "difference_error", "p"])
    return marked(main, found)


def _few_in_county(reader: Reader) -> str:
    """Whether a county's report has no numbers of its own."""
    shown = reader.common("in_county") and len(reader.frame("tbl-county"))
    return "text" if reader.parameters.county and not shown else ""


def _marked(reader: Reader) -> set[str]:
    """Programmes whose numbers for all rest on too poor overlap."""
    rows = reader.frame("fig-6-8")
    return set(rows.loc[rows["mark"] == MARK, "arm"])


def _mark(arm: str) -> Callable[[Reader], str]:
    return lambda reader: MARK if arm in _marked(reader) else ""


def rankings(results: ProgramResults) -> pd.DataFrame:
    """Does the predicted effect tell who gains most: AUTOC and Qini, months in work in year 2.

    The prediction is that of the outcome forests, made without the person.
    """
    main = of(results).main
    column = main.scores.outcomes.index(RANKED)

    def row(_: str, code: int, target: rate.Target) -> dict[str, Any]:
        model = main.nuisances.outcome_model
        priority = model[:, code, column] - model[:, 0, column]
        found = rate.rate(main.scores, code, priority, RANKED, target=target)
        parts = {"months": found.estimate, "std_error": found.std_error}
        return {"measure": target, **parts, "p_value": found.p_value}

    targets: tuple[rate.Target, ...] = ("autoc", "qini")
    parts = [by_arm(main, partial(row, target=target)) for target in targets]
    adjusted = [part.assign(p_adjusted=holm(part["p_value"].to_numpy(float))) for part in parts]
    table = pd.concat(adjusted, ignore_index=True).drop(columns="p_value")
    return marked(main, with_counts(main, table))


def repeated(results: ProgramResults) -> pd.DataFrame:
    """Effects on months in work with other splits of the sample, by the median rule."""
    found = of(results).repeated
    assert found is not None
    return with_counts(of(results).main, found, "months_" + found["year"].astype(str))


def _clear(p_values: pd.Series) -> int:
    """How many of some tests stand when all are taken together (Holm)."""
    return int((holm(p_values.dropna().to_numpy(float)) < LEVEL).sum())


def _group_tests(reader: Reader) -> pd.Series:
    """P-values of the groups' differences from the first, of programmes without a mark."""
    rows = reader.rows[~reader.rows["arm"].isin(_marked(reader))]
    first = rows.groupby("characteristic")["category"].transform("first")
    return rows.loc[rows["category"] != first, "p_value"].dropna()


def _county_tests(reader: Reader) -> pd.Series:
    return reader.rows.loc[reader.rows["mark"] == "", "p"].dropna()


def _told(tests: Callable[[Reader], pd.Series]) -> dict[str, Any]:
    """Facts and title of a table of differences: how many there are, and how many stand."""

    def finding(reader: Reader) -> str:
        p_values = tests(reader)
        return "" if not len(p_values) else "some" if _clear(p_values) else "none"

    return {
        "facts": {
            "tests": Fact(lambda reader: len(tests(reader))),
            "clear": Fact(lambda reader: _clear(tests(reader))),
        },
        "finding": finding,
    }


def _between_splits(reader: Reader) -> float:
    """The most that the median over splits differs from the main estimate."""
    return float((reader.rows["months"] - reader.rows["first"]).abs().max())


def methods(results: ProgramResults) -> pd.DataFrame:
    """What other methods would conclude, months in work in year 2, and the truth if known.

    A difference between means is computed from protected sums.
    """
    data = of(results)
    known = data.truth["cohorts"]["main"]["att"] if data.truth else {}

    def own(arm: str, _: int) -> dict[str, Any]:
        found = own_effect(data.main, arm)
        return {"method": "dml", "months": found.estimate, "std_error": found.std_error}

    made = by_arm(data.main, own)
    others = data.alternatives[data.alternatives.outcome == RANKED]
    others = others.rename(columns={"estimate": "months"})[["arm", "method", "months", "std_error"]]
    codes = [0, *(code for _, code in arms_of(data.main))]
    y = data.main.scores.y[:, [data.main.scores.outcomes.index(RANKED)]]
    sides = [data.main.scores.arm == code for code in codes]
    mean, _ = means(results, data.main, pd.DataFrame(y, columns=[RANKED]), sides)
    plain = dict(zip((arm for arm, _ in arms_of(data.main)), mean[1:, 0] - mean[0, 0], strict=True))
    naive = others["arm"].map(plain)
    others["months"] = others["months"].mask(others["method"] == "naive", naive)
    found = pd.concat([others.merge(made[["arm", "n"]]), made], ignore_index=True)
    truth = [known.get(arm, {}).get(RANKED, np.nan) for arm in found.arm]
    return with_counts(data.main, found.assign(truth=np.array(truth, dtype=float)))


def _sorted_out(reader: Reader) -> pd.Series:
    """Least p-value of the rankings of each programme whose numbers for all are not marked."""
    rows = reader.rows
    return rows[rows["mark"] == ""].groupby("arm")["p_adjusted"].min()


def _distance(reader: Reader, method: str) -> float:
    rows = reader.rows
    rows = rows[rows["method"] == method]
    return float((rows["months"] - rows["truth"]).abs().mean())


GROUP_TITLE, COUNTY_TITLE = _told(_group_tests), _told(_county_tests)
ARM = ("arm",)
GATE_ROWS = {
    "estimate": [codes[0] for codes in GROUPS_OF.values()],
    "difference": [code for codes in GROUPS_OF.values() for code in codes[1:]],
}
"""What table 6-7 tells of a group: the effect of the first, and how the others differ from it."""
LESS: dict[str, Any] = {"se": "std_error"}
EXHIBITS: tuple[Exhibit[ProgramResults], ...] = (
    fitted(
        "tbl-6-7",
        gate,
        ("characteristic", "category", "arm"),
        {
            "months": Value(
                "num2_s",
                MONTHS,
                at=("estimate", "x"),
                by="category",
                kinds={
                    code: effect(MONTHS, "num2_s", "gate", at=(row, "x"))
                    for row, codes in GATE_ROWS.items()
                    for code in codes
                },
                **EFFECT,
            ),
            "std_error": Value("num2", at=("std_error", "x")),
        },
        view=Table(spread=("arm",)),
        events=True,
        facts={
            "poor": Fact(poor, "text"),
            **{f"mark_{i}": Fact(_mark(arm), "text") for i, arm in enumerate(ARMS, start=1)},
            **GROUP_TITLE["facts"],
        },
        finding=GROUP_TITLE["finding"],
    ),
    fitted(
        "tbl-county",
        county,
        ("arm",),
        {
            "place": Value("num2_s", MONTHS, se="place_error", estimand="ate, county"),
            "rest": Value("num2_s", MONTHS, se="rest_error", estimand="ate, rest of the country"),
            "difference": Value(
                "num2_s", MONTHS, se="difference_error", p="p", estimand="difference"
            ),
            "mark": Value(),
            "n": Value("int"),
        },
        events=True,
        facts={"least": Fact(lambda _: MIN_TREATED), **COUNTY_TITLE["facts"]},
        finding=COUNTY_TITLE["finding"],
        when=When(
            lambda results: (
                int(of(results).in_county.sum()) >= MIN_GATE and len(county(results)) > 0
            )
        ),
    ),
    fitted(
        "tbl-ranking",
        rankings,
        ("arm", "measure"),
        {
            "months": Value("num2_s", MONTHS, se="std_error", p="p_adjusted", estimand="rate"),
            "mark": Value(),
        },
        view=Table(spread=("measure",), once=("mark",)),
        events=True,
        facts={
            "found": Fact(lambda reader: int((_sorted_out(reader) < LEVEL).sum())),
            "arms": Fact(lambda reader: len(_sorted_out(reader))),
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
        events=True,
        facts={
            "times": Fact(lambda reader: reader.common("repetitions")),
            "gap": Fact(_between_splits, "num2"),
        },
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
        view=Table(spread=("method",), once=("truth",)),
        events=True,
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
            "mark": Value(),
            "worst": Value("num1", source="drawn"),
            "within": Value("int", source="drawn"),
            "tests": Value("int", source="drawn"),
        },
        events=True,
        facts={
            "within": Fact(
                lambda reader: reader.rows["within"].sum() / reader.rows["tests"].sum(), "share0"
            ),
            "tests": Fact(lambda reader: int(reader.rows["tests"].sum())),
        },
        when=When(lambda results: of(results).truth is not None),
    ),
)
SENTENCES = (Sentence("county-few", _few_in_county),)
