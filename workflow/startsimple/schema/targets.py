"""Import paths in the config (`_target_`) are resolved here, held to an allowlist."""

import importlib
import pkgutil
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from startsimple.schema.errors import UserError, nearest

# A config file can name any of these; everything else must be allowed by the user.
BUILT_IN = ("startsimple", "torch")


def import_target(path: str, allowed: Iterable[str] = ()) -> Any:
    """Import the class or function that a config names.

    Args:
        path: Dotted path of a module's attribute, such as "torch.nn.Linear".
        allowed: Packages or modules that the user allows besides torch and this package.

    Returns:
        The class or function.

    Raises:
        UserError: If the path is outside the allowlist, does not exist or cannot be called;
            the message names the nearest valid choice.
    """
    prefixes = (*BUILT_IN, *(prefix.rstrip(".") for prefix in allowed))
    module_name, _, attribute = path.rpartition(".")
    if not all(part.isidentifier() for part in path.split(".")) or not module_name:
        raise UserError(
            f"_target_ '{path}' is not an import path: write package.module.Name, "
            "such as torch.nn.Linear."
        )
    if not _within(path, prefixes):
        raise UserError(
            f"_target_ '{path}' is outside of what configs may import ({', '.join(prefixes)}). "
            f"Allow '{path.split('.')[0]}' in the config if you trust it."
        )
    found = getattr(_import_module(module_name, path), attribute, None)
    if found is None:
        module = importlib.import_module(module_name)
        names = [name for name, value in vars(module).items() if _offered(name, value, prefixes)]
        raise UserError(
            f"_target_ '{path}': module '{module_name}' has no '{attribute}'. "
            f"{nearest(attribute, names)}"
        )
    if not callable(found):
        raise UserError(f"_target_ '{path}' is not a class or a function, so it cannot be built.")
    # A module's own imports (os, subprocess, ...) are reachable as its attributes.
    home = getattr(found, "__module__", None)
    if isinstance(home, str) and not _within(home, prefixes):
        raise UserError(f"_target_ '{path}' leads to '{home}', which configs may not import.")
    return found


def _within(path: str, prefixes: Iterable[str]) -> bool:
    return any(path == prefix or path.startswith(f"{prefix}.") for prefix in prefixes)


def _offered(name: str, value: Any, prefixes: Iterable[str]) -> bool:
    """True if a module's attribute is worth suggesting: public, callable, not imported."""
    home = getattr(value, "__module__", "")
    return not name.startswith("_") and callable(value) and _within(str(home), prefixes)


def _import_module(name: str, path: str) -> ModuleType:
    """Import a module; a missing one and an error inside it are explained."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or name
        if not _within(name, [missing]):
            raise UserError(
                f"_target_ '{path}': module '{name}' needs '{missing}', which is not installed."
            ) from error
        parent, _, leaf = missing.rpartition(".")
        if not parent:
            raise UserError(
                f"_target_ '{path}': no package is named '{missing}'. "
                "Install it, or add its folder with search_path."
            ) from error
        siblings = getattr(importlib.import_module(parent), "__path__", ())
        names = [module.name for module in pkgutil.iter_modules(siblings)]
        raise UserError(
            f"_target_ '{path}': '{parent}' has no module '{leaf}'. {nearest(leaf, names)}"
        ) from error
    except Exception as error:
        raise UserError(
            f"_target_ '{path}': importing '{name}' fails with {type(error).__name__}: {error}."
        ) from error
