import lightning as L
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

N, K, DIM = 400, 4, 40


def make_graph():
    rng = np.random.default_rng(8)
    y = rng.integers(0, K, N)
    same = y[:, None] == y[None]
    adj = rng.random((N, N)) < np.where(same, 0.04, 0.006)
    adj = np.triu(adj, 1)
    adj = (adj | adj.T).astype(float) + np.eye(N)
    d = adj.sum(1) ** -0.5
    centre = rng.normal(size=(K, DIM)) * 0.35
    x = centre[y] + rng.normal(size=(N, DIM))
    return (
        torch.tensor(adj * d[:, None] * d[None]).float(),
        torch.tensor(x).float(),
        torch.tensor(y),
    )


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        _, _, y = make_graph()
        g = torch.Generator().manual_seed(0)
        perm = torch.randperm(N, generator=g)
        train = torch.cat([perm[y[perm] == k][:20] for k in range(K)])
        mask = torch.ones(N, dtype=torch.bool)
        mask[train] = False
        val = mask.nonzero().squeeze(1)
        self.tr, self.va = TensorDataset(train, y[train]), TensorDataset(val, y[val])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=len(self.tr))

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=len(self.va))


class Model(L.LightningModule):
    max_epochs = 120

    def __init__(self):
        super().__init__()
        torch.manual_seed(8)
        a, x, _ = make_graph()
        self.register_buffer("a", a)
        self.register_buffer("x", x)
        self.w1, self.w2 = nn.Linear(DIM, 32), nn.Linear(32, K)

    def forward(self, nodes):
        h = F.relu(self.a @ self.w1(F.dropout(self.x, 0.3, self.training)))
        return (self.a @ self.w2(F.dropout(h, 0.5, self.training)))[nodes]

    def training_step(self, batch, _):
        loss = F.cross_entropy(self(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        self.log("val_acc", (self(batch[0]).argmax(1) == batch[1]).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(
            [
                {"params": self.w1.parameters(), "weight_decay": 5e-3},
                {"params": self.w2.parameters()},
            ],
            lr=0.01,
        )
