"""Reproducing a known result: a true claim holds, a wrong one does not, in either direction."""

import math

import pytest
from tests.conftest import check

from startsimple.schema.errors import UserError
from startsimple.schema.verdict import Status

STAGE = "benchmark"


def test_the_floor_of_simple_baselines_is_reproduced(climb):
    verdict = climb.run(STAGE)
    assert verdict.status == Status.PASS
    assert [item.id for item in verdict.checks] == ["B-01", "B-02", "B-03", "B-04"]
    numbers = verdict.numbers
    assert len(numbers["scores"]) == 3 and len(set(numbers["scores"])) > 1
    assert numbers["reference"] == numbers["baselines"]["logistic_regression"]
    assert all(0.9 < score < 1 for score in numbers["baselines"].values())
    assert (numbers["rank"], numbers["rank_means"]) == (7, "simple baseline: a floor only")
    p = numbers["reference"]
    assert numbers["uncertainty"] == pytest.approx(math.sqrt(p * (1 - p) / 360))
    opened = [event for event in climb.events if event["event"] == "test_opened"]
    assert [event["purpose"] for event in opened] == ["benchmark"]
    climb.lines.clear()
    assert climb.run(STAGE) == verdict
    assert "3 of 3 runs are already there" in climb.lines


def test_a_claim_that_the_protocol_misses_fails(climb):
    verdict = climb.run(STAGE, ["benchmark.value=0.98", "benchmark.protocol.training.steps=20"])
    assert verdict.status == Status.FAIL
    assert check(verdict, "B-01").status == Status.FAIL
    assert check(verdict, "B-02").status == Status.PASS
    assert check(verdict, "B-03").status == Status.WARN
    assert check(verdict, "B-04").status == Status.FAIL
    assert verdict.next.startswith("Assume a bug") and verdict.suspects


def test_a_result_that_is_too_good_warns_of_leakage_and_misses_the_claim(climb):
    verdict = climb.run(STAGE, ["benchmark.value=0.6"])
    assert check(verdict, "B-01").status == Status.PASS
    assert check(verdict, "B-02").status == Status.WARN
    assert "leakage" in check(verdict, "B-02").evidence
    assert check(verdict, "B-04").status == Status.FAIL


def test_the_tolerance_is_the_larger_of_sampling_and_declared(climb):
    narrow, wide = (
        check(climb.run(STAGE, ["benchmark.value=0.94", f"benchmark.tolerance={t}"]), "B-04")
        for t in (0.001, 0.3)
    )
    assert narrow.threshold == pytest.approx(2 * math.sqrt(0.94 * 0.06 / 360), abs=1e-6)
    assert wide.threshold == 0.3 and wide.status == Status.PASS


def test_a_fault_in_the_program_is_seen_by_the_published_result(climb):
    verdict = climb.run(STAGE, ["benchmark.value=0.94", "fault.mix_samples=true"])
    assert check(verdict, "B-01").status == check(verdict, "B-04").status == Status.FAIL


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("benchmark.test_size=1000", "test split of dataset 'digits' has 360 examples"),
        ("benchmark.baselines=[logistic]", "Did you mean 'logistic_regression'?"),
        ("benchmark.baselines=[]", "a published value, or baselines"),
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
    waiver = "+stage.benchmark.waive.B-04=no such protocol"
    verdict = climb.run(STAGE, ["benchmark.value=0.6", waiver])
    assert verdict.status == Status.WARN
    assert check(verdict, "B-04").evidence.startswith("waived (no such protocol); was fail.")
    with pytest.raises(UserError, match="waive names 'B-99'"):
        climb.run(STAGE, ["+stage.benchmark.waive.B-99=typo"])
