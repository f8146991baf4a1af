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
from startsimple.program.modules import call_step, copy_module, draw, loss_in
from startsimple.program.observer import EnoughSeenError, Observer
from startsimple.program.standin import StandIn, unpack_optimizers
from startsimple.program.trace import Trace

DRAWN = 2000
STEPS_WANTED = 400
EPOCHS = (2, 30)


class Fit:
    """One observed training run of a module."""

    def __init__(self, module: Any, loaders: Loaders, observer: Observer, seconds: float) -> None:
        self.module, self.loaders, self.observer = module, loaders, observer
        self.trace: Trace = observer.trace
        self.deadline = worked() + seconds
        self.manual = getattr(module, "automatic_optimization", True) is False
        self.accumulate = int(getattr(module, "accumulate_grad_batches", 1) or 1)
        self.clip = getattr(module, "gradient_clip_val", None)
        self.standin = StandIn([], [])
        self.plans: list[dict[str, Any]] = []

    def run(self) -> None:
        """Train for as many epochs as the module declares, or until enough was seen."""
        size = _length(self.loaders.train)
        declared = _declared_epochs(self.module)
        wanted = max(EPOCHS[0], min(EPOCHS[1], -(-STEPS_WANTED // max(size, 1))))
        epochs = declared or wanted
        self.trace.facts["epochs"] = epochs
        self.trace.facts["declared"] = declared is not None
        self._hook("setup", "fit")
        with self.standin.attached(self.module):
            made, self.plans = unpack_optimizers(self.module.configure_optimizers())
            self.standin.optimizers[:] = made
            self.standin.schedulers[:] = [plan["scheduler"] for plan in self.plans]
            self.standin.trainer.max_epochs = epochs
            self._hook("on_fit_start")
            self._hook("on_train_start")
            for epoch in range(epochs):
                self.standin.trainer.current_epoch = epoch
                self._epoch(epoch)
                self._validate()
                if worked() > self.deadline:
                    self.trace.ended_early = True
                    break
            self._hook("on_train_end")

    def _epoch(self, epoch: int) -> None:
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
        self._hook("on_train_epoch_end")
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
            custom = _overridden(self.module, "optimizer_step")
            if custom:
                self.module.optimizer_step(epoch, index, proxy, closure)
            else:
                proxy.step(closure)

    def _backward(self, loss: Any) -> None:
        if _overridden(self.module, "backward"):
            self.module.backward(loss)
        elif loss.requires_grad:
            loss.backward()
        else:
            loss.backward()

    def _clear(self, epoch: int, index: int, optimizer: optim.Optimizer) -> None:
        if _overridden(self.module, "optimizer_zero_grad"):
            self.module.optimizer_zero_grad(epoch, index, optimizer)
        else:
            optimizer.zero_grad()

    def _prepare(self, optimizer: optim.Optimizer) -> None:
        self._hook("on_before_optimizer_step", optimizer)
        if _overridden(self.module, "configure_gradient_clipping"):
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
            metric = (self.standin.logged.get(str(monitor)) or [0.0])[-1]
            if _overridden(self.module, "lr_scheduler_step"):
                self.module.lr_scheduler_step(scheduler, metric)
            elif isinstance(scheduler, optim.lr_scheduler.ReduceLROnPlateau):
                scheduler.step(metric)
            else:
                scheduler.step()

    def _validate(self) -> None:
        if self.loaders.val is None or not _overridden(self.module, "validation_step"):
            return
        model = self.module if isinstance(self.module, nn.Module) else None
        modes = [(m, m.training) for m in model.modules()] if model is not None else []
        if _overridden(self.module, "on_validation_model_eval"):
            self._hook("on_validation_model_eval")
        elif model is not None:
            model.eval()
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
            self._hook("on_validation_end")
        for module, training in modes:
            module.training = training

    def _hook(self, name: str, *args: Any) -> None:
        method = getattr(self.module, name, None)
        if callable(method) and _overridden(self.module, name):
            method(*args)


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


def _overridden(module: Any, name: str) -> bool:
    method = getattr(type(module), name, None)
    owner = str(getattr(method, "__module__", ""))
    return method is not None and not owner.startswith(("lightning.", "pytorch_lightning."))


def _length(loader: Any) -> int:
    try:
        return len(loader)
    except TypeError:
        return STEPS_WANTED


def _declared_epochs(module: Any) -> int | None:
    places = [module, getattr(module, "hparams", None)]
    for place in places:
        for name in ("max_epochs", "epochs", "n_epochs", "num_epochs"):
            value = getattr(place, name, None) if place is not None else None
            if isinstance(value, int) and value > 0:
                return value
    return None


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
        program = LightningProgram(copy_module(module), train, val)
        trace.facts["epoch_rows"] = sum(len(program.inputs_of(batch)) for batch in train)
        trace.facts["random_train"] = random_examples(loaders.train)
        infer_program_task(program)
        draw([], 0)
        fit = Fit(module, loaders, observer, seconds)
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
