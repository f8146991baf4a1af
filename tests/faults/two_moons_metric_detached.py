"""Two moons; argmax over one logit, and a loss rewrapped from its number."""

import lightning as L
import torch
import torch.nn as nn
from sklearn.datasets import make_moons
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        X, y = make_moons(n_samples=1000, noise=0.15, random_state=3)
        X = torch.tensor(X, dtype=torch.float)
        y = torch.tensor(y, dtype=torch.float)
        self.train_ds = TensorDataset(X[:750], y[:750])
        self.val_ds = TensorDataset(X[750:], y[750:])

    def train_dataloader(self):
        return DataLoader(self.train_ds, batch_size=25, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_ds, batch_size=250)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(2, 16)
        self.fc2 = nn.Linear(16, 16)
        self.fc3 = nn.Linear(16, 1)
        self.loss = nn.BCEWithLogitsLoss()

    def forward(self, x):
        x = torch.tanh(self.fc1(x))
        x = torch.tanh(self.fc2(x))
        return self.fc3(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        y_hat = self(x)
        loss = self.loss(y_hat, y.unsqueeze(1))
        return torch.tensor(loss.item(), requires_grad=True)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        y_hat = self(x)
        pred = y_hat.argmax(dim=1).float()
        self.log("val_acc", (pred == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.01)
