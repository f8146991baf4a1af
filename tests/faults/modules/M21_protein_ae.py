import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        rng = np.random.default_rng(3)
        z = rng.normal(size=(1500, 4))
        x = np.tanh(z @ rng.normal(size=(4, 30))) + 0.1 * rng.normal(size=(1500, 30))
        x = (x - x.mean(0)) / x.std(0)
        x = torch.tensor(x, dtype=torch.float32)
        self.train, self.val = TensorDataset(x[:1200]), TensorDataset(x[1200:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=40, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=300)


class Model(L.LightningModule):
    def __init__(self, l2=0.05):
        super().__init__()
        torch.manual_seed(3)
        self.max_epochs = 25
        self.l2 = l2
        self.enc = nn.Sequential(nn.Linear(30, 64), nn.ELU(), nn.Linear(64, 6))
        self.dec = nn.Sequential(nn.Linear(6, 64), nn.ELU(), nn.Linear(64, 30))

    def forward(self, x):
        return self.dec(self.enc(x))

    def training_step(self, batch, batch_idx):
        (x,) = batch
        rec = nn.functional.mse_loss(self(x), x)
        penalty = sum(p.pow(2).sum() for p in self.parameters())
        self.log("rec", rec)
        return rec + self.l2 * penalty

    def validation_step(self, batch, batch_idx):
        (x,) = batch
        self.log("val_mse", nn.functional.mse_loss(self(x), x))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
