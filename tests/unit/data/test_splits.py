"""Stratified choices: disjoint, covering, within one of the exact share, blind to order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from startsimple.data.pack import Split
from startsimple.data.splits import folds, stratified, validation_index
from startsimple.schema.errors import UserError

labels = st.lists(st.integers(0, 4), min_size=4, max_size=80)
seeds = st.integers(0, 1000)


def as_split(y: np.ndarray, keys: np.ndarray) -> Split:
    return Split(np.zeros((len(y), 2), np.float32), y, keys, keys)


@settings(max_examples=60, deadline=None)
@given(labels, st.floats(0.2, 0.8), seeds)
def test_train_and_validation_are_disjoint_cover_and_keep_shares(
    y: list[int], fraction: float, seed: int
) -> None:
    labelled = np.array(y, dtype=np.int64)
    keys = np.arange(len(y), dtype=np.int64) * 7
    index = validation_index(as_split(labelled, keys), fraction, seed)
    assert not np.intersect1d(index.train, index.val).size
    assert np.array_equal(np.union1d(index.train, index.val), np.arange(len(y)))
    assert len(index.val) == round(len(y) * fraction)
    share = len(index.val) / len(y)
    for label in np.unique(labelled):
        size = int((labelled == label).sum())
        assert abs(int((labelled[index.val] == label).sum()) - size * share) < 1


@settings(max_examples=60, deadline=None)
@given(labels, seeds, seeds, st.floats(0, 1))
def test_the_choice_depends_on_keys_and_not_on_their_order(
    y: list[int], seed: int, shuffle_seed: int, share: float
) -> None:
    labelled = np.array(y, dtype=np.int64)
    keys = np.arange(len(y), dtype=np.int64) + 100
    count = int(share * len(y))
    order = np.random.default_rng(shuffle_seed).permutation(len(y))
    straight = keys[stratified(labelled, keys, count, seed)]
    shuffled = keys[order][stratified(labelled[order], keys[order], count, seed)]
    assert set(straight.tolist()) == set(shuffled.tolist())


def test_a_seed_chooses_the_same_examples_in_every_version() -> None:
    keys = np.arange(30, dtype=np.int64)
    assert stratified(keys % 3, keys, 6, seed=0).tolist() == STORED[0]
    assert stratified(keys % 3, keys, 6, seed=1).tolist() == STORED[1]


STORED = {0: [7, 15, 18, 20, 23, 25], 1: [4, 6, 7, 11, 27, 29]}


@settings(max_examples=30, deadline=None)
@given(labels, st.integers(2, 5), seeds)
def test_folds_share_out_every_class_evenly(y: list[int], count: int, seed: int) -> None:
    labelled = np.array(y, dtype=np.int64)
    fold = folds(labelled, np.arange(len(y), dtype=np.int64), count, seed)
    for label in np.unique(labelled):
        sizes = np.bincount(fold[labelled == label], minlength=count)
        assert sizes.max() - sizes.min() <= 1


@pytest.mark.parametrize("fraction", [0.0, 1.0, 0.001])
def test_an_empty_part_is_refused(fraction: float) -> None:
    keys = np.arange(20, dtype=np.int64)
    with pytest.raises(UserError, match="validation_fraction"):
        validation_index(as_split(keys % 2, keys), fraction, 0)


def test_more_examples_than_there_are_is_refused() -> None:
    keys = np.arange(5, dtype=np.int64)
    with pytest.raises(UserError, match="6 examples cannot be chosen from 5"):
        stratified(keys, keys, 6, 0)
