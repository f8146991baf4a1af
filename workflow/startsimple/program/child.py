"""Run work on a user's program in a child process with limits of time and memory."""

import contextlib
import multiprocessing
import os
import pickle
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from startsimple.schema.errors import UserError

OUTPUT_KEPT = 4000
OUTPUT_MOST = 64 * 2**20
MEMORY_SHARE = 0.6
MEMORY_MOST = 8 * 2**30
POLL = 0.05


@dataclass(frozen=True)
class ChildResult:
    """How the work in the child ended.

    Attributes:
        value: What the work returned; None if it did not end well.
        failure: Why it did not, as a sentence; "" if it did.
        output: The end of what it printed.
        user_error: Whether the failure is a `UserError` of the work itself.
    """

    value: Any
    failure: str
    output: str
    user_error: bool = False


def memory_limit() -> int:
    """Return the bytes that a child may hold: a share of what the machine has free."""
    return int(min(MEMORY_MOST, MEMORY_SHARE * psutil.virtual_memory().available))


def run_in_child(
    work: Callable[..., Any],
    arguments: tuple[Any, ...],
    *,
    seconds: float,
    memory: int | None = None,
) -> ChildResult:
    """Run a function in a fresh process, and end that process whatever happens in it.

    Args:
        work: A function that can be pickled; what it returns must be too.
        arguments: Its arguments.
        seconds: Wall time after which the child is ended.
        memory: Bytes of resident memory after which it is ended.

    Returns:
        The value, or a sentence that says why there is none; never raises for the child's sake.
    """
    limit = memory if memory is not None else memory_limit()
    with tempfile.TemporaryDirectory(prefix="startsimple-") as folder:
        answer, printed = Path(folder) / "answer", Path(folder) / "output"
        context = multiprocessing.get_context("spawn")
        child = context.Process(target=_child, args=(work, arguments, str(answer), str(printed)))
        child.start()
        failure = _watch(child, seconds, limit, printed)
        output = _tail(printed)
        if failure:
            return ChildResult(None, failure, output)
        if not answer.exists():
            reason = f"The program ended the process itself (exit status {child.exitcode})."
            return ChildResult(None, reason, output)
        value, failure, user_error = pickle.loads(answer.read_bytes())
        return ChildResult(value, failure, output, user_error)


def _watch(child: Any, seconds: float, memory: int, printed: Path) -> str:
    deadline = time.monotonic() + seconds
    while child.is_alive():
        failure = ""
        if time.monotonic() > deadline:
            failure = f"The program did not end within {seconds:.0f} s and was stopped."
        elif (held := _resident(child.pid)) > memory:
            failure = (
                f"The program took {held / 2**30:.1f} GiB of memory, more than the limit of "
                f"{memory / 2**30:.1f} GiB, and was stopped."
            )
        elif printed.exists() and printed.stat().st_size > OUTPUT_MOST:
            failure = f"The program printed more than {OUTPUT_MOST // 2**20} MB and was stopped."
        if failure:
            _end(child.pid)
            child.join(5)
            return failure
        child.join(POLL)
    return ""


def _resident(pid: int) -> int:
    total = 0
    with contextlib.suppress(psutil.Error):
        family = [psutil.Process(pid)]
        family += family[0].children(recursive=True)
        for process in family:
            with contextlib.suppress(psutil.Error):
                total += process.memory_info().rss
    return total


def _end(pid: int) -> None:
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        for each in [*process.children(recursive=True), process]:
            with contextlib.suppress(psutil.Error):
                each.kill()


def _tail(printed: Path) -> str:
    if not printed.exists():
        return ""
    with printed.open("rb") as stream:
        stream.seek(max(0, printed.stat().st_size - OUTPUT_KEPT))
        return stream.read().decode(errors="replace")


def _child(work: Callable[..., Any], arguments: tuple[Any, ...], answer: str, printed: str) -> None:
    # The program may print anything, and read nothing.
    sink = os.open(printed, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ["MPLBACKEND"] = "Agg"
    # What was spawned would spawn in turn, where the program's loaders fork on this platform.
    multiprocessing.set_start_method(None, force=True)
    _die_with_parent()
    try:
        result = (work(*arguments), "", False)
    except UserError as error:
        result = (None, str(error), True)
    except BaseException as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}:{last.lineno}"
        said = f"The diagnosis ended with {type(error).__name__}: {error} ({place})"
        result = (None, said, False)
    Path(answer + ".part").write_bytes(pickle.dumps(result))
    Path(answer + ".part").replace(answer)
    os._exit(0)


def _die_with_parent() -> None:
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
