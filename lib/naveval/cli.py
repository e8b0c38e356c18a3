"""The `naveval` command. Each step is a plain command with an exit code.

Exit codes: 0 done; 1 some part failed; 2 parameters; 3 registers; 4 estimation;
5 disclosure; 6 rendering; 7 what is kept between runs; 130 interrupted.
"""

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from naveval.project import catalogue, paths, places
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


def settings(pairs: tuple[str, ...], data: Path | None) -> dict[str, Any]:
    """Single changes of parameters from the command line."""
    changes = dict(params.parse_setting(pair) for pair in pairs)
    if data is not None:
        changes["data"] = str(data)
    return changes


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="naveval")
def main() -> None:
    """Evaluations of Norwegian labour-market policy, from registers to reports."""


@main.command()
@click.argument("names", metavar="STUDY…", nargs=-1, required=True, type=STUDY)
@click.option("--scale", default="small", help="small, full, or a share of full size such as 0.2.")
@click.option("--seed", default=2024, show_default=True, help="Seed of the simulation.")
@click.option("--out", type=FOLDER, help="Folder; one folder per study is made below it.")
@plain_errors
def data(names: tuple[str, ...], scale: str, seed: int, out: Path | None) -> None:
    """Write simulated register extracts and their truth (truth.json)."""
    from naveval.registers import extracts

    size = _scale(scale)
    for study in names:
        target = (out or paths.out_dir() / "_registers") / study
        if target.exists():
            raise ParameterError(f"{target}: exists already; choose another --out or remove it")
        simulate = catalogue.module(study, "simulate").simulate
        chosen = params.load(study, changes={"scale": size, "seed": seed})
        extracts.write(simulate, target, chosen.simulation())
        click.echo(str(target))


def _scale(text: str) -> float:
    try:
        size = SCALES.get(text) or float(text)
    except ValueError:
        size = 0.0
    if not 0 < size <= 1:
        raise ParameterError(f"--scale {text}: expected small, full, or a number in (0, 1]")
    return size


@main.command()
@click.argument("study", type=STUDY)
@click.option("--params", "file", type=FILE, help="Parameters; default params/STUDY.yml.")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="Change one parameter.")
@click.option("--data", "data_folder", type=FOLDER, help="Folder with register extracts.")
@click.option("--json", "as_json", is_flag=True, help="Write everything found as JSON.")
@plain_errors
def check(
    study: str, file: Path | None, pairs: tuple[str, ...], data_folder: Path | None, as_json: bool
) -> None:
    """Check parameters, further inputs and register extracts; list every breach, exit 1.

    Beside the breaches it prints a reading report: the form seen, rows, missing values, codes and
    range of every column, and rows by place and period. It refuses what `run` refuses.
    """
    chosen = params.load(study, file, settings(pairs, data_folder))
    chosen.check_inputs()
    if not chosen.data or not catalogue.has(study, "contracts"):
        click.echo(f"{study}: parameters are as they should be; no registers given")
        return
    from naveval.registers import checking, extracts

    found = checking.look(study, extracts.folder(study, chosen), chosen)
    click.echo(checking.as_json(found) if as_json else checking.as_text(found))
    sys.exit(0 if found.passed else 1)


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

    found = entries.dictionary(study, params.load(study, file, settings(pairs, None)))
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
    folder that `check` and `run` take as --data. It holds person data.
    """
    from naveval.registers.mapping import apply, draft
    from naveval.registers.mapping import source as mappings

    if not source:
        click.echo(draft.draft(study, data_folder).text())
        return
    if out is None:
        raise ParameterError("--with: name a new folder for the tables with --out")
    for file in apply.write(mappings.load(study, source), data_folder, out):
        click.echo(str(file))


@main.command()
@click.argument("study", type=STUDY)
@click.option("--params", "file", type=FILE, help="Parameters; default params/STUDY.yml.")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="Change one parameter.")
@click.option("--data", "data_folder", type=FOLDER, help="Folder with register extracts.")
@click.option("--out", type=FOLDER, help="Result folder; default report/_out/STUDY/PLACE.")
@click.option("--resume", is_flag=True, help="Do nothing when the result is complete and current.")
@click.option("--progress/--no-progress", default=True, help="Show a progress bar.")
@plain_errors
def run(
    study: str,
    file: Path | None,
    pairs: tuple[str, ...],
    data_folder: Path | None,
    out: Path | None,
    resume: bool,
    progress: bool,
) -> None:
    """Execute a study's notebook and write its result folder."""
    from naveval.running import run as runs

    chosen = params.load(study, file, settings(pairs, data_folder))
    done = runs.run(study, chosen, target=out, resume=resume, progress=progress)
    click.echo(f"{done.folder}{' (current, not run again)' if done.skipped else ''}")


@main.command()
@click.argument("names", metavar="[STUDY…]", nargs=-1, type=STUDY)
@click.option("--counties", default="all", help="all, or codes such as 03,34.")
@click.option("--jobs", default=2, show_default=True, type=click.IntRange(1), help="In parallel.")
@click.option("--resume", is_flag=True, help="Skip what is complete and current.")
@click.option("--params", "file", type=FILE, help="Parameters; default params/STUDY.yml.")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="Change one parameter.")
@click.option("--data", "data_folder", type=FOLDER, help="Folder with register extracts.")
@click.option("--to", "formats", default="html,pdf", show_default=True, help="Or none.")
@click.option("--engine", default="auto", show_default=True, type=ENGINES)
@click.option("--memory", type=click.FloatRange(min=0.2), help="Gigabytes for each run.")
@click.option("--scheduler", default="", help="Dask scheduler to run on: tcp://HOST:8786.")
@click.option("--progress/--no-progress", default=True, help="Show a progress bar.")
@plain_errors
def batch(
    names: tuple[str, ...],
    counties: str,
    jobs: int,
    resume: bool,
    file: Path | None,
    pairs: tuple[str, ...],
    data_folder: Path | None,
    formats: str,
    engine: str,
    memory: float | None,
    scheduler: str,
    progress: bool,
) -> None:
    """Run studies for counties: parallel, past failures, with a summary at the end."""
    from naveval.publishing import render as rendering
    from naveval.running import batch as batches

    results = batches.batch(
        names or catalogue.names(),
        None if counties == "all" else counties.split(","),
        jobs=jobs,
        resume=resume,
        file=file,
        changes=settings(pairs, data_folder),
        to=() if formats == "none" else tuple(formats.split(",")),
        engine=engine,
        memory_mb=memory * 1000 if memory else None,
        scheduler=scheduler,
        progress=progress,
        rendered=rendering.is_current,
    )
    click.echo(batches.summary(results))
    sys.exit(0 if all(result.ok for result in results) else 1)


@main.command()
@click.argument("folders", metavar="[PATH…]", nargs=-1, type=FOLDER)
@click.option("--to", "formats", default="html,pdf", show_default=True, help="html, pdf or both.")
@click.option("--engine", default="auto", show_default=True, type=ENGINES)
@click.option("--resume", is_flag=True, help="Keep reports that are current.")
@plain_errors
def render(folders: tuple[Path, ...], formats: str, engine: str, resume: bool) -> None:
    """Turn result folders into HTML and PDF; without PATH all that are finished."""
    from naveval.disclosure.scan.folder import require_clean
    from naveval.publishing import render as rendering
    from naveval.publishing.audit.ids import person_ids
    from naveval.running import batch as batches

    def refuse(folder: Path) -> None:
        require_clean(folder, person_ids(folder))

    targets = list(folders) or batches.finished()
    if not targets:
        raise ParameterError(f"{paths.out_dir()}: no finished runs; start with naveval run")
    for folder in targets:
        made = rendering.render(
            folder,
            to=tuple(formats.split(",")),
            engine=engine,
            checks=(refuse,),
            resume=resume,
        )
        for file in made:
            click.echo(str(file))


@main.command()
@click.option("--engine", default="auto", show_default=True, type=ENGINES)
@click.option("--jobs", default=2, show_default=True, type=click.IntRange(1), help="In parallel.")
@plain_errors
def report(engine: str, jobs: int) -> None:
    """Run every study with its default parameters, render it, and build the site."""
    from naveval.publishing import render as rendering
    from naveval.publishing.site import build
    from naveval.running import batch as batches

    results = batches.batch(
        catalogue.names(),
        {study: [params.load(study).county] for study in catalogue.names()},
        jobs=jobs,
        resume=True,
        to=("html", "pdf"),
        engine=engine,
        rendered=rendering.is_current,
    )
    click.echo(batches.summary(results))
    for result in results:
        click.echo("\n".join(str(result.folder / f"report.{kind}") for kind in ("html", "pdf")))
    if not all(result.ok for result in results):
        sys.exit(1)
    click.echo(str(build.build(engine)))


@main.command("site")
@click.option("--engine", default="auto", show_default=True, type=ENGINES)
@plain_errors
def make_site(engine: str) -> None:
    """Build the site from every rendered report; it opens from report/_out/site."""
    from naveval.publishing.site import build

    click.echo(str(build.build(engine, progress=lambda step: click.echo(step, err=True))))


@main.command()
@click.argument("study", type=STUDY)
@click.option("--scale", default="full", help="small, full, or a share of full size such as 0.2.")
@plain_errors
def bench(study: str, scale: str) -> None:
    """Measure a study: rows, seconds, peak memory, ratio to a peer in the same run."""
    from naveval.running import benchmarks

    benchmarks.run(study, _scale(scale))


@main.command()
@click.argument("study", type=STUDY)
@click.option("--folder", type=FOLDER, help="A finished run; default the study's own default.")
@plain_errors
def distances(study: str, folder: Path | None) -> None:
    """Show how far simulated cells lie from printed ones; exit 1 for one far off without reason."""
    from naveval.exhibits import printed

    slug = places.slug(params.load(study).county)
    found = printed.distances(study, folder or paths.result_dir(study, slug))
    click.echo(printed.distances_text(found))
    sys.exit(0 if found.loc[found["distance"] > printed.FAR, "reason"].all() else 1)


@main.command()
@click.argument("study", type=STUDY)
@click.option("--data", "data_folder", type=FOLDER, help="Folder with register extracts.")
@click.option("--store", required=True, type=FOLDER, help="Folder kept from quarter to quarter.")
@click.option("--version", required=True, help="Name of this publication, such as 2024K3.")
@click.option("--params", "file", type=FILE, help="Parameters; default params/STUDY.yml.")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="Change one parameter.")
@click.option("--window", default=79, show_default=True, help="Months in the window.")
@click.option("--tolerance-hours", default=0.05, show_default=True, type=click.FloatRange(0))
@click.option("--tolerance-share", default=0.002, show_default=True, type=click.FloatRange(0))
@click.option("--rebuild", is_flag=True, help="Make damaged files of the store anew.")
@plain_errors
def update(
    study: str,
    data_folder: Path | None,
    store: Path,
    version: str,
    file: Path | None,
    pairs: tuple[str, ...],
    window: int,
    tolerance_hours: float,
    tolerance_share: float,
    rebuild: bool,
) -> None:
    """Estimate on the newest months and publish the next edition beside the earlier ones.

    Published months keep their values. Where the new estimates lie further from them than the
    tolerance the update stops; a note for the version in STORE/changelog.csv announces a
    revision, of which a month may have eight.
    """
    from naveval.registers import contracts, extracts

    if not catalogue.has(study, "update"):
        raise ParameterError(f"{study}: has no quarterly update")
    quarter = catalogue.module(study, "update")
    chosen = params.load(study, file, settings(pairs, data_folder))
    chosen.check_inputs()
    # The store has the months before; what the window needs, the update itself asks for.
    contracts.require(study, extracts.folder(study, chosen))
    done = quarter.publish_quarter(
        chosen,
        store,
        version,
        window=window,
        hours=tolerance_hours,
        share=tolerance_share,
        rebuild=rebuild,
    )
    click.echo(quarter.summary(done))


@main.command()
@click.option("--older", default="30d", show_default=True, metavar="TIME", help="30d, 12h or 2w.")
@plain_errors
def clean(older: str) -> None:
    """Remove kept results and simulated registers that nobody used for a time.

    Finished results, reports and the site stay; what was removed is made anew when it is needed.
    """
    from naveval.project import store

    done = store.clean(store.days_of(older))
    click.echo(
        f"removed {done.removed} kept results and {done.leftovers} leftovers, "
        f"{done.freed / 1e6:.1f} MB"
    )


@main.command()
@click.argument("folder", metavar="PATH", type=FOLDER)
@click.option("--only", multiple=True, metavar="CHECK", help="Make only this check; repeatable.")
@plain_errors
def audit(folder: Path, only: tuple[str, ...]) -> None:
    """Check a result folder or site: disclosure, accessibility, links, numbers, sizes."""
    from tqdm import tqdm

    from naveval.publishing.audit import folder as audits

    with tqdm(desc="audit", unit="page", leave=False) as bar:

        def advance(name: str, steps: int) -> None:
            bar.total = steps
            bar.update()

        found = audits.audit(folder, checks=only or audits.CHECKS, progress=advance)
    click.echo(audits.listing(found))
    sys.exit(1 if found.faults else 0)


@main.command()
@click.argument("folder", metavar="PATH", type=FOLDER)
@click.option("--host", required=True, help="Host name of the data marketplace.")
@click.option("--id", "story", required=True, help="Identifier of the data story.")
@plain_errors
def publish(folder: Path, host: str, story: str) -> None:
    """Upload a finished folder to Nav's data marketplace when it passes the audit.

    The token is read from the environment variable NAVEVAL_PUBLISH_TOKEN.
    """
    from naveval.publishing import marketplace as uploads
    from naveval.publishing.audit import folder as audits

    done = uploads.publish(
        folder,
        host=host,
        story=story,
        check=lambda checked: audits.reasons_not_to_publish(checked, told=click.echo),
        progress=click.echo,
    )
    click.echo(f"published {done.files} files, {done.size / 1e6:.1f} MB")
