"""Every injected fault of the composed program fails exactly the probes that it should."""

import pytest
from tests.composing import compose, injector
from tests.unit.probes.test_healthy import all_checks

from startsimple.probes import metric
from startsimple.schema.config import LossConfig
from startsimple.schema.verdict import Status

# What follows from a fault fails as well: a program that mixes its examples cannot learn.
EFFECTS = {"P-07", "P-08"}

FAULTS = {
    "double_softmax": (LossConfig(double_softmax=True), {"R-10"}),
    "softmax_over_batch": (LossConfig(softmax_over_batch=True), {"R-10", "P-01", "P-05"}),
    "reduction": (LossConfig(reduction="sum"), {"P-01", "P-04", "P-05"}),
    "negated": (LossConfig(negated=True), {"P-01"}),
    "freeze_first_layer": (injector("weights.FrozenFirstLayer"), set[str]()),
    "optimizer_misses_last_layer": (
        injector("weights.ForgottenHead"),
        {"R-03", "R-04"},
    ),
    "keep_gradients": (injector("optimizer.KeptGradients"), {"R-05"}),
    "train_mode_in_eval": (injector("network.StuckInTraining"), {"R-06", "R-07"}),
    "zero_inputs": (injector("network.ZeroInputs"), {"R-03", "P-07", "P-09"}),
    "mix_samples": (injector("network.MixSamples"), {"R-07", "P-07", "P-09"}),
    "unseeded": (injector("network.Unseeded"), {"P-12"}),
    "unit_init": (injector("weights.UnitInit"), {"P-01", "M-12"}),
    "constant_init": (injector("weights.ConstantInit"), {"M-12"}),
}


@pytest.mark.parametrize("task", ["digits", "waves"])
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_fails_its_probes_and_no_others(name: str, task: str) -> None:
    section, expected = FAULTS[name]
    key = "loss" if isinstance(section, LossConfig) else "fault"
    checks = all_checks(compose(task, **{key: section}))
    failed = {check.id for check in checks if check.status is Status.FAIL}
    assert expected <= failed <= expected | EFFECTS


@pytest.mark.parametrize("task", ["digits", "waves"])
def test_a_nan_is_found_where_it_is(task: str) -> None:
    checks = all_checks(compose(task, fault=injector("weights.NanWeight")))
    (sentinel,) = (check for check in checks if check.id == "R-08")
    assert sentinel.status is Status.FAIL
    assert sentinel.value == "parameter head.weight"


@pytest.mark.parametrize("task", ["digits", "waves"])
def test_a_wrong_metric_fails_its_self_test(task: str) -> None:
    for fault, expected in (({}, "pass"), (injector("metric.WrongAxis"), "fail")):
        program = compose(task, fault=fault)
        assert metric.probe(program.accuracy, program.task.classes or 0).status == expected
