"""Every check of the contract passes sound data and fails its planted fault."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import clusters

from startsimple.data.checks.content import (
    check_constant,
    check_corrupted,
    check_outliers,
    check_scale,
    check_schema,
)
from startsimple.data.checks.duplicates import check_duplicates
from startsimple.data.checks.identity import (
    check_alignment,
    check_content,
    check_keys,
    check_order,
    unsorted_listings,
)
from startsimple.data.checks.labels import check_balance
from startsimple.data.checks.leakage import check_leak
from startsimple.data.checks.separation import (
    check_entities,
    check_integrity,
    check_validation_size,
)
from startsimple.data.pack import Split
from startsimple.data.prepared import Prepared, prepare, standardised, training_statistics
from startsimple.data.reference import Reference
from startsimple.data.splits import Index, validation_index
from startsimple.schema.datasets import DatasetConfig
from startsimple.schema.stages import DataStage
from startsimple.schema.verdict import Check, Status

SORTED = "startsimple.data.sources.digits.load"
SETTINGS = DataStage()


def prepared_of(split: Split) -> Prepared:
    return prepare(split, validation_index(split, 0.25, 0), "vector")


def parts_of(train: Split, test: Split) -> dict[str, Split]:
    index = validation_index(train, 0.25, 0)
    return {"train": train.take(index.train), "val": train.take(index.val), "test": test}


def reference_of(split: Split) -> Reference:
    return Reference.of(prepared_of(split), "vector", 0)


def with_x(split: Split, row: int, value: float) -> Split:
    x = split.x.copy()
    x[row] = value
    return replace(split, x=x)


def told(check: Check, status: Status, *words: str) -> None:
    assert check.status is status, check
    for word in words:
        assert word in check.evidence, check.evidence


def test_d01_unsorted_listings_are_seen_running_and_in_the_source(tmp_path, monkeypatch) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    told(check_order(tmp_path, SORTED), Status.PASS, "leave the hash as it is")

    def positional(folder: Path) -> str:
        return "".join(path.name for path in folder.iterdir())

    told(check_order(tmp_path, SORTED, positional), Status.FAIL, "when listings are turned round")
    (tmp_path / "loose_files.py").write_text(
        "from pathlib import Path\n"
        "def good(): return sorted(Path('.').glob('*'))\n"
        "def bad(): return [p for p in Path('.').glob('*')]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert unsorted_listings("loose_files.bad") == ["loose_files.py:3 glob()"]
    told(check_order(tmp_path, "loose_files.bad"), Status.FAIL, "loose_files.py:3 glob()")


def test_d02_keys_that_repeat_or_miss_are_named(train: Split) -> None:
    told(check_keys({"train": train}), Status.PASS)
    twice = train.x_id.copy()
    twice[3] = twice[4]
    told(check_keys({"train": replace(train, x_id=twice)}), Status.FAIL, "key 4 occurs twice")
    shifted = replace(train, y_id=train.y_id + 1)
    told(check_keys({"train": shifted}), Status.FAIL, "2 keys on one side only, such as 0")
    short = Split(train.x, train.y[:-1], train.x_id, train.y_id[:-1])
    told(check_keys({"test": short}), Status.FAIL, "test: 400 inputs, 399 labels")


def test_d02_labels_of_other_inputs_do_not_fit_held_out_ones(train: Split) -> None:
    told(check_alignment(reference_of(train), train, SETTINGS), Status.PASS)
    # Keys agree and every label occurs as often as before: only the pairing is wrong.
    shuffled = replace(train, y=np.random.default_rng(0).permutation(train.y))
    told(check_alignment(reference_of(shuffled), shuffled, SETTINGS), Status.FAIL, "shuffles")
    numbers = replace(train, y=train.x[:, 0] + train.x[:, 1])
    told(check_alignment(reference_of(numbers), numbers, SETTINGS), Status.PASS, "variance")
    apart = replace(numbers, y=np.random.default_rng(0).permutation(numbers.y))
    told(check_alignment(reference_of(apart), apart, SETTINGS), Status.FAIL)


def test_d02_labels_off_by_one_row_are_told_although_rows_follow_a_pattern(train: Split) -> None:
    # Only one half cycles: a whole cycle that moves on is a consistent renaming of the classes.
    cycle = np.argsort(train.y, kind="stable").reshape(4, 100)[:, :50].T.reshape(-1)
    order = np.concatenate([cycle, np.setdiff1d(np.arange(400), cycle)])
    cycling = train.take(order)
    told(check_alignment(reference_of(cycling), cycling, SETTINGS), Status.PASS)
    late = replace(cycling, y=np.roll(cycling.y, 1))
    told(check_alignment(reference_of(late), late, SETTINGS), Status.FAIL, "moved by -1 row")


def test_d03_another_hash_or_another_first_batch_fails() -> None:
    told(check_content("a.dir", "a.dir", "1", "1", "same"), Status.PASS)
    told(check_content("b.dir", "a.dir", "1", "1", "x differs"), Status.FAIL, "x differs")
    told(check_content("a.dir", "a.dir", "1", "2", "same"), Status.FAIL, "preparing is random")


def test_d04_labels_shapes_and_ranges_outside_the_declared_ones_are_named(
    train: Split, test_split: Split, vector_dataset: DatasetConfig
) -> None:
    def check(**splits: Split) -> Check:
        return check_schema({"train": train, "test": test_split} | splits, vector_dataset)

    told(check(), Status.PASS, "labels 0 to 3")
    y = test_split.y.copy()
    y[17] = 4
    wrong = replace(test_split, y=y)
    told(check(test=wrong), Status.FAIL, "test.safetensors row 17: label 4 is outside 0 to 3")
    y[17] = -1
    told(check(test=wrong), Status.FAIL, "row 17: label -1")
    other_unit = replace(test_split, x=test_split.x * 100)
    told(check(test=other_unit), Status.FAIL, "outside of train's range")
    narrower = replace(test_split, x=test_split.x[:, :5])
    told(check(test=narrower), Status.FAIL, "inputs of shape (5,)")
    image = replace(train, x=train.x.reshape(400, 1, 2, 3))
    told(check(train=image), Status.FAIL, "no vector (n, features)")


def test_d05_the_same_inputs_in_two_splits_fail_and_twice_in_one_warn(
    train: Split, test_split: Split
) -> None:
    sound = parts_of(train, test_split)
    told(check_duplicates(sound), Status.PASS)

    def planted(**changes: Split) -> Check:
        return check_duplicates(sound | changes)

    x, y = test_split.x.copy(), test_split.y.copy()
    x[5], y[5] = sound["train"].x[9], sound["train"].y[9]
    told(planted(test=replace(test_split, x=x, y=y)), Status.FAIL, "1 inputs occur in two splits")
    x, y = sound["train"].x.copy(), sound["train"].y.copy()
    x[5], y[5] = x[9], y[9]
    told(planted(train=replace(sound["train"], x=x, y=y)), Status.WARN, "1 twice in one")
    y[5] = (y[9] + 1) % 4
    conflicting = replace(sound["train"], x=x, y=y)
    told(planted(train=conflicting), Status.FAIL, "1 with different labels")
    measured_twice = replace(conflicting, y=y.astype(np.float32))
    told(planted(train=measured_twice), Status.WARN, "1 with different labels")
    x = test_split.x.copy()
    x[5] = sound["train"].x[9] + 2.0**-12
    told(planted(test=replace(test_split, x=x)), Status.PASS, "1 test inputs nearly equal")


@pytest.mark.parametrize(
    ("counts", "status", "word"),
    [
        ([100, 100, 100, 100], Status.PASS, "100 to 100"),
        ([390, 4, 3, 3], Status.FAIL, "3 to 390"),
        ([250, 100, 46, 4], Status.WARN, "4 to 250"),
        ([133, 133, 134, 0], Status.WARN, "classes 3 have none"),
        ([400, 0, 0, 0], Status.FAIL, "have none"),
    ],
)
def test_d06_dominating_and_empty_classes(counts: list[int], status: Status, word: str) -> None:
    y = np.random.default_rng(0).permutation(np.repeat(np.arange(4), counts))
    told(check_balance(y, 4, SETTINGS), status, word)


def test_d06_rows_sorted_by_class_warn() -> None:
    check = check_balance(np.repeat(np.arange(4), 100), 4, SETTINGS)
    told(check, Status.WARN, "rows are sorted")


def test_d07_some_constant_features_warn_and_nothing_that_varies_fails(train: Split) -> None:
    told(check_constant(train, SETTINGS), Status.PASS)
    x = train.x.copy()
    x[:, [1, 4]] = 3.0
    told(
        check_constant(replace(train, x=x), SETTINGS),
        Status.WARN,
        "2 of 6 features never vary (1, 4)",
    )
    x = train.x.copy()
    x[:, 1] = 3.0
    x[0, 1] += 2.0**-12
    told(check_constant(replace(train, x=x), SETTINGS), Status.WARN, "1 hardly vary")
    told(check_constant(replace(train, x=np.ones_like(x)), SETTINGS), Status.FAIL, "6 of 6")
    told(check_constant(replace(train, y=train.y * 0), SETTINGS), Status.FAIL, "take 1 values")
    narrow = replace(train, y=1e6 + train.x[:, 0].astype(np.float64))
    told(check_constant(narrow, SETTINGS), Status.WARN, "of their mean")
    wide = replace(train, y=train.x[:, 0])
    told(check_constant(wide, SETTINGS), Status.PASS)


def test_d08_broken_numbers_name_file_row_and_key(train: Split, test_split: Split) -> None:
    told(check_corrupted({"train": train, "test": test_split}), Status.PASS, "None of 520")
    for value, word in ((np.nan, "NaN or infinity"), (np.inf, "NaN or infinity"), (0, "zeros")):
        broken = {"train": train, "test": with_x(test_split, 11, value)}
        told(
            check_corrupted(broken),
            Status.FAIL,
            f"test.safetensors row 11 (key 1011) holds {'only ' * (value == 0)}{word}",
        )


def test_d09_an_example_in_another_unit_stands_out(train: Split) -> None:
    told(check_outliers(train, SETTINGS), Status.PASS, "(key ")
    x = train.x.copy()
    x[17] *= 100
    told(check_outliers(replace(train, x=x), SETTINGS), Status.WARN, "spread 19.9 (key 17)")


def test_d10_statistics_fitted_on_validation_rows_are_caught(train: Split) -> None:
    index = validation_index(train, 0.25, 0)
    told(check_integrity(train, index, "vector"), Status.PASS, "0 of")

    def leaky(split: Split, index: Index, kind: str) -> Prepared:
        statistics = training_statistics(split.x, kind)
        parts = [standardised(split.take(part), statistics) for part in (index.train, index.val)]
        return Prepared(parts[0], parts[1], statistics, index)

    told(check_integrity(train, index, "vector", leaky), Status.FAIL, "100 validation inputs")


def test_d11_an_entity_in_two_splits_fails(train: Split, test_split: Split) -> None:
    sound = parts_of(train, test_split)
    told(check_entities(sound), Status.PASS)
    keys = test_split.x_id.copy()
    keys[0] = sound["val"].x_id[0]
    shared = sound | {"test": replace(test_split, x_id=keys)}
    told(check_entities(shared), Status.FAIL, "share 1 keys")


def test_d11_groups_stay_whole_and_nothing_is_learnt_from_after_the_test(
    train: Split, test_split: Split
) -> None:
    grouped = replace(train, group=train.x_id // 10, time=train.x_id)
    later = replace(test_split, group=test_split.x_id, time=test_split.x_id)
    told(check_entities(parts_of(grouped, later)), Status.PASS, "share 0 groups; 0 of")
    returning = replace(later, group=later.group % 1000)
    told(check_entities(parts_of(grouped, returning)), Status.FAIL, "share 40 groups")
    index = validation_index(train, 0.25, 0)
    torn = {
        "train": grouped.take(index.train),
        "val": grouped.take(index.val),
        "test": later,
    }
    told(check_entities(torn), Status.FAIL, "groups")
    early = replace(later, time=later.time - 700)
    told(check_entities(parts_of(grouped, early)), Status.FAIL, "100 of the examples to learn")


def test_d18_a_validation_split_that_shows_few_errors_warns() -> None:
    told(check_validation_size(800, 0.04, False, 20), Status.PASS, "show 32 errors")
    told(check_validation_size(287, 0.01, False, 20), Status.WARN, "show 3 errors")
    told(check_validation_size(800, 0.0, False, 20), Status.SKIP, "not declared")
    told(check_validation_size(71, 0.5, True, 20), Status.PASS, "as sure as a count of 36")
    told(check_validation_size(30, 0.5, True, 20), Status.WARN)


def test_d13_a_copy_of_the_label_fails_and_a_giveaway_of_one_class_warns(train: Split) -> None:
    told(check_leak(train, 0.98, 0), Status.PASS)
    x = train.x.copy()
    x[:, 2] = (train.y * 7 + 3) % 4
    told(check_leak(replace(train, x=x), 0.98, 0), Status.FAIL, "2 alone predicts 100.0%")
    x = train.x.copy()
    x[:, 2] += 20 * (train.y == 3)
    told(check_leak(replace(train, x=x), 0.98, 0), Status.WARN, "2 finds class 3 with AUC 1.000")


def test_d13_agrees_with_scikit_learn_on_tied_values() -> None:
    from sklearn.metrics import roc_auc_score

    from startsimple.data.checks.leakage import best_auc

    split = clusters(300, 5)
    x = np.rint(split.x * 2)
    areas = {
        (feature, label): roc_auc_score(split.y == label, x[:, feature])
        for feature in range(6)
        for label in range(4)
    }
    expected = max(max(area, 1 - area) for area in areas.values())
    assert best_auc(x, split.y)[0] == pytest.approx(expected)


def test_d15_inputs_scaled_twice_are_flagged(train: Split) -> None:
    told(check_scale(train, prepared_of(train), "vector", SETTINGS), Status.PASS)
    twice = replace(train, x=train.x / 255)
    told(check_scale(twice, prepared_of(twice), "image", SETTINGS), Status.FAIL, "spread of 0.00")
    told(check_scale(twice, prepared_of(twice), "vector", SETTINGS), Status.WARN)
    # Standardised data divided once more: what is stored is sound, what is trained on is not.
    ready = prepared_of(train)
    again = replace(ready, train=replace(ready.train, x=ready.train.x / 255))
    told(
        check_scale(train, again, "vector", SETTINGS),
        Status.FAIL,
        "standardised ones have a spread",
    )
