"""Denoising convolutional autoencoder: noise on the input in training only."""

import lightning as L
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        images = torch.tensor(load_digits().images).float().unsqueeze(1) / 8 - 1
        images = images[torch.randperm(len(images), generator=torch.Generator().manual_seed(3))]
        self.train, self.val = images[:1400], images[1400:]

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=28, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=397)


class Model(L.LightningModule):
    max_epochs = 8

    def __init__(self):
        super().__init__()
        self.down = nn.Sequential(
            nn.Conv2d(1, 16, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 8, 3, stride=2, padding=1),
        )
        self.up = nn.Sequential(
            nn.ConvTranspose2d(8, 16, 2, stride=2),
            nn.ReLU(),
            nn.ConvTranspose2d(16, 1, 2, stride=2),
            nn.Tanh(),
        )

    def forward(self, x):
        return self.up(self.down(x))

    def training_step(self, clean, batch_idx):
        noisy = clean + 0.2 * torch.randn_like(clean)
        return nn.functional.l1_loss(self(noisy), clean)

    def validation_step(self, clean, batch_idx):
        error = ((self(clean) - clean) ** 2).mean()
        self.log("explained", 1 - error / ((clean - clean.mean(0)) ** 2).mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=5e-3)
