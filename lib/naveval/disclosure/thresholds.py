"""Thresholds of disclosure control, read from `params/disclosure.yml`."""

from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from naveval.project import parameters, paths


class Counts(BaseModel):
    """How counts of persons are changed, see `params/disclosure.yml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    largest_change: int = Field(ge=2)
    least_shown: int = Field(ge=3)
    variance: float = Field(gt=0)
    above_least: float = Field(gt=0)
    least_denominator: int = Field(ge=10)
    noisy_below: int = Field(ge=5)
    series_median: float = Field(ge=5)
    persons_to: int = Field(ge=5)
    routes: int = Field(ge=1)
    revisions: int = Field(ge=1)


class Sums(BaseModel):
    """How sums of hours and periods are changed, see `params/disclosure.yml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    least_noise: float = Field(gt=0, lt=1)
    least_persons: int = Field(ge=10)
    weekly_hours: float = Field(gt=0)
    periods_a_month: float = Field(gt=0)
    nested_difference: int = Field(ge=10)


class Models(BaseModel):
    """What a coefficient must rest on, and how it is rounded, see `params/disclosure.yml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    least_events: int = Field(ge=3)
    share_of_error: float = Field(gt=0, lt=1)
    points: float = Field(gt=0)
    p_value: float = Field(gt=0)


class Thresholds(BaseModel):
    """What may be shown; the file explains each number."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_cell: int = Field(ge=3)
    residual_df: int = Field(ge=1)
    largest_share: float = Field(gt=0, lt=1)
    secret_bytes: int = Field(ge=16)
    counts: Counts
    sums: Sums
    models: Models
    extremes: tuple[str, ...]
    identifiers: tuple[str, ...]
    count_columns: tuple[str, ...]
    count_patterns: tuple[str, ...] = ()
    no_persons: tuple[str, ...] = ()


@lru_cache(maxsize=4)
def _read(path: Path) -> Thresholds:
    return parameters.validate(Thresholds, parameters.read_yaml(path), str(path))


def thresholds() -> Thresholds:
    """The project's thresholds; ParameterError when the file is missing or wrong."""
    return _read(paths.params_dir() / "disclosure.yml")
