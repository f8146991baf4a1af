"""Units of work: seeded training runs, each stored under the digest of all that determines it.

A unit that is stored is never run again: a killed climb goes on where it stopped, a tightened
threshold trains nothing, and two stages that need the same run share it.
"""

import importlib
import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from startsimple.schema.canonical import digest, read_json, write_bytes, write_json


@dataclass(frozen=True)
class Result:
    """What a unit left behind: plain figures, and tensors such as weights and losses."""

    figures: dict[str, Any]
    tensors: dict[str, Tensor]


@dataclass(frozen=True)
class Unit:
    """One seeded run.

    Attributes:
        name: What people call it, such as "seed 1".
        recipe: Everything that determines the result, as plain containers.
    """

    name: str
    recipe: dict[str, Any]

    @property
    def key(self) -> str:
        """Name of the unit's folder: the digest of its recipe."""
        return digest(self.recipe)[:24]


class Store:
    """The stored units of one run."""

    def __init__(self, folder: Path) -> None:
        """Open the store; the folder is made when the first unit is put."""
        self.folder = folder

    def get(self, unit: Unit) -> Result | None:
        """Return a stored unit, None if it has not been run to its end."""
        from safetensors.torch import load

        figures, tensors = self._paths(unit)
        if not (figures.exists() and tensors.exists()):
            return None
        # Read by Python and not by the library, so that the audit's watch sees the bytes.
        return Result(read_json(figures)["figures"], load(tensors.read_bytes()))

    def put(self, unit: Unit, result: Result) -> None:
        """Store a unit: tensors first, so that figures alone mean that it is whole."""
        from safetensors.torch import save

        figures, tensors = self._paths(unit)
        write_bytes(tensors, save({k: v.contiguous() for k, v in result.tensors.items()}))
        write_json(figures, {"recipe": unit.recipe, "figures": result.figures})

    def _paths(self, unit: Unit) -> tuple[Path, Path]:
        folder = self.folder / unit.key
        return folder / "figures.json", folder / "tensors.safetensors"


def run_units(
    units: Sequence[Unit],
    work: Callable[[dict[str, Any]], Result],
    store: Store,
    workers: int,
    progress: Callable[[str], None],
) -> list[Result]:
    """Run what is not stored yet, several processes side by side.

    The results depend on the recipes alone, not on the number of workers.

    Args:
        units: The runs wanted; equal recipes run once.
        work: Runs one recipe; importable by name, since it may run in a fresh process.
        store: Where results are kept.
        workers: Processes at most.
        progress: Told of every finished unit.

    Returns:
        The results, in the order of the units.
    """
    wanted = {unit.key: unit for unit in units}
    missing = {key: unit for key, unit in wanted.items() if store.get(unit) is None}
    if len(missing) < len(wanted):
        progress(f"{len(wanted) - len(missing)} of {len(wanted)} runs are already there")
    if workers > 1 and len(missing) > 1:
        _run_parallel(list(missing.values()), work, store, workers, progress)
    else:
        for number, unit in enumerate(missing.values(), start=1):
            store.put(unit, work(unit.recipe))
            progress(f"{unit.name} done ({number} of {len(missing)})")
    return [_stored(store, unit) for unit in units]


def _run_parallel(
    units: list[Unit],
    work: Callable[[dict[str, Any]], Result],
    store: Store,
    workers: int,
    progress: Callable[[str], None],
) -> None:
    # The first optimiser of a process makes torch import its compiler, which takes seconds:
    # what is imported before forking is imported once.
    importlib.import_module("torch._dynamo")
    # Forking saves the import of torch per worker; other systems cannot fork safely.
    method = "fork" if sys.platform == "linux" and not _cuda_started() else "spawn"
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(min(workers, len(units)), mp_context=context) as pool:
        pending: dict[Future[int], Unit] = {
            pool.submit(_work_and_store, unit, work, store): unit for unit in units
        }
        try:
            for number, done in enumerate(as_completed(pending), start=1):
                done.result()
                progress(f"{pending[done].name} done ({number} of {len(units)})")
        except BaseException:
            # What is running is finished and stored: it will not have to run again.
            pool.shutdown(cancel_futures=True)
            raise


def _work_and_store(unit: Unit, work: Callable[[dict[str, Any]], Result], store: Store) -> int:
    store.put(unit, work(unit.recipe))
    return os.getpid()


def _stored(store: Store, unit: Unit) -> Result:
    result = store.get(unit)
    if result is None:
        raise RuntimeError(f"unit {unit.name} ({unit.key}) vanished from {store.folder}")
    return result


def _cuda_started() -> bool:
    import torch

    return torch.cuda.is_available() and torch.cuda.is_initialized()
