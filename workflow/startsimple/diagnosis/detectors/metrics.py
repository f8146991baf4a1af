"""Looks at evaluation: is there any, and do the logged metrics say what they claim."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detector import Detector
from startsimple.diagnosis.detectors.data import few_values
from startsimple.diagnosis.detectors.modes import eval_noise
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.relations import related
from startsimple.diagnosis.setup import SEED
from startsimple.program.loaders import random_examples
from startsimple.program.modules import call_step
from startsimple.program.rows import hash_row, same_numbers
from startsimple.program.seeded import seeded
from startsimple.program.spy import map_tensors
from startsimple.program.standin import StandIn

SHARES = ("acc", "f1", "precision", "recall", "auc")
OFF = 0.15
CHANGED = 1e-3
STEADY = 1e-6
# A few rows, and one or two numbers that a curve is drawn over, are no sample of anything.
ROWS, CURVE = 100, 2
SAME_ROWS = 0.99


def no_validation(case: Case) -> Iterator[Finding]:
    """O15: nothing but training rows is ever evaluated."""
    if case.trace.error or not case.trace.steps:
        return
    if case.trace.ended_early and case.trace.facts.get("loaders") is None:
        return
    loaders = case.trace.facts.get("loaders")
    if loaders is not None and loaders.val is None:
        yield Finding("O15", 0.95, ["The data have no validation loader."], "val_dataloader")
    elif not case.trace.evaluations:
        yield Finding("O15", 0.9, ["The model was never run outside of training."], "evaluation")
    elif loaders is None and (rows := only_training_rows(case)):
        note = f"All {rows} rows that the trained model is scored on are training rows."
        yield Finding("O15", 0.85, [note, "How it does on others is not known."], "evaluation")


def only_training_rows(case: Case) -> int:
    """Return how many rows a script is scored on, if all of them are training rows; else 0.

    Rows of one graph, or of few values, are in both splits by their nature; one or two inputs are
    a curve that is fitted, not rows of a kind of which there are others.
    """
    table, program = case.train_table, case.program
    if table is None or table.x.shape[1] <= CURVE or few_values(table.x) or related(case):
        return 0
    known = {hash_row(row) for b in program.batches("train") for row in program.inputs_of(b)}
    late = [e for e in case.trace.evaluations if e.step and e.inputs is not None]
    scored = [hash_row(row) for e in late if e.inputs is not None for row in e.inputs]
    whole = len(known) >= ROWS and any(e.target is not None for e in late)
    share = sum(row in known for row in scored) / max(len(scored), 1)
    return len({*scored}) if whole and share > SAME_ROWS else 0


def out_of_range(case: Case) -> Iterator[Finding]:
    """O17: a logged share leaves the range from 0 to 1 and is no percentage either."""
    for name, values in sorted(case.trace.logged.items()):
        share = any(word in name.lower() for word in SHARES)
        if not share or not values or (max(values) <= 1.001 and min(values) >= -0.001):
            continue
        truth = case.accuracy(case.trained) if case.trained is not None else None
        near = truth is None or abs(values[-1] - 100 * truth) < 100 * OFF
        if max(values) <= 100.5 and min(values) >= 0 and max(values) > 1.5 and near:
            continue
        yield Finding("O17", 0.94, [f"{name} reaches {max(values):.3g}, beyond 1."], name)
        return


def disagrees(case: Case) -> Iterator[Finding]:
    """O17: a logged accuracy differs from the one recomputed on the same rows (P-21)."""
    if case.trained is None or case.program.task.kind not in ("classification", "binary"):
        return
    output, target = case.first.output, case.first.target
    rows = len(case.program.inputs_of(case.lab.train[0]))
    whole = output is not None and output.ndim <= 2 and target is not None and len(target) == rows
    if case.program.derived or not whole:  # Positions may be masked, distances cut anywhere.
        return
    if any(not same_numbers(c.target, case.first.calls[-1].target) for c in case.first.calls):
        return  # Of several heads, what is logged may be the mean.
    names = [n for n in sorted(case.trace.logged) if "acc" in n.lower() and "val" in n.lower()]
    if case.trace.facts.get("loaders") is not None:  # What a script prints may be of training.
        names = names or [n for n in case.trace.logged if n.lower() in ("acc", "accuracy")]
    if not names or not list(case.program.batches("val", 1)):
        return
    truth = case.accuracy(case.trained)
    per_pass = len(list(case.program.batches("val")))
    values = case.trace.logged[names[0]]
    shown = values[-per_pass:] if len(values) >= 2 * per_pass else values[-1:]
    logged = sum(shown) / len(shown)
    if truth is None:
        return
    logged = logged / 100 if logged > 1.5 else logged
    recall = case.recall(case.trained) or truth
    if min(abs(logged - truth), abs(logged - recall)) > OFF:
        note = (
            f"{names[0]} was logged as {logged:.2f}; recomputed on the same rows it is {truth:.2f}."
        )
        yield Finding("O17", 0.93, [note], names[0])


def compared_wrongly(case: Case) -> Iterator[Finding]:
    """O17: predictions and targets of different shapes, or the arg max of one column."""
    for evaluation in case.trace.evaluations[:3] + case.trace.evaluations[-3:]:
        for op in evaluation.ops:
            pair = [a for a in op.args[:2] if isinstance(a, Tensor)]
            if op.name in ("eq", "__eq__") and len(pair) == 2:
                a, b = pair
                crossed = {a.ndim, b.ndim} == {1, 2} and len(a) == len(b) > 1
                if (
                    crossed
                    and min(a.numel(), b.numel()) == len(a)
                    and 1 in (a.shape[-1], b.shape[-1])
                ):
                    note = (
                        f"Shapes {tuple(a.shape)} and {tuple(b.shape)} are compared: every "
                        f"pair counts."
                    )
                    yield Finding("O17", 0.95, [note], op.where)
                    return
            if op.name == "argmax" and pair and pair[0].ndim == 2 and pair[0].shape[1] == 1:
                axis = op.kwargs.get("dim", op.args[1] if len(op.args) > 1 else None)
                if axis in (1, -1):
                    yield Finding("O17", 0.95, ["argmax over one column is always 0."], op.where)
                    return


def grows_with_rows(case: Case) -> Iterator[Finding]:
    """O17: a share logged for a whole batch is the sum of those of its halves (P-13)."""
    module = getattr(case.trained, "module", None)
    step = getattr(module, "validation_step", None)
    batches = list(case.program.batches("val", 1))
    if step is None or not batches or case.trained is None:
        return
    rows = len(case.program.inputs_of(batches[0]))
    if rows < 8 or rows % 2:
        return
    parts = [slice(None), slice(0, rows // 2), slice(rows // 2, rows)]
    logged = [_logged_for(case.trained, batches[0], part, rows) for part in parts]
    for name in sorted(set.intersection(*(set(values) for values in logged))):
        whole, first, second = (values[name] for values in logged)
        share = any(word in name.lower() for word in SHARES)
        if share and whole > 0 and abs(first + second - whole) < 0.02 * whole:
            note = (
                f"{name} is {whole:.3g} for {rows} rows, {first:.3g} and {second:.3g} for halves."
            )
            yield Finding("O17", 0.93, [note, "A share must not grow with the rows."], name)
            return


def remembers(case: Case) -> Iterator[Finding]:
    """O17: validated again with the same weights on the same rows, a metric gives another value."""
    batches, trained = list(case.program.batches("val")), case.trained
    step = getattr(getattr(trained, "module", None), "validation_step", None)
    if step is None or not batches or case.trace.ended_early or case.trace.error:
        return
    loaders = case.trace.facts.get("loaders")
    if loaders is None or random_examples(loaders.val) or eval_noise(case) > STEADY:
        return
    epochs = int(case.trace.facts.get("epochs", 1))
    again, other = (validated(trained, batches, epochs, seed) for seed in (SEED, SEED + 1))
    for name, values in sorted(again.items()):
        if values != other[name]:  # Drawn by chance, as an attack or a latent variable is.
            continue
        before = case.trace.logged.get(name, [])[-len(values) :]
        apart = max((abs(a - b) for a, b in zip(values, before, strict=False)), default=0.0)
        size = max(abs(value) for value in [*values, *before])
        if len(before) == len(values) and apart > CHANGED * size:
            note = (
                f"{name} was {before[-1]:.4g} in training, {values[-1]:.4g} when validated again."
            )
            yield Finding("O17", 0.9, [note, "The weights and the rows are the same."], name)
            return


def validated(
    program: Any, batches: list[Any], epochs: int, seed: int = SEED
) -> dict[str, list[float]]:
    """Return what a copy logs in one validation epoch."""
    module, standin = program.fork().module, StandIn(program.plan)
    standin.trainer.current_epoch = epochs - 1
    if isinstance(module, nn.Module):
        module.eval()
    with torch.no_grad(), seeded(seed), standin.attached(module):
        for hook in ("on_validation_start", "on_validation_epoch_start"):
            getattr(module, hook, lambda: None)()
        for index, batch in enumerate(batches):
            call_step(module.validation_step, batch, index)
        getattr(module, "on_validation_epoch_end", lambda: None)()
        standin.end_epoch()
        getattr(module, "on_validation_end", lambda: None)()
    return standin.logged


def _logged_for(program: Any, batch: Any, part: slice, rows: int) -> dict[str, float]:
    """Return what a copy's validation step logs for some rows of a batch."""
    twin = program.fork()
    twin.model.eval()
    standin = StandIn(program.plan)

    def cut(tensor: Tensor) -> Tensor:
        return tensor[part] if tensor.ndim and len(tensor) == rows else tensor

    with torch.no_grad(), seeded(SEED), standin.attached(twin.module):
        call_step(twin.module.validation_step, map_tensors(batch, cut), 0)
        standin.end_epoch()
    return {name: values[-1] for name, values in standin.logged.items()}


DETECTORS = [
    Detector("validated", "the model is evaluated", no_validation),
    Detector("metric-range", "logged shares stay within 0 and 1", out_of_range),
    Detector("metric-shape", "metrics compare equal shapes", compared_wrongly),
    Detector("metric-rows", "logged shares do not grow with the rows", grows_with_rows),
    Detector("metric-state", "metrics forget earlier epochs", remembers),
    Detector("metric-value", "logged accuracy can be recomputed", disagrees),
]
