"""Search a finished folder for what should never be in it: the last check before publishing.

A finding names the file, what was found and how often, never the thing itself; a path that names
a person is masked.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from joblib import Parallel, cpu_count, delayed

from naveval.disclosure.scan import identities
from naveval.disclosure.scan.identities import Wanted
from naveval.disclosure.scan.readers import search
from naveval.disclosure.thresholds import thresholds
from naveval.project import provenance
from naveval.project.errors import DisclosureError

MANIFEST, LOG, SITE = "manifest.json", "disclosure.csv", "assets/site.css"
EXHIBITS = ("tables", "figures", "data")
OF = "of"
"""Where a manifest tells which exhibit a file for readers has its numbers from."""
PROTECTED, PUBLISHED = "described", "published"
LARGE = 50_000_000
"""Bytes from which a folder, such as the site of all counties, is searched by all processors."""


@dataclass(frozen=True)
class Finding:
    """Something in a folder that may not leave: file, what it is, and how many of it."""

    file: str
    kind: str
    number: int

    def __str__(self) -> str:
        return f"{self.file}: {self.kind} ({self.number})"


def scan(
    folder: Path,
    ids: Collection[str] | identities.Ids = (),
    files: Collection[Path] | None = None,
) -> list[Finding]:
    """Search every file below a folder, or the given ones of them.

    Parameters
    ----------
    ids
        Person ids that must not occur (as text; those shorter than six characters are not
        searched for, they would be found in any number).

    Returns
    -------
    Findings: persons (ids given, national identity numbers, names, single persons described),
    columns and rows that tell of single persons, counts below the threshold, raw numbers and
    containers of raw data, secrets, paths of machines and names of users.
    """
    folder = Path(folder)
    labels = frozenset(_labels(folder / LOG, PUBLISHED) if (folder / LOG).exists() else ())
    known = ids if isinstance(ids, identities.Ids) else identities.ids(ids)
    wanted = Wanted(known, thresholds(), labels, frozenset(_protected(folder)))
    searched = folder.rglob("*") if files is None else files
    sizes = {path: path.stat().st_size for path in searched if path.is_file()}
    jobs = cpu_count() if sum(sizes.values()) > LARGE else 1
    by_size = sorted(sizes, key=lambda path: (-sizes[path], path))
    parts = Parallel(n_jobs=jobs)(
        delayed(_findings)(folder, by_size[k::jobs], wanted) for k in range(jobs)
    )
    return sorted((item for part in parts for item in part), key=lambda item: item.file)


def _findings(folder: Path, files: Sequence[Path], wanted: Wanted) -> list[Finding]:
    """Findings in some of a folder's files."""
    found = []
    for file in files:
        name = file.relative_to(folder).as_posix()
        kinds: dict[str, int] = {}
        for kind, number in search(name, file.read_bytes(), wanted):
            kinds[kind] = kinds.get(kind, 0) + number
        shown = identities.masked(name, wanted.ids)
        found += [Finding(shown, kind, number) for kind, number in kinds.items()]
    return found


def require_clean(folder: Path, ids: Collection[str] = ()) -> None:
    """Raise DisclosureError listing the findings of `scan`, if there are any."""
    found = scan(folder, ids)
    if found:
        lines = "\n".join(f"  {finding}" for finding in found)
        raise DisclosureError(f"{folder}: {len(found)} findings, not for publication\n{lines}")


def _labels(log: Path, rule: str) -> set[str]:
    """Labels whose numbers a folder's log puts under a rule; none where it is no such log."""
    try:
        rows = pd.read_csv(log, dtype=str, keep_default_na=False)
    except ValueError:
        return set()
    known = {"label", "rule"} <= {*rows}
    return set(rows.loc[rows["rule"] == rule, "label"]) if known else set()


def _protected(folder: Path) -> Iterator[str]:
    """Fingerprints of CSV files that an exhibit of the suite wrote from protected counts.

    In a result folder: the manifest names the file with its fingerprint, and the log, which the
    manifest names too, says that the counts of its label were protected. What readers take with
    them is named with the label it has its numbers from. For a site, and for a result in it, whose
    copies have no manifest, the result folders beside the site are asked.
    """
    for file in (*folder.rglob(MANIFEST), *_beside(folder)):
        named = {name: known for name, known in _files(file).items() if _tells_counts(name)}
        try:
            lies = provenance.hashes((file.parent / name for name in named), file.parent)
            own = {name for name, print_ in lies.items() if named[name][1] == print_}
            if LOG not in own:
                continue
            labels = _labels(file.parent / LOG, PROTECTED)
        except OSError:
            continue  # a result beside the site that is just being replaced
        yield from (lies[name] for name in own if named[name][0] in labels and name != LOG)


def _beside(folder: Path) -> list[Path]:
    """The manifests of the results beside a site, or of the one that a site has a copy of."""
    site = folder.parent.parent
    if (folder / SITE).exists():
        return sorted(folder.parent.glob(f"*/*/{MANIFEST}"))
    own = site.parent / folder.relative_to(site) / MANIFEST
    return [own] if (site / SITE).exists() and own.exists() else []


def _tells_counts(name: str) -> bool:
    """Whether a file is the log, or the CSV of an exhibit, as it is or as readers get it."""
    path = Path(name)
    return name == LOG or (path.suffix == ".csv" and path.parent.name in EXHIBITS)


def _files(manifest: Path) -> dict[str, tuple[str, str]]:
    """Files of a result folder to labels and fingerprints; none of a manifest that is not whole."""
    try:
        content = json.loads(manifest.read_text(encoding="utf-8"))
        found = {name: (Path(name).stem, print_) for name, print_ in content["files"].items()}
        made = content.get("rendered", {})
        found |= {name: (label, made["files"][name]) for name, label in made.get(OF, {}).items()}
        return {
            str(name): (str(label), str(print_))
            for name, (label, print_) in found.items()
            if (manifest.parent / name).is_file() and ".." not in name
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}  # broken, or moved while it was read
