"""Small composed programs, and plain modules around hand-made networks, for tests of probes."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from torch import Tensor, nn, optim
from torch.nn import functional

from startsimple.data.pack import Split
from startsimple.data.prepared import Prepared, Statistics
from startsimple.data.sources import adding
from startsimple.data.splits import Index
from startsimple.program.composed import ComposedProgram
from startsimple.program.lightning import LightningProgram, infer_program_task
from startsimple.schema.config import (
    Config,
    DatasetConfig,
    LossConfig,
    OptimizerConfig,
    ScheduleConfig,
    TrainingConfig,
)
from startsimple.schema.faults import FaultConfig

ROOT = Path(__file__).parents[1]
MODELS = "startsimple.program.models"
TASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "digits": ("vector", {"_target_": f"{MODELS}.mlp.Mlp", "init": "he", "hidden": 64}),
    "waves": ("sequence", {"_target_": f"{MODELS}.cnn1d.Cnn1d", "init": "he", "channels": 12}),
    "sums": (
        "sequence",
        {"_target_": f"{MODELS}.recurrent.Recurrent", "init": "glorot", "hidden": 16},
    ),
}


def prepared(x: np.ndarray, y: np.ndarray, held_out: int) -> Prepared:
    """Standardise by one scale and hold the last examples out."""
    x = ((x - x.mean()) / x.std()).astype(np.float32)
    ids = np.arange(len(x))
    cut = len(x) - held_out
    parts = [
        Split(x[part], y[part].astype(np.int64), ids[part], ids[part])
        for part in (slice(cut), slice(cut, None))
    ]
    return Prepared(*parts, Statistics("all", [0.0], [1.0]), Index(ids[:cut], ids[cut:]))


@lru_cache
def digits() -> Prepared:
    """Four of scikit-learn's digits: 400 examples of 64 values, and 150 held out."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    kept = np.flatnonzero(y < 4)[:550]
    return prepared(x[kept], y[kept], 150)


@lru_cache
def waves() -> Prepared:
    """Sine waves of three frequencies, 40 points: 300 examples, and 90 held out."""
    source = np.random.default_rng(0)
    y = source.integers(0, 3, 390)
    phase = source.uniform(0, 2 * np.pi, (390, 1))
    x = np.sin(2 * np.pi * (1.0 + y[:, None]) * np.linspace(0, 1, 40) + phase)
    return prepared(x + 0.3 * source.standard_normal(x.shape), y, 90)


@lru_cache
def sums() -> Prepared:
    """The adding problem, 12 numbers and their marks: 300 examples, and 60 held out."""
    made = adding.generate(12, 360, 1)["train"]
    whole = replace(made, y=(made.y - made.y.mean()) / made.y.std())
    ids = np.arange(len(whole))
    cut = Index(ids[:300], ids[300:])
    statistics = Statistics("all", [0.0], [1.0])
    return Prepared(whole.take(cut.train), whole.take(cut.val), statistics, cut)


DATA: dict[str, Callable[[], Prepared]] = {"digits": digits, "waves": waves, "sums": sums}


def settings(task: str = "digits", **sections: Any) -> Config:
    """Return a config of a quick program; sections replace the defaults."""
    kind, model = TASKS[task]
    config = Config(
        dataset=DatasetConfig(name=task, pointer="", input=kind, classes=4),
        loss=LossConfig("mean_squared_error" if task == "sums" else "cross_entropy"),
        optimizer=OptimizerConfig(lr=1e-3),
        schedule=ScheduleConfig(),
        training=TrainingConfig(batch_size=64, steps=100),
        fault={},
    )
    config.model = model  # type: ignore[assignment]
    for name, section in sections.items():
        setattr(config, name, section)
    return config


def injected(config: Config, fault: str) -> Config:
    """Return a config with a file of conf/fault over it, as Hydra would compose them."""
    sections: dict[str, dict[str, Any]] = yaml.safe_load(
        (ROOT / f"conf/fault/{fault}.yaml").read_text()
    )
    for name, changes in sections.items():
        section: Any = getattr(config, name)
        if name == "fault":
            changed = section | {key: FaultConfig(**value) for key, value in changes.items()}
        elif name == "dataset":
            planted = {key: FaultConfig(**value) for key, value in changes["fault"].items()}
            changed = replace(section, fault=planted)
        else:
            changed = section | changes if name == "model" else replace(section, **changes)
        config = replace(config, **{name: changed})
    return config


def injector(path: str, **args: Any) -> dict[str, FaultConfig]:
    """Return the config of one injector, named below startsimple.program.faults."""
    return {path: FaultConfig(f"startsimple.program.faults.{path}", args)}


def compose_faulty(fault: str, task: str = "digits", seed: int = 0) -> ComposedProgram:
    """Compose a program on one of the tasks with a file of conf/fault over it."""
    return ComposedProgram.from_config(injected(settings(task), fault), DATA[task](), seed)


def compose(task: str = "digits", seed: int = 0, **sections: Any) -> ComposedProgram:
    """Compose a program on one of the tasks."""
    return ComposedProgram.from_config(settings(task, **sections), DATA[task](), seed)


class Plain(nn.Module):
    """A user's module, as Lightning would train it."""

    def __init__(self, net: nn.Module, loss: Callable[[Tensor, Tensor], Tensor], lr: float) -> None:
        super().__init__()
        self.net, self.loss, self.lr = net, loss, lr

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        return self.loss(self.net(batch[0]), batch[1])

    def validation_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        return self.training_step(batch, batch_idx)

    def configure_optimizers(self) -> Any:
        return optim.Adam(self.parameters(), self.lr)


def plain(
    net: nn.Module,
    loss: Callable[[Tensor, Tensor], Tensor] = functional.cross_entropy,
    *,
    task: str = "digits",
    lr: float = 1e-3,
    kind: type[Plain] = Plain,
    target: Callable[[Tensor], Tensor] | None = None,
) -> LightningProgram:
    """Wrap a hand-made network as a program; `target` turns labels into other targets."""
    data = DATA[task]()
    batches = [
        list(zip(*(part.split(64) for part in pair(split, target)), strict=True))
        for split in (data.train, data.val)
    ]
    program = LightningProgram(kind(net, loss, lr), batches[0][:-1], batches[1])
    infer_program_task(program)
    return program


def pair(split: Split, target: Callable[[Tensor], Tensor] | None) -> Sequence[Tensor]:
    """Return a split's tensors."""
    labels = torch.from_numpy(split.y)
    return torch.from_numpy(split.x), target(labels) if target else labels


def seeded_net(*layers: Callable[[], nn.Module]) -> nn.Sequential:
    """Build layers with torch's own defaults, the same ones every time."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(*(layer() for layer in layers))


def mlp(inputs: int = 64, outputs: int = 4, hidden: int = 32) -> nn.Sequential:
    """Return a healthy network."""
    return seeded_net(
        lambda: nn.Linear(inputs, hidden), nn.ReLU, lambda: nn.Linear(hidden, outputs)
    )
