"""Learning to rank with RankNet pairs inside each query. No framework: an ordinary object with the usual step methods."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

DOCS, FEATS = 12, 10


class Queries(Dataset):
    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        self.x = rng.normal(size=(n, DOCS, FEATS)).astype(np.float32)
        s = (
            self.x[..., 0]
            + 0.8 * self.x[..., 1] * self.x[..., 2]
            - np.abs(self.x[..., 3])
            + 0.5 * np.sin(2 * self.x[..., 4])
        )
        s = s + rng.normal(0, 0.25, s.shape)
        order = s.argsort(1).argsort(1)
        self.rel = np.select([order >= 11, order >= 9, order >= 6], [3, 2, 1], 0).astype(np.float32)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return {"docs": self.x[i], "rel": self.rel[i]}


class Data:
    def __init__(self):
        self.train, self.val = Queries(900, 1), Queries(250, 2)

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=20, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=250)


def ndcg(scores, rel, k=5):
    disc = 1 / torch.log2(torch.arange(k, dtype=torch.float32, device=scores.device) + 2)
    got = torch.gather(rel, 1, scores.argsort(1, descending=True))[:, :k]
    ideal = rel.sort(1, descending=True).values[:, :k]
    return (((2**got - 1) * disc).sum(1) / ((2**ideal - 1) * disc).sum(1)).mean()


class Model:
    def __init__(self):
        self.net = nn.Sequential(
            nn.Linear(FEATS, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1)
        )

    def parameters(self):
        return self.net.parameters()

    def train(self, mode=True):
        self.net.train(mode)
        return self

    def eval(self):
        return self.train(False)

    def __call__(self, docs):
        return self.net(docs).squeeze(-1)

    def _pair_loss(self, s, rel):
        diff = s[:, :, None] - s[:, None, :]
        better = rel[:, :, None] > rel[:, None, :]
        return nn.functional.softplus(-diff[better]).mean()

    def training_step(self, batch, batch_idx):
        return self._pair_loss(self(batch["docs"]), batch["rel"])

    @torch.no_grad()
    def validation_step(self, batch, batch_idx):
        s = self(batch["docs"])
        return {"val_loss": self._pair_loss(s, batch["rel"]), "val_ndcg5": ndcg(s, batch["rel"])}

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3, weight_decay=1e-5)
