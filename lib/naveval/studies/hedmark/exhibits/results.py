"""Section «Resultater»: figures 1 to 9 and tables 1 to 5, with what they say."""

from functools import partial

import numpy as np
import pandas as pd

from naveval.exhibits import claims
from naveval.exhibits.claims import Judged
from naveval.exhibits.declare import Bars, Exhibit, Fact, Lines, Sentence, Table, Value
from naveval.exhibits.protect import Descriptive
from naveval.exhibits.reader import Reader
from naveval.studies.hedmark import panel as panels
from naveval.studies.hedmark import windows
from naveval.studies.hedmark.estimate.choice import ALL_OTHERS, CHOSEN_LEVEL, STRICT
from naveval.studies.hedmark.estimate.means import months_of
from naveval.studies.hedmark.estimate.regression import CORRECTED, EXACT
from naveval.studies.hedmark.exhibits import county_rates
from naveval.studies.hedmark.exhibits.common import (
    PERCENT,
    RATE,
    YEAR,
    count_together,
    several,
)
from naveval.studies.hedmark.exhibits.diagnostics import VERDICTS
from naveval.studies.hedmark.results import HedmarkResults
from naveval.studies.hedmark.windows import Outcome


def changes(results: HedmarkResults) -> pd.DataFrame:
    """Change in job seekers from the month after the start to a year later, by county.

    The change of both groups together gives a hidden group back where the other group is shown,
    so it rests on the smaller one.
    """
    parameters = results.parameters
    start, _, last = parameters.months()
    span = [start + 1, min(start + 1 + YEAR, last)]
    groups = [panels.persons(results.panel, "stock", group).loc[span] for group in panels.GROUPS]
    then, now = (sum(part.loc[month] for part in groups) for month in span)
    roles = dict.fromkeys(parameters.controls(), "control") | {parameters.county: "treated"}
    frame = pd.DataFrame(
        {
            "county": then.index,
            "role": [roles.get(code, "other") for code in then.index],
            "change": (100 * (now / then - 1)).to_numpy(),
            "n": np.minimum.reduce([part.min() for part in groups]).astype(int),
        }
    )
    return frame.sort_values("change", ignore_index=True)


def _own_change(reader: Reader) -> float:
    rows = reader.rows
    return float(rows.loc[rows["role"] == "treated", "change"].iloc[0])


def _others(reader: Reader) -> pd.Series:
    return reader.rows.loc[reader.rows["role"] != "treated", "change"]


def series(results: HedmarkResults, outcome: Outcome, group: str) -> pd.DataFrame:
    """Treated county and pooled control by month in per cent of the labour force, with persons."""
    panel, parameters = results.panel, results.parameters
    start, first, last = months_of(panel, parameters, outcome)
    if outcome == "stock":
        first = int(panel.counts["month"].min())
    months = range(first, windows.last_free(outcome, start, last) + 1)
    persons, force = panels.persons(panel, outcome, group), panels.labour_force(panel)
    own, other = (
        [panels.block(frame, months, codes) for frame in (persons, force)]
        for codes in ((parameters.county,), parameters.controls())
    )
    return pd.DataFrame(
        {
            "month": [windows.text(month) for month in months],
            "treated": 100 * own[0][0] / own[1][0],
            "control": 100 * other[0].sum(0) / other[1].sum(0),
            "n_treated": own[0][0].astype(int),
            "n_control": other[0].sum(0).astype(int),
        }
    )


def _moved(label: str) -> Judged:
    """The county against the control group in both groups, by the tests of tables 1 and 2."""
    where = {"season": MATCHED, "group": panels.GROUPS}
    return Judged(label, "effect", where, CHOSEN_LEVEL, by_itself=True)


def _moved_alone(label: str, outcome: str, group: str) -> Judged:
    """What one figure follows, tested by itself with the numbers of its table."""
    where = {"season": MATCHED, "outcome": (outcome,), "group": (group,)}
    return Judged(label, "effect", where, CHOSEN_LEVEL)


def tests(label: str, reader: Reader) -> pd.Series:
    """P-values of a table's effects in the same months of the year."""
    rows = reader.frame(label)
    return rows.loc[rows["season"].isin(MATCHED), "p_value"]


def _grade(reader: Reader) -> str:
    """How firmly a title tells of the number of job seekers: as the answer does."""
    return "grade_firm" if firm(reader) else "grade_likely"


GRADE = {"grade": Fact(_grade, "name")}


def _fell(reader: Reader) -> str:
    """Wording for the county's own change; below the noise of protected counts it has none."""
    change = _own_change(reader)
    if np.isnan(change) or abs(change) < LEAST_CHANGE:
        return ""
    if change > 0:
        return "up"
    return "down_alone" if (reader.rows["change"] < 0).sum() == 1 else "down"


def _mean(area: str, *, after: bool) -> Fact:
    """Mean of a line after the start, or over the year before it."""

    def get(reader: Reader) -> float:
        rows, start = reader.rows, reader.common("start")
        chosen = rows[rows["month"] > start] if after else rows[rows["month"] < start].tail(YEAR)
        return float(chosen[area].mean())

    return Fact(get, "num2")


def _figure(label: str, outcome: Outcome, group: str, table: str) -> Exhibit[HedmarkResults]:
    rate = Value("num2", RATE, estimand="rate")
    areas = ("treated", "control")
    return Exhibit(
        label,
        data=lambda results: series(results, outcome, group),
        keys=("month",),
        values=dict.fromkeys(areas, rate),
        protect=Descriptive({area: f"n_{area}" for area in areas}),
        view=Lines("month", areas, mark="start", zero=True, height=2.25),
        facts={
            "figure_first": Fact(lambda reader: reader.rows["month"].iloc[0], "month"),
            "figure_last": Fact(lambda reader: reader.rows["month"].iloc[-1], "month"),
            **{f"{area}_before": _mean(area, after=False) for area in areas},
            **{f"{area}_after": _mean(area, after=True) for area in areas},
            **(GRADE if outcome == "stock" else {}),
        },
        finding=_moved_alone(table, outcome, group),
    )


MATCHED = ("matched",)
STOCK = Judged("tbl-5", "effect", {"outcome": ("stock",), "model": ("effect",)}, CHOSEN_LEVEL)
"""Whether the number of job seekers changed, by the test that the intervals of table 5 are from."""
LEAST_CHANGE = 0.5  # per cent; changed counts move a county's total by less
CELLS = ("before", "after", "change")
MEANS = {
    f"{area}_{row}": Value(
        "num2_s" if row == "change" else "num2", RATE, at=(row, area), estimand="mean"
    )
    for row in CELLS
    for area in ("treated", "control", "difference")
} | {
    "effect": Value(
        "pct1_s",
        PERCENT,
        at=("effect", "difference"),
        se="std_error",
        p="p_value",
        method="p_method",
    ),
    "p_value": Value("p", at=("p_value", "difference")),
    "n_clusters": Value("int", source="design"),
}


DURATION_FACTS = {
    "least": Fact(lambda reader: float(reader.rows["effect"].min()), "pct1_s"),
    "most": Fact(lambda reader: float(reader.rows["effect"].max()), "pct1_s"),
    "clear": Fact(lambda reader: int((reader.rows["p_value"] <= CHOSEN_LEVEL).sum())),
    "together": Fact(lambda reader: count_together(reader.rows["p_value"])),
    "tests": Fact(lambda reader: int(reader.rows["p_value"].notna().sum())),
}


def means(results: HedmarkResults, label: str) -> pd.DataFrame:
    """Tables 1 to 4, a row per comparison."""
    found = results.means[results.means["label"] == label]
    gaps = {f"difference_{row}": found[f"treated_{row}"] - found[f"control_{row}"] for row in CELLS}
    return found.assign(**gaps).drop(columns=["label", "n_months", "points"])


def _means_table(label: str, row: str) -> Exhibit[HedmarkResults]:
    count = {"treated": "n_treated", "control": "n_control", "difference": "n_persons"}
    persons = {name: count[value.at[1]] for name, value in MEANS.items() if not value.source}
    return Exhibit(
        label,
        data=lambda results: means(results, label),
        keys=("season", "outcome", "group"),
        values=MEANS,
        protect=Descriptive({**persons, "std_error": "n_persons"}, noise=False),
        view=Table(rows=(row,), spread=("group",)),
        facts=(
            {
                "standing": claims.standing_out(_moved(label), "group"),
                "alone": claims.standing_out(_moved(label), "group", "alone"),
                **(GRADE if label == "tbl-1" else {}),
            }
            if row == "season"
            else DURATION_FACTS
        ),
        finding=_moved(label) if row == "season" else partial(several, partial(tests, label)),
    )


def _found(model: str, *, exact: bool) -> Fact:
    """Effects that are found: exactly at the chosen level, or conventionally at the strict one."""

    def get(reader: Reader) -> int:
        column, level = (f"p_{EXACT}", CHOSEN_LEVEL) if exact else ("p_crv1", STRICT)
        return int((_of_model(reader, model)[column] <= level).sum())

    return Fact(get, "int", "effects")


def _shown(model: str) -> Fact:
    return Fact(lambda reader: int(_of_model(reader, model)["effect"].notna().sum()))


def _of_model(reader: Reader, model: str) -> pd.DataFrame:
    return reader.rows[reader.rows["model"] == model]


EXHIBITS: tuple[Exhibit[HedmarkResults], ...] = (
    Exhibit(
        "fig-1",
        data=changes,
        keys=("county",),
        values={"change": Value("pct1_s", "percent", estimand="change"), "role": Value("name")},
        protect=Descriptive("n", shows=False),
        view=Bars("county", "change", color="role", height=3.5),
        facts={
            "change": Fact(_own_change, "pct1_s"),
            "falling": Fact(lambda reader: int((reader.rows["change"] < 0).sum())),
            "counties": Fact(lambda reader: len(reader.rows)),
            "others": Fact(lambda reader: len(_others(reader))),
            "others_falling": Fact(lambda reader: int((_others(reader) < 0).sum())),
            "others_rising": Fact(lambda reader: int((_others(reader) > 0).sum())),
        },
        finding=_fell,
    ),
    Exhibit(
        "tbl-counties",
        data=county_rates.rates,
        keys=("county", "month"),
        values={"rate": Value("num2", RATE, estimand="rate")},
        protect=Descriptive("n"),
        view=None,
    ),
    Exhibit(
        "tbl-country",
        data=county_rates.country_rates,
        keys=("month",),
        values={"rate": Value("num2", RATE, estimand="rate")},
        protect=Descriptive("n"),
        view=None,
    ),
    _figure("fig-2", "stock", "with", "tbl-1"),
    _figure("fig-3", "stock", "without", "tbl-1"),
    _means_table("tbl-1", "season"),
    _figure("fig-4", "inflow", "with", "tbl-2"),
    _figure("fig-5", "inflow", "without", "tbl-2"),
    _means_table("tbl-2", "season"),
    _figure("fig-6", "26-51", "with", "tbl-3"),
    _figure("fig-7", "52-77", "with", "tbl-3"),
    _figure("fig-8", "78-103", "with", "tbl-3"),
    _figure("fig-9", "104+", "with", "tbl-3"),
    _means_table("tbl-3", "outcome"),
    _means_table("tbl-4", "outcome"),
    Exhibit(
        "tbl-5",
        data=lambda results: results.regression.drop(columns="level"),
        keys=("outcome", "group", "model"),
        values={
            "effect": Value(
                "pct1_s",
                PERCENT,
                low="exact_low",
                high="exact_high",
                p=f"p_{EXACT}",
                method=f"{EXACT}, interval of exact_level",
            ),
            "exact_level": Value("num0", "percent", source="design", estimand="interval level"),
            "conventional": Value(
                "pct1_s",
                PERCENT,
                of="effect",
                se="std_error",
                low="ci_low",
                high="ci_high",
                p="p_crv1",
                method="crv1",
            ),
            "corrected": Value(
                "pct1_s",
                PERCENT,
                of="effect",
                low="corrected_low",
                high="corrected_high",
                p=f"p_{CORRECTED}",
                method=CORRECTED,
            ),
        },
        protect=Descriptive(noise=False),
        view=Table(rows=("outcome", "group"), spread=("model",)),
        facts={
            "outcomes": _shown("effect"),
            "placebos": _shown("placebo"),
            "found": _found("effect", exact=True),
            "found_conventionally": _found("effect", exact=False),
            "placebo_found": _found("placebo", exact=True),
            "placebo_found_conventionally": _found("placebo", exact=False),
            "standing": claims.standing_out(STOCK, "group"),
            **GRADE,
            "least_level": Fact(lambda reader: float(reader.rows["exact_level"].min()), "num0"),
        },
        finding=STOCK,
    ),
)


def _judged(reader: Reader, label: str, key: str) -> tuple[list[str], list[str]]:
    """Codes of a table's effects that stand out by the method, and of those that do not."""
    rows = reader.frame(label)
    rows = rows[rows["season"].isin(MATCHED)]
    p = rows["p_value"]
    return list(rows.loc[p <= CHOSEN_LEVEL, key]), list(rows.loc[p > CHOSEN_LEVEL, key])


def _detectable(group: str) -> Sentence:
    """How large a fall of the inflow must be, for a group that does not stand out."""
    return Sentence(
        "result-inflow-detectable",
        lambda reader: group if group in _judged(reader, "tbl-2", "group")[1] else "",
    )


def _smallest_durations(reader: Reader) -> pd.Series:
    """Smallest detectable falls of the duration groups that do not stand out."""
    rows, unclear = reader.frame("tbl-detectable"), _judged(reader, "tbl-3", "outcome")[1]
    return rows.loc[(rows["group"] == "with") & rows["outcome"].isin(unclear), "effect"]


def _how_many_durations(reader: Reader) -> str:
    found = _smallest_durations(reader)
    if not len(found) or found.isna().any():
        return ""
    if not _judged(reader, "tbl-3", "outcome")[0]:
        return "all"
    return "one" if len(found) == 1 else "several"


EVERYWHERE = Judged(
    "tbl-inference", "effect", {"outcome": ("stock",), "method": (ALL_OTHERS,)}, CHOSEN_LEVEL
)
"""Whether the number of job seekers changed when all other counties of the country are ranked."""


def held_everywhere(reader: Reader) -> str:
    """What holds of the two changes then: "both", one of the groups, "neither"; "" if not known."""
    told = {"": "", "up": "both", "down": "both", "unclear": "neither"}
    found = EVERYWHERE(reader)
    if found in told:
        return told[found]
    rows = EVERYWHERE.rows(reader)
    held = list(rows.loc[rows["several"].eq(True), "group"])
    return held[0] if len(held) == 1 else "both"


def firm(reader: Reader) -> bool:
    """Whether a found answer also stands among all counties, and by every method that holds."""
    counts = [
        [VERDICTS[f"{name}_{group}"].get(reader) for name in ("held", "holding")]
        for group in panels.GROUPS
    ]
    return held_everywhere(reader) == "both" and all(held == of > 0 for held, of in counts)


def _late(reader: Reader) -> str:
    """Whether the register ends before the last newcomers' right to benefit is known."""
    return "text" if reader.common("inflow_last") < reader.common("last") else ""


def _placebo_month(reader: Reader) -> str:
    """Whether the hypothetical start is when the county's review of its casework began."""
    own = reader.common("placebo_first") == reader.common("reviewed")
    return "reviewed" if own and not reader.parameters.is_placebo() else "other"


SENTENCES = (
    Sentence("result-means"),
    Sentence("result-inflow", then=(_detectable("with"), _detectable("without"))),
    Sentence("late-inflow", _late),
    Sentence("why-durations"),
    Sentence(
        "result-durations",
        facts={
            "clear": Fact(
                lambda reader: f"clear_{len(_judged(reader, 'tbl-3', 'outcome')[0])}", "name"
            )
        },
        then=(
            Sentence(
                "result-durations-detectable",
                _how_many_durations,
                facts={
                    "low": Fact(lambda reader: float(_smallest_durations(reader).min()), "num1"),
                    "high": Fact(lambda reader: float(_smallest_durations(reader).max()), "num1"),
                },
            ),
        ),
    ),
    Sentence("why-placebo", _placebo_month),
    Sentence("result-regression", then=(Sentence("result-regression-all", held_everywhere),)),
    Sentence("why-unit"),
)
