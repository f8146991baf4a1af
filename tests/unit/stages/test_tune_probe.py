"""Stability is judged at twice the best learning rate, whatever lies further above (T-12)."""

import math

import pytest

from startsimple.schema.verdict import Status
from startsimple.stages.tune_probe import REMEDIES, Probe, judge_stability
from startsimple.training.range_test import Suggestions


@pytest.mark.parametrize(
    ("twice", "five_times", "status"),
    [(0.0, math.inf, Status.PASS), (0.5, 0.0, Status.WARN), (math.inf, 0.0, Status.WARN)],
)
def test_twice_the_rate_decides(twice, five_times, status):
    found = Probe(0.01, {2: twice, 5: five_times}, Suggestions(None, None, None))
    check = judge_stability(0.1, found)
    assert check.status == status
    assert all(remedy in check.evidence for remedy in REMEDIES) is (status is Status.WARN)


def test_what_was_not_probed_is_skipped_with_its_reason():
    check = judge_stability(0.1, None)
    assert (check.status, check.evidence) == (
        Status.SKIP,
        "not probed: search.probe_steps is 0",
    )
