"""B-07 names the first layer that differs from the reference, and no layer of an equal network."""

import pytest
import torch
from torch import nn

from startsimple.probes.first_divergence import NONE, probe
from startsimple.program.models.lenet5 import LeNet5
from startsimple.program.models.references import lenet5
from startsimple.schema.verdict import Status


@pytest.fixture
def images() -> torch.Tensor:
    return torch.randn(8, 1, 28, 28, generator=torch.Generator().manual_seed(0))


def test_lenet5_is_its_reference_layer_by_layer(images):
    model, reference = LeNet5((1, 28, 28), 10), lenet5()
    before = [p.clone() for p in model.parameters()]
    check = probe(model, reference, images)
    assert (check.value, check.status) == (NONE, Status.PASS)
    assert "all 5 layers" in check.evidence
    # Both networks are left as they were.
    assert all(map(torch.equal, before, model.parameters()))


def test_a_wrong_padding_is_found_at_its_layer(images):
    check = probe(LeNet5((1, 28, 28), 10, padding=1), lenet5(), images)
    assert (check.value, check.status) == ("features.0", Status.FAIL)
    assert "layer 1 of 5" in check.evidence and "c1 there" in check.evidence
    assert "(8, 6, 26, 26) instead of (8, 6, 28, 28)" in check.evidence
    assert "left alone in hidden.0" in check.evidence


def replaced(name: str, layer: nn.Module) -> LeNet5:
    model = LeNet5((1, 28, 28), 10)
    parent, _, leaf = name.rpartition(".")
    setattr(model.get_submodule(parent), leaf, layer)
    return model


@pytest.mark.parametrize(
    ("name", "layer", "found"),
    [
        # The same shape, but what the border reads differs.
        ("features.0", nn.Conv2d(1, 6, 5, padding=2, padding_mode="reflect"), "features.0"),
        ("features.1", nn.Tanh(), "features.3"),
        ("features.5", nn.AvgPool2d(2), "hidden.0"),
        ("hidden.2", nn.Linear(120, 84, bias=False), "hidden.2"),
        ("hidden.3", nn.Identity(), "head"),
        ("head", nn.Sequential(nn.Linear(84, 10), nn.Softmax(1)), "output"),
    ],
)
def test_other_differences_are_found_at_the_first_layer_that_feels_them(images, name, layer, found):
    check = probe(replaced(name, layer), lenet5(), images)
    assert (check.value, check.status) == (found, Status.FAIL)


def test_a_network_that_cannot_run_is_said_to_be_one(images):
    check = probe(replaced("head", nn.Linear(85, 10)), lenet5(), images)
    assert check.value == "forward" and "does not run" in check.evidence


def test_one_layer_too_few_or_too_many_is_a_difference(images):
    extra = nn.Sequential(nn.Linear(84, 10), nn.Linear(10, 10))
    check = probe(replaced("head", extra), lenet5(), images)
    assert check.value == "number of layers" and check.status == Status.FAIL


def test_recurrent_layers_are_compared_by_their_outputs():
    class Net(nn.Module):
        def __init__(self, flip: bool) -> None:
            super().__init__()
            self.cell, self.head, self.flip = nn.GRU(2, 4, batch_first=True), nn.Linear(4, 1), flip

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            states, _ = self.cell(x.flip(1) if self.flip else x)
            return self.head(states[:, -1])

    x = torch.randn(3, 5, 2)
    assert probe(Net(False), Net(False), x).value == NONE
    assert probe(Net(True), Net(False), x).value == "cell"
