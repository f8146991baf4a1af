"""Load the class that a user names, from a file or an importable module."""

import importlib
import importlib.util
import inspect
import sys
from pathlib import Path
from typing import Any

from startsimple.schema.errors import UserError, nearest


def load_class(reference: str) -> Any:
    """Return what "FILE.py:Name" or "package.module:Name" names.

    Args:
        reference: Where to find the class.

    Returns:
        The class (or function that builds the object).

    Raises:
        UserError: If the reference, the file, the module or the name is not there, or if
            importing it fails.
    """
    source, _, name = reference.rpartition(":")
    if not source or not name:
        raise UserError(
            f"'{reference}' names no class; write FILE.py:Class or package.module:Class."
        )
    module = _from_file(Path(source)) if source.endswith(".py") else _import(source)
    if not hasattr(module, name):
        public = [word for word in vars(module) if not word.startswith("_")]
        raise UserError(f"{source} has no '{name}'. {nearest(name, public)}")
    return getattr(module, name)


def _from_file(path: Path) -> Any:
    if not path.is_file():
        raise UserError(f"There is no file {path}; give the path of a Python file.")
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise UserError(f"{path} is no Python module; give a .py file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise UserError(f"{path} cannot be imported: {type(error).__name__}: {error}") from error
    return module


def _import(name: str) -> Any:
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise UserError(f"{name} cannot be imported: {type(error).__name__}: {error}") from error


def build(reference: str, arguments: dict[str, Any]) -> Any:
    """Load a class and call it with keyword arguments.

    Raises:
        UserError: If it does not take the arguments or fails to build.
    """
    kind = load_class(reference)
    try:
        inspect.signature(kind).bind(**arguments)
    except TypeError as error:
        raise UserError(f"{reference} does not take these arguments: {error}.") from error
    except ValueError:
        pass
    try:
        return kind(**arguments)
    except Exception as error:
        message = f"{reference} cannot be built: {type(error).__name__}: {error}"
        raise UserError(message) from error
