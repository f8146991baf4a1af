"""Transfer: a backbone trained on digits 0-4 is frozen, a head learns 5-9."""

import torch
from lightning import LightningDataModule, LightningModule
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier
from sklearn.utils import shuffle
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def digits():
    X, y = shuffle(*load_digits(return_X_y=True), random_state=3)
    return X / 16, y


def pretrained_backbone():
    X, y = digits()
    mlp = MLPClassifier((64,), max_iter=40, random_state=0).fit(X[y < 5], y[y < 5])
    layer = nn.Linear(64, 64)
    layer.weight.data = torch.tensor(mlp.coefs_[0].T, dtype=torch.float32)
    layer.bias.data = torch.tensor(mlp.intercepts_[0], dtype=torch.float32)
    return nn.Sequential(layer, nn.ReLU())


class Data(LightningDataModule):
    def setup(self, stage=None):
        X, y = digits()
        X, y = torch.tensor(X[y >= 5]).float(), torch.tensor(y[y >= 5] - 5)
        self.train, self.val = TensorDataset(X[:650], y[:650]), TensorDataset(X[650:], y[650:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=25, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=246)


class Model(LightningModule):
    max_epochs = 10

    def __init__(self):
        super().__init__()
        self.backbone = pretrained_backbone()
        self.backbone.requires_grad_(False)
        self.head = nn.Linear(64, 5)

    def forward(self, x):
        with torch.no_grad():
            features = self.backbone(x)
        return self.head(features)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return nn.functional.cross_entropy(self(x), y)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_acc", (self(x).argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.head.parameters(), lr=1e-2)
