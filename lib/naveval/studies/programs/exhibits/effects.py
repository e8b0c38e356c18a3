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
from naveval.exhibits.declare import Exhibit, Fact, Picture, Sentence, Value, When
from naveval.exhibits.opening import Opened
from naveval.exhibits.protect import Model
from naveval.exhibits.reader import Reader
from naveval.project.formats import rounded
from naveval.studies.programs.codes import ARMS, REST
from naveval.studies.programs.effects import Estimated, wage_effects
from naveval.studies.programs.exhibits import drawing as drawn
from naveval.studies.programs.exhibits import effects_drawing
from naveval.studies.programs.exhibits.common import (
    both_ends,
    counted_signs,
    plainly,
    treated,
    wording,
)
from naveval.studies.programs.exhibits.effects_shown import with_counts, without_lone_months
from naveval.studies.programs.results import ProgramResults
from naveval.studies.programs.sample.persons import MIN_POSITION
from naveval.studies.programs.study import Effects, prices_own_effects

MARK, LEVEL = "†", 0.05
MONTHS, WAGES = "months per year", "NOK per year"
YEARS, YEAR_FOUR = (1, 2, 3), 4
ENDS = (1, 36)
"""First and last month after the start that figure B-3 shows."""
GROUPS = ("standard", "situational", "special")
EFFECT: dict[str, Any] = {"se": "std_error", "low": "ci_low", "high": "ci_high", "p": "p_value"}
KEPT = ("std_error", "ci_low", "ci_high", "p_value")
Frame = Callable[[ProgramResults], pd.DataFrame]


def of(results: ProgramResults) -> Effects:
    """The effects of a run that has them."""
    assert results.effects is not None
    return results.effects


FEW = "few"
"""Column that says which shares of the treated have a protected count of 0 behind them."""


def fitted(
    label: str,
    data: Frame,
    keys: tuple[str, ...],
    values: Any,
    *,
    events: bool = False,
    shown: tuple[str, ...] = (),
    points: float | None = None,
    few: tuple[str, ...] = (),
    **more: Any,
) -> Exhibit[ProgramResults]:
    """An exhibit of model output, by the persons treated behind each row.

    Parameters
    ----------
    events
        Whether rows tell, in `events` and `others`, the fewest with and without the outcome.
    shown, points
        As for `Model`.
    few
        Columns hidden where the row's column `few` is true: none to five of the treated are behind.
    """
    with_them, without = ("events", "others") if events else ("", "")
    how = Model(
        n=("n",),
        residual_df="n",
        events=with_them,
        others=without,
        shown=shown,
        points=points,
        also={FEW: few} if few else {},
    )
    return Exhibit(label, data, keys, values, how, **more)


def effect(unit: str, form: str, estimand: str = "att", **more: Any) -> Value:
    """An effect with its error, interval and test."""
    return Value(form, unit, estimand=estimand, method="dml", **EFFECT, **more)


def named(estimated: Estimated, rows: pd.DataFrame, value: str, **keys: Any) -> pd.DataFrame:
    """Rows of estimated effects under the name of a value, with keys and the persons behind."""
    found = {
        "arm": rows.arm,
        **keys,
        value: rows.estimate,
        **{name: rows[name] for name in KEPT},
        "n": rows.n_treated,
    }
    return with_counts(estimated, pd.DataFrame(found), rows.outcome).reset_index(drop=True)


def years(
    estimated: Estimated, kind: str, series: str, wanted: Sequence[int], estimand: str = "att"
) -> pd.DataFrame:
    """Effects of a kind ("months") by programme and year, named after the kind."""
    table = estimated.effects
    names = [f"{kind}_{year}" for year in wanted]
    rows = table[(table.estimand == estimand) & table.outcome.isin(names) & (table.arm != REST)]
    year = rows.outcome.str.rsplit("_", n=1).str[1].astype(int)
    return named(estimated, rows, kind, year=year, series=series)


def earnings(results: ProgramResults, year_four: bool) -> pd.DataFrame:
    """Effects on earnings: of the main sample, or in year 4 of the earlier cohort."""
    table = wage_effects(of(results).main, of(results).robust.get("year_four"))
    rows = table[(table.year == YEAR_FOUR) == year_four]
    rows = rows.assign(outcome="earnings_" + rows.year.astype(str))
    sample = of(results).robust["year_four"] if year_four else of(results).main
    return named(sample, rows, "earnings", year=rows.year)


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


def marked(estimated: Estimated, frame: pd.DataFrame, which: Any = True) -> pd.DataFrame:
    """Rows with a mark where a number for everybody rests on too poor overlap.

    Parameters
    ----------
    which
        Rows that are about everybody; the others have no mark.
    """
    poor = frame["arm"].map(grades(estimated)).eq("poor") & which
    return frame.assign(mark=np.where(poor, MARK, ""))


def everybody(results: ProgramResults) -> pd.DataFrame:
    """Effects on those treated beside effects on all, which are marked where overlap is poor."""
    main = of(results).main
    parts = [years(main, "months", name, YEARS, name) for name in ("att", "ate")]
    frame = pd.concat(parts, ignore_index=True)
    return marked(main, frame, frame["series"] == "ate")


def differences(results: ProgramResults) -> pd.DataFrame:
    """Test of the effect on the treated against that on all, per programme and year.

    Programmes whose effect on all cannot be trusted are not tested.
    """
    main = of(results).main
    parts = [scores.att_minus_ate(main.scores, arm) for arm in range(1, len(main.scores.arms))]
    table = marked(main, pd.concat(parts, ignore_index=True))
    months = table.outcome.str.startswith("months_")
    table = table[months & (table.arm != REST) & (table["mark"] == "")]
    n = table.arm.map(main.sample.frame.arm.value_counts())
    year = table.outcome.str.rsplit("_", n=1).str[1].astype(int)
    table = table.assign(year=year, difference=table.estimate, n=n)
    table = with_counts(main, table, table.outcome)
    return table[["arm", "year", "difference", *KEPT, "n", "events", "others"]].reset_index(
        drop=True
    )


def monthly(results: ProgramResults) -> pd.DataFrame:
    """Effect on work month by month, in shares."""
    main = of(results).main
    table = main.effects
    work = table.outcome.str.startswith("work_")
    rows = table[(table.estimand == "att") & table.arm.isin(ARMS) & work]
    found = named(main, rows, "work", m=rows.outcome.str[5:].astype(int))
    return without_lone_months(main, found)


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


def last_year(
    reader: Reader, label: str = "fig-6-2", value: str = "months", series: str = ""
) -> pd.DataFrame:
    """Effects in the last year, largest first, with the sign that holds for all together."""
    rows = reader.frame(label).dropna(subset=[value])
    rows = rows[rows["series"] == series] if series else rows
    return signed(rows[rows["year"] == rows["year"].max()], value)


def signed(rows: pd.DataFrame, value: str) -> pd.DataFrame:
    """Effects, largest first, with the `sign` that holds when all are tested together (Holm)."""
    clear = holm(rows["p_value"].to_numpy(float)) < LEVEL
    sign = np.where(rows[value] > 0, "positive", "negative")
    return rows.assign(sign=np.where(clear, sign, "unclear")).sort_values(value, ascending=False)


def ends(value: str, form: str, series: str = "") -> dict[str, Any]:
    """Facts and finding of effects in the last year: how many have a clear sign, and the ends."""

    def rows(reader: Reader) -> pd.DataFrame:
        return last_year(reader, reader.label, value, series)

    def end(place: int, column: str, kind: str) -> Fact:
        def get(reader: Reader) -> Any:
            if not len(rows(reader)):
                return "–" if kind == "text" else np.nan
            found = rows(reader).iloc[place][column]
            return plainly(reader, found) if kind == "text" else found

        return Fact(get, kind)

    told = {"": ("arm", "text"), "_effect": (value, form)}
    told |= {"_low": ("ci_low", form), "_high": ("ci_high", form)}
    return {
        "facts": {
            **{
                name + part: end(place, *how)
                for name, place in (("best", 0), ("worst", -1))
                for part, how in told.items()
            },
            "arms": Fact(lambda reader: len(rows(reader))),
            "year": Fact(lambda reader: rows(reader)["year"].max()),
            **counted_signs(rows),
        },
        "finding": lambda reader: wording(rows(reader)["sign"]),
    }


def _told_in(month: int, reader: Reader) -> pd.DataFrame:
    """Effects of a month that are shown, with the sign that holds for all together."""
    rows = reader.rows[reader.rows["m"] == month].dropna(subset=["work"])
    return signed(rows, "work")


def _clear_in(month: int, sign: str, words: str) -> Fact:
    """For how many programmes the effect of a month has a sign, with its words, or for none."""

    def told(reader: Reader) -> str:
        n = int((_told_in(month, reader)["sign"] == sign).sum())
        return f"{reader.named('', words)} {n}" if n else reader.named("", f"{words}_none")

    return Fact(told, "text")


def _months_shown(reader: Reader) -> str:
    """Which ends of the figure have a programme to tell of."""
    first, last = (len(_told_in(month, reader)) for month in ENDS)
    return "" if not last else "told" if first else "last"


def _lacking(reader: Reader) -> str:
    """Per first group the programmes of the main sample without an estimate of their own."""
    have = reader.rows.groupby("series")["arm"].agg(set)
    arms = list(dict.fromkeys(reader.frame("fig-6-2")["arm"]))
    told = []
    for group in GROUPS:
        names = [arm for arm in arms if arm not in have.get(group, set())]
        left_out = plainly(reader, *names) or reader.named("", "none")
        told.append(f"{reader.named('series', group)}: {left_out}")
    return "; ".join(told)


def poor(reader: Reader) -> str:
    """The marked programmes, or a dash."""
    rows = reader.frame("fig-6-8")
    return plainly(reader, *dict.fromkeys(rows.loc[rows["mark"] == MARK, "arm"])) or "–"


def _by_year(
    label: str,
    data: Frame,
    kind: str = "months",
    estimand: str = "att",
    series: str = "",
    when: When[ProgramResults] | None = None,
) -> Exhibit[ProgramResults]:
    """A figure of effects by programme and year; with `series` beside those of another sample."""
    unit, form, told_as = UNITS[kind]
    keys = (*BY_YEAR, "series") if series else BY_YEAR
    values = {kind: effect(unit, form, estimand)}
    picture, found = Picture(effects_drawing.years), ends(kind, told_as, series)
    found["facts"] |= {"beside": Fact(_beside, "text")}
    return fitted(label, data, keys, values, view=picture, events=True, when=when, **found)


def _beside(reader: Reader) -> str:
    """What the marks of the source's numbers are; nothing where it has none."""
    return reader.named("", "beside") if len(effects_drawing.told_by_source(reader)) else ""


def _has(which: str) -> When[ProgramResults]:
    return When(lambda results: which in of(results).robust)


def _counted(reader: Reader) -> str:
    """Which signs the summary has a number of."""
    found = wording(last_year(reader)["sign"])
    return {"positive": "gains", "negative": "losses", "both": "both"}.get(found, "none")


BY_YEAR = ("arm", "year")
OTHERS = {
    "fig-6-7": "chains",
    "fig-two-years": "two_years",
    "fig-6-6": "reduced_capacity",
    "fig-b-4": "one_year_clean",
}
UNITS = {
    "months": (MONTHS, "num1_s", "num1_s"),
    "earnings": (WAGES, "nok_s", "nok1000_s"),
}
MONTHLY_FACTS = {
    "arms": Fact(lambda reader: reader.rows["arm"].nunique()),
    "first_arms": Fact(lambda reader: len(_told_in(ENDS[0], reader))),
    "last_arms": Fact(lambda reader: len(_told_in(ENDS[1], reader))),
    "first_more": _clear_in(ENDS[0], "positive", "more"),
    "first_less": _clear_in(ENDS[0], "negative", "less"),
    "more": _clear_in(ENDS[1], "positive", "more"),
    "last_less": _clear_in(ENDS[1], "negative", "less"),
    **both_ends("work", "arm", "hundred1_s", last="m"),
}
EXHIBITS: tuple[Exhibit[ProgramResults], ...] = (
    _by_year("fig-6-2", lambda results: years(of(results).main, "months", "att", YEARS)),
    _by_year("fig-6-3", lambda results: earnings(results, year_four=False), "earnings"),
    _by_year(
        "fig-6-5",
        lambda results: earnings(results, year_four=True),
        "earnings",
        "att, first registered 2016-2017",
        when=_has("year_four"),
    ),
    fitted(
        "fig-b-3",  # and figure 6-4, which shows three of its programmes
        monthly,
        ("arm", "m"),
        {"work": effect("share", "pp1_s")},
        view=Picture(drawn.monthly),
        events=True,
        points=0.0001,
        facts=MONTHLY_FACTS,
        finding=_months_shown,
        when=When(lambda results: len(monthly(results)) > 0),
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
        view=Picture(effects_drawing.years),
        events=True,
        facts={"poor": Fact(poor, "text")},
        finding=lambda reader: "told" if reader("tbl-att-ate.tests") else "untested",
    ),
    fitted(
        "tbl-att-ate",
        differences,
        BY_YEAR,
        {"difference": effect(MONTHS, "num1_s", "att minus ate")},
        view=None,
        events=True,
        facts={
            "different": Fact(
                lambda reader: int(
                    (signed(reader.frame(), "difference")["sign"] != "unclear").sum()
                )
            ),
            "tests": Fact(lambda reader: int(reader.frame()["p_value"].notna().sum())),
        },
    ),
    *(
        _by_year(label, other_sample(which), "months", f"att, {which}", which, _has(which))
        for label, which in OTHERS.items()
    ),
    fitted(
        "fig-b-5",
        first_groups,
        ("arm", "year", "series"),
        {"months": effect(MONTHS, "num1_s", "att by first group")},
        view=Picture(effects_drawing.years),
        events=True,
        facts={**ends("months", "num1_s")["facts"], "lacking": Fact(_lacking, "text")},
        when=When(lambda results: len(of(results).by_group) > 0),
    ),
)
SENTENCES: tuple[Sentence, ...] = (
    Sentence(
        "effects-summary",
        _counted,
        facts={
            "n": Fact(lambda reader: rounded(reader.common("sampled"), 10)),
            "treated": Fact(treated),
        },
    ),
    Sentence("effects-outcomes", facts={"position": Fact(lambda _: MIN_POSITION)}),
)
