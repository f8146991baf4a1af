"""Directory listings in a chosen order, to prove that nothing depends on it."""

import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any


class _Entries:
    """A scandir result in a chosen order; closing it does nothing, as it is read already."""

    def __init__(self, entries: list[Any]) -> None:
        self._entries = iter(entries)

    def __iter__(self) -> Iterator[Any]:
        return self._entries

    def __next__(self) -> Any:
        return next(self._entries)

    def __enter__(self) -> "_Entries":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Match the interface of os.scandir's iterator."""


@contextmanager
def ordered_listings(*, descending: bool) -> Generator[None]:
    """Let os.listdir and os.scandir, and so glob and pathlib, list in one order of names.

    Code that pairs files by their position in an unsorted listing builds one dataset under the
    ascending order and another under the descending one (D-01 of the method); code that sorts,
    or pairs by key, builds the same. The file system's own order may be either of them, so
    comparing with that proves nothing.

    Args:
        descending: Z before A.
    """
    listdir: Any = os.listdir
    scandir: Any = os.scandir

    def list_ordered(*arguments: Any) -> list[Any]:
        return sorted(listdir(*arguments), reverse=descending)

    def scan_ordered(*arguments: Any) -> _Entries:
        with scandir(*arguments) as entries:
            listed: list[Any] = list(entries)
        return _Entries(sorted(listed, key=lambda entry: str(entry.name), reverse=descending))

    os.listdir, os.scandir = list_ordered, scan_ordered  # type: ignore[assignment]
    try:
        yield
    finally:
        os.listdir, os.scandir = listdir, scandir
