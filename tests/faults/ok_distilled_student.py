"""A small student learns from a frozen teacher's soft answers as well as from the labels."""

import torch
import torch.nn.functional as F
from lightning import LightningDataModule, LightningModule
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def digits():
    data = load_digits()
    order = torch.randperm(1797, generator=torch.Generator().manual_seed(6))
    return torch.tensor(data.data).float()[order] / 16, torch.tensor(data.target)[order]


class Data(LightningDataModule):
    def setup(self, stage=None):
        x, y = digits()
        self.train, self.val = TensorDataset(x[:1300], y[:1300]), TensorDataset(x[1300:], y[1300:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=497)


class Model(LightningModule):
    max_epochs = 15

    def __init__(self, temperature=3.0):
        super().__init__()
        self.temperature = temperature
        x, y = digits()
        fitted = MLPClassifier((100,), max_iter=30, random_state=0).fit(x[:1300], y[:1300])
        self.teacher = nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))
        for layer, w, b in zip(self.teacher[::2], fitted.coefs_, fitted.intercepts_):
            layer.weight.data.copy_(torch.tensor(w.T))
            layer.bias.data.copy_(torch.tensor(b))
        self.teacher.requires_grad_(False)
        self.student = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))

    def forward(self, x):
        return self.student(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        logits, t = self(x), self.temperature
        soft = F.softmax(self.teacher(x) / t, dim=1)
        kl = F.kl_div(F.log_softmax(logits / t, dim=1), soft, reduction="batchmean")
        return 0.5 * F.cross_entropy(logits, y) + 0.5 * t * t * kl

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_acc", (self(x).argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.student.parameters(), lr=5e-3)
