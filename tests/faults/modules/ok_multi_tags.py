import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchmetrics.classification import MultilabelF1Score

N_TAGS = 6


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        rng = np.random.default_rng(5)
        X = rng.normal(size=(2400, 12))
        score = (
            X @ rng.normal(size=(12, N_TAGS)) * 0.5
            + np.abs(X[:, :1])
            + rng.normal(0, 0.2, (2400, N_TAGS))
        )
        Y = score > 1.2
        X = torch.tensor(X, dtype=torch.float32)
        X = (X - X[:1900].mean(0)) / X[:1900].std(0)
        Y = torch.tensor(Y, dtype=torch.float32)
        self.train, self.val = TensorDataset(X[:1900], Y[:1900]), TensorDataset(X[1900:], Y[1900:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=250)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(12, 64), nn.ReLU(), nn.Linear(64, N_TAGS))
        self.criterion = nn.BCEWithLogitsLoss()
        self.f1 = MultilabelF1Score(N_TAGS)

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, i):
        x, y = batch
        loss = self.criterion(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        x, y = batch
        z = self(x)
        self.f1(torch.sigmoid(z), y.int())
        self.log("val_loss", self.criterion(z, y))
        self.log("val_f1", self.f1)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
