import re
from pathlib import Path

import pytest
from tests.made_run import write_attempt, write_run
from tests.made_trail import RUN

from startsimple.report.page import write_page
from startsimple.report.reviewers import LIMITS


def section(root: Path, run: str) -> str:
    source = write_page(root, run).read_text(encoding="utf-8")
    start = source.index('<section id="reviewers"')
    return source[start : source.index("</section>", start)]


def answer(text: str, number: int) -> str:
    found = re.search(rf'<th scope="row">Q{number}</th>(.*?)(?=<th scope="row">Q|$)', text, re.S)
    assert found
    return re.sub("<[^>]+>", " ", found[1])


def test_sixteen_questions_are_answered_in_order_from_the_records(sealed: Path) -> None:
    text = section(sealed, RUN)
    assert re.findall(r'<th scope="row">(Q\d+)</th>', text) == [f"Q{n}" for n in range(1, 17)]
    assert "tree clean" in answer(text, 1)
    assert "experiment=demo" in answer(text, 2)
    assert ".dir" in answer(text, 3)
    assert "D-05 rows shared by splits: 0 = 0" in answer(text, 4)
    assert "9 gates; 3 thresholds were committed before their stage started, 6 were not" in answer(
        text, 6
    )
    assert text.count("<details>") == 1
    assert "tune T-05" in text
    assert "7 finished, 1 failed, 0 aborted" in answer(text, 7)
    assert "MemoryError" in answer(text, 7)
    assert "3 seeds, mean 0.9397" in answer(text, 13)
    assert f"startsimple reproduce {RUN}" in answer(text, 14)
    assert "sha256sum --check --strict" in answer(text, 15)
    assert "ssh-keygen -Y verify" in answer(text, 15)
    assert "does not prove that the runner was honest" in answer(text, 16)
    assert all(limit.split(".")[0] in answer(text, 16) for limit in LIMITS)
    assert "8 Compute resources" in text
    assert "Pre-trained models" in text


@pytest.mark.parametrize("upto", ["data", "benchmark"])
def test_what_was_not_recorded_is_said_and_nothing_breaks(tmp_path: Path, upto: str) -> None:
    write_run(tmp_path, upto=upto)
    write_attempt(tmp_path, "demo", "gap", 1, "aborted", "killed")
    text = section(tmp_path, "demo")
    assert "1 aborted" in answer(text, 7)
    assert "No gates are recorded" in answer(text, 6)
