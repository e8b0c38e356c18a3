"""The steps of the programme study, one call each, as the notebook makes them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from naveval import contracts, extracts, paths, programs_contracts, registers
from naveval import programs_panel as panel
from naveval import programs_panel_chains as chain_panel
from naveval import programs_panel_states as state_panel
from naveval import programs_panel_use as use
from naveval.forests import ForestOptions
from naveval.programs_effects import Settings
from naveval.programs_parameters import Parameters
from naveval.registers import Registers


@dataclass(frozen=True)
class Participation:
    """Frames of part 1, named after what they show; see `programs_panel_use`."""

    stock: pd.DataFrame
    composition: pd.DataFrame
    flows: pd.DataFrame
    participation: pd.DataFrame
    cumulative: pd.DataFrame
    cumulative_table: pd.DataFrame
    users: pd.DataFrame
    participants: pd.DataFrame
    intensity: pd.DataFrame
    groups_at_start: pd.DataFrame
    use_by_program: pd.DataFrame
    mean_months: pd.DataFrame
    use_over_time: pd.DataFrame
    who_gets_what: pd.DataFrame
    staying: pd.DataFrame
    course_types: pd.DataFrame
    combinations: pd.DataFrame
    chains: pd.DataFrame


@dataclass(frozen=True)
class Outcomes:
    """Frames of part 2: states by breakdown, any wage, AAP, persons per programme."""

    states: Mapping[str, pd.DataFrame]
    any_wage: pd.DataFrame
    aap: pd.DataFrame
    aap_status: pd.DataFrame
    persons: pd.DataFrame


def open_study(parameters: Parameters) -> Registers:
    """Open the registers: the ones given, or simulated ones; contracts are checked first."""
    data = extracts.folder("programs", parameters)
    contracts.require("programs", data)
    opened = registers.open_registers(data, programs_contracts.TABLES)
    return opened


def participation(opened: Registers, parameters: Parameters) -> Participation:
    """Everything of part 1, for the county of the parameters."""
    panel.make(opened, county=parameters.county, unknown_to_rest=parameters.unknown_codes == "rest")
    use.first_program_month(opened)
    chain_panel.make_courses(opened)
    return Participation(
        use.stock(opened), use.composition(opened), use.flows(opened), use.participation(opened),
        use.cumulative(opened), use.cumulative_table(opened), use.users(opened),
        use.participants(opened), use.intensity(opened), use.groups_at_start(opened),
        use.use_by_program(opened), use.mean_months(opened), use.use_over_time(opened),
        use.who_gets_what(opened), use.staying(opened), chain_panel.course_types(opened),
        chain_panel.combinations(opened), chain_panel.chains(opened),
    )  # fmt: skip


def outcomes(opened: Registers, parameters: Parameters) -> Outcomes:
    """Everything of part 2, for the county of the parameters."""
    panel.make(opened, county=parameters.county, unknown_to_rest=parameters.unknown_codes == "rest")
    state_panel.make_states(opened)
    by = {name: state_panel.states(opened, name) for name in state_panel.BREAKDOWNS}
    return Outcomes(
        by,
        state_panel.monthly_share(opened, "any_wage", "program"),
        state_panel.monthly_share(opened, "aap", "program"),
        state_panel.monthly_share(opened, "aap", "status"),
        state_panel.persons_by_program(opened),
    )


def settings(parameters: Parameters, progress: Callable[[str], None] | None = None) -> Settings:
    """How effects are estimated, from the parameters."""
    return Settings(
        options=ForestOptions(
            trees=parameters.trees, jobs=parameters.jobs, backend=parameters.backend,
            seed=parameters.seed,
        ),
        folds=parameters.folds, min_arm=parameters.min_arm, clip=parameters.clip,
        trim=parameters.trim, unknown_to_rest=parameters.unknown_codes == "rest",
        seed=parameters.seed, cache=forest_cache(), progress=progress,
    )  # fmt: skip


def forest_cache() -> Path:
    """Folder for finished forests, so that an interrupted run goes on where it stopped."""
    return paths.cache_dir() / "forests"
