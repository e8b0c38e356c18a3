"""Result folders as they are published, and the same without protection, for the union attack.

The country and two counties of every study, in two editions of the registers. The earlier
edition lacks one person in two hundred, and the newest months where a study can end earlier. The
notebooks run in one process per edition and kind; the country's later folder is made by the
command line and rendered.

    python tests/attack/folders.py --out FOLDER             # make, attack, print
    python tests/attack/folders.py --out FOLDER --attack    # attack what has been made
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import published
import union
from attackers import CONFIDENT

from naveval.disclosure.editions import EDITION
from naveval.publishing.audit import folder as audit

HERE = Path(__file__).resolve().parent

SCALES = {"hedmark": 0.02, "followup": 0.02, "programs": 0.01, "indicator": 0.004}
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "hedmark": {"draws": 99, "size_draws": 200},
    "followup": {"draws": 100, "least_persons": 10},
    "programs": {"trees": 10, "draws": 100, "min_arm": 25, "robustness": False, "splits": 1},
    "indicator": {"draws": 200, "person_groups": 50},
}
PLACES = {
    "hedmark": ("04", "03", "02"),
    "followup": ("", "03", "34"),
    "programs": ("", "03", "34"),
    "indicator": ("", "03", "34"),
}
# What an earlier edition ends with, where a parameter says so.
EARLIER: Mapping[str, Mapping[str, Any]] = {
    "hedmark": {"window_last": "2015-09"},
    "indicator": {"last_month": "2024-03"},
}
LEFT_OUT = 200
ALIKE, LEAST_ROWS = 0.7, 10
EDITIONS = ("later", "earlier")
EARLY, LATE = "2024K1", "2024K2"
"""What the editions are called: the later one keeps what the earlier one told."""


@dataclass(frozen=True)
class Case:
    """One run: a study and place in an edition, protected or as the control."""

    study: str
    place: str
    edition: str
    protected: bool = True

    def folder(self, out: Path) -> Path:
        kind = "protected" if self.protected else "control"
        return out / kind / self.edition / self.study / (self.place or "country")

    def settings(self, out: Path) -> dict[str, Any]:
        """Parameters of the run."""
        later = self.edition == EDITIONS[0]
        data = str(out / "registers" / self.edition / self.study)
        ends = {} if later else EARLIER.get(self.study, {})
        return {"county": self.place, "data": data, **SETTINGS[self.study], **ends}


def cases(studies: Sequence[str]) -> list[Case]:
    return [
        Case(study, place, edition, protected)
        for study in studies
        for edition in EDITIONS
        for protected in (True, False)
        for place in PLACES[study]
    ]


def extracts(out: Path, study: str) -> None:
    """Simulated registers of both editions; the later one has persons that came late."""
    later = out / "registers" / "later"
    if not (later / study).exists():
        naveval(out, "data", study, "--scale", str(SCALES[study]), "--out", str(later))
    for file in sorted((later / study).rglob("*.*")):
        to = out / "registers" / "earlier" / study / file.relative_to(later / study)
        to.parent.mkdir(parents=True, exist_ok=True)
        if not to.exists():
            _without_late(file, to)


def _without_late(file: Path, to: Path) -> None:
    columns = duckdb.read_parquet(str(file)).columns if file.suffix == ".parquet" else []
    if "person" in columns:
        kept = f"hash(person) % {LEFT_OUT} > 0"
        duckdb.sql(f"FROM read_parquet('{file}') WHERE {kept}").write_parquet(str(to))
    else:
        to.write_bytes(file.read_bytes())


def environment(out: Path, *, protected: bool, edition: str = EDITIONS[0]) -> dict[str, str]:
    """What a process runs in; without protection `unprotected/sitecustomize.py` takes it away."""
    found = dict(os.environ)
    path = [str(HERE.parent / "samples"), *filter(None, [found.get("PYTHONPATH")])]
    path = path if protected else [str(HERE / "unprotected"), *path]
    stores = str(out / ("stores" if protected else "stores-control"))
    named = {EDITION: LATE if edition == EDITIONS[0] else EARLY} if protected else {}
    return found | {"PYTHONPATH": os.pathsep.join(path), "NAVEVAL_OUT": stores} | named


def naveval(out: Path, *given: str) -> None:
    command = [sys.executable, "-m", "naveval", *given]
    subprocess.run(command, env=environment(out, protected=True), check=True)


def run(out: Path, wanted: Sequence[Case]) -> None:
    """Run the notebooks of cases of one kind, in this process, unless they have been run."""
    from notebook_cells import run as cells

    for case in wanted:
        if not _made(out, case):
            cells(case.study, case.folder(out), case.settings(out))


def _made(out: Path, case: Case) -> bool:
    return (case.folder(out) / "estimates.csv").exists()


def make(out: Path, studies: Sequence[str]) -> None:
    """Registers and result folders of both editions, protected and not; the country's rendered."""
    for study in studies:
        extracts(out, study)
        _made_in_processes(out, study, EDITIONS[1])
        shown = Case(study, PLACES[study][0], EDITIONS[0])
        folder = shown.folder(out)
        if not _made(out, shown):
            named = [f"{name}={value}" for name, value in shown.settings(out).items()]
            given = [
                part for one in named if not one.startswith("data=") for part in ("--set", one)
            ]
            data = str(out / "registers" / "later" / study)
            naveval(out, "run", study, "--quiet", "--data", data, *given, "--out", str(folder))
        if not (folder / "report.html").exists():
            naveval(out, "render", str(folder), "--to", "html", "--quiet")
        _made_in_processes(out, study, EDITIONS[0])


def _made_in_processes(out: Path, study: str, edition: str) -> None:
    for protected in (True, False):
        command = [sys.executable, str(Path(__file__).resolve()), "--out", str(out)]
        command += ["--run", f"{edition} {protected}", study]
        own = environment(out, protected=protected, edition=edition)
        subprocess.run(command, env=own, check=True)


@dataclass(frozen=True)
class Attacked:
    """What the attackers learnt of a study, and what else its folders tell.

    unlike: counts of the same persons that differ between places and editions. exact, beyond,
    utility: see `union`. unkeyed: numbers on pages without a key to what was released.
    cells, links: how many counts and equations there are.
    """

    protected: pd.DataFrame
    control: pd.DataFrame
    unlike: int
    exact: pd.DataFrame
    beyond: list[str]
    utility: pd.DataFrame
    unkeyed: list[str]
    small: list[str]
    cells: int
    links: int

    def alike(self) -> pd.DataFrame:
        """Columns of which too much is the same without protection: not by chance."""
        return self.exact[(self.exact["equal"] > ALIKE) & (self.exact["rows"] >= LEAST_ROWS)]


def attacked(out: Path, study: str) -> Attacked:
    """Attack the folders of a study."""
    own = {
        (one.edition, one.place, one.protected): one.folder(out)
        for one in cases([study])
        if _made(out, one)
    }
    editions = [
        [
            published.families(study, own[edition, place, True], own[edition, place, False], name)
            for place in PLACES[study]
            for name in [place or "country"]
            if (edition, place, True) in own and (edition, place, False) in own
        ]
        for edition in EDITIONS
    ]
    large = [
        [[f for f in place if not published.small([f])] for place in edition]
        for edition in editions
    ]
    found = union.union(*large)
    places = [own["later", place, True] for place in PLACES[study]]
    exact = [
        union.exact(study, own["later", place, True], own["later", place, False])
        for place in PLACES[study]
    ]
    return Attacked(
        union.attack(found, protected=True),
        union.attack(found, protected=False),
        union.unlike(editions),
        pd.concat(exact, ignore_index=True),
        union.beyond(places[0]),
        pd.concat(
            [
                union.utility(own["later", place, True], own["later", place, False], families)
                for place, families in zip(PLACES[study], editions[0], strict=True)
            ],
            ignore_index=True,
        ),
        [str(fault) for fault in audit.audit(places[0], checks=("numbers",)).faults],
        [line for edition in editions for one in edition for line in published.small(one)],
        *found.links.shape[::-1],
    )


def told(study: str, found: Attacked) -> str:
    """The findings of a study in lines to read."""
    lines = [f"{study}: {found.cells} counts and differences, {found.links} equations"]
    for name, learnt in (("protected", found.protected), ("control", found.control)):
        for published_, part in learnt.groupby("published"):
            where = "published counts" if published_ else "differences"
            lines.append(
                f"  {name}, {len(part)} small {where}: certain {part['certain'].mean():.0%}, "
                f"narrowest {part['width'].min()}, below three {(part['width'] < 3).sum()}, "
                f"believed and right {part['right'].mean():.2%} (of which likely before "
                f"{(part['right'] & (part['base'] > CONFIDENT)).sum()}), "
                f"routes {part['routes'].max()}"
            )
    same = found.alike()
    lines.append(f"  unlike {found.unlike}; alike without protection: {len(same)} columns")
    lines += [
        f"    {row.label}.{row.column}: {row.equal:.0%} of {row.rows}" for row in same.itertuples()
    ]
    lines += [
        f"  {row.kind}: {row.numbers} numbers moved by {row.median:.2f} standard errors (largest "
        f"{row.largest:.1f}), missing {row.gaps:.2%} (before {row.before:.1%})"
        for row in found.utility.itertuples()
    ]
    lines.append(f"  numbers on pages without a key: {len(found.unkeyed)} {found.unkeyed[:5]}")
    lines.append(f"  published counts of one to four: {len(found.small)} {found.small[:5]}")
    lines.append(f"  beyond the CSV files: {len(found.beyond)} {found.beyond[:5]}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--attack", action="store_true", help="attack what has been made")
    parser.add_argument("--run", default="", help=argparse.SUPPRESS)
    parser.add_argument("studies", nargs="*", default=list(SCALES))
    chosen = parser.parse_args()
    out = chosen.out.resolve()
    if chosen.run:
        wanted = [
            one for one in cases(chosen.studies) if f"{one.edition} {one.protected}" == chosen.run
        ]
        return run(out, wanted)
    if not chosen.attack:
        make(out, chosen.studies)
    for study in chosen.studies:
        print(told(study, attacked(out, study)), flush=True)


if __name__ == "__main__":
    main()
