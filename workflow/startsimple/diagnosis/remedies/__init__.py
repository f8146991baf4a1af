"""The remedies: each applies the fix of some faults to a copy; one file for a family of faults."""

import importlib
import pkgutil

from startsimple.diagnosis.remedies.remedy import Remedy


def remedies_of(fault: str) -> list[Remedy]:
    """Return the remedies of a fault, most faithful to its fix first."""
    found: list[Remedy] = []
    for name in sorted(module.name for module in pkgutil.iter_modules(__path__)):
        table = getattr(importlib.import_module(f"{__name__}.{name}"), "REMEDIES", {})
        found += table.get(fault, [])
    return found
