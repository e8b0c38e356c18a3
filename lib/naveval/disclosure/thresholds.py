"""Thresholds of disclosure control, read from `params/disclosure.yml`."""

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from naveval.project import parameters, paths


class Dominance(BaseModel):
    """Limits for sums of money, see `params/disclosure.yml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    largest_share: float = Field(gt=0, lt=1)
    p_percent: float = Field(gt=0, lt=100)


class Thresholds(BaseModel):
    """What may be shown; the file explains each number."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_cell: int = Field(ge=3)
    zero_cells: Literal["suppress", "show"]
    protection_width: int = Field(ge=1)
    residual_df: int = Field(ge=1)
    dominance: Dominance
    extremes: tuple[str, ...]
    identifiers: tuple[str, ...]
    count_columns: tuple[str, ...]
    count_patterns: tuple[str, ...] = ()
    no_persons: tuple[str, ...] = ()


@lru_cache(maxsize=4)
def _read(path: Path, changed: int) -> Thresholds:
    return parameters.validate(Thresholds, parameters.read_yaml(path), str(path))


def thresholds() -> Thresholds:
    """The project's thresholds; ParameterError when the file is missing or wrong."""
    path = paths.params_dir() / "disclosure.yml"
    return _read(path, path.stat().st_mtime_ns if path.exists() else 0)
