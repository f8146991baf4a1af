"""Fixes of the loop beyond what the lab's own loop does: modes, graphs kept, what is held out."""

import gc
from typing import Any

import torch
from torch import Tensor

from startsimple.diagnosis.batches import picked, usual_rows, whole
from startsimple.diagnosis.case import Case
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.mending import modes_kept
from startsimple.diagnosis.remedies.remedy import (
    Attempt,
    Mend,
    Remedy,
    goal_of,
    judged,
    mended_lab,
)
from startsimple.diagnosis.rig import Rig
from startsimple.diagnosis.setup import Setup
from startsimple.program.loss_graph import with_graph

QUIET = 1e-3
STEPS = 12
PARTS = 5
# Two held-out scores agree if they differ by less than so many over the root of their rows.
NOISE = 2.0


def modes_right(case: Case, finding: Finding) -> Attempt | None:
    """O08: train in training mode, evaluate in evaluation mode, and let dropout follow them.

    Fixed: two evaluation passes agree, and the copy scores as well as the best setup.
    """
    mend = Mend("modes switched by the loop", modes=(modes_kept,), logical=True)
    lab, tried = mended_lab(case, mend), list[Attempt]()
    for setup in (Setup(), Setup(unregularised=True)):
        rig, run = lab.trained(setup)
        quiet = noise(rig) < QUIET
        goal = max(goal_of(case, lab, mend), run.score)
        tried.append(judged(mend, case.observed.score, run.score, goal, gone=quiet))
        if tried[-1].fixed:
            break
    return tried[-1]


def noise(rig: Rig) -> float:
    """Return the difference of two evaluation passes of a copy, over the outputs' spread."""
    rig.model.eval()
    batch = (rig.lab.held or rig.lab.train)[0]
    outputs = list[Tensor]()
    with torch.no_grad():
        for seed in (1, 2):
            torch.manual_seed(seed)
            outputs.append(rig.pair(batch)[0].float())
    spread = float(outputs[0].std()) or 1.0
    return float((outputs[0] - outputs[1]).abs().mean()) / spread


def graphs_dropped(case: Case, finding: Finding) -> Attempt | None:
    """O09: keep numbers, not graphs: what the program's own lists hold is taken off its graph.

    Fixed: the graphs alive do not grow with the steps, and the score is not worse.
    """
    mend = Mend("only numbers kept of each loss", logical=True)
    lab = mended_lab(case, mend)
    kept, dropped = (growth(Rig(lab, Setup()), drop=drop) for drop in (False, True))
    if kept <= 0:  # What keeps the graphs is not part of a step, so no copy shows it.
        return None
    after = lab.run(Setup()).score
    goal = max(goal_of(case, lab, mend), after)
    done = judged(mend, case.observed.score, after, goal, gone=dropped <= 0)
    note = f"{dropped} graphs are added in {STEPS} steps then ({kept} with the lists as they are)."
    return Attempt(done.fixed, f"{done.evidence} {note}")


def growth(rig: Rig, *, drop: bool) -> int:
    """Return how many more tensors with a graph are alive after some steps than after one.

    Args:
        rig: A copy to train.
        drop: Whether tensors in lists of the program's own are taken off their graphs.
    """
    owner: Any = getattr(rig.program, "module", rig.model)
    first = 0
    for step in range(STEPS + 1):
        rig.train_step([rig.lab.train[step % len(rig.lab.train)]])
        if drop:
            for kept in [v for v in vars(owner).values() if isinstance(v, list)]:
                kept[:] = [t.detach() if isinstance(t, Tensor) else t for t in kept]
        if step == 0:
            first = _alive()
    return _alive() - first


def _alive() -> int:
    gc.collect()
    return with_graph()


def held_out(case: Case, finding: Finding) -> Attempt | None:
    """O15: hold rows out and score on them.

    There is no score before. Fixed: two held-out parts without a row in common give scores that
    agree within the noise of their size, so that what is reported holds for new rows.
    """
    program = case.program
    if program.task.kind == "other" or case.lab.held:
        return None
    rows = whole(program, case.lab.train)
    count = len(program.inputs_of(rows))
    parts = torch.arange(count).tensor_split(PARTS)
    scores = list[float]()
    for part in range(2):
        rest = torch.cat([p for i, p in enumerate(parts) if i != part])
        train = picked(program, rows, rest, usual_rows(case))
        held = picked(program, rows, parts[part], len(parts[part]))
        scores.append(case.lab.mended(train=train, held=held).run(Setup()).score)
    apart = abs(scores[0] - scores[1])
    note = f"With a fifth of the rows held out it scores {scores[0]:.2f}, with another fifth "
    fixed = min(scores) > -1 and apart <= NOISE / len(parts[0]) ** 0.5
    return Attempt(fixed, f"{note}{scores[1]:.2f}.")


def repeats_when_seeded(case: Case, finding: Finding) -> Attempt | None:
    """O16: build the program twice with every source of chance seeded alike; it then repeats."""
    repeats = case.trace.facts.get("repeats_seeded")
    if repeats is None:
        return None
    shown = "equal" if repeats else "still different"
    note = f"With every generator seeded by one number, two short runs give {shown} losses."
    return Attempt(bool(repeats), note)


REMEDIES: dict[str, list[Remedy]] = {
    "O08": [modes_right],
    "O09": [graphs_dropped],
    "O15": [held_out],
    "O16": [repeats_when_seeded],
}
