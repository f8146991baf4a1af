import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from startsimple.training.bits import BitTrace


@given(st.integers(0, 5), st.integers(0, 31), st.sampled_from(["weight", "bias"]))
def test_one_bit_changes_its_step_and_parameter_alone(place: int, bit: int, name: str) -> None:
    layer = nn.Linear(3, 6)
    trace = BitTrace(layer, 3)
    trace.note(0)
    trace.note(1)
    getattr(layer, name).detach().view(torch.int32).view(-1)[place] ^= (
        1 << bit if bit < 31 else -(1 << 31)
    )
    trace.note(2)
    kept = trace.kept(3)
    assert kept.dtype is torch.int32
    assert torch.equal(kept[0], kept[1])
    changed = (kept[1] != kept[2]).tolist()
    assert changed == [key == name for key in trace.names]


def test_types_of_other_sizes_and_models_without_parameters_are_traced() -> None:
    layer = nn.Linear(2, 2).to(torch.bfloat16)
    trace = BitTrace(layer, 1)
    trace.note(0)
    before = trace.kept(1)
    layer.weight.detach().view(torch.int16)[0, 0] ^= 1
    trace.note(0)
    assert not torch.equal(before, trace.kept(1))
    empty = BitTrace(nn.ReLU(), 2)
    empty.note(1)
    assert empty.kept(2).shape == (2, 0)
