"""Daily sales forecast: windows, temporal split, LSTM, gradient clipping, early stopping."""

import copy

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

WINDOW = 21


def series(days=900, seed=12):
    rng = np.random.default_rng(seed)
    t = np.arange(days)
    noise = np.zeros(days)
    for i in range(1, days):
        noise[i] = 0.7 * noise[i - 1] + rng.normal(0, 12)
    return (
        400 + 0.12 * t + 90 * np.sin(2 * np.pi * t / 7) + 40 * np.sin(2 * np.pi * t / 30.5) + noise
    )


class Windows(Dataset):
    def __init__(self, values):
        self.v = torch.tensor(values, dtype=torch.float32)

    def __len__(self):
        return len(self.v) - WINDOW

    def __getitem__(self, i):
        return self.v[i : i + WINDOW].unsqueeze(-1), self.v[i + WINDOW]


class Forecaster(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.lstm = nn.LSTM(1, hidden, batch_first=True)
        self.fc = nn.Linear(hidden, 1)

    def forward(self, x):
        out, (h, c) = self.lstm(x)
        return self.fc(out[:, -1, :]).squeeze(-1)


def evaluate(model, loader):
    model.eval()
    se = n = 0
    with torch.no_grad():
        for x, y in loader:
            se += (model(x) - y).pow(2).sum().item()
            n += len(y)
    return se / n


def main():
    torch.manual_seed(12)
    s = series()
    train_raw, val_raw, test_raw = s[:600], s[600 - WINDOW : 750], s[750 - WINDOW :]
    mean, std = train_raw.mean(), train_raw.std()
    train_dl = DataLoader(Windows((train_raw - mean) / std), batch_size=32, shuffle=True)
    val_dl = DataLoader(Windows((val_raw - mean) / std), batch_size=150)
    test_dl = DataLoader(Windows((test_raw - mean) / std), batch_size=150)
    model = Forecaster()
    opt = torch.optim.Adam(model.parameters(), lr=8e-3)
    loss_fn = nn.MSELoss()
    best, wait, patience = np.inf, 0, 6
    for epoch in range(40):
        model.train()
        for x, y in train_dl:
            opt.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            opt.step()
        val = evaluate(model, val_dl)
        if val < best - 1e-4:
            best, wait, state = val, 0, copy.deepcopy(model.state_dict())
        else:
            wait += 1
            if wait >= patience:
                print("early stop at epoch", epoch)
                break
    model.load_state_dict(state)
    rmse = evaluate(model, test_dl) ** 0.5 * std
    naive = np.sqrt(np.mean((s[751:] - s[750:-1]) ** 2))
    weekly = np.sqrt(np.mean((s[750:] - s[743:-7]) ** 2))
    print(f"naive RMSE {naive:.1f}, last week RMSE {weekly:.1f}, LSTM RMSE {rmse:.1f}")


main()
