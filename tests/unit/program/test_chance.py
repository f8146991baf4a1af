"""Sources of chance seeded alike, or held still."""

import random

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from startsimple.program.repeats import runs_repeat, sources_seeded
from startsimple.program.still import still


class Clocked(nn.Module):
    """Weights and data from seeds of the moment."""

    def __init__(self):
        super().__init__()
        torch.seed()
        self.layer = nn.Linear(3, 1)

    def training_step(self, batch, index):
        return (self.layer(batch[0]) ** 2).mean()


class ClockedData:
    def train_dataloader(self):
        generator = torch.Generator()
        generator.seed()
        x = torch.randn(20, 3, generator=generator) + float(np.random.default_rng().normal())
        return DataLoader(TensorDataset(x), batch_size=5)


def make():
    return Clocked(), ClockedData()


def test_a_program_seeded_by_the_clock_repeats_once_every_source_is_seeded():
    assert not runs_repeat(make)
    with sources_seeded():
        assert runs_repeat(make)
    assert not runs_repeat(make)


@pytest.mark.parametrize(
    "draw",
    [
        lambda: torch.rand(2, 3),
        lambda: torch.randn(2),
        lambda: torch.randn_like(torch.ones(3)),
        lambda: torch.randint(-2, 3, (4,)),
        lambda: torch.randint(5, size=(4,)),
        lambda: np.random.normal(1.0, 2.0, size=3),
        lambda: np.random.uniform(-1, 1),
        lambda: np.random.randint(10),
        lambda: np.random.randn(2, 2),
        lambda: random.uniform(0, 1),
        lambda: random.randint(0, 4),
        lambda: random.gauss(0, 1),
    ],
)
def test_chance_that_is_held_still_gives_one_value_of_the_same_form(draw):
    free = np.asarray(draw())
    with still():
        one, two = np.asarray(draw()), np.asarray(draw())
    assert np.array_equal(one, two)
    assert one.shape == free.shape


def test_still_noise_is_nothing_and_a_still_shift_stands_in_its_middle():
    with still():
        assert float(torch.randn(3).abs().sum()) == 0
        assert int(torch.randint(-2, 3, (1,))) == 0
        assert random.random() == 0.5
