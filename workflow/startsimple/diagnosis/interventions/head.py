"""Raw outputs and the standard loss of the task: restores programs whose head is wrong."""

import math
from collections.abc import Mapping
from typing import Any

import torch

from startsimple.diagnosis.building import PROBABILITIES
from startsimple.diagnosis.case import Case
from startsimple.diagnosis.intervention import Attribution, Intervention
from startsimple.program.spy import LOGIT_LOSSES

FIT = {
    "classification": {"cross_entropy", "nll_loss"},
    "binary": {"binary_cross_entropy", "binary_cross_entropy_with_logits"},
    "multilabel": {"binary_cross_entropy", "binary_cross_entropy_with_logits"},
    "regression": {"mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"},
}
UNIT_ACTIVATIONS = frozenset(["sigmoid", "sigmoid_", "softmax", "hardsigmoid"])
RANGES = {
    "sigmoid": (0, 1),
    "hardsigmoid": (0, 1),
    "softmax": (0, 1),
    "tanh": (-1, 1),
    "relu": (0, math.inf),
    "softplus": (0, math.inf),
}
RECTIFIERS = frozenset(["relu", "relu_", "relu6", "leaky_relu", "elu", "softplus", "gelu", "selu"])


def applies(case: Case) -> bool:
    """Say whether targets are known."""
    return case.first.target is not None and case.program.task.kind != "other"


def activation_unfit(case: Case) -> str:
    """Say why the last activation cannot serve the task, or "" if it can."""
    last, task = case.lab.output, case.program.task
    output, target = case.first.output, case.first.target
    if last is None or output is None or target is None:
        return ""
    if last.name == "softmax" and output.ndim > 1 and output.shape[-1] == 1:
        return "softmax over a single output is always 1"
    if task.kind == "multilabel" and last.name == "softmax":
        return "softmax makes labels that occur together compete"
    if task.kind == "regression":
        low, high = float(target.min()), float(target.max())
        floor, ceiling = RANGES.get(last.name.rstrip("_"), (-math.inf, math.inf))
        if low < floor or high > ceiling:
            return f"{last.name} cannot reach targets from {low:.3g} to {high:.3g}"
    if task.kind in ("classification", "binary") and last.name in RECTIFIERS:
        return f"{last.name} cuts the outputs at zero"
    return ""


def attribute(case: Case, variant: Mapping[str, Any]) -> Attribution:
    """Name what is wrong between the last layer and the loss."""
    last, loss, kind = case.lab.output, case.loss_name, case.program.task.kind
    where = last.where if last is not None else ""
    spot = case.first.calls[-1].where if case.first.calls else where
    if reason := activation_unfit(case):
        return Attribution("M03", where, reason, 1.1)
    named = case.first.calls[-1] if case.first.calls else None
    squashed = named is not None and _sums_to_one(named.input)
    if loss in LOGIT_LOSSES and ((last and last.name in UNIT_ACTIVATIONS) or squashed):
        name = last.name if last else "softmax or sigmoid"
        return Attribution("M04", where or spot, f"{name} feeds {loss}, which applies its own", 1.1)
    names = {op.name for op in case.trace.outside}
    by_hand = not loss and names & {"log", "exp", "div"}
    if case.diverged and by_hand:
        return Attribution(
            "M09", spot, "the loss is written by hand with log, exp or division", 1.1
        )
    if loss in ("binary_cross_entropy", "nll_loss") and last is None:
        return Attribution("M05", spot, f"{loss} is given raw outputs", 1.1)
    unfit = loss not in FIT.get(kind, set())
    weight = 0.7 if unfit and loss else (0.5 if by_hand else 0.3)
    if last is not None and last.name not in PROBABILITIES and kind != "regression":
        return Attribution("M03", where, f"the model ends in {last.name}", 0.9)
    if kind == "regression" and last is not None:
        return Attribution("M03", where, f"the model ends in {last.name}", 0.9)
    shown = loss or "a hand-written loss"
    return Attribution("M06", spot, f"{shown} trains a {kind} task", weight)


def _sums_to_one(values: torch.Tensor) -> bool:
    if values.ndim != 2 or values.shape[1] < 2:
        return bool(((values >= 0) & (values <= 1)).all())
    return bool(((values.sum(1) - 1).abs() < 1e-4).all() and (values >= 0).all())


INTERVENTION = Intervention(
    "raw outputs with the standard loss",
    [{"bare": True, "loss": True}],
    attribute,
    1.0,
    applies,
    good=True,
)
