"""Reproducing a known result: a true claim holds, a wrong one does not, in either direction."""

import math

import pytest
from tests.conftest import check

from startsimple.schema.errors import UserError
from startsimple.schema.verdict import Status

STAGE = "benchmark"
# Meet a value, where the shipped benchmark has a floor to beat.
CLAIMED = ("benchmark.floor=false", "benchmark.margin=0")


def test_the_floor_of_simple_baselines_is_reproduced(climb):
    verdict = climb.run(STAGE)
    assert verdict.status == Status.PASS
    made = ["B-01", "B-01", "B-02", "B-04", "B-03", "B-06", "D-02", "D-05"]
    assert [item.id for item in verdict.checks] == made
    numbers = verdict.numbers
    assert len(numbers["scores"]) == 3 and len(set(numbers["scores"])) > 1
    assert numbers["reference"] == numbers["baselines"]["logistic_regression"]
    assert all(0.9 < score < 1 for score in numbers["baselines"].values())
    assert numbers["verdict"] == "beaten" and numbers["further_seeds"] == 0
    assert (numbers["rank"], numbers["rank_means"]) == (7, "simple baseline: a floor only")
    p = numbers["reference"]
    assert numbers["uncertainty"] == pytest.approx(math.sqrt(p * (1 - p) / 360))
    opened = [event for event in climb.events if event["event"] == "test_opened"]
    assert [event["purpose"] for event in opened] == ["benchmark"]
    climb.lines.clear()
    assert climb.run(STAGE) == verdict
    assert "3 of 3 runs are already there" in climb.lines


def test_a_claim_that_the_protocol_misses_fails(climb):
    verdict = climb.run(
        STAGE, [*CLAIMED, "benchmark.value=0.98", "benchmark.protocol.training.steps=20"]
    )
    assert verdict.status == Status.FAIL
    assert check(verdict, "B-01").status == Status.FAIL
    assert check(verdict, "B-02").status == Status.PASS
    assert check(verdict, "B-03").status == Status.WARN
    assert check(verdict, "B-04").status == Status.FAIL
    assert verdict.numbers["verdict"] == "missed"
    assert verdict.next.startswith("Assume a bug") and verdict.suspects


def test_a_result_that_is_too_good_warns_with_a_leakage_audit(climb):
    verdict = climb.run(STAGE, [*CLAIMED, "benchmark.value=0.6"])
    assert verdict.status == Status.WARN
    assert check(verdict, "B-01").status == Status.PASS
    assert check(verdict, "B-02").status == check(verdict, "B-04").status == Status.WARN
    assert "the audit finds no leak" in check(verdict, "B-02").evidence
    assert verdict.numbers["verdict"] == "too good" and len(verdict.numbers["audit"]) == 4


def test_the_tolerance_is_the_larger_of_sampling_and_declared(climb):
    narrow, wide = (
        climb.run(STAGE, [*CLAIMED, "benchmark.value=0.94", f"benchmark.tolerance={t}"])
        for t in (0.001, 0.3)
    )
    sampling = 2 * math.sqrt(0.94 * 0.06 / 360)
    assert check(narrow, "B-04").threshold == pytest.approx(sampling, abs=1e-6)
    assert check(wide, "B-04").threshold == 0.3 and wide.status == Status.PASS
    assert wide.numbers["verdict"] == "reproduced"


def test_an_open_comparison_says_how_many_seeds_would_decide(climb):
    scores = climb.run(STAGE).numbers["scores"]
    mean = sum(scores) / len(scores)
    # The mean lies at the edge of the tolerated range, inside of it and outside of it.
    inside, outside = (
        climb.run(STAGE, [*CLAIMED, "benchmark.tolerance=0.04", f"benchmark.value={value}"])
        for value in (mean + 0.0394, mean + 0.0406)
    )
    assert inside.numbers["verdict"] == outside.numbers["verdict"] == "inconclusive"
    assert inside.status == Status.WARN and outside.status == Status.INCONCLUSIVE
    more = inside.numbers["further_seeds"]
    assert more and f"{more} more seeds would decide" in inside.checks[1].evidence
    assert f"stage.benchmark.seeds={3 + outside.numbers['further_seeds']}" in outside.next


@pytest.mark.parametrize(
    ("bug", "found"),
    [
        ("unnormalised", {"B-06": Status.WARN}),
        ("shifted_labels", {"D-02": Status.WARN, "B-01": Status.FAIL, "B-04": Status.FAIL}),
        ("test_in_train", {"D-05": Status.FAIL}),
    ],
)
def test_a_planted_bug_is_found(climb, bug, found):
    verdict = climb.run(STAGE, [f"benchmark.protocol.bug={bug}"])
    assert {id: check(verdict, id).status for id in found} == found
    if bug == "test_in_train":
        assert verdict.suspects[0].fault == "D09"
        assert "360 of 360 test inputs" in check(verdict, "D-05").evidence


def test_a_leak_turns_a_result_that_is_too_good_into_a_failure(climb):
    leak = ["benchmark.value=0.9", "benchmark.protocol.bug=test_in_train"]
    verdict = climb.run(STAGE, [*CLAIMED, *leak])
    assert check(verdict, "B-02").status == Status.FAIL
    assert "the audit finds a leak" in check(verdict, "B-02").evidence


def test_an_estimator_takes_the_network_s_place_and_has_no_seeds(climb):
    estimator = "benchmark.protocol.estimator"
    knn = [f"{estimator}.name=k_nearest_neighbours", f"+{estimator}.args.n_neighbors=1"]
    verdict = climb.run(STAGE, [*CLAIMED, "benchmark.value=0.97", *knn])
    numbers = verdict.numbers
    assert numbers["seeds"] == 0 and len(numbers["scores"]) == 1
    p = numbers["scores"][0]
    half = (numbers["interval"]["high"] - numbers["interval"]["low"]) / 2
    assert half == pytest.approx(1.97 * math.sqrt(p * (1 - p) / 360), rel=0.01)
    assert "B-03" not in {item.id for item in verdict.checks}


def test_a_fault_in_the_program_is_seen_by_the_published_result(climb):
    verdict = climb.run(STAGE, [*CLAIMED, "benchmark.value=0.94", "fault=M11"])
    assert check(verdict, "B-01").status == check(verdict, "B-04").status == Status.FAIL


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("benchmark.test_size=1000", "test split of dataset 'digits' has 360 examples"),
        ("benchmark.baselines=[logistic]", "Did you mean 'logistic_regression'?"),
        ("benchmark.baselines=[]", "a published value, or baselines"),
        ("benchmark.metric=mean_squared_error", "does not fit the dataset's task"),
        ("benchmark.protocol.bug=unnormalized", "Did you mean 'unnormalised'?"),
        ("benchmark.protocol.estimator.name=svm", "no estimator 'svm'"),
        ("benchmark.rank=9", "must be 1 to 7"),
        ("stage.benchmark.seeds=1", "must be at least 2"),
        ("benchmark.protocol.training.evaluations=0", "must be at least 1"),
        ("benchmark.protocol.training.batch_size=5000", "does not fit the"),
        ("benchmark.protocol.training.steps=0", "0 training steps"),
    ],
)
def test_a_comparison_that_cannot_be_made_is_refused(climb, override, says):
    with pytest.raises(UserError) as caught:
        climb.run(STAGE, [override])
    assert says in str(caught.value)


def test_a_waiver_is_recorded_in_the_verdict(climb):
    waiver = "+stage.benchmark.waive={B-01: no such protocol, B-04: no such protocol}"
    verdict = climb.run(STAGE, [*CLAIMED, "benchmark.value=0.99", waiver])
    assert verdict.status == Status.WARN
    assert check(verdict, "B-04").evidence.startswith("waived (no such protocol); was fail.")
    with pytest.raises(UserError, match="waive names 'B-99'"):
        climb.run(STAGE, ["+stage.benchmark.waive.B-99=typo"])
