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

from naveval.disclosure import counts, keys, magnitudes
from naveval.disclosure.keys import Secret
from naveval.estimators import overlap
from naveval.exhibits.declare import Exhibit, Fact, Table, Value, When
from naveval.exhibits.reader import Reader
from naveval.studies.programs.codes import ARMS, CONTROL, REST
from naveval.studies.programs.effects import Estimated
from naveval.studies.programs.exhibits.common import (
    SAMPLES,
    STEPS,
    both_ends,
    described,
    group_series,
    plainly,
)
from naveval.studies.programs.exhibits.definitions import doubted
from naveval.studies.programs.exhibits.effects import GROUPS, Frame, fitted, of
from naveval.studies.programs.panel.persons import every
from naveval.studies.programs.results import ProgramResults
from naveval.studies.programs.sample.starts import BINS, WINDOWS

START_GROUPS = (*GROUPS, "other")
HISTORY = ("registered_60", "program_60")
"""Covariates of table B-8 that are months, not categories."""
LARGE = 0.1
"""Standard deviations from which a difference is no longer called small."""
BALANCE = {"tbl-b-4": ARMS[:4], "tbl-b-5": ARMS[4:8], "tbl-b-6": ARMS[8:]}
EDUCATION = ("none", "lower", "academic", "vocational", "upper_other", "higher")


def counted(
    results: ProgramResults, rows: pd.DataFrame, codes: Mapping[str, Sequence[Any]], what: str
) -> pd.DataFrame:
    """Protected distinct persons in every cell of some codes; nobody is 0.

    Parameters
    ----------
    rows
        person, and the columns of `codes`; a person may have several rows.
    codes
        Column to all its codes, in order.
    what
        What is counted, where others are by the same codes.
    """
    secret = _secret(results, what)
    found = keys.cell_keys(rows, list(codes), secret)
    return counts.protect(every(found, codes), ["n"], secret)


def _secret(results: ProgramResults, what: str) -> Secret:
    return keys.secret(results.parameters.origin()).of(f"{results.parameters.county} {what}")


def flow(results: ProgramResults) -> pd.DataFrame:
    """How many persons are left at each step."""
    sample = of(results).main.sample
    persons = {**sample.steps, STEPS[-1]: sample.frame.person.to_numpy()}
    rows = pd.concat([pd.DataFrame({"person": persons[step], "step": step}) for step in STEPS])
    return counted(results, rows, {"step": STEPS}, "flow")


def _shares(
    results: ProgramResults, rows: pd.DataFrame, key: str, codes: Sequence[str]
) -> pd.DataFrame:
    """Percent of each first group with each code."""
    cells = counted(results, rows, {key: codes, "first_group": GROUPS}, key)
    whole = counted(results, rows, {"first_group": GROUPS}, key)
    table = cells.merge(whole.rename(columns={"n": "total"}), on="first_group")
    percent = 100 * counts.share(table["n"], table["total"])
    return table.assign(percent=np.where(table["n"] == 0, np.nan, percent))  # none to five


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
        return counted(results, both, {"arm": arms, "first_group": (*GROUPS, "all")}, sample)

    return made


def windows(results: ProgramResults) -> pd.DataFrame:
    """Table 6-6: starts in months 0–11 and 12–23."""
    rows = of(results).windows
    programs = [name for name in (*ARMS, REST) if (rows["program"] == name).any()]
    return counted(results, rows, {"program": programs, "window": WINDOWS}, "windows")


def followed(results: ProgramResults) -> pd.DataFrame:
    """Table B-3: how often another programme follows within two months."""
    frame = of(results).main.sample.frame
    treated = frame[frame.arm != CONTROL]
    both = pd.concat([treated, treated.assign(arm="all")])
    rows = both[["person", "arm"]].assign(next=np.where(both.program_2 != "", "yes", "no"))
    arms = [arm for arm in (*ARMS, REST, "all") if (rows["arm"] == arm).any()]
    n = counted(results, rows, {"arm": arms}, "followed")
    own = counted(results, rows, {"arm": arms, "next": ("yes", "no")}, "followed")
    own = own[own["next"] == "yes"].set_index("arm")["n"].reindex(n["arm"]).to_numpy()
    percent = 100 * counts.share(own, n["n"])
    return n.assign(n_followed=own, followed=percent, alone=100 - percent)


def means(
    results: ProgramResults, estimated: Estimated, x: pd.DataFrame, sides: Sequence[NDArray]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Protected means of characteristics of some groups of the sample, and how many they are.

    A mean of yes and no is a protected number of persons over another; another mean is a protected
    sum, counted from the least anybody in the sample has, over the persons: missing where fewer
    than twenty have more. Who entered twice counts as the first time.

    Parameters
    ----------
    x
        (n, k) characteristics.
    sides
        (n,) who is in the group, for each group.

    Returns
    -------
    (groups, k) means, (groups,) protected persons.
    """
    secret = _secret(results, f"means of {len(sides)}")
    codes, distinct = pd.factorize(estimated.sample.frame.person.to_numpy())
    record = keys.record_keys(np.asarray(distinct), secret)[codes]
    entered = pd.Series(codes)
    once = np.array([side & ~entered.where(side, -1 - entered).duplicated() for side in sides])
    n = once.sum(axis=1)
    persons = counts.protected_counts(n, once @ record, secret)
    found = np.empty((len(once), x.shape[1]))
    for k, name in enumerate(x):
        values = x[name].to_numpy(float)
        more = values - values.min()
        own = once & (more > 0)
        n_with, with_key = own.sum(axis=1), own @ record
        if np.isin(more, (0, 1)).all():
            found[:, k] = counts.share(
                counts.protected_counts(n_with, with_key, secret, str(name)), persons
            )
        else:
            sums = magnitudes.protected_sums(
                own @ more, n_with, with_key, secret, cap=more.max(), where=str(name)
            )
            found[:, k] = np.where(n > 0, sums, np.nan) / np.maximum(n, 1)
        found[:, k] += values.min()
    return found, persons


def yes_or_no(x: pd.DataFrame) -> NDArray[np.bool_]:
    """Which characteristics are only had or not."""
    return x.isin([0, 1]).all().to_numpy()


def compared(
    results: ProgramResults, estimated: Estimated, x: pd.DataFrame, arms: Sequence[str]
) -> pd.DataFrame:
    """Treated against controls, before and after weighting.

    Means of treated and of controls are protected, and so is the spread of what is had or not: in
    truth a difference would tell how many of the treated have it. The weighted mean is the model's.

    Returns
    -------
    arm, covariate, treated, weighted (means), smd_raw, smd_weighted, std_error (of both), n
    (protected), few (the protected treated who have it are 0, so none to five), size (of controls
    that count alike), events and others (controls with and without what is had or not).
    """
    made, binary = estimated.scores, yes_or_no(x)
    sides = [made.arm == code for code in (0, *(made.arms.index(arm) for arm in arms))]
    mean, persons = means(results, estimated, x, sides)
    having = x[sides[0]].sum().to_numpy(float)
    behind = {"events": having, "others": sides[0].sum() - having}
    behind = {name: np.where(binary, one, np.inf) for name, one in behind.items()}
    variance, parts = mean * (1 - mean), []
    for k, arm in enumerate(arms, start=1):
        code = made.arms.index(arm)
        table = overlap.balance(made, code, x.to_numpy(), list(x))
        size = overlap.effective_size(overlap.control_weights(made, code))
        within = np.where(binary, (variance[k] + variance[0]) / 2, 0)  # others' are no variances
        spread = np.where(binary, np.sqrt(within), table.spread)
        smd = (mean[k] - np.array([mean[0], table.weighted])) / np.where(spread > 0, spread, np.inf)
        parts.append(
            pd.DataFrame(
                {
                    "arm": arm,
                    "covariate": list(x),
                    "treated": mean[k],
                    "weighted": table.weighted,
                    "smd_raw": smd[0],
                    "smd_weighted": smd[1],
                    "std_error": np.sqrt(1 / max(persons[k], 1) + 1 / size),
                    "n": persons[k],
                    "few": binary & (mean[k] == 0),
                    "size": size,
                    **behind,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def covariates(results: ProgramResults) -> pd.DataFrame:
    """Table 6-4: the covariates with their mean in the sample."""
    main = of(results).main
    table = main.covariates
    found, persons = means(results, main, table, [np.ones(len(table), dtype=bool)])
    mean = found[0]
    binary = yes_or_no(table)
    within = np.where(binary, mean * (1 - mean), 0)
    spread = np.where(binary, np.sqrt(within), table.std().to_numpy(float))
    error = spread / np.sqrt(persons[0])
    return pd.DataFrame(
        {"covariate": list(table), "mean": mean, "std_error": error, "n": persons[0]}
    )


def indicators(estimated: Estimated) -> pd.DataFrame:
    """0/1 columns "characteristic|category" of tables B-4 to B-6."""
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
    return pd.DataFrame(
        {
            f"{characteristic}|{category}": (values == category).to_numpy().astype(float)
            for characteristic, values in chosen.items()
            for category in values.cat.categories
        }
    )


def balance(label: str) -> Frame:
    """Tables B-4 to B-6: treated and weighted controls by characteristic, in percent."""

    def made(results: ProgramResults) -> pd.DataFrame:
        main = of(results).main
        arms = [arm for arm in BALANCE[label] if arm in main.scores.arms]
        table = compared(results, main, indicators(main), arms)
        share = table["weighted"].clip(0, 1)
        key = table.pop("covariate").str.split("|", expand=True)
        return table.assign(
            characteristic=key[0],
            category=key[1],
            treated=100 * table["treated"],
            control=100 * share,
            control_error=100 * np.sqrt(share * (1 - share) / table["size"]),
            smd=table["smd_weighted"],
            smd_error=table["std_error"],
        ).drop(columns=["weighted", "smd_raw", "smd_weighted", "std_error", "size"])

    return made


def aft_participants(results: ProgramResults) -> pd.DataFrame:
    """Table B-8: AFT participants in three samples, in percent, and months with Nav before."""
    parts = []
    for sample in SAMPLES:
        estimated = of(results).main if sample == "main" else of(results).robust.get(sample)
        rows = None if estimated is None else (estimated.sample.frame.program == "AFT").to_numpy()
        if estimated is None or rows is None or not rows.any():
            continue
        months = estimated.covariates[list(HISTORY)].add_prefix("history|")
        x = pd.concat([indicators(estimated), months], axis=1)
        (mean,), (n,) = means(results, estimated, x, [rows])
        share, key = yes_or_no(x), x.columns.str.split("|", expand=True)
        found = pd.DataFrame(key.to_list(), columns=["characteristic", "category"])
        value, n_with = np.where(share, 100 * mean, mean.round(1)), np.where(share, n * mean, n)
        value = np.where(n_with == 0, np.nan, value)  # none to five, which may be many percent
        parts.append(found.assign(value=value, n_with=n_with.round(), n=n, sample=sample))
    return pd.concat(parts, ignore_index=True)


def _has_arms(label: str, results: ProgramResults) -> bool:
    return any(arm in BALANCE[label] for arm in of(results).main.arms)


def _merged(reader: Reader) -> str:
    """The programmes counted as Annet, by name."""
    return plainly(reader, *reader.common("merged")) or "–"


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
        facts={
            **both_ends("n", "program", "int", at=("window", WINDOWS[0])),
            "doubt": Fact(doubted, "text"),
        },
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
        facts={"n": Fact(lambda reader: len(reader.rows))},
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
            events=True,
            shown=("treated",),
            few=("treated", "smd", "smd_error"),
            facts={
                "above": Fact(lambda reader: int((reader.rows["smd"].abs() > LARGE).sum())),
                "total": Fact(lambda reader: int(reader.rows["smd"].notna().sum())),
            },
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
