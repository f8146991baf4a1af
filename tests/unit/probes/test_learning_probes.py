"""P-07, P-08, P-09, P-12, P-21 and M-12 on hand-made programs with one defect each."""

import random

import numpy as np
import pytest
import torch
from tests.composing import digits, mlp, plain, seeded_net
from torch import Tensor, nn

from startsimple.probes import (
    dependency,
    dumb_baselines,
    initial_weights,
    input_baseline,
    metric,
    repeatability,
)
from startsimple.schema.verdict import Status

NETS = {"digits": (64, 4), "waves": (40, 3)}


class Wrapped(nn.Module):
    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net


class Ignores(Wrapped):
    """Overwrites its input on the way."""

    def forward(self, x: Tensor) -> Tensor:
        return self.net(torch.ones_like(x))


class Rolls(Wrapped):
    """Answers each example with its neighbour's output."""

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x).roll(1, 0)


class Half(Wrapped):
    """Never reads the second half of its input."""

    def forward(self, x: Tensor) -> Tensor:
        keep = torch.arange(x.shape[1]) < x.shape[1] // 2
        return self.net(x * keep)


@pytest.mark.parametrize("task", NETS)
def test_p07_inputs_must_help(task: str) -> None:
    net = mlp(*NETS[task])
    assert input_baseline.probe(plain(net, task=task), steps=60).status is Status.PASS
    check = input_baseline.probe(plain(Ignores(net), task=task), steps=60)
    assert check.status is Status.FAIL
    assert check.value == 1.0


def test_p07_a_run_that_diverges_does_not_pass() -> None:
    check = input_baseline.probe(plain(mlp(), lr=1e20), steps=20)
    assert check.status is Status.FAIL


@pytest.mark.parametrize("task", NETS)
def test_p08_the_model_must_beat_the_majority(task: str) -> None:
    net = mlp(*NETS[task])
    scores = dumb_baselines.measure(plain(net, task=task, lr=3e-3), steps=80)
    assert set(scores) == {"majority", "linear", "nearest_neighbours", "model", "examples"}
    assert dumb_baselines.probe(scores).status is Status.PASS
    blind = dumb_baselines.measure(plain(Ignores(net), task=task), steps=80)
    assert blind["majority"] == scores["majority"]
    check = dumb_baselines.probe(blind)
    assert check.status is Status.FAIL
    # Luck on so few examples is no achievement.
    assert check.threshold > scores["majority"] + 0.02


def test_p08_scores_are_those_of_scikit_learn() -> None:
    from sklearn.dummy import DummyClassifier
    from sklearn.neighbors import KNeighborsClassifier

    scores = dumb_baselines.measure(plain(mlp()), steps=1)
    data = digits()
    x, y = data.train.x[:384], data.train.y[:384]
    for name, estimator in (
        ("majority", DummyClassifier(strategy="most_frequent")),
        ("nearest_neighbours", KNeighborsClassifier(5)),
    ):
        assert scores[name] == estimator.fit(x, y).score(data.val.x, data.val.y)


def test_p08_regression_explains_more_than_the_mean() -> None:
    def regression(net: nn.Module) -> dict[str, float]:
        program = plain(net, nn.functional.mse_loss, lr=3e-3, target=lambda y: y.float()[:, None])
        return dumb_baselines.measure(program, steps=80)

    scores = regression(mlp(64, 1))
    assert scores["mean"] < 0.01 < scores["linear"]
    assert dumb_baselines.probe(scores).status is Status.PASS
    assert dumb_baselines.probe(regression(Ignores(mlp(64, 1)))).status is Status.FAIL


@pytest.mark.parametrize("task", NETS)
def test_p09_an_output_belongs_to_its_example(task: str) -> None:
    net = mlp(*NETS[task])
    assert dependency.probe(plain(net, task=task)).status is Status.PASS
    rolled = dependency.probe(plain(Rolls(net), task=task))
    assert (rolled.status, rolled.value) == (Status.FAIL, 1.0)
    ignored = dependency.probe(plain(Ignores(net), task=task))
    assert ignored.status is Status.FAIL and "no output changes" in ignored.evidence
    half = dependency.probe(plain(Half(net), task=task))
    assert half.status is Status.WARN
    size = NETS[task][0]
    assert f"{size // 2} of {size} input positions never matter" in half.evidence


class Chance(Wrapped):
    """Draws noise from the source that its name tells, while it trains."""

    def __init__(self, net: nn.Module, source: str) -> None:
        super().__init__(net)
        self.source = source

    def forward(self, x: Tensor) -> Tensor:
        noise = {
            "torch": lambda: float(torch.rand(())),
            "numpy": lambda: float(np.random.rand()),
            "python": random.random,
            "system": random.SystemRandom().random,
        }[self.source]()
        return self.net(x + 0.01 * noise)


@pytest.mark.parametrize("task", NETS)
@pytest.mark.parametrize(
    ("source", "status"),
    [("torch", "pass"), ("numpy", "pass"), ("python", "pass"), ("system", "fail")],
)
def test_p12_only_seeded_chance_repeats(source: str, status: str, task: str) -> None:
    program = plain(Chance(mlp(*NETS[task]), source), task=task)
    assert repeatability.probe(program, steps=5).status == status


def test_p12_compares_with_a_program_built_again() -> None:
    assert repeatability.probe(plain(mlp()), plain(mlp()), steps=5).status is Status.PASS
    other = plain(mlp(hidden=31))
    assert repeatability.probe(plain(mlp()), other, steps=5).status is Status.FAIL


def test_p12_leaves_the_global_streams_alone() -> None:
    program = plain(Chance(mlp(), "torch"))
    expected: list[list[float]] = []
    for probed in (False, True):
        torch.manual_seed(7)
        np.random.seed(7)
        random.seed(7)
        if probed:
            repeatability.probe(program, steps=3)
        expected.append([float(torch.rand(())), float(np.random.rand()), random.random()])
    assert expected[0] == expected[1]


@pytest.mark.parametrize(
    ("faulty", "name"),
    [
        (lambda o, y: float((o.argmax(1) == y).sum()), "a count"),
        (lambda o, y: float((o.argmax(1) == y).sum()) / 64, "a fixed size"),
        (lambda o, y: float((o.argmin(1) == y).float().mean()), "the smallest"),
        (lambda o, y: 1 - float((o.argmax(1) == y).float().mean()), "the error"),
        (lambda o, y: float((o.argmax(1) == y[0]).float().mean()), "one label"),
        (lambda o, y: float((o.argmax(1) == y).float().mean()) / 2, "half of it"),
    ],
)
@pytest.mark.parametrize("classes", [2, 10])
def test_p21_sees_a_wrong_metric(faulty: object, name: str, classes: int) -> None:
    assert metric.probe(faulty, classes).status is Status.FAIL  # type: ignore[arg-type]


@pytest.mark.parametrize("classes", [2, 10])
def test_p21_agrees_with_scikit_learn(classes: int) -> None:
    from sklearn.metrics import accuracy_score

    def reference(logits: Tensor, targets: Tensor) -> float:
        return float(accuracy_score(targets.numpy(), logits.argmax(1).numpy()))

    assert metric.probe(reference, classes).value == 0.0


def test_p21_reports_a_metric_that_raises() -> None:
    def broken(logits: Tensor, targets: Tensor) -> float:
        raise KeyError("no such label")

    check = metric.probe(broken, 3)
    assert check.status is Status.FAIL and "raises KeyError" in check.evidence


def scaled(kind: str, factor: float) -> nn.Sequential:
    """Return a network whose hidden layer's weights are `factor` times torch's default."""
    if kind == "linear":
        net = seeded_net(lambda: nn.Linear(64, 64), nn.ReLU, lambda: nn.Linear(64, 4))
    else:
        net = seeded_net(
            lambda: nn.Unflatten(1, (1, 64)),
            lambda: nn.Conv1d(1, 64, 9),
            nn.Flatten,
            lambda: nn.Linear(64 * 56, 4),
        )
    with torch.no_grad():
        net[0 if kind == "linear" else 1].weight.mul_(factor)
    return net


@pytest.mark.parametrize("kind", ["linear", "conv"])
@pytest.mark.parametrize(
    ("factor", "init", "status"),
    [
        (1.0, None, "pass"),
        (1.0, "torch", "pass"),
        (1.0, "he", "fail"),
        (6**0.5, "he", "pass"),
        (1.5, "torch", "warn"),
        (0.05, None, "fail"),
        (20.0, None, "fail"),
    ],
)
def test_m12_holds_the_spread_against_its_target(
    kind: str, factor: float, init: str | None, status: str
) -> None:
    assert initial_weights.probe(plain(scaled(kind, factor)), init).status == status


@pytest.mark.parametrize("value", [0.0, 0.1])
def test_m12_units_that_stay_copies(value: float) -> None:
    net = mlp()
    for parameter in net.parameters():
        nn.init.constant_(parameter, value)
    check = initial_weights.probe(plain(net))
    assert check.status is Status.FAIL
    assert "net.0.weight" in check.evidence and check.value is None


def test_m12_a_small_output_layer_is_sound_and_a_large_one_is_not() -> None:
    for factor, status in ((0.0, "pass"), (0.1, "pass"), (10.0, "fail")):
        net = mlp(hidden=64)
        with torch.no_grad():
            net[2].weight.mul_(factor)
        assert initial_weights.probe(plain(net)).status == status
