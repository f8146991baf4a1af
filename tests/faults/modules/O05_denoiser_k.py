"""Denoising autoencoder on scanned digits, manual optimisation."""

import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        X = torch.tensor(load_digits().data, dtype=torch.float32) / 16.0
        tr, va = train_test_split(torch.arange(len(X)).numpy(), test_size=0.2, random_state=1)
        g = torch.Generator().manual_seed(2)
        noisy = X + 0.15 * torch.randn(X.shape, generator=g)
        self.train_set = TensorDataset(noisy[tr], X[tr])
        self.val_set = TensorDataset(noisy[va], X[va])

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_set, batch_size=360)


class Model(L.LightningModule):
    max_epochs = 18

    def __init__(self, code=24):
        super().__init__()
        self.automatic_optimization = False
        self.encoder = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, code))
        self.decoder = nn.Sequential(nn.Linear(code, 96), nn.ReLU(), nn.Linear(96, 64))

    def forward(self, x):
        return self.decoder(self.encoder(x))

    def training_step(self, batch, batch_idx):
        noisy, clean = batch
        opt = self.optimizers()
        loss = F.mse_loss(self(noisy), clean)
        self.manual_backward(loss)
        opt.zero_grad()
        opt.step()
        self.log("train_loss", loss.detach(), prog_bar=True)

    def validation_step(self, batch, batch_idx):
        noisy, clean = batch
        rec = self(noisy)
        err = F.mse_loss(rec, clean)
        self.log("val_loss", err)
        self.log("val_r2", 1 - err / ((clean - clean.mean(0)) ** 2).mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)


if __name__ == "__main__":
    L.seed_everything(11)
    L.Trainer(
        max_epochs=Model.max_epochs, accelerator="cpu", logger=False, enable_checkpointing=False
    ).fit(Model(), Data())
