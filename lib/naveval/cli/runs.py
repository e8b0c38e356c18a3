"""Commands that compute: runs, batches, updates, measurements, and what is kept between them."""

import sys
from pathlib import Path
from typing import Any

import click

from naveval.cli.options import (
    ENGINES,
    FOLDER,
    STUDY,
    codes_of,
    formats_of,
    main,
    parameters,
    plain_errors,
    scale_of,
    telling,
)
from naveval.project import catalogue, paths, places
from naveval.project import parameters as params
from naveval.project.errors import ParameterError


@main.command()
@click.argument("study", type=STUDY)
@parameters
@click.option("--out", type=FOLDER, help="Result folder; default report/_out/STUDY/PLACE.")
@click.option("--resume", is_flag=True, help="Do nothing when the result is complete and current.")
@telling
@plain_errors
def run(
    study: str,
    file: Path | None,
    changes: dict[str, Any],
    out: Path | None,
    resume: bool,
    tells: Any,
) -> None:
    """Execute a study's notebook and write its result folder."""
    from naveval.running import warm

    chosen = params.load(study, file, changes)
    if not resume:
        warm.prepare([study])  # it imports while this process does
    from naveval.running import run as runs

    done = runs.run(study, chosen, target=out, resume=resume, tells=tells)
    click.echo(f"{done.folder}{' (current, not run again)' if done.skipped else ''}")


@main.command()
@click.argument("names", metavar="[STUDY…]", nargs=-1, type=STUDY)
@click.option("--counties", default="all", help="all, or codes such as 03,34.")
@click.option("--jobs", default=2, show_default=True, type=click.IntRange(1), help="In parallel.")
@click.option("--resume", is_flag=True, help="Skip what is complete and current.")
@parameters
@click.option("--to", "formats", default="html,pdf", show_default=True, help="Or none.")
@click.option("--engine", default="auto", show_default=True, type=ENGINES)
@click.option("--memory", type=click.FloatRange(min=0.2), help="Gigabytes for each run.")
@click.option("--scheduler", default="", help="Dask scheduler to run on: tcp://HOST:8786.")
@telling
@plain_errors
def batch(
    names: tuple[str, ...],
    counties: str,
    jobs: int,
    resume: bool,
    file: Path | None,
    changes: dict[str, Any],
    formats: str,
    engine: str,
    memory: float | None,
    scheduler: str,
    tells: Any,
) -> None:
    """Run studies for counties: parallel, past failures, with a summary at the end."""
    from naveval.publishing import render as rendering
    from naveval.running import batch as batches

    results = batches.batch(
        names or catalogue.names(),
        codes_of(counties),
        jobs=jobs,
        resume=resume,
        file=file,
        changes=changes,
        to=() if formats == "none" else formats_of(formats),
        engine=engine,
        memory_mb=memory * 1000 if memory else None,
        scheduler=scheduler,
        tells=tells,
        rendered=rendering.is_current,
    )
    click.echo(batches.summary(results))
    sys.exit(0 if all(result.ok for result in results) else 1)


@main.command()
@click.option("--counties", default="", help="Counties beside the default places: all, or codes.")
@click.option("--scale", help="Size of the simulated registers; default is each study's own.")
@click.option("--resume/--afresh", default=True, help="Keep what is current; the default.")
@click.option("--engine", default="auto", show_default=True, type=ENGINES)
@click.option("--jobs", default=2, show_default=True, type=click.IntRange(1), help="In parallel.")
@telling
@plain_errors
def report(
    counties: str, scale: str | None, resume: bool, engine: str, jobs: int, tells: Any
) -> None:
    """Run every study with its default parameters, render it, and build the site."""
    from naveval.publishing import render as rendering
    from naveval.publishing.site import build
    from naveval.running import batch as batches
    from naveval.running import progress

    names = catalogue.names()
    beside = {study: batches.county_codes(study, codes_of(counties)) for study in names}
    results = batches.batch(
        names,
        {s: list(dict.fromkeys([params.load(s).county, *beside[s]])) for s in names},
        jobs=jobs,
        resume=resume,
        changes={"scale": scale_of(scale)} if scale else None,
        to=("html", "pdf"),
        engine=engine,
        tells=tells,
        rendered=rendering.is_current,
    )
    click.echo(batches.summary(results))
    for result in results:
        click.echo("\n".join(str(result.folder / f"report.{kind}") for kind in ("html", "pdf")))
    if not all(result.ok for result in results):
        sys.exit(1)
    made = progress.timed("site", tells, lambda step: build.build(engine, progress=step))
    click.echo(str(made))


@main.command()
@click.argument("study", type=STUDY)
@click.option("--scale", default="full", help="small (0.05), full, or a share of full size.")
@plain_errors
def bench(study: str, scale: str) -> None:
    """Measure a study: rows, seconds, peak memory, how many times as long a peer takes."""
    from naveval.running import benchmarks

    benchmarks.run(study, scale_of(scale))


@main.command()
@click.argument("study", type=STUDY)
@click.option("--folder", type=FOLDER, multiple=True, help="A finished run, or several seeds'.")
@plain_errors
def distances(study: str, folder: tuple[Path, ...]) -> None:
    """Show how far simulated cells lie from printed ones; exit 1 for one far off without reason.

    Without a folder the run with the study's defaults is meant. Of several runs with other seeds
    the mean is compared, and reasons that say chance are tested against the spread between them.
    What a printed number's last decimal leaves open is no distance.
    """
    from naveval.exhibits import printed

    default = paths.result_dir(study, places.slug(params.load(study).county))
    found = printed.distances(study, folder or (default,))
    click.echo(printed.distances_text(found))
    sys.exit(0 if found.loc[found["distance"] > printed.FAR, "reason"].all() else 1)


@main.command()
@click.argument("study", type=STUDY)
@parameters
@click.option("--store", required=True, type=FOLDER, help="Folder kept from quarter to quarter.")
@click.option("--version", required=True, help="Name of this publication, such as 2024K3.")
@click.option("--window", default=79, show_default=True, help="Months in the window.")
@click.option("--tolerance-hours", default=0.05, show_default=True, type=click.FloatRange(0))
@click.option("--tolerance-share", default=0.002, show_default=True, type=click.FloatRange(0))
@click.option("--rebuild", is_flag=True, help="Make damaged files of the store anew.")
@plain_errors
def update(
    study: str,
    store: Path,
    version: str,
    file: Path | None,
    changes: dict[str, Any],
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
    chosen = params.load(study, file, changes)
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
@click.argument("a", type=FOLDER)
@click.argument("b", type=FOLDER)
@click.option("--json", "as_json", is_flag=True, help="Write every difference as JSON.")
@click.option(
    "--most", default=30, show_default=True, type=click.IntRange(1), help="Numbers to list at most."
)
@plain_errors
def diff(a: Path, b: Path, as_json: bool, most: int) -> None:
    """Show what changed from A to B: result folders, or editions of a series; exit 1 if anything.

    Data, parameters, code and versions, and numbers by exhibit and key, each change measured in
    standard errors.
    """
    from naveval.running import differences

    found = differences.compare(a, b)
    shown = differences.as_json(found) if as_json else differences.as_markdown(found, a, b, most)
    click.echo(shown)
    sys.exit(1 if found.any else 0)


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
