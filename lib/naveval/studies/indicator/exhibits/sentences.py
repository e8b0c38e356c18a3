"""Sentences of the work indicator's report: what their numbers are."""

import pandas as pd

from naveval.disclosure.thresholds import thresholds
from naveval.exhibits.output import Block, Output, sentence
from naveval.project import places
from naveval.project.normal import Z95
from naveval.studies.indicator.exhibits.lines import WORKED_MONTH, worked_rows
from naveval.studies.indicator.frames import EmptyGroupError, pick
from naveval.studies.indicator.offices import funnel_counts
from naveval.studies.indicator.study import Study, place_grouping


def summary(output: Output, study: Study) -> Block:
    """Level, expectation and indicator of the place over the last twelve months."""
    row = _level(study, output.place.code, "atid3", "last12")
    low = row["indicator"] - Z95 * row["std_error"]
    high = row["indicator"] + Z95 * row["std_error"]
    choice = "above" if low > 0 else "below" if high < 0 else "unclear"
    return sentence(
        output,
        "summary-main",
        choose=choice,
        actual=row["actual"],
        expected=row["expected"],
        indicator=row["indicator"],
        gap=abs(row["indicator"]),
        low=low,
        high=high,
        first=study.months[-12],
        last=study.months[-1],
    )


def job_summary(output: Output, study: Study) -> Block:
    """The same for the share in work after twelve months."""
    row = _level(study, output.place.code, "jobb12", "last12")
    months = pick(study.curves, "jobb12", *_place(output))["month"]
    half = Z95 * row["std_error"]
    choice = (
        "unclear"
        if abs(row["indicator"]) < half
        else ("above" if row["indicator"] > 0 else "below")
    )
    return sentence(
        output,
        "summary-job",
        choose=choice,
        actual=row["actual"],
        expected=row["expected"],
        gap=abs(row["indicator"]),
        indicator=row["indicator"],
        low=row["indicator"] - half,
        high=row["indicator"] + half,
        first=str(months.iloc[-12]),
        last=str(months.iloc[-1]),
    )


def worked(output: Output, study: Study) -> Block:
    """The worked example in words; nothing where its table shows no number."""
    try:
        own = worked_rows(study, output.place.code)
    except EmptyGroupError:
        return Block("")
    row = own[(own["month"] == WORKED_MONTH) & (own["n"] >= thresholds().min_cell)]
    if row.empty:
        return Block("")
    found = row.iloc[0]
    return sentence(
        output,
        "worked",
        month=WORKED_MONTH,
        actual=found["actual"],
        expected=found["expected"],
        indicator=found["indicator"],
        choose="more" if found["indicator"] > 0 else "fewer",
        gap=abs(found["indicator"]),
    )


def _place(output: Output) -> tuple[str, list[str]]:
    grouping, group = place_grouping(output.place.code)
    return grouping, [group]


def _level(study: Study, county: str, outcome: str, period: str) -> pd.Series:
    grouping, group = place_grouping(county)
    own = study.levels
    return own[
        (own["outcome"] == outcome)
        & (own["grouping"] == grouping)
        & (own["group"] == group)
        & (own["period"] == period)
    ].iloc[0]


def rank(output: Output, study: Study) -> Block:
    """Where the place stands: a county among counties, the country's highest and lowest."""
    own = study.levels[
        (study.levels["outcome"] == "atid3")
        & (study.levels["grouping"] == "county")
        & (study.levels["period"] == "last12")
    ]
    ordered = own.sort_values("indicator", ascending=False).reset_index(drop=True)
    place = output.place.code
    certain = int((ordered["indicator"].abs() > Z95 * ordered["std_error"]).sum())
    values = {
        "highest": places.name(ordered["group"].iloc[0]),
        "high": ordered["indicator"].iloc[0],
        "lowest": places.name(ordered["group"].iloc[-1]),
        "low": ordered["indicator"].iloc[-1],
        "counties": len(ordered),
        "certain": certain,
    }
    if place:
        values["rank"] = int(ordered.index[ordered["group"] == place][0]) + 1
    return sentence(output, "rank", choose="county" if place else "country", **values)


def narrow(output: Output, study: Study) -> Block:
    """How far the published formula is from clustered uncertainty."""
    own = study.intervals.set_index(["outcome", "grouping", "quantity"])["ratio"]
    return sentence(
        output,
        "narrow",
        month=own["atid3", "county", "month"],
        year=own["atid3", "county", "year"],
        job_month=own["jobb12", "county", "month"],
        job_year=own["jobb12", "county", "year"],
    )


def office_sentence(output: Output, study: Study) -> Block:
    """How many offices stand out, and how many chance alone would bring out."""
    counts = funnel_counts(study.offices).set_index("level")
    return sentence(
        output,
        "offices",
        offices=counts.loc[0.95, "offices"],
        outside=counts.loc[0.95, "observed"],
        chance=counts.loc[0.95, "expected"],
        reliability=float(study.offices["reliability"].median()),
        month_reliability=float(study.office_months["reliability"].median()),
        between=float(study.offices["between"].iloc[0]),
    )


def driver_sentence(output: Output, study: Study) -> Block:
    """What the change between two months consists of."""
    own = study.drivers[study.drivers["county"] == output.place.code]
    part = own.set_index("part")["change"]
    people = part.drop(["market", "indicator", "total"]).sum()
    return sentence(
        output,
        "drivers",
        total=part["total"],
        people=people,
        market=part["market"],
        indicator=part["indicator"],
        first=own["first"].iloc[0],
        last=own["last"].iloc[0],
    )


def model_sentence(output: Output, study: Study) -> Block:
    """Explained variation and what was left out of the models."""
    own = study.explained.set_index("outcome")
    empty = sorted(
        {
            name
            for key, fit in study.fits.items()
            if not key.startswith("report")
            for name, why in fit.dropped.items()
            if why == "no rows"
        }
    )
    perfect = sorted({name for fit in study.fits.values() for name in fit.perfect})
    return sentence(
        output,
        "model",
        choose="perfect" if perfect else "plain",
        r2_3=own.loc["atid3", "r2"],
        r2_12=own.loc["atid12", "r2"],
        pseudo=own.loc["jobb12", "pseudo_r2"],
        empty=len(empty),
        perfect=", ".join(name.replace("=", ": ") for name in perfect) or "–",
    )


def recovery_sentence(output: Output, study: Study) -> Block:
    """What the draws from the printed coefficients showed."""
    own = study.recovery
    return sentence(
        output,
        "recovery",
        worst=own["beyond"].max(),
        p_low=own["p_value"].min(),
        fewest=int(own["rows"].min()),
        most=int(own["rows"].max()),
    )


def plain(output: Output, key: str) -> Block:
    """A paragraph without numbers."""
    return sentence(output, key)
