"""What every stage receives and how it concludes: tampering, waivers, digests, the next action."""

import shutil

import pytest

from startsimple.schema.canonical import file_digest
from startsimple.schema.errors import UserError
from startsimple.schema.stages import StageConfig
from startsimple.schema.verdict import Check, Status
from startsimple.stages.stage import Inputs, conclude
from startsimple.stages.suspects import suspect


@pytest.fixture
def inputs(tmp_path):
    found = Inputs("digits_mlp~x", "gap", tmp_path, digests={"config": "c", "env": "e"})
    found.folder.mkdir(parents=True)
    return found


def one(status, id="X-01"):
    return Check(id, "title", status, evidence="numbers")


def concluded(inputs, checks, settings=None, **kw):
    words = {"deciding": "X-01", "on_pass": "climb", "on_fail": "stop"}
    return conclude(inputs, settings or StageConfig(), checks, **words, **kw)


def test_inputs_know_where_they_stand(inputs, tmp_path):
    assert inputs.experiment == "digits_mlp"
    assert inputs.folder == tmp_path / "results" / "digits_mlp~x" / "gap"
    assert inputs.context() == {"training": "", "env": "e"}


def test_the_worst_check_decides_status_and_next_action(inputs):
    passed = concluded(inputs, [one(Status.PASS), one(Status.WARN, "X-02")])
    assert (passed.status, passed.next) == (Status.WARN, "climb")
    failed = concluded(inputs, [one(Status.PASS), one(Status.INCONCLUSIVE, "X-02")])
    assert (failed.status, failed.next) == (Status.INCONCLUSIVE, "stop")
    assert failed.inputs == {"config": "c", "env": "e"}


def test_suspects_are_named_only_if_the_stage_blocks(inputs):
    named = [suspect("M04", 0.9, ["seen", ""])]
    assert concluded(inputs, [one(Status.PASS)], suspects=named).suspects == []
    found = concluded(inputs, [one(Status.FAIL)], suspects=named).suspects[0]
    assert (found.fault, found.evidence, found.stage) == ("M04", ["seen"], "default_model")
    assert "logits" in found.fix


def test_a_waiver_is_recorded_and_lets_the_ladder_go_on(inputs):
    settings = StageConfig({"X-01": "known"})
    verdict = concluded(inputs, [one(Status.FAIL), one(Status.PASS, "X-02")], settings)
    assert (verdict.status, verdict.next) == (Status.WARN, "climb")
    assert verdict.checks[0].evidence == "waived (known); was fail. numbers"


def test_a_waiver_covers_its_own_check_only(inputs):
    checks = [one(Status.FAIL), one(Status.FAIL, "X-02")]
    assert concluded(inputs, checks, StageConfig({"X-01": "known"})).status == Status.FAIL


def test_a_waiver_of_a_check_that_is_not_made_is_refused(inputs):
    with pytest.raises(UserError, match=r"stage.gap.waive names 'X-09'.*It checks: X-01\."):
        concluded(inputs, [one(Status.PASS)], StageConfig({"X-09": "?"}))


def test_outputs_hold_the_digest_of_every_artefact(inputs):
    (inputs.folder / "a.json").write_text("1")
    verdict = concluded(inputs, [one(Status.PASS)], artefacts=["a.json"])
    assert verdict.outputs == {"a.json": file_digest(inputs.folder / "a.json")}


def test_an_artefact_is_given_out_only_with_its_stage_s_own_bytes(climb):
    inputs = climb.inputs("overfit_batch")
    path = inputs.artefact("simplify", "split.safetensors")
    original = path.read_bytes()
    path.write_bytes(original[:-1] + bytes([original[-1] ^ 1]))
    with pytest.raises(UserError, match=r"is not what stage 'simplify' wrote: remove .*verdict"):
        inputs.artefact("simplify", "split.safetensors")
    path.unlink()
    with pytest.raises(UserError, match="is missing: remove"):
        inputs.artefact("simplify", "split.safetensors")
    with pytest.raises(UserError, match="is missing"):
        inputs.artefact("simplify", "undeclared.json")
    (path.parent / "undeclared.json").write_text("{}")
    with pytest.raises(UserError, match="is not what stage"):
        inputs.artefact("simplify", "undeclared.json")


def test_a_stage_above_an_unjudged_one_does_not_start(climb):
    shutil.rmtree(climb.folder("simplify"))
    with pytest.raises(UserError, match="Stage 'simplify' of run 'digits_mlp' has no verdict"):
        climb.run("overfit_batch")


@pytest.mark.parametrize("split", ["train", "test"])
def test_data_that_changed_since_they_were_judged_are_refused(climb, split):
    path = climb.root / "data" / "digits" / f"{split}.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(UserError, match=rf"{split}.safetensors is not what stage 'data' judged"):
        climb.run("benchmark")
