"""Which code a result was made with: a hash over modules and what they import."""

import ast
import hashlib
from collections.abc import Iterable
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

PACKAGE = "naveval"


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
        digest.update(name.encode() + b"\0" + _file(name).read_bytes() + b"\0")
    return digest.hexdigest()


def closure(modules: Iterable[str | ModuleType]) -> set[str]:
    """Names of the modules and of every module of the package they import, however deep."""
    waiting = [_name(module) for module in modules]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            file = _file(name)
            waiting += _imports(file, file.stat().st_mtime_ns)
    return found


def _name(module: str | ModuleType) -> str:
    name = module if isinstance(module, str) else module.__name__
    return name if name.startswith(f"{PACKAGE}.") else f"{PACKAGE}.{name}"


def _file(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{name} is no module of {PACKAGE}")
    return Path(spec.origin)


@lru_cache(maxsize=512)
def _imports(file: Path, changed: int) -> tuple[str, ...]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE:
            for item in node.names:
                found |= {f"{node.module}.{item.name}", str(node.module)}
        elif isinstance(node, ast.Import):
            found |= {item.name for item in node.names}
    return tuple(sorted(name for name in found if is_module(name)))


def is_module(name: str) -> bool:
    """Whether the name is a module of this package, and not a function in one."""
    try:
        return name.startswith(f"{PACKAGE}.") and find_spec(name) is not None
    except ModuleNotFoundError:
        return False
