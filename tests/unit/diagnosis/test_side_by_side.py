"""What looks like a fault and is none, and faults that hide in states, recurrent layers, lists."""

import dataclasses

import pytest
import torch
import torch.nn.functional as F
from programs import Data, Model, blobs
from sklearn.datasets import load_digits
from test_detectors import found
from test_remedies import case_of, tried
from torch import nn

from startsimple.diagnosis.building import build_case
from startsimple.diagnosis.detectors.data import agreement, constant
from startsimple.diagnosis.detectors.dependence import ignores_input
from startsimple.diagnosis.detectors.wiring import place_in_batch
from startsimple.diagnosis.experiment import Experiment, Outcome
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.quick import structure
from startsimple.diagnosis.remedies import verify
from startsimple.diagnosis.remedies.remedy import Mend
from startsimple.diagnosis.setup import Setup
from startsimple.program.clock import worked
from startsimple.program.fit import observe_module
from startsimple.program.script import observe_script


class Symbols(Model):
    """Tells which symbol came first."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Embedding(3, 4), nn.Flatten(), nn.Linear(16, 3))


def symbols(rows, seed):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randint(0, 3, (rows, 4), generator=generator)
    return x, x[:, 0]


class Forgetful(Model):
    """A cell whose state, made in forward, carries no gradient from step to step."""

    detached = True

    def __init__(self):
        super().__init__()
        del self.net
        self.cell, self.head = nn.GRUCell(1, 8), nn.Linear(8, 3)

    def forward(self, x):
        state = torch.zeros(len(x), 8)
        for column in x.T:
            state = self.cell(column[:, None], state.detach() if self.detached else state)
        return self.head(state)


class Mindful(Forgetful):
    detached = False


class Shrinks(Model):
    """A recurrent layer that gets a hundredth of inputs that were scaled before."""

    by = 100

    def __init__(self):
        super().__init__()
        del self.net
        self.rnn, self.head = nn.LSTM(1, 8, batch_first=True), nn.Linear(8, 3)

    def forward(self, x):
        return self.head(self.rnn(x.unsqueeze(-1) / self.by)[0][:, -1])


class Keeps(Shrinks):
    by = 1


class Lists(Model):
    """Looks at each batch once more after the step, and keeps what it saw."""

    keeps = True
    max_epochs = 12

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_batch_end(self, outputs, batch, index):
        loss = F.cross_entropy(self(batch[0]), batch[1])
        self.seen.append(loss if self.keeps else loss.item())


class Notes(Lists):
    keeps = False


class Sign(torch.autograd.Function):
    """A jump with a gradient that is made up, to pass straight through."""

    @staticmethod
    def forward(ctx, x):
        return torch.where(x >= 0, 1.0, -1.0)

    @staticmethod
    def backward(ctx, grad):
        return grad


class Codes(Model):
    """Hashes its inputs to bits that are learnt."""

    def __init__(self):
        super().__init__()
        self.net, self.head = nn.Linear(4, 8), nn.Linear(8, 3)

    def forward(self, x):
        return self.head(Sign.apply(self.net(x)))


class Latent(Model):
    """A generator: what comes out has nothing to do with what comes in."""

    def __init__(self):
        super().__init__()
        self.net = nn.Linear(2, 3)

    def forward(self, x):
        same = torch.Generator().manual_seed(3)
        return self.net(torch.randn(len(x), 2, generator=same))


class Rivals(Model):
    """Two parts with an optimiser each, of which one is kept from the other's loss."""

    def __init__(self):
        super().__init__()
        self.net, self.judge = nn.Linear(4, 4), nn.Linear(4, 3)

    def forward(self, x):
        return self.judge(self.net(x).detach())

    def configure_optimizers(self):
        return [torch.optim.SGD(part.parameters(), lr=0.1) for part in (self.net, self.judge)]


@pytest.mark.parametrize(
    ("name", "model", "data", "faults"),
    [
        ("target-column", Symbols, Data(symbols(240, 0), symbols(120, 1)), set()),
        ("numeric-gradient", Forgetful, Data(), {"M23"}),
        ("numeric-gradient", Mindful, Data(), set()),
        ("numeric-gradient", Codes, Data(), set()),
        ("numeric-gradient", Rivals, Data(), set()),
        ("place", Latent, Data(), set()),
        ("scaled-inside", Shrinks, Data(), {"D02"}),
        ("scaled-inside", Keeps, Data(), set()),
        ("graphs", Lists, Data(), {"O09"}),
        ("graphs", Notes, Data(), set()),
    ],
)
def test_what_is_seen(name, model, data, faults):
    assert found(model(), data, name) == faults


REAL_AND_FAKE = """
import torch
from torch import nn
torch.manual_seed(0)
maker = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
judge = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1))
opt = torch.optim.SGD(judge.parameters(), lr=0.1)
bce = nn.functional.binary_cross_entropy_with_logits
one, zero = torch.full((16, 1), {real}), torch.zeros(16, 1)
for step in range(20):
    opt.zero_grad()
    fake = maker(torch.randn(16, 3))
    (bce(judge(torch.randn(16, 2)), one) + bce(judge(fake.detach()), zero)).backward()
    opt.step()
"""

TOWERS = """
import torch
from torch import nn
torch.manual_seed(0)
A, B = torch.randn(200, 4), torch.randn(200, 3)
one, other = nn.Linear(4, 5), nn.Linear(3, 5)
opt = torch.optim.Adam([*one.parameters(), *other.parameters()], lr=1e-3)
for epoch in range(4):
    for rows in torch.randperm(200).split(20):
        opt.zero_grad()
        pairs = one(A[rows]) @ other(B[rows]).T
        nn.functional.cross_entropy(pairs, torch.arange(len(rows))).backward()
        opt.step()
"""

AUGMENTED = """
import torch
from torch import nn
torch.manual_seed(0)
centres = torch.tensor([[2.0, 0, 0, 1], [-2.0, 1, 0, 0], [0, -2.0, 1, 0]])
Y = torch.randint(0, 3, (400,))
X = centres[Y] + 0.5 * torch.randn(400, 4)
net = nn.Linear(4, 3)
opt = torch.optim.SGD(net.parameters(), lr=0.1)
for epoch in range(8):
    for rows in torch.randperm(300).split(20):
        opt.zero_grad()
        x = X[rows] {change}
        nn.functional.cross_entropy(net(x), Y[rows]).backward()
        opt.step()
with torch.no_grad():
    score = (net(X[300:]).argmax(1) == Y[300:]).float().mean()
"""


@pytest.fixture
def script(tmp_path):
    def case(text):
        path = tmp_path / "train.py"
        path.write_text(text)
        made = build_case(*observe_script(path, [], 60))
        made.outcome = Outcome(0.0, 0.0, 1.0, harmed=True)
        return made

    return case


@pytest.mark.parametrize(("real", "faults"), [(0.9, []), (0.0, ["D05"])])
def test_real_and_fake_are_two_labels(script, real, faults):
    assert [f.fault for f in constant(script(REAL_AND_FAKE.format(real=real)))] == faults


@pytest.mark.parametrize("look", [place_in_batch, ignores_input])
def test_two_towers_take_an_input_each(script, look):
    assert list(look(script(TOWERS))) == []


@pytest.mark.parametrize(
    ("change", "faults"), [("+ 12 * torch.randn(len(rows), 4)", {"D13"}), ("", set())]
)
def test_rows_that_a_script_augments_beyond_recognition(script, change, faults):
    assert {f.fault for f in agreement(script(AUGMENTED.format(change=change)))} == faults


@pytest.mark.parametrize(("share", "faults"), [(0.98, {"D05"}), (0.5, set())])
def test_inputs_of_which_all_but_a_few_are_equal(share, faults):
    x, y = blobs()
    x[: int(share * len(x))] = 1.0
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    assert found(Model(), Data((x[order], y[order])), "constant") == faults


def test_unrelated_columns_have_no_structure_and_clusters_have():
    generator = torch.Generator().manual_seed(0)
    assert structure(torch.randn(600, 8, generator=generator).numpy()) < 1.2
    assert structure(blobs(600)[0].numpy()) > 1.5


@pytest.mark.parametrize(
    ("observed", "reached", "harmed"), [(-0.06, 0.09, False), (-0.5, 0.09, True), (0.0, 0.5, True)]
)
def test_a_little_below_chance_is_at_chance(observed, reached, harmed):
    torch.manual_seed(0)
    case = build_case(*observe_module(Model(), Data(), 60))
    experiment = Experiment(case, worked() + 60)
    experiment.outcome = Outcome(observed, observed, reached, harmed=False)
    assert experiment._harmed() == harmed


def test_changes_are_made_side_by_side_unless_both_bring_their_own_rows():
    rate = Mend("a rate", (Setup(rate=10.0), Setup(rate=100.0)))
    scaled, rows = Mend("scaling", (Setup(inputs=True),)), Mend("rows", train=[1], longer=2.0)
    both = rate.beside(scaled)
    assert both.setups == [Setup(rate=10.0, inputs=True), Setup(rate=100.0, inputs=True)]
    assert rate.beside(rows).train == [1] and rows.beside(rate).longer == 2.0
    assert rows.beside(dataclasses.replace(rows)) is None


class CutAndSlow(Model):
    """An autoencoder whose encoder gets no gradient, at a rate that is far too low."""

    lr = 2e-6
    max_epochs = 15

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.encoder = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 16))
        self.net = nn.Sequential(nn.Linear(16, 48), nn.ReLU(), nn.Linear(48, 64))

    def forward(self, x):
        return self.net(self.encoder(x).detach())

    def training_step(self, batch, index):
        return F.mse_loss(self(batch[0]), batch[1])

    validation_step = training_step


def test_a_change_of_the_graph_and_one_of_the_rate_are_tried_at_once():
    x = torch.tensor(load_digits().data / 16).float()
    case = case_of(CutAndSlow(), Data((x[:1200], x[:1200]), (x[1200:], x[1200:])))
    case.outcome.ceiling = 0.96  # What the default network reaches.
    findings = [Finding("M23", 0.9, ["seen"], ""), Finding("O02", 0.6, ["seen"], "")]
    alone = [tried(case, finding.fault).verified for finding in findings]
    together = verify.verified(case, findings, worked() + 60)
    shown = [(f.verified, f.evidence[1]) for f in together]
    assert alone == [False, False] and all(f.verified for f in together), shown
