"""The steps of the programme study, one call each, as the notebook makes them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd

from naveval.disclosure import counts, keys
from naveval.disclosure.decisions import Protection
from naveval.disclosure.keys import Secret
from naveval.estimators import forests
from naveval.estimators.cost_benefit.inputs import PROGRAMS
from naveval.estimators.forests import ForestOptions
from naveval.project import paths
from naveval.project.errors import EstimationError
from naveval.registers import extracts, reading, simulation
from naveval.registers.reading import Registers
from naveval.studies.programs import alternatives as programs_alternatives
from naveval.studies.programs import codes, contracts
from naveval.studies.programs import effects as programs_effects
from naveval.studies.programs.effects import Estimated, Settings, over_splits
from naveval.studies.programs.panel import persons as panel
from naveval.studies.programs.panel import states as state_panel
from naveval.studies.programs.panel import use
from naveval.studies.programs.parameters import Parameters
from naveval.studies.programs.sample.persons import Sample, Variant


@dataclass(frozen=True)
class Participation:
    """Frames of part 1, named after what they show; see `programs.panel.use`."""

    stock: pd.DataFrame
    composition: pd.DataFrame
    flows: pd.DataFrame
    participation: pd.DataFrame
    cumulative: pd.DataFrame
    cumulative_table: pd.DataFrame
    waiting: pd.DataFrame
    county_waiting: pd.DataFrame
    counties: pd.DataFrame
    county_programs: pd.DataFrame
    country_programs: pd.DataFrame
    users: pd.DataFrame
    participants: pd.DataFrame
    intensity: pd.DataFrame
    groups_at_start: pd.DataFrame
    use_by_program: pd.DataFrame
    mean_months: pd.DataFrame
    use_over_time: pd.DataFrame
    on_any_program: pd.DataFrame
    who_gets_what: pd.DataFrame
    staying: pd.DataFrame
    course_types: pd.DataFrame
    combinations: pd.DataFrame
    chains: pd.DataFrame
    protection: Protection


@dataclass(frozen=True)
class Outcomes:
    """Frames of part 2: states, any wage and AAP by breakdown; persons per programme."""

    states: Mapping[str, pd.DataFrame]
    any_wage: Mapping[str, pd.DataFrame]
    aap: Mapping[str, pd.DataFrame]
    persons: pd.DataFrame
    protection: Protection


def open_registers(parameters: Parameters) -> Registers:
    """The registers given, or simulated ones; `nv.open` has checked them."""
    return reading.open_registers(extracts.folder("programs", parameters), contracts.TABLES)


def _make_panel(opened: Registers, parameters: Parameters) -> tuple[Secret, Protection]:
    """Make the tables of parts 1 and 2, once for both; how their counts are protected.

    Raises
    ------
    EstimationError
        When nobody was registered, or nobody started a programme, in the years of the panel.
    """
    wanted = f"{parameters.county}, {parameters.unknown_codes}"
    secret = keys.secret(parameters.origin()).of(parameters.county)
    if panel.made(opened) != wanted:
        _make_tables(opened, parameters, secret)
        panel.mark(opened, wanted)
    persons = opened.query("SELECT count(*) AS n FROM place").n[0]
    return secret, Protection(counts.about(persons))


def _make_tables(opened: Registers, parameters: Parameters, secret: Secret) -> None:
    panel.make(
        opened,
        secret,
        county=parameters.county,
        unknown_to_rest=parameters.unknown_codes == "rest",
    )
    for table, what in (
        ("first_registrations", "is first registered"),
        ("starts", "starts a programme"),
    ):
        if opened.query(f"SELECT count(*) AS n FROM {table}").n[0] == 0:
            place = f" in county {parameters.county}" if parameters.county else ""
            raise EstimationError(
                f"participants: nobody{place} {what} from {codes.month_code(panel.FIRST)} "
                f"to {codes.month_code(panel.LAST)}"
            )


def participation(opened: Registers, parameters: Parameters) -> Participation:
    """Everything of part 1, for the county of the parameters."""
    secret, protection = _make_panel(opened, parameters)
    use.first_program_month(opened)
    use.make_courses(opened)
    frames = {
        name: getattr(use, name)(opened, secret)
        for name in (field.name for field in fields(Participation))
        if name != "protection"
    }
    return Participation(**frames, protection=protection)


def outcomes(opened: Registers, parameters: Parameters) -> Outcomes:
    """Everything of part 2, for the county of the parameters."""
    secret, protection = _make_panel(opened, parameters)
    state_panel.make_states(opened)
    by = {name: state_panel.states(opened, secret, name) for name in state_panel.BREAKDOWNS}
    also = {
        state: {
            name: state_panel.monthly(opened, secret, name, {state: state}) for name in breakdowns
        }
        for state, breakdowns in state_panel.ALSO.items()
    }
    persons = state_panel.persons_by_program(opened, secret)
    return Outcomes(by, also["any_wage"], also["aap"], persons, protection)


def settings(parameters: Parameters, progress: Callable[[str], None] | None = None) -> Settings:
    """How effects are estimated, from the parameters."""
    trees, min_arm = parameters.forests()
    return Settings(
        options=ForestOptions(
            trees=trees,
            jobs=parameters.jobs,
            backend=parameters.backend,
            seed=parameters.seed,
        ),
        folds=parameters.folds,
        min_arm=min_arm,
        clip=parameters.clip,
        trim=parameters.trim,
        unknown_to_rest=parameters.unknown_codes == "rest",
        seed=parameters.seed,
        cache=forest_cache(),
        progress=progress,
    )


def forest_cache() -> Path:
    """Folder for finished forests, so that an interrupted run goes on where it stopped."""
    return paths.cache_dir() / "forests"


@dataclass(frozen=True)
class Effects:
    """Everything of part 3.

    Attributes
    ----------
    main
        The main sample, estimated.
    robust
        Other samples and definitions by name: two_years, reduced_capacity, one_year_clean,
        year_four, chains; empty when robustness is off.
    by_group
        Separate estimates per first group.
    time_to_first, windows
        Tables 6-1 and 6-6.
    alternatives
        Naive, regression and matching estimates.
    truth
        The truth of simulated registers, None for real ones.
    in_county
        True for persons of the main sample who lived in the parameters' county.
    settings
        How the effects were estimated.
    repeated
        Effects over several splits of the sample; None without robustness.
    protection
        Of the counts of the sample.
    """

    main: Estimated
    robust: Mapping[str, Estimated]
    by_group: Mapping[str, Estimated]
    time_to_first: pd.DataFrame
    windows: pd.DataFrame
    alternatives: pd.DataFrame
    truth: Mapping[str, Any] | None
    in_county: pd.Series
    settings: Settings
    repeated: pd.DataFrame | None
    protection: Protection


VARIANTS: tuple[Variant, ...] = ("two_years", "reduced_capacity", "one_year_clean", "year_four")


def effects(opened: Registers, parameters: Parameters) -> Effects:
    """Estimate the effects: always for the whole country, see the report on counties.

    All samples are drawn first, so that a sample that cannot be estimated stops the run before
    any forest is grown.
    """
    with forests.workers(settings(parameters).options):
        return _effects(opened, parameters)


def _effects(opened: Registers, parameters: Parameters) -> Effects:
    chosen = settings(parameters)
    priced = prices_own_effects(parameters)
    wanted = VARIANTS if parameters.robustness else (("year_four",) if priced else ())
    found = programs_effects.samples(opened, wanted, chosen)
    drawn = found.drawn["main"]
    if priced:
        require_priced(drawn.sample)
    main = programs_effects.estimate(drawn, chosen)
    robust: dict[str, Estimated] = {
        name: programs_effects.estimate(found.drawn[name], chosen, monthly=False) for name in wanted
    }
    by_group: Mapping[str, Estimated] = {}
    if parameters.robustness:
        robust["chains"] = programs_effects.chains(drawn, chosen)
        by_group = programs_effects.by_first_group(drawn, chosen)
    compared = [f"{kind}_{year}" for kind in ("months", "earnings") for year in (1, 2, 3)]
    alternatives = programs_alternatives.compare(
        main.scores, main.nuisances, drawn.covariates.to_numpy(), compared
    )
    return Effects(
        main,
        robust,
        by_group,
        found.time_to_first,
        found.windows,
        alternatives,
        simulation.read_truth(opened.data),
        found.counties.eq(parameters.county),
        chosen,
        over_splits(main, chosen, parameters.splits) if parameters.robustness else None,
        Protection(counts.about(main.sample.frame.person.nunique())),
    )


def prices_own_effects(parameters: Parameters) -> bool:
    """Whether the cost-benefit part of the run is to use the run's own effects."""
    wanted = "costs" in (parameters.parts or parameters.PARTS)
    return parameters.effects == "estimated" and not parameters.estimates and wanted


def require_priced(sample: Sample) -> None:
    """Stop when no programme that has a price has an effect of its own.

    Programmes with too few persons count as Annet, have no effect of their own, and are left
    out of the cost-benefit part by name.

    Raises
    ------
    EstimationError
        Names the programmes and their numbers of persons.
    """
    if set(PROGRAMS) & set(sample.frame.arm):
        return
    few = ", ".join(f"{name} ({sample.merged.get(name, 0)})" for name in PROGRAMS)
    raise EstimationError(
        f"effects: estimated: none of the programmes with a price has enough persons in the "
        f"effect sample for an effect of its own: {few}. Use larger registers"
    )
