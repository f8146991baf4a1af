"""Mushroom families from categorical traits: embeddings, batch norm and dropout."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

CARDS = [6, 4, 9, 7, 5, 8]
FAMILIES = 6


def traits(n, seed):
    world = np.random.default_rng(7)
    prefs = [world.dirichlet(np.full(c, 0.6), FAMILIES) for c in CARDS]
    rng = np.random.default_rng(seed)
    y = rng.integers(0, FAMILIES, n)
    cols = [np.array([rng.choice(c, p=prefs[j][k]) for k in y]) for j, c in enumerate(CARDS)]
    return torch.tensor(np.stack(cols, 1)), torch.tensor(y)


class TraitNet(nn.Module):
    def __init__(self, emb=6, hidden=64):
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(c, emb) for c in CARDS)
        self.net = nn.Sequential(
            nn.Linear(emb * len(CARDS), hidden),
            nn.BatchNorm1d(hidden),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(hidden, hidden),
            nn.BatchNorm1d(hidden),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(hidden, FAMILIES),
        )

    def forward(self, traits):
        return self.net(torch.cat([t(traits[:, j]) for j, t in enumerate(self.tables)], dim=1))


def train_one_epoch(model, loader, optimizer, loss_fn):
    model.train()
    total = 0.0
    for x, y in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(y)
    return total / len(loader.dataset)


def validate(model, loader):
    model.eval()
    hits = 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(1) == y).sum().item()
    return hits / len(loader.dataset)


torch.manual_seed(90)
train_loader = DataLoader(TensorDataset(*traits(1600, 1)), batch_size=32, shuffle=True)
valid_loader = DataLoader(TensorDataset(*traits(480, 2)), batch_size=16)
model = TraitNet()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
loss_fn = nn.CrossEntropyLoss()
for epoch in range(12):
    loss = train_one_epoch(model, train_loader, optimizer, loss_fn)
    acc = validate(model, valid_loader)
    print(f"epoch {epoch + 1} loss {loss:.3f} valid acc {acc:.3f}")
print("valid accuracy", acc)
