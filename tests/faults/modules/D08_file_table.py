import lightning as L
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(0)


def fake_disk():
    """Stands for the scan folder: file name -> image, and the label list of the annotators by scan number."""
    d = load_digits()
    order = np.random.default_rng(5).permutation(len(d.target))
    files = {f"scan_{i}.png": d.images[k] for i, k in enumerate(order)}
    return files, d.target[order]


def number(name):
    return int(name.split("_")[1].split(".")[0])


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        files, labels = fake_disk()
        names = sorted(files)
        x = torch.tensor(np.stack([files[n] for n in names]), dtype=torch.float32)[:, None] / 16.0
        y = torch.tensor(labels)
        n = int(0.8 * len(x))
        self.train_set = TensorDataset(x[:n], y[:n])
        self.val_set = TensorDataset(x[n:], y[n:])

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_set, batch_size=64)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 12, 3, padding=1),
            nn.BatchNorm2d(12),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(12, 24, 3, padding=1),
            nn.BatchNorm2d(24),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.classifier = nn.Linear(24 * 4, 10)
        self.loss = nn.CrossEntropyLoss()

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = self.loss(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        out = self(x)
        self.log("val_loss", self.loss(out, y))
        self.log("val_acc", (out.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
