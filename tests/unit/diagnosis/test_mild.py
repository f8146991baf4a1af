"""Parts that cost a program a little of its score, and classes that nothing tells apart."""

import dataclasses

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from programs import Data, Model, blobs
from torch import nn

from startsimple.diagnosis.building import build_case
from startsimple.diagnosis.detectors import all_detectors, merged
from startsimple.diagnosis.engine import diagnose
from startsimple.diagnosis.experiment import GOOD, GOOD_RATES, Outcome
from startsimple.program.fit import observe_module


def curved(rows, seed):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(rows, 4, generator=generator)
    return x, (x[:, :1] + 0.35 * (x[:, 1:2] ** 2 - 1) + 0.05 * x[:, 2:3])


class Values(Model):
    max_epochs = 20
    penalty = 0.0

    def __init__(self, *between):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 24), *between, nn.Linear(24, 24), *between)
        self.head = nn.Linear(24, 1)

    def training_step(self, batch, index):
        x, y = batch
        loss = F.mse_loss(self.head(self.net(x)), y)
        return loss + self.penalty * sum(w.abs().sum() for w in self.net.parameters())

    def validation_step(self, batch, index):
        x, y = batch
        return {"loss": F.mse_loss(self.head(self.net(x)), y)}


class Slower(Values):
    lr = 3e-3


class Penalised(Values):
    penalty = 0.08


def fired(name, model, data, **outcome):
    torch.manual_seed(0)
    case = build_case(*observe_module(model, data, 60))
    best = max(
        case.lab.run(dataclasses.replace(GOOD, adam=r, default=True)).score for r in GOOD_RATES
    )
    case.outcome = Outcome(case.observed.score, 0.0, max(best, case.observed.score), harmed=False)
    case.outcome = dataclasses.replace(case.outcome, **outcome)
    detector = next(d for d in all_detectors() if d.name == name)
    return case, [finding.fault for finding in detector.run(case)]


@pytest.mark.parametrize(
    ("name", "model", "faults"),
    [
        ("stacked", Values(), ["M01"]),
        ("stacked", Values(nn.ReLU()), []),
        ("stacked", Slower(nn.Sigmoid()), []),  # ReLU helps, yet nothing is missing.
        ("penalty", Penalised(nn.ReLU()), ["M21"]),
        ("penalty", Values(nn.ReLU()), []),
    ],
)
def test_a_part_that_costs_little_is_named_where_the_program_does_better_without(
    name, model, faults
):
    case, found = fired(name, model, Data(curved(600, 0), curved(300, 1)))
    assert case.observed.score > 0.5  # It learns: this is no program that falls far short.
    assert found == faults


def test_what_the_experiment_looks_at_is_not_looked_at_twice():
    assert fired("stacked", Values(), Data(curved(600, 0), curved(300, 1)), harmed=True)[1] == []


def with_twins(rows, seed, told=0.0):
    """Five classes, of which the last two are drawn from one place, unless told apart."""
    x, y = blobs(rows, seed)
    generator = torch.Generator().manual_seed(seed)
    other = torch.rand(rows, generator=generator) < 0.5
    last = y == 2
    x = x + told * (last & other).float()[:, None]
    return torch.where(last[:, None], x + 3, x), torch.where(last & other, 3, y)


class Four(Model):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 4))


@pytest.mark.parametrize(("told", "faults"), [(0.0, ["D10", "D07"]), (3.0, [])])
def test_classes_that_nothing_tells_apart_are_named(told, faults):
    data = Data(with_twins(900, 0, told), with_twins(400, 1, told))
    case, found = fired("merged", Four(), data)
    assert found == faults
    assert merged.confused(case) == ([(2, 3)] if faults else [])


def test_where_no_class_is_told_the_labels_are_the_matter_not_some_classes():
    x, y = with_twins(400, 1)
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(0))
    case, found = fired("merged", Four(), Data(with_twins(900, 0), (x, y[order])))
    assert found == []
    assert merged.confused(case) == []


def test_few_rows_do_not_say_whether_classes_are_told_apart():
    assert fired("merged", Four(), Data(with_twins(900, 0), with_twins(60, 1)))[1] == []


def test_a_network_that_tells_them_apart_refutes_it():
    truth = np.array([2, 3] * 100)
    assert merged._apart(truth, truth, (2, 3))
    assert not merged._apart(truth, np.array([2, 2, 3, 3] * 50), (2, 3))


def test_rare_classes_are_less_to_blame_where_weights_make_no_difference():
    torch.manual_seed(0)
    few = blobs(40, 0)
    keep = torch.cat([(few[1] == k).nonzero()[:n, 0] for k, n in ((0, 12), (1, 12), (2, 2))])
    data = Data(tuple(t[keep] for t in few), blobs(300, 1), batch=8)

    class Brief(Model):
        max_epochs = 1
        lr = 1e-4

    case = build_case(*observe_module(Brief(), data, 60))
    case.outcome = Outcome(0.0, 0.0, 1.0, harmed=True)
    detector = next(d for d in all_detectors() if d.name == "imbalance")
    assert case.recall(case.trained) < 0.8
    assert [finding.score for finding in detector.run(case)] == [0.6]


def test_parts_that_are_measurably_off_are_swapped_first():
    class AllAtOnce(Model):
        max_epochs = 12
        lr = 2e-3

    result = diagnose(*observe_module(AllAtOnce(), Data(blobs(1200), batch=1200), 60))
    assert result.interventions[0].fault == "O13"
