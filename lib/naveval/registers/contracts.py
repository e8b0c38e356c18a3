"""Contracts at the door: every breach of every register table, collected and told at once.

A study declares its tables in `studies/<study>/contracts.TABLES` (one pandera schema per table)
and, where tables must agree with each other, in `RULES`. What only some parameters require (that
the registers reach as far as the analysis) comes from `rules_for(parameters)`. A message names
file, column, number of rows, the first row numbers and what was expected. It never shows a value of
the data: a code column can hold an id by mistake. Only `require_known(data, parameters)`, where a
study has it, names codes, when the rest is as it should be.
"""

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from naveval.project import catalogue, store
from naveval.project.errors import ContractError
from naveval.project.parameters import StudyParameters
from naveval.registers import reading
from naveval.registers.breaches import Breach, Rule
from naveval.registers.tables import check_tables

__all__ = ["Breach", "Rule", "check", "check_tables", "describe", "require"]


def check(study: str, data: Path, parameters: StudyParameters | None = None) -> list[Breach]:
    """All breaches of a study's contract by the extracts in a folder."""
    declared = catalogue.module(study, "contracts")
    return check_tables(declared.TABLES, Path(data), _rules(declared, parameters))


def _rules(declared: ModuleType, parameters: StudyParameters | None) -> tuple[Rule, ...]:
    always = tuple(getattr(declared, "RULES", ()))
    if parameters is None or not hasattr(declared, "rules_for"):
        return always
    return always + tuple(declared.rules_for(parameters))


def require(study: str, data: Path, parameters: StudyParameters | None = None) -> None:
    """Raise one ContractError that lists every breach; remember extracts that have none.

    Extracts with the same fingerprint are not checked again until contract, checks or the
    list of counties change.
    """
    data = Path(data)
    declared = catalogue.module(study, "contracts")

    def passes() -> bool:
        if breaches := check(study, data, parameters):
            raise ContractError(describe(study, data, breaches))
        return True

    try:
        found = reading.fingerprint(data, tuple(declared.TABLES))
    except ContractError:  # a table that cannot be opened is told with all other breaches
        passes()
    else:
        rules = [rule.sql for rule in _rules(declared, parameters)]
        store.cached(
            f"contract-{study}",
            passes,
            key={"registers": found, "rules": rules},
            code=(f"studies.{study}.contracts", __name__),
        )
    if parameters is not None and hasattr(declared, "require_known"):
        declared.require_known(data, parameters)


def describe(study: str, data: Path, breaches: Sequence[Breach]) -> str:
    """The breaches as one message."""
    number = f"{len(breaches)} breach{'' if len(breaches) == 1 else 'es'}"
    lines = [f"{data}: {number} of the contract of {study}"]
    return "\n".join(lines + [f"  {breach}" for breach in breaches])
