"""R-10, P-01, P-04 and P-05 on hand-made losses."""

import math
from collections.abc import Callable

import pytest
import torch
from tests.composing import mlp, plain
from torch import Tensor, nn
from torch.nn import functional

from startsimple.probes import batch_size, initial_loss, loss_contract, reduction
from startsimple.schema.verdict import Status

Loss = Callable[[Tensor, Tensor], Tensor]


def classifier(loss: Loss, task: str = "digits") -> object:
    return plain(mlp() if task == "digits" else mlp(40, 3), loss, task=task)


def sigmoid_first(output: Tensor, target: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(output.sigmoid(), target)


def parity(y: Tensor) -> Tensor:
    return (y % 2).float()[:, None]


@pytest.mark.parametrize("task", ["digits", "waves"])
@pytest.mark.parametrize(
    ("loss", "found"),
    [
        (lambda o, y: functional.cross_entropy(o.softmax(1), y), loss_contract.PROBABILITIES),
        (lambda o, y: functional.cross_entropy(o.softmax(0), y), loss_contract.OVER_BATCH),
        (lambda o, y: functional.nll_loss(o.log_softmax(0), y), loss_contract.OVER_BATCH),
        (lambda o, y: functional.nll_loss(o.softmax(1), y), loss_contract.PROBABILITIES),
        (lambda o, y: functional.nll_loss(o, y), loss_contract.LOGITS),
    ],
)
def test_r10_names_what_entered(loss: Loss, found: str, task: str) -> None:
    check = loss_contract.probe(classifier(loss, task))
    assert (check.status, check.value) == (Status.FAIL, found)
    assert "test_loss_probes.py" in check.evidence


@pytest.mark.parametrize("task", ["digits", "waves"])
@pytest.mark.parametrize(
    "loss",
    [
        functional.cross_entropy,
        lambda o, y: functional.nll_loss(o.log_softmax(1), y),
        # Applying log-softmax twice changes nothing.
        lambda o, y: functional.cross_entropy(o.log_softmax(1), y),
    ],
)
def test_r10_passes_sound_losses(loss: Loss, task: str) -> None:
    assert loss_contract.probe(classifier(loss, task)).status is Status.PASS


def test_r10_sees_a_sigmoid_before_a_loss_on_logits() -> None:
    check = loss_contract.probe(plain(mlp(64, 1), sigmoid_first, target=parity))
    assert (check.status, check.value) == (Status.FAIL, loss_contract.PROBABILITIES)
    sound = plain(mlp(64, 1), functional.binary_cross_entropy_with_logits, target=parity)
    assert loss_contract.probe(sound).status is Status.PASS


@pytest.mark.parametrize("loss", [functional.mse_loss, functional.l1_loss])
def test_r10_sees_shapes_that_broadcast(loss: Loss) -> None:
    with pytest.warns(UserWarning, match="Using a target size"):
        check = loss_contract.probe(plain(mlp(64, 1), loss, target=lambda y: y.float()))
    assert (check.status, check.value) == (Status.FAIL, loss_contract.BROADCAST)
    assert "(64, 1) and (64,)" in check.evidence
    sound = plain(mlp(64, 1), loss, target=lambda y: y.float()[:, None])
    assert loss_contract.probe(sound).status is Status.PASS


def test_r10_looks_at_every_loss_of_a_step() -> None:
    def two(output: Tensor, target: Tensor) -> Tensor:
        sound = functional.cross_entropy(output, target)
        return sound + functional.cross_entropy(output.softmax(1), target)

    assert loss_contract.probe(classifier(two)).value == loss_contract.PROBABILITIES


@pytest.mark.parametrize(
    ("factor", "status"),
    [(1.0, "pass"), (1.2, "warn"), (0.8, "warn"), (2.0, "fail"), (0.3, "fail"), (-1.0, "fail")],
)
@pytest.mark.parametrize("task", ["digits", "waves"])
def test_p01_holds_the_loss_against_the_table(factor: float, status: str, task: str) -> None:
    check = initial_loss.probe(
        classifier(lambda o, y: factor * functional.cross_entropy(0.01 * o, y), task)
    )
    assert check.status == status
    expected = math.log(4 if task == "digits" else 3)
    assert check.value == pytest.approx(factor * expected, rel=0.01)


def test_p01_knows_other_losses() -> None:
    bce = functional.binary_cross_entropy_with_logits
    weight = torch.tensor([3.0])
    zero = nn.Sequential(*mlp(64, 1))
    nn.init.zeros_(zero[2].weight)
    nn.init.zeros_(zero[2].bias)
    for loss, target, expected in (
        (bce, parity, math.log(2)),
        (lambda o, y: bce(o, y, pos_weight=weight), parity, None),
        (functional.mse_loss, lambda y: y.float()[:, None] + 5, None),
        (functional.l1_loss, lambda y: y.float()[:, None] + 5, None),
    ):
        check = initial_loss.probe(plain(zero, loss, target=target))
        assert check.status is Status.PASS
        assert expected is None or check.value == pytest.approx(expected)


def test_p01_skips_what_it_does_not_know() -> None:
    for loss in (
        lambda o, y: functional.multi_margin_loss(o, y),
        lambda o, y: functional.cross_entropy(o, y) + functional.nll_loss(o.log_softmax(1), y),
    ):
        assert initial_loss.probe(classifier(loss)).status is Status.SKIP


@pytest.mark.parametrize(
    ("loss", "status"),
    [
        (lambda o, y: functional.cross_entropy(o, y, reduction="sum"), "fail"),
        (lambda o, y: functional.cross_entropy(o, y) / len(y), "fail"),
        (lambda o, y: -functional.cross_entropy(o, y), "pass"),
        (functional.cross_entropy, "pass"),
    ],
)
@pytest.mark.parametrize("task", ["digits", "waves"])
def test_p04_sees_sums(loss: Loss, status: str, task: str) -> None:
    assert reduction.probe(classifier(loss, task)).status == status


@pytest.mark.parametrize(
    ("loss", "status"),
    [
        (lambda o, y: functional.nll_loss(o.log_softmax(0), y), "fail"),
        (lambda o, y: functional.cross_entropy(o, y, reduction="sum"), "fail"),
        (functional.cross_entropy, "pass"),
    ],
)
@pytest.mark.parametrize("task", ["digits", "waves"])
def test_p05_sees_dependence_on_the_batch_size(loss: Loss, status: str, task: str) -> None:
    assert batch_size.probe(classifier(loss, task)).status == status
