"""Leakage and shift: what a model in closed form, and an audit, say about the splits."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import clusters

from startsimple.data.checks.audit import AUDIT, audit, check_audit
from startsimple.data.checks.labels import check_noise, suspect_labels
from startsimple.data.checks.leakage import check_too_good
from startsimple.data.checks.shift import bonferroni, check_declared, check_shift, find_shift
from startsimple.data.features import random_features
from startsimple.data.pack import Split
from startsimple.data.prepared import prepare, standardised
from startsimple.data.reference import Reference, fit
from startsimple.data.splits import validation_index
from startsimple.schema.datasets import DatasetConfig, LeakageConfig
from startsimple.schema.stages import DataStage
from startsimple.schema.verdict import Check, Status

SETTINGS = DataStage()
ANSWERED = LeakageConfig(feature_selection="none", time="none", independence="drawn apart")


def reference_of(split: Split) -> Reference:
    return Reference.of(prepare(split, validation_index(split, 0.25, 0), "vector"), "vector", 0)


def test_d12_each_item_is_measured_declared_or_open() -> None:
    passed = [Check(f"D-{n:02}", "", Status.PASS) for n in range(1, 20)]
    answers = audit(passed, ANSWERED, timed=False)
    assert [item.split()[0] for item in answers] == list(AUDIT)
    assert check_audit(answers).status is Status.PASS
    open_ = check_audit(audit(passed, LeakageConfig(), timed=True))
    assert (open_.status, open_.value) == (Status.WARN, 2)
    assert "L1.3, L3.2 cannot be measured" in open_.evidence
    broken = [replace(c, status=Status.FAIL) if c.id == "D-05" else c for c in passed]
    leaking = check_audit(audit(broken, ANSWERED, timed=False))
    assert leaking.status is Status.FAIL
    assert "L1.4 leak" in leaking.evidence


def test_d14_a_label_spread_over_many_features_is_too_good(train: Split) -> None:
    assert check_too_good(reference_of(train), 0.05, SETTINGS).status is Status.PASS
    # Each feature alone tells little; their sum tells all.
    code = np.random.default_rng(0).normal(size=(4, 6)) * 8
    told = replace(train, x=(train.x + code[train.y]).astype(np.float32))
    check = check_too_good(reference_of(told), 0.05, SETTINGS)
    assert check.status is Status.WARN
    assert "gets 0.0% of 400 unseen labels wrong" in check.evidence
    # Nothing was declared that could be beaten.
    assert check_too_good(reference_of(told), 0.0, SETTINGS).status is Status.PASS


def test_d14_validation_examples_that_are_easier_warn(train: Split) -> None:
    index = validation_index(train, 0.25, 0)
    x = train.x.copy()
    x[index.train] += 3 * np.random.default_rng(0).normal(size=x[index.train].shape)
    check = check_too_good(reference_of(replace(train, x=x)), 0.0, SETTINGS)
    assert check.status is Status.WARN
    assert "validation examples are easier" in check.evidence


@pytest.mark.parametrize(
    ("shift", "splits", "status"),
    [
        (None, ("train", "val", "test"), Status.PASS),
        ("noise", ("train", "val", "test_val", "test"), Status.PASS),
        ("noise", ("train", "val", "test"), Status.FAIL),
        (None, ("train", "val", "test_val", "test"), Status.FAIL),
    ],
)
def test_d16_two_distributions_need_two_validation_splits(shift, splits, status) -> None:
    assert check_declared(shift, splits).status is status


def test_d17_shift_is_seen_and_judged_by_what_is_declared(train: Split) -> None:
    reference = reference_of(train)

    def found(change: float):
        held = clusters(300, seed=9, first_key=5000)
        moved = replace(held, x=held.x + np.float32(change))
        return find_shift(reference, standardised(moved, reference.statistics))

    none, some = found(0.0), found(1.5)
    assert none.p > 0.01
    assert abs(none.auc - 0.5) < 0.1
    assert some.p < 1e-6
    assert some.auc > 0.8
    assert len(some.typical) == 10
    assert min(some.typical) >= 5000
    judged = {
        (declared, shift.p): check_shift(shift, declared, "test", SETTINGS).status
        for declared in (None, "moved")
        for shift in (none, some)
    }
    assert list(judged.values()) == [Status.PASS, Status.FAIL, Status.WARN, Status.PASS]
    slight = replace(some, auc=0.55)
    assert check_shift(slight, None, "test", SETTINGS).status is Status.WARN


def test_d17_equal_distributions_alarm_as_rarely_as_the_significance_says(train: Split) -> None:
    reference = reference_of(train)
    assert bonferroni([0.2, 0.01, 0.5]) == pytest.approx(0.03)
    assert bonferroni([0.6, 0.9]) == 1.0
    alarms = 0
    for seed in range(40):
        held = clusters(200, seed=100 + seed, first_key=5000)
        alarms += find_shift(reference, standardised(held, reference.statistics)).p <= 0.2
    assert alarms <= 8


def test_d19_flipped_labels_are_counted_and_a_swapped_pair_leads_the_list(train: Split) -> None:
    apart = replace(train, x=train.x + 3 * np.eye(4, 6, dtype=np.float32)[train.y])
    dataset = DatasetConfig(irreducible_error=0.01)
    assert check_noise(reference_of(apart), dataset, SETTINGS).status is Status.PASS
    y = apart.y.copy()
    first, second = 7, int(np.flatnonzero(y != y[7])[0])
    y[[first, second]] = y[[second, first]]
    leading = suspect_labels(reference_of(replace(apart, y=y)))[:10]
    assert {apart.x_id[first], apart.x_id[second]} <= {item["key"] for item in leading}
    noisy = np.where(np.arange(400) % 9 == 0, (apart.y + 1) % 4, apart.y)
    check = check_noise(reference_of(replace(apart, y=noisy)), dataset, SETTINGS)
    assert check.status is Status.WARN
    assert "Most suspect: key" in check.evidence


def test_d19_an_excess_over_the_declared_error_warns(train: Split) -> None:
    reference = reference_of(train)
    y = np.where(np.arange(400) % 3 == 0, (train.y + 1) % 4, train.y)
    noisy = reference_of(replace(train, y=y))
    error = 1 - reference.skill(reference.crossed, reference.train.y)
    dataset = DatasetConfig(reference_error=round(error, 2))
    assert check_noise(reference, dataset, SETTINGS).status is Status.PASS
    assert check_noise(noisy, dataset, SETTINGS).status is Status.WARN


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        ("vector", (5,)),
        ("sequence", (40,)),
        ("sequence", (2, 20)),
        ("sequence", (4,)),
        ("image", (1, 28, 28)),
        ("image", (3, 8, 5)),
    ],
)
def test_features_depend_on_the_example_alone(kind: str, shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).normal(size=(300, *shape)).astype(np.float32)
    whole = random_features(x, kind, 60)
    assert len(whole) == 300
    assert np.isfinite(whole).all()
    assert np.allclose(random_features(x[130:140], kind, 60), whole[130:140], atol=1e-5)


def test_brightness_alone_gives_no_feature() -> None:
    x = np.random.default_rng(0).normal(size=(20, 1, 12, 12)).astype(np.float32)
    assert np.allclose(
        random_features(x, "image", 60), random_features(x + 3, "image", 60), atol=1e-4
    )


def test_the_ridge_is_scikit_learns(train: Split) -> None:
    from sklearn.linear_model import Ridge

    target = train.x @ np.arange(6.0) + np.random.default_rng(0).normal(size=400)
    predicted = fit(train.x, target)(train.x)[:, 0]
    scaled = (train.x - train.x.mean(0)) / train.x.std(0)
    candidates = [
        Ridge(penalty * 400).fit(scaled, target).predict(scaled)
        for penalty in np.logspace(-6, 2, 17)
    ]
    assert min(np.abs(predicted - other).max() for other in candidates) < 1e-3
