"""What a round is held against; steadiness by the measure of T-12, if both runs have one."""

import math

import pytest

from startsimple.audit.watch import FileWatch
from startsimple.schema.canonical import write_json
from startsimple.schema.load import load_slice
from startsimple.schema.verdict import Check, Status
from startsimple.stages.gap_round import judge_round, judge_steadiness
from startsimple.stages.stage import Inputs

PROMISE = {"component": "instability", "low": -0.4, "high": -0.3, "source": "T-12"}


def judged(root, before, after, promise=PROMISE, parent="base"):
    """Judge a round whose parent regained `before`; None is a parent that was not tuned."""
    if before is not None:
        path = root / "results" / "base" / "tune" / "verdict.json"
        write_json(path, {"checks": [{"id": "T-05", "value": 0}, {"id": "T-12", "value": before}]})
    config = load_slice({"parent": parent, "predicted": promise})
    stability = Check("T-12", "", Status.WARN, after)
    return judge_steadiness(config, Inputs("round", "tune", root), stability)


@pytest.mark.parametrize(
    ("after", "answer", "status"),
    [
        (0.0, "as predicted", Status.PASS),
        (0.1, "as predicted", Status.PASS),
        (0.2, "surprise", Status.WARN),
        (0.7, "surprise", Status.WARN),
    ],
)
def test_within_its_limit_is_as_predicted(tmp_path, after, answer, status):
    (check,), figures = judged(tmp_path, 0.4, after)
    assert (check.id, check.value, check.status) == ("I-01", answer, status)
    assert figures["observed"]["value"] == pytest.approx(after - 0.4)
    assert figures["surprise"] == (answer == "surprise") and figures["parent"] == "base"


def test_a_value_at_its_limit_does_not_fall_outside_by_a_last_bit(tmp_path):
    # In floating point, 0.1 - 0.3 is above -0.2.
    (check,), _ = judged(tmp_path, 0.3, 0.1, {**PROMISE, "low": -0.3, "high": -0.2})
    assert check.status == Status.PASS


@pytest.mark.parametrize(
    ("before", "after"), [(None, 0.1), (math.inf, 0.1), (0.4, math.inf), (0.4, None)]
)
def test_without_two_numbers_nothing_is_compared(tmp_path, before, after):
    (check,), figures = judged(tmp_path, before, after)
    assert check.status == Status.SKIP and figures == {}
    assert "no finite measure of 'base'" in check.evidence


@pytest.mark.parametrize(
    ("promise", "parent"),
    [({"component": None}, "base"), ({**PROMISE, "component": "bias"}, "base"), (PROMISE, None)],
)
def test_other_promises_are_not_tuning_s(tmp_path, promise, parent):
    assert judged(tmp_path, 0.4, 0.1, promise, parent) == ([], {})


@pytest.mark.parametrize("component", [None, "instability"])
def test_what_decides_whether_a_round_is_judged_is_read_and_so_recorded(tmp_path, component):
    base = tmp_path / "results" / "base"
    write_json(base / "config.json", {"config": {"model": {"hidden": 8}}})
    write_json(base / "gap" / "verdict.json", {"numbers": {}})
    config = load_slice({"parent": "base", "predicted": {**PROMISE, "component": component}})
    with FileWatch(tmp_path, tmp_path / "results" / "round" / "gap") as watch:
        (effect, one), _ = judge_round(config, Inputs("round", "gap", tmp_path), None, {})
    assert (effect.status, one.value) == (Status.SKIP, 1)
    assert set(watch.read) == {"results/base/config.json", "results/base/gap/verdict.json"}
