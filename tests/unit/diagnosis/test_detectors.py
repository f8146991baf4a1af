"""Every detector fires on a program with its fault and stays silent on the correct one.

Removing a detector, or blinding it, makes its line here fail.
"""

import dataclasses
import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from programs import Data, Jittered, Model, blobs
from torch import nn

from startsimple.diagnosis.building import build_case
from startsimple.diagnosis.detectors import all_detectors
from startsimple.diagnosis.experiment import Outcome
from startsimple.program.fit import observe_module


def found(model, data, name, harmed=False):
    torch.manual_seed(0)
    program, trace = observe_module(model, data, 60)
    case = build_case(program, trace)
    case.outcome = Outcome(0.0, 0.0, 0.05 if harmed else 1.0, harmed=harmed)
    detector = next(d for d in all_detectors() if d.name == name)
    return {finding.fault for finding in detector.run(case)}


class NoClear(Model):
    def optimizer_zero_grad(self, epoch, index, optimizer):
        pass


class ClearedLate(Model):
    def on_after_backward(self):
        self.zero_grad()


class EvalMode(Model):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 16), nn.Dropout(0.2), nn.ReLU(), nn.Linear(16, 3))

    def on_train_epoch_start(self):
        self.eval()


class NeverRests(Model):
    def forward(self, x):
        return F.dropout(self.net(x), 0.5)


class Starved(Model):
    def configure_optimizers(self):
        optimizer = super().configure_optimizers()
        schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.3)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


class Clipped(Model):
    gradient_clip_val = 1e-5


class Unscaled(Model):
    automatic_optimization = False

    def training_step(self, batch, index):
        optimizer = self.optimizers()
        self.manual_backward(super().training_step(batch, index))
        if index % 2 == 1:
            optimizer.step()
            optimizer.zero_grad()


class Keeps(Model):
    def training_step(self, batch, index):
        loss = super().training_step(batch, index)
        self.kept = [*getattr(self, "kept", []), loss]
        return loss


class Half(Model):
    def __init__(self):
        super().__init__()
        self.net.to(torch.bfloat16)

    def forward(self, x):
        return self.net(x.to(torch.bfloat16)).float()


class Listed(Model):
    def __init__(self):
        super().__init__()
        self.hidden = [nn.Linear(4, 4)]

    def forward(self, x):
        return self.net(F.relu(self.hidden[0](x)))


class Spare(Model):
    def __init__(self):
        super().__init__()
        self.spare = nn.Linear(4, 3)


class HalfOptimised(Model):
    def configure_optimizers(self):
        return torch.optim.Adam(self.net[2].parameters(), lr=1e-2)


class Mixed(Model):
    def forward(self, x):
        return self.net(x - x.mean(0))


class Blind(Model):
    def forward(self, x):
        return self.net(torch.zeros_like(x))


class Broadcast(Model):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))

    def training_step(self, batch, index):
        x, y = batch
        return F.mse_loss(self(x), y.float())

    def validation_step(self, batch, index):
        self.training_step(batch, index)


class Detaches(Model):
    def forward(self, x):
        hidden = self.net[0](x)
        return self.net[2](F.relu(hidden.detach()))


class NoGraph(Model):
    def forward(self, x):
        with torch.no_grad():
            hidden = self.net[0](x)
        return self.net[2](F.relu(hidden))


class Frozen(NoGraph):
    """The part that runs without a graph is in no optimiser: frozen on purpose."""

    def configure_optimizers(self):
        return torch.optim.Adam(self.net[2].parameters(), lr=self.lr)


class Vanishing(Model):
    def forward(self, x):
        return self.net(x / 255)


class Whole(Model):
    """Regression on targets that were cut to whole numbers."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))

    def training_step(self, batch, index):
        x, y = batch
        return F.mse_loss(self(x)[:, 0], y.float())

    def validation_step(self, batch, index):
        return {"loss": self.training_step(batch, index)}


def standard(rows, whole):
    goal = rows[0].sum(1)
    goal = 1.5 * (goal - goal.mean()) / goal.std()
    return rows[0], goal.long() if whole else goal


class WrongSlope(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.tanh(x)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return -grad * x


class Custom(Model):
    def forward(self, x):
        return self.net[2](WrongSlope.apply(self.net[0](x)))


class Norm(Model):
    momentum = 0.1

    def __init__(self):
        super().__init__()
        norm = nn.BatchNorm1d(16, momentum=self.momentum)
        self.net = nn.Sequential(nn.Linear(4, 16), norm, nn.ReLU(), nn.Linear(16, 3))


class Sluggish(Norm):
    momentum = 1e-5

    def __init__(self):
        super().__init__()
        with torch.no_grad():
            self.net[1].running_mean.fill_(30.0)


class Overcounts(Model):
    def validation_step(self, batch, index):
        x, y = batch
        guess = self(x).argmax(1)
        self.log("val_acc", (guess == y).float().sum() / 10)


class Misreports(Model):
    def validation_step(self, batch, index):
        x, y = batch
        self.log("val_acc", (self(x).argmax(1) == y).float().mean() * 0.3)


class Crosses(Model):
    def validation_step(self, batch, index):
        x, y = batch
        (self(x).argmax(1) == y[:, None]).float().mean()


class OneLabel(Model):
    def training_step(self, batch, index):
        x, y = batch
        return F.cross_entropy(self(x), y)

    def validation_step(self, batch, index):
        self.training_step(batch, index)


class Positive(Broadcast):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1), nn.ReLU())

    def training_step(self, batch, index):
        x, y = batch
        return F.mse_loss(self(x)[:, 0], -y.float() - 1.5)


class Numbered(Broadcast):
    def training_step(self, batch, index):
        x, y = batch
        loss = F.mse_loss(self(x)[:, 0], y.float())
        self.log("train_acc", (self(x)[:, 0].round() == y).float().mean())
        return loss


class Bottomless(Model):
    lr = 0.5

    def training_step(self, batch, index):
        return -super().training_step(batch, index)


class Counts(Model):
    def validation_step(self, batch, index):
        x, y = batch
        self.log("val_acc", (self(x).argmax(1) == y).float().sum() / 60)


class Remembers(Model):
    lr = 1e-3

    def __init__(self):
        super().__init__()
        self.hits = []

    def validation_step(self, batch, index):
        x, y = batch
        self.hits.append((self(x).argmax(1) == y).float().mean())

    def on_validation_epoch_end(self):
        self.log("val_acc", torch.stack(self.hits).mean())


class SharedNorm(Model):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 16), nn.Linear(16, 16)
        self.norm, self.head = nn.BatchNorm1d(16), nn.Linear(16, 3)

    def forward(self, x):
        hidden = F.relu(self.norm(self.first(x)))
        return self.head(F.relu(self.norm(self.second(hidden))))


def several_labels(rows):
    return rows[0], (rows[0][:, :3] > 0).float()


def shift(rows, amount):
    return rows[0] + amount, rows[1]


def permuted(rows):
    order = torch.randperm(len(rows[1]), generator=torch.Generator().manual_seed(3))
    return rows[0], rows[1][order]


def by_label(rows):
    order = rows[1].argsort()
    return rows[0][order], rows[1][order]


def with_nan(rows):
    x = rows[0].clone()
    x[3, 1] = torch.nan
    return x, rows[1]


def rare(rows, share=0.04):
    x, y = rows
    generator = torch.Generator().manual_seed(5)
    x = torch.randn(len(y), 4, generator=generator)
    score = x[:, 0] + 1.2 * torch.randn(len(y), generator=generator)
    return x, (score > score.quantile(1 - share)).long()


def with_target(rows):
    return torch.cat([rows[0][:, :3], rows[1][:, None].float() * 2 + 1], 1), rows[1]


def truncated(rows):
    x = (rows[0] - rows[0].mean(0)) / rows[0].std(0)
    return x.long().float(), rows[1]


CASES = [
    ("finite", Model, Data(with_nan(blobs())), "D04"),
    ("constant", Model, Data((blobs()[0], torch.zeros(240, dtype=torch.long))), "D05"),
    ("target-column", Model, Data(with_target(blobs())), "D09"),
    ("leak", Model, Data(val=tuple(t[:60] for t in blobs())), "D09"),
    ("agreement", Model, Data(permuted(blobs())), "D08"),
    ("agreement", Model, Data(val=shift(blobs(120, 1), 8.0)), "D12"),
    ("imbalance", Model, Data(rare(blobs(900)), rare(blobs(400, 1))), "D06"),
    ("cleared", NoClear, Data(), "O04"),
    ("steps", ClearedLate, Data(), "O05"),
    ("modes", EvalMode, Data(), "O08"),
    ("modes", NeverRests, Data(), "O08"),
    ("schedule", Starved, Data(), "O10"),
    ("clipping", Clipped, Data(), "O11"),
    ("accumulation", Unscaled, Data(), "O12"),
    ("graphs", Keeps, Data(), "O09"),
    ("precision", Half, Data(), "O18"),
    ("registered", Listed, Data(), "M16"),
    ("reached", Spare, Data(), "M16"),
    ("reached", Detaches, Data(), "M23"),
    ("reached", NoGraph, Data(), "M23"),
    ("scaled-inside", Vanishing, Data(), "D02"),
    ("dtype", Whole, Data(standard(blobs(), whole=True)), "D18"),
    ("optimised", HalfOptimised, Data(), "O06"),
    ("samples", Mixed, Data(), "M11"),
    ("numeric-gradient", Custom, Data(), "M23"),
    ("broadcast", Broadcast, Data(), "M10"),
    ("eval-collapse", Sluggish, Data(), "M20"),
    ("norm-settings", Sluggish, Data(), "M20"),
    ("validation-fixed", Model, Data(val=Jittered(blobs(120, 1))), "D14"),
    ("shuffled", Model, Data(by_label(blobs()), shuffle=False), "D15"),
    ("dtype", Model, Data(truncated(blobs())), "D18"),
    ("tiny-batch", Norm, Data(tuple(t[:194] for t in blobs())), "D19"),
    ("validated", Model, Data(val=()), "O15"),
    ("one-label", OneLabel, Data(several_labels(blobs()), several_labels(blobs(120, 1))), "M06"),
    ("output-range", Positive, Data(), "M03"),
    ("class-numbers", Numbered, Data(), "M06"),
    ("bottomless", Bottomless, Data(), "M08"),
    ("norm-shared", SharedNorm, Data(), "M20"),
    ("metric-rows", Counts, Data(), "O17"),
    ("metric-state", Remembers, Data(), "O17"),
    ("metric-range", Overcounts, Data(), "O17"),
    ("metric-value", Misreports, Data(), "O17"),
    ("metric-shape", Crosses, Data(), "O17"),
]


@pytest.mark.parametrize(
    ("name", "model", "data", "fault"), CASES, ids=[f"{c[0]}-{c[3]}-{c[1].__name__}" for c in CASES]
)
def test_a_detector_names_its_fault(name, model, data, fault):
    assert fault in found(model(), data, name)


def test_a_part_that_is_frozen_on_purpose_is_no_fault():
    assert found(Frozen(), Data(), "reached") == set()


def test_standardised_targets_with_fractions_are_not_truncated():
    assert found(Whole(), Data(standard(blobs(), whole=False)), "dtype") == set()


def test_weights_that_a_later_backward_pass_reaches_are_no_fault():
    class Two(Model):
        automatic_optimization = False

        def __init__(self):
            super().__init__()
            self.back = nn.Linear(3, 4)

        def training_step(self, batch, index):
            x, y = batch
            optimizer = self.optimizers()
            for loss in (
                lambda: F.cross_entropy(self(x), y),
                lambda: F.mse_loss(self.back(self(x)), x),
            ):
                optimizer.zero_grad()
                self.manual_backward(loss())
                optimizer.step()

    assert found(Two(), Data(), "reached") == set()


def test_input_used_needs_shown_harm():
    assert found(Blind(), Data(), "input-used", harmed=True) == {"M12"}
    assert found(Blind(), Data(), "input-used") == set()


def test_no_signal_names_misaligned_data_when_nothing_predicts_held_out_rows():
    data = Data(permuted(blobs()), permuted(blobs(120, 1)))
    assert found(Model(), data, "no-signal", harmed=True) == {"D08"}


def test_every_detector_is_silent_on_the_correct_program():
    torch.manual_seed(0)
    program, trace = observe_module(Model(), Data(), 60)
    trace.facts["repeats"] = True
    case = build_case(program, trace)
    case.outcome = Outcome(1.0, 1.0, 1.0, harmed=False)
    fired = {d.name: list(d.run(case)) for d in all_detectors()}
    assert {name: faults for name, faults in fired.items() if faults} == {}


def test_unrepeatable_runs_are_named():
    program, trace = observe_module(Model(), Data(), 60)
    trace.facts["repeats"] = False
    case = build_case(program, trace)
    detector = next(d for d in all_detectors() if d.name == "repeats")
    assert [f.fault for f in detector.run(case)] == ["O16"]


def test_reversed_channels_of_the_validation_split_are_named():
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(240) % 3
    images = 0.3 * torch.randn(240, 3, 8, 8, generator=generator)
    images += 2 * F.one_hot(labels, 3)[:, :, None, None]

    class Net(Model):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))

    reversed_ = (images[160:].flip(1), labels[160:])
    train = (images[:160], labels[:160])
    assert found(Net(), Data(train, reversed_), "channels") == {"D16"}
    assert found(Net(), Data(train, (images[160:], labels[160:])), "channels") == set()


def test_detector_names_are_unique():
    names = [d.name for d in all_detectors()]
    assert len(set(names)) == len(names)
    assert all(dataclasses.is_dataclass(d) for d in all_detectors())


def test_reshaped_images_are_rougher_than_permuted_ones():
    axis = np.linspace(0, 3, 8)
    smooth = np.sin(axis[:, None] + axis[None, :])
    images = np.stack([smooth + k for k in range(3)], -1)
    batch = torch.tensor(np.stack([images + 0.1 * i for i in range(12)]), dtype=torch.float32)

    class Net(Model):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(144, 3))

    labels = torch.tensor(list(itertools.islice(itertools.cycle([0, 1, 2]), 12)))
    wrong = (batch.reshape(12, 3, 8, 8), labels)
    right = (batch.permute(0, 3, 1, 2).contiguous(), labels)
    assert found(Net(), Data(wrong, wrong, batch=6), "channels") == {"D16"}
    assert found(Net(), Data(right, right, batch=6), "channels") == set()
