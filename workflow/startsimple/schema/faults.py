"""The typed configuration of an injected fault."""

from dataclasses import dataclass

from startsimple.schema.importable import Importable


@dataclass
class FaultConfig(Importable):
    """One injected fault: the import path of its injector, and the injector's arguments."""
