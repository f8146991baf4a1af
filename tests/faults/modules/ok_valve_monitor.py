import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(17)
BN = dict(momentum=0.1, eps=1e-3)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        X, y = load_digits(return_X_y=True)
        X = X / 16.0
        a, b, c, d = train_test_split(X, y, test_size=0.2, random_state=0, stratify=y)
        f = lambda v: torch.tensor(v, dtype=torch.float32)
        self.tr, self.va = (
            TensorDataset(f(a), torch.tensor(c)),
            TensorDataset(f(b), torch.tensor(d)),
        )

    def train_dataloader(self):
        return DataLoader(self.tr, 64, shuffle=True, drop_last=True)

    def val_dataloader(self):
        return DataLoader(self.va, 360)


class DenseBN(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.lin, self.bn = nn.Linear(i, o, bias=False), nn.BatchNorm1d(o, **BN)

    def forward(self, x):
        return F.relu(self.bn(self.lin(x)))


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            DenseBN(64, 96), DenseBN(96, 64), DenseBN(64, 64), nn.Linear(64, 10)
        )

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, _):
        x, y = batch
        z = self(x)
        loss = F.cross_entropy(z, y)
        self.log("train_loss", loss)
        self.log("train_acc", (z.argmax(1) == y).float().mean())
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        z = self(x)
        self.log("val_loss", F.cross_entropy(z, y))
        self.log("val_acc", (z.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
