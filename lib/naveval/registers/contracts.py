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
from functools import partial
from pathlib import Path
from typing import Literal

from naveval.project import catalogue, store
from naveval.project.errors import ContractError
from naveval.project.parameters import StudyParameters
from naveval.registers import reading
from naveval.registers.connections import words_of
from naveval.registers.grammar import ZONE
from naveval.registers.rules.breaches import Breach, Rule
from naveval.registers.rules.coverage import Need
from naveval.registers.tables import breaches_of_rules, breaches_within, check_tables
from naveval.registers.views import PARTS_OF, Opened, open_tables, opened

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


def require(
    study: str, data: Path, parameters: StudyParameters | None = None
) -> tuple[Warned, ...]:
    """Raise one ContractError that lists every breach; remember extracts that have none.

    Extracts with the same fingerprint are not checked again until contract, checks or the
    list of counties change; what other parameters ask for is checked alone, rule by rule.

    Returns
    -------
    Warnings: what may be true, but must be seen by whoever reads the numbers.
    """
    data = Path(data)
    declared = catalogue.module(study, "contracts")
    with opened() as at:
        try:
            registers = reading.fingerprint(data, tuple(declared.TABLES))
        except ContractError:  # a table that cannot be opened is told with all other breaches
            warnings = _warned(study, data, check_within(at, study, data, parameters))
        else:
            warnings = _remembered(at, study, data, parameters, registers)
    if parameters is not None and hasattr(declared, "require_known"):
        declared.require_known(data, parameters)
    return warnings


Demand = tuple[Sequence[Rule], Sequence[Need]]
"""What parameters ask for and is remembered together."""


def _remembered(
    at: Opened, study: str, data: Path, parameters: StudyParameters | None, registers: object
) -> tuple[Warned, ...]:
    """Check what has not been found right before: the tables, and each demand of parameters."""
    made_from = {
        "registers": registers,
        "rules": [rule.sql for rule in rules(study, None)],
        "zone": ZONE,
    }
    own: Demand = (_own_rules(study, parameters), needs(study, parameters))
    remembered = partial(
        store.cached, f"contract-{study}", code=(f"studies.{study}.contracts", __name__)
    )
    whole = partial(_whole, at, study, data, own)
    warnings: tuple[Warned, ...] = remembered(whole, key=made_from)
    demands: list[Demand] = [((rule,), ()) for rule in own[0]]
    for asked, needed in [*demands, *([((), own[1])] if own[1] else [])]:
        key = {
            "own_rules": [rule.sql for rule in asked],
            "needs": [need.key() for need in needed],
        }
        part = partial(_part, at, study, data, (asked, needed), own)
        warnings += remembered(part, key=made_from | key)
    return warnings


def _whole(at: Opened, study: str, data: Path, own: Demand) -> tuple[Warned, ...]:
    """What is wrong whatever the parameters; everything where there is a breach."""
    tables = catalogue.module(study, "contracts").TABLES
    found = breaches_within(at, tables, data, rules(study, None))
    found += breaches_of_rules(at, *own, found) if _broken(found) else []
    return _warned(study, data, found)


def _part(at: Opened, study: str, data: Path, asked: Demand, own: Demand) -> tuple[Warned, ...]:
    """What is wrong with a demand, on the tables it names; with all of them where it is broken."""
    tables = catalogue.module(study, "contracts").TABLES
    names = _names(*asked)
    named = {table: schema for table, schema in tables.items() if table in names}
    open_tables(at, named, data, held=PARTS_OF in _names(*own))
    found = breaches_of_rules(at, *asked)
    if _broken(found):
        open_tables(at, tables, data)
        found = breaches_of_rules(at, *own)
    return _warned(study, data, found)


def _names(asked: Sequence[Rule], needed: Sequence[Need]) -> set[str]:
    """Names in the SQL of rules and needs, those of tables among them."""
    parts = [part for rule in asked for part in (rule.table, rule.sql)]
    parts += [
        part
        for need in needed
        for part in (need.table, need.rows, need.period, need.place, need.until)
    ]
    return {name.removesuffix("_raw") for name in words_of(" ".join(parts))}


def _broken(found: Sequence[Breach]) -> bool:
    return any(not item.warning for item in found)


def _warned(study: str, data: Path, found: Sequence[Breach]) -> tuple[Warned, ...]:
    """Warnings where there is nothing worse.

    Raises
    ------
    ContractError
        Lists everything found where a breach is no warning.
    """
    if _broken(found):
        raise ContractError(describe(study, data, found))
    return tuple(Warned(item.table, item.where, str(item)) for item in found)


def describe(study: str, data: Path, breaches: Sequence[Breach]) -> str:
    """The breaches as one message, warnings last."""
    broken = [item for item in breaches if not item.warning]
    number = f"{len(broken)} breach{'' if len(broken) == 1 else 'es'}"
    lines = [f"{data}: {number} of the contract of {study}"]
    lines += [f"  {breach}" for breach in broken]
    return "\n".join(lines + [f"  warning: {item}" for item in breaches if item.warning])
