"""Rates that a schedule raises too far, and splits that were scaled apart."""

import dataclasses

import pytest
import torch
from programs import Data, Model, blobs

from startsimple.diagnosis.building import build_case
from startsimple.diagnosis.detectors import scaling, schedule
from startsimple.diagnosis.experiment import Outcome
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
