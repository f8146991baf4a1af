"""What is noted of a program's calls, and what must not be kept."""

from dataclasses import dataclass

import pytest
import torch
from torch.distributions import Independent, Normal

from startsimple.program.spy import Spy, bytes_of, map_tensors, tensors_in, transformed


def noted(call):
    seen = []
    spy = Spy(lambda op: seen.append(op.name))
    spy.recording = True
    with spy:
        call()
    return seen


def test_calls_within_vmap_and_grad_are_not_noted():
    rows = torch.ones(3, 2)
    assert "sin" in noted(lambda: torch.sin(rows))
    assert "sin" not in noted(lambda: torch.func.vmap(torch.sin)(rows))
    assert "sin" not in noted(lambda: torch.func.grad(lambda x: torch.sin(x).sum())(rows))


def test_a_transform_is_seen_from_within_only():
    inside = []
    torch.func.vmap(lambda row: (inside.append(transformed()), row)[1])(torch.ones(2))
    assert inside == [True]
    assert not transformed()


def test_a_sparse_tensor_weighs_what_it_holds():
    assert bytes_of(torch.ones(4, 4)) == 64
    assert bytes_of(torch.eye(4).to_sparse()) == 16
    assert bytes_of(torch.eye(4).to_sparse_csr()) == 16


@dataclass(frozen=True)
class Answer:
    logits: torch.Tensor
    name: str = "answer"


@pytest.mark.parametrize(
    "record",
    [
        Normal(torch.zeros(3, 1), torch.ones(3, 1)),
        Independent(Normal(torch.zeros(3, 1), torch.ones(3, 1)), 1),
        Answer(torch.zeros(3, 1)),
        [Answer(torch.zeros(3, 1))],
    ],
)
def test_records_of_tensors_are_looked_into_and_copied(record):
    first = tensors_in(record)[0]
    assert first.shape == (3, 1)
    changed = map_tensors(record, lambda tensor: tensor + 1)
    assert type(changed) is type(record)
    assert tensors_in(changed)[0].eq(1).all()
    assert tensors_in(record)[0].eq(0).all()


def test_classes_are_no_records():
    assert tensors_in([Answer, Normal, "text", None]) == []
    assert map_tensors(Answer, torch.neg) is Answer
