import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(9)
SHOPS, ITEMS = 60, 40


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        rng = np.random.default_rng(9)
        n = 6000
        shop, item = rng.integers(0, SHOPS, n), rng.integers(0, ITEMS, n)
        price = rng.normal(size=n)
        y = (
            rng.normal(size=SHOPS)[shop]
            + rng.normal(size=ITEMS)[item]
            - 0.7 * price
            + 0.2 * rng.normal(size=n)
        )
        c = torch.tensor(np.stack([shop, item], 1))
        x, y = (
            torch.tensor(price, dtype=torch.float32)[:, None],
            torch.tensor(y, dtype=torch.float32),
        )
        self.tr = TensorDataset(c[:5000], x[:5000], y[:5000])
        self.va = TensorDataset(c[5000:], x[5000:], y[5000:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=1000)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.shop = nn.Embedding(SHOPS, 8, sparse=True)
        self.item = nn.Embedding(ITEMS, 8, sparse=True)
        self.mlp = nn.Sequential(nn.Linear(17, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, c, x):
        return self.mlp(torch.cat([self.shop(c[:, 0]), self.item(c[:, 1]), x], 1)).squeeze(1)

    def training_step(self, batch, _):
        c, x, y = batch
        loss = nn.functional.mse_loss(self(c, x), y)
        dense, sparse = self.optimizers()
        dense.zero_grad()
        sparse.zero_grad()
        self.manual_backward(loss)
        dense.step()
        sparse.step()
        self.log("train_loss", loss)

    def validation_step(self, batch, _):
        c, x, y = batch
        p = self(c, x)
        self.log("val_loss", nn.functional.mse_loss(p, y))
        self.log("val_r2", 1 - (p - y).pow(2).sum() / (y - y.mean()).pow(2).sum())

    def configure_optimizers(self):
        tables = list(self.shop.parameters()) + list(self.item.parameters())
        return torch.optim.AdamW(self.mlp.parameters(), lr=2e-3), torch.optim.SparseAdam(
            tables, lr=1e-2
        )
