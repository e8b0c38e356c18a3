"""What the commands share: options, and errors as one message."""

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from naveval.project import catalogue, paths
from naveval.project import parameters as params
from naveval.project.errors import NavevalError, ParameterError

STUDY = click.Choice(catalogue.names())
FOLDER = click.Path(path_type=Path)
FILE = click.Path(path_type=Path, dir_okay=False)
FORMS = click.Choice(["md", "xlsx", "csv", "json"])
ENGINES = click.Choice(["auto", "quarto", "builtin"])
SCALES = {"small": 0.05, "full": 1.0}


def plain_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """Show errors as one message on stderr, without a traceback, and set the exit code."""

    @functools.wraps(command)
    def wrapped(*arguments: Any, **options: Any) -> Any:
        try:
            return command(*arguments, **options)
        except NavevalError as error:
            click.echo(f"naveval: {error}", err=True)
            sys.exit(error.exit_code)
        except PermissionError as error:
            click.echo(f"naveval: {error.filename}: may not be written or read", err=True)
            sys.exit(1)
        except OSError as error:
            # Libraries that write leave the name of the file out.
            place = error.filename or f"while writing below {paths.out_dir()}"
            click.echo(f"naveval: {place}: {error.strerror or error}", err=True)
            sys.exit(1)
        except KeyboardInterrupt:
            click.echo("naveval: interrupted; earlier results are untouched", err=True)
            sys.exit(130)

    return wrapped


def telling(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options for how much a command tells of how it goes: `tells` as `running.progress` has it."""
    options: dict[str, Any] = {"type": click.UNPROCESSED, "default": "screen"}
    quiet = click.option("-q", "--quiet", "tells", flag_value="nothing", help="Tell results only.")
    verbose = click.option(
        "-v", "--verbose", "tells", flag_value="lines", help="Tell each step on a line.", **options
    )
    return quiet(verbose(command))


def parameters(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options for parameters, passed on as `file` and `changes`, the single ones."""

    @functools.wraps(command)
    def wrapped(
        *arguments: Any, pairs: tuple[str, ...], data_folder: Path | None, **options: Any
    ) -> Any:
        changes = dict(params.parse_setting(pair) for pair in pairs)
        if data_folder is not None:
            changes["data"] = str(data_folder)
        return command(*arguments, changes=changes, **options)

    made = plain_errors(wrapped)
    for option in (
        click.option("--data", "data_folder", type=FOLDER, help="Folder with register extracts."),
        click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="One parameter."),
        click.option("--params", "file", type=FILE, help="Parameters; default params/STUDY.yml."),
    ):
        made = option(made)
    return made


def scale_of(text: str) -> float:
    try:
        size = SCALES.get(text) or float(text)
    except ValueError:
        size = 0.0
    if not 0 < size <= 1:
        raise ParameterError(f"--scale {text}: expected small, full, or a number in (0, 1]")
    return size


def formats_of(text: str) -> tuple[str, ...]:
    """Formats of reports as `--to` names them; ParameterError for another before work begins."""
    from naveval.publishing.render import FORMATS

    named = tuple(part.strip() for part in text.split(","))
    if unknown := ", ".join(part or "nothing" for part in named if part not in FORMATS):
        raise ParameterError(f"--to: {unknown}: expected html, pdf or html,pdf")
    return named


def codes_of(counties: str) -> list[str] | None:
    """Counties as batches take them: None is all."""
    return None if counties == "all" else [code for code in counties.split(",") if code]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="naveval")
def main() -> None:
    """Evaluations of Norwegian labour-market policy, from registers to reports.

    Register owners: `naveval contract STUDY` tells every table, column and code a study reads.
    """
