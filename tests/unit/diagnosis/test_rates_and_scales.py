"""Rates that a schedule raises too far, splits that were scaled apart, targets far from zero."""

import dataclasses

import pytest
import torch
from programs import Data, Model, blobs

from startsimple.diagnosis import experiment as experiment_module
from startsimple.diagnosis.building import build_case
from startsimple.diagnosis.detectors import scaling, schedule
from startsimple.diagnosis.experiment import Experiment, Outcome
from startsimple.diagnosis.interventions import batches, targets
from startsimple.program.fit import observe_module


class Cycle(Model):
    max_epochs = 10
    most = 300.0

    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
        cycle = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, self.most, total_steps=90, div_factor=self.most / 0.1
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": cycle, "interval": "step"}}


class Gentle(Cycle):
    most = 0.5


def case_of(model, data):
    torch.manual_seed(0)
    case = build_case(*observe_module(model, data, 60))
    case.outcome = Outcome(0.0, 1.0, 1.0, harmed=True)
    return case


@pytest.mark.parametrize(("model", "faults"), [(Cycle, ["O01"]), (Gentle, [])])
def test_a_rate_that_only_the_schedule_raises_too_far_is_named(model, faults):
    found = list(schedule.raised(case_of(model(), Data())))
    assert [finding.fault for finding in found] == faults


@pytest.mark.parametrize(
    ("factors", "faults"), [((1.0, 9.0, 30.0, 0.1), ["D12"]), ((1.0,) * 4, [])]
)
def test_validation_that_was_scaled_otherwise_is_seen(factors, faults):
    x, y = blobs(120, 1)
    case = case_of(Model(), Data(val=(x * torch.tensor(factors), y)))
    assert [finding.fault for finding in scaling.scaled_apart(case)] == faults


def test_one_wide_feature_is_no_other_scaling():
    x, y = blobs(120, 1)
    wide = x.clone()
    wide[0] *= 1000.0  # An outlier.
    case = case_of(Model(), Data(val=(wide, y)))
    case.observed = dataclasses.replace(case.observed, held=0.2)
    assert list(scaling.scaled_apart(case)) == []


class Value(Model):
    def __init__(self):
        super().__init__()
        self.net = torch.nn.Linear(4, 1)

    def training_step(self, batch, index):
        x, y = batch
        return torch.nn.functional.mse_loss(self(x)[:, 0], y)

    validation_step = training_step


@pytest.mark.parametrize(("offset", "harmed"), [(40_000.0, True), (0.0, False)])
def test_targets_far_from_zero_are_harm_even_where_more_steps_would_do(offset, harmed, monkeypatch):
    x, _ = blobs(120)
    case = case_of(Value(), Data((x, x[:, 0] + offset), (x, x[:, 0] + offset)))
    assert targets.far_off(case) is harmed
    case.trace.facts["loaders"] = None
    experiment = Experiment(case, float("inf"))
    experiment.outcome = Outcome(0.7, 0.3, 0.98, harmed=False)
    monkeypatch.setattr(experiment_module, "applies_longer", lambda _: False)
    monkeypatch.setattr(case.lab, "run", lambda _: dataclasses.replace(case.observed, held=0.97))
    assert experiment._harmed() is harmed


@pytest.mark.parametrize(("rows", "weight", "trait"), [(1, 1.0, True), (2, 0.8, False)])
def test_a_batch_of_one_row_is_what_nobody_chose(rows, weight, trait):
    case = case_of(Model(), Data(batch=rows))
    named = batches.attribute(case, {})
    assert (named.fault, named.weight, named.trait) == ("O13", weight, trait)
