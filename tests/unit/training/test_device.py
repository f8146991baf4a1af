"""Choosing a device, and the switches that make it repeat itself."""

import pytest
import torch

from startsimple.schema.config import NumericsConfig
from startsimple.schema.errors import UserError
from startsimple.training.device import choose, make_deterministic


def test_auto_takes_the_best_that_is_there():
    best = "cuda" if torch.cuda.is_available() else None
    best = best or ("mps" if torch.backends.mps.is_available() else "cpu")
    assert choose("auto").type == best
    assert choose("cpu").type == "cpu"


def test_an_unknown_device_is_refused_with_the_nearest():
    with pytest.raises(UserError, match="Did you mean 'cuda'"):
        choose("cudda")


@pytest.mark.parametrize(
    ("name", "present"),
    [("cuda", torch.cuda.is_available()), ("mps", torch.backends.mps.is_available())],
)
def test_an_absent_device_is_refused_with_the_remedy(name, present):
    if present:
        assert choose(name).type == name
        return
    with pytest.raises(UserError, match="use device=auto or device=cpu"):
        choose(name)


def test_determinism_forbids_kernels_that_do_not_repeat():
    before = torch.are_deterministic_algorithms_enabled(), torch.get_num_threads()
    try:
        torch.use_deterministic_algorithms(False)
        make_deterministic(NumericsConfig(threads=1))
        assert torch.are_deterministic_algorithms_enabled()
        assert torch.get_num_threads() == 1
        assert not torch.backends.cudnn.benchmark and torch.backends.cudnn.deterministic
        assert not torch.backends.cuda.matmul.allow_tf32
    finally:
        torch.use_deterministic_algorithms(before[0])
        torch.set_num_threads(before[1])
