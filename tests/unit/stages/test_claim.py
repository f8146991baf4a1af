"""Opening the test split: real models are scored, and every new set of models is counted."""

import numpy as np
import pytest
from tests.conftest import EXPERIMENT, REPOSITORY, SMALL

from startsimple.data.prepared import load_prepared, open_test
from startsimple.schema.compose import compose_experiment
from startsimple.schema.load import load_slice
from startsimple.stages import claim
from startsimple.stages.bench import run_all
from startsimple.stages.claim import open_test_once
from startsimple.stages.gap import make_bench
from startsimple.training.runs import unit_of
from startsimple.training.units import Result


@pytest.fixture
def claimed(climb):
    """Return a function that trains seeds and claims their test accuracy."""
    inputs = climb.inputs("tune")
    inputs.folder.mkdir()
    overrides = [*SMALL, "training.steps=150", "stage.tune.test_openings_max=2"]
    config = load_slice(compose_experiment(REPOSITORY / "conf", EXPERIMENT, overrides).config)
    bench = make_bench(load_prepared(climb.root / "data" / "digits", inputs.artefact), config)

    def open_once(*seeds, spoil=None):
        units = [unit_of(f"seed {s}", config, s, bench, "full", {}) for s in seeds]
        pairs = list(zip(units, run_all(units, bench, inputs), strict=True))
        if spoil:
            pairs = [(unit, spoil(result)) for unit, result in pairs]
        return open_test_once(config, bench, {"winner": pairs}, inputs)

    return open_once


def test_the_scores_are_those_of_the_trained_models_on_test(climb, claimed):
    scores = claimed(0, 1)
    test = open_test(climb.root / "data" / "digits", climb.inputs("tune").artefact)
    assert scores.n == len(test) == 360
    assert all(0.8 < score < 1 for score in scores.accuracy["winner"])
    # Multiples of 1 / 360, and not the validation accuracy.
    assert np.allclose(np.array(scores.accuracy["winner"]) * 360 % 1, 0, atol=1e-3)


def test_every_new_set_of_models_is_an_opening_and_the_same_one_is_not(climb, claimed):
    assert claimed(0).openings == 1
    assert claimed(0).openings == 1
    assert len(climb.events) == 1
    assert climb.events[0]["event"] == "test_opened"
    assert claimed(1).openings == 2
    assert claimed(0).openings == 2
    assert len({event["models"] for event in climb.events}) == len(climb.events) == 2


def test_test_stays_closed_once_the_budget_is_spent(climb, claimed, monkeypatch):
    claimed(0), claimed(1)
    monkeypatch.setattr(claim, "open_test", lambda *_: pytest.fail("test was opened"))
    refused = claimed(2)
    assert (refused.openings, refused.accuracy, refused.n) == (3, {}, 0)
    assert len(climb.events) == 2


def test_other_weights_under_the_same_recipe_are_other_models(climb, claimed):
    def changed(result):
        tensors = {k: v + 1e-3 if k.startswith("model.") else v for k, v in result.tensors.items()}
        return Result(result.figures, tensors)

    assert claimed(0).models != claimed(0, spoil=changed).models


def test_a_run_that_diverged_scores_nothing(claimed):
    spoiled = claimed(0, spoil=lambda r: Result({**r.figures, "diverged": True}, r.tensors))
    assert spoiled.accuracy == {"winner": [0.0]}
