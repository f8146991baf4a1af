"""House prices; the training table is sorted by price and never shuffled."""

import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


def load_table(n=1000, seed=5):
    rng = np.random.default_rng(seed)
    area = rng.uniform(30, 250, n)
    year = rng.integers(1900, 2020, n).astype(float)
    income = rng.lognormal(10.5, 0.4, n)
    rate = rng.uniform(0.001, 0.02, n)
    distance = rng.uniform(0, 30000, n)
    price = 1500 * area * (0.6 + income / 60000) + 400 * (year - 1900) - 2.5 * distance
    price = price + 3e6 * (0.01 - rate) + rng.normal(0, 8000, n)
    return np.stack([area, year, income, rate, distance], 1), price


class HouseDataset(Dataset):
    def __init__(self, features, prices):
        self.features = torch.as_tensor(features, dtype=torch.float32)
        self.prices = torch.as_tensor(prices, dtype=torch.float32)

    def __len__(self):
        return len(self.prices)

    def __getitem__(self, idx):
        return {"features": self.features[idx], "price": self.prices[idx]}


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        features, prices = load_table()
        features = (features - features[:800].mean(0)) / features[:800].std(0)
        prices = (prices - prices[:800].mean()) / prices[:800].std()
        order = prices[:800].argsort()
        self.train = HouseDataset(features[order], prices[order])
        self.val = HouseDataset(features[800:], prices[800:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=32)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=200)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(5, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU())
        self.head = nn.Linear(32, 1)
        self.loss_fn = nn.MSELoss()

    def forward(self, features):
        return self.head(self.body(features)).squeeze(-1)

    def training_step(self, batch, batch_idx):
        pred = self(batch["features"])
        loss = self.loss_fn(pred, batch["price"])
        self.log("train/mse", loss)
        return {"loss": loss}

    def validation_step(self, batch, batch_idx):
        pred = self(batch["features"])
        residual = ((pred - batch["price"]) ** 2).mean()
        self.log("val/r2", 1 - residual / batch["price"].var())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.01, momentum=0.9)
