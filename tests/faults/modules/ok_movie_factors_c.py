from dataclasses import dataclass

import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

L.seed_everything(0)


@dataclass
class Cfg:
    users: int = 150
    items: int = 80
    dim: int = 8
    lr: float = 1e-2
    wd: float = 1e-5


cfg = Cfg()


class Ratings(Dataset):
    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        u, v, r = self.rows[i]
        return u.long(), v.long(), r


class Data(L.LightningDataModule):
    def prepare_data(self):
        g = torch.Generator().manual_seed(11)
        P, Q = torch.randn(cfg.users, 3, generator=g), torch.randn(cfg.items, 3, generator=g)
        full = P @ Q.T / 3**0.5 + 3
        idx = torch.randperm(cfg.users * cfg.items, generator=g)[:7000]
        u, v = idx // cfg.items, idx % cfg.items
        r = full[u, v] + 0.2 * torch.randn(len(idx), generator=g)
        rows = torch.stack([u.float(), v.float(), r], 1)
        self.tr, self.va = Ratings(rows[:6000]), Ratings(rows[6000:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=128, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=1000)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self):
        super().__init__()
        self.tables = nn.ModuleDict(
            {
                "user": nn.Embedding(cfg.users, cfg.dim),
                "item": nn.Embedding(cfg.items, cfg.dim),
            }
        )
        for t in self.tables.values():
            nn.init.normal_(t.weight, std=0.3)
        self.user_bias = nn.Embedding(cfg.users, 1)
        self.item_bias = nn.Embedding(cfg.items, 1)
        nn.init.zeros_(self.user_bias.weight)
        nn.init.zeros_(self.item_bias.weight)
        self.mu = nn.Parameter(torch.tensor(3.0))

    def forward(self, u, v):
        dot = (self.tables["user"](u) * self.tables["item"](v)).sum(-1)
        return dot + self.user_bias(u).squeeze(-1) + self.item_bias(v).squeeze(-1) + self.mu

    def training_step(self, batch, _):
        u, v, r = batch
        loss = ((self(u, v) - r) ** 2).mean()
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        u, v, r = batch
        self.log("val_rmse", ((self(u, v) - r) ** 2).mean().sqrt(), prog_bar=True)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=cfg.lr, weight_decay=cfg.wd)
