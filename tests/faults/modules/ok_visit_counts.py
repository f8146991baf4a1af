import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def visits(n=2000):
    rng = np.random.default_rng(40)
    age = rng.uniform(0, 1, n)
    season = rng.uniform(0, 1, n)
    chronic = rng.integers(0, 2, n)
    other = rng.normal(size=(n, 3))
    log_rate = (
        0.3
        + 1.2 * chronic * age
        + 0.7 * np.cos(2 * np.pi * season)
        + 0.3 * other[:, 0] * other[:, 1]
    )
    y = rng.poisson(np.exp(np.clip(log_rate, -3, 3)))
    x = np.column_stack([2 * age - 1, 2 * season - 1, 2 * chronic - 1, other])
    return torch.tensor(x).float(), torch.tensor(y).float()


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        x, y = visits()
        self.ds = TensorDataset(x[:1600], y[:1600]), TensorDataset(x[1600:], y[1600:])

    def train_dataloader(self):
        return DataLoader(self.ds[0], batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.ds[1], batch_size=400)


class Model(L.LightningModule):
    max_epochs = 25

    def __init__(self):
        super().__init__()
        torch.manual_seed(40)
        self.automatic_optimization = False
        self.net = nn.Sequential(
            nn.Linear(6, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh(), nn.Linear(48, 1)
        )
        self.nll = nn.PoissonNLLLoss(log_input=True)

    def forward(self, x):
        return self.net(x).squeeze(1)

    def training_step(self, batch, batch_idx):
        x, y = batch
        opt = self.optimizers()
        loss = self.nll(self(x), y)
        opt.zero_grad()
        self.manual_backward(loss)
        self.clip_gradients(opt, gradient_clip_val=1.0, gradient_clip_algorithm="norm")
        opt.step()
        self.log("train_nll", loss, prog_bar=True)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        lr = self(x)
        dev = 2 * (torch.xlogy(y, y.clamp(min=1e-9)) - y * lr - y + lr.exp()).mean()
        self.log("val_deviance", dev)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
