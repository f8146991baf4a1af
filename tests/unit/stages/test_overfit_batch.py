"""The frozen batch, through the real stage: a sound program passes, and each fault shows."""

import math

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from tests.conftest import check, planted

from startsimple.data.prepared import load_simplified
from startsimple.schema.canonical import read_json
from startsimple.schema.errors import UserError
from startsimple.schema.stages import OverfitBatchStage
from startsimple.schema.verdict import Status, read_verdict
from startsimple.stages import overfit_batch
from startsimple.training.memorise import NEGATIVE
from startsimple.training.symptom import LABEL_ENTROPY, OVER_BATCH, TWICE

STAGE = "overfit_batch"
ALL = {f"O-0{number}" for number in range(1, 10)}


def test_a_sound_program_memorises_its_batch(climb):
    verdict = climb.run(STAGE)
    assert verdict.status == Status.PASS
    assert {item.id for item in verdict.checks} == ALL
    assert verdict.symptom.kind == "fits"
    assert 0 < check(verdict, "O-04").value < 1000
    assert verdict.numbers["loss_blind"] == pytest.approx(verdict.numbers["chance"], abs=1e-3)
    rows = read_json(climb.folder(STAGE) / "predictions.json")
    assert all(row["label"] == row["prediction"] for row in rows)
    batch = load_file(climb.folder(STAGE) / "batch.safetensors")
    assert batch["id"].tolist() == [row["id"] for row in rows]
    assert set(verdict.outputs) == {"batch.safetensors"}
    assert read_verdict(climb.folder(STAGE) / "verdict.json") == verdict
    names = [series["name"] for series in read_json(climb.folder(STAGE) / "curves.json")["series"]]
    assert names == ["frozen batch", "zeroed inputs", "second set"]


def test_the_batch_is_frozen_and_a_second_run_trains_nothing(climb):
    first = climb.run(STAGE)
    climb.lines.clear()
    assert climb.run(STAGE) == first
    assert climb.lines == ["3 of 3 runs are already there"]
    other = climb.run(STAGE, ["seed=1", "stage.overfit_batch.steps=50"])
    assert other.numbers["batch"] != first.numbers["batch"]


def test_unequal_classes_do_not_count_as_memorised_without_inputs(climb):
    # 17 examples of 4 classes: the blind control sinks to their entropy, below ln 4.
    verdict = climb.run(STAGE, ["stage.overfit_batch.examples=17"])
    assert verdict.status == Status.PASS
    assert check(verdict, "O-07").value > 0.9


def test_probabilities_fed_to_the_loss_leave_their_fingerprint(climb):
    verdict = climb.run(STAGE, ["loss.double_softmax=true"])
    assert verdict.status == Status.FAIL
    assert (verdict.symptom.kind, verdict.symptom.note) == ("plateaus", TWICE)
    assert verdict.symptom.level == pytest.approx(math.log(1 + 3 / math.e), abs=0.01)
    # Accuracy alone would have passed it.
    assert check(verdict, "O-02").status == Status.PASS
    assert check(verdict, "O-03").status == Status.FAIL
    assert verdict.suspects[0].fault == "M04"


def test_softmax_over_the_batch_is_told_from_an_output_that_ignores_the_input(climb):
    verdict = climb.run(STAGE, ["loss.softmax_over_batch=true"])
    assert verdict.status == Status.FAIL
    assert verdict.symptom.note == OVER_BATCH
    assert verdict.suspects[0].fault == "M11"


def test_a_negated_loss_goes_up(climb):
    verdict = climb.run(STAGE, ["loss.negated=true", "stage.overfit_batch.steps=300"])
    assert verdict.status == Status.FAIL
    assert (verdict.symptom.kind, verdict.symptom.note) == ("goes up", NEGATIVE)
    assert verdict.suspects[0].fault == "M08"


def test_a_learning_rate_that_is_too_low_is_open_and_not_failed(climb):
    verdict = climb.run(STAGE, ["optimizer.lr=1e-7", "stage.overfit_batch.steps=300"])
    assert verdict.status == Status.INCONCLUSIVE
    assert verdict.symptom.kind == "still falling"
    assert [item.fault for item in verdict.suspects] == ["O02"]


def test_a_learning_rate_that_is_too_high_is_noted_although_it_recovers(climb):
    verdict = climb.run(STAGE, ["optimizer.lr=10", "stage.overfit_batch.steps=400"])
    assert verdict.status != Status.PASS
    assert verdict.symptom.onset_step is not None
    assert "blew up" in verdict.symptom.note or verdict.symptom.kind == "explodes"


def test_an_input_that_never_arrives_leaves_the_entropy_of_the_labels(climb):
    verdict = climb.run(STAGE, ["fault=M12", "stage.overfit_batch.steps=300"])
    assert verdict.status == Status.FAIL
    assert verdict.symptom.note == LABEL_ENTROPY
    assert verdict.symptom.level == pytest.approx(math.log(4), abs=1e-3)
    assert verdict.suspects[0].fault == "M12"


@pytest.mark.parametrize(
    ("fault", "stuck"),
    [
        ("ForgottenHead", "head.bias, head.weight"),
        ("FrozenFirstLayer", "first.bias, first.weight"),
    ],
)
def test_parameters_that_never_move_are_named(climb, fault, stuck):
    verdict = climb.run(STAGE, [planted(fault)])
    assert verdict.status == Status.FAIL
    assert check(verdict, "O-06").evidence == f"stuck: {stuck}"
    assert verdict.suspects[0].fault == "O06"


def test_mixed_examples_are_memorised_but_generalise_nothing(climb):
    verdict = climb.run(STAGE, ["fault=M11"])
    assert [item.id for item in verdict.checks if item.status.blocks] == ["O-09"]
    assert {"D08", "M11"} == {item.fault for item in verdict.suspects}


def test_labels_shuffled_against_their_inputs_generalise_nothing(climb, monkeypatch):
    def shuffled(folder, artefact):
        found = load_simplified(folder, artefact)
        np.random.default_rng(0).shuffle(found.train.y)
        return found

    monkeypatch.setattr(overfit_batch, "load_simplified", shuffled)
    verdict = climb.run(STAGE)
    assert [item.id for item in verdict.checks if item.status.blocks] == ["O-09"]
    assert verdict.suspects[0].fault == "D08"


def test_a_summed_loss_is_judged_as_a_mean(climb):
    verdict = climb.run(STAGE, ["loss.reduction=sum"])
    assert verdict.status == Status.PASS


def test_a_weight_that_is_nan_explodes(climb):
    verdict = climb.run(STAGE, [planted("NanWeight"), "stage.overfit_batch.steps=20"])
    assert check(verdict, "O-01").status == Status.FAIL
    assert (verdict.symptom.kind, verdict.symptom.onset_step) == ("explodes", 0)
    assert verdict.suspects[0].fault == "O01"


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("stage.overfit_batch.examples=100000", "does not fit the"),
        ("stage.overfit_batch.examples=0", "does not fit the"),
        ("stage.overfit_batch.steps=0", "0 training steps"),
        ("stage.overfit_batch.second_examples=0", "must be at least 1"),
    ],
)
def test_budgets_that_cannot_be_run_are_refused(climb, override, says):
    with pytest.raises(UserError, match=says):
        climb.run(STAGE, [override])


def test_regularisation_is_off_while_memorising(climb):
    plain = climb.run(STAGE, ["stage.overfit_batch.steps=50"])
    regularised = climb.run(
        STAGE,
        ["stage.overfit_batch.steps=50", "optimizer.weight_decay=0.5", "loss.label_smoothing=0.2"],
    )
    assert regularised.numbers == plain.numbers


def test_sets_are_stratified_and_disjoint_from_validation(climb):
    inputs = climb.inputs(STAGE)
    prepared = load_simplified(climb.root / "data" / "digits", inputs.artefact)
    bench = overfit_batch.make_bench(prepared, OverfitBatchStage(examples=16), 0)
    frozen = bench.sets[overfit_batch.FROZEN].prepared.train
    assert torch.bincount(torch.from_numpy(frozen.y)).tolist() == [4, 4, 4, 4]
    assert not bench.sets[overfit_batch.ZEROED].prepared.train.x.any()
    assert np.array_equal(bench.sets[overfit_batch.ZEROED].prepared.train.y, frozen.y)
    second = bench.sets[overfit_batch.SECOND]
    assert not set(second.prepared.train.x_id) & set(second.watched["val"].x_id)
