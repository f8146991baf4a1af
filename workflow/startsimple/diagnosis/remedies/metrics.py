"""Fixes of metrics: one shape, a cut for a single output, no state, or the metric done over.

Fixed means here: the mended number agrees, within its noise, with one that is recomputed from the
outputs in another way, and the number that the program reported does not.
"""

import copy
import math
from contextlib import nullcontext
from typing import Any

from torch import nn

from startsimple.diagnosis import mending
from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detectors.metrics import SHARES, validated
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.lab import Mode
from startsimple.diagnosis.remedies.remedy import Attempt, Remedy
from startsimple.diagnosis.setup import SEED
from startsimple.program.spy import tensors_in

# How far two computations of one metric may lie apart: weights and rows are the same.
AGREE = 0.02
# Rows of a batch of another size than anybody chooses.
ODD = 7
REGRESSIONS = ("r2", "explained", "r_2")


def reported(case: Case, finding: Finding) -> tuple[str, float] | None:
    """Return the name and last value of the metric that a finding is about."""
    names = [finding.where] if finding.where in case.trace.logged else sorted(case.trace.logged)
    named = [n for n in names if n == finding.where or any(s in n.lower() for s in SHARES)]
    named = sorted(named, key=lambda name: "val" not in name.lower())
    if not named:
        return None
    values, batches = case.trace.logged[named[0]], len(list(case.program.batches("val")))
    # A value for each batch, or one for each pass.
    shown = values[-batches:] if len(values) >= 2 * batches > 0 else values[-1:]
    return named[0], sum(shown) / len(shown)


def truth(case: Case, name: str) -> float | None:
    """Return what a metric of that name is by our own computation; None if it is another one."""
    if any(word in name.lower() for word in REGRESSIONS):
        return case.observed.held if case.program.task.kind == "regression" else None
    return case.accuracy(case.trained) if case.trained is not None else None


def own_metric_mended(case: Case, finding: Finding) -> Attempt | None:
    """O17: run the program's own validation again with one shape, a cut, or a fresh state."""
    shown = reported(case, finding)
    value = truth(case, shown[0]) if shown is not None else None
    fresh = fresh_state(case)
    if shown is None or value is None or fresh is None:
        return None
    name, before = shown
    if abs(before - value) <= AGREE:
        return None
    mends: tuple[tuple[str, Mode | None], ...] = (
        ("a metric that starts empty", None),
        ("predictions and targets of one shape", mending.aligned),
        ("a cut for the single output", mending.argmax_of_one),
    )
    batches, epochs = list(case.program.batches("val")), int(case.trace.facts.get("epochs", 1))
    for what, mode in mends:
        logged = run_validation(fresh, batches, epochs, mode).get(name)
        if not logged:
            continue
        after = sum(logged) / len(logged)
        if abs(after - value) <= AGREE:
            note = f"With {what} {name} is {after:.3g} ({before:.3g} before); recomputed apart "
            return Attempt(True, f"{note}from it, {value:.3g}.")
    return None


def run_validation(
    program: Any, batches: list[Any], epochs: int, mode: Mode | None
) -> dict[str, list[float]]:
    """Return what a program logs in one validation epoch, in a context."""
    if not hasattr(getattr(program, "module", None), "validation_step"):
        return {}
    try:
        with nullcontext() if mode is None else mode():
            return validated(program, batches, epochs)
    except (RuntimeError, ValueError, TypeError, IndexError):
        return {}


def fresh_state(case: Case) -> Any:
    """Return the program with trained weights and everything else as it began; None for scripts."""
    module = getattr(case.trained, "module", None)
    if not isinstance(module, nn.Module) or not hasattr(module, "validation_step"):
        return None
    twin: Any = copy.copy(case.program.fork())
    twin.module.load_state_dict(module.state_dict())
    return twin


def done_over(case: Case, finding: Finding) -> Attempt | None:
    """O17: compute the metric over all rows at once, which other batches must not change."""
    shown = reported(case, finding) or reported_by_script(case)
    if shown is None or case.trained is None or not case.lab.held:
        return None
    name, before = shown
    value = truth(case, name)
    mixed = case.program.regroup(case.lab.held, rows=ODD, seed=SEED)
    if value is None or math.isnan(value):
        return None
    if case.program.task.kind == "regression":
        again = case.score_on(mixed)
    else:
        pair = case.predictions(case.trained, batches=mixed)
        again = float((pair[0] == pair[1]).float().mean()) if pair is not None else math.nan
    # The number that was reported may be right for batches of one size only.
    own = run_validation(case.trained, mixed, 1, None).get(name, [])
    numbers = [before, *([sum(own) / len(own)] if own else [])]
    wrong = any(abs(number - value) > AGREE for number in numbers)
    shown_as = " and ".join(f"{number:.3g}" for number in numbers)
    note = f"Done over on all rows, {name} is {value:.3g}, in batches of {ODD} {again:.3g}; the "
    note += f"program's own way gives {shown_as}."
    return Attempt(wrong and abs(again - value) <= AGREE, note)


def reported_by_script(case: Case) -> tuple[str, float] | None:
    """Return the share of hits in the last comparison that a script's evaluation made."""
    for evaluation in reversed(case.trace.evaluations):
        for op in reversed(evaluation.ops):
            if op.name in ("eq", "__eq__") and tensors_in(op.out):
                return "the share of hits", float(tensors_in(op.out)[0].float().mean())
    return None


REMEDIES: dict[str, list[Remedy]] = {"O17": [own_metric_mended, done_over]}
