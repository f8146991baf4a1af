"""Packing: the grid absorbs machine noise, equal data give equal bytes, labels join by key."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from startsimple.data.pack import QUANTUM, Split, pack, quantise, read_split, write_split
from startsimple.schema.errors import UserError


def test_values_become_float32_multiples_of_the_quantum() -> None:
    x = np.random.default_rng(0).normal(size=(50, 8))
    stored = quantise(x)
    assert stored.dtype == np.float32
    assert np.array_equal(np.rint(stored / QUANTUM) * QUANTUM, stored)
    assert np.abs(stored - x).max() <= QUANTUM / 2


def test_noise_of_the_last_bits_leaves_the_packed_bytes_alone(train: Split) -> None:
    generator = np.random.default_rng(0)
    wide = generator.normal(size=(200, 6))
    noisy = wide * (1 + generator.uniform(-1e-14, 1e-14, wide.shape))
    keys = np.arange(200)
    first, second = (Split(x, keys % 3, keys, keys) for x in (wide, noisy))
    assert not np.array_equal(wide, noisy)
    assert pack(first) == pack(second)


def test_a_value_just_below_zero_has_the_bytes_of_zero() -> None:
    x = np.array([[1.0], [-1e-9], [1e-9], [-1.0]])
    assert not np.signbit(quantise(x)[1:3]).any()


def test_data_finer_than_the_grid_are_refused() -> None:
    with pytest.raises(UserError, match="too small for the storage grid"):
        quantise(np.random.default_rng(0).normal(size=(50, 2)) * 1e-4)


def test_nan_stays_for_the_contract_to_name() -> None:
    stored = quantise(np.array([[1.0, np.nan], [2.0, np.inf]]))
    assert np.isnan(stored[0, 1])
    assert np.isinf(stored[1, 1])


def test_a_split_comes_back_as_it_was_written(tmp_path: Path, train: Split) -> None:
    write_split(tmp_path / "a.safetensors", train)
    back = read_split(tmp_path / "a.safetensors")
    assert np.array_equal(back.x, train.x)
    assert np.array_equal(back.y, train.y)
    assert np.array_equal(back.x_id, train.x_id)
    assert (back.x.dtype, back.y.dtype) == (np.float32, np.int64)


def test_labels_join_their_inputs_by_key_wherever_they_stand(train: Split) -> None:
    shuffle = np.random.default_rng(3).permutation(len(train))
    apart = Split(train.x, train.y[shuffle], train.x_id, train.y_id[shuffle])
    joined = apart.joined()
    assert np.array_equal(joined.y, train.y)
    assert np.array_equal(joined.y_id, train.x_id)


@pytest.mark.parametrize("key", [0, 10_000])
def test_labels_that_cannot_be_joined_are_refused(train: Split, key: int) -> None:
    keys = train.y_id.copy()
    keys[5] = key
    with pytest.raises(UserError, match="cannot be joined"):
        Split(train.x, train.y, train.x_id, keys).joined()


def test_a_damaged_or_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "train.safetensors"
    with pytest.raises(UserError, match=r"train\.safetensors is missing"):
        read_split(path)
    path.write_bytes(b"not a packed split")
    with pytest.raises(UserError, match=r"train\.safetensors is not a packed split"):
        read_split(path)


def test_groups_and_times_are_kept_and_follow_their_inputs(train: Split, tmp_path: Path) -> None:
    told = replace(train, group=train.x_id // 7, time=train.x_id * 3)
    write_split(tmp_path / "told.safetensors", told)
    found = read_split(tmp_path / "told.safetensors").joined().take(np.array([5, 2]))
    assert found.group is not None
    assert found.time is not None
    assert np.array_equal(found.group, told.x_id[[5, 2]] // 7)
    assert np.array_equal(found.time, told.x_id[[5, 2]] * 3)
    assert pack(replace(told, group=None, time=None)) == pack(train)
