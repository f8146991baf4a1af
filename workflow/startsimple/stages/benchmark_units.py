"""The unit of a claim: which way is better, and how a mean score becomes the claim's figure."""

import math
from collections.abc import Callable

from startsimple.data.prepared import Statistics
from startsimple.schema.config import BenchmarkConfig
from startsimple.schema.errors import UserError, nearest


class Units:
    """Turns scores into the figures that a claim speaks of.

    Args:
        claim: For its metric and test size.
        statistics: Holds the scale of a regression's targets.

    Attributes:
        sign: 1 if larger figures are better, -1 if smaller ones are.

    Raises:
        UserError: If the metric is unknown, or is one of another task.
    """

    def __init__(self, claim: BenchmarkConfig, statistics: Statistics) -> None:
        scale = statistics.target[1] if statistics.target else None
        known: dict[str, Callable[[float], float]] = (
            {"accuracy": lambda score: score}
            if scale is None
            # A score is 1 minus the squared error in units of the training targets' variance.
            else {"mean_squared_error": lambda score: (1 - score) * scale**2}
        )
        if claim.metric not in known:
            raise UserError(
                f"benchmark.metric='{claim.metric}' does not fit the dataset's task. "
                f"{nearest(claim.metric, known)}"
            )
        self.of = known[claim.metric]
        self.sign = 1 if scale is None else -1
        self._rate_of = claim.test_size if scale is None else None

    def sampling_error(self, value: float) -> float:
        """Return the standard error of a figure by the size of the test split; 0 if unknown."""
        if self._rate_of is None or not 0 <= value <= 1:
            return 0.0
        return math.sqrt(value * (1 - value) / self._rate_of)

    def worse(self, value: float, amount: float) -> float:
        """Return the figure that is an amount worse than another; better if it is negative."""
        return value - self.sign * amount

    def shortfall(self, figure: float, value: float) -> float:
        """Return by how much a figure is worse than a value; negative if it is better."""
        return self.sign * (value - figure)
