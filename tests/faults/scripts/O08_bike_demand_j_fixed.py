"""Hourly bike demand from calendar and weather."""

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


def make_data(n, seed):
    r = np.random.default_rng(seed)
    hour, temp, wind = r.integers(0, 24, n), r.normal(14, 8, n), r.gamma(2, 2, n)
    rain, weekend = r.random(n) < 0.2, r.random(n) < 2 / 7
    commute = np.exp(-((hour - 8) ** 2) / 4) + np.exp(-((hour - 17.5) ** 2) / 5)
    leisure = np.exp(-((hour - 14) ** 2) / 20)
    y = (
        80
        + 220 * np.where(weekend, leisure, commute) * (1 - 0.5 * rain)
        + 4 * temp
        - 3 * wind
        + r.normal(0, 15, n)
    )
    X = np.column_stack(
        [
            np.sin(hour * np.pi / 12),
            np.cos(hour * np.pi / 12),
            np.sin(hour * np.pi / 6),
            np.cos(hour * np.pi / 6),
            temp,
            wind,
            rain,
            weekend,
        ]
    )
    return X.astype(np.float32), y.astype(np.float32)


class DemandNet(nn.Module):
    def __init__(self, n_in, width=128, p=0.4):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(n_in, width),
            nn.ReLU(),
            nn.Dropout(p),
            nn.Linear(width, width),
            nn.ReLU(),
            nn.Dropout(p),
        )
        self.head = nn.Linear(width, 1)

    def forward(self, x):
        return self.head(self.body(x)).squeeze(-1)


@torch.no_grad()
def evaluate(model, loader):
    model.eval()
    preds, ys = [], []
    for x, y in loader:
        preds.append(model(x))
        ys.append(y)
    p, y = torch.cat(preds), torch.cat(ys)
    return (1 - ((p - y) ** 2).sum() / ((y - y.mean()) ** 2).sum()).item()


def train_one_epoch(model, loader, opt):
    model.train()
    losses = []
    for x, y in loader:
        opt.zero_grad(set_to_none=True)
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return float(np.mean(losses))


def main():
    torch.manual_seed(12)
    X, y = make_data(3000, 0)
    Xv, yv = make_data(800, 1)
    mu, sd, ym, ys = X.mean(0), X.std(0), y.mean(), y.std()
    ds = lambda a, b: TensorDataset(
        torch.from_numpy((a - mu) / sd), torch.from_numpy((b - ym) / ys)
    )
    train_loader = DataLoader(ds(X, y), batch_size=32, shuffle=True)
    val_loader = DataLoader(ds(Xv, yv), batch_size=400)
    model = DemandNet(X.shape[1])
    opt = torch.optim.Adam(model.parameters(), lr=1e-3)
    for epoch in range(15):
        tl = train_one_epoch(model, train_loader, opt)
        r2 = evaluate(model, val_loader)
        print(f"epoch {epoch + 1:2d}: train mse {tl:.4f}, val r2 {r2:.4f}")
    print(f"final val_r2: {r2:.4f}")


if __name__ == "__main__":
    main()
