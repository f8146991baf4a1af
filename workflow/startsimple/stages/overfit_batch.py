"""Stage 3c: one frozen batch must be driven to its computed floor (method, section 8)."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from startsimple.data.pack import Split
from startsimple.data.pointer import folder_of
from startsimple.data.prepared import Prepared, load_simplified
from startsimple.data.splits import stratified
from startsimple.data.targets import is_regression
from startsimple.schema.canonical import digest, write_bytes, write_json
from startsimple.schema.config import Config, ScheduleConfig, TrainingConfig
from startsimple.schema.errors import UserError
from startsimple.schema.seeds import derive
from startsimple.schema.stages import OverfitBatchStage
from startsimple.schema.verdict import Verdict
from startsimple.stages.bench import require, run_all, series_file
from startsimple.stages.overfit_checks import Evidence, Fit, judge_memory, suspects_of
from startsimple.stages.stage import Inputs, conclude
from startsimple.training.evaluation import evaluate, predict
from startsimple.training.memorise import Memory, memory, unmoved
from startsimple.training.runs import (
    Bench,
    TrainingSet,
    Variant,
    compose,
    to_arrays,
    trained_weights,
    unit_of,
)
from startsimple.training.units import Result, Unit

BATCH_FILE = "batch.safetensors"
FROZEN, ZEROED, SECOND = "frozen batch", "zeroed inputs", "second set"


def run(config: Config, inputs: Inputs) -> Verdict:
    """Memorise one batch, fail to memorise it blind, and generalise from a small set.

    Args:
        config: Sections of the program, with stage.overfit_batch.
        inputs: Where the stage stands.

    Returns:
        The verdict over O-01 to O-09.

    Raises:
        UserError: If the batch is larger than the simplified training set.
    """
    settings = config.stage.overfit_batch
    require("stage.overfit_batch.second_examples", settings.second_examples, 1)
    prepared = load_simplified(folder_of(config.dataset, inputs.root), inputs.artefact)
    bench = make_bench(prepared, settings, config.seed)
    units = _units(config, bench, inputs)
    results = dict(zip(bench.sets, run_all(units, bench, inputs), strict=True))
    batch = bench.sets[FROZEN].prepared.train
    start, end = _weights(units[0], bench, results[FROZEN])
    fit = _fit(units[0], bench, results[FROZEN], config)
    reached = _memory(results[FROZEN], bench, config, fit.scores.accuracy)
    blind = _memory(results[ZEROED], bench, config)
    checks = judge_memory(
        Evidence(
            reached=reached,
            blind=blind,
            fit=fit,
            stuck=unmoved(start, end),
            parameters=len(start),
            second=results[SECOND].tensors["correct.val"].double().numpy(),
            val=bench.sets[SECOND].watched["val"].y,
        ),
        settings,
    )
    _write_batch(inputs, batch)
    write_json(inputs.folder / "predictions.json", fit.rows)
    write_json(inputs.folder / "curves.json", series_file(units, list(results.values())))
    return conclude(
        inputs,
        settings,
        checks,
        deciding="O-03",
        on_pass="Compare with a known result next: the benchmark stage runs its protocol.",
        on_fail="Assume a bug: follow the first suspect, fix one thing, and climb again.",
        symptom=reached.symptom,
        suspects=suspects_of(reached.symptom, checks),
        artefacts=[BATCH_FILE],
        numbers=_numbers(reached, blind, batch, results[FROZEN]),
    )


def make_bench(prepared: Prepared, settings: OverfitBatchStage, seed: int) -> Bench:
    """Freeze the batch, its zeroed control and the small set, all stratified and seeded.

    Args:
        prepared: The simplified data, standardised.
        settings: Sizes of batch and small set.
        seed: The experiment's seed.

    Returns:
        The bench; labels keep the numbering of the simplified problem.

    Raises:
        UserError: If the batch is larger than the set that it is drawn from.
    """
    available = len(prepared.train)
    if not 1 <= settings.examples <= available:
        raise UserError(
            f"stage.overfit_batch.examples={settings.examples} does not fit the {available} "
            f"training examples of the simplified problem: set it to a number up to {available}."
        )
    classes = 1 if is_regression(prepared.train.y) else int(prepared.train.y.max()) + 1
    batch = _draw(prepared.train, settings.examples, derive(seed, "frozen batch"))
    zeroed = replace(batch, x=np.zeros_like(batch.x))
    small = _draw(
        prepared.train, min(settings.second_examples, available), derive(seed, "second set")
    )
    frozen = replace(prepared, train=batch, val=batch)
    return Bench(
        {
            FROZEN: TrainingSet(frozen, classes, {}, dropout=False),
            ZEROED: TrainingSet(replace(frozen, train=zeroed, val=zeroed), classes, {}, False),
            SECOND: TrainingSet(replace(prepared, train=small), classes, {"val": prepared.val}),
        }
    )


def _draw(split: Split, count: int, seed: int) -> Split:
    return split.take(stratified(split.y, split.x_id, count, seed))


def _units(config: Config, bench: Bench, inputs: Inputs) -> list[Unit]:
    """Regularisation and schedule are off: the batch shall be memorised, nothing else."""
    settings = config.stage.overfit_batch
    plain = replace(
        config,
        optimizer=replace(config.optimizer, weight_decay=0.0),
        loss=replace(config.loss, label_smoothing=0.0),
        schedule=ScheduleConfig("constant"),
    )
    context = inputs.context()
    units: list[Unit] = []
    for name, data in bench.sets.items():
        size = len(data.prepared.train)
        steps = settings.second_steps if name == SECOND else settings.steps
        rows = min(size, config.training.batch_size) if name == SECOND else size
        budget = TrainingConfig(rows, steps, evaluations=1 if name == SECOND else 0)
        variant = Variant(training=budget)
        units.append(unit_of(name, plain, 0, bench, name, context, variant))
    return units


def _memory(result: Result, bench: Bench, config: Config, accuracy: float = 0.0) -> Memory:
    """Judge a curve against the floor of the frozen batch, which the blind control must miss."""
    batch = bench.sets[FROZEN].prepared.train
    return memory(
        result.tensors["losses"],
        torch.from_numpy(batch.x),
        torch.from_numpy(batch.y),
        bench.sets[FROZEN].classes,
        config.stage.overfit_batch.gap_max,
        scale=_scale(batch, config),
        accuracy=accuracy,
    )


def _scale(batch: Split, config: Config) -> float:
    """A summed loss (M07) divided by the batch is a mean again, and its floor the same."""
    return float(len(batch)) if config.loss.reduction == "sum" else 1.0


def _weights(
    unit: Unit, bench: Bench, result: Result
) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """Return the parameters before and after training on the frozen batch."""
    program, _ = compose(unit.recipe, bench.sets[FROZEN])
    start = {k: v.detach().cpu() for k, v in program.model.named_parameters()}
    return start, trained_weights(result)


def _fit(unit: Unit, bench: Bench, result: Result, config: Config) -> Fit:
    """Score the memorised batch in evaluation mode, example by example (O-08)."""
    batch = bench.sets[FROZEN].prepared.train
    program, device = compose(unit.recipe, bench.sets[FROZEN])
    program.model.load_state_dict(trained_weights(result))
    arrays = to_arrays(program.given(batch), device)
    scores = evaluate(program.model, program.loss, arrays.x, arrays.y)
    outputs = predict(program.model, arrays.x).cpu()
    columns = {"id": batch.x_id, "label": batch.y, "prediction": program.metric.answers(outputs)}
    numbers = is_regression(batch.y)
    if not numbers:
        columns["confidence"] = outputs.softmax(1).max(1).values.double().numpy().round(4)
    rows = [
        dict(zip(columns, row, strict=True))
        for row in zip(*(column.tolist() for column in columns.values()), strict=True)
    ]
    scores = replace(scores, loss=scores.loss / _scale(batch, config))
    return Fit(scores, rows, float(batch.y.var()) if numbers else None)


def _write_batch(inputs: Inputs, batch: Split) -> None:
    from safetensors.numpy import save

    arrays = {"x": batch.x, "y": batch.y, "id": batch.x_id}
    write_bytes(inputs.folder / BATCH_FILE, save(arrays))


def _numbers(reached: Memory, blind: Memory, batch: Split, result: Result) -> dict[str, Any]:
    return {
        "device": result.figures["device"],
        "batch": digest([batch.x_id.tolist(), batch.y.tolist()]),
        "examples": len(batch),
        "floor": reached.floor,
        "chance": reached.chance,
        "fingerprints": reached.fingerprints,
        "loss_start": reached.start,
        "loss_end": reached.end,
        "loss_blind": blind.end,
        "steps_to_criterion": reached.steps_to_criterion,
    }
