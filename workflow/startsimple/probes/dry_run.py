"""R-01: the program takes a step, and a checkpoint of it gives the same output again."""

import io

import torch
from torch import Tensor

from startsimple.probes.running import first_batch, step, update
from startsimple.program.seeded import seeded
from startsimple.program.subject import Batch, Subject
from startsimple.schema.verdict import Check, judge

ID, SOURCE = "R-01", "method R-01 (ML Test Score, Infra-2)"

SAME = "same output"
OTHER = "other output"
RAISES = "raises"


def probe(subject: Subject, seed: int = 0) -> Check:
    """Run forward, backward and step; save, restore into a fresh copy, compare the outputs.

    Args:
        subject: The program; it is left as it was.
        seed: Seeds both evaluations alike, so that only the weights can make them differ.

    Returns:
        R-01. Fails if anything raises, or if the restored program answers differently: its
        state is then not all in its state_dict.
    """
    value, evidence = SAME, "forward, backward, step, save and restore all work"
    try:
        difference = _round_trip(subject, seed)
        if difference > 0:
            value = OTHER
            evidence = f"after save and restore the output differs by up to {difference:.3g}"
    except Exception as error:
        first_line = str(error).strip().partition("\n")[0]
        value, evidence = RAISES, f"{type(error).__name__}: {first_line}"
    return judge(
        ID,
        "one step runs, and its checkpoint restores it",
        value,
        "==",
        SAME,
        source=SOURCE,
        evidence=evidence,
    )


def _round_trip(subject: Subject, seed: int) -> float:
    trained, restored = subject.fork(), subject.fork()
    batch, held_out = first_batch(trained), first_batch(trained, "val")
    with seeded(seed):
        update(trained, trained.optimizers(), batch)
    checkpoint = io.BytesIO()
    torch.save(trained.model.state_dict(), checkpoint)
    checkpoint.seek(0)
    restored.model.load_state_dict(torch.load(checkpoint, weights_only=True))
    outputs = [_answer(program, held_out, seed) for program in (trained, restored)]
    # NaN is R-08's business: here it only has to come back.
    first, second = (torch.nan_to_num(output) for output in outputs)
    return float((first - second).abs().max())


def _answer(subject: Subject, batch: Batch, seed: int) -> Tensor:
    with seeded(seed), torch.no_grad():
        done = step(subject, batch, train=False)
    return (done.loss if done.output is None else done.output).detach()
