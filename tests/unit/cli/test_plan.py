"""What the Snakefile is told: the run, each stage's slice, and what changes its fingerprint."""

import json
import os
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.conftest import REPOSITORY

from startsimple.cli.plan import DIAGNOSED, Plan, load_plan, prepare_environment, start
from startsimple.schema.errors import UserError
from startsimple.schema.stages import LADDER, SECTIONS
from startsimple.schema.verdict import Status, Verdict

QUICK = {"experiment": "digits_mlp"}


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    root = tmp_path_factory.mktemp("plan")
    shutil.copytree(REPOSITORY / "conf", root / "conf")
    (root / "data").mkdir()
    for pointer in (REPOSITORY / "data").glob("*.dvc"):
        shutil.copy(pointer, root / "data")
    return root


@pytest.fixture
def root(template, tmp_path):
    return shutil.copytree(template, tmp_path / "root")


def plan(root, *overrides, **options):
    return Plan({**QUICK, "overrides": list(overrides), **options}, root)


def digests(found):
    return {stage: json.loads(found.digests_of(stage)) for stage in LADDER}


def test_the_default_experiment_is_climbed_without_options(root):
    assert Plan({}, root).run == "mnist1d_cnn"


def test_a_single_override_may_be_a_string_and_a_label_a_number(root):
    found = Plan({**QUICK, "overrides": "optimizer.lr=0.5", "label": 7}, root)
    assert (found.run, found.overrides) == ("digits_mlp~7", ("optimizer.lr=0.5",))


def test_a_slice_holds_what_its_stage_may_see_and_nothing_else(root):
    found = plan(root)
    for stage in LADDER:
        seen = json.loads(found.slice_of(stage))
        assert set(seen) == {*SECTIONS[stage], "stage"}
        assert set(seen["stage"]) == {stage}


@pytest.mark.parametrize(
    ("override", "reruns"),
    [
        ("stage.gap.tolerance=0.02", {"gap"}),
        ("search.coarse_trials=9", {"tune"}),
        ("benchmark.tolerance=0.03", {"benchmark"}),
        ("optimizer.lr=0.5", {"default_model", "overfit_batch", "gap", "tune"}),
        ("dataset.split_seed=1", set(LADDER)),
        ("seed=1", set(LADDER) - {"data"}),
        ("tracking.enabled=false", set()),
    ],
)
def test_a_setting_reruns_the_stages_that_see_it(root, override, reruns):
    before, after = plan(root), plan(root, override)
    changed = {stage for stage in LADDER if before.slice_of(stage) != after.slice_of(stage)}
    assert changed == reruns
    one, other = digests(before), digests(after)
    assert {stage for stage in LADDER if one[stage]["config"] != other[stage]["config"]} == reruns
    assert all(one[stage]["code"] == other[stage]["code"] for stage in LADDER)


def test_code_of_one_stage_is_told_from_another_s(root):
    found = digests(plan(root))
    assert len({found[stage]["code"] for stage in LADDER}) == len(LADDER)
    assert len({found[stage]["training"] for stage in ("gap", "tune")}) == 1


def test_a_round_is_judged_again_when_its_parent_s_gap_changes(root):
    first = digests(plan(root, "parent=digits_mlp"))
    verdict = root / "results" / "digits_mlp" / "gap" / "verdict.json"
    verdict.parent.mkdir(parents=True)
    verdict.write_text("{}")
    second = digests(plan(root, "parent=digits_mlp"))
    assert {stage for stage in LADDER if first[stage] != second[stage]} == {"gap"}
    assert "parent" not in digests(plan(root))["gap"]


def test_a_promise_that_tuning_judges_is_held_against_the_parent_s_tuning(root):
    promise = ("parent=digits_mlp", "predicted.component=instability")
    first = digests(plan(root, *promise))
    assert "parent" not in digests(plan(root, "parent=digits_mlp"))["tune"]
    verdict = root / "results" / "digits_mlp" / "tune" / "verdict.json"
    verdict.parent.mkdir(parents=True)
    verdict.write_text("{}")
    second = digests(plan(root, *promise))
    assert {stage for stage in LADDER if first[stage] != second[stage]} == {"tune"}


def test_data_that_differ_from_their_pointer_change_every_fingerprint(root):
    before = digests(plan(root))
    folder = root / "data" / "digits"
    folder.mkdir()
    (folder / "train.safetensors").write_bytes(b"other")
    found = plan(root)
    assert "differs" in found.data_state()
    after = digests(found)
    for stage in LADDER:
        assert after[stage]["data"] == found.data_state() != before[stage]["data"]
        assert {**after[stage], "data": ""} == {**before[stage], "data": ""}


def test_the_plan_is_written_for_the_stages(root):
    found = plan(root)
    found.start()
    folder = root / "results" / "digits_mlp"
    written = json.loads((folder / "plan.json").read_text())
    assert set(written) == set(LADDER)
    assert written["gap"]["config"] == json.loads(found.slice_of("gap"))
    assert written["gap"]["digests"] == json.loads(found.digests_of("gap"))
    assert json.loads((folder / "config.json").read_text())["overrides"] == []


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"experimnt": "x"}, "--config has no key 'experimnt'. Did you mean 'experiment'?"),
        ({"experiment": "digits"}, "No experiment is named 'digits'"),
        ({**QUICK, "overrides": ["optimizer.lrr=1"]}, "Did you mean 'lr'?"),
        ({**QUICK, "overrides": ["dataset.pointer=data/digit.dvc"]}, "'data/digits.dvc'?"),
        ({**QUICK, "label": "a b"}, "use letters, digits"),
    ],
)
def test_bad_input_is_refused_and_ends_snakemake_in_one_sentence(root, options, says):
    with pytest.raises(UserError) as caught:
        Plan(options, root)
    assert says in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(SystemExit) as stopped:
        load_plan(options, root)
    assert stopped.value.code == f"startsimple: {caught.value}"


def test_a_results_folder_that_cannot_be_written_is_named(root):
    # A file in the folder's place: root may write everywhere, but not below a file.
    made = plan(root)
    (root / "results").write_text("")
    with pytest.raises(SystemExit, match=r"The results folder .* cannot be written"):
        start(made)
    with pytest.raises(UserError, match=r"The results folder .* cannot be written"):
        plan(root)


def checkpoints(root, statuses):
    """Return stand-ins for Snakemake's checkpoints whose verdicts are on disk."""
    made = {}
    for stage in LADDER:
        path = root / "results" / "digits_mlp" / stage / "verdict.json"
        if stage in statuses:
            Verdict("digits_mlp", stage, statuses[stage], [], "next").write(path)
        done = SimpleNamespace(output=SimpleNamespace(verdict=path))
        made[stage] = SimpleNamespace(get=lambda run, done=done: done)
    return SimpleNamespace(**made)


RUN = SimpleNamespace(run="digits_mlp")


@pytest.mark.parametrize("blocked", [*LADDER, None])
@pytest.mark.parametrize("status", [Status.FAIL, Status.INCONCLUSIVE])
def test_the_climb_ends_at_the_first_stage_that_blocks(root, blocked, status):
    reached = LADDER[: LADDER.index(blocked) + 1] if blocked else LADDER
    statuses = {stage: status if stage == blocked else Status.WARN for stage in reached}
    found, made = plan(root), checkpoints(root, statuses)
    paths = found.reached(made)(RUN)
    assert [path.split("/")[-2] for path in paths] == list(reached)
    diagnoses = found.diagnosis(made)(RUN)
    assert len(diagnoses) == (blocked in DIAGNOSED)
    assert all(path.endswith(f"{blocked}/diagnosis.json") for path in diagnoses)


def test_a_stage_waits_for_the_one_below(root):
    found, made = plan(root), checkpoints(root, {})
    below = found.after(made, "overfit_batch")(RUN)
    assert below.endswith("default_model/verdict.json")


def test_jobs_find_this_interpreter_first(monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin")
    prepare_environment()
    assert os.environ["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)
