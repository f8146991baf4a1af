"""The clock of budgets never runs backwards and counts waiting in part."""

import time

from startsimple.program.clock import LOOK_EVERY, WAITING, worked


def test_it_never_runs_backwards():
    seen = [worked() for _ in range(1000)]
    assert seen == sorted(seen)


def test_waiting_counts_in_part():
    before, start = worked(), time.monotonic()
    time.sleep(2 * LOOK_EVERY)
    passed = time.monotonic() - start
    assert worked() - before >= WAITING * passed - 2 * LOOK_EVERY
    assert worked() - before > 0 or before > WAITING * time.monotonic()
