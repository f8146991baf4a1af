"""Held-out rows of both splits tell noisy labels, noisy inputs and shifted rows apart."""

import dataclasses

import numpy as np
import pytest
import torch
from programs import Data, Model, blobs
from test_detectors import found

from startsimple.diagnosis.building import build_case
from startsimple.diagnosis.detectors.ceiling import ceiling
from startsimple.diagnosis.detectors.holdouts import (
    _costly,
    confident,
    divided_by_a_column,
    farther_off,
    noise_everywhere,
    splits,
    told_both_ways,
)
from startsimple.diagnosis.errors import Errors
from startsimple.diagnosis.experiment import Outcome
from startsimple.diagnosis.holdout import Holdout, holdout, mirrored, with_more_rows
from startsimple.diagnosis.references import Reference
from startsimple.diagnosis.relations import always_new
from startsimple.diagnosis.tables import Table
from startsimple.program.fit import observe_module


def seen(data, reached=1.0):
    torch.manual_seed(0)
    program, trace = observe_module(Model(), data, 60)
    case = build_case(program, trace)
    case.outcome = Outcome(reached, reached, reached, harmed=False)
    return case


def ranked(findings):
    return sorted(findings, key=lambda finding: -finding.score)


def relabelled(rows, share, seed=0):
    x, y = rows
    generator = torch.Generator().manual_seed(seed)
    wrong = torch.rand(len(y), generator=generator) < share
    return x, torch.where(wrong, torch.randint(0, 3, y.shape, generator=generator), y)


def noisy(rows, size):
    x, y = rows
    return x + size * torch.randn(x.shape, generator=torch.Generator().manual_seed(5)), y


def overlapping(rows, seed):
    return noisy(blobs(rows, seed), 2.0)


def test_random_training_labels_are_told_by_validation_labels_that_agree_better():
    case = seen(Data(relabelled(blobs(600), 0.5), blobs(300, 1)))
    result = holdout(case)
    assert result.inside.share > 0.4 > 0.1 > result.outside.share
    assert {finding.fault for finding in splits(case)} == {"D07"}


def test_random_labels_in_both_splits_make_sure_answers_wrong():
    case = seen(Data(relabelled(blobs(600), 0.5), relabelled(blobs(300, 1), 0.5, 1)))
    assert {finding.fault for finding in splits(case)} == {"D07"}


def test_noise_on_training_inputs_alone_is_no_matter_of_labels():
    case = seen(Data(noisy(blobs(600), 8.0), blobs(300, 1)))
    assert {finding.fault for finding in splits(case)} <= {"D10"}


def test_shifted_validation_rows_are_named_if_they_could_be_answered():
    x, y = blobs(300, 1)
    assert {f.fault for f in splits(seen(Data(blobs(600), (x.flip(1) + 3, y))))} == {"D12"}
    assert not list(splits(seen(Data(blobs(600), (x + 0.3, y)))))


@pytest.mark.parametrize(
    "data",
    [
        Data(blobs(600), blobs(300, 1)),
        Data(overlapping(600, 0), overlapping(300, 1)),
        Data(relabelled(blobs(600), 0.15), relabelled(blobs(300, 1), 0.15, 1)),
    ],
    ids=["clean", "overlapping", "a few wrong labels everywhere"],
)
def test_equal_splits_are_silent(data):
    assert list(splits(seen(data))) == []


def test_rows_that_are_answered_from_memory_are_not_compared():
    rows = blobs(300)
    assert holdout(seen(Data(rows, tuple(t[:100] for t in rows)))) is None


def test_overlap_leaves_sure_answers_right_and_random_labels_do_not():
    sure = np.linspace(0, 1, 400)
    rng = np.random.default_rng(0)
    even, border = rng.random(400) < 0.4, rng.random(400) < 0.9 - 0.5 * sure
    base = np.ones(400)

    def made(rows):
        errors = Errors(rows.astype(float), base, np.zeros(400), sure)
        return Holdout(errors, errors)

    assert noise_everywhere(made(even)) and not noise_everywhere(made(border))
    assert confident(made(even))[0] == 200


def test_a_gap_counts_classes_alike():
    def errors(easy, hard):
        rows = np.repeat([0.0, 1.0], [easy, hard])
        return Errors(rows, np.ones(len(rows)), rows, np.zeros(len(rows)))

    mixed = Holdout(errors(10, 90), errors(90, 10))
    assert mixed.gap == pytest.approx(0.8) and mixed.z == 0


def test_no_model_predicts_inputs_that_say_next_to_nothing():
    data = Data(noisy(blobs(600), 40.0), noisy(blobs(300, 1), 40.0))
    assert [f.fault for f in ranked(ceiling(seen(data, reached=0.0)))] == ["D10", "D08"]
    assert list(ceiling(seen(data, reached=0.5))) == []


def test_labels_of_other_rows_leave_the_inputs_their_structure():
    (x, y), (val, truth) = blobs(600), blobs(300, 1)
    x, val = (part[:, [0, 1, 0, 0]] for part in (x, val))
    data = Data((x, y.roll(7)), (val, truth.roll(7)))
    assert [f.fault for f in ranked(ceiling(seen(data, reached=0.0)))] == ["D08", "D10"]


def test_where_validation_rows_teach_training_rows_are_to_blame():
    (x, y), val = blobs(600), blobs(300, 1)
    assert list(ceiling(seen(Data((x, y.roll(7)), val), reached=0.0))) == []


@pytest.mark.parametrize(
    ("kind", "faults"), [("classification", ["D10"]), ("regression", []), ("multilabel", [])]
)
def test_a_third_explained_is_low_for_classes_and_usual_for_values(kind, faults, monkeypatch):
    case = seen(Data(), reached=0.3)
    case.program.task = dataclasses.replace(case.program.task, kind=kind)
    case.observed = dataclasses.replace(case.observed, held=0.3, train=0.3)
    rows = np.repeat([0.0, 1.0], [700, 1300])
    third = Errors(rows, np.ones(2000), np.zeros(2000), np.zeros(2000))
    answer = "a model", Reference(rows, rows, third)
    looks = "startsimple.diagnosis.detectors.ceiling"
    monkeypatch.setattr(f"{looks}.best_reference", lambda case: answer)
    monkeypatch.setattr(f"{looks}.within_skill", lambda table, task: 0.3)
    assert [finding.fault for finding in ceiling(case)] == faults


def test_what_another_model_predicts_has_signal():
    class Still(Model):
        lr = 1e-9

    assert found(Still(), Data(), "ceiling", harmed=True) == set()


def test_more_rows_are_tried_on_the_program_itself():
    few, many = with_more_rows(seen(Data(blobs(24), blobs(600, 1), batch=8)))
    assert abs(few.share - many.share) < 0.1 and len(few.rows) == len(many.rows)


@pytest.mark.parametrize(("share", "told"), [(0.3, True), (0.0, False)])
def test_labels_that_are_worse_in_training_are_told_by_a_network_that_learns_the_others(
    share, told, monkeypatch
):
    case = seen(Data(relabelled(blobs(600), share), blobs(300, 1)))
    case.observed = dataclasses.replace(case.observed, held=0.7)  # As if it were misled.
    # As if held-out training rows alone had left it open.
    doubtful = np.repeat([0.0, 1.0], [90, 10])
    right = np.repeat([0.0, 1.0], [98, 2])
    open_case = Holdout(
        *(Errors(rows, np.ones(100), np.zeros(100), rows) for rows in (doubtful, right))
    )
    assert 1.5 < open_case.z < 3.5
    assert told_both_ways(case, open_case) == told
    monkeypatch.setattr("startsimple.diagnosis.detectors.holdouts.holdout", lambda case: open_case)
    assert [finding.fault for finding in splits(case)] == ["D07"] * told
    assert mirrored(case).gap == pytest.approx(share, abs=0.12)


@pytest.mark.parametrize(("size", "new"), [(0.1, True), (0.0, False)])
def test_rows_that_a_script_makes_anew_are_no_wrong_labels(size, new):
    case = seen(Data())
    inputs = case.program.inputs_of(case.lab.train[0])
    generator = torch.Generator().manual_seed(0)
    noise = [size * torch.randn(inputs.shape, generator=generator) for _ in range(80)]
    batches = [case.program.with_inputs(case.lab.train[0], inputs + some) for some in noise]
    case.lab.train[:] = batches
    case.trace.facts["loaders"] = None
    assert always_new(case) == new
    case.trace.facts["loaders"] = object()
    assert not always_new(case)


def test_values_missed_by_far_more_count_although_their_targets_spread_wider():
    rng = np.random.default_rng(0)

    def missed(size, spread):
        rows = size * rng.chisquare(1, 200)
        return Errors(rows, np.full(200, spread), np.zeros(200), np.zeros(200))

    wide = Holdout(missed(0.01, 1.0), missed(0.06, 6.0))
    assert abs(wide.gap) < 0.01
    assert farther_off(wide, "regression", divided=False)
    assert not farther_off(wide, "classification", divided=False)
    narrow = Holdout(missed(0.01, 1.0), missed(0.025, 2.0))
    assert not farther_off(narrow, "regression", divided=False)
    assert farther_off(narrow, "regression", divided=True)
    alike = Holdout(missed(0.01, 1.0), missed(0.012, 2.0))
    assert not farther_off(alike, "regression", divided=True)


def test_a_split_along_a_sorted_column_is_seen():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, 4))
    cut = rows[rows[:, 2].argsort()]
    assert divided_by_a_column(Table(cut[:240], cut[:240, 0]), Table(cut[240:], cut[240:, 0]))
    assert divided_by_a_column(Table(cut[60:], cut[60:, 0]), Table(cut[:60], cut[:60, 0]))
    assert not divided_by_a_column(
        Table(rows[:240], rows[:240, 0]), Table(rows[240:], rows[240:, 0])
    )


@pytest.mark.parametrize(
    ("told", "wrong", "score", "costly"),
    [
        (0.33, 0.06, 0.95, False),
        (0.33, 0.17, 0.88, True),
        (0.33, 0.03, 0.6, True),
        (0.5, 0.06, 0.95, True),
    ],
)
def test_wrong_labels_that_a_robust_loss_copes_with_are_meant(told, wrong, score, costly):
    case = seen(Data())
    case.observed = dataclasses.replace(case.observed, held=score)

    def errors(share):
        rows = np.repeat([1.0, 0.0], [int(1000 * share), 1000 - int(1000 * share)])
        return Errors(rows, np.ones(1000), np.zeros(1000), np.zeros(1000))

    assert _costly(case, Holdout(errors(told), errors(wrong))) == costly
