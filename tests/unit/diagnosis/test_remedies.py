"""Every remedy mends a program with its fault, and one that changes nothing is not believed."""

import math
import random
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from faulty import (
    Broadcast,
    ClearedLate,
    Counts,
    Crosses,
    Custom,
    CutOff,
    Detaches,
    Half,
    Keeps,
    Listed,
    Misreports,
    Mixed,
    NeverRests,
    NoGraph,
    Norm,
    Numbered,
    Overcounts,
    Remembers,
    SharedNorm,
    Sluggish,
    Starved,
    TwoWorkers,
    Vanishing,
    contradictory,
    permuted,
    rare,
    ring,
    shift,
    with_nan,
    with_target,
)
from programs import Data, Jittered, Model, blobs
from torch import nn

from startsimple.diagnosis import batches, mending
from startsimple.diagnosis.building import build_case
from startsimple.diagnosis.experiment import GOOD, Outcome
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.remedies import chance as chance_remedies
from startsimple.diagnosis.remedies import (
    images,
    loop,
    metrics,
    rewire,
    rows,
    structure,
    verify,
)
from startsimple.diagnosis.remedies.remedy import Mend, judged
from startsimple.program.clock import worked
from startsimple.program.fit import observe_module


def case_of(model, data):
    torch.manual_seed(0)
    case = build_case(*observe_module(model, data, 60))
    good = case.lab.run(replace(GOOD, adam=1e-2)).score
    case.outcome = Outcome(0.0, 0.0, max(good, case.observed.score), harmed=True)
    return case


def tried(case, fault, where=""):
    finding = Finding(fault, 0.9, ["seen"], where)
    return verify.verified(case, [finding], worked() + 60)[0]


def nothing():
    return mending.Mending(lambda func, name, args, named: func(*args, **named))


class Slow(Model):
    lr = 1e-4


class OutOfOrder(Model):
    """A recurrent layer that takes the rows of a batch for the steps of a sequence."""

    def __init__(self):
        super().__init__()
        self.rnn, self.head = nn.RNN(1, 16), nn.Linear(16, 3)

    def forward(self, x):
        return self.head(self.rnn(x[..., None])[0][:, -1])


class Forgetful(Model):
    """The state before the sequence goes to the head, the one after it nowhere."""

    def __init__(self):
        super().__init__()
        del self.net
        self.rnn, self.head = nn.RNN(1, 16, batch_first=True), nn.Linear(16, 3)

    def forward(self, x):
        state = torch.zeros(1, len(x), 16)
        self.rnn(x[..., None], state)
        return self.head(state[-1])


class Unchained(Model):
    """The second layer gets what the first one got."""

    max_epochs = 20

    def __init__(self):
        super().__init__()
        del self.net
        self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 3)

    def forward(self, x):
        F.relu(self.first(x))
        return self.second(x)


class OneColumn(Model):
    """Two classes from one output, of which the arg max is always 0."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))

    def training_step(self, batch, index):
        x, y = batch
        return F.binary_cross_entropy_with_logits(self(x)[:, 0], (y > 0).float())

    def validation_step(self, batch, index):
        x, y = batch
        self.training_step(batch, index)
        self.log("val_acc", (self(x).argmax(1) == (y > 0)).float().mean())


class Pixels(Model):
    def __init__(self):
        super().__init__()
        layers = [nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(128, 3)]
        self.net = nn.Sequential(*layers)


def bright(rows, seed, order=(0, 1, 2)):
    """Images in which the colour of a blob tells the class, as (N, C, H, W)."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.randint(0, 3, (rows,), generator=generator)
    place = torch.rand(rows, 2, 1, 1, generator=generator) * 5 + 1
    grid = torch.stack(torch.meshgrid(torch.arange(8), torch.arange(8), indexing="ij"))
    blob = torch.exp(-((grid[None] - place) ** 2).sum(1) / 4)
    colours = torch.eye(3)[y] + 0.3
    x = colours[:, :, None, None] * blob[:, None]
    return (x + 0.05 * torch.randn(x.shape, generator=generator))[:, list(order)], y


def reshaped(rows):
    """Images whose channels came last and were put first with a reshape."""
    return rows[0].permute(0, 2, 3, 1).reshape(rows[0].shape), rows[1]


def half_random(rows):
    generator = torch.Generator().manual_seed(4)
    drawn = torch.randint(0, 3, (len(rows[1]),), generator=generator)
    wrong = torch.rand(len(rows[1]), generator=generator) < 0.45
    return rows[0], torch.where(wrong, drawn, rows[1])


CASES = [
    ("D02", Vanishing, Data(), "forward"),
    ("D04", Model, Data(with_nan(blobs())), ""),
    ("D06", Model, Data(rare(blobs(900)), rare(blobs(400, 1))), ""),
    ("D08", Model, Data(permuted(blobs())), ""),
    ("D09", Model, Data(val=tuple(t[:60] for t in blobs())), "validation split"),
    ("D09", Model, Data(with_target(blobs()), with_target(blobs(120, 1))), "feature 3"),
    ("D10", Model, Data(contradictory(blobs())), ""),
    ("D11", Model, Data(ring(24, 0), ring(600, 1), batch=8), ""),
    ("D12", Model, Data(val=shift(blobs(120, 1), 8.0)), ""),
    ("D14", Model, Data(val=Jittered(blobs(120, 1), 3.0)), ""),
    ("D13", Model, Data(Jittered(blobs(), 30.0)), ""),
    ("D16", Pixels, Data(bright(240, 0), bright(120, 1, (2, 1, 0))), "validation transform"),
    ("D17", Model, TwoWorkers(), ""),
    ("D19", Norm, Data(tuple(t[:194] for t in blobs())), ""),
    ("M06", Numbered, Data(), ""),
    ("M10", Broadcast, Data(), ""),
    ("M11", Mixed, Data(), ""),
    ("M11", OutOfOrder, Data(), ""),
    ("M12", Forgetful, Data(), ""),
    ("M16", Listed, Data(), ""),
    ("M18", Unchained, Data(), ""),
    ("M20", Sluggish, Data(), ""),
    ("M20", SharedNorm, Data(), ""),
    ("M23", Detaches, Data(), ""),
    ("M23", NoGraph, Data(), ""),
    ("M23", Custom, Data(), ""),
    ("O02", Slow, Data(), ""),
    ("O05", ClearedLate, Data(), ""),
    ("O07", CutOff, Data(), ""),
    ("O08", NeverRests, Data(), ""),
    ("O09", Keeps, Data(), ""),
    ("O10", Starved, Data(), ""),
    ("O15", Model, Data(val=()), ""),
    ("O17", Counts, Data(), "val_acc"),
    ("O17", Remembers, Data(), "val_acc"),
    ("O17", Overcounts, Data(), "val_acc"),
    ("O17", Misreports, Data(), "val_acc"),
    ("O17", Crosses, Data(), ""),
    ("O17", OneColumn, Data(), ""),
    ("O18", Half, Data(), ""),
]


@pytest.mark.parametrize(
    ("fault", "model", "data", "where"), CASES, ids=[f"{c[0]}-{c[1].__name__}" for c in CASES]
)
def test_a_fix_is_tried_and_works(fault, model, data, where):
    finding = tried(case_of(model(), data), fault, where)
    assert finding.verified is True, finding.evidence


@pytest.mark.parametrize(
    ("fault", "model", "mode"),
    [
        ("M10", Broadcast, "aligned"),
        ("M11", Mixed, "over_features"),
        ("M23", Detaches, "attached"),
        ("M23", Custom, "own_backward_unused"),
    ],
)
def test_a_context_that_changes_nothing_mends_nothing(fault, model, mode, monkeypatch):
    monkeypatch.setattr(mending, mode, nothing)
    monkeypatch.setattr(structure, "GRAPH", (mending.attached, mending.own_backward_unused))
    assert tried(case_of(model(), Data()), fault).verified is not True


def test_a_result_that_stays_unused_is_no_fix(monkeypatch):
    monkeypatch.setattr(rewire, "connected", lambda wire: nothing)
    assert tried(case_of(Forgetful(), Data()), "M12").verified is not True


def test_rows_that_stay_leaked_are_no_fix(monkeypatch):
    case = case_of(Model(), Data(val=tuple(t[:60] for t in blobs())))
    monkeypatch.setattr(rows, "picked", lambda program, batch, index, size: case.lab.train)
    assert tried(case, "D09", "validation split").verified is not True


def test_pixels_are_put_back_where_a_reshape_took_them_from(monkeypatch):
    case = case_of(Pixels(), Data(reshaped(bright(240, 0)), reshaped(bright(120, 1))))
    mends = []
    monkeypatch.setattr(images, "attempt", lambda case, mend: mends.append(mend))
    images.pixels_in_order(case, Finding("D16", 0.9, ["seen"], "transform"))
    whole = torch.cat([x for x, _ in mends[0].held])
    assert torch.equal(whole, bright(120, 1)[0])


def test_a_view_is_turned_into_a_permute():
    x = torch.arange(24.0).reshape(2, 4, 3)
    with mending.permuted():
        turned = x.view(-1, 3, 4)
        kept = x.view(2, 12)
    assert torch.equal(turned, x.permute(0, 2, 1))
    assert kept.shape == (2, 12)


def test_gradients_go_straight_through_jumps():
    x = torch.tensor([0.3, 0.6], requires_grad=True)
    with mending.attached():
        y = torch.round(x)
        y.sum().backward()
    assert y.tolist() == [0.0, 1.0] and x.grad.tolist() == [1.0, 1.0]


def test_fractions_survive_a_cast():
    x = torch.tensor([0.5, 1.5])
    with mending.uncast():
        assert torch.equal(x.long(), x)


def test_graphs_that_are_kept_grow_and_are_no_fix():
    case = case_of(Keeps(), Data())
    kept, dropped = (
        loop.growth(loop.Rig(case.lab, loop.Setup()), drop=drop) for drop in (False, True)
    )
    assert kept >= loop.STEPS
    assert dropped <= 0


def test_dropout_that_ignores_the_mode_is_still_noise(monkeypatch):
    monkeypatch.setattr(loop, "noise", lambda rig: 1.0)
    assert tried(case_of(NeverRests(), Data()), "O08").verified is False


def test_held_out_scores_that_disagree_are_no_fix(monkeypatch):
    case = case_of(Model(), Data(val=()))
    monkeypatch.setattr(loop, "NOISE", -1.0)
    assert tried(case, "O15").verified is False


def test_a_fix_whose_score_is_not_lower_before_is_not_believed_for_a_trait():
    case = case_of(Model(), Data())
    assert tried(case, "D01").verified is False


def test_where_nothing_learns_a_fix_counts_as_not_tried():
    case = case_of(Slow(), Data(permuted(blobs()), permuted(blobs(120, 1))))
    case.outcome.ceiling = 0.0
    assert tried(case, "O08").verified is None


def test_modes_stay_as_the_loop_sets_them():
    model = Norm().train()
    with mending.modes_kept():
        model.eval()
    assert model.training


def test_the_program_itself_is_never_changed():
    case = case_of(Sluggish(), Data())
    before = {name: p.clone() for name, p in case.program.model.state_dict().items()}
    tried(case, "M20")
    after = case.program.model.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_fix_that_is_out_of_reach_says_why():
    constant = Data((blobs()[0], torch.zeros(240, dtype=torch.long)))
    finding = tried(case_of(Model(), constant), "D05")
    assert finding.verified is None
    assert "not tried" in finding.evidence[-1]


def test_a_remedy_that_fails_ends_nothing(monkeypatch):
    def fails(case, finding):
        raise ValueError("no such layer")

    case = case_of(Model(), Data())
    monkeypatch.setattr(verify, "remedies_of", lambda fault: [fails])
    assert tried(case, "O08").verified is None
    assert "no such layer" in case.notes[-1]


@pytest.mark.parametrize(
    "chance",
    [np.random.default_rng(0), np.random.RandomState(0), random.Random(0), torch.Generator()],
    ids=lambda chance: type(chance).__name__,
)
def test_what_a_dataset_draws_from_is_seeded_in_each_worker(chance, monkeypatch):
    info = SimpleNamespace(dataset=SimpleNamespace(dataset=SimpleNamespace(chance=chance)))
    monkeypatch.setattr(torch.utils.data, "get_worker_info", lambda: info)
    drawn = []
    for seed in (7, 8, 7):
        monkeypatch.setattr(torch, "initial_seed", lambda seed=seed: seed)
        chance_remedies.seed_worker(0)
        source = info.dataset.dataset.chance
        new = torch.rand(1, generator=source) if isinstance(source, torch.Generator) else None
        drawn.append(float(new) if new is not None else float(source.random()))
    assert drawn[0] == drawn[2] != drawn[1]


@pytest.mark.parametrize(
    ("model", "what"), [(Remembers, "starts empty"), (OneColumn, "a cut for the single output")]
)
def test_the_program_s_own_metric_is_mended(model, what):
    found = metrics.own_metric_mended(case_of(model(), Data()), Finding("O17", 0.9, [], "val_acc"))
    assert found is not None and found.fixed
    assert what in found.evidence


def test_rows_set_apart_are_not_trained_on_however_often_they_come():
    x, y = blobs(120)
    case = case_of(Model(), Data((torch.cat([x, x]), torch.cat([y, y])), ()))
    train, held = batches.apart(case)
    trained = {tuple(row) for x, _ in train for row in x.tolist()}
    scored = [tuple(row) for x, _ in held for row in x.tolist()]
    assert len(scored) == len(set(scored)) == 24
    assert not trained & set(scored)
    assert len(trained) == 96


def test_a_fix_is_judged_on_rows_held_out_where_others_learn_training_rows_by_heart():
    case = case_of(Broadcast(), Data(val=()))
    case.outcome.ceiling = 1.8  # Beyond what any fix can reach on the training rows.
    finding = tried(case, "M10")
    assert finding.verified is True
    assert "on rows held out" in finding.evidence[1]


@pytest.mark.parametrize(
    ("before", "after", "fixed"),
    [
        (0.40, 0.95, True),
        (0.40, 0.85, False),
        (0.89, 0.91, False),
        (0.93, 0.995, True),
        (0.91, 0.98, False),
        (0.96, 1.00, False),
        (math.nan, 0.95, True),
    ],
)
def test_a_fix_restores_or_gains_nearly_all_that_was_lacking(before, after, fixed):
    assert judged(Mend("it"), before, after, 1.0, gone=True).fixed is fixed
