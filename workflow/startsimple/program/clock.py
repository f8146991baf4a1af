"""The clock of budgets: seconds that this process has worked, whatever else runs on the machine."""

import time

# A process that waits, for workers or a disk, is charged this share of the time that passes.
WAITING = 0.75
# Reading a process's own time is a slow call on some systems: between looks it is extrapolated.
LOOK_EVERY = 0.25

_START = time.monotonic()
_looked_at, _seen = _START, 0.0


def worked() -> float:
    """Return the seconds that this process has worked since it started, to a quarter of a second.

    Budgets are held against it, so that what an experiment tries depends little on how busy the
    machine is. Time spent waiting counts for three quarters, so that it ends budgets, too.
    """
    global _looked_at, _seen
    now = time.monotonic()
    if now - _looked_at > LOOK_EVERY:
        _looked_at, _seen = now, max(time.process_time(), WAITING * (now - _START))
    return _seen
