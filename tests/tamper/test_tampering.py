"""A small draw of the tamper bench, on a run that was made in seconds."""

import random
from pathlib import Path

import pytest

from tests.made_trail import RUN

from .bench import check, copy_of, is_named
from .benign import BENIGN
from .kinds import KINDS, Case


@pytest.mark.parametrize("name", KINDS)
def test_tampering_is_found_and_named(name: str, sealed_once: Path, tmp_path: Path) -> None:
    for number in range(3):
        root = copy_of(sealed_once, tmp_path / str(number))
        expected = KINDS[name](Case(root, RUN, random.Random(f"{name} {number}")))
        answers = check(root, RUN)
        assert is_named(answers, expected), (expected, [a.findings for a in answers])


@pytest.mark.parametrize("name", [name for name in BENIGN if "rerun" not in name])
def test_harmless_events_raise_no_alarm(name: str, sealed_once: Path, tmp_path: Path) -> None:
    root = copy_of(sealed_once, tmp_path / "copy")
    root = BENIGN[name](root, random.Random(name))
    assert [finding for answer in check(root, RUN) for finding in answer.findings] == []
