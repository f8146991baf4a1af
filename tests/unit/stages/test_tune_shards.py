"""Shards: whatever their number, the same trials, the same verdict, bit for bit."""

import shutil

import pytest
from tests.conftest import Climb

from startsimple.stages.tune_shards import run_shard
from startsimple.training.declare import sharded

STAGE = "tune"
# At this edge a range has to be widened, so that all rounds take place.
ALL = (
    "search.space.lr.high=1e-3",
    "search.halving=2",
    "search.coarse_trials=6",
    "search.bayesian_trials=3",
)


def run_shards(climb, overrides, shards):
    config, inputs = climb.given(STAGE, overrides)
    inputs.folder.mkdir(parents=True, exist_ok=True)
    return {
        name: [run_shard(config, inputs, name, shard, shards) for shard in range(shards)]
        for name in sharded(config.search)
    }


def test_three_shards_give_the_same_bytes_as_none(climb, tmp_path):
    other = Climb(shutil.copytree(climb.root, tmp_path / "other"))
    climb.run(STAGE, ALL)
    shares = run_shards(other, ALL, 3)
    bayesian = ["bayesian-1", "bayesian-2"]
    assert list(shares) == ["rung", "coarse", "widened", "fine", *bayesian, "final", "contest"]
    for name, keys in shares.items():
        flat = [key for share in keys for key in share]
        assert flat and len(flat) == len(set(flat)), name
    assert [len(share) for share in shares["rung"]] == [2, 2, 2]
    other.lines.clear()
    other.run(STAGE, ALL)
    # Only the probe is left to the stage itself.
    trained = [line for line in other.lines if " done (" in line]
    assert all("range test" in line or "probe" in line for line in trained), trained
    for file in ("verdict.json", "curves.json", "test.json"):
        assert (climb.folder(STAGE) / file).read_bytes() == (
            other.folder(STAGE) / file
        ).read_bytes(), file


def test_shards_leave_the_journal_to_the_stage(climb):
    overrides = ["search.bayesian_trials=3", "search.widenings=0"]
    run_shards(climb, overrides, 2)
    # No two processes may write the journal.
    assert not (climb.folder(STAGE) / "study.journal").exists()
    verdict = climb.run(STAGE, overrides)
    rounds = [trial["round"] for trial in verdict.numbers["trials"]]
    assert rounds[-3:] == ["bayesian-1", "bayesian-1", "bayesian-2"]


@pytest.mark.parametrize("workers", [2])
def test_workers_change_nothing(climb, tmp_path, workers):
    bayesian = ["search.bayesian_trials=4"]
    other = Climb(shutil.copytree(climb.root, tmp_path / "other"))
    assert climb.run(STAGE, bayesian) == other.run(STAGE, bayesian, workers=workers)
