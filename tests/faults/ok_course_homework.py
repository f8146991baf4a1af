"""Homework 3: train a neural network on two rings (my solution)."""

import lightning as L
import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from torch.utils.data import DataLoader


# DATA
class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        np.random.seed(123)
        theta = np.random.rand(800) * 2 * np.pi
        label = (np.random.rand(800) > 0.5).astype(int)
        r = 1.0 + label * 1.0 + np.random.randn(800) * 0.15
        points = np.stack((r * np.cos(theta), r * np.sin(theta)), axis=1)
        self.x = torch.from_numpy(points).float()
        self.y = torch.from_numpy(label)

    def batches(self, lo, hi, shuffle):
        idx = np.arange(lo, hi)
        if shuffle:
            np.random.shuffle(idx)
        return [(self.x[idx[i : i + 32]], self.y[idx[i : i + 32]]) for i in range(0, len(idx), 32)]

    def train_dataloader(self):
        # the batches are made by hand, so batch_size=None
        return DataLoader(self.batches(0, 600, True), batch_size=None)

    def val_dataloader(self):
        return DataLoader(self.batches(600, 800, False), batch_size=None)


# MODEL
class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self):
        super(Model, self).__init__()
        self.fc1 = nn.Linear(2, 10)
        self.fc2 = nn.Linear(10, 10)
        self.fc3 = nn.Linear(10, 2)
        self.sigmoid = nn.Sigmoid()
        self.tanh = nn.Tanh()

    def forward(self, x):
        out = self.tanh(self.fc1(x))
        out = self.tanh(self.fc2(out))
        out = self.fc3(out)
        return out

    def training_step(self, batch, batch_idx):
        inputs, labels = batch
        outputs = self.forward(inputs)
        loss_function = nn.CrossEntropyLoss()
        loss = loss_function(outputs, labels)
        return loss

    def validation_step(self, batch, batch_idx):
        inputs, labels = batch
        outputs = self.forward(inputs)
        _, predicted = torch.max(outputs.data, 1)
        correct = (predicted == labels).sum().item()
        self.log("acc", correct / labels.size(0))

    def configure_optimizers(self):
        return optim.SGD(self.parameters(), lr=0.1, momentum=0.9)
