"""Verdicts: what is written is read back, the worst check decides, and NaN never passes."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from startsimple.schema.canonical import read_json, write_json
from startsimple.schema.verdict import (
    OPERATORS,
    Check,
    Status,
    Suspect,
    Symptom,
    Verdict,
    judge,
    read_verdict,
    worst,
)

numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(max_size=20)
checks = st.builds(
    Check,
    id=texts,
    title=texts,
    status=st.sampled_from(Status),
    value=st.none() | numbers | texts,
    op=st.sampled_from(sorted(OPERATORS)),
    threshold=numbers | st.lists(numbers, min_size=2, max_size=2),
    source=texts,
    evidence=texts,
)
suspects = st.builds(
    Suspect,
    fault=texts,
    score=st.floats(0, 1),
    evidence=st.lists(texts, max_size=2),
    fix=texts,
    where=texts,
    stage=texts,
)
symptoms = st.builds(
    Symptom, kind=texts, onset_step=st.none() | st.integers(0), level=st.none() | numbers
)
verdicts = st.builds(
    Verdict,
    run=texts,
    stage=texts,
    status=st.sampled_from(Status),
    checks=st.lists(checks, max_size=4),
    next=texts,
    deciding=texts,
    symptom=st.none() | symptoms,
    suspects=st.lists(suspects, max_size=2),
    inputs=st.dictionaries(texts, texts, max_size=2),
    outputs=st.dictionaries(texts, texts, max_size=2),
    numbers=st.dictionaries(texts, numbers | st.lists(numbers), max_size=2),
)


def one(status: Status, id: str = "X-01") -> Check:
    return Check(id, "title", status)


@given(verdicts)
def test_a_verdict_survives_its_file(tmp_path_factory, verdict):
    path = tmp_path_factory.mktemp("verdict") / "verdict.json"
    verdict.write(path)
    again = read_verdict(path)
    assert again == verdict
    assert all(isinstance(check.status, Status) for check in again.checks)


def test_another_schema_is_refused(tmp_path):
    path = tmp_path / "verdict.json"
    Verdict("r", "s", Status.PASS, [], "go on").write(path)
    write_json(path, {**read_json(path), "schema": "startsimple.verdict/0"})
    with pytest.raises(ValueError, match="rerun the stage"):
        read_verdict(path)


@given(st.lists(st.sampled_from(Status), min_size=1, max_size=6))
def test_the_worst_check_decides(statuses):
    order = (Status.FAIL, Status.INCONCLUSIVE, Status.WARN, Status.PASS, Status.SKIP)
    expected = next(status for status in order if status in statuses)
    if set(statuses) == {Status.SKIP}:
        expected = Status.INCONCLUSIVE
    assert worst([one(status) for status in statuses]) == expected
    assert worst([one(status) for status in reversed(statuses)]) == expected


def test_nothing_checked_is_nothing_proven():
    assert worst([]) == Status.INCONCLUSIVE


def test_only_fail_and_inconclusive_block():
    assert [status for status in Status if status.blocks] == [Status.FAIL, Status.INCONCLUSIVE]


@pytest.mark.parametrize("op", sorted(OPERATORS))
@pytest.mark.parametrize("value", [None, math.nan])
def test_what_could_not_be_measured_never_passes(op, value):
    bound = (0.0, 1.0) if op == "in" else 0.0
    assert judge("X-01", "t", value, op, bound, source="s").status == Status.FAIL
    softer = judge("X-01", "t", value, op, bound, source="s", otherwise=Status.WARN)
    assert softer.status == Status.WARN


@pytest.mark.parametrize(
    ("op", "passing", "failing"),
    [
        ("<=", [0.9, 1.0], [1.1]),
        ("<", [0.9], [1.0, 1.1]),
        (">=", [1.0, 1.1], [0.9]),
        (">", [1.1], [1.0, 0.9]),
        ("==", [1.0], [0.999]),
        ("!=", [0.999], [1.0]),
    ],
)
def test_operators_at_their_bound(op, passing, failing):
    for value in passing:
        assert judge("X", "t", value, op, 1.0, source="s").status == Status.PASS
    for value in failing:
        assert judge("X", "t", value, op, 1.0, source="s").status == Status.FAIL


def test_a_range_includes_its_ends():
    held = [judge("X", "t", v, "in", (1, 2), source="s").status == Status.PASS for v in range(4)]
    assert held == [False, True, True, False]


def test_a_waiver_turns_a_block_into_a_warning_that_says_why():
    failed = replace(one(Status.FAIL), evidence="0.3 of 1")
    waived = failed.waived("known and harmless")
    assert waived.status == Status.WARN
    assert waived.evidence == "waived (known and harmless); was fail. 0.3 of 1"
    assert one(Status.PASS).waived("no need") == one(Status.PASS)


def test_the_ladder_shows_the_check_that_blocks_else_the_declared_one():
    passed, failed = one(Status.PASS, "A"), one(Status.FAIL, "B")
    open_ = one(Status.INCONCLUSIVE, "C")
    verdict = Verdict("r", "s", Status.FAIL, [passed, open_, failed], "stop", deciding="A")
    assert verdict.decider() == failed
    assert replace(verdict, status=Status.PASS, checks=[failed, passed]).decider() == passed
    assert Verdict("r", "s", Status.INCONCLUSIVE, [], "stop").decider() is None
