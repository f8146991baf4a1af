"""A plain training script as a subject: its steps are replayed on copies of its models."""

import copy
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, Literal

import torch
from torch import Tensor, nn, optim

from startsimple.program.loss_calls import answering_last, loss_call
from startsimple.program.snapshot import OptimizerPlan, build_optimizer
from startsimple.program.spy import LOSSES, Op, Spy, answers_in, map_tensors, tensors_in
from startsimple.program.subject import LossCall, Step, Task
from startsimple.program.tape import Call, Tape
from startsimple.program.validation import TapeBatch


class ScriptSubject:
    """A script's model, loss and batches, as captured; every copy starts from the first weights."""

    def __init__(
        self, model: nn.ModuleList, tape: Tape, batches: Sequence[TapeBatch], task: Task
    ) -> None:
        self.modules = model
        self.tape = tape
        self.task = task
        self.train = list(batches)
        self.val: list[TapeBatch] = []
        self.plans: list[OptimizerPlan] = []
        self.names: dict[int, str] = {}
        self.clip: float | None = None
        self.derived = False
        # What ran without gradients is a constant of the tape, and moves with nothing.
        self.stops = False
        self.several = len(tape.inputs) > 1
        # Which input holds the labels, where the model computes its loss itself.
        self.labels: int | None = None
        # A loss on derivatives of the outputs needs the graph in evaluation, too.
        self._differentiates = any(op.name == "grad" for op in ops_of(tape))

    @property
    def model(self) -> nn.Module:
        """The program's model (a list of them if it has several)."""
        return self.modules[0] if len(self.modules) == 1 else self.modules

    def fork(self) -> "ScriptSubject":
        """Return a copy whose weights can be trained; the batches are shared and never written."""
        twin = copy.copy(self)
        twin.modules = copy.deepcopy(self.modules)
        return twin

    def batches(
        self, split: Literal["train", "val"], limit: int | None = None
    ) -> Iterator[TapeBatch]:
        """Yield captured batches in the order in which they were used."""
        yield from (self.train if split == "train" else self.val)[:limit]

    def step(self, batch: TapeBatch, *, train: bool = True) -> Step:
        """Play the script's own step on a batch."""
        calls: list[LossCall] = []

        def watch(op: Op) -> None:
            if op.name in LOSSES:
                calls.append(loss_call(op))

        weights = dict(self.modules.named_parameters())
        parameters = {key: weights[name] for key, name in self.names.items() if name in weights}
        grad = torch.is_grad_enabled()
        inside = Spy(watch) if self.labels is not None else nullcontext()
        with torch.set_grad_enabled(grad or self._differentiates), inside as spy:
            if spy is not None:
                spy.recording = True
            loss, output = self.tape.replay(
                list(self.modules), batch.inputs, batch.targets, parameters, None if spy else watch
            )
        calls = answering_last(calls, output)
        step = Step(loss, batch.inputs[0], output, self.targets_of(batch), calls)
        return step if grad else step.detached()

    def optimizers(self) -> list[optim.Optimizer]:
        """Build the script's optimisers again, as configured at the first step."""
        weights = dict(self.modules.named_parameters())
        built: list[optim.Optimizer] = []
        for plan in self.plans:
            groups = [
                {**group, "params": [weights[name] for name in group["params"]]}
                for group in plan.groups
                if group["params"]
            ]
            if groups:
                built.append(build_optimizer(plan.kind, groups))
        return built

    def with_inputs(self, batch: TapeBatch, inputs: Tensor) -> TapeBatch:
        """Return the batch with its first input replaced."""
        return replace(batch, inputs=(inputs, *batch.inputs[1:]))

    def inputs_of(self, batch: TapeBatch) -> Tensor:
        """Return the first tensor that entered the model."""
        return batch.inputs[0]

    def targets_of(self, batch: TapeBatch) -> Tensor | None:
        """Return the tensor that the loss compared the output with."""
        if self.labels is not None:
            return batch.inputs[self.labels]
        return batch.targets[0] if batch.targets else None

    def entries(self) -> list[nn.Module]:
        """Return the module that the script calls first."""
        return [self.modules[0]]

    def predict(self, batch: TapeBatch) -> Tensor:
        """Run the model on a batch and return its first output."""
        if len(self.modules) > 1:
            output = self.step(batch).output
        else:
            args, kwargs = self._asked(batch.inputs)
            output = next(iter(answers_in(self.modules[0](*args, **kwargs))), None)
        if output is None:
            raise ValueError("the model returned no tensor")
        return output

    def _asked(self, inputs: Sequence[Tensor]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return inputs as the script hands them to its model: by name, or several in a tuple."""
        call = next(entry for entry in self.tape.entries if isinstance(entry, Call))
        known = {id(old): new for old, new in zip(self.tape.inputs, inputs, strict=False)}
        found = tensors_in((call.args, call.kwargs))
        if len(found) != len(inputs) or any(id(tensor) not in known for tensor in found):
            return tuple(inputs), {}
        args, kwargs = map_tensors((call.args, call.kwargs), lambda tensor: known[id(tensor)])
        return args, kwargs

    def pair(self, batch: TapeBatch) -> tuple[Tensor | None, Tensor | None]:
        """Return the model's output on a batch and what the loss compares it with."""
        if self.derived:
            call = self.step(batch).calls[-1]
            return call.input, call.target
        return self.predict(batch), self.targets_of(batch)

    def regroup(
        self, batches: Sequence[TapeBatch], *, rows: int | None, seed: int
    ) -> list[TapeBatch]:
        """Return the rows of all batches in random order, in batches of `rows` each."""
        size = rows or max(len(b.inputs[0]) for b in batches)
        places = range(len(batches[0].inputs))
        inputs = [torch.cat([b.inputs[i] for b in batches]) for i in places]
        targets = [
            torch.cat([b.targets[i] for b in batches]) for i in range(len(batches[0].targets))
        ]
        order = torch.randperm(len(inputs[0]), generator=torch.Generator().manual_seed(seed))
        return [
            TapeBatch(tuple(t[part] for t in inputs), tuple(t[part] for t in targets))
            for part in order.split(size)
        ]

    def with_targets(self, batch: TapeBatch, targets: Tensor) -> TapeBatch:
        """Return the batch with its targets replaced."""
        if self.labels is not None:
            place = self.labels
            return replace(
                batch, inputs=(*batch.inputs[:place], targets, *batch.inputs[place + 1 :])
            )
        return replace(batch, targets=(targets, *batch.targets[1:]))


def ops_of(tape: Tape) -> list[Op]:
    """Return the functions of a tape, without its calls of modules."""
    return [e for e in tape.entries if isinstance(e, Op)]
