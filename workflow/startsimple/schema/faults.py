"""The typed configuration of an injected fault."""

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING


@dataclass
class FaultConfig:
    """One injected fault: the import path of its injector, and the injector's arguments."""

    _target_: str = MISSING
    args: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def target(self) -> str:
        """Import path of the injector."""
        return self._target_
