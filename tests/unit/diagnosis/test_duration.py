"""Training that ends too early or too late is told by the same steps, more or fewer of them."""

import pytest
import torch
import torch.nn.functional as F
from lightning.pytorch.callbacks import EarlyStopping
from programs import Data, Model, blobs
from torch import nn

from startsimple.diagnosis.building import build_case
from startsimple.diagnosis.detectors.duration import overdone, stopped, unfinished
from startsimple.diagnosis.experiment import Outcome, own_end
from startsimple.diagnosis.setup import Run, Setup
from startsimple.program.fit import observe_module


def seen(model, data, best=None):
    torch.manual_seed(0)
    program, trace = observe_module(model, data, 60)
    case = build_case(program, trace)
    own = case.lab.run(Setup()).score
    reached = own if best is None else best
    case.outcome = Outcome(case.observed.score, own, reached, harmed=False)
    return case


class Brief(Model):
    max_epochs, lr = 2, 3e-3


class Wide(Model):
    """Has room for all of its few rows and their noise."""

    max_epochs, lr = 200, 1e-2

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 128), nn.ReLU(), nn.Linear(128, 1))

    def training_step(self, batch, index):
        x, y = batch
        return F.mse_loss(self(x)[:, 0], y)

    def validation_step(self, batch, index):
        self.training_step(batch, index)


def noisy_line(rows, seed):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(rows, 4, generator=generator)
    return x, x[:, 0] + 1.0 * torch.randn(rows, generator=generator)


def test_training_that_still_gains_is_too_short():
    case = seen(Brief(), Data(), best=1.0)
    (finding,) = unfinished(case)
    assert finding.fault == "O14" and finding.remedy == Setup(longer=4.0)


def test_training_that_gains_no_more_is_long_enough():
    assert list(unfinished(seen(Model(), Data(), best=1.0))) == []


def test_who_has_reached_the_best_needs_no_more():
    assert list(unfinished(seen(Brief(), Data()))) == []


@pytest.mark.parametrize(("reached", "faults"), [(0.8, ["O14"]), (0.85, [])])
def test_a_tenth_below_the_best_is_unfinished_and_less_is_not(reached, faults):
    case = seen(Brief(), Data())
    case.outcome = Outcome(reached, reached, 0.95, harmed=False)
    later = Setup(longer=4.0)
    case.lab.runs[later] = Run(later, 0.95, 0.95, (), 8, 0.1)
    assert [finding.fault for finding in unfinished(case)] == faults


def test_only_an_end_of_the_program_s_own_choice_counts():
    case = seen(Brief(), Data(), best=1.0)
    case.trace.ended_early = True
    assert not own_end(case) and list(unfinished(case)) == []
    case.trace.ended_early, case.trace.facts["declared"] = False, False
    assert not own_end(case)


def test_training_far_past_the_best_is_too_long():
    case = seen(Wide(), Data(noisy_line(60, 0), noisy_line(300, 1), batch=60))
    assert [finding.fault for finding in overdone(case)] == ["O14"]
    assert list(overdone(seen(Model(), Data(blobs(300), blobs(120, 1))))) == []


class Impatient(Brief):
    max_epochs = 20

    def configure_callbacks(self):
        return [EarlyStopping("loss", patience=1, min_delta=9.0)]

    def validation_step(self, batch, index):
        self.log("loss", self.training_step(batch, index))


class Patient(Impatient):
    lr = 3e-2

    def configure_callbacks(self):
        return [EarlyStopping("loss", patience=4)]


def test_early_stopping_that_does_not_wait_is_named_and_one_that_does_is_not():
    (finding,) = stopped(seen(Impatient(), Data()))
    assert finding.fault == "O14" and "after 2 of 20 epochs" in finding.evidence[0]
    case = seen(Patient(), Data())
    case.trace.facts["stopped"] = 9
    assert list(stopped(case)) == []
