"""Section «Hva tiltakene endret»: who the effects are about, and what is known of them.

All counts are of distinct persons and protected by their cell keys, as in parts 1 and 2; shares are
computed from them.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.disclosure import counts, keys
from naveval.estimators import overlap
from naveval.exhibits.claims import told
from naveval.exhibits.declare import Exhibit, Fact, Table, Value, When
from naveval.exhibits.reader import Reader
from naveval.studies.programs.codes import ARMS, CONTROL, REST
from naveval.studies.programs.effects import Estimated
from naveval.studies.programs.exhibits.common import SAMPLES, STEPS, described
from naveval.studies.programs.exhibits.effects import GROUPS, Frame, fitted, of
from naveval.studies.programs.results import ProgramResults
from naveval.studies.programs.sample.covariates import SPELL, spell_category
from naveval.studies.programs.sample.starts import BINS, WINDOWS

START_GROUPS = (*GROUPS, "other")
HISTORY = ("registered_60", "program_60")
"""Covariates of table B-8 that are months, not categories."""
BALANCE = {"tbl-b-4": ARMS[:4], "tbl-b-5": ARMS[4:8], "tbl-b-6": ARMS[8:]}
AGE_EDGES = (20, 30, 40, 50)
AGES = ("under_20", "20_29", "30_39", "40_49", "50_59")
EDUCATION = ("none", "lower", "academic", "vocational", "upper_other", "higher")


def counted(
    results: ProgramResults, rows: pd.DataFrame, codes: Mapping[str, Sequence[Any]]
) -> pd.DataFrame:
    """Protected distinct persons in every cell of some codes; nobody is 0.

    Parameters
    ----------
    rows
        person, and the columns of `codes`; a person may have several rows.
    codes
        Column to all its codes, in order.
    """
    secret = keys.secret(results.parameters.origin())
    found = keys.cell_keys(rows, list(codes), secret).set_index(list(codes))
    whole: Any = pd.MultiIndex.from_product(codes.values(), names=list(codes))
    if len(codes) == 1:
        whole = whole.get_level_values(0)
    filled = found.reindex(whole, fill_value=0).astype(np.int64).reset_index()
    return counts.protect(filled, ["n"], secret)


def flow(results: ProgramResults) -> pd.DataFrame:
    """How many persons are left at each step."""
    sample = of(results).main.sample
    persons = {**sample.steps, STEPS[-1]: sample.frame.person.to_numpy()}
    rows = pd.concat([pd.DataFrame({"person": persons[step], "step": step}) for step in STEPS])
    return counted(results, rows, {"step": STEPS})


def _shares(
    results: ProgramResults, rows: pd.DataFrame, key: str, codes: Sequence[str]
) -> pd.DataFrame:
    """Percent of each first group with each code."""
    cells = counted(results, rows, {key: codes, "first_group": GROUPS})
    whole = counted(results, rows, {"first_group": GROUPS})
    table = cells.merge(whole.rename(columns={"n": "total"}), on="first_group")
    return table.assign(percent=100 * counts.share(table["n"], table["total"]))


def waiting(results: ProgramResults) -> pd.DataFrame:
    """Table 6-1: months to the first programme."""
    rows = of(results).time_to_first.rename(columns={"months": "wait"})
    return _shares(results, rows, "wait", BINS)


def group_at_start(results: ProgramResults) -> pd.DataFrame:
    """Table 6-2: group at the start of the programme, for the treated."""
    frame = of(results).main.sample.frame
    treated = frame[frame.arm != CONTROL]
    status = treated.group_at_start.where(treated.group_at_start.isin(GROUPS), START_GROUPS[-1])
    rows = treated[["person", "first_group"]].assign(status=status)
    return _shares(results, rows, "status", START_GROUPS)


def sizes(sample: str) -> Frame:
    """Persons of a sample by programme and first group, and in all."""

    def made(results: ProgramResults) -> pd.DataFrame:
        estimated = of(results).main if sample == "main" else of(results).robust[sample]
        frame = estimated.sample.frame[["person", "arm", "first_group"]]
        both = pd.concat([frame, frame.assign(first_group="all")])
        arms = (CONTROL, *estimated.arms)
        return counted(results, both, {"arm": arms, "first_group": (*GROUPS, "all")})

    return made


def windows(results: ProgramResults) -> pd.DataFrame:
    """Table 6-6: starts in months 0–11 and 12–23."""
    rows = of(results).windows
    programs = [name for name in (*ARMS, REST) if (rows["program"] == name).any()]
    return counted(results, rows, {"program": programs, "window": WINDOWS})


def followed(results: ProgramResults) -> pd.DataFrame:
    """Table B-3: how often another programme follows within two months."""
    frame = of(results).main.sample.frame
    treated = frame[frame.arm != CONTROL]
    both = pd.concat([treated, treated.assign(arm="all")])
    rows = both[["person", "arm"]].assign(next=np.where(both.program_2 != "", "yes", "no"))
    arms = [arm for arm in (*ARMS, REST, "all") if (rows["arm"] == arm).any()]
    n = counted(results, rows, {"arm": arms})
    own = counted(results, rows, {"arm": arms, "next": ("yes", "no")})
    own = own[own["next"] == "yes"].set_index("arm")["n"].reindex(n["arm"]).to_numpy()
    percent = 100 * counts.share(own, n["n"])
    return n.assign(n_followed=own, followed=percent, alone=100 - percent)


def covariates(results: ProgramResults) -> pd.DataFrame:
    """Table 6-4: the covariates with their mean in the sample."""
    table = of(results).main.covariates
    error = table.std().to_numpy(float) / np.sqrt(len(table))
    return pd.DataFrame(
        {
            "covariate": list(table),
            "mean": table.mean().to_numpy(float),
            "std_error": error,
            "n": len(table),
        }
    )


def group_series(estimated: Estimated) -> dict[str, pd.Series]:
    """Groups of table 6-7 by characteristic, first category the reference."""
    x, frame = estimated.covariates, estimated.sample.frame
    country = x[[f"country_{k}" for k in range(4)]].to_numpy().argmax(axis=1)
    codes = {
        "status": (np.where(frame.first_group == "special", 1, 0), ("seeker", "reduced")),
        "sex": (x.woman.to_numpy().astype(int), ("man", "woman")),
        "age_group": (np.digitize(x.age, AGE_EDGES), AGES),
        "country": (country, ("0", "1", "2", "3")),
        "spell": (spell_category(estimated.sample), SPELL),
    }
    return {
        key: pd.Series(pd.Categorical.from_codes(values, categories=list(categories)))
        for key, (values, categories) in codes.items()
    }


def indicators(estimated: Estimated) -> dict[tuple[str, str], NDArray[np.float64]]:
    """0/1 columns of the characteristics of tables B-4 to B-6."""
    groups = group_series(estimated)
    first = pd.Series(pd.Categorical(estimated.sample.frame.first_group, categories=list(GROUPS)))
    level = np.array([0, 1, 1, 2, 3, 4, 5, 5])[estimated.covariates.education.astype(int)]
    level[estimated.covariates.education_unknown.astype(bool)] = 0
    chosen = {
        "status": first,
        "sex": groups["sex"],
        "age_group": groups["age_group"],
        "country": groups["country"],
        "education6": pd.Series(pd.Categorical.from_codes(level, categories=list(EDUCATION))),
        "spell": groups["spell"],
    }
    return {
        (characteristic, str(category)): (values == category).to_numpy().astype(float)
        for characteristic, values in chosen.items()
        for category in values.cat.categories
    }


def _percent(results: ProgramResults, estimated: Estimated, rows: Any) -> pd.DataFrame:
    """Protected percent of some persons with each characteristic: n_with, n, percent."""
    person = estimated.sample.frame.person.to_numpy()[rows]
    columns = indicators(estimated)
    parts = [
        pd.DataFrame({"person": person[values[rows] > 0], "cell": "|".join(key)})
        for key, values in columns.items()
    ]
    names = ["|".join(key) for key in columns]
    cells = counted(results, pd.concat(parts), {"cell": names})
    whole = counted(results, pd.DataFrame({"person": person, "cell": "all"}), {"cell": ("all",)})
    found = pd.DataFrame(list(columns), columns=["characteristic", "category"])
    n = int(whole["n"].iloc[0])
    percent = 100 * counts.share(cells["n"], np.full(len(cells), n))
    return found.assign(n_with=cells["n"].to_numpy(), n=n, percent=percent)


def balance(label: str) -> Frame:
    """Tables B-4 to B-6: treated and weighted controls by characteristic, in percent."""

    def made(results: ProgramResults) -> pd.DataFrame:
        main = of(results).main
        made = main.scores
        columns = indicators(main)
        x = np.column_stack(list(columns.values()))
        parts = []
        for arm in (arm for arm in BALANCE[label] if arm in made.arms):
            code = made.arms.index(arm)
            table = overlap.balance(made, code, x, [str(key) for key in columns])
            size = overlap.effective_size(overlap.control_weights(made, code))
            treated = _percent(results, main, made.arm == code)
            share = table.weighted.clip(0, 1).to_numpy()
            error = np.sqrt(share * (1 - share) / size)
            parts.append(
                treated.drop(columns="n_with")
                .rename(columns={"percent": "treated"})
                .assign(
                    arm=arm,
                    control=100 * share,
                    control_error=100 * error,
                    smd=table.smd_weighted.to_numpy(),
                    smd_error=np.sqrt(1 / treated["n"] + 1 / size),
                )
            )
        return pd.concat(parts, ignore_index=True)

    return made


def aft_participants(results: ProgramResults) -> pd.DataFrame:
    """Table B-8: AFT participants in three samples, in percent, and months with Nav before."""
    parts = []
    for sample in SAMPLES:
        estimated = of(results).main if sample == "main" else of(results).robust.get(sample)
        rows = None if estimated is None else (estimated.sample.frame.program == "AFT").to_numpy()
        if estimated is None or rows is None or not rows.any():
            continue
        found = _percent(results, estimated, rows).rename(columns={"percent": "value"})
        months = estimated.covariates.loc[rows, list(HISTORY)]
        history = pd.DataFrame(
            {
                "characteristic": "history",
                "category": list(HISTORY),
                "value": months.mean().to_numpy(float).round(1),
                "n": found["n"].iloc[0],
                "n_with": found["n"].iloc[0],
            }
        )
        parts.append(pd.concat([found, history]).assign(sample=sample))
    return pd.concat(parts, ignore_index=True)


def _has_arms(label: str, results: ProgramResults) -> bool:
    return any(arm in BALANCE[label] for arm in of(results).main.arms)


def _merged(reader: Reader) -> str:
    """The programmes counted as Annet, by name."""
    return ", ".join(reader.common("merged")) or "–"


PERSONS = {"n": Value("int", "persons", estimand="persons")}
SHARE = Value("num1", "percent", estimand="share")
BY_GROUP = ("first_group",)
EXHIBITS: tuple[Exhibit[ProgramResults], ...] = (
    described(
        "tbl-flow",
        flow,
        ("step",),
        PERSONS,
        facts={"merged": Fact(_merged, "text")},
        finding=told,
    ),
    *(
        described(
            label,
            data,
            (key, *BY_GROUP),
            {"percent": SHARE},
            {"percent": "n"},
            view=Table(spread=BY_GROUP),
            counts=("n", "total"),
            printed=("percent",),
        )
        for label, data, key in (
            ("tbl-6-1", waiting, "wait"),
            ("tbl-6-2", group_at_start, "status"),
        )
    ),
    described(
        "tbl-6-3",
        sizes("main"),
        ("arm", *BY_GROUP),
        PERSONS,
        view=Table(spread=BY_GROUP),
        printed=("n",),
    ),
    described(
        "tbl-b-7",
        sizes("reduced_capacity"),
        ("arm", *BY_GROUP),
        PERSONS,
        view=Table(spread=BY_GROUP),
        printed=("n",),
        only={"first_group": ("all",)},
        when=When(lambda results: "reduced_capacity" in of(results).robust),
    ),
    described(
        "tbl-6-6",
        windows,
        ("program", "window"),
        {"n": Value("int", "persons", estimand="starts")},
        view=Table(spread=("window",)),
        printed=("n",),
    ),
    described(
        "tbl-b-3",
        followed,
        ("arm",),
        {"n": Value("int"), "alone": Value("num1"), "followed": SHARE},
        {"followed": "n_followed", "alone": "n_followed"},
        printed=("followed",),
    ),
    fitted(
        "tbl-6-4",
        covariates,
        ("covariate",),
        {"mean": Value("num2", "as measured", estimand="mean", se="std_error")},
    ),
    *(
        fitted(
            label,
            balance(label),
            ("characteristic", "category", "arm"),
            {
                "treated": Value("num0", "percent", estimand="share"),
                "control": Value("num0", "percent", se="control_error", estimand="weighted share"),
                "smd": Value("num2", se="smd_error"),
            },
            view=Table(spread=("arm",)),
            shown=("treated",),
            when=When(partial(_has_arms, label)),
        )
        for label in BALANCE
    ),
    described(
        "tbl-b-8",
        aft_participants,
        ("characteristic", "category", "sample"),
        {
            "value": Value(
                by="characteristic",
                kinds={
                    "history": Value("num1", "months", estimand="mean"),
                    **dict.fromkeys(
                        ("status", "sex", "age_group", "country", "education6", "spell"),
                        Value("num0", "percent", estimand="share"),
                    ),
                },
            )
        },
        {"value": "n_with"},
        view=Table(spread=("sample",)),
        when=When(lambda results: (of(results).main.sample.frame.program == "AFT").any()),
    ),
)
