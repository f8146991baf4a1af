"""The stage `default_model` on real digits: sound, with every injected fault, and on bad input."""

import json

import pytest
from tests.conftest import Climb, check, planted

from startsimple.probes import learning_parameters, loss_contract
from startsimple.schema.errors import UserError
from startsimple.schema.verdict import Check, Status
from startsimple.stages.accusation import accuse

# Fewer steps than the default's, at a rate that makes up for it.
QUICK = (
    "stage.default_model.probe_steps=40",
    "stage.default_model.baseline_steps=80",
    "optimizer.lr=1e-3",
)
CHECKS = {
    *("R-01", "R-03", "R-04", "R-05", "R-06", "R-07", "R-08", "R-10"),
    *("P-01", "P-04", "P-05", "P-07", "P-08", "P-09", "P-12", "P-21", "M-12"),
}
# What the probes name first; other files of conf/fault are other stages' to find.
FAULTS = (
    *("M04", "M05", "M07", "M08", "M09", "M11", "M12", "M13", "M14"),
    *("O04", "O06", "O08", "O16", "O17"),
)


def test_the_default_model_passes_with_the_schemas_own_budgets(climb: Climb) -> None:
    verdict = climb.run("default_model")
    assert verdict.status is Status.PASS
    assert {item.id for item in verdict.checks} >= CHECKS
    assert not verdict.suspects
    decider = verdict.decider()
    assert decider is not None and decider.id == "P-01"
    baselines = verdict.numbers["baselines"]
    assert baselines["model"] > baselines["majority"]
    assert verdict.numbers["device"] == "cpu"


def test_the_table_of_modules_is_an_artefact(climb: Climb) -> None:
    verdict = climb.run("default_model", QUICK)
    path = climb.inputs("overfit_batch").artefact("default_model", "modules.json")
    rows = json.loads(path.read_text())
    assert [row["module"] for row in rows] == ["first", "head", ""]
    assert set(verdict.outputs) == {"modules.json"}


def test_the_verdict_repeats_to_the_byte(climb: Climb) -> None:
    written: list[bytes] = []
    for _ in range(2):
        climb.run("default_model", QUICK)
        written.append((climb.folder("default_model") / "verdict.json").read_bytes())
    assert written[0] == written[1]


@pytest.mark.parametrize("fault", FAULTS)
def test_every_injected_fault_is_the_first_suspect(climb: Climb, fault: str) -> None:
    verdict = climb.run("default_model", [*QUICK, f"fault={fault}"])
    assert verdict.status is Status.FAIL
    first = verdict.suspects[0]
    assert first.fault == fault
    assert first.fix and first.evidence
    scores = [suspect.score for suspect in verdict.suspects]
    assert scores == sorted(scores, reverse=True)


def test_double_softmax_is_blocked_by_the_loss_contract(climb: Climb) -> None:
    verdict = climb.run("default_model", ["loss.double_softmax=true"])
    assert verdict.status is Status.FAIL
    decider = verdict.decider()
    assert decider is not None and decider.id == "R-10"
    assert [suspect.fault for suspect in verdict.suspects] == ["M04"]
    # The first loss looks right: only what enters the loss shows the fault.
    assert check(verdict, "P-01").status is Status.PASS


@pytest.mark.parametrize(
    ("override", "fault"),
    [
        (planted("FrozenFirstLayer"), "O06"),
        (planted("NanWeight"), "M14"),
        ("loss.softmax_over_batch=true", "M11"),
    ],
)
def test_faults_without_a_file_of_their_own(climb: Climb, override: str, fault: str) -> None:
    verdict = climb.run("default_model", [*QUICK, override])
    assert verdict.status is Status.FAIL
    assert verdict.suspects[0].fault == fault


@pytest.mark.parametrize(
    "model",
    ["linear", "auto", "mlp_residual", "cnn1d", pytest.param("lstm", marks=pytest.mark.long)],
)
def test_every_shipped_model_passes(climb: Climb, model: str) -> None:
    verdict = climb.run("default_model", [*QUICK, f"model={model}"])
    assert [item for item in verdict.checks if item.status.blocks] == []


def test_a_model_that_cannot_run_is_judged_by_its_first_check_alone(climb: Climb) -> None:
    imported = (
        "model=imported",
        "model._target_=torch.nn.Linear",
        "+model.args={in_features: 63, out_features: 4}",
    )
    verdict = climb.run("default_model", [*QUICK, *imported])
    assert verdict.status is Status.FAIL
    assert [item.id for item in verdict.checks] == ["R-01"]
    assert "shapes cannot be multiplied" in verdict.checks[0].evidence
    assert verdict.suspects[0].fault == "M18"


def test_a_batch_larger_than_the_set_is_refused(climb: Climb) -> None:
    with pytest.raises(UserError, match=r"training.batch_size=5000 does not fit the \d+ training"):
        climb.run("default_model", ["training.batch_size=5000"])


def test_a_waived_check_lets_the_ladder_go_on(climb: Climb) -> None:
    waiver = "+stage.default_model.waive={R-10: shown on purpose}"
    verdict = climb.run("default_model", [*QUICK, "fault=M04", waiver])
    assert verdict.status is Status.WARN
    assert check(verdict, "R-10").evidence.startswith("waived (shown on purpose)")


def failed(id: str, value: object) -> Check:
    return Check(id, "", Status.FAIL, value, evidence=f"{id} failed")


def test_accusations_rank_causes_above_effects() -> None:
    learning = failed("R-03", learning_parameters.WITHOUT)
    suspects = accuse([failed("P-07", 0.9), learning, failed("R-10", loss_contract.PROBABILITIES)])
    assert [suspect.fault for suspect in suspects][:3] == ["M04", "M12", "M23"]
    assert suspects[0].evidence == ["R-10: R-10 failed"]


def test_a_nan_is_accused_alone() -> None:
    suspects = accuse([failed("P-01", float("nan")), failed("R-08", "the inputs")])
    assert [suspect.fault for suspect in suspects] == ["D04"]


@pytest.mark.parametrize(
    ("id", "value", "fault"),
    [
        ("P-01", -1.4, "M08"),
        ("P-01", 40.0, "M14"),
        ("P-09", 0.5, "M11"),
        ("P-09", float("nan"), "M12"),
        ("M-12", None, "M13"),
        ("M-12", 5.0, "M14"),
        ("R-10", loss_contract.LOGITS, "M05"),
        ("R-10", loss_contract.BROADCAST, "M10"),
        ("R-01", "other output", "M16"),
        ("R-08", "module net.0 (Linear)", "M09"),
    ],
)
def test_a_check_accuses_by_what_it_measured(id: str, value: object, fault: str) -> None:
    assert accuse([failed(id, value)])[0].fault == fault


def test_what_only_warns_accuses_nobody() -> None:
    assert accuse([Check("P-04", "", Status.WARN, 0.2)]) == []
