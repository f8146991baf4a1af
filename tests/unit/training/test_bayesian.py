"""Bayesian search: it finds a known best, and a kill at any moment changes no proposal."""

import math

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from startsimple.schema.searches import RangeConfig
from startsimple.training.bayesian import Bayesian
from startsimple.training.search import sample

SPACE = {"lr": RangeConfig(1e-4, 1e0)}
CHOICES = {"schedule": ["constant", "cosine"]}
WARM = sample(SPACE, CHOICES, 8, 0)


def score(point):
    """Best at lr 3e-2 with cosine."""
    return -abs(math.log10(point.values["lr"] / 3e-2)) - (point.schedule == "constant")


def told(points):
    return [(point, score(point), True) for point in points]


def begin(journal, sampler="tpe"):
    proposer = Bayesian(journal, SPACE, CHOICES, sampler, 7)
    proposer.learn(told(WARM))
    return proposer


def climb(proposer, batches=3):
    found = []
    for _ in range(batches):
        points = proposer.ask(2)
        proposer.tell([(score(point), True) for point in points])
        found += points
    return found


@pytest.mark.parametrize("sampler", ["tpe", "gp"])
def test_it_gets_nearer_to_the_best_than_what_it_started_from(tmp_path, sampler):
    found = climb(begin(tmp_path / "study.journal", sampler), 4)
    assert max(map(score, found)) > max(map(score, WARM))
    assert len({str(point) for point in found}) == len(found)


@pytest.mark.parametrize("sampler", ["tpe", "gp"])
def test_a_kill_after_any_write_changes_no_proposal(tmp_path, sampler):
    journal = tmp_path / "study.journal"
    undisturbed = climb(begin(journal, sampler))
    whole = journal.read_bytes()
    lines = whole.splitlines(keepends=True)
    for cut in range(0, len(lines), 3 if sampler == "tpe" else 11):
        # The kill also tears the line being written, and leaves its lock behind.
        journal.write_bytes(b"".join(lines[:cut]) + lines[cut][: len(lines[cut]) // 2])
        journal.with_name("study.journal.lock").symlink_to(journal)
        assert climb(begin(journal, sampler)) == undisturbed, f"killed at line {cut}"


def test_a_resumed_study_repeats_its_proposals_and_keeps_its_finished_trials(tmp_path):
    journal = tmp_path / "study.journal"
    first = climb(begin(journal))
    size = journal.stat().st_size
    assert climb(begin(journal)) == first
    # Nothing was asked or told anew; opening a study leaves a line of its own.
    assert journal.stat().st_size - size < 400


def test_another_study_in_the_same_journal_is_another_study(tmp_path):
    journal = tmp_path / "study.journal"
    first = climb(begin(journal))
    other = Bayesian(journal, SPACE, CHOICES, "tpe", 8)
    other.learn(told(WARM))
    assert climb(other) != first
    assert climb(begin(journal)) == first


def test_what_diverged_counts_as_the_worst_that_did_not(tmp_path):
    journal = tmp_path / "study.journal"
    proposer = Bayesian(journal, SPACE, CHOICES, "tpe", 7)
    proposer.learn([(p, 0.0, False) if p.values["lr"] > 0.1 else (p, score(p), True) for p in WARM])
    proposer.ask(2)
    proposer.tell([(0.0, False), (0.5, True)])
    storage = JournalStorage(JournalFileBackend(str(journal)))
    (study,) = optuna.get_all_study_names(storage)
    values = [trial.value for trial in optuna.load_study(study_name=study, storage=storage).trials]
    worst = min(score(p) for p in WARM if p.values["lr"] <= 0.1)
    # A score of 0 would be the best of all here, and far off the others elsewhere.
    assert 0.0 not in values and values.count(worst) >= 3 and values[-2:] == [worst, 0.5]
