import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        r = np.random.RandomState(56)
        hour, temp, wet = r.uniform(0, 24, 2400), r.normal(15, 8, 2400), r.rand(2400)
        rate = np.exp(
            0.8
            + 0.9 * np.sin(hour * 2 * np.pi / 12)
            + 0.03 * temp
            - 1.0 * (wet > 0.7) * (temp < 15)
        )
        y = r.poisson(rate)
        x = np.column_stack([hour, temp, wet])
        x = (x - x[:1800].mean(0)) / x[:1800].std(0)
        x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
        self.train = TensorDataset(x[:1800], y[:1800])
        self.val = TensorDataset(x[1800:], y[1800:])
        self.mean_rate = y[:1800].mean()

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=100, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=600)


class Model(L.LightningModule):
    max_epochs = 40

    def __init__(self):
        super().__init__()
        L.seed_everything(56, verbose=False)
        self.net = nn.Sequential(
            nn.Linear(3, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1)
        )
        self.crit = nn.PoissonNLLLoss(log_input=True, reduction="mean")

    def forward(self, x):
        return self.net(x).squeeze(1)

    def training_step(self, batch, i):
        loss = self.crit(self(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    @staticmethod
    def deviance(y, mu):
        return 2 * (torch.xlogy(y, y / mu) - y + mu).mean()

    def validation_step(self, batch, i):
        x, y = batch
        out = self(x)
        self.log("val_loss", self.crit(out, y))
        self.log("val_d2", 1 - self.deviance(y, out.exp()) / self.deviance(y, y.mean()))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.02, momentum=0.9)
