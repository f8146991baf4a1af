import lightning as L
import torch
from sklearn.datasets import make_friedman1
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        X, y = make_friedman1(n_samples=2400, n_features=10, noise=0.4, random_state=64)
        X, y = torch.tensor(X).float(), torch.tensor(y).float()
        X = (X - X[:1800].mean(0)) / X[:1800].std(0)
        y = (y - y[:1800].mean()) / y[:1800].std()
        self.train_set = TensorDataset(X[:1800], y[:1800])
        self.val_set = TensorDataset(X[1800:], y[1800:])

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=len(self.train_set), shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_set, batch_size=len(self.val_set))


class Model(L.LightningModule):
    max_epochs = 30

    def __init__(self):
        super().__init__()
        L.seed_everything(64, verbose=False)
        self.trunk = nn.Sequential(nn.Linear(10, 64), nn.GELU(), nn.Linear(64, 64), nn.GELU())
        self.head = nn.Linear(64, 1)

    def forward(self, x):
        return self.head(self.trunk(x))[:, 0]

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = nn.functional.huber_loss(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        p = self(x)
        self.log("val_loss", nn.functional.huber_loss(p, y))
        self.log("val_r2", 1 - ((p - y) ** 2).mean() / y.var())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)
