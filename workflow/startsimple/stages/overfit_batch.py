"""Stage 3c: one frozen batch must be driven to its computed floor (method, section 8)."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from startsimple.data.pack import Split
from startsimple.data.prepared import Prepared, load_simplified
from startsimple.data.splits import stratified
from startsimple.stages.suspects import suspect
from startsimple.program.composed import ComposedProgram
from startsimple.schema.canonical import digest, write_bytes, write_json
from startsimple.schema.config import Config, ScheduleConfig, TrainingConfig
from startsimple.schema.errors import UserError
from startsimple.schema.seeds import derive
from startsimple.schema.stages import OverfitBatchStage
from startsimple.schema.verdict import Check, Status, Suspect, Verdict, judge
from startsimple.stages.bench import run_all, series_file
from startsimple.stages.stage import Inputs, conclude
from startsimple.training.evaluation import evaluate, predict
from startsimple.training.memorise import Memory, memory, unmoved
from startsimple.training.runs import Bench, TrainingSet, Variant, compose, to_arrays, unit_of
from startsimple.training.statistics import p_above_chance
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
    prepared = load_simplified(inputs.root / "data" / config.dataset.name, inputs.artefact)
    bench = make_bench(prepared, settings, config.seed)
    units = _units(config, bench, inputs)
    results = dict(zip(bench.sets, run_all(units, bench, inputs), strict=True))
    batch = bench.sets[FROZEN].prepared.train
    program, device = compose(units[0].recipe, bench.sets[FROZEN])
    start = {k: v.detach().cpu().clone() for k, v in program.model.named_parameters()}
    end = _weights(results[FROZEN])
    program.model.load_state_dict(end)
    reached = _memory(results[FROZEN], batch, bench, config)
    blind = _memory(results[ZEROED], bench.sets[ZEROED].prepared.train, bench, config)
    checks = [
        *_learning(reached, settings),
        *_fitted(program, batch, reached, settings, inputs, device),
        _moved(start, end),
        _blind(blind, settings),
        _generalises(results[SECOND], bench.sets[SECOND].watched["val"], settings),
    ]
    _write_batch(inputs, batch)
    write_json(inputs.folder / "curves.json", series_file(units, list(results.values())))
    return conclude(
        inputs,
        settings,
        checks,
        deciding="O-03",
        on_pass="Compare with a known result next: the benchmark stage runs its protocol.",
        on_fail="Assume a bug: follow the first suspect, fix one thing, and climb again.",
        symptom=reached.symptom,
        suspects=_suspects(reached, checks),
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
    classes = int(prepared.train.y.max()) + 1
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


def _memory(result: Result, batch: Split, bench: Bench, config: Config) -> Memory:
    return memory(
        result.tensors["losses"],
        torch.from_numpy(batch.x),
        torch.from_numpy(batch.y),
        bench.sets[FROZEN].classes,
        config.stage.overfit_batch.gap_max,
        scale=len(batch) if config.loss.reduction == "sum" else 1.0,
    )


def _weights(result: Result) -> dict[str, torch.Tensor]:
    return {
        name.removeprefix("model."): value
        for name, value in result.tensors.items()
        if name.startswith("model.")
    }


def _learning(reached: Memory, settings: OverfitBatchStage) -> list[Check]:
    symptom = reached.symptom
    falling = symptom.kind == "still falling"
    finite = float(symptom.level is not None)
    steps = reached.steps_to_criterion
    return [
        judge("O-01", "loss finite throughout", finite, "==", 1.0, source="O-01"),
        judge(
            "O-03",
            "loss gap to its floor, relative to the start",
            reached.gap,
            "<=",
            settings.gap_max,
            source="O-03",
            evidence=f"loss {reached.start:.4g} -> {reached.end:.4g}, floor {reached.floor:.4g}; "
            f"the curve {symptom.kind}{f' ({symptom.note})' if symptom.note else ''}",
            otherwise=Status.INCONCLUSIVE if falling else Status.FAIL,
        ),
        judge(
            "O-04",
            "steps to the criterion",
            steps,
            "<=",
            settings.steps,
            source="O-04",
            evidence=f"within {settings.gap_max:.0%} of the way to the floor "
            + (f"after {steps} steps" if steps else f"not reached in {settings.steps} steps"),
            otherwise=Status.INCONCLUSIVE if falling else Status.FAIL,
        ),
    ]


def _fitted(
    program: ComposedProgram,
    batch: Split,
    reached: Memory,
    settings: OverfitBatchStage,
    inputs: Inputs,
    device: torch.device,
) -> list[Check]:
    arrays = to_arrays(batch, device)
    scores = evaluate(program.model, program.loss, arrays.x, arrays.y)
    probabilities = predict(program.model, arrays.x).softmax(1).cpu()
    confidence, predicted = probabilities.max(1)
    rows = [
        {"id": key, "label": label, "prediction": guess, "confidence": round(sure, 4)}
        for key, label, guess, sure in zip(
            batch.x_id.tolist(), batch.y.tolist(), predicted.tolist(), confidence.tolist(),
            strict=True,
        )
    ]  # fmt: skip
    write_json(inputs.folder / "predictions.json", rows)
    wrong = sum(row["label"] != row["prediction"] for row in rows)
    # Both losses are near the floor: differences below the criterion mean nothing.
    scale = max(abs(reached.end), settings.gap_max * abs(reached.start - reached.floor), 1e-12)
    shift = abs(scores.loss - reached.end) / scale
    return [
        judge(
            "O-02",
            "accuracy on the batch",
            scores.accuracy,
            "==",
            1.0,
            source="O-02",
            evidence=f"{len(rows) - wrong} of {len(rows)} examples right",
        ),
        judge(
            "O-05",
            "evaluation loss agrees with training loss",
            shift,
            "<=",
            settings.consistency_max,
            source="O-05, P-19",
            evidence=f"training {reached.end:.4g}, evaluation {scores.loss:.4g}",
        ),
        judge(
            "O-08",
            "predictions differing from their labels",
            wrong,
            "==",
            0,
            source="O-08",
            evidence="element by element in predictions.json",
        ),
    ]


def _moved(start: dict[str, torch.Tensor], end: dict[str, torch.Tensor]) -> Check:
    stuck = unmoved(start, end)
    return judge(
        "O-06",
        "parameters that never moved",
        len(stuck),
        "==",
        0,
        source="O-06, R-03",
        evidence=f"stuck: {', '.join(stuck)}" if stuck else f"all {len(start)} moved",
    )


def _blind(blind: Memory, settings: OverfitBatchStage) -> Check:
    return judge(
        "O-07",
        "loss gap of the control with zeroed inputs",
        blind.gap,
        ">",
        settings.gap_max,
        source="O-07",
        evidence=f"without inputs the loss stays at {blind.end:.4g}, its floor "
        f"{blind.floor:.4g}" if blind.gap > settings.gap_max or blind.floor > 0 else
        "the batch is memorised without its inputs",
    )  # fmt: skip


def _generalises(result: Result, val: Split, settings: OverfitBatchStage) -> Check:
    right = int(result.tensors["correct.val"].sum())
    chance = float(np.bincount(val.y).max() / len(val))
    p = p_above_chance(right, len(val), chance)
    return judge(
        "O-09",
        "a small set generalises above chance (p-value)",
        p,
        "<=",
        settings.second_p_max,
        source="O-09",
        evidence=f"validation accuracy {right / len(val):.3f}, majority class {chance:.3f}, "
        f"n = {len(val)}",
    )


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


# What each symptom and fingerprint points at, most likely first (method, section 8).
_BY_NOTE = {
    "softmax applied twice": (("M04", 0.95),),
    "softmax over the batch axis": (("M02", 0.9), ("M04", 0.2)),
    "batch label entropy: the output ignores the input": (("M12", 0.8), ("D02", 0.4), ("M23", 0.3)),
    "log K: inputs or labels change every step": (("D08", 0.6), ("M12", 0.5), ("O05", 0.4)),
}
_BY_KIND = {
    "goes up": (("M08", 0.9), ("O01", 0.4)),
    "explodes": (("O01", 0.7), ("M09", 0.5), ("M08", 0.3)),
    "oscillates": (("O01", 0.6), ("D08", 0.4)),
    "plateaus": (("O02", 0.4), ("M23", 0.4), ("M03", 0.3)),
    "still falling": (("O02", 0.5),),
}


def _suspects(reached: Memory, checks: list[Check]) -> list[Suspect]:
    symptom = reached.symptom
    failed = {check.id: check for check in checks if check.status.blocks}
    found: list[tuple[str, float, str]] = []
    if {"O-01", "O-03", "O-04"} & failed.keys():
        seen = failed.get("O-03") or failed.get("O-01") or failed["O-04"]
        known = _BY_NOTE.get(symptom.note) or _BY_KIND.get(symptom.kind, ())
        found += [(fault, score, seen.evidence) for fault, score in known]
    for check, fault in (("O-06", "O06"), ("O-05", "O08"), ("O-07", "D09"), ("O-09", "D08")):
        if check in failed:
            found.append((fault, 0.7, f"{check}: {failed[check].evidence}"))
    found.sort(key=lambda item: -item[1])
    return [suspect(fault, score, [evidence]) for fault, score, evidence in found[:3]]
