"""What an audit finds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One thing an audit does not accept: which check, in which file, and what.

    `check` is one of `audit.CHECKS`; `file` is the path inside the audited folder.
    """

    check: str
    file: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.message}"
