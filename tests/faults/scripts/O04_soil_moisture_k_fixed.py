"""Soil moisture regression with a small residual MLP."""

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


def field_data(n, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 6)).astype(np.float32)
    y = np.sin(1.5 * x[:, 0]) + 0.5 * x[:, 1] * x[:, 2] + 0.6 * x[:, 3] + 0.1 * rng.normal(size=n)
    return torch.from_numpy(x), torch.tensor(y, dtype=torch.float32)


class ResBlock(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.norm = nn.LayerNorm(d)
        self.a = nn.Linear(d, d)
        self.b = nn.Linear(d, d)

    def forward(self, x):
        return x + self.b(torch.relu(self.a(self.norm(x))))


class MoistureNet(nn.Module):
    def __init__(self, d=48):
        super().__init__()
        self.inp = nn.Linear(6, d)
        self.blocks = nn.Sequential(ResBlock(d), ResBlock(d))
        self.out = nn.Linear(d, 1)

    def forward(self, x):
        return self.out(self.blocks(self.inp(x))).squeeze(-1)


class Trainer:
    def __init__(self, model, train_loader, val_loader, lr, epochs):
        self.model, self.epochs = model, epochs
        self.train_loader, self.val_loader = train_loader, val_loader
        self.optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
        self.loss = nn.MSELoss()

    def train_one_epoch(self):
        self.model.train()
        total = 0.0
        for x, y in self.train_loader:
            self.optimizer.zero_grad()
            loss = self.loss(self.model(x), y)
            loss.backward()
            self.optimizer.step()
            total += loss.item() * len(y)
        return total / len(self.train_loader.dataset)

    def validate(self):
        self.model.eval()
        with torch.no_grad():
            p, t = zip(*[(self.model(x), y) for x, y in self.val_loader])
        p, t = torch.cat(p), torch.cat(t)
        mse = self.loss(p, t).item()
        return mse, 1 - mse / t.var(unbiased=False).item()

    def run(self):
        for e in range(self.epochs):
            tl = self.train_one_epoch()
            vl, r2 = self.validate()
            print(f"epoch {e + 1} train_loss={tl:.4f} val_loss={vl:.4f} val_r2={r2:.4f}")


if __name__ == "__main__":
    torch.manual_seed(30)
    train_loader = DataLoader(TensorDataset(*field_data(1500, 1)), batch_size=32, shuffle=True)
    val_loader = DataLoader(TensorDataset(*field_data(500, 2)), batch_size=250)
    Trainer(MoistureNet(), train_loader, val_loader, lr=0.01, epochs=15).run()
