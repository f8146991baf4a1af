"""Bird call classification from 20 acoustic features, labelled by volunteers."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Cfg:
    seed: int = 11
    n_train: int = 700
    n_val: int = 500
    classes: int = 4
    dim: int = 20
    lr: float = 2e-3
    epochs: int = 60
    batch: int = 32


cfg = Cfg()
torch.manual_seed(cfg.seed)
rng = np.random.default_rng(cfg.seed)


def make():
    n = cfg.n_train + cfg.n_val
    centers = rng.normal(size=(cfg.classes, cfg.dim)) * 0.75
    species = rng.integers(0, cfg.classes, n)
    x = centers[species] + rng.normal(size=(n, cfg.dim)) * 0.9
    # reliability of each volunteer: chance of giving the true species
    skill = [0.38, 0.86, 0.84, 0.88, 0.85]
    votes = np.stack(
        [np.where(rng.random(n) < s, species, rng.integers(0, cfg.classes, n)) for s in skill], 1
    )
    return x.astype(np.float32), votes, species


def label_of(votes):
    return votes[:, 0]


x, votes, expert = make()
y = label_of(votes)
k = cfg.n_train
train = TensorDataset(torch.from_numpy(x[:k]), torch.from_numpy(y[:k]))
val = TensorDataset(
    torch.from_numpy(x[k:]), torch.from_numpy(expert[k:])
)  # checked by an ornithologist
train_dl = DataLoader(train, cfg.batch, shuffle=True)
val_dl = DataLoader(val, 256)

model = nn.Sequential(
    nn.Linear(cfg.dim, 64), nn.GELU(), nn.Linear(64, 64), nn.GELU(), nn.Linear(64, cfg.classes)
)
opt = torch.optim.AdamW(model.parameters(), lr=cfg.lr)
for ep in range(cfg.epochs):
    model.train()
    for xb, yb in train_dl:
        loss = nn.functional.cross_entropy(model(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()

model.eval()
hit = 0
with torch.no_grad():
    for xb, yb in val_dl:
        hit += (model(xb).argmax(1) == yb).sum().item()
print("val_acc", hit / len(val))
