"""The shipped searches can be run, declare every role, and never tune the budget."""

from pathlib import Path

import pytest

from startsimple.schema.compose import compose_experiment
from startsimple.schema.load import load_slice
from startsimple.schema.searches import RangeConfig, SearchConfig
from startsimple.training.declare import bayesian_rounds, roles, sharded, validate
from startsimple.training.search import TUNABLE

CONF = Path(__file__).parents[3] / "conf"
SHIPPED = [path.stem for path in sorted((CONF / "search").glob("*.yaml"))]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_search_declares_its_goal_and_every_role(name):
    config = load_slice(compose_experiment(CONF, "mnist1d_cnn", [f"search={name}"]).config)
    validate(config.search)
    told = roles(config.search)
    assert config.search.goal and set(told.values()) == {"scientific", "nuisance", "fixed"}
    assert not any("step" in name or "batch" in name for name in TUNABLE)
    assert all(reason for reason in config.search.fixed.values())


def test_a_choice_with_one_option_is_not_searched():
    search = SearchConfig(goal="g", space={"lr": RangeConfig(1e-3, 1e-1)}, schedules=["cosine"])
    assert roles(search) == {"lr": "nuisance"}
    search.scientific = ["lr"]
    search.fixed = {"schedule": "the winner of an earlier study"}
    validate(search)
    assert roles(search) == {"lr": "scientific", "schedule": "fixed"}


def test_only_rounds_that_can_take_place_are_sharded():
    search = SearchConfig(goal="g", halving=1, fine_trials=0, widenings=0, bayesian_trials=0)
    assert sharded(search) == ["coarse", "final", "contest"]
    search.bayesian_trials, search.bayesian_batch, search.widenings = 5, 2, 1
    bayesian = ["bayesian-1", "bayesian-2", "bayesian-3"]
    assert sharded(search) == ["coarse", "widened", *bayesian, "final", "contest"]


def test_bayesian_batches_hold_all_trials_of_the_bayesian_search():
    search = SearchConfig(goal="g", bayesian_trials=5, bayesian_batch=2)
    assert list(bayesian_rounds(search).values()) == [2, 2, 1]
