"""Parts joined with themselves, rows numbered by their place, dropout that drops nearly all."""

import pytest
import torch
from programs import Data, Model, blobs
from test_detectors import found
from test_remedies import tried
from torch import nn

from startsimple.diagnosis.building import build_case
from startsimple.diagnosis.experiment import Outcome
from startsimple.program.fit import observe_module


class Branches(Model):
    """The class is told by two features, each seen by one branch."""

    max_epochs = 20

    def __init__(self):
        super().__init__()
        del self.net
        self.one, self.other, self.head = nn.Linear(1, 8), nn.Linear(1, 8), nn.Linear(16, 3)

    def joined(self, one, other):
        return torch.cat([one, other], 1)

    def forward(self, x):
        one, other = self.one(x[:, :1]).relu(), self.other(x[:, 1:2]).relu()
        return self.head(self.joined(one, other))


class Twice(Branches):
    def joined(self, one, other):
        return torch.cat([one, one], 1)


class Doubled(Model):
    """Inputs, which no layer made, may be joined with themselves, as grey is to colours."""

    def __init__(self):
        super().__init__()
        self.net = nn.Linear(8, 3)

    def forward(self, x):
        return self.net(torch.cat([x, x], 1))


class Numbered(Model):
    """Adds a number to every row: its place in the batch."""

    def places(self, x):
        return torch.arange(len(x))[:, None]

    def forward(self, x):
        return self.net(x + self.places(x))


class NumberedAlong(Numbered):
    def places(self, x):
        return torch.arange(x.shape[1])


class Offset(Model):
    """A second input, one value a row, also changes the outputs."""

    def __init__(self):
        super().__init__()
        self.net, self.more = nn.Linear(4, 3), nn.Linear(1, 3)

    def forward(self, x, weight):
        return self.net(x) + self.more(weight)

    def training_step(self, batch, index):
        x, weight, y = batch
        return nn.functional.cross_entropy(self(x, weight), y)

    validation_step = training_step


class Dropping(Model):
    rate = 0.9

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(4, 32), nn.ReLU(), nn.Dropout(self.rate), nn.Linear(32, 3)
        )


class DroppingLess(Dropping):
    rate = 0.8


@pytest.mark.parametrize(
    ("model", "faults"), [(Twice, {"M18"}), (Branches, set()), (Doubled, set())]
)
def test_features_joined_with_themselves_are_seen_and_inputs_may_be(model, faults):
    assert found(model(), Data(), "joined") == faults


@pytest.mark.parametrize(("model", "faults"), [(Numbered, {"M11"}), (NumberedAlong, set())])
def test_rows_that_are_numbered_along_the_batch_are_seen(model, faults):
    assert found(model(), Data(), "place") == faults


def test_what_a_second_input_changes_is_not_taken_for_the_place_in_the_batch():
    x, y = blobs()
    weight = torch.rand(len(x), 1, generator=torch.Generator().manual_seed(0))
    data = Data((x, weight, y), (x[:60], weight[:60], y[:60]))
    assert found(Offset(), data, "place") == set()


@pytest.mark.parametrize(("model", "faults"), [(Dropping, {"M19"}), (DroppingLess, set())])
def test_dropout_that_keeps_next_to_nothing_is_seen(model, faults):
    assert found(model(), Data(), "dropped") == faults


def test_the_other_branch_is_joined_and_the_score_comes_back():
    torch.manual_seed(0)
    rows = [torch.randn(n, 4, generator=torch.Generator().manual_seed(n)) for n in (400, 120)]
    train, val = ((x, (x[:, 0] > 0).long() + (x[:, 1] > 0).long()) for x in rows)
    case = build_case(*observe_module(Twice(), Data(train, val), 60))
    case.outcome = Outcome(0.0, 0.0, 0.9, harmed=True)
    finding = tried(case, "M18")
    assert "other branch" in finding.evidence[1]
    assert finding.verified is True
