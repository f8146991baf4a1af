"""Every intervention carries its fault: it restores the program that has it, and is believed.

Removing an intervention, or making it change nothing, makes its line here fail.
"""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from programs import Data, Jittered, Model, blobs
from torch import nn

from startsimple.diagnosis.building import build_case
from startsimple.diagnosis.experiment import NAMED, Experiment, Outcome
from startsimple.diagnosis.interventions import all_interventions
from startsimple.diagnosis.interventions.network import blind_axis
from startsimple.diagnosis.setup import Run, Setup
from startsimple.diagnosis.surgery import affine_layers
from startsimple.program.clock import worked
from startsimple.program.fit import observe_module


class Rectified(Model):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1), nn.ReLU())

    def training_step(self, batch, index):
        x, y = batch
        return F.mse_loss(self(x)[:, 0], -y.float() - 1.5)

    def validation_step(self, batch, index):
        self.training_step(batch, index)


class Squashed(Model):
    def __init__(self):
        super().__init__()
        layers = [layer for _ in range(3) for layer in (nn.Linear(16, 16), nn.Sigmoid())]
        self.net = nn.Sequential(nn.Linear(4, 16), nn.Sigmoid(), *layers, nn.Linear(16, 3))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.3)


class OneBatch(Model):
    max_epochs = 12
    lr = 1e-3


class Slow(Model):
    lr = 1e-6


class Values(Model):
    lr = 1e-3

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))

    def training_step(self, batch, index):
        x, y = batch
        return F.mse_loss(self(x)[:, 0], y)

    def validation_step(self, batch, index):
        self.training_step(batch, index)


class NoBias(Values):
    lr = 1e-2
    max_epochs = 12

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(4, 16, bias=False), nn.ReLU(), nn.Linear(16, 1, bias=False)
        )


class Origin(Model):
    """Cannot tell near from far: without biases its outputs only grow along every ray."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(4, 16, bias=False), nn.ReLU(), nn.Linear(16, 3, bias=False)
        )


def shells(rows, seed=0):
    generator = torch.Generator().manual_seed(seed)
    y = torch.randint(0, 3, (rows,), generator=generator)
    x = F.normalize(torch.randn(rows, 4, generator=generator), dim=1)
    return (1 + y)[:, None] * x, y


class Listing(Origin):
    """Lists what it optimises, as it was when the list was written."""

    def configure_optimizers(self):
        return torch.optim.Adam([self.net[0].weight, self.net[2].weight], lr=self.lr)


class Summed(Model):
    def training_step(self, batch, index):
        x, y = batch
        return F.cross_entropy(self(x), y, reduction="sum")

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=4.0)


class Decayed(Model):
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.05, weight_decay=8.0)


class Flipped(Model):
    def training_step(self, batch, index):
        return -super().training_step(batch, index)


class Zeros(Model):
    def __init__(self):
        super().__init__()
        for parameter in self.parameters():
            nn.init.zeros_(parameter)


class Narrow(Model):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 1), nn.ReLU(), nn.Linear(1, 3))
        with torch.no_grad():
            self.net[0].bias.fill_(-50.0)


class Frozen(Model):
    def configure_optimizers(self):
        for parameter in self.net.parameters():
            parameter.requires_grad_(False)
        self.net[2].bias.requires_grad_(True)
        return torch.optim.Adam([self.net[2].bias], lr=1e-2)


class Normed(Model):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(4, 16), nn.LayerNorm(16, eps=1e6), nn.ReLU(), nn.Linear(16, 3)
        )


class Brief(Model):
    max_epochs = 1
    lr = 1e-3


def values(rows=240, seed=0, scale=5000.0, centre=90000.0):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(rows, 4, generator=generator)
    return x, scale * (x[:, 0] - x[:, 1]) + centre


def huge(rows):
    return rows[0] + 1000.0, rows[1]


class Careful(Model):
    lr = 1e-3


NETWORK = "default network for this input type"
CASES = {
    "ReLU in the hidden layers": (Squashed, Data(), "M02"),
    "batches of 32 in random order": (OneBatch, Data(blobs(1200), batch=1200), "O13"),
    "held-out rows to train on": (Model, Data(Jittered(blobs(), 30.0)), "D13"),
    "raw outputs with the standard loss": (Rectified, Data(), "M03"),
    "inputs standardised": (Careful, Data(huge(blobs()), huge(blobs(120, 1))), "D01"),
    "trained longer": (Brief, Data(), "O14"),
    "default network for this input type": (Narrow, Data(), "M17"),
    "normalisation layers left out": (Normed, Data(), "M20"),
    "another learning rate or Adam": (Slow, Data(), "O02"),
    "outputs that start at the prior": (
        NoBias,
        Data(values(240, 0, 50.0, 3000.0), values(120, 1, 50.0, 3000.0)),
        "M15",
    ),
    "a bias in every layer": (Origin, Data(shells(600), shells(120, 1)), "M15"),
    "every parameter trained": (Frozen, Data(), "O06"),
    "loss averaged over the batch": (Summed, Data(), "M07"),
    "regularisation off": (Decayed, Data(), "M21"),
    "loss negated": (Flipped, Data(), "M08"),
    "targets standardised": (Values, Data(values(), values(120, 1)), "D03"),
    "standard initial weights": (Zeros, Data(), "M13"),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_an_intervention_restores_the_program_with_its_fault(name, monkeypatch):
    model, data, fault = CASES[name]
    torch.manual_seed(0)
    case = build_case(*observe_module(model(), data, 60))
    case.lab.seconds_per_run = 20.0
    wanted = [i for i in all_interventions() if i.name in (name, NETWORK)]
    monkeypatch.setattr("startsimple.diagnosis.experiment.all_interventions", lambda: wanted)
    outcome = Experiment(case, worked() + 600).run()
    trials = {trial.name: trial for trial in outcome.trials}
    assert trials[name].fault == fault
    assert trials[name].belief >= NAMED


def test_every_intervention_has_its_program():
    assert set(CASES) == {intervention.name for intervention in all_interventions()}


@pytest.mark.parametrize(("momentum", "fault"), [(0.999, "O03"), (0.9, "O01")])
def test_a_momentum_that_hardly_forgets_is_an_unfit_optimiser(momentum, fault):
    class Heavy(Model):
        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.05, momentum=momentum)

    case = build_case(*observe_module(Heavy(), Data(), 60))
    item = next(i for i in all_interventions() if i.name == "another learning rate or Adam")
    assert item.attribute(case, {"rate": 0.1}).fault == fault


def test_an_activation_before_a_picked_column_is_the_last_one():
    class Picked(Rectified):
        def forward(self, x):
            return self.net(x)[:, 0]

        def training_step(self, batch, index):
            x, y = batch
            return F.mse_loss(self(x), -y.float())

    case = build_case(*observe_module(Picked(), Data(), 60))
    assert case.lab.output is not None
    assert case.lab.output.name == "relu"


class OneSigmoid(Squashed):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 16), nn.Sigmoid(), nn.Linear(16, 3))


@pytest.mark.parametrize(("model", "trait"), [(Squashed, True), (OneSigmoid, False)])
def test_only_a_stack_of_saturating_activations_is_a_cause_by_itself(model, trait):
    case = build_case(*observe_module(model(), Data(), 60))
    item = next(i for i in all_interventions() if i.name == "ReLU in the hidden layers")
    said = item.attribute(case, item.variants[0])
    assert (said.fault, said.trait) == ("M02", trait)


def test_added_biases_are_trained_and_are_what_restores():
    torch.manual_seed(0)
    case = build_case(*observe_module(Listing(), CASES["a bias in every layer"][1], 60))
    (variant,) = next(i for i in all_interventions() if i.name == "a bias in every layer").variants
    rig, run = case.lab.trained(Setup(**variant))
    biases = [layer.bias for _, layer in affine_layers(rig.model)]
    assert all(bool(bias.any()) for bias in biases)
    held = {id(p) for group in rig.optimizers[0].param_groups for p in group["params"]}
    assert {id(p) for p in rig.model.parameters()} == held
    assert run.score > case.lab.run(Setup()).score + 0.1


@pytest.mark.parametrize("own_choice", [True, False])
def test_what_is_slow_by_its_own_choice_is_looked_into(own_choice, monkeypatch):
    monkeypatch.setattr("startsimple.diagnosis.experiment.applies_longer", lambda case: False)
    torch.manual_seed(0)
    case = build_case(*observe_module(Narrow(), Data(), 60))
    case.trace.ended_early = not own_choice
    case.lab.seconds_per_run = 20.0
    later = Setup(longer=4.0)
    case.lab.runs[later] = Run(later, 1.0, 1.0, (), 8, 0.1)
    # Below the best, yet not hopeless: more of the same steps would do.
    case.observed = replace(case.observed, held=0.7)
    outcome = Experiment(case, worked()).run()
    assert not outcome.harmed
    assert [trial.name for trial in outcome.trials] == [NETWORK] * own_choice


class Pooled(Model):
    def forward(self, x):
        return self.net(x).mean(1)


class Read(Model):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(24, 3))


@pytest.mark.parametrize(("model", "axis", "fault"), [(Pooled, 1, "M18"), (Read, 0, "M17")])
def test_positions_that_are_pooled_without_being_read_are_a_missing_layer(model, axis, fault):
    x, y = blobs(96)
    series = x[:, None] + torch.randn(96, 6, 4, generator=torch.Generator().manual_seed(0))
    case = build_case(*observe_module(model(), Data((series, y), (series[:60], y[:60])), 60))
    assert blind_axis(case) == axis
    item = next(i for i in all_interventions() if i.name == NETWORK)
    assert item.attribute(case, {}).fault == fault


@pytest.mark.parametrize(("own", "share"), [(0.4, 1.0), (0.6, 0.5), (0.75, 0.0)])
def test_an_architecture_is_to_blame_for_what_good_settings_do_not_restore(own, share):
    case = build_case(*observe_module(Model(), Data(), 60))
    experiment = Experiment(case, worked() + 60)
    experiment.outcome = Outcome(0.4, 0.4, 0.8, harmed=True)
    for setup in (experiment.good, replace(experiment.good, longer=4.0)):
        case.lab.runs[setup] = Run(setup, own, own, (), 8, 0.1)
    item = next(i for i in all_interventions() if i.name == NETWORK)
    assert experiment._necessity(item, item.variants[0]) == (pytest.approx(share), own)


def test_the_default_network_is_looked_at_even_when_the_time_is_up(monkeypatch):
    torch.manual_seed(0)
    case = build_case(*observe_module(Narrow(), Data(), 60))
    case.lab.seconds_per_run = 20.0
    outcome = Experiment(case, worked()).run()
    assert [trial.name for trial in outcome.trials] == [NETWORK]
