"""Build the case of a program: what to score on, its last layer and activation, its penalties."""

from typing import Any

import numpy as np
import torch
from torch import nn

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.lab import Lab
from startsimple.diagnosis.surgery import AFFINE, OutputActivation, output_activation
from startsimple.program.program import Program
from startsimple.program.rows import hash_row
from startsimple.program.spy import LOGIT_LOSSES
from startsimple.program.trace import Trace

MOST_PASSES = 8
# What a penalty does to a weight before it is added to the loss.
PENALTIES = frozenset(["pow", "__pow__", "abs", "square", "norm", "vector_norm", "mul", "sum"])
PROBABILITIES = frozenset(["sigmoid", "sigmoid_", "softmax", "clamp", "clip", "hardsigmoid"])


def build_case(program: Program, trace: Trace) -> Case:
    """Prepare a diagnosis: choose what to score on, and find the model's last activation.

    Args:
        program: The program at its first weights.
        trace: What was seen while it trained.

    Returns:
        The case.
    """
    last = _last_activation(trace)
    val = list(program.batches("val"))
    train = list(program.batches("train"))
    held = val if val and _rows(program, val) >= 20 and not _same(program, train, val) else []
    steps = len(trace.steps) or len(trace.losses) or 200
    trace.facts.setdefault("epoch_rows", _distinct(program, train))
    squashed = last is not None and last.name in PROBABILITIES
    lab = Lab(program, train, held, steps=steps, output=last)
    lab.head, lab.penalised = output_layer(trace), bool(penalty_line(trace))
    case = Case(program, trace, lab)
    passes = [s.backwards for s in trace.steps]
    lab.passes = max(1, min(MOST_PASSES, int(np.median(passes)))) if passes else 1
    lab.averaged = case.automatic
    by_loss = case.loss_name in LOGIT_LOSSES
    scaled = case.loss_name in ("mse_loss", "l1_loss", "smooth_l1_loss", "binary_cross_entropy")
    lab.probabilities = squashed or (scaled and not by_loss) or (last is not None and not by_loss)
    options = case.first.calls[-1].options if case.first.calls else {}
    if case.loss_name == "poisson_nll_loss" and options.get("log_input", True):
        lab.link = torch.exp
    shares = all(float(t.min()) >= 0 and float(t.max()) <= 1 for t in lab.targets if t.numel())
    if case.loss_name in LOGIT_LOSSES and program.task.kind == "regression" and shares:
        lab.link = torch.sigmoid  # Shares between 0 and 1, such as the grey of pixels.
    return case


def output_layer(trace: Trace) -> str:
    """Return the name of the layer that makes the model's outputs, or ""."""
    affine = [op for op in (trace.forward.ops if trace.forward else []) if op.name in AFFINE]
    if not affine or trace.trained is None or len(affine[-1].args) < 2:
        return ""
    weight = affine[-1].args[1]
    names = [name for name, p in trace.trained.named_parameters() if p is weight]
    return names[0].rpartition(".")[0] if names else ""


def penalty_line(trace: Trace) -> str:
    """Return the line where weights themselves enter the loss, or ""."""
    for op in trace.outside:
        if op.name in PENALTIES and any(isinstance(arg, nn.Parameter) for arg in op.args):
            return op.where or "training_step"
    return ""


def _last_activation(trace: Trace) -> OutputActivation | None:
    if trace.forward is None:
        return None
    return output_activation(trace.forward.ops, trace.forward.output)


def _rows(program: Program, batches: list[Any]) -> int:
    return sum(len(program.inputs_of(batch)) for batch in batches)


def _distinct(program: Program, batches: list[Any]) -> int:
    """Return how many different rows there are, as a script's loop shows them again and again."""
    return len({hash_row(row) for batch in batches for row in program.inputs_of(batch)})


def _same(program: Program, train: list[Any], val: list[Any]) -> bool:
    """Whether validation is the training set over again."""
    seen = {hash_row(row) for batch in train for row in program.inputs_of(batch)}
    rows = [hash_row(row) for batch in val for row in program.inputs_of(batch)]
    return sum(row in seen for row in rows) > 0.9 * len(rows)
