"""Interactive exploring in JupyterLab: menus that redraw a figure from results at hand.

Cells tagged `explore` are left out when a notebook is run for a report (see `runs`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import ipywidgets as widgets
from IPython.core.formatters import DisplayFormatter

from naveval.exhibits.declare import Report, Results
from naveval.exhibits.opening import Opened
from naveval.exhibits.output import Output
from naveval.exhibits.show import Showing, Shown
from naveval.project import places
from naveval.project.errors import NavevalError, ParameterError

TEXTS = "explore"
Choices = Mapping[str, Sequence[Any] | Mapping[str, Any]]


def explore(
    output: Output,
    draw: Callable[..., Any],
    *fixed: Any,
    choices: Choices,
) -> widgets.VBox:
    """Menus for the keyword arguments of `draw`, and what it draws below them.

    Parameters
    ----------
    draw
        Called as `draw(output, *fixed, **chosen)`; returns a figure or a block.
    fixed
        Results at hand (panel, estimates), passed on unchanged.
    choices
        Argument to its allowed values, in order, or to a mapping of titles to values. Menu
        titles come from the texts under `explore`.

    Returns
    -------
    A box of menus and the drawing, redrawn at every choice. An error is shown in its place.

    Raises
    ------
    ParameterError
        When an argument has nothing to choose from.
    """
    titles = output.texts.get(TEXTS, {})
    empty = [name for name, values in choices.items() if not len(values)]
    if empty:
        raise ParameterError(f"explore: nothing to choose from for {', '.join(empty)}")
    menus = {
        name: widgets.Dropdown(options=_options(values), description=titles.get(name, name))
        for name, values in choices.items()
    }
    shown, formatter = widgets.Output(), DisplayFormatter()

    def redraw(_: Any = None) -> None:
        # Set and not captured: papermill and the kernel wait for each other in a captured output.
        shown.outputs = ()
        try:
            drawn = draw(output, *fixed, **{name: menu.value for name, menu in menus.items()})
        except NavevalError as error:
            shown.append_stderr(str(error))
        else:
            data, metadata = formatter.format(drawn)
            shown.outputs = ({"output_type": "display_data", "data": data, "metadata": metadata},)

    for menu in menus.values():
        menu.observe(redraw, names="value")
    redraw()
    return widgets.VBox([widgets.HBox(list(menus.values())), shown])


def menus(study: Opened, results: Results) -> widgets.VBox:
    """Menus over the results at hand: a figure of the report's `menus`, and the place."""
    counties = {places.name(code): code for code in ("", *places.codes(places.CURRENT_YEAR))}
    choices: Choices = {"label": study.showing.report.menus, "county": counties}
    draw = partial(of_county, study.showing.report)
    return explore(study.output, draw, results, choices=choices)


def of_county(
    report: Report, output: Output, results: Results, *, label: str, county: str
) -> Shown:
    """A figure for the chosen county, from the same released rows as in its report."""
    moved = replace(output, place=places.place(county))
    changed = results.parameters.model_copy(update={"county": county})
    return Showing(report, moved).show(label, results.but(parameters=changed))


def _options(values: Sequence[Any] | Mapping[str, Any]) -> list[Any]:
    return list(values.items()) if isinstance(values, Mapping) else list(values)
