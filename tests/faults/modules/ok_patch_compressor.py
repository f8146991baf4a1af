"""Bottleneck autoencoder on 8x8 patches with separate learning rates for the two halves."""

import lightning as L
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self, batch_size=50):
        super().__init__()
        self.batch_size = batch_size
        x = torch.tensor(load_digits().data / 16.0, dtype=torch.float32)
        perm = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
        self.train_x, self.val_x = x[perm[:1450]], x[perm[1450:]]

    def train_dataloader(self):
        return DataLoader(TensorDataset(self.train_x), batch_size=self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(TensorDataset(self.val_x), batch_size=347)


class Model(L.LightningModule):
    def __init__(self, code=8):
        super().__init__()
        torch.manual_seed(16)
        self.automatic_optimization = False
        self.encoder = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, code))
        self.decoder = nn.Sequential(
            nn.Linear(code, 64), nn.ReLU(), nn.Linear(64, 64), nn.Sigmoid()
        )

    def forward(self, x):
        return self.decoder(self.encoder(x))

    def training_step(self, batch, batch_idx):
        (x,) = batch
        opt_enc, opt_dec = self.optimizers()
        opt_enc.zero_grad()
        opt_dec.zero_grad()
        loss = nn.functional.mse_loss(self(x), x)
        self.manual_backward(loss)
        opt_enc.step()
        opt_dec.step()
        self.log("train_mse", loss, prog_bar=True)

    def validation_step(self, batch, batch_idx):
        (x,) = batch
        self.log("val_mse", nn.functional.mse_loss(self(x), x), prog_bar=True)

    def configure_optimizers(self):
        return (
            torch.optim.Adam(self.encoder.parameters(), lr=2e-3),
            torch.optim.Adam(self.decoder.parameters(), lr=3e-3),
        )
