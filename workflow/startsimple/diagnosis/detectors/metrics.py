"""Looks at evaluation: is there any, and do the logged metrics say what they claim."""

from collections.abc import Iterator

from torch import Tensor

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detector import Detector
from startsimple.diagnosis.finding import Finding

SHARES = ("acc", "f1", "precision", "recall", "auc")
OFF = 0.15


def no_validation(case: Case) -> Iterator[Finding]:
    """O15: nothing is ever evaluated outside of training."""
    if case.trace.error or not case.trace.steps:
        return
    if case.trace.ended_early and case.trace.facts.get("loaders") is None:
        return
    loaders = case.trace.facts.get("loaders")
    if loaders is not None and loaders.val is None:
        yield Finding("O15", 0.95, ["The data have no validation loader."], "val_dataloader")
    elif not case.trace.evaluations:
        yield Finding("O15", 0.9, ["The model was never run outside of training."], "evaluation")


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
    names = [n for n in sorted(case.trace.logged) if "acc" in n.lower() and "val" in n.lower()]
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
    if abs(logged - truth) > OFF:
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


DETECTORS = [
    Detector("validated", "the model is evaluated", no_validation),
    Detector("metric-range", "logged shares stay within 0 and 1", out_of_range),
    Detector("metric-shape", "metrics compare equal shapes", compared_wrongly),
    Detector("metric-value", "logged accuracy can be recomputed", disagrees),
]
