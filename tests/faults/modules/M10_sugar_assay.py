import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Assay(Dataset):
    def __init__(self, x, y):
        self.x, self.y = torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i].unsqueeze(0), self.y[i]


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        r = np.random.default_rng(67)
        g = np.linspace(0, 1, 32)
        c = r.uniform(0.2, 0.8, 2000)
        w = r.uniform(0.5, 2.0, 2000)
        x = w[:, None] * np.exp(-(((g[None] - c[:, None]) / 0.1) ** 2)) + 0.1 * r.normal(
            size=(2000, 32)
        )
        y = 4 * w * c + r.normal(0, 0.1, 2000)
        x = (x - x[:1500].mean()) / x[:1500].std()
        y = (y - y[:1500].mean()) / y[:1500].std()
        self.train, self.val = Assay(x[:1500], y[:1500]), Assay(x[1500:], y[1500:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=500)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self):
        super().__init__()
        L.seed_everything(67, verbose=False)
        self.net = nn.Sequential(
            nn.Conv1d(1, 16, 5, padding=2),
            nn.ReLU(),
            nn.Conv1d(16, 16, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(256, 32),
            nn.ReLU(),
            nn.Linear(32, 1),
        )

    def forward(self, x):
        return self.net(x)

    def loss(self, pred, y):
        return ((pred - y) ** 2).mean()

    def training_step(self, batch, i):
        x, y = batch
        loss = self.loss(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        x, y = batch
        p = self(x)
        self.log("val_loss", self.loss(p, y))
        self.log("val_r2", 1 - ((p.flatten() - y) ** 2).mean() / y.var())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)
