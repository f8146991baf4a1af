"""A run's curves as the report draws them, thinned to what can be seen."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from startsimple.training.runs import final_accuracy
from startsimple.training.units import Result


def series(name: str, result: Result, params: dict[str, Any], points: int = 200) -> dict[str, Any]:
    """Return a run's curves in the format of curves.json.

    Args:
        name: Name of the run.
        result: What the run left behind.
        params: What tells it apart from its neighbours.
        points: Points kept of the training loss; each is the mean of a window.

    Returns:
        The series: metrics by name, each with steps and values.
    """
    losses = result.tensors["losses"]
    metrics = {"train_loss": _windows(losses, points)}
    metric = result.figures["metric"]
    for set_name, scores in result.figures["scores"].items():
        for kind, shown in (("loss", "loss"), ("accuracy", metric)):
            metrics[f"{set_name}_{shown}"] = {
                "step": result.figures["evaluated"],
                "value": [score[kind] for score in scores],
            }
    return {
        "name": name,
        "params": params,
        "metrics": metrics,
        "summary": {
            f"{key}_{metric}": final_accuracy(result, key) for key in result.figures["scores"]
        },
        "device": result.figures["device"],
    }


def _windows(losses: Tensor, points: int) -> dict[str, Sequence[float]]:
    width = max(1, -(-len(losses) // points))
    parts = losses.split(width)
    ends = [min((index + 1) * width, len(losses)) for index in range(len(parts))]
    return {"step": ends, "value": [round(float(part.mean()), 6) for part in parts]}
