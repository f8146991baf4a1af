"""Logistic regression on digits by SGD with a learning rate of one."""

import lightning as L
import torch
from sklearn.datasets import load_digits
from sklearn.utils import shuffle
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        X, y = shuffle(*load_digits(return_X_y=True), random_state=7)
        X, y = torch.tensor(X, dtype=torch.float32) / 16 - 0.3, torch.tensor(y)
        self.train, self.val = TensorDataset(X[:1300], y[:1300]), TensorDataset(X[1300:], y[1300:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=130, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=497)


class Model(L.LightningModule):
    max_epochs = 30

    def __init__(self):
        super().__init__()
        self.W = torch.nn.Parameter(torch.zeros(64, 10))
        self.b = torch.nn.Parameter(torch.zeros(10))

    def forward(self, x):
        return torch.log_softmax(x @ self.W + self.b, dim=1)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return torch.nn.functional.nll_loss(self(x), y)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_acc", (self(x).argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.SGD([self.W, self.b], lr=1.0)
