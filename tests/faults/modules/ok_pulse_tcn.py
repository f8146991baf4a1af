import lightning as L
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        rng = np.random.default_rng(12)
        n, T = 1800, 48
        y = rng.integers(0, 4, n)
        x = rng.normal(0, 0.6, (n, 2, T))
        t = np.arange(12)
        shapes = [
            np.sin(t / 2),
            np.sign(np.sin(t / 1.0)),
            np.exp(-t / 4) * 2,
            np.linspace(-1.5, 1.5, 12),
        ]
        for i in range(n):
            s = rng.integers(0, T - 12)
            x[i, i % 2, s : s + 12] += 1.6 * shapes[y[i]]
        x = (x - x[:1400].mean()) / x[:1400].std()
        x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y)
        self.tr, self.va = TensorDataset(x[:1400], y[:1400]), TensorDataset(x[1400:], y[1400:])

    def train_dataloader(self):
        return DataLoader(self.tr, 40, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 200)


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(2, 24, 5, padding=2),
            nn.ReLU(),
            nn.Conv1d(24, 32, 3, padding=2, dilation=2),
            nn.ReLU(),
            nn.Conv1d(32, 32, 3, padding=4, dilation=4),
            nn.ReLU(),
            nn.AdaptiveMaxPool1d(1),
            nn.Flatten(),
        )
        self.fc = nn.Linear(32, 4)

    def forward(self, x):
        return self.fc(self.body(x))

    def training_step(self, batch, i):
        loss = F.cross_entropy(self(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        out = self(batch[0])
        self.log("val_loss", F.cross_entropy(out, batch[1]))
        self.log("val_acc", (out.argmax(1) == batch[1]).float().mean())

    def configure_optimizers(self):
        opt = torch.optim.Adam(self.parameters(), lr=1e-3)
        sch = torch.optim.lr_scheduler.StepLR(opt, step_size=4, gamma=0.5)
        return {"optimizer": opt, "lr_scheduler": {"scheduler": sch, "interval": "epoch"}}
