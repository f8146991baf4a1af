"""Watch a training run from inside: hooks on modules, optimisers, backward passes and losses."""

import math
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn, optim
from torch.nn.modules import module as module_hooks
from torch.optim.optimizer import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

from startsimple.program.aside import Aside, patch
from startsimple.program.clock import worked
from startsimple.program.evaluations import EvaluationLog
from startsimple.program.layers import has_parameters
from startsimple.program.loss_graph import GraphWatch, graph_facts
from startsimple.program.phases import begins_phase
from startsimple.program.reported import assign, listening
from startsimple.program.spy import Op, Spy, answers_in, tensors_in, transformed
from startsimple.program.stale_gradients import StaleGradients
from startsimple.program.tape import Call, Entry, Tape, is_part, tape_of
from startsimple.program.tape_log import TapeLog
from startsimple.program.trace import Forward, StepFacts, Trace

MEASURED_STEPS = 50
OPS_PER_SEGMENT = 20_000
CLIPPED = 0.99
# A phase that begins later than this share of the time would be seen too briefly.
PHASES_SHARE = 0.7


class EnoughSeenError(BaseException):
    """Ends a program whose share of time is used; no `except Exception` of it can swallow this."""


class Observer:
    """Turns the hooks' calls into a `Trace` and the tapes of the training steps.

    Attributes:
        trace: What was seen.
        modules: Outermost modules, in the order in which they were first called.
        initial: What `copy_modules` made of them before the first optimiser step.
    """

    def __init__(
        self,
        deadline: float,
        snapshot: Callable[[list[nn.Module], list[optim.Optimizer]], None],
        step_limit: int = 10**9,
    ) -> None:
        """Prepare to watch.

        Args:
            deadline: `worked()` value after which the program is ended.
            snapshot: Called once, just before the first optimiser step.
            step_limit: Optimiser steps after which the program is ended.
        """
        self.trace = Trace()
        self.modules: list[nn.Module] = []
        self._log = TapeLog()
        self.optimizers: list[optim.Optimizer] = []
        self.keep_tapes = True
        now = worked()
        self._last_start = now + PHASES_SHARE * (deadline - now)
        self._deadline, self._snapshot, self._step_limit = deadline, snapshot, step_limit
        self._spy = Spy(self._note)
        self._entries: list[Entry] = []
        self._inner: list[Op] = []
        self._called: list[str] = []
        self._ends: tuple[list[Tensor], Tensor | None] = ([], None)
        self._before: list[Op] = []
        self._evaluations = EvaluationLog()
        self._backwards = 0
        self._stale = StaleGradients()
        self._norm_before: float | None = None
        self._training: bool | None = None
        self._rows = 0
        self._first_weights = set[int]()
        self._aside = Aside(self.trace)
        self._old: dict[int, Tensor] = {}
        self._graphs = GraphWatch()

    @property
    def tapes(self) -> list[Tape]:
        """Tapes of the training steps of the last phase, in order."""
        return self._log.tapes

    @contextmanager
    def watching(self) -> Any:
        """Hold all hooks in place while the block runs."""
        with ExitStack() as stack:
            for handle in (
                module_hooks.register_module_forward_pre_hook(self._enter),
                module_hooks.register_module_forward_hook(
                    self._leave, with_kwargs=True, always_call=True
                ),
                register_optimizer_step_pre_hook(self._before_step),
                register_optimizer_step_post_hook(self._after_step),
            ):
                stack.callback(handle.remove)
            patch(stack, Tensor, "backward", self._wrap_backward)
            stack.enter_context(self._aside.watching())
            stack.enter_context(listening(self._on_metric))
            self._spy.recording = True
            stack.enter_context(self._spy)
            try:
                yield self
            finally:
                self._spy.recording = False
                self._evaluations.close(self.trace)
                if self._aside.unmoved(self.modules):
                    self._snapshot(self.modules, self._aside.built)
                self.trace.facts["left"] = self._graphs.left
                self.trace.facts["read"] = self._aside.loaders_read()
                self.trace.kept_losses = self._graphs.kept(ended=self.keep_tapes)
                self.trace.kept_evaluations = self._evaluations.kept()
                self.trace.optimizer = self.optimizers[-1] if self.optimizers else None

    def _note(self, op: Op) -> None:
        if op.depth:
            if len(self._inner) < OPS_PER_SEGMENT:
                self._inner.append(op)
        elif len(self._entries) < OPS_PER_SEGMENT:
            self._entries.append(op)
            self._evaluations.note(op)

    def _enter(self, module: nn.Module, args: Any) -> None:
        # Not a backward pass that computes a part once more, nor the inside of vmap or grad.
        if not self._spy.recording or transformed():
            return
        if has_parameters(module):
            if self._spy.depth == 0:
                self._outermost(module, args)
            self._spy.depth += 1
        if self.trace.forward is None and torch.is_grad_enabled():
            self._called.append(str(id(module)))

    def _outermost(self, module: nn.Module, args: Any) -> None:
        if not any(module is seen for seen in self.modules):
            self.modules.append(module)
        self._evaluations.close(self.trace)
        if not any(isinstance(entry, Call) for entry in self._entries):
            if not self.trace.steps:
                self._before = [e for e in self._entries if isinstance(e, Op)]
            self._entries = []
        whole = not is_part(module, self.modules)
        if torch.is_grad_enabled() and self.trace.forward is None and whole:
            self._ends = (tensors_in(args), None)

    def _leave(self, module: nn.Module, args: Any, kwargs: Any, out: Any) -> None:
        if not has_parameters(module) or not self._spy.recording or transformed():
            return
        self._spy.depth -= 1
        if self._spy.depth:
            return
        index = next(i for i, seen in enumerate(self.modules) if seen is module)
        inputs = tensors_in((args, kwargs))
        output = next(iter(answers_in(out)), None)
        grad = torch.is_grad_enabled()
        if grad:
            self._entries.append(Call(index, args, kwargs, out))
            if not is_part(module, self.modules):
                self._ends = (inputs, output)
        self._training = module.training
        self._rows = len(inputs[0]) if inputs and inputs[0].ndim else 0
        step, mode = len(self.trace.steps), module.training
        self._evaluations.begin(inputs, output, training=mode, grad=grad, step=step, module=index)

    def _on_metric(self, truth: NDArray[Any], told: NDArray[Any]) -> None:
        self._evaluations.close(self.trace)
        step = len(self.trace.steps)
        assign([e for e in self.trace.evaluations if e.step == step], truth, told)

    def _wrap_backward(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def backward(loss: Tensor, *args: Any, **kwargs: Any) -> Any:
            if not self._spy.recording:  # Torch re-enters `backward` under a function mode.
                return original(loss, *args, **kwargs)
            self._evaluations.drop()
            if len(self.trace.steps) == 1 and not self._first_weights:
                # The first step calls its closure, and that the model, for the first time.
                self._take_snapshot()
            elif not self.trace.losses:
                self._aside.begins(self.modules)
            self._on_loss(loss)
            recording, self._spy.recording = self._spy.recording, False
            try:
                return original(loss, *args, **kwargs)
            finally:
                self._spy.recording = recording
                self._stale.after_backward()
                if self._measured():
                    live = [p for o in self.optimizers for p in _parameters(o)]
                    self._norm_before = _grad_norm(live)

        return backward

    def _on_loss(self, loss: Tensor) -> None:
        value = float(loss.detach().float().mean())
        self.trace.losses.append(value)
        self._backwards += 1
        self._graphs.add(loss)
        self._stale.before_backward()
        if self.trace.forward is None:
            self.trace.forward = Forward(self._inner, *self._ends, called=self._called)
            self.trace.outside = [e for e in self._entries if isinstance(e, Op)]
            self.trace.facts["before"] = self._before
            self.trace.facts["attached"] = bool(loss.requires_grad and loss.grad_fn is not None)
            calls = [(e.args, e.kwargs) for e in self._entries if isinstance(e, Call)]
            self.trace.facts.update(graph_facts(loss, self.modules, tensors_in(calls)))
            self._spy.inside = self._spy.locate = False
        if not self.keep_tapes:
            self._entries = []
            return
        self._log.add(tape_of(self._entries, loss))
        self._entries = []

    def _before_step(self, optimizer: optim.Optimizer, args: Any, kwargs: Any) -> None:
        if not any(optimizer is seen for seen in self.optimizers):
            known, rebuilt = self.optimizers, self._weights() != self._first_weights
            phase = begins_phase(optimizer, known, self.trace, rebuilt=rebuilt)
            if phase and worked() < self._last_start:
                self._restart()
            self.optimizers.append(optimizer)
        if not self.trace.steps and self.modules:
            self._take_snapshot()
        norm, empty = None, False
        params = _parameters(optimizer)
        # A closure makes its gradients, once or often, within the step.
        closure = len(args) > 1 or kwargs.get("closure") is not None
        if not closure and self._measured():
            norm = _grad_norm(params)
            empty = norm == 0
            self._old = {id(p): p.detach().clone() for p in params[:8]}
        rates = [float(group["lr"]) for group in optimizer.param_groups if "lr" in group]
        loss = self.trace.losses[-1] if self.trace.losses else math.nan
        stale = not closure and self._stale.reaches(optimizer)
        passes = min(self._backwards, 1) if closure else self._backwards
        facts = StepFacts(loss, rates, norm, stale, passes, self._training, empty)
        facts.rows = self._rows
        alone = len(self.optimizers) == 1
        if alone and norm and self._norm_before and norm < CLIPPED * self._norm_before:
            facts.clip = (norm, self._norm_before)
        self.trace.steps.append(facts)
        self._backwards, self._norm_before = 0, None

    def _take_snapshot(self) -> None:
        self._snapshot(self.modules, self.optimizers)
        self._first_weights = self._weights()

    def _weights(self) -> set[int]:
        return {id(p) for module in self.modules for p in module.parameters()}

    def _restart(self) -> None:
        """Forget what was seen: another phase begins, with other weights to train."""
        calls = self._log.last_called()
        self.modules = [m for i, m in enumerate(self.modules) if i in calls] or self.modules
        self.optimizers, self._log = [], TapeLog()
        self._graphs = self._graphs.end()
        self._stale = StaleGradients()
        self.trace.restart()
        self._called, self._inner = [], []
        self._spy.inside = self._spy.locate = True

    def _measured(self) -> bool:
        """Whether gradients are measured at the step to come."""
        count = len(self.trace.steps)
        return count < MEASURED_STEPS or count % 10 == 0

    def _after_step(self, optimizer: optim.Optimizer, args: Any, kwargs: Any) -> None:
        self._stale.stepped(optimizer)
        params = [p for g in optimizer.param_groups for p in g["params"] if id(p) in self._old]
        if params:
            moved = sum(float((p.detach() - self._old[id(p)]).pow(2).sum()) for p in params)
            size = sum(float(p.detach().pow(2).sum()) for p in params)
            self.trace.steps[-1].update = math.sqrt(moved) / max(math.sqrt(size), 1e-12)
        self._old = {}
        self._entries = []
        if worked() > self._deadline or len(self.trace.steps) >= self._step_limit:
            self.trace.ended_early = True
            raise EnoughSeenError


def _parameters(optimizer: optim.Optimizer) -> list[Tensor]:
    return [p for group in optimizer.param_groups for p in group["params"]]


def _grad_norm(parameters: list[Tensor]) -> float:
    """Return the global norm of dense gradients."""
    grads = [p.grad for p in parameters if p.grad is not None and not p.grad.is_sparse]
    square = sum(float(g.detach().float().pow(2).sum()) for g in grads)
    return math.sqrt(square) if square >= 0 else math.nan
