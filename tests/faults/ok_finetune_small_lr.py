"""Fine-tuning pretrained weights at 1e-5, backbone and head in two groups."""

import lightning as L
import torch
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier
from sklearn.utils import shuffle
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def digits():
    return shuffle(*load_digits(return_X_y=True), random_state=0)


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        X, y = digits()
        self.X, self.y = torch.tensor(X / 16).float(), torch.tensor(y)

    def train_dataloader(self):
        return DataLoader(
            TensorDataset(self.X[500:1400], self.y[500:1400]), batch_size=32, shuffle=True
        )

    def val_dataloader(self):
        return DataLoader(TensorDataset(self.X[1400:], self.y[1400:]), batch_size=397)


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self):
        super().__init__()
        X, y = digits()
        source = MLPClassifier((48,), max_iter=60, random_state=0).fit(X[:500] / 16, y[:500])
        self.backbone = nn.Linear(64, 48)
        self.head = nn.Linear(48, 10)
        for layer, weight, bias in zip(
            (self.backbone, self.head), source.coefs_, source.intercepts_
        ):
            layer.weight.data.copy_(torch.tensor(weight.T))
            layer.bias.data.copy_(torch.tensor(bias))

    def forward(self, x):
        return self.head(torch.relu(self.backbone(x)))

    def training_step(self, batch, batch_idx):
        x, y = batch
        return nn.functional.cross_entropy(self(x), y)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_acc", (self(x).argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(
            [
                {"params": self.backbone.parameters(), "lr": 1e-5},
                {"params": self.head.parameters(), "lr": 1e-3},
            ]
        )
