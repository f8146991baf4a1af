"""Amplitude of a noisy wave: plain torch objects, huber loss."""

import math

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


def waves(n, seed):
    g = torch.Generator().manual_seed(seed)
    amplitude = torch.rand(n, 1, generator=g) * 2
    phase = torch.rand(n, 1, generator=g) * math.pi
    t = torch.linspace(0, 2 * math.pi, 24)
    x = amplitude * torch.sin(t + phase) + 0.1 * torch.randn(n, 24, generator=g)
    return TensorDataset(x, amplitude - 1)


class Data:
    def train_dataloader(self):
        return DataLoader(waves(600, 0), batch_size=30, shuffle=True)

    def val_dataloader(self):
        return DataLoader(waves(200, 1), batch_size=200)


class Model(nn.Module):
    max_epochs = 20

    def __init__(self):
        super().__init__()
        self.a = nn.Linear(24, 32)
        self.b = nn.Linear(32, 1)

    def forward(self, x):
        return self.b(torch.relu(self.a(x)))

    def training_step(self, batch, batch_idx):
        x, amplitude = batch
        return nn.functional.huber_loss(self(x), amplitude)

    def validation_step(self, batch, batch_idx):
        x, amplitude = batch
        residual = (self(x) - amplitude).var()
        return {"val_r2": 1 - residual / amplitude.var()}

    def configure_optimizers(self):
        return torch.optim.NAdam(self.parameters(), lr=5e-3)
