import lightning as L
import torch
from sklearn.datasets import make_friedman1
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class SoftSign(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        d = 1 + x.abs()
        ctx.save_for_backward(d)
        return x / d

    @staticmethod
    def backward(ctx, g):
        (d,) = ctx.saved_tensors
        return g / d**2


class Squash(nn.Module):
    def forward(self, x):
        return SoftSign.apply(x)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        X, y = make_friedman1(n_samples=2400, n_features=8, noise=0.6, random_state=126)
        X, y = torch.tensor(X).float(), torch.tensor(y).float()
        X = (X - X[:1800].mean(0)) / X[:1800].std(0)
        y = (y - y[:1800].mean()) / y[:1800].std()
        self.tr, self.va = TensorDataset(X[:1800], y[:1800]), TensorDataset(X[1800:], y[1800:])

    def train_dataloader(self):
        return DataLoader(self.tr, 50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 600)


class Model(L.LightningModule):
    max_epochs = 30

    def __init__(self):
        super().__init__()
        L.seed_everything(126, verbose=False)
        self.net = nn.Sequential(
            nn.Linear(8, 64), Squash(), nn.Linear(64, 64), Squash(), nn.Linear(64, 1)
        )

    def forward(self, x):
        return self.net(x)[:, 0]

    def training_step(self, batch, i):
        loss = nn.functional.mse_loss(self(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        loss = nn.functional.mse_loss(self(batch[0]), batch[1])
        self.log("val_loss", loss)
        self.log("val_r2", 1 - loss / batch[1].var())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)
