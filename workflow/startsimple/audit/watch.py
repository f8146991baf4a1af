"""What a stage really touches while it runs: files as it opens them, memory, processor time."""

import os
import resource
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from startsimple.schema.canonical import file_digest

_MOST_SAMPLES = 240


class FileWatch:
    """Notes data and artefacts as the process opens them, hashed before they are read.

    Python's audit events see every `open` and rename in this process, so a stage cannot forget
    to declare an input. Reads by worker processes are not seen: the parent hands them their data.
    """

    def __init__(self, root: Path, own: Path) -> None:
        """Watch what lies below data/ and results/ of a repository.

        Args:
            root: The repository.
            own: The stage's own folder; what is read there was written by the stage.
        """
        resolved = root.resolve()
        self._root = resolved
        self._places = (str(resolved / "data") + os.sep, str(resolved / "results") + os.sep)
        self._own = str(own.resolve()) + os.sep
        self.read: dict[str, str] = {}
        self.written: set[str] = set()

    def opened(self, path: str, *, writes: bool) -> None:
        """Note one opened or renamed file; its first content that was read is what counts."""
        full = os.path.abspath(path)  # noqa: PTH100 - a Path would cost more than the open itself
        if not full.startswith(self._places):
            return
        name = Path(full).relative_to(self._root).as_posix()
        # results/<run>/audit/ and results/ itself are the trail and the engines' stores.
        if name.startswith("results/") and name.split("/")[2:3] in ([], ["audit"]):
            return
        if writes:
            self.written.add(name)
        elif name not in self.read and name not in self.written and not full.startswith(self._own):
            target = Path(full)
            if target.is_file():
                self.read[name] = file_digest(target)

    def __enter__(self) -> Self:
        _install()
        _Watching.active = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        _Watching.active = None


class _Watching:
    """The watch in force; hooks cannot be removed, so one hook serves every watch in turn."""

    installed = False
    active: FileWatch | None = None
    busy = threading.local()


def _install() -> None:
    if not _Watching.installed:
        sys.addaudithook(_hook)
        _Watching.installed = True


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    watch = _Watching.active
    if watch is None or event not in ("open", "os.rename") or getattr(_Watching.busy, "on", False):
        return
    path = arguments[0] if event == "open" else arguments[1]
    if not isinstance(path, str | os.PathLike):
        return
    writes = event == "os.rename" or bool(arguments[2] & (os.O_WRONLY | os.O_RDWR))
    _Watching.busy.on = True
    try:
        watch.opened(os.fspath(path), writes=writes)  # pyright: ignore[reportUnknownArgumentType]
    except OSError:
        # The open itself will fail with the right error, in the stage's own words.
        return
    finally:
        _Watching.busy.on = False


class Sampler:
    """A light thread that samples processor, memory and accelerator every few seconds."""

    def __init__(self, seconds: float = 2.0) -> None:
        """Prepare a sampler.

        Args:
            seconds: Time between two samples.
        """
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="samples", daemon=True)
        self.samples: list[dict[str, float]] = []

    def __enter__(self) -> Self:
        self._started = time.monotonic()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _loop(self) -> None:
        import psutil

        process = psutil.Process()
        psutil.cpu_percent()
        while True:
            last = self._stop.wait(self._seconds)
            self.samples.append(_sample(process, time.monotonic() - self._started))
            if last:
                return
            if len(self.samples) >= _MOST_SAMPLES:
                # Half the samples at twice the distance: a long stage costs no more than a short.
                self.samples, self._seconds = self.samples[1::2], 2 * self._seconds


def _sample(process: Any, elapsed: float) -> dict[str, float]:
    import psutil

    resident = 0
    for member in (process, *process.children(recursive=True)):
        try:
            resident += member.memory_info().rss
        except psutil.Error:
            continue
    sample = {
        "seconds": round(elapsed, 2),
        "cpu_percent": psutil.cpu_percent(),
        "memory_percent": psutil.virtual_memory().percent,
        "resident_mb": round(resident / 2**20, 1),
    }
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "cuda") and torch.cuda.is_initialized():
        sample["gpu_memory_mb"] = round(torch.cuda.memory_allocated() / 2**20, 1)
    return sample


def usage() -> dict[str, float]:
    """Return processor seconds and peak resident bytes of this process and its children."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "cpu_seconds": round(
            own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime, 2
        ),
        "peak_rss_bytes": unit * max(own.ru_maxrss, children.ru_maxrss),
    }
