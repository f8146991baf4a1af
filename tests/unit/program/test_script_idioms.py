"""Loops as people write them: rows looked up by index, train rows scored too, several phases."""

import textwrap

import pytest
import torch

from startsimple.program.phases import STEPS_MIN
from startsimple.program.script import observe_script

HEAD = """
import torch
from torch import nn
import torch.nn.functional as F
torch.manual_seed(0)
X = torch.randn(120, 4)
Y = (X[:, 0] > 0).long() + 5 * (X[:, 1] > 1).long().clamp(max=0)
TRAIN, TEST = torch.arange(80), torch.arange(80, 120)
def net():
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
"""

INDEXED = """
model = net()
opt = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(3):
    for rows in TRAIN[torch.randperm(80)].split(20):
        opt.zero_grad()
        F.cross_entropy(model(X[rows]), Y[rows]).backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        for part in (TRAIN, TEST):
            score = (model(X[part]).argmax(1) == Y[part]).float().mean()
"""

CLOSURE = """
model = net()
opt = torch.optim.LBFGS(model.parameters(), lr=0.5, max_iter=5)
def closure():
    opt.zero_grad()
    loss = F.cross_entropy(model(X[:80]), Y[:80])
    loss.backward()
    return loss
for step in range(6):
    opt.step(closure)
with torch.no_grad():
    score = (model(X[80:]).argmax(1) == Y[80:]).float().mean()
"""

PAIRS = """
class Rating(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Embedding(9, 3), nn.Embedding(7, 3)
    def forward(self, i, j):
        return (self.a(i) * self.b(j)).sum(1)
I, J = torch.randint(0, 9, (120,)), torch.randint(0, 7, (120,))
R = 3 + torch.randn(120)
model = Rating()
opt = torch.optim.Adam(model.parameters())
for rows in torch.arange(80).split(20):
    opt.zero_grad()
    F.mse_loss(model(I[rows], J[rows]), R[rows]).backward()
    opt.step()
with torch.no_grad():
    print(F.mse_loss(model(I[80:], J[80:]), R[80:]))
"""

MIXED = """
model = net()
opt = torch.optim.Adam(model.parameters())
for step in range(8):
    order = torch.randperm(80)
    x = 0.7 * X[:80] + 0.3 * X[order]
    out = model(x)
    loss = 0.7 * F.cross_entropy(out, Y[:80]) + 0.3 * F.cross_entropy(out, Y[order])
    opt.zero_grad()
    loss.backward()
    opt.step()
with torch.no_grad():
    print((model(X[80:]).argmax(1) == Y[80:]).float().mean())
"""

PHASES = """
def fit(model, opt, target, steps):
    for step in range(steps):
        opt.zero_grad()
        F.cross_entropy(model(X[:80]), target[:80]).backward()
        opt.step()
model = net()
fit(model, torch.optim.Adam(model.parameters(), lr=0.5), (X[:, 2] > 0).long(), {first})
model[2] = nn.Linear(8, 2)
fit(model, torch.optim.Adam(model.parameters(), lr=0.25), Y, 30)
"""

# The second optimiser is built before the head is replaced.
STALE = PHASES.replace(
    "model[2] = nn", "late = torch.optim.Adam(model.parameters(), lr=0.25)\nmodel[2] = nn"
)
STALE = STALE.replace("torch.optim.Adam(model.parameters(), lr=0.25), Y", "late, Y")
REFRESHED = PHASES.replace("model[2] = nn.Linear(8, 2)", "")

OPEN = """
model = net()
opt = torch.optim.Adam(model.parameters())
seen = []
for epoch in range(20):
    model.train()
    opt.zero_grad()
    F.cross_entropy(model(X[:80]), Y[:80]).backward()
    opt.step()
    model.eval()
    loss = F.cross_entropy(model(X[80:]), Y[80:])
    seen.append({kept})
"""


@pytest.fixture
def observe(tmp_path):
    def run(body):
        path = tmp_path / "train.py"
        path.write_text(textwrap.dedent(HEAD + body))
        subject, trace = observe_script(path, [], 60)
        assert trace.error == ""
        return subject, trace

    return run


def test_targets_are_the_rows_looked_up_not_their_places(observe):
    subject, _ = observe(INDEXED)
    targets = torch.cat([batch.targets[0] for batch in subject.train])
    assert set(targets.tolist()) == {0, 1}
    assert (subject.task.kind, subject.task.classes) == ("classification", 2)


def test_a_model_first_called_in_a_closure_is_copied_before_it_moves(observe):
    subject, trace = observe(CLOSURE)
    torch.manual_seed(0)
    torch.randn(120, 4)
    fresh = torch.nn.Linear(4, 8).weight
    copied = next(subject.fork().model.parameters())
    assert copied.shape == fresh.shape
    assert torch.equal(copied, fresh)
    assert len(trace.steps) == 6
    assert [len(x[0]) for x in (b.inputs for b in subject.val)] == [40]


def test_scores_of_training_rows_are_not_taken_for_validation(observe):
    subject, _ = observe(INDEXED)
    assert [len(batch.inputs[0]) for batch in subject.val] == [40]


def test_all_tensors_that_enter_in_evaluation_are_kept(observe):
    subject, _ = observe(PAIRS)
    (batch,) = subject.val
    assert [len(t) for t in batch.inputs] == [40, 40]
    assert subject.predict(batch).shape == (40,)


def test_mixed_labels_get_the_target_of_the_evaluation_for_each(observe):
    subject, _ = observe(MIXED)
    (batch,) = subject.val
    assert len(batch.targets) == len(subject.train[0].targets) == 2
    assert subject.step(batch).loss.ndim == 0


@pytest.mark.parametrize("body", [PHASES, STALE], ids=["fresh", "stale"])
def test_the_last_phase_is_the_one_that_is_diagnosed(observe, body):
    subject, trace = observe(body.format(first=25))
    assert {step.rates[0] for step in trace.steps} == {0.25}
    assert "phases" in trace.notes[0]
    assert torch.equal(subject.train[0].targets[0], (subject.train[0].inputs[0][:, 0] > 0).long())
    assert len(subject.plans) == 1


@pytest.mark.parametrize(
    ("body", "first"), [(REFRESHED, 25), (PHASES, STEPS_MIN - 5)], ids=["same-weights", "short"]
)
def test_a_fresh_optimiser_alone_begins_no_phase(observe, body, first):
    _, trace = observe(body.format(first=first))
    assert len(trace.steps) == first + 30
    assert trace.notes == []


@pytest.mark.parametrize(("kept", "share"), [("loss", 1.0), ("loss.item()", 0.0)])
def test_evaluation_that_keeps_its_graphs_is_seen(observe, kept, share):
    _, trace = observe(OPEN.replace("{kept}", kept))
    assert trace.kept_evaluations == share
