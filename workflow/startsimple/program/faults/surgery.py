"""Find the part of a network that a fault goes into, and put something else in its place."""

from collections.abc import Callable

from torch import nn

from startsimple.program.initialise import is_layer, output_layer
from startsimple.program.seeded import seeded
from startsimple.schema.errors import UserError


def first_part(model: nn.Module) -> tuple[str, nn.Module]:
    """Return the child that holds a network's first layer, with its name.

    Args:
        model: A network made of parts.

    Raises:
        UserError: If none of its children holds a layer.
    """
    for name, child in model.named_children():
        if any(is_layer(module) for module in child.modules()):
            return name, child
    raise UserError("This fault needs a network whose layers are held by name.")


def replace_head(model: nn.Module, make: Callable[[nn.Linear], nn.Module], seed: int) -> None:
    """Put something else in the place of a network's last layer.

    Args:
        model: The network, changed in place.
        make: Makes it of the last layer.
        seed: Decides the weights that it draws.

    Raises:
        UserError: If the last layer is not linear, or is the network itself.
    """
    head = output_layer(model)
    for parent in model.modules():
        for name, child in parent.named_children():
            if child is head and isinstance(child, nn.Linear):
                with seeded(seed):
                    setattr(parent, name, make(child))
                return
    raise UserError("This fault needs a network whose last layer is linear and held by name.")
