"""Train a module once, as its trainer would, under observation."""

import copy
import random
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn, optim

from startsimple.program.clock import worked
from startsimple.program.lightning import LightningProgram, infer_program_task
from startsimple.program.loaders import Loaders, loaders_of, random_examples
from startsimple.program.modules import (
    call_step,
    callbacks_of,
    copy_module,
    draw,
    loss_in,
    overridden,
)
from startsimple.program.observer import EnoughSeenError, Observer
from startsimple.program.standin import StandIn, set_up, unpack_optimizers
from startsimple.program.trace import Trace
from startsimple.program.trainer import Plan, planned

DRAWN = 2000


class Fit:
    """One observed training run of a module."""

    def __init__(
        self, module: Any, loaders: Loaders, observer: Observer, seconds: float, plan: Plan
    ) -> None:
        self.module, self.loaders, self.observer = module, loaders, observer
        self.trace: Trace = observer.trace
        self.deadline = worked() + seconds
        self.manual = getattr(module, "automatic_optimization", True) is False
        self.accumulate = plan.accumulate
        self.clip = getattr(module, "gradient_clip_val", None)
        self.standin = StandIn(plan)
        self.plans: list[dict[str, Any]] = []
        self.callbacks: list[Any] = []

    def run(self) -> None:
        """Train for the planned epochs, until a callback ends it, or until the time is up."""
        trainer = self.standin.trainer
        with self.standin.attached(self.module):
            made, self.plans = unpack_optimizers(self.module.configure_optimizers())
            self.standin.optimizers[:] = made
            self.standin.schedulers[:] = [plan["scheduler"] for plan in self.plans]
            self.callbacks = callbacks_of(self.module)
            self._told("setup", "fit")
            self._told("on_fit_start")
            self._hook("on_train_start")
            for epoch in range(trainer.max_epochs):
                trainer.current_epoch = epoch
                self._epoch(epoch)
                if worked() > self.deadline:
                    self.trace.ended_early = True
                    break
                if trainer.should_stop:
                    self.trace.facts["stopped"] = epoch + 1
                    break
            self._hook("on_train_end")

    def _epoch(self, epoch: int) -> None:
        self.standin.start_epoch()
        self._hook("on_train_epoch_start")
        for index, batch in enumerate(self.loaders.train):
            self._hook("on_train_batch_start", batch, index)
            if self.manual:
                call_step(self.module.training_step, batch, index)
            else:
                last = (index + 1) % self.accumulate == 0
                self._automatic(epoch, batch, index, step=last)
            self._hook("on_train_batch_end", None, batch, index)
            self.standin.trainer.global_step = len(self.trace.steps)
            self._schedule("step", index + 1)
            if worked() > self.deadline:
                break
        self._validate()
        self._hook("on_train_epoch_end")
        self.standin.end_epoch()
        if not self.manual:
            self._schedule("epoch", epoch + 1)

    def _automatic(self, epoch: int, batch: Any, index: int, *, step: bool) -> None:
        for optimizer in self.standin.optimizers:
            proxy = _Stepper(optimizer)

            def closure(optimizer: optim.Optimizer = optimizer) -> Any:
                out = call_step(self.module.training_step, batch, index)
                if out is None:
                    return None
                loss = loss_in(out, ())
                # The program's own tensor goes to backward, so that it can be followed afterwards.
                loss = loss / self.accumulate if self.accumulate > 1 else loss
                if index % self.accumulate == 0:
                    self._clear(epoch, index, optimizer)
                self._hook("on_before_backward", loss)
                self._backward(loss)
                self._hook("on_after_backward")
                return loss

            if not step:
                closure()
                continue
            proxy.prepare = lambda o=optimizer: self._prepare(o)
            custom = overridden(self.module, "optimizer_step")
            if custom:
                self.module.optimizer_step(epoch, index, proxy, closure)
            else:
                proxy.step(closure)

    def _backward(self, loss: Any) -> None:
        if overridden(self.module, "backward"):
            self.module.backward(loss)
        elif loss.requires_grad:
            loss.backward()
        else:
            loss.backward()

    def _clear(self, epoch: int, index: int, optimizer: optim.Optimizer) -> None:
        if overridden(self.module, "optimizer_zero_grad"):
            self.module.optimizer_zero_grad(epoch, index, optimizer)
        else:
            optimizer.zero_grad()

    def _prepare(self, optimizer: optim.Optimizer) -> None:
        self._hook("on_before_optimizer_step", optimizer)
        if overridden(self.module, "configure_gradient_clipping"):
            self.module.configure_gradient_clipping(optimizer, self.clip, "norm")
        elif self.clip:
            parameters = [p for group in optimizer.param_groups for p in group["params"]]
            torch.nn.utils.clip_grad_norm_(parameters, float(self.clip))

    def _schedule(self, interval: str, count: int) -> None:
        for plan in self.plans:
            due = plan["interval"] == interval and count % int(plan["frequency"]) == 0
            if not due or self.manual:
                continue
            scheduler, monitor = plan["scheduler"], plan.get("monitor")
            metric = self.standin.epoch_means().get(str(monitor), 0.0)
            if overridden(self.module, "lr_scheduler_step"):
                self.module.lr_scheduler_step(scheduler, metric)
            elif isinstance(scheduler, optim.lr_scheduler.ReduceLROnPlateau):
                scheduler.step(metric)
            else:
                scheduler.step()

    def _validate(self) -> None:
        if self.loaders.val is None or not overridden(self.module, "validation_step"):
            return
        model = self.module if isinstance(self.module, nn.Module) else None
        modes = [(m, m.training) for m in model.modules()] if model is not None else []
        if overridden(self.module, "on_validation_model_eval"):
            self._hook("on_validation_model_eval")
        elif model is not None:
            model.eval()
        trainer = self.standin.trainer
        trainer.validates(validating=True)
        with torch.no_grad():
            self._hook("on_validation_start")
            self._hook("on_validation_epoch_start")
            before = len(self.trace.evaluations)
            for index, batch in enumerate(self.loaders.val):
                call_step(self.module.validation_step, batch, index)
                if worked() > self.deadline:
                    break
            self.trace.facts.setdefault("val_passes", []).append(before)
            self._hook("on_validation_epoch_end")
            self.standin.end_epoch()
            self._hook("on_validation_end")
        trainer.validates(validating=False)
        for module, training in modes:
            module.training = training

    def _hook(self, name: str, *args: Any) -> None:
        """Call a hook of the module, and the one of that name of every callback."""
        method = getattr(self.module, name, None)
        if callable(method) and overridden(self.module, name):
            method(*args)
        self._told(name, *args)

    def _told(self, name: str, *args: Any) -> None:
        for callback in self.callbacks:
            method = getattr(callback, name, None)
            if callable(method):
                method(self.standin.trainer, self.module, *args)


class _Stepper:
    """An optimiser whose `step` runs the closure first, as trainers do."""

    def __init__(self, optimizer: optim.Optimizer) -> None:
        self.optimizer = optimizer
        self.prepare: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.optimizer, name)

    def step(self, closure: Any = None, **_: Any) -> None:
        if isinstance(self.optimizer, optim.LBFGS):  # Asks for the loss several times a step.
            self.optimizer.step(closure)
            return
        if closure is not None and closure() is None:
            return
        if self.prepare is not None:
            self.prepare()
        self.optimizer.step()


def observe_module(module: Any, data: Any, seconds: float) -> tuple[LightningProgram | None, Trace]:
    """Train a module once under observation.

    Args:
        module: A LightningModule, or any object with its methods.
        data: A LightningDataModule, or any object with its loaders.
        seconds: Share of time after which training is ended.

    Returns:
        The program at its first weights (None if it has no usable data) and the trace.
    """
    torch.manual_seed(0)
    np.random.seed(0)
    random.seed(0)
    loaders = loaders_of(module, data)
    observer = Observer(worked() + seconds, lambda modules, optimizers: None)
    observer.keep_tapes = False
    trace = observer.trace
    trace.facts["loaders"] = loaders
    program: LightningProgram | None = None
    try:
        train = draw(loaders.train, DRAWN)
        val = draw(loaders.val, DRAWN) if loaders.val is not None else []
        plan, declared = planned(module, data, loaders.train, loaders.val)
        trace.facts |= {"epochs": plan.epochs, "declared": declared}
        set_up(module, plan)
        program = LightningProgram(copy_module(module), train, val, plan)
        trace.facts["epoch_rows"] = sum(len(program.inputs_of(batch)) for batch in train)
        trace.facts["random_train"] = random_examples(loaders.train)
        infer_program_task(program)
        draw([], 0)
        fit = Fit(module, loaders, observer, seconds, plan)
        trace.logged = fit.standin.logged
        with observer.watching():
            fit.run()
    except EnoughSeenError:
        pass
    except Exception as error:
        trace.error = f"{type(error).__name__}: {error}"
        trace.error_where = program_line(error)
    if program is not None:
        trained = copy.copy(program)
        trained.module = module
        trace.facts["trained"] = trained
        trace.trained = trained.model
    return program, trace


def program_line(error: BaseException) -> str:
    """Return "file:line" of the last frame outside of libraries and of this package."""
    package = str(Path(__file__).resolve().parents[1])
    frames = traceback.extract_tb(error.__traceback__)
    mine = [
        f
        for f in frames
        if "site-packages" not in f.filename and not f.filename.startswith(package)
    ]
    return f"{mine[-1].filename}:{mine[-1].lineno}" if mine else ""
