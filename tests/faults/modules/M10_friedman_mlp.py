import lightning as L
import torch
from sklearn.datasets import make_friedman1
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self, batch_size=64):
        super().__init__()
        self.batch_size = batch_size

    def setup(self, stage=None):
        X, y = make_friedman1(1600, n_features=8, noise=0.5, random_state=1)
        xs = StandardScaler().fit(X[:1200])
        y = (y - y[:1200].mean()) / y[:1200].std()
        X = torch.tensor(xs.transform(X), dtype=torch.float32)
        y = torch.tensor(y, dtype=torch.float32)
        self.tr = TensorDataset(X[:1200], y[:1200])
        self.va = TensorDataset(X[1200:], y[1200:])

    def train_dataloader(self):
        return DataLoader(self.tr, self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 400)


class Model(L.LightningModule):
    max_epochs = 25

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1)
        )

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, i):
        x, y = batch
        loss = F.mse_loss(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        x, y = batch
        p = self(x).view(-1)
        self.log("val_loss", F.mse_loss(p, y), prog_bar=True)
        self.log("val_r2", 1 - ((p - y) ** 2).sum() / ((y - y.mean()) ** 2).sum())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
