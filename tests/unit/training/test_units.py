"""Units of work: stored once, whole or not at all, and the same for any number of workers."""

import os
from collections import Counter
from pathlib import Path

import pytest
import torch

from startsimple.training.units import Result, Store, Unit, run_units


class Work:
    """A real, small computation that notes every execution in a folder.

    Args:
        folder: Where each execution leaves a file.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, recipe: dict) -> Result:
        (self.folder / f"{recipe['seed']}-{os.getpid()}-{os.urandom(4).hex()}").touch()
        if recipe.get("fails"):
            raise RuntimeError("planted")
        draws = torch.randn(4, 3, generator=torch.Generator().manual_seed(recipe["seed"]))
        return Result({"sum": float(draws.sum())}, {"draws": draws.T})

    def executions(self) -> Counter:
        return Counter(int(path.name.split("-")[0]) for path in self.folder.iterdir())

    def processes(self) -> set[int]:
        return {int(path.name.split("-")[1]) for path in self.folder.iterdir()}


@pytest.fixture
def work(tmp_path: Path) -> Work:
    (tmp_path / "executions").mkdir()
    return Work(tmp_path / "executions")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "units")


def unit(seed: int, **recipe) -> Unit:
    return Unit(f"seed {seed}", {"seed": seed, **recipe})


def run(units, work, store, workers=1) -> tuple[list[Result], list[str]]:
    told: list[str] = []
    return run_units(units, work, store, workers, told.append), told


def test_a_stored_unit_is_not_run_again(work, store):
    first, told = run([unit(0), unit(1)], work, store)
    assert told == ["seed 0 done (1 of 2)", "seed 1 done (2 of 2)"]
    again, told = run([unit(1), unit(0), unit(2)], work, store)
    assert work.executions() == {0: 1, 1: 1, 2: 1}
    assert told == ["2 of 3 runs are already there", "seed 2 done (1 of 1)"]
    assert [result.figures for result in again[:2]] == [first[1].figures, first[0].figures]
    assert torch.equal(again[1].tensors["draws"], first[0].tensors["draws"])


def test_equal_recipes_run_once_whatever_they_are_called(work, store):
    results, _ = run([unit(0), Unit("another name", {"seed": 0})], work, store, workers=2)
    assert work.executions() == {0: 1}
    assert results[0].figures == results[1].figures


def test_results_do_not_depend_on_the_number_of_workers(work, store, tmp_path):
    units = [unit(seed) for seed in range(4)]
    alone, _ = run(units, work, store)
    assert work.processes() == {os.getpid()}
    shared, _ = run(units, work, Store(tmp_path / "shared"), workers=2)
    assert os.getpid() not in work.processes() - {os.getpid()}
    assert len(work.processes()) > 1
    for one, other in zip(alone, shared, strict=True):
        assert one.figures == other.figures
        assert torch.equal(one.tensors["draws"], other.tensors["draws"])
    names = ("figures.json", "tensors.safetensors")
    for item in units:
        files = [store.folder / item.key / name for name in names]
        twins = [tmp_path / "shared" / item.key / name for name in names]
        assert [f.read_bytes() for f in files] == [f.read_bytes() for f in twins]


def test_a_kill_between_tensors_and_figures_runs_the_unit_again(work, store):
    run([unit(0)], work, store)
    (store.folder / unit(0).key / "figures.json").unlink()
    assert store.get(unit(0)) is None
    run([unit(0)], work, store)
    assert work.executions() == {0: 2}


def test_missing_tensors_run_the_unit_again(work, store):
    run([unit(0)], work, store)
    (store.folder / unit(0).key / "tensors.safetensors").unlink()
    run([unit(0)], work, store)
    assert work.executions() == {0: 2}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failure_keeps_what_was_finished(work, store, workers):
    units = [unit(0), unit(1, fails=True), unit(2)]
    with pytest.raises(RuntimeError, match="planted"):
        run(units, work, store, workers)
    run([unit(0), unit(2)], work, store, workers)
    assert work.executions()[0] == 1


def test_a_key_is_the_digest_of_the_whole_recipe():
    keys = {unit(0).key, unit(1).key, unit(0, data="full").key}
    assert len(keys) == 3
    assert unit(0, data="full").key == Unit("x", {"data": "full", "seed": 0}).key
