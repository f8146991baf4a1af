import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(7)
Q = (0.1, 0.5, 0.9)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        rng = np.random.default_rng(7)
        km, load, rain = rng.uniform(1, 30, 3000), rng.uniform(0, 1, 3000), rng.integers(0, 2, 3000)
        minutes = 8 + 2.2 * km + 12 * load**2 + rng.gamma(2, 1 + 0.12 * km * (1 + rain))
        x = np.stack([km / 15 - 1, 2 * load - 1, rain - 0.5], 1).astype(np.float32)
        y = minutes.astype(np.float32)
        self.shift, self.scale = float(y[:2400].mean()), float(y[:2400].std())
        x, y = torch.from_numpy(x), torch.from_numpy((y - self.shift) / self.scale)
        self.tr, self.va = TensorDataset(x[:2400], y[:2400]), TensorDataset(x[2400:], y[2400:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=600)


def pinball(pred, y):
    q = torch.tensor(Q, device=pred.device)
    e = y.unsqueeze(1) - pred
    return torch.maximum(q * e, (q - 1) * e).mean()


class Model(L.LightningModule):
    max_epochs = 25

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(3, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU())
        self.low = nn.Linear(64, 1)
        self.gaps = nn.Linear(64, len(Q) - 1)

    def forward(self, x):
        h = self.net(x)
        low = self.low(h)
        # quantiles cannot cross
        return torch.cat([low, low + nn.functional.softplus(self.gaps(h)).cumsum(1)], 1)

    def training_step(self, batch, _):
        x, y = batch
        loss = pinball(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        p = self(x)
        self.log("val_loss", pinball(p, y))
        self.log("val_r2_median", 1 - (p[:, 1] - y).pow(2).sum() / (y - y.mean()).pow(2).sum())
        self.log("val_cover80", ((y >= p[:, 0]) & (y <= p[:, 2])).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
