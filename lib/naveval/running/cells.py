"""Execute a notebook's cells in this process, as a kernel would, and keep what they show."""

import io
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from naveval.project.errors import NavevalError

Told = Callable[[int, int], Any]


@dataclass(frozen=True)
class CellFault:
    """Why a cell failed: its position, the kind of error and its message.

    `ours` says whether the error is one of this package, whose messages tell no person's data.
    """

    cell: int
    kind: str
    message: str
    ours: bool


class _KeepingHook(DisplayHook):
    """Keeps the value of a cell's last expression as a notebook's output."""

    shell: Any

    def start_displayhook(self) -> None:
        pass

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        self.shell.display_pub.outputs.append(
            {
                "output_type": "execute_result",
                "data": dict(format_dict),
                "metadata": dict(md_dict or {}),
            }
        )

    def finish_displayhook(self) -> None:
        pass


class _Shell(InteractiveShell):
    """A shell that writes nowhere: no history, and no tracebacks, which may show data."""

    displayhook_class = Type(_KeepingHook)
    display_pub_class = Type(CapturingDisplayPublisher)

    def showtraceback(self, *arguments: Any, **options: Any) -> None:
        pass

    def showsyntaxerror(self, *arguments: Any, **options: Any) -> None:
        pass


def execute(book: Mapping[str, Any], told: Told = lambda *_: None) -> CellFault | None:
    """Execute code cells in order, in one new namespace; outputs are put into the cells.

    Parameters
    ----------
    book
        As `notebooks.read` gives it; its code cells are changed.
    told
        Called after each cell with the number of cells done and their total.

    Returns
    -------
    The first failure, which ends the execution, or None.

    Raises
    ------
    KeyboardInterrupt, SystemExit
        When a cell ends with it.
    """
    shell = _Shell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    total = len(book["cells"])
    try:
        for position, cell in enumerate(book["cells"]):
            error = _execute_cell(shell, cell) if cell["cell_type"] == "code" else None
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise error
            if error is not None:
                ours = isinstance(error, NavevalError)
                return CellFault(position, type(error).__name__, str(error), ours)
            told(position + 1, total)
    finally:
        _Shell.clear_instance()
    return None


def _execute_cell(shell: _Shell, cell: dict[str, Any]) -> BaseException | None:
    """Execute one cell; why it failed."""
    streams = {"stdout": io.StringIO(), "stderr": io.StringIO()}
    shell.display_pub.outputs = []
    cell["execution_count"] = shell.execution_count
    with redirect_stdout(streams["stdout"]), redirect_stderr(streams["stderr"]):
        done = shell.run_cell(cell["source"], store_history=True)
    cell["outputs"] = [
        {"output_type": "stream", "name": name, "text": stream.getvalue()}
        for name, stream in streams.items()
        if stream.getvalue()
    ]
    cell["outputs"] += [
        _output(shown, cell["execution_count"]) for shown in shell.display_pub.outputs
    ]
    return done.error_before_exec or done.error_in_exec


def _output(shown: Mapping[str, Any], count: int) -> dict[str, Any]:
    """What a cell showed, with display() or as its last value, as a notebook keeps it."""
    kind = shown.get("output_type", "display_data")
    counted = {"execution_count": count} if kind == "execute_result" else {}
    data, about = shown["data"], shown["metadata"] or {}
    return {"output_type": kind, "data": data, "metadata": about, **counted}
