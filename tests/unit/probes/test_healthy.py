"""No probe raises a false alarm on correct programs, whatever they are built of."""

from collections.abc import Callable

import pytest
import torch
from tests.composing import compose, mlp, plain, seeded_net
from torch import Tensor, nn
from torch.nn import functional

from startsimple.probes import (
    batch_size,
    dependency,
    dry_run,
    dumb_baselines,
    fresh_gradients,
    initial_loss,
    initial_weights,
    input_baseline,
    learning_parameters,
    loss_contract,
    modes,
    non_finite,
    optimizer_contents,
    reduction,
    repeatability,
    repeatable_evaluation,
)
from startsimple.program.subject import Subject
from startsimple.schema.verdict import Check


class Residual(nn.Module):
    """Branch and output layer start at zero, as some deep networks do."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.branch, self.head = nn.Linear(64, 32), nn.Linear(32, 32), nn.Linear(32, 4)
        for parameter in [*self.branch.parameters(), self.head.weight]:
            nn.init.zeros_(parameter)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.first(x).relu()
        return self.head(hidden + self.branch(hidden))


class Lstm(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.recurrent, self.head = nn.LSTM(4, 16, batch_first=True), nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.recurrent(x.reshape(len(x), 10, 4))[0][:, -1])


def frozen_features() -> Subject:
    net = mlp()
    net[0].requires_grad_(False)
    return plain(net)


def smoothed(logits: Tensor, targets: Tensor) -> Tensor:
    return functional.cross_entropy(logits, targets, label_smoothing=0.1)


def regression() -> Subject:
    def loss(output: Tensor, target: Tensor) -> Tensor:
        return functional.mse_loss(output[:, 0], target)

    return plain(mlp(40, 1), loss, task="waves", lr=3e-3, target=lambda y: y.float() - 1)


def binary() -> Subject:
    def loss(output: Tensor, target: Tensor) -> Tensor:
        return functional.binary_cross_entropy_with_logits(output[:, 0], target)

    return plain(mlp(64, 1), loss, target=lambda y: (y % 2).float())


def multilabel() -> Subject:
    def target(y: Tensor) -> Tensor:
        return torch.stack([y > 0, y > 1, y > 2, y % 2 == 0], 1).float()

    return plain(mlp(), functional.binary_cross_entropy_with_logits, target=target)


SUBJECTS: dict[str, Callable[[], Subject]] = {
    "composed mlp": compose,
    "composed cnn": lambda: compose("waves"),
    "module": lambda: plain(mlp()),
    "dropout and batch norm": lambda: plain(
        seeded_net(
            lambda: nn.Linear(64, 32),
            lambda: nn.BatchNorm1d(32),
            nn.ReLU,
            lambda: nn.Dropout(0.3),
            lambda: nn.Linear(32, 4),
        )
    ),
    "log-softmax and nll": lambda: plain(
        nn.Sequential(*mlp(), nn.LogSoftmax(1)), functional.nll_loss
    ),
    "zero start": lambda: plain(Residual()),
    "lstm": lambda: plain(Lstm(), task="waves", lr=1e-2),
    "frozen features": frozen_features,
    "label smoothing": lambda: plain(mlp(), smoothed),
    "regression": regression,
    "binary": binary,
    "multilabel": multilabel,
}


def all_checks(subject: Subject) -> list[Check]:
    return [
        dry_run.probe(subject),
        learning_parameters.probe(subject),
        optimizer_contents.probe(subject),
        fresh_gradients.probe(subject),
        modes.probe(subject),
        repeatable_evaluation.probe(subject),
        non_finite.probe(subject),
        loss_contract.probe(subject),
        initial_loss.probe(subject),
        reduction.probe(subject),
        batch_size.probe(subject),
        input_baseline.probe(subject, steps=60),
        dumb_baselines.probe(dumb_baselines.measure(subject, steps=100)),
        dependency.probe(subject),
        repeatability.probe(subject, steps=6),
        initial_weights.probe(subject),
    ]


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_correct_program_blocks_no_probe(name: str) -> None:
    torch.manual_seed(0)
    subject = SUBJECTS[name]()
    before = {key: value.clone() for key, value in subject.model.state_dict().items()}
    blocked = [check for check in all_checks(subject) if check.status.blocks]
    assert not blocked
    # Probes leave no trace.
    after = subject.model.state_dict()
    assert all(torch.equal(value, after[key]) for key, value in before.items())
    assert all(parameter.grad is None for parameter in subject.model.parameters())


def test_probes_are_repeatable() -> None:
    assert all_checks(compose()) == all_checks(compose())
