"""Contracts at the door: every breach of every register table, collected and told at once.

A study declares its tables in `studies/<study>/contracts.TABLES` (one pandera schema per table)
and, where tables must agree with each other, in `RULES`. What only some parameters require comes
from `rules_for(parameters)` there or in `coverage`, and what the tables must cover for them from
`studies/<study>/coverage.needs(parameters)`. A message names
file, column, number of rows, the first row numbers and what was expected. It shows no value of
the data but a few unknown codes that can be no id, name or date (`naveval.registers.unknown`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from naveval.project import catalogue, store
from naveval.project.errors import ContractError
from naveval.project.parameters import StudyParameters
from naveval.registers import reading
from naveval.registers.grammar import ZONE
from naveval.registers.rules.breaches import Breach, Rule
from naveval.registers.rules.coverage import Need
from naveval.registers.tables import breaches_within, check_tables
from naveval.registers.views import Opened, opened

__all__ = ["Breach", "Rule", "check", "check_tables", "describe", "require"]


PARTS: tuple[Literal["contracts", "coverage"], ...] = ("contracts", "coverage")


@dataclass(frozen=True)
class Warned:
    """A warning about extracts that passed: the table, places and periods, the whole message."""

    table: str
    where: str
    text: str


def check(study: str, data: Path, parameters: StudyParameters | None = None) -> list[Breach]:
    """All breaches of a study's contract by the extracts in a folder."""
    with opened() as at:
        return check_within(at, study, data, parameters)


def check_within(
    at: Opened, study: str, data: Path, parameters: StudyParameters | None = None
) -> list[Breach]:
    """As `check`; the tables that can be read stay open in `at`."""
    declared = catalogue.module(study, "contracts")
    known, wanted = rules(study, parameters), needs(study, parameters)
    return breaches_within(at, declared.TABLES, Path(data), known, wanted)


def needs(study: str, parameters: StudyParameters | None) -> tuple[Need, ...]:
    """What the tables must cover for these parameters; nothing without parameters."""
    if parameters is None or not catalogue.has(study, "coverage"):
        return ()
    return tuple(catalogue.module(study, "coverage").needs(parameters))


def rules(study: str, parameters: StudyParameters | None) -> tuple[Rule, ...]:
    """What a study's tables must hold within and between them for these parameters."""
    known = [catalogue.module(study, part) for part in PARTS if catalogue.has(study, part)]
    parts = list(dict.fromkeys(known))  # coverage may stand with the contracts
    found = tuple(getattr(parts[0], "RULES", ()))
    if parameters is None:
        return found
    made = [part.rules_for(parameters) for part in parts if hasattr(part, "rules_for")]
    return found + tuple(rule for several in made for rule in several)


def require(
    study: str, data: Path, parameters: StudyParameters | None = None
) -> tuple[Warned, ...]:
    """Raise one ContractError that lists every breach; remember extracts that have none.

    Extracts with the same fingerprint are not checked again until contract, checks or the
    list of counties change.

    Returns
    -------
    Warnings: what may be true, but must be seen by whoever reads the numbers.
    """
    data = Path(data)
    declared = catalogue.module(study, "contracts")

    def warned() -> tuple[Warned, ...]:
        found = check(study, data, parameters)
        if any(not item.warning for item in found):
            raise ContractError(describe(study, data, found))
        return tuple(Warned(item.table, item.where, str(item)) for item in found)

    try:
        registers = reading.fingerprint(data, tuple(declared.TABLES))
    except ContractError:  # a table that cannot be opened is told with all other breaches
        warnings = warned()
    else:
        warnings = store.cached(
            f"contract-{study}",
            warned,
            key={
                "registers": registers,
                "rules": [rule.sql for rule in rules(study, parameters)],
                "needs": [need.key() for need in needs(study, parameters)],
                "zone": ZONE,
            },
            code=(f"studies.{study}.contracts", __name__),
        )
    if parameters is not None and hasattr(declared, "require_known"):
        declared.require_known(data, parameters)
    return warnings


def describe(study: str, data: Path, breaches: Sequence[Breach]) -> str:
    """The breaches as one message, warnings last."""
    broken = [item for item in breaches if not item.warning]
    number = f"{len(broken)} breach{'' if len(broken) == 1 else 'es'}"
    lines = [f"{data}: {number} of the contract of {study}"]
    lines += [f"  {breach}" for breach in broken]
    return "\n".join(lines + [f"  warning: {item}" for item in breaches if item.warning])
