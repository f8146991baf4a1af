"""The metric of each task, as a score of every example whose mean is the metric."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Metric:
    """How outputs are judged.

    Attributes:
        name: accuracy, or explained_variance.
        loss: Name of the loss that belongs to the task.
        answers: Maps outputs (n, outputs) to answers (n,), of the targets' type.
        scores: Maps answers and targets, both (n,), to a float32 score of each example; higher
            is better, and 1 is right.
    """

    name: str
    loss: str
    answers: Callable[[Tensor], Tensor]
    scores: Callable[[Tensor, Tensor], Tensor]

    def of_examples(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the score of every example, shape (n,)."""
        return self.scores(self.answers(outputs), targets)


ACCURACY = Metric(
    "accuracy",
    "cross_entropy",
    lambda outputs: outputs.argmax(1),
    lambda answers, targets: (answers == targets).float(),
)

# Targets are standardised, so that their variance is 1 and the mean score is the share explained.
EXPLAINED_VARIANCE = Metric(
    "explained_variance",
    "mean_squared_error",
    lambda outputs: outputs[:, 0],
    lambda answers, targets: 1 - (answers - targets).square(),
)


def metric_for(targets: Tensor) -> Metric:
    """Return the metric of a task by its targets: classes are integers, a regression's floats."""
    return EXPLAINED_VARIANCE if targets.is_floating_point() else ACCURACY
