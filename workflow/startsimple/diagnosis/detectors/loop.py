"""Looks at the training loop as it ran: gradients, steps, rates, clipping, memory."""

import math
from collections.abc import Iterator

import numpy as np
import torch

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detector import Detector
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.setup import Setup

MOST = 0.8
HALF = 0.5
TIGHT = 20.0


def not_cleared(case: Case) -> Iterator[Finding]:
    """O04: backward passes add to gradients that earlier steps have used (R-05)."""
    steps = case.trace.steps[1:]
    stale = sum(step.stale for step in steps)
    if len(steps) >= 3 and stale > MOST * len(steps):
        note = f"At {stale} of {len(steps)} steps the backward pass added to used gradients."
        yield Finding("O04", 0.97, [note], "training loop", remedy=Setup())


def no_step(case: Case) -> Iterator[Finding]:
    """O05: backward passes without steps, or steps that find no gradient."""
    trace = case.trace
    passes, steps = len(trace.losses), len(trace.steps)
    if passes >= 10 and steps == 0:
        yield Finding(
            "O05", 0.98, [f"{passes} backward passes, no optimiser step."], "training loop"
        )
        return
    if steps >= 5 and passes > 100 * steps:
        note = f"{passes} backward passes, only {steps} optimiser steps."
        yield Finding("O05", 0.9, [note], "training loop")
    empty = sum(step.empty for step in trace.steps)
    measured = sum(step.grad_norm is not None for step in trace.steps)
    early = all(step.empty for step in trace.steps[:5])  # A model can also die on the way.
    attached = trace.facts.get("attached", True)
    cleared = measured >= 3 and early and empty > MOST * measured
    if cleared and attached and not case.foreign and _flows(case):
        note = f"{empty} of {measured} measured steps found no gradient: it was cleared before."
        yield Finding("O05", 0.95, [note], "training loop", remedy=Setup())


def idle_optimizer(case: Case) -> Iterator[Finding]:
    """O05: one of several optimisers never moved what it holds, though gradients arrive there."""
    if case.trained is None or case.trace.ended_early or case.trace.error:
        return
    twin = case.program.fork()
    optimizers = twin.optimizers()
    names = {id(p): name for name, p in twin.model.named_parameters()}
    moved, grads = case.moved(), case.gradients()
    for optimizer in optimizers if len(optimizers) > 1 else []:
        held = [p for g in optimizer.param_groups if g["lr"] for p in g["params"]]
        own = [names[id(p)] for p in held if id(p) in names]
        arriving = [grad for grad in map(grads.get, own) if grad is not None]
        if moved and not moved & set(own) and any(bool(grad.any()) for grad in arriving):
            note = f"{len(own)} weights of an optimiser get gradients and never moved."
            yield Finding("O05", 0.95, [note], own[0], remedy=Setup())


def _flows(case: Case) -> bool:
    """Whether the first batch's loss gives the model a gradient at all."""
    grads = case.gradients()
    return any(g is not None and bool(g.any()) for g in grads.values())


def detached(case: Case) -> Iterator[Finding]:
    """O07: the loss has no path back to the model."""
    if not case.trace.facts.get("attached", True):
        yield Finding("O07", 0.95, ["The loss has no graph when backward starts."], "training loop")
        return
    forward = case.trace.forward
    held = {id(p) for p in (case.trace.trained.parameters() if case.trace.trained else [])}
    reached = case.trace.facts.get("reached")
    if forward is not None and reached is not None and held and not (held & reached):
        note = "The loss depends on no parameter of the model."
        yield Finding("O07", 0.95, [note], "training loop")


def clipped(case: Case) -> Iterator[Finding]:
    """O11: clipping cuts nearly every gradient to a small part of itself."""
    steps = [s for s in case.trace.steps if s.grad_norm is not None][1:]
    clips = [s.clip for s in steps if s.clip is not None]
    if len(clips) < 5 or len(clips) < MOST * len(steps):
        return
    ratio = float(np.median([before / max(after, 1e-30) for after, before in clips]))
    if not ratio > TIGHT:
        return
    left = float(np.median([after for after, _ in clips]))
    note = f"Gradients are cut to a norm of {left:.3g}, a {ratio:.0f}th of what they were."
    yield Finding(
        "O11", 0.85, [note], "gradient clipping", definite=False, remedy=Setup(unclipped=True)
    )


# Two losses may each have a backward pass of their own; more passes are batches.
SEVERAL = 3


def unscaled(case: Case) -> Iterator[Finding]:
    """O12: several backward passes a step, each with the full loss."""
    steps = case.trace.steps
    passes = float(np.median([s.backwards for s in steps])) if steps else 0
    if passes < 2:
        return
    # A loop of the program's own divides before backward; a trainer divides afterwards.
    calls = case.first.calls
    if not case.automatic and len(calls) != 1:
        return
    whole = float((case.first.loss if case.automatic else calls[-1].value).detach().mean())
    seen = case.trace.losses[0]
    if abs(seen) > 0.8 * abs(whole):
        note = f"{passes:.0f} backward passes a step, each with the full loss of {seen:.3g}."
        yield Finding(
            "O12",
            0.8,
            [note],
            "training loop",
            definite=passes >= SEVERAL,
            remedy=Setup(rate=1 / passes),
        )


def kept(case: Case) -> Iterator[Finding]:
    """O09: old losses are still alive with their graphs."""
    share = case.trace.kept_losses
    if share > HALF:
        note = f"{share:.0%} of the losses of past steps are still alive with their graph."
        yield Finding("O09", 0.9, [note], "training loop")
    share = case.trace.kept_evaluations
    if share > HALF:
        note = f"{share:.0%} of the evaluation passes are still alive with their graph."
        yield Finding("O09", 0.9, [note], "evaluation")
    left = case.trace.facts.get("left", 0.0)
    if left > MOST:
        note = f"Each step leaves {left:.1f} more tensors behind whose graphs are kept alive."
        yield Finding("O09", 0.9, [note], "training loop")


def unseeded(case: Case) -> Iterator[Finding]:
    """O16: two runs from the same seeds differ (P-12), or a script draws without any seed."""
    differs = case.trace.facts.get("repeats")
    if differs is False:
        note = "Two short runs from equal seeds and weights gave different losses."
        yield Finding("O16", 0.93, [note], "sources of chance")
    if loose := case.trace.facts.get("unseeded"):
        note = f"The script draws from sources of chance that it never seeds: {', '.join(loose)}."
        yield Finding("O16", 0.85, [note], "sources of chance")


def precision(case: Case) -> Iterator[Finding]:
    """O18: the model computes in half precision and suffers, or the loss is a half."""
    kinds = {p.dtype for p in case.program.model.parameters()}
    low = kinds & {torch.float16, torch.bfloat16}
    out = case.first.output
    low_out = out is not None and out.dtype in (torch.float16, torch.bfloat16)
    loss = case.first.loss.dtype
    halved = loss in (torch.float16, torch.bfloat16)
    if low or low_out or halved:
        shown = next(iter(low), out.dtype if low_out and out is not None else loss)
        lost = halved and not all(math.isfinite(value) for value in case.trace.losses)
        definite = bool(low) or lost
        yield Finding(
            "O18",
            0.85,
            [f"The {'loss' if halved and not low else 'model'} is computed in {shown}."],
            "dtype",
            definite=definite,
            remedy=Setup(float32=True),
        )


DETECTORS = [
    Detector("cleared", "gradients are cleared every step", not_cleared),
    Detector("steps", "every backward pass leads to a step", no_step),
    Detector("idle-optimizer", "every optimiser moves what it holds", idle_optimizer),
    Detector("attached", "the loss reaches the model", detached),
    Detector("clipping", "clipping leaves most gradients whole", clipped),
    Detector("accumulation", "accumulated losses are scaled", unscaled),
    Detector("graphs", "no graph outlives its step", kept),
    Detector("repeats", "equal seeds give equal runs", unseeded),
    Detector("precision", "the computation is in single precision", precision),
]
