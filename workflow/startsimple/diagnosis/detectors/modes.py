"""Looks at modes: training in training mode, evaluation in evaluation mode, and what they do."""

import math
from collections.abc import Iterator, Sequence

import torch

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detector import Detector
from startsimple.diagnosis.finding import Finding
from startsimple.program.layers import DROPOUTS, NORMS
from startsimple.program.rows import same_rows
from startsimple.program.trace import Evaluation

HALF = 0.5
# Three passes over each batch make one third of the neighbours equal.
SAMPLED = 0.3


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
    if _sampled(later):
        return
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


def _sampled(passes: Sequence[Evaluation]) -> bool:
    """Whether the same rows are asked again and again, as where dropout is averaged on purpose."""
    again = 0
    for one, two, three in zip(passes, passes[1:], passes[2:], strict=False):
        equal = one.step == two.step == three.step and all(
            same_rows(a, b)
            for other in (two, three)
            for a, b in zip(one.arguments, other.arguments, strict=False)
        )
        again += equal and bool(one.arguments)
    return again > SAMPLED * len(passes)


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
    return same_rows(*outputs)


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


DETECTORS = [
    Detector("modes", "training and evaluation modes are right", wrong_mode),
    Detector("eval-collapse", "evaluation mode agrees with training mode", eval_collapse),
]
