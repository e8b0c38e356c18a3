"""Commands on what comes in: registers, their contracts and mappings."""

import os
import sys
from pathlib import Path
from typing import Any

import click

from naveval.cli.options import FILE, FOLDER, FORMS, STUDY, main, parameters, plain_errors, scale_of
from naveval.project import catalogue, paths
from naveval.project import parameters as params
from naveval.project.errors import ParameterError


@main.command()
@click.argument("names", metavar="STUDY…", nargs=-1, required=True, type=STUDY)
@click.option("--scale", help="small (0.05, the default), full, or a share of full size.")
@click.option("--seed", default=2024, show_default=True, help="Seed of the simulation.")
@click.option("--profile", "profile_file", type=FILE, help="Make registers with these marginals.")
@click.option("--out", type=FOLDER, help="Folder; one folder per study is made below it.")
@plain_errors
def data(
    names: tuple[str, ...],
    scale: str | None,
    seed: int,
    profile_file: Path | None,
    out: Path | None,
) -> None:
    """Write simulated register extracts and their truth (truth.json).

    With --profile, a file that `naveval profile` wrote, they have the marginals of the registers it
    was made from; --scale is then a share of their persons, by default all.
    """
    # Asked when Arrow is loaded: it gives back at once what a written month took.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    from naveval.registers import extracts, simulation

    given = None
    if profile_file is not None:
        # Here, for the solvers that it needs take half a second to load.
        from naveval.running import profile as profiles

        given = profiles.read(profile_file)
    if given is not None and names != (given.study,):
        raise ParameterError(
            f"{profile_file}: a profile of {given.study}; expected that study alone"
        )
    size = scale_of(scale or ("small" if given is None else "full"))
    simulation.require_draw(size, seed)  # before a folder is made
    for study in names:
        target = (out or paths.out_dir() / "_registers") / study
        if target.exists():
            raise ParameterError(f"{target}: exists already; choose another --out or remove it")
        if given is None:
            extracts.simulate(study, target, scale=size, seed=seed)
        else:
            made = profiles.simulate(given, target, share=size, seed=seed)
            click.echo(profiles.nearness(made, given.rounded_to))
        click.echo(str(target))


@main.command()
@click.argument("study", type=STUDY)
@parameters
@click.option("--out", required=True, type=FILE, help="New file, JSON.")
@plain_errors
def profile(study: str, file: Path | None, changes: dict[str, Any], out: Path) -> None:
    """Write how many persons registers have, by code, period and county: protected, rounded.

    What it writes may leave: `naveval data STUDY --profile FILE` makes registers of its numbers
    elsewhere.
    """
    from naveval.running import profile as profiles

    profiles.write(profiles.make(study, params.load(study, file, changes)), out)
    click.echo(str(out))


@main.command()
@click.argument("study", type=STUDY)
@parameters
@click.option("--json", "as_json", is_flag=True, help="Write everything found as JSON.")
@plain_errors
def check(study: str, file: Path | None, changes: dict[str, Any], as_json: bool) -> None:
    """Check parameters, further inputs and register extracts; list every breach, exit 1.

    Beside the breaches it prints a reading report: the form seen, rows, missing values, codes and
    range of every column, and rows by place and period. It refuses what `run` refuses. What the
    tables must hold, with codes and units, is told by `naveval contract STUDY`. Of tables that
    `naveval map` made, the file and row that are named are the owner's.
    """
    chosen = params.load(study, file, changes)
    chosen.check_inputs()
    if not chosen.data or not catalogue.has(study, "contracts"):
        click.echo(f"{study}: parameters are as they should be; no registers given")
        return
    from naveval.disclosure import keys
    from naveval.registers import checking, extracts

    found = checking.look(study, extracts.folder(study, chosen), chosen)
    click.echo(checking.as_json(found) if as_json else checking.as_text(found))
    if not found.passed:
        sys.exit(1)
    keys.secret(chosen.origin())  # `run` asks for it
    if not as_json:
        click.echo(f"\n{study}: parameters and registers are as they should be")


@main.command()
@click.argument("study", type=STUDY)
@click.option("--format", "form", default="md", show_default=True, type=FORMS)
@click.option("--out", type=FOLDER, help="Folder for the document, a data package and templates.")
@click.option("--params", "file", type=FILE, help="Parameters; default params/STUDY.yml.")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="Change one parameter.")
@plain_errors
def contract(
    study: str, form: str, out: Path | None, file: Path | None, pairs: tuple[str, ...]
) -> None:
    """Write what register owners must deliver: tables, columns, codes and periods, in Norwegian.

    Without --out the document is printed. With it, the folder also gets a Frictionless
    datapackage.json and an empty template of every table.
    """
    from naveval.registers.dictionary import entries, formats

    changes = dict(params.parse_setting(pair) for pair in pairs)
    found = entries.dictionary(study, params.load(study, file, changes))
    if out is not None:
        for made in formats.write(found, form, out):
            click.echo(str(made))
    elif form == "xlsx":
        raise ParameterError("--format xlsx: name a folder with --out")
    else:
        shown = {"md": formats.markdown, "csv": formats.as_csv, "json": formats.datapackage}
        click.echo(shown[form](found), nl=False)


@main.command("map")
@click.argument("study", type=STUDY)
@click.option("--data", "data_folder", required=True, type=FOLDER, help="The owner's files.")
@click.option("--with", "source", default="", help="Mapping: params/registers/NAME.yml, or a file.")
@click.option("--out", type=FOLDER, help="New folder for the tables that the mapping makes.")
@plain_errors
def map_registers(study: str, data_folder: Path, source: str, out: Path | None) -> None:
    """Draft a mapping of an owner's files, or make the study's tables with a finished one.

    Without --with a draft is printed, with what could not be placed. With it, --out becomes a
    folder that `check` and `run` take as --data, and it is told how many rows of each table are
    kept, and left out by which filter. It holds person data. What the study's columns and codes
    mean is told by `naveval contract STUDY`.

    A table has `files`, `where` and `without` (columns to the values that are kept, or left out)
    and `columns`. A column is `from` one of the owner's, or has one `value`, and takes one of: `id`
    true for a pseudonym of any type; `codes` the owner's to the study's; `form` as a date or month
    is written (date, yyyymm, dd.mm.yyyy, sas and others); `pad` the length zeros in front fill up
    to; `places` true for counties and municipalities of any year; `times` a factor. `missing` are
    values that mean no value; `blank` is what a cell without one means, such as 0.
    """
    from naveval.registers.mapping import apply, draft
    from naveval.registers.mapping import source as mappings

    if not source:
        click.echo(draft.draft(study, data_folder).text())
        return
    if out is None:
        raise ParameterError("--with: name a new folder for the tables with --out")
    for table in apply.write(mappings.load(study, source), data_folder, out):
        click.echo(str(table))


@main.command()
@click.argument("folder", type=FOLDER)
@plain_errors
def example(folder: Path) -> None:
    """Write example data of one's own and what the library makes of it (see `make docs`)."""
    from naveval.frames import example as examples

    for file in examples.write(folder):
        click.echo(str(file))
