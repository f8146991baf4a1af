import random

import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, Sampler, TensorDataset


class PK(Sampler):
    """P classes x K examples per batch"""

    def __init__(self, y, P=8, K=6, batches=30):
        self.pools = {int(c): (y == c).nonzero().flatten().tolist() for c in y.unique()}
        self.P, self.K, self.n = P, K, batches

    def __len__(self):
        return self.n

    def __iter__(self):
        for _ in range(self.n):
            cs = random.sample(sorted(self.pools), self.P)
            yield [i for c in cs for i in random.sample(self.pools[c], self.K)]


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        d = load_digits()
        x = torch.tensor(d.images, dtype=torch.float32)[:, None] / 16
        y = torch.tensor(d.target)
        a, b, c, e = train_test_split(x, y, test_size=1 / 3, stratify=y, random_state=3)
        self.train, self.val = TensorDataset(a, c), TensorDataset(b, e)

    def train_dataloader(self):
        return DataLoader(self.train, batch_sampler=PK(self.train.tensors[1]))

    def val_dataloader(self):
        # one batch: retrieval is measured over the whole validation set
        return DataLoader(self.val, batch_size=len(self.val))


class Model(L.LightningModule):
    def __init__(self, dim=16, margin=0.3):
        super().__init__()
        self.margin = margin
        self.f = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(512, dim),
        )

    def forward(self, x):
        return F.normalize(self.f(x), dim=1)

    def hardest(self, e, y):
        d = (2 - 2 * e @ e.t()).clamp_min(1e-6).sqrt()
        same = y[:, None] == y[None]
        eye = torch.eye(len(y), dtype=torch.bool, device=y.device)
        pos = d.masked_fill(~same | eye, -1).max(1).values
        neg = d.masked_fill(same, 9).min(1).values
        return pos, neg

    def training_step(self, batch, _):
        x, y = batch
        pos, neg = self.hardest(self(x), y)
        loss = F.softplus((pos - neg + self.margin) / 0.1).mul(0.1).mean()
        self.log_dict(
            {"train_loss": loss, "train_hard_pos": pos.mean(), "train_hard_neg": neg.mean()}
        )
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        e = self(x)
        dist = (2 - 2 * e @ e.t()).clamp_min(1e-6)
        dist.fill_diagonal_(float("inf"))
        acc = (y[dist.argmin(1)] == y).float().mean()  # leave-one-out 1-NN
        # random triplets rather than the hardest ones
        g = torch.Generator().manual_seed(0)
        p = torch.stack(
            [
                (y == c)
                .nonzero()
                .flatten()[torch.randint(int((y == c).sum()), (1,), generator=g)][0]
                for c in y
            ]
        )
        n = torch.stack(
            [
                (y != c)
                .nonzero()
                .flatten()[torch.randint(int((y != c).sum()), (1,), generator=g)][0]
                for c in y
            ]
        )
        vl = F.relu((e - e[p]).norm(dim=1) - (e - e[n]).norm(dim=1) + self.margin).mean()
        self.log("val_loss", vl, batch_size=len(y))
        self.log("val_acc", acc, batch_size=len(y))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)
