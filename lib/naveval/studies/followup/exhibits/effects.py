"""Tables 1 to 3, the county's own, and the answer and summary whose words follow them."""

from functools import partial
from typing import Any

import pandas as pd

from naveval.estimators.detectable import relative
from naveval.exhibits import claims
from naveval.exhibits.claims import Judged
from naveval.exhibits.declare import Exhibit, Fact, Sentence, Table, Value, When
from naveval.exhibits.reader import Reader
from naveval.project import formats
from naveval.project.normal import Z95
from naveval.studies.followup.checks import LIMIT
from naveval.studies.followup.estimate import COMPARISONS, stars
from naveval.studies.followup.exhibits.common import (
    apart,
    by_outcome,
    counted,
    effect,
    freedom,
    model,
    moved,
    named,
    without_refused,
)
from naveval.studies.followup.protection import HIDDEN_WITH_MEAN
from naveval.studies.followup.results import FollowupResults

JOINED = ("outcome", "horizon")
LONG = ("long",)


def every(reader: Reader) -> pd.Series:
    """P-values of tables 1 to 3."""
    return pd.concat([reader.frame(label)["p_value"] for label in COMPARISONS])


def _judged(label: str, *outcomes: str) -> Judged:
    """Effects in the long window, told of among all effects of tables 1 to 3."""
    where = {"outcome": outcomes} if outcomes else {}
    return Judged(label, "estimate", where | {"horizon": LONG}, family=every)


FOLLOWED, NEAR_LIMIT, EXITED = (_judged(label) for label in COMPARISONS)
WORKED, LEFT = _judged("tbl-3", "work"), _judged("tbl-3", "ended")
"""The tests that answers and titles rest on: follow-up, the same near the limit, all three exits
together, work, and the end of benefit."""
SHOWN = (
    "estimate",
    "std_error",
    "stars",
    "p_value",
    "ci_low",
    "ci_high",
    "mde",
    "mde_relative",
    "mean",
    "r_squared",
    "n_obs",
    "n_persons",
    "smallest_cell",
    "events",
    "others",
    "mean_hidden",
    "refused",
)


def effects(results: FollowupResults, table: str) -> pd.DataFrame:
    """Table 1, 2 or 3, with stars as the document prints them."""
    part = without_refused(results.summary[results.summary["table"] == table])
    part = part.assign(stars=[stars(value) for value in part["p_value"]])
    return freedom(part[[*JOINED, *SHOWN]])


def _table(rule: Judged, facts: dict[str, Fact]) -> Exhibit[FollowupResults]:
    label = rule.label
    return Exhibit(
        label,
        data=lambda results: effects(results, label),
        keys=JOINED,
        values={
            "estimate": effect(),
            "stars": Value("text"),
            "mde": by_outcome(format="hundred2", estimand="minimum_detectable"),
            "mde_relative": Value(
                "share0", "share of the mean", estimand="minimum_detectable relative to the mean"
            ),
            "mean": by_outcome(format="hundred2", estimand="mean of the target group"),
            "r_squared": Value("num4", "share", estimand="r_squared"),
            "n_obs": Value("int"),
            "refused": Value("text"),
        },
        protect=model(
            n=("n_persons", "smallest_cell", "n_obs"),
            digits=("mde", "mde_relative", "r_squared"),
            shown=("mean",),
            also={"mean_hidden": HIDDEN_WITH_MEAN},
        ),
        view=Table(joined=JOINED),
        facts={"standing": claims.standing_out(rule, "outcome"), **facts},
        finding=rule,
    )


LEVEL = Fact(lambda reader: reader.parameters.level, "share0", "share", "level of intervals")


def county(results: FollowupResults) -> pd.DataFrame:
    """The county beside the country, and against the rest."""
    assert results.comparison is not None
    return freedom(named(results.comparison).drop(columns="table"))


def _county(reader: Reader) -> str:
    """What the county's differences from the rest say; nothing in the country's report."""
    if not reader.parameters.county:
        return ""
    return apart("tbl-county", reader, "county_estimate")


DIFFERENCE = {"se": "difference_error", "p": "difference_p", "estimand": "difference"}

EXHIBITS: tuple[Exhibit[FollowupResults], ...] = (
    _table(FOLLOWED, {}),
    _table(NEAR_LIMIT, {}),
    _table(EXITED, {**counted(every), "level": LEVEL}),
    Exhibit(
        "tbl-county",
        data=county,
        keys=JOINED,
        values={
            **{
                f"{name}_estimate": by_outcome(
                    format="hundred2_s", se=f"{name}_std_error", estimand=f"att, {name}"
                )
                for name in ("county", "country", "rest")
            },
            "difference": by_outcome(format="hundred2_s", **DIFFERENCE),
            "difference_mde": by_outcome(format="hundred2", estimand="minimum_detectable"),
            "refused": Value("text"),
        },
        protect=model(digits=("difference_mde",)),
        view=Table(joined=JOINED),
        facts=counted(lambda reader: reader.frame("tbl-county")["difference_p"]),
        when=When(lambda results: bool(results.parameters.county)),
        finding=_county,
    ),
)


EFFECTS_SENTENCES = (Sentence("county", _county, then=(Sentence("county-detectable"),)),)


# A null result says little when only an effect of more than half the level would be found.
WIDE = 0.5


def direction(reader: Reader, row: str) -> str:
    """refused, positive, negative or null; `row` is such as tbl-1 with its keys."""
    table, keys = row.split(":")
    refused = str(reader(f"{table}.refused[{keys}]"))
    if refused:
        return refused
    if not reader(f"{table}.estimate[{keys}].p") < LIMIT:
        return "null"
    return "positive" if reader(f"{table}.estimate[{keys}]") > 0 else "negative"


PROGRAM, DIALOGUE, WORK = "tbl-1:program,long", "tbl-1:dialogue,long", "tbl-3:work,long"
AMONG_ALL = {
    PROGRAM: _judged("tbl-1", "program"),
    DIALOGUE: _judged("tbl-1", "dialogue"),
    WORK: WORKED,
}
"""The tests of single effects, told of among all."""


def _alone(row: str) -> Sentence:
    """That an effect told as one by its own test is not sure among all that are tested."""

    def choose(reader: Reader) -> str:
        signed = direction(reader, row) in ("positive", "negative")
        return "text" if signed and AMONG_ALL[row](reader) == "unclear" else ""

    return Sentence("summary-alone", choose)


def _program(reader: Reader) -> str:
    return direction(reader, PROGRAM)


def _dialogue(reader: Reader) -> str:
    """Worded to follow the sentences about programmes."""
    found = direction(reader, DIALOGUE)
    alone = found == "null" and direction(reader, PROGRAM) != "null"
    return "null_alone" if alone else found


def _work(reader: Reader) -> str:
    """What exits mean depends on whether follow-up came."""
    found = direction(reader, WORK)
    followed = any(AMONG_ALL[row](reader) == "up" for row in (PROGRAM, DIALOGUE))
    return f"{found}_followed" if followed and found in ("positive", "negative") else found


def _level(name: str, row: str) -> Sentence:
    """The outcome's level where there is one to show, and the weeks between two that happen."""
    table, keys = row.split(":")

    def between(reader: Reader) -> float:
        return 2 / (float(reader(f"{table}.mean[{keys}]")) or float("nan"))

    def choose(reader: Reader) -> str:
        refused = reader(f"{table}.refused[{keys}]")
        mean = reader(f"{table}.mean[{keys}]")
        return "" if refused or formats.is_missing(mean) else "text"

    return Sentence(f"level-{name}", choose, facts={"between": Fact(between)})


def _conclusion(reader: Reader) -> str:
    found = direction(reader, PROGRAM)
    if found in ("positive", "negative") and AMONG_ALL[PROGRAM](reader) == "unclear":
        return "alone"
    wide = found == "null" and not reader("tbl-1.mde_relative[program,long]") <= WIDE
    return "wide" if wide else found


def _excluded(reader: Reader) -> float:
    """The upper end of the interval relative to the mean."""
    high, mean = (
        reader(f"tbl-1.{part}") for part in ("estimate[program,long].high", "mean[program,long]")
    )
    return float(relative(high, mean))


def _everything(reader: Reader) -> str:
    if not reader("tbl-3.n_tests"):
        return "refused"
    if not reader("tbl-3.n_found"):
        return "none"
    return "some" if reader("tbl-3.n_holm") else "alone"


def _found(reader: Reader) -> str:
    """The effects of tables 1 to 3 that stand out one by one."""
    told = []
    for label in COMPARISONS:
        there = reader.at(label)
        rows = there.rows[there.rows["p_value"] < LIMIT]
        told += [
            ", ".join(there.named(key, str(row[key])).lower() for key in JOINED)
            for row in rows.to_dict("records")
        ]
    return "; ".join(told)


def built_in(reader: Reader) -> pd.DataFrame:
    """The effects of the answer: interval, what simulated registers were made with, and if sure."""
    rows = pd.concat([rule.rows(reader) for rule in (FOLLOWED, WORKED)])
    ends = pd.concat([reader.frame(label) for label in (FOLLOWED.label, WORKED.label)])
    ends = ends[[*JOINED, "ci_low", "ci_high"]].set_axis([*JOINED, "low", "high"], axis=1)
    known = reader.frame("tbl-published")[[*JOINED, "coefficient"]]
    known = known.rename(columns={"coefficient": "truth"})
    return rows.merge(ends, on=JOINED).merge(known, how="left", on=JOINED)


def _built_in(reader: Reader) -> str:
    return claims.recovered(built_in(reader)) if reader.common("simulated") else ""


def _not_found(reader: Reader) -> list[str]:
    """Outcomes with an effect that is there by construction, and that is not called sure."""
    rows = built_in(reader)
    rows = rows[rows["truth"].ne(0) & rows["several"].eq(False)]
    return [reader.named("outcome", str(one)).lower() for one in rows["outcome"]]


def _missed(reader: Reader) -> str:
    return "text" if _built_in(reader) and _not_found(reader) else ""


def _reservation(reader: Reader) -> str:
    return "simulated" if reader.output.origin == "simulated" else "register"


def _warning(row: str) -> Sentence:
    """That the gap moved before July 2017, where there is an effect to warn of."""
    outcome = row.split(":")[1].split(",")[0]

    def choose(reader: Reader) -> str:
        refused = reader("{}.refused[{}]".format(*row.split(":")))
        return "text" if not refused and moved(reader, outcome) else ""

    return Sentence("trend-warning", choose)


def _after(name: str, row: str) -> tuple[Sentence, ...]:
    """What follows an effect: whether it is sure among all, its level, and a warning."""
    return _alone(row), _level(name, row), _warning(row)


def answer(reader: Reader) -> str:
    """Whether programmes and dialogue changed, by their two tests among all."""
    return FOLLOWED(reader) or "refused"


def _answer_work(reader: Reader) -> str:
    """Whether work changed, worded to follow what is said of follow-up."""
    found, before = WORKED(reader) or "refused", answer(reader)
    return f"{found}_too" if found == before and found in ("unclear", "refused") else found


def _answer_ended(reader: Reader) -> str:
    """Whether the end of benefit changed, and whether follow-up did; silent where it is unsure."""
    found = LEFT(reader)
    if found not in ("up", "down"):
        return ""
    return found if answer(reader) == "unclear" else f"{found}_followed"


def _detectable(reader: Reader) -> str:
    """What a null result would have missed: of follow-up, of work, or of both."""
    program, work = (rule(reader) in ("unclear", "some") for rule in (FOLLOWED, WORKED))
    return "both" if program and work else "program" if program else "work" if work else ""


def _answer_moved(reader: Reader) -> str:
    """That a gap moved before July 2017, where something is answered at all."""
    told = ((FOLLOWED, ("program", "dialogue")), (WORKED, ("work",)))
    watched = [outcome for rule, own in told if rule(reader) for outcome in own]
    return "text" if any(moved(reader, outcome) for outcome in watched) else ""


def _printed(reader: Reader, outcome: str, column: str) -> Any:
    """A column of the printed effect on an outcome in the long window."""
    rows = reader.frame("tbl-published").set_index(list(JOINED))
    return rows.loc[(outcome, *LONG), column]


def _size(reader: Reader, outcome: str, errors: float = 0) -> float:
    """How large a printed effect is, or an end of its interval, so many standard errors away."""
    size = abs(float(_printed(reader, outcome, "printed_estimate")))
    return size + errors * float(_printed(reader, outcome, "printed_std_error"))


def _answer_published(reader: Reader) -> str:
    """What the document found on exits: down where both are, and have its stars."""
    if reader.frame("tbl-published").set_index(list(JOINED)).index.intersection(EXITS).size < 2:
        return ""
    fell = [
        _printed(reader, outcome, "printed_estimate") < 0
        and str(_printed(reader, outcome, "printed_stars")).startswith("*")
        for outcome, _ in EXITS
    ]
    return "down" if all(fell) else "other"


EXITS = [("work", *LONG), ("ended", *LONG)]
PUBLISHED = {outcome: Fact(partial(_size, outcome=outcome), "pp2") for outcome, _ in EXITS} | {
    f"{outcome}_{name}": Fact(partial(_size, outcome=outcome, errors=errors), "hundred2")
    for outcome, _ in EXITS
    for name, errors in (("low", -Z95), ("high", Z95))
}
MISSED = {"names": Fact(lambda reader: formats.listed(_not_found(reader)), "text")}
BUILT_IN = (
    Sentence(
        "built-in",
        _built_in,
        facts={
            "inside": Fact(lambda reader: claims.holding(built_in(reader))),
            "effects": Fact(lambda reader: len(built_in(reader))),
        },
        then=(
            Sentence(
                "built-in-missed",
                _missed,
                facts=MISSED,
            ),
        ),
    ),
)
SUMMARY_SENTENCES = (
    Sentence(
        "answer",
        answer,
        facts=claims.opening(answer),
        then=(
            Sentence("answer-work", _answer_work),
            Sentence("answer-ended", _answer_ended),
            Sentence("answer-detectable", _detectable),
            Sentence("answer-missed", _missed, facts=MISSED),
            Sentence("answer-moved", _answer_moved),
        ),
    ),
    Sentence("answer-published", _answer_published, facts=PUBLISHED),
    *claims.key_figures("program", "dialogue", "work"),
    Sentence(
        "key-level",
        claims.any_shown(
            "tbl-1.estimate[program,long]",
            "tbl-1.estimate[dialogue,long]",
            "tbl-3.estimate[work,long]",
        ),
    ),
    Sentence("who"),
    Sentence("answer-not"),
    Sentence("reservation", _reservation),
    Sentence("summary-program", _program, then=_after("program", PROGRAM)),
    Sentence("summary-dialogue", _dialogue, then=_after("dialogue", DIALOGUE)),
    Sentence("summary-work", _work, then=_after("work", WORK)),
    Sentence("summary-all", _everything, facts={"names": Fact(_found, "text")}, then=BUILT_IN),
    Sentence(
        "conclusion",
        _conclusion,
        facts={"ci_high_relative": Fact(_excluded, "share0")},
        then=(_warning(PROGRAM),),
    ),
)


SENTENCES = (*SUMMARY_SENTENCES, *EFFECTS_SENTENCES)
