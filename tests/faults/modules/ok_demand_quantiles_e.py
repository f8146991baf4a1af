import lightning as L
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

QS = (0.1, 0.5, 0.9)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        rng = np.random.default_rng(70)
        x = rng.uniform(-1, 1, (2400, 3))
        mean = 3e5 + 8e4 * np.sin(3 * x[:, 0]) + 5e4 * x[:, 1]
        y = mean + 3e4 * (0.3 + np.abs(x[:, 2])) * rng.normal(size=2400)
        x, y = torch.tensor(x).float(), torch.tensor(y).float()
        self.tr, self.va = TensorDataset(x[:2000], y[:2000]), TensorDataset(x[2000:], y[2000:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=400)


class Model(L.LightningModule):
    max_epochs = 25

    def __init__(self):
        super().__init__()
        torch.manual_seed(70)
        self.net = nn.Sequential(
            nn.Linear(3, 64), nn.GELU(), nn.Linear(64, 64), nn.GELU(), nn.Linear(64, 3)
        )
        self.register_buffer("loc", torch.tensor(0.0))
        self.register_buffer("spread", torch.tensor(1.0))
        self.register_buffer("q", torch.tensor(QS))

    def on_fit_start(self):
        y = self.trainer.datamodule.tr.tensors[1]
        self.loc.copy_(y.mean())
        self.spread.copy_(y.std())

    def forward(self, x):
        o = self.net(x)
        mid = o[:, 1:2]
        return torch.cat([mid - F.softplus(o[:, :1]), mid, mid + F.softplus(o[:, 2:])], 1)

    def pinball(self, batch):
        x, y = batch
        e = ((y - self.loc) / self.spread).unsqueeze(1) - self(x)
        return torch.maximum(self.q * e, (self.q - 1) * e).mean()

    def training_step(self, batch, _):
        loss = self.pinball(batch)
        self.log("train_pinball", loss)
        return loss

    def validation_step(self, batch, _):
        self.log("val_pinball", self.pinball(batch))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
