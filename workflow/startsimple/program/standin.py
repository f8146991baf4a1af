"""A small stand-in for a trainer, so that a module's own methods run without one."""

import copy
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn, optim


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

    def __init__(self, optimizers: list[optim.Optimizer], schedulers: list[Any]) -> None:
        self.optimizers, self.schedulers = optimizers, schedulers
        self.logged: dict[str, list[float]] = {}
        self.capture = False
        self._configure: Callable[[], Any] | None = None
        self.trainer = _Trainer(optimizers)

    def log(self, name: str, value: Any, *args: Any, **kwargs: Any) -> None:
        """Keep a logged value."""
        number = _number(value)
        if number is not None:
            self.logged.setdefault(name, []).append(number)

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


class _Trainer(SimpleNamespace):
    """Fields of a trainer that modules read."""

    def __init__(self, optimizers: list[optim.Optimizer]) -> None:
        super().__init__(
            optimizers=optimizers,
            current_epoch=0,
            global_step=0,
            max_epochs=1,
            num_training_batches=1,
            estimated_stepping_batches=1,
            logger=None,
            loggers=[],
            callback_metrics={},
            sanity_checking=False,
            training=True,
            is_global_zero=True,
            accumulate_grad_batches=1,
            gradient_clip_val=None,
            datamodule=None,
            barebones=False,
            fit_loop=SimpleNamespace(epoch_loop=SimpleNamespace(_batches_that_stepped=0)),
        )


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
    if callable(getattr(value, "compute", None)):  # A torchmetrics object.
        value = value.compute()
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
