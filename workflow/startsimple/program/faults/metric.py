"""Faults of the metric."""

from dataclasses import replace

from torch import Tensor

from startsimple.program.faults.injector import Injector
from startsimple.program.metric import Metric


class WrongAxis(Injector):
    """O17: answers are read along the batch, and not along the outputs."""

    def metric(self, metric: Metric) -> Metric:
        """Turn the outputs round, and compare as many answers as there are."""

        def answers(outputs: Tensor) -> Tensor:
            return metric.answers(outputs.T)

        def scores(found: Tensor, targets: Tensor) -> Tensor:
            return metric.scores(found[: len(targets)], targets[: len(found)])

        return replace(metric, answers=answers, scores=scores)
