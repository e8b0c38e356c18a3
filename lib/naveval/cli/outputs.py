"""Commands on what goes out: reports, the site, audits and publication."""

import getpass
import sys
from pathlib import Path
from typing import Any

import click

from naveval.cli.options import ENGINES, FOLDER, formats_of, main, plain_errors, telling
from naveval.project import paths
from naveval.project.errors import ParameterError


@main.command()
@click.argument("folders", metavar="[PATH…]", nargs=-1, type=FOLDER)
@click.option("--to", "formats", default="html,pdf", show_default=True, help="html, pdf or both.")
@click.option("--engine", default="auto", show_default=True, type=ENGINES)
@click.option("--resume", is_flag=True, help="Keep reports that are current.")
@telling
@plain_errors
def render(folders: tuple[Path, ...], formats: str, engine: str, resume: bool, tells: Any) -> None:
    """Turn result folders into HTML and PDF; without PATH all that are finished."""
    from naveval.disclosure.scan.folder import require_clean
    from naveval.publishing import render as rendering
    from naveval.publishing.audit.ids import person_ids
    from naveval.running import batch as batches

    def refuse(folder: Path) -> None:
        require_clean(folder, person_ids(folder))

    wanted, targets = formats_of(formats), list(folders) or batches.finished()
    if not targets:
        raise ParameterError(f"{paths.out_dir()}: no finished runs; start with naveval run")
    for folder in targets:
        if tells != "nothing":
            click.echo(f"rendering {formats}", err=True)
        made = rendering.render(
            folder,
            to=wanted,
            engine=engine,
            checks=(refuse,),
            resume=resume,
        )
        for file in made:
            click.echo(str(file))


@main.command("site")
@click.option("--engine", default="auto", show_default=True, type=ENGINES)
@telling
@plain_errors
def make_site(engine: str, tells: Any) -> None:
    """Build the site from every rendered report; it opens from report/_out/site."""
    from naveval.publishing.site import build
    from naveval.running import progress

    made = progress.timed("site", tells, lambda step: build.build(engine, progress=step))
    click.echo(str(made))


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


BY = click.option("--by", default=getpass.getuser, help="Your name; default the one you log in by.")


@main.command()
@click.argument("folder", metavar="PATH", type=FOLDER)
@BY
@plain_errors
def request(folder: Path, by: str) -> None:
    """Ask for a folder to be published: every file with pass, review or fail, and checksum.

    Exit code 1 when a file failed. Somebody else approves.
    """
    from naveval.publishing import request as requests
    from naveval.publishing.audit import folder as audits

    made = requests.request(
        folder, by=by, check=lambda asked: audits.faults_of_release(asked, told=click.echo)
    )
    click.echo(requests.summary(made))
    sys.exit(1 if made.of("fail") else 0)


@main.command()
@click.argument("folder", metavar="PATH", type=FOLDER)
@BY
@click.option("--reviewed", multiple=True, metavar="FILES", help="Looked at: a path or pattern.")
@plain_errors
def approve(folder: Path, by: str, reviewed: tuple[str, ...]) -> None:
    """Approve what somebody else has requested, after a look at every file to be reviewed."""
    from naveval.publishing import request as requests

    asked = requests.approve(folder, by=by, reviewed=reviewed)
    click.echo(f"{len(asked.entries)} files, requested by {asked.by}, may be published")


@main.command()
@click.argument("folder", metavar="PATH", type=FOLDER)
@click.option("--host", required=True, help="Host name of the data marketplace.")
@click.option("--id", "story", required=True, help="Identifier of the data story.")
@click.option("--again", is_flag=True, help="Send also what the server has taken before.")
@plain_errors
def publish(folder: Path, host: str, story: str, again: bool) -> None:
    """Upload an approved folder to Nav's data marketplace when it still passes the audit.

    The token is read from the environment variable NAVEVAL_PUBLISH_TOKEN. An upload that stopped
    goes on where it was.
    """
    from naveval.publishing import marketplace as uploads
    from naveval.publishing.audit import folder as audits

    done = uploads.publish(
        folder,
        host=host,
        story=story,
        check=lambda checked: map(str, audits.faults_of_release(checked, told=click.echo)),
        progress=click.echo,
        again=again,
    )
    earlier = f"; {done.before} were there already" if done.before else ""
    click.echo(f"published {done.files} files, {done.size / 1e6:.1f} MB{earlier}")
