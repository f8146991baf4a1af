import math
import random

import pytest

from startsimple.training.symptom import (
    class_fingerprints,
    classify,
    flip_ratio,
    nearest_fingerprint,
    regression_fingerprints,
)


def decay(start, end, steps=400, rate=0.05):
    return [end + (start - end) * math.exp(-rate * i) for i in range(steps)]


def test_a_curve_that_reaches_its_floor_fits():
    assert classify(decay(2.3, 0.0)).kind == "fits"


def test_a_floor_above_zero_is_still_a_fit():
    curve = decay(2.3, 0.5)
    assert classify(curve, floor=0.5).kind == "fits"
    assert classify(curve, floor=0.0).kind == "plateaus"


def test_a_transient_blow_up_is_noted_although_the_curve_fits():
    curve = [2.3, 30.0, 20.0, *decay(2.0, 0.0)]
    symptom = classify(curve)
    assert symptom.kind == "fits"
    assert symptom.onset_step == 1
    assert "learning rate" in symptom.note


def test_a_steady_climb_goes_up_and_a_jumpy_one_explodes():
    assert classify([2.3 + 0.1 * i for i in range(300)]).kind == "goes up"
    noise = random.Random(0)
    assert classify([2.3 * (1 + 5 * noise.random() * i) for i in range(300)]).kind == "explodes"


def test_negative_losses_that_sink_are_not_rising():
    assert classify([-0.1 * i for i in range(1, 200)]).kind in {"fits", "still falling"}


def test_nan_explodes_at_its_first_step():
    symptom = classify([2.3, 2.2, math.nan, 2.0])
    assert (symptom.kind, symptom.onset_step) == ("explodes", 2)


def test_noise_around_chance_is_told_apart_from_other_oscillation():
    noise = random.Random(1)
    around = [2.3 + 0.1 * (noise.random() - 0.5) for _ in range(300)]
    assert classify(around, chance=2.3).note == "around chance"
    assert classify(around, chance=9.0).note == ""
    assert classify(around).kind == "oscillates"


def test_a_curve_cut_short_is_still_falling():
    assert classify(decay(2.3, 0.0, steps=60, rate=0.02)).kind == "still falling"


def test_a_plateau_names_its_fingerprint():
    marks = class_fingerprints([i % 10 for i in range(32)], 10)
    stuck = classify(decay(2.3, math.log(1 + 9 / math.e)), fingerprints=marks)
    assert (stuck.kind, stuck.note) == ("plateaus", "softmax applied twice")


def test_fingerprints_have_their_closed_forms():
    marks = class_fingerprints([0, 0, 1, 1], 2)
    assert marks["softmax applied twice"] == pytest.approx(0.3133, abs=1e-4)
    assert marks["softmax over the batch axis"] == pytest.approx(math.log(2))
    assert regression_fingerprints([1.0, 3.0]).popitem()[1] == 1.0
    assert nearest_fingerprint(5.0, marks) == ""


def test_flip_ratio_counts_turns():
    assert flip_ratio([0, 1, 0, 1, 0]) == 1.0
    assert flip_ratio([0, 1, 2, 3]) == 0.0
    assert flip_ratio([1.0]) == 0.0


def test_an_empty_curve_is_refused():
    with pytest.raises(ValueError, match="at least one loss"):
        classify([])
