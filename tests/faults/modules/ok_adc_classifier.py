import lightning as L
import numpy as np
import torch
import torch.nn as nn
import torchmetrics
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(2)


def read_adc(n=2400):
    rng = np.random.default_rng(8)
    z = rng.normal(size=(n, 6))
    score = np.stack([z[:, 0] - z[:, 1], z[:, 2] * z[:, 3], z[:, 4] + 0.5 * z[:, 5]], 1)
    y = score.argmax(1)
    counts = np.round(2048 + 110 * z).astype(np.int64)
    return counts, y


def standardise(X, mean, std):
    out = np.zeros(X.shape)
    for j in range(X.shape[1]):
        out[:, j] = (X[:, j] - mean[j]) / std[j]
    return out


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        X, y = read_adc()
        a, b, c, d = train_test_split(X, y, test_size=0.25, random_state=0)
        m, s = a.mean(0), a.std(0)
        f = lambda q: torch.tensor(standardise(q, m, s), dtype=torch.float32)
        self.train_ds = TensorDataset(f(a), torch.tensor(c))
        self.val_ds = TensorDataset(f(b), torch.tensor(d))

    def train_dataloader(self):
        return DataLoader(self.train_ds, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_ds, batch_size=600)


class Model(L.LightningModule):
    max_epochs = 25

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(6, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 3)
        )
        self.acc = torchmetrics.Accuracy(task="multiclass", num_classes=3)
        self.ce = nn.CrossEntropyLoss()

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = self.ce(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        logits = self(x)
        self.acc(logits, y)
        self.log("val_loss", self.ce(logits, y))
        self.log("val_acc", self.acc, on_epoch=True)

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=2e-3, weight_decay=1e-3)
