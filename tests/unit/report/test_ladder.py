import io
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from tests.made_run import CHECKS, write_attempt, write_run, write_verdict

from startsimple.report.ladder import print_ladder
from startsimple.schema.canonical import write_json
from startsimple.schema.stages import LADDER
from startsimple.schema.verdict import Check, Status


def ladder(root: Path, run: str = "demo", width: int = 80, encoding: str = "utf-8") -> str:
    buffer = io.BytesIO()
    file = io.TextIOWrapper(buffer, encoding=encoding)
    print_ladder(root, run, Console(file=file, width=width, force_terminal=False))
    file.flush()
    return buffer.getvalue().decode(encoding)


def line_of(text: str, stage: str) -> str:
    (found,) = [line for line in text.splitlines() if line[2:].startswith(f"{stage} ")]
    return found


def test_climb_shows_one_line_a_stage_with_number_threshold_and_seconds(tmp_path: Path) -> None:
    write_run(tmp_path)
    text = ladder(tmp_path)
    assert "Climbed: all 7 stages are proven." in text
    for stage in LADDER:
        assert line_of(text, stage).startswith("✓")
    line = line_of(text, "overfit_batch")
    for word in ("pass", "O-03", "0.0004", "≤ 0.01", "12 s"):
        assert word in line
    assert "results/demo/report.html" in text
    assert "Go on after tune." in text


@pytest.mark.parametrize("width", [80, 100, 160])
def test_no_line_is_wider_than_the_terminal(tmp_path: Path, width: int) -> None:
    write_run(tmp_path, block="overfit_batch")
    assert max(len(line) for line in ladder(tmp_path, width=width).splitlines()) <= width


def test_wide_terminal_shows_whole_titles(tmp_path: Path) -> None:
    write_run(tmp_path)
    whole = CHECKS["overfit_batch"][0]["title"]
    assert whole not in ladder(tmp_path, width=80)
    assert whole in ladder(tmp_path, width=120)


def test_block_shows_suspects_and_what_lies_above_as_stale(tmp_path: Path) -> None:
    write_run(tmp_path, block="overfit_batch")
    text = ladder(tmp_path)
    assert "Blocked at overfit_batch." in text
    assert line_of(text, "overfit_batch").startswith("✗")
    assert "stale" in line_of(text, "tune")
    assert "0.75" not in line_of(text, "tune")
    assert [fault in text for fault in ("M04", "O02", "M13", "D01")] == [True, True, True, False]
    assert text.index("M04") < text.index("O02") < text.index("M13")
    assert "drop the softmax" in text


def test_measured_suspect_comes_first_then_the_diagnosis_then_guesses(tmp_path: Path) -> None:
    write_run(tmp_path, block="overfit_batch", upto="overfit_batch")
    path = tmp_path / "results" / "demo" / "overfit_batch" / "diagnosis.json"
    found = {"fault": "O04", "score": 0.99, "evidence": ["It grows."], "fix": "Clear gradients."}
    again = {"fault": "O02", "score": 0.3, "evidence": ["It helps."], "fix": "Raise it tenfold."}
    write_json(path, {"suspects": [found, again]})
    text = ladder(tmp_path).split("suspects")[1]
    assert text.index("M04") < text.index("O04") < text.index("O02")
    assert "Raise it tenfold." in text
    assert text.count("O02") == 1
    assert "M13" not in text


def test_stages_above_the_last_verdict_are_not_reached(tmp_path: Path) -> None:
    write_run(tmp_path, upto="simplify")
    text = ladder(tmp_path)
    assert "not reached" in line_of(text, "gap")
    assert "Under way: simplify" in text
    assert "Not started." in ladder(tmp_path, "other")


def test_stage_that_could_not_judge_shows_its_error(tmp_path: Path) -> None:
    write_run(tmp_path, upto="data")
    write_attempt(tmp_path, "demo", "simplify", 1, "failed", "Class 12 does not exist.")
    text = ladder(tmp_path)
    assert "Stopped at simplify" in text
    assert "error" in line_of(text, "simplify")
    assert "Class 12 does not exist." in text.splitlines()[-2]


def test_seconds_are_the_last_finished_attempts(tmp_path: Path) -> None:
    write_run(tmp_path)
    write_attempt(tmp_path, "demo", "data", 2)
    write_attempt(tmp_path, "demo", "data", 3, "failed")
    assert "24 s" in line_of(ladder(tmp_path), "data")


def test_waivers_are_told(tmp_path: Path) -> None:
    write_run(tmp_path)
    check = Check("D-06", "label balance", Status.FAIL, 12.0, "<=", 10.0, evidence="12 to 1.")
    write_verdict(tmp_path, "demo", "data", [check.waived("rare by nature")])
    text = ladder(tmp_path)
    assert "D-06: waived (rare by nature)" in text
    assert "1 with a warning" in text
    red = io.StringIO()
    print_ladder(tmp_path, "demo", Console(file=red, width=80, force_terminal=True))
    (line,) = [line for line in red.getvalue().splitlines() if "rare by nature" in line]
    assert "\x1b[1;31m" in line


def test_plain_terminal_gets_plain_characters_of_equal_width(tmp_path: Path) -> None:
    write_run(tmp_path, block="overfit_batch")
    unicode, plain = ladder(tmp_path), ladder(tmp_path, encoding="ascii")
    assert "?" not in plain
    assert "<=0.01" in line_of(plain, "overfit_batch")
    assert [len(line) for line in unicode.splitlines()] == [len(x) for x in plain.splitlines()]


def test_printing_needs_no_heavy_library() -> None:
    program = (
        "import sys, startsimple.report.ladder\n"
        "heavy = {'torch', 'mlflow', 'numpy', 'matplotlib', 'hydra', 'pandas'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
