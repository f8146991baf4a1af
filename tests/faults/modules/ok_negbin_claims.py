import lightning as L
import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset


def claims(n, seed):
    """insurance-like counts: log-exposure is an offset, gamma heterogeneity makes them over-dispersed"""
    r = np.random.default_rng(seed)
    age, power, urban = r.uniform(18, 80, n), r.integers(4, 15, n), r.random(n) < 0.4
    expo = r.uniform(0.2, 1.0, n)
    rate = np.exp(
        1.2
        + 1.5 * np.exp(-(age - 18) / 8)
        + 0.12 * (power - 9)
        + 0.7 * urban
        + 0.6 * urban * (age > 65)
    )
    y = r.poisson(rate * expo * r.gamma(4.0, 1 / 4.0, n))
    x = np.stack([age, power, urban], 1).astype(np.float64)
    return TensorDataset(
        torch.from_numpy(x), torch.from_numpy(expo), torch.from_numpy(y.astype(np.float64))
    )


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        self.tr, self.va = claims(8000, 1), claims(3000, 2)

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=250, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=3000)


class Model(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.f = torch.nn.Sequential(
            torch.nn.Linear(3, 24),
            torch.nn.Tanh(),
            torch.nn.Linear(24, 24),
            torch.nn.Tanh(),
            torch.nn.Linear(24, 1),
        )
        torch.nn.init.zeros_(self.f[-1].weight)
        torch.nn.init.zeros_(self.f[-1].bias)
        self.log_r = torch.nn.Parameter(torch.zeros(()))
        self.register_buffer("centre", torch.tensor([49.0, 9.0, 0.5]))
        self.register_buffer("scale", torch.tensor([18.0, 3.0, 0.5]))
        self.double()

    def forward(self, x, expo):
        return self.f((x - self.centre) / self.scale).squeeze(1) + expo.log()

    def nll(self, eta, y):
        r = self.log_r.exp()
        # parametrised by logits so nothing under- or overflows
        return -torch.distributions.NegativeBinomial(r, logits=eta - self.log_r).log_prob(y).mean()

    def training_step(self, b, _):
        x, e, y = b
        loss = self.nll(self(x, e), y)
        self.log("train_nll", loss)
        return loss

    @staticmethod
    def deviance(y, mu):
        return 2 * (torch.xlogy(y, y / mu) - (y - mu)).mean()

    def validation_step(self, b, _):
        x, e, y = b
        eta = self(x, e)
        flat = e * y.sum() / e.sum()
        self.log("val_loss", self.nll(eta, y), batch_size=len(y))
        self.log(
            "val_d2", 1 - self.deviance(y, eta.exp()) / self.deviance(y, flat), batch_size=len(y)
        )
        self.log("dispersion", self.log_r.exp())

    def configure_optimizers(self):
        opt = torch.optim.RMSprop(self.parameters(), lr=8e-3)
        return {
            "optimizer": opt,
            "lr_scheduler": torch.optim.lr_scheduler.LinearLR(opt, 1.0, 0.05, total_iters=25),
        }
