"""Evaluations of Norwegian labour-market policy, from registers to reports.

`import naveval as nv` gives the names in `PUBLIC`. Each is imported when it is first used, so that
the package itself imports nothing and what a result was made with stays as narrow as it is.

On frames of one's own (three tasks with examples: `naveval.frames`):

- `naveval.frames.panels` (treated and not, before and after): `nv.did`
- `naveval.frames.events` (effects by time since the start, one or several): `nv.event_study`,
  `nv.group_time`
- `naveval.frames.honest` (of an event study, when trends differ): `nv.honest_intervals`
- `naveval.frames.one_treated`: `nv.one_treated`, `nv.synthetic_control`, `nv.synthetic_did`
- `naveval.frames.programs` (several programmes): `nv.cross_fit`, `nv.ate`, `nv.att`, `nv.gate`,
  `nv.policy_tree`, `nv.rate`
- `naveval.frames.groups`: `nv.indicator`, `nv.cost_benefit`, `nv.protect`

On the studies: `nv.open` (`naveval.exhibits.opening`), `nv.simulate`, `nv.check`, `nv.run`,
`nv.batch`, `nv.render`, and `nv.Exhibit` (`naveval.exhibits.declare`) for what a report shows.
"""

from importlib import import_module
from typing import Any

PUBLIC = {
    "open": "naveval.exhibits.opening:open_study",
    "simulate": "naveval.registers.extracts:simulate",
    "check": "naveval.registers.contracts:require",
    "run": "naveval.running.run:run",
    "batch": "naveval.running.batch:batch",
    "render": "naveval.publishing.render:render",
    "did": "naveval.frames.panels:did",
    "event_study": "naveval.frames.events:event_study",
    "group_time": "naveval.frames.events:group_time",
    "honest_intervals": "naveval.frames.honest:honest_intervals",
    "one_treated": "naveval.frames.one_treated:one_treated",
    "synthetic_control": "naveval.frames.one_treated:synthetic_control",
    "synthetic_did": "naveval.frames.one_treated:synthetic_did",
    "cross_fit": "naveval.frames.programs:cross_fit",
    "att": "naveval.frames.programs:att",
    "ate": "naveval.frames.programs:ate",
    "gate": "naveval.frames.programs:gate",
    "policy_tree": "naveval.frames.programs:policy_tree",
    "rate": "naveval.frames.programs:rate",
    "indicator": "naveval.frames.groups:indicator",
    "cost_benefit": "naveval.frames.groups:cost_benefit",
    "protect": "naveval.frames.groups:protect",
    "Exhibit": "naveval.exhibits.declare:Exhibit",
}
"""Public name, and the module and name it stands for."""


def __getattr__(name: str) -> Any:
    if name not in PUBLIC:
        raise AttributeError(f"naveval has no {name}; it has {', '.join(PUBLIC)}")
    module, _, wanted = PUBLIC[name].partition(":")
    return getattr(import_module(module), wanted)


def __dir__() -> list[str]:
    return sorted([*globals(), *PUBLIC])
