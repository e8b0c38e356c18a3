"""Of what is planted by kind in every kind of file, how much is found, and how much in vain.

`python tests/disclosure/scan/test_kinds.py` (with tests/samples on the path) prints the numbers.
"""

from collections import Counter
from functools import lru_cache

import kinds
import planted
import pytest

from naveval.disclosure.scan import identities
from naveval.disclosure.scan.folder import scan
from naveval.disclosure.scan.identities import Wanted
from naveval.disclosure.scan.readers import search
from naveval.disclosure.thresholds import thresholds

IN_VAIN = ["harmless table: f7.html"]


@lru_cache(maxsize=1)
def wanted() -> Wanted:
    return Wanted(identities.ids(planted.IDS), thresholds(), frozenset())


@lru_cache(maxsize=1)
def measured() -> tuple[dict[str, tuple[int, int]], list[str], list[str]]:
    """Found and planted by kind, what was missed, and what was flagged in vain."""
    files, found, missed = Counter[str](), Counter[str](), []
    for (kind, name), content in kinds.leaks().items():
        hit = any("cannot be checked" not in told for told, _ in search(name, content, wanted()))
        files[kind] += 1
        found[kind] += hit
        missed += [] if hit else [f"{kind}: {name}"]
    vain = [
        f"{kind}: {name}"
        for (kind, name), content in kinds.harmless().items()
        if any(search(name, content, wanted()))
    ]
    return {kind: (found[kind], files[kind]) for kind in files}, missed, vain


def listing() -> str:
    """The numbers by kind, and in all."""
    by_kind, missed, vain = measured()
    found, files = (sum(pair[k] for pair in by_kind.values()) for k in (0, 1))
    lines = [f"{kind:<34} {hit:>3} of {all_}" for kind, (hit, all_) in by_kind.items()]
    lines += [f"missed {name}" for name in missed] + [f"in vain {name}" for name in vain]
    return "\n".join(
        [
            *lines,
            f"recall {found / files:.3f} of {files}, "
            f"precision {found / (found + len(vain)):.3f}, in vain {len(vain)} of "
            f"{len(kinds.harmless())}",
        ]
    )


@pytest.mark.parametrize("kind", sorted({kind for kind, _ in kinds.leaks()}))
def test_every_kind_is_found_in_every_kind_of_file(kind: str) -> None:
    hit, files = measured()[0][kind]
    assert hit == files, listing()


def test_look_alikes_are_left_alone() -> None:
    assert measured()[2] == IN_VAIN, listing()


def test_a_path_that_names_a_person_is_masked_in_findings(tmp_path) -> None:
    names = (f"{planted.NUMBER_ID}/a.txt", f"fig-{planted.IDENTITY}.txt", "319299 00068/b.txt")
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("Tekst")
    told = "\n".join(map(str, scan(tmp_path, planted.IDS)))
    assert told.count("•••") == len(names)
    assert not any(part in told for part in (planted.NUMBER_ID, planted.IDENTITY, "00068"))


if __name__ == "__main__":
    print(listing())
