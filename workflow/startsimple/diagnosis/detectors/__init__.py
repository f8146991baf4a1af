"""The detectors, one topic a file; each file lists its own in DETECTORS."""

import importlib
import pkgutil

from startsimple.diagnosis.detector import Detector

__all__ = ["Detector", "all_detectors"]


def all_detectors() -> list[Detector]:
    """Return every detector of this folder, by file and then in the order written there."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = [importlib.import_module(f"{__name__}.{name}").DETECTORS for name in names]
    return [detector for group in found for detector in group]
