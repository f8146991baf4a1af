"""A LightningModule with its data, or any object with the same methods, as a program under test."""

import copy
import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn, optim

from startsimple.program.layers import has_parameters
from startsimple.program.loss_calls import answering_last, loss_call
from startsimple.program.modules import call_step, copy_module, loss_in, loss_or_nan
from startsimple.program.passes import Pass, ends_of
from startsimple.program.rows import same_numbers
from startsimple.program.spy import LOSSES, Op, Spy, answers_in, map_tensors, tensors_in
from startsimple.program.standin import BackwardReachedError, StandIn, unpack_optimizers
from startsimple.program.subject import Batch, LossCall, Step, Task
from startsimple.program.tasks import infer_task
from startsimple.program.trainer import ONE_STEP, Plan

TARGET_KEYS = ("y", "label", "labels", "target", "targets")


class LightningProgram:
    """Runs a module's own `training_step`, `validation_step` and `configure_optimizers`.

    Attributes:
        module: The user's module.
        data: The user's data: any object with `train_dataloader` (and `val_dataloader`).
        train: Batches of the first epoch, as its loader gave them.
        val: Batches of the validation loader.
        derived: Whether the loss compares something made from several outputs, not the output.
        several: Whether a network takes more than one tensor.
        outer: Networks that the last step called, in order.
        plan: How long it is trained.
        clip: Limit of the gradient norm that the module declares, or None.
        differentiates: Whether a step takes derivatives of its own, as an attack on inputs does.
        stops: Whether a training step runs a network without gradients beside others, on purpose.
    """

    def __init__(
        self, module: Any, train: Sequence[Batch], val: Sequence[Batch], plan: Plan = ONE_STEP
    ) -> None:
        self.module, self.train, self.val, self.plan = module, list(train), list(val), plan
        declared = getattr(module, "gradient_clip_val", None)
        self.clip: float | None = float(declared) if isinstance(declared, int | float) else None
        self.task = Task("other")
        self.places: tuple[int | None, int | None] = (None, None)
        self.entry = ""
        self.derived = self.several = self.differentiates = self.stops = False
        self.outer: list[nn.Module] = []

    @property
    def model(self) -> nn.Module:
        """The module itself, or the networks that a plain object holds."""
        if isinstance(self.module, nn.Module):
            return self.module
        parts = {k: v for k, v in vars(self.module).items() if isinstance(v, nn.Module)}
        return nn.ModuleDict(parts)

    def fork(self) -> "LightningProgram":
        """Return a deep copy; the batches are shared and never written."""
        twin = copy.copy(self)
        twin.module = copy_module(self.module)
        return twin

    def batches(self, split: Literal["train", "val"], limit: int | None = None) -> Iterator[Batch]:
        """Yield captured batches in the loader's order."""
        yield from (self.train if split == "train" else self.val)[:limit]

    def step(self, batch: Batch, *, train: bool = True) -> Step:
        """Run the module's own step on a batch, without backward."""
        name = "training_step" if train else "validation_step"
        method = getattr(self.module, name, None) or self.module.training_step
        calls: list[LossCall] = []
        passes: list[Pass] = []
        depth, self.outer, grad = 0, [], torch.is_grad_enabled()

        def note(op: Op) -> None:
            self.differentiates |= op.name == "grad"
            if op.name in LOSSES:
                calls.append(loss_call(op))

        def enter(module: nn.Module, args: Any) -> None:
            nonlocal depth
            if has_parameters(module):
                if depth == 0 and not self.outer:
                    names = [n for n, m in self.model.named_modules() if m is module]
                    self.entry = names[0] if names else self.entry
                if depth == 0:
                    self.stops |= grad and not torch.is_grad_enabled()
                    self.outer.append(module)
                    self.several |= len(tensors_in(args)) > 1
                depth += 1

        def leave(module: nn.Module, args: Any, out: Any) -> None:
            nonlocal depth
            if has_parameters(module):
                depth -= 1
                if depth == 0:
                    passes.append(Pass(module, tensors_in(args), answers_in(out)))

        hooks = nn.modules.module
        handles = [
            hooks.register_module_forward_pre_hook(enter),
            hooks.register_module_forward_hook(leave, always_call=True),
        ]
        standin = StandIn(self.plan)
        standin.capture = True
        spy = Spy(note)
        spy.recording = True
        try:
            with (
                torch.set_grad_enabled(grad or self.differentiates),
                standin.attached(self.module),
                spy,
            ):
                out = call_step(method, batch, 0)
        except BackwardReachedError as reached:
            out = reached.loss
        finally:
            for handle in handles:
                handle.remove()
        loss = loss_in(out, calls) if train else loss_or_nan(out, calls)
        inputs, output = ends_of(passes, tensors_in(batch))
        calls = answering_last(calls, output)
        step = Step(loss, inputs, output, self._target(batch, calls), calls)
        return step if grad else step.detached()

    def _target(self, batch: Batch, calls: Sequence[LossCall]) -> Tensor | None:
        """Return what the loss compares: the batch's own target where one of several calls does."""
        if not calls:
            return self.targets_of(batch)
        found = tensors_in(batch)
        own = [call for call in calls if _place(found, call.target) is not None]
        return (own or calls)[-1].target.detach()

    def optimizers(self) -> list[optim.Optimizer]:
        """Call the module's own `configure_optimizers`."""
        standin = StandIn(self.plan)
        with standin.attached(self.module):
            return unpack_optimizers(self.module.configure_optimizers())[0]

    def entries(self) -> list[nn.Module]:
        """Return the module that the step calls first."""
        return [self.model.get_submodule(self.entry)]

    def predict(self, batch: Batch) -> Tensor:
        """Run the step for its output alone."""
        shown = self.step(batch, train=self.model.training).output if self.derived else None
        output = shown if shown is not None else self.pair(batch)[0]
        if output is None:
            raise ValueError("the model returned no tensor")
        return output

    def pair(self, batch: Batch) -> tuple[Tensor | None, Tensor | None]:
        """Return the model's output on a batch and what the loss compares it with."""
        if self.model.training or self.derived:
            step = self.step(batch)
            return (step.calls[-1].input if self.derived else step.output), step.target
        try:
            step = self.step(batch, train=False)
        except Exception:  # Validation rows may come in another form: judge by the training step.
            step = self.step(batch)
        if step.calls and step.output is not None:
            return step.output, step.target
        # A validation step without a loss does not show what the output is compared with.
        shown = self.step(batch)
        return (shown.output if step.output is None else step.output), shown.target

    def inputs_of(self, batch: Batch) -> Tensor:
        """Return the batch's first tensor that is not its target."""
        if self.places[0] is not None:
            return tensors_in(batch)[self.places[0]]
        if isinstance(batch, dict):
            rest = [v for k, v in batch.items() if str(k).lower() not in TARGET_KEYS]
            found = tensors_in(rest)
        else:
            found = tensors_in(batch)
        if not found:
            raise ValueError("the batch holds no tensor")
        return found[0]

    def targets_of(self, batch: Batch) -> Tensor | None:
        """Return the batch's target by its key, or else its last tensor."""
        if self.places[1] is not None:
            return tensors_in(batch)[self.places[1]]
        if isinstance(batch, dict):
            named = [v for k, v in batch.items() if str(k).lower() in TARGET_KEYS]
            return next(iter(tensors_in(named)), None)
        found = tensors_in(batch)
        return found[-1] if len(found) > 1 else (found[0] if found else None)

    def with_inputs(self, batch: Batch, inputs: Tensor) -> Batch:
        """Return the batch with its input replaced."""
        old = self.inputs_of(batch)
        return map_tensors(batch, lambda t: inputs if t is old else t)

    def with_targets(self, batch: Batch, targets: Tensor) -> Batch:
        """Return the batch with its targets replaced."""
        old = self.targets_of(batch)
        return map_tensors(batch, lambda t: targets if t is old else t)

    def regroup(self, batches: Sequence[Batch], *, rows: int | None, seed: int) -> list[Batch]:
        """Return the rows of all batches in random order, in batches of `rows` each."""
        size = rows or max(len(self.inputs_of(b)) for b in batches)
        columns = [tensors_in(b) for b in batches]
        whole = [torch.cat([c[i] for c in columns]) for i in range(len(columns[0]))]
        order = torch.randperm(len(whole[0]), generator=torch.Generator().manual_seed(seed))
        grouped: list[Batch] = []
        for part in order.split(size):
            picked = iter([t[part] for t in whole])
            grouped.append(map_tensors(batches[0], lambda _, it=picked: next(it)))
        return grouped


def infer_program_task(program: LightningProgram) -> None:
    """Find out what the program predicts, from the first batches' own losses.

    Args:
        program: A program with training batches; its `task` is set.
    """
    if not program.train:
        return
    copy_ = program.fork()
    # With gradients, since a step may take derivatives of its own.
    steps = [copy_.step(batch).detached() for batch in program.train[:5]]
    program.entry, program.several = copy_.entry, copy_.several
    program.differentiates, program.stops = copy_.differentiates, copy_.stops
    if steps[0].calls:
        repeated = len(copy_.outer) > 1 and not _compares_output(steps[-1])
    else:
        repeated = len({id(module) for module in copy_.outer}) < len(copy_.outer)
    found = tensors_in(program.train[0])
    program.places = (_place(found, steps[0].inputs), _place(found, steps[0].target))
    # A loss that brings both sides to other units compares neither the output nor the target.
    both_changed = program.places[1] is None and not _compares_output(steps[-1])
    program.derived = (repeated or both_changed) and bool(steps[0].calls)
    if not steps[0].calls and program.targets_of(program.train[0]) is not None:
        steps = [
            replace_target(step, program, b) for step, b in zip(steps, program.train, strict=False)
        ]
    rows = [s.target for s in steps if s.target is not None]
    same = [t for t in rows if t.shape[1:] == rows[0].shape[1:] and t.ndim]
    target = torch.cat(same) if same else None
    call = steps[0].calls[-1] if steps[0].calls else None
    shown = call.input if call is not None else steps[0].output
    if repeated and not program.derived:  # Nothing shows what the outputs are compared with.
        return
    program.task = infer_task(shown, target, call.name if call is not None else "")


def _compares_output(step: Step) -> bool:
    """Return whether a loss compares the network's output itself, in whatever shape."""
    output = step.output
    return output is not None and any(same_numbers(call.input, output) for call in step.calls)


def replace_target(step: Step, program: LightningProgram, batch: Batch) -> Step:
    """Return the step with the batch's own target."""
    return dataclasses.replace(step, target=program.targets_of(batch))


def _place(found: list[Tensor], wanted: Tensor | None) -> int | None:
    """Return which tensor of a batch holds the wanted values, in whatever shape and dtype."""
    if not isinstance(wanted, Tensor) or not wanted.numel():
        return None
    flat = wanted.detach().reshape(-1)
    for place, tensor in enumerate(found):
        if tensor.numel() == flat.numel() and bool((tensor.reshape(-1) == flat).all()):
            return place
    return None
