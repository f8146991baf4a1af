"""Two versions of a dataset, compared row by row."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from startsimple.data.changes import compare
from startsimple.data.pack import Split


def rows(keys: list[int]) -> Split:
    ids = np.array(keys, dtype=np.int64)
    x = np.stack([ids, ids * 2], axis=1).astype(np.float32).reshape(-1, 2)
    return Split(x, ids % 3, ids, ids)


KEYS = st.lists(st.integers(0, 60), unique=True, min_size=1)


@given(KEYS, KEYS)
def test_rows_come_and_go_by_their_keys(old: list[int], new: list[int]) -> None:
    changes = compare({"train": rows(old)}, {"train": rows(new)})
    assert changes.added == [str(key) for key in sorted(set(new) - set(old))]
    assert changes.removed == [str(key) for key in sorted(set(old) - set(new))]
    assert not changes.relabelled + changes.altered + changes.moved


def test_each_kind_of_change_is_told_apart() -> None:
    before = {"train": rows([1, 2, 3, 4]), "test": rows([7, 8])}
    train = rows([1, 2, 3, 7])
    y, x = train.y.copy(), train.x.copy()
    y[0], x[1] = y[0] + 1, 0.5
    after = {"train": replace(train, y=y, x=x), "test": rows([8, 9])}
    assert compare(before, after).sentence() == (
        "1 rows added (keys 9), 1 removed (keys 4), 1 relabelled (keys 1), 1 altered (keys 2), "
        "1 moved (keys 7)"
    )
    assert compare(before, before).sentence() == "0 rows added, 0 removed, 0 relabelled"


def test_keys_that_repeat_between_splits_are_told_apart_by_split() -> None:
    before = {"train": rows([1, 2]), "test": rows([1])}
    changes = compare(before, {"train": rows([1]), "test": rows([1])})
    assert changes.removed == ["train 2"]
    assert changes.counts()["moved"] == 0
