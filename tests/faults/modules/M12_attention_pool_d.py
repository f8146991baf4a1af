import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(0)

SET, DIM, K = 10, 6, 4


def sets(n, g):
    y = torch.randint(0, K, (n,), generator=g)
    x = torch.randn(n, SET, DIM, generator=g)
    # three members of the set carry the sign of the class
    for i in range(n):
        who = torch.randperm(SET, generator=g)[:3]
        x[i, who, y[i]] += 3.0
    return x, y


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        g = torch.Generator().manual_seed(3)
        x, y = sets(2000, g)
        self.a, self.b = TensorDataset(x[:1600], y[:1600]), TensorDataset(x[1600:], y[1600:])

    def train_dataloader(self):
        return DataLoader(self.a, batch_size=40, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.b, batch_size=400)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self, d=32):
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(DIM, d), nn.ReLU(), nn.Linear(d, d))
        self.query = nn.Parameter(torch.randn(1, 1, d) * 0.2)
        self.attn = nn.MultiheadAttention(d, 4, batch_first=True)
        self.norm = nn.LayerNorm(d)
        self.head = nn.Linear(d, K)

    def forward(self, x):
        h = self.embed(x)
        q = self.query.expand(len(h), -1, -1)
        pooled, _ = self.attn(q, q, q)
        return self.head(self.norm(pooled[:, 0]))

    def training_step(self, batch, _):
        x, y = batch
        loss = nn.functional.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        z = self(x)
        self.log("val_loss", nn.functional.cross_entropy(z, y))
        self.log("val_acc", (z.argmax(-1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=2e-3)
