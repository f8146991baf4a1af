import lightning as L
import torch
import torch.nn as nn
from sklearn.datasets import make_blobs
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(34)
hparams = {"hidden": 96, "keep_prob": 0.9, "lr": 2e-3, "n_classes": 30}


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        X, y = make_blobs(3600, 16, centers=hparams["n_classes"], cluster_std=4.0, random_state=2)
        sc = StandardScaler().fit(X[:3000])
        X, y = torch.tensor(sc.transform(X)).float(), torch.tensor(y)
        self.tr, self.va = TensorDataset(X[:3000], y[:3000]), TensorDataset(X[3000:], y[3000:])

    def train_dataloader(self):
        return DataLoader(self.tr, 60, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 600)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self):
        super().__init__()
        h = hparams
        self.enc = nn.Sequential(
            nn.Linear(16, h["hidden"]),
            nn.ReLU(),
            nn.Dropout(1 - h["keep_prob"]),
            nn.Linear(h["hidden"], h["hidden"]),
            nn.ReLU(),
        )
        self.out = nn.Linear(h["hidden"], h["n_classes"])

    def forward(self, x):
        return self.out(self.enc(x))

    def training_step(self, batch, _):
        x, y = batch
        loss = nn.functional.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        p = self(x)
        self.log("val_loss", nn.functional.cross_entropy(p, y))
        self.log("val_acc", (p.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=hparams["lr"])
