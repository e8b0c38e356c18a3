"""What the search of a folder believes of it, in which order it tells, and who searches."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from naveval.disclosure.scan import folder, identities
from naveval.disclosure.scan.folder import Finding, require_clean, scan
from naveval.project import provenance
from naveval.project.errors import DisclosureError

ID = "P0012345"
KEY, CELL = "count below 5 persons under a key n", "count below 5 persons in a column n"
TABLE = "place,n\nOslo,3\nOs,12\n"


def told(found: Iterable[Finding]) -> list[str]:
    return [str(item) for item in found]


def test_findings_are_told_by_file_each_kind_once(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c.txt").write_text(f"{ID} og {ID}\n" * 2)
    (tmp_path / "a.csv").write_text("n,place,antall\n3,Oslo,2\n4,Os,9\n")
    (tmp_path / "z.txt").write_text("x" * 900)
    (tmp_path / "y.json").write_text('{"a": {"antall": 3}, "b": {"antall": 2}}')
    assert told(scan(tmp_path, [ID])) == [
        f"a.csv: {CELL} (2)",
        "a.csv: count below 5 persons in a column antall (1)",
        "b/c.txt: person id (4)",
        "y.json: count below 5 persons in a column antall (2)",
        "y.json: count below 5 persons under a key antall (2)",
    ]
    assert scan(str(tmp_path)) == scan(tmp_path)
    assert len(scan(tmp_path)) == 4
    assert scan(tmp_path, identities.ids([ID])) == scan(tmp_path, [ID])
    some = [tmp_path / "b" / "c.txt", tmp_path / "b", tmp_path / "z.txt"]
    assert told(scan(tmp_path, [ID], some)) == ["b/c.txt: person id (4)"]
    assert scan(tmp_path, [ID], []) == []


def test_a_path_that_names_a_person_is_masked(tmp_path: Path) -> None:
    (tmp_path / ID).mkdir()
    (tmp_path / ID / "a.csv").write_text(TABLE)
    hidden = f"{identities.HIDDEN}/a.csv"
    assert told(scan(tmp_path, [ID])) == [f"{hidden}: person id (1)", f"{hidden}: {CELL} (1)"]


def test_what_may_not_leave_is_listed(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TABLE)
    (tmp_path / "b.txt").write_text(ID)
    with pytest.raises(DisclosureError) as refused:
        require_clean(tmp_path, [ID])
    assert str(refused.value) == (
        f"{tmp_path}: 2 findings, not for publication\n  a.csv: {CELL} (1)\n  b.txt: person id (1)"
    )
    with pytest.raises(DisclosureError, match="1 findings"):
        require_clean(tmp_path)
    (tmp_path / "a.csv").unlink()
    require_clean(tmp_path)


@pytest.mark.parametrize(("large", "jobs"), [(36, 1), (35, 2)])
def test_folders_above_a_size_are_dealt_to_processors_largest_file_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: int, jobs: int
) -> None:
    for name, size in {"a": 8, "b": 9, "c": 9, "d": 10}.items():
        (tmp_path / f"{name}.txt").write_text(ID.ljust(size))
    dealt: list[list[str]] = []

    class InTurn:
        def __init__(self, n_jobs: int) -> None:
            assert n_jobs == jobs

        def __call__(self, calls: Iterable[tuple[Callable, tuple, dict]]) -> list[list[Finding]]:
            found = []
            for call, given, options in calls:
                dealt.append([path.stem for path in given[1]])
                found.append(call(*given, **options))
            return found

    monkeypatch.setattr(folder, "LARGE", large)
    monkeypatch.setattr(folder, "cpu_count", lambda: 2)
    monkeypatch.setattr(folder, "Parallel", InTurn)
    assert told(scan(tmp_path, [ID])) == [f"{name}.txt: person id (1)" for name in "abcd"]
    assert dealt == [["d", "b", "c", "a"]] if jobs == 1 else [["d", "c"], ["b", "a"]]


def test_published_numbers_may_be_small_where_the_log_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TABLE)
    (tmp_path / "b.csv").write_text(TABLE)
    log = tmp_path / "disclosure.csv"
    for lines, left in {
        "label,rule\na,published\n": ["b"],
        "label,rule\na,published\nb,model\n": ["b"],
        "label,rule\na,published\nb,published\n": [],
        "label,other\na,published\n": ["a", "b"],
        "rule,other\npublished,a\n": ["a", "b"],
        "": ["a", "b"],
    }.items():
        log.write_text(lines)
        assert told(scan(tmp_path)) == [f"{name}.csv: {CELL} (1)" for name in left]
    log.unlink()
    assert len(scan(tmp_path)) == 2


MARKED = "place,n,n_few\nOslo,0,True\n"


def result(root: Path, label: str = "7", rule: str = "described", below: str = "tables") -> Path:
    """A result with one exhibit's CSV of protected counts, its log and its manifest."""
    (root / below).mkdir(parents=True)
    (root / below / f"{label}.csv").write_text(MARKED)
    (root / "disclosure.csv").write_text(f"label,rule\n{label},{rule}\n")
    manifest(root)
    return root


def manifest(root: Path, **more: str) -> None:
    files = provenance.hashes([*root.rglob("*.csv")], root)
    (root / "manifest.json").write_text(json.dumps({"files": files | more}))


def small(root: Path) -> int:
    return sum(finding.number for finding in scan(root) if "count below" in finding.kind)


@pytest.mark.parametrize(
    ("label", "more", "left"), [("7", "", 0), ("8", "", 1), ("7", "\nOs,2,nei", 2), (None, "", 1)]
)
def test_protected_zeros_are_believed_in_what_readers_take_with_them(
    tmp_path: Path, label: str | None, more: str, left: int
) -> None:
    """Where the manifest says which protected exhibit the numbers are from, in words too."""
    root = result(tmp_path)
    (root / "data").mkdir()
    file = root / "data" / "tabell-1.csv"
    file.write_text("place,n,n_few\nOslo,0,ja\nBergen,9,nei\n")
    prints = provenance.hashes([file], root)
    content = json.loads((root / "manifest.json").read_text())
    rendered = {"files": prints, **({"of": {"data/tabell-1.csv": label}} if label else {})}
    (root / "manifest.json").write_text(json.dumps(content | {"rendered": rendered}))
    if more:
        file.write_text(file.read_text().strip() + more)  # changed after it was made
    assert small(root) == left


def test_no_file_beside_a_result_is_believed(tmp_path: Path) -> None:
    """A manifest tells of what lies below it; the log that it names may lie."""
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "7.csv").write_text(MARKED)
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "disclosure.csv").write_text("label,rule\n7,described\n")
    named = provenance.hashes([inner / "disclosure.csv"], inner)
    (print_,) = provenance.hashes([tmp_path / "tables" / "7.csv"], tmp_path).values()
    manifest_file = inner / "manifest.json"
    manifest_file.write_text(json.dumps({"files": named | {"../tables/7.csv": print_}}))
    assert small(tmp_path) == 1


@pytest.mark.parametrize(("below", "left"), [("tables", 0), ("figures", 0), ("other", 1)])
def test_protected_zeros_are_those_of_exhibits(tmp_path: Path, below: str, left: int) -> None:
    """A label may look like a number, as 007, and is text."""
    assert small(result(tmp_path / "a", "007", below=below)) == left
    assert small(tmp_path) == left


def test_what_is_changed_unnamed_or_outside_is_not_believed(tmp_path: Path) -> None:
    named = result(tmp_path / "named")
    manifest(named, **{"tables/gone.csv": "x", "../x.csv": "x"})
    assert small(named) == 0
    log = result(tmp_path / "log")
    (log / "disclosure.csv").write_text("label,rule\n7,described\n8,described\n")
    assert small(log) == 1
    assert small(result(tmp_path / "rule", rule="model")) == 1
    for content in ("{", "[]", '{"files": 3}', '{"x": {}}'):
        broken = result(tmp_path / f"broken{len(content)}")
        (broken / "manifest.json").write_text(content)
        assert small(broken) == 1
    unlogged = result(tmp_path / "unlogged")
    (unlogged / "disclosure.csv").unlink()
    assert small(unlogged) == 1
    log = result(tmp_path / "without")
    (log / "disclosure.csv").write_text("label,other\n7,described\n")
    manifest(log)
    assert small(log) == 1


def test_one_result_that_cannot_be_believed_hides_no_other(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        result(tmp_path / name)
    for name in ("a", "b"):
        manifest_file = tmp_path / name / "manifest.json"
        files = json.loads(manifest_file.read_text())["files"]
        del files["disclosure.csv"]
        manifest_file.write_text(json.dumps({"files": files}))
    # The same bytes are believed wherever they lie, once a result vouches for them.
    assert small(tmp_path) == 0
    (tmp_path / "c" / "manifest.json").unlink()
    assert small(tmp_path) == 3


def test_a_site_asks_the_results_beside_it_and_a_copy_in_it_its_own(tmp_path: Path) -> None:
    site, own = tmp_path / "site", result(tmp_path / "toy" / "03")
    copy = site / "toy" / "03"
    copy.mkdir(parents=True)
    (copy / "7.csv").write_text(MARKED)
    assert (small(site), small(copy)) == (1, 1)
    (site / "assets").mkdir()
    (site / "assets" / "site.css").write_text("")
    assert (small(site), small(copy)) == (0, 0)
    elsewhere = site / "toy" / "11"
    elsewhere.mkdir()
    (elsewhere / "7.csv").write_text(MARKED)
    assert small(elsewhere) == 1  # of another county, which has no result
    (own / "manifest.json").unlink()
    assert (small(site), small(copy)) == (2, 1)
