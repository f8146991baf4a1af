"""Predict (log-)price of flats from a listing export."""

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)


def listing_export(n=2400):
    rng = np.random.default_rng(17)
    area = rng.gamma(6, 12, n) + 18
    df = pd.DataFrame(
        {
            "area": area,
            "rooms": np.clip(np.round(area / 24 + rng.normal(0, 0.6, n)), 1, 8),
            "floor": rng.integers(0, 12, n),
            "age": rng.uniform(0, 90, n),
            "dist_center": rng.exponential(4.0, n),
            "balcony": rng.integers(0, 2, n),
        }
    )
    per_m2 = (
        3.2
        + 1.8 * np.exp(-df.dist_center / 3)
        + 0.9 * np.cos(df.age / 18)
        - 1.4 * np.tanh((df.area - 85) / 25)
    )
    price = per_m2 * df.area + 6 * df.balcony + 1.2 * df.floor + rng.normal(0, 8, n)
    df["price"] = price
    return df.sort_values("area").reset_index(drop=True)


df = listing_export()
features = [c for c in df.columns if c != "price"]
split = int(0.75 * len(df))
X = df[features].to_numpy(np.float32)
y = df["price"].to_numpy(np.float32)
X_tr, X_va, y_tr, y_va = X[:split], X[split:], y[:split], y[split:]

mu, sd = X_tr.mean(0), X_tr.std(0)
ymu, ysd = y_tr.mean(), y_tr.std()
X_tr, X_va = (X_tr - mu) / sd, (X_va - mu) / sd
y_tr, y_va = (y_tr - ymu) / ysd, (y_va - ymu) / ysd

train_loader = DataLoader(
    TensorDataset(torch.from_numpy(X_tr), torch.from_numpy(y_tr)), batch_size=32, shuffle=True
)
Xv, yv = torch.from_numpy(X_va), torch.from_numpy(y_va)

model = nn.Sequential(
    nn.Linear(len(features), 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1)
)
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=20)

for epoch in range(20):
    model.train()
    losses = []
    for xb, yb in train_loader:
        pred = model(xb).squeeze(1)
        loss = nn.functional.mse_loss(pred, yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    scheduler.step()
    model.eval()
    with torch.no_grad():
        pv = model(Xv).squeeze(1)
        val_mse = nn.functional.mse_loss(pv, yv).item()
        r2 = 1 - ((pv - yv) ** 2).sum().item() / ((yv - yv.mean()) ** 2).sum().item()
    print(
        f"epoch {epoch:02d} | train mse {np.mean(losses):.4f} | val mse {val_mse:.4f} | val r2 {r2:.4f}"
    )
print(f"final val_r2: {r2:.4f}")
