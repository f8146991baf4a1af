"""Planted bugs are seen in the data of every registered benchmark; clean data raise no alarm."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from startsimple.data.pack import Split, quantise
from startsimple.data.prepared import standardised, training_statistics, unscaled
from startsimple.data.sources import mnist
from startsimple.data.targets import is_regression
from startsimple.schema.compose import compose_experiment
from startsimple.schema.config import Config
from startsimple.schema.errors import UserError
from startsimple.schema.load import load_slice
from startsimple.schema.targets import import_target
from startsimple.schema.verdict import Status
from startsimple.stages.benchmark_audit import (
    BUGS,
    audit,
    check_halves,
    check_inputs,
    check_overlap,
    planted,
)

CONF = Path(__file__).parents[3] / "conf"
MIRROR = CONF.parent.parent / "shared" / "data" / "mnist"


# One experiment of each data set; `tests/unit/cli/test_benchmarks.py` knows all registered ones.
EXPERIMENTS = (
    "mnist1d_cnn",
    "mnist1d_shuffled_cnn",
    "digits_mlp",
    "diabetes_mlp",
    "adding20_lstm",
    "adding50_lstm",
    pytest.param("mnist_lenet", marks=pytest.mark.long),
)


def composed(experiment: str) -> Config:
    return load_slice(compose_experiment(CONF, experiment).config)


def as_trained_on(config: Config) -> tuple[Split, Split]:
    """Return train and test as the protocol sees them, rebuilt from their source."""
    source = config.dataset.source
    made = import_target(source.target)(**source.args)
    train, test = (
        replace(part, x=quantise(part.x), y=quantise(part.y) if is_regression(part.y) else part.y)
        for part in (made["train"], made["test"])
    )
    statistics = training_statistics(train.x, config.dataset.input)
    if not config.benchmark.protocol.standardise:
        statistics = unscaled(statistics)
    if is_regression(train.y):
        scale = [float(train.y.mean()), float(train.y.std())]
        statistics = replace(statistics, target=scale)
    return standardised(train, statistics), standardised(test, statistics)


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_each_planted_bug_is_seen_and_nothing_else(experiment, monkeypatch):
    config = composed(experiment)
    if config.dataset.name == "mnist":
        if not (MIRROR.is_dir() or os.environ.get(mnist.MIRROR_VARIABLE)):
            pytest.skip(f"there is no mirror of MNIST at {MIRROR}")
        monkeypatch.setenv(mnist.MIRROR_VARIABLE, str(MIRROR))
    train, test = as_trained_on(config)

    def seen(bug: str | None) -> dict[str, Status]:
        parts = planted(bug, train, test)
        checks = [check_inputs(*parts), check_halves(*parts), check_overlap(*parts)]
        return {check.id: check.status for check in checks}

    assert set(seen(None).values()) == {Status.PASS}
    assert seen("unnormalised")["B-06"] == Status.WARN
    assert seen("shifted_labels")["D-02"] == Status.WARN
    assert seen("test_in_train")["D-05"] == Status.FAIL
    overlap = check_overlap(train, test)
    assert audit(train, test, overlap, 0)[0] is False


def test_an_unknown_bug_is_refused():
    parts = as_trained_on(composed("diabetes_mlp"))
    with pytest.raises(UserError, match="'test_in_train'"):
        planted("test_into_train", *parts)
    assert len(BUGS) == 3
