"""What stored runs say about any examples, from the weights that they ended with."""

import numpy as np
import torch
from numpy.typing import NDArray

from startsimple.data.pack import Split
from startsimple.training.evaluation import predict
from startsimple.training.runs import Bench, compose, to_arrays, trained_weights
from startsimple.training.units import Result, Unit

Outputs = NDArray[np.float32]


def outputs(unit: Unit, result: Result, bench: Bench, split: Split) -> Outputs:
    """Return the outputs of a run's final model, in evaluation mode.

    Args:
        unit: The run.
        result: What it left behind.
        bench: Holds the data that it was trained on.
        split: Examples to predict, standardised as its training data were.

    Returns:
        Logits, shape (n, outputs); NaN where the run diverged.
    """
    program, device = compose(unit.recipe, bench.sets[unit.recipe["data"]])
    program.model.load_state_dict(trained_weights(result))
    return predict(program.model, to_arrays(program.given(split), device).x).cpu().numpy()


def probabilities(logits: Outputs) -> NDArray[np.float64]:
    """Return the softmax of logits, shape (n, classes)."""
    return torch.softmax(torch.from_numpy(logits).double(), dim=1).numpy()
