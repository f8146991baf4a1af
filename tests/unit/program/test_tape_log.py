"""Of each kind of step one tape is kept whole, and of the others the leaves."""

import torch

from startsimple.program import tape_log
from startsimple.program.tape import Call, Tape
from startsimple.program.tape_log import TapeLog


def tape(module, rows=4):
    x = torch.ones(rows, 2)
    return Tape([Call(module, (x,), {}, x)], torch.zeros(()), [x], [], rows)


def test_one_tape_of_each_kind_is_whole_and_the_last_step_s_calls_are_known():
    log = TapeLog()
    assert log.last_called() == []
    for module in (0, 1, 0, 1):
        log.add(tape(module))
        assert log.last_called() == [module]
    assert [bool(kept.entries) for kept in log.tapes] == [True, True, False, False]
    assert all(len(kept.inputs) == 1 for kept in log.tapes)


def test_what_memory_does_not_allow_is_not_kept(monkeypatch):
    monkeypatch.setattr(tape_log, "KEPT_BYTES", 100)
    log = TapeLog()
    for _ in range(5):
        log.add(tape(0))
    assert len(log.tapes) == 3
    monkeypatch.setattr(tape_log, "RECORDED_STEPS", 2)
    short = TapeLog()
    for _ in range(5):
        short.add(tape(0, rows=1))
    assert len(short.tapes) == 2
