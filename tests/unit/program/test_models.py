"""The networks are the published ones, and say in one sentence what they cannot take."""

import re
from typing import Any

import pytest
import torch
from torch import nn

from startsimple.program.models.build import build
from startsimple.schema.errors import UserError

MODELS = "startsimple.program.models"


def make(name: str, shape: tuple[int, ...], outputs: int = 10, **keys: Any) -> nn.Module:
    config = {"_target_": f"{MODELS}.{name}", "init": "he", **keys}
    return build(config, shape, outputs, input="sequence", seed=0)


def count(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize(
    ("name", "keys", "parameters"),
    [
        ("linear.Linear", {}, 410),
        ("mlp.Mlp", {"hidden": 100, "depth": 2, "residual": True}, 15210),
        ("cnn1d.Cnn1d", {}, 5210),
        ("recurrent.Recurrent", {"cell": "gru", "hidden": 6, "bidirectional": True}, 5134),
    ],
)
def test_published_networks_have_the_published_number_of_parameters(
    name: str, keys: dict[str, Any], parameters: int
) -> None:
    model = make(name, (40,), **keys)
    assert count(model) == parameters
    assert model(torch.randn(3, 40)).shape == (3, 10)


def test_the_residual_layer_adds_to_its_input() -> None:
    model = make("mlp.Mlp", (40,), hidden=100, depth=2, residual=True)
    x = torch.randn(5, 40)
    hidden = model.first(x).relu()
    hidden = hidden + model.deeper[0](hidden).relu()
    assert torch.equal(model(x), model.head(hidden))
    plain = make("mlp.Mlp", (40,), hidden=100, depth=2)
    assert torch.equal(plain(x), plain.head(plain.deeper[0](plain.first(x).relu()).relu()))


@pytest.mark.parametrize(
    ("name", "shape", "keys", "places"),
    [
        ("mlp.Mlp", (40,), {"depth": 2}, 2),
        ("cnn1d.Cnn1d", (40,), {}, 3),
        ("lenet.LeNet", (8, 8), {}, 2),
    ],
)
def test_batch_norm_stands_between_every_hidden_layer_and_its_relu(
    name: str, shape: tuple[int, ...], keys: dict[str, Any], places: int
) -> None:
    plain, normed = make(name, shape, **keys), make(name, shape, norm="batch", **keys)
    norms = [m for m in normed.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]
    assert len(norms) == places
    assert not [m for m in plain.modules() if "BatchNorm" in type(m).__name__]
    seen: list[torch.Tensor] = []
    for norm in norms:
        norm.register_forward_hook(lambda *args: seen.append(args[2]))
    scale = 1000 * torch.randn(64, *shape)
    assert normed(scale).shape == (64, 10)
    # A batch is normalised before its ReLU: whatever comes in, each feature has unit scale.
    for values in seen:
        channels = values.transpose(0, 1).flatten(1)
        assert torch.allclose(channels.std(1, correction=0), torch.ones(len(channels)), atol=1e-2)


def test_the_recurrent_network_answers_from_all_positions() -> None:
    model = make("recurrent.Recurrent", (40,), cell="gru", hidden=6, bidirectional=True)
    assert model.head.in_features == 40 * 12
    states, _ = model.recurrent(torch.ones(2, 40, 1))
    assert torch.equal(model(torch.ones(2, 40)), model.head(states.flatten(1)))


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_the_last_readout_sees_the_last_position_of_each_direction(
    cell: str, bidirectional: bool
) -> None:
    keys = {"cell": cell, "hidden": 5, "bidirectional": bidirectional, "readout": "last"}
    model = make("recurrent.Recurrent", (2, 7), 1, **keys)
    x = torch.randn(3, 2, 7)
    states, _ = model.recurrent(x.transpose(1, 2))
    ends = states[:, -1, :5]
    if bidirectional:
        ends = torch.cat([ends, states[:, 0, 5:]], 1)
    assert torch.equal(model(x), model.head(ends))
    with pytest.raises(UserError, match="Did you mean 'last'"):
        make("recurrent.Recurrent", (2, 7), 1, readout="lst")


def test_lenet5_has_the_sizes_of_the_paper() -> None:
    model = make("lenet5.LeNet5", (1, 28, 28))
    assert count(model) == 61706
    assert model(torch.randn(2, 1, 28, 28)).shape == (2, 10)
    with pytest.raises(UserError, match="too small for model=lenet5"):
        make("lenet5.LeNet5", (1, 8, 8))


@pytest.mark.parametrize(
    ("kind", "shape", "layer"),
    [
        ("image", (1, 28, 28), nn.Conv2d),
        ("image", (8, 8), nn.Conv2d),
        ("sequence", (40,), nn.Conv1d),
        ("sequence", (3, 40), nn.Conv1d),
        ("vector", (64,), nn.Linear),
    ],
)
def test_auto_follows_the_input_type(
    kind: str, shape: tuple[int, ...], layer: type[nn.Module]
) -> None:
    config = {"_target_": f"{MODELS}.auto.build", "init": "he"}
    model = build(config, shape, 7, input=kind, seed=0)
    first = next(m for m in model.modules() if isinstance(m, nn.Conv1d | nn.Conv2d | nn.Linear))
    assert isinstance(first, layer)
    assert model(torch.randn(2, *shape)).shape == (2, 7)


def test_weights_depend_on_the_seed_alone() -> None:
    def weights(seed: int, init: str) -> torch.Tensor:
        config = {"_target_": f"{MODELS}.mlp.Mlp", "init": init}
        model = build(config, (8,), 3, input="vector", seed=seed)
        return torch.cat([p.detach().flatten() for p in model.parameters()])

    for init in ("he", "glorot", "torch"):
        torch.manual_seed(1)
        first = weights(0, init)
        torch.manual_seed(2)
        assert torch.equal(first, weights(0, init))
        assert not torch.equal(first, weights(1, init))


def test_building_leaves_the_global_stream_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    make("mlp.Mlp", (8,))
    assert torch.equal(torch.rand(3), expected)


def test_an_imported_network_receives_its_own_arguments() -> None:
    config = {
        "_target_": "torch.nn.Linear",
        "init": "torch",
        "args": {"in_features": 5, "out_features": 2},
    }
    model = build(config, (5,), 2, input="vector", seed=0)
    assert isinstance(model, nn.Linear) and model.in_features == 5


@pytest.mark.parametrize(
    ("name", "shape", "keys", "said"),
    [
        ("cnn1d.Cnn1d", (1, 8, 8), {}, "choose model=lenet"),
        ("cnn1d.Cnn1d", (2,), {}, "leave nothing of a sequence"),
        ("lenet.LeNet", (64,), {}, "choose model=mlp"),
        ("lenet.LeNet", (3, 3), {}, "too small"),
        ("mlp.Mlp", (4,), {"hidden": 0}, "model.hidden=0"),
        ("recurrent.Recurrent", (4,), {"cell": "gro"}, "Did you mean 'gru'?"),
        ("auto.build", (4,), {"kind": "vectr"}, "Did you mean 'vector'?"),
        ("mlp.Mlp", (4,), {"width": 3}, "width"),
        ("linear.Liner", (4,), {}, "Did you mean 'Linear'?"),
        ("mlp.Mlp", (4,), {"norm": "bach"}, "Did you mean 'batch'?"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(
    name: str, shape: tuple[int, ...], keys: dict[str, Any], said: str
) -> None:
    kind = keys.get("kind", "vector")
    own = {key: value for key, value in keys.items() if key != "kind"}
    config = {"_target_": f"{MODELS}.{name}", "init": "he", **own}
    with pytest.raises(UserError, match=re.escape(said)):
        build(config, shape, 3, input=kind, seed=0)
