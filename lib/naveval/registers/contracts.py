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
from naveval.registers.tables import breaches_of_rules, breaches_within, check_tables
from naveval.registers.views import Opened, open_tables, opened

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
    declared = catalogue.module(study, "contracts")
    return tuple(getattr(declared, "RULES", ())) + _own_rules(study, parameters)


def _own_rules(study: str, parameters: StudyParameters | None) -> tuple[Rule, ...]:
    """Rules that depend on the parameters."""
    if parameters is None:
        return ()
    known = [catalogue.module(study, part) for part in PARTS if catalogue.has(study, part)]
    parts = dict.fromkeys(known)  # coverage may stand with the contracts
    made = [part.rules_for(parameters) for part in parts if hasattr(part, "rules_for")]
    return tuple(rule for several in made for rule in several)


class _Checked:
    """A check in two parts, of which the first is the same for all parameters.

    The second needs no tables that are checked again, when the first has been remembered.
    """

    def __init__(self, study: str, data: Path, parameters: StudyParameters | None) -> None:
        self.study, self.data, self.parameters = study, data, parameters
        self.own: list[Breach] | None = None

    def whole(self) -> tuple[Warned, ...]:
        """Check everything; warnings that do not depend on the parameters."""
        with opened() as at:
            declared = catalogue.module(self.study, "contracts")
            found = breaches_within(at, declared.TABLES, self.data, rules(self.study, None))
            self.own = self._own(at, found)
        return self._warned([*found, *self.own])[: len(found)]

    def of_parameters(self) -> tuple[Warned, ...]:
        """Check what depends on the parameters, unless that has been done with the rest."""
        if self.own is None:
            with opened() as at:
                open_tables(at, catalogue.module(self.study, "contracts").TABLES, self.data)
                self.own = self._own(at)
        return self._warned(self.own)

    def _own(self, at: Opened, before: Sequence[Breach] = ()) -> list[Breach]:
        own = _own_rules(self.study, self.parameters)
        return breaches_of_rules(at, own, needs(self.study, self.parameters), before)

    def _warned(self, found: Sequence[Breach]) -> tuple[Warned, ...]:
        if any(not item.warning for item in found):
            raise ContractError(describe(self.study, self.data, found))
        return tuple(Warned(item.table, item.where, str(item)) for item in found)


def require(
    study: str, data: Path, parameters: StudyParameters | None = None
) -> tuple[Warned, ...]:
    """Raise one ContractError that lists every breach; remember extracts that have none.

    Extracts with the same fingerprint are not checked again until contract, checks or the
    list of counties change; other parameters are checked alone.

    Returns
    -------
    Warnings: what may be true, but must be seen by whoever reads the numbers.
    """
    data = Path(data)
    declared = catalogue.module(study, "contracts")
    found = _Checked(study, data, parameters)
    try:
        registers = reading.fingerprint(data, tuple(declared.TABLES))
    except ContractError:  # a table that cannot be opened is told with all other breaches
        warnings = found.whole() + found.of_parameters()
    else:
        rest = {
            "registers": registers,
            "rules": [rule.sql for rule in rules(study, None)],
            "zone": ZONE,
        }
        own = {
            "own_rules": [rule.sql for rule in _own_rules(study, parameters)],
            "needs": [need.key() for need in needs(study, parameters)],
        }
        code = (f"studies.{study}.contracts", __name__)
        warnings = store.cached(f"contract-{study}", found.whole, key=rest, code=code)
        warnings += store.cached(
            f"contract-{study}", found.of_parameters, key=rest | own, code=code
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
