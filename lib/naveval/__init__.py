"""Evaluations of Norwegian labour-market policy, from registers to reports.

`import naveval as nv` gives the names in `PUBLIC`. Each is imported when it is first used, so that
the package itself imports nothing and what a result was made with stays as narrow as it is.
"""

from importlib import import_module
from typing import Any

PUBLIC = {
    "open": "naveval.exhibits.opening:open_study",
    "check": "naveval.registers.contracts:require",
    "run": "naveval.running.run:run",
    "batch": "naveval.running.batch:batch",
    "render": "naveval.publishing.render:render",
}
"""Public name, and the module and name it stands for."""


def __getattr__(name: str) -> Any:
    if name not in PUBLIC:
        raise AttributeError(f"naveval has no {name}; it has {', '.join(PUBLIC)}")
    module, _, wanted = PUBLIC[name].partition(":")
    return getattr(import_module(module), wanted)


def __dir__() -> list[str]:
    return sorted([*globals(), *PUBLIC])
