"""Fatigue life (log cycles) of steel samples, weights regularised by an L1 term in the loss."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

L1 = 1e-5


def samples(n, seed):
    rng = np.random.default_rng(seed)
    stress, carbon = rng.uniform(200, 600, n), rng.uniform(0.1, 0.9, n)
    temper, rough = rng.uniform(200, 700, n), rng.lognormal(0, 0.5, n)
    strength = 400 + 500 * carbon - 0.4 * (temper - 450)
    logn = 7.5 - 5.0 * (stress / strength - 0.5) - 0.3 * rough + rng.normal(0, 0.12, n)
    X = np.stack(
        [(stress - 400) / 115, (carbon - 0.5) / 0.23, (temper - 450) / 144, np.log(rough) / 0.5], 1
    )
    return torch.tensor(X, dtype=torch.float32), torch.tensor(
        (logn - 5.5) / 1.5, dtype=torch.float32
    ).unsqueeze(1)


def l1_penalty(model):
    return sum(p.abs().sum() for name, p in model.named_parameters() if name.endswith("weight"))


def train_model(model, train_dl, epochs=25):
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for epoch in range(epochs):
        model.train()
        mse_sum = loss_sum = 0.0
        for x, y in train_dl:
            optimizer.zero_grad()
            mse = nn.functional.mse_loss(model(x), y)
            loss = mse + L1 * l1_penalty(model)
            loss.backward()
            optimizer.step()
            mse_sum += mse.item()
            loss_sum += loss.item()
        if (epoch + 1) % 5 == 0:
            print(
                f"epoch {epoch + 1}: mse {mse_sum / len(train_dl):.4f} loss {loss_sum / len(train_dl):.4f}"
            )


def main():
    torch.manual_seed(70)
    x, y = samples(1200, 1)
    xv, yv = samples(300, 2)
    model = nn.Sequential(
        nn.Linear(4, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 1)
    )
    train_model(model, DataLoader(TensorDataset(x, y), batch_size=40, shuffle=True))
    model.eval()
    with torch.no_grad():
        r2 = 1 - (model(xv) - yv).pow(2).mean() / yv.var()
    print(f"held-out R2: {r2.item():.4f}")


if __name__ == "__main__":
    main()
