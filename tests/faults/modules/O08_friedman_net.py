import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import make_friedman1
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        X, y = make_friedman1(n_samples=2500, n_features=8, noise=0.5, random_state=14)
        X = torch.tensor(2 * X - 1, dtype=torch.float32)
        y = torch.tensor(y, dtype=torch.float32)
        y = (y - y[:2000].mean()) / y[:2000].std()
        self.train_ds = TensorDataset(X[:2000], y[:2000, None])
        self.val_ds = TensorDataset(X[2000:], y[2000:, None])

    def train_dataloader(self):
        return DataLoader(self.train_ds, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_ds, batch_size=500)


class Block(nn.Module):
    def __init__(self, d, p):
        super().__init__()
        self.lin = nn.Linear(d, d)
        self.p = p

    def forward(self, x):
        return F.dropout(F.silu(self.lin(x)), self.p)


class Model(L.LightningModule):
    def __init__(self, d=64, p=0.2):
        super().__init__()
        torch.manual_seed(14)
        self.inp = nn.Linear(8, d)
        self.blocks = nn.Sequential(*[Block(d, p) for _ in range(2)])
        self.out = nn.Linear(d, 1)

    def forward(self, x):
        return self.out(self.blocks(self.inp(x)))

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = F.mse_loss(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        mse = F.mse_loss(self(x), y)
        self.log("val_loss", mse)
        self.log("val_r2", 1 - mse / y.var(unbiased=False))

    def configure_optimizers(self):
        opt = torch.optim.AdamW(self.parameters(), lr=2e-3, weight_decay=1e-4)
        return opt
