"""Correct steps that do more than ask the network once: attacks, counters, samples, probes."""

import copy

import pytest
import torch
import torch.nn.functional as F
from programs import Data, Model
from test_detectors import found
from torch import nn

from startsimple.diagnosis.building import build_case
from startsimple.diagnosis.detectors import dependence, graph, loop, modes
from startsimple.program.fit import observe_module
from startsimple.program.trace import Evaluation


def case_of(model, data=None):
    torch.manual_seed(0)
    return build_case(*observe_module(model, data or Data(), 60))


class Attacked(Model):
    """Trains on rows and on adversarial ones; both steps differentiate for themselves."""

    def attack(self, x, y):
        near = (x + 0.1 * torch.randn_like(x)).requires_grad_()
        (slope,) = torch.autograd.grad(F.cross_entropy(self(near), y), near)
        return (near + 0.1 * slope.sign()).detach()

    def training_step(self, batch, index):
        x, y = batch
        return F.cross_entropy(self(x), y) + F.cross_entropy(self(self.attack(x, y)), y)

    def validation_step(self, batch, index):
        x, y = batch
        with torch.inference_mode(False), torch.enable_grad():
            near = self.attack(x.clone(), y.clone())
        clean = self(x)
        self(near)
        return F.cross_entropy(clean, y)


def test_a_step_that_takes_derivatives_runs_where_none_are_kept():
    case = case_of(Attacked())
    assert case.program.differentiates
    with torch.no_grad():
        step = case.program.fork().step(case.lab.train[0])
    assert not step.loss.requires_grad and not step.output.requires_grad
    assert not any(call.input.requires_grad for call in step.calls)


def test_the_answer_to_the_batch_s_own_rows_counts():
    case = case_of(Attacked())
    twin = case.trained.fork()
    twin.model.eval()
    batch = case.lab.held[0]
    output, target = twin.pair(batch)
    assert torch.equal(output.detach(), twin.module(batch[0]).detach())
    assert torch.equal(target, batch[1])
    assert list(modes.wrong_mode(case)) == []


class Counting(Model):
    """Weighs a penalty by the steps so far."""

    def __init__(self):
        super().__init__()
        self.register_buffer("count", torch.zeros(()))

    def training_step(self, batch, index):
        x, y = batch
        self.count += 1
        return F.cross_entropy(self(x), y) + 0.1 * self.count * self.net[0].weight.pow(2).sum()


def test_a_step_that_counts_has_right_gradients_all_the_same():
    case = case_of(Counting())
    assert list(dependence.numeric_gradient(case)) == []


class Cut(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 16), nn.Linear(16, 3)

    def forward(self, x):
        hidden = self.first(x)
        return self.second(torch.relu(hidden) + hidden.detach())


class Partly(Model):
    """A wrong forward: part of what it adds has no gradient."""

    def __init__(self):
        super().__init__()
        self.net = Cut()


class Probe(Partly):
    """The same, in a step that runs a network without gradients beside others."""

    def __init__(self):
        super().__init__()
        self.fixed = copy.deepcopy(self.net)

    def training_step(self, batch, index):
        x, y = batch
        with torch.no_grad():
            known = self.net(x)
        return F.cross_entropy(self.net(x), y) + F.mse_loss(self.fixed(x), known)


@pytest.mark.parametrize(("model", "stops"), [(Partly, False), (Probe, True)])
def test_gradients_that_a_step_holds_back_itself_are_no_wrong_ones(model, stops):
    case = case_of(model())
    assert case.program.stops is stops
    assert bool(list(dependence.numeric_gradient(case))) is not stops


class Normed(Model):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 3))


class Switching(Normed):
    """Looks at its rows in evaluation mode, and goes back to training mode, within the step."""

    def training_step(self, batch, index):
        x, y = batch
        a, b = self(x + 0.1 * torch.randn_like(x)), self(x)
        with torch.no_grad():
            self.net.eval()
            known = self(x)
            self.net.train()
        return F.cross_entropy(b, y) + (a - b).pow(2).mean() + F.mse_loss(a, known)

    def validation_step(self, batch, index):
        return self.training_step(batch, index)


def test_rows_that_a_step_mixes_in_a_mode_it_sets_itself_are_no_defect():
    assert list(dependence.mixes_samples(case_of(Switching()))) == []


class Noisy(Model):
    """Validates with a random draw."""

    def validation_step(self, batch, index):
        x, y = batch
        loss = F.cross_entropy(self(x), y) + torch.randn(())
        self.log("val_loss", loss)
        return loss


def logging(model):
    """Return the model with a logger of a plain object."""
    model.log = lambda *_, **__: None
    return model


def test_a_metric_that_is_drawn_by_chance_is_no_remembering_one():
    from startsimple.diagnosis.detectors import metrics

    case = case_of(logging(Noisy()))
    assert list(metrics.remembers(case)) == []


class Sampling(Model):
    """Averages over dropout in validation, on purpose."""

    passes = 5

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 3))

    def forward(self, x):
        return self.net[2](F.dropout(self.net[1](self.net[0](x)), 0.3, training=True))

    def validation_step(self, batch, index):
        x, y = batch
        mean = torch.stack([self(x) for _ in range(self.passes)]).mean(0)
        return F.cross_entropy(mean, y)


class Once(Sampling):
    passes = 1


@pytest.mark.parametrize(("model", "faults"), [(Sampling, set()), (Once, {"O08"})])
def test_noise_is_meant_where_the_same_rows_are_asked_again_and_again(model, faults):
    assert found(model(), Data(), "modes") == faults


def test_three_equal_passes_of_one_step_in_a_row_are_a_sample():
    def seen(rows, step):
        return Evaluation(rows, None, None, False, False, step, arguments=(rows,))

    one, other = torch.ones(2), torch.zeros(2)
    assert modes._sampled([seen(one, 1)] * 3 + [seen(other, 1)] * 3)
    assert not modes._sampled([seen(one, 1), seen(one, 1), seen(other, 1)] * 3)
    assert not modes._sampled([seen(one, step) for step in range(6)])
    assert not modes._sampled([])


class Coder(nn.Module):
    max_epochs = 6
    steps_first = False
    automatic_optimization = False

    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.Linear(4, 3), nn.Linear(3, 4)

    def training_step(self, batch, index):
        x, _ = batch
        first, second = self.optimizers()
        first.zero_grad(), second.zero_grad()
        self.manual_backward(F.mse_loss(self.decoder(self.encoder(x)), x))
        if self.steps_first:
            first.step()
        second.step()

    def validation_step(self, batch, index):
        return F.mse_loss(self.decoder(self.encoder(batch[0])), batch[0])

    def configure_optimizers(self):
        return [torch.optim.Adam(part.parameters()) for part in (self.encoder, self.decoder)]


class Stepping(Coder):
    steps_first = True


@pytest.mark.parametrize(("model", "faults"), [(Coder, ["O05"]), (Stepping, [])])
def test_an_optimiser_of_two_that_never_steps_is_named(model, faults):
    case = case_of(model())
    assert [finding.fault for finding in loop.idle_optimizer(case)] == faults


class Heads(Model):
    kept = False

    def __init__(self):
        super().__init__()
        self.trunk, self.kind, self.size = nn.Linear(4, 16), nn.Linear(16, 3), nn.Linear(16, 1)

    def training_step(self, batch, index):
        x, y = batch
        hidden = torch.relu(self.trunk(x))
        size = F.mse_loss(self.size(hidden)[:, 0], x[:, 0])
        return F.cross_entropy(self.kind(hidden), y) + (size if self.kept else size.item())

    validation_step = training_step


class Whole(Heads):
    kept = True


@pytest.mark.parametrize(("model", "faults"), [(Heads, ["O07"]), (Whole, [])])
def test_a_term_that_enters_the_total_as_a_number_is_named(model, faults):
    model = model()
    del model.net
    assert [finding.fault for finding in graph.unreached(case_of(model))] == faults
