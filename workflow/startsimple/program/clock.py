"""The clock of budgets: seconds that this process has worked, whatever else runs on the machine."""

import time

# A process that waits, for workers or a disk, is charged this share of the time that passes.
WAITING = 0.75

_START = time.monotonic()


def worked() -> float:
    """Return the seconds that this process has worked since it started.

    Budgets are held against it, so that what an experiment tries depends little on how busy the
    machine is. Time spent waiting counts for three quarters, so that it ends budgets, too.
    """
    return max(time.process_time(), WAITING * (time.monotonic() - _START))
