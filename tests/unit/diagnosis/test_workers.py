"""Batches that every worker yields again, generators made of noise, and images without contours."""

from types import SimpleNamespace

import pytest
import torch
from programs import Data, Model, blobs
from test_detectors import found
from test_remedies import case_of, tried
from torch import nn
from torch.utils.data import Dataset

from startsimple.diagnosis.detectors.loaders import surely_smoother
from startsimple.diagnosis.detectors.workers import repeated_batches


@pytest.mark.parametrize(
    ("workers", "places", "faults"),
    [
        (2, [0, 0, 1, 1, 2, 2, 3, 3], ["D17"]),
        (1, [0, 0, 1, 1, 2, 2, 3, 3], []),
        (2, [0, 1, 2, 3, 0, 1, 2, 3], []),
        (2, [0] * 8, []),  # One batch holds everything.
    ],
)
def test_batches_that_two_workers_yield_alike_are_seen(workers, places, faults):
    batches = [torch.full((4, 2), float(place)) for place in places]
    case = SimpleNamespace(
        trace=SimpleNamespace(facts={"workers": workers}),
        lab=SimpleNamespace(train=batches),
        program=SimpleNamespace(inputs_of=lambda batch: batch),
    )
    assert [finding.fault for finding in repeated_batches(case)] == faults


class EachTwice(Dataset):
    """Rows in an order in which every batch comes twice, as from two workers."""

    def __init__(self, rows):
        self.x, self.y = rows

    def __len__(self):
        return 2 * len(self.y)

    def __getitem__(self, index):
        place = 32 * (index // 64) + index % 32
        return self.x[place], self.y[place]


def test_batches_that_came_twice_are_taken_once():
    case = case_of(Model(), Data(EachTwice(blobs(256)), blobs(120, 1), shuffle=False))
    case.trace.facts["workers"] = 2
    assert [finding.fault for finding in repeated_batches(case)] == ["D17"]
    found = tried(case, "D17", "training dataset")
    assert found.verified is True and "each batch taken once" in found.evidence[1]


class Generator(Model):
    """Answers with noise of its own, whatever comes in."""

    def __init__(self):
        super().__init__()
        self.net = nn.Linear(2, 3)

    def forward(self, x):
        return self.net(torch.randn(len(x), 2))


class Noisy(Generator):
    def __init__(self):
        super().__init__()
        self.net = nn.Linear(4, 3)

    def forward(self, x):
        return self.net(x + torch.randn_like(x))


@pytest.mark.parametrize(("model", "faults"), [(Noisy, {"O08"}), (Generator, set())])
def test_a_generator_may_answer_with_noise_and_a_classifier_may_not(model, faults):
    assert found(model(), Data(), "modes") == faults


def test_faint_shapes_in_noise_tell_the_order_of_the_axes():
    generator = torch.Generator().manual_seed(0)
    images = 0.3 * torch.randn(400, 8, 8, 3, generator=generator)
    images[:, 2:6, 2:6] += torch.tensor([0.6, 0.0, -0.6])
    permuted, viewed = images.permute(0, 3, 1, 2), images.reshape(-1, 3, 8, 8)

    def last(x):
        return x.reshape(len(x), 8, 8, 3).permute(0, 3, 1, 2)

    assert surely_smoother(viewed, last(viewed))
    assert not surely_smoother(permuted, last(permuted.contiguous()))
    noise = torch.randn(400, 3, 8, 8, generator=generator)
    assert not surely_smoother(noise, last(noise))
