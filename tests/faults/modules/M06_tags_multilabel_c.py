import lightning as L
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset
from torchmetrics.classification import MultilabelExactMatch

L.seed_everything(13)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        g = np.random.default_rng(3)
        X = g.normal(size=(2500, 20))
        # between zero and eight tags per row, some tags common, some rare
        Y = (
            X @ g.normal(size=(20, 8)) / 20**0.5
            + np.linspace(-0.9, 0.9, 8)
            + 0.1 * g.normal(size=(2500, 8))
        ) > 0
        sc = StandardScaler().fit(X[:2000])
        X = torch.tensor(sc.transform(X), dtype=torch.float32)
        Y = torch.tensor(Y, dtype=torch.float32)
        self.tr, self.va = TensorDataset(X[:2000], Y[:2000]), TensorDataset(X[2000:], Y[2000:])

    def train_dataloader(self):
        return DataLoader(self.tr, 50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 250)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self, n_tags=8, thr=0.5):
        super().__init__()
        self.thr = thr
        self.net = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, n_tags))
        self.match = MultilabelExactMatch(n_tags, threshold=thr)

    def forward(self, x):
        return self.net(x)

    def loss(self, z, y):
        return F.cross_entropy(z, y)

    def training_step(self, batch, _):
        x, y = batch
        l = self.loss(self(x), y)
        self.log("train_loss", l)
        return l

    def validation_step(self, batch, _):
        x, y = batch
        z = self(x)
        self.match(z.sigmoid(), y.int())
        self.log("val_loss", self.loss(z, y))
        self.log("val_acc", self.match)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
