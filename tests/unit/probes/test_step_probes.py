"""R-01 to R-08 on hand-made programs with one defect each."""

import copy
from typing import Any

import pytest
import torch
from tests.composing import Plain, compose, mlp, plain, seeded_net
from torch import Tensor, nn, optim

from startsimple.probes import (
    dry_run,
    fresh_gradients,
    learning_parameters,
    modes,
    module_trace,
    non_finite,
    optimizer_contents,
    repeatable_evaluation,
)
from startsimple.program.subject import Batch, Subject
from startsimple.schema.verdict import Status


class HiddenState(nn.Module):
    """Half of its weights are in no state_dict: they are kept in a plain list."""

    def __init__(self) -> None:
        super().__init__()
        self.net = mlp()
        self.scale = [1.0]

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            self.scale[0] += 0.5
        return self.net(x) * self.scale[0]


class Detached(nn.Module):
    """The gradient stops behind the first layer."""

    def __init__(self) -> None:
        super().__init__()
        self.net = mlp()

    def forward(self, x: Tensor) -> Tensor:
        return self.net[2](self.net[:2](x).detach())


class WithSpare(nn.Module):
    """A layer that forward never calls."""

    def __init__(self) -> None:
        super().__init__()
        self.net, self.spare = mlp(), nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


def test_r01_state_outside_the_checkpoint() -> None:
    check = dry_run.probe(plain(HiddenState()))
    assert (check.status, check.value) == (Status.FAIL, dry_run.OTHER)


@pytest.mark.parametrize("net", [mlp(63), seeded_net(lambda: nn.Conv2d(1, 2, 3))])
def test_r01_a_program_that_raises_is_reported_in_one_sentence(net: nn.Module) -> None:
    program = compose()
    program.model = program.module.network = net
    check = dry_run.probe(program)
    assert (check.status, check.value) == (Status.FAIL, dry_run.RAISES)
    assert check.evidence.startswith("RuntimeError: ") and "\n" not in check.evidence


@pytest.mark.parametrize(
    ("net", "kind", "names"),
    [
        (Detached(), learning_parameters.WITHOUT, "net.net.0.bias, net.net.0.weight"),
        (WithSpare(), learning_parameters.WITHOUT, "net.spare.bias, net.spare.weight"),
    ],
)
def test_r03_names_the_parameters_without_a_gradient(net: nn.Module, kind: str, names: str) -> None:
    check = learning_parameters.probe(plain(net))
    assert (check.status, check.value) == (Status.FAIL, kind)
    assert check.evidence == f"{kind}: {names}"


class Decays(Plain):
    def configure_optimizers(self) -> Any:
        return optim.AdamW(self.parameters(), 0.1, weight_decay=0.1)


def test_r03_weight_decay_is_no_gradient() -> None:
    class Zeroed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = mlp()

        def forward(self, x: Tensor) -> Tensor:
            return self.net[2](0 * self.net[:2](x))

    check = learning_parameters.probe(plain(Zeroed(), kind=Decays))
    assert (check.status, check.value) == (Status.FAIL, learning_parameters.WITHOUT)


def test_r03_a_rate_of_zero_moves_nothing() -> None:
    check = learning_parameters.probe(plain(mlp(), lr=0.0))
    assert (check.status, check.value) == (Status.FAIL, learning_parameters.STILL)


def test_r03_frozen_parameters_may_be_forbidden_and_may_not_move() -> None:
    net = mlp()
    net[0].requires_grad_(False)
    assert learning_parameters.probe(plain(net)).status is Status.PASS
    check = learning_parameters.probe(plain(net), frozen_allowed=False)
    assert (check.status, check.value) == (Status.FAIL, learning_parameters.FROZEN)

    class Writes(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = copy.deepcopy(net)

        def forward(self, x: Tensor) -> Tensor:
            with torch.no_grad():
                self.net[0].bias.add_(0.1)
            return self.net(x)

    check = learning_parameters.probe(plain(Writes()))
    assert (check.status, check.value) == (Status.FAIL, learning_parameters.FROZEN_MOVED)


class Twice(Plain):
    def configure_optimizers(self) -> list[optim.Optimizer]:
        return [optim.Adam(self.parameters()), optim.SGD(self.net[2].parameters(), 0.1)]


class Half(Plain):
    def configure_optimizers(self) -> list[optim.Optimizer]:
        return [optim.Adam(self.net[0].parameters())]


class Foreign(Plain):
    def configure_optimizers(self) -> list[optim.Optimizer]:
        return [optim.Adam(mlp().parameters())]


class Split(Plain):
    def configure_optimizers(self) -> list[optim.Optimizer]:
        return [optim.Adam(self.net[0].parameters()), optim.SGD(self.net[2].parameters(), 0.1)]


@pytest.mark.parametrize(
    ("kind", "count", "said"),
    [
        (Twice, 2, "held more than once: net.2.bias, net.2.weight"),
        (Half, 2, "no optimiser holds net.2.bias, net.2.weight"),
        (Foreign, 8, "4 tensors in the optimiser are not the model's"),
        (Split, 0, "it holds all 4 of them"),
    ],
)
def test_r04_counts_each_parameter(kind: type[Plain], count: int, said: str) -> None:
    check = optimizer_contents.probe(plain(mlp(), kind=kind))
    assert check.value == count and said in check.evidence
    assert (check.status is Status.PASS) is (count == 0)


def test_r05_compares_the_programs_own_update() -> None:
    def forgets(subject: Subject, optimizers: list[optim.Optimizer], batch: Batch) -> float:
        loss = subject.step(batch).loss
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
        return float(loss.detach())

    def clips(subject: Subject, optimizers: list[optim.Optimizer], batch: Batch) -> float:
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss = forgets_nothing(subject, batch)
        nn.utils.clip_grad_norm_(subject.model.parameters(), 0.01)
        for optimizer in optimizers:
            optimizer.step()
        return loss

    def forgets_nothing(subject: Subject, batch: Batch) -> float:
        loss = subject.step(batch).loss
        loss.backward()
        return float(loss.detach())

    for subject in (plain(mlp()), plain(mlp(40, 3), task="waves")):
        assert fresh_gradients.probe(subject, update=forgets).status is Status.FAIL
        assert fresh_gradients.probe(subject, update=clips).status is Status.PASS


class NeverEvaluates(nn.Sequential):
    def train(self, mode: bool = True) -> "NeverEvaluates":
        super().train(True)
        return self


class NeverTrains(nn.Sequential):
    def train(self, mode: bool = True) -> "NeverTrains":
        super().train(False)
        return self


@pytest.mark.parametrize("kind", [NeverEvaluates, NeverTrains])
def test_r06_matters_where_a_layer_depends_on_the_mode(kind: type[nn.Sequential]) -> None:
    torch.manual_seed(0)
    harmless = modes.probe(plain(kind(*mlp())))
    assert harmless.status is Status.WARN
    for layer in (nn.Dropout(0.5), nn.BatchNorm1d(32)):
        first, relu, head = mlp()
        check = modes.probe(plain(kind(first, relu, layer, head)))
        assert check.status is Status.FAIL
        assert "net.2 in" in check.evidence


def test_r06_allows_a_frozen_batch_normalisation() -> None:
    class Fixed(nn.BatchNorm1d):
        def train(self, mode: bool = True) -> "Fixed":
            super().train(False)
            return self

    first, relu, head = mlp()
    norm = Fixed(32).requires_grad_(False)
    assert modes.probe(plain(nn.Sequential(first, relu, norm, head))).status is Status.PASS
    norm.requires_grad_(True)
    assert modes.probe(plain(nn.Sequential(first, relu, norm, head))).status is Status.FAIL


class UsesTheBatch(nn.Module):
    """Subtracts the batch's mean: fine in training, wrong in evaluation."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x - x.mean(0))


class Noisy(UsesTheBatch):
    def forward(self, x: Tensor) -> Tensor:
        return self.net(x + 0.01 * torch.randn_like(x))


class Squeezes(UsesTheBatch):
    def forward(self, x: Tensor) -> Tensor:
        return self.net(x).squeeze(0).softmax(0).log()


@pytest.mark.parametrize("kind", [UsesTheBatch, Noisy, Squeezes])
@pytest.mark.parametrize("task", ["digits", "waves"])
def test_r07_batch_dependence_and_noise(kind: type[UsesTheBatch], task: str) -> None:
    net = mlp() if task == "digits" else mlp(40, 3)
    assert repeatable_evaluation.probe(plain(net, task=task)).status is Status.PASS
    assert repeatable_evaluation.probe(plain(kind(net), task=task)).status is Status.FAIL


class Explodes(UsesTheBatch):
    def forward(self, x: Tensor) -> Tensor:
        return self.net((1000 * x.abs()).exp())


@pytest.mark.parametrize("task", ["digits", "waves"])
def test_r08_names_the_first_place(task: str) -> None:
    net = mlp() if task == "digits" else mlp(40, 3)
    check = non_finite.probe(plain(Explodes(net), task=task))
    assert (check.status, check.value) == (Status.FAIL, "module net.net.0 (Linear)")
    assert check.evidence == "first seen in module net.net.0 (Linear)"
    later = nn.Sequential(net, nn.Threshold(0.0, torch.nan))
    check = non_finite.probe(plain(later, task=task))
    assert check.value == "module net.1 (Threshold)"
    assert check.evidence.startswith("first seen in module net.1 (Threshold), after net.0, whose")

    def broken(logits: Tensor, targets: Tensor) -> Tensor:
        return (logits.softmax(1) * 0).log().mean()

    assert non_finite.probe(plain(net, broken, task=task)).value == "the loss"

    def steep(logits: Tensor, targets: Tensor) -> Tensor:
        return (logits * 0).sqrt().sum() + nn.functional.cross_entropy(logits, targets)

    assert non_finite.probe(plain(net, steep, task=task)).value.startswith("gradient of net.")


def test_r08_sees_bad_inputs_first() -> None:
    program = plain(mlp())
    program.train[1][0][5, 3] = torch.inf
    try:
        assert non_finite.probe(program).value == "the inputs"
    finally:
        program.train[1][0][5, 3] = 0.0


def test_r00_the_trace_tells_shapes_and_sizes() -> None:
    rows = module_trace.measure(compose())
    assert [row["module"] for row in rows] == ["first", "head", ""]
    first = rows[0]
    assert first["type"] == "Linear" and first["parameters"] == 64 * 64 + 64
    assert first["inputs"][0]["shape"] == [64, 64] and first["outputs"][0]["dtype"] == "float32"
    assert first["outputs"][0]["abs_max"] >= abs(first["outputs"][0]["mean"])
