"""What a round changed, against what it had been expected to change."""

from collections.abc import Mapping

from startsimple.training.error_sets import Errors, ErrorSet, percentiles
from startsimple.training.statistics import Estimate

# Each component is the error on its second set less that on its first.
COMPONENTS: dict[str, tuple[str | None, str]] = {
    "error": (None, "val"),
    "bias": (None, "train"),
    "variance": ("train", "val"),
    "shift": ("val", "test_val"),
}


def paired_change(
    component: str, before: Mapping[str, Errors], after: Mapping[str, Errors], confidence: float
) -> Estimate | None:
    """Return how much a component changed between two models scored on the same examples.

    Args:
        component: A key of COMPONENTS.
        before: Errors of the parent by set, shape (runs, n).
        after: Errors of the round on the same examples.
        confidence: Confidence of the interval.

    Returns:
        After minus before: negative is an improvement; None if a set is missing.
    """
    first, second = COMPONENTS[component]
    wanted = [name for name in (first, second) if name is not None]
    if any(name not in before or name not in after for name in wanted):
        return None
    changes = {
        name: ErrorSet.of_values(after[name].mean(axis=0) - before[name].mean(axis=0))
        for name in wanted
    }
    value, drawn = changes[second].mean, changes[second].resampled
    if first is not None:
        value, drawn = value - changes[first].mean, drawn - changes[first].resampled
    return percentiles(value, drawn, confidence)


def surprising(observed: Estimate, low: float, high: float) -> bool:
    """True if no value within the observed interval had been predicted."""
    return observed.high < low or observed.low > high
