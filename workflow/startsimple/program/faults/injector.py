"""The places of a composed program where a mistake can be made: one method each."""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

from torch import Tensor, nn, optim

from startsimple.data.pack import Split
from startsimple.program.losses import Loss
from startsimple.program.metric import Metric
from startsimple.schema.errors import UserError
from startsimple.schema.faults import FaultConfig
from startsimple.schema.targets import import_target


class Injector:
    """Changes nothing; each fault is a subclass that overrides the one place that it spoils.

    Attributes:
        task: Kind of task that the fault can occur in; None for any.
    """

    task: str | None = None

    def data(self, split: Split) -> Split:
        """Return a standardised split as the program's own loading code hands it over."""
        return split

    def held_out(self, split: Split) -> Split:
        """Return what the program validates on."""
        return split

    def order(self, order: Tensor, targets: Tensor) -> Tensor:
        """Return the order of one epoch, int64 of shape (n,), for targets of shape (n,)."""
        return order

    def batch(self, inputs: Tensor, index: int) -> Tensor:
        """Return the inputs of a training batch, given its position in its epoch."""
        return inputs

    def evaluated(self, inputs: Tensor) -> Tensor:
        """Return inputs that are evaluated on, at each look anew."""
        return inputs

    def model(self, model: nn.Module, seed: int, inputs: Tensor) -> nn.Module:
        """Return an initialised network with the fault in it; it may be changed in place.

        Args:
            model: On the CPU.
            seed: Decides weights that are drawn anew.
            inputs: A few examples, shape (n, ...), to see what the network does.
        """
        return model

    def loss(self, loss: Loss) -> Loss:
        """Return the loss, a function of outputs (n, outputs) and targets (n,)."""
        return loss

    def parameters(self, model: nn.Module, held: list[nn.Parameter]) -> list[nn.Parameter]:
        """Return what the optimiser is given, instead of all trainable parameters."""
        return held

    def optimizer(self, optimizer: optim.Optimizer) -> optim.Optimizer:
        """Return the optimiser, changed in place."""
        return optimizer

    def metric(self, metric: Metric) -> Metric:
        """Return the metric that the program reports."""
        return metric


class Injectors(Injector):
    """Several faults at once, applied in order; none leaves a program untouched.

    Args:
        parts: The faults.
    """

    def __init__(self, parts: Sequence[Injector] = ()) -> None:
        self.parts = parts

    def data(self, split: Split) -> Split:
        """See `Injector`."""
        return reduce(lambda value, part: part.data(value), self.parts, split)

    def held_out(self, split: Split) -> Split:
        """See `Injector`."""
        return reduce(lambda value, part: part.held_out(value), self.parts, split)

    def order(self, order: Tensor, targets: Tensor) -> Tensor:
        """See `Injector`."""
        return reduce(lambda value, part: part.order(value, targets), self.parts, order)

    def batch(self, inputs: Tensor, index: int) -> Tensor:
        """See `Injector`."""
        return reduce(lambda value, part: part.batch(value, index), self.parts, inputs)

    def evaluated(self, inputs: Tensor) -> Tensor:
        """See `Injector`."""
        return reduce(lambda value, part: part.evaluated(value), self.parts, inputs)

    def model(self, model: nn.Module, seed: int, inputs: Tensor) -> nn.Module:
        """See `Injector`."""
        return reduce(lambda value, part: part.model(value, seed, inputs), self.parts, model)

    def loss(self, loss: Loss) -> Loss:
        """See `Injector`."""
        return reduce(lambda value, part: part.loss(value), self.parts, loss)

    def parameters(self, model: nn.Module, held: list[nn.Parameter]) -> list[nn.Parameter]:
        """See `Injector`."""
        return reduce(lambda value, part: part.parameters(model, value), self.parts, held)

    def optimizer(self, optimizer: optim.Optimizer) -> optim.Optimizer:
        """See `Injector`."""
        return reduce(lambda value, part: part.optimizer(value), self.parts, optimizer)

    def metric(self, metric: Metric) -> Metric:
        """See `Injector`."""
        return reduce(lambda value, part: part.metric(value), self.parts, metric)


NONE = Injectors()


def build(faults: Mapping[str, FaultConfig], task: str) -> Injectors:
    """Build the injectors that a config names.

    Args:
        faults: By fault id, or by any other name.
        task: The program's kind of task: classification or regression.

    Raises:
        UserError: If a target is no injector, refuses its arguments, or does not fit the task.
    """
    parts: list[Injector] = []
    for name, fault in faults.items():
        made = _made(name, fault)
        if made.task not in (None, task):
            raise UserError(
                f"Fault {name} occurs in a {made.task}, and this is a {task}: "
                f"choose the experiment of a {made.task}."
            )
        parts.append(made)
    return Injectors(parts)


def _made(name: str, fault: FaultConfig) -> Injector:
    target: Any = import_target(fault.target)
    if not (isinstance(target, type) and issubclass(target, Injector)):
        raise UserError(f"fault.{name}._target_={fault.target} is no injector.")
    try:
        return target(**fault.args)
    except TypeError as error:
        raise UserError(f"fault.{name}.args does not fit {fault.target}: {error}.") from error
