"""What every part of the study starts from: the panel, and simulated panels for the tests' size.

Both are national, computed once and reused by every county's run.
"""

import hashlib
import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from naveval import counties, extracts, paths, registers
from naveval import hedmark_panel as panels
from naveval.hedmark_contracts import TABLES
from naveval.hedmark_estimates_size import POWER_DRAWS, has_simulated_start
from naveval.hedmark_panel import Panel
from naveval.hedmark_parameters import YEAR, Parameters
from naveval.hedmark_simulation_draws import PanelDraws, draw_panels

Result = TypeVar("Result")
CODE = ("hedmark_panel.py", "hedmark_windows.py", "registers.py", "views.py")


def load_panel(parameters: Parameters) -> Panel:
    """The county panel of the run's registers.

    Raises
    ------
    ContractError
        When the registers do not cover the months of the analysis.
    """
    folder = extracts.folder("hedmark", parameters)
    start, first, last = parameters.months()
    key = {"data": registers.fingerprint(folder, tuple(TABLES))}

    def make() -> Panel:
        with registers.open_registers(folder, TABLES) as opened:
            return panels.build(opened)

    panel = _once("panel", key, CODE, make)
    panels.require_months(panel, min(first, start) - 1, last)
    return panel


def null_draws(parameters: Parameters) -> PanelDraws:
    """Panels of all 19 counties without any effect."""
    key = {"draws": parameters.size_draws, "seed": parameters.seed, "scale": parameters.scale}
    return _once(
        "null-draws",
        key,
        _simulation_code(),
        lambda: draw_panels(
            counties.codes(YEAR),
            draws=parameters.size_draws,
            seed=parameters.seed,
            scale=parameters.scale,
        ),
    )


def effect_draws(parameters: Parameters) -> PanelDraws | None:
    """Panels in which the county has the calibrated effect; None for another start month."""
    if not has_simulated_start(parameters):
        return None
    codes = (parameters.county, *parameters.controls())
    draws = min(POWER_DRAWS, parameters.size_draws)
    key = {
        "counties": codes, "draws": draws, "seed": parameters.seed, "scale": parameters.scale,
    }  # fmt: skip
    return _once(
        "effect-draws",
        key,
        _simulation_code(),
        lambda: draw_panels(
            codes,
            draws=draws,
            seed=parameters.seed + 1,
            scale=parameters.scale,
            effect=1.0,
            treated=parameters.county,
        ),
    )


def _simulation_code() -> tuple[str, ...]:
    return tuple(file.name for file in Path(__file__).parent.glob("hedmark_simulation*.py"))


def _once(
    name: str, key: dict[str, Any], code: tuple[str, ...], make: Callable[[], Result]
) -> Result:
    """The stored result for this key and code, or make and store it."""
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode())
    for file in sorted(code):
        digest.update((Path(__file__).parent / file).read_bytes())
    path = paths.cache_dir() / f"hedmark-{name}-{digest.hexdigest()[:16]}.pickle"
    if path.exists():
        return pickle.loads(path.read_bytes())
    made = make()
    path.parent.mkdir(parents=True, exist_ok=True)
    staging = path.with_suffix(f".{os.getpid()}")
    staging.write_bytes(pickle.dumps(made))
    staging.rename(path)
    return made
