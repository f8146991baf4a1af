"""What the report draws of a run is thinned to means, and says nothing good of a run that blew."""

import torch

from startsimple.training.curves import series
from startsimple.training.units import Result

FIGURES = {
    "evaluated": [20, 40, 60],
    "scores": {"val": [{"loss": 1.0 / k, "accuracy": k / 4} for k in (1, 2, 3)]},
    "metric": "accuracy",
    "diverged": False,
    "device": "cpu",
}
TENSORS = {
    "losses": torch.linspace(2, 1, 60),
    "correct.val": torch.tensor([1.0, 1.0, 1.0, 0.0]),
}


def test_curves_are_thinned_to_means_of_windows():
    curve = series("run", Result(FIGURES, TENSORS), {"seed": 0}, points=7)
    loss = curve["metrics"]["train_loss"]
    assert loss["step"] == [9, 18, 27, 36, 45, 54, 60]
    assert loss["value"][0] == round(float(TENSORS["losses"][:9].mean()), 6)
    assert curve["metrics"]["val_accuracy"] == {"step": [20, 40, 60], "value": [0.25, 0.5, 0.75]}
    assert curve["summary"] == {"val_accuracy": 0.75}


def test_a_run_that_diverged_is_summed_up_as_wrong():
    blown = Result({**FIGURES, "diverged": True}, TENSORS)
    assert series("run", blown, {})["summary"]["val_accuracy"] == 0.0
