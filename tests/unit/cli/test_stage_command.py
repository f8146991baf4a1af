"""Running a stage for its rule: verdict, log, ledger, and one sentence when it cannot judge."""

import shutil

import pytest
from tests.conftest import EXPERIMENT, REPOSITORY, SMALL

from startsimple.audit.ledger import events
from startsimple.cli.plan import Plan
from startsimple.cli.stage import main
from startsimple.schema.verdict import Status, read_verdict


@pytest.fixture
def rule(climb, monkeypatch):
    """Return a function that runs a stage's command as its rule does."""
    shutil.copytree(REPOSITORY / "conf", climb.root / "conf")
    # The command pins threads and kernels for its own process, which is this one here.
    for name in ("ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "MKL_CBWR", "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, "")

    def run(stage, *overrides, workers=1):
        options = {"experiment": EXPERIMENT, "overrides": [*SMALL, *overrides]}
        plan = Plan({**options, "label": "x"}, climb.root)
        old, folder = (climb.root / "results" / name for name in (EXPERIMENT, plan.run))
        if not folder.exists():
            shutil.copytree(old, folder)
        plan.start()
        log = folder / stage / "stage.log"
        arguments = ["--run", plan.run, "--workers", str(workers), "--log", str(log)]
        return main(stage, [*arguments, "--root", str(climb.root)]), folder / stage

    return run


def test_a_stage_writes_verdict_log_and_ledger(rule, climb, capsys):
    status, folder = rule("gap")
    assert status == 0
    verdict = read_verdict(folder / "verdict.json")
    assert (verdict.run, verdict.stage) == (f"{EXPERIMENT}~x", "gap")
    assert set(verdict.inputs) >= {"config", "data", "code", "training", "env"}
    assert f"{verdict.status}: " in (folder / "stage.log").read_text()
    assert capsys.readouterr().err.startswith("gap: default model, seed 0 done (1 of 2)")
    kinds = [event["event"] for event in events(climb.root, verdict.run)]
    assert kinds[0] == "start" and "gate" in kinds


def test_a_stage_that_judges_badly_succeeds_as_a_command(rule):
    status, folder = rule("gap", "optimizer.lr=1e-8")
    assert status == 0
    assert read_verdict(folder / "verdict.json").status == Status.FAIL


def test_bad_input_is_one_sentence_and_loses_nothing(rule, capsys):
    rule("gap")
    verdicts = (folder := rule("gap")[1]).joinpath("verdict.json").read_bytes()
    capsys.readouterr()
    status, _ = rule("overfit_batch", "stage.overfit_batch.examples=100000")
    told = capsys.readouterr().err.strip().splitlines()[-1]
    assert status == 1 and told.startswith("overfit_batch: stage.overfit_batch.examples=100000")
    error = folder.parent / "overfit_batch" / "error.txt"
    assert told.endswith(error.read_text().strip())
    assert not (error.parent / "verdict.json").exists()
    assert (folder / "verdict.json").read_bytes() == verdicts
    # Once it can judge, the old sentence is gone.
    assert rule("overfit_batch", "stage.overfit_batch.steps=20")[0] == 0
    assert not error.exists()


def test_test_openings_are_counted_from_the_ledger(rule, climb):
    _, folder = rule("tune")
    run = f"{EXPERIMENT}~x"
    claims = [e for e in events(climb.root, run) if e["event"] == "test_opened"]
    assert [event["purpose"] for event in claims] == ["claim"]
    (folder / "test.json").unlink()
    rule("tune")
    assert len([e for e in events(climb.root, run) if e["event"] == "test_opened"]) == 1
    _, folder = rule("tune", "seed=1")
    values = {item.id: item.value for item in read_verdict(folder / "verdict.json").checks}
    assert values["E-13"] == 2
