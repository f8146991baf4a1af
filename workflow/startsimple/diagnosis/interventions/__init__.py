"""The interventions: each swaps one part of a program for a known-good one; one file each."""

import importlib
import pkgutil

from startsimple.diagnosis.intervention import Intervention


def all_interventions() -> list[Intervention]:
    """Return the intervention of every module in this folder, cheapest first."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = [importlib.import_module(f"{__name__}.{name}").INTERVENTION for name in names]
    return sorted(found, key=lambda intervention: intervention.cost)
