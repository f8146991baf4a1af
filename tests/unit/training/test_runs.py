"""Recipes: everything that can change a run changes its key, and a recipe decides every bit."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from startsimple.data.pack import Split
from startsimple.data.prepared import Prepared, Statistics
from startsimple.data.splits import Index
from startsimple.schema.config import OptimizerConfig, ScheduleConfig, TrainingConfig
from startsimple.schema.errors import UserError
from startsimple.schema.load import load_slice
from startsimple.training.evaluation import correct, predict
from startsimple.training.runs import (
    Bench,
    TrainingSet,
    Variant,
    compose,
    final_accuracy,
    to_arrays,
    trained_weights,
    unit_of,
)

CONTEXT = {"training": "code", "env": "lock"}

FAULTS = "startsimple.program.faults"
O08 = {"O08": {"_target_": f"{FAULTS}.network.StuckInTraining", "args": {}}}
D01 = {"D01": {"_target_": f"{FAULTS}.data.Unnormalised", "args": {}}}
D14 = {"D14": {"_target_": f"{FAULTS}.data.AugmentedValidation", "args": {"noise": 20.0}}}
D15 = {"D15": {"_target_": f"{FAULTS}.data.SortedByTarget", "args": {}}}
M14 = {"M14": {"_target_": f"{FAULTS}.weights.UnitInit", "args": {}}}


def split(n: int, seed: int) -> Split:
    """Return three clouds on the plane, with keys of their own."""
    y = np.arange(n) % 3
    x = np.random.default_rng(seed).normal(size=(n, 2)) + 4 * np.eye(3)[y][:, :2]
    return Split(x.astype(np.float32), y.astype(np.int64), np.arange(n), np.arange(n))


def bench(seed: int = 0, **changes) -> Bench:
    empty = np.empty(0, dtype=np.int64)
    prepared = Prepared(
        split(90, seed), split(30, 9), Statistics("all", [0], [1]), Index(empty, empty)
    )
    return Bench({"full": TrainingSet(prepared, 3, {"val": split(30, 9)}, **changes)})


def config(**changes):
    plain = {
        "seed": 0,
        "device": "cpu",
        "numerics": {},
        "dataset": {"input": "vector", "classes": 3},
        "model": {"_target_": "startsimple.program.models.mlp.Mlp", "init": "he", "hidden": 8},
        "loss": {},
        "optimizer": {"lr": 0.05},
        "schedule": {},
        "training": {"batch_size": 30, "steps": 60, "evaluations": 3},
        "fault": {},
    }
    return load_slice({**plain, **changes})


def unit(settings=None, seed=0, where=None, context=CONTEXT, variant=None):
    return unit_of("run", settings or config(), seed, where or bench(), "full", context, variant)


def test_everything_that_can_change_a_run_changes_its_key():
    keys = [
        unit().key,
        unit(seed=1).key,
        unit(config(seed=1)).key,
        unit(config(loss={"negated": True})).key,
        unit(config(fault=M14)).key,
        unit(config(numerics={"threads": 2})).key,
        unit(where=bench(seed=1)).key,
        unit(where=bench(dropout=False)).key,
        unit(context={**CONTEXT, "training": "other code"}).key,
        unit(variant=Variant(optimizer=OptimizerConfig(lr=0.02))).key,
        unit(variant=Variant(schedule=ScheduleConfig("cosine"))).key,
        unit(variant=Variant(training=TrainingConfig(30, 61, 3))).key,
        unit(variant=Variant(model={"_target_": "startsimple.program.models.linear.Linear"})).key,
    ]
    assert len(set(keys)) == len(keys)


def test_a_variant_that_changes_nothing_is_the_same_run():
    settings = config()
    same = Variant(optimizer=settings.optimizer, training=settings.training)
    assert unit(variant=same).key == unit().key


def test_a_run_learns_and_leaves_all_that_later_stages_need():
    result = bench()(unit().recipe)
    assert final_accuracy(result, "val") > 0.9
    assert result.figures["evaluated"] == [20, 40, 60]
    last = result.figures["scores"]["val"][-1]
    assert last["accuracy"] == pytest.approx(final_accuracy(result, "val"))
    assert result.figures["parameters"] == 2 * 8 + 8 + 8 * 3 + 3
    assert len(result.tensors["losses"]) == 60
    program, _ = compose(unit().recipe, bench().sets["full"])
    program.model.load_state_dict(trained_weights(result))


@pytest.mark.parametrize("fault", [{}, O08])
def test_a_recipe_decides_every_bit_even_with_dropout(fault):
    recipe = unit(config(fault=fault)).recipe
    first = bench()(recipe)
    torch.randn(1000)
    second = bench()(recipe)
    assert all(torch.equal(v, second.tensors[k]) for k, v in first.tensors.items())
    assert first.figures == second.figures
    other = bench()(unit(config(fault=fault), seed=1).recipe)
    assert not torch.equal(other.tensors["losses"], first.tensors["losses"])


def test_a_fault_of_the_loading_reaches_training_and_every_score():
    recipe = unit(config(fault=D01)).recipe
    faulty = bench()(recipe)
    program, device = compose(recipe, bench().sets["full"])
    program.model.load_state_dict(trained_weights(faulty))
    val = to_arrays(program.given(split(30, 9)), device)
    assert float(val.x.mean()) > 100
    assert torch.equal(correct(predict(program.model, val.x), val.y), faulty.tensors["correct.val"])
    assert float(faulty.tensors["losses"][0]) > 5 * float(
        bench()(unit().recipe).tensors["losses"][0]
    )


def test_a_fault_of_evaluation_spoils_scores_and_nothing_else():
    plain, faulty = (bench()(unit(config(fault=fault)).recipe) for fault in ({}, D14))
    assert torch.equal(plain.tensors["bits"], faulty.tensors["bits"])
    assert final_accuracy(faulty, "val") < 0.7 < final_accuracy(plain, "val")
    assert faulty.figures["scores"]["val"][-1]["accuracy"] < 0.7


def test_a_fault_of_the_order_reaches_the_loop():
    # The first batch of thirty holds the first class alone.
    losses = [bench()(unit(config(fault=fault)).recipe).tensors["losses"] for fault in ({}, D15)]
    assert float(losses[1][3:6].max()) > 2 * float(losses[0][3:6].max())


def test_dropout_can_be_switched_off_for_sets_to_memorise():
    recipe = unit(config(fault=O08)).recipe
    for dropout in (True, False):
        program, _ = compose(recipe, bench(dropout=dropout).sets["full"])
        rates = [m.p for m in program.model.modules() if isinstance(m, torch.nn.Dropout)]
        assert rates == [0.2 if dropout else 0.0]


def test_a_run_that_diverged_counts_as_wrong():
    result = bench()(unit(variant=Variant(optimizer=OptimizerConfig("sgd", lr=1e30))).recipe)
    assert result.figures["diverged"]
    assert final_accuracy(result, "val") == 0.0


def test_nothing_to_train_and_a_batch_larger_than_the_set_are_refused():
    with pytest.raises(UserError, match="0 training steps"):
        unit(variant=Variant(training=TrainingConfig(30, 0)))
    with pytest.raises(UserError, match="batch_size=91 does not fit the 90 training examples"):
        bench()(unit(variant=Variant(training=TrainingConfig(91, 5))).recipe)


def test_norms_and_clipping_are_told_only_where_they_were_asked_for():
    plain, clipped = unit(), unit(config(optimizer={"lr": 0.05, "clip_norm": 0.2}))
    noted = unit_of("run", config(), 0, bench(), "full", CONTEXT, norms=True)
    first, second, third = (bench()(one.recipe) for one in (plain, noted, clipped))
    assert "norms" not in first.tensors and "clipped" not in {**first.figures, **second.figures}
    assert second.tensors["norms"].shape == (60,) and second.figures == first.figures
    assert all(torch.equal(value, second.tensors[key]) for key, value in first.tensors.items())
    share = (third.tensors["norms"] > 0.2).double().mean()
    assert 0 < third.figures["clipped"] == float(share) <= 1
    assert not torch.equal(third.tensors["losses"], first.tensors["losses"])
    assert len({plain.key, noted.key, clipped.key}) == 3


def test_another_label_changes_the_content():
    one = bench().sets["full"]
    labels = one.prepared.train.y.copy()
    labels[0] = (labels[0] + 1) % 3
    changed = replace(
        one, prepared=replace(one.prepared, train=replace(one.prepared.train, y=labels))
    )
    assert changed.content != one.content
