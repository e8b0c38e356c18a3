"""Which lines each figure of the work indicator has: one frame per figure.

Columns of a figure's frame: panel, line, month, n, value. The same figure of a county's report
shows the county where the national report shows the whole country.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd

from naveval.project import places
from naveval.project.errors import EstimationError
from naveval.studies.indicator.characteristics import COUNTRY_GROUPS, GROUPS, OUTCOMES, PROGRAMS
from naveval.studies.indicator.frames import EmptyGroupError, pick, relative, tertials
from naveval.studies.indicator.models import MAIN_GROUPS
from naveval.studies.indicator.study import Study, place_grouping

COLUMNS = ["panel", "line", "month", "n", "value"]
SHOWN_PROGRAMS = tuple(name for name in PROGRAMS if name)
PAIRS = {
    "fig-20": ("atid12", ("oppfolging", "arbeid_med_stotte")),
    "fig-21": ("jobb12", ("oppfolging", "arbeid_med_stotte")),
    "fig-22": ("atid12", ("jobbklubb", "digital_oppfolging")),
    "fig-23": ("jobb12", ("jobbklubb", "digital_oppfolging")),
}
UNITS = {
    "fig-10": ("county", "nav", "", "actual_sa"),
    "fig-11": ("county", "nav", "", "indicator_sa"),
    "fig-12": (
        "county | youth_guarantee=inside",
        "nav | youth_guarantee=inside",
        "",
        "indicator_sa",
    ),
    "fig-13": (
        "county | country_group=landgruppe_3",
        "country_group",
        "landgruppe_3",
        "indicator_sa",
    ),
}
GROUPED = {
    "fig-14": ("atid3", "innsatsgruppe", GROUPS, "actual_sa"),
    "fig-15": ("atid3", "innsatsgruppe", GROUPS, "indicator_sa"),
    "fig-17": ("atid12", "program", SHOWN_PROGRAMS, "actual_sa"),
    "fig-18": ("atid12", "program", SHOWN_PROGRAMS, "indicator_sa"),
    "fig-19": ("jobb12", "program", SHOWN_PROGRAMS, "indicator_sa"),
    "fig-29": ("atid3", "innsatsgruppe", GROUPS, "n"),
}
VERSIONS = {
    "fig-2": (("atid12",), "without_hours"),
    "fig-30": (("atid3",), "without_pandemic"),
    "fig-linear": (("jobb3", "jobb12"), "linear"),
    "fig-cohorts": (("atid3", "atid12"), "cohorts"),
    "fig-subsidised": (("atid3", "atid12"), "without_subsidised"),
    "fig-days": (("atid3", "atid12"), "working_days"),
}
WORKED_PROGRAM, WORKED_MONTH = "oppfolging", "2022-03"
COMPARED = ("03", "34")


def _lines(frame: pd.DataFrame, value: str, line: str, panel: str = "") -> pd.DataFrame:
    """One line of a figure from curve rows."""
    own = frame[["month", "n"]].assign(value=frame[value].to_numpy(dtype=float))
    own = own.assign(line=line, panel=panel)[COLUMNS]
    return own.loc[:, ~own.columns.duplicated()]


def measures(study: Study, county: str, value: str) -> pd.DataFrame:
    """The four outcomes of the place: hours in one panel, shares in the other."""
    grouping, group = place_grouping(county)
    table = relative(
        study.curves[
            study.curves["outcome"].isin(OUTCOMES)
            & (study.curves["grouping"] == grouping)
            & (study.curves["group"] == group)
        ],
        study.parameters.relative_month,
    )
    parts = []
    for outcome in OUTCOMES:
        panel = "both" if value == "relative" else outcome[:4]
        own = table[table["outcome"] == outcome]
        parts.append(_lines(own, value, outcome, panel))
    return pd.concat(parts, ignore_index=True)


def gap(study: Study, county: str, outcome: str) -> pd.DataFrame:
    """Actual and expected of the place."""
    grouping, group = place_grouping(county)
    own = pick(study.curves, outcome, grouping, [group])
    return pd.concat(
        [_lines(own, "actual_sa", "actual"), _lines(own, "expected_sa", "expected")],
        ignore_index=True,
    )


def single(study: Study, county: str, outcome: str) -> pd.DataFrame:
    """The indicator of the place; in a county's report the whole country too."""
    parts = []
    for place in dict.fromkeys((county, "")):
        grouping, group = place_grouping(place)
        own = pick(study.curves, outcome, grouping, [group])
        parts.append(_lines(own, "indicator_sa", f"county:{place}" if place else "nav"))
    return pd.concat(parts, ignore_index=True)


def units(study: Study, label: str) -> pd.DataFrame:
    """All counties and the whole country, with everybody or those of one group."""
    by_county, nav, only, value = UNITS[label]
    parts = [
        _lines(rows, value, f"county:{name}")
        for name, rows in pick(study.curves, "atid3", by_county).groupby("group", sort=True)
    ]
    whole = pick(study.curves, "atid3", nav, [only] if only else [])
    parts.append(_lines(whole, value, "nav"))
    return pd.concat(parts, ignore_index=True)


def grouped(study: Study, county: str, label: str) -> pd.DataFrame:
    """Groups or programmes in the place."""
    outcome, by, names, value = GROUPED[label]
    return _groups(study, county, outcome, by, names, value)


def _groups(
    study: Study, county: str, outcome: str, by: str, names: Sequence[str], value: str
) -> pd.DataFrame:
    grouping = f"county × {by}" if county else by
    prefix = f"{county} × " if county else ""
    table = pick(study.curves, outcome, grouping)
    parts = []
    for name in names:
        own = table[table["group"] == f"{prefix}{name}"]
        if own["n"].ne(0).any():  # hidden counts are missing
            parts.append(_lines(own, value, name))
    if not parts:
        raise EmptyGroupError(f"{outcome} by {by}: no group has rows in {county or 'the country'}")
    return pd.concat(parts, ignore_index=True)


def in_model(study: Study, county: str) -> pd.DataFrame:
    """Groups that the model holds: country groups (in a county the largest), young and others."""
    if county:
        own = pick(study.curves, "atid3", "county | country_group=landgruppe_3", [county])
        parts = [_lines(own, "indicator_sa", "landgruppe_3")]
    else:
        parts = [_groups(study, "", "atid3", "country_group", COUNTRY_GROUPS, "indicator_sa")]
    own = _groups(study, county, "atid3", "young", ("under", "over"), "indicator_sa")
    parts.append(own.assign(line="young:" + own["line"]))
    return pd.concat(parts, ignore_index=True)


def pair(study: Study, county: str, label: str) -> pd.DataFrame:
    """Two programmes that are alike."""
    outcome, names = PAIRS[label]
    return _groups(study, county, outcome, "program", names, "indicator_sa")


def worked_rows(study: Study, county: str) -> pd.DataFrame:
    """Curve rows of the programme of the worked example in the place."""
    grouping = "county × program" if county else "program"
    group = f"{county} × {WORKED_PROGRAM}" if county else WORKED_PROGRAM
    return pick(study.curves, "atid12", grouping, [group])


def worked_example(study: Study, county: str) -> pd.DataFrame:
    """Actual, expected and indicator of one programme, unadjusted so that they add up."""
    own = worked_rows(study, county)
    return pd.concat(
        [
            _lines(own, "actual", "actual", "level"),
            _lines(own, "expected", "expected", "level"),
            _lines(own, "indicator", "indicator", "gap"),
        ],
        ignore_index=True,
    )


def two_counties(study: Study, county: str) -> pd.DataFrame:
    """One programme in two counties; in a county's report the county and the country."""
    table = pick(study.curves, "atid12", "county × program")
    parts = []
    for code in [county] if county else COMPARED:
        own = table[table["group"] == f"{code} × {WORKED_PROGRAM}"]
        parts.append(_lines(own, "indicator_sa", f"county:{code}"))
    own = pick(study.curves, "atid12", "program", [WORKED_PROGRAM])
    parts.append(_lines(own, "indicator_sa", "nav"))
    return pd.concat(parts, ignore_index=True)


def tertial_lines(study: Study, county: str, value: str) -> pd.DataFrame:
    """Four-month means; the month of a period is its last."""
    grouping, group = place_grouping(county)
    own = study.curves[(study.curves["grouping"] == grouping) & (study.curves["group"] == group)]
    own = own[own["outcome"].isin(OUTCOMES)]
    table = tertials(own)
    last = {"1": "04", "2": "08", "3": "12"}
    month = [t[:4] + "-" + last[t[5]] for t in table["tertial"]]
    count = own.groupby("outcome")["n"].min()
    table = table.assign(month=month, n=table["outcome"].map(count))
    if value == "relative":
        return pd.concat(
            [_lines(table[table["outcome"] == o], "relative", o, "both") for o in OUTCOMES],
            ignore_index=True,
        )
    monthly = own[own["outcome"] == "atid3"]
    return pd.concat(
        [
            _lines(monthly, "indicator_sa", "month"),
            _lines(table[table["outcome"] == "atid3"], "indicator_sa", "tertial"),
        ],
        ignore_index=True,
    )


def versions(study: Study, county: str, label: str) -> pd.DataFrame:
    """An alternative beside the main model."""
    outcomes, name = VERSIONS[label]
    grouping, group = place_grouping(county)
    other = study.alternatives[study.alternatives["specification"] == name]
    parts = []
    for outcome in outcomes:
        panel = outcome if len(outcomes) > 1 else ""
        main = pick(study.curves, outcome, grouping, [group])
        own = pick(other, outcome, grouping, [group])
        parts += [
            _lines(main, "indicator_sa", "main", panel),
            _lines(own, "indicator_sa", name, panel),
        ]
    return pd.concat(parts, ignore_index=True)


def month_dummies(study: Study) -> pd.DataFrame:
    """Counties with calendar months in the model."""
    own = study.alternatives[study.alternatives["specification"] == "month_dummies"]
    return pd.concat(
        [
            _lines(rows, "indicator_sa", f"county:{name}")
            for name, rows in pick(own, "atid3", "county").groupby("group", sort=True)
        ]
        + [_lines(pick(own, "atid3", "nav"), "indicator_sa", "nav")],
        ignore_index=True,
    )


def separate(study: Study) -> pd.DataFrame:
    """Main groups: common model and a model of their own."""
    own = study.alternatives[study.alternatives["specification"] == "separate"]
    parts = []
    for group in MAIN_GROUPS:
        common = pick(study.curves, "atid3", "main_group", [group])
        parts += [
            _lines(common, "indicator_sa", "common", group),
            _lines(pick(own, "atid3", "main_group", [group]), "indicator_sa", "separate", group),
        ]
    return pd.concat(parts, ignore_index=True)


def horizons(study: Study, county: str) -> pd.DataFrame:
    """Actual hours over 3, 12, 24 and 36 months, where observed."""
    grouping, group = place_grouping(county)
    parts = []
    for horizon in (3, 12, *study.parameters.long_horizons):
        own = study.curves[
            (study.curves["outcome"] == f"atid{horizon}")
            & (study.curves["grouping"] == grouping)
            & (study.curves["group"] == group)
        ]
        value = "actual"
        if len(own):
            parts.append(_lines(own, value, f"atid{horizon}"))
    return pd.concat(parts, ignore_index=True)


def frame_of(study: Study, county: str, label: str) -> pd.DataFrame:
    """The frame of a figure with curves.

    Raises
    ------
    EstimationError
        For a label that is no such figure.
    """
    makers: Mapping[str, Callable[[], pd.DataFrame]] = {
        "fig-1": lambda: measures(study, county, "actual_sa"),
        "fig-6": lambda: gap(study, county, "atid3"),
        "fig-7": lambda: single(study, county, "atid3"),
        "fig-8": lambda: gap(study, county, "jobb3"),
        "fig-9": lambda: single(study, county, "jobb3"),
        "fig-16": lambda: worked_example(study, county),
        "fig-24": lambda: two_counties(study, county),
        "fig-25": lambda: measures(study, county, "indicator_sa"),
        "fig-26": lambda: measures(study, county, "relative"),
        "fig-27": lambda: tertial_lines(study, county, "indicator_sa"),
        "fig-28": lambda: tertial_lines(study, county, "relative"),
        "fig-31": lambda: month_dummies(study),
        "fig-32": lambda: separate(study),
        "fig-horizons": lambda: horizons(study, county),
        "fig-in-model": lambda: in_model(study, county),
        **{key: partial(units, study, key) for key in UNITS},
        **{key: partial(grouped, study, county, key) for key in GROUPED},
        **{key: partial(pair, study, county, key) for key in PAIRS},
        **{key: partial(versions, study, county, key) for key in VERSIONS},
    }
    if label not in makers:
        raise EstimationError(f"no curves for {label}; figures with curves: {', '.join(makers)}")
    found = makers[label]()
    return found[found["n"].ne(0)].reset_index(drop=True)


def line_name(line: str, names: Mapping[str, str]) -> str:
    """Norwegian name of a line: county by code, else from the texts."""
    if line.startswith("county:"):
        return places.name(line.removeprefix("county:"))
    if line not in names:
        raise EstimationError(f"no name for the line {line} in the texts")
    return names[line]


def extremes(frame: pd.DataFrame, own: str) -> list[str]:
    """Lines to bring out among many: the own one, the country, the highest and the lowest.

    For the country two of each end. Fewer where few lines have a value that is shown.
    """
    level = frame[frame["line"] != "nav"].groupby("line")["value"].mean().dropna()
    ordered = [str(line) for line in level.sort_values().index]
    ends = 1 if own else 2
    chosen = ["nav", *([own] if own else []), *ordered[-ends:][::-1], *ordered[:ends]]
    return list(dict.fromkeys(chosen))


def summary_values(frame: pd.DataFrame, line: str) -> dict[str, float | str | None]:
    """Last value, its month, lowest and highest of one line, for captions and alt texts."""
    own = frame[(frame["line"] == line) & frame["value"].notna()]
    if own.empty:
        return {
            "last": np.nan,
            "last_month": None,
            "lowest": np.nan,
            "highest": np.nan,
            "first_value": np.nan,
            "first_month": None,
        }
    end = own.iloc[-1]
    return {
        "last": float(end["value"]),
        "last_month": str(end["month"]),
        "first_value": float(own["value"].iloc[0]),
        "first_month": str(own["month"].iloc[0]),
        "lowest": float(own["value"].min()),
        "highest": float(own["value"].max()),
    }
