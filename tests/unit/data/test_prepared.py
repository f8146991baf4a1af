"""Preparing: exact statistics of the training rows, one scale where positions share it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from startsimple.data.pack import Split, write_split
from startsimple.data.prepared import (
    DIGESTS_FILE,
    INDEX_FILE,
    STATISTICS_FILE,
    load_prepared,
    load_simplified,
    open_test,
    prepare,
    read_index,
    training_statistics,
    write_index,
    write_statistics,
)
from startsimple.data.splits import Index, validation_index
from startsimple.schema.canonical import file_digest, read_json, write_json
from startsimple.schema.errors import UserError


@pytest.mark.parametrize(
    ("kind", "shape", "per", "axes"),
    [
        ("vector", (90, 5), "feature", (0,)),
        ("sequence", (90, 7), "all", (0, 1)),
        ("sequence", (90, 3, 7), "channel", (0, 2)),
        ("image", (90, 3, 4, 5), "channel", (0, 2, 3)),
    ],
)
def test_each_feature_or_channel_or_all_positions_get_one_scale(kind, shape, per, axes) -> None:
    x = np.random.default_rng(0).normal(3, 2, shape).astype(np.float32)
    statistics = training_statistics(x, kind)
    assert statistics.kind == per
    assert np.allclose(statistics.mean, x.mean(axes, dtype=np.float64))
    assert np.allclose(statistics.std, x.std(axes, dtype=np.float64))
    ready = statistics.apply(x)
    assert (ready.shape, ready.dtype) == (x.shape, np.float32)
    assert np.allclose(ready.mean(axes), 0, atol=1e-5)
    assert np.allclose(ready.std(axes), 1, atol=1e-5)


def test_statistics_do_not_depend_on_the_order_of_addition(train: Split) -> None:
    shuffled = train.x[np.random.default_rng(0).permutation(len(train))]
    assert training_statistics(train.x, "vector") == training_statistics(shuffled, "vector")


def test_a_constant_feature_becomes_zeros(train: Split) -> None:
    x = train.x.copy()
    x[:, 2] = 5.0
    statistics = training_statistics(x, "vector")
    assert statistics.std[2] == 1.0
    assert not statistics.apply(x)[:, 2].any()


def test_validation_rows_do_not_reach_the_statistics(train: Split) -> None:
    index = validation_index(train, 0.25, 0)
    x = train.x.copy()
    x[index.val] += 100
    first = prepare(train, index, "vector")
    second = prepare(replace(train, x=x), index, "vector")
    assert first.statistics == second.statistics
    assert not np.array_equal(first.val.x, second.val.x)


@pytest.fixture
def stored(tmp_path: Path, train: Split, test_split: Split) -> Path:
    index = validation_index(train, 0.25, 0)
    write_split(tmp_path / "train.safetensors", train)
    write_split(tmp_path / "test.safetensors", test_split)
    write_index(tmp_path / "data" / INDEX_FILE, index)
    write_statistics(
        tmp_path / "data" / STATISTICS_FILE, prepare(train, index, "vector").statistics
    )
    digests = {name: file_digest(tmp_path / f"{name}.safetensors") for name in ("train", "test")}
    write_json(tmp_path / "data" / DIGESTS_FILE, digests)
    small = index.train[np.isin(train.y[index.train], [1, 3])][:40]
    held = index.val[np.isin(train.y[index.val], [1, 3])]
    write_index(tmp_path / "simplify" / INDEX_FILE, Index(small, held))
    return tmp_path


def test_what_is_loaded_is_what_was_prepared(stored: Path, train: Split) -> None:
    loaded = load_prepared(stored, lambda stage, name: stored / stage / name)
    expected = prepare(train, validation_index(train, 0.25, 0), "vector")
    assert loaded.train.x.tobytes() == expected.train.x.tobytes()
    assert np.array_equal(loaded.val.y, expected.val.y)
    assert loaded.statistics == expected.statistics
    plain = load_prepared(stored, lambda stage, name: stored / stage / name, standardise=False)
    assert np.array_equal(plain.train.x, train.x[expected.index.train])


def test_the_validation_split_of_the_tests_distribution_is_loaded_where_there_is_one(
    stored: Path, test_split: Split
) -> None:
    def load(**how: bool):
        return load_prepared(stored, lambda stage, name: stored / stage / name, **how)

    assert load().test_val is None
    write_split(stored / "test_val.safetensors", test_split)
    digests = read_json(stored / "data" / DIGESTS_FILE)
    digests["test_val"] = file_digest(stored / "test_val.safetensors")
    write_json(stored / "data" / DIGESTS_FILE, digests)
    loaded = load()
    assert loaded.test_val is not None
    # By training statistics, whatever its own are.
    assert loaded.test_val.x.tobytes() == loaded.statistics.apply(test_split.x).tobytes()
    stored_as_is = load(standardise=False).test_val
    assert stored_as_is is not None
    assert np.array_equal(stored_as_is.x, test_split.x)


def test_preparing_never_opens_the_test_split(stored: Path, test_split: Split) -> None:
    (stored / "test.safetensors").rename(stored / "hidden")
    load_prepared(stored, lambda stage, name: stored / stage / name)
    (stored / "hidden").rename(stored / "test.safetensors")
    opened = open_test(stored, lambda stage, name: stored / stage / name)
    assert np.array_equal(opened.y, test_split.y)
    assert np.allclose(opened.x.mean(0), 0, atol=0.3)


def test_the_simplified_problem_numbers_its_classes_from_zero(stored: Path, train: Split) -> None:
    small = load_simplified(stored, lambda stage, name: stored / stage / name)
    assert np.unique(small.train.y).tolist() == [0, 1]
    assert np.array_equal(small.train.y == 1, train.y[small.index.train] == 3)
    assert len(small.train) == 40


def test_data_that_changed_since_they_were_judged_are_refused(stored: Path) -> None:
    content = bytearray((stored / "train.safetensors").read_bytes())
    content[-1] ^= 1
    (stored / "train.safetensors").write_bytes(content)
    with pytest.raises(UserError, match=r"train\.safetensors is not what stage 'data' judged"):
        load_prepared(stored, lambda stage, name: stored / stage / name)


def test_a_damaged_index_is_named(tmp_path: Path) -> None:
    (tmp_path / INDEX_FILE).write_bytes(b"{}")
    with pytest.raises(UserError, match="holds no train and val index"):
        read_index(tmp_path / INDEX_FILE)
