import lightning as L
import numpy as np
import torch
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        r = np.random.RandomState(68)
        X = r.randn(2200, 6)
        y = X[:, 0] * X[:, 1] + np.sin(2 * X[:, 2]) + 0.5 * X[:, 3] + 0.1 * r.randn(2200)
        sx, sy = StandardScaler().fit(X[:1700]), StandardScaler().fit(y[:1700, None])
        X, y = sx.transform(X).astype(np.float32), sy.transform(y[:, None]).astype(np.float32)
        X, y = torch.from_numpy(X), torch.from_numpy(y)
        self.tr, self.va = TensorDataset(X[:1700], y[:1700]), TensorDataset(X[1700:], y[1700:])

    def train_dataloader(self):
        return DataLoader(self.tr, 50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 250)


def mlp(sizes):
    layers = []
    for a, b in zip(sizes[:-1], sizes[1:]):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class Model(L.LightningModule):
    max_epochs = 25

    def __init__(self):
        super().__init__()
        L.seed_everything(68, verbose=False)
        self.net = mlp([6, 64, 64, 1])
        self.mse = nn.MSELoss()

    def training_step(self, batch, i):
        x, y = batch
        loss = self.mse(self.net(x), y)
        self.log("train_loss", loss, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch, i):
        x, y = batch
        p = self.net(x)
        self.log("val_loss", self.mse(p, y))
        self.log("val_r2", 1 - self.mse(p, y) / y.var())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)
