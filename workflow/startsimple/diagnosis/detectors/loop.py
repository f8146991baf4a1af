"""Looks at the training loop as it ran: gradients, steps, rates, modes, clipping, memory."""

import math
from collections.abc import Iterator

import numpy as np
import torch

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detector import Detector
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.setup import Setup
from startsimple.program.layers import DROPOUTS, NORMS

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


def wrong_mode(case: Case) -> Iterator[Finding]:
    """O08: training in evaluation mode, evaluation in training mode, dropout that never rests."""
    modal = [m for m in case.program.model.modules() if _has_modes(m)]
    steps = [s for s in case.trace.steps if s.training is not None]
    in_eval = sum(not s.training for s in steps)
    if modal and steps and in_eval > HALF * len(steps):
        kinds = sorted({type(m).__name__ for m in modal})
        note = f"{in_eval} of {len(steps)} steps ran in evaluation mode, with {', '.join(kinds)}."
        yield Finding("O08", 0.95, [note], "training loop")
    later = [e for e in case.trace.evaluations if e.step]
    in_train = sum(e.training for e in later if not e.grad)
    silent = [e for e in later if not e.grad]
    if modal and silent and in_train > HALF * len(silent):
        note = f"{in_train} of {len(silent)} evaluation passes ran in training mode."
        yield Finding("O08", 0.95, [note], "evaluation")
    # Where outputs are made by the whole step, its own random views are no fault of the model.
    if case.trained is None or case.program.derived:
        return
    gap = eval_noise(case)
    if gap > 1e-3 and not _made_of_noise(case):
        note = f"Two evaluation passes on one batch differ by {gap:.3g} of the outputs' spread."
        yield Finding("O08", 0.95, [note], "forward")


def _has_modes(module: torch.nn.Module) -> bool:
    if isinstance(module, NORMS):
        return True
    return isinstance(module, DROPOUTS) and module.p > 0


def eval_noise(case: Case) -> float:
    """Return the difference of two evaluation passes, relative to the outputs' spread (R-07).

    A model that squashes all outputs to one value in evaluation counts as noise-free; what that
    does to its score is the experiment's matter.
    """
    assert case.trained is not None
    # A training step may draw noise of its own: the validation step is what must be quiet.
    twin, batch = case.trained.fork(), (case.lab.held or case.lab.train)[0]
    twin.model.eval()
    with torch.no_grad():
        torch.manual_seed(1)
        first = twin.predict(batch)
        torch.manual_seed(2)
        second = twin.predict(batch)
    spread = float(first.float().std()) or 1.0
    return float((first - second).abs().float().mean()) / spread


def _made_of_noise(case: Case) -> bool:
    """Whether outputs are made of noise alone, as a generator's are: other rows change nothing."""
    assert case.trained is not None
    twin, batch = case.trained.fork(), (case.lab.held or case.lab.train)[0]
    twin.model.eval()
    outputs = list[torch.Tensor]()
    with torch.no_grad():
        for rows in (batch, twin.with_inputs(batch, twin.inputs_of(batch).roll(1, 0))):
            torch.manual_seed(1)
            outputs.append(twin.predict(rows))
    return outputs[0].shape == outputs[1].shape and torch.equal(*outputs)


def eval_collapse(case: Case) -> Iterator[Finding]:
    """O08, M20: the trained model answers far worse in evaluation mode (P-19)."""
    if case.trained is None or case.program.task.kind == "other":
        return
    scores = case.mode_scores()
    if scores is None:
        return
    train, evaluation = scores
    if math.isnan(train) or math.isnan(evaluation):
        return
    if train - evaluation < 0.2 or evaluation > 0.75 * train:
        return
    norms = [n for n, m in case.program.model.named_modules() if isinstance(m, NORMS)]
    note = (
        f"On training rows the model scores {train:.2f} in training mode, {evaluation:.2f} "
        f"in evaluation mode."
    )
    if norms:
        mended = case.recalibrated_score()
        evidence = [note, f"With running statistics taken afresh it scores {mended:.2f}."]
        yield Finding("M20", 0.93, evidence, norms[0])
    else:
        yield Finding("O08", 0.93, [note], "dropout")


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
    """O16: two runs from the same seeds differ (P-12)."""
    differs = case.trace.facts.get("repeats")
    if differs is False:
        note = "Two short runs from equal seeds and weights gave different losses."
        yield Finding("O16", 0.93, [note], "sources of chance")


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
    Detector("attached", "the loss reaches the model", detached),
    Detector("modes", "training and evaluation modes are right", wrong_mode),
    Detector("eval-collapse", "evaluation mode agrees with training mode", eval_collapse),
    Detector("clipping", "clipping leaves most gradients whole", clipped),
    Detector("accumulation", "accumulated losses are scaled", unscaled),
    Detector("graphs", "no graph outlives its step", kept),
    Detector("repeats", "equal seeds give equal runs", unseeded),
    Detector("precision", "the computation is in single precision", precision),
]
