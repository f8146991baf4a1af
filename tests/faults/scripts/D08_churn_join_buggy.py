"""Churn model: usage table from the warehouse, outcomes from the CRM."""

import numpy as np
import pandas as pd
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SEED = 21
FEATURES = ["minutes", "calls", "tenure", "complaints", "bill"]


def export_tables(n=2000):
    rng = np.random.default_rng(SEED)
    usage = pd.DataFrame(
        {
            "customer": np.arange(n) + 10000,
            "minutes": rng.gamma(3, 60, n),
            "calls": rng.poisson(30, n),
            "tenure": rng.uniform(0, 10, n),
            "complaints": rng.poisson(1.0, n),
            "bill": rng.normal(40, 12, n),
        }
    )
    z = (
        1.5 * (usage.complaints - 1)
        - 0.6 * (usage.tenure - 5)
        + 0.08 * (usage.bill - 40)
        - 0.008 * (usage.minutes - 180)
    )
    churned = (rng.uniform(size=n) < 1 / (1 + np.exp(-1.5 * z))).astype(int)
    crm = pd.DataFrame({"customer": usage.customer, "churned": churned})
    crm = crm.sample(frac=1.0, random_state=SEED).reset_index(drop=True)
    return usage, crm


def prepare():
    usage, crm = export_tables()
    table = usage.assign(churned=crm["churned"].values)
    table = table.sample(frac=1.0, random_state=1)
    n_val = 500
    val, train = table[:n_val], table[n_val:]
    mu, sd = train[FEATURES].mean(), train[FEATURES].std()

    def tensors(part):
        x = ((part[FEATURES] - mu) / sd).to_numpy(np.float32)
        y = part["churned"].to_numpy(np.float32)
        return TensorDataset(torch.from_numpy(x), torch.from_numpy(y))

    return tensors(train), tensors(val)


class ChurnNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(len(FEATURES), 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1)
        )

    def forward(self, x):
        return self.layers(x).squeeze(1)


def evaluate(model, loader, loss_fn):
    model.eval()
    hit, total, loss = 0, 0, 0.0
    with torch.no_grad():
        for x, y in loader:
            z = model(x)
            loss += loss_fn(z, y).item() * len(y)
            hit += ((z > 0).float() == y).sum().item()
            total += len(y)
    return loss / total, hit / total


def main():
    torch.manual_seed(SEED)
    train_set, val_set = prepare()
    train_loader = DataLoader(train_set, batch_size=64, shuffle=True)
    val_loader = DataLoader(val_set, batch_size=250)
    model, loss_fn = ChurnNet(), nn.BCEWithLogitsLoss()
    opt = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(12):
        model.train()
        for x, y in train_loader:
            opt.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            opt.step()
        tr_loss, tr_acc = evaluate(model, train_loader, loss_fn)
        va_loss, va_acc = evaluate(model, val_loader, loss_fn)
        print(
            f"epoch {epoch}: train_loss={tr_loss:.4f} train_acc={tr_acc:.4f} val_loss={va_loss:.4f} val_acc={va_acc:.4f}"
        )


if __name__ == "__main__":
    main()
