"""Section «Hva tiltakene endret» (chapter 6): effects on those treated, on all, and by group.

Averages over everybody ask for people like them among the treated. Where overlap is too poor for
that, the number is marked in every exhibit that shows it.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from naveval.estimators import overlap, scores
from naveval.estimators.multiple_testing import holm
from naveval.exhibits import show
from naveval.exhibits.declare import Exhibit, Fact, Picture, Sentence, Value, View, When
from naveval.exhibits.opening import Opened
from naveval.exhibits.protect import Model
from naveval.exhibits.reader import Reader
from naveval.project.formats import rounded
from naveval.studies.programs.codes import ARMS, REST
from naveval.studies.programs.effects import Estimated, wage_effects
from naveval.studies.programs.exhibits import effects_drawing as drawn
from naveval.studies.programs.results import ProgramResults
from naveval.studies.programs.sample.persons import MIN_POSITION
from naveval.studies.programs.study import Effects, prices_own_effects

MARK, LEVEL = "†", 0.05
MONTHS, WAGES = "months per year", "NOK per year"
YEARS, YEAR_FOUR = (1, 2, 3), 4
SLOW_PROGRAMS = ("AFT", "Arbeidsrettet rehabilitering", "Utdanning")
GROUPS = ("standard", "situational", "special")
EFFECT: dict[str, Any] = {"se": "std_error", "low": "ci_low", "high": "ci_high", "p": "p_value"}
KEPT = ("std_error", "ci_low", "ci_high", "p_value")
Frame = Callable[[ProgramResults], pd.DataFrame]


def of(results: ProgramResults) -> Effects:
    """The effects of a run that has them."""
    assert results.effects is not None
    return results.effects


def fitted(
    label: str,
    data: Frame,
    keys: tuple[str, ...],
    values: Any,
    view: View | None,
    *,
    events: bool = False,
    shown: tuple[str, ...] = (),
    points: float | None = None,
    **more: Any,
) -> Exhibit[ProgramResults]:
    """An exhibit of model output, by the persons treated behind each row.

    Parameters
    ----------
    events
        Whether rows tell, in `events` and `others`, the treated with and without the outcome.
    shown, points
        As for `Model`.
    """
    told: dict[str, Any] = {"events": "events", "others": "others"} if events else {}
    how = Model(n=("n",), residual_df="n", shown=shown, points=points, **told)
    return Exhibit(label, data, keys, values, how, view, **more)


def told_apart(estimated: Estimated, arms: pd.Series, outcomes: pd.Series) -> dict[str, list[int]]:
    """Treated with more than nothing of an outcome, and with nothing of it, row by row."""
    made = estimated.scores
    found = []
    for arm, outcome in zip(arms, outcomes, strict=True):
        y = made.y[made.arm == made.arms.index(arm), made.outcomes.index(outcome)]
        found.append((int((y > 0).sum()), int((y <= 0).sum())))
    return {"events": [one for one, _ in found], "others": [other for _, other in found]}


def effect(unit: str, form: str, estimand: str = "att", **more: Any) -> Value:
    """An effect with its error, interval and test."""
    return Value(form, unit, estimand=estimand, method="dml", **EFFECT, **more)


def years(
    estimated: Estimated, kind: str, series: str, wanted: Sequence[int], estimand: str = "att"
) -> pd.DataFrame:
    """Effects of a kind ("months") by programme and year, named after the kind."""
    table = estimated.effects
    names = [f"{kind}_{year}" for year in wanted]
    rows = table[(table.estimand == estimand) & table.outcome.isin(names) & (table.arm != REST)]
    return pd.DataFrame(
        {
            "arm": rows.arm,
            "year": rows.outcome.str.rsplit("_", n=1).str[1].astype(int),
            "series": series,
            kind: rows.estimate,
            **{name: rows[name] for name in KEPT},
            "n": rows.n_treated,
            **told_apart(estimated, rows.arm, rows.outcome),
        }
    ).reset_index(drop=True)


def earnings(results: ProgramResults, year_four: bool) -> pd.DataFrame:
    """Effects on earnings: of the main sample, or in year 4 of the earlier cohort."""
    table = wage_effects(of(results).main, of(results).robust.get("year_four"))
    table = table[(table.year == YEAR_FOUR) == year_four]
    named = table.rename(columns={"estimate": "earnings", "n_treated": "n"})
    sample = of(results).robust["year_four"] if year_four else of(results).main
    cells = told_apart(sample, named.arm, "earnings_" + named.year.astype(str))
    return named.assign(**cells)[["arm", "year", "earnings", *KEPT, "n", *cells]].reset_index(
        drop=True
    )


def wages(study: Opened, results: ProgramResults) -> pd.DataFrame | None:
    """Released effects on earnings, as `estimates.csv` has them, where costs are to use them."""
    if results.effects is None or not prices_own_effects(results.parameters):
        return None
    labels = ["fig-6-3", *(["fig-6-5"] if "year_four" in results.effects.robust else [])]
    return show.estimates(study.showing.reader(results), labels)


def grades(estimated: Estimated) -> pd.Series:
    """Overlap for averages over everybody, by programme: good, thin or poor."""
    table = overlap.summary(estimated.scores, estimated.nuisances)
    return pd.Series(table.set_index("arm").overlap)


def everybody(results: ProgramResults) -> pd.DataFrame:
    """Effects on those treated beside effects on all, which are marked where overlap is poor."""
    main = of(results).main
    parts = [years(main, "months", name, YEARS, name) for name in ("att", "ate")]
    frame = pd.concat(parts, ignore_index=True)
    poor = frame.arm.map(grades(main)).eq("poor") & (frame.series == "ate")
    return frame.assign(mark=np.where(poor, MARK, ""))


def differences(results: ProgramResults) -> pd.DataFrame:
    """Test of the effect on the treated against that on all, per programme and year."""
    made = of(results).main.scores
    parts = [scores.att_minus_ate(made, arm) for arm in range(1, len(made.arms))]
    table = pd.concat(parts, ignore_index=True)
    table = table[table.outcome.str.startswith("months_") & (table.arm != REST)]
    n = table.arm.map(of(results).main.sample.frame.arm.value_counts())
    year = table.outcome.str.rsplit("_", n=1).str[1].astype(int)
    return table.assign(year=year, difference=table.estimate, n=n)[
        ["arm", "year", "difference", *KEPT, "n"]
    ].reset_index(drop=True)


def monthly(results: ProgramResults, arms: Sequence[str] = ARMS) -> pd.DataFrame:
    """Effect on work month by month, in shares."""
    table = of(results).main.effects
    work = table.outcome.str.startswith("work_")
    rows = table[(table.estimand == "att") & table.arm.isin(arms) & work]
    return pd.DataFrame(
        {
            "arm": rows.arm,
            "m": rows.outcome.str[5:].astype(int),
            "work": rows.estimate,
            **{name: rows[name] for name in KEPT},
            "n": rows.n_treated,
            **told_apart(of(results).main, rows.arm, rows.outcome),
        }
    ).reset_index(drop=True)


def other_sample(which: str) -> Frame:
    """Another sample beside the main one, in the years that both have."""

    def made(results: ProgramResults) -> pd.DataFrame:
        main, other = of(results).main, of(results).robust[which]
        wanted = range(1, min(main.years, other.years) + 1)
        parts = [
            years(one, "months", name, wanted) for name, one in (("main", main), (which, other))
        ]
        return pd.concat(parts, ignore_index=True)

    return made


def first_groups(results: ProgramResults) -> pd.DataFrame:
    """Separate estimates per first group."""
    parts = [years(one, "months", key, YEARS) for key, one in of(results).by_group.items()]
    return pd.concat(parts, ignore_index=True)


def _ends(value: str, form: str, series: str = "") -> dict[str, Fact]:
    """The programmes with the largest and the least effect in the last year, and the effects."""

    def row(reader: Reader, last: int) -> Any:
        rows = reader.rows.dropna(subset=[value])
        rows = rows[rows["series"] == series] if series else rows
        rows = rows[rows["year"] == rows["year"].max()].sort_values(value, ascending=False)
        return rows.iloc[last] if len(rows) else {"arm": "–", value: np.nan}

    return {
        "best": Fact(lambda reader: row(reader, 0)["arm"], "text"),
        "best_effect": Fact(lambda reader: row(reader, 0)[value], form),
        "worst": Fact(lambda reader: row(reader, -1)["arm"], "text"),
        "worst_effect": Fact(lambda reader: row(reader, -1)[value], form),
    }


def _month(reader: Reader, month: int) -> float:
    """Effect on work of the first programme shown, in percentage points."""
    rows = reader.rows
    rows = rows[(rows["arm"] == rows["arm"].iloc[0]) & (rows["m"] == month)]
    return float(100 * rows["work"].iloc[0])


def _lacking(reader: Reader) -> str:
    """Per first group the programmes of the main sample without an estimate of their own."""
    have = reader.rows.groupby("series")["arm"].agg(set)
    arms = list(dict.fromkeys(reader.frame("fig-6-2")["arm"]))
    told = []
    for group in GROUPS:
        names = [arm for arm in arms if arm not in have.get(group, set())]
        told.append(
            f"{reader.named('series', group)}: {', '.join(names) or reader.named('', 'none')}"
        )
    return "; ".join(told)


def poor(reader: Reader) -> str:
    """The marked programmes, or a dash."""
    rows = reader.frame("fig-6-8")
    return ", ".join(dict.fromkeys(rows.loc[rows["mark"] == MARK, "arm"])) or "–"


def _last(reader: Reader) -> pd.DataFrame:
    """Effects on months in work in the last year, with the sign that holds for all together."""
    rows = reader.frame("fig-6-2")
    rows = rows[rows["year"] == rows["year"].max()].dropna(subset=["months"])
    clear = holm(rows["p_value"].to_numpy(float)) < LEVEL
    sign = np.where(clear, np.sign(rows["months"]), 0)
    return rows.assign(sign=sign).sort_values("months", ascending=False)


def _summary(place: int, column: str, form: str) -> Fact:
    return Fact(lambda reader: _last(reader).iloc[place][column], form)


def _other(label: str, which: str) -> Exhibit[ProgramResults]:
    return fitted(
        label,
        other_sample(which),
        ("arm", "year", "series"),
        {"months": effect(MONTHS, "num1_s", f"att, {which}")},
        Picture(drawn.years),
        events=True,
        facts=_ends("months", "num1_s", which),
        when=When(lambda results: which in of(results).robust),
    )


WORK = effect("share", "pp1_s", "att")
BY_YEAR = ("arm", "year")
EXHIBITS: tuple[Exhibit[ProgramResults], ...] = (
    fitted(
        "fig-6-2",
        lambda results: years(of(results).main, "months", "att", YEARS),
        BY_YEAR,
        {"months": effect(MONTHS, "num1_s")},
        Picture(drawn.years),
        events=True,
        facts=_ends("months", "num1_s"),
    ),
    fitted(
        "fig-6-3",
        lambda results: earnings(results, year_four=False),
        BY_YEAR,
        {"earnings": effect(WAGES, "nok_s")},
        Picture(drawn.years),
        events=True,
        facts=_ends("earnings", "nok1000_s"),
    ),
    fitted(
        "fig-6-5",
        lambda results: earnings(results, year_four=True),
        BY_YEAR,
        {"earnings": effect(WAGES, "nok_s", "att, first registered 2016-2017")},
        Picture(drawn.years),
        events=True,
        facts=_ends("earnings", "nok1000_s"),
        when=When(lambda results: "year_four" in of(results).robust),
    ),
    fitted(
        "fig-6-4",
        lambda results: monthly(results, SLOW_PROGRAMS),
        ("arm", "m"),
        {"work": Value("pp1_s", **EFFECT)},
        Picture(drawn.monthly),
        events=True,
        points=0.0001,
        facts={
            "arm": Fact(lambda reader: reader.rows["arm"].iloc[0], "text"),
            "month_1": Fact(lambda reader: _month(reader, 1), "num1_s"),
            "month_36": Fact(lambda reader: _month(reader, 36), "num1_s"),
        },
        when=When(lambda results: len(monthly(results, SLOW_PROGRAMS)) > 0),
    ),
    fitted(
        "fig-b-3",
        monthly,
        ("arm", "m"),
        {"work": WORK},
        Picture(drawn.monthly),
        events=True,
        points=0.0001,
        facts={
            "arm": Fact(lambda reader: reader.rows["arm"].iloc[0], "text"),
            "month_1": Fact(lambda reader: _month(reader, 1), "num1_s"),
            "month_36": Fact(lambda reader: _month(reader, 36), "num1_s"),
        },
    ),
    fitted(
        "fig-6-8",
        everybody,
        ("arm", "year", "series"),
        {
            "months": Value(
                by="series",
                kinds={
                    "att": Value("num1_s", **EFFECT),  # those of figure 6-2
                    "ate": effect(MONTHS, "num1_s", "ate"),
                },
                **EFFECT,
            ),
            "mark": Value(),
        },
        Picture(drawn.years),
        events=True,
        facts={"poor": Fact(poor, "text")},
    ),
    fitted(
        "tbl-att-ate",
        differences,
        BY_YEAR,
        {"difference": effect(MONTHS, "num1_s", "att minus ate")},
        None,
        facts={
            "different": Fact(lambda reader: int((reader.frame()["p_value"] < LEVEL).sum())),
            "tests": Fact(lambda reader: int(reader.frame()["p_value"].notna().sum())),
        },
    ),
    _other("fig-6-7", "chains"),
    _other("fig-two-years", "two_years"),
    _other("fig-6-6", "reduced_capacity"),
    _other("fig-b-4", "one_year_clean"),
    fitted(
        "fig-b-5",
        first_groups,
        ("arm", "year", "series"),
        {"months": effect(MONTHS, "num1_s", "att by first group")},
        Picture(drawn.years),
        events=True,
        facts={**_ends("months", "num1_s"), "lacking": Fact(_lacking, "text")},
        when=When(lambda results: len(of(results).by_group) > 0),
    ),
)
SENTENCES: tuple[Sentence, ...] = (
    Sentence(
        "effects-summary",
        facts={
            "n": Fact(lambda reader: rounded(reader.common("sampled"), 10)),
            "treated": Fact(lambda reader: rounded(reader.common("treated"), 10)),
            "arms": Fact(lambda reader: len(_last(reader))),
            "positive": Fact(lambda reader: int((_last(reader)["sign"] > 0).sum())),
            "negative": Fact(lambda reader: int((_last(reader)["sign"] < 0).sum())),
            "best": _summary(0, "arm", "text"),
            "best_effect": _summary(0, "months", "num1_s"),
            "best_low": _summary(0, "ci_low", "num1_s"),
            "best_high": _summary(0, "ci_high", "num1_s"),
            "worst": _summary(-1, "arm", "text"),
            "worst_effect": _summary(-1, "months", "num1_s"),
            "worst_low": _summary(-1, "ci_low", "num1_s"),
            "worst_high": _summary(-1, "ci_high", "num1_s"),
        },
    ),
    Sentence("effects-outcomes", facts={"position": Fact(lambda _: MIN_POSITION)}),
)
