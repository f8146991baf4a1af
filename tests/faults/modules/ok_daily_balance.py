import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self, n=2400, seed=14):
        super().__init__()
        self.n, self.seed = n, seed

    def setup(self, stage=None):
        r = np.random.default_rng(self.seed)
        num = r.normal(size=(self.n, 6))
        branch = r.integers(0, 12, self.n)
        effect = r.normal(0, 1.2, 12)
        balance = (
            1.5 * num[:, 0] - num[:, 1] * num[:, 2] + effect[branch] + r.normal(0, 0.3, self.n)
        )
        k = int(self.n * 0.75)
        balance = (balance - balance[:k].mean()) / balance[:k].std()
        t = (
            torch.tensor(num, dtype=torch.float32),
            torch.tensor(branch),
            torch.tensor(balance, dtype=torch.float32),
        )
        self.train, self.val = (
            TensorDataset(*(v[:k] for v in t)),
            TensorDataset(*(v[k:] for v in t)),
        )

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=600)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self):
        super().__init__()
        self.branch = nn.Embedding(12, 6)
        self.fc1 = nn.Linear(12, 64)
        self.fc2 = nn.Linear(64, 32)
        self.fc3 = nn.Linear(32, 1)
        self.act = nn.ReLU()

    def forward(self, num, branch):
        h = torch.cat([num, self.branch(branch)], dim=1)
        h = self.act(self.fc1(h))
        h = self.act(self.fc2(h))
        h = self.fc3(h)
        return h[:, 0]

    def training_step(self, batch, batch_idx):
        num, branch, y = batch
        loss = nn.functional.mse_loss(self(num, branch), y)
        return loss

    def validation_step(self, batch, batch_idx):
        num, branch, y = batch
        self.log("val_rmse", nn.functional.mse_loss(self(num, branch), y).sqrt())

    def configure_optimizers(self):
        return torch.optim.RMSprop(self.parameters(), lr=1e-3)
