import os
import sys
import time

import pytest

from startsimple.program.child import run_in_child
from startsimple.schema.errors import UserError


def answers(value):
    print("working")
    return value * 2


def hangs():
    while True:
        time.sleep(0.1)


def leaves():
    os._exit(7)


def hoards():
    kept = []
    while True:
        kept.append(bytearray(32 * 2**20))


def chatters():
    line = "x" * 10_000
    for _ in range(2_000):
        sys.stdout.write(line)
    return "done"


def starts():
    import multiprocessing

    return multiprocessing.get_start_method()


def refuses():
    raise UserError("There is no such class.")


def breaks():
    raise RuntimeError("boom")


def test_the_value_and_the_output_come_back():
    result = run_in_child(answers, (21,), seconds=60)
    assert (result.value, result.failure) == (42, "")
    assert "working" in result.output


def test_workers_of_the_program_start_as_they_would_without_us():
    import multiprocessing

    result = run_in_child(starts, (), seconds=60)
    assert result.value == multiprocessing.get_start_method()


@pytest.mark.parametrize(
    ("work", "limits", "words"),
    [
        (hangs, {"seconds": 3}, "did not end within 3 s"),
        (leaves, {"seconds": 60}, "ended the process itself (exit status 7)"),
        (hoards, {"seconds": 60, "memory": 600 * 2**20}, "GiB of memory"),
        (breaks, {"seconds": 60}, "RuntimeError: boom"),
    ],
)
def test_misbehaviour_ends_in_one_sentence(work, limits, words):
    result = run_in_child(work, (), **limits)
    assert result.value is None
    assert words in result.failure
    assert result.failure.count("\n") == 0


def test_megabytes_of_output_are_cut():
    result = run_in_child(chatters, (), seconds=60)
    assert result.value == "done"
    assert len(result.output) <= 4000


def test_a_user_error_is_told_apart():
    result = run_in_child(refuses, (), seconds=60)
    assert result.user_error
    assert result.failure == "There is no such class."
