"""Judging a curve on one frozen batch: criterion, scale, and which fault a stuck loss points at."""

import math

import pytest
import torch

from startsimple.training.memorise import NEGATIVE, memory, unmoved
from startsimple.training.symptom import LABEL_ENTROPY, OVER_BATCH, TWICE

X = torch.arange(16.0)[:, None]
Y = torch.arange(16) % 4


def falling(start, end, steps=800, rate=0.03):
    step = torch.arange(float(steps))
    return end + (start - end) * torch.exp(-rate * step)


def judged(losses, x=X, y=Y, **kw):
    return memory(torch.as_tensor(losses), x, y, 4, 0.01, **kw)


def test_a_curve_that_reaches_its_floor_is_memorised():
    found = judged(falling(1.4, 0.0))
    assert (found.floor, found.symptom.kind) == (0.0, "fits")
    assert found.gap < 0.001
    # 1.4 exp(-0.03 t) <= 0.014 from t = 153.5 on, and steps count from 1.
    assert found.steps_to_criterion == 155
    assert found.chance == pytest.approx(math.log(4))


def test_a_sum_over_the_batch_is_judged_like_its_mean():
    # A floor above zero, since a ratio to zero would not show the scale.
    x = X.clone()
    x[1] = x[0]
    curve = falling(1.4, 2 / 16 * math.log(2))
    mean, total = judged(curve, x=x), judged(16 * curve, x=x, scale=16)
    assert (total.start, total.end) == pytest.approx((mean.start, mean.end))
    assert total.gap == pytest.approx(mean.gap, abs=1e-6)
    assert total.steps_to_criterion == mean.steps_to_criterion


def test_conflicting_labels_raise_the_floor_and_not_the_gap():
    x = X.clone()
    x[1] = x[0]
    found = judged(falling(1.4, 2 / 16 * math.log(2)), x=x)
    assert found.floor == pytest.approx(2 / 16 * math.log(2))
    assert found.gap < 0.001


def test_smoothing_raises_the_floor():
    assert judged(falling(1.4, 0.4), label_smoothing=0.1).floor == pytest.approx(0.3488, abs=1e-3)


@pytest.mark.parametrize(
    ("level", "accuracy", "note"),
    [
        (math.log(1 + 3 / math.e), 1.0, TWICE),
        (math.log(4), 0.25, LABEL_ENTROPY),
        # Four of each class: m ln m equals ln 4, and only the accuracy tells the two apart.
        (math.log(4), 1.0, OVER_BATCH),
    ],
)
def test_a_plateau_is_matched_with_the_accuracy_in_mind(level, accuracy, note):
    found = judged(falling(2.7, level), accuracy=accuracy)
    assert (found.symptom.kind, found.symptom.note) == ("plateaus", note)
    assert found.steps_to_criterion is None
    assert found.gap > 0.2


def test_a_loss_below_its_floor_has_its_sign_flipped():
    found = judged(-0.1 * torch.arange(1.0, 500.0))
    assert (found.symptom.kind, found.symptom.note) == ("goes up", NEGATIVE)
    assert found.gap == math.inf and found.steps_to_criterion is None


def test_a_slow_curve_is_still_falling_although_it_starts_at_a_fingerprint():
    found = judged(math.log(4) - 1e-5 * torch.arange(800.0), accuracy=0.4)
    assert found.symptom.kind == "still falling"


def test_nan_explodes_and_reaches_nothing():
    losses = falling(1.4, 0.0)
    losses[300:] = math.nan
    found = judged(losses)
    assert (found.symptom.kind, found.symptom.onset_step) == ("explodes", 300)
    assert math.isnan(found.gap)


def test_unmoved_names_tensors_that_are_bit_for_bit_the_same():
    before = {"b": torch.zeros(2), "a": torch.ones(2), "c": torch.ones(1)}
    after = {"b": torch.zeros(2), "a": torch.tensor([1.0, 1.0 + 1e-6]), "c": torch.ones(1)}
    assert unmoved(before, after) == ["b", "c"]
