"""A small stand-in for a trainer, so that a module's own methods run without one."""

import copy
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn, optim

from startsimple.program.modules import overridden
from startsimple.program.trainer import ONE_STEP, Plan, Trainer


class BackwardReachedError(BaseException):
    """Carries the loss out of a training step that calls backward itself."""

    def __init__(self, loss: Tensor) -> None:
        super().__init__("backward reached")
        self.loss = loss


class StandIn:
    """What `self.trainer`, `self.log`, `self.optimizers()` and their like answer.

    Attributes:
        logged: Values given to `self.log`, by name, in order.
        capture: Whether `manual_backward` hands the loss out instead of running backward.
    """

    def __init__(self, plan: Plan = ONE_STEP) -> None:
        self.optimizers: list[optim.Optimizer] = []
        self.schedulers: list[Any] = []
        self.logged: dict[str, list[float]] = {}
        self.capture = False
        self._counters: dict[str, Any] = {}
        self._marks: dict[str, int] = {}
        self._configure: Callable[[], Any] | None = None
        self.trainer = Trainer(self.optimizers, plan, self.epoch_means)

    def log(self, name: str, value: Any, *args: Any, **kwargs: Any) -> None:
        """Keep a logged value; one that counts by itself is asked when its epoch ends."""
        if callable(getattr(value, "compute", None)):
            self._counters[name] = value
            return
        number = _number(value)
        if number is not None:
            self.logged.setdefault(name, []).append(number)

    def start_epoch(self) -> None:
        """Let the means of the epoch begin anew."""
        self._marks = {name: len(values) for name, values in self.logged.items()}

    def end_epoch(self) -> None:
        """Ask what counts by itself for its value and reset it, as a trainer does."""
        counters, self._counters = self._counters, {}
        for name, counter in counters.items():
            self.log(name, counter.compute())
        for counter in {id(counter): counter for counter in counters.values()}.values():
            counter.reset()

    def epoch_means(self) -> dict[str, float]:
        """Return the mean of what was logged in this epoch under each name.

        Also under the names that a trainer gives to a value that is logged by step and by epoch.
        """
        recent = {name: values[self._marks.get(name, 0) :] for name, values in self.logged.items()}
        means = {name: sum(values) / len(values) for name, values in recent.items() if values}
        return {f"{name}_epoch": value for name, value in means.items()} | means

    def log_dict(self, values: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        """Keep several logged values."""
        for name, value in values.items():
            self.log(name, value)

    def manual_backward(self, loss: Tensor, *args: Any, **kwargs: Any) -> None:
        """Run backward, or hand the loss out."""
        if self.capture:
            raise BackwardReachedError(loss)
        loss.backward(*args, **kwargs)

    def methods(self) -> dict[str, Callable[..., Any]]:
        """Return the methods that a module expects its trainer to stand behind."""
        return {
            "log": self.log,
            "log_dict": self.log_dict,
            "manual_backward": self.manual_backward,
            "optimizers": lambda *a, **k: _one_or_all(self._configured()[0]),
            "lr_schedulers": lambda *a, **k: _one_or_all(self._configured()[1]),
            "toggle_optimizer": lambda *a, **k: None,
            "untoggle_optimizer": lambda *a, **k: None,
            "clip_gradients": self._clip,
        }

    def _configured(self) -> tuple[list[optim.Optimizer], list[Any]]:
        """Return the optimisers and schedulers; a single step configures them when it asks."""
        if not self.optimizers and self._configure is not None:
            made, plans = unpack_optimizers(self._configure())
            self.optimizers[:] = made
            self.schedulers[:] = [plan["scheduler"] for plan in plans]
        return self.optimizers, self.schedulers

    def _clip(
        self, optimizer: optim.Optimizer, gradient_clip_val: float | None = None, **_: Any
    ) -> None:
        if gradient_clip_val:
            parameters = [p for group in optimizer.param_groups for p in group["params"]]
            torch.nn.utils.clip_grad_norm_(parameters, gradient_clip_val)

    @contextmanager
    def attached(self, module: Any) -> Generator[None]:
        """Let the module find this stand-in while the block runs."""
        before = dict(vars(module))
        self._configure = getattr(module, "configure_optimizers", None)
        names = self.methods()
        for name, method in names.items():
            vars(module)[name] = method
        _set_trainer(module, self.trainer)
        try:
            yield
        finally:
            for name in names:
                vars(module).pop(name, None)
                if name in before:
                    vars(module)[name] = before[name]
            _set_trainer(module, before.get("_trainer", before.get("trainer")))


def set_up(module: Any, plan: Plan) -> None:
    """Let a module make and measure what it does late, before it is copied or run."""
    late = {"prepare_data": (), "setup": ("fit",), "configure_model": (), "on_fit_start": ()}
    with StandIn(plan).attached(module):
        for name, args in late.items():
            if callable(getattr(module, name, None)) and overridden(module, name):
                getattr(module, name)(*args)


def _set_trainer(module: Any, trainer: Any) -> None:
    # LightningModule keeps the trainer in `_trainer`; a plain object reads `trainer`.
    for child in module.modules() if isinstance(module, nn.Module) else [module]:
        lightning = hasattr(type(child), "trainer")
        vars(child)["_trainer" if lightning else "trainer"] = trainer
        if not lightning and child is not module:
            vars(child).pop("trainer", None)


def _one_or_all(items: list[Any]) -> Any:
    return items[0] if len(items) == 1 else (items or None)


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError, RuntimeError):
        return None


def unpack_optimizers(configured: Any) -> tuple[list[optim.Optimizer], list[dict[str, Any]]]:
    """Bring every form that `configure_optimizers` may return to two lists.

    Args:
        configured: An optimiser, a list of them, a pair of lists, or a dict (or several).

    Returns:
        Optimisers; and schedulers as dicts with "scheduler", "interval" and "frequency".
    """
    if configured is None:
        return [], []
    if isinstance(configured, dict):
        plan = configured.get("lr_scheduler")
        return [configured["optimizer"]], [] if plan is None else [_schedule(plan)]
    pair = isinstance(configured, tuple | list) and len(configured) == 2
    if pair and all(isinstance(part, list | tuple) for part in configured):
        return list(configured[0]), [_schedule(plan) for plan in configured[1]]
    if isinstance(configured, list | tuple):
        optimizers, schedulers = list[optim.Optimizer](), list[dict[str, Any]]()
        for item in configured:
            some, plans = unpack_optimizers(item)
            optimizers += some
            schedulers += plans
        return optimizers, schedulers
    return [configured], []


def _schedule(plan: Any) -> dict[str, Any]:
    given = plan if isinstance(plan, dict) else {"scheduler": plan}
    return {"interval": "epoch", "frequency": 1, "monitor": None, **copy.copy(given)}
