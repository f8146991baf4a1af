"""Stability is judged at twice the best learning rate, whatever lies further above (T-12).

Clipping is judged by the share of updates that it changes (T-13).
"""

import math

import pytest
import torch

from startsimple.schema.verdict import Status
from startsimple.stages.tune_probe import (
    REMEDIES,
    Probe,
    judge_clipping,
    judge_stability,
    typical_norm,
)
from startsimple.stages.tune_rounds import Contest
from startsimple.training.range_test import Suggestions
from startsimple.training.statistics import Estimate
from startsimple.training.units import Result, Unit


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


def contest(winner, incumbent) -> Contest:
    """Return runs with these shares of clipped updates, None where nothing was clipped."""
    pairs = [
        [(Unit("", {}), Result({} if v is None else {"clipped": v}, {})) for v in shares]
        for shares in (winner, incumbent)
    ]
    return Contest(*pairs, Estimate(0, 0, 0), 0.5)


@pytest.mark.parametrize(
    ("winner", "incumbent", "status"),
    [
        ([0.1, 0.5], [0.2, 0.3], Status.PASS),
        ([0.1, 0.51], [0.2, 0.3], Status.WARN),
        ([0.1, 0.2], [0.2, 0.9], Status.WARN),
    ],
)
def test_clipping_half_of_the_updates_in_any_run_is_too_much(winner, incumbent, status):
    (check,) = judge_clipping(0.5, contest(winner, incumbent))
    assert (check.id, check.status) == ("T-13", status)
    assert check.value == max(winner + incumbent)


def test_where_nothing_is_clipped_nothing_is_judged():
    assert judge_clipping(0.5, contest([None, None], [None, None])) == []


def test_the_typical_norm_is_the_90th_percentile_of_a_run_that_stays_finite():
    norms = torch.arange(101.0)
    assert typical_norm(Result({}, {"norms": norms})) == 90.0
    norms[50] = math.nan
    assert typical_norm(Result({}, {"norms": norms})) is None
