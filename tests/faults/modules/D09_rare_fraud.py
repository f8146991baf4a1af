import lightning as L
import numpy as np
import torch
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def raw_rows():
    return make_classification(
        n_samples=2000,
        n_features=25,
        n_informative=6,
        n_redundant=0,
        weights=[0.9],
        flip_y=0.02,
        class_sep=0.75,
        n_clusters_per_class=1,
        random_state=19,
    )


def oversample(x, y, times=9):
    rare = np.where(y == 1)[0]
    extra = np.tile(rare, times - 1)
    return np.concatenate([x, x[extra]]), np.concatenate([y, y[extra]])


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        x, y = raw_rows()
        x, y = oversample(x, y)
        x_tr, x_va, y_tr, y_va = train_test_split(x, y, test_size=0.3, stratify=y, random_state=0)
        m, s = x_tr.mean(0), x_tr.std(0)
        as_ds = lambda a, b: TensorDataset(
            torch.tensor((a - m) / s).float(), torch.tensor(b).float()
        )
        self.tr, self.va = as_ds(x_tr, y_tr), as_ds(x_va, y_va)

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=4096)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self):
        super().__init__()
        torch.manual_seed(19)
        self.mlp = nn.Sequential(
            nn.Linear(25, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 1)
        )
        self.criterion = nn.BCEWithLogitsLoss()

    def forward(self, x):
        return self.mlp(x).squeeze(-1)

    def training_step(self, batch, _):
        x, y = batch
        return self.criterion(self(x), y)

    def validation_step(self, batch, _):
        x, y = batch
        z = self(x)
        p = (z > 0).float()
        tp = (p * y).sum()
        self.log("val_loss", self.criterion(z, y))
        self.log("val_f1", 2 * tp / (p.sum() + y.sum()).clamp(min=1))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)
