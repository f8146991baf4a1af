"""Targets that were drawn for other rows are told from noise of any tail."""

import numpy as np
import pytest
import torch
from programs import Data
from torch import nn

from startsimple.diagnosis.building import build_case
from startsimple.diagnosis.detectors.swapped import FEW, SURE, swapped, swapped_share
from startsimple.program.fit import observe_module

ROWS = 800


def answers(seed=0):
    rng = np.random.default_rng(seed)
    return rng, rng.normal(size=ROWS)


def mixed(values, share, rng):
    wrong = rng.choice(len(values), int(share * len(values)), replace=False)
    values = values.copy()
    values[wrong] = values[rng.permutation(wrong)]
    return values


@pytest.mark.parametrize("share", [0.15, 0.3, 0.6])
def test_the_share_of_swapped_targets_is_found(share):
    rng, guess = answers()
    fitted, gain = swapped_share(guess, mixed(guess + 0.3 * rng.normal(size=ROWS), share, rng))
    assert gain > SURE
    assert fitted == pytest.approx(share, abs=0.06)


NOISES = {
    "normal": lambda rng, f: 0.5 * rng.normal(size=ROWS),
    "heavy tails": lambda rng, f: 0.3 * rng.standard_t(2, ROWS),
    "growing with the value": lambda rng, f: 0.4 * np.exp(f / 2) * rng.normal(size=ROWS),
    "skewed": lambda rng, f: rng.exponential(0.7, ROWS),
    "a few far out": lambda rng, f: (
        rng.choice([0.2, 4], ROWS, p=[0.85, 0.15]) * rng.normal(size=ROWS)
    ),
}


@pytest.mark.parametrize("noise", NOISES.values(), ids=NOISES)
@pytest.mark.parametrize("seed", range(4))
def test_noise_around_the_prediction_is_no_swap(noise, seed):
    rng, guess = answers(seed)
    fitted, gain = swapped_share(guess, guess + noise(rng, guess))
    assert gain < SURE or fitted < FEW


class Line(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Linear(3, 1)

    def training_step(self, batch, batch_idx):
        return nn.functional.mse_loss(self.net(batch[0]), batch[1])

    validation_step = training_step

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), 1e-2)


def rows(count, share, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 3))
    y = mixed(x @ [1.0, -2.0, 0.5] + 0.2 * rng.normal(size=count), share, rng)
    return torch.tensor(x).float(), torch.tensor(y).float()[:, None]


@pytest.mark.parametrize(("share", "faults"), [(0.4, {"D07"}), (0.0, set())])
def test_a_program_whose_splits_are_both_swapped_is_found(share, faults):
    torch.manual_seed(0)
    program, trace = observe_module(Line(), Data(rows(600, share, 0), rows(200, share, 1)), 60)
    assert {finding.fault for finding in swapped(build_case(program, trace))} == faults
