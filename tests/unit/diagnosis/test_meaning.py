"""What outputs mean under a loss written by hand, and what follows where that cannot be told."""

import dataclasses
import math

import pytest
import torch
from programs import Data, Model, blobs
from torch import nn

from startsimple.diagnosis.building import build_case
from startsimple.diagnosis.detectors import ceiling, data
from startsimple.diagnosis.engine import diagnose
from startsimple.diagnosis.experiment import Outcome
from startsimple.diagnosis.interventions import network
from startsimple.diagnosis.meaning import answered, distrust, extreme_at_targets
from startsimple.diagnosis.objective import skill, together
from startsimple.program.fit import observe_module
from startsimple.program.subject import Task


def counts(rows=400, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(rows, 4, generator=generator)
    return x, torch.poisson((1.5 + x[:, 0]).exp(), generator=generator)


def squared(out, y):
    return (out - y).pow(2).mean()


def log_rate(out, y):
    return (out.exp() - y * out).mean()


def partial_likelihood(out, y):
    risk = out[y.argsort(descending=True)]
    return (risk.logcumsumexp(0) - risk).mean()


class Count(Model):
    """Trains one output a row by a loss written by hand."""

    max_epochs = 12

    def __init__(self, loss=log_rate):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 1))
        self.loss = loss

    def forward(self, x):
        return self.net(x).squeeze(1)

    def training_step(self, batch, index):
        x, y = batch
        return self.loss(self(x), y)

    validation_step = training_step


def case_of(model, rows=None):
    torch.manual_seed(0)
    return build_case(*observe_module(model, Data(*(rows or (counts(), counts(120, 1)))), 60))


@pytest.mark.parametrize(
    ("loss", "extreme"),
    [
        (squared, True),
        (lambda out, y: (out - y).abs().mean(), True),
        (lambda out, y: -squared(out, y), True),
        (log_rate, False),
        (partial_likelihood, False),
    ],
)
def test_a_loss_of_estimates_is_extreme_where_they_equal_the_targets(loss, extreme):
    assert extreme_at_targets(case_of(Count(loss))) is extreme


def test_outputs_in_other_units_are_not_held_against_the_targets():
    case = case_of(Count())
    assert case.program.task.kind == "regression"
    distrust(case)
    assert case.program.task == Task("other")
    assert "could not be told" in case.notes[-1]


@pytest.mark.parametrize("loss", [squared, lambda out, y: (out - y).mean()])
def test_outputs_that_are_estimates_or_order_nothing_stay_under_suspicion(loss):
    case = case_of(Count(loss))
    distrust(case)
    assert case.program.task.kind == "regression"
    assert case.notes == []


def test_a_log_rate_is_accused_of_nothing():
    torch.manual_seed(0)
    program, trace = observe_module(Count(), Data(counts(), counts(120, 1)), 60)
    assert diagnose(program, trace, 60).verdict == "healthy"


def test_sequences_of_several_lengths_are_scored_position_by_position():
    task = Task("classification", 3)
    short, long = torch.eye(3)[torch.tensor([[0, 1]])], torch.eye(3)[torch.tensor([[2, 1, 0, 1]])]
    targets = [torch.tensor([[0, 1]]), torch.tensor([[2, 1, 0, 0]])]
    outputs, labels = together([short, long], targets, task)
    assert (outputs.shape, labels.tolist()) == ((6, 3), [0, 1, 2, 1, 0, 0])
    assert skill(outputs, labels, task) == pytest.approx((8 / 9 - 1 / 3) / (2 / 3))
    values = together([torch.ones(2, 3), torch.ones(1, 2)], [torch.ones(2, 3)] * 2, Task("other"))
    assert [len(column) for column in values] == [8, 12]


def test_rows_of_one_shape_are_joined_as_they_are():
    rows, goals = [torch.ones(2, 3)] * 2, [torch.ones(2)] * 2
    outputs, targets = together(rows, goals, Task("classification", 3))
    assert (outputs.shape, targets.shape) == ((4, 3), (4,))


@pytest.mark.parametrize(("observed", "faults"), [(0.0, True), (math.nan, False)])
def test_what_could_not_be_scored_is_no_sign_of_missing_signal(observed, faults):
    (x, y), (held, goals) = blobs(600), blobs(300, 1)
    shuffled = (x, y[torch.randperm(600)]), (held, goals[torch.randperm(300)])
    case = case_of(Model(), shuffled)
    case.outcome = Outcome(observed, 0.0, 0.0, harmed=False)
    found = [*data.no_signal(case), *ceiling.ceiling(case)]
    assert bool(found) is faults


def constant_features(kept):
    x, y = blobs(300)
    flat = torch.ones_like(x)
    flat[:, :kept] = x[:, :kept]
    return flat, y


@pytest.mark.parametrize(
    ("kept", "learnt", "faults"), [(1, 0.0, ["D05"]), (1, 0.5, []), (3, 0.0, [])]
)
def test_features_without_a_value_are_named_where_nothing_is_learnt(kept, learnt, faults):
    case = case_of(Model(), (constant_features(kept), constant_features(kept)))
    case.outcome = Outcome(learnt, learnt, learnt, harmed=False)
    assert [finding.fault for finding in data.constant(case)] == faults


class ByHand(Model):
    """Trains classes by a loss written by hand, and says in validation how often it is right."""

    def training_step(self, batch, index):
        x, y = batch
        return -self(x).log_softmax(1)[torch.arange(len(y)), y].mean()

    def validation_step(self, batch, index):
        x, y = batch
        return (self(x).argmax(1) == y).float().mean()


@pytest.mark.parametrize(("ours", "kind"), [(None, "classification"), (0.1, "other")])
def test_a_score_that_contradicts_the_program_s_own_answers_is_not_trusted(ours, kind):
    case = case_of(ByHand(), (blobs(), blobs(120, 1)))
    assert case.program.task.kind == "classification"
    assert case.observed.score > 0.9
    assert answered(case) == pytest.approx(case.observed.score)
    if ours is not None:
        case.observed = dataclasses.replace(case.observed, held=ours)
    distrust(case)
    assert case.program.task.kind == kind


class Coder(Model):
    """Repeats its inputs through a code."""

    def __init__(self, code):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, code), nn.Linear(code, 4)
        )

    def training_step(self, batch, index):
        return nn.functional.mse_loss(self(batch[0]), batch[0])

    validation_step = training_step


@pytest.mark.parametrize(("code", "compared"), [(1, True), (3, False), (4, True)])
def test_a_code_is_not_compared_with_a_network_that_copies(code, compared):
    case = case_of(Coder(code), (blobs()[:1], blobs(120, 1)[:1]))
    assert network.applies(case) is compared


def same_class_near(out, y):
    """Contrastive: rows of one class towards each other, others apart; sees no class's number."""
    code = nn.functional.normalize(out, dim=1)
    like = (y[:, None] == y[None]).float()
    return ((code @ code.T) * (0.5 - like)).mean()


def by_hand(out, y):
    return -out.log_softmax(1)[torch.arange(len(y)), y].mean()


def labels_ignored(out, y):
    return out.pow(2).mean()


@pytest.mark.parametrize(
    ("loss", "known"), [(same_class_near, False), (by_hand, True), (labels_ignored, True)]
)
def test_a_loss_that_sees_only_which_rows_share_a_class_leaves_no_logits(loss, known):
    class Codes(Model):
        def training_step(self, batch, index):
            x, y = batch
            return loss(self.net(x), y)

    case = build_case(*observe_module(Codes(), Data(), 30))
    distrust(case)
    assert (case.program.task.kind == "classification") == known


@pytest.mark.parametrize(
    ("loss", "known"),
    [(partial_likelihood, False), (squared, True), (lambda out, y: 0 * out.sum(), True)],
)
def test_a_loss_that_all_outputs_can_rise_under_leaves_no_estimates(loss, known):
    class Lazy(Count):
        max_epochs = 1

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.0)

    case = build_case(*observe_module(Lazy(loss), Data(counts(), counts(200, 1)), 30))
    distrust(case)
    assert (case.program.task.kind == "regression") == known
