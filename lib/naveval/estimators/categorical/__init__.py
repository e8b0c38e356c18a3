"""Models on categorical characteristics at register scale.

Here stand the characteristics and the names of a model's columns, for those who compute nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Variable:
    """A characteristic: its levels in code order, and which level is the reference."""

    name: str
    levels: tuple[str, ...]
    reference: int = 0


def column_names(variables: Sequence[Variable]) -> tuple[str, ...]:
    """Names of a model's columns: "constant", then "variable=level" but for references."""
    return (
        "constant",
        *(
            f"{variable.name}={level}"
            for variable in variables
            for k, level in enumerate(variable.levels)
            if k != variable.reference
        ),
    )
