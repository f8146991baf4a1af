"""Wine cultivars with the loss summed over the batch."""

import torch
from lightning.pytorch import LightningDataModule, LightningModule
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from torch.nn import CrossEntropyLoss, Linear, ReLU, Sequential
from torch.utils.data import DataLoader, TensorDataset


class Data(LightningDataModule):
    def prepare_data(self):
        load_wine()

    def setup(self, stage: str = "fit"):
        wine = load_wine()
        X, y = torch.FloatTensor(wine.data), torch.LongTensor(wine.target)
        xtr, xva, ytr, yva = train_test_split(X, y, test_size=0.3, stratify=y, random_state=2)
        mean, std = xtr.mean(0), xtr.std(0)
        xtr, xva = (xtr - mean) / std, (xva - mean) / std
        self.tr, self.va = TensorDataset(xtr, ytr), TensorDataset(xva, yva)

    def train_dataloader(self):
        return DataLoader(self.tr, 62, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 64)


class Model(LightningModule):
    max_epochs = 15

    def __init__(self):
        super().__init__()
        self.mlp = Sequential(Linear(13, 24), ReLU(), Linear(24, 3))
        self.criterion = CrossEntropyLoss(reduction="sum")

    def forward(self, x):
        return self.mlp(x)

    def training_step(self, batch, batch_nb):
        x, y = batch
        return self.criterion(self(x), y)

    def validation_step(self, batch, batch_nb):
        x, y = batch
        self.log("accuracy", (self(x).argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.2)
