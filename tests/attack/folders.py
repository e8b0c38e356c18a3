"""Result folders as they are published, and the same without protection, for the union attack.

The country and two counties of every study, in two editions of the registers. The earlier
edition lacks one person in two hundred, and the newest months where a study can end earlier.

    python tests/attack/folders.py --out FOLDER             # make, attack, print (an hour)
    python tests/attack/folders.py --out FOLDER --attack    # attack what has been made
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
import published
import union

from naveval.publishing.audit import folder as audit

HERE = Path(__file__).resolve().parent

SCALES = {"hedmark": 0.05, "followup": 0.05, "programs": 0.01, "indicator": 0.003}
SETTINGS = {
    "hedmark": ("draws=99", "size_draws=200"),
    "followup": ("draws=100", "least_persons=10"),
    "programs": ("trees=10", "draws=100", "min_arm=25", "robustness=false", "splits=1"),
    "indicator": ("draws=200", "person_groups=50"),
}
PLACES = {
    "hedmark": ("04", "03", "02"),
    "followup": ("", "03", "34"),
    "programs": ("", "03", "34"),
    "indicator": ("", "03", "34"),
}
# What an earlier edition ends with, where a parameter says so.
EARLIER = {"hedmark": ("window_last=2015-09",), "indicator": ("last_month=2024-03",)}
LEFT_OUT = 200
EDITIONS = ("earlier", "later")


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


def cases(studies: Iterator[str] | list[str]) -> list[Case]:
    return [
        Case(study, place, edition, protected)
        for edition in reversed(EDITIONS)
        for turn in range(3)
        for study in studies
        for place in PLACES[study][turn : turn + 1]
        for protected in (True, False)
    ]


def extracts(out: Path, studies: list[str]) -> None:
    """Simulated registers of both editions; the later one has persons that came late."""
    for study in studies:
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


def run(out: Path, case: Case) -> None:
    """Run a case unless it has been run."""
    folder = case.folder(out)
    if (folder / "manifest.json").exists():
        return
    settings = [f"county={case.place}", *SETTINGS[case.study]]
    if case.edition == "earlier":
        settings += EARLIER.get(case.study, ())
    registers = out / "registers" / case.edition / case.study
    named = [part for one in settings for part in ("--set", one)]
    given = ["run", case.study, "--quiet", "--data", str(registers), *named, "--out", str(folder)]
    naveval(out, *given, protected=case.protected)


def naveval(out: Path, *given: str, protected: bool = True) -> None:
    environment = dict(os.environ)
    path = [environment["PYTHONPATH"]] if environment.get("PYTHONPATH") else []
    if not protected:
        path.insert(0, str(HERE / "unprotected"))
    environment["PYTHONPATH"] = os.pathsep.join(path)
    environment["NAVEVAL_OUT"] = str(out / ("stores" if protected else "stores-control"))
    subprocess.run([sys.executable, "-m", "naveval", *given], env=environment, check=True)


def make(out: Path, studies: list[str]) -> None:
    """Registers and result folders of both editions, protected and not; the last ones rendered."""
    extracts(out, studies)
    for case in cases(studies):
        run(out, case)
    for study in studies:
        for place in PLACES[study]:
            folder = Case(study, place, "later").folder(out)
            if not (folder / "report.html").exists():
                naveval(out, "render", str(folder), "--to", "html", "--quiet")


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


def attacked(out: Path, study: str) -> Attacked:
    """Attack the folders of a study."""
    own = {
        (one.edition, one.place, one.protected): one.folder(out)
        for one in cases([study])
        if (one.folder(out) / "manifest.json").exists()
    }
    editions = [
        [
            published.families(study, own[edition, place, True], own[edition, place, False], name)
            for place in PLACES[study]
            for name in [place or "country"]
            if (edition, place, True) in own and (edition, place, False) in own
        ]
        for edition in reversed(EDITIONS)
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
        [line for folder in places for line in union.beyond(folder)],
        pd.concat(
            [
                union.utility(own["later", place, True], own["later", place, False], families)
                for place, families in zip(PLACES[study], editions[0], strict=True)
            ],
            ignore_index=True,
        ),
        [str(fault) for one in places for fault in audit.audit(one, checks=("numbers",)).faults],
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
                f"narrowest {part['width'].min()}, believed and right {part['right'].mean():.1%}, "
                f"routes {part['routes'].max()}"
            )
    same = found.exact[(found.exact["equal"] > 0.5) & (found.exact["rows"] >= 3)]
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
    parser.add_argument("studies", nargs="*", default=list(SCALES))
    chosen = parser.parse_args()
    out = chosen.out.resolve()
    if not chosen.attack:
        make(out, chosen.studies)
    for study in chosen.studies:
        print(told(study, attacked(out, study)), flush=True)


if __name__ == "__main__":
    main()
