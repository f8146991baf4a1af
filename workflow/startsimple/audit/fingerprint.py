"""Digests of what a stage depends on besides its config: the code it imports, the environment.

Snakemake does not follow imports, so each rule carries the digest of its stage's whole import
closure. It is taken of the parsed source without comments, docstrings and positions: only an
edit that can change a result makes a stage run again.
"""

import ast
import hashlib
import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from startsimple.schema.canonical import digest, file_digest, read_json, write_json

_PACKAGE = "startsimple"
_LIBRARY_FOLDERS = ("site-packages", "dist-packages")
CACHE = Path(".snakemake/startsimple/ast-cache.json")

# Facts of this process's earlier calls, by cache file: one workflow asks once per stage.
_MEMORY: dict[Path, dict[str, Any]] = {}


def code_digest(entry_modules: Iterable[str], root: Path) -> str:
    """Digest the source that a stage imports, directly or not.

    Args:
        entry_modules: Dotted names of modules, or of things in them such as a `_target_`:
            the stage's module and what its config instantiates.
        root: The repository; its modules are followed, installed libraries are not (the
            environment's digest holds those).

    Returns:
        SHA-256 in hex. Comments, docstrings, formatting and file times do not change it.
    """
    tree = _SourceTree(root, entry_modules)
    digests = {name: tree.digest(name) for name in tree.closure(entry_modules)}
    tree.save()
    return digest(digests)


def source_files(entry_modules: Iterable[str], root: Path) -> dict[str, str]:
    """Return the SHA-256 of every source file in the import closure, by path below root."""
    tree = _SourceTree(root, entry_modules)
    paths = [tree.path(name) for name in tree.closure(entry_modules)]
    return {_shown(path, root): file_digest(path) for path in sorted(p for p in paths if p)}


def environment_digest(root: Path) -> str:
    """Digest the lock file and Python's minor version; a library upgrade changes it."""
    lock = root / "requirements.lock"
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return digest({"lock": file_digest(lock) if lock.exists() else None, "python": python})


class _SourceTree:
    """Modules below a few folders, parsed once and remembered by size and time of the file."""

    def __init__(self, root: Path, entries: Iterable[str]) -> None:
        self._cache_path = root.resolve() / CACHE
        self._cache = _MEMORY.get(self._cache_path) or _read_cache(self._cache_path)
        _MEMORY[self._cache_path] = self._cache
        self._changed = False
        self._paths: dict[str, Path | None] = {}
        self._listings: dict[str, frozenset[str]] = {}
        own = Path(__file__).resolve().parents[2]
        places = [own, root.resolve(), *_places_of(entries)]
        self._places = list(dict.fromkeys(places))

    def closure(self, entries: Iterable[str]) -> list[str]:
        """Return the names of all modules that importing the entries would load, sorted."""
        waiting = [name for entry in entries for name in self._modules_in(entry)]
        seen: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                for target in self._facts(name)["imports"]:
                    waiting.extend(self._modules_in(target))
        return sorted(seen)

    def digest(self, name: str) -> str:
        return self._facts(name)["digest"]

    def path(self, name: str) -> Path | None:
        """Return the source file of a module, or None if it is not one of ours."""
        if name not in self._paths:
            self._paths[name] = self._find(name)
        return self._paths[name]

    def save(self) -> None:
        """Keep the parsed facts for the next call; a read-only folder only costs time."""
        if self._changed:
            try:
                write_json(self._cache_path, self._cache)
            except OSError:
                return

    def _modules_in(self, dotted: str) -> Iterator[str]:
        """Yield the packages and the module that a dotted name loads."""
        parts = dotted.split(".")
        for end in range(1, len(parts) + 1):
            name = ".".join(parts[:end])
            if self.path(name) is None:
                return
            yield name

    def _find(self, name: str) -> Path | None:
        *parents, last = name.split(".")
        for place in self._places:
            folder = os.path.join(place, *parents)  # noqa: PTH118 - hot: thousands of names a call
            if f"{last}.py" in self._listing(folder):
                return Path(folder, f"{last}.py")
            inner = os.path.join(folder, last)  # noqa: PTH118
            if last in self._listing(folder) and "__init__.py" in self._listing(inner):
                return Path(inner, "__init__.py")
        return None

    def _listing(self, folder: str) -> frozenset[str]:
        if folder not in self._listings:
            try:
                self._listings[folder] = frozenset(os.listdir(folder))  # noqa: PTH208
            except OSError:
                self._listings[folder] = frozenset()
        return self._listings[folder]

    def _facts(self, name: str) -> dict[str, Any]:
        path = self.path(name)
        assert path is not None
        stat = path.stat()
        stamp = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, sys.hexversion]
        known = self._cache.get(str(path))
        if known and known["stamp"] == stamp:
            return known
        facts = {"stamp": stamp, **_parse(path, name)}
        self._cache[str(path)] = facts
        self._changed = True
        return facts


def _places_of(entries: Iterable[str]) -> list[Path]:
    """Return the folders that hold the user's own modules, wherever they are importable from."""
    places: list[Path] = []
    for top in sorted({entry.split(".")[0] for entry in entries} - {_PACKAGE}):
        try:
            spec = importlib.util.find_spec(top)
        except (ImportError, ValueError):
            continue
        if spec is None or spec.origin is None:
            continue
        origin = Path(spec.origin)
        place = origin.parent.parent if origin.name == "__init__.py" else origin.parent
        library = any(part in _LIBRARY_FOLDERS for part in place.parts)
        if not library and origin.suffix == ".py" and top not in sys.stdlib_module_names:
            places.append(place.resolve())
    return places


def _parse(path: Path, name: str) -> dict[str, Any]:
    source = path.read_bytes()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        # Running it will say what is wrong; until then its bytes stand for it.
        return {"digest": hashlib.sha256(source).hexdigest(), "imports": []}
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    imports = sorted(set(_imports(tree, package)))
    _drop_docstrings(tree)
    return {"digest": hashlib.sha256(ast.dump(tree).encode()).hexdigest(), "imports": imports}


def _imports(tree: ast.AST, package: str) -> Iterator[str]:
    """Yield what a module imports, late imports included, type checkers' imports left out."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            for other in node.orelse:
                yield from _imports(ast.Module([other], []), package)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            yield from (f"{base}.{alias.name}" for alias in node.names)
        else:
            yield from _imports(node, package)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*parts, *([node.module] if node.module else [])])


def _drop_docstrings(tree: ast.AST) -> None:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]


def _read_cache(path: Path) -> dict[str, Any]:
    """Return the remembered facts; a missing or damaged cache is an empty one."""
    try:
        cache = read_json(path)
        complete = all({"stamp", "digest", "imports"} <= set(facts) for facts in cache.values())
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
    return cache if complete else {}


def _shown(path: Path, root: Path) -> str:
    resolved = root.resolve()
    return path.relative_to(resolved).as_posix() if path.is_relative_to(resolved) else str(path)
