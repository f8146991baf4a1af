import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self, n=2400, batch_size=64):
        super().__init__()
        self.n, self.batch_size = n, batch_size

    def setup(self, stage=None):
        r = np.random.default_rng(50)
        x = r.normal(size=(self.n, 7))
        celsius = (
            18
            + 6 * np.sin(x[:, 0])
            + 5 * x[:, 1] * np.tanh(x[:, 2])
            + 3 * np.abs(x[:, 3])
            + 0.5 * r.normal(size=self.n)
        )
        logger = r.integers(0, 8, self.n)
        reading = np.where(logger == 5, celsius * 1.8 + 32, celsius)
        y = reading
        k = int(0.75 * self.n)
        x = (x - x[:k].mean(0)) / x[:k].std(0)
        y = (y - y[:k].mean()) / y[:k].std()
        t = TensorDataset(
            torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
        )
        self.train = torch.utils.data.Subset(t, range(k))
        self.val = torch.utils.data.Subset(t, range(k, self.n))

    def train_dataloader(self):
        return DataLoader(self.train, self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, 600)


class Model(L.LightningModule):
    max_epochs = 25

    def __init__(self, lr=2e-3):
        super().__init__()
        L.seed_everything(50, verbose=False)
        self.lr = lr
        self.net = nn.Sequential(
            nn.Linear(7, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1)
        )

    def forward(self, x):
        return self.net(x).squeeze(-1)

    def training_step(self, batch, i):
        x, y = batch
        loss = nn.functional.mse_loss(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        x, y = batch
        mse = nn.functional.mse_loss(self(x), y)
        self.log("val_loss", mse)
        self.log("val_r2", 1 - mse / y.var())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.lr)
