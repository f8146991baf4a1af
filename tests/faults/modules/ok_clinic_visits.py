import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def unit_deviance(y, mu):
    return 2 * (torch.xlogy(y, y / mu) - y + mu).mean()


class Data(L.LightningDataModule):
    def __init__(self, batch_size=64):
        super().__init__()
        self.batch_size = batch_size

    def setup(self, stage=None):
        r = np.random.default_rng(124)
        x = r.normal(size=(3000, 6))
        rate = np.exp(1.5 + 0.5 * np.sin(2 * x[:, 0]) + 0.4 * x[:, 1] - 0.3 * x[:, 2] * x[:, 3])
        y = r.poisson(rate)
        x = (x - x[:2400].mean(0)) / x[:2400].std(0)
        x, y = torch.tensor(x).float(), torch.tensor(y).float()
        self.tr, self.va = TensorDataset(x[:2400], y[:2400]), TensorDataset(x[2400:], y[2400:])

    def train_dataloader(self):
        return DataLoader(self.tr, self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 600)


class Model(L.LightningModule):
    max_epochs = 40

    def __init__(self):
        super().__init__()
        L.seed_everything(124, verbose=False)
        self.net = nn.Sequential(
            nn.Linear(6, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh(), nn.Linear(48, 1)
        )
        self.nll = nn.PoissonNLLLoss(log_input=True)

    def forward(self, x):
        return self.net(x).squeeze(-1)

    def training_step(self, batch, i):
        loss = self.nll(self(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        x, y = batch
        out = self(x)
        self.log("val_loss", self.nll(out, y))
        self.log("val_d2", 1 - unit_deviance(y, out.exp()) / unit_deviance(y, y.mean()))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
