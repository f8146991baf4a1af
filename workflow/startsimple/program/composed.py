"""The program that the config composes: network, loss, optimiser, data and injected faults."""

import copy
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, cast

import torch
from torch import Tensor, nn, optim

from startsimple.data.pack import Split
from startsimple.data.targets import is_regression
from startsimple.program import losses, optimizers
from startsimple.program.composed_data import ComposedData, Pair
from startsimple.program.faults.injector import NONE, Injectors
from startsimple.program.faults.injector import build as build_faults
from startsimple.program.loss_calls import loss_call
from startsimple.program.metric import metric_for
from startsimple.program.models.build import build
from startsimple.program.spy import LOSSES, Op, Spy
from startsimple.program.subject import LossCall, Step, Task
from startsimple.schema.config import Config
from startsimple.schema.errors import UserError
from startsimple.schema.seeds import derive

if TYPE_CHECKING:
    from startsimple.data.prepared import Prepared


class ComposedModule(nn.Module):
    """Network, loss and optimiser behind the methods of a LightningModule, without Lightning.

    Args:
        network: Maps inputs to logits.
        config: Needs the sections loss, optimizer, schedule and training.
        faults: What is wrong with it on purpose.
    """

    def __init__(self, network: nn.Module, config: Config, faults: Injectors = NONE) -> None:
        super().__init__()
        self.network = network
        self.loss = faults.loss(losses.build(config.loss))
        self.config, self.faults = config, faults

    def forward(self, inputs: Tensor) -> Tensor:
        """Map inputs (batch, *input_shape) to logits (batch, classes)."""
        return self.network(inputs)

    def training_step(self, batch: Pair, batch_idx: int) -> Tensor:
        """Return the loss of one batch of (inputs, targets)."""
        inputs, targets = batch
        return self.loss(self(inputs), targets)

    def validation_step(self, batch: Pair, batch_idx: int) -> Tensor:
        """Return the loss of one batch of (inputs, targets)."""
        return self.training_step(batch, batch_idx)

    def configure_optimizers(self) -> dict[str, Any]:
        """Return the optimiser, and the schedule that follows it step by step."""
        config = self.config
        optimizer = self.optimizer(self.network)
        steps = config.training.steps
        schedule = optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: optimizers.rate(config.schedule, min(step, steps - 1), steps)
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def optimizer(self, model: nn.Module) -> optim.Optimizer:
        """Build the optimiser for a model like this one's, without its schedule."""
        trainable = [p for p in model.parameters() if p.requires_grad]
        held = self.faults.parameters(model, trainable)
        return self.faults.optimizer(optimizers.build(self.config.optimizer, held))


class ComposedProgram:
    """The composed program, as probes see it (`Subject`) and as the training loop uses it.

    Attributes:
        module: Network, loss and optimiser.
        model: The network alone: inputs (batch, *input_shape) to outputs (batch, outputs).
        data: Both splits.
        task: Classification with the number of classes, or regression.
        metric: What the task is judged by.
    """

    def __init__(self, module: ComposedModule, data: ComposedData, task: Task) -> None:
        self.module, self.data, self.task = module, data, task
        self.model = module.network
        self.metric = metric_for(data.train[1])

    @classmethod
    def from_config(
        cls,
        config: Config,
        prepared: "Prepared",
        seed: int,
        device: torch.device | str = "cpu",
        *,
        classes: int | None = None,
    ) -> "ComposedProgram":
        """Compose the program that a config describes.

        Args:
            config: Needs dataset, model, loss, optimizer, schedule, training and fault.
            prepared: The standardised splits.
            seed: Decides the initial weights and the order of the batches.
            device: Where the program runs; weights are drawn on the CPU, so that they do not
                depend on it.
            classes: Number of classes, where a small set may lack the last one.

        Raises:
            UserError: If a setting is wrong, the loss does not fit the task, or a batch is
                larger than the training split.
        """
        task = _task(prepared, classes)
        outputs = task.classes or 1
        faults = build_faults(config.fault, task.kind)
        network = build(
            cast("Mapping[str, Any]", config.model),
            tuple(prepared.train.x.shape[1:]),
            outputs,
            input=config.dataset.input,
            seed=derive(seed, "weights"),
        )
        train, val = faults.data(prepared.train), faults.data(prepared.val)
        few = torch.as_tensor(train.x[:2], dtype=torch.float32)
        network = faults.model(network, derive(seed, "weights"), few)
        place = torch.device(device)
        size = config.training.batch_size
        data = ComposedData(train, faults.held_out(val), size, seed, place, faults)
        module = ComposedModule(network, config, faults).to(place)
        program = cls(module, data, task)
        if config.loss.name != program.metric.loss:
            raise UserError(
                f"loss.name='{config.loss.name}' does not fit a {task.kind}: "
                f"choose loss={program.metric.loss}."
            )
        return program

    @property
    def faults(self) -> Injectors:
        """What is wrong with the program on purpose."""
        return self.module.faults

    def given(self, split: Split) -> Split:
        """Return a standardised split as the program's own loading code hands it over."""
        return self.faults.data(split)

    @property
    def device(self) -> torch.device:
        """Where the program runs."""
        return self.data.train[0].device

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Return the scalar loss of logits (batch, classes) and targets (batch,)."""
        return self.module.loss(logits, targets)

    def optimizer(self, model: nn.Module) -> optim.Optimizer:
        """Build the optimiser for a model like this program's, without its schedule."""
        return self.module.optimizer(model)

    def rate(self, step: int, steps: int) -> float:
        """Return the schedule's factor on the learning rate at a step of a budget."""
        return optimizers.rate(self.module.config.schedule, step, steps)

    def accuracy(self, logits: Tensor, targets: Tensor) -> float:
        """Return the metric of outputs (n, outputs): accuracy, or explained variance."""
        metric = self.faults.metric(self.metric)
        return float(metric.of_examples(logits, targets).mean())

    def fork(self) -> "ComposedProgram":
        """Return a copy with its own weights; the data are shared, since nothing writes them."""
        return ComposedProgram(copy.deepcopy(self.module), self.data, self.task)

    def batches(self, split: Literal["train", "val"], limit: int | None = None) -> Iterator[Pair]:
        """Yield batches: of training as many epochs as `limit` asks for, or one without it."""
        if split == "val":
            yield from list(self.data.val_dataloader())[:limit]
            return
        count = 0
        for epoch in range(1 if limit is None else limit):
            for batch in self.data.train_epoch(epoch):
                if count == limit:
                    return
                yield batch
                count += 1

    def step(self, batch: Pair, *, train: bool = True) -> Step:
        """Run the training or validation step on one batch, and note what its loss received."""
        self.module.train(train)
        seen: list[Tensor] = []
        calls: list[LossCall] = []

        def note(op: Op) -> None:
            if op.name in LOSSES:
                calls.append(loss_call(op))

        def keep(module: nn.Module, args: tuple[Tensor, ...], output: Tensor) -> None:
            seen.extend((args[0], output))

        spy = Spy(note)
        spy.locate, spy.recording = False, True
        handle = self.model.register_forward_hook(keep)
        run = self.module.training_step if train else self.module.validation_step
        try:
            with spy:
                loss = run(batch, 0)
        finally:
            handle.remove()
        return Step(loss, seen[0], seen[1], batch[1], calls)

    def optimizers(self) -> list[optim.Optimizer]:
        """Return the optimiser as the program configures it."""
        return [self.optimizer(self.model)]

    def with_inputs(self, batch: Pair, inputs: Tensor) -> Pair:
        """Return the batch with its inputs replaced."""
        return inputs, batch[1]

    def inputs_of(self, batch: Pair) -> Tensor:
        """Return the batch's inputs."""
        return batch[0]

    def targets_of(self, batch: Pair) -> Tensor:
        """Return the batch's targets."""
        return batch[1]


def _task(prepared: "Prepared", classes: int | None) -> Task:
    """Read the task off the targets: integers are classes, floats are a regression's."""
    if is_regression(prepared.train.y):
        return Task("regression")
    found = int(max(prepared.train.y.max(), prepared.val.y.max())) + 1
    return Task("classification", classes or found)
