"""What simulated registers share: how they are written, their truth, shocks, what is possible.

A study's `simulate/` has the process and its levels; this has the rest. `truth.json` beside the
tables marks them as simulated and says what they were made with. A truth that no register could
have is refused by name, never clipped until it fits.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from naveval.project import paths
from naveval.project.errors import ParameterError

LEAST_SCALE, MOST_SEED, MOST_SHOCK = 1e-4, 2**32 - 1, 3.0
ROUNDING = 1e-9


def coded(index: NDArray[np.integer], names: Sequence[str]) -> pa.DictionaryArray:
    """A text column stored as positions in a list of names."""
    kind = np.int8 if len(names) < 128 else np.int16
    return pa.DictionaryArray.from_arrays(pa.array(index.astype(kind)), pa.array(list(names)))


def write_table(
    out: Path, name: str, columns: pa.Table | Mapping[str, Any], *, part: str = ""
) -> int:
    """Write a register table to `<name>.parquet`, or to `<name>/<part>.parquet`; returns rows."""
    table = columns if isinstance(columns, pa.Table) else pa.table(dict(columns))
    file = out / name / f"{part}.parquet" if part else out / f"{name}.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, file, compression="zstd")
    return int(table.num_rows)


def write_truth(out: Path, truth: Mapping[str, Any]) -> dict[str, Any]:
    """Write what the registers were made with to `truth.json`; returns it."""
    text = json.dumps(truth, indent=1, ensure_ascii=False, allow_nan=False)
    (out / paths.TRUTH).write_text(text + "\n", encoding="utf-8")
    return dict(truth)


def read_truth(folder: Path) -> dict[str, Any] | None:
    """What simulated registers were made with; None for real ones."""
    file = folder / paths.TRUTH
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else None


def autoregressive(
    generator: np.random.Generator, shape: tuple[int, ...], persistence: float, sd: float = 1.0
) -> NDArray[np.float64]:
    """Stationary first-order autoregressive shocks along the last axis.

    Parameters
    ----------
    persistence
        Correlation of neighbouring periods, in [0, 1).
    sd
        Standard deviation of the shocks themselves, not of what is new in each period.

    Raises
    ------
    ParameterError
        See `require_shock`.

    Examples
    --------
    >>> shocks = autoregressive(np.random.default_rng(1), (4000, 30), 0.9, sd=2)
    >>> round(float(shocks.std()), 1)
    2.0
    >>> round(float((shocks[:, 1:] * shocks[:, :-1]).mean() / shocks.var()), 2)
    0.9
    """
    require_shock(sd, persistence)
    # Periods first, so that each step runs through memory in order: a quarter of the time.
    series = np.ascontiguousarray(np.moveaxis(generator.standard_normal(shape), -1, 0))
    scale = np.sqrt(1 - persistence**2)
    for t in range(1, shape[-1]):
        series[t] *= scale
        series[t] += persistence * series[t - 1]
    series *= sd
    return np.moveaxis(series, 0, -1)


def require_shock(
    sd: float, persistence: float, names: tuple[str, str] = ("sd", "persistence")
) -> None:
    """ParameterError for a standard deviation beyond reason, or a persistence outside [0, 1).

    `names` are those of the two settings.
    """
    require_number(names[0], sd, 0, MOST_SHOCK)
    require_number(names[1], persistence, 0, 1)
    if persistence == 1:
        raise ParameterError(f"{names[1]}: 1.0: expected a number from 0 to below 1")


def require_draw(scale: float, seed: int) -> None:
    """ParameterError for a scale outside (0, 1], or a seed that is no whole number from 0."""
    require_number("scale", scale, LEAST_SCALE, 1)
    require_number("seed", seed, 0, MOST_SEED, whole=True)


def require_names(name: str, given: Any) -> None:
    """ParameterError for what is no mapping of names to numbers."""
    if not isinstance(given, Mapping):
        raise ParameterError(f"{name}: {given!r}: expected names with their numbers, as {{a: 0.1}}")


def require_number(
    name: str, value: Any, least: float, most: float, *, whole: bool = False
) -> None:
    """Refuse what is no number from `least` to `most`.

    Raises
    ------
    ParameterError
        Naming the setting.

    Examples
    --------
    >>> require_number("seed", "abc", 0, 9, whole=True)
    Traceback (most recent call last):
    naveval.project.errors.ParameterError: seed: 'abc': expected a whole number from 0 to 9
    """
    kinds = (int, np.integer) if whole else (int, float, np.number)
    if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= most:
        kind = "a whole number" if whole else "a number"
        raise ParameterError(f"{name}: {value!r}: expected {kind} from {least:g} to {most:g}")


def require_effect(
    name: str, effect: Any, level: Any, axes: Mapping[str, Sequence[str]] | None = None
) -> None:
    """Refuse effects that take away more than there is.

    Parameters
    ----------
    name
        The setting, as its user knows it.
    effect, level
        Numbers or arrays that broadcast, in the same unit.
    axes
        Axes of the result in order, with the name of each position, so that the cell is named.

    Raises
    ------
    ParameterError
        Naming the first cell whose level would be below zero.

    Examples
    --------
    >>> require_effect("work", [-0.2, -0.7], [0.5, 0.5], {"group": ("young", "old")})
    Traceback (most recent call last):
    naveval.project.errors.ParameterError: work, group old: the effect -0.7 is larger than ...
    """
    effects, levels = np.broadcast_arrays(np.asarray(effect, float), np.asarray(level, float))
    cell = _first(~(effects + levels >= -ROUNDING))
    if cell is not None:
        raise ParameterError(
            f"{_named(name, cell, axes)}: the effect {effects[cell]:.3g} is larger than the level "
            f"{levels[cell]:.3g}; expected one that leaves zero or more"
        )


def require_exits(
    name: str, exits: Any, persons: Any = 1.0, axes: Mapping[str, Sequence[str]] | None = None
) -> None:
    """Refuse more exits than there are persons, or a chance above one.

    Raises
    ------
    ParameterError
        Naming the first cell, see `require_effect`; also for exits below zero.
    """
    out, of = np.broadcast_arrays(np.asarray(exits, float), np.asarray(persons, float))
    cell = _first(~((out >= -ROUNDING) & (out <= of + ROUNDING)))
    if cell is not None:
        raise ParameterError(
            f"{_named(name, cell, axes)}: {out[cell]:.3g} exits of {of[cell]:.3g} persons; "
            "expected from none to all of them"
        )


def _first(wrong: NDArray[np.bool_]) -> tuple[int, ...] | None:
    found = np.argwhere(wrong)
    return tuple(int(i) for i in found[0]) if len(found) else None


def _named(name: str, cell: tuple[int, ...], axes: Mapping[str, Sequence[str]] | None) -> str:
    places = zip((axes or {}).items(), cell, strict=False)
    return ", ".join([name, *(f"{axis} {names[i]}" for (axis, names), i in places)])
