"""A study opened for one place: its parameters, its registers checked, its result folder.

`import naveval as nv; study = nv.open("hedmark")` is the second cell of every notebook. This
module is the only place that reads a notebook's names.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from naveval.exhibits.declare import Report, Results
from naveval.exhibits.output import Block, Output, open_output
from naveval.exhibits.show import Showing, Shown
from naveval.project import catalogue
from naveval.project import parameters as params
from naveval.project.errors import ParameterError
from naveval.project.parameters import StudyParameters
from naveval.registers import contracts, extracts
from naveval.registers.contracts import Warned

Names = Mapping[str, Any]


@dataclass(frozen=True)
class Opened:
    """A study whose parameters and registers have been checked.

    Attributes
    ----------
    name
        Name of the study.
    parameters
        Its checked parameters.
    output
        The result folder and the texts for the place the parameters name.
    """

    name: str
    parameters: Any
    output: Output

    @cached_property
    def showing(self) -> Showing:
        """The study's report, to be shown into the result folder."""
        report: Report = catalogue.module(self.name, "report").REPORT
        return Showing(report, self.output)

    def show(self, label: str, results: Results) -> Shown:
        """Show an exhibit or a sentence of these results; see `show.Showing.show`."""
        return self.showing.show(label, results)

    def data(self, label: str, results: Results) -> pd.DataFrame:
        """The raw frame of an exhibit; refused inside a run."""
        return self.showing.data(label, results)

    def finish(self, results: Results) -> Block:
        """Write estimates, log, headlines and workbook of what has been shown."""
        return self.showing.finish(results)


def open_study(study: str, /, **changes: Any) -> Opened:
    """Open a study: check its parameters, its other inputs and its registers, always.

    In a notebook the parameters are the names of its parameters cell: every field of the
    study's model, and nothing else. Elsewhere, and in a notebook without such a cell, they are
    the defaults of `params/<study>.yml` with `changes`.

    Parameters
    ----------
    study
        Name of the study.
    **changes
        Single parameters; not together with a parameters cell.

    Returns
    -------
    The study with `parameters` and `output`.

    Raises
    ------
    ParameterError
        For an unknown study, and for a name that is unknown, missing or out of range.
    ContractError
        When the registers break the study's contract; lists every breach.
    """
    given = {} if changes else notebook_parameters(study)
    source = f"parameters cell of the notebook of {study}"
    chosen = (
        params.validate(params.model(study), given, source)
        if given
        else params.load(study, changes=changes)
    )
    check(study, chosen)
    return Opened(study, chosen, open_output(study, chosen))


def check(study: str, parameters: StudyParameters) -> tuple[Warned, ...]:
    """Check further inputs, and registers where the chosen parts read any; simulate if none given.

    Returns
    -------
    Warnings about the registers, which the report shows.

    Raises
    ------
    ParameterError
        For an input file that is missing or faulty.
    ContractError
        When the registers break the study's contract.
    """
    parameters.check_inputs()
    if catalogue.has(study, "contracts") and parameters.reads_registers():
        return contracts.require(study, extracts.folder(study, parameters), parameters)
    return ()


def notebook_parameters(study: str) -> dict[str, Any]:
    """What the parameters cell of the running notebook gives; empty where there is none.

    A parameters cell, papermill's injected one included, has nothing but names with plain
    values. A cell that gives every parameter starts afresh, so that a misspelt name is forgotten
    when it has been put right.

    Raises
    ------
    ParameterError
        For names that the study does not know, and parameters that no cell gives.
    """
    kernel = shell()
    if kernel is None:
        return {}
    fields = params.model(study).model_fields
    named: set[str] = set()
    for source in kernel.user_ns.get("In", ()):
        here = set(plain_names(source))
        named = here if set(fields) <= here else named | here
    named &= set(kernel.user_ns)
    if not named & set(fields):
        return {}
    unknown, missing = sorted(named - set(fields)), [name for name in fields if name not in named]
    faults = [f"  {name}: unknown; allowed: {', '.join(fields)}" for name in unknown]
    faults += [f"  {name}: missing; the cell gives every parameter" for name in missing]
    if faults:
        head = f"parameters cell of the notebook of {study}: {len(faults)} fault(s)"
        raise ParameterError("\n".join([head, *faults]))
    return {name: kernel.user_ns[name] for name in fields}


def shell() -> Any:
    """The running IPython, or None in a plain Python process."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


def plain_names(source: str) -> Iterator[str]:
    r"""Names a cell gives plain values, when it does nothing else.

    >>> list(plain_names('county = "04"\nscale = 1.0'))
    ['county', 'scale']
    >>> list(plain_names('county = "04"\nprint(county)'))
    []
    """
    try:
        body = ast.parse(source).body
        names = [
            node.targets[0].id
            for node in body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and _is_plain(node.value)
        ]
    except SyntaxError:  # a cell with magics
        return
    if len(names) == len(body):
        yield from names


def _is_plain(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except ValueError:
        return False
    return True
