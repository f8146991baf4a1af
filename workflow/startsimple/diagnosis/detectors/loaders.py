"""Looks at the loaders: chance where there should be none, order, workers, channels, dtypes."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detector import Detector
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.order import label_disorder
from startsimple.program.layers import BATCH_NORMS
from startsimple.program.modules import draw
from startsimple.program.rows import hash_row

SORTED = 0.35
SMOOTHER = 0.98
MOST = 0.8
IMAGES_NEEDED, MOST_IMAGES = 200, 800
CHANCE = 8.0
BETTER = 0.25


def random_validation(case: Case) -> Iterator[Finding]:
    """D14: the validation loader gives other inputs each time it is drawn."""
    loaders = case.trace.facts.get("loaders")
    if loaders is not None and loaders.val is not None:
        if _same_set(case, draw(loaders.val, 400, 1), draw(loaders.val, 400, 2)):
            return
        yield Finding(
            "D14", 0.96, ["Two draws of the validation loader differ."], "validation transform"
        )
        return
    rounds: dict[int, list[Tensor]] = {}
    for e in case.trace.evaluations:
        if not e.grad and e.inputs is not None and e.step:
            rounds.setdefault(e.step, []).append(e.inputs)
    sets = [{hash_row(r) for t in tensors for r in t} for tensors in rounds.values()]
    if (
        len(sets) >= 2
        and len(sets[0]) == len(sets[-1])
        and len(sets[0] & sets[-1]) < 0.1 * len(sets[0])
    ):
        yield Finding(
            "D14", 0.85, ["Validation inputs change from pass to pass."], "validation transform"
        )


def _same_set(case: Case, first: list[Any], second: list[Any]) -> bool:
    one, two = (
        {hash_row(r) for b in part for r in case.program.inputs_of(b)} for part in (first, second)
    )
    return len(one & two) > 0.5 * min(len(one), len(two))


def sorted_rows(case: Case) -> Iterator[Finding]:
    """D15: batches hold runs of one label."""
    disorder = label_disorder(case)
    if disorder < SORTED:
        note = f"Batches hold {disorder:.0%} of the label variety that shuffled batches would."
        yield Finding("D15", 0.93, [note], "training loader")


def channels(case: Case) -> Iterator[Finding]:
    """D16: pixels were reshaped instead of permuted, or colours swapped between the splits."""
    x = case.program.inputs_of(case.lab.train[0])
    if x.ndim != 4 or not x.is_floating_point():
        return
    if x.shape[1] > 4 and x.shape[-1] in (1, 3, 4):
        yield Finding(
            "D16", 0.85, [f"Images enter as {tuple(x.shape)}: channels last."], "transform"
        )
        return
    count, height, width = x.shape[1:]
    if 2 <= count <= 4:
        x = torch.cat([case.program.inputs_of(b) for b in case.lab.train[:25]])
        other = x.reshape(len(x), height, width, count).permute(0, 3, 1, 2)
        ratio = roughness(other) / max(roughness(x), 1e-12)
        smoother = sum(roughness(b) < roughness(a) for a, b in zip(x[:100], other, strict=False))
        most = ratio < SMOOTHER and smoother > MOST * min(len(x), 100)
        if most or surely_smoother(x, other):
            note = f"Read as channels-last, images have {ratio:.2f} times the roughness."
            yield Finding("D16", 0.93, [note], "transform")
            return
        yield from _swapped_colours(case)
        yield from _reads_reversed(case)


def surely_smoother(x: Tensor, other: Tensor) -> bool:
    """Whether images have less roughness in another reading on average, beyond all chance."""
    if len(x) < IMAGES_NEEDED:
        return False
    pairs = zip(x[:MOST_IMAGES], other, strict=False)
    less = torch.tensor([roughness(b) / max(roughness(a), 1e-12) - 1 for a, b in pairs])
    error = float(less.std()) / len(less) ** 0.5
    return float(less.mean()) < SMOOTHER - 1 and float(less.mean()) < -CHANCE * error


def roughness(images: Tensor) -> float:
    """Return the mean step between neighbouring pixels, over the pixels' spread."""
    steps = images.diff(dim=-1).abs().mean() + images.diff(dim=-2).abs().mean()
    return float(steps / (images.std() + 1e-12))


def _swapped_colours(case: Case) -> Iterator[Finding]:
    splits = [list(case.program.batches(s, 50)) for s in ("train", "val")]
    if not splits[1]:
        return
    means = [
        torch.cat([case.program.inputs_of(b) for b in part]).mean((0, 2, 3)) for part in splits
    ]
    straight = float((means[0] - means[1]).norm())
    flipped = float((means[0] - means[1].flip(0)).norm())
    apart = float((means[0] - means[0].flip(0)).norm())
    if flipped < 0.3 * straight and straight > 0.5 * apart > 0.01:
        note = (
            f"Channel means of the splits agree when one is reversed ({flipped:.3f} "
            f"against {straight:.3f})."
        )
        yield Finding("D16", 0.9, [note], "validation transform")


def _reads_reversed(case: Case) -> Iterator[Finding]:
    """Hold the trained model's score on validation images against that on reversed channels."""
    if case.trained is None or not case.lab.held:
        return
    scores = [case.score_on(batches) for batches in (case.lab.held, _reversed(case))]
    if scores[1] - scores[0] > BETTER:
        note = (
            f"The trained model scores {scores[0]:.2f} on validation images and {scores[1]:.2f} "
            f"when their channels are reversed."
        )
        yield Finding("D16", 0.97, [note], "validation transform")


def _reversed(case: Case) -> list[Any]:
    program = case.program
    return [program.with_inputs(b, program.inputs_of(b).flip(1)) for b in case.lab.held]


def tiny_batch(case: Case) -> Iterator[Finding]:
    """D19: a batch of one or two rows meets batch normalisation."""
    norms = [m for m in case.program.model.modules() if isinstance(m, BATCH_NORMS)]
    rows = [len(case.program.inputs_of(b)) for b in case.lab.train]
    if norms and min(rows) <= 2 and (len(rows) > 1 or min(rows) == 1):
        note = f"The smallest training batch has {min(rows)} rows, with batch normalisation."
        yield Finding("D19", 0.9, [note], "training loader")


DETECTORS = [
    Detector("validation-fixed", "validation inputs do not change", random_validation),
    Detector("shuffled", "training rows are shuffled", sorted_rows),
    Detector("channels", "channels are in order", channels),
    Detector("tiny-batch", "batches suit batch normalisation", tiny_batch),
]
