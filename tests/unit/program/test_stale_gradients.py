"""Used gradients are told from accumulated, cleared and foreign ones."""

import torch
from torch import nn, optim

from startsimple.program.stale_gradients import StaleGradients


def loop(turns, clear, passes=1):
    """Train for some turns; return what was said before each step."""
    model, stale = nn.Linear(2, 1), StaleGradients()
    optimizer = optim.SGD(model.parameters(), lr=0.01)
    said = []
    for _ in range(turns):
        if clear == "before":
            optimizer.zero_grad()
        for _ in range(passes):
            stale.before_backward()
            (model(torch.ones(3, 2)) - 1).pow(2).mean().backward()
            stale.after_backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1e-3)
        said.append(stale.reaches(optimizer))
        optimizer.step()
        stale.stepped(optimizer)
        if clear == "after":
            optimizer.zero_grad(set_to_none=False)
    return said


def test_gradients_that_are_never_cleared_reach_the_next_step():
    assert loop(4, clear="never") == [False, True, True, True]


def test_cleared_gradients_do_not():
    assert not any(loop(4, clear="before"))
    assert not any(loop(4, clear="after"))


def test_accumulation_is_no_stale_gradient():
    assert not any(loop(4, clear="after", passes=3))
    assert loop(3, clear="never", passes=3) == [False, True, True]


def test_what_another_loss_leaves_behind_is_cleared_in_time():
    first, second, stale = nn.Linear(2, 2), nn.Linear(2, 1), StaleGradients()
    one, two = optim.SGD(first.parameters(), lr=0.01), optim.SGD(second.parameters(), lr=0.01)
    said = []
    for _ in range(3):
        for optimizer, own in ((one, first), (two, second)):
            optimizer.zero_grad()
            stale.before_backward()
            second(first(torch.ones(3, 2))).pow(2).mean().backward()
            stale.after_backward()
            said.append(stale.reaches(optimizer))
            optimizer.step()
            stale.stepped(optimizer)
            assert own is not None
    assert not any(said)
