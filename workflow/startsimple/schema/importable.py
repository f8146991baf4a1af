"""The typed configuration of something that is named by its import path."""

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING


@dataclass
class Importable:
    """An import path, and the arguments that its object is called with."""

    _target_: str = MISSING
    args: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def target(self) -> str:
        """The import path."""
        return self._target_
