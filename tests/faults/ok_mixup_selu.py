"""Self-normalising network with mixup on the training batches only."""

import lightning as L
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        X, y = load_digits(return_X_y=True)
        X = (X - 4.9) / 6.0
        X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y)
        self.train, self.val = TensorDataset(X[::2], y[::2]), TensorDataset(X[1::2], y[1::2])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=30, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=300)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(64, 64),
            nn.SELU(),
            nn.AlphaDropout(0.1),
            nn.Linear(64, 64),
            nn.SELU(),
            nn.Linear(64, 10),
        )
        for layer in self.net:
            if isinstance(layer, nn.Linear):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")
        self.criterion = nn.CrossEntropyLoss()

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        lam = float(np.random.beta(0.4, 0.4))
        other = torch.randperm(len(y))
        logits = self(lam * x + (1 - lam) * x[other])
        return lam * self.criterion(logits, y) + (1 - lam) * self.criterion(logits, y[other])

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_acc", (self(x).argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
