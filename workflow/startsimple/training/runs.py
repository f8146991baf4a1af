"""One full training run of a composed program, described by a recipe and kept as a unit."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, is_dataclass, replace
from typing import Any, cast

import torch
from torch import Tensor

from startsimple.data.pack import Split
from startsimple.data.prepared import Prepared
from startsimple.program.composed import ComposedProgram
from startsimple.program.layers import DROPOUTS
from startsimple.program.seeded import seeded
from startsimple.schema.config import Config, OptimizerConfig, ScheduleConfig, TrainingConfig
from startsimple.schema.errors import UserError
from startsimple.schema.load import load_slice
from startsimple.schema.seeds import derive
from startsimple.training.checkpoints import Checkpoints
from startsimple.training.device import choose, make_deterministic
from startsimple.training.evaluation import correct, predict
from startsimple.training.loop import Arrays, Budget, Outcome, train
from startsimple.training.norms import GradientNorms
from startsimple.training.units import Result, Unit

_SECTIONS = ("model", "loss", "optimizer", "schedule", "training", "fault", "device", "numerics")


@dataclass(frozen=True)
class Variant:
    """What one run changes against the experiment; None keeps the experiment's own."""

    optimizer: OptimizerConfig | None = None
    schedule: ScheduleConfig | None = None
    training: TrainingConfig | None = None
    model: dict[str, Any] | None = None


def unit_of(
    name: str,
    config: Config,
    seed: int,
    bench: "Bench",
    data: str,
    context: Any,
    variant: Variant | None = None,
    keep: int = 0,
    norms: bool = False,
) -> Unit:
    """Describe one run by everything that determines its result.

    Args:
        name: What people call it.
        config: The experiment.
        seed: Index of the run's seed below the experiment's root seed.
        bench: Holds the data.
        data: Which of the bench's sets is trained on.
        context: Digests of code and environment.
        variant: What differs from the experiment.
        keep: Best checkpoints to keep, by the score on the validation split (T-15).
        norms: Note the norm of the whole gradient at every step (T-12).

    Returns:
        The unit, to be run by the bench.

    Raises:
        UserError: If there is nothing to train.
    """
    changes = {k: v for k, v in vars(variant or Variant()).items() if v is not None}
    changed = replace(config, **changes)
    if changed.training.steps < 1:
        raise UserError(f"{name}: {changed.training.steps} training steps; give it at least 1.")
    program = {key: _plain(getattr(changed, key)) for key in _SECTIONS}
    return Unit(
        name,
        {
            "program": program,
            "dataset": {"input": config.dataset.input, "classes": bench.sets[data].classes},
            "seed": derive(config.seed, "run", seed),
            "data": data,
            "content": bench.sets[data].content,
            "context": context,
            # Only where they are asked for, so that stages which need none share their runs.
            **({"keep": keep} if keep else {}),
            **({"norms": True} if norms else {}),
        },
    )


@dataclass(frozen=True)
class TrainingSet:
    """Data of one kind of run.

    Attributes:
        prepared: What is trained on.
        classes: Number of classes.
        watched: Sets scored along the way and predicted at the end.
        dropout: False switches dropout off, for sets that are to be memorised.
    """

    prepared: Prepared
    classes: int
    watched: dict[str, Split]
    dropout: bool = True

    @property
    def content(self) -> str:
        """Digest of everything in the set that can change a run's result."""
        sha = hashlib.sha256(f"{self.classes} {self.dropout}".encode())
        for name, split in {"": self.prepared.train, **self.watched}.items():
            sha.update(f"{name} {split.x.shape} ".encode() + split.x.tobytes() + split.y.tobytes())
        return sha.hexdigest()


@dataclass(frozen=True)
class Bench:
    """Where recipes are executed.

    Attributes:
        sets: The data by name, ready in memory.
        stop: Asked after every evaluation of a run; True ends it. Never set in a climb, where
            the recipe alone decides the result.
    """

    sets: dict[str, TrainingSet]
    stop: Callable[[Outcome], bool] | None = None

    def __call__(self, recipe: dict[str, Any]) -> Result:
        """Train one recipe from its seed to the end of its budget.

        Args:
            recipe: Written by `unit_of`.

        Returns:
            Figures: evaluated steps, loss and accuracy of each watched set, device, divergence,
            number of parameters and their names, name of the metric, share of clipped updates
            where there is a limit. Tensors: the loss of every step, the gradient's norm before it
            where it was noted ("norms"), the sums of each parameter's bits after it ("bits"), the
            final weights ("model.*"), those of the checkpoints that were kept ("kept.<step>.*"),
            and how right each watched example is ("correct.<set>").
        """
        data = self.sets[recipe["data"]]
        config = load_slice({**recipe["program"], "dataset": recipe["dataset"]})
        program, device = compose(recipe, data)
        given = {name: program.given(split) for name, split in data.watched.items()}
        watch = {name: to_arrays(split, device) for name, split in given.items()}
        training = config.training
        budget = Budget(training.steps, training.batch_size, training.evaluations)
        keep = Checkpoints("val", recipe["keep"]) if "keep" in recipe else None
        optimizer, limit = program.optimizer(program.model), config.optimizer.clip_norm
        noted = limit > 0 or "norms" in recipe
        norms = GradientNorms(optimizer, budget.steps, limit) if noted else None
        # Dropout draws from the global stream: without this, a run would depend on those before.
        with seeded(derive(recipe["seed"], "layers")):
            outcome = train(
                program.model,
                program.loss,
                optimizer,
                lambda step: program.rate(step, budget.steps),
                to_arrays(program.given(data.prepared.train), device),
                budget,
                torch.Generator().manual_seed(derive(recipe["seed"], "order")),
                watch=watch,
                faults=program.faults,
                keep=keep,
                norms=norms,
                stop=self.stop,
            )
            right = {f"correct.{name}": _right(program, part).cpu() for name, part in watch.items()}
        left = _left(program, outcome, keep, norms)
        return Result({**left.figures, "device": str(device.type)}, {**left.tensors, **right})


def _left(
    program: ComposedProgram,
    outcome: Outcome,
    keep: Checkpoints | None,
    norms: GradientNorms | None,
) -> Result:
    """Return what a run leaves behind, besides what it is scored by at its end."""
    steps = len(outcome.losses)
    weights = {f"model.{k}": v.detach().cpu() for k, v in program.model.state_dict().items()}
    figures = {
        "evaluated": outcome.evaluated,
        "scores": {k: [asdict(score) for score in v] for k, v in outcome.scores.items()},
        "diverged": outcome.diverged,
        "parameters": sum(p.numel() for p in program.model.parameters()),
        "metric": program.metric.name,
        "traced": outcome.parameters,
        **({"kept": keep.told()} if keep else {}),
        **({"clipped": norms.clipped(steps)} if norms and norms.limit else {}),
    }
    tensors = {"losses": outcome.losses, "bits": outcome.bits, **weights}
    kept = keep.tensors() if keep else {}
    noted = {"norms": norms.kept(steps)} if norms else {}
    return Result(figures, {**tensors, **kept, **noted})


def _right(program: ComposedProgram, part: Arrays) -> Tensor:
    return correct(predict(program.model, program.faults.evaluated(part.x)), part.y)


def compose(recipe: dict[str, Any], data: TrainingSet) -> tuple[ComposedProgram, torch.device]:
    """Build a recipe's program at its initial weights, on its device.

    Args:
        recipe: Written by `unit_of`.
        data: The set that the recipe names.

    Returns:
        The program and its device.
    """
    config = load_slice({**recipe["program"], "dataset": recipe["dataset"]})
    make_deterministic(config.numerics)
    device = choose(config.device)
    program = ComposedProgram.from_config(
        config, data.prepared, recipe["seed"], device, classes=data.classes
    )
    if not data.dropout:
        for module in program.model.modules():
            if isinstance(module, DROPOUTS):
                module.p = 0.0
    return program, device


def to_arrays(split: Split, device: torch.device) -> Arrays:
    """Return a split as tensors on the device."""
    return Arrays(torch.from_numpy(split.x).to(device), torch.from_numpy(split.y).to(device))


def trained_weights(result: Result) -> dict[str, Tensor]:
    """Return the final weights of a run, by the names of its model's state."""
    prefix = "model."
    return {k.removeprefix(prefix): v for k, v in result.tensors.items() if k.startswith(prefix)}


def final_accuracy(result: Result, name: str) -> float:
    """Return the metric on a watched set at the end of the run; 0, or chance, if it diverged."""
    return 0.0 if result.figures["diverged"] else float(result.tensors[f"correct.{name}"].mean())


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in cast("dict[str, Any]", value).items()}
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
