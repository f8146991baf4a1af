"""An injected fault is blocked at the first gate that can see it, and named."""

from pathlib import Path

import pytest

from startsimple.schema.canonical import read_json
from startsimple.schema.verdict import Status, read_verdict

from .conftest import TINY, Project


def test_double_softmax_is_blocked_and_named(climbed: Project) -> None:
    done = climbed.climb(overrides=(*TINY, "loss.double_softmax=true"), label="m04")
    printed = done.stdout + done.stderr
    run = climbed.root / "results/digits_mlp~m04"
    assert done.returncode == 1
    verdict = read_verdict(run / "default_model/verdict.json")
    assert verdict.status.blocks
    assert verdict.suspects[0].fault == "M04"
    diagnosis = read_json(run / "default_model/diagnosis.json")
    assert diagnosis["suspects"][0]["fault"] == "M04"
    assert not (run / "overfit_batch/verdict.json").exists()
    assert "M04" in (run / "report.html").read_text()
    assert "M04" in printed
    assert "Blocked at default_model" in printed
    # Nothing changed, so nothing is judged again, and the answer is still no.
    again = climbed.climb(overrides=(*TINY, "loss.double_softmax=true"), label="m04")
    assert again.returncode == 1


@pytest.mark.long
@pytest.mark.parametrize(
    ("override", "stage", "fault"),
    [
        ("loss.negated=true", "default_model", "M08"),
        ("optimizer.lr=1e-7", "default_model", "O02"),
        ("fault=D08", "data", "D08"),
        ("fault=D09", "data", "D09"),
        ("fault=M05", "default_model", "M05"),
        ("fault=O06", "default_model", "O06"),
        ("fault=M12", "default_model", "M12"),
    ],
)
def test_faults_are_blocked_early(climbed: Project, override: str, stage: str, fault: str) -> None:
    done = climbed.climb(overrides=(*TINY, override), label="fault")
    assert done.returncode == 1
    run = climbed.root / "results/digits_mlp~fault"
    judged = sorted(path.parent.name for path in run.glob("*/verdict.json"))
    assert stage in judged, done.stdout + done.stderr
    assert read_verdict(run / stage / "verdict.json").status.blocks
    # Below the program there is nothing to experiment on, and the gate's own suspects stand.
    name = "verdict.json" if stage == "data" else "diagnosis.json"
    named = [suspect["fault"] for suspect in read_json(run / stage / name)["suspects"]]
    assert fault in named


def test_waiver_lets_the_climb_go_on_and_is_recorded(climbed: Project) -> None:
    waived = (*TINY, "loss.double_softmax=true", "+stage.default_model.waive.R-10=wanted")
    done = climbed.climb(overrides=waived, label="waived")
    printed = done.stdout + done.stderr
    verdict = read_verdict(climbed.root / "results/digits_mlp~waived/default_model/verdict.json")
    check = next(check for check in verdict.checks if check.id == "R-10")
    assert check.status is Status.WARN
    assert check.evidence.startswith("waived (wanted); was fail")
    assert (climbed.root / "results/digits_mlp~waived/overfit_batch/verdict.json").exists()
    assert "R-10" in printed


def test_tracking_failure_does_not_stop_the_climb(climbed: Project) -> None:
    (climbed.root / "results/digits_mlp~tiny/tracking.json").unlink()
    nowhere = {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    done = climbed.climb(env=nowhere)
    assert done.returncode == 0, done.stdout + done.stderr
    record = read_json(climbed.root / "results/digits_mlp~tiny/tracking.json")
    assert "fail" in str(record).lower() or "not" in str(record).lower()


def test_killed_climb_goes_on_to_the_same_verdicts(climbed: Project, tmp_path: Path) -> None:
    """A kill in the middle of tuning leaves whole units only; the rest is run again."""
    import shutil

    run = climbed.root / "results/digits_mlp~tiny"
    before = (run / "tune/verdict.json").read_bytes()
    (run / "tune/verdict.json").unlink()
    units = sorted((run / "units").iterdir())
    shutil.rmtree(units[0])
    (units[1] / "figures.json").unlink()
    done = climbed.climb("digits_mlp", "--rerun-incomplete")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (run / "tune/verdict.json").read_bytes() == before
