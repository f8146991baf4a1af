import lightning as L
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import make_classification
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(13)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        X, y = make_classification(
            3500,
            16,
            n_informative=8,
            n_classes=4,
            n_clusters_per_class=1,
            class_sep=2.0,
            flip_y=0,
            random_state=13,
        )
        n = 3000
        sc = StandardScaler().fit(X[:n])
        X = torch.tensor(sc.transform(X), dtype=torch.float32)
        # crowd workers answer at random for 15 % of the rows; experts labelled the validation part
        r = np.random.default_rng(0)
        crowd = np.where(r.random(n) < 0.15, r.integers(0, 4, n), y[:n])
        self.tr, self.va = (
            TensorDataset(X[:n], torch.tensor(crowd)),
            TensorDataset(X[n:], torch.tensor(y[n:])),
        )

    def train_dataloader(self):
        return DataLoader(self.tr, 100, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 500)


class GCE(nn.Module):
    def __init__(self, q=0.5):
        super().__init__()
        self.q = q

    def forward(self, z, y):
        logp = F.log_softmax(z, -1).gather(1, y[:, None]).squeeze(1)
        return ((1 - torch.exp(self.q * logp)) / self.q).mean()


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 4))
        self.crit = GCE()

    def forward(self, x):
        return self.net(x)

    def training_step(self, b, _):
        loss = self.crit(self(b[0]), b[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, b, _):
        z = self(b[0])
        self.log("val_loss", self.crit(z, b[1]))
        self.log("val_acc", (z.argmax(1) == b[1]).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)
