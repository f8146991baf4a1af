import lightning as L
import torch
from sklearn.datasets import make_friedman1
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self, batch_size: int = 64):
        super().__init__()
        self.batch_size = batch_size

    def setup(self, stage=None):
        x, y = make_friedman1(n_samples=1600, n_features=8, noise=0.8, random_state=5)
        x = torch.tensor(x, dtype=torch.float32) * 2 - 1
        y = torch.tensor((y - y[:1200].mean()) / y[:1200].std(), dtype=torch.float32)
        self.train_set = TensorDataset(x[:1200], y[:1200])
        self.val_set = TensorDataset(x[1200:], y[1200:])

    def train_dataloader(self):
        return DataLoader(self.train_set, self.batch_size, shuffle=True, drop_last=True)

    def val_dataloader(self):
        return DataLoader(self.val_set, 400)


class Model(L.LightningModule):
    max_epochs = 30

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(8, 64), nn.Tanh(), nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 1)
        )

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        err = self(x) - y
        return (err**2).mean()

    def validation_step(self, batch, batch_idx):
        x, y = batch
        pred = self(x).flatten()
        self.log("val_r2", 1 - ((pred - y) ** 2).sum() / ((y - y.mean()) ** 2).sum())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)
