"""Slices: a planted weakness is found, and chance finds none."""

import numpy as np
import pytest

from startsimple.data.pack import Split
from startsimple.training.slices import declared_slices, discovered_slices, label, level, spread


def split(n=2000, seed=0):
    generator = np.random.default_rng(seed)
    x = generator.standard_normal((n, 6)).astype(np.float32)
    ids = np.arange(n)
    return Split(x, generator.integers(0, 4, n), ids, ids)


def wrong(rates, seed=1):
    return (np.random.default_rng(seed).random((2, len(rates))) < rates).astype(float)


def test_a_weak_class_is_found_and_its_contribution_bounds_the_gain():
    data = split()
    errors = wrong(np.where(data.y == 2, 0.4, 0.1))
    slices = declared_slices({"label": label(data)}, errors, 0.95)
    assert [one.name for one in slices if one.worse] == ["label = 2"]
    worst = slices[0]
    assert worst.contribution == pytest.approx(errors[:, data.y == 2].sum() / errors.size)
    assert worst.error.low < 0.4 < worst.error.high
    assert sum(one.contribution for one in slices) == pytest.approx(errors.mean())


def test_even_errors_leave_no_slice_worse():
    found = 0
    for seed in range(20):
        data = split(seed=seed)
        errors = wrong(np.full(len(data), 0.2), seed=seed + 100)
        values = {"label": label(data), "level": level(data), "spread": spread(data)}
        found += any(one.worse for one in declared_slices(values, errors, 0.95))
    assert found <= 2


def test_a_rule_over_features_is_discovered_and_measured_on_other_examples():
    data = split(4000)
    bad = (data.x[:, 3] > 0.8) & (data.x[:, 1] < 0)
    slices = discovered_slices(data, wrong(np.where(bad, 0.7, 0.05)), 0.95, seed=0)
    worst = next(one for one in slices if one.worse)
    assert "x[3] > 0.8" in worst.name.replace("0.79", "0.8") and "x[1]" in worst.name
    assert worst.error.value > 0.5
    assert len(worst.members) == len(data) // 2


def test_noise_that_a_tree_fits_on_one_half_is_not_confirmed_on_the_other():
    confirmed = 0
    for seed in range(20):
        data = split(1000, seed=seed)
        errors = wrong(np.full(len(data), 0.2), seed=seed + 50)
        confirmed += any(one.worse for one in discovered_slices(data, errors, 0.95, seed))
    assert confirmed <= 2


def test_quarters_hold_a_quarter_each():
    counts = np.unique(level(split()), return_counts=True)[1]
    assert counts.tolist() == [500] * 4


def test_errors_without_any_pattern_to_split_by_give_no_slices():
    data = split(400)
    assert discovered_slices(data, np.zeros((1, 400)), 0.95, seed=0) == []


def test_squared_errors_are_sliced_like_wrong_answers():
    data = split()
    errors = np.square(np.random.default_rng(2).standard_normal((1, 2000)))
    errors[:, data.y == 1] *= 4
    slices = declared_slices({"label": label(data)}, errors, 0.95)
    assert [one.name for one in slices if one.worse] == ["label = 1"]
