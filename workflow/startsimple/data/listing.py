"""Directory listings turned round, to prove that nothing depends on their order."""

import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any


class _Entries:
    """A scandir result in reverse order of name; closing it does nothing, it is read already."""

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
def reversed_listings() -> Generator[None]:
    """Let os.listdir and os.scandir, and so glob and pathlib, list in reverse order of name.

    Code that pairs files by their position in an unsorted listing builds another dataset under
    this (D-01 of the method); code that sorts, or pairs by key, builds the same one.
    """
    listdir: Any = os.listdir
    scandir: Any = os.scandir

    def list_back(*arguments: Any) -> list[Any]:
        return sorted(listdir(*arguments), reverse=True)

    def scan_back(*arguments: Any) -> _Entries:
        with scandir(*arguments) as entries:
            listed: list[Any] = list(entries)
        return _Entries(sorted(listed, key=lambda entry: str(entry.name), reverse=True))

    os.listdir, os.scandir = list_back, scan_back  # type: ignore[assignment]
    try:
        yield
    finally:
        os.listdir, os.scandir = listdir, scandir
