"""How long a module is trained, and the fields of a trainer that it and its callbacks read."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import torch
from torch import optim

STEPS_WANTED = 400
EPOCHS = (2, 30)


@dataclass(frozen=True)
class Plan:
    """How long a module is trained.

    Attributes:
        batches: Batches in an epoch.
        epochs: Epochs.
        held: Batches of the validation loader.
        accumulate: Batches behind one optimiser step.
        data: The data module, as modules ask their trainer for it.
        loaders: Its training and validation loader.
    """

    batches: int = 1
    epochs: int = 1
    held: int = 0
    accumulate: int = 1
    data: Any = None
    loaders: tuple[Any, Any] = (None, None)

    @property
    def steps(self) -> int:
        """Optimiser steps in all, as schedules ask for them."""
        return max(1, -(-self.batches // self.accumulate) * self.epochs)


ONE_STEP = Plan()


class NoSuchFieldError(AttributeError):
    """A module asked for something that only a real trainer has."""


class Silent:
    """A logger that takes whatever it is given, and keeps nothing."""

    log_dir = save_dir = root_dir = "."
    name, version = "startsimple", 0

    def __getattr__(self, name: str) -> "Silent":
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> "Silent":
        """Take any arguments."""
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter(())


def _same(value: Any, *args: Any, **kwargs: Any) -> Any:
    """Return what one process agrees on with itself."""
    return value


class Trainer(SimpleNamespace):
    """What a module finds as `self.trainer`; asking for more than is here says so."""

    def __init__(
        self,
        optimizers: list[optim.Optimizer],
        plan: Plan,
        metrics: Callable[[], Mapping[str, float]],
    ) -> None:
        super().__init__(
            optimizers=optimizers,
            lr_scheduler_configs=[],
            current_epoch=0,
            global_step=0,
            max_epochs=plan.epochs,
            min_epochs=None,
            max_steps=-1,
            num_training_batches=plan.batches,
            num_val_batches=[plan.held],
            num_sanity_val_batches=[0],
            estimated_stepping_batches=plan.steps,
            accumulate_grad_batches=plan.accumulate,
            check_val_every_n_epoch=1,
            val_check_interval=1.0,
            log_every_n_steps=50,
            gradient_clip_val=None,
            gradient_clip_algorithm=None,
            precision="32-true",
            logger=Silent(),
            loggers=[Silent()],
            log_dir=".",
            default_root_dir=".",
            callbacks=[],
            progress_bar_callback=None,
            checkpoint_callback=None,
            early_stopping_callback=None,
            datamodule=plan.data,
            train_dataloader=plan.loaders[0],
            val_dataloaders=plan.loaders[1],
            lightning_module=None,
            model=None,
            sanity_checking=False,
            training=True,
            validating=False,
            testing=False,
            predicting=False,
            evaluating=False,
            should_stop=False,
            fast_dev_run=False,
            barebones=False,
            is_global_zero=True,
            is_last_batch=False,
            global_rank=0,
            local_rank=0,
            node_rank=0,
            world_size=1,
            num_nodes=1,
            num_devices=1,
            device_ids=[0],
            state=SimpleNamespace(fn="fit", stage="train", status="running"),
            strategy=SimpleNamespace(
                reduce_boolean_decision=_same,
                all_gather=_same,
                reduce=_same,
                broadcast=_same,
                barrier=Silent(),
                root_device=torch.device("cpu"),
                is_global_zero=True,
                world_size=1,
            ),
            fit_loop=SimpleNamespace(
                max_epochs=plan.epochs, epoch_loop=SimpleNamespace(_batches_that_stepped=0)
            ),
        )
        self._metrics = metrics

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "_metrics" not in vars(self):
            raise AttributeError(name)
        raise NoSuchFieldError(f"the stand-in for a trainer has no '{name}'")

    @property
    def callback_metrics(self) -> dict[str, torch.Tensor]:
        """What was logged in this epoch, averaged."""
        return {name: torch.tensor(value) for name, value in self._metrics().items()}

    logged_metrics = progress_bar_metrics = callback_metrics

    def validates(self, *, validating: bool) -> None:
        """Say which loop is running."""
        self.validating = self.evaluating = validating
        self.training = not validating
        self.state.stage = "validate" if validating else "train"


def planned(module: Any, data: Any, train: Any, val: Any) -> tuple[Plan, bool]:
    """Say how long a module is trained, and on what.

    Args:
        module: The user's module.
        data: The user's data module.
        train: Its training loader.
        val: Its validation loader, or None.

    Returns:
        The plan, and whether the module itself declares its epochs.
    """
    size, declared = _length(train), _declared_epochs(module)
    wanted = max(EPOCHS[0], min(EPOCHS[1], -(-STEPS_WANTED // max(size, 1))))
    accumulate = int(getattr(module, "accumulate_grad_batches", 1) or 1)
    held = 0 if val is None else _length(val)
    plan = Plan(size, declared or wanted, held, accumulate, data, (train, val))
    return plan, declared is not None


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
