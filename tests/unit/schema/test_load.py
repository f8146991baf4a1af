"""From a slice back to dataclasses: nothing outside it can be read, nothing unknown gets in."""

from dataclasses import asdict, fields

import pytest

from startsimple.schema.config import Config
from startsimple.schema.errors import UserError, nearest
from startsimple.schema.load import build, load_slice
from startsimple.schema.searches import RangeConfig
from startsimple.schema.stages import LADDER, SECTIONS, GapStage, StagesConfig


def test_sections_outside_of_a_slice_are_none():
    config = load_slice({"seed": 3, "optimizer": {"lr": 0.1}})
    assert (config.seed, config.optimizer.lr, config.optimizer.name) == (3, 0.1, "adam")
    outside = {item.name for item in fields(Config)} - {"seed", "optimizer"}
    assert all(getattr(config, name) is None for name in outside)


def test_every_section_that_a_stage_sees_exists():
    assert tuple(SECTIONS) == LADDER == tuple(item.name for item in fields(StagesConfig))
    known = {item.name for item in fields(Config)} - {"stage"}
    assert all(set(sections) <= known for sections in SECTIONS.values())


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ({"sead": 1}, "Unknown key 'sead' in Config. Did you mean 'seed'?"),
        ({"optimizer": {"lrr": 1}}, "Unknown key 'lrr' in OptimizerConfig. Did you mean 'lr'?"),
        ({"stage": {"gap": {"seed": 1}}}, "Unknown key 'seed' in GapStage. Did you mean 'seeds'?"),
        ({"search": {"space": {"lr": {"lo": 1}}}}, "Unknown key 'lo' in RangeConfig"),
    ],
)
def test_an_unknown_key_is_refused_at_any_depth(mapping, says):
    with pytest.raises(UserError) as caught:
        load_slice(mapping)
    assert str(caught.value).startswith(says)


def test_dictionaries_optionals_and_models_are_built():
    config = load_slice(
        {
            "search": {"space": {"lr": {"low": 1e-4, "high": 0.1, "scale": "log"}}},
            "stage": {"gap": {"target_error": 0.2}},
            "model": {"_target_": "a.b", "hidden": 3},
        }
    )
    assert config.search.space == {"lr": RangeConfig(1e-4, 0.1, "log")}
    assert config.stage.gap == GapStage(target_error=0.2)
    assert config.model == {"_target_": "a.b", "hidden": 3}


def test_what_a_dataclass_says_builds_it_again():
    stages = StagesConfig(gap=GapStage(seeds=5, waive={"E-06": "known"}))
    assert build(StagesConfig, asdict(stages)) == stages


def test_the_hint_names_the_nearest_choice_only_if_one_is_near():
    assert nearest("lrate", ["lr", "name"]) == "Did you mean 'lr'? Valid: lr, name."
    assert nearest("zzz", ["lr", "name"]) == "Valid: lr, name."
