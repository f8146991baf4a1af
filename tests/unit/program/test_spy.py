"""What is noted of a program's calls, and what must not be kept."""

import torch

from startsimple.program.spy import Spy, bytes_of, transformed


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
