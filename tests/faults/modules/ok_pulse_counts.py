import lightning as L
import numpy as np
import torch
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(1)


def simulate(n, rng):
    X = rng.normal(size=(n, 6)) * np.array([1, 2, 5, 1, 1, 3]) + 2
    z = (X - 2) / np.array([1, 2, 5, 1, 1, 3])
    rate = np.exp(0.6 * z[:, 0] - 0.5 * z[:, 1] + 0.4 * z[:, 2] * z[:, 3])
    return X, rng.poisson(rate)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        rng = np.random.default_rng(7)
        Xtr, ytr = simulate(2000, rng)
        Xva, yva = simulate(500, rng)
        sc = StandardScaler().fit(Xtr)
        t = lambda a: torch.tensor(a, dtype=torch.float32)
        self.tr = TensorDataset(t(sc.transform(Xtr)), t(ytr))
        self.va = TensorDataset(t(sc.transform(Xva)), t(yva))

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=500)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(6, 32), nn.SiLU(), nn.Linear(32, 32), nn.SiLU(), nn.Linear(32, 1)
        )
        self.crit = nn.PoissonNLLLoss(log_input=False)

    def forward(self, x):
        return self.body(x).squeeze(-1).exp()

    def training_step(self, batch, _):
        x, y = batch
        loss = self.crit(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        mu = self(x)
        self.log("val_loss", self.crit(mu, y))
        m = mu.clamp(min=1e-6)
        dev = 2 * (torch.xlogy(y, y / m) - (y - m)).mean()
        self.log("val_dev", dev, prog_bar=True)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
