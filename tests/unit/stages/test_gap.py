"""Where the error is: planted causes are routed, and runs that prove nothing are refused."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from tests.conftest import EXPERIMENT, REPOSITORY, SMALL, Climb, check

from startsimple.data.prepared import load_prepared
from startsimple.schema.canonical import read_json, write_json
from startsimple.schema.compose import compose_experiment
from startsimple.schema.errors import UserError
from startsimple.schema.load import load_slice
from startsimple.schema.verdict import Status
from startsimple.stages import gap

STAGE = "gap"


@pytest.fixture
def plant(monkeypatch):
    """Return a function that gives a share of one split's examples random labels."""

    def planted(split: str, share: float) -> None:
        def load(folder, artefact):
            prepared = load_prepared(folder, artefact)
            part = getattr(prepared, split)
            generator = np.random.default_rng(0)
            wrong = generator.random(len(part)) < share
            y = np.where(wrong, generator.integers(0, 10, len(part)), part.y)
            return replace(prepared, **{split: replace(part, y=y)})

        monkeypatch.setattr(gap, "load_prepared", load)

    return planted


def test_the_error_of_the_default_model_is_taken_apart(climb):
    verdict = climb.run(STAGE)
    assert not verdict.status.blocks
    assert [c.id for c in verdict.checks] == [
        "E-01",
        "P-08",
        "E-02",
        "E-03",
        "E-04",
        "E-05",
        "E-06",
        *(f"E-{number:02}" for number in range(7, 13)),
        "E-15",
        "E-16",
        "E-17",
    ]
    numbers = verdict.numbers
    rates, gaps = numbers["errors"], numbers["gaps"]
    assert gaps["bias"]["value"] == pytest.approx(rates["train"]["value"] - 0.01)
    assert gaps["variance"]["value"] == pytest.approx(
        rates["validation"]["value"] - rates["train"]["value"]
    )
    for name, rate in rates.items():
        seeds = numbers["seed_errors"]["train" if name == "train" else "val"]
        assert rate["low"] <= rate["value"] <= rate["high"]
        assert rate["value"] == pytest.approx(np.mean(seeds))
    assert set(numbers["unmeasured"]) == {"shift", "validation_overfitting"}
    assert len(read_json(climb.folder(STAGE) / "curves.json")["series"]) == 2


def test_train_error_is_measured_on_a_subset_of_the_validation_split_s_size(climb):
    inputs = climb.inputs(STAGE)
    prepared = load_prepared(climb.root / "data" / "digits", inputs.artefact)
    benches = [
        gap.make_bench(prepared, load_slice({"seed": seed, "dataset": {"classes": 10}}))
        for seed in (0, 0, 1)
    ]
    subsets = [bench.sets["full"].watched["train"].x_id.tolist() for bench in benches]
    assert len(subsets[0]) == len(prepared.val) < len(prepared.train)
    assert len(set(subsets[0])) == len(subsets[0])
    assert set(subsets[0]) <= set(prepared.train.x_id.tolist())
    assert subsets[0] == subsets[1] != subsets[2]


def test_an_irreducible_error_without_a_source_warns(climb):
    verdict = climb.run(STAGE, ["dataset.irreducible_source=none declared"])
    assert check(verdict, "E-03").status == Status.WARN


@pytest.mark.parametrize(
    ("split", "share", "route"), [("val", 0.5, "overfitting"), ("train", 0.9, "underfitting")]
)
def test_a_planted_cause_is_routed(climb, plant, split, share, route):
    plant(split, share)
    verdict = climb.run(STAGE, ["optimizer.lr=3e-3"])
    assert check(verdict, "E-04").value == verdict.numbers["route"] == route
    assert verdict.next.lower().startswith(route)


def test_a_validation_split_that_is_easier_than_train_is_suspicious(climb, plant):
    plant("train", 0.7)
    verdict = climb.run(STAGE)
    assert check(verdict, "E-06").status == Status.WARN
    assert "leakage" in check(verdict, "E-06").evidence


def test_a_model_no_better_than_the_majority_class_fails(climb):
    verdict = climb.run(STAGE, ["optimizer.lr=1e-8"])
    assert verdict.status == Status.FAIL
    assert check(verdict, "P-08").status == Status.FAIL


def test_runs_that_diverged_fail(climb):
    verdict = climb.run(STAGE, ["optimizer=sgd", "optimizer.lr=1e20", "optimizer.momentum=0"])
    assert verdict.status == Status.FAIL
    assert check(verdict, "E-01").value == 2
    assert verdict.suspects


def test_a_target_that_is_met_ends_the_work(climb):
    verdict = climb.run(STAGE, ["stage.gap.target_error=0.9"])
    assert verdict.numbers["route"] == "done"
    assert "the target 0.900 is met" in verdict.next


def test_no_gap_beyond_its_interval_is_open(climb):
    # No gap passes this tolerance, and no error the target.
    verdict = climb.run(STAGE, ["stage.gap.tolerance=0.9", "stage.gap.target_error=-1"])
    assert verdict.status == Status.INCONCLUSIVE
    assert check(verdict, "E-04").value == "undecided"


def test_the_first_gap_in_order_is_acted_on_and_the_largest_is_said(climb, plant):
    plant("val", 0.8)
    verdict = climb.run(STAGE, ["training.steps=40"])
    assert verdict.numbers["route"] == "underfitting"
    assert verdict.numbers["largest"] == "variance"
    assert check(verdict, "E-05").status == Status.WARN
    assert "the largest gap is variance" in verdict.next


def test_a_gap_without_runs_is_refused(climb):
    with pytest.raises(UserError, match=r"stage.gap.seeds=0 must be at least 1"):
        climb.run(STAGE, ["stage.gap.seeds=0"])


def test_results_do_not_depend_on_the_number_of_workers(climb, climbed, tmp_path):
    other = Climb(shutil.copytree(climbed, tmp_path / "other"))
    alone, shared = climb.run(STAGE), other.run(STAGE, workers=2)
    assert alone == shared
    names = ("verdict.json", "curves.json")
    assert [(climb.folder(STAGE) / n).read_bytes() for n in names] == [
        (other.folder(STAGE) / n).read_bytes() for n in names
    ]


def test_a_shift_is_measured_on_the_test_s_own_validation_split(climb, monkeypatch):
    def load(folder, artefact):
        prepared = load_prepared(folder, artefact)
        noise = np.random.default_rng(0).standard_normal(prepared.val.x.shape)
        shifted = replace(prepared.val, x=(prepared.val.x + 1.5 * noise).astype(np.float32))
        return replace(prepared, test_val=shifted)

    monkeypatch.setattr(gap, "load_prepared", load)
    verdict = climb.run(STAGE, ["optimizer.lr=3e-3", "stage.gap.tolerance=0.05"])
    gaps = verdict.numbers["gaps"]
    assert list(gaps) == ["bias", "variance", "shift"]
    assert gaps["shift"]["low"] > 0.05
    assert verdict.numbers["route"] == "distribution shift"
    analysis = read_json(climb.folder(STAGE) / "analysis.json")
    assert set(analysis["worst"]) == {"train", "val", "test_val"}
    confused = [row for row in analysis["table"] if row["kind"] == "confusion"]
    assert confused and all(row["test_validation"] > 0 for row in confused)
    # Chosen by the set that counts: what is frequent there may be absent from validation.
    shares = [row["test_validation"] for row in confused]
    assert shares == sorted(shares, reverse=True)


def test_the_learning_curve_gets_the_whole_budget_where_more_data_may_be_advised(climb, plant):
    fractions = "stage.gap.curve_fractions=[0.25,0.5]"
    short = climb.run(STAGE, ["stage.gap.curve_steps=60", "training.steps=100", fractions])
    assert short.numbers["route"] == "underfitting"
    assert short.numbers["curve"]["steps"] == 60
    assert short.numbers["curve"]["sizes"] == [287, 575, 1150]
    plant("val", 0.5)
    long = climb.run(STAGE, ["optimizer.lr=3e-3", "stage.gap.curve_steps=60"])
    assert long.numbers["route"] == "overfitting"
    assert long.numbers["curve"]["steps"] == 300


def test_data_too_few_to_part_have_no_curve_and_say_so(climb):
    verdict = climb.run(STAGE, ["training.batch_size=1000"])
    assert verdict.numbers["curve"] is None
    assert check(verdict, "E-08").status == Status.SKIP
    assert "too few examples" in check(verdict, "E-08").evidence


def test_planted_labels_are_among_the_doubted_ones(climb, plant):
    clean = climb.run(STAGE, ["optimizer.lr=3e-3"]).numbers["label_noise"]
    plant("train", 0.15)
    noisy = climb.run(STAGE, ["optimizer.lr=3e-3"])
    assert clean["train"] < 0.05
    assert noisy.numbers["label_noise"]["train"] == pytest.approx(0.15 * 0.9, abs=0.06)
    doubted = read_json(climb.folder(STAGE) / "analysis.json")["noise"]["train"]["items"]
    assert all(item["label"] != item["suggested"] for item in doubted)


def test_a_model_that_answers_differently_when_asked_again_fails(climb, monkeypatch):
    from startsimple.stages import gap_analysis

    def noisy(*arguments):
        told = outputs(*arguments)
        return told[:, ::-1].copy()

    outputs = gap_analysis.outputs
    monkeypatch.setattr(gap_analysis, "outputs", noisy)
    verdict = climb.run(STAGE)
    assert check(verdict, "E-17").status == verdict.status == Status.FAIL


@pytest.fixture
def parent(climb):
    """A first run, kept under the name `base`, that a round can be held against."""
    climb.run(STAGE)
    base = climb.root / "results" / "base"
    shutil.copytree(climb.root / "results" / EXPERIMENT, base)
    config = compose_experiment(REPOSITORY / "conf", EXPERIMENT, list(SMALL)).config
    write_json(base / "config.json", {"config": config, "overrides": []})
    return ["parent=base", "change=rate", "optimizer.lr=3e-3"]


@pytest.mark.parametrize(
    ("low", "high", "answer", "status"),
    [(-0.2, -0.01, "as predicted", Status.PASS), (0.1, 0.2, "surprise", Status.WARN)],
)
def test_a_round_is_held_against_its_prediction(climb, parent, low, high, answer, status):
    told = f"predicted={{component: error, low: {low}, high: {high}, source: a guess}}"
    verdict = climb.run(STAGE, [*parent, told])
    made = check(verdict, "I-01")
    assert (made.value, made.status) == (answer, status)
    judged = verdict.numbers["round"]
    assert judged["surprise"] == (answer == "surprise")
    assert judged["observed"]["high"] < 0
    # The metric improved either way: a surprise is reported all the same.
    assert "the validation error changed by -0." in made.evidence
    assert judged["changed"] == ["optimisation"]
    assert check(verdict, "I-02").status == Status.PASS


def test_what_is_promised_of_steadiness_is_left_to_tuning(climb, parent):
    told = "predicted={component: instability, low: -0.5, high: -0.4, source: T-12}"
    verdict = climb.run(STAGE, [*parent, told])
    made = check(verdict, "I-01")
    assert made.status == Status.SKIP and "judged by tuning" in made.evidence
    assert check(verdict, "I-02").status == Status.PASS


def test_two_changes_in_one_round_warn(climb, parent):
    verdict = climb.run(STAGE, [*parent, "model.hidden=32", "schedule=cosine"])
    assert check(verdict, "I-02").value == 2
    assert check(verdict, "I-02").status == Status.WARN
    assert check(verdict, "I-01").status == Status.SKIP


def test_a_parent_that_was_never_climbed_here_is_no_judge(climb):
    verdict = climb.run(STAGE, ["parent=elsewhere"])
    assert check(verdict, "I-01").status == check(verdict, "I-02").status == Status.SKIP
