import lightning as L
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, Dataset, TensorDataset

L.seed_everything(3)


class Triplets(Dataset):
    def __init__(self, X, y):
        self.X, self.y = X, y
        self.by_class = [np.flatnonzero(y == c) for c in range(10)]

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        c = self.y[i]
        other = (c + int(torch.randint(1, 10, (1,)))) % 10
        pick = lambda k: self.by_class[k][int(torch.randint(len(self.by_class[k]), (1,)))]
        return self.X[i], self.X[pick(c)], self.X[pick(other)]


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        X, y = load_digits(return_X_y=True)
        X = torch.tensor(X / 16.0, dtype=torch.float32)
        a, b = train_test_split(np.arange(len(y)), test_size=0.25, stratify=y, random_state=0)
        self.tr = Triplets(X[a], y[a])
        # the last tensor tells whether a row belongs to the gallery (training) or the queries (validation)
        flag = torch.zeros(len(y))
        flag[a] = 1
        self.va = TensorDataset(X, torch.tensor(y), flag)

    def train_dataloader(self):
        return DataLoader(self.tr, 64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, len(self.va))


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 16))
        self.crit = nn.TripletMarginLoss(margin=0.5)

    def forward(self, x):
        return F.normalize(self.net(x), dim=-1)

    def training_step(self, batch, _):
        loss = self.crit(*[self(t) for t in batch])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y, gallery = batch
        e = self(x)
        g = gallery.bool()
        protos = torch.stack([e[g & (y == c)].mean(0) for c in range(10)])
        pred = torch.cdist(e[~g], protos).argmin(1)
        self.log("val_nn_acc", (pred == y[~g]).float().mean(), prog_bar=True)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)
