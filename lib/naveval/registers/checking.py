"""One look at a folder of extracts: breaches, warnings and what was read, as text or JSON."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from naveval.project import catalogue
from naveval.project.errors import ContractError
from naveval.project.parameters import StudyParameters
from naveval.registers import contracts, report
from naveval.registers.breaches import Breach
from naveval.registers.report import Report


@dataclass(frozen=True)
class Look:
    """What a folder of extracts holds, and what is wrong with it.

    `refused` is what a run would refuse although every table keeps its contract, "" for nothing.
    """

    study: str
    data: Path
    found: tuple[Breach, ...]
    refused: str
    report: Report

    @property
    def passed(self) -> bool:
        """Whether a run would start."""
        return not self.refused and all(item.warning for item in self.found)


def look(study: str, data: Path, parameters: StudyParameters) -> Look:
    """Check the extracts for these parameters as a run does, and read what is there."""
    declared = catalogue.module(study, "contracts")
    found = tuple(contracts.check(study, data, parameters))
    refused = ""
    if all(item.warning for item in found) and hasattr(declared, "require_known"):
        try:
            declared.require_known(data, parameters)
        except ContractError as error:
            refused = str(error)
    needs = contracts.needs(study, parameters)
    return Look(study, data, found, refused, report.read_report(data, declared.TABLES, needs))


def as_text(seen: Look) -> str:
    """Breaches, warnings and the reading report, for people."""
    parts = []
    broken = [item for item in seen.found if not item.warning]
    if broken:
        parts.append(contracts.describe(seen.study, seen.data, broken))
    warnings = [f"  warning: {item}" for item in seen.found if item.warning]
    parts += ["\n".join(warnings)] if warnings else []
    parts += [seen.refused] if seen.refused else []
    parts.append(report.as_text(seen.report))
    if seen.passed:
        parts.append(f"{seen.study}: parameters and registers are as they should be")
    return "\n\n".join(part for part in parts if part)


def as_json(seen: Look) -> str:
    """The same as JSON, for programs."""
    content = {
        "study": seen.study,
        "data": str(seen.data),
        "passed": seen.passed,
        "breaches": [asdict(item) | {"text": str(item)} for item in seen.found if not item.warning],
        "warnings": [asdict(item) | {"text": str(item)} for item in seen.found if item.warning],
        "refused": seen.refused,
        **seen.report.as_dict(),
    }
    return json.dumps(content, ensure_ascii=False, indent=1)
