"""What a result was made with: code, the project's files it reads, libraries, environment.

Code is followed from the modules that compute through everything they import, relative imports,
the packages above them and names taken from the package itself (`import naveval as nv`)
included. Which files below `params/` a module reads, and which libraries compute, follows from
the same modules, so that nobody keeps a list that can be forgotten.
"""

import ast
import hashlib
import importlib
import os
import platform
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from naveval.project import paths

if TYPE_CHECKING:
    from grimp import ImportGraph

PACKAGE = "naveval"
STUDIES = f"{PACKAGE}.studies."
PUBLISHED = "published"
ROOT = Path(__file__).parent.parent
DATA_SUFFIXES = (".csv", ".json", ".yml")
# They keep results and find files; they compute nothing. What the store writes has a format number.
KEEPERS = tuple(f"{PACKAGE}.project.{name}" for name in ("store", "provenance"))
# Parameters are part of every key by value, so the files they were read from are not; the others
# name files that the modules they work for read.
READS_NOTHING = tuple(
    f"{PACKAGE}.{name}" for name in ("project.parameters", "project.paths", "exhibits.manifest")
)
# Names that differ between import and distribution; the rest is the same or is looked up, for
# which the files of every installed library are read.
DISTRIBUTIONS = {
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
    "bs4": "beautifulsoup4",
    "pypandoc": "pypandoc_binary",
    "PIL": "pillow",
}
# Used where installed, without being imported by us or required by the library.
ALSO = {"pandas": ("pyarrow", "numexpr", "bottleneck")}
# They carry work to other processes; numbers are the same without them.
CARRIERS = ("dask", "distributed")
Stamp = tuple[tuple[str, int, int], ...]


def made_with(modules: Iterable[str | ModuleType]) -> dict[str, Any]:
    """Everything besides data and parameters that decides what modules compute.

    Returns
    -------
    `code` (hash), `files` (hash by name below the project's root), `libraries` (version by
    name), and `environment`.

    Raises
    ------
    ModuleNotFoundError
        For a name that is no module of the package.
    """
    modules = list(modules)
    return {
        "code": code_hash(modules),
        "files": file_hashes(modules),
        "libraries": libraries(modules),
        "environment": environment(),
    }


def code_hash(modules: Iterable[str | ModuleType]) -> str:
    """Hash of the source of modules of this package and of all they import inside it.

    Comments and layout count too: a hash that is too careful costs time, one that is too
    careless costs a wrong number.

    Raises
    ------
    ModuleNotFoundError
        For a name that is no module of the package.
    """
    digest = hashlib.sha256()
    for name in sorted(closure(modules)):
        for file in _files_of(name):
            digest.update(f"{name}/{file.name} {file_hash(file)}\n".encode())
    return digest.hexdigest()


def closure(modules: Iterable[str | ModuleType]) -> set[str]:
    """Names of the modules and of every module of the package they import, however deep."""
    return set(_closure(frozenset(map(_name, modules)), _state()))


@lru_cache(maxsize=64)
def _closure(start: frozenset[str], state: Stamp) -> frozenset[str]:
    graph = _graph(state)
    waiting, found = list(start), set[str]()
    while waiting:
        name = waiting.pop()
        if name not in found:
            if name not in graph.modules:
                raise ModuleNotFoundError(f"{name} is no module of {PACKAGE}")
            found.add(name)
            waiting += _needed(graph, name)
    return frozenset(found)


def _needed(graph: "ImportGraph", name: str) -> set[str]:
    """What a module needs besides itself: its packages, and what it imports.

    The package's own `__init__` imports public names when they are first used: what is used
    counts, not all that could be.
    """
    above = {name.rsplit(".", count)[0] for count in range(1, name.count(".") + 1)}
    if name == PACKAGE:
        return above
    imported = {found for found in graph.find_modules_directly_imported_by(name) if _inside(found)}
    if PACKAGE in imported:
        source = _files_of(name)[0].read_text(encoding="utf-8")
        imported |= named_in(source)
    return {found for found in above | imported if not _keeps(found)}


def _keeps(name: str) -> bool:
    return any(name == keeper or name.startswith(f"{keeper}.") for keeper in KEEPERS)


def named_in(source: str) -> set[str]:
    """Modules of this package that Python text names, as in a notebook's cells.

    Follows `import naveval as nv` to the modules behind every `nv.name`; when the package
    itself is passed on, to all of them.
    """
    tree = ast.parse(source)
    graph = _graph(_state())
    found: set[str] = set()
    aliases: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and _inside(node.module or "") and not node.level:
            found |= {_resolved(graph, f"{node.module}.{item.name}") for item in node.names}
        elif isinstance(node, ast.Import):
            for item in node.names:
                if item.name == PACKAGE or (_inside(item.name) and not item.asname):
                    aliases.add(item.asname or PACKAGE)
                if _inside(item.name):
                    found.add(item.name)
    if aliases:
        found |= _through(tree, aliases, graph)
    return found


def _through(tree: ast.AST, aliases: set[str], graph: "ImportGraph") -> set[str]:
    """Modules reached by attributes of names that stand for the package."""
    found: set[str] = set()
    followed: set[int] = set()
    for node in ast.walk(tree):
        chain, end = _chain(node)
        if chain and isinstance(end, ast.Name) and end.id in aliases and id(end) not in followed:
            followed.add(id(end))
            found.add(_resolved(graph, ".".join([PACKAGE, *chain])))
    bare = {
        id(node) for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in aliases
    }
    everything = {name for name in graph.modules if _inside(name)}
    return found | (everything if bare - followed else set())


def _chain(node: ast.AST) -> tuple[list[str], ast.AST]:
    """Names of `a.b.c` behind the first, and the first; outermost attributes are met first."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.insert(0, node.attr)
        node = node.value
    return names, node


def _resolved(graph: "ImportGraph", dotted: str) -> str:
    """The module of a dotted name: itself, the longest part that is one, or a public name's."""
    parts = dotted.split(".")
    for count in range(len(parts), 1, -1):
        if ".".join(parts[:count]) in graph.modules:
            return ".".join(parts[:count])
    public: Mapping[str, str] = importlib.import_module(PACKAGE).PUBLIC
    return public.get(parts[1], PACKAGE).partition(":")[0]


def _inside(name: str) -> bool:
    return name == PACKAGE or name.startswith(f"{PACKAGE}.")


def _name(module: str | ModuleType) -> str:
    name = module if isinstance(module, str) else module.__name__
    return name if _inside(name) else f"{PACKAGE}.{name}"


def _files_of(name: str) -> list[Path]:
    """A module's source; for a package also the data files that lie in its folder."""
    place = ROOT.joinpath(*name.split(".")[1:])
    if not place.is_dir():
        return [place.with_suffix(".py")]
    data = [file for file in place.iterdir() if file.suffix in DATA_SUFFIXES]
    return [place / "__init__.py", *sorted(data)]


def _state() -> Stamp:
    """Name, size and time of change of every module, which decide the graph."""
    return _look.get() or tuple(sorted(_walk(str(ROOT))))


_look: ContextVar[Stamp] = ContextVar("look", default=())


@contextmanager
def one_look() -> Iterator[None]:
    """Within, all that is asked of the modules' files is told from one look at them."""
    token = _look.set(_state())
    try:
        yield
    finally:
        _look.reset(token)


def _walk(folder: str) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as found:
        for entry in found:
            if entry.is_dir() and entry.name != "__pycache__":
                yield from _walk(entry.path)
            elif entry.name.endswith(".py"):
                state = entry.stat()
                yield entry.path, state.st_mtime_ns, state.st_size


_AT_START = _state()


def edited(modules: Iterable[str | ModuleType]) -> list[str]:
    """Modules this process has loaded whose files have changed since it started.

    What such a process computes comes from code that is no longer there, so none of it may be
    kept as a result of the code that is.
    """
    before, now = dict(_by_file(_AT_START)), dict(_by_file(_state()))
    return sorted(
        name
        for name in closure(modules)
        if name in sys.modules
        and (file := str(_files_of(name)[0])) in before
        and before[file] != now.get(file)
    )


def _by_file(state: Stamp) -> Iterator[tuple[str, tuple[int, int]]]:
    return ((file, (changed, size)) for file, changed, size in state)


@lru_cache(maxsize=2)
def _graph(state: Stamp) -> "ImportGraph":
    import grimp  # what only simulates registers never asks for the graph

    return grimp.build_graph(
        PACKAGE,
        include_external_packages=True,
        exclude_type_checking_imports=True,
        cache_dir=None,
    )


def file_hash(file: Path) -> str:
    """Hash of a file, "" where there is none; read again when its time or size has changed."""
    try:
        state = file.stat()
        return _hash_once(file, state.st_mtime_ns, state.st_size)
    except (FileNotFoundError, NotADirectoryError):
        return ""


@lru_cache(maxsize=4096)
def _hash_once(file: Path, changed: int, size: int) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def file_hashes(modules: Iterable[str | ModuleType]) -> dict[str, str]:
    """Hash of every file below `params/` that the modules, or what they import, read."""
    found_modules = closure(modules)
    named = {part for name in found_modules for part in _reads(name)}
    studies = {name.split(".")[2] for name in found_modules if name.startswith(STUDIES)}
    if PUBLISHED in named and studies:  # told the study: one of those that use it
        named = named - {PUBLISHED} | {f"{PUBLISHED}/{study}" for study in studies}
    root = paths.params_dir()
    files = {
        file
        for pattern in named
        for found in root.glob(pattern)
        for file in ([found] if found.is_file() else found.rglob("*"))
        if file.suffix in DATA_SUFFIXES
    }
    return hashes(files, root)


def hashes(files: Iterable[Path], root: Path) -> dict[str, str]:
    """Hash of each file by its name below a folder, "" of one that goes meanwhile."""
    return {file.relative_to(root).as_posix(): file_hash(file) for file in sorted(files)}


def _reads(name: str) -> tuple[str, ...]:
    if name in READS_NOTHING:
        return ()
    file = _files_of(name)[0]
    state = file.stat()
    return _reads_once(file, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=2048)
def _reads_once(file: Path, changed: int, size: int) -> tuple[str, ...]:
    """Patterns below `params/` of the files a module opens.

    `params_dir() / "x.yml"` and `published_dir("study")` say which; whoever names neither so
    depends on everything there.
    """
    source = file.read_text(encoding="utf-8")
    if "params_dir" not in source and "published_dir" not in source:
        return ()
    found: set[str] = set()
    named: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.BinOp) and _called(node.left) == "params_dir":
            if isinstance(node.right, ast.Constant):
                named.add(id(node.left))
                found.add(f"{node.right.value!s}")
        elif isinstance(node, ast.Call) and _called(node) == "published_dir":
            fixed = [item.value for item in node.args if isinstance(item, ast.Constant)]
            found.add(f"{PUBLISHED}/{fixed[0]!s}" if fixed else PUBLISHED)
        elif isinstance(node, ast.Call) and _called(node) == "params_dir" and id(node) not in named:
            found.add("*")
    return tuple(found)


def _called(node: ast.AST) -> str:
    """Name of the function that is called, without the module before it; "" for other nodes."""
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def libraries(modules: Iterable[str | ModuleType]) -> dict[str, str]:
    """Versions of the libraries that modules and what they import use, and of what those need."""
    names = _distributions(frozenset(map(_name, modules)), _state())
    return {name: version for name in names if (version := version_of(name))}


@lru_cache(maxsize=64)
def _distributions(start: frozenset[str], state: Stamp) -> tuple[str, ...]:
    graph = _graph(state)
    imported = {
        found.split(".")[0]
        for name in _closure(start, state)
        for found in graph.find_modules_directly_imported_by(name)
        if not _inside(found) and found not in CARRIERS
    }
    waiting = [name for name in map(_distribution, sorted(imported)) if name]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found and version_of(name):
            found.add(name)
            waiting += [*_required(name), *ALSO.get(name, ())]
    return tuple(sorted(found))


@lru_cache(maxsize=512)
def version_of(name: str) -> str:
    """Version of a distribution, "" where it is not installed; one process has one of each."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


@lru_cache(maxsize=512)
def _distribution(top: str) -> str:
    """Name of the distribution an imported package comes from; "" for Python's own."""
    if top in sys.stdlib_module_names:
        return ""
    name = DISTRIBUTIONS.get(top, top)
    try:
        return _canonical(metadata.distribution(name).name)
    except metadata.PackageNotFoundError:
        return _canonical(next(iter(metadata.packages_distributions().get(top, [top]))))


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@lru_cache(maxsize=512)
def _required(name: str) -> tuple[str, ...]:
    """What a distribution needs, without its extras."""
    lines = metadata.requires(name) or []
    return tuple(
        _canonical(re.split(r"[^\w.-]", line, maxsplit=1)[0])
        for line in lines
        if not re.search(r";.*\bextra\s*==", line)
    )


def environment() -> dict[str, str]:
    """Python, kind of machine and time zone, which can all show in a number."""
    return {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "time zone": f"{time.tzname[0]} {time.tzname[1]} {time.timezone} {time.altzone}",
    }
