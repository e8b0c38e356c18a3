"""What the programmes changed: from registers to scores, for every sample of chapter 6.

Estimand: the effect of starting a first programme within a year of registration, against not
starting any in that year, for those who started (ATET) and for everyone (ATE). Comparison:
people with the same covariates, weighted. Threats: unobserved selection, too little overlap,
and controls who left before they could start; diagnostics for each are made from the same
score object. Inference: influence functions, clustered on persons who enter twice.

The true effects of simulated registers beside the estimates.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.estimators import crossfit, scores
from naveval.estimators.crossfit import Nuisances
from naveval.estimators.forests import ForestOptions
from naveval.estimators.scores import Scores
from naveval.project import store
from naveval.project.errors import EstimationError
from naveval.registers import reading
from naveval.registers.reading import Registers
from naveval.studies.programs.codes import ARMS, CHAINS, CONTROL, REST, STATUS_CODES
from naveval.studies.programs.sample import covariates as programs_sample_covariates
from naveval.studies.programs.sample import persons, starts
from naveval.studies.programs.sample.persons import Sample, design
from naveval.studies.programs.sample.starts import (
    arm_codes,
    arms_of,
    draw_pseudo_starts,
    months_after,
    outcomes,
    placebo,
)

FIRST_GROUPS = ("standard", "situational", "special")
MOVED_ON = tuple(code for code, name in STATUS_CODES.items() if name in ("situational", "special"))
PLACEBO = "placebo"
TINY = 25
"""Fewest persons of an arm, whatever `min_arm` says."""


@dataclass(frozen=True)
class Settings:
    """How effects are estimated.

    Attributes
    ----------
    options
        How forests are grown.
    folds
        Cross-fitting folds.
    min_arm
        Programmes with fewer persons are counted as Annet.
    clip, trim
        Bounds on propensities, see `scores.doubly_robust`.
    unknown_to_rest
        Count unknown activity codes as Annet; otherwise they are an error.
    seed
        Seed of pseudo-starts and folds.
    cache
        Folder for finished forests; None keeps nothing.
    progress
        Called with a line of text as forests finish.
    """

    options: ForestOptions
    folds: int = 5
    min_arm: int = 150
    clip: float = 0.002
    trim: float = 0.0
    unknown_to_rest: bool = False
    seed: int = 1
    cache: Path | None = None
    progress: Callable[[str], None] | None = None


@dataclass(frozen=True)
class Estimated:
    """One sample, estimated.

    Attributes
    ----------
    variant
        Which sample.
    sample, covariates
        People, and their (n, 51) covariates.
    nuisances, scores
        What every effect is made from; outcomes include the placebo.
    effects
        One row per arm, outcome and estimand ("att", "ate"), see `scores.effects`.
    years
        Years of outcomes.
    """

    variant: str
    sample: Sample
    covariates: pd.DataFrame
    nuisances: Nuisances
    scores: Scores
    effects: pd.DataFrame
    years: int

    @property
    def arms(self) -> tuple[str, ...]:
        return self.scores.arms[1:]

    @cached_property
    def monthly(self) -> Mapping[str, NDArray[np.bool_]]:
        """Who had work ("months") and pay ("earnings") in each month after the start.

        Each (n, 12 × years): what the outcomes of a year are sums of.
        """
        work, wage = months_after(self.sample, self.years)
        return {"months": work > 0, "earnings": wage > 0}


@dataclass(frozen=True)
class Drawn:
    """A sample with covariates and pseudo-starts, before any effect is estimated."""

    variant: str
    sample: Sample
    covariates: pd.DataFrame
    years: int


@dataclass(frozen=True)
class Samples:
    """All samples of a run, drawn; they are the country's, whatever county the run is for.

    Attributes
    ----------
    drawn
        By variant, the main sample first.
    time_to_first, windows
        Tables 6-1 and 6-6, of the main sample.
    counties
        (n,) where each person of the main sample lived in the year of registration.
    """

    drawn: Mapping[str, Drawn]
    time_to_first: pd.DataFrame
    windows: pd.DataFrame
    counties: pd.Series


def samples(
    registers: Registers, variants: Sequence[persons.Variant], settings: Settings
) -> Samples:
    """The main sample and others, drawn once for the runs of all counties.

    Raises
    ------
    EstimationError, ContractError
        See `draw`.
    """
    return store.cached(
        "programs-samples",
        lambda: _samples(registers, variants, settings),
        key={
            "registers": reading.fingerprint(registers.data, registers.sources),
            "variants": list(variants),
            "settings": [settings.folds, settings.min_arm, settings.unknown_to_rest, settings.seed],
            "options": crossfit.deciding(settings.options),
        },
        code=(__name__,),
    )


def _samples(
    registers: Registers, variants: Sequence[persons.Variant], settings: Settings
) -> Samples:
    wanted: tuple[persons.Variant, ...] = ("main", *variants)
    drawn: Mapping[str, Drawn] = {name: draw(registers, name, settings) for name in wanted}
    main = drawn["main"].sample
    return Samples(
        drawn,
        starts.time_to_first(registers, main),
        starts.windows(registers, main),
        starts.counties(registers, main),
    )


def draw(registers: Registers, variant: persons.Variant, settings: Settings) -> Drawn:
    """Draw a sample with covariates and pseudo-starts.

    Raises
    ------
    EstimationError, ContractError
        Everything that would stop an estimate, before any forest of it is grown.
    """
    fewest = max(settings.min_arm, growable(settings))
    sample = persons.draw(
        registers, variant, min_arm=fewest, unknown_to_rest=settings.unknown_to_rest
    )
    sample = without_tiny_rest(sample, growable(settings))
    table = programs_sample_covariates.covariates(registers, sample)
    arms = arms_of(sample, (*ARMS, REST))
    growing = settings.options.subsample * settings.options.honesty_share
    crossfit.require_arms(arm_codes(sample, arms), arms, settings.folds, growing)
    wanted = design(variant)
    kept, x = draw_pseudo_starts(
        sample, table.to_numpy(), wanted.window, settings.options, seed=settings.seed
    )
    return Drawn(variant, kept, pd.DataFrame(x, columns=table.columns), wanted.years)


def growable(settings: Settings) -> int:
    """Fewest persons of an arm that forests can be grown on in every training sample."""
    options, folds = settings.options, settings.folds
    growing = options.subsample * options.honesty_share * (folds - 1) / folds
    return max(TINY, math.ceil((crossfit.MIN_ARM_PER_FOLD + 1) / growing))


def without_tiny_rest(sample: Sample, fewest: int = TINY) -> Sample:
    """Leave out Annet when too few for any forest; the flow says how many.

    Annet is nobody's estimate of interest, and its people can be neither treated nor controls.
    """
    rest = (sample.frame.arm == REST).to_numpy()
    if not 0 < rest.sum() < fewest:
        return sample
    step = pd.DataFrame([("rest_too_small", int(rest.sum()))], columns=["step", "n"])
    return replace(sample.take(~rest), flow=pd.concat([sample.flow, step], ignore_index=True))


def estimate(
    drawn: Drawn, settings: Settings, *, monthly: bool = True, name: str = ""
) -> Estimated:
    """Cross-fit and score a sample.

    Parameters
    ----------
    monthly
        Work in every month as well as the yearly outcomes.
    name
        Name of the result; default the sample's.
    """
    sample = drawn.sample
    arms = arms_of(sample, (*ARMS, *chain_names(), REST))
    y = outcomes(sample, drawn.years)
    if not monthly:
        y = y[[column for column in y if not column.startswith("work_")]]
    y = pd.concat([y, placebo(sample)], axis=1)
    codes = arm_codes(sample, arms)
    person = sample.frame.person.to_numpy()
    cluster = person if len(np.unique(person)) < len(person) else None
    nuisances = crossfit.crossfit(
        drawn.covariates.to_numpy(),
        codes,
        y.to_numpy(),
        arms=arms,
        outcomes=list(y.columns),
        options=settings.options,
        n_folds=settings.folds,
        cluster=cluster,
        cache=settings.cache,
        progress=settings.progress,
    )
    made = scores.doubly_robust(
        y.to_numpy(), codes, nuisances, clip=settings.clip, trim=settings.trim, cluster=cluster
    )
    table = pd.concat([scores.effects(made, "att"), scores.effects(made, "ate")], ignore_index=True)
    return Estimated(
        name or drawn.variant, sample, drawn.covariates, nuisances, made, table, drawn.years
    )


def chain_names() -> tuple[str, ...]:
    """Names of the five chains as arms."""
    return tuple(f"{first}, deretter {second}" for first, second in CHAINS)


def chains(drawn: Drawn, settings: Settings) -> Estimated:
    """Effects of the five common chains as arms of their own, beside all other programmes.

    A chain is a first programme followed by the second within two whole months. Chains with
    fewer than half of `min_arm` persons stay with their first programme.
    """
    frame = drawn.sample.frame
    arm = frame.arm.copy()
    for (first, second), name in zip(CHAINS, chain_names(), strict=True):
        rows = (frame.program == first) & (frame.program_2 == second) & (frame.arm != CONTROL)
        if rows.sum() >= max(TINY, settings.min_arm // 2):
            arm[rows] = name
    counts = arm.value_counts()
    small = counts.index[counts < TINY]
    return estimate(
        with_arms(drawn, arm.where(~arm.isin(small), REST)), settings, monthly=False, name="chains"
    )


def with_arms(drawn: Drawn, arm: pd.Series) -> Drawn:
    """The drawn sample with other arms; Annet is left out where it has too few persons."""
    rest = (arm == REST).to_numpy()
    changed = replace(drawn.sample, frame=drawn.sample.frame.assign(arm=arm.to_numpy()))
    x = drawn.covariates
    if 0 < rest.sum() < TINY:
        x = x[~rest].reset_index(drop=True)
    return replace(drawn, sample=without_tiny_rest(changed), covariates=x)


def by_first_group(drawn: Drawn, settings: Settings) -> Mapping[str, Estimated]:
    """Separate estimates per first group; too small arms are counted as Annet in each.

    Controls who came in standardinnsats must have moved on by their pseudo-start (chapter
    6.1.3, note 10). Groups without treated or controls enough are left out.
    """
    results: dict[str, Estimated] = {}
    frame = drawn.sample.frame
    not_moved = (frame.arm == CONTROL).to_numpy() & ~np.isin(
        drawn.sample.status_at_start(), MOVED_ON
    )
    for group in FIRST_GROUPS:
        rows = (frame.first_group == group).to_numpy()
        if group == "standard":
            rows = rows & ~not_moved
        part = drawn.sample.take(rows)
        arm, merged = persons.merge_small(part.frame.arm, settings.min_arm)
        x = drawn.covariates[rows].reset_index(drop=True)
        whole = replace(drawn, sample=replace(part, merged=merged), covariates=x)
        try:
            results[group] = estimate(with_arms(whole, arm), settings, monthly=False, name=group)
        except EstimationError:
            continue
    return results


def pick(estimated: Estimated, estimand: str, outcome: str) -> pd.DataFrame:
    """Rows of one estimand and outcome, indexed by arm."""
    table = estimated.effects
    rows = table[(table.estimand == estimand) & (table.outcome == outcome)]
    return rows.set_index("arm")


def over_splits(main: Estimated, settings: Settings, times: int) -> pd.DataFrame:
    """Effects on months in work of those treated, over several splits of the sample.

    How the sample happened to be split moves an estimate; the median rule counts that in.

    Returns
    -------
    arm, year, first (the main estimate), first_error, months and std_error (median rule), n.
    """
    names = [name for name in main.scores.outcomes if name.startswith("months_")]
    y = main.scores.y[:, [main.scores.outcomes.index(name) for name in names]]
    arm, cluster = main.scores.arm, main.scores.cluster
    found = []
    for nuisances in crossfit.repeated(
        main.covariates.to_numpy(),
        arm,
        y,
        times=times,
        options=settings.options,
        arms=main.scores.arms,
        outcomes=names,
        n_folds=settings.folds,
        cluster=cluster,
        cache=settings.cache,
        progress=settings.progress,
    ):
        made = scores.doubly_robust(
            y, arm, nuisances, clip=settings.clip, trim=settings.trim, cluster=cluster
        )
        found.append(scores.effects(made, "att"))
    estimate, error = (
        np.array([table[name] for table in found]) for name in ("estimate", "std_error")
    )
    middle, spread = crossfit.median_rule(estimate, error)
    own = main.effects[main.effects.estimand == "att"].set_index(["arm", "outcome"])
    rows = own.loc[pd.MultiIndex.from_frame(found[0][["arm", "outcome"]])]
    table = pd.DataFrame(
        {
            "arm": found[0].arm,
            "year": found[0].outcome.str.rsplit("_", n=1).str[1].astype(int),
            "first": rows.estimate.to_numpy(),
            "first_error": rows.std_error.to_numpy(),
            "months": middle,
            "std_error": spread,
            "n": found[0].n_treated,
        }
    )
    return table[table.arm != REST].reset_index(drop=True)


def wage_effects(main: Estimated, year_four: Estimated | None) -> pd.DataFrame:
    """Effects on earnings of those treated, year by year: what the cost-benefit part reads.

    Years 1 to 3 are the main sample's, year 4 that of those registered in 2016 and 2017, in
    which some programmes were others than today (chapter 6.2.2).

    Returns
    -------
    arm, year, value, unit, and the columns of `scores.effects`; Annet is left out.
    """
    years = [(main, year) for year in (1, 2, 3)]
    years += [(year_four, 4)] if year_four else []
    parts = [
        pick(sample, "att", f"earnings_{year}").reset_index().assign(year=year)
        for sample, year in years
    ]
    table = pd.concat(parts, ignore_index=True)
    return table[table.arm != REST].assign(value="earnings", unit="NOK per year")


COHORT_OF = {"main": "main", "year_four": "year_four"}
LIMIT = 3.0


def compare(estimated: Estimated, truth: dict[str, Any]) -> pd.DataFrame:
    """Estimates beside the truth: adds truth, z (in standard errors) and within (3 of them).

    Only arms whose people the truth knows as they are: an arm that small programmes were
    merged into is left out.
    """
    cohort = truth["cohorts"].get(COHORT_OF.get(estimated.variant, ""), None)
    table = estimated.effects
    if cohort is None:
        return table.head(0).assign(truth=[], z=[], within=[])
    arms = [arm for arm in estimated.arms if arm in cohort["att"]]
    if estimated.sample.merged:
        arms = [arm for arm in arms if arm != "Annet"]
    table = table[table.arm.isin(arms)].copy()
    table["truth"] = [
        0.0 if row.outcome == PLACEBO else cohort[row.estimand][row.arm].get(row.outcome)
        for row in table.itertuples()
    ]
    table["truth"] = table.truth.astype(float)
    table["z"] = (table.estimate - table.truth) / table.std_error
    return table.assign(within=np.abs(table.z) <= LIMIT).reset_index(drop=True)
