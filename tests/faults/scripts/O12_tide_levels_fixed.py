import numpy as np
import torch
from torch import nn

torch.manual_seed(61)
rng = np.random.default_rng(61)

t = np.arange(6000)
level = (
    1.3 * np.sin(2 * np.pi * t / 24.84)
    + 0.6 * np.sin(2 * np.pi * t / 24.0 + 1.0)
    + 0.35 * np.sin(2 * np.pi * t / 12.42) ** 3
    + 0.1 * rng.normal(size=len(t))
)
LAGS, AHEAD = 48, 6
split = 4800
level = ((level - level[:split].mean()) / level[:split].std()).astype(np.float32)


def windows(s):
    x = np.lib.stride_tricks.sliding_window_view(s, LAGS + AHEAD)
    return torch.tensor(x[:, :LAGS].copy()), torch.tensor(x[:, LAGS + AHEAD - 1].copy())[:, None]


x_tr, y_tr = windows(level[:split])
x_va, y_va = windows(level[split:])

model = nn.Sequential(
    nn.Linear(LAGS, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1)
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9)
criterion = nn.SmoothL1Loss()
micro, accum = 8, 16

for epoch in range(12):
    model.train()
    chunks = torch.randperm(len(x_tr)).split(micro)
    optimizer.zero_grad()
    running = 0.0
    for step, idx in enumerate(chunks, 1):
        loss = criterion(model(x_tr[idx]), y_tr[idx])
        (loss / accum).backward()
        running += loss.item()
        if step % accum == 0 or step == len(chunks):
            optimizer.step()
            optimizer.zero_grad()
    model.eval()
    with torch.no_grad():
        rmse = (model(x_va) - y_va).pow(2).mean().sqrt().item()
    print(f"epoch {epoch + 1:2d}: train loss {running / len(chunks):.4f}  val rmse {rmse:.4f}")
