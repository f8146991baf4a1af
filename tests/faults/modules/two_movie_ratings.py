import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

USERS, ITEMS = 120, 80


def ratings():
    g = torch.Generator().manual_seed(3)
    u = torch.randn(USERS, 4, generator=g)
    v = torch.randn(ITEMS, 4, generator=g)
    bu, bi = torch.randn(USERS, generator=g) * 0.4, torch.randn(ITEMS, generator=g) * 0.6
    n = 6000
    i, j = torch.randint(0, USERS, (n,), generator=g), torch.randint(0, ITEMS, (n,), generator=g)
    r = 3 + bu[i] + bi[j] + 0.45 * (u[i] * v[j]).sum(1) + 0.2 * torch.randn(n, generator=g)
    return TensorDataset(i, j, r.clamp(1, 5))


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        self.train, self.val = random_split(
            ratings(), [5000, 1000], torch.Generator().manual_seed(1)
        )

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=100, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=1000)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self, dim=8):
        super().__init__()
        self.user, self.item = nn.Embedding(USERS, dim), nn.Embedding(ITEMS, dim)
        self.ub, self.ib = nn.Embedding(USERS, 1), nn.Embedding(ITEMS, 1)
        for e in (self.user, self.item, self.ub, self.ib):
            nn.init.normal_(e.weight, std=0.1)
        self.mu = nn.Parameter(torch.tensor(3.0))

    def forward(self, i, j):
        s = (self.user(i) * self.item(j)).sum(1) + self.ub(i).squeeze(1) + self.ib(j).squeeze(1)
        return torch.sigmoid(self.mu + s)

    def training_step(self, batch, _):
        i, j, r = batch
        return nn.functional.mse_loss(self(i, j), r)

    def validation_step(self, batch, _):
        i, j, r = batch
        self.log("val_rmse", nn.functional.mse_loss(self(i, j), r).sqrt())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-2, weight_decay=0.3)
