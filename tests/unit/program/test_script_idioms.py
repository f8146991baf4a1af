"""Loops as people write them: rows looked up by index, train rows scored too, several phases."""

import pytest
import torch

from startsimple.program.phases import STEPS_MIN

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

NEVER = """
model = net()
opt = torch.optim.Adam(model.parameters(), lr=0.03)
for step in range(12):
    F.cross_entropy(model(X[:80]), Y[:80]).backward()
    if step > 50:
        opt.step()
"""

CHECKPOINTED = """
from torch.utils.checkpoint import checkpoint
class Part(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Linear(4, 8), nn.Linear(8, 2)
    def forward(self, x):
        return self.head(checkpoint(self.body, x, use_reentrant=False).relu())
model = Part()
opt = torch.optim.Adam(model.parameters())
for rows in torch.arange(80).split(20):
    opt.zero_grad()
    F.cross_entropy(model(X[rows]), Y[rows]).backward()
    opt.step()
"""

DERIVATIVE = """
model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
opt = torch.optim.Adam(model.parameters())
for step in range(6):
    x = torch.rand(20, 4).requires_grad_(True)
    slope = torch.autograd.grad(model(x).sum(), x, create_graph=True)[0]
    loss = F.mse_loss(model(X[:80])[:, 0], X[:80, 1]) + slope.square().mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
"""

SCALED = """
R = 300 + 50 * X[:, :1]
mean, std = R[:80].mean(), R[:80].std()
model = nn.Linear(4, 1)
opt = torch.optim.Adam(model.parameters())
for rows in torch.arange(80).split(20):
    loss = ((model(X[rows]) - (R[rows] - mean) / std) ** 2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
with torch.no_grad():
    error = (model(X[80:]) * std + mean - R[80:]).abs().mean()
"""

OFFSETS = """
C, E = torch.poisson(torch.full((120,), 3.0)), torch.rand(120)
model = nn.Sequential(nn.Linear(4, 1), nn.Flatten(0))
opt = torch.optim.Adam(model.parameters())
for rows in torch.arange(80).split(20):
    opt.zero_grad()
    F.poisson_nll_loss(model(X[rows]) + E[rows], C[rows]).backward()
    opt.step()
with torch.no_grad():
    error = (torch.exp(model(X[80:]) + E[80:]) - C[80:]).abs().mean()
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


def test_a_model_that_no_optimiser_steps_on_is_copied_all_the_same(observe):
    subject, trace = observe(NEVER)
    assert (len(trace.losses), len(trace.steps)) == (12, 0)
    assert [type(o).__name__ for o in subject.optimizers()] == ["Adam"]
    assert subject.optimizers()[0].param_groups[0]["lr"] == 0.03


def test_a_part_that_is_computed_again_in_backward_is_no_other_model(observe):
    subject, _ = observe(CHECKPOINTED)
    assert len(subject.modules) == 1
    assert [len(b.inputs[0]) for b in subject.train] == [20] * 4


def test_losses_on_derivatives_are_replayed_without_gradients_too(observe):
    subject, trace = observe(DERIVATIVE)
    with torch.no_grad():
        step = subject.fork().step(subject.train[0])
    assert float(step.loss) == pytest.approx(trace.losses[0], rel=0.5)
    assert not step.loss.requires_grad
    assert trace.facts["unregistered"] == []


def test_targets_come_in_the_units_of_the_outputs_in_both_splits(observe):
    subject, _ = observe(SCALED)
    train = torch.cat([b.targets[0] for b in subject.train])
    val = torch.cat([b.targets[0] for b in subject.val])
    assert abs(float(train.mean())) < 0.1 and abs(float(val.mean())) < 1.0
    assert 0.5 < float(val.std()) < 2.0


def test_offsets_of_rows_are_no_targets(observe):
    subject, _ = observe(OFFSETS)
    for batch in (subject.train[0], subject.val[0]):
        assert bool((batch.targets[0] == batch.targets[0].round()).all())


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


TABLES = """
users, items = nn.Embedding(12, 3), nn.Embedding(9, 3)
class Factors(nn.Module):
    def __init__(self):
        super().__init__()
        self.users, self.items = users, items
    def forward(self, u, i):
        return (self.users(u) * self.items(i)).sum(1)
model = Factors()
U, I = torch.randint(0, 12, (120,)), torch.randint(0, 9, (120,))
R = torch.randn(120)
opt = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(2):
    for rows in TRAIN[torch.randperm(80)].split(20):
        opt.zero_grad()
        error = (model(U[rows], I[rows]) - R[rows]).pow(2).mean()
        penalty = model.users(U[rows]).pow(2).mean() + model.items(I[rows]).pow(2).mean()
        (error + 0.01 * penalty).backward()
        opt.step()
    with torch.no_grad():
        score = (model(U[TEST], I[TEST]) - R[TEST]).pow(2).mean()
"""

REWRAPPED = """
class Heads(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk, self.a, self.b = nn.Linear(4, 8), nn.Linear(8, 2), nn.Linear(8, 1)
    def forward(self, x):
        hidden = self.trunk(x).relu()
        return {"a": self.a(hidden), "b": self.b(hidden)[:, 0]}
model = Heads()
opt = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(2):
    for rows in TRAIN.split(20):
        opt.zero_grad()
        out = model(X[rows])
        losses = [F.cross_entropy(out["a"], Y[rows]), F.mse_loss(out["b"], X[rows][:, 2])]
        torch.tensor(sum(loss.item() for loss in losses), requires_grad=True).backward()
        opt.step()
"""


def test_a_penalty_on_parts_leaves_output_and_inputs_those_of_the_model(observe):
    program, trace = observe(TABLES)
    batch = next(program.batches("train"))
    assert [len(t) for t in batch.inputs] == [20, 20]
    output, target = program.pair(batch)
    assert output.shape == target.shape == (20,)
    assert len(trace.forward.inputs) == 2 and len(list(program.batches("val"))) == 1
    moved = program.with_inputs(batch, batch.inputs[0].roll(1, 0))
    fork = program.fork()
    penalty = fork.step(batch).loss - (output - target).pow(2).mean()
    rolled = fork.step(moved).loss - (fork.pair(moved)[0] - target).pow(2).mean()
    # The same rows in another order: the penalty on the parts follows them.
    assert float(penalty) == pytest.approx(float(rolled), rel=1e-4)


def test_losses_that_were_wrapped_anew_are_followed_as_their_sum(observe):
    program, trace = observe(REWRAPPED)
    assert trace.facts["attached"] is False
    loss = program.fork().step(next(program.batches("train"))).loss
    assert loss.requires_grad and float(loss.detach()) == pytest.approx(trace.losses[0])


SCALED_OUTSIDE = """
class Prices(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
    def latent(self, x):
        return self.net({inside}).squeeze(1)
    def forward(self, x):
        return self.latent(x)
model = Prices()
RAW, R = 50 + 9 * X, X[:, 0].clone()
opt = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(3):
    for rows in TRAIN[torch.randperm(80)].split(20):
        opt.zero_grad()
        F.mse_loss(model.latent(RAW[rows]), R[rows]).backward()
        opt.step()
    with torch.no_grad():
        score = (model(RAW[TEST]) - R[TEST]).pow(2).mean()
for rows in TRAIN.split(20):
    opt.zero_grad()
    F.mse_loss(model.latent(RAW[rows]), R[rows]).backward()
    opt.step()
"""


@pytest.mark.parametrize(("inside", "usable"), [("(x - 50) / 9", False), ("x", True)])
def test_a_module_around_the_trained_one_is_asked_in_its_own_units(observe, inside, usable):
    program, trace = observe(SCALED_OUTSIDE.format(inside=inside))
    assert trace.evaluations
    assert bool(list(program.batches("val"))) == usable


TRANSFORMED = (
    INDEXED
    + """
    many = torch.func.vmap(lambda row: model(row))(X[TEST])
    slope = torch.func.grad(lambda row: model(row).sum())(X[0])
    jump = torch.func.vmap(torch.func.grad(lambda row: F.mse_loss(model(row), row[:2])))(X[TEST])
    score = (many.argmax(1) == Y[TEST]).float().mean()
"""
)


def test_what_vmap_and_grad_stand_in_for_is_not_kept(observe):
    program, trace = observe(TRANSFORMED)
    assert [len(batch.inputs[0]) for batch in program.val] == [40]
    assert len(trace.steps) == 12


SPARSE = """
A = torch.eye(80).to_sparse()
class Graph(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = net()
    def forward(self, x, a):
        return torch.sparse.mm(a, self.net(x))
model = Graph()
opt = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(3):
    opt.zero_grad()
    F.cross_entropy(model(X[TRAIN], A), Y[TRAIN]).backward()
    opt.step()
"""


def test_sparse_tensors_do_not_end_the_program(observe):
    _, trace = observe(SPARSE)
    assert len(trace.steps) == 3


STATEFUL = """
class Memory(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell, self.head = nn.LSTM(1, 6, batch_first=True), nn.Linear(6, 1)
    def forward(self, x, state=None):
        out, state = self.cell(x, state)
        return self.head(out), state
Z = torch.randn(4, 35, 1).cumsum(1)
model, state = Memory(), None
opt = torch.optim.SGD(model.parameters(), lr=0.01)
for start in range(0, 30, 8):
    out, state = model(Z[:, start:start + 8][:, :30 - start], state)
    state = tuple(s.detach() for s in state)
    opt.zero_grad()
    F.mse_loss(out, Z[:, start + 1:start + 9][:, :30 - start]).backward()
    opt.step()
with torch.no_grad():
    out, _ = model(Z[:, 30:34], state)
    score = (out - Z[:, 31:]).abs().mean()
"""


def test_a_state_that_is_carried_on_is_handed_over_as_the_script_does(observe):
    program, trace = observe(STATEFUL)
    # The first step, which has no state yet, is another one than the rest.
    assert len(trace.steps) == 4
    assert [len(batch.inputs) for batch in program.batches("train")] == [3, 3, 3]
    assert [batch.targets[0].shape[1] for batch in program.batches("train")] == [8, 8, 6]
    (val,) = program.batches("val")
    assert program.predict(val).shape == (4, 4, 1)
    assert float(program.fork().step(next(program.batches("train"))).loss) >= 0


SKIPPED = """
model = net()
opt = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(3):
    model.train()
    for place, rows in enumerate(TRAIN.split(20)):
        loss = F.cross_entropy(model(X[rows]), Y[rows])
        if place == 3:
            continue
        opt.zero_grad()
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        score = (model(X[TEST]).argmax(1) == Y[TEST]).float().mean()
"""


def test_rows_of_a_training_pass_that_is_skipped_are_not_validation(observe):
    program, _ = observe(SKIPPED)
    assert [len(batch.inputs[0]) for batch in program.batches("val")] == [40]
    assert [len(batch.inputs[0]) for batch in program.batches("train")] == [20] * 9


SPREAD = """
class Spread(nn.Module):
    def __init__(self):
        super().__init__()
        self.mean, self.log_std = nn.Linear(4, 1), nn.Parameter(torch.zeros(1))
    def forward(self, x):
        return torch.distributions.Normal(self.mean(x), self.log_std.exp())
W = X.sum(1, keepdim=True)
model = Spread()
opt = torch.optim.SGD(model.parameters(), lr=0.1)
for rows in TRAIN.split(20):
    opt.zero_grad()
    (-model(X[rows]).log_prob(W[rows]).mean()).backward()
    opt.step()
with torch.no_grad():
    score = -model(X[TEST]).log_prob(W[TEST]).mean()
"""


def test_the_mean_of_a_distribution_is_what_a_model_answers(observe):
    program, _ = observe(SPREAD)
    assert program.task.kind == "regression"
    batch = next(program.batches("train"))
    assert program.predict(batch).shape == (20, 1)
    assert program.fork().step(batch).output.equal(program.predict(batch))


TWICE = """
model = net()
opt = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(2):
    for rows in TRAIN.split(20):
        opt.zero_grad()
        F.cross_entropy(model(X[rows]), Y[rows]).backward()
        opt.step()
    with torch.no_grad():
        for part in TEST.split(20):
            score = (model(X[part]).argmax(1) == Y[part]).float().mean()
with torch.no_grad():
    final = (model(X[TEST[:20]]).argmax(1) == Y[TEST[:20]]).float().mean()
"""


def test_rows_that_are_scored_once_more_at_last_count_once(observe):
    program, _ = observe(TWICE)
    assert [len(batch.inputs[0]) for batch in program.batches("val")] == [20, 20]


OWN_LOSS = """
class Own(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(4, 2)
    def forward(self, x, labels=None):
        logits = self.body(x)
        loss = F.cross_entropy(logits.view(-1, 2), labels.view(-1)) if labels is not None else None
        return {returned}
KIND = (X[:, 0] > 0).long()
model = Own()
opt = torch.optim.SGD(model.parameters(), lr=0.5)
for epoch in range(5):
    model.train()
    for rows in TRAIN.split(20):
        out = model(X[rows], labels=KIND[rows])
        opt.zero_grad()
        {loss}.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        out = model(X[TEST], labels=KIND[TEST])
"""


@pytest.mark.parametrize(
    ("returned", "loss"),
    [
        ("logits, loss", "out[1]"),
        ("(loss, logits)", "out[0]"),
        ("dict(loss=loss, y=logits)", "out['loss']"),
    ],
)
def test_a_model_that_computes_its_loss_itself_is_scored_by_its_labels(observe, returned, loss):
    program, trace = observe(OWN_LOSS.replace("{returned}", returned).replace("{loss}", loss))
    assert (program.task.kind, program.task.classes, program.several) == (
        "classification",
        2,
        False,
    )
    batch, val = next(program.batches("train")), next(program.batches("val"))
    assert program.predict(batch).shape == (20, 2)
    assert len(program.targets_of(val)) == 40
    step = program.fork().step(batch)
    assert float(step.loss) == pytest.approx(trace.losses[0])
    assert [call.name for call in step.calls] == ["cross_entropy"]
    turned = program.with_targets(batch, 1 - program.targets_of(batch))
    assert program.targets_of(turned).equal(1 - program.targets_of(batch))
    assert float(program.fork().step(turned).loss) != pytest.approx(trace.losses[0])
