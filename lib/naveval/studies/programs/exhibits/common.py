"""Values of a run that concern no person, the codes that texts may name, and printed numbers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from naveval.disclosure.thresholds import thresholds
from naveval.estimators.cost_benefit.inputs import Scenarios
from naveval.estimators.cost_benefit.net_benefit import TOTAL
from naveval.exhibits import appendix, printed
from naveval.exhibits.claims import LEVEL, holding, holds, recovered
from naveval.exhibits.declare import Codes, Exhibit, Fact, Sentence, Value
from naveval.exhibits.protect import Descriptive
from naveval.exhibits.reader import Reader
from naveval.project import formats
from naveval.project.normal import Z95, reach
from naveval.studies.programs.codes import ARMS, CONTROL, GROUPS, REST, STATES, STATUS_CODES
from naveval.studies.programs.costs.reconcile import BASES, LABELS, SUBJECTS, UNITS
from naveval.studies.programs.effects import Estimated
from naveval.studies.programs.panel.persons import CATEGORIES, CHARACTERISTICS
from naveval.studies.programs.panel.use import KINDS, MONTHS
from naveval.studies.programs.results import ProgramResults
from naveval.studies.programs.sample.covariates import COVARIATES, SPELL, spell_category
from naveval.studies.programs.sample.starts import BINS, WINDOWS

STATUSES = (*STATUS_CODES.values(), "not_registered")
PRINTED = "_printed"
SERIES = (
    "att",
    "ate",
    "main",
    "chains",
    "two_years",
    "reduced_capacity",
    "one_year_clean",
    *STATUSES[:3],
)
STEPS = ("registered", "no_program_before", "under_60", "moved_on", "sample")
PROGRAMS = ("program", "arm")
"""Keys whose codes are programmes, with plain names for running text."""
PARTS = ("people", "outcomes", "effects", "costs")
SIGNS = ("positive", "negative", "unclear")
LONGEST = 12
"""Rows that the annex tells of its longest tables."""
MIN_GATE = 150
"""Fewest persons in a county's part of the effect sample for numbers of its own."""
SAMPLES = ("main", "one_year_clean", "reduced_capacity")


@lru_cache(maxsize=1)
def printed_numbers() -> pd.DataFrame:
    """Every printed number that belongs to an exhibit."""
    return printed.read("programs")


def beside(
    frame: pd.DataFrame,
    results: ProgramResults,
    label: str,
    keys: Sequence[str],
    values: Sequence[str],
) -> pd.DataFrame:
    """The frame with the printed number of each value beside it, `<value>_printed`.

    They are about the whole country, and missing elsewhere.
    """
    given = printed_numbers()
    index = pd.MultiIndex.from_frame(frame[list(keys)].astype(str))
    for value in values:
        own = given[(given["label"] == label) & (given["value"] == value)]
        number = own.set_index(list(keys))["printed"].reindex(index).to_numpy(float)
        frame = frame.assign(**{value + PRINTED: np.nan if results.parameters.county else number})
    return frame


def described(
    label: str,
    data: Callable[[ProgramResults], pd.DataFrame],
    keys: tuple[str, ...],
    values: Mapping[str, Value],
    rests: Mapping[str, str] | None = None,
    *,
    counts: Sequence[str] = ("n",),
    printed: Sequence[str] = (),
    **more: Any,
) -> Exhibit[ProgramResults]:
    """An exhibit computed from protected counts of persons.

    Parameters
    ----------
    rests
        Value to the protected persons it rests on.
    counts
        Other columns of protected persons.
    printed
        Values with a column of printed numbers beside them.
    """
    rests = rests or {}
    shown = {f"{one}{PRINTED}": _printed(values[one]) for one in printed}

    def made(results: ProgramResults) -> pd.DataFrame:
        frame = data(results)
        return beside(frame, results, label, keys, printed) if printed else frame

    protect = Descriptive(rests, counts=(*counts, *rests.values()), few=True)
    return Exhibit(label, made, keys, {**values, **shown}, protect, **more)


def _printed(value: Value) -> Value:
    """The printed number beside a value, in the same format."""
    kinds = {code: _printed(kind) for code, kind in value.kinds.items()}
    return Value(value.format, by=value.by, kinds=kinds, source="published")


def extreme(
    value: str,
    code: str,
    form: str,
    *,
    least: bool = False,
    last: str = "",
    at: tuple[str, str] = ("", ""),
) -> dict[str, Fact]:
    """The code with the largest (or least) shown number, and the number, as facts.

    They are called `best` and `best_<value>`, or `worst` and so on; with `last` only rows at
    the last code of that key count, with `at` those of a key and code.
    """
    name, (key, only) = "worst" if least else "best", at

    def row(reader: Reader) -> Any:
        rows = reader.rows
        rows = rows[rows[last] == rows[last].max()] if last else rows
        rows = rows[rows[key] == only] if key else rows
        return rows.sort_values(value, ascending=least, na_position="last").iloc[0]

    def called(reader: Reader) -> str:
        found = str(row(reader)[code])
        return plainly(reader, found) if code in PROGRAMS else reader.named(code, found)

    return {
        name: Fact(called, "text"),
        f"{name}_{value}": Fact(lambda reader: row(reader)[value], form),
    }


def both_ends(value: str, code: str, form: str, **how: Any) -> dict[str, Fact]:
    """The largest and the least, as `extreme` tells each."""
    return extreme(value, code, form, **how) | extreme(value, code, form, least=True, **how)


def plainly(reader: Reader, *programs: str) -> str:
    """Programmes in running text, as «arbeidstrening og oppfølging»; a chain keeps its name."""
    named = [program if ", " in program else reader.named("plain", program) for program in programs]
    return formats.listed(named)


def has(reader: Reader, *parts: str) -> bool:
    """Whether a run has parts, of those that may be left out."""
    return set(parts) <= set(reader.common("parts"))


def treated(reader: Reader) -> int:
    """Persons on a programme with an effect of its own, as shown for each, to the nearest ten."""
    rows = reader.frame("tbl-6-3")
    shown = rows[(rows["first_group"] == "all") & rows["arm"].isin(ARMS)]
    return int(formats.rounded(shown["n"].sum(), 10))


def wording(signs: Iterable[str]) -> str:
    """Which tested signs there are: "both", "positive", "negative" or "none"; "" without any."""
    there = set(signs)
    clear = [sign for sign in SIGNS[:2] if sign in there]
    if not there:
        return ""
    return "both" if len(clear) > 1 else clear[0] if clear else "none"


def counted_signs(rows: Callable[[Reader], pd.DataFrame]) -> dict[str, Fact]:
    """How many of some rows have each tested `sign`, as facts."""

    def counted(sign: str) -> Fact:
        return Fact(lambda reader: int((rows(reader)["sign"] == sign).sum()))

    return {sign: counted(sign) for sign in SIGNS}


COMMON: Mapping[str, Fact] = {
    "county": Fact(lambda results: results.parameters.county, "text"),
    "most_changed": Fact(lambda _: thresholds().counts.largest_change),
    "few": Fact(lambda _: formats.FEW, "text"),
    "sampled": Fact(lambda results: results.effects.main.sample.frame["person"].nunique()),
    "merged": Fact(lambda results: list(results.effects.main.sample.merged), "text"),
    "trees": Fact(lambda results: results.effects.settings.options.trees),
    "folds": Fact(lambda results: results.effects.settings.folds),
    "min_arm": Fact(lambda results: results.effects.settings.min_arm),
    "truth_known": Fact(lambda results: results.effects.truth is not None),
    "clip": Fact(lambda results: results.effects.settings.clip, "num3"),
    "repetitions": Fact(lambda results: results.parameters.splits),
    "parts": Fact(
        lambda results: [name for name in PARTS if getattr(results, name) is not None], "text"
    ),
    "has_rule": Fact(lambda results: results.rule is not None, "text"),
    "scale": Fact(lambda results: results.parameters.simulated_scale(), "size"),
    "rule_programs": Fact(lambda results: results.rule.programs, "text"),
    "in_county": Fact(lambda results: int(results.effects.in_county.sum()) >= MIN_GATE, "text"),
    "rule_gives": Fact(lambda results: results.rule.gives, "text"),
}

CODES: Mapping[str, Codes] = {
    **appendix.CODES,
    "characteristic": ("all", *CHARACTERISTICS, "history"),
    "category": (
        "all",
        "seeker",
        "reduced",
        "registered_60",
        "program_60",
        *dict.fromkeys(c for group in CATEGORIES.values() for c in group),
    ),
    "population": ("first", "other", "all", "months"),
    "status": ("all", *STATUSES),
    "source": STATUSES,
    "target": STATUSES,
    "program": (*GROUPS, TOTAL),
    "program_1": GROUPS,
    "program_2": GROUPS,
    "program_3": (*GROUPS, "none"),
    "arm": (*ARMS, REST, CONTROL, "all"),
    "series": SERIES,
    "step": STEPS,
    "first_group": (*STATUSES[:3], "all"),
    "wait": BINS,
    "window": WINDOWS,
    "sample": SAMPLES,
    "side": ("treated", "control"),
    "measure": ("autoc", "qini"),
    "method": ("naive", "regression", "matching", "dml"),
    "estimand": ("att", "ate"),
    "scope": ("participants", "spending"),
    "outcome": ("months", "earnings"),
    "covariate": COVARIATES,
    "how": ("used", "plain", "calibrated"),
    "than": ("today", "nobody"),
    "bin": str,
    "clip": lambda code: formats.number(float(code), 3),
    "trim": lambda code: formats.number(float(code), 3),
    "leaf": str,
    "kind": KINDS,
    "group": ("all", *GROUPS, *dict.fromkeys(c for g in CATEGORIES.values() for c in g)),
    "state": STATES,
    "k": tuple(str(k) for k in range(25)),
    "month": ("mean", *(str(k) for k in (0, *MONTHS))),
    "assumption": ("base", *Scenarios.model_fields),
    "level": lambda code: (
        formats.share(float(code), 1 if float(code) * 100 % 1 else 0) if code else ""
    ),
    "basis": (*BASES, "all"),
    "where": LABELS,
    "doubt": str,
    "subject": SUBJECTS,
    "cell": tuple(UNITS),
    "input": str,
    "item": str,
    "case": ("ordinary", "extended"),
    "months": str,
    "convention": ("month_0", "month_1"),
    "year": str,
    "figure": str,
    "after": str,
    "m": str,
    "code": str,
    "activity": str,
    "start": str,
}


def by_program(reader: Reader, label: str, value: str) -> pd.Series:
    """A value of an exhibit by programme."""
    found = reader.frame(label).set_index("program")[value]
    return pd.Series(found)


def modal(rows: pd.DataFrame) -> pd.Series:
    """Per group the programme that surely more start with than any other; "" where none is.

    Sure is a lead over the next that chance does not explain when every group's first programme is
    tested against all its others (Bonferroni), and that the counts' noise cannot make.

    Parameters
    ----------
    rows
        The group's keys, program, percent of `total` persons in the group, and `n` of them.
    """
    rows = rows.dropna(subset=["percent"])
    groups = rows.groupby(["characteristic", "category"], sort=False)
    tests = max(len(rows) - groups.ngroups, 1)
    found = {}
    for group, own in groups:
        first = own.nlargest(2, "percent")
        share, noise = first["percent"] / 100, thresholds().counts.largest_change / first["total"]
        lead = share.max() - share.min()
        error = np.sqrt((share.sum() - lead**2) / first["total"].iloc[0])
        clear = len(first) > 1 and lead > reach(1 - LEVEL / tests) * error + noise.sum()
        found[group] = str(first["program"].iloc[0]) if clear else ""
    return pd.Series(found, dtype=object)


def ranked(name: str, place: int) -> dict[str, Fact]:
    """The programme at a place of the ranking by net benefit, and its number with interval."""

    def row(reader: Reader) -> Any:
        rows = reader.frame("tbl-uncertainty")
        return rows.sort_values("net_benefit", ascending=False).iloc[place]

    def number(column: str) -> Fact:
        return Fact(lambda reader: row(reader)[column], "nok1000")

    parts = {"net": "net_benefit", "low": "ci_low", "high": "ci_high"}
    return {
        name: Fact(lambda reader: plainly(reader, row(reader)["program"]), "text"),
        **{f"{name}_{part}": number(column) for part, column in parts.items()},
    }


AGE_EDGES = (20, 30, 40, 50)


GROUPS_OF = {
    "status": ("seeker", "reduced"),
    "sex": ("man", "woman"),
    "age_group": ("under_20", "20_29", "30_39", "40_49", "50_59"),
    "country": ("0", "1", "2", "3"),
    "spell": SPELL,
}
"""Characteristic of table 6-7 to its groups, the first of them the reference."""


def group_series(estimated: Estimated) -> dict[str, pd.Series]:
    """Groups of table 6-7 by characteristic, first category the reference."""
    x, frame = estimated.covariates, estimated.sample.frame
    country = x[[f"country_{k}" for k in range(4)]].to_numpy().argmax(axis=1)
    codes = {
        "status": np.where(frame.first_group == "special", 1, 0),
        "sex": x.woman.to_numpy().astype(int),
        "age_group": np.digitize(x.age, AGE_EDGES),
        "country": country,
        "spell": spell_category(estimated.sample),
    }
    return {
        key: pd.Series(pd.Categorical.from_codes(values, categories=list(GROUPS_OF[key])))
        for key, values in codes.items()
    }


def built_in(reader: Reader) -> pd.DataFrame:
    """Intervals for those who took part beside what the registers were made with; none if real."""
    if not reader.common("truth_known"):
        return pd.DataFrame(columns=["arm", "low", "high", "truth"])
    rows = reader.frame("tbl-truth")
    rows = rows[rows["estimand"] == "att"].dropna(subset=["months", "std_error"])
    half = Z95 * rows["std_error"]
    return rows.assign(low=rows["months"] - half, high=rows["months"] + half)


def _outside(reader: Reader) -> str:
    """Programmes whose interval does not hold what was put in, in running text."""
    found = built_in(reader)
    return plainly(reader, *found.loc[~holds(found), "arm"])


BUILT_IN = Sentence(
    "built-in",
    lambda reader: recovered(built_in(reader)),
    facts={
        "inside": Fact(lambda reader: holding(built_in(reader))),
        "programmes": Fact(lambda reader: len(built_in(reader))),
        "outside": Fact(_outside, "text"),
    },
)
