"""Models whose gaps are known, because they were planted; run as a module to print the table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from startsimple.training.error_sets import Errors, ErrorSet
from startsimple.training.gaps import ROUTES, UNDECIDED, Decomposition, choose_route, decompose

SEEDS = 20
TOLERANCE = 0.01
# So many that chance alone rarely reaches the tolerance; resampled errors make do with fewer.
N, FEWER = 20_000, 800
_SELECTIONS, _SMALL = 500, 200

Planted = Callable[[np.random.Generator], tuple[float, dict[str, Any]]]


@dataclass(frozen=True)
class Case:
    """One planted cause.

    Attributes:
        name: What was planted.
        route: The right answer.
        draw: Draws the irreducible error and the sets from a generator.
    """

    name: str
    route: str
    draw: Planted

    def decompose(self, seed: int) -> Decomposition:
        """Draw the errors of one seed and take them apart."""
        irreducible, sets = self.draw(np.random.default_rng(seed))
        return decompose(irreducible, confidence=0.95, **sets)

    def answer(self, seed: int) -> str:
        """Return the route of one seed; the target is out of reach."""
        return choose_route(self.decompose(seed), -1.0, TOLERANCE).name


def right(case: Case) -> int:
    """Return how many of the seeds are routed right."""
    return sum(case.answer(seed) == case.route for seed in range(SEEDS))


def _classes(train: float, validation: float, shifted: float, test: float) -> Planted:
    """Wrong answers at the given true rates, which start from an irreducible 10 per cent."""

    def draw(generator: np.random.Generator) -> tuple[float, dict[str, Any]]:
        names = ("train", "validation", "test_validation", "test")
        rates = (train, validation, shifted, test)
        pairs = zip(names, rates, strict=True)
        return 0.1, {k: ErrorSet.of(_wrong(generator, p)) for k, p in pairs}

    return draw


def _squares(train: float, validation: float, shifted: float, test: float) -> Planted:
    """Squared residuals of the given mean squares, on targets whose noise has variance 0.1."""

    def draw(generator: np.random.Generator) -> tuple[float, dict[str, Any]]:
        names = ("train", "validation", "test_validation", "test")
        means = (train, validation, shifted, test)
        return 0.1, {
            name: ErrorSet.of(mean * np.square(generator.standard_normal(FEWER)))
            for name, mean in zip(names, means, strict=True)
        }

    return draw


def _labels(train: float, validation: float, shifted: float, test: float) -> Planted:
    """Shares of six labels that are wrong."""

    def draw(generator: np.random.Generator) -> tuple[float, dict[str, Any]]:
        names = ("train", "validation", "test_validation", "test")
        rates = (train, validation, shifted, test)
        return 0.1, {
            name: ErrorSet.of(generator.binomial(6, rate, FEWER) / 6)
            for name, rate in zip(names, rates, strict=True)
        }

    return draw


def _shift_of_two_points(generator: np.random.Generator) -> tuple[float, dict[str, Any]]:
    """25, 25 and 27 per cent wrong on 500 examples each."""
    wrong = {"train": 125, "validation": 125, "test_validation": 135}
    return 0.25, {
        name: ErrorSet.of(generator.permutation(np.arange(500) < count).astype(float))
        for name, count in wrong.items()
    }


def _best_of(generator: np.random.Generator) -> tuple[float, dict[str, Any]]:
    """The best on 200 examples of 500 equal models, all wrong on 30 per cent of everything."""
    wrong = generator.random((_SELECTIONS, _SMALL)) < 0.3
    return 0.2, {
        "train": ErrorSet.of(_wrong(generator, 0.2)),
        "validation": ErrorSet.of(wrong[wrong.mean(axis=1).argmin()].astype(float)),
        "test": ErrorSet.of(_wrong(generator, 0.3)),
        "selections": _SELECTIONS,
    }


def _wrong(generator: np.random.Generator, rate: float) -> Errors:
    return (generator.random(N) < rate).astype(float)


def _adaptive(generator: np.random.Generator) -> tuple[float, dict[str, Any]]:
    """One model changed 500 times at random, each change kept if 200 examples like it."""
    wrong = generator.random(_SMALL) < 0.3
    for _ in range(_SELECTIONS):
        changed = wrong.copy()
        changed[generator.choice(_SMALL, 5, replace=False)] = generator.random(5) < 0.3
        if changed.mean() <= wrong.mean():
            wrong = changed
    return float(wrong.mean()), {
        "train": ErrorSet.of(_wrong(generator, float(wrong.mean()))),
        "validation": ErrorSet.of(wrong.astype(float)),
        "test": ErrorSet.of(_wrong(generator, 0.3)),
        "selections": _SELECTIONS,
    }


def _cases(task: str, plant: Callable[..., Planted]) -> list[Case]:
    return [
        Case(f"{task}: bias", ROUTES["bias"], plant(0.2, 0.2, 0.2, 0.2)),
        Case(f"{task}: variance", ROUTES["variance"], plant(0.1, 0.2, 0.2, 0.2)),
        Case(f"{task}: shift", ROUTES["shift"], plant(0.1, 0.1, 0.2, 0.2)),
        Case(f"{task}: none", UNDECIDED, plant(0.1, 0.1, 0.1, 0.1)),
    ]


CASES = [
    *_cases("classes", _classes),
    *_cases("regression", _squares),
    *_cases("several labels", _labels),
    Case(
        "classes: all gaps, bias acted on first", ROUTES["bias"], _classes(0.15, 0.25, 0.35, 0.45)
    ),
    Case("classes: shift of 2 points, n = 500", UNDECIDED, _shift_of_two_points),
    Case("500 adaptive selections on 200", ROUTES["validation_overfitting"], _adaptive),
    Case("best of 500 on 200: chance explains it", UNDECIDED, _best_of),
]


def main() -> None:
    """Print how many seeds of every case are routed right."""
    print(f"{'planted':<50} {'right answer':<24} right of {SEEDS} seeds")
    for case in CASES:
        print(f"{case.name:<50} {case.route:<24} {right(case)}")


if __name__ == "__main__":
    main()
