"""Classes and numbers: the two kinds of targets, and what follows from their type alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, r2_score

from startsimple.data.pack import Split, quantise, read_split, write_split
from startsimple.data.prepared import prepare
from startsimple.data.splits import Index, folds, stratified
from startsimple.data.targets import chance, is_regression, rightness, score, strata, vote

numbers = st.lists(st.floats(-100, 100, width=32), min_size=20, max_size=80, unique=True)


@given(numbers, st.integers(0, 5))
def test_every_tenth_of_the_targets_keeps_its_share(values, seed):
    y = np.array(values, dtype=np.float32)
    keys = np.arange(len(y))
    counts = np.bincount(strata(y), minlength=10)
    assert counts.max() - counts.min() <= 1
    chosen = stratified(y, keys, len(y) // 2, seed)
    taken = np.bincount(strata(y)[chosen], minlength=10)
    assert (np.abs(taken - counts * (len(y) // 2) / len(y)) < 1).all()
    # Equal targets in another order are dealt alike: the choice is by key.
    turned = stratified(y[::-1], keys[::-1], len(y) // 2, seed)
    assert set(keys[::-1][turned]) == set(chosen)
    dealt = np.bincount(folds(y, keys, 5, seed))
    assert dealt.max() - dealt.min() <= 10


def test_classes_are_their_own_strata():
    y = np.array([3, 1, 3])
    assert strata(y).tolist() == [3, 1, 3] and not is_regression(y)
    assert chance(y - 1) == pytest.approx(2 / 3)
    assert vote(y, np.array([[0, 1], [1, 1]])).tolist() == [1, 1]


@given(numbers, st.integers(0, 9))
def test_the_scores_are_accuracy_and_explained_variance(values, seed):
    y = np.array(values, dtype=np.float64)
    if y.std() < 1e-3:
        return
    guesses = y + np.random.default_rng(seed).normal(0, 1 + y.std(), len(y))
    assert score(guesses, y) == pytest.approx(r2_score(y, guesses), abs=1e-6)
    scaled = (y - y.mean()) / y.std()
    other = (guesses - y.mean()) / y.std()
    assert rightness(other, scaled).mean() == pytest.approx(r2_score(y, guesses), abs=1e-6)
    labels = (y > 0).astype(np.int64)
    answers = (guesses > 0).astype(np.int64)
    assert score(answers, labels) == rightness(answers, labels).mean()
    assert score(answers, labels) == accuracy_score(labels, answers)


def test_a_vote_on_numbers_is_their_mean_and_chance_explains_nothing():
    y = np.array([1.0, 2.0, 6.0], dtype=np.float32)
    assert vote(y, np.array([[0, 1], [1, 2]])).tolist() == [1.5, 4.0]
    assert chance(y) == 0.0


def test_numbers_are_packed_on_the_grid_and_standardised_by_training_targets_alone(tmp_path):
    source = np.random.default_rng(0)
    x, y = source.normal(size=(50, 3)), source.normal(150, 30, 50)
    keys = np.arange(50)
    write_split(tmp_path / "a.safetensors", Split(x, y, keys, keys[::-1]))
    stored = read_split(tmp_path / "a.safetensors")
    assert stored.y.dtype == np.float32 and np.array_equal(stored.y, quantise(y))
    joined = stored.joined()
    assert np.array_equal(joined.y, stored.y[::-1])
    ready = prepare(joined, Index(np.arange(40), np.arange(40, 50)), "vector")
    assert ready.train.y.mean() == pytest.approx(0, abs=1e-6)
    assert ready.train.y.std() == pytest.approx(1, abs=1e-6)
    mean, std = ready.statistics.target
    assert ready.val.y == pytest.approx((joined.y[40:] - mean) / std, abs=1e-5)


def test_bytes_stay_bytes_and_come_back_as_numbers(tmp_path):
    pixels = np.arange(256, dtype=np.uint8).reshape(4, 1, 8, 8)
    keys = np.arange(4)
    write_split(tmp_path / "a.safetensors", Split(pixels, keys, keys, keys))
    assert (tmp_path / "a.safetensors").stat().st_size < 256 + 4 * 3 * 8 + 400
    back = read_split(tmp_path / "a.safetensors")
    assert back.x.dtype == np.float32 and np.array_equal(back.x, pixels)
