"""Clouds of points that lie on top of each other."""

import lightning as L
import torch
from sklearn.datasets import make_classification
from torch import nn, optim, utils


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        X, y = make_classification(
            2000,
            n_features=10,
            n_informative=3,
            n_classes=3,
            flip_y=0.01,
            class_sep=0.05,
            n_clusters_per_class=2,
            random_state=8,
        )
        X, y = torch.tensor(X).float(), torch.tensor(y)
        X = (X - X[:1500].mean(0)) / X[:1500].std(0)
        self.train = utils.data.TensorDataset(X[:1500], y[:1500])
        self.val = utils.data.TensorDataset(X[1500:], y[1500:])

    def train_dataloader(self):
        return utils.data.DataLoader(self.train, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return utils.data.DataLoader(self.val, batch_size=64)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(10, 48), nn.ReLU(), nn.Dropout(0.2), nn.Linear(48, 3))
        self.loss = nn.CrossEntropyLoss(label_smoothing=0.1)

    def forward(self, x):
        return self.layers(x)

    def training_step(self, batch, idx):
        return self.loss(self(batch[0]), batch[1])

    def validation_step(self, batch, idx):
        self.log("val_acc", (self(batch[0]).argmax(1) == batch[1]).float().mean())

    def configure_optimizers(self):
        return optim.Adam(self.parameters(), lr=3e-3)
