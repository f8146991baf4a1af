"""A composed experiment."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Experiment:
    """One composed experiment.

    Attributes:
        run: Name of the run: the experiment's, with a label or a digest of the overrides.
        overrides: The overrides as given.
        config: The resolved config as plain containers.
    """

    run: str
    overrides: tuple[str, ...]
    config: dict[str, Any]
