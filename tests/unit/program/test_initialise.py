"""Initial weights have the spread that their name promises, and biases are zero."""

import math

import pytest
import torch
from torch import nn

from startsimple.program.initialise import (
    HEAD_SCALE,
    initialise,
    output_layer,
    standard_deviation,
    weights,
)
from startsimple.schema.errors import UserError


def network() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv1d(8, 128, 5), nn.ReLU(), nn.Flatten(), nn.Linear(512, 256), nn.Linear(256, 64)
    )


def test_deviations_are_those_of_he_glorot_lecun_and_torch() -> None:
    weight = torch.empty(30, 20, 5)
    assert standard_deviation(weight, "he") == pytest.approx(math.sqrt(2 / 100))
    assert standard_deviation(weight, "glorot") == pytest.approx(math.sqrt(2 / 250))
    assert standard_deviation(weight, "lecun") == pytest.approx(math.sqrt(1 / 100))
    torch.manual_seed(0)
    default = nn.Linear(400, 300).weight.detach()
    assert float(default.std()) == pytest.approx(standard_deviation(default, "torch"), rel=0.02)


@pytest.mark.parametrize("kind", ["he", "glorot"])
def test_hidden_layers_have_their_spread_and_the_head_a_tenth(kind: str) -> None:
    model = network()
    initialise(model, kind, torch.Generator().manual_seed(0))
    for layer, scale in ((model[0], 1.0), (model[3], 1.0), (model[4], HEAD_SCALE)):
        expected = scale * standard_deviation(layer.weight, kind)
        assert float(layer.weight.std()) == pytest.approx(expected, rel=0.05)
        assert abs(float(layer.weight.mean())) < 0.1 * expected
        assert not layer.bias.any()


def test_the_gates_of_a_recurrent_layer_are_drawn_one_by_one() -> None:
    layer = nn.LSTM(64, 128)
    initialise(nn.Sequential(layer, nn.Linear(128, 2)), "glorot", torch.Generator().manual_seed(0))
    parts = dict(weights(layer))
    assert len(parts) == 8
    assert float(parts["weight_ih_l0[2]"].std()) == pytest.approx(math.sqrt(2 / 192), rel=0.05)
    assert not layer.bias_ih_l0.any()


def test_torch_keeps_what_the_layers_drew() -> None:
    model = network()
    before = [p.detach().clone() for p in model.parameters()]
    initialise(model, "torch", torch.Generator())
    assert all(torch.equal(*both) for both in zip(before, model.parameters(), strict=True))


def test_normalisation_layers_and_embeddings_are_left_alone() -> None:
    model = nn.Sequential(nn.Embedding(5, 8), nn.Linear(8, 8), nn.BatchNorm1d(8), nn.Linear(8, 2))
    before = model[0].weight.detach().clone()
    initialise(model, "he", torch.Generator().manual_seed(0))
    assert torch.equal(model[0].weight, before)
    assert bool((model[2].weight == 1).all())
    assert output_layer(model) is model[3]


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(UserError, match="Did you mean 'glorot'"):
        initialise(network(), "glorott", torch.Generator())
