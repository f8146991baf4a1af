"""Looks at the program's own metric where it alone says what a good answer is."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detector import Detector
from startsimple.diagnosis.detectors.metrics import SHARES, validated
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.setup import Setup

# Shares that ranks are judged by, beside those that classes are.
RANKS = ("ndcg", "hit", "map", "mrr")
# Two epochs of one program differ by less.
CHANGED = 0.05
COIN, EPOCHS = 0.5, 3


def turned(case: Case) -> Iterator[Finding]:
    """M08: the program's own metric falls below where it began, and rises if the loss is negated.

    A pair of rows, one of which is to be ranked higher, has no target that could be scored here.
    """
    trained, batches = case.trained, list(case.program.batches("val"))
    step = getattr(getattr(trained, "module", None), "validation_step", None)
    unknown = case.program.task.kind == "other" or case.outcome is None or not case.outcome.scored
    if trained is None or step is None or not batches or not unknown or case.trace.error:
        return
    first, last = (_shares(validated(p, batches, 1)) for p in (case.program, trained))
    falling = [
        name for name in sorted(last) if name in first and last[name] < first[name] - CHANGED
    ]
    if not falling:
        return
    rig, _ = case.lab.trained(Setup(negate=True))
    mended = _shares(validated(rig.program, batches, 1))
    for name in falling:
        if mended[name] > first[name] + CHANGED:
            note = f"{name} goes from {first[name]:.2f} to {last[name]:.2f} by training."
            other = f"With the loss negated it goes to {mended[name]:.2f}."
            yield Finding(
                "M08", 0.95, [note, other], "loss", remedy=Setup(negate=True), verified=True
            )
            return


def _shares(logged: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Return the mean of every logged share, by name."""
    words = (*SHARES, *RANKS)
    return {
        name: fmean(values)
        for name, values in logged.items()
        if values and any(word in name.lower() for word in words)
    }


def worse_than_a_coin(case: Case) -> Iterator[Finding]:
    """M08: training turns the order of ranks around: the area under the curve sinks below one half.

    What a script prints cannot be asked of a copy of it.
    """
    unknown = case.program.task.kind == "other" or case.outcome is None or not case.outcome.scored
    if not unknown or case.trace.facts.get("loaders") is not None:
        return
    for name, values in sorted(case.trace.logged.items()):
        if "auc" not in name or len(values) < EPOCHS:
            continue
        if values[-1] < min(COIN - 2 * CHANGED, values[0]):
            note = f"{name} goes from {values[0]:.2f} to {values[-1]:.2f}; a coin gives {COIN}."
            yield Finding("M08", 0.9, [note], "loss", remedy=Setup(negate=True))
            return


DETECTORS = [
    Detector("own-metric", "training raises the program's own metric", turned),
    Detector("coin", "ranks are better than a coin's", worse_than_a_coin),
]
