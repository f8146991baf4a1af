import lightning as L
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset
from torchmetrics.classification import BinaryF1Score

L.seed_everything(12)


class Data(L.LightningDataModule):
    batch_size = 64

    def setup(self, stage=None):
        X, y = make_classification(
            5000,
            20,
            n_informative=6,
            n_redundant=2,
            n_clusters_per_class=2,
            weights=[0.97],
            class_sep=1.4,
            flip_y=0.0,
            random_state=5,
        )
        Xa, Xb, ya, yb = train_test_split(X, y, test_size=0.3, stratify=y, random_state=5)
        sc = StandardScaler().fit(Xa)
        f = lambda X: torch.tensor(sc.transform(X), dtype=torch.float32)
        self.tr = TensorDataset(f(Xa), torch.tensor(ya, dtype=torch.float32))
        self.va = TensorDataset(f(Xb), torch.tensor(yb, dtype=torch.float32))
        w = np.where(ya == 1, 8.0, 1.0)
        self.weights = w

    def train_dataloader(self):
        return DataLoader(self.tr, self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 1200)


class Model(L.LightningModule):
    max_epochs = 9

    def __init__(self):
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 1))
        self.crit = nn.BCEWithLogitsLoss()
        self.f1 = BinaryF1Score()

    def forward(self, x):
        return self.mlp(x).squeeze(1)

    def training_step(self, b, _):
        loss = self.crit(self(b[0]), b[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, b, _):
        z = self(b[0])
        self.f1.update(z.sigmoid(), b[1].int())
        self.log("val_loss", self.crit(z, b[1]))
        self.log("val_f1", self.f1, prog_bar=True)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=5e-4)
