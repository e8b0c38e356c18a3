"""What «Nytte og kostnad» rests on: breaking even, ranges, public money, the mix of a place."""

import numpy as np
import pandas as pd

from naveval.estimators.cost_benefit.inputs import PROGRAMS
from naveval.estimators.cost_benefit.net_benefit import TOTAL
from naveval.exhibits.declare import Exhibit, Fact, Picture, Table, Value, When
from naveval.exhibits.protect import Descriptive
from naveval.exhibits.reader import Reader
from naveval.studies.programs.costs.analysis import BUDGET_PARTS, Analysis, place_mix
from naveval.studies.programs.costs.reconcile import assessments
from naveval.studies.programs.exhibits import costs as drawn
from naveval.studies.programs.exhibits.common import both_ends, by_program, plainly
from naveval.studies.programs.exhibits.costs import (
    COUNT,
    MONTH,
    PRINTED,
    PROGRAM,
    WAGE_EFFECTS,
    costs_exhibit,
    money,
    printed,
)
from naveval.studies.programs.results import ProgramResults

NON_PRICED = {
    "Fortrengingseffekt": "displacement",
    "Systemeffekt (eksternalitet) av at andre blir sendt på tiltak": "system_effect",
    "Samlet netto nytte": "overall",
}
"""Item of table 7-6 by column of the table of effects without a price."""
MIX = ("month_share", "spell_share", "cost", "net_benefit", "contribution")


def break_even(analysis: Analysis) -> pd.DataFrame:
    """Table 7-7 with the printed numbers and the hours of counselling that it takes."""
    return analysis.break_even.drop(columns="rule").assign(
        printed_effect=printed(analysis, "tbl-7-7", "break_even_effect"),
        printed_months=printed(analysis, "tbl-7-7", "break_even_months"),
        hours=analysis.hours["break_even_hours"],
    )


def longest(analysis: Analysis) -> pd.DataFrame:
    """Table 7-8: net benefit when the programme lasts as long as it may."""
    cells = analysis.cells.set_index(["label", "row", "column"])["printed"]
    found = analysis.limits
    rows = found["program"] + ", " + found["case"]
    return found.assign(printed=[cells["tbl-7-8", row, "net_benefit"] for row in rows])


def scenarios(analysis: Analysis) -> pd.DataFrame:
    """Net benefit with one assumption changed at a time; programmes without effects are empty."""
    found = analysis.scenarios
    found = found.assign(level=[f"{v:g}" if v == v else "" for v in found["value"]])
    cases = found[["assumption", "level"]].drop_duplicates()
    every = cases.merge(pd.DataFrame({"program": PROGRAMS}), how="cross")
    return every.merge(found.drop(columns="value"), how="left")


def budget(analysis: Analysis) -> pd.DataFrame:
    """Effects on public budgets, and what participants gain per krone."""
    found = analysis.budget.assign(n_draws=analysis.draws)
    other = found["school_places"] + found["tax_on_benefits"]
    return found.assign(other_public=other, net_cost=-found["public"]).replace(-0.0, 0.0)


def non_priced(analysis: Analysis) -> pd.DataFrame:
    """Effects without a price, on the document's scale, beside the priced sum."""
    table = assessments()
    wide = table.assign(item=table["item"].map(NON_PRICED)).pivot(
        index="program", columns="item", values="value_text"
    )
    found = wide.loc[list(analysis.programs)].reset_index()
    return found.assign(net_benefit=analysis.flows["net_benefit"])


def tornado(analysis: Analysis) -> pd.DataFrame:
    """The inputs that move net benefit most, per programme."""
    return analysis.tornado.groupby("program", sort=False).head(drawn.BARS)


def curve(analysis: Analysis) -> pd.DataFrame:
    """Net benefit by duration, with the duration used and the one that breaks even."""
    used = analysis.inputs[["program", "effect_months"]].merge(analysis.break_even)
    found = analysis.curve.merge(used[["program", "effect_months", "break_even_months"]])
    base = analysis.flows.set_index("program")["net_benefit"]
    return found.assign(base=found["program"].map(base))


def mix(results: ProgramResults) -> pd.DataFrame:
    """The programmes a place uses, with costs and net benefit; the sum has the interval."""
    assert results.costs is not None
    assert results.people is not None
    found = place_mix(results.costs, results.people, results.parameters)
    if found is None:
        return pd.DataFrame(columns=["program", *MIX, "low", "high", "covered"])
    last = found.table["program"] == TOTAL
    return found.table.assign(
        effects=results.costs.effects,
        covered=found.covered,
        low=np.where(last, found.low, np.nan),
        high=np.where(last, found.high, np.nan),
    )


def _sum_sign(reader: Reader) -> str:
    """Sign of a place's mean net benefit, by its interval."""
    low, high = reader.frame("tbl-mix")[["low", "high"]].iloc[-1]
    return "positive" if low > 0 else "negative" if high < 0 else "unclear"


def _count(label: str, value: str) -> Fact:
    """For how many programmes a value is above zero."""
    return Fact(lambda reader: int((by_program(reader, label, value) > 0).sum()))


def _turned(reader: Reader) -> int:
    """For how many programmes some other assumption gives the estimate another sign."""
    rows = reader.rows.dropna(subset=["net_benefit"])
    signs = (rows["net_benefit"] > 0).groupby(rows["program"]).nunique()
    return int((signs > 1).sum())


BREAKS_EVEN = {
    "programs": COUNT,
    "reached": Fact(lambda reader: int(reader.frame("tbl-7-7")["break_even_months"].notna().sum())),
    **both_ends("break_even_months", "program", "int"),
}
EXHIBITS: tuple[Exhibit[ProgramResults], ...] = (
    costs_exhibit(
        "tbl-7-7",
        break_even,
        PROGRAM,
        {
            "break_even_effect": money(
                "break-even effect", "int", MONTH, published="printed_effect"
            ),
            "printed_effect": PRINTED,
            "break_even_percent": Value("pct1", "percent", estimand="break-even share"),
            "break_even_months": Value(
                "int", "months", estimand="break-even duration", published="printed_months"
            ),
            "printed_months": PRINTED,
            "hours": Value("num1", "hours per month", estimand="break-even counselling"),
        },
        facts=BREAKS_EVEN,
    ),
    costs_exhibit(
        "fig-break-even",
        curve,
        ("program", "months"),
        {
            "net_benefit": money("net benefit"),
            **dict.fromkeys(("effect_months", "break_even_months", "base"), Value("num0")),
        },
        view=Picture(drawn.break_even),
        facts=BREAKS_EVEN,
    ),
    costs_exhibit(
        "tbl-7-8",
        longest,
        ("program", "case"),
        {
            "months": Value("int", "months", estimand="duration"),
            "net_benefit": money("net benefit", published="printed"),
            "undiscounted": money("net benefit, undiscounted"),
            "printed": Value("thousand", source="published"),
        },
        facts={
            "minus": Fact(lambda reader: int((reader.rows["net_benefit"] < 0).sum())),
            "cases": Fact(lambda reader: len(reader.rows)),
        },
    ),
    costs_exhibit(
        "fig-tornado",
        tornado,
        ("program", "input"),
        {"base": money("net benefit", low="low", high="high")},
        view=Picture(drawn.tornado),
        facts={
            "program": Fact(
                lambda reader: plainly(reader, drawn.widest(reader)["program"]), "text"
            ),
            "input": Fact(lambda reader: drawn.widest(reader)["input"], "name"),
            "low": Fact(lambda reader: min(drawn.widest(reader)[["low", "high"]]), "nok1000"),
            "high": Fact(lambda reader: max(drawn.widest(reader)[["low", "high"]]), "nok1000"),
            "effects_first": Fact(
                lambda reader: int(
                    reader.rows.groupby("program")["input"]
                    .first()
                    .isin(["effects", "effect_months"])
                    .sum()
                )
            ),
            "programs": COUNT,
        },
    ),
    costs_exhibit(
        "tbl-scenarios",
        scenarios,
        ("assumption", "level", "program"),
        {"net_benefit": money("net benefit")},
        view=Table(spread=("program",)),
        facts={"turned": Fact(_turned), "programs": COUNT},
    ),
    costs_exhibit(
        "tbl-budget",
        budget,
        PROGRAM,
        {
            **{name: money(name.replace("_", " ")) for name in (*BUDGET_PARTS, "other_public")},
            "net_benefit": Value("thousand"),
        },
        facts={
            "public": _count("tbl-budget", "public"),
            "nav": _count("tbl-budget", "nav"),
            "programs": COUNT,
        },
    ),
    costs_exhibit(
        "tbl-mvpf",
        budget,
        PROGRAM,
        {
            "willingness_to_pay": money("willingness to pay"),
            "net_cost": Value("thousand"),
            "marginal_value": Value(
                "num1",
                "NOK per NOK",
                low="mvpf_low",
                high="mvpf_high",
                estimand="marginal value of public funds",
                method="effects",
            ),
            "pays_for_itself": Value(
                "chance", "share", estimand="probability of paying for itself"
            ),
        },
        facts=both_ends("willingness_to_pay", "program", "nok1000"),
    ),
    Exhibit(
        "tbl-mix",
        data=mix,
        keys=PROGRAM,
        values={
            "month_share": Value("share1", "share", estimand="share of months"),
            "spell_share": Value("share1", "share", estimand="share of spells"),
            "cost": money("mean cost"),
            "net_benefit": money("mean net benefit", low="low", high="high"),
            "contribution": money("contribution"),
        },
        protect=Descriptive({}),
        when=When(lambda results: len(mix(results)) > 0, "costs-mix-few"),
        finding=_sum_sign,
        facts={
            "covered": Fact(lambda reader: reader.rows["covered"].iloc[0], "share0"),
            "programs": Fact(lambda reader: int((reader.rows["program"] != TOTAL).sum())),
        },
    ),
    costs_exhibit(
        "tbl-non-priced",
        non_priced,
        PROGRAM,
        {**dict.fromkeys(NON_PRICED.values(), Value()), "net_benefit": Value("thousand")},
        facts={"programs": COUNT},
    ),
    costs_exhibit(
        "tbl-aft-alternative",
        lambda analysis: analysis.alternative,
        PROGRAM,
        {
            **{
                name: money(f"{text}, other sample", "int", MONTH)
                for name, text in WAGE_EFFECTS.items()
            },
            "net_benefit": money("net benefit, other sample", "nok1000"),
            "break_even_years": Value(
                "num1", "years", estimand="break-even duration, other sample"
            ),
        },
        view=None,
    ),
)
