"""Correct programs in awkward forms: each of them was once accused, or judged by the wrong rows."""

import math

import pytest
import torch
import torch.nn.functional as F
from programs import Data, Model, blobs
from test_detectors import found
from torch import nn

from startsimple.diagnosis.building import build_case
from startsimple.diagnosis.engine import diagnose
from startsimple.diagnosis.rig import Rig
from startsimple.diagnosis.setup import Setup
from startsimple.program.fit import observe_module


def seen(model, data):
    torch.manual_seed(0)
    program, trace = observe_module(model, data, 60)
    return build_case(program, trace)


class Mixup(Model):
    """Compares outputs with two targets, the batch's own one and a shuffled one."""

    def training_step(self, batch, index):
        x, y = batch
        order = torch.randperm(len(x))
        out = self(0.7 * x + 0.3 * x[order])
        return 0.7 * F.cross_entropy(out, y) + 0.3 * F.cross_entropy(out, y[order])

    def validation_step(self, batch, index):
        x, y = batch
        return (self(x).argmax(1) == y).float().mean()


def test_the_target_of_mixed_labels_is_the_batch_s_own():
    case = seen(Mixup(), Data())
    batch = case.lab.train[0]
    assert torch.equal(case.program.step(batch).target, batch[1])
    twin = case.program.fork()
    twin.model.eval()
    assert torch.equal(twin.pair(batch)[1], batch[1])


class Denoiser(Model):
    """Draws its own noise in training; validation rows come with noise that was drawn once."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 4))

    def training_step(self, batch, index):
        (clean,) = batch
        return F.mse_loss(self(clean + 0.5 * torch.randn_like(clean)), clean)

    def validation_step(self, batch, index):
        noisy, clean = batch
        return F.mse_loss(self(noisy), clean)


def denoising():
    clean, held = blobs()[0], blobs(120, 1)[0]
    return Data((clean,), (held + 0.5 * torch.randn_like(held), held))


def test_validation_rows_in_another_form_can_be_scored():
    case = seen(Denoiser(), denoising())
    assert case.notes == []
    assert case.observed.score > 0


def test_noise_that_the_training_step_draws_is_not_the_model_s():
    assert found(Denoiser(), denoising(), "modes") == set()


class Views(Model):
    """Compares two random views of a batch with each other."""

    def training_step(self, batch, index):
        x, _ = batch
        one, two = (F.normalize(self(x + 0.5 * torch.randn_like(x)), dim=1) for _ in range(2))
        return F.cross_entropy(one @ two.T / 0.3, torch.arange(len(x)))

    validation_step = training_step


def test_random_views_of_a_step_are_not_noise_of_the_model():
    assert seen(Views(), Data()).program.derived
    assert found(Views(), Data(), "modes") == set()


def test_a_model_that_cannot_be_scored_is_not_accused(monkeypatch):
    def fails(*_, **__):
        raise ValueError("no common shape")

    torch.manual_seed(0)
    program, trace = observe_module(Model(), Data(), 60)
    monkeypatch.setattr(Rig, "score", fails)
    assert math.isnan(build_case(program, trace).observed.score)
    said = diagnose(program, trace)
    assert said.suspects == []
    assert any("could not be scored" in note for note in said.notes)


class Line(Model):
    lr = 5e-2
    max_epochs = 40

    def __init__(self, lr=None):
        super().__init__()
        self.lr = self.lr if lr is None else lr
        self.net = nn.Linear(8, 1)

    def training_step(self, batch, index):
        x, y = batch
        return F.mse_loss(self(x)[:, 0], y)

    def validation_step(self, batch, index):
        return {"loss": self.training_step(batch, index)}


def line(rows, seed, units=1.0):
    x = torch.randn(rows, 8, generator=torch.Generator().manual_seed(seed))
    return x, units * x.sum(1)


@pytest.mark.parametrize("rate", [None, 1e-7], ids=["learns from few", "learns from none"])
def test_few_rows_are_no_fault_of_a_program_that_more_rows_do_not_help(rate):
    assert found(Line(rate), Data(line(40, 0), line(600, 1), batch=8), "too-few") == set()


def test_evaluation_in_other_units_is_no_other_distribution():
    assert found(Line(), Data(line(400, 0), line(400, 1, units=50.0)), "agreement") == set()


class Rescaled(Model):
    """Predicts large values, and compares both sides in units of its own."""

    lr = 3e-2
    max_epochs = 20

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, x):
        return 5000.0 * self.net(x)[:, 0] + 90000.0

    def training_step(self, batch, index):
        x, y = batch
        return F.mse_loss((self(x) - 90000.0) / 5000.0, (y - 90000.0) / 5000.0)

    def validation_step(self, batch, index):
        return self.training_step(batch, index)


class Grey(Model):
    """Predicts shares between 0 and 1 as logits."""

    lr = 3e-2
    max_epochs = 20

    def training_step(self, batch, index):
        x, y = batch
        return F.binary_cross_entropy_with_logits(self(x), y)

    def validation_step(self, batch, index):
        return self.training_step(batch, index)


def large(x):
    return 90000 + 5000 * (x[:, 0] - x[:, 1])


def shares(x):
    return torch.sigmoid(x[:, :3])


@pytest.mark.parametrize(("model", "goal"), [(Rescaled, large), (Grey, shares)])
def test_outputs_are_scored_as_the_loss_compares_them(model, goal):
    data = Data(*((x, goal(x)) for x in (blobs()[0], blobs(120, 1)[0])))
    torch.manual_seed(0)
    case = build_case(*observe_module(model(), data, 60))
    assert case.observed.score > 0.8 and case.lab.run(Setup()).score > 0.8
    assert float(case.lab.goal[1].max()) < 10  # In the loss's units, too.
