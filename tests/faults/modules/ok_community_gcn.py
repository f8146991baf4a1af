import lightning as L
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset


def make_graph(seed=0, n=900, k=4):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, k, n)
    p = np.where(y[:, None] == y[None], 0.04, 0.004)
    a = np.triu(rng.random((n, n)) < p, 1)
    a = (a | a.T).astype(np.float32) + np.eye(n, dtype=np.float32)
    d = a.sum(1) ** -0.5
    x = rng.normal(0, 1, (n, 12)) + 1.0 * np.eye(12)[y]
    x = (x - x.mean(0)) / x.std(0)
    order = rng.permutation(n)
    mask = np.zeros(n, bool)
    mask[order[:500]] = True
    as_t = lambda v: torch.tensor(v, dtype=torch.float32)
    return as_t(x), as_t(d[:, None] * a * d[None]), torch.tensor(y), torch.tensor(mask)


class OneGraph(Dataset):
    def __init__(self, items, steps):
        self.items, self.steps = items, steps

    def __len__(self):
        return self.steps

    def __getitem__(self, i):
        return self.items


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        x, adj, y, mask = make_graph()
        self.train = OneGraph((x, adj, y, mask), 10)
        self.val = OneGraph((x, adj, y, ~mask), 1)

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=None, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=None)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self, hidden=32):
        super().__init__()
        self.l1, self.l2 = nn.Linear(12, hidden), nn.Linear(hidden, 4)
        self.drop = nn.Dropout(0.4)

    def forward(self, x, adj):
        h = F.relu(adj @ self.l1(x))
        return adj @ self.l2(self.drop(h))

    def training_step(self, batch, i):
        x, adj, y, mask = batch
        loss = F.cross_entropy(self(x, adj)[mask], y[mask])
        self.log("train_loss", loss, batch_size=1)
        return loss

    def validation_step(self, batch, i):
        x, adj, y, mask = batch
        z = self(x, adj)[mask]
        self.log("val_loss", F.cross_entropy(z, y[mask]), batch_size=1)
        self.log("val_acc", (z.argmax(1) == y[mask]).float().mean(), batch_size=1)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.01, weight_decay=5e-4)
