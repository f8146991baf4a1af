"""The checks of the benchmark stage (method, section 9)."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from startsimple.schema.config import BenchmarkConfig
from startsimple.schema.stages import BenchmarkStage
from startsimple.schema.verdict import Check, Status, judge
from startsimple.stages.benchmark_units import Units
from startsimple.training.comparison import (
    ABOVE,
    BELOW,
    EQUIVALENT,
    INCONCLUSIVE,
    Comparison,
    Known,
    compare,
    compare_with_bound,
)
from startsimple.training.statistics import mean_interval
from startsimple.training.units import Result

# Rank of a reference (method, section 9): what it is worth.
RANKS = {
    1: "official implementation on similar data",
    2: "official implementation on a benchmark",
    3: "unofficial implementation",
    4: "paper without code",
    5: "this model on a benchmark dataset",
    6: "similar model on similar data",
    7: "simple baseline: a floor only",
}

REPRODUCED, BEATEN, TOO_GOOD, MISSED = "reproduced", "beaten", "too good", "missed"
# More figures than anybody trains seeds are those of single test examples.
_LISTED = 12


@dataclass(frozen=True)
class Compared:
    """The protocol's figures, compared with the claim.

    Attributes:
        claim: The claim.
        alpha: Significance of every test.
        figures: One figure a seed, or one a test example where nothing is random.
        value: The claimed figure, published or measured here.
        tolerance: How far from it is still at it (B-04); of a floor, how far short of it.
        units: Which way is better.
        comparison: What the tests say.
        verdict: reproduced, beaten, too good, missed or inconclusive.
    """

    claim: BenchmarkConfig
    alpha: float
    figures: Sequence[float]
    value: float
    tolerance: float
    units: Units
    comparison: Comparison
    verdict: str

    @property
    def too_good(self) -> bool:
        """True if the claim is exceeded beyond chance and tolerance: look for a leak (B-02)."""
        apart = self.comparison.p_different <= self.alpha and self.verdict != REPRODUCED
        return not self.claim.floor and apart and self._shortfall() < 0

    def _shortfall(self) -> float:
        return self.units.shortfall(self.comparison.interval.value, self.value)

    def measured(self) -> str:
        """Say what was measured, with the interval."""
        listed = ", ".join(f"{figure:.4g}" for figure in self.figures)
        what = (
            f"{len(self.figures)} seeds: {listed}"
            if len(self.figures) <= _LISTED
            else f"{len(self.figures)} test examples"
        )
        interval = self.comparison.interval
        return (
            f"{what}; mean {interval.value:.4g} [{interval.low:.4g}, {interval.high:.4g}] at "
            f"{1 - 2 * self.alpha:.0%}"
        )

    def further(self) -> str:
        """Say how many seeds more would decide, if it is open."""
        if self.verdict != INCONCLUSIVE:
            return ""
        more = self.comparison.further_seeds
        return (
            f"; {more} more seed{'s' if more > 1 else ''} would decide if mean and spread stay "
            "(stage.benchmark.seeds="
            f"{len(self.figures) + more})"
            if more
            else "; no reasonable number of seeds would decide"
        )

    def checks(self, leaks: bool, looks: Sequence[str]) -> list[Check]:
        """Judge B-01, B-02 and B-04.

        Args:
            leaks: Whether the audit of a result that is too good found a leak.
            looks: What it looked at and saw.
        """
        return [self._not_worse(), self._proven(), self._too_good(leaks, looks), self._distance()]

    def _not_worse(self) -> Check:
        worse = self.comparison.p_below if self.units.sign > 0 else self.comparison.p_above
        return judge(
            "B-01",
            "p-value of being worse than the reference",
            worse,
            ">",
            self.alpha,
            source="B-01",
            evidence=f"{self.measured()}; against {self._bound():.4g}",
        )

    def _bound(self) -> float:
        return self.units.worse(self.value, self.tolerance)

    def _proven(self) -> Check:
        """Judge what is claimed: equivalence by two one-sided tests, or a floor that is beaten."""
        better = self.comparison.p_above if self.units.sign > 0 else self.comparison.p_below
        floor = self.claim.floor
        return judge(
            "B-01",
            "p-value of not beating the floor"
            if floor
            else "p-value of not being equivalent (two one-sided tests)",
            better if floor else self.comparison.p_equivalent,
            "<=",
            self.alpha,
            source="B-01; equivalence within the tolerance of B-04",
            evidence=f"{self.verdict}: mean {self.comparison.interval.value:.4g} against "
            f"{self.value:.4g} with tolerance {self.tolerance:.4g}{self.further()}",
            otherwise=Status.WARN,
        )

    def _too_good(self, leaks: bool, looks: Sequence[str]) -> Check:
        p = self.comparison.p_different
        if self.claim.floor:
            told = "better than a floor is welcome"
        elif self.too_good:
            found = "the audit finds a leak" if leaks else "the audit finds no leak"
            note = f" {self.claim.note}" if self.claim.note else ""
            told = f"two-sided p = {p:.3g}: too good suggests leakage; {found}: " + "; ".join(looks)
            told += note
        else:
            told = f"two-sided p-value of a difference from {self.value:.4g}: {p:.3g}"
        return judge(
            "B-02",
            "too good to be true",
            self.too_good,
            "==",
            False,
            source="B-02",
            evidence=told,
            otherwise=Status.FAIL if leaks else Status.WARN,
        )

    def _distance(self) -> Check:
        shortfall = self._shortfall()
        distance = shortfall if self.claim.floor else abs(shortfall)
        if shortfall < 0 and not self.claim.floor:
            # Too good is B-02's to warn of.
            otherwise = Status.WARN
        else:
            otherwise = Status.FAIL if self.verdict == MISSED else Status.INCONCLUSIVE
        return judge(
            "B-04",
            "short of the floor" if self.claim.floor else "distance from the reference",
            round(distance, 6),
            "<=",
            round(self.tolerance, 6),
            source="B-04: the declared margin"
            if self.claim.floor
            else "B-04: the larger of 2 standard errors of the test size and the declared one",
            evidence=f"mean {self.comparison.interval.value:.4g}, reference {self.value:.4g} (rank "
            f"{self.claim.rank}: {RANKS[self.claim.rank]}){self.further()}",
            otherwise=otherwise,
        )

    def remedy(self) -> str:
        """Say what to do if the stage blocks."""
        if self.verdict == INCONCLUSIVE:
            return f"Not decided{self.further()}."
        return "Assume a bug: failing on a benchmark is rarely the benchmark's fault."

    def numbers(self) -> dict[str, Any]:
        """Return the figures for the report."""
        single = len(self.figures) > _LISTED
        comparison = self.comparison
        return {
            "verdict": self.verdict,
            "reference": self.value,
            "floor": self.claim.floor,
            "tolerance": self.tolerance,
            "uncertainty": self.units.sampling_error(self.value),
            "scores": [comparison.interval.value] if single else list(self.figures),
            "seeds": 0 if single else len(self.figures),
            "std": float(np.std(self.figures, ddof=1)),
            "interval": asdict(mean_interval(self.figures, 1 - self.alpha)),
            "interval_equivalence": asdict(comparison.interval),
            "p_equivalent": comparison.p_equivalent,
            "p_different": comparison.p_different,
            "further_seeds": comparison.further_seeds,
        }


def tolerance_of(claim: BenchmarkConfig, value: float, units: Units) -> float:
    """Return how far from a claim is still at it (B-04); of a floor, how far short of it.

    Args:
        claim: For the declared tolerance or margin.
        value: The claimed figure.
        units: For the sampling error by the size of the test split.

    Returns:
        The larger of two standard errors of the test split and the declared tolerance.
    """
    if claim.floor:
        return 0.0 - claim.margin
    return max(2 * units.sampling_error(value), claim.tolerance)


def compared(
    claim: BenchmarkConfig,
    settings: BenchmarkStage,
    figures: Sequence[float],
    value: float,
    units: Units,
) -> Compared:
    """Compare a protocol's figures with the claim.

    Args:
        claim: The claim.
        settings: The significance.
        figures: One figure a seed, or one a test example where nothing is random.
        value: The claimed figure, published or measured on baselines.
        units: Which way is better.
    """
    tolerance = tolerance_of(claim, value, units)
    if claim.floor:
        bound = units.worse(value, tolerance)
        comparison = compare_with_bound(figures, bound, settings.alpha)
    else:
        known = Known(value, claim.std, claim.runs)
        comparison = compare(figures, known, tolerance, settings.alpha)
    good, bad = (ABOVE, BELOW) if units.sign > 0 else (BELOW, ABOVE)
    words = {
        EQUIVALENT: REPRODUCED,
        good: BEATEN if claim.floor else TOO_GOOD,
        bad: MISSED,
        INCONCLUSIVE: INCONCLUSIVE,
    }
    word = words[comparison.verdict]
    return Compared(claim, settings.alpha, figures, value, tolerance, units, comparison, word)


def check_steps(compared: Compared, results: Sequence[Result], name: str) -> list[Check]:
    """B-03: most seeds reach the claim within the budget; nothing to judge without training.

    Args:
        compared: For the figure to reach.
        results: The runs.
        name: The watched set.
    """
    if not results:
        return []
    units = compared.units
    target = units.worse(compared.value, compared.tolerance)
    steps: list[int] = []
    for result in results:
        scores = result.figures["scores"][name]
        hits = [
            step
            for step, score in zip(result.figures["evaluated"], scores, strict=True)
            if units.shortfall(units.of(score["accuracy"]), target) <= 0
        ]
        steps += hits[:1]
    return [
        judge(
            "B-03",
            "seeds that reach the reference within the budget",
            len(steps),
            ">=",
            math.ceil(len(results) / 2),
            source="B-03",
            evidence=f"steps until {target:.4g}: "
            + (", ".join(str(step) for step in steps) or "never"),
            otherwise=Status.WARN,
        )
    ]
