"""Looks at how parts are wired together: joined with themselves, numbered by the wrong axis."""

from collections.abc import Iterator

import torch
from torch import Tensor

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detector import Detector
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.relations import rows_belong_together
from startsimple.diagnosis.setup import SEED, Setup
from startsimple.program.joined import JOINS
from startsimple.program.layers import DROPOUTS
from startsimple.program.seeded import seeded
from startsimple.program.subject import Batch

MOVED = 1e-2
NEARLY_ALL = 0.9


def joined_with_itself(case: Case) -> Iterator[Finding]:
    """M18: features are joined with themselves, where the other branch was meant."""
    for op in case.trace.forward.ops if case.trace.forward else []:
        parts = op.args[0] if op.name in JOINS and op.args else ()
        if not isinstance(parts, tuple | list) or len(parts) != 2:
            continue
        one, other = parts
        along = op.kwargs.get("dim", op.args[1] if len(op.args) > 1 else 0)
        if one is other and isinstance(one, Tensor) and one.requires_grad and along != 0:
            note = f"Features of shape {tuple(one.shape)} are joined with themselves."
            yield Finding("M18", 0.85, [note], op.where)
            return


def place_in_batch(case: Case) -> Iterator[Finding]:
    """M11: an example's output depends on its place in the batch, and on no other example."""
    forward, batch = case.trace.forward, case.lab.train[0]
    rows = len(case.program.inputs_of(batch)) if case.program.inputs_of(batch).ndim else 0
    if rows < 3 or forward is None or len(forward.inputs) != 1 or rows_belong_together(case):
        return
    if len(getattr(batch, "inputs", ())) > 1:  # Several networks, of whose inputs one would change.
        return
    before = _answers(case, batch, SEED)
    first = case.program.inputs_of(batch)[:1]
    # Rows that are all the same get the same outputs, wherever they stand.
    same = case.program.with_inputs(batch, first.expand(rows, *first.shape[1:]).clone())
    alike, again = _answers(case, same, SEED), _answers(case, same, SEED + 1)
    if not before.ndim or len(before) != rows or not torch.equal(alike, again):
        return
    if torch.equal(before, alike):  # A generator's answers have nothing to do with what comes in.
        return
    moved, scale = float((alike - alike[:1]).abs().max()), float(before.std())
    if scale > 0 and moved > MOVED * scale:
        note = (
            "The same example at each place of a batch gets outputs that differ by "
            f"{moved / scale:.0%} of their spread: something is numbered along the batch."
        )
        yield Finding("M11", 0.93, [note], "forward")


def _answers(case: Case, batch: Batch, seed: int) -> Tensor:
    twin = case.program.fork()
    twin.model.eval()
    with torch.no_grad(), seeded(seed):
        return twin.predict(batch).float()


def dropped(case: Case) -> Iterator[Finding]:
    """M19: nearly all units are dropped, as where the rate to keep was meant."""
    for name, module in case.program.model.named_modules():
        if isinstance(module, DROPOUTS) and module.p >= NEARLY_ALL:
            note = f"{name} drops {module.p:.0%} of the units."
            yield Finding("M19", 0.75, [note], name, remedy=Setup(unregularised=True))
            return


DETECTORS = [
    Detector("dropped", "most units are kept", dropped),
    Detector("joined", "no part is joined with itself", joined_with_itself),
    Detector("place", "outputs do not depend on the place in the batch", place_in_batch),
]
