"""Looks between the last layer and the loss: what the loss is given, and how it starts."""

import math
from collections.abc import Iterator
from typing import Any

import torch

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detector import Detector
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.interventions.head import FIT, RANGES, activation_unfit
from startsimple.diagnosis.interventions.weights import scales
from startsimple.diagnosis.setup import Setup
from startsimple.program.spy import LOGIT_LOSSES, RESHAPES
from startsimple.program.tasks import FEW_LABELS

# P-01 fails a start beyond 1.5 times chance; a start this far off also has to cost training.
FAR_FROM_CHANCE = 5.0
RECOVERED = 0.3
FAR_OFF_SCALE = 6.0
UNREACHABLE = 0.02
BOTTOMLESS = 100.0
EVERYTHING = (-math.inf, math.inf)


def probabilities_as_logits(case: Case) -> Iterator[Finding]:
    """M04: probabilities enter a loss that squashes its input itself (R-10)."""
    call = case.first.calls[-1] if case.first.calls else None
    if call is None or call.name not in LOGIT_LOSSES or call.input.numel() < 4:
        return
    values, last = call.input.detach(), case.lab.output
    within = bool(((values >= 0) & (values <= 1)).all())
    rows = values.ndim == 2 and values.shape[1] > 1
    sums = rows and bool(((values.sum(1) - 1).abs() < 1e-4).all())
    squashed = last is not None and last.name in ("sigmoid", "sigmoid_", "softmax")
    if within and (sums or squashed or squashed_outside(case, call.name)):
        spread = f"from {float(values.min()):.2f} to {float(values.max()):.2f}"
        note = f"{call.name} applies its own activation but gets values {spread}"
        end = ", rows summing to 1." if sums else "."
        remedy = Setup(bare=True, loss=True)
        where = last.where if squashed and last is not None else call.where
        yield Finding("M04", 0.9, [note + end], where, remedy=remedy)


def squashed_outside(case: Case, loss: str) -> bool:
    """Say whether the step puts a sigmoid or softmax between the model and a loss."""
    squashes = list[Any]()
    for op in case.trace.outside:
        source = op.args[0] if op.args else op.kwargs.get("input")
        if op.name == loss:
            return any(source is tensor for tensor in squashes)
        carried = op.name in RESHAPES and any(source is tensor for tensor in squashes)
        if op.name in ("sigmoid", "softmax") or carried:
            squashes.append(op.out)
    return False


def raw_as_log_probabilities(case: Case) -> Iterator[Finding]:
    """M05: raw outputs enter a loss that expects log-probabilities."""
    call = case.first.calls[-1] if case.first.calls else None
    if call is None or call.name not in ("nll_loss", "kl_div") or call.input.ndim != 2:
        return
    total = float(torch.logsumexp(call.input.detach().float(), 1).abs().max())
    if total > 0.01:
        note = f"{call.name} expects log-probabilities; their log-sum-exp is {total:.2f}, not 0."
        yield Finding("M05", 0.95, [note], call.where, remedy=Setup(loss=True))


def raw_as_rates(case: Case) -> Iterator[Finding]:
    """M05: outputs that may be negative enter a loss on rates, which takes their logarithm."""
    call = case.first.calls[-1] if case.first.calls else None
    if call is None or call.name != "poisson_nll_loss" or call.options.get("log_input", True):
        return
    negative = float((call.input.detach() < 0).float().mean())
    if negative > UNREACHABLE:
        note = (
            "poisson_nll_loss with log_input=False expects rates, which are positive; "
            f"{negative:.0%} of the outputs are negative."
        )
        yield Finding("M05", 0.95, [note], call.where, remedy=Setup(loss=True))


def labels_compete(case: Case) -> Iterator[Finding]:
    """M06: cross-entropy on targets that name several labels a row, or none."""
    call = case.first.calls[-1] if case.first.calls else None
    if call is None or call.name != "cross_entropy" or case.program.task.kind != "multilabel":
        return
    rows = call.target.detach().float().sum(1)
    note = (
        f"cross_entropy expects one class a row; the targets name {float(rows.min()):.0f} to "
        f"{float(rows.max()):.0f}."
    )
    yield Finding("M06", 0.93, [note], call.where, remedy=Setup(bare=True, loss=True))


def unfit_output(case: Case) -> Iterator[Finding]:
    """M03: an output activation that cannot give what the targets ask for."""
    reason, last, target = activation_unfit(case), case.lab.output, case.first.target
    if not reason or last is None or target is None:
        return
    kind, remedy = case.program.task.kind, Setup(bare=True, loss=True)
    if kind == "multilabel" and last.name == "softmax":
        yield Finding("M03", 0.9, [reason + "."], last.where, remedy=remedy)
    elif kind == "regression":
        share = unreachable(case)
        if share > UNREACHABLE:
            note = f"{reason}; {share:.0%} of them lie outside."
            yield Finding("M03", 0.9, [note], last.where, remedy=remedy)


def unreachable(case: Case) -> float:
    """Return the share of a batch's targets beyond the output activation's range."""
    low, high = RANGES.get(case.lab.output.name.rstrip("_") if case.lab.output else "", EVERYTHING)
    target = case.first.target
    values = target.float() if target is not None else torch.zeros(1)
    return float(((values < low) | (values > high)).float().mean())


def class_numbers(case: Case) -> Iterator[Finding]:
    """M06: class numbers are regressed although an accuracy is logged."""
    batch = case.lab.train[0]
    own, loss = case.program.targets_of(batch), case.loss_name
    if own is None or own.is_floating_point() or loss not in FIT["regression"]:
        return
    kinds = torch.cat([t.reshape(-1) for t in case.lab.targets]).unique()
    count = len(kinds)
    numbered = 2 < count <= FEW_LABELS and bool((kinds == torch.arange(count)).all())
    accuracy = any("acc" in name.lower() for name in case.trace.logged)
    if numbered and case.first.output is not None and case.first.output[0].numel() == 1:
        note = f"{loss} regresses the numbers of {count} classes with one output."
        where = case.first.calls[-1].where
        yield Finding("M06", 0.88, [note], where, definite=accuracy)


def one_softmax(case: Case) -> Iterator[Finding]:
    """M03: softmax over a single output, which is always 1."""
    last, output = case.lab.output, case.first.output
    if last is None or output is None or last.name != "softmax" or output.shape[-1] != 1:
        return
    note = "Softmax over a single output is always 1."
    yield Finding("M03", 0.95, [note], last.where, remedy=Setup(bare=True, loss=True))


def bottomless(case: Case) -> Iterator[Finding]:
    """M08: the loss sinks without bound while the program gets no better than chance."""
    losses = case.trace.losses
    if len(losses) < 10 or case.observed.score > 0:
        return
    deep = min(losses)
    if deep < -BOTTOMLESS * max(1.0, abs(losses[0])):
        note = f"The loss sinks from {losses[0]:.3g} to {deep:.3g}; the score stays at chance."
        where = case.first.calls[-1].where if case.first.calls else "loss"
        yield Finding("M08", 0.93, [note], where, remedy=Setup(negate=True))


def start_of_loss(case: Case) -> Iterator[Finding]:
    """M14: the loss starts far above chance (P-01), and weights far off their usual scale do it."""
    if case.loss_name != "cross_entropy" or not case.trace.losses:
        return
    chance = math.log(max(case.program.task.classes or 2, 2))
    first = float(case.first.calls[-1].value.detach().mean())
    if not first > FAR_FROM_CHANCE * chance:
        return
    run = case.lab.run(Setup(init=True))
    if not run.losses or run.losses[0] > RECOVERED * case.lab.run(Setup()).losses[0]:
        return
    ratio, place = scales(case)
    note = f"The loss starts at {first:.3g}; chance is {chance:.2f}."
    mended = f"Standard weights start {run.losses[0] / case.lab.run(Setup()).losses[0]:.2g} as high"
    evidence = [note, f"{mended}; {place or 'no layer'} has {ratio:.3g} times the usual scale."]
    certain = ratio > FAR_OFF_SCALE
    better = run.score >= case.observed.score
    yield Finding("M14", 0.9, evidence, place, certain, Setup(init=True), better or None)


DETECTORS = [
    Detector("logits", "losses on logits get logits", probabilities_as_logits),
    Detector("log-probabilities", "losses on log-probabilities get them", raw_as_log_probabilities),
    Detector("rates", "a loss on rates gets rates", raw_as_rates),
    Detector("one-label", "cross-entropy gets one class a row", labels_compete),
    Detector("output-range", "outputs can reach the targets", unfit_output),
    Detector("class-numbers", "class numbers are not regressed", class_numbers),
    Detector("bottomless", "the loss has a floor", bottomless),
    Detector("single-softmax", "softmax has more than one output", one_softmax),
    Detector("start", "the loss starts near chance", start_of_loss),
]
